"""Tenants: listed, made, limited and deleted by an operator, without any of the others noticing."""

from contextlib import closing

import pytest

from tests.conftest import eventually
from tests.service.kit import Api, admin_pb, batch, feature_pb, fresh, now, pb, refused, shop_pb, spb
from tests.stream import wire

QUOTA = {"rows": 0, "bytes": 0, "streams": 0, "publishes_per_minute": 0}


@pytest.fixture
def operator(shared_server):
    with closing(Api(shared_server.target)) as api:
        yield api


def made(operator, **quota):
    name = fresh("acme")
    operator.CreateTenant(admin_pb.CreateTenantRequest(name=name, display_name="Acme", quota=quota))
    return name, operator.by(tenant=name)


def test_a_tenant_is_made_listed_described_and_deleted(operator, shared_server):
    name, api = made(operator)
    assert refused(operator.CreateTenant, admin_pb.CreateTenantRequest(name=name)).reason == "TENANT_EXISTS"
    api.publish("a", "b")
    found = operator.GetTenant(admin_pb.GetTenantRequest(name=name)).tenant
    assert (found.name, found.display_name, found.open) == (name, "Acme", True)
    assert found.usage.rows >= 2
    assert found.usage.bytes > 10_000
    names, token = [], ""
    while True:
        page = operator.ListTenants(admin_pb.ListTenantsRequest(page_size=1, page_token=token))
        names += [one.name for one in page.tenants]
        if not (token := page.next_page_token):
            break
    assert names == sorted(names)
    assert name in names
    key = api.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="k", rights=["ACCESS_RIGHT_READ"])).secret
    gone = operator.DeleteTenant(admin_pb.DeleteTenantRequest(name=name))
    assert (gone.usage.rows >= 2, gone.revoked_keys) == (True, 1)
    assert not (shared_server.data / name).exists()
    assert refused(operator.by(key=key).ListInteractions, pb.ListInteractionsRequest()).code == "UNAUTHENTICATED"
    for call, request in (
        (operator.GetTenant, admin_pb.GetTenantRequest(name=name)),
        (operator.DeleteTenant, admin_pb.DeleteTenantRequest(name=name)),
        (operator.UpdateTenant, admin_pb.UpdateTenantRequest(name=name)),
    ):
        assert refused(call, request).reason == "TENANT_NOT_FOUND"
    # The name is free again, and empty.
    assert api.contents() == []


def test_rows_beyond_the_quota_are_refused_whole_while_reads_and_deletions_go_on(operator):
    name, api = made(operator, rows=5)
    api.publish(*"abcde")

    def refusal():
        try:
            api.publish("f")
        except Exception as error:  # noqa: BLE001 - looked at below
            return error
        return None

    eventually(refusal)
    told = refused(api.PublishInteractions, batch("g"))
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
    assert told.metadata["quota"] == "rows"
    assert (told.metadata["tenant"], told.metadata["limit"]) == (name, "5")
    assert int(told.metadata["used"]) >= 5
    assert "g" not in api.contents()
    assert api.found("a")
    lower = admin_pb.UpdateTenantRequest(name=name, quota={"rows": 2})
    assert refused(operator.UpdateTenant, lower).reason == "QUOTA_BELOW_USAGE"
    lower.force = True
    assert operator.UpdateTenant(lower).tenant.quota.rows == 2
    operator.UpdateTenant(admin_pb.UpdateTenantRequest(name=name, quota=QUOTA))
    api.publish("after the quota was lifted")


def test_bytes_and_publishes_a_minute_are_limited_too(operator):
    _, api = made(operator, bytes=1)
    assert refused(api.PublishInteractions, batch("a")).metadata["quota"] == "bytes"
    assert api.contents() == []
    _, api = made(operator, publishes_per_minute=3)
    for text in "abc":
        api.publish(text)
    told = refused(api.PublishInteractions, batch("d"))
    assert told.metadata["quota"] == "publishes_per_minute"
    assert 0 < told.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds() <= 20
    assert api.contents() == ["a", "b", "c"]


def test_an_append_beyond_the_quota_is_refused_in_its_stream(operator):
    _, api = made(operator, publishes_per_minute=2)
    stream = api.stream(stream_id=fresh("till"), user_id="u", session_id="s")
    stream.append("a")
    assert stream.take("ack").committed_offset == 1
    stream.append("b")
    assert stream.take("ack").committed_offset == 2
    stream.append("c")
    refusal = stream.take("append_error")
    assert wire.reason_of(refusal.status)[:2] == ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
    assert refusal.offset == 2
    assert stream.finish().committed_offset == 2
    assert api.contents() == ["a", "b"]


