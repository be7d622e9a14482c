"""Every error of the tree, provoked over the wire, with exactly the details that the proto promises.

`PROVOKE` has a row for each reason; a leaf without one fails.
"""

import json
import re
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import grpc
import pytest
from interplay.v1 import feature_pb2, operation_pb2
from interplay.v1 import feature_service_pb2 as shop_pb
from interplay_server import errors

from tests.conftest import ROOT, eventually
from tests.service.bucket_kit import PROVOKED as OF_BUCKETS
from tests.service.custody_kit import PROVOKED as OF_CUSTODY
from tests.service.dialogue_faults import PROVOKED as OF_DIALOGUES
from tests.service.evaluation_kit import experiment_exists, outcome_conflict
from tests.service.kit import (
    Api,
    Profile,
    Refusal,
    admin_pb,
    batch,
    data,
    fresh,
    ipb,
    learning_pb,
    minimal,
    now,
    operation_pb,
    pb,
    playbook_pb,
    profile_pb,
    refused,
    spb,
)
from tests.service.monitor_kit import PROVOKED
from tests.support.fake_models import FakeModels, Reply

PROTO = ROOT / "proto" / "interplay" / "v1" / "error_reason.proto"
EXAMPLES = {
    example["reason"]: example["metadata"]
    for example in map(json.loads, re.findall(r'^\s*//\s+(\{"reason".*\})$', PROTO.read_text(), re.MULTILINE))
}
DETAILS = {
    "NOT_FOUND": "ResourceInfo", "ALREADY_EXISTS": "ResourceInfo", "FAILED_PRECONDITION": "PreconditionFailure",
    "RESOURCE_EXHAUSTED": "QuotaFailure", "INTERNAL": "RequestInfo",
}  # fmt: skip


def leaves(base=errors.InterplayError):
    below = base.__subclasses__()
    return [base] if not below else [leaf for one in below for leaf in leaves(one)]


LEAVES = {leaf.reason: leaf for leaf in leaves()}


@pytest.fixture
def ask(request):
    """Fixtures by name: most reasons need one server only."""
    return request.getfixturevalue


def of_api(call):
    return lambda ask: call(ask("api"))


def invalid_page_token(api):
    return refused(api.ListInteractions, pb.ListInteractionsRequest(page_token="AAAA"))


def request_id_reused(api):
    key = fresh()
    api.PublishInteractions(batch("one", request_id=key))
    return refused(api.PublishInteractions, batch("two", request_id=key))


def append_error(api, *appends):
    """The refusal of the last append of a stream."""
    stream = api.stream(stream_id="till-4", user_id="u", session_id="s")
    for content, offset in appends[:-1]:
        stream.append(content, offset=offset)
        stream.take("ack")
    stream.append(appends[-1][0], offset=appends[-1][1])
    error = Refusal(stream.take("append_error").status).check()
    stream.finish()
    return error


def superseded(api):
    older = api.stream(stream_id="till-4", user_id="u", session_id="s")
    newer = api.stream(stream_id="till-4", user_id="u", session_id="s")
    error = older.refusal()
    newer.finish()
    return error


def protocol(api):
    stream = api.stream()
    stream.send(append=spb.StreamAppend(interactions=[data("x")]))
    return stream.refusal()


def write_fault(tenant):
    def provoke(ask):
        server = ask("faulty")
        api = server.api.by(tenant=tenant)
        broken = server.data / tenant / "broken"
        broken.unlink(missing_ok=True)
        api.publish("before")
        count = len(api.listed())
        broken.touch()
        try:
            error = refused(api.PublishInteractions, batch("lost"))
            assert len(api.listed()) == count  # reads go on
            stream = api.stream(stream_id=fresh(), user_id="u", session_id="s")
            stream.append("lost")
            refusal = stream.take("append_error")
            assert Refusal(refusal.status).check().reason == error.reason
            assert refusal.next_offset == 0
            broken.unlink()
            stream.append("kept")
            assert stream.take("ack").committed_offset == 1
            stream.finish()
        finally:
            broken.unlink(missing_ok=True)
        return error

    return provoke


def storage_incompatible(ask):
    server = ask("faulty")
    folder = server.data / "foreign"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "ledger.sqlite3").write_bytes(b"this is no database" * 100)
    api = server.api.by(tenant="foreign")
    error = refused(api.ListInteractions, pb.ListInteractionsRequest())
    assert refused(api.PublishInteractions, batch("x")).reason == error.reason
    return error


