"""Tables of another server's, read while that server writes, optimises and prunes them.

Each read looks for the newest version first (0.1 ms on a local disk), so that a table is never behind the part of the
journal that was read before it, and a version that was pruned is none of ours.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import lancedb
import pyarrow as pa

from interplay_server.domain.records import Collection, Condition
from interplay_server.errors import StorageReadOnly, TenantBusy
from interplay_server.storage import schema
from interplay_server.storage.derived import LocalDerived
from interplay_server.storage.lance import LazyTables, Plan, check_schema, generation_name
from interplay_server.storage.learnt_tables import LearntTables
from interplay_server.storage.places import Place, options_of
from interplay_server.storage.record_tables import RecordTables
from interplay_server.storage.replicas.ledger import open_read_only
from interplay_server.storage.tables import Tables
from interplay_server.storage.vault import LocalVault

_NEWEST = timedelta(0)


class ExistingTables(LazyTables):
    """Tables that the other server has made; none is made here, and no index."""

    def __init__(
        self, db: lancedb.AsyncConnection, folder: Path | Place, plan: Callable[[str], Plan], tenant: str
    ) -> None:
        super().__init__(db, set(), plan, tenant)
        self._folder = folder

    @classmethod
    def like(cls, tables: LazyTables, folder: Path | Place) -> "ExistingTables":
        return cls(tables._db, folder, tables._plan, tables._tenant)  # noqa: SLF001 - of its own kind

    async def existing(self, name: str) -> lancedb.AsyncTable | None:
        if (table := self.opened.get(name)) is not None:
            return table
        if not await is_made(self._db, self._folder, name):
            return None
        async with self._opening:
            if name not in self.opened:
                table = await self._db.open_table(name)
                await check_schema(table, self._plan(name).schema, self._tenant)
                self.opened[name] = table
        return self.opened[name]

    async def made(self, *_: Any) -> NoReturn:
        raise StorageReadOnly(self._tenant)


class _Learnt(LearntTables):
    def __init__(
        self, db: lancedb.AsyncConnection, folder: Path | Place, dimension: int, tenant: str, generation: int
    ) -> None:
        super().__init__(db, set(), dimension, tenant, generation)
        self._tables = ExistingTables.like(self._tables, folder)


class _Records(RecordTables):
    def __init__(
        self, db: lancedb.AsyncConnection, folder: Path | Place, collections: Mapping[str, Collection], tenant: str
    ) -> None:
        super().__init__(db, folder, set(), collections=collections, tenant=tenant)
        self._tables = ExistingTables.like(self._tables, folder)

    async def written_at(self, collection: Collection) -> int | None:
        self._written.pop(collection.name, None)
        return await super().written_at(collection)


class ReplicaTables(Tables):
    """The reading half of `Tables`."""

    @classmethod
    async def open(
        cls,
        folder: Path | Place,
        session: lancedb.Session,
        dimension: int,
        collections: Mapping[str, Collection],
        tenant: str,
        *,
        generation: int = 0,
    ) -> "ReplicaTables":
        """Raises StorageIncompatible, TenantBusy while the tables are being made."""
        wanted = {
            generation_name(schema.INTERACTIONS, generation): schema.interaction_schema(dimension),
            schema.ANNOTATIONS: schema.ANNOTATION_SCHEMA,
            schema.IMAGES: schema.IMAGE_SCHEMA,
        }
        if not folder.is_dir():  # noqa: ASYNC240 - microseconds, once
            raise TenantBusy(tenant, "it is being made")
        db = await connect(folder, session)
        fixed = ExistingTables(db, folder, lambda name: Plan(wanted[name], {}), tenant)
        opened = [table for name in wanted if (table := await fixed.existing(name)) is not None]
        if len(opened) < len(wanted):
            raise TenantBusy(tenant, "it is being made")
        tables = cls(
            *opened,
            learnt=_Learnt(db, folder, dimension, tenant, generation),
            records=_Records(db, folder, collections, tenant),
            dimension=dimension,
            db=db,
            generation=generation,
        )
        tables._annotated = True  # or may be by the next read
        return tables


class ReplicaDerived(LocalDerived):
    """The reading half of `LocalDerived`. A table may be dropped and made anew at any time."""

    async def replace(self, *_: Any) -> NoReturn:
        raise StorageReadOnly(str(self._folder))

    async def tidy(self, name: str) -> None: ...

    async def flush(self) -> None: ...

    async def table(
        self, name: str, where: Sequence[Condition] = (), *, columns: Sequence[str] = ()
    ) -> pa.Table | None:
        try:
            return await super().table(name, where, columns=columns)
        except (RuntimeError, ValueError):
            # Dropped under the read, or made anew with other columns.
            if self._tables.pop(name, None) is None:
                raise
            return await super().table(name, where, columns=columns)

    async def _connect(self) -> lancedb.AsyncConnection:
        if self._db is None:
            self._db = await connect(self._folder, self._session)
        return self._db

    async def _table(self, name: str) -> lancedb.AsyncTable | None:
        # Connecting would make a folder.
        if not self._folder.is_dir() or not await is_made(await self._connect(), self._folder, name):
            self._tables.pop(name, None)
            return None
        return await super()._table(name)


class ReplicaVault(LocalVault):
    """The reading half of `LocalVault`."""

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = open_read_only(self._path)
        return self._db

    def _transact(self, *_: object, **__: object) -> NoReturn:
        raise StorageReadOnly(self._tenant)

    def _close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None


async def connect(folder: Path | Place, session: lancedb.Session) -> lancedb.AsyncConnection:
    """Tables opened by it look for their newest version before each read."""
    return await lancedb.connect_async(
        str(folder), session=session, read_consistency_interval=_NEWEST, storage_options=options_of(folder)
    )


async def is_made(db: lancedb.AsyncConnection, folder: Path | Place, name: str) -> bool:
    """Whether a table has a version."""
    if isinstance(folder, Path):
        return any((folder / f"{name}.lance" / "_versions").glob("*.manifest"))
    return name in (await db.list_tables()).tables