def test_streams_beyond_the_quota_are_refused_and_a_newer_connection_of_the_same_is_not(operator):
    _, api = made(operator, streams=1)
    first = api.stream(stream_id="one", user_id="u", session_id="s")
    other = api.stream()
    other.send(open=spb.StreamOpen(stream_id="two", user_id="u", session_id="s"))
    refusal = other.refusal()
    assert (refusal.reason, refusal.metadata["quota"]) == ("QUOTA_EXCEEDED", "streams")
    again = api.stream(stream_id="one", user_id="u", session_id="s")
    assert first.refusal().reason == "STREAM_SUPERSEDED"
    again.finish()
    api.stream(stream_id="two", user_id="u", session_id="s").finish()


def test_a_tenant_at_its_limits_does_not_hold_up_the_others(operator):
    _, noisy = made(operator, publishes_per_minute=1)
    _, quiet = made(operator)
    noisy.publish("a")
    for number in range(50):
        assert refused(noisy.PublishInteractions, batch("x")).reason == "QUOTA_EXCEEDED"
        quiet.publish(f"turn {number}")
    assert len(quiet.contents()) == 50


def test_the_operator_s_right_is_not_the_administrator_s(start_server):
    server = start_server("--auth-required", "--auth-first-key", wait=False)
    line = server.process.stdout.readline()
    secret = line.rsplit(" ", 1)[1].strip()
    server.wait_ready()
    with closing(Api(server.target, key=secret)) as first:
        rights = ["ACCESS_RIGHT_READ", "ACCESS_RIGHT_WRITE", "ACCESS_RIGHT_ADMIN"]
        admin = first.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="admin", rights=rights)).secret
        assert [one.name for one in first.ListTenants(admin_pb.ListTenantsRequest()).tenants] == []
        first.publish("a")
        assert [one.name for one in first.ListTenants(admin_pb.ListTenantsRequest()).tenants] == ["default"]
        of_admin = first.by(key=admin)
        for call, request in (
            (of_admin.ListTenants, admin_pb.ListTenantsRequest()),
            (of_admin.CreateTenant, admin_pb.CreateTenantRequest(name="x")),
            (of_admin.DeleteTenant, admin_pb.DeleteTenantRequest(name="default")),
            (of_admin.RestoreTenant, admin_pb.RestoreTenantRequest(source_tenant="x", backup_id="y", tenant="z")),
        ):
            refusal = refused(call, request)
            assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "RIGHT_MISSING")
        assert of_admin.BackupTenant(admin_pb.BackupTenantRequest()).operation.kind == "backup_tenant"


def test_a_tenant_in_use_is_deleted_under_its_streams(operator):
    name, api = made(operator)
    stream = api.stream(stream_id="s", user_id="u", session_id="s")
    stream.append("a")
    stream.take("ack")
    operator.DeleteTenant(admin_pb.DeleteTenantRequest(name=name))
    refusal = stream.refusal()
    assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "TENANT_BUSY")
    assert refused(operator.GetTenant, admin_pb.GetTenantRequest(name=name)).reason == "TENANT_NOT_FOUND"


def test_exports_of_a_deleted_tenant_are_gone_too(operator, shared_server):
    name, api = made(operator)
    api.RecordEvents(feature_pb.RecordEventsRequest(events=[event("c1", "p1")]))
    list(api.ComputeInteractionFeatures(feature_pb.ComputeInteractionFeaturesRequest(full=True)))
    export = next(api.ExportInteractionFeatures(feature_pb.ExportInteractionFeaturesRequest())).export_id
    assert (shared_server.data / ".exports" / name).is_dir()
    operator.DeleteTenant(admin_pb.DeleteTenantRequest(name=name))
    assert not (shared_server.data / ".exports" / name).exists()
    again = feature_pb.ExportInteractionFeaturesRequest(export_id=export)
    assert refused(lambda one: list(api.ExportInteractionFeatures(one)), again).reason == "EXPORT_NOT_FOUND"


def event(customer, product):
    return shop_pb.FeatureEvent(
        event_id=fresh(),
        event_type="VIEW",
        customer_id=customer,
        product_id=product,
        created_at=now(-60),
    )
