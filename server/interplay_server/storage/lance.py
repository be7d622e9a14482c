"""What every LanceDB table of ours needs: opening and indexes, reads that survive a prune, optimising."""

import asyncio
import warnings
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

import lancedb
import pyarrow as pa
from lancedb.index import FTS, Bitmap, BTree

from interplay_server.errors import StorageIncompatible

Indexes = Mapping[str, BTree | Bitmap | FTS]
"""By column."""
WORDS = FTS(with_position=False, base_tokenizer="simple", language="English", stem=True, ascii_folding=True)
"""Of stemmed texts."""


class Plan(NamedTuple):
    schema: pa.Schema
    indexes: Indexes


async def open_table(
    db: lancedb.AsyncConnection, names: set[str], name: str, plan: Plan, *, tenant: str
) -> lancedb.AsyncTable:
    """Opens a table, or makes it where it is not among `names`; then makes the indexes that are missing, also after a
    kill between making a table and its indexes. Raises StorageIncompatible.
    """
    table = await _existing(db, name) if name in names else None
    if table is not None:
        await check_schema(table, plan.schema, tenant)
    else:
        table = await db.create_table(
            # One that was made although no answer came is there.
            name,
            schema=plan.schema,
            exist_ok=True,
            storage_options={"new_table_enable_stable_row_ids": "true"},
        )
    have = {index.columns[0] for index in await table.list_indices()}
    for column, index in plan.indexes.items():
        if column not in have:
            await table.create_index(column, config=index)
    names.add(name)
    return table


async def _existing(db: lancedb.AsyncConnection, name: str) -> lancedb.AsyncTable | None:
    """None for one that a kill kept from its first version: it is among the names, and cannot be opened."""
    try:
        return await db.open_table(name)
    except ValueError as error:
        if "was not found" not in str(error):
            raise
        return None


def generation_name(name: str, generation: int) -> str:
    """A table that has vectors is made anew by each change of embedder; the first one has the plain name."""
    return f"{name}_{generation}" if generation else name


class LazyTables:
    """Tables that are opened when they are first used, and made when they are first written: most tenants that open
    need few of them. `names` are those that there are.
    """

    def __init__(
        self,
        db: lancedb.AsyncConnection,
        names: set[str],
        plan: Callable[[str], Plan],
        tenant: str,
    ) -> None:
        self._db, self._names, self._plan, self._tenant = db, names, plan, tenant
        self.opened: dict[str, lancedb.AsyncTable] = {}
        self._opening = asyncio.Lock()

    def swap(self, gone: str, name: str, table: lancedb.AsyncTable) -> None:
        """A table takes the place of one of another name."""
        self.opened.pop(gone, None)
        self._names.discard(gone)
        self._names.add(name)
        self.opened[name] = table

    async def existing(self, name: str) -> lancedb.AsyncTable | None:
        """None for a table that is not there. Raises StorageIncompatible."""
        return await self.made(name) if name in self.opened or name in self._names else None

    async def made(self, name: str) -> lancedb.AsyncTable:
        """Raises StorageIncompatible."""
        if (table := self.opened.get(name)) is not None:
            return table
        async with self._opening:
            if name not in self.opened:
                self.opened[name] = await open_table(self._db, self._names, name, self._plan(name), tenant=self._tenant)
        return self.opened[name]


_reading: set[asyncio.Future[None]] = set()


async def arrow(query: lancedb.query.AsyncQueryBase) -> pa.Table:
    """Once more where a prune took the files of the version away under the read: the newest version has the rows."""
    done = asyncio.get_running_loop().create_future()
    _reading.add(done)
    try:
        return await query.to_arrow()
    except RuntimeError as error:
        if "Not found" not in str(error):
            raise
        return await query.to_arrow()
    finally:
        _reading.discard(done)
        done.set_result(None)


async def reads_ended(seconds: float) -> None:
    """Returns when all reads that run now have ended, or the time is up."""
    if _reading:
        await asyncio.wait(set(_reading), timeout=seconds)


async def optimize(table: lancedb.AsyncTable, grace: timedelta, *, unverified: bool = False) -> None:
    """Compacts, folds new rows into the indexes, prunes versions older than `grace`; with `unverified` also young files
    that no version names, which a kill leaves behind: nobody else may be writing.
    """
    with warnings.catch_warnings():
        # One process owns the folder and running reads are waited for: pruning everything is what is meant.
        warnings.filterwarnings("ignore", message=".*cleanup_older_than=0.*", category=UserWarning)
        await table.optimize(cleanup_older_than=grace, delete_unverified=unverified)


async def check_schema(table: lancedb.AsyncTable, wanted: pa.Schema, tenant: str) -> None:
    """Raises StorageIncompatible."""
    have = await table.schema()
    missing = [field.name for field in wanted if field.name not in have.names]
    if missing:
        raise StorageIncompatible(tenant, f"table {table.name} lacks {', '.join(missing)}")
    for field in wanted:
        if have.field(field.name).type != field.type:
            raise StorageIncompatible(
                tenant, f"{table.name}.{field.name} is {have.field(field.name).type}, this server's is {field.type}"
            )
