"""Evaluation of the whole server: one evaluator for each open tenant, and what services ask of it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress

import structlog

from interplay_server.domain import evaluation_config
from interplay_server.domain.ports import TenantStore
from interplay_server.evaluation.evaluator import TenantEvaluator
from interplay_server.evaluation.judges import Judge
from interplay_server.evaluation.tenant import EvaluationTenant

Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]
AT_ONCE, HOLD_SECONDS = 2, 10.0
"""Tenants that are opened for their timers at once, and how long each may take to judge what is due."""
_SECOND_US = 1_000_000
_log = structlog.get_logger(__name__)


class Evaluation:
    """`judges` by provider; `lease` opens a tenant by its name."""

    def __init__(self, judges: Mapping[str, Judge], lease: Lease) -> None:
        self.judges, self._lease = judges, lease
        self._evaluators: dict[str, TenantEvaluator] = {}
        self._due: dict[str, float] = {}
        """When a session of a closed tenant is due, in seconds since 1970."""
        self._changed = asyncio.Event()
        self._opening = asyncio.create_task(self._open_due(), name="open tenants with sessions to judge")

    def follow(self, store: TenantStore) -> None:
        """Called with each tenant that opens, before anything is written to it."""
        self._due.pop(store.name, None)
        self._evaluators[store.name] = TenantEvaluator(self.tenant(store))

    async def forget(self, store: TenantStore) -> None:
        """Called with each tenant before it closes; a closed tenant is opened again for its timers."""
        if (evaluator := self._evaluators.pop(store.name, None)) is not None:
            await evaluator.close()
            if (due := evaluator.next_due) is not None:
                self._due[store.name] = due
                self._changed.set()

    def expect(self, name: str, newest: int, config: str | None) -> None:
        """A closed tenant has a session to be judged, whose last publish was at `newest`; 0 is at once."""
        if name not in self._evaluators:
            self._due[name] = newest / _SECOND_US + (evaluation_config.load(config).idle_seconds if newest else 0)
            self._changed.set()

    def of(self, store: TenantStore) -> TenantEvaluator:
        """The evaluator of an open tenant."""
        return self._evaluators[store.name]

    def tenant(self, store: TenantStore) -> EvaluationTenant:
        return EvaluationTenant(store, self.judges)

    async def close(self) -> None:
        self._opening.cancel()
        await asyncio.gather(self._opening, return_exceptions=True)
        for name in list(self._evaluators):
            await self._evaluators.pop(name).close()

    async def _open_one(self, name: str) -> None:
        if self._due.pop(name, None) is None:
            return  # somebody else opened it
        try:
            async with self._lease(name) as store, asyncio.timeout(HOLD_SECONDS):
                if (evaluator := self._evaluators.get(store.name)) is not None:
                    await evaluator.looked.wait()
        except TimeoutError:
            return
        except Exception:  # noqa: BLE001 - whoever asks for the tenant is told
            _log.exception("cannot open a tenant to judge its sessions", tenant=name)

    async def _open_due(self) -> None:
        while True:
            self._changed.clear()
            now = time.time()
            names = [name for name, at in self._due.items() if at <= now]
            for at in range(0, len(names), AT_ONCE):
                await asyncio.gather(*(self._open_one(name) for name in names[at : at + AT_ONCE]))
            seconds = min((at - time.time() for at in self._due.values()), default=3600.0)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.05, seconds)):
                    await self._changed.wait()
