"""The Connect protocol against a real server: calls, streams, errors, and what browsers cannot do."""

import json

import pytest
from google.protobuf import json_format

from tests.service.kit import LIBRARIES, METHODS, batch, fresh, pb
from tests.service.web_kit import (
    CONNECT_END,
    JSON,
    PROTO,
    STREAM_JSON,
    STREAM_PROTO,
    Failure,
    WebServer,
    framed,
    frames,
    path,
    published,
)

HEARTBEAT = {"heartbeatSeconds": 1}


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    server = WebServer(tmp_path_factory.mktemp("web") / "data").start()
    yield server
    assert "Traceback" not in server.log(), "a request made the gateway stumble"
    server.stop()


@pytest.fixture
def page(web):
    """Asks as a tenant that nobody else uses."""
    return web.page(interplay_tenant=fresh("tenant"))


def test_a_call_as_json(page):
    answer = page.call(
        "PublishInteractions", {"userId": "ann", "sessionId": "s", "interactions": [{"content": "grüße 🎈"}]}
    )
    assert answer.status == 200
    assert answer.headers["content-type"] == JSON
    assert answer.headers["cache-control"] == "no-store"
    (made,) = answer.json["interactionIds"]
    got = page.call("GetInteraction", {"interaction_id": made}).json["interaction"]
    assert (got["userId"], got["data"]["content"]) == ("ann", "grüße 🎈")


def test_a_call_as_bytes(page):
    answer = page.call("PublishInteractions", batch("hello", user="ann").SerializeToString(), PROTO)
    assert (answer.status, answer.headers["content-type"]) == (200, PROTO)
    (made,) = pb.PublishInteractionsResponse.FromString(answer.body).interaction_ids
    raw = page.call("GetInteraction", pb.GetInteractionRequest(interaction_id=made).SerializeToString(), PROTO).body
    assert pb.GetInteractionResponse.FromString(raw).interaction.data.content == "hello"


def test_large_messages_pass_both_ways(page):
    text = "long " * 190_000
    (made,) = page.publish(text)
    assert page.call("GetInteraction", {"interactionId": made}).json["interaction"]["data"]["content"] == text


def test_health_is_asked_too(page):
    answer = page.ask("POST", "/grpc.health.v1.Health/Check", b"{}", content_type=JSON)
    assert answer.json == {"status": "SERVING"}


def test_errors_carry_their_details(page):
    answer = page.call("GetInteraction", {"interactionId": "none"})
    assert (answer.status, answer.error.code, answer.error.reason) == (404, "not_found", "INTERACTION_NOT_FOUND")
    answer = page.call("PublishInteractions", {"interactions": [{}]})
    assert answer.status == 400
    assert {"user_id", "session_id"} <= set(answer.error.violations)
    assert answer.error.reason == "INVALID_REQUEST"


def test_all_unknown_fields_are_named(page):
    given = {
        "userId": "u", "sessionId": "s", "colour": 1, "metadata": {"anything": {"goes": True}},
        "interactions": [{"content": "x"}, {"contents": "y", "productRef": {"sku": "1"}}],
    }  # fmt: skip
    answer = page.call("PublishInteractions", given)
    assert (answer.status, answer.error.code) == (400, "invalid_argument")
    assert set(answer.error.violations) == {"colour", "interactions[1].contents", "interactions[1].productRef.sku"}


HOSTILE = [
    b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b'{"query":"\xff"}', b"{" * 5000, b"[" * 200_000,
    b'{"topK":"many"}', b'{"topK":1e99}', b'{"topK":1.5}', b'{"topK":' + b"9" * 6000 + b"}", b'{"query":7}',
    b'{"query":"\\ud800"}', b'{"startTime":"yesterday"}', b'{"mode":"FAST"}', b'{"threshold":"x"}', b'{"query":null,"topK":[]}',
    b'{"topK":1,"top_k":2}', b'{"":1}', b'{"__proto__":1}', b'{"query":{"a":1}}',
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:20]))
def test_what_is_no_message_is_refused_in_our_words(page, body):
    answer = page.call("SearchInteractions", body)
    assert (answer.status, answer.error.code) == (400, "invalid_argument"), answer.body
    assert answer.error.reason in {"INVALID_MESSAGE", "INVALID_REQUEST"}
    assert not LIBRARIES.search(answer.error.message + "".join(answer.error.violations.values()))


def test_a_value_that_does_not_fit_names_its_field(page):
    answer = page.call("PublishInteractions", {"userId": "u", "sessionId": "s", "interactions": [{"content": {}}]})
    assert list(answer.error.violations) == ["interactions.content"]


def test_a_value_of_an_enum_that_is_newer_is_refused_not_guessed(page):
    answer = page.call("SearchInteractions", {"query": "x", "mode": "SEARCH_MODE_TELEPATHY"})
    assert answer.error.violations


def test_a_stream_as_json(page):
    with_token = page.open("WatchInteractions", HEARTBEAT)
    flags, first = with_token.take()
    assert (flags, with_token.status) == (0, 200)
    assert "heartbeat" in first and first["resumeToken"]
    page.publish("one", "two")
    said, token = [], ""
    while len(said) < 2:
        _, message = with_token.take()
        said += published(message)
        token = message["resumeToken"]
    assert said == ["one", "two"]
    with_token.close()
    page.publish("three")
    again = page.open("WatchInteractions", {"resumeToken": token})
    said = []
    while not said:
        said = published(again.take()[1])
    assert said == ["three"]
    again.close()


