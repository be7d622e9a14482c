"""Several hundred malformed requests: the right code, reason and field path, nothing stored, and a server that lives."""

import grpc
import pytest

from tests.service import malformed
from tests.service.kit import (
    METHODS,
    Refusal,
    admin_pb,
    data,
    fresh,
    minimal,
    operation_pb,
    pb,
    refused,
    request_of,
    spb,
)

CASES = [*malformed.unary_cases(), *malformed.together()]
PREMATURE = {"NOTHING_TO_PROMOTE", "NOTHING_TO_ROLL_BACK", "EMBEDDER_UNAVAILABLE"}
STREAM_CASES = {part: malformed.stream_cases(part) for part in ("open", "append")}


def snapshot(api):
    """Everything that a bad request could have left behind."""
    return (
        api.listed(),
        api.profiles(),
        list(api.ListProfileChanges(request_of("ListProfileChanges")).changes),
        list(api.ListPlaybookChanges(request_of("ListPlaybookChanges")).changes),
        api.GetLearningConfig(request_of("GetLearningConfig")).config,
        list(api.ListSessions(pb.ListSessionsRequest()).sessions),
        list(api.ListApiKeys(admin_pb.ListApiKeysRequest(show_revoked=True)).api_keys),
        list(api.ListOperations(operation_pb.ListOperationsRequest()).operations),
        api.GetPublishStream(pb.GetPublishStreamRequest(stream_id="bad")).next_offset,
    )


@pytest.fixture(scope="module")
def target(shared_api):
    """A tenant with one interaction. When all is over, it must be as it was."""
    api = shared_api.by(tenant=fresh("abused"))
    api.publish("the only one")
    before = snapshot(api)
    yield api
    assert snapshot(api) == before


def unchanged(api):
    return api.contents() == ["the only one"]


def test_there_are_several_hundred():
    assert len(CASES) > 500
    assert len({case.id for case in CASES}) == len(CASES)
    assert {case.method for case in CASES} == {name for name, method in METHODS.items() if not method.client_streaming}
    assert min(map(len, STREAM_CASES.values())) > 20 and sum(map(len, STREAM_CASES.values())) > 120


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refused(target, case):
    with pytest.raises(grpc.RpcError) as caught:
        target.raw(case.method, case.make())
    error = Refusal.of(caught.value)
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", case.reason)
    assert set(error.fields) == set(case.fields)
    if case.reason == "INVALID_REQUEST":
        assert error.metadata["method"] == case.method
    else:
        assert error.metadata == {"messageType": METHODS[case.method].input_type.full_name}
    assert unchanged(target)


@pytest.mark.parametrize("name", METHODS)
def test_the_minimal_request_is_not_malformed(shared_api, name):
    """Else the table above would prove nothing: what is broken there is broken by one change."""
    api = shared_api.by(tenant=fresh("minimal"), timeout=3)
    request = minimal(name)
    try:
        if METHODS[name].client_streaming:
            answers = getattr(api, name)(iter([request]))
            assert next(answers).HasField({"Converse": "started", "ImportUser": "progress"}.get(name, "opened"))
            answers.cancel()
        elif METHODS[name].server_streaming:
            answers = getattr(api, name)(request)
            next(answers)
            answers.cancel()
        else:
            getattr(api, name)(request)
    except grpc.RpcError as error:
        assert Refusal.of(error).code == "NOT_FOUND" or Refusal.of(error).reason in PREMATURE


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if not method.client_streaming])
def test_17_mib(target, name):
    raw = bytes(17 * 2**20)
    with pytest.raises(grpc.RpcError) as caught:
        target.raw(name, raw)
    error = Refusal.of(caught.value)
    assert (error.code, error.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert error.metadata == {"limitBytes": str(16 * 2**20), "bytes": str(len(raw))}
    assert error.details["QuotaFailure"].violations[0].description == error.message
    assert unchanged(target)


def test_a_large_but_allowed_message(target):
    """16 MiB are a matter of rules again, not of size."""
    request = pb.PublishInteractionsRequest(user_id="u", interactions=[data("x" * 1_000_000)] * 16)
    error = refused(target.PublishInteractions, request)
    assert (error.reason, error.fields) == ("INVALID_REQUEST", ["session_id"])
    assert unchanged(target)


def test_over_the_transport_limit_the_server_lives(target):
    with pytest.raises(grpc.RpcError) as caught:
        target.raw("PublishInteractions", bytes(33 * 2**20))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert unchanged(target)


def test_all_violations_at_once(target):
    request = pb.SearchInteractionsRequest(
        user_id="u" * 300, source="s" * 300, top_k=-1, mode=77, threshold=float("nan"), query=""
    )
    error = refused(target.SearchInteractions, request)
    assert sorted(set(error.fields)) == sorted(["query", "user_id", "source", "top_k", "mode", "threshold"])


@pytest.mark.parametrize("method", ["ListInteractions", "SearchInteractions", "DeleteInteractions", "ListSessions"])
def test_a_span_that_ends_before_it_starts(target, method):
    fields = {"query": "x"} if method == "SearchInteractions" else {}
    request = request_of(method, start_time={"seconds": 2}, end_time={"seconds": 1}, **fields)
    error = refused(getattr(target, method), request)
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["end_time"])
    assert unchanged(target)


