"""How long learning rests between two windows, so that whoever publishes comes first.

Reading an interaction by rules costs ten times what taking it costs, so that learning beside a fast stream must nearly
stop: a stream of 2,000 messages/s fell to 600 while its turns were learnt from with half of a processor. The faster a
tenant publishes, the longer is the rest; it ends soon after the stream.
"""

import asyncio
import time
from collections.abc import Callable
from math import log

REST, REST_OF_RATE = 0.5, 0.04
"""Seconds of rest for each second of work: at least, and for each interaction a second that arrives. Beside
2,000 a second learning gets a hundredth of a processor."""
LONGEST_REST = 10.0
"""Seconds; beside a stream that never ends something is learnt too."""
_LOOK = 0.1
_HALF_LIFE = 1.0
_WEIGHT = log(2) / _HALF_LIFE


class Pace:
    """Follows the rate at which a tenant's interactions arrive, with a memory of about a second."""

    def __init__(self) -> None:
        self._rate, self._at = 0.0, time.monotonic()

    def published(self, rows: int) -> None:
        self._rate = self.rate + rows * _WEIGHT

    @property
    def rate(self) -> float:
        """Interactions a second."""
        now = time.monotonic()
        self._rate *= 2.0 ** ((self._at - now) / _HALF_LIFE)
        self._at = now
        return self._rate

    async def rest(self, worked: float, awaited: Callable[[], bool]) -> None:
        """After `worked` seconds; looks now and then whether the stream still runs and whether somebody waits."""
        begun = time.monotonic()
        while (left := begun + self._due(worked) - time.monotonic()) > 0:
            if awaited():
                return
            await asyncio.sleep(min(left, _LOOK))

    def _due(self, worked: float) -> float:
        return min(worked * max(REST, self.rate * REST_OF_RATE), LONGEST_REST)
