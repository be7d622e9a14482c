"""Versions of what is on disk. A folder of an older version is brought up to date when it is opened, step by step;
one of a newer version is refused.

Version 1 had no tombstones for watchers; version 2 added `deletions`; version 3 added learning, version 4
timers of sessions that are to be evaluated, version 5 receipts of erasures and retention and links between users.
"""

import os
import secrets
import sqlite3

from interplay_server.errors import StorageIncompatible

LEDGER_VERSION = 5
APPLICATION_ID = 0x494E5450  # "INTP"

_STEPS: dict[int, str] = {
    1: """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE journal (seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, publish_time INTEGER NOT NULL,
        append TEXT NOT NULL, payload BLOB NOT NULL);
    CREATE TABLE streams (method TEXT NOT NULL, stream_id TEXT NOT NULL, next_offset INTEGER NOT NULL,
        interactions INTEGER NOT NULL, update_time INTEGER NOT NULL, PRIMARY KEY (method, stream_id)) WITHOUT ROWID;
    CREATE TABLE appends (method TEXT NOT NULL, stream_id TEXT NOT NULL, offset INTEGER NOT NULL, digest BLOB NOT NULL,
        seq INTEGER NOT NULL, count INTEGER NOT NULL, publish_time INTEGER NOT NULL, layout BLOB,
        PRIMARY KEY (method, stream_id, offset)) WITHOUT ROWID;
    CREATE INDEX appends_by_seq ON appends (seq);
    CREATE TABLE requests (request_id TEXT PRIMARY KEY, digest BLOB NOT NULL, seq INTEGER NOT NULL,
        count INTEGER NOT NULL, publish_time INTEGER NOT NULL, layout BLOB) WITHOUT ROWID;
    CREATE INDEX requests_by_time ON requests (publish_time);
    CREATE TABLE operations (operation_id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, end_time INTEGER,
        record BLOB NOT NULL) WITHOUT ROWID;
    """,
    2: """
    CREATE TABLE deletions (seq INTEGER PRIMARY KEY, ids BLOB NOT NULL);
    """,
    3: """
    CREATE TABLE learners (user_id TEXT PRIMARY KEY, newest_seq INTEGER NOT NULL, newest_time INTEGER NOT NULL,
        flush_seq INTEGER NOT NULL, done_seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX learners_unfinished ON learners (user_id) WHERE newest_seq > done_seq;
    CREATE TABLE cursors (user_id TEXT NOT NULL, extractor TEXT NOT NULL, arm TEXT NOT NULL,
        generation INTEGER NOT NULL, seq INTEGER NOT NULL, recent BLOB NOT NULL,
        PRIMARY KEY (user_id, extractor, arm, generation)) WITHOUT ROWID;
    CREATE TABLE windows (window_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, generation INTEGER NOT NULL,
        first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, record BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX windows_by_user ON windows (user_id, last_seq);
    CREATE TABLE witnesses (interaction_id TEXT NOT NULL, kind TEXT NOT NULL, row_id TEXT NOT NULL,
        PRIMARY KEY (interaction_id, kind, row_id)) WITHOUT ROWID;
    CREATE INDEX witnesses_by_row ON witnesses (kind, row_id);
    CREATE TABLE queued_annotations (seq INTEGER PRIMARY KEY, interaction_id TEXT NOT NULL);
    """,
    4: """
    CREATE TABLE session_timers (user_id TEXT NOT NULL, session_id TEXT NOT NULL, newest_seq INTEGER NOT NULL,
        newest_time INTEGER NOT NULL, finished INTEGER NOT NULL, PRIMARY KEY (user_id, session_id)) WITHOUT ROWID;
    CREATE INDEX session_timers_by_time ON session_timers (newest_time);
    """,
    # The ids of an erasure are there while it runs, so that a kill does not end it, then NULL. A tombstone stands
    # for each id of the person and names the receipt, until they are admitted again.
    5: """
    CREATE TABLE erasures (pseudonym TEXT NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER,
        readmit_time INTEGER, user_ids TEXT, operation_id TEXT NOT NULL, counts BLOB NOT NULL,
        PRIMARY KEY (pseudonym, start_time)) WITHOUT ROWID;
    CREATE INDEX erasures_by_time ON erasures (start_time);
    CREATE TABLE tombstones (pseudonym TEXT PRIMARY KEY, receipt TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE user_links (guest_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, link_time INTEGER NOT NULL,
        link_seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE link_changes (seq INTEGER PRIMARY KEY, guest_id TEXT NOT NULL, account_id TEXT NOT NULL,
        linked INTEGER NOT NULL, since INTEGER NOT NULL);
    CREATE TABLE retention_receipts (operation_id TEXT PRIMARY KEY, time INTEGER NOT NULL, record BLOB NOT NULL)
        WITHOUT ROWID;
    CREATE INDEX retention_receipts_by_time ON retention_receipts (time);
    """,
}


def migrate_ledger(db: sqlite3.Connection, tenant: str) -> None:
    """Brings a ledger to LEDGER_VERSION, each step in its own transaction. Raises StorageIncompatible."""
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise StorageIncompatible(tenant, "the ledger is damaged")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    marked = db.execute("PRAGMA application_id").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if (marked or tables) and marked != APPLICATION_ID:
        raise StorageIncompatible(tenant, "ledger.sqlite3 is not a ledger of Interplay")
    if version > LEDGER_VERSION:
        raise StorageIncompatible(tenant, f"its ledger has version {version}, this server knows {LEDGER_VERSION}")
    for step in range(version + 1, LEDGER_VERSION + 1):
        script = [statement for statement in _STEPS[step].split(";") if statement.strip()]
        try:
            db.execute("BEGIN IMMEDIATE")
            for statement in script:
                db.execute(statement)
            if step == 1:
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.executemany("INSERT INTO meta VALUES (?, ?)", _first_meta().items())
            db.execute(f"PRAGMA user_version = {step}")
            db.execute("COMMIT")
        except BaseException:
            db.rollback()
            raise


def _first_meta() -> dict[str, str]:
    """What a new ledger starts with: salt of ids, secret of tokens, epoch of resume tokens."""
    return {
        "salt": str(int.from_bytes(os.urandom(5), "big")),
        "secret": secrets.token_hex(32),
        "epoch": secrets.token_hex(8),
        "trimmed_seq": "0",
    }
