"""The LanceDB tables of collections. A merge or deletion that is replayed changes nothing; what is appended is compared
with the newest sequence number of its table.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.expr import Expr, col, lit
from lancedb.index import FTS, Bitmap, BTree
from lancedb.query import ColumnOrdering

from interplay_server.domain.records import SEQ, Collection, Condition, Index, Op, Removal
from interplay_server.storage.buckets.doubt import Appends
from interplay_server.storage.filters import both, either
from interplay_server.storage.lance import LazyTables, Plan, arrow, optimize
from interplay_server.storage.places import Place
from interplay_server.storage.record_schema import arrow_schema, to_arrow
from interplay_server.storage.record_tail import Folded
from interplay_server.storage.shredding import shred

_VALUES = 1000
"""Values of a removal that go into one filter."""


class RecordTables:
    """Written under the lock of `Tables`; readers need none."""

    def __init__(
        self,
        db: lancedb.AsyncConnection,
        folder: Path | Place,
        names: set[str],
        *,
        collections: Mapping[str, Collection],
        tenant: str,
    ) -> None:
        self._folder, self.collections = folder, collections
        self._tables = LazyTables(db, names, lambda name: _plan(collections[name]), tenant)
        self._commits: dict[str, int] = {}
        self._appends = Appends()
        self._appended: dict[str, int] = {}
        """Newest sequence number appended to each table: what is tried again after a fault is not appended twice."""
        self.pins = 0
        """Who reads versions of the tables in other processes."""
        self._sizes: dict[str, int] = {}
        """About how many rows the tables have that were written to."""
        self._written: dict[str, int] = {}
        self.unindexed_rows = 0
        """Appended since the tables were last optimised."""

    @property
    def rows(self) -> int:
        return sum(self._sizes.values())

    @property
    def commits(self) -> int:
        """To the table that has seen most of them since it was last optimised."""
        return max(self._commits.values(), default=0)

    # --- writing, under the lock of Tables

    async def write(self, folded: Mapping[str, Folded]) -> None:
        """Appended rows go last: where a kill leaves some of this undone, they tell how far it got."""
        for name, one in folded.items():
            await self._remove(self.collections[name], one.removals)
        merged = [(self.collections[name], one) for name, one in folded.items() if one.rows]
        for collection, one in sorted(merged, key=lambda pair: pair[0].append_only):
            table = await self._tables.made(collection.name)
            written = self._appended.get(collection.name, 0) if collection.append_only else 0
            fresh = [row for row in one.rows.values() if row[0] > written]
            if not fresh:
                continue
            rows = await asyncio.to_thread(to_arrow, collection, fresh)
            if collection.append_only:
                await self._appends.add(table, rows)
                self._appended[collection.name] = max(seq for seq, _ in fresh)
                self.unindexed_rows += rows.num_rows
            else:
                merge = table.merge_insert(collection.key)
                await merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)
            if collection.name not in self._sizes:
                self._sizes[collection.name] = await table.count_rows()
            self._sizes[collection.name] += rows.num_rows
            self._committed(collection)

    async def _remove(self, collection: Collection, removals: Iterable[tuple[int, Removal]]) -> None:
        """What was written before each removal."""
        if (table := await self._tables.existing(collection.name)) is None:
            return
        for seq, removal in removals:
            for at in range(0, len(removal.values), _VALUES):
                values = list(removal.values[at : at + _VALUES])
                await table.delete(col(removal.field).isin(values) & (col(SEQ) < lit(seq)))
                self._committed(collection)

    def _committed(self, collection: Collection) -> None:
        self._commits[collection.name] = self._commits.get(collection.name, 0) + 1
        self._written[collection.name] = time.time_ns() // 1000

    async def optimize(self, grace: timedelta) -> None:
        if self.pins:
            return  # pruning would take versions away that are read
        for name in [name for name, commits in self._commits.items() if commits]:
            await optimize(self._tables.opened[name], grace)
        self._commits.clear()
        self.unindexed_rows = 0

    async def rewrite(self, names: Sequence[str]) -> None:
        """Makes what was removed physically gone: compaction leaves deleted rows in files of which less than a tenth is
        deleted, and in indexes.
        """
        for name in names:
            if (table := await self._tables.existing(name)) is not None:
                await shred(table, self._folder / f"{name}.lance")
                self._commits.pop(name, None)

    # --- reading

    @property
    def folder(self) -> Path | Place:
        """Of all tables of the tenant."""
        return self._folder

    async def existing(self, name: str) -> lancedb.AsyncTable | None:
        return await self._tables.existing(name)

    async def count_all(self) -> int:
        """Rows of all tables."""
        opened = [await self._tables.existing(name) for name in self.collections]
        return sum([await table.count_rows() for table in opened if table is not None])

    async def written_at(self, collection: Collection) -> int | None:
        """Microseconds; of the table's newest version, which maintenance makes too."""
        if (table := await self._tables.existing(collection.name)) is None:
            return None
        if (known := self._written.get(collection.name)) is None:
            newest = (await table.list_versions())[-1]["timestamp"]  # type: ignore[no-untyped-call]
            known = self._written[collection.name] = int(newest.timestamp() * 1_000_000)
        return known

    async def select(
        self,
        collection: Collection,
        where: Expr | None,
        *,
        columns: Sequence[str],
        order: Sequence[str],
        descending: bool,
        limit: int | None,
    ) -> pa.Table:
        if (table := await self._tables.existing(collection.name)) is None:
            return arrow_schema(collection).empty_table().select(list(columns))
        query = table.query().select(list(columns))
        if where is not None:
            query = query.where(where)
        if order and limit is not None:
            # The order of everything is made in memory, with what is in the tail.
            ordering = [ColumnOrdering(column_name=name, ascending=not descending) for name in order]
            query = query.order_by(ordering).with_row_id()
        found = await arrow(query.limit(limit) if limit is not None else query)
        return found.select(list(columns))

    async def newest_seq(self, collection: Collection, after_seq: int) -> int:
        """Greatest sequence number in the table beyond `after_seq`, or `after_seq`."""
        later = col(SEQ) > lit(after_seq)
        found = await self.select(collection, later, columns=[SEQ], order=(), descending=False, limit=None)
        return pc.max(found[SEQ]).as_py() if found.num_rows else after_seq

    async def location(self, collection: Collection) -> tuple[str, int] | None:
        if (table := await self._tables.existing(collection.name)) is None:
            return None
        return str(self._folder / f"{collection.name}.lance"), await table.version()


