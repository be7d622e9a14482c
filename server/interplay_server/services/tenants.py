"""Tenants of AdminService, for the operator of the server."""

import time
from typing import Protocol

import msgspec
from interplay.v1 import admin_service_pb2 as pb
from interplay.v1 import tenant_pb2

from interplay_server.domain.custody import Folders, Quota, TenantRecord, Usage
from interplay_server.domain.tokens import TokenSigner
from interplay_server.errors import QuotaBelowUsage, TenantNotFound
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import page_size, query_key
from interplay_server.services.convert.times import from_micros
from interplay_server.streaming.registry import StreamRegistry

_TENANTS = b"tenants/"


class TenantRecords(Protocol):
    """What the server's database says of tenants."""

    def tenant(self, name: str) -> TenantRecord | None: ...

    def save_tenant(self, record: TenantRecord) -> None: ...

    def forget_tenant(self, name: str) -> None: ...

    def revoke_keys_of(self, tenant: str) -> int: ...


class QuotaCache(Protocol):
    def forget(self, tenant: str) -> None: ...


class TenantMethods:
    _folders: Folders
    _records: TenantRecords
    _quotas: QuotaCache
    _registry: StreamRegistry
    _tokens: TokenSigner

    async def list_tenants(self, call: Call) -> pb.ListTenantsResponse:
        request: pb.ListTenantsRequest = call.request  # type: ignore[assignment]
        size, query = page_size(request.page_size), _TENANTS + query_key(request)
        after = self._tokens.read_page_token(request.page_token, query, str) if request.page_token else ""
        later = [name for name in await self._folders.names() if name > after]
        response = pb.ListTenantsResponse()
        for name, usage in await self._folders.usages(later[:size]):
            response.tenants.append(self._tenant(name, usage))
        if len(later) > size:
            response.next_page_token = self._tokens.page_token(query, later[size - 1])
        return response

    async def get_tenant(self, call: Call) -> pb.GetTenantResponse:
        request: pb.GetTenantRequest = call.request  # type: ignore[assignment]
        return pb.GetTenantResponse(tenant=self._tenant(request.name, await self._usage(request.name)))

    async def create_tenant(self, call: Call) -> pb.CreateTenantResponse:
        request: pb.CreateTenantRequest = call.request  # type: ignore[assignment]
        await self._folders.create(request.name)
        now = time.time_ns() // 1000
        self._save(TenantRecord(request.name, request.display_name, now, quota_from_pb(request.quota)))
        return pb.CreateTenantResponse(tenant=self._tenant(request.name, await self._usage(request.name)))

    async def update_tenant(self, call: Call) -> pb.UpdateTenantResponse:
        request: pb.UpdateTenantRequest = call.request  # type: ignore[assignment]
        # A quota of rows is compared with rows that are counted, for which the tenant is opened.
        usage = await self._usage(request.name, opened=request.quota.rows > 0)
        record = self._records.tenant(request.name) or TenantRecord(request.name, "", 0)
        if request.HasField("display_name"):
            record = msgspec.structs.replace(record, display_name=request.display_name)
        if request.HasField("quota"):
            quota = quota_from_pb(request.quota)
            if not request.force:
                self._check(request.name, quota, usage)
            record = msgspec.structs.replace(record, quota=quota)
        self._save(record)
        return pb.UpdateTenantResponse(tenant=self._tenant(request.name, usage))

    async def delete_tenant(self, call: Call) -> pb.DeleteTenantResponse:
        request: pb.DeleteTenantRequest = call.request  # type: ignore[assignment]
        revoked = 0

        def revoke() -> None:
            # First of all: a publisher that tries again must not make the tenant anew with a key of before.
            nonlocal revoked
            revoked = self._records.revoke_keys_of(request.name)
            self._records.forget_tenant(request.name)

        try:
            usage = await self._folders.remove(request.name, revoke)
        finally:
            self._quotas.forget(request.name)
        return pb.DeleteTenantResponse(usage=self._usage_to_pb(request.name, usage), revoked_keys=revoked)

    async def _usage(self, name: str, *, opened: bool = False) -> Usage:
        if (usage := await self._folders.usage(name, opened=opened)) is None:
            raise TenantNotFound(name)
        return usage

    def _check(self, name: str, quota: Quota, usage: Usage) -> None:
        used = (
            ("rows", quota.rows, usage.rows or 0),
            ("bytes", quota.bytes, usage.bytes),
            ("streams", quota.streams, self._registry.streams_of(name)),
        )
        for what, limit, held in used:
            if limit and held > limit:
                raise QuotaBelowUsage(name, what, limit, held)

    def _save(self, record: TenantRecord) -> None:
        self._records.save_tenant(record)
        self._quotas.forget(record.name)

    def _tenant(self, name: str, usage: Usage) -> tenant_pb2.Tenant:
        record = self._records.tenant(name) or TenantRecord(name, "", 0)
        return tenant_pb2.Tenant(
            name=name,
            display_name=record.display_name,
            create_time=from_micros(record.create_time) if record.create_time else None,
            quota=tenant_pb2.TenantQuota(**msgspec.structs.asdict(record.quota)),
            usage=self._usage_to_pb(name, usage),
            open=usage.rows is not None,
        )

    def _usage_to_pb(self, name: str, usage: Usage) -> tenant_pb2.TenantUsage:
        return tenant_pb2.TenantUsage(bytes=usage.bytes, rows=usage.rows, streams=self._registry.streams_of(name))


def quota_from_pb(quota: tenant_pb2.TenantQuota) -> Quota:
    return Quota(
        rows=quota.rows,
        bytes=quota.bytes,
        streams=quota.streams,
        publishes_per_minute=quota.publishes_per_minute,
    )
