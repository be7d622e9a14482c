"""gRPC-Web against a real server: frames made by hand, as bytes and as base64."""

import base64

import pytest

from tests.service.kit import batch, fresh, pb
from tests.service.web_kit import (
    WEB,
    WEB_JSON,
    WEB_TEXT,
    WEB_TRAILERS,
    Failure,
    WebServer,
    framed,
    frames,
    path,
)

KINDS = [WEB, "application/grpc-web", WEB_TEXT, "application/grpc-web-text+proto"]


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    server = WebServer(tmp_path_factory.mktemp("web") / "data").start()
    yield server
    assert "Traceback" not in server.log(), "a request made the gateway stumble"
    server.stop()


@pytest.fixture
def page(web):
    return web.page(interplay_tenant=fresh("tenant"), x_grpc_web="1")


def plain(answer, kind):
    """The frames of an answer: each part of a text is padded by itself."""
    if "-text" not in kind:
        return frames(answer.body)
    body, parts = answer.body, []
    while body:
        end = body.find(b"=")
        end = len(body) if end < 0 else end + (2 if body[end : end + 2] == b"==" else 1)
        parts.append(base64.b64decode(body[:end], validate=True))
        body = body[end:]
    return frames(b"".join(parts))


def asked(page, name, message, kind, **headers):
    """Messages as bytes, trailers."""
    raw = framed(message.SerializeToString())
    answer = page.ask(
        "POST", path(name), base64.b64encode(raw) if "-text" in kind else raw, content_type=kind, **headers
    )
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    *messages, (flags, last) = plain(answer, kind)
    assert flags == WEB_TRAILERS
    assert all(flag == 0 for flag, _ in messages)
    trailers = dict(line.split(": ", 1) for line in last.decode().split("\r\n") if line)
    return [payload for _, payload in messages], trailers


@pytest.mark.parametrize("kind", KINDS)
def test_a_call(page, kind):
    (raw,), trailers = asked(page, "PublishInteractions", batch("grüße"), kind)
    assert trailers == {"grpc-status": "0"}
    (made,) = pb.PublishInteractionsResponse.FromString(raw).interaction_ids
    (raw,), _ = asked(page, "GetInteraction", pb.GetInteractionRequest(interaction_id=made), kind)
    assert pb.GetInteractionResponse.FromString(raw).interaction.data.content == "grüße"


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_until_its_deadline(page, kind):
    asked(page, "PublishInteractions", batch("one"), kind)
    request = pb.WatchInteractionsRequest(from_beginning=True)
    messages, trailers = asked(page, "WatchInteractions", request, kind, grpc_timeout="2S")
    said = [
        one.data.content
        for raw in messages
        for one in pb.WatchInteractionsResponse.FromString(raw).published.interactions
    ]
    assert said == ["one"]
    assert Failure.of_trailers(trailers).reason == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("kind", KINDS)
def test_errors_carry_their_details(page, kind):
    messages, trailers = asked(page, "GetInteraction", pb.GetInteractionRequest(interaction_id="none"), kind)
    failure = Failure.of_trailers(trailers)
    assert (messages, failure.code, failure.reason) == ([], "not_found", "INTERACTION_NOT_FOUND")
    _, trailers = asked(page, "PublishInteractions", batch("x", user="", session=""), kind)
    assert {"user_id", "session_id"} <= set(Failure.of_trailers(trailers).violations)


def test_messages_of_errors_are_percent_encoded(page):
    answer = page.call("GetServerInfo", framed(b'{"\xc3\xbc%":1}'), WEB_JSON)
    assert "%C3%BC%25: is no field" in answer.trailers["grpc-message"]
    assert list(Failure.of_trailers(answer.trailers).violations) == ["ü%"]


def test_messages_may_be_json(page):
    answer = page.call("GetServerInfo", framed(b"{}"), WEB_JSON)
    assert answer.messages[0]["services"]
    assert answer.trailers == {"grpc-status": "0"}


def test_base64_may_come_in_padded_parts(page):
    raw = framed(batch("in parts").SerializeToString())
    parts = [base64.b64encode(raw[at : at + 5]) for at in range(0, len(raw), 5)]
    answer = page.ask("POST", path("PublishInteractions"), b"".join(parts), content_type=WEB_TEXT)
    assert [flags for flags, _ in plain(answer, WEB_TEXT)] == [0, WEB_TRAILERS]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (WEB, b""), (WEB, b"\0"), (WEB, b"\0\0\0\0\7x"), (WEB, framed(b"") * 2), (WEB, framed(b"", 1)),
        (WEB, framed(b"\xff\xff")), (WEB_TEXT, b"!!!"), (WEB_TEXT, b"AAA"), (WEB_TEXT, b"="), (WEB_TEXT, b"=" * 9),
        (WEB_JSON, framed(b"")), (WEB_JSON, framed(b"[]")),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(page, kind, body):
    answer = page.ask("POST", path("GetInteraction"), body, content_type=kind)
    *_, (flags, last) = plain(answer, kind)
    assert (answer.status, flags) == (200, WEB_TRAILERS)
    assert b"grpc-status: 3\r\n" in last


def test_what_browsers_cannot_do(page):
    _, trailers = asked(page, "StreamPublish", batch("x"), WEB)
    assert (trailers["grpc-status"], "PublishInteractions" in trailers["grpc-message"]) == ("12", True)
    answer = page.call("GetServerInfo", framed(b""), WEB, grpc_encoding="gzip")
    assert answer.trailers["grpc-status"] == "12"
    for wrong in ("", "S", "1", "123456789S", "1x", "-1S"):
        assert page.call("GetServerInfo", framed(b""), WEB, grpc_timeout=wrong).trailers["grpc-status"] == "3", wrong
