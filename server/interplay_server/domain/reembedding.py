"""A change from one embedder to another, as it is asked for and as a ledger notes it."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

REEMBED: Final = "reembed_tables"
"""Kind of the operation."""
EMBEDDER_META, GENERATION_META, NOTE_META = "embedder", "vector_tables", "reembedding"


class Note(msgspec.Struct, frozen=True):
    """Tables of `generation` are not, or no longer, those in use: an operation builds them, or without one they go.

    `versions` are those of the learnt tables in use when their rows were first copied.
    """

    generation: int
    operation_id: str = ""
    embedder: str = ""
    versions: dict[str, int] = {}


class Reembedding(NamedTuple):
    """What is to be done: `progress` is told of rows done and of all; `stopping` says that a stop of the server, not a
    cancellation, ends the work, which then goes on after the next start.
    """

    operation_id: str
    embedder: str
    progress: Callable[[int, int], None]
    stopping: Callable[[], bool]
