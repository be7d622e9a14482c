"""All open publish streams: how many, how many bytes wait, who owns a stream_id, and the end of the server."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from interplay_server.errors import QuotaExceeded, ServerDraining, TooManyStreams
from interplay_server.telemetry import Metrics

_STREAMS_SECONDS = 5.0


class Member(Protocol):
    """A stream as the registry sees it."""

    def supersede(self) -> None: ...

    def go_away(self, time_left: float) -> None: ...

    def cut(self) -> None: ...

    async def settled(self) -> None:
        """Returns when nothing that it sent is still on its way into the ledger, and nothing more will be."""


class StreamRegistry:
    """`most` says how many streams a tenant may have open, 0 for any number."""

    def __init__(
        self, *, max_open: int, max_total_bytes: int, metrics: Metrics, most: Callable[[str], int] = lambda _: 0
    ) -> None:
        self._max_open, self._most = max_open, most
        self._max_bytes = max_total_bytes
        self._metrics = metrics
        self._members: set[Member] = set()
        self._owners: dict[tuple[str, str, str], Member] = {}
        self._owned: Counter[str] = Counter()
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()
        self._ends_at: float | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def draining(self) -> bool:
        return self._ends_at is not None

    def enter(self, member: Member) -> None:
        """Raises TooManyStreams, ServerDraining."""
        if self.draining:
            raise ServerDraining
        if len(self._members) >= self._max_open:
            raise TooManyStreams(self._max_open)
        self._members.add(member)
        self._empty.clear()
        self._metrics.streams.set(len(self._members))

    async def own(self, key: tuple[str, str, str], member: Member) -> None:
        """Makes `member` the owner of (tenant, method, stream_id); returns when the former owner has settled. Raises
        QuotaExceeded.
        """
        former = self._owners.get(key)
        if former is None and (limit := self._most(key[0])) and (used := self.streams_of(key[0])) >= limit:
            raise QuotaExceeded(key[0], "streams", limit, used, _STREAMS_SECONDS)
        self._owners[key] = member
        if former is None:
            self._owned[key[0]] += 1
        if former is not None:
            former.supersede()
            await former.settled()

    def streams_of(self, tenant: str) -> int:
        """How many are open and named."""
        return self._owned.get(tenant, 0)

    def leave(self, member: Member, key: tuple[str, str, str] | None) -> None:
        self._members.discard(member)
        if key is not None and self._owners.get(key) is member:
            del self._owners[key]
            self._owned[key[0]] -= 1
            if not self._owned[key[0]]:
                del self._owned[key[0]]
        if not self._members:
            self._empty.set()
        self._metrics.streams.set(len(self._members))

    def hold(self, size: int) -> None:
        self._bytes += size
        if self._bytes >= self._max_bytes:
            self._room.clear()

    def release(self, size: int) -> None:
        self._bytes -= size
        if self._bytes < self._max_bytes:
            self._room.set()

    async def room(self) -> None:
        """Returns when the streams together hold fewer bytes than they may."""
        await self._room.wait()

    async def drain(self, seconds: float) -> None:
        """Tells every stream to go away, waits for `seconds`, then cuts what is left after its commit."""
        self._ends_at = time.monotonic() + seconds
        for member in tuple(self._members):
            member.go_away(seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            for member in tuple(self._members):
                member.cut()
            await asyncio.wait([asyncio.create_task(self._empty.wait())], timeout=5)
