"""A ledger of another server's, read while that server writes it: the same machine, or a file system that it shares.

SQLite lets a reader of another process see every committed transaction of a write-ahead log. Nothing is written and no
lock is held beyond a query.
"""

import os
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.content_policy import META_KEY as CONTENT_POLICY
from interplay_server.domain.reembedding import EMBEDDER_META, GENERATION_META
from interplay_server.errors import StorageIncompatible, TenantBusy
from interplay_server.storage.ledger import JournalRow, Ledger
from interplay_server.storage.migrations import APPLICATION_ID, LEDGER_VERSION


@dataclass(frozen=True, slots=True)
class Entry:
    """`size` in bytes of the entry's payload."""

    row: JournalRow
    last_seq: int
    size: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a ledger says at one moment. `kept_bytes` are of the journal's entries that were seen before."""

    trimmed_seq: int
    kept_bytes: int
    version: int
    """Changes with every commit; to be told to `seen` once the rest is taken in."""
    entries: tuple[Entry, ...]


class Outrun(Exception):
    """What changed between two looks cannot be taken in: the tenant is opened anew."""


_LASTING = (
    "SELECT (SELECT group_concat(key || '=' || value) FROM meta WHERE key IN "  # noqa: S608 - names of ours
    f"('{EMBEDDER_META}', '{GENERATION_META}', '{CONTENT_POLICY}')), "
    "(SELECT count(*) || '/' || coalesce(max(link_seq), 0) FROM user_links)"
)
"""What an open tenant knows for as long as it is open."""


class ReplicaLedger(Ledger):
    """The reading half of a ledger. Raises sqlite3.Error, StorageIncompatible, TenantBusy while it is being made."""

    def __init__(self, path: Path, tenant: str) -> None:  # what the other one does first, it writes
        self.path, self._tenant = path, tenant
        self._reader = self._db = open_read_only(path)
        self._reader_lock = threading.Lock()
        self._seen = -1
        self._file = path.stat().st_ino
        self._next_seq = 1
        try:
            self._check()
            self.salt = int(self._meta("salt") or 0)
            self.secret = bytes.fromhex(self._meta("secret") or "")
            self.epoch = self._meta("epoch") or ""
            self.trimmed_seq = int(self._meta("trimmed_seq") or 0)
            self._lasting = self._reader.execute(_LASTING).fetchone()
        except BaseException:
            self._reader.close()
            raise

    def _check(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        marked = self._db.execute("PRAGMA application_id").fetchone()[0]
        if not version:
            raise TenantBusy(self._tenant, "it is being made")
        if marked != APPLICATION_ID:
            raise StorageIncompatible(self._tenant, "ledger.sqlite3 is not a ledger of Interplay")
        if version != LEDGER_VERSION:
            why = f"its ledger has version {version}, this replica reads {LEDGER_VERSION}: run the same release"
            raise StorageIncompatible(self._tenant, why)
        if self._meta(EMBEDDER_META) is None:
            raise TenantBusy(self._tenant, "it is being made")

    def close(self) -> None:
        with self._reader_lock:
            self._reader.close()

    def is_same_file(self) -> bool:
        """False once the file was removed, or replaced by a restore."""
        try:
            return self.path.stat().st_ino == self._file
        except FileNotFoundError:
            return False

    def look(self, after_seq: int) -> Look | None:
        """What joined the journal after `after_seq`; None where nothing was committed since what was seen. Raises
        Outrun.
        """
        with self._reader_lock:
            version = self._reader.execute("PRAGMA data_version").fetchone()[0]
            if version == self._seen:
                return None
            self._reader.execute("BEGIN")
            try:
                if self._reader.execute(_LASTING).fetchone() != self._lasting:
                    raise Outrun
                trimmed = int(self._meta("trimmed_seq") or 0)
                (kept,) = self._reader.execute(
                    "SELECT coalesce(sum(length(payload)), 0) FROM journal WHERE seq <= ?", (after_seq,)
                ).fetchone()
                rows = self._reader.execute(
                    "SELECT seq, count, publish_time, append, payload FROM journal WHERE seq > ? ORDER BY seq",
                    (after_seq,),
                ).fetchall()
            finally:
                self._reader.execute("ROLLBACK")
        return Look(trimmed, kept, version, tuple(self._entry(*row) for row in rows))

    def seen(self, look: Look) -> None:
        self._seen = look.version

    def _entry(self, seq: int, count: int, publish_time: int, append: str, payload: bytes) -> Entry:
        try:
            row = JournalRow(seq, publish_time, append, journal.decode(payload))
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StorageIncompatible(self._tenant, "an entry of the journal cannot be read") from error
        return Entry(row, seq + count - 1, len(payload))


def open_read_only(path: Path) -> sqlite3.Connection:
    """Raises sqlite3.Error where there is no such file."""
    db = sqlite3.connect(
        f"file:{quote(os.fspath(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=10
    )
    try:
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA cache_size = -4096")
    except BaseException:
        db.close()
        raise
    return db
