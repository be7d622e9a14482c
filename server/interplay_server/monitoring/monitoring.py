"""Monitoring of the whole server: what is known of each open tenant, and the sweep that lets events expire."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeVar

import structlog

from interplay_server.domain.ports import TenantStore
from interplay_server.errors import InterplayError
from interplay_server.monitoring.erasure import erase_person, finish_erasures
from interplay_server.monitoring.exports import Exports
from interplay_server.monitoring.key_file import KeyFile
from interplay_server.monitoring.retention import sweep
from interplay_server.monitoring.tenant import MonitorTenant

Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]
WORKERS = 2
T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Monitoring:
    """`lease` keeps a tenant open by its name, `names` are those of tenants that monitor."""

    def __init__(
        self,
        key_file: KeyFile,
        exports: Exports,
        lease: Lease,
        names: Callable[[], Sequence[str]],
        *,
        sweep_seconds: float,
    ) -> None:
        self.key_file, self._lease, self._names, self._sweep_seconds = key_file, lease, names, sweep_seconds
        self.exports = exports
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="monitoring")
        self._open: dict[str, MonitorTenant] = {}
        self._finishing: set[asyncio.Task[Any]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Called once when tenants can be leased."""
        self._sweeper = asyncio.create_task(self._sweep(), name="expire monitored events")

    def read(self, store: TenantStore) -> None:
        """Called on a replica with each tenant that opens, and again when its configuration, keys or consents changed:
        nothing is finished for it.
        """
        if (tenant := self._open.pop(store.name, None)) is not None:
            tenant.close()
        self._open[store.name] = self._made(store)

    def follow(self, store: TenantStore) -> None:
        """Called with each tenant that opens, before anything is written to it."""
        tenant = self._open[store.name] = self._made(store)
        task = asyncio.create_task(self._finish(tenant), name="finish erasures")
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def forget(self, store: TenantStore) -> None:
        """Called with each tenant before it closes."""
        if (tenant := self._open.pop(store.name, None)) is not None:
            tenant.close()

    async def of(self, store: TenantStore) -> MonitorTenant:
        """What is known of a tenant, ready; of one that does not exist, the defaults."""
        tenant = self._open.get(store.name) if store.exists else None
        if tenant is None:
            tenant = self._made(store)
        await tenant.ready()
        return tenant

    def _made(self, store: TenantStore) -> MonitorTenant:
        return MonitorTenant(store, self.key_file, self._executor, lambda: self.exports.end(store.name))

    async def carried(self, store: TenantStore, job: Callable[[], Awaitable[T]]) -> T:
        """Does what must not be left half done: a caller that goes away leaves it to be ended."""

        async def run() -> T:
            async with self._lease(store.name):
                return await job()

        task = asyncio.create_task(run(), name="carry through")
        self._finishing.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._finishing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, InterplayError):
            _log.error("cannot carry through", error=repr(error))

    async def erase_user(self, store: TenantStore, user_id: str, *, actor: str) -> tuple[int, int]:
        """Events and alerts of a person that are gone from every file when this returns. Raises KeyUnavailable."""
        tenant = await self.of(store)
        alias, subject = await tenant.person(user_id), await tenant.known_subject(user_id)
        if alias is None:
            return 0, 0
        erase = partial(erase_person, tenant, alias, actor=actor, subject=subject or b"")
        return await self.carried(store, erase)

    async def close(self) -> None:
        tasks = [*self._finishing, *([self._sweeper] if self._sweeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for tenant in self._open.values():
            tenant.close()
        self._open.clear()
        self.exports.close()
        self._executor.shutdown(cancel_futures=True)

    async def _finish(self, tenant: MonitorTenant) -> None:
        """What a stop left of erasures."""
        try:
            if not (await tenant.store.vault.unfinished_erasures() or await tenant.keys.any_destroyed()):
                return
            async with self._lease(tenant.store.name):
                await finish_erasures(tenant)
        except InterplayError as error:
            _log.error("cannot finish erasures", tenant=tenant.store.name, reason=error.reason)

    async def _sweep(self) -> None:
        while True:
            for name in await asyncio.to_thread(self._names):
                try:
                    async with self._lease(name) as store:
                        tenant = await self.of(store)
                        await finish_erasures(tenant)
                        await sweep(tenant)
                except InterplayError as error:
                    _log.error("cannot expire events", tenant=name, reason=error.reason)
                except Exception:  # noqa: BLE001 - tried again at the next sweep
                    _log.exception("cannot expire events", tenant=name)
            await asyncio.sleep(self._sweep_seconds)
