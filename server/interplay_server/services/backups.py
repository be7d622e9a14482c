"""Backups of AdminService: made of the caller's tenant while it is written to, verified, restored."""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from interplay.v1 import admin_service_pb2 as pb
from interplay.v1 import tenant_pb2

from interplay_server.domain.custody import BACKUP_ID, BackupHead, Folders, Progress
from interplay_server.domain.operation import SUCCEEDED, Operation
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.tokens import TokenSigner
from interplay_server.errors import InvalidRequest, TenantNotFound, Violation
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import page_size, query_key
from interplay_server.services.convert.times import from_micros
from interplay_server.services.operations import OperationRunner, Work, to_pb

BACKUP = "backup_tenant"
_ID = "backup_id"
_UNFINISHED = ".part"
_TELL_SECONDS = 0.2


class BackupMethods:
    _folders: Folders
    _runner: OperationRunner
    _tokens: TokenSigner

    async def backup_tenant(self, call: Call) -> pb.BackupTenantResponse:
        request: pb.BackupTenantRequest = call.request  # type: ignore[assignment]
        backup_id = request.backup_id or datetime.now(UTC).strftime("%Y%m%dt%H%M%S%fz")
        if not re.fullmatch(BACKUP_ID, backup_id) or backup_id.endswith(_UNFINISHED):
            raise InvalidRequest([Violation(_ID, f"must be {BACKUP_ID} and not end in {_UNFINISHED}")])
        if (store := await call.existing()) is None:
            raise TenantNotFound(call.tenant_name)
        self._folders.check_can_back_up(store.name)
        operation = await self._known(store, backup_id)
        if operation is None:
            operation = await self._runner.start(store, BACKUP, {_ID: backup_id})
        return pb.BackupTenantResponse(operation=to_pb(operation))

    async def _known(self, store: TenantStore, backup_id: str) -> Operation | None:
        """The operation that made the backup of this id or is making it; None where it has to be made (again)."""
        for one in await store.list_operations(kind=BACKUP, state="", before=None, limit=1000):
            if one.arguments.get(_ID) == backup_id:
                now = self._runner.current(one)
                made = now.state == SUCCEEDED and await self._folders.has_backup(store.name, backup_id)
                return now if made or not now.ended else None
        return None

    async def list_backups(self, call: Call) -> pb.ListBackupsResponse:
        request: pb.ListBackupsRequest = call.request  # type: ignore[assignment]
        size, query = page_size(request.page_size), call.tenant_name.encode() + b"/" + query_key(request)
        before = (
            self._tokens.read_page_token(request.page_token, query, tuple[int, str]) if request.page_token else None
        )
        found = await self._folders.backups(call.tenant_name)
        later = [one for one in found if before is None or (one.create_time, one.backup_id) < before]
        response = pb.ListBackupsResponse(backups=[backup_to_pb(one) for one in later[:size]])
        if len(later) > size:
            last = later[size - 1]
            response.next_page_token = self._tokens.page_token(query, (last.create_time, last.backup_id))
        return response

    async def verify_backup(self, call: Call) -> pb.VerifyBackupResponse:
        request: pb.VerifyBackupRequest = call.request  # type: ignore[assignment]
        found = await self._folders.verify(call.tenant_name, request.backup_id, _untold)
        return pb.VerifyBackupResponse(backup=backup_to_pb(found))

    async def delete_backup(self, call: Call) -> pb.DeleteBackupResponse:
        request: pb.DeleteBackupRequest = call.request  # type: ignore[assignment]
        await self._folders.remove_backup(call.tenant_name, request.backup_id)
        return pb.DeleteBackupResponse()

    async def restore_tenant(self, call: Call) -> None:
        request: pb.RestoreTenantRequest = call.request  # type: ignore[assignment]
        progress = _Told()
        source, backup_id, tenant = request.source_tenant, request.backup_id, request.tenant
        if request.validate_only:
            work = self._folders.verify(source, backup_id, progress)
        else:
            work = self._folders.restore(source, backup_id, tenant, replace=request.replace, progress=progress)
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_TELL_SECONDS)
                if progress.take():
                    told = pb.RestoreProgress(done_bytes=progress.done, total_bytes=progress.total)
                    await call.write(pb.RestoreTenantResponse(progress=told))
            found = task.result()
        finally:
            task.cancel()
            await asyncio.wait([task])
        result = pb.RestoreResult(backup=backup_to_pb(found), tenant=tenant)
        await call.write(pb.RestoreTenantResponse(result=result))


class _Told:
    """The last progress, and whether it is news."""

    def __init__(self) -> None:
        self.done = self.total = 0
        self._news = False

    def __call__(self, done: int, total: int) -> None:
        self.done, self.total, self._news = done, total, True

    def take(self) -> bool:
        news, self._news = self._news, False
        return news


def _untold(_done: int, _total: int) -> None: ...


def backup_work(folders: Folders) -> Work:
    """The work behind BACKUP."""

    async def work(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Mapping[str, str]:
        made = await folders.backup(store.name, arguments[_ID], progress)
        return {
            _ID: made.backup_id,
            "sequence": str(made.seq),
            "files": str(made.file_count),
            "bytes": str(made.bytes),
            "linked_bytes": str(made.linked_bytes),
        }

    return work


def backup_to_pb(backup: BackupHead) -> tenant_pb2.Backup:
    return tenant_pb2.Backup(
        backup_id=backup.backup_id,
        tenant=backup.tenant,
        create_time=from_micros(backup.create_time),
        sequence=backup.seq,
        file_count=backup.file_count,
        bytes=backup.bytes,
        linked_bytes=backup.linked_bytes,
        server_version=backup.server_version,
    )
