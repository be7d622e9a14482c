"""Who may do what: keys, rights of every method, and tenants that know nothing of each other."""

import time

import pytest
from interplay_server.services.methods import RIGHTS

from tests.service.kit import (
    METHODS,
    Api,
    Refusal,
    admin_pb,
    batch,
    fresh,
    ipb,
    minimal,
    operation_pb,
    pb,
    refused,
)

SETS = [set(), {"READ"}, {"WRITE"}, {"ADMIN"}, {"READ", "WRITE"}, {"READ", "ADMIN"}, {"WRITE", "ADMIN"}, {"OPERATOR"}]


def attempt(api, name):
    """The reason why a minimal call is refused; empty where it is let in."""
    api = api.by(tenant=dict(api.metadata).get("interplay-tenant"), key=key_of(api), timeout=5)
    method = METHODS[name]
    try:
        if method.client_streaming:
            call = getattr(api, name)(iter([minimal(name)]))
            assert next(call).HasField({"Converse": "started", "ImportUser": "progress"}.get(name, "opened"))
            call.cancel()
        elif method.server_streaming:
            call = getattr(api, name)(minimal(name))
            next(call)
            call.cancel()
        else:
            getattr(api, name)(minimal(name))
    except Exception as error:  # noqa: BLE001 - taken apart below
        return Refusal.of(error).reason
    return ""


def key_of(api):
    value = dict(api.metadata).get("authorization")
    return value and value.removeprefix("Bearer ")


def test_every_method_states_a_right():
    assert set(RIGHTS) == set(METHODS)
    assert {name for name, right in RIGHTS.items() if not right} == {"GetServerInfo"}


@pytest.mark.parametrize("name", METHODS)
class TestEveryMethod:
    def test_without_a_key(self, guarded, name):
        assert attempt(guarded.api(), name) == "CREDENTIAL_MISSING"

    def test_with_no_real_key(self, guarded, name):
        for key in ("", "x", "ipk_", "ipk__", "ipk_x_y", "Bearer Bearer", "a" * 5000, "' OR 1=1 --"):
            assert attempt(guarded.api(key), name) == "CREDENTIAL_INVALID"

    def test_needs_its_right_and_no_other(self, guarded, name):
        right = RIGHTS[name]
        tenant = fresh("rights")
        for rights in SETS[1:]:
            reason = attempt(guarded.api(guarded.key(tenant, *rights)), name)
            if not right or right in rights:
                assert reason in {
                    "",
                    "INTERACTION_NOT_FOUND",
                    "SESSION_NOT_FOUND",
                    "OPERATION_NOT_FOUND",
                    "API_KEY_NOT_FOUND",
                    "PROFILE_NOT_FOUND",
                    "PLAYBOOK_NOT_FOUND",
                    "NOTHING_TO_PROMOTE",
                    "NOTHING_TO_ROLL_BACK",
                    "RERUN_RUNNING",
                    "FEATURES_NOT_FOUND",
                    "EXPERIMENT_NOT_FOUND",
                    "EXPERIMENT_EXISTS",
                    "DIALOGUE_NOT_FOUND",
                    "KEY_NOT_FOUND",
                    "ALERT_NOT_FOUND",
                    "USAGE_NOT_FOUND",
                    "TENANT_NOT_FOUND",
                    "BACKUP_NOT_FOUND",
                    "USER_NOT_FOUND",
                    "ERASURE_NOT_FOUND",
                    "LINK_NOT_FOUND",
                    "EMBEDDER_UNAVAILABLE",
                }
            else:
                assert reason == "RIGHT_MISSING"

    def test_of_another_tenant_by_name(self, guarded, name):
        api = guarded.api(guarded.key("mine"), tenant="yours")
        assert attempt(api, name) == "TENANT_MISMATCH"

    def test_of_a_tenant_that_no_name_is(self, shared_api, name):
        for tenant in ("Acme", "-a", "_a", "a" * 64, "a/b", "..", "a b", "a.b", ""):
            assert attempt(shared_api.by(tenant=tenant), name) == "INVALID_TENANT"


def test_a_refusal_says_what_is_missing(guarded):
    error = refused(guarded.api(guarded.key("x", "READ")).PublishInteractions, batch("x"))
    assert (error.code, error.metadata) == ("PERMISSION_DENIED", {"right": "WRITE"})
    error = refused(guarded.api().GetServerInfo, admin_pb.GetServerInfoRequest())
    assert (error.code, error.metadata) == ("UNAUTHENTICATED", {})


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_has_no_case(guarded, scheme):
    api = guarded.api()
    api.metadata.append(("authorization", f"{scheme} {guarded.key('scheme')}"))
    assert api.GetServerInfo(admin_pb.GetServerInfoRequest()).tenant == "scheme"


