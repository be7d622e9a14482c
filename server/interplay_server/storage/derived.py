"""Tables of rows that can be computed again: not journaled, made anew where their columns change.

Rows have a key, its bucket and a revision. New ones are added before those they replace are deleted, so that a read
finds each key in one of them or in both, and takes the greatest revision.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
import structlog
from lancedb.expr import Expr, col, lit
from lancedb.index import Bitmap, BTree

from interplay_server.domain.records import Condition
from interplay_server.domain.shop import DERIVED_BUCKET, DERIVED_KEY, REVISION
from interplay_server.storage import disk
from interplay_server.storage.filters import both
from interplay_server.storage.lance import arrow, optimize
from interplay_server.storage.places import Place, options_of
from interplay_server.storage.record_tables import expression
from interplay_server.storage.shredding import shred

OPTIMIZE_COMMITS = 60
"""Commits to a table after which it is compacted and its indexes take in what is new."""
OPTIMIZE_ROWS = 2_000_000
_GRACE = timedelta(minutes=10)
_VALUES = 1000
_log = structlog.get_logger(__name__)


class LocalDerived:
    """See `domain.ports.DerivedStore`."""

    def __init__(self, folder: Path | Place, session: lancedb.Session) -> None:
        self._folder, self._session = folder, session
        self._db: lancedb.AsyncConnection | None = None
        self._tables: dict[str, lancedb.AsyncTable | None] = {}
        self._opening, self._writing = asyncio.Lock(), asyncio.Lock()
        self._commits: dict[str, int] = {}
        self._added: dict[str, int] = {}

    async def replace(self, name: str, rows: pa.Table, revision: int, scope: Sequence[Condition]) -> None:
        async with self._writing:
            table = await self._table(name)
            if table is not None and not (await table.schema()).equals(rows.schema):
                assert self._db is not None  # noqa: S101 - a table is open
                _log.info("derived table is made anew", table=name)
                await self._db.drop_table(name)
                table = self._tables[name] = None
            if table is None:
                table = await self._make(name, rows.schema)
            if rows.num_rows:
                await table.add(rows)
            await self._delete(table, [*scope], revision)
            self._commits[name] = self._commits.get(name, 0) + 1
            self._added[name] = self._added.get(name, 0) + rows.num_rows
            if self._commits[name] >= OPTIMIZE_COMMITS or self._added[name] >= OPTIMIZE_ROWS:
                await self._optimize(name, table)

    @staticmethod
    async def _delete(table: lancedb.AsyncTable, scope: list[Condition], revision: int) -> None:
        older = col(REVISION) < lit(revision)
        long = next((one for one in scope if isinstance(one.value, tuple) and len(one.value) > _VALUES), None)
        if long is None:
            await table.delete(_all(expression(scope), older))
            return
        rest = [one for one in scope if one is not long]
        for at in range(0, len(long.value), _VALUES):
            part = Condition(long.field, long.op, long.value[at : at + _VALUES])
            await table.delete(_all(expression([*rest, part]), older))

    async def tidy(self, name: str) -> None:
        async with self._writing:
            if self._commits.get(name) and (table := await self._table(name)) is not None:
                await self._optimize(name, table)

    async def _optimize(self, name: str, table: lancedb.AsyncTable) -> None:
        try:
            await optimize(table, _GRACE)
        except RuntimeError:
            _log.exception("cannot optimise", table=name)
        self._commits[name] = self._added[name] = 0

    async def forget(self, column: str, values: Sequence[str]) -> int:
        """Deletes rows of all tables that name one of these; gives how many there were."""
        gone = 0
        async with self._writing:
            for name in await self._there():
                if (table := await self._table(name)) is None or column not in (await table.schema()).names:
                    continue
                where = col(column).isin(list(values))
                gone += int((await arrow(table.query().where(where).select([column]))).num_rows)
                await table.delete(where)
                self._commits[name] = self._commits.get(name, 0) + 1
        return gone

    async def shred(self, told: Callable[[], None]) -> None:
        """Returns when what was removed from any table is in no file."""
        async with self._writing:
            for name in await self._there():
                if (table := await self._table(name)) is not None:
                    await shred(table, self._folder / f"{name}.lance", told)
                    self._commits[name] = self._added[name] = 0

    async def _there(self) -> list[str]:
        if isinstance(self._folder, Path) and not await asyncio.to_thread(self._folder.is_dir):
            return []
        return list((await (await self._connect()).list_tables()).tables)

    async def flush(self) -> None:
        if isinstance(self._folder, Path):
            await asyncio.to_thread(disk.flush_filesystem, self._folder.parent)

    async def table(
        self, name: str, where: Sequence[Condition] = (), *, columns: Sequence[str] = ()
    ) -> pa.Table | None:
        table = await self._table(name)
        if table is None:
            return None
        query = table.query()
        if columns:
            query = query.select(list(dict.fromkeys([*columns, DERIVED_KEY, REVISION])))
        if (wanted := expression(where)) is not None:
            query = query.where(wanted)
        found = await arrow(query)
        found = await asyncio.to_thread(_newest, found)
        return found.select(list(columns)) if columns else found

    async def count(self, name: str) -> int:
        table = await self._table(name)
        return 0 if table is None else int(await table.count_rows())

    async def newest(self, name: str) -> int:
        found = await self.table(name, columns=(REVISION,))
        return (pc.max(found[REVISION]).as_py() or 0) if found is not None else 0

    async def _connect(self) -> lancedb.AsyncConnection:
        if self._db is None:
            self._db = await lancedb.connect_async(
                str(self._folder), session=self._session, storage_options=options_of(self._folder)
            )
        return self._db

    async def _table(self, name: str) -> lancedb.AsyncTable | None:
        if name in self._tables:
            return self._tables[name]
        async with self._opening:
            if name not in self._tables:
                db = await self._connect()
                there = name in (await db.list_tables()).tables
                self._tables[name] = await db.open_table(name) if there else None
        return self._tables[name]

    async def _make(self, name: str, schema: pa.Schema) -> lancedb.AsyncTable:
        db = await self._connect()
        table = await db.create_table(name, schema=schema)
        await table.create_index(DERIVED_KEY, config=BTree())
        await table.create_index(REVISION, config=BTree())
        await table.create_index(DERIVED_BUCKET, config=Bitmap())
        for text in ("customer_id", "product_id"):
            if text in schema.names:
                await table.create_index(text, config=BTree())
        self._tables[name] = table
        return table


def _all(*parts: Expr | None) -> Expr:
    made = both(*parts)
    assert made is not None  # noqa: S101 - one part is always given
    return made


def _newest(rows: pa.Table) -> pa.Table:
    """The row of the greatest revision of each key."""
    if pc.count_distinct(rows[REVISION]).as_py() < 2:
        return rows
    if pc.count_distinct(rows[DERIVED_KEY]).as_py() == rows.num_rows:
        return rows
    numbered = rows.append_column("at", pa.array(range(rows.num_rows), pa.int64()))
    ordered = numbered.select([DERIVED_KEY, REVISION, "at"]).sort_by([(REVISION, "ascending")])
    last = ordered.group_by(DERIVED_KEY, use_threads=False).aggregate([("at", "last")])
    return rows.take(last["at_last"])
