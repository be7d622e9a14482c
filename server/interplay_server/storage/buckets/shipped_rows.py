"""Changed rows of a ledger or a vault, as the log in a bucket holds them."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec


class Rows(msgspec.Struct, frozen=True, array_like=True):
    """Rows of a table as they are after this object: `puts` have all columns, `gone` the values of `key`."""

    database: str
    """ledger or vault."""
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    puts: tuple[tuple[Any, ...], ...] = ()
    gone: tuple[tuple[Any, ...], ...] = ()


def apply_rows(db: sqlite3.Connection, rows: Iterable[Rows]) -> None:
    """Within the caller's transaction."""
    for one in rows:
        names, marks = ", ".join(f'"{name}"' for name in one.columns), ", ".join("?" * len(one.columns))
        matching = " AND ".join(f'"{name}" IS ?' for name in one.key)
        db.executemany(f'DELETE FROM "{one.table}" WHERE {matching}', one.gone)  # noqa: S608 - names of our tables
        db.executemany(f'INSERT OR REPLACE INTO "{one.table}" ({names}) VALUES ({marks})', one.puts)  # noqa: S608