@pytest.mark.parametrize(
    "value", ["{key}", "Basic {key}", "Bearer{key}", "Token {key}", "Bearer {key}x", "Bearer {key} x"]
)
def test_other_schemes_are_no_credential(guarded, value):
    api = guarded.api()
    api.metadata.append(("authorization", value.format(key=guarded.key("scheme"))))
    assert refused(api.GetServerInfo, admin_pb.GetServerInfoRequest()).reason == "CREDENTIAL_INVALID"


def test_an_expired_key(guarded):
    soon = time.time_ns() // 1000 + 700_000
    api = guarded.api(guarded.key("expiring", expire_time=soon))
    api.GetServerInfo(admin_pb.GetServerInfoRequest())
    time.sleep(0.8)
    assert refused(api.GetServerInfo, admin_pb.GetServerInfoRequest()).reason == "CREDENTIAL_INVALID"


def test_a_revoked_key_stops_working_at_once(guarded):
    admin = guarded.api(guarded.key("revoking"))
    made = admin.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="short-lived", rights=[1, 2]))
    api = guarded.api(made.secret)
    api.publish("while it works")
    assert api.GetServerInfo(admin_pb.GetServerInfoRequest()).tenant == "revoking"
    admin.RevokeApiKey(admin_pb.RevokeApiKeyRequest(api_key_id=made.api_key.api_key_id))
    for call, request in ((api.PublishInteractions, batch("x")), (api.ListInteractions, pb.ListInteractionsRequest())):
        assert refused(call, request).reason == "CREDENTIAL_INVALID"
    assert admin.contents() == ["while it works"]


def test_a_made_key_has_its_rights_and_tenant_only(guarded):
    admin = guarded.api(guarded.key("maker"))
    made = admin.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="reader", rights=["ACCESS_RIGHT_READ"]))
    reader = guarded.api(made.secret)
    assert reader.GetServerInfo(admin_pb.GetServerInfoRequest()).tenant == "maker"
    assert refused(reader.PublishInteractions, batch("x")).reason == "RIGHT_MISSING"


def test_a_wrong_key_is_refused_where_none_is_needed(shared_api):
    error = refused(shared_api.by(key="ipk_wrong_key").GetServerInfo, admin_pb.GetServerInfoRequest())
    assert error.reason == "CREDENTIAL_INVALID"


def test_a_right_key_works_where_none_is_needed(shared_api, shared_server):
    admin = shared_api.by(tenant=fresh("own"))
    tenant = admin.GetServerInfo(admin_pb.GetServerInfoRequest()).tenant
    made = admin.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="reader", rights=["ACCESS_RIGHT_READ"]))
    reader = shared_api.by(key=made.secret)
    assert reader.GetServerInfo(admin_pb.GetServerInfoRequest()).tenant == tenant
    assert refused(reader.PublishInteractions, batch("x")).reason == "RIGHT_MISSING"


