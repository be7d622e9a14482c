"""What the gateway bounds, and how it ends: large bodies, slow and leaving readers, silent guests, stops and kills."""

import base64
import contextlib
import re
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import eventually, free_port
from tests.service.kit import fresh
from tests.service.web_kit import (
    JSON,
    SECONDS,
    STREAM_JSON,
    WEB,
    WEB_TEXT,
    Failure,
    Open,
    WebServer,
    framed,
    path,
    published,
)

LIMIT = 16 * 2**20


class Watched(WebServer):
    """Tells its open calls."""

    def __init__(self, folder, *flags):
        self._metrics = f"127.0.0.1:{free_port()}"
        super().__init__(folder, "--metrics-listen", self._metrics, *flags)

    def metric(self, name, method):
        with urllib.request.urlopen(f"http://{self._metrics}/metrics", timeout=SECONDS) as answer:
            text = answer.read().decode()
        found = re.findall(rf"^{name}{{[^}}]*{method}[^}}]*}} (\S+)$", text, re.MULTILINE)
        return sum(map(float, found))


@pytest.fixture
def started(tmp_path):
    servers = []

    def start(*flags):
        servers.append(Watched(tmp_path / f"data-{len(servers)}", *flags))
        return servers[-1].start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    server = Watched(tmp_path_factory.mktemp("shared") / "data").start()
    yield server
    assert "Traceback" not in server.log(), "a request made the gateway stumble"
    server.stop()


def open_calls(server):
    return server.metric("interplay_open_calls", "WatchInteractions")


def test_bodies_have_a_limit(shared):
    page = shared.page(interplay_tenant=fresh("tenant"))
    answer = page.call("GetServerInfo", b" " * (LIMIT + 1))
    assert (answer.status, answer.error.code, answer.error.reason) == (429, "resource_exhausted", "MESSAGE_TOO_LARGE")
    answer = page.call("GetServerInfo", framed(b" " * LIMIT), WEB)
    assert Failure.of_trailers(answer.trailers).reason == "MESSAGE_TOO_LARGE"
    answer = page.call("ListInteractions", b"{" + b" " * (LIMIT - 2) + b"}")
    assert answer.status == 200


def test_bodies_have_a_limit_together(started):
    """What is held of many is bounded too; the rest is told to come again."""
    server = started("--web-stalled-seconds", "600")
    page = server.page()
    half = f"POST {path('GetServerInfo')} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {JSON}\r\ncontent-length: {LIMIT}\r\n\r\n"
    guests = []

    def refused_with_another():
        """Two that come at once may both be sent away."""
        guest = socket.create_connection(server.address, timeout=SECONDS)
        guests.append(guest)
        with contextlib.suppress(ConnectionError):
            guest.sendall(half.encode() + b" " * (LIMIT - 1))
        answer = page.call("GetServerInfo", b" " * 1000 + b"{}")
        return answer.status != 200 and answer

    try:
        for _ in range(15):
            assert not refused_with_another()
        refused = eventually(refused_with_another)
        assert (refused.status, refused.error.code) == (429, "resource_exhausted")
    finally:
        for guest in guests:
            guest.close()
    eventually(lambda: page.call("GetServerInfo", b" " * 1000 + b"{}").status == 200)


def test_a_body_must_arrive_in_time(started):
    server = started("--web-stalled-seconds", "0.5")
    with socket.create_connection(server.address, timeout=SECONDS) as guest:
        head = f"POST {path('GetServerInfo')} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {JSON}\r\ncontent-length: 9\r\n\r\n{{"
        guest.sendall(head.encode())
        assert guest.recv(100).startswith(b"HTTP/1.1 504")


def test_a_guest_who_asks_nothing_is_sent_away(started):
    server = started("--web-stalled-seconds", "0.5")
    for said in (b"", b"POST / HT"):
        with socket.create_connection(server.address, timeout=SECONDS) as guest:
            guest.sendall(said)
            with contextlib.suppress(ConnectionResetError):
                assert guest.recv(100) == b""
    assert server.page().call("GetServerInfo", {}).status == 200


HEAD = f"POST {path('ListInteractions')} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {JSON}\r\n".encode()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(HEAD + b"content-length: 2\r\n\r\n{}POST / HT", id="second request never comes"),
        pytest.param(HEAD + b"content-length: 9\r\n\r\n{", id="body never comes"),
        pytest.param(HEAD.replace(b"json", b"none") + b"content-length: 9\r\n\r\n{", id="body of no call"),
        pytest.param(HEAD.replace(b"localhost", b"evil.example") + b"content-length: 9\r\n\r\n{", id="foreign host"),
        pytest.param(b"GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n", id="body of a page"),
    ],
)
def test_who_was_answered_and_goes_on_slowly_is_cut_off(started, sent):
    """Bytes that trickle in keep a connection no longer than silence."""
    server = started("--web-stalled-seconds", "0.5")
    with socket.create_connection(server.address, timeout=SECONDS) as guest:
        guest.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := guest.recv(4096):
                answer += part
        assert answer.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("kind", [JSON, "application/none", WEB])
