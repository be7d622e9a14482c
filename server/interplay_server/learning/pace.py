"""How long learning rests between two windows, so that whoever publishes comes first.

A stream of 2,000 messages/s fell to 600 while its turns were learnt from with half of a processor.
"""

import asyncio
import time

BUSY_RATE = 50.0
"""Interactions a second from which on somebody is publishing live."""
QUIET_REST, BUSY_REST, LONGEST_REST = 0.5, 9.0, 1.0
"""Seconds of rest for each second of work, and the longest rest."""
_SECONDS = 1.0


class Pace:
    """Follows the rate at which a tenant's interactions arrive, with a memory of about a second."""

    def __init__(self) -> None:
        self._rate, self._at = 0.0, time.monotonic()

    def published(self, rows: int) -> None:
        self._rate = self._faded() + rows / _SECONDS

    @property
    def busy(self) -> bool:
        return self._faded() > BUSY_RATE

    async def rest(self, worked: float) -> None:
        """`worked` in seconds."""
        await asyncio.sleep(min(worked * (BUSY_REST if self.busy else QUIET_REST), LONGEST_REST))

    def _faded(self) -> float:
        now = time.monotonic()
        self._rate *= 2.0 ** -((now - self._at) / _SECONDS)
        self._at = now
        return self._rate