def _plan(collection: Collection) -> Plan:
    indexes: dict[str, BTree | Bitmap | FTS] = {collection.key: BTree(), SEQ: BTree()}
    for one in collection.fields:
        if one.index:
            indexes[one.name] = BTree() if one.index is Index.SORTED else Bitmap()
    return Plan(arrow_schema(collection), indexes)


def expression(conditions: Iterable[Condition]) -> Expr | None:
    return both(*(_condition(one) for one in conditions))


def _condition(one: Condition) -> Expr:
    column = col(one.field)
    if one.op is Op.IN:
        return column.isin(list(one.value))
    value = lit(one.value)
    if one.op is Op.EQ:
        return column == value
    if one.op is Op.LT:
        return column < value
    if one.op is Op.LE:
        return column <= value
    return column > value if one.op is Op.GT else column >= value


def beyond(order: Sequence[str], after: Sequence[Any], *, descending: bool) -> Expr | None:
    """What comes after `after` in the order of some columns."""
    parts = []
    for place, (name, value) in enumerate(zip(order, after, strict=True)):
        column, at = col(name), lit(value)
        same = [col(before) == lit(given) for before, given in zip(order[:place], after, strict=False)]
        parts.append(both(*same, column < at if descending else column > at))
    return either(*(part for part in parts if part is not None))
