"""Whose data: the credential's tenant; without authentication the metadata key `interplay-tenant`, else `default`."""

import re
from contextlib import AsyncExitStack

from google.protobuf.message import Message

from interplay_server.domain.credentials import DEFAULT_TENANT
from interplay_server.domain.ports import Tenants, TenantStore
from interplay_server.errors import InvalidTenant, TenantMismatch, Violation
from interplay_server.interceptors.call import Call, Proceed

HEADER = "interplay-tenant"
TENANT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Tenant:
    """Keeps the tenant open for as long as the call lasts. Services that write ask for `call.writable`."""

    name = "tenant"

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        named = call.metadata.get(HEADER)
        if named is not None and not TENANT_NAME.fullmatch(named):
            raise InvalidTenant(
                f"{HEADER} must be [a-z0-9][a-z0-9_-]{{0,62}}",
                [Violation(HEADER, "must be [a-z0-9][a-z0-9_-]{0,62}")],
                tenant=named[:100],
            )
        own = call.credential.tenant
        if own and named is not None and named != own:
            raise TenantMismatch
        call.tenant_name = own or named or DEFAULT_TENANT
        async with AsyncExitStack() as leases:

            async def writable() -> TenantStore:
                call.tenant = await leases.enter_async_context(self._tenants.lease(call.tenant_name, create=True))
                return call.tenant

            async def existing() -> TenantStore | None:
                lease = self._tenants.lease(call.tenant_name, create=False)
                async with AsyncExitStack() as held:
                    found = await held.enter_async_context(lease)
                    if not found.exists:
                        return None
                    leases.push_async_exit(held.pop_all())
                call.tenant = found
                return found

            call.writable, call.existing = writable, existing
            call.tenant = await leases.enter_async_context(self._tenants.lease(call.tenant_name, create=False))
            return await proceed()
