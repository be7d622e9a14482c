"""Links between users in the ledger. They change in the transaction of the journal entry that says so."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from interplay_server.domain import journal
from interplay_server.domain.learnt import Learner
from interplay_server.domain.links import LinkChange, UserLink

FOLLOWED = "links_followed"
"""Value of the ledger: sequence number up to which learning has followed changes of links."""
_CHUNK = 500
Read = Callable[..., list[Any]]


def links(read: Read) -> list[UserLink]:
    return [
        UserLink(*row)
        for row in read("SELECT guest_id, account_id, link_time, link_seq FROM user_links ORDER BY link_seq")
    ]


def write_links(db: sqlite3.Connection, seq: int, now: int, entry: journal.Recorded) -> None:
    """Links as an entry leaves them, and that learning is to follow."""
    for change in entry.links:
        if change.linked:
            row = (change.guest_id, change.account_id, now, seq)
            db.execute("INSERT OR REPLACE INTO user_links VALUES (?, ?, ?, ?)", row)
        else:
            db.execute("DELETE FROM user_links WHERE guest_id = ?", (change.guest_id,))
        told = (seq, change.guest_id, change.account_id, change.linked, change.since)
        db.execute("INSERT OR REPLACE INTO link_changes VALUES (?, ?, ?, ?, ?)", told)


def forget_followed(db: sqlite3.Connection, entry: journal.Learnt) -> None:
    if (seq := entry.meta.get(FOLLOWED)) is not None:
        db.execute("DELETE FROM link_changes WHERE seq <= ?", (int(seq),))


def changes(read: Read) -> list[tuple[int, LinkChange]]:
    """Changes that learning has not followed, with their sequence numbers, in the order of the journal."""
    rows = read("SELECT seq, guest_id, account_id, linked, since FROM link_changes ORDER BY seq")
    return [(seq, LinkChange(guest, account, bool(linked), since)) for seq, guest, account, linked, since in rows]


def unfinished(read: Read, user_ids: Sequence[str]) -> list[Learner]:
    """Of these users, those with anything left to learn from."""
    found: list[Learner] = []
    for at in range(0, len(user_ids), _CHUNK):
        some = user_ids[at : at + _CHUNK]
        marks = ", ".join("?" * len(some))
        rows = read(
            "SELECT user_id, newest_seq, newest_time, flush_seq, done_seq FROM learners "  # noqa: S608 - marks only
            f"WHERE user_id IN ({marks}) AND newest_seq > done_seq",
            *some,
        )
        found += [Learner(*row) for row in rows]
    return found
