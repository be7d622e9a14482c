"""Streams that end: called again where they broke, but not for ever."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from interplay._transport import Backoff, Transport, may_reconnect
from interplay.errors import InterplayError, UnavailableError

CUT_OFF = "the server ended the stream before its last message"


class Patience:
    """How long nothing may be heard: `wait` sleeps before the next try, or raises what broke after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._backoff = Backoff()
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock()

    def heard(self) -> None:
        self._since = self._clock()
        self._backoff.reset()

    async def wait(self, broken: InterplayError) -> None:
        """Raises `broken` where another call cannot mend it, or the patience is at its end."""
        if not may_reconnect(broken):
            raise broken
        delay = self._backoff.next(broken.retry_after)
        if self._clock() + delay > self._since + self._seconds:
            raise broken
        await asyncio.sleep(delay)


async def resumed(
    transport: Transport, method: Callable[[], Any], request: Any, is_last: Callable[[Any], bool], seconds: float
) -> AsyncGenerator[Any, None]:
    """Yields the answers of a server stream up to its last, with `request` as it then is on every call.

    `method` gives the stub's method. Gives up after `seconds` without an answer. Raises InterplayError.
    """
    patience = Patience(seconds)
    while True:
        try:
            async with contextlib.aclosing(transport.stream(method(), request)) as answers:
                async for answer in answers:
                    patience.heard()
                    yield answer
                    if is_last(answer):
                        return
            broken: InterplayError = UnavailableError(CUT_OFF)
        except InterplayError as error:
            broken = error
        await patience.wait(broken)
