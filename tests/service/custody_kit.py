"""How the errors of tenants and backups are provoked."""

import hashlib
import json
from contextlib import closing

import grpc

from tests.conftest import eventually
from tests.service.kit import Api, Refusal, admin_pb, batch, fresh, operation_pb, pb, refused
from tests.service.user_export_kit import held_already


def backed_up(api, backup_id):
    """A finished backup, as its operation's result."""
    started = api.BackupTenant(admin_pb.BackupTenantRequest(backup_id=backup_id)).operation

    def ended():
        found = api.GetOperation(operation_pb.GetOperationRequest(operation_id=started.operation_id)).operation
        return found if found.HasField("end_time") else None

    found = eventually(ended)
    assert not found.error.message, found
    return dict(found.result)


def restored(api, source, backup_id, tenant, **fields):
    request = admin_pb.RestoreTenantRequest(source_tenant=source, backup_id=backup_id, tenant=tenant, **fields)
    *progress, last = list(api.RestoreTenant(request))
    assert all(one.HasField("progress") for one in progress)
    return last.result


def texts(api):
    found, token = [], ""
    while True:
        page = api.ListInteractions(pb.ListInteractionsRequest(page_size=1000, page_token=token))
        found += [one.data.content for one in page.interactions]
        if not (token := page.next_page_token):
            return found


def restate(folder, **stated):
    """Changes a manifest so that its seal holds."""
    text = json.dumps(json.loads((folder / "manifest.json").read_text()) | stated)
    (folder / "manifest.json").write_text(text)
    (folder / "manifest.sha256").write_text(hashlib.sha256(text.encode()).hexdigest())


def _spoilt(spoil):
    def provoke(ask):
        server = ask("server")
        with closing(Api(server.target, tenant="acme")) as api:
            api.publish("a")
            backed_up(api, "b-1")
            spoil(server.data / ".backups" / "acme" / "b-1")
            return refused(api.VerifyBackup, admin_pb.VerifyBackupRequest(backup_id="b-1"))

    return provoke


def _busy(ask):
    api = ask("api")
    name = fresh("acme")
    mine = api.by(tenant=name)
    mine.publish("a")
    stream = mine.stream(stream_id="s", user_id="u", session_id="s")
    api.DeleteTenant(admin_pb.DeleteTenantRequest(name=name))
    return stream.refusal()


def _existing(ask):
    api, name = ask("api"), fresh("acme")
    api.CreateTenant(admin_pb.CreateTenantRequest(name=name))
    return refused(api.CreateTenant, admin_pb.CreateTenantRequest(name=name))


def _over(ask):
    api, name = ask("api"), fresh("acme")
    api.CreateTenant(admin_pb.CreateTenantRequest(name=name, quota={"bytes": 1}))
    return refused(api.by(tenant=name).PublishInteractions, batch("a"))


def _below(ask):
    api, name = ask("api"), fresh("acme")
    api.CreateTenant(admin_pb.CreateTenantRequest(name=name))
    return refused(api.UpdateTenant, admin_pb.UpdateTenantRequest(name=name, quota={"bytes": 1}))


def _linked_twice(ask):
    api = ask("api")
    api.LinkUsers(admin_pb.LinkUsersRequest(guest_id="g", account_id="a"))
    return refused(api.LinkUsers, admin_pb.LinkUsersRequest(guest_id="g", account_id="b"))


def _erased(ask):
    api = ask("api")
    api.publish("a", user="erin")
    api.EraseUser(admin_pb.EraseUserRequest(user_id="erin"))
    return api


def _replica(call, *flags, alone=False):
    """How a replica refuses a call; with `alone`, when its source is gone for too long."""

    def provoke(ask):
        main = ask("start_server")()
        copy = ask("start_server")("--replica-of", str(main.data), *flags)
        if alone:
            main.kill()
        with closing(Api(copy.target, tenant="acme")) as api:
            return call(api)

    return provoke


def _stale(api):
    def refusal():
        try:
            api.contents()
        except grpc.RpcError as error:
            return Refusal.of(error)
        return None

    return eventually(refusal, 60)


PROVOKED = {
    "REPLICA_READ_ONLY": _replica(lambda api: refused(api.PublishInteractions, batch("a"))),
    "REPLICA_STALE": _replica(_stale, "--replica-max-staleness-seconds", "1.5", alone=True),
    "USER_NOT_FOUND": lambda ask: refused(ask("api").EraseUser, admin_pb.EraseUserRequest(user_id="nobody")),
    "USER_ERASED": lambda ask: refused(_erased(ask).PublishInteractions, batch("late", user="erin")),
    "USER_EXISTS": lambda ask: held_already(ask("api")),
    "ERASURE_NOT_FOUND": lambda ask: refused(ask("api").ReadmitUser, admin_pb.ReadmitUserRequest(user_id="nobody")),
    "ERASURE_RUNNING": lambda ask: refused(_erased(ask).ReadmitUser, admin_pb.ReadmitUserRequest(user_id="erin")),
    "LINK_CONFLICT": _linked_twice,
    "LINK_NOT_FOUND": lambda ask: refused(ask("api").UnlinkUsers, admin_pb.UnlinkUsersRequest(guest_id="nobody")),
    "TENANT_NOT_FOUND": lambda ask: refused(ask("api").GetTenant, admin_pb.GetTenantRequest(name="nobody")),
    "EMBEDDER_UNAVAILABLE": lambda ask: refused(
        ask("api").ReembedTables, admin_pb.ReembedTablesRequest(embedder="wordllama-9")
    ),
    "TENANT_EXISTS": _existing,
    "TENANT_BUSY": _busy,
    "QUOTA_EXCEEDED": _over,
    "QUOTA_BELOW_USAGE": _below,
    "BACKUP_NOT_FOUND": lambda ask: refused(ask("api").VerifyBackup, admin_pb.VerifyBackupRequest(backup_id="none")),
    "BACKUP_DAMAGED": _spoilt(lambda folder: (folder / "ledger.sqlite3").write_bytes(b"")),
    "BACKUP_INCOMPATIBLE": _spoilt(lambda folder: restate(folder, format=99)),
}
