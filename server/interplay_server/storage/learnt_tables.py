"""The LanceDB tables of what is learnt. Every write is a merge by key, so that a replayed entry changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import lancedb
import pyarrow as pa
from lancedb.expr import Expr, col, lit
from lancedb.index import Bitmap, BTree
from lancedb.query import ColumnOrdering

from interplay_server.domain.learnt import ChangeFilter, LearntFilter, Row, RowChange
from interplay_server.domain.ports import Vectors
from interplay_server.storage import learnt_schema as schema
from interplay_server.storage.filters import both, either, instant
from interplay_server.storage.lance import WORDS, LazyTables, Plan, arrow, generation_name, optimize

_ROW_KEYS, _CHANGE_KEYS = ("row_id", "user_id"), ("change_id", "row_id", "seq", "user_id")
_WORDS = ("agent_id", "generation")
_ID_CHUNK = 1000


def row_plan(dimension: int) -> Plan:
    indexes = dict.fromkeys(_ROW_KEYS, BTree()) | dict.fromkeys(_WORDS, Bitmap()) | {"search_text": WORDS}
    return Plan(schema.row_schema(dimension), indexes)


class LearntTables:
    """Written under the lock of `Tables`; readers need none."""

    def __init__(
        self, db: lancedb.AsyncConnection, names: set[str], dimension: int, tenant: str, generation: int = 0
    ) -> None:
        self._dimension, self._generation = dimension, generation
        self._tables = LazyTables(db, names, self._plan, tenant)
        self.commits = 0

    def _plan(self, name: str) -> Plan:
        if name == schema.CHANGES:
            return Plan(schema.CHANGE_SCHEMA, dict.fromkeys(_CHANGE_KEYS, BTree()))
        return row_plan(self._dimension)

    def _name(self, kind: str) -> str:
        return generation_name(schema.TABLES[kind], self._generation)

    async def table(self, kind: str) -> lancedb.AsyncTable | None:
        """None for a kind of which nothing was learnt."""
        return await self._tables.existing(self._name(kind))

    async def history(self) -> lancedb.AsyncTable | None:
        """Of all kinds; None where nothing was learnt."""
        return await self._tables.existing(schema.CHANGES)

    def replace(self, generation: int, dimension: int, opened: Mapping[str, lancedb.AsyncTable]) -> None:
        """Other tables, by kind, take the place of those in use."""
        old = {kind: self._name(kind) for kind in opened}
        self._generation, self._dimension = generation, dimension
        for kind, table in opened.items():
            self._tables.swap(old[kind], self._name(kind), table)

    # --- writing, under the lock of Tables

    async def put(self, kind: str, rows: pa.Table) -> None:
        await self._merge(self._name(kind), "row_id", rows)

    async def remove(self, kind: str, row_ids: Sequence[str]) -> None:
        await self._delete(self._name(kind), row_ids)

    async def forget(self, row_ids: Sequence[str]) -> None:
        """Deletes what the history says of rows."""
        await self._delete(schema.CHANGES, row_ids)

    async def _delete(self, name: str, row_ids: Sequence[str]) -> None:
        if (table := await self._tables.existing(name)) is not None:
            await table.delete(col("row_id").isin(list(row_ids)))
            self.commits += 1

    async def add_changes(self, changes: Sequence[RowChange]) -> None:
        await self._merge(schema.CHANGES, "change_id", schema.changes_to_arrow(changes))

    async def _merge(self, name: str, key: str, rows: pa.Table) -> None:
        table = await self._tables.made(name)
        await table.merge_insert(key).when_matched_update_all().when_not_matched_insert_all().execute(rows)
        self.commits += 1

    async def optimize(self, grace: timedelta) -> None:
        for name in (*map(self._name, schema.TABLES), schema.CHANGES):
            if (table := await self._tables.existing(name)) is not None:
                await optimize(table, grace)
        self.commits = 0

    # --- reading

    async def get(self, kind: str, row_ids: Sequence[str]) -> list[Row]:
        found: list[Row] = []
        for at in range(0, len(row_ids), _ID_CHUNK):
            if (table := await self.table(kind)) is None:
                break
            mine = col("row_id").isin(list(row_ids[at : at + _ID_CHUNK]))
            found += schema.rows_from_arrow(await arrow(table.query().select(["record"]).where(mine)))
        return found

    async def rows(self, kind: str, where: LearntFilter, *, limit: int, before: str) -> list[Row]:
        if (table := await self.table(kind)) is None:
            return []
        query = table.query().select(["record"])
        if (matching := both(_rows(where), col("row_id") < lit(before) if before else None)) is not None:
            query = query.where(matching)
        query = query.order_by([ColumnOrdering(column_name="row_id", ascending=False)]).with_row_id()
        return schema.rows_from_arrow(await arrow(query.limit(limit)))

    async def nearest(self, kind: str, vector: Vectors, where: LearntFilter, limit: int) -> list[Row]:
        if (table := await self.table(kind)) is None:
            return []
        query = table.query().nearest_to(vector).distance_type("cosine").bypass_vector_index()
        if (matching := _rows(where)) is not None:
            query = query.where(matching)
        return schema.rows_from_arrow(await arrow(query.select(["record", "_distance"]).limit(limit)))

    async def matching(self, kind: str, text: str, where: LearntFilter, limit: int) -> list[Row]:
        if (table := await self.table(kind)) is None:
            return []
        query = table.query().nearest_to_text(text, columns=["search_text"])
        if (matching := _rows(where)) is not None:
            query = query.where(matching)
        return schema.rows_from_arrow(await arrow(query.select(["record", "_score"]).limit(limit)))

    async def changes(
        self,
        where: ChangeFilter,
        *,
        limit: int,
        before: tuple[int, str] | None = None,
        after_seq: int | None = None,
        up_to_seq: int | None = None,
    ) -> list[RowChange]:
        """The latest first; with `after_seq` the earliest first."""
        if (table := await self._tables.existing(schema.CHANGES)) is None:
            return []
        seq, change_id = col("seq"), col("change_id")
        parts = [_changes(where)]
        if before is not None:
            at = lit(before[0])
            parts.append((seq < at) | ((seq == at) & (change_id < lit(before[1]))))
        if after_seq is not None:
            parts.append(seq > lit(after_seq))
        if up_to_seq is not None:
            parts.append(seq <= lit(up_to_seq))
        query = table.query().select(["record"])
        if (matching := both(*parts)) is not None:
            query = query.where(matching)
        ascending = after_seq is not None
        order = [ColumnOrdering(column_name=name, ascending=ascending) for name in ("seq", "change_id")]
        return schema.changes_from_arrow(await arrow(query.order_by(order).with_row_id().limit(limit)))


def _rows(where: LearntFilter) -> Expr | None:
    names = ("user_id", "agent_id", "source", "category", "method", "ttl", "arm", "lesson")
    parts: list[Expr | None] = [col(name) == lit(value) for name in names if (value := getattr(where, name))]
    if where.approvals:
        parts.append(either(*(col("approval") == lit(one) for one in where.approvals)))
    if where.generation is not None:
        parts.append(col("generation") == lit(where.generation))
    if where.user_ids:
        parts.append(col("user_id").isin(sorted(where.user_ids)))
    return both(*parts)


def _changes(where: ChangeFilter) -> Expr | None:
    parts: list[Expr | None] = [
        col(name) == lit(value) for name in ("user_id", "row_id") if (value := getattr(where, name))
    ]
    if where.user_ids:
        parts.append(col("user_id").isin(sorted(where.user_ids)))
    if where.kinds:
        parts.append(either(*(col("kind") == lit(one) for one in where.kinds)))
    if where.changes:
        parts.append(either(*(col("change") == lit(one) for one in where.changes)))
    if where.start_time is not None:
        parts.append(col("time") >= instant(where.start_time))
    if where.end_time is not None:
        parts.append(col("time") < instant(where.end_time))
    return both(*parts)