def resume_token_stale(ask):
    """A restore draws a new epoch; here it is written while the tenant is closed for idleness."""
    server = ask("faulty")
    api = server.api.by(tenant=(tenant := fresh("restored")))
    api.learnt("one")
    watch = api.WatchInteractions(pb.WatchInteractionsRequest())
    token = next(watch).resume_token
    watch.cancel()

    def closed():
        try:
            with sqlite3.connect(server.data / tenant / "ledger.sqlite3") as ledger:
                mode = ledger.execute("PRAGMA locking_mode").fetchone()
        finally:
            ledger.close()
        return mode and not list((server.data / tenant).glob("*-wal"))

    eventually(closed)
    ledger = sqlite3.connect(server.data / tenant / "ledger.sqlite3")
    assert ledger.execute("UPDATE meta SET value = 'another' WHERE key = 'epoch'").rowcount == 1
    ledger.commit()
    ledger.close()
    return refused(api.WatchInteractions, pb.WatchInteractionsRequest(resume_token=token))


def vector_unavailable(ask):
    api = ask("faulty").api.by(tenant="vectors")
    api.publish("something to find, embedder-down")
    request = pb.SearchInteractionsRequest(query="embedder-down", mode=pb.SEARCH_MODE_VECTOR)
    return refused(api.SearchInteractions, request)


def too_many_streams(ask):
    api = ask("faulty").api.by(tenant="streams")
    stream = api.stream(stream_id="one", user_id="u", session_id="s")
    second = api.stream()
    second.send(open=spb.StreamOpen(stream_id="two"))
    error = second.refusal()
    stream.finish()
    return error


def slow_consumer(ask):
    api = ask("faulty").api.by(tenant=fresh("slow-reader"))
    api.publish("first")
    watch = api.WatchInteractions(pb.WatchInteractionsRequest(from_beginning=True))
    next(watch)
    for _ in range(40):
        api.publish("x" * 900_000)
    with pytest.raises(grpc.RpcError) as caught:
        list(watch)
    return Refusal.of(caught.value)


def rate_limited(ask):
    guarded = ask("guarded")
    api = guarded.api(guarded.key(fresh("loud")))
    with pytest.raises(grpc.RpcError) as caught:
        for _ in range(2000):
            api.GetServerInfo(admin_pb.GetServerInfoRequest())
    other = guarded.api(guarded.key(fresh("quiet")))
    other.GetServerInfo(admin_pb.GetServerInfoRequest())
    return Refusal.of(caught.value)


def draining(ask):
    """The stream that is open keeps the server alive while it drains."""
    server = ask("start_server")("--drain-seconds", "20")
    api = Api(server.target)
    stream = api.stream(stream_id="open", user_id="u", session_id="s")
    server.process.send_signal(signal.SIGTERM)
    assert stream.take("go_away").time_left.seconds in {19, 20}
    second = api.stream()
    second.send(open=spb.StreamOpen(stream_id="late"))
    error = second.refusal()
    watch = refused(api.WatchInteractions, pb.WatchInteractionsRequest())
    assert watch.reason == error.reason
    stream.append("still taken")
    assert stream.take("ack").committed_offset == 1
    stream.finish()
    assert server.process.wait(20) == 0
    api.close()
    return error


def patient(faulty):
    """A caller that states no deadline: the server's own holds."""
    api = faulty.api.by(tenant="slow")
    api.timeout = None
    return api


def as_key(rights, call):
    def provoke(ask):
        guarded = ask("guarded")
        return call(guarded.api(guarded.key(fresh("keyed"), *rights)))

    return provoke


def tenant_mismatch(ask):
    guarded = ask("guarded")
    api = guarded.api(guarded.key("mine"), tenant="yours")
    return refused(api.ListInteractions, pb.ListInteractionsRequest())


def internal(ask):
    api = ask("faulty").api.by(tenant="default")
    api.metadata.append(("interplay-request-id", "support-case-17"))
    api.publish("something")
    request = pb.ListInteractionsRequest(user_id="internal")
    error = refused(api.ListInteractions, request)
    assert error.details["RequestInfo"].request_id == "support-case-17"
    assert "secret" not in str(error.status)
    api.metadata.pop()
    generated = refused(api.ListInteractions, request).details["RequestInfo"].request_id
    assert re.fullmatch(r"[0-9A-Z]{26}", generated)
    api.metadata.append(("interplay-request-id", "not decent at all"))
    assert re.fullmatch(r"[0-9A-Z]{26}", refused(api.ListInteractions, request).details["RequestInfo"].request_id)
    log = Path(ask("faulty").log.name).read_text()
    assert "support-case-17" in log and generated in log and "lancedb.secret list" in log
    return error