@pytest.mark.parametrize("path", ["/interplay.v1.InteractionService/Nothing", "/interplay.v2.Other/Get",
                                  "/interplay.v1.InteractionService/", "/interplay.v1.AdminService/DropTables\u00e9"])  # fmt: skip
def test_unknown_methods(target, path):
    call = target.channel.unary_unary(path.encode().decode("latin-1") if not path.isascii() else path)
    if not path.isascii():
        path = path.encode("ascii", "ignore").decode()
        call = target.channel.unary_unary(path)
    error = refused(call, b"", timeout=5, metadata=target.metadata)
    assert (error.code, error.reason, error.metadata) == ("UNIMPLEMENTED", "METHOD_UNIMPLEMENTED", {"method": path})


def test_unknown_fields_are_ignored(target):
    """A newer client may send what this server does not know."""
    raw = minimal("SearchInteractions").SerializeToString() + b"\xfa\x7f\x03new\xf8\x7f\x2a"
    assert target.raw("SearchInteractions", raw) is not None


class TestStream:
    @pytest.mark.parametrize("case", STREAM_CASES["open"], ids=lambda case: case.label)
    def test_a_bad_open_ends_it(self, target, case):
        stream = target.stream()
        stream.send_raw(case.make())
        error = stream.refusal()
        assert (error.code, error.reason, set(error.fields)) == ("INVALID_ARGUMENT", case.reason, set(case.fields))
        assert unchanged(target)

    @pytest.mark.parametrize("offset", [None, 0])
    def test_bad_appends_do_not_end_it(self, shared_api, offset):
        """All of them on one stream; then a good one takes the offset that none of them consumed."""
        api = shared_api.by(tenant=fresh("stream"), timeout=60)
        stream = api.stream(stream_id="bad", user_id="u", session_id="s")
        own = {} if offset is None else {"offset": offset}
        prefix = spb.StreamPublishRequest(append=spb.StreamAppend(**own)).SerializeToString()
        for case in STREAM_CASES["append"]:
            raw = case.make()
            merged = raw if "offset" in case.label or case.reason == "INVALID_MESSAGE" else raw + prefix
            stream.send_raw(merged)
            refusal = stream.take("append_error")
            error = Refusal(refusal.status).check()
            assert (error.code, error.reason) == ("INVALID_ARGUMENT", case.reason), case.label
            assert set(error.fields) == set(case.fields), case.label
            assert refusal.next_offset == 0
            if case.reason == "INVALID_REQUEST" and "offset" not in case.label:
                assert refusal.HasField("offset") and refusal.offset == 0, case.label
        for label, raw in malformed.NO_MESSAGES.items():
            stream.send_raw(raw)
            error = Refusal(stream.take("append_error").status).check()
            assert (error.code, error.reason) == ("INVALID_ARGUMENT", "INVALID_MESSAGE"), label
        assert api.listed() == []
        stream.append("good", **own)
        assert stream.take("ack").committed_offset == 1
        finished = stream.finish()
        assert (finished.committed_offset, finished.interaction_count) == (1, 1)
        assert api.contents() == ["good"]

    def test_17_mib_does_not_end_it(self, shared_api):
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="big", user_id="u", session_id="s")
        stream.append(*["x" * 1_000_000] * 17)
        refusal = stream.take("append_error")
        error = Refusal(refusal.status).check()
        assert (error.code, error.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
        assert not refusal.HasField("offset") and refusal.next_offset == 0
        stream.append("good")
        assert stream.take("ack").committed_offset == 1
        stream.finish()

    def test_far_ahead_does_not_end_it(self, shared_api):
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="far", user_id="u", session_id="s")
        for offset in (1, 40, 2**63 - 1):
            stream.append("lost", offset=offset)
            refusal = stream.take("append_error")
            error = Refusal(refusal.status).check()
            assert (error.code, error.reason) == ("OUT_OF_RANGE", "OFFSET_OUT_OF_RANGE")
            assert error.metadata == {"streamId": "far", "offset": str(offset), "nextOffset": "0"}
            assert (refusal.offset, refusal.next_offset) == (offset, 0)
        stream.append("good", offset=0)
        assert stream.take("ack").committed_offset == 1
        stream.finish()
        assert api.contents() == ["good"]

    def test_another_payload_does_not_end_it(self, shared_api):
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="again", user_id="u", session_id="s")
        stream.append("one", offset=0)
        assert stream.take("ack").committed_offset == 1
        stream.append("two", offset=0)
        error = Refusal(stream.take("append_error").status).check()
        assert (error.code, error.reason) == ("ALREADY_EXISTS", "APPEND_CONFLICT")
        assert error.metadata == {"streamId": "again", "offset": "0"}
        stream.append("one", offset=0)
        assert stream.take("ack").results[0].duplicate
        stream.finish()
        assert api.contents() == ["one"]

    def test_nothing_in_it(self, shared_api):
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="empty", user_id="u", session_id="s")
        for rows in ([], [""], ["", " "]):
            stream.append(*rows)
            error = Refusal(stream.take("append_error").status).check()
            assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["append.interactions"])
        stream.finish()
        assert api.listed() == []

    def test_without_user_or_session(self, shared_api):
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="bare")
        stream.append("lost")
        error = Refusal(stream.take("append_error").status).check()
        assert error.fields == ["append.user_id", "append.session_id"]
        stream.append("kept", user_id="u", session_id="s")
        assert stream.take("ack").committed_offset == 1
        stream.finish()

    def test_empty_message_lives(self, shared_api):
        """None of the kinds: refused, and the stream goes on."""
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="none", user_id="u", session_id="s")
        stream.send_raw(b"")
        error = Refusal(stream.take("append_error").status).check()
        assert (error.code, error.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
        stream.append("good")
        assert stream.take("ack").committed_offset == 1
        stream.finish()

    @pytest.mark.parametrize("kind", ["append", "flush", "heartbeat", "finish"])
    def test_anything_before_open_ends_it(self, target, kind):
        stream = target.stream()
        parts = {"append": spb.StreamAppend(interactions=[data("x")]), "flush": spb.StreamFlush(),
                 "heartbeat": spb.StreamHeartbeat(), "finish": spb.StreamFinish()}  # fmt: skip
        stream.send(**{kind: parts[kind]})
        error = stream.refusal()
        assert (error.code, error.reason) == ("INVALID_ARGUMENT", "STREAM_PROTOCOL")
        assert (error.fields, error.metadata) == ([kind], {"message": kind})
        assert unchanged(target)

    @pytest.mark.parametrize("second", [{"stream_id": "twice"}, {"stream_id": "other"}, {"stream_id": ""}])
    def test_open_twice_ends_it_and_keeps_what_was_sent(self, shared_api, second):
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="twice", user_id="u", session_id="s")
        stream.append("kept")
        stream.send(open=spb.StreamOpen(**second))
        error = stream.refusal()
        assert (error.code, error.reason) == ("INVALID_ARGUMENT", "STREAM_PROTOCOL")
        assert error.metadata == {"message": "open"}
        assert api.contents() == ["kept"]

    def test_nothing_sent_at_all(self, target):
        error = refused(target.StreamPublish, iter([]))
        assert (error.code, error.reason, error.metadata) == (
            "INVALID_ARGUMENT",
            "STREAM_PROTOCOL",
            {"message": "open"},
        )

    @pytest.mark.parametrize("stream_id", ["  ", "\t", "\u3000"])
    def test_blank_stream_id(self, target, stream_id):
        stream = target.stream()
        stream.send(open=spb.StreamOpen(stream_id=stream_id))
        assert stream.refusal().fields == ["open.stream_id"]

    def test_good_rows_of_a_bad_batch(self, shared_api):
        api = shared_api.by(tenant=fresh("stream"))
        stream = api.stream(stream_id="partly", user_id="u", session_id="s", return_interaction_ids=True)
        rows = [data("one"), data("two", user_action=99), data(""), data("four", image=b"none"), data("five")]
        stream.append(*rows, partial_success=True)
        (result,) = stream.take("ack").results
        assert [bool(one) for one in result.interaction_ids] == [True, False, False, False, True]
        assert [one.index for one in result.rejected] == [1, 3]
        assert [Refusal(one.status).check().fields for one in result.rejected] == [
            ["append.interactions[1].user_action"], ["append.interactions[3].image"],
        ]  # fmt: skip
        assert len(result.warnings) == 1
        stream.append(*rows[1:2], partial_success=True)
        assert Refusal(stream.take("append_error").status).check().fields == ["append.interactions[0].user_action"]
        assert stream.finish().interaction_count == 2
        assert api.contents() == ["one", "five"]
