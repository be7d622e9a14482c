"""docs/grpcurl.md and the lines of README.md, each run with the real grpcurl and buf against a real server."""

import os
import re
import shutil
import subprocess

import pytest

from tests.conftest import ROOT, ServerProcess
from tests.service.certificates import Authority
from tests.support.grpcurl import path_with_tools

PAGE = (ROOT / "docs" / "grpcurl.md").read_text(encoding="utf-8")
BLOCKS = [
    (heading, at, block)
    for heading, body in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    for at, block in enumerate(re.findall(r"^```sh\n(.*?)^```", body, re.MULTILINE | re.DOTALL))
]
# Exit code and what is printed, for each block below a heading in the order of the page.
EXPECTED = {
    "What is there": [
        (0, ["interplay.v1.InteractionService", "grpc.health.v1.Health", "interplay.v1.InteractionService.StreamPublish"]),
        (0, ["interplay.v1.InteractionService", "interplay.v1.InteractionService/StreamPublish"]),
    ],
    "Describe": [(0, ["rpc SearchProfiles (", '"requestId": ""', '"timeToLive": "TIME_TO_LIVE_UNSPECIFIED"'])],
    "Health": [(0, ['"status": "SERVING"']), (0, ['"status":"SERVING"'])],
    "A call": [(0, ["interactionIds", "The boiler hums at night.", '"matchedTerms"']), (0, ["Has a boiler from 1998", '"hits"'])],
    "A server stream": [(64 + 4, ['"resumeToken"', '"heartbeat"']), (124, ['"resumeToken"', '"heartbeat"'])],
    "A stream both ways": [
        (0, ['"opened"', '"flushed": true', '"finished"']),
        (0, ['"opened"', '"committedOffset":"1"', '"finished"']),
    ],
    "Errors": [
        (64 + 3, ["Code: InvalidArgument", "google.rpc.BadRequest", '"field": "user_id"', '"field": "interactions"', "google.rpc.ErrorInfo"]),
        (64 + 5, ['"code": 5', '"reason": "PROFILE_NOT_FOUND"', '"resourceName": "nobody-knows-it"']),
        (5 * 8, ['"code": "not_found"', "no profile has this id", "google.rpc.ErrorInfo"]),
    ],
    "A tenant": [(0, ["{"])],
    "TLS and a key": [(0, ["interplay.v1.ProfileService", "{"]), (0, ["{"])],
    "Without reflection": [(0, ['"embedder"']), (0, ['"embedder"'])],
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    running = ServerProcess(tmp_path_factory.mktemp("plain") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """With TLS and keys: its target and the surroundings of a shell beside it."""
    folder = tmp_path_factory.mktemp("guarded")
    authority = Authority(folder)
    running = ServerProcess(
        folder / "data", "--auth-required", "--tls-certificate", authority.server.certificate, "--tls-key", authority.server.key
    )  # fmt: skip
    running.target = "localhost:0"
    running.start()
    made = subprocess.run(
        ["interplay", "keys", "create", "--name", "shell", "--data", str(running.data)],
        env=os.environ | {"PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    yield running, authority.certificate, made.stdout.strip()
    running.stop()


def run(block, folder, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERPLAY_")}
    return subprocess.run(
        ["bash", "-e", "-c", block], cwd=folder, env=kept | {"PATH": path_with_tools()} | environment,
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def test_every_block_is_expected_to_do_something():
    counted = {heading: [one for one in BLOCKS if one[0] == heading] for heading, _, _ in BLOCKS}
    assert {heading: len(many) for heading, many in counted.items()} == {
        heading: len(many) for heading, many in EXPECTED.items()
    }


@pytest.mark.parametrize(("heading", "at", "block"), BLOCKS, ids=[f"{heading}-{at}" for heading, at, _ in BLOCKS])
def test_what_the_page_says(heading, at, block, request, tmp_path):
    code, said = EXPECTED[heading][at]
    surroundings = {}
    if "memory.example.com" in block:
        server, authority, secret = request.getfixturevalue("guarded")
        shutil.copy(authority, tmp_path / "authority.pem")
        block = block.replace("memory.example.com:443", server.target.replace("127.0.0.1", "localhost"))
        surroundings["INTERPLAY_API_KEY"] = secret
    else:
        block = block.replace("127.0.0.1:50051", request.getfixturevalue("plain").target)
    for name in ("proto", "buf.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    done = run(block, tmp_path, **surroundings)
    assert done.returncode == code, done.stdout + done.stderr
    printed = (done.stdout + done.stderr).replace('": ', '":')  # programs differ in how they space JSON
    for text in said:
        assert text.replace('": ', '":') in printed, printed


def test_without_the_key_nothing_is_told(guarded, tmp_path):
    server, authority, _ = guarded
    shutil.copy(authority, tmp_path / "authority.pem")
    target = server.target.replace("127.0.0.1", "localhost")
    done = run(f"grpcurl -cacert authority.pem {target} interplay.v1.ProfileService/ListProfiles", tmp_path)
    assert done.returncode == 64 + 16 and "Unauthenticated" in done.stderr


README = [
    line.partition("  #")[0].strip()
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"(grpcurl|bash docs/examples/|\.venv/bin/interplay) ", line)
]


def test_lines_of_the_readme(server):
    """In the order of the page: what one publishes the next one finds."""
    assert len(README) >= 4
    for line in README:
        done = run(line.replace("127.0.0.1:50051", server.target), ROOT, INTERPLAY_TARGET=server.target)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout.strip(), line


OTHERS = {
    path.name: found
    for path in sorted((ROOT / "docs").glob("*.md"))
    if path.name != "grpcurl.md"
    and (found := re.findall(r"^grpcurl .*?interplay\.v1\.\w+/\w+$", path.read_text(), re.MULTILINE | re.DOTALL))
}
PAIR = """grpcurl -plaintext -d '{"user_id": "ada", "session_id": "monday", "agent_id": "shop", "interactions": [
  {"role": "User", "content": "When does it arrive?"}, {"role": "Agent", "content": "On Friday.", "shadow_content": "Soon."}]}' \\
  127.0.0.1:50051 interplay.v1.InteractionService/PublishInteractions"""


@pytest.mark.parametrize("name", OTHERS)
def test_lines_of_other_pages(server, tmp_path, name):
    """In the order of their page, after a session that has both answers."""
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert len(OTHERS[name]) == len(re.findall(r"^grpcurl ", written, re.MULTILINE))
    for line in [PAIR, *OTHERS[name]]:
        done = run(line.replace("127.0.0.1:50051", server.target), tmp_path)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout.startswith("{"), line
