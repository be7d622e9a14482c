"""Keeps the kept rows of a tenant fresh within seconds of what a shop tells."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

import structlog

from interplay_server.domain.ports import TenantStore
from interplay_server.features.runs import Runs
from interplay_server.features.tenant import FeatureTenant, now_micros

REST = 2.0
"""Times the length of a refresh that passes before the next one: publishing comes first."""
LONGEST_SLEEP, RETRY_SECONDS = 3600.0, 10.0
_log = structlog.get_logger(__name__)


class Refresher:
    """One for each open tenant; `lease` keeps the tenant open while it computes. With 0 seconds it does nothing."""

    def __init__(
        self,
        tenant: FeatureTenant,
        runs: Runs,
        seconds: float,
        lease: Callable[[], AbstractAsyncContextManager[TenantStore]],
    ) -> None:
        self._tenant, self._runs, self._seconds, self._lease = tenant, runs, seconds, lease
        self._task = asyncio.create_task(self._run(), name=f"refresh features {tenant.store.name}") if seconds else None

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        tenant = self._tenant
        while True:
            try:
                await tenant.ready()
                break
            except Exception:  # noqa: BLE001 - tried again later
                _log.exception("cannot read how far features are", tenant=tenant.store.name)
                await asyncio.sleep(RETRY_SECONDS)
        while True:
            await self._due()
            began = time.monotonic()
            try:
                async with self._lease():
                    await self._runs.compute(full=False, use=tenant.engine.background)
                pause = max(self._seconds, REST * (time.monotonic() - began))
            except Exception:  # noqa: BLE001 - tried again later
                _log.exception("cannot refresh features", tenant=tenant.store.name)
                tenant.wake.set()
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def _due(self) -> None:
        """Returns when there is something to compute, a moment after it came."""
        tenant = self._tenant
        while not (tenant.unrefreshed or self._instant_passed()):
            tenant.wake.clear()
            soonest = tenant.next_instant
            wait = LONGEST_SLEEP if soonest is None else min(LONGEST_SLEEP, max(0.0, (soonest - now_micros()) / 1e6))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait + 0.01):
                    await tenant.wake.wait()
        await asyncio.sleep(min(self._seconds, 0.3))

    def _instant_passed(self) -> bool:
        soonest = self._tenant.next_instant
        return soonest is not None and soonest <= now_micros()
