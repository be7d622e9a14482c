"""Whether the server whose folder a replica reads is alive, and how far behind the replica may be."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from interplay_server.errors import ReplicaStale
from interplay_server.storage.replicas.heartbeat import last_beat

_POLL_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class ReplicaSource:
    """Staleness is the time since a sign of life was last seen; within a second of it while the other server lives.

    The other server's clock counts once, for the age of the first sign.
    """

    def __init__(self, folder: Path, *, refresh_seconds: float, max_staleness_seconds: float) -> None:
        self.folder, self.refresh_seconds = folder, refresh_seconds
        self.max_staleness_seconds = max_staleness_seconds
        """0 where there is no limit."""
        self._beat = last_beat(folder)
        age = 0.0 if self._beat is None else max(0.0, time.time() - self._beat / 1e6)
        self._fresh_at = time.monotonic() - age
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return str(self.folder)

    @property
    def staleness(self) -> float:
        """Seconds."""
        return time.monotonic() - self._fresh_at

    @property
    def fresh_time(self) -> int:
        """Microseconds since 1970, by the own clock."""
        return int((time.time() - self.staleness) * 1e6)

    @property
    def is_stale(self) -> bool:
        return 0 < self.max_staleness_seconds < self.staleness

    def check(self) -> None:
        """Raises ReplicaStale."""
        if self.is_stale:
            raise ReplicaStale(self.name, self.staleness)

    def follow(self, told: Callable[[bool], Awaitable[None]]) -> None:
        """Looks from now on, and tells when the replica becomes stale and when it is no more."""
        self._task = asyncio.create_task(self._follow(told), name="follow the source")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self, told: Callable[[bool], Awaitable[None]]) -> None:
        was = False
        while True:
            beat = await asyncio.to_thread(last_beat, self.folder)
            if beat is not None and beat != self._beat:
                self._beat, self._fresh_at = beat, time.monotonic()
            if self.is_stale != was:
                was = not was
                _log.warning("the replica is stale" if was else "the replica is fresh again", source=self.name)
                await told(was)
            await asyncio.sleep(_POLL_SECONDS)
