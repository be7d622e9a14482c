"""A tenant's ledger: the SQLite database of everything that needs transactions.

Written by one thread at a time (`commits.CommitQueue`), flushed on every commit (WAL, synchronous=FULL). A deleted row
is overwritten (secure_delete). Checkpoints run beside the writer, never in a commit.
"""

import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.operation import Operation
from interplay_server.domain.ports import Outcome, Receipt, StreamPosition, Write
from interplay_server.errors import AppendConflict, OffsetOutOfRange, RequestIdReused, StorageIncompatible
from interplay_server.storage import migrations
from interplay_server.storage.buckets.changes import Changes
from interplay_server.storage.disk import LEDGER_FAULTS
from interplay_server.storage.ledger_group import LedgerGroup, key_of
from interplay_server.storage.scanning import holds_any, peeking

REMEMBERED_APPENDS = 4096
REQUEST_DAYS, STREAM_DAYS, OPERATION_DAYS = 7, 30, 30
_DAY_US = 86_400_000_000
_MAX_CLOCK_STEP_US = 60_000_000
_FORGET_IDLE_APPENDS = (
    "DELETE FROM appends WHERE (method, stream_id) IN (SELECT method, stream_id FROM streams WHERE update_time < ?)"
)


_UNFINISHED = (
    "SELECT 1 FROM learners WHERE newest_seq > done_seq LIMIT 1",
    "SELECT 1 FROM queued_annotations LIMIT 1",
    (
        # Whoever follows deletions notes how far; where one has noted nothing, none counts as followed.
        "SELECT 1 FROM deletions WHERE seq > COALESCE((SELECT min(CAST(value AS INTEGER)) FROM meta "
        "WHERE key IN ('deletions_followed', 'evaluation_deletions') HAVING count(*) = 2), 0) LIMIT 1"
    ),
    "SELECT 1 FROM link_changes LIMIT 1",
    "SELECT 1 FROM operations WHERE state IN ('RUNNING', 'PENDING') LIMIT 1",
    "SELECT 1 FROM erasures WHERE user_ids IS NOT NULL LIMIT 1",
    "SELECT 1 FROM meta WHERE key = 'erasures_unchecked'",
)


@dataclass(slots=True)
class _Stream:
    next_offset: int
    interactions: int


@dataclass(frozen=True, slots=True)
class JournalRow:
    """`append` is `stream_id/offset` for an append of a stream, else empty."""

    seq: int
    publish_time: int
    append: str
    entry: journal.Entry


