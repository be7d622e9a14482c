"""Whose data: the credential's tenant; without authentication the metadata key `interplay-tenant`, else `default`."""

import asyncio
import re
from contextlib import AsyncExitStack
from typing import Any

from google.protobuf.message import Message

from interplay_server.domain.credentials import DEFAULT_TENANT, OPERATOR
from interplay_server.domain.ports import Tenants, TenantStore
from interplay_server.errors import InterplayError, InvalidTenant, TenantBusy, TenantMismatch, Violation
from interplay_server.interceptors.call import Call, Proceed

HEADER = "interplay-tenant"
TENANT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Tenant:
    """Keeps the tenant open for as long as the call lasts. Services that write ask for `call.writable`. Calls of an
    operator hold none.
    """

    name = "tenant"

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants
        self._running: dict[str, dict[asyncio.Task[Any], str]] = {}
        """Calls by tenant, and why each is to end, which is empty as a rule."""
        self._streams: set[asyncio.Task[Any]] = set()

    def evict(self, tenant: str, why: str, *, streams: bool = False) -> None:
        """Ends the calls that use a tenant, or its streams alone."""
        running = self._running.get(tenant, {})
        for task in list(running):
            if not streams or task in self._streams:
                running[task] = why
                task.cancel()

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
        if call.method.right == OPERATOR:
            return await proceed()
        return await self._held(call, proceed)

    async def _held(self, call: Call, proceed: Proceed) -> Message | None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a call is a task
        running = self._running.setdefault(call.tenant_name, {})
        running[task] = ""
        if call.method.streaming:
            self._streams.add(task)
        try:
            return await self._lease(call, proceed)
        except asyncio.CancelledError:
            if not (why := running[task]):
                raise
            task.uncancel()
            raise TenantBusy(call.tenant_name, why) from None
        except InterplayError:
            raise
        except Exception as error:
            # What it works with was taken away before its cancellation arrived.
            if not (why := running[task]):
                raise
            raise TenantBusy(call.tenant_name, why) from error
        finally:
            del running[task]
            self._streams.discard(task)
            if not running:
                self._running.pop(call.tenant_name, None)

    async def _lease(self, call: Call, proceed: Proceed) -> Message | None:
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
            if call.tenant.erasures.restored:
                # Nobody reads in a backup who was erased since it was made.
                await call.tenant.erasures.wait_open()
            return await proceed()
