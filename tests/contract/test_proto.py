"""The proto files: linted, formatted, commented, and what was generated from them is current."""

import os
import shutil
import subprocess
import sys

import pytest
from google.protobuf import descriptor_pb2

from tests.conftest import ROOT

BIN = ROOT / ".venv" / "bin"
BUF = shutil.which("buf", path=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}")
GENERATED = ("interplay/v1", "buf")


def run(*command):
    return subprocess.run(
        [str(one) for one in command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_lint():
    done = run(BUF, "lint")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_format():
    done = run(BUF, "format", "--diff", "--exit-code", "--path", "proto/interplay")
    assert done.returncode == 0, done.stdout[:2000]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """Descriptors with comments."""
    out = tmp_path_factory.mktemp("described") / "set.binpb"
    done = run(
        sys.executable, "-m", "grpc_tools.protoc", "-I", "proto", "-I", "proto/third_party", "--include_source_info",
        f"--descriptor_set_out={out}", *sorted(f"proto/interplay/v1/{path.name}" for path in (ROOT / "proto/interplay/v1").glob("*.proto")),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


def elements(file):
    """Paths and names of everything in a file that can be commented."""

    def messages(many, path, above):
        for at, message in enumerate(many):
            here, name = (*path, at), f"{above}{message.name}"
            if message.options.map_entry:
                continue
            yield here, name
            for n, field in enumerate(message.field):
                yield (*here, 2, n), f"{name}.{field.name}"
            yield from enums(message.enum_type, (*here, 4), f"{name}.")
            yield from messages(message.nested_type, (*here, 3), f"{name}.")

    def enums(many, path, above):
        for at, enum in enumerate(many):
            yield (*path, at), f"{above}{enum.name}"
            for n, value in enumerate(enum.value):
                yield (*path, at, 2, n), f"{above}{value.name}"

    yield from messages(file.message_type, (4,), "")
    yield from enums(file.enum_type, (5,), "")
    for at, service in enumerate(file.service):
        yield (6, at), service.name
        for n, method in enumerate(service.method):
            yield (6, at, 2, n), f"{service.name}.{method.name}"


def test_everything_has_a_comment(described):
    bare, seen = [], 0
    for file in described.file:
        comments = {tuple(one.path): one.leading_comments.strip() for one in file.source_code_info.location}
        for path, name in elements(file):
            seen += 1
            text = comments.get(path, "")
            if len(text) < 4 or not text.endswith((".", "}")):
                bare.append(f"{file.name}: {name}: {text!r}")
    assert seen > 300
    assert not bare, "\n".join(bare)


def test_every_enum_begins_with_nothing(described):
    for file in described.file:
        for enum in file.enum_type:
            assert enum.value[0].number == 0 and enum.value[0].name.endswith("_UNSPECIFIED")


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """Made anew by the Makefile's own commands."""
    out = tmp_path_factory.mktemp("generated")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-o", "install", "generate", f"OUT={out}"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return out / "clients" / "python"


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_text()
        for part in GENERATED
        for path in sorted((folder / part).rglob("*_pb2*.py*"))
        if path.suffix in {".py", ".pyi"}
    }


def test_generated_code_is_current(generated):
    made, kept = files(generated), files(ROOT / "clients" / "python")
    assert len(made) > 20
    assert sorted(made) == sorted(kept)
    for name, text in made.items():
        assert kept[name] == text, f"{name} is not current: make generate"