def etag_of_before(api):
    made = api.profile("Likes tea")
    request = profile_pb.UpdateProfileRequest(profile=Profile(profile_id=made.profile_id, content="x", etag="older"))
    return refused(api.UpdateProfile, request)


def unknown_provider(api):
    config = learning_pb.LearningConfig(provider="anthropic")
    for only_validated in (True, False):
        request = learning_pb.UpdateLearningConfigRequest(config=config, validate_only=only_validated)
        error = refused(api.UpdateLearningConfig, request)
    return error


def rerun_running(ask):
    """The faulty server's reruns of this tenant take a minute."""
    api = ask("faulty").api.by(tenant="slow-rerun")
    api.publish("one")
    rerun = learning_pb.RerunLearningRequest(kind=learning_pb.GENERATION_KIND_PROFILES)
    running = api.RerunLearning(rerun).operation
    error = refused(api.RerunLearning, rerun)
    assert error.metadata == {"kind": "profiles", "operationId": running.operation_id}
    promotion = learning_pb.PromoteGenerationRequest(kind=learning_pb.GENERATION_KIND_PROFILES)
    assert refused(api.PromoteGeneration, promotion).reason == error.reason
    api.CancelOperation(operation_pb.CancelOperationRequest(operation_id=running.operation_id))
    return error


def provider_unavailable(ask):
    with FakeModels([Reply(status=401)]).in_thread() as models:
        server = ask("start_server")(
            "--model-provider", "anthropic", "--model-model", "m", "--model-api-key-env", "MODEL_KEY",
            "--model-base-url", models.base_url("anthropic"), environment={"MODEL_KEY": "no-real-key"},
        )  # fmt: skip
        api = Api(server.target)
        api.publish("I live in Lisbon.", user="ada")
        calls = {
            "GenerateProfiles": learning_pb.GenerateProfilesRequest(user_id="ada"),
            "GeneratePlaybooks": learning_pb.GeneratePlaybooksRequest(user_id="ada"),
        }
        for name, request in calls.items():
            error = refused(getattr(api, name), request)
            assert error.metadata == {"provider": "anthropic", "failure": "UNAUTHORISED"}
        assert models.seen and not api.profiles()
        api.close()
    return error


def cancelled_computation(ask):
    """A run that is cancelled while it waits: one before it keeps the tenant's rows."""
    api = Api(ask("start_server")("--features-part-events", "1000").target, timeout=60)
    made = feature_pb2.FeatureEvent(event_type="view", created_at=now())
    for number in range(20):
        events = [
            feature_pb2.FeatureEvent(
                event_type=made.event_type, created_at=made.created_at, customer_id=f"c{at}", product_id=f"p{number}"
            )
            for at in range(500)
        ]
        api.RecordEvents(shop_pb.RecordEventsRequest(events=events))
    run = shop_pb.ComputeInteractionFeaturesRequest(full=True)
    first, second = api.ComputeInteractionFeatures(run), api.ComputeInteractionFeatures(run)
    next(first)
    operation_id = next(second).operation.operation_id
    api.CancelOperation(operation_pb.CancelOperationRequest(operation_id=operation_id))
    return refused(lambda: list(second))


