"""Requests that no browser sends: odd headers, time limits, names and paths. None makes the gateway stumble."""

import os
import socket
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.kit import fresh
from tests.service.web_kit import JSON, PROTO, SECONDS, WEB, Failure, WebServer, framed, path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the server makes its temporary files."""
    return tmp_path_factory.mktemp("t")


@pytest.fixture(scope="module")
def web(tmp_path_factory, folder):
    environment = {"TMPDIR": str(folder)}
    server = WebServer(tmp_path_factory.mktemp("web") / "data", "--console", environment=environment).start()
    yield server
    server.stop()
    assert "Traceback" not in server.log(), "a request made the gateway stumble"


@pytest.fixture
def page(web):
    return web.page(interplay_tenant=fresh("tenant"))


def raw(web, *lines, body=b"{}"):
    """Status and body of the answer to a request of these lines."""
    head = [
        f"POST {path('ListInteractions')} HTTP/1.1",
        f"content-type: {JSON}",
        f"content-length: {len(body)}",
        *lines,
    ]
    if not any(line.lower().startswith("host:") for line in lines):
        head.append("host: localhost")
    with socket.create_connection(web.address, timeout=SECONDS) as guest:
        guest.sendall("\r\n".join([*head, "connection: close", "", ""]).encode("latin-1") + body)
        answer = b"".join(iter(lambda: guest.recv(65536), b""))
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2].decode()


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["interplay-a!b: x"], "interplay-a!b"),
        (["interplay-*: x"], "interplay-*"),
        (["interplay-x-bin: aGk="], "interplay-x-bin"),
        (["interplay-tenant: \xe9"], "interplay-tenant"),
        (["interplay-tenant: one", "interplay-tenant: two"], "interplay-tenant"),
        (["authorization: Bearer a", "Authorization: Bearer b"], "authorization"),
        (["tracestate: \x7f"], "tracestate"),
    ],
)
def test_headers_that_metadata_cannot_hold_are_named(web, lines, named):
    status, body = raw(web, *lines)
    assert status == 400
    assert "INVALID_REQUEST" in body and named in body


@pytest.mark.parametrize(
    "lines",
    [
        ["interplay-tenant: one\rinterplay-tenant: two"], ["interplay-tenant: a\0b"], ["content-length: 3"],
        ["host: localhost", "host: evil.example"], [" folded: x"], ["no colon"],
    ],
)  # fmt: skip
def test_requests_of_two_meanings_are_none(web, lines):
    assert raw(web, *lines)[0] == 400


@pytest.mark.parametrize("tenant", ["", "a b", "../other", "One", "a" * 64, "default,other", "%64efault"])
def test_a_tenant_has_a_plain_name(web, tenant):
    status, body = raw(web, f"interplay-tenant: {tenant}")
    assert (status, "INVALID_TENANT" in body) == (400, True)


@pytest.mark.parametrize("text", ["0", "0000000000"])
def test_no_time_is_over_before_the_call(page, text):
    answer = page.call("ListInteractions", {}, connect_timeout_ms=text)
    assert (answer.status, answer.error.reason) == (504, "DEADLINE_EXCEEDED")
    answer = page.call("ListInteractions", framed(b""), WEB, grpc_timeout=f"{text[:8]}S")
    assert Failure.of_trailers(answer.trailers).code == "deadline_exceeded"


def test_the_longest_time_that_can_be_said_is_long(page):
    assert page.call("ListInteractions", framed(b""), WEB, grpc_timeout="99999999H").trailers == {"grpc-status": "0"}
    assert page.call("ListInteractions", {}, connect_timeout_ms="9999999999").status == 200


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "12345678901", "\xb2", "1 0"])
def test_a_time_that_is_none_is_refused(page, text):
    answer = page.call("ListInteractions", {}, connect_timeout_ms=text)
    assert (answer.status, answer.error.reason) == (400, "INVALID_MESSAGE")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"\\ud800": 1}', "as JSON in UTF-8"),
        (b'{"userId": "\\ud800"}', "userId"),
        (b'{"pageSize": 1e999}', "pageSize"),
        (b'{"pageSize": NaN}', "pageSize"),
        (b'{"pageSize": ' + b"9" * 5000 + b"}", "as JSON"),
        (b'{"userId": "a", "userId": "b"}', "'userId' twice"),
        (b'{"interactions": [{"\\udfff": 1}]}', "as JSON in UTF-8"),
        (b"[" * 5_000, "as JSON"),
        (b'{"a":' * 90 + b"1" + b"}" * 90, "a: is no field"),
        ("{}".encode("utf-16"), "as JSON in UTF-8"),
        (b"\xff", "as JSON in UTF-8"),
        (b"[]", "must be a JSON object"),
        (b'{"": 1}', "is no field"),
    ],
)  # fmt: skip
def test_json_that_is_no_message_is_refused_with_a_reason(page, body, said):
    answer = page.call("ListInteractions", body)
    assert (answer.status, answer.error.code) == (400, "invalid_argument")
    assert said in answer.error.message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"), (b"\0\0", "head of a frame"), (framed(b"", 1), "flags 0x01"), (framed(b"", 0x80), "flags 0x80"),
        (framed(b"") + framed(b""), "5 bytes follow it"), (struct.pack(">BI", 0, 2**32 - 1) + b"x", "says 4294967295 bytes"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_one_frame_is_refused(page, body, said):
    failure = Failure.of_trailers(page.call("ListInteractions", body, WEB).trailers)
    assert (failure.code, failure.reason) == ("invalid_argument", "INVALID_MESSAGE")
    assert said in failure.message


def test_compressed_bodies_are_not_opened(page):
    for kind, header in ((JSON, "content_encoding"), (PROTO, "content_encoding")):
        assert page.call("ListInteractions", b"\x1f\x8b", kind, **{header: "gzip"}).status == 501


@pytest.mark.parametrize(
    "where",
    ["//", "//evil.example/", "/console.js/", "//console.js", "/console.js%00", "/..%5cgateway.py", "/__init__.py", "/%ff",
     "/console/../api.js", "*", path("ListInteractions") + "/", "/" + path("ListInteractions")],
)  # fmt: skip
def test_no_path_leads_elsewhere(page, where):
    for method in ("GET", "POST"):
        answer = page.ask(method, where, b"", content_type=JSON)
        assert answer.status in {404, 405}, method
        assert answer.headers["location"] is None


def test_nobody_else_reaches_the_way_to_the_grpc_side(web, folder):
    """The socket lies in a folder that its owner alone may enter: another user of the machine finds no second door."""
    (inside,) = (one for one in Path(folder).iterdir() if one.name.startswith("interplay-") and (one / "grpc").exists())
    assert stat.S_IMODE(inside.stat().st_mode) == 0o700
    assert inside.stat().st_uid == os.getuid()


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "h11"])
def test_without_the_extra_it_says_what_to_install(tmp_path, missing):
    script = f"""
import sys
sys.modules[{missing!r}] = None
from interplay_server.cli import main
sys.exit(main(["serve", "--listen", "127.0.0.1:0", "--data", {str(tmp_path / "d")!r}, "--web", "127.0.0.1:0"]))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert "pip install 'interplay-server[web]'" in ended.stderr
    assert "Traceback" not in ended.stderr
