"""OperationService and AdminService without authentication: maintenance, server info, keys."""

import re
from collections import Counter

import pytest
from interplay.v1 import api_key_pb2, operation_pb2

from tests.service.kit import METHODS, admin_pb, batch, fresh, micros, now, operation_pb, pb, refused

SUCCEEDED = operation_pb2.OPERATION_STATE_SUCCEEDED


def optimize(api, **fields):
    return api.OptimizeTables(admin_pb.OptimizeTablesRequest(**fields)).operation


def watched(api, operation):
    return [
        one.operation
        for one in api.WatchOperation(operation_pb.WatchOperationRequest(operation_id=operation.operation_id))
    ]


@pytest.mark.parametrize("prune_all", [False, True])
def test_optimize_from_start_to_end(api, prune_all):
    for at in range(5):
        api.PublishInteractions(batch(f"tent {at}", wait=pb.WAIT_LEVEL_VISIBLE))
    before = micros(now())
    started = optimize(api, prune_all_versions=prune_all)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", started.operation_id)
    assert started.kind == "optimize_tables" and not started.HasField("end_time")
    assert before <= micros(started.create_time) <= micros(now())
    seen = watched(api, started)
    last = seen[-1]
    assert last.state == SUCCEEDED and last.progress_percent == 100 and last.done_count == last.total_count
    assert last.result["interactions"] == "5"
    assert micros(last.create_time) <= micros(last.update_time) == micros(last.end_time)
    assert not last.HasField("error") and not last.failures
    progress = [one.progress_percent for one in seen]
    assert progress == sorted(progress)
    got = api.GetOperation(operation_pb.GetOperationRequest(operation_id=started.operation_id)).operation
    assert got == last
    assert watched(api, started) == [last]
    assert len(api.found("tent", user_id="u")) == 5


def test_cancel_of_what_has_ended(api):
    started = optimize(api)
    last = watched(api, started)[-1]
    request = operation_pb.CancelOperationRequest(operation_id=started.operation_id)
    assert api.CancelOperation(request).operation == last


@pytest.mark.parametrize("method", ["GetOperation", "WatchOperation", "CancelOperation"])
def test_unknown(api, shared_api, method):
    other = optimize(shared_api.by(tenant=fresh("other")))
    for operation_id in ("unknown", "01JD0000000000000000000000", other.operation_id):
        request = getattr(operation_pb, f"{method}Request")(operation_id=operation_id)
        error = refused(getattr(api, method), request)
        assert (error.code, error.reason) == ("NOT_FOUND", "OPERATION_NOT_FOUND")
        assert error.details["ResourceInfo"].resource_name == operation_id


class TestList:
    @staticmethod
    def ids(api, **fields):
        seen, token = [], ""
        while True:
            page = api.ListOperations(operation_pb.ListOperationsRequest(page_token=token, **fields))
            seen += [one.operation_id for one in page.operations]
            token = page.next_page_token
            if not token:
                return seen
            assert len(page.operations) == (fields.get("page_size") or 50)

    @pytest.fixture
    def five(self, api):
        made = []
        for _ in range(5):
            started = optimize(api)
            watched(api, started)
            made.insert(0, started.operation_id)
        return made

    def test_newest_first_in_pages(self, api, five):
        assert self.ids(api) == self.ids(api, page_size=2) == self.ids(api, page_size=1000) == five

    def test_filters(self, api, five):
        assert self.ids(api, kind="optimize_tables") == self.ids(api, state=SUCCEEDED, page_size=2) == five
        assert self.ids(api, kind="optimize") == []
        assert self.ids(api, state=operation_pb2.OPERATION_STATE_FAILED) == []
        assert self.ids(api, kind="' OR 1=1 --") == []

    def test_token_of_another_query(self, api, five):
        token = api.ListOperations(operation_pb.ListOperationsRequest(page_size=2)).next_page_token
        request = operation_pb.ListOperationsRequest(page_size=2, page_token=token, kind="optimize_tables")
        assert refused(api.ListOperations, request).reason == "INVALID_PAGE_TOKEN"


def test_server_info(api):
    info = api.GetServerInfo(admin_pb.GetServerInfoRequest())
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", info.version)
    assert list(info.services) == sorted({method.containing_service.full_name for method in METHODS.values()})
    assert list(info.providers) == ["rules"]
    assert info.embedder.name and info.embedder.dimension == 256
    limits = info.limits
    assert (limits.max_message_bytes, limits.max_image_bytes, limits.max_text_characters) == (
        16 * 2**20, 8 * 2**20, 1_000_000,
    )  # fmt: skip
    assert (limits.stream.max_batch_interactions, limits.stream.max_outstanding) == (1000, 256)
    assert (limits.stream.max_message_bytes, limits.stream.max_outstanding_bytes) == (16 * 2**20, 32 * 2**20)
    assert limits.default_deadline.seconds == 30 and limits.max_calls_per_second == 0
    assert info.tenant.startswith("tenant-") and not info.authentication_required
    assert micros(info.start_time) <= micros(info.server_time)
    assert abs(micros(info.server_time) - micros(now())) < 10_000_000


