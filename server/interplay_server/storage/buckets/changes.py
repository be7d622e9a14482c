"""Which rows of a SQLite database were changed by the connection that writes to it, since they were last asked for.

Triggers that live and end with the connection note the keys in tables in memory, within the writer's transaction: what
is rolled back is not noted. Rows are read later, from a snapshot.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interplay_server.storage.buckets.shipped_rows import Rows

ROWS_A_FRAME = 2000
Keys = dict[str, set[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class Changes:
    """Of one connection, which has all its tables. `database` is the name in `shipped.Rows`. Blocking."""

    def __init__(self, db: sqlite3.Connection, database: str) -> None:
        self._db, self._database = db, database
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA recursive_triggers = ON")  # so that rows that an INSERT OR REPLACE removes are noted
        self._tables = [_table(db, name) for (name,) in db.execute(_TABLES).fetchall()]
        for table in self._tables:
            for statement in _noting(table):
                db.execute(statement)

    @property
    def count(self) -> int:
        """Changes when it has: cheap, from any thread."""
        return self._db.total_changes

    def take(self) -> Keys:
        """Keys of rows that were put, changed or deleted; they are not told again. Between two transactions of the
        writer.
        """
        taken: Keys = {}
        for table in self._tables:
            if rows := self._db.execute(f"SELECT * FROM {_noted(table)}").fetchall():  # noqa: S608 - names of our tables
                taken[table.name] = set(rows)
                self._db.execute(f"DELETE FROM {_noted(table)}")  # noqa: S608
        return taken

    def rows(self, db: sqlite3.Connection, keys: Mapping[str, set[tuple[Any, ...]]]) -> Iterator[Rows]:
        """The rows of the keys as they are in what `db` sees."""
        for table in self._tables:
            wanted = sorted(keys.get(table.name, ()), key=repr)
            for at in range(0, len(wanted), ROWS_A_FRAME):
                yield self._frame(db, table, wanted[at : at + ROWS_A_FRAME])

    def _frame(self, db: sqlite3.Connection, table: _Table, keys: Sequence[tuple[Any, ...]]) -> Rows:
        columns = ", ".join(f'"{name}"' for name in table.columns)
        matching = " AND ".join(f'"{name}" IS ?' for name in table.key)
        query = f'SELECT {columns} FROM "{table.name}" WHERE {matching}'  # noqa: S608
        puts, gone = [], []
        for key in keys:
            row = db.execute(query, key).fetchone()
            if row is None:
                gone.append(key)
            else:
                puts.append(row)
        return Rows(self._database, table.name, table.columns, table.key, tuple(puts), tuple(gone))


_TABLES = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def _table(db: sqlite3.Connection, name: str) -> _Table:
    described = db.execute(f'PRAGMA main.table_info("{name}")').fetchall()
    key = tuple(row[1] for row in sorted((row for row in described if row[5]), key=lambda row: row[5]))
    columns = tuple(row[1] for row in described)
    return _Table(name, columns, key) if key else _Table(name, ("rowid", *columns), ("rowid",))


def _noted(table: _Table) -> str:
    return f'temp."changed_{table.name}"'


def _noting(table: _Table) -> Iterator[str]:
    columns = ", ".join(f"k{place}" for place in range(len(table.key)))
    # A key may be noted twice: an upsert would not let a trigger ignore a conflict.
    yield f"CREATE TABLE {_noted(table)} ({columns})"
    for event, sides in {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}.items():
        body = "".join(
            f'INSERT INTO "changed_{table.name}" VALUES ('  # noqa: S608
            + ", ".join(f'{side}."{name}"' for name in table.key)
            + "); "
            for side in sides
        )
        yield (
            f'CREATE TEMP TRIGGER "changed_{table.name}_{event.lower()}" AFTER {event} ON main."{table.name}" '
            f"BEGIN {body}END"
        )
