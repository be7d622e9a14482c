"""Cuts the lines of a CSV file (RFC 4180) into rows; quoted fields may hold line feeds."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from interplay_server.features.shapes.lines import Line
from interplay_server.features.shapes.reports import BROKEN, TOO_LARGE

MAX_ROW = 1024 * 1024
"""Bytes of a row. A quote that nothing closes swallows no more than this, and what it swallowed is read again."""

DELIMITERS = (",", ";", "\t", "|")

_BOM = b"\xef\xbb\xbf"


class Row(NamedTuple):
    offset: int
    end: int
    number: int
    fields: list[str]
    next_number: int
    reason: str = ""
    detail: str = ""


def delimiter_of(header: bytes) -> str:
    """The most frequent of the delimiters in a header line."""
    return max(DELIMITERS, key=lambda one: header.count(one.encode()))


class RowCutter:
    """Takes lines, tells rows. Until `delimiter` is known the next row is the header and decides it."""

    def __init__(self, delimiter: str = "", limit: int = MAX_ROW) -> None:
        self.delimiter = delimiter
        self._limit = limit
        self._held: list[Line] = []
        self._size = 0
        self._quoted = False

    @property
    def holds(self) -> Line | None:
        """The first line of a row that is not complete."""
        return self._held[0] if self._held else None

    def take(self, line: Line) -> Iterator[Row]:
        waiting = [line]
        while waiting:
            line = waiting.pop()
            if not line.intact:
                if self._held:
                    waiting.append(line)
                    yield from self._reopen(waiting)
                else:
                    yield from self._abandon(TOO_LARGE, f"a row of more than {self._limit} bytes", line)
                continue
            if line.offset == 0 and line.data.startswith(_BOM):
                line = line._replace(data=line.data[len(_BOM) :])
            if not self._held and not line.data.strip():
                continue
            self.delimiter = self.delimiter or delimiter_of(line.data)
            self._held.append(line)
            self._size += len(line.data)
            self._quoted = ends_quoted(line.data, self.delimiter.encode(), quoted=self._quoted)
            if not self._quoted:
                yield self._complete()
            elif self._size > self._limit:
                yield from self._reopen(waiting)

    def rest(self) -> Iterator[Row]:
        while self._held:
            waiting: list[Line] = []
            yield from self._reopen(waiting)
            while waiting:
                yield from self.take(waiting.pop())

    def _reopen(self, waiting: list[Line]) -> Iterator[Row]:
        """Gives up the first line of an open quote; the lines after it are rows of their own again."""
        held = self._held
        yield from self._abandon(BROKEN, "a quote that nothing closes", held[0])
        waiting.extend(reversed(held[1:]))

    def _abandon(self, reason: str, detail: str, line: Line) -> Iterator[Row]:
        self._held, self._size, self._quoted = [], 0, False
        yield Row(line.offset, line.end, line.number, [], line.number + 1, reason, detail)

    def _complete(self) -> Row:
        first, last = self._held[0], self._held[-1]
        raw = b"".join(line.data for line in self._held)
        self._held, self._size = [], 0
        place = (first.offset, last.end, first.number)
        if len(raw) > self._limit:
            return Row(*place, [], last.number + 1, TOO_LARGE, f"a row of more than {self._limit} bytes")
        try:
            fields = next(csv.reader([raw.decode().rstrip("\r\n")], delimiter=self.delimiter, strict=True))
        except UnicodeDecodeError:
            return Row(*place, [], last.number + 1, BROKEN, "not UTF-8")
        except csv.Error as error:
            return Row(*place, [], last.number + 1, BROKEN, str(error))
        return Row(*place, fields, last.number + 1)


def ends_quoted(line: bytes, delimiter: bytes, *, quoted: bool) -> bool:
    """Whether a line that begins inside a quoted field (`quoted`) or at a field ends inside a quoted field."""
    if b'"' not in line:
        return quoted
    at = 0
    while True:
        if not quoted:
            if not line.startswith(b'"', at):
                at = line.find(delimiter, at) + 1
                if at == 0:
                    return False
                continue
            at += 1
        quoted = True
        closing = line.find(b'"', at)
        while closing >= 0 and line.startswith(b'""', closing):
            closing = line.find(b'"', closing + 2)
        if closing < 0:
            return True
        quoted = False
        at = line.find(delimiter, closing) + 1
        if at == 0:
            return False
