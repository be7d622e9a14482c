"""Learning anew on a cluster: windows are read by its processes, several users at once; this server merges and commits.

Reading by rules is a pure function of a window, so that it does not matter where it is done.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog

from interplay_server.domain.learning_config import Extractor
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.window import Window
from interplay_server.learning.engines import Reading, RulesEngine, read_by_rules

USERS = 16
"""Users at once for each processor of the cluster: their windows go out together, a few milliseconds' work a task."""
_log = structlog.get_logger(__name__)
Asked = tuple[str, Window]


def read_all(asked: Sequence[Asked]) -> list[Reading]:
    """Runs in a process of the cluster."""
    return [read_by_rules(kind, window) for kind, window in asked]


class Cluster(Protocol):
    """Calls functions in processes of other machines, or of this one."""

    async def processors(self) -> int:
        """Joins the cluster. Raises whatever keeps it from that."""

    async def call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """What the function gives there, which is tried again on another process where one is lost."""


class ClusterEngine:
    """`RulesEngine` elsewhere. A task takes every window that waits for one; a task for each processor is under way at
    once. Once the cluster fails, everything is read here until the end of the run.
    """

    provider, method = RulesEngine.provider, RulesEngine.method

    def __init__(self, cluster: Cluster, here: RulesEngine, processors: int) -> None:
        self.parallel = USERS * processors
        self._cluster, self._here, self._lost = cluster, here, False
        self._waiting: list[tuple[Asked, asyncio.Future[Reading | None]]] = []
        self._free = asyncio.Semaphore(processors)

    @classmethod
    async def joined(cls, cluster: Cluster, here: RulesEngine) -> "ClusterEngine | None":
        """None where the cluster cannot be joined, which is said in the log."""
        try:
            return cls(cluster, here, await cluster.processors())
        except Exception as error:  # noqa: BLE001 - whatever it is, this server can do it
            _log.warning("the cluster cannot be joined: users are learnt from here", error=repr(error)[:500])
            return None

    async def read(
        self, store: TenantStore, kind: str, window: Window, extractor: Extractor, known: Sequence[str]
    ) -> Reading:
        found = None if self._lost else await self._read_there((kind, window))
        return found or await self._here.read(store, kind, window, extractor, known)

    async def _read_there(self, asked: Asked) -> Reading | None:
        """None where the cluster has failed."""
        answer: asyncio.Future[Reading | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        async with self._free:
            if self._waiting and not answer.done():
                taken, self._waiting = self._waiting, []
                await self._send(taken)
        return await answer

    async def _send(self, taken: Sequence[tuple[Asked, asyncio.Future[Reading | None]]]) -> None:
        found: Sequence[Reading | None] = [None] * len(taken)
        try:
            found = await self._cluster.call(read_all, [asked for asked, _ in taken])
        except Exception as error:  # noqa: BLE001 - whatever it is, this server can do it
            self._lost = True
            _log.warning("the cluster failed: users are learnt from here", error=repr(error)[:500])
        finally:
            for (_, answer), reading in zip(taken, found, strict=True):
                if not answer.done():
                    answer.set_result(reading)