def test_a_stream_as_bytes_ends_with_ok(page):
    answer = page.stream("ExportEvents", b"", STREAM_PROTO)
    *_, (flags, end) = frames(answer.body)
    assert (answer.status, answer.headers["content-type"], flags) == (200, STREAM_PROTO, CONNECT_END)
    assert "error" not in json.loads(end)


def test_a_stream_ends_with_its_error(page):
    answer = page.stream("WatchInteractions", {"resumeToken": "made up"})
    assert (answer.status, answer.messages) == (200, [])
    failure = Failure.of_connect(answer.end["error"])
    assert (failure.code, failure.reason) == ("invalid_argument", "INVALID_RESUME_TOKEN")


@pytest.mark.parametrize(
    "body",
    [b"", b"\0\0", b"\0\0\0\0\5{}", framed(b"{}") * 2, framed(b"{}", 1), framed(b"{"), framed(b'{"x":1}'), b"{}"],
    ids=repr,
)
def test_frames_that_are_none_end_the_stream(page, body):
    answer = page.ask("POST", path("WatchInteractions"), body, content_type=STREAM_JSON)
    failure = Failure.of_connect(answer.end["error"])
    assert (answer.status, failure.code) == (200, "invalid_argument")


@pytest.mark.parametrize("name", sorted(one.name for one in METHODS.values() if one.client_streaming))
def test_streams_from_the_client_say_what_to_use(page, name):
    answer = page.stream(name, {})
    failure = Failure.of_connect(answer.end["error"])
    assert failure.code == "unimplemented"
    assert "needs a gRPC client" in failure.message
    if name == "StreamPublish":
        assert "PublishInteractions" in failure.message


def test_the_kind_of_answer_must_be_asked_for(page):
    answer = page.call("WatchInteractions", {})
    assert (answer.status, answer.error.code) == (501, "unimplemented")
    assert "application/connect+json" in answer.error.message
    answer = page.stream("GetServerInfo", {})
    assert "application/json" in answer.end["error"]["message"]


def test_what_is_not_offered(page):
    for where in ("/interplay.v1.AdminService/Nothing", "/other.Service/Method"):
        answer = page.ask("POST", where, b"{}", content_type=JSON)
        assert (answer.status, answer.error.code) == (501, "unimplemented")
    assert page.ask("GET", path("GetServerInfo")).status == 405
    assert page.ask("POST", "/", b"").status in {404, 405}
    assert page.ask("GET", "/").status == 404, "there is no console"
    answer = page.ask("POST", path("GetServerInfo"), b"{}", content_type="text/plain")
    assert answer.status == 415
    assert JSON in answer.error.message


def test_compressed_bodies_are_refused(page):
    assert page.call("GetServerInfo", {}, content_encoding="gzip").status == 501
    assert page.stream("WatchInteractions", {}, connect_content_encoding="gzip").end["error"]["code"] == "unimplemented"


@pytest.mark.parametrize("kind", [JSON, STREAM_JSON])
def test_deadlines_hold(page, kind):
    if kind == JSON:
        answer = page.call("SearchInteractions", {"query": "x"}, connect_timeout_ms="0")
        assert answer.status == 504
        failure = answer.error
    else:
        failure = Failure.of_connect(page.stream("WatchInteractions", {}, connect_timeout_ms="300").end["error"])
    assert (failure.code, failure.reason) == ("deadline_exceeded", "DEADLINE_EXCEEDED")
    for wrong in ("-1", "x", "1.5", "12345678901"):
        assert page.call("GetServerInfo", {}, connect_timeout_ms=wrong).status == 400
    assert page.call("GetServerInfo", {}, connect_timeout_ms="60000").status == 200
    assert page.call("GetServerInfo", {}, connect_protocol_version="2").status == 400


def test_headers_that_no_metadata_can_hold_are_refused(page):
    for value in ("caf\xe9", "a\tb"):
        answer = page.call("GetServerInfo", {}, interplay_note=value)
        assert (answer.status, list(answer.error.violations)) == (400, ["interplay-note"])


def test_json_is_what_the_messages_say(web, page):
    """Every field of a rich answer, by the mapping that all of protobuf shares."""
    page.publish("one", "two")
    found = page.call("SearchInteractions", {"query": "one"}).json
    assert json_format.ParseDict(found, pb.SearchInteractionsResponse())
    names = {term["name"] for term in found["hits"][0]["terms"]}
    assert names == {"cosine", "soft_match", "window_bm25", "session", "role", "question"}


def test_tenants_are_apart(web):
    one, other = (web.page(interplay_tenant=fresh("tenant")) for _ in range(2))
    one.publish("mine")
    assert "interactions" in one.call("ListInteractions", {}).json
    assert other.call("ListInteractions", {}).json == {}
    assert web.page(interplay_tenant="Not A Name").call("ListInteractions", {}).error.reason == "INVALID_TENANT"
