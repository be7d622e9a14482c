"""Methods of a client that look after tenants and their backups."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from collections.abc import AsyncIterator, Callable, Mapping

from interplay._transport import Transport
from interplay.errors import UnavailableError
from interplay.operation import OperationHandle
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import tenant_pb2

RestoreProgress = Callable[[int, int], None]
"""Told of bytes done and of all."""


class Custody:
    """The part of AsyncInterplay that calls AdminService for backups and tenants."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def backup_tenant(self, backup_id: str = "", *, timeout: float | None = None) -> OperationHandle:
        """Starts a backup of the caller's tenant; the same id again gives the same backup.

        Returns at once; the operation counts bytes, its result has backup_id, sequence, files, bytes and linked_bytes.
        """
        request = admin.BackupTenantRequest(backup_id=backup_id)
        answer = await self._transport.unary(self._transport.admin.BackupTenant, request, timeout)
        return OperationHandle(self._transport, answer.operation)

    def list_backups(self, *, page_size: int = 0, timeout: float | None = None) -> AsyncIterator[tenant_pb2.Backup]:
        """Iterates over the backups of the caller's tenant, the newest first."""
        request = admin.ListBackupsRequest(page_size=page_size)
        return self._transport.pages(self._transport.admin.ListBackups, request, "backups", timeout)

    async def verify_backup(self, backup_id: str, *, timeout: float | None = None) -> tenant_pb2.Backup:
        """Has every byte read. Raises NotFoundError, FailedPreconditionError (BACKUP_DAMAGED)."""
        request = admin.VerifyBackupRequest(backup_id=backup_id)
        return (await self._transport.unary(self._transport.admin.VerifyBackup, request, timeout)).backup

    async def delete_backup(self, backup_id: str, *, timeout: float | None = None) -> None:
        """Raises NotFoundError."""
        request = admin.DeleteBackupRequest(backup_id=backup_id)
        await self._transport.unary(self._transport.admin.DeleteBackup, request, timeout)

    async def restore_tenant(
        self,
        source_tenant: str,
        backup_id: str,
        tenant: str,
        *,
        replace: bool = False,
        validate_only: bool = False,
        progress: RestoreProgress | None = None,
    ) -> tenant_pb2.Backup:
        """Puts a backup into a new tenant, or with `replace` in place of one; needs the right OPERATOR.

        Never retried by itself. Raises NotFoundError, AlreadyExistsError, FailedPreconditionError (BACKUP_DAMAGED,
        BACKUP_INCOMPATIBLE), UnavailableError (TENANT_BUSY).
        """
        request = admin.RestoreTenantRequest(
            source_tenant=source_tenant,
            backup_id=backup_id,
            tenant=tenant,
            replace=replace,
            validate_only=validate_only,
        )
        async for answer in self._transport.stream(self._transport.admin.RestoreTenant, request):
            if answer.HasField("result"):
                found: tenant_pb2.Backup = answer.result.backup
                return found
            if progress is not None:
                progress(answer.progress.done_bytes, answer.progress.total_bytes)
        raise UnavailableError("the server ended the restore without a result")

    def list_tenants(self, *, page_size: int = 0, timeout: float | None = None) -> AsyncIterator[tenant_pb2.Tenant]:
        """Iterates over all tenants of the server by name; needs the right OPERATOR, as what follows does."""
        request = admin.ListTenantsRequest(page_size=page_size)
        return self._transport.pages(self._transport.admin.ListTenants, request, "tenants", timeout)

    async def get_tenant(self, name: str, *, timeout: float | None = None) -> tenant_pb2.Tenant:
        """Raises NotFoundError."""
        request = admin.GetTenantRequest(name=name)
        return (await self._transport.unary(self._transport.admin.GetTenant, request, timeout)).tenant

    async def create_tenant(
        self,
        name: str,
        *,
        display_name: str = "",
        quota: tenant_pb2.TenantQuota | Mapping[str, int] | None = None,
        timeout: float | None = None,
    ) -> tenant_pb2.Tenant:
        """Makes an empty tenant; `quota` has rows, bytes, streams, publishes_per_minute. Raises AlreadyExistsError."""
        request = admin.CreateTenantRequest(name=name, display_name=display_name, quota=_quota(quota))
        return (await self._transport.unary(self._transport.admin.CreateTenant, request, timeout)).tenant

    async def update_tenant(
        self,
        name: str,
        *,
        display_name: str | None = None,
        quota: tenant_pb2.TenantQuota | Mapping[str, int] | None = None,
        force: bool = False,
        timeout: float | None = None,
    ) -> tenant_pb2.Tenant:
        """Sets what is given, the quota as a whole. Raises NotFoundError, FailedPreconditionError (QUOTA_BELOW_USAGE)
        unless `force`.
        """
        request = admin.UpdateTenantRequest(name=name, display_name=display_name, quota=_quota(quota), force=force)
        return (await self._transport.unary(self._transport.admin.UpdateTenant, request, timeout)).tenant

    async def delete_tenant(self, name: str, *, timeout: float | None = None) -> admin.DeleteTenantResponse:
        """Deletes a tenant with everything in it and revokes its keys; backups stay. Raises NotFoundError."""
        request = admin.DeleteTenantRequest(name=name)
        return await self._transport.unary(self._transport.admin.DeleteTenant, request, timeout)


def _quota(given: tenant_pb2.TenantQuota | Mapping[str, int] | None) -> tenant_pb2.TenantQuota | None:
    if given is None or isinstance(given, tenant_pb2.TenantQuota):
        return given
    return tenant_pb2.TenantQuota(**given)
