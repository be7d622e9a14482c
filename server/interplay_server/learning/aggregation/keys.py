"""The vector by which lessons are compared: a trigger half and an instruction half."""

from collections.abc import Sequence

import numpy as np

from interplay_server.domain.ports import Embedder
from interplay_server.learning.aggregation.clustering import Floor
from interplay_server.learning.aggregation.model import Floats, Member
from interplay_server.retrieval.text import words

# Two lessons are one where 0.4 of the cosine of their triggers and 0.6 of that of their instructions reach the
# threshold together, and neither is far off: "no emojis" in release notes and in a post are two lessons, "check for
# allergies" and "give amounts in grams" for one recipe too.
TRIGGER_SHARE = 0.4
_TRIGGER_FLOOR = 0.2
_INSTRUCTION_FLOOR = 0.35
_GROUP = 1024


def key_vectors(members: Sequence[Member], embedder: Embedder) -> Floats:
    """(n, 2 d) unit vectors of trigger and instruction, stop words left out; zeros without a word.

    A lesson without a trigger, for every situation, has its instruction in both halves.
    """
    out = np.zeros((len(members), 2 * embedder.dimension), np.float32)
    half = embedder.dimension
    for first in range(0, len(members), _GROUP):
        group = members[first : first + _GROUP]
        rows = out[first : first + _GROUP]
        rows[:, :half] = (
            embedder.embed([_content(member.trigger or member.instruction) for member in group]) * TRIGGER_SHARE**0.5
        )
        rows[:, half:] = embedder.embed([_content(member.instruction) for member in group]) * (1 - TRIGGER_SHARE) ** 0.5
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows /= np.where(lengths > 0, lengths, 1.0)[:, None]
    return out


def _content(text: str) -> str:
    return " ".join(word.text for word in words(text)) or text


def floors(dimension: int) -> tuple[Floor, Floor]:
    """What either half of key vectors of `dimension` numbers must reach."""
    half = dimension // 2
    return (
        Floor(slice(0, half), TRIGGER_SHARE * _TRIGGER_FLOOR),
        Floor(slice(half, dimension), (1 - TRIGGER_SHARE) * _INSTRUCTION_FLOOR),
    )
