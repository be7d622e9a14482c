"""How many calls of a provider run at once: additive increase, multiplicative decrease, first come first served."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

_LEAST = 1.0


class Limiter:
    """Slots for calls. A provider that asks for patience halves their number; each success adds a part of a slot.

    The calls of one batch that fail together halve it once: only a call that got its slot after the last cut may cut
    again. Belongs to one event loop.
    """

    def __init__(self, most: int) -> None:
        """`most` slots at once, 1 or more."""
        if most < 1:
            raise ValueError("a limiter needs at least one slot")
        self._most = float(most)
        self._limit = float(most)
        self._running = 0
        self._granted = 0
        self._cut_after = 0
        self._pause_end = 0.0
        self._waiting: deque[asyncio.Future[int]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """Slots now."""
        return int(self._limit)

    @property
    def running(self) -> int:
        return self._running

    def pause(self) -> float:
        """Seconds during which no slot is given yet."""
        return max(0.0, self._pause_end - asyncio.get_running_loop().time())

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[int]:
        """Waits for a slot and holds it; yields its number, for `throttled`."""
        number = await self._acquire()
        try:
            yield number
        finally:
            self._release()

    def succeeded(self) -> None:
        self._limit = min(self._most, self._limit + 1 / self._limit)
        self._give()

    def throttled(self, number: int, retry_after: float | None = None) -> None:
        """The call in slot `number` was turned away; nobody starts for `retry_after` seconds."""
        if number > self._cut_after:
            self._limit = max(_LEAST, self._limit / 2)
            self._cut_after = self._granted
        if retry_after is not None:
            self._pause_end = max(self._pause_end, asyncio.get_running_loop().time() + retry_after)
        self._give()

    async def _acquire(self) -> int:
        if not self._waiting and self._free():
            return self._grant()
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._give()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._release()
            elif future in self._waiting:
                self._waiting.remove(future)
            raise

    def _free(self) -> bool:
        return self._running < self.limit and not self.pause()

    def _grant(self) -> int:
        self._running += 1
        self._granted += 1
        return self._granted

    def _release(self) -> None:
        self._running -= 1
        self._give()

    def _give(self) -> None:
        """Slots to those who wait longest; comes back by itself at the end of a pause."""
        while self._waiting and self._free():
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(self._grant())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and self.pause():
            self._timer = asyncio.get_running_loop().call_at(self._pause_end, self._give)
