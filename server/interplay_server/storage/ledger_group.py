"""What one transaction of a ledger writes: entries of the journal, and what is derived from them in the same moment."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.ports import Receipt, StreamKey, Write
from interplay_server.storage import learning_ledger, session_ledger, user_links


class Position(Protocol):
    """Of a publish stream."""

    next_offset: int
    interactions: int


@dataclass(slots=True)
class LedgerGroup:
    """`seq` is the next free sequence number, `now` the publish time, in microseconds."""

    seq: int
    now: int
    entries: list[tuple[int, int, int, str, bytes]] = field(default_factory=list)
    appends: list[tuple[str, str, int, bytes, int, int, int, bytes | None]] = field(default_factory=list)
    requests: list[tuple[str, bytes, int, int, int, bytes | None]] = field(default_factory=list)
    deletions: list[tuple[int, bytes]] = field(default_factory=list)
    publishes: learning_ledger.Publishes = field(default_factory=learning_ledger.Publishes)
    sessions: session_ledger.Sessions = field(default_factory=session_ledger.Sessions)
    others: list[tuple[int, journal.Annotated | journal.Learnt | journal.Recorded]] = field(default_factory=list)
    touched: set[tuple[str, str]] = field(default_factory=set)
    """Streams that were appended to."""

    def add(self, entry: journal.Entry, payload: bytes, publish_time: int, append: str = "") -> None:
        """The next entry; `append` is `stream_id/offset`."""
        count = journal.sequence_numbers(entry)
        if isinstance(entry, journal.Published):
            self.publishes.add(entry, self.seq + count - 1, self.now)
            self.sessions.add(entry, self.seq + count - 1, self.now)
        elif isinstance(entry, journal.Deleted):
            self.deletions.append((self.seq, msgspec.msgpack.encode(entry.interaction_ids)))
        else:
            self.others.append((self.seq, entry))
        self.entries.append((self.seq, count, publish_time, append, payload))
        self.seq += count

    def add_made(self, write: Write) -> Receipt:
        """The entries that a write makes once it knows its place."""
        assert write.make is not None  # noqa: S101 - by the caller
        write.made, first = write.make(self.seq, self.now), self.seq
        for one in write.made:
            self.add(one.entry, one.payload, one.publish_time)
        return Receipt(first, self.now, self.seq - first)

    def add_write(self, write: Write, entry: journal.Entry, stream: Position | None) -> Receipt:
        """`stream` is where the write's stream stands, which it moves on."""
        first, count, offset, append = self.seq, journal.sequence_numbers(entry), 0, ""
        layout = msgspec.msgpack.encode(write.layout) if write.layout is not None else None
        if write.stream is not None and stream is not None:
            key, offset = key_of(write.stream), stream.next_offset
            append = f"{write.stream.stream_id}/{offset}"
            self.appends.append((*key, offset, write.digest, first, count, self.now, layout))
            stream.next_offset += 1
            stream.interactions += journal.counted(entry)
            self.touched.add(key)
        elif write.request_id:
            self.requests.append((write.request_id, write.digest, first, count, self.now, layout))
        self.add(entry, write.payload, self.now, append)
        return Receipt(first, self.now, count, offset=offset, layout=write.layout)

    def write(self, run: sqlite3.Connection, streams: Mapping[tuple[str, str], Position]) -> None:
        """One transaction; who calls rolls it back where this raises."""
        run.execute("BEGIN IMMEDIATE")
        run.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", self.entries)
        if self.appends:
            run.executemany("INSERT INTO appends VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self.appends)
            for key in self.touched:
                run.execute(
                    "INSERT INTO streams VALUES (?, ?, ?, ?, ?) ON CONFLICT (method, stream_id) DO UPDATE SET "
                    "next_offset = excluded.next_offset, interactions = excluded.interactions, "
                    "update_time = excluded.update_time",
                    (*key, streams[key].next_offset, streams[key].interactions, self.now),
                )
        if self.requests:
            run.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)", self.requests)
        if self.deletions:
            run.executemany("INSERT INTO deletions VALUES (?, ?)", self.deletions)
        self.publishes.write(run)
        self.sessions.write(run)
        for seq, entry in self.others:
            if isinstance(entry, journal.Learnt):
                learning_ledger.write_learnt(run, entry)
                user_links.forget_followed(run, entry)
            elif isinstance(entry, journal.Recorded):
                run.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", entry.meta.items())
                session_ledger.write_evaluated(run, entry)
                user_links.write_links(run, seq, self.now, entry)
            else:
                learning_ledger.queue_annotation(run, seq, entry)
        run.execute("COMMIT")


def key_of(stream: StreamKey) -> tuple[str, str]:
    return stream.method, stream.stream_id