class TestKeys:
    @staticmethod
    def make(api, name="a key", rights=(1,), **fields):
        return api.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name=name, rights=rights, **fields))

    @staticmethod
    def listed(api, **fields):
        return list(api.ListApiKeys(admin_pb.ListApiKeysRequest(**fields)).api_keys)

    def test_made_listed_revoked(self, api):
        expire = now(3600)
        made = self.make(api, "web shop", (2, 1), expire_time=expire)
        key = made.api_key
        assert len(key.api_key_id) == 16 and key.api_key_id in made.secret
        assert (key.display_name, sorted(key.rights), key.expire_time) == ("web shop", [1, 2], expire)
        assert key.tenant.startswith("tenant-")
        assert not key.HasField("revoke_time")
        assert self.listed(api) == [key]
        revoked = api.RevokeApiKey(admin_pb.RevokeApiKeyRequest(api_key_id=key.api_key_id)).api_key
        assert revoked.HasField("revoke_time")
        assert self.listed(api) == [] and self.listed(api, show_revoked=True) == [revoked]
        again = api.RevokeApiKey(admin_pb.RevokeApiKeyRequest(api_key_id=key.api_key_id)).api_key
        assert again == revoked

    def test_the_secret_is_shown_once_and_stored_nowhere(self, api, shared_server):
        made = self.make(api)
        secret = made.secret.split("_", 2)[2]
        assert len(secret) >= 32
        assert secret not in str(self.listed(api, show_revoked=True))
        assert (shared_server.data / "server.sqlite3").exists()
        for path in shared_server.data.glob("server.sqlite3*"):
            assert secret.encode() not in path.read_bytes()
        assert secret not in shared_server.log.read_text()

    def test_newest_first_in_pages(self, api):
        made = [self.make(api, f"key {at}").api_key.api_key_id for at in range(5)][::-1]
        seen, token = [], ""
        while True:
            page = api.ListApiKeys(admin_pb.ListApiKeysRequest(page_size=2, page_token=token))
            seen += [one.api_key_id for one in page.api_keys]
            token = page.next_page_token
            if not token:
                break
            assert len(page.api_keys) == 2
        assert seen == made

    def test_pages_while_the_tenant_comes_to_be(self, api):
        made = Counter(self.make(api, f"key {at}").api_key.api_key_id for at in range(3))
        page = api.ListApiKeys(admin_pb.ListApiKeysRequest(page_size=2))
        api.publish("the first interaction makes the tenant's folder")
        request = admin_pb.ListApiKeysRequest(page_size=2, page_token=page.next_page_token)
        rest = api.ListApiKeys(request)
        assert Counter(one.api_key_id for one in [*page.api_keys, *rest.api_keys]) == made

    def test_token_of_another_query(self, api):
        for at in range(3):
            self.make(api, f"key {at}")
        token = api.ListApiKeys(admin_pb.ListApiKeysRequest(page_size=2)).next_page_token
        request = admin_pb.ListApiKeysRequest(page_size=2, page_token=token, show_revoked=True)
        assert refused(api.ListApiKeys, request).reason == "INVALID_PAGE_TOKEN"

    @pytest.mark.parametrize("when", [0, -1, -86400])
    def test_expiry_must_be_ahead(self, api, when):
        error = refused(self.make, api, expire_time=now(when))
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["expire_time"])
        assert self.listed(api) == []

    def test_blank_name(self, api):
        assert refused(self.make, api, "  ").fields == ["display_name"]

    def test_keys_of_other_tenants_do_not_exist(self, api, shared_api):
        other = self.make(shared_api.by(tenant=fresh("other"))).api_key
        assert self.listed(api, show_revoked=True) == []
        error = refused(api.RevokeApiKey, admin_pb.RevokeApiKeyRequest(api_key_id=other.api_key_id))
        assert (error.code, error.reason) == ("NOT_FOUND", "API_KEY_NOT_FOUND")

    def test_every_right(self, api):
        names = api_key_pb2.AccessRight.keys()[1:]
        made = self.make(api, rights=[api_key_pb2.AccessRight.Value(name) for name in names])
        assert sorted(made.api_key.rights) == [1, 2, 3, 4]
