"""Turns a file or standard input into batches that a publisher can send, and that a later run can find again."""

import asyncio
import contextlib
import hashlib
import queue
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from interplay_server.cli.failure import RefusalError
from interplay_server.cli.lines import Line, LineError, Place, read_line

MAX_BATCH_BYTES = 4 * 2**20
IDLE_SECONDS = 0.2
_READ_AHEAD = 256


@dataclass(frozen=True)
class Mark:
    """How far a file was read: the number of lines, and SHA-256 over them (its first 32 digits)."""

    line: int
    digest: str


@dataclass
class Batch:
    """Lines of one place for one append, with those that cannot be sent."""

    place: Place = field(default_factory=Place)
    lines: list[Line] = field(default_factory=list)
    faults: list[tuple[int, LineError]] = field(default_factory=list)
    mark: Mark = field(default_factory=lambda: Mark(0, ""))
    position: int = 0
    """Bytes read up to the end of the batch."""
    size: int = 0


class Feed:
    """Reads lines in a thread of its own, which a pipe that stays silent cannot hold up, and batches them."""

    def __init__(self, file: BinaryIO, defaults: Place, *, rows: int, folder: Path | None, done: Mark | None) -> None:
        self._file = file
        self._defaults = defaults
        self._rows = rows
        self._folder = folder
        self._done = done
        self._now = datetime.now(UTC)
        self._digest = hashlib.sha256()
        self._number = 0
        self._position = 0

    async def batches(self) -> AsyncIterator[Batch]:
        """Batches of lines that follow one another and share a place; one is closed early where the input pauses.

        Raises RefusalError where the first lines are not those that the earlier run published.
        """
        batch = Batch()
        async for raw in self._raw_lines():
            if raw is not None:
                entry = self._entry(raw)
                if isinstance(entry, Line):
                    size = entry.data.ByteSize()
                    if batch.lines and (
                        entry.place != batch.place
                        or len(batch.lines) == self._rows
                        or batch.size + size > MAX_BATCH_BYTES
                    ):
                        yield batch
                        batch = Batch()
                    batch.place = entry.place
                    batch.lines.append(entry)
                    batch.size += size
                elif entry is not None:
                    batch.faults.append((self._number, entry))
                batch.mark = Mark(self._number, self._digest.hexdigest()[:32])
                batch.position = self._position
            elif batch.lines or batch.faults:
                yield batch
                batch = Batch()
        if self._done and self._number < self._done.line:
            raise _changed(self._done)
        if batch.lines or batch.faults:
            yield batch

    def _entry(self, raw: bytes) -> Line | LineError | None:
        """The line, why it cannot be sent, or None where there is nothing to send."""
        self._number += 1
        self._position += len(raw)
        self._digest.update(raw.rstrip(b"\r\n") + b"\n")
        if self._done and self._number <= self._done.line:
            if self._number == self._done.line and self._digest.hexdigest()[:32] != self._done.digest:
                raise _changed(self._done)
            return None
        try:
            text = raw.decode("utf-8-sig" if self._number == 1 else "utf-8").strip()
            return read_line(text, self._number, self._defaults, self._now, self._folder) if text else None
        except UnicodeDecodeError:
            return LineError("", "not UTF-8")
        except LineError as error:
            return error

    async def _raw_lines(self) -> AsyncIterator[bytes | None]:
        """Lines as they come; None where none came for a while."""
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        # A plain queue: when this generator is left early, the thread blocks for good and ends with the process.
        lines: queue.Queue[bytes | Exception] = queue.Queue(_READ_AHEAD)

        def read() -> None:
            line = b"-"
            while line:
                try:
                    line = self._file.readline()
                    lines.put(line)
                except (OSError, ValueError) as error:
                    line = b""
                    lines.put(error)
                with contextlib.suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(arrived.set)

        threading.Thread(target=read, name="interplay-publish-input", daemon=True).start()
        while True:
            arrived.clear()
            while not lines.empty():
                item = lines.get_nowait()
                if isinstance(item, Exception):
                    raise item
                if not item:
                    return
                yield item
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await arrived.wait()
            except TimeoutError:
                yield None


def _changed(done: Mark) -> RefusalError:
    message = f"the first {done.line} lines are not those that this stream published; take another --stream-id"
    return RefusalError(message, "FAILED_PRECONDITION", "FILE_CHANGED")