PROVOKE = {
    "INVALID_REQUEST": of_api(lambda api: refused(api.GetInteraction, pb.GetInteractionRequest())),
    "INVALID_MESSAGE": of_api(lambda api: refused(api.raw, "GetInteraction", b"\x0a\x02\xc3\x28")),
    "INVALID_PAGE_TOKEN": of_api(invalid_page_token),
    "INVALID_RESUME_TOKEN": of_api(
        lambda api: refused(api.WatchInteractions, pb.WatchInteractionsRequest(resume_token="AAAA"))
    ),
    "STREAM_PROTOCOL": of_api(protocol),
    "INVALID_TENANT": of_api(
        lambda api: refused(api.by(tenant="Acme!").ListInteractions, pb.ListInteractionsRequest())
    ),
    "INTERACTION_NOT_FOUND": of_api(
        lambda api: refused(api.GetInteraction, pb.GetInteractionRequest(interaction_id="x"))
    ),
    "SESSION_NOT_FOUND": of_api(lambda api: refused(api.GetSession, pb.GetSessionRequest(session_id="x"))),
    "OPERATION_NOT_FOUND": of_api(
        lambda api: refused(api.GetOperation, operation_pb.GetOperationRequest(operation_id="x"))
    ),
    "API_KEY_NOT_FOUND": of_api(lambda api: refused(api.RevokeApiKey, admin_pb.RevokeApiKeyRequest(api_key_id="x"))),
    "PROFILE_NOT_FOUND": of_api(lambda api: refused(api.GetProfile, profile_pb.GetProfileRequest(profile_id="x"))),
    "PLAYBOOK_NOT_FOUND": of_api(
        lambda api: refused(api.GetUserPlaybook, playbook_pb.GetUserPlaybookRequest(playbook_id="x"))
    ),
    "FEATURES_NOT_FOUND": of_api(
        lambda api: refused(
            api.GetInteractionFeatures, shop_pb.GetInteractionFeaturesRequest(customer_id="c-7", product_id="p-12")
        )
    ),
    **(PROVOKED | OF_DIALOGUES | OF_CUSTODY | OF_BUCKETS),
    "OPERATION_ENDED": cancelled_computation,
    "OUTCOME_CONFLICT": of_api(outcome_conflict),
    "EXPERIMENT_EXISTS": of_api(experiment_exists),
    "EXPERIMENT_NOT_FOUND": of_api(lambda api: refused(api.StopExperiment, minimal("StopExperiment"))),
    "REQUEST_NOT_FOUND": of_api(
        lambda api: refused(api.GetLearningStatus, learning_pb.GetLearningStatusRequest(request_id="x"))
    ),
    "PROVIDER_NOT_CONFIGURED": of_api(unknown_provider),
    "NOTHING_TO_PROMOTE": of_api(lambda api: refused(api.PromoteGeneration, learning_pb.PromoteGenerationRequest())),
    "NOTHING_TO_ROLL_BACK": of_api(
        lambda api: refused(api.RollbackGeneration, learning_pb.RollbackGenerationRequest())
    ),
    "RERUN_RUNNING": rerun_running,
    "CONCURRENT_CHANGE": of_api(etag_of_before),
    "PROVIDER_UNAVAILABLE": provider_unavailable,
    "REQUEST_ID_REUSED": of_api(request_id_reused),
    "APPEND_CONFLICT": of_api(lambda api: append_error(api, ("one", 0), ("two", 0))),
    "STORAGE_READ_ONLY": write_fault("readonly"),
    "STORAGE_INCOMPATIBLE": storage_incompatible,
    "RESUME_TOKEN_STALE": resume_token_stale,
    "VECTOR_SEARCH_UNAVAILABLE": vector_unavailable,
    "OFFSET_OUT_OF_RANGE": of_api(lambda api: append_error(api, ("one", 5))),
    "STREAM_SUPERSEDED": of_api(superseded),
    "STORAGE_FULL": write_fault("full"),
    "MESSAGE_TOO_LARGE": of_api(lambda api: refused(api.raw, "GetInteraction", bytes(17 * 2**20))),
    "RATE_LIMITED": rate_limited,
    "TOO_MANY_STREAMS": too_many_streams,
    "SLOW_CONSUMER": slow_consumer,
    "CREDENTIAL_MISSING": lambda ask: refused(ask("guarded").api().ListInteractions, pb.ListInteractionsRequest()),
    "CREDENTIAL_INVALID": lambda ask: refused(
        ask("guarded").api("ipk_wrong_key").ListInteractions, pb.ListInteractionsRequest()
    ),
    "RIGHT_MISSING": as_key(("READ",), lambda api: refused(api.PublishInteractions, batch("x"))),
    "TENANT_MISMATCH": tenant_mismatch,
    "SERVER_DRAINING": draining,
    "DEADLINE_EXCEEDED": lambda ask: refused(patient(ask("faulty")).PublishInteractions, batch("x")),
    "METHOD_UNIMPLEMENTED": of_api(
        lambda api: refused(api.channel.unary_unary("/interplay.v1.InteractionService/Nothing"), b"", timeout=5)
    ),
    "INTERNAL": internal,
}


