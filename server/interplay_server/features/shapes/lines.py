"""Cuts pieces of a file into lines with their places, in bounded memory."""

from typing import NamedTuple

MAX_LINE = 64 * 1024 * 1024
"""Bytes of a line; longer ones are reported and left out."""


class Line(NamedTuple):
    """Bytes from `offset` to before `end`; `data` is empty where it is not `intact` because it was too long."""

    offset: int
    end: int
    number: int
    data: bytes
    intact: bool = True


class LineCutter:
    """Takes pieces cut anywhere. Memory: one line of at most `limit` bytes, and the piece at hand."""

    def __init__(self, offset: int = 0, number: int = 1, limit: int = MAX_LINE) -> None:
        self._offset, self._number, self._limit = offset, number, limit
        self._held: list[bytes] = []
        self._size = 0
        """Bytes of the line at hand, those thrown away included."""

    @property
    def place(self) -> tuple[int, int]:
        """Offset and number of the line that is not complete."""
        return self._offset, self._number

    def cut(self, piece: bytes) -> list[Line]:
        """The lines that end in this piece, line feeds included."""
        found = []
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            self._hold(piece[start : end + 1])
            found.append(self._line())
            start = end + 1
        if start < len(piece):
            self._hold(piece[start:])
        return found

    def rest(self) -> list[Line]:
        """The last line where no line feed ends it."""
        return [self._line()] if self._size else []

    def _hold(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._limit:
            self._held.clear()
        else:
            self._held.append(part)

    def _line(self) -> Line:
        end = self._offset + self._size
        line = Line(self._offset, end, self._number, b"".join(self._held), self._size <= self._limit)
        self._held.clear()
        self._offset, self._number, self._size = end, self._number + 1, 0
        return line