class TestIsolation:
    def test_nothing_of_another_tenant_in_any_read(self, guarded):
        mine, yours = (guarded.api(guarded.key(fresh(name))) for name in ("a", "b"))
        (secret,) = mine.publish("a purple elephant", user="ada", session="zoo", source="web", request_id="r")
        mine.AnnotateInteraction(
            pb.AnnotateInteractionRequest(interaction_id=secret, annotation=ipb.Annotation(comment="x"))
        )
        stream = mine.stream(stream_id="till", user_id="ada", session_id="zoo")
        stream.append("streamed")
        stream.finish()
        operation = mine.OptimizeTables(admin_pb.OptimizeTablesRequest()).operation.operation_id
        for made in (False, True):
            if made:
                yours.publish("my own", user="bob", session="zoo")
            own = ["my own"] if made else []
            assert yours.contents() == own and yours.contents(user_id="ada") == []
            for mode in (1, 2, 3):
                assert yours.found("purple elephant streamed", mode=mode, user_id="ada") == []
                assert set(yours.found("purple elephant streamed", mode=mode)) <= set(own)
            for name, request in {
                "GetInteraction": pb.GetInteractionRequest(interaction_id=secret),
                "FindSimilarInteractions": pb.FindSimilarInteractionsRequest(interaction_id=secret),
                "AnnotateInteraction": pb.AnnotateInteractionRequest(
                    interaction_id=secret, annotation=ipb.Annotation(comment="x")
                ),
                "GetSession": pb.GetSessionRequest(session_id="zoo", user_id="ada"),
                "GetOperation": operation_pb.GetOperationRequest(operation_id=operation),
                "WatchOperation": operation_pb.WatchOperationRequest(operation_id=operation),
                "CancelOperation": operation_pb.CancelOperationRequest(operation_id=operation),
            }.items():
                error = refused(getattr(yours, name), request)
                assert error.code == "NOT_FOUND", name
            sessions = yours.ListSessions(pb.ListSessionsRequest()).sessions
            assert [one.user_id for one in sessions] == (["bob"] if made else [])
            assert not yours.ListOperations(operation_pb.ListOperationsRequest()).operations
            assert yours.GetPublishStream(pb.GetPublishStreamRequest(stream_id="till")).next_offset == 0
            deleted = yours.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[secret]))
            assert deleted.deleted_count == 0
            assert yours.DeleteInteractions(pb.DeleteInteractionsRequest(user_id="ada")).deleted_count == 0
            assert len(yours.ListApiKeys(admin_pb.ListApiKeysRequest()).api_keys) == 1
            watch = yours.WatchInteractions(pb.WatchInteractionsRequest(from_beginning=True, heartbeat_seconds=1))
            kinds = [next(watch).WhichOneof("event") for _ in range(2 + made)]
            assert kinds == (["heartbeat", "published", "heartbeat"] if made else ["heartbeat", "heartbeat"])
            watch.cancel()
        assert len(mine.listed()) == 2 and len(mine.listed()[0].annotations) == 1

    def test_tokens_of_another_tenant(self, guarded):
        mine, yours = (guarded.api(guarded.key(fresh(name))) for name in ("a", "b"))
        for api in (mine, yours):
            api.publish("1", "2")
        token = mine.ListInteractions(pb.ListInteractionsRequest(page_size=1)).next_page_token
        request = pb.ListInteractionsRequest(page_size=1, page_token=token)
        assert refused(yours.ListInteractions, request).reason == "INVALID_PAGE_TOKEN"
        watch = mine.WatchInteractions(pb.WatchInteractionsRequest())
        token = next(watch).resume_token
        watch.cancel()
        request = pb.WatchInteractionsRequest(resume_token=token)
        assert refused(yours.WatchInteractions, request).reason == "INVALID_RESUME_TOKEN"
        for _ in range(3):
            mine.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="x", rights=[1]))
        token = mine.ListApiKeys(admin_pb.ListApiKeysRequest(page_size=1)).next_page_token
        request = admin_pb.ListApiKeysRequest(page_size=1, page_token=token)
        assert refused(yours.ListApiKeys, request).reason == "INVALID_PAGE_TOKEN"


def test_the_same_stream_id_in_two_tenants(guarded):
    mine, yours = (guarded.api(guarded.key(fresh(name))) for name in ("a", "b"))
    streams = [api.stream(stream_id="till", user_id="u", session_id="s") for api in (mine, yours)]
    for stream in streams:
        stream.append("x")
        assert stream.take("ack").committed_offset == 1
    for stream in streams:
        assert stream.finish().interaction_count == 1


READS = sorted(name for name, right in RIGHTS.items() if right == "READ")


@pytest.mark.parametrize("name", READS)
def test_a_read_never_creates_a_tenant(shared_api, shared_server, name):
    tenant = fresh("never")
    attempt(shared_api.by(tenant=tenant), name)
    assert not (shared_server.data / tenant).exists()


@pytest.mark.parametrize(
    "name", ["PublishInteractions", "AnnotateInteraction", "DeleteInteractions", "GetPublishStream"]
)
def test_a_refused_or_empty_write_creates_none_either(shared_api, shared_server, name):
    tenant = fresh("never")
    api = shared_api.by(tenant=tenant)
    request = minimal(name)
    if name == "PublishInteractions":
        request.interactions[0].user_action = 2
    attempt_raw(api, name, request)
    assert not (shared_server.data / tenant).exists()


def attempt_raw(api, name, request):
    try:
        getattr(api, name)(request)
    except Exception as error:  # noqa: BLE001 - taken apart
        assert Refusal.of(error).code in {"INVALID_ARGUMENT", "NOT_FOUND"}


def test_longest_and_oddest_names_of_tenants(shared_server):
    api = Api(shared_server.target)
    for tenant in ("0", "a" * 63, "a-b_c-9", "9_"):
        other = api.by(tenant=tenant)
        other.publish("x")
        assert other.contents() == ["x"]
        assert other.GetServerInfo(admin_pb.GetServerInfoRequest()).tenant == tenant
    api.close()