def test_a_body_without_an_end_is_cut_off(shared, kind):
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with socket.create_connection(shared.address, timeout=SECONDS) as guest:
        guest.sendall(HEAD.replace(JSON.encode(), kind.encode()) + b"transfer-encoding: chunked\r\n\r\n")
        with pytest.raises((ConnectionError, BrokenPipeError)):
            for _ in range(20 * LIMIT // 65536):
                guest.sendall(chunk)
    assert shared.page().call("GetServerInfo", {}).status == 200


def test_small_bodies_of_very_many_parts_are_refused_before_they_take_memory(shared):
    """Each is within the limit of bytes; read in full, it would take a gigabyte and a loop that nobody else gets."""
    page = shared.page()
    before = resident(shared)
    for body in (b'{"interactions":[' + b"{}," * 5_000_000 + b"{}]}", b'["",' + b'"",' * 5_000_000 + b'""]'):
        answer = page.call("PublishInteractions", body)
        assert (answer.status, answer.error.reason) == (400, "INVALID_MESSAGE")
        assert "500,000" in answer.error.message
    end = page.call("WatchInteractions", bytes(LIMIT - 1), STREAM_JSON).end
    assert "bytes follow it" in end["error"]["message"]
    answer = page.call("WatchInteractions", b"QQ==" * (LIMIT // 4), WEB_TEXT)
    told = b"".join(base64.b64decode(one) for one in re.findall(rb"[^=]+=*", answer.body))
    assert b"parts of padded base64" in told
    assert resident(shared) - before < 200


def resident(server):
    """MiB that the server holds."""
    text = Path(f"/proc/{server.process.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) // 1024


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_reader_who_leaves_frees_the_call(shared, how):
    server, page = shared, shared.page()
    eventually(lambda: open_calls(server) == 0)
    watches = [page.open("WatchInteractions", {}) for _ in range(5)]
    for one in watches:
        one.take()
    assert open_calls(server) == 5
    for one in watches:
        if how == "reset":
            one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()
    eventually(lambda: open_calls(server) == 0)
    assert page.call("GetServerInfo", {}).status == 200


def test_a_reader_who_takes_nothing_is_cut_off(started):
    server = started("--web-stalled-seconds", "1")
    page = server.page()
    for _ in range(24):
        page.publish("much " * 190_000)
    body = framed(b'{"fromBeginning":true}')
    slow = Open(server.address, {}, path("WatchInteractions"), body, "application/connect+json", buffer=4096)
    eventually(lambda: server.metric("interplay_calls_total", "WatchInteractions") == 1, seconds=SECONDS)
    assert open_calls(server) == 0
    slow.close()


def test_a_slow_reader_is_waited_for_and_loses_nothing(shared):
    page = shared.page(interplay_tenant=fresh("tenant"))
    texts = [f"{at} " + "much " * 100_000 for at in range(12)]
    for one in texts:
        page.publish(one)
    body = framed(b'{"fromBeginning":true}')
    slow = Open(shared.address, page.headers, path("WatchInteractions"), body, "application/connect+json", buffer=4096)
    said = []
    while len(said) < len(texts):
        said += published(slow.take()[1])
    assert said == texts
    slow.close()


def test_a_stop_ends_open_watches_with_what_to_do(started):
    server = started()
    page = server.page()
    watch = page.open("WatchInteractions", {})
    watch.take()
    page.publish("last words")
    server.process.process.send_signal(signal.SIGTERM)
    said, end = [], None
    while end is None:
        flags, message = watch.take()
        said += published(message)
        end = message if flags else None
    assert said == ["last words"]
    failure = Failure.of_connect(end["error"])
    assert (failure.code, failure.reason) == ("unavailable", "SERVER_DRAINING")
    assert watch.take() is None
    watch.close()
    assert server.process.process.wait(SECONDS) == 0
    assert "Traceback" not in server.log()


def test_a_stop_does_not_wait_for_guests_who_ask_nothing(started):
    server = started()
    with socket.create_connection(server.address, timeout=SECONDS):
        assert server.process.terminate(SECONDS) == 0


def test_a_watch_goes_on_after_a_kill(tmp_path):
    server = WebServer(tmp_path / "data").start()
    page = server.page()
    watch = page.open("WatchInteractions", {})
    token = watch.take()[1]["resumeToken"]
    page.publish("before")
    server.process.kill()
    with pytest.raises((AssertionError, ValueError, OSError)):
        while True:
            assert watch.take() is not None
    watch.close()
    server.start()
    try:
        again = server.page().open("WatchInteractions", {"resumeToken": token})
        said = []
        while not said:
            said = published(again.take()[1])
        assert said == ["before"]
        again.close()
    finally:
        server.stop()


def test_a_call_is_counted_and_logged_once(started):
    server = started("--log-level", "debug", "--log-format", "json")
    page = server.page(interplay_request_id="from-a-page-1")
    for _ in range(3):
        assert page.call("ListSessions", {}).status == 200
    assert server.metric("interplay_calls_total", "ListSessions") == 3
    lines = [line for line in server.log().splitlines() if "ListSessions" in line and '"call"' in line]
    assert len(lines) == 3
    assert all("from-a-page-1" in line for line in lines)


def test_many_pages_at_once(shared):
    page = shared.page(interplay_tenant=fresh("tenant"))
    watches = [page.open("WatchInteractions", {}) for _ in range(300)]
    for one in watches:
        one.take()
    page.publish("to all")
    for one in watches:
        said = []
        while not said:
            said = published(one.take()[1])
        assert said == ["to all"]
        one.close()
    eventually(lambda: open_calls(shared) == 0)


def test_a_second_server_at_the_same_address_says_so(started, tmp_path):
    server = started()
    address = "{}:{}".format(*server.address)
    other = WebServer(tmp_path / "other", "--web", address).process.start(wait=False)
    other.process.wait(SECONDS)
    other.process.stdout.close()
    other.process = None
    said = other.log.read_text()
    assert "in use" in said and address in said and "Traceback" not in said
