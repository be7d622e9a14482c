"""The LanceDB tables of collections. A merge or deletion that is replayed changes nothing; what is appended is compared
with the newest sequence number of its table.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.expr import Expr, col, lit
from lancedb.index import Bitmap, BTree
from lancedb.query import ColumnOrdering

from interplay_server.domain.records import SEQ, Collection, Condition, Index, Op, Removal
from interplay_server.storage.filters import both, either
from interplay_server.storage.lance import arrow, check_schema, optimize
from interplay_server.storage.record_schema import arrow_schema, to_arrow
from interplay_server.storage.record_tail import Folded

_VALUES = 1000
"""Values of a removal that go into one filter."""


class RecordTables:
    """Written under the lock of `Tables`; readers need none. A table is opened when it is first used, and made when it
    is first written.
    """

    def __init__(
        self,
        db: lancedb.AsyncConnection,
        folder: Path,
        names: set[str],
        *,
        collections: Mapping[str, Collection],
        tenant: str,
    ) -> None:
        self._db, self._folder, self._names, self._tenant = db, folder, names, tenant
        self.collections = collections
        self._opened: dict[str, lancedb.AsyncTable] = {}
        self._opening = asyncio.Lock()
        self._commits: dict[str, int] = {}
        self._appended: dict[str, int] = {}
        """Newest sequence number appended to each table: what is tried again after a fault is not appended twice."""
        self.pins = 0
        """Who reads versions of the tables in other processes."""
        self.unindexed_rows = self.rows = 0
        """Appended since the tables were last optimised, and in all since they were opened."""

    @property
    def commits(self) -> int:
        """To the table that has seen most of them since it was last optimised."""
        return max(self._commits.values(), default=0)

    async def _table(self, collection: Collection, *, make: bool = False) -> lancedb.AsyncTable | None:
        """None for a table that is not there. Raises StorageIncompatible."""
        name = collection.name
        if (table := self._opened.get(name)) is not None:
            return table
        if not make and name not in self._names:
            return None
        async with self._opening:
            if name in self._opened:
                return self._opened[name]
            wanted = arrow_schema(collection)
            if name in self._names:
                table = await self._db.open_table(name)
                await check_schema(table, wanted, self._tenant)
                self.rows += await table.count_rows()
            else:
                stable = {"new_table_enable_stable_row_ids": "true"}
                table = await self._db.create_table(name, schema=wanted, storage_options=stable)
            await _index(table, collection)
            self._names.add(name)
            self._opened[name] = table
        return table

    # --- writing, under the lock of Tables

    async def write(self, folded: Mapping[str, Folded]) -> None:
        """Appended rows go last: where a kill leaves some of this undone, they tell how far it got."""
        for name, one in folded.items():
            await self._remove(self.collections[name], one.removals)
        merged = [(self.collections[name], one) for name, one in folded.items() if one.rows]
        for collection, one in sorted(merged, key=lambda pair: pair[0].append_only):
            table = await self._table(collection, make=True)
            assert table is not None  # noqa: S101 - made where missing
            written = self._appended.get(collection.name, 0) if collection.append_only else 0
            fresh = [row for row in one.rows.values() if row[0] > written]
            if not fresh:
                continue
            rows = await asyncio.to_thread(to_arrow, collection, fresh)
            if collection.append_only:
                await table.add(rows)
                self._appended[collection.name] = max(seq for seq, _ in fresh)
                self.unindexed_rows += rows.num_rows
            else:
                merge = table.merge_insert(collection.key)
                await merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)
            self.rows += rows.num_rows
            self._committed(collection)

    async def _remove(self, collection: Collection, removals: Iterable[tuple[int, Removal]]) -> None:
        """What was written before each removal."""
        if (table := await self._table(collection)) is None:
            return
        for seq, removal in removals:
            for at in range(0, len(removal.values), _VALUES):
                values = list(removal.values[at : at + _VALUES])
                await table.delete(col(removal.field).isin(values) & (col(SEQ) < lit(seq)))
                self._committed(collection)

    def _committed(self, collection: Collection) -> None:
        self._commits[collection.name] = self._commits.get(collection.name, 0) + 1

    async def optimize(self, grace: timedelta) -> None:
        if self.pins:
            return  # pruning would take versions away that are read
        for name in [name for name, commits in self._commits.items() if commits]:
            await optimize(self._opened[name], grace)
        self._commits.clear()
        self.unindexed_rows = 0

    # --- reading

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
        if (table := await self._table(collection)) is None:
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
        if (table := await self._table(collection)) is None:
            return None
        return str(self._folder / f"{collection.name}.lance"), await table.version()


async def _index(table: lancedb.AsyncTable, collection: Collection) -> None:
    """Makes the indexes that are missing, also after a kill between making a table and its indexes."""
    have = {index.columns[0] for index in await table.list_indices()}
    wanted = {one.name: one.index for one in collection.fields if one.index} | {SEQ: Index.SORTED}
    for name, index in ({collection.key: Index.SORTED} | wanted).items():
        if name not in have:
            await table.create_index(name, config=BTree() if index is Index.SORTED else Bitmap())


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
