"""What all importers share: pieces in, records out, a report and checkpoints."""

from abc import ABC, abstractmethod
from typing import Any

from interplay_server.features.shapes.lines import MAX_LINE, Line, LineCutter
from interplay_server.features.shapes.reports import Checkpoint, Parsed

MAX_PIECE = 1024 * 1024
"""Bytes that one call of `feed` should bring; more only costs memory."""


class Importer(ABC):
    """Reads one file. `feed` and `finish` raise nothing for what a file holds: problems stand in `report`."""

    def __init__(self, resume: Checkpoint | None, limit: int = MAX_LINE) -> None:
        """`resume` is a checkpoint of an earlier import of the same file, whose bytes from its offset on follow."""
        start = resume or Checkpoint()
        self.limit = limit
        self.report = start.report.snapshot()
        self._cutter = LineCutter(start.offset, start.line, limit)
        self._done = (start.offset, start.line)
        self._out: list[Parsed] = []
        self._finished = False

    def feed(self, piece: bytes) -> list[Parsed]:
        """The records that are complete with this piece, in the order of the file."""
        for line in self._cutter.cut(piece):
            self._take(line)
        return self._emitted()

    def finish(self) -> list[Parsed]:
        """The last records. The report is complete after it; a second call returns nothing."""
        if not self._finished:
            self._finished = True
            for line in self._cutter.rest():
                self._take(line)
            self._end()
            self._done = self._cutter.place
        return self._emitted()

    @property
    @abstractmethod
    def checkpoint(self) -> Checkpoint:
        """Where to go on once the records returned so far are safe."""

    @property
    def resume_offset(self) -> int:
        return self.checkpoint.offset

    @abstractmethod
    def _take(self, line: Line) -> None: ...

    @abstractmethod
    def _end(self) -> None: ...

    def _emit(self, record: Any, offset: int, line: int) -> None:
        self.report.count(self.report.made, type(record).__name__)
        self._out.append(Parsed(record, offset, line))

    def _emitted(self) -> list[Parsed]:
        out, self._out = self._out, []
        return out
