"""The wire does not break: today's proto against the image of the last release, and proof that the check can fail."""

import gzip
import os
import re
import shutil
import subprocess

import pytest
from google.protobuf import descriptor_pb2

from tests.conftest import ROOT

BUF = shutil.which("buf", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
BASELINE = ROOT / "proto" / "baseline" / "interplay-v1.binpb.gz"


def breaking(folder):
    return subprocess.run(
        [BUF, "breaking", "--against", str(BASELINE)],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_nothing_breaks():
    done = breaking(ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_baseline_is_small_and_whole():
    data = gzip.decompress(BASELINE.read_bytes())
    image = descriptor_pb2.FileDescriptorSet.FromString(data)  # an image is one, with fields of its own beside it
    ours = {file.name: file for file in image.file if file.package == "interplay.v1"}
    assert len(ours) > 20 and sum(len(file.service) for file in ours.values()) >= 8
    assert not any(file.source_code_info.location for file in ours.values())
    assert BASELINE.stat().st_size < 150_000


def removed(text, pattern):
    """Without the one field or value of a line, and the comment above it."""
    made, count = re.subn(rf"(?:^ *//[^\n]*\n)+^ *{pattern}[^;]*;\n", "", text, flags=re.MULTILINE)
    assert count == 1
    return made


def replaced(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


CHANGES = {
    "a field removed": (
        "interaction.proto", lambda text: removed(text, "string speaker = 2"),
        'Previously present field "2" with name "speaker" on message "InteractionData" was deleted.',
    ),
    "a field renumbered": (
        "interaction.proto", lambda text: replaced(text, "string external_id = 3 ", "string external_id = 103 "),
        'Previously present field "3" with name "external_id" on message "InteractionData" was deleted.',
    ),
    "a field renamed": (
        "profile.proto", lambda text: replaced(text, "string notes = 19 ", "string remarks = 19 "),
        'Field "19" on message "Profile" changed name from "notes" to "remarks".',
    ),
    "a type changed": (
        "interaction.proto", lambda text: replaced(text, "int64 size_bytes = 3", "string size_bytes = 3"),
        'Field "3" with name "size_bytes" on message "ImageInfo" changed type from "int64" to "string".',
    ),
    "made repeated": (
        "profile.proto", lambda text: replaced(text, "string superseded_by = 12", "repeated string superseded_by = 12"),
        'Field "12" with name "superseded_by" on message "Profile" changed cardinality',
    ),
    "an enum value removed": (
        "interaction.proto", lambda text: removed(text, "USER_ACTION_SUBMIT = 6"),
        'Previously present enum value "6" on enum "UserAction" was deleted.',
    ),
    "a method removed": (
        "profile_service.proto", lambda text: removed(text, r"rpc GetProfile\(GetProfileRequest\)"),
        'Previously present RPC "GetProfile" on service "ProfileService" was deleted.',
    ),
    "a stream made unary": (
        "profile_service.proto", lambda text: replaced(text, "returns (stream WatchProfilesResponse)", "returns (WatchProfilesResponse)"),
        'RPC "WatchProfiles" on service "ProfileService" changed from server streaming to server unary.',
    ),
    "an error reason renamed": (
        "error_reason.proto", lambda text: replaced(text, "ERROR_REASON_STREAM_SUPERSEDED =", "ERROR_REASON_STREAM_TAKEN ="),
        'changed name from "ERROR_REASON_STREAM_SUPERSEDED" to "ERROR_REASON_STREAM_TAKEN".',
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(ROOT / "proto", folder / "proto")
    shutil.copy(ROOT / "buf.yaml", folder)
    return folder


@pytest.mark.parametrize("change", CHANGES)
def test_a_break_is_found(copy, change):
    name, mutate, words = CHANGES[change]
    path = copy / "proto" / "interplay" / "v1" / name
    before = path.read_text(encoding="utf-8")
    path.write_text(mutate(before), encoding="utf-8")
    try:
        done = breaking(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert done.returncode == 100, done.stderr
    assert words in done.stdout


def test_what_may_grow_grows(copy):
    path = copy / "proto" / "interplay" / "v1" / "profile.proto"
    before = path.read_text(encoding="utf-8")
    path.write_text(
        replaced(before, "message ProfileChange {", "message ProfileChange {\n  // New.\n  string added = 999;")
    )
    try:
        done = breaking(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert (done.returncode, done.stdout) == (0, "")
