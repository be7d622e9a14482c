"""A sign of life in a data folder: the time, written over and over by the server that owns the folder.

Who follows the folder tells by it a server that has nothing to write from one that is gone.
"""

import asyncio
import contextlib
import os
import time
from pathlib import Path

NAME = ".heartbeat"
SECONDS = 1.0
_DIGITS = 20


class Heart:
    """Beats until it is closed. A beat that the disk refuses is left out. Blocking for microseconds: nothing is
    flushed, since nobody reads it after the machine stops.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OSError."""
        self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._task = asyncio.create_task(self._run(), name="beat")

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                os.pwrite(self._file, f"{time.time_ns() // 1000:0{_DIGITS}d}".encode(), 0)
            await asyncio.sleep(SECONDS)

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        os.close(self._file)


def last_beat(folder: Path) -> int | None:
    """In microseconds by the clock of who wrote it; None where nobody ever did, or the folder cannot be read."""
    try:
        return int((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None