@pytest.mark.parametrize("reason", sorted(LEAVES))
def test_provoked(ask, reason):
    leaf, error = LEAVES[reason], PROVOKE[reason](ask)
    assert (error.code, error.reason) == (leaf.code, leaf.reason)
    assert set(error.metadata) == set(EXAMPLES[reason]), "the proto shows other metadata"
    fitting = DETAILS.get(error.code)
    if fitting:
        assert fitting in error.details
    if error.code == "INVALID_ARGUMENT" and reason != "INVALID_MESSAGE":
        assert error.fields
    assert ("RetryInfo" in error.details) == (leaf.retry_after is not None)
    if leaf.retry_after is not None:
        delay = error.details["RetryInfo"].retry_delay
        assert delay.seconds + delay.nanos / 1e9 == pytest.approx(leaf.retry_after)


def test_no_row_is_left_over():
    assert set(PROVOKE) == set(LEAVES)


@pytest.mark.parametrize("mode", [pb.SEARCH_MODE_HYBRID, pb.SEARCH_MODE_TEXT])
def test_words_alone_answer_without_an_embedder(faulty, mode):
    api = faulty.api.by(tenant=fresh("words"))
    api.publish("something to find, embedder-down")
    answer = api.SearchInteractions(pb.SearchInteractionsRequest(query="embedder-down", mode=mode))
    assert answer.degraded == bool(answer.degraded_reason) == (mode == pb.SEARCH_MODE_HYBRID)
    assert len(answer.hits) == 1


def test_a_full_quota_is_a_full_disk(faulty):
    assert write_fault("quota")(lambda _: faulty).reason == "STORAGE_FULL"


def test_a_late_write_may_have_been_made(faulty):
    api = patient(faulty)
    assert refused(api.PublishInteractions, batch("late", user="late")).code == "DEADLINE_EXCEEDED"
    eventually(lambda: api.contents(user_id="late") == ["late"])


def test_the_callers_own_deadline(faulty):
    api = faulty.api.by(tenant="slow", timeout=0.3)
    started = time.monotonic()
    with pytest.raises(grpc.RpcError) as caught:
        api.PublishInteractions(batch("short", user="short"))
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 1
    eventually(lambda: faulty.api.by(tenant="slow").contents(user_id="short") == ["short"])


def test_streams_have_no_default_deadline(faulty):
    api = faulty.api.by(tenant=fresh("patient"))
    api.timeout = None
    watch = api.WatchInteractions(pb.WatchInteractionsRequest(heartbeat_seconds=1))
    assert [next(watch).WhichOneof("event") for _ in range(3)] == ["heartbeat"] * 3
    watch.cancel()


def test_cancel_of_what_runs(faulty):
    api = faulty.api.by(tenant="slow-optimize")
    api.publish("one")
    started = api.OptimizeTables(admin_pb.OptimizeTablesRequest()).operation
    named = {"operation_id": started.operation_id}
    watch = api.WatchOperation(operation_pb.WatchOperationRequest(**named))
    assert next(watch).operation.state in {operation_pb2.OPERATION_STATE_PENDING, operation_pb2.OPERATION_STATE_RUNNING}
    running = operation_pb.ListOperationsRequest(state=operation_pb2.OPERATION_STATE_RUNNING)
    assert [one.operation_id for one in api.ListOperations(running).operations] == [started.operation_id]
    cancelled = api.CancelOperation(operation_pb.CancelOperationRequest(**named)).operation
    assert cancelled.state == operation_pb2.OPERATION_STATE_CANCELLED and cancelled.HasField("end_time")
    assert list(watch)[-1].operation == cancelled
    assert not api.ListOperations(running).operations
    assert api.contents() == ["one"]


def test_annotating_under_a_fault_stores_nothing(faulty):
    api = faulty.api.by(tenant="full")
    (made,) = api.publish("annotated", user="notes")
    (faulty.data / "full" / "broken").touch()
    try:
        request = pb.AnnotateInteractionRequest(interaction_id=made, annotation=ipb.Annotation(comment="x"))
        assert refused(api.AnnotateInteraction, request).reason == "STORAGE_FULL"
        assert refused(api.DeleteInteractions, pb.DeleteInteractionsRequest(user_id="notes")).reason == "STORAGE_FULL"
        (row,) = api.listed(user_id="notes")
        assert not row.annotations
    finally:
        (faulty.data / "full" / "broken").unlink()