class Ledger:
    """Raises sqlite3.Error for faults of the disk, StorageIncompatible for a foreign or newer file."""

    def __init__(self, path: Path, tenant: str) -> None:
        self.path = path
        self._tenant = tenant
        self._db = connect(path)
        migrations.migrate_ledger(self._db, tenant)
        self._db.execute("PRAGMA journal_mode = WAL")
        self.salt = int(self._meta("salt") or 0)
        self.secret = bytes.fromhex(self._meta("secret") or "")
        self.epoch = self._meta("epoch") or ""
        self.trimmed_seq = int(self._meta("trimmed_seq") or 0)
        self._next_seq, self._last_time = 1, 0
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._load_positions()
        self._reader = connect(path)
        self._reader_lock = threading.Lock()

    def close(self) -> None:
        self._reader.close()
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    # --- writing: called by the commit thread only

    def commit(self, writes: Sequence[Write]) -> list[Outcome]:
        """One transaction, one flush. A refused write has its error as outcome; a fault of the disk refuses all."""
        group = LedgerGroup(self._next_seq, max(time.time_ns() // 1000, self._last_time))
        try:
            outcomes = [
                self._known(write, group.appends, group.requests) or self._take(group, write) for write in writes
            ]
            if group.entries:
                group.write(self._db, self._streams)
        except BaseException:
            self._db.rollback()
            self._streams.clear()
            raise
        self._next_seq, self._last_time = group.seq, group.now
        return outcomes

    def _take(self, group: LedgerGroup, write: Write) -> Receipt:
        if write.make is not None:
            return group.add_made(write)
        if write.entry is None:
            return Receipt(group.seq, group.now, 0)
        stream = self._stream(key_of(write.stream)) if write.stream is not None else None
        return group.add_write(write, write.entry, stream)

    def _known(
        self, write: Write, appends: Sequence[tuple[object, ...]], requests: Sequence[tuple[object, ...]]
    ) -> Outcome | None:
        """The outcome of a write that was made before or cannot be made; None for a new one."""
        if write.stream is not None:
            offset, next_offset = (
                write.stream.offset,
                self._stream((write.stream.method, write.stream.stream_id)).next_offset,
            )
            if offset is None or offset == next_offset:
                return None
            if offset > next_offset:
                return OffsetOutOfRange(write.stream.stream_id, offset, next_offset)
            return self._committed_append(write, offset, appends)
        if write.request_id:
            fresh = (row[1:] for row in requests if row[0] == write.request_id)
            row = (
                next(fresh, None)
                or self._db.execute(
                    "SELECT digest, seq, count, publish_time, layout FROM requests WHERE request_id = ?",
                    (write.request_id,),
                ).fetchone()
            )
            if row is not None:
                return _receipt(row) if row[0] == write.digest else RequestIdReused(write.request_id)
        return None

    def _committed_append(self, write: Write, offset: int, appends: Sequence[tuple[object, ...]]) -> Outcome:
        assert write.stream is not None  # noqa: S101 - by the caller
        key = (write.stream.method, write.stream.stream_id)
        fresh = (row[3:] for row in appends if row[:3] == (*key, offset))
        row = (
            next(fresh, None)
            or self._db.execute(
                "SELECT digest, seq, count, publish_time, layout FROM appends "
                "WHERE method = ? AND stream_id = ? AND offset = ?",
                (*key, offset),
            ).fetchone()
        )
        if row is None:
            return Receipt(0, 0, 0, duplicate=True, offset=offset)
        if row[0] != write.digest:
            return AppendConflict(write.stream.stream_id, offset)
        return _receipt(row, offset)

    def _stream(self, key: tuple[str, str]) -> _Stream:
        stream = self._streams.get(key)
        if stream is None:
            row = self._db.execute(
                "SELECT next_offset, interactions FROM streams WHERE method = ? AND stream_id = ?", key
            ).fetchone()
            if len(self._streams) >= 10_000:
                self._streams.clear()
            stream = self._streams[key] = _Stream(*row) if row else _Stream(0, 0)
        return stream

    def trim(self, applied_seq: int, limit: int) -> bool:
        """Drops at most `limit` journal rows that are in LanceDB and flushed; True when more are left."""
        rows = self._db.execute(
            "SELECT seq, count FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?", (applied_seq, limit)
        ).fetchall()
        rows = [row for row in rows if row[0] + row[1] - 1 <= applied_seq]
        if not rows:
            return False
        last = rows[-1][0] + rows[-1][1] - 1
        self._transaction(
            ("DELETE FROM journal WHERE seq <= ?", (rows[-1][0],)),
            ("UPDATE meta SET value = ? WHERE key = 'trimmed_seq'", (str(last),)),
            ("INSERT OR REPLACE INTO meta VALUES ('last_time', ?)", (str(self._last_time),)),
            *(
                (
                    "DELETE FROM appends WHERE method = ? AND stream_id = ? AND offset <= ?",
                    (*key, newest - REMEMBERED_APPENDS),
                )
                for *key, newest in self._db.execute(
                    "SELECT method, stream_id, max(offset) FROM appends WHERE seq > ? AND seq <= ? GROUP BY 1, 2",
                    (self.trimmed_seq, last),
                )
            ),
        )
        self.trimmed_seq = last
        return len(rows) == limit

    def forget(self, now: int) -> None:
        """Drops request ids, streams and ended operations past their time."""
        self._transaction(
            ("DELETE FROM requests WHERE publish_time < ?", (now - REQUEST_DAYS * _DAY_US,)),
            (
                _FORGET_IDLE_APPENDS,
                (now - STREAM_DAYS * _DAY_US,),
            ),
            ("DELETE FROM streams WHERE update_time < ?", (now - STREAM_DAYS * _DAY_US,)),
            ("DELETE FROM operations WHERE end_time < ?", (now - OPERATION_DAYS * _DAY_US,)),
        )
        self._streams.clear()

    def save_operation(self, operation: Operation) -> None:
        self._transaction(
            (
                "INSERT OR REPLACE INTO operations VALUES (?, ?, ?, ?, ?)",
                (
                    operation.operation_id,
                    operation.kind,
                    operation.state,
                    operation.end_time,
                    msgspec.msgpack.encode(operation),
                ),
            )
        )

    def set_meta(self, key: str, value: str) -> None:
        self._transaction(("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value)))

    def change_meta(self, values: Mapping[str, str], gone: Sequence[str] = ()) -> None:
        """All of it or nothing."""
        self._transaction(
            *(("INSERT OR REPLACE INTO meta VALUES (?, ?)", pair) for pair in values.items()),
            *(("DELETE FROM meta WHERE key = ?", (key,)) for key in gone),
        )

    def execute(self, statement: str, values: tuple[object, ...]) -> None:
        """On the commit thread."""
        self._transaction((statement, values))

    def _transaction(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                self._db.execute(statement, values)
            self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise

    # --- reading: any thread

    def meta(self, key: str) -> str | None:
        return next((row[0] for row in self.read("SELECT value FROM meta WHERE key = ?", key)), None)

    def journal(self) -> list[JournalRow]:
        """What is not trimmed yet, in order. Raises StorageIncompatible for an entry that cannot be read."""
        try:
            return [
                JournalRow(seq, publish_time, append, journal.decode(payload))
                for seq, publish_time, append, payload in self.read(
                    "SELECT seq, publish_time, append, payload FROM journal ORDER BY seq"
                )
            ]
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StorageIncompatible(self._tenant, "an entry of the journal cannot be read") from error

    def stream_position(self, stream_id: str, method: str) -> StreamPosition:
        rows = self.read(
            "SELECT next_offset, interactions, update_time FROM streams WHERE method = ? AND stream_id = ?",
            method,
            stream_id,
        )
        return StreamPosition(*rows[0]) if rows else StreamPosition(0, 0, None)

    def deletions(self, after_seq: int, up_to_seq: int, limit: int) -> list[tuple[int, tuple[str, ...]]]:
        rows = self.read(
            "SELECT seq, ids FROM deletions WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
            after_seq,
            up_to_seq,
            limit,
        )
        return [(seq, msgspec.msgpack.decode(ids, type=tuple[str, ...])) for seq, ids in rows]

    def operation(self, operation_id: str) -> Operation | None:
        rows = self.read("SELECT record FROM operations WHERE operation_id = ?", operation_id)
        return msgspec.msgpack.decode(rows[0][0], type=Operation) if rows else None

    def operations(self, kind: str, state: str, before: str | None, limit: int) -> list[Operation]:
        rows = self.read(
            "SELECT record FROM operations WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR state = ?2) "
            "AND (?3 IS NULL OR operation_id < ?3) ORDER BY operation_id DESC LIMIT ?4",
            kind,
            state,
            before,
            limit,
        )
        return [msgspec.msgpack.decode(row[0], type=Operation) for row in rows]

    def checkpoint(self) -> None:
        """Moves flushed pages from the write-ahead log into the database, beside the writer."""
        with self._reader_lock:
            self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def changes(self) -> Changes:
        """Notes, from now on, which rows are changed."""
        return Changes(self._db, "ledger")

    def truncate(self) -> None:
        """Empties the write-ahead log, so that overwritten pages are in no file. On the commit thread."""
        with self._reader_lock:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def emptied(self) -> bool:
        """Whether the write-ahead log could be emptied: a reader elsewhere may hold its pages. On the commit thread."""
        with self._reader_lock:
            return bool(self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)

    def vacuum(self) -> None:
        """Writes the whole database anew, so that no page holds what was deleted from it. On the commit thread."""
        with self._reader_lock:
            self._db.execute("VACUUM")

    def transact(self, statements: Iterable[tuple[str, tuple[object, ...]]]) -> None:
        """All of them or none. On the commit thread."""
        self._transaction(*statements)

    def forget_streams(self) -> None:
        """Their positions are read again. On the commit thread."""
        self._streams.clear()

    def skip_to(self, seq: int) -> None:
        """Gives no number up to `seq` again, which a table holds although a disk that lies lost the commit."""
        self._next_seq = max(self._next_seq, seq + 1)

    @property
    def last_seq(self) -> int:
        return self._next_seq - 1

    def read(self, statement: str, *values: object) -> list[Any]:
        with self._reader_lock:
            return self._reader.execute(statement, values).fetchall()

    def _meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _load_positions(self) -> None:
        """The next sequence number is past the journal and past everything that was ever trimmed."""
        row = self._db.execute("SELECT seq + count, publish_time FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        self._next_seq = max(row[0] if row else 1, self.trimmed_seq + 1)
        newest = max(row[1] if row else 0, int(self._meta("last_time") or 0))
        # A clock that was set back must not make later interactions look older than stored ones; one that ran far
        # ahead must not freeze publish times.
        self._last_time = newest if newest <= time.time_ns() // 1000 + _MAX_CLOCK_STEP_US else 0


def _receipt(row: Sequence[Any], offset: int = 0) -> Receipt:
    _, seq, count, publish_time, layout = row
    places = msgspec.msgpack.decode(layout, type=tuple[int, ...]) if layout is not None else None
    return Receipt(seq, publish_time, count, duplicate=True, offset=offset, layout=places)


def waiting_session(path: Path, config_key: str) -> tuple[int, str | None] | None:
    """Of a closed ledger: last publish of the session that waits to be judged for longest, 0 where one is finished, and
    a value that says how long it waits; None where none does.
    """
    try:
        with peeking(path) as db:
            newest, finished = db.execute("SELECT min(newest_time), max(finished) FROM session_timers").fetchone()
            if newest is None:
                return None
            config = db.execute("SELECT value FROM meta WHERE key = ?", (config_key,)).fetchone()
            return 0 if finished else int(newest), config[0] if config else None
    except LEDGER_FAULTS:
        return None


def has_unfinished_work(path: Path) -> bool:
    """Whether a closed ledger holds anything to learn from or an operation that runs."""
    if not path.exists():
        return False
    try:
        return holds_any(path, _UNFINISHED)
    except LEDGER_FAULTS:
        # Damaged: whoever asks for the tenant is told.
        return False


def connect(path: Path) -> sqlite3.Connection:
    """A connection that flushes on commit and overwrites what is deleted."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("PRAGMA journal_size_limit = 67108864")
        db.execute("PRAGMA cache_size = -4096")
    except BaseException:
        db.close()
        raise
    return db
