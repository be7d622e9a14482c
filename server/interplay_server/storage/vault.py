"""A tenant's vault: a small SQLite database apart from the ledger, so that erasing a person overwrites a few pages.

Deleted rows are overwritten (secure_delete) and the write-ahead log is truncated before an erasure returns.
"""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from interplay_server.domain.vault import StoredConsent, StoredKey, StoredPerson
from interplay_server.errors import StorageIncompatible
from interplay_server.storage import content_keys, disk
from interplay_server.storage.buckets.changes import Changes
from interplay_server.storage.buckets.shipped_rows import Rows
from interplay_server.storage.ledger import connect

T = TypeVar("T")
NAME = "vault.sqlite3"
VERSION = 2
_AT_ONCE = 500
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE keys (
    key_id TEXT PRIMARY KEY, purpose TEXT NOT NULL, wrapped BLOB NOT NULL, create_time INTEGER NOT NULL,
    destroy_time INTEGER
);
CREATE TABLE people (
    lookup BLOB PRIMARY KEY, key_id TEXT NOT NULL, alias TEXT NOT NULL, subject BLOB NOT NULL, wrapped BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX people_alias ON people (alias);
CREATE INDEX people_key ON people (key_id);
CREATE TABLE consents (subject BLOB PRIMARY KEY, opted_in INTEGER NOT NULL, time INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE erasures (alias TEXT PRIMARY KEY) WITHOUT ROWID;
{content_keys.SCHEMA}
PRAGMA user_version = {VERSION};
COMMIT;
"""
_WITH_CONTENT_KEYS = f"BEGIN IMMEDIATE;{content_keys.SCHEMA}PRAGMA user_version = {VERSION};COMMIT;"
_log = structlog.get_logger(__name__)


class LocalVault:
    """See `domain.ports.Vault`. The file is made by the first write."""

    def __init__(self, path: Path, tenant: str, executor: Executor) -> None:
        self._path, self._tenant, self._executor = path, tenant, executor
        self._db: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self.followed = False
        """Set before its first use: what changes is noted for `take_changes`."""
        self._changes: Changes | None = None
        self._whole = True
        self.content_keys = content_keys.LocalContentKeys(self._read, self._write)

    # --- reading

    async def keys(self) -> list[StoredKey]:
        rows = await self._read(
            "SELECT key_id, purpose, wrapped, create_time, destroy_time FROM keys ORDER BY create_time, key_id"
        )
        return [StoredKey(*row) for row in rows]

    async def people(self, lookups: Sequence[bytes]) -> list[StoredPerson]:
        return await self._people("lookup", lookups)

    async def people_of(self, aliases: Sequence[str]) -> list[StoredPerson]:
        return await self._people("alias", aliases)

    async def _people(self, column: str, values: Sequence[bytes | str]) -> list[StoredPerson]:
        found: list[StoredPerson] = []
        for at in range(0, len(values), _AT_ONCE):
            some = values[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT lookup, key_id, alias, subject, wrapped FROM people WHERE {column} IN ({marks})"  # noqa: S608 - a column of ours
            found += [StoredPerson(*row) for row in await self._read(query, *some)]
        return found

    async def consents(self) -> list[StoredConsent]:
        rows = await self._read("SELECT subject, opted_in, time FROM consents")
        return [StoredConsent(subject, bool(opted_in), time) for subject, opted_in, time in rows]

    async def unfinished_erasures(self) -> list[str]:
        return [alias for (alias,) in await self._read("SELECT alias FROM erasures")]

    # --- writing

    async def add_keys(self, keys: Sequence[StoredKey]) -> None:
        await self._write([_key_row(key) for key in keys])

    async def destroy_key(self, key_id: str, now: int, replacement: StoredKey | None) -> int:
        counted = (
            "SELECT count(DISTINCT alias) FROM people WHERE key_id = ?1 "
            "AND alias NOT IN (SELECT alias FROM people WHERE key_id <> ?1)"
        )
        statements: list[tuple[str, tuple[object, ...]]] = [] if replacement is None else [_key_row(replacement)]
        statements += [
            ("DELETE FROM people WHERE key_id = ?", (key_id,)),
            ("UPDATE keys SET wrapped = x'', destroy_time = ? WHERE key_id = ?", (now, key_id)),
        ]
        rows = await self._write(statements, truncate=True, before=(counted, (key_id,)))
        return int(rows[0][0])

    async def add_people(self, people: Sequence[StoredPerson]) -> None:
        insert = "INSERT OR IGNORE INTO people VALUES (?, ?, ?, ?, ?)"
        await self._write([(insert, (one.lookup, one.key_id, one.alias, one.subject, one.wrapped)) for one in people])

    async def set_consent(self, consent: StoredConsent) -> None:
        row = (consent.subject, int(consent.opted_in), consent.time)
        await self._write([("INSERT OR REPLACE INTO consents VALUES (?, ?, ?)", row)])

    async def forget_consent(self, subject: bytes) -> None:
        await self._write([("DELETE FROM consents WHERE subject = ?", (subject,))])

    async def forget_person(self, alias: str) -> None:
        statements = [
            ("INSERT OR IGNORE INTO erasures VALUES (?)", (alias,)),
            ("DELETE FROM people WHERE alias = ?", (alias,)),
        ]
        await self._write(statements, truncate=True)

    async def finish_erasure(self, alias: str) -> None:
        await self._write([("DELETE FROM erasures WHERE alias = ?", (alias,))], truncate=True)

    async def close(self) -> None:
        await self._in_thread(self._close)

    # --- in a thread

    async def _read(self, query: str, *values: object) -> list[Any]:
        def read() -> list[Any]:
            with self._lock:
                if self._db is None and not self._path.exists():
                    return []
                return self._opened().execute(query, values).fetchall()

        return await self._in_thread(read)

    async def _write(
        self,
        statements: Sequence[tuple[str, tuple[object, ...]]],
        *,
        truncate: bool = False,
        before: tuple[str, tuple[object, ...]] | None = None,
    ) -> list[Any]:
        return await self._in_thread(partial(self._transact, statements, truncate=truncate, before=before))

    def _transact(
        self,
        statements: Sequence[tuple[str, tuple[object, ...]]],
        *,
        truncate: bool,
        before: tuple[str, tuple[object, ...]] | None,
    ) -> list[Any]:
        with self._lock:
            db = self._opened()
            try:
                db.execute("BEGIN IMMEDIATE")
                rows = db.execute(*before).fetchall() if before else []
                for statement, values in statements:
                    db.execute(statement, values)
                db.execute("COMMIT")
            except BaseException:
                db.rollback()
                raise
            if truncate:
                _truncate(db)
            return rows

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            db = connect(self._path)
            try:
                self._migrate(db)
                _truncate(db)  # what a kill left of an erasure
            except BaseException:
                db.close()
                raise
            if self.followed:
                self._changes = Changes(db, "vault")
            self._db = db
        return self._db

    @property
    def count(self) -> int:
        """Changes when something was changed that is not taken yet."""
        return self._changes.count if self._changes is not None else 0

    def take_changes(self) -> tuple[tuple[Rows, ...], int, bool]:
        """Rows that were changed since the last time, the count of then, and whether they are all: False where the
        tables are new or were changed. Blocking. Raises sqlite3.Error.
        """
        with self._lock:
            if self._db is None or self._changes is None:
                return (), 0, True
            keys, whole = self._changes.take(), self._whole
            self._whole = False
            rows = tuple(self._changes.rows(self._db, keys))
            self._whole = True
            return rows if whole else (), self._changes.count, whole

    def _migrate(self, db: sqlite3.Connection) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise StorageIncompatible(self._tenant, f"its vault is of version {version}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 1000")
        self._whole = version == VERSION
        if version == 0:
            db.executescript(_SCHEMA)
            disk.flush_folder(self._path.parent)
        elif version == 1:
            db.executescript(_WITH_CONTENT_KEYS)

    def _close(self) -> None:
        with self._lock:
            if self._db is not None:
                _truncate(self._db)
                self._db.close()
                self._db = None

    async def _in_thread(self, job: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, job)
        except (*disk.LEDGER_FAULTS, OSError) as error:
            _log.error("cannot use the vault", tenant=self._tenant, error=repr(error))
            raise disk.translate(error, self._tenant) from error


def holds_keys(path: Path) -> bool:
    """Whether a vault holds keys that are wrapped and not destroyed; True for one that cannot be read."""
    return any(_holds_keys(path, table) for table in ("keys", "content_keys"))


def _holds_keys(path: Path, table: str) -> bool:
    query = f"SELECT 1 FROM {table} WHERE destroy_time IS NULL LIMIT 1"  # noqa: S608 - a table of ours
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchone() is not None
    except sqlite3.OperationalError as error:
        return "no such table" not in str(error)
    except disk.LEDGER_FAULTS:
        return True


def any_keys(data: Path) -> bool:
    """Whether any tenant of a data folder holds keys."""
    return any(holds_keys(path) for path in data.glob(f"*/{NAME}"))


def _key_row(key: StoredKey) -> tuple[str, tuple[object, ...]]:
    row = (key.key_id, key.purpose, key.wrapped, key.create_time, key.destroy_time)
    return "INSERT INTO keys VALUES (?, ?, ?, ?, ?)", row


def _truncate(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
