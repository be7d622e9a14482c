"""Tenants that were closed with something left to do in them, because too many were open: each gets its turn later."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from interplay_server.errors import InterplayError, TenantNotFound

REST_SECONDS, AT_ONCE = 31.0, 2
"""By then what waited for a user's silence is due, if rules learn."""
_log = structlog.get_logger(__name__)


class Left:
    """Lives on one event loop. `go_on` opens a tenant by its name and returns when it can be closed again."""

    def __init__(self, go_on: Callable[[str], Awaitable[None]]) -> None:
        self._go_on = go_on
        self._due: dict[str, float] = {}
        """When each may be opened, the earliest first."""
        self._changed = asyncio.Event()
        self._workers = [asyncio.create_task(self._work(), name="go on with tenants") for _ in range(AT_ONCE)]

    def add(self, name: str) -> None:
        self._due.pop(name, None)
        self._due[name] = time.monotonic() + REST_SECONDS
        self._changed.set()

    def forget(self, name: str) -> None:
        """It is open."""
        self._due.pop(name, None)

    async def close(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            name, due = next(iter(self._due.items()), ("", time.monotonic() + REST_SECONDS))
            if not name or due > time.monotonic():
                self._changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(due - time.monotonic()):
                        await self._changed.wait()
                continue
            del self._due[name]
            try:
                await self._go_on(name)
            except TenantNotFound:
                continue
            except InterplayError as error:
                _log.error("cannot go on with a tenant", tenant=name, reason=error.reason)
                self.add(name)
            except Exception:  # noqa: BLE001 - the others' turn
                _log.exception("cannot go on with a tenant", tenant=name)
