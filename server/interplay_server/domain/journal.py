"""Entries of a tenant's journal: everything that changes its interactions, in one sequence.

An entry takes as many sequence numbers as it has interactions, at least one.
"""

import msgspec

from interplay_server.domain.interaction import Annotation, BatchHeader, InteractionData


class Published(msgspec.Struct, frozen=True, tag="publish", array_like=True):
    header: BatchHeader
    interactions: tuple[InteractionData, ...]


class Deleted(msgspec.Struct, frozen=True, tag="delete", array_like=True):
    interaction_ids: tuple[str, ...]


class Annotated(msgspec.Struct, frozen=True, tag="annotate", array_like=True):
    interaction_id: str
    annotation: Annotation


Entry = Published | Deleted | Annotated

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
    return len(entry.interactions) if isinstance(entry, Published) else 1
