"""Tenants' folders as older versions of the server left them, made of a folder that this version wrote: real tables,
and a ledger with exactly the tables, columns, values and entries that the older version knew.
"""

import shutil
import sqlite3
from contextlib import closing

import msgspec
from interplay_server.domain.collections import COLLECTIONS
from interplay_server.storage import learnt_schema, migrations

LEARNING, RECORDS = 3, 4
"""Versions of the ledger that brought learning, and collections of rows with their vault."""
_BASE = {"salt", "secret", "epoch", "trimmed_seq", "last_time", "embedder"}
_LEARNING = {"learning_config", "generations", "aggregated_seq", "deletions_followed"}
_NEWER = {"retention_policy", "content_policy", "vector_tables", "reembedding"}
_SINCE = {"publish": 1, "delete": 1, "annotate": 1, "learn": LEARNING, "record": RECORDS}
_PUBLISH_FIELDS, _HEADER_FIELDS, _ANNOTATE_FIELDS = 3, 10, 3
"""Of a journal's entries, their tag included, before texts could be sealed."""


def age(folder, version):
    """Turns the folder of a closed tenant into one of an older version of the ledger."""
    new, old = folder / "ledger.sqlite3", folder / "old.sqlite3"
    with closing(sqlite3.connect(old, isolation_level=None)) as db:
        for step in range(1, version + 1):
            db.executescript(migrations._STEPS[step])
        db.execute(f"PRAGMA application_id = {migrations.APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("ATTACH ? AS new", (str(new),))
        for (name,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            columns = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({name})"))
            db.execute(f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM new.{name}")
        db.execute("DETACH new")
        _age_meta(db, version)
        _age_journal(db, version)
    for suffix in ("", "-wal", "-shm"):
        new.with_name(new.name + suffix).unlink(missing_ok=True)
    old.rename(new)
    gone = [] if version >= LEARNING else [*learnt_schema.TABLES.values(), learnt_schema.CHANGES]
    gone += [] if version >= RECORDS else list(COLLECTIONS)
    for name in gone:
        shutil.rmtree(folder / "lance" / f"{name}.lance", ignore_errors=True)
    if version < RECORDS:
        shutil.rmtree(folder / "derived", ignore_errors=True)
        for vault in folder.glob("vault*"):
            vault.unlink()


def _age_meta(db, version):
    for (key,) in db.execute("SELECT key FROM meta").fetchall():
        known = key in _BASE or (version >= LEARNING and key in _LEARNING) or (version >= RECORDS and key not in _NEWER)
        if not known:
            db.execute("DELETE FROM meta WHERE key = ?", (key,))


def _age_journal(db, version):
    for seq, payload in db.execute("SELECT seq, payload FROM journal").fetchall():
        entry = msgspec.msgpack.decode(payload)
        kind = entry[0] if isinstance(entry, list) else entry["type"]
        if _SINCE.get(kind, migrations.LEDGER_VERSION) > version:
            db.execute("DELETE FROM journal WHERE seq = ?", (seq,))
            continue
        if kind == "publish":
            entry = entry[:_PUBLISH_FIELDS]
            entry[1] = entry[1][:_HEADER_FIELDS]
        elif kind == "annotate":
            entry = entry[:_ANNOTATE_FIELDS]
        db.execute("UPDATE journal SET payload = ? WHERE seq = ?", (msgspec.msgpack.encode(entry), seq))
