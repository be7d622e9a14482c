"""Imports one table of a shop from CSV or JSON lines."""

from collections.abc import Collection, Iterator
from typing import Any

from interplay_server.features.shapes.documents import PAGE, DocumentFinder
from interplay_server.features.shapes.importing import Importer
from interplay_server.features.shapes.lines import MAX_LINE, Line
from interplay_server.features.shapes.reports import (
    BROKEN,
    INVALID,
    OTHER_SHOP,
    TOO_LARGE,
    Checkpoint,
    guests,
)
from interplay_server.features.shapes.rows import MAX_ROW, RowCutter
from interplay_server.features.shapes.shops import Shop
from interplay_server.features.shapes.tables import COLUMNS, READERS, column
from interplay_server.features.shapes.values import Invalid

_MAX_COLUMNS = 1_000
_MAX_UNKNOWN = 100
_CSV = "csv"


class TableImporter(Importer):
    """Whether a file is CSV or JSON is told by its first character."""

    def __init__(
        self,
        table: str,
        shop: str | Collection[str] = (),
        resume: Checkpoint | None = None,
        limit: int = MAX_LINE,
    ) -> None:
        """`table` is one of `tables.COLUMNS`; `shop` the names of the shop whose rows are taken, all where empty."""
        super().__init__(resume, limit)
        start = resume or Checkpoint()
        self._table, self._read = table, READERS[table]
        self._known = frozenset(COLUMNS[table])
        self._shop = Shop(shop)
        self._layout = start.layout
        self._columns = start.columns
        self._rows = RowCutter(start.delimiter, min(limit, MAX_ROW))
        self._documents = self._finder("" if start.layout == _CSV else start.layout)
        self._spelling: dict[str, str] = {}

    @property
    def checkpoint(self) -> Checkpoint:
        offset, line = self._done
        layout = self._layout if self._layout == _CSV else self._documents.layout
        if layout == PAGE and not self._finished:
            return Checkpoint()
        return Checkpoint(offset, line, self._columns, self._rows.delimiter, layout, self.report.snapshot())

    def _finder(self, layout: str) -> DocumentFinder:
        return DocumentFinder(layout, self.limit, {self._table: ""}, self._known)

    def _take(self, line: Line) -> None:
        if not self._layout:
            head = line.data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
            if line.intact and not head:
                self._done = (line.end, line.number + 1)
                return
            self._layout = "json" if head in {b"{", b"["} else _CSV
        if self._layout == _CSV:
            for row in self._rows.take(line):
                self._row(row.offset, row.number, row.fields, row.reason, row.detail)
                self._done = (row.end, row.next_number)
            if self._rows.holds is None:
                self._done = (line.end, line.number + 1)
        else:
            self._documented(self._documents.take(line))
            if self._documents.holds is None:
                self._done = (line.end, line.number + 1)

    def _end(self) -> None:
        for row in self._rows.rest():
            self._row(row.offset, row.number, row.fields, row.reason, row.detail)
        self._documented(self._documents.rest())

    def _documented(self, documents: Iterator[Any]) -> None:
        for place, one in enumerate(documents):
            if one.value is None:
                self.report.skip(one.line, one.offset, one.reason, one.detail)
                continue
            row = {self._spelled(key): None if value == "" else value for key, value in one.value.items()}
            self._record(row, one.offset, one.line, place)

    def _spelled(self, key: str) -> str:
        known = self._spelling.get(key)
        if known is None:
            known = column(key)
            if known not in self._known:
                self._unknown(known)
            if len(self._spelling) < _MAX_COLUMNS:
                self._spelling[key] = known
        return known

    def _unknown(self, name: str) -> None:
        names = self.report.unknown_columns
        if name and name not in names and len(names) < _MAX_UNKNOWN:
            names.append(name[:256])

    def _row(self, offset: int, number: int, fields: list[str], reason: str, detail: str) -> None:
        if reason:
            self.report.skip(number, offset, reason, detail)
        elif not self._columns:
            self._head(offset, number, fields)
        elif len(fields) != len(self._columns):
            detail = f"{len(fields)} fields under {len(self._columns)} columns"
            self.report.skip(number, offset, BROKEN, detail)
        else:
            row = {name: value for name, value in zip(self._columns, fields, strict=True) if value}
            self._record(row, offset, number, 0)

    def _head(self, offset: int, number: int, fields: list[str]) -> None:
        if len(fields) > _MAX_COLUMNS:
            self.report.skip(number, offset, TOO_LARGE, f"more than {_MAX_COLUMNS} columns")
            return
        self._columns = tuple(column(field) for field in fields)
        for name in self._columns:
            if name not in self._known:
                self._unknown(name)

    def _record(self, row: dict[str, Any], offset: int, number: int, place: int) -> None:
        self.report.count(self.report.read, self._table)
        if not self._shop.owns([row.get("shop_id")]):
            self.report.skip(number, offset, OTHER_SHOP)
            return
        row["place"] = f"@{offset}.{place}"
        try:
            record = self._read(row)
        except Invalid as error:
            self.report.skip(number, offset, INVALID, str(error))
            return
        self.report.note(guests([record]))
        self._emit(record, offset, number)
