"""Finds the JSON documents of a file: one a line, or one page that is the whole file."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from interplay_server.features.shapes.lines import Line
from interplay_server.features.shapes.reports import BROKEN, TOO_LARGE

LINES, PAGE, UNDECIDED = "lines", "page", ""

_BOM = b"\xef\xbb\xbf"
_TRUNCATED = "Input data was truncated"


class Document(NamedTuple):
    """A JSON object, or why there is none. `kind` is what the page around it says, `alone` where none is around."""

    offset: int
    line: int
    value: dict[str, Any] | None
    kind: str = ""
    alone: bool = False
    reason: str = ""
    detail: str = ""


class DocumentFinder:
    """Takes the lines of a file and tells the documents that they complete.

    The first line decides the layout: a whole document means JSON lines, one that breaks where printers break lines
    means a page, which is held until the end of the file and may have `limit` bytes. `envelopes` maps the keys of pages
    (`products`, `data`, `edges`) to a kind or nothing, an object with one of `own` is no page.
    """

    def __init__(self, layout: str, limit: int, envelopes: Mapping[str, str], own: frozenset[str]) -> None:
        self.layout = layout
        self._limit, self._envelopes, self._own = limit, envelopes, own
        self._head: Line | None = None
        """The first line of what is held, whose bytes stand in `_text`: a page has millions of lines."""
        self._text = bytearray()
        self._over = False

    @property
    def holds(self) -> Line | None:
        """The first line of what is not decided or not complete."""
        return self._head

    def take(self, line: Line) -> Iterator[Document]:
        if not line.intact:
            yield from self._too_large(line)
            return
        if line.offset == 0:
            line = line._replace(data=line.data.removeprefix(_BOM))
        if self.layout == LINES:
            yield from self._of_line(line)
        elif self.layout == PAGE:
            yield from self._hold(line)
        elif line.data.strip():
            yield from self._decide(line)

    def rest(self) -> Iterator[Document]:
        """Documents that the end of the file completes."""
        head = self._unheld()
        if head:
            yield from self._documents(head, alone=self.layout != PAGE)

    def _unheld(self) -> Line | None:
        head, self._head = self._head, None
        held, self._text = bytes(self._text), bytearray()
        return head and head._replace(data=held)

    def _decide(self, line: Line) -> Iterator[Document]:
        if not self._head:
            if not _continues(line.data):
                self.layout = LINES
                yield from self._of_line(line)
                return
            if line.data.rstrip().endswith(b"["):
                self.layout = PAGE
        elif line.data.lstrip().startswith(b"{"):
            # No printer puts an object right after `{` or `,` at the head of an object: the first line was cut short.
            self.layout = LINES
            yield from self.rest()
            yield from self._of_line(line)
            return
        else:
            self.layout = PAGE
        yield from self._hold(line)

    def _hold(self, line: Line) -> Iterator[Document]:
        if self._over:
            return
        self._head = self._head or line
        self._text += line.data
        if len(self._text) > self._limit:
            yield from self._too_large(line)

    def _too_large(self, line: Line) -> Iterator[Document]:
        head = self._unheld()
        if head:
            self.layout, self._over = PAGE, True
            detail = f"a page of more than {self._limit} bytes; write one document a line"
            yield Document(head.offset, head.number, None, reason=TOO_LARGE, detail=detail)
        elif self.layout != PAGE:
            self.layout = LINES
            detail = f"a line of more than {self._limit} bytes"
            yield Document(line.offset, line.number, None, reason=TOO_LARGE, detail=detail)

    def _of_line(self, line: Line) -> Iterator[Document]:
        if line.data.strip():
            yield from self._documents(line, alone=True)

    def _documents(self, line: Line, *, alone: bool) -> Iterator[Document]:
        try:
            for value, kind, direct in self._walk(msgspec.Raw(line.data), ""):
                if isinstance(value, dict):
                    yield Document(line.offset, line.number, value, kind, alone=alone and direct)
                else:
                    yield Document(line.offset, line.number, None, reason=BROKEN, detail="not an object")
        except msgspec.DecodeError as error:
            yield Document(line.offset, line.number, None, reason=BROKEN, detail=str(error))
        except UnicodeDecodeError:
            yield Document(line.offset, line.number, None, reason=BROKEN, detail="not UTF-8")
        except RecursionError:
            yield Document(line.offset, line.number, None, reason=BROKEN, detail="nested too deep")

    def _walk(self, raw: msgspec.Raw, kind: str, *, direct: bool = True) -> Iterator[tuple[Any, str, bool]]:
        """The objects of a page, decoded one by one: a decoded page would take ten times its bytes."""
        start = bytes(memoryview(raw)[:64]).lstrip()[:1]
        if start == b"[":
            for item in msgspec.json.decode(raw, type=list[msgspec.Raw]):
                yield from self._walk(item, kind, direct=False)
            return
        if start == b"{":
            heads = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            if self._envelopes and self._own.isdisjoint(heads) and not self._envelopes.keys().isdisjoint(heads):
                for key, item in heads.items():
                    if key in self._envelopes and bytes(memoryview(item)[:4]) != b"null":
                        yield from self._walk(item, self._envelopes[key] or kind, direct=False)
                return
        yield msgspec.json.decode(raw), kind, direct


def _continues(data: bytes) -> bool:
    """Whether a first line opens a page: an unfinished document that ends where a printer breaks lines."""
    try:
        msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        return str(error) == _TRUNCATED and data.rstrip().endswith((b"{", b"[", b","))
    except (UnicodeDecodeError, RecursionError):
        return False
    return False
