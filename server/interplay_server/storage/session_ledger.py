"""The part of the ledger that knows which sessions are to be evaluated: a timer each, from its last publish on."""

import sqlite3
from collections.abc import Callable
from typing import Any

from interplay_server.domain import journal
from interplay_server.domain.content_policy import is_hidden
from interplay_server.domain.ports import SessionTimer

Read = Callable[..., list[Any]]


class Sessions:
    """What a group of publishes adds to the timers, a row a session."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], tuple[int, int, bool]] = {}

    def add(self, entry: journal.Published, last_seq: int, now: int) -> None:
        header = entry.header
        if is_hidden(header):
            return
        key = (header.user_id, header.session_id)
        finished = header.session_finished or (key in self._sessions and self._sessions[key][2])
        self._sessions[key] = (last_seq, now, finished)

    def write(self, db: sqlite3.Connection) -> None:
        if self._sessions:
            db.executemany(
                "INSERT INTO session_timers VALUES (?, ?, ?, ?, ?) ON CONFLICT (user_id, session_id) DO UPDATE SET "
                "newest_seq = excluded.newest_seq, newest_time = excluded.newest_time, "
                "finished = max(finished, excluded.finished)",
                [(*key, *row) for key, row in self._sessions.items()],
            )


def write_evaluated(db: sqlite3.Connection, entry: journal.Recorded) -> None:
    """A session that went on meanwhile stays due."""
    db.executemany(
        "DELETE FROM session_timers WHERE user_id = ? AND session_id = ? AND newest_seq <= ?", entry.evaluated
    )


def due(read: Read, idle_since: int, limit: int) -> list[SessionTimer]:
    """Finished sessions and those without a publish since an instant in microseconds, the longest idle first."""
    rows = read(
        "SELECT user_id, session_id, newest_seq, newest_time, finished FROM session_timers "
        "WHERE finished OR newest_time <= ? ORDER BY newest_time LIMIT ?",
        idle_since,
        limit,
    )
    return [SessionTimer(user, session, seq, time, bool(finished)) for user, session, seq, time, finished in rows]


def waiting(read: Read) -> int:
    """Sessions that are not evaluated."""
    return int(read("SELECT count(*) FROM session_timers")[0][0])


def next_time(read: Read) -> int | None:
    """Last publish of the session that is idle for the longest time; None where nothing is to be evaluated."""
    rows = read("SELECT min(newest_time) FROM session_timers")
    found: int | None = rows[0][0]
    return found
