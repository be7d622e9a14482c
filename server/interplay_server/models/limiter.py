"""How many calls of a provider run at once: additive increase, multiplicative decrease, first come first served.

Two things bring fewer of them: a provider that asks for patience (429, 503, 529), and one that says nothing but takes
much longer than it did at best, as endpoints on one's own machines do when they are full.
"""

import asyncio
import contextlib
import statistics
from collections import deque
from collections.abc import AsyncIterator

_LEAST = 1.0
_WINDOW = 16
"""Fewest calls whose median time is looked at; as many as there are slots, where those are more."""
_SLOW, _SLOW_SECONDS = 3.0, 0.25
"""A median is slow that is so many times the best one, and so much longer."""
_SLOW_CUT, _CUT = 0.75, 0.5
_DRIFT = 1.02
"""The best median rises so much with each window: what was normal once need not be for ever."""


class Limiter:
    """Slots for calls. A provider that asks for patience halves their number, one that slows down takes a quarter; each
    success adds a part of a slot, or a whole one until the first cut where it started below the ceiling.

    The calls of one batch that fail together halve it once: only a call that got its slot after the last cut may cut
    again. Belongs to one event loop.
    """

    def __init__(self, most: int, start: int | None = None) -> None:
        """`most` slots at once, 1 or more, and as many from the beginning unless `start` says fewer."""
        if most < 1:
            raise ValueError("a limiter needs at least one slot")
        if start is not None and not 1 <= start <= most:
            raise ValueError("a limiter starts with one slot at least, and with no more than its most")
        self._most = float(most)
        self._limit = float(most if start is None else start)
        self._ramping = self._limit < self._most
        self._times: list[float] = []
        self._best = 0.0
        self._slow = False
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

    def succeeded(self, number: int | None = None, seconds: float | None = None) -> None:
        """The call in slot `number` gave an answer, which began after `seconds`."""
        if seconds is not None and number is not None and number > self._cut_after:
            self._took(seconds)
        if not self._slow:
            self._limit = min(self._most, self._limit + (1 if self._ramping else 1 / self._limit))
        self._give()

    def throttled(self, number: int, retry_after: float | None = None) -> None:
        """The call in slot `number` was turned away; nobody starts for `retry_after` seconds."""
        if number > self._cut_after:
            self._cut(_CUT)
        if retry_after is not None:
            self._pause_end = max(self._pause_end, asyncio.get_running_loop().time() + retry_after)
        self._give()

    def _took(self, seconds: float) -> None:
        self._times.append(seconds)
        if len(self._times) < max(_WINDOW, self.limit):
            return
        median = statistics.median(self._times)
        self._times.clear()
        self._best = min(self._best * _DRIFT, median) if self._best else median
        self._slow = median > _SLOW * self._best and median - self._best > _SLOW_SECONDS
        if self._slow:
            self._cut(_SLOW_CUT)

    def _cut(self, share: float) -> None:
        """Calls that run already neither cut again nor tell how fast the provider is with fewer of them."""
        self._limit = max(_LEAST, self._limit * share)
        self._cut_after = self._granted
        self._ramping = False
        self._times.clear()

    async def _acquire(self) -> int:
        if not self._waiting and self._free(self.pause()):
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

    def _free(self, pause: float) -> bool:
        return self._running < self.limit and not pause

    def _grant(self) -> int:
        self._running += 1
        self._granted += 1
        return self._granted

    def _release(self) -> None:
        self._running -= 1
        self._give()

    def _give(self) -> None:
        """Slots to those who wait longest; comes back by itself at the end of a pause."""
        # Asked once: a pause that ended between two looks would set no timer, and leave everybody waiting.
        pause = self.pause()
        while self._waiting and self._free(pause):
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(self._grant())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and pause:
            self._timer = asyncio.get_running_loop().call_at(self._pause_end, self._give)
