"""The part of the ledger that learning keeps: cursors, receipts, witnesses and how far each user is learnt from.

All of it changes in the transaction of the journal entry that it belongs to.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.content_policy import is_hidden
from interplay_server.domain.learnt import (
    Cursor,
    CursorKey,
    Learner,
    QueuedAnnotation,
    Seen,
    WindowReceipt,
)

_encode = msgspec.msgpack.Encoder().encode
_decode_recent = msgspec.msgpack.Decoder(tuple[Seen, ...]).decode
_decode_receipt = msgspec.msgpack.Decoder(WindowReceipt).decode
_CHUNK = 500
Read = Callable[..., list[Any]]


class Publishes:
    """What a group of publishes adds to `learners`, a row a user."""

    def __init__(self) -> None:
        self._users: dict[str, tuple[int, int, int]] = {}

    def add(self, entry: journal.Published, last_seq: int, now: int) -> None:
        header = entry.header
        if header.evaluation_only or is_hidden(header):
            return
        flush = header.session_finished or any(one.expert_content for one in entry.interactions)
        before = self._users.get(header.user_id, (0, 0, 0))
        self._users[header.user_id] = (last_seq, now, last_seq if flush else before[2])

    def write(self, db: sqlite3.Connection) -> None:
        if self._users:
            db.executemany(
                "INSERT INTO learners VALUES (?, ?, ?, ?, 0) ON CONFLICT (user_id) DO UPDATE SET "
                "newest_seq = excluded.newest_seq, newest_time = excluded.newest_time, "
                "flush_seq = max(flush_seq, excluded.flush_seq)",
                [(user, *row) for user, row in self._users.items()],
            )


def write_learnt(db: sqlite3.Connection, entry: journal.Learnt) -> None:
    for cursor in entry.cursors:
        db.execute(
            "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?, ?, ?)",
            (*msgspec.structs.astuple(cursor.key), cursor.seq, _encode(cursor.recent)),
        )
    for receipt in entry.receipts:
        db.execute(
            "INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?, ?)",
            (
                receipt.window_id,
                receipt.user_id,
                receipt.generation,
                receipt.first_seq,
                receipt.last_seq,
                _encode(receipt),
            ),
        )
    _write_witnesses(db, entry)
    _write_progress(db, entry)
    for key, value in entry.meta.items():
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
    for generation, extractors in entry.dropped_generations:
        for extractor in extractors:
            db.execute("DELETE FROM cursors WHERE generation = ? AND extractor = ?", (generation, extractor))


def _write_witnesses(db: sqlite3.Connection, entry: journal.Learnt) -> None:
    for kind, row_id in (*((row.kind, row.row_id) for row in entry.puts), *entry.removed):
        db.execute("DELETE FROM witnesses WHERE kind = ? AND row_id = ?", (kind, row_id))
    for row in entry.puts:
        db.executemany(
            "INSERT OR IGNORE INTO witnesses VALUES (?, ?, ?)",
            [(one, row.kind, row.row_id) for one in row.interaction_ids],
        )


def _write_progress(db: sqlite3.Connection, entry: journal.Learnt) -> None:
    for user, seq in entry.done:
        db.execute("UPDATE learners SET done_seq = max(done_seq, ?) WHERE user_id = ?", (seq, user))
    if entry.reopened is not None:
        # What was learnt from does not wait for a stride or an idle time again.
        reopen = "UPDATE learners SET flush_seq = max(flush_seq, done_seq), done_seq = 0"
        if entry.reopened:
            db.executemany(f"{reopen} WHERE user_id = ?", [(one,) for one in entry.reopened])
        else:
            db.execute(reopen)
    db.executemany("DELETE FROM queued_annotations WHERE seq = ?", [(seq,) for seq in entry.annotations_done])


def queue_annotation(db: sqlite3.Connection, seq: int, entry: journal.Annotated) -> None:
    db.execute("INSERT OR REPLACE INTO queued_annotations VALUES (?, ?)", (seq, entry.interaction_id))


def learners(read: Read, *, unfinished: bool, user_id: str) -> list[Learner]:
    return [
        Learner(*row)
        for row in read(
            "SELECT user_id, newest_seq, newest_time, flush_seq, done_seq FROM learners "
            "WHERE (?1 = '' OR user_id = ?1) AND newest_seq > done_seq"
            if unfinished
            else "SELECT user_id, newest_seq, newest_time, flush_seq, done_seq FROM learners "
            "WHERE ?1 = '' OR user_id = ?1",
            user_id,
        )
    ]


def cursor(read: Read, key: CursorKey) -> Cursor:
    rows = read(
        "SELECT seq, recent FROM cursors WHERE user_id = ? AND extractor = ? AND arm = ? AND generation = ?",
        *msgspec.structs.astuple(key),
    )
    return Cursor(key, rows[0][0], _decode_recent(rows[0][1])) if rows else Cursor(key)


def receipts(read: Read, window_ids: Sequence[str]) -> list[WindowReceipt]:
    found: list[WindowReceipt] = []
    for chunk in _chunks(window_ids):
        marks = ", ".join("?" * len(chunk))
        rows = read(f"SELECT record FROM windows WHERE window_id IN ({marks})", *chunk)  # noqa: S608 - marks only
        found += [_decode_receipt(row[0]) for row in rows]
    return sorted(found, key=lambda one: one.window_id)


def receipts_of(read: Read, of: tuple[str, str], first_seq: int, last_seq: int) -> list[WindowReceipt]:
    """Of two users, which may be one."""
    rows = read(
        "SELECT record FROM windows WHERE user_id IN (?1, ?4) AND first_seq <= ?3 AND last_seq >= ?2 "
        "ORDER BY window_id",
        of[0],
        first_seq,
        last_seq,
        of[1],
    )
    return [_decode_receipt(row[0]) for row in rows]


def witnessed_by(read: Read, interaction_ids: Sequence[str]) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for chunk in _chunks(interaction_ids):
        marks = ", ".join("?" * len(chunk))
        rows = read(f"SELECT kind, row_id FROM witnesses WHERE interaction_id IN ({marks})", *chunk)  # noqa: S608
        found |= dict.fromkeys((kind, row_id) for kind, row_id in rows)
    return list(found)


def queued_annotations(read: Read, limit: int, after: int) -> list[QueuedAnnotation]:
    rows = read("SELECT seq, interaction_id FROM queued_annotations WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)
    return [QueuedAnnotation(*row) for row in rows]


def request_range(read: Read, request_id: str) -> tuple[int, int] | None:
    rows = read("SELECT seq, count FROM requests WHERE request_id = ?", request_id)
    if not rows and "/" in request_id:
        stream_id, _, offset = request_id.rpartition("/")
        if offset.isdecimal() and len(offset) < 19:
            rows = read("SELECT seq, count FROM appends WHERE stream_id = ? AND offset = ?", stream_id, int(offset))
    return (rows[0][0], rows[0][0] + rows[0][1] - 1) if rows else None


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[at : at + _CHUNK] for at in range(0, len(values), _CHUNK))
