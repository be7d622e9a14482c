"""Entries of a tenant's journal: everything that changes its data, in one sequence.

An entry takes as many sequence numbers as it has interactions or rows, at least one.
"""

import msgspec

from interplay_server.domain.interaction import Annotation, BatchHeader, InteractionData, Sealing
from interplay_server.domain.learnt import Cursor, Row, RowChange, WindowReceipt
from interplay_server.domain.links import LinkChange
from interplay_server.domain.monitoring import TALLIES
from interplay_server.domain.records import Put, Removal


class Published(msgspec.Struct, frozen=True, tag="publish", array_like=True, gc=False):
    header: BatchHeader
    interactions: tuple[InteractionData, ...]
    envelope: bytes = b""
    """On the disk, the texts that are not in `interactions` where the header says that they are sealed."""


class Deleted(msgspec.Struct, frozen=True, tag="delete", array_like=True):
    interaction_ids: tuple[str, ...]
    customers: tuple[str, ...] = ()
    """Whose events go with them."""


class Annotated(msgspec.Struct, frozen=True, tag="annotate", array_like=True):
    interaction_id: str
    annotation: Annotation
    sealing: Sealing | None = None
    envelope: bytes = b""


class Learnt(msgspec.Struct, frozen=True, tag="learn", array_like=True):
    """One step of learning: rows, their history, cursors and receipts, all or nothing."""

    puts: tuple[Row, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    """(kind, row id) of rows that are gone, their history with them."""
    forgotten: tuple[tuple[str, str], ...] = ()
    """(kind, row id) of rows that stay while what they were before is forgotten."""
    changes: tuple[RowChange, ...] = ()
    cursors: tuple[Cursor, ...] = ()
    receipts: tuple[WindowReceipt, ...] = ()
    done: tuple[tuple[str, int], ...] = ()
    """(user, sequence) up to which everything is learnt from."""
    reopened: tuple[str, ...] | None = None
    """Users whose cursors are to be looked at again; the empty tuple means all, None nobody."""
    annotations_done: tuple[int, ...] = ()
    meta: dict[str, str] = {}
    """Values of the ledger: configuration, generation pointers, how far deletions were followed."""
    dropped_generations: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """(generation, extractors) whose cursors are forgotten."""


class Recorded(msgspec.Struct, frozen=True, tag="record", array_like=True):
    """Rows of collections, all or nothing. What is removed goes before what is put."""

    puts: tuple[Put, ...] = ()
    removed: tuple[Removal, ...] = ()
    meta: dict[str, str] = {}
    """Values of the ledger: configurations, how far something was followed."""
    evaluated: tuple[tuple[str, str, int], ...] = ()
    """(user, session, sequence) up to which a session is evaluated."""
    links: tuple[LinkChange, ...] = ()


Entry = Published | Deleted | Annotated | Learnt | Recorded

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    return _encoder.encode(entry)


def decode(payload: bytes) -> Entry:
    """Raises msgspec.DecodeError for bytes that are no entry."""
    entry: Entry = _decoder.decode(payload)
    return entry


def sequence_numbers(entry: Entry) -> int:
    """How many sequence numbers the entry takes."""
    if isinstance(entry, Published):
        return len(entry.interactions)
    return max(1, sum(len(put.rows) for put in entry.puts)) if isinstance(entry, Recorded) else 1


def counted(entry: Entry) -> int:
    """Interactions or rows that count for a stream: all but what only tells how many there were not."""
    if isinstance(entry, Recorded):
        return sum(len(put.rows) for put in entry.puts if put.collection != TALLIES.name)
    return sequence_numbers(entry)
