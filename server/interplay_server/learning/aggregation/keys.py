"""The vector by which lessons are compared: a trigger half and an instruction half."""

from collections.abc import Sequence

import numpy as np

from interplay_server.domain.ports import Embedder
from interplay_server.learning.aggregation import polarity
from interplay_server.learning.aggregation.clustering import Floor
from interplay_server.learning.aggregation.model import Floats, Member
from interplay_server.retrieval.text import Word, words

# Two lessons are one where their instructions are alike and their triggers are not far off: "no emojis" in release
# notes and in a post are two lessons. Situations say little beyond that: different lessons for one situation have the
# same trigger, while one lesson is given for many a wording of it. On 45 scenes in which users word lessons anew, pairs
# have precision .89 and recall .70; with a share of .4, all words alike and whole vectors, .75 and .61.
TRIGGER_SHARE = 0.2
_TRIGGER_FLOOR = 0.2
_INSTRUCTION_FLOOR = 0.3
# Words of an instruction that its trigger has too count half: every lesson about hotels has "hotel".
_NEW_WORDS_COUNT = 2
# Vectors of many words lie close together whatever they say, and distinct rules of one policy look alike. The part of
# an instruction falls from 1 at 4 words to .65 at 12.
_FEW, _MANY, _PART_OF_MANY = 4, 12, 0.65
_GROUP = 1024

_FRAME_WORDS = """
user users customer customers client person people please always never make sure ensure must should need needs
needed keep just only also any ever every all be say tell tells state give gives mention mentions mentioned ask asks
asked asking request requests requested question questions want wants wanted wish show shows write use uses using
provide offer answer respond reply inform explain point advise recommend suggest propose
"""
_FRAME = frozenset(_FRAME_WORDS.split())
"""Words by which lessons are introduced, and which say nothing of what they are about."""


def key_vectors(members: Sequence[Member], embedder: Embedder) -> Floats:
    """(n, 2 d) vectors of trigger and instruction, of length 1, or less for long instructions; zeros without a word.

    A lesson without a trigger, for every situation, has its instruction in both halves.
    """
    out = np.zeros((len(members), 2 * embedder.dimension), np.float32)
    half = embedder.dimension
    for first in range(0, len(members), _GROUP):
        group = members[first : first + _GROUP]
        rows = out[first : first + _GROUP]
        rows[:, :half] = embedder.embed([_text(member.trigger or member.instruction) for member in group])
        rows[:, half:] = embedder.embed([_text(member.instruction, member.trigger) for member in group])
        rows[:, :half] *= TRIGGER_SHARE**0.5
        rows[:, half:] *= (1 - TRIGGER_SHARE) ** 0.5
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows /= np.where(lengths > 0, lengths, 1.0)[:, None]
        rows[:, half:] *= np.array([_part(member.instruction) for member in group], np.float32)[:, None]
    return out


def _content(text: str) -> list[Word]:
    """Content words, those of the frame only where there are no others."""
    own = words(text)
    return [_named(word) for word in own if word.text not in _FRAME] or own


def _named(word: Word) -> Word:
    """The word, an adverb as its adjective; brief and detailed alike as "length": who is right is for the vote."""
    if polarity.of_length(word.text):
        return Word("length", word.stem)
    if word.text.endswith("ly"):
        bare = word.text.removesuffix("ally" if word.text.endswith("ically") else "ly")
        if any(found.stem == word.stem for found in words(bare)):
            return Word(bare, word.stem)
    return word


def _text(text: str, known: str = "") -> str:
    """What is embedded of a text: content words, those not `known` twice; all of it without any."""
    stems = {word.stem for word in words(known)}
    own = _content(text)
    return " ".join(word.text for word in own for _ in range(1 if word.stem in stems else _NEW_WORDS_COUNT)) or text


def _part(instruction: str) -> float:
    """Length of the vector of an instruction."""
    count = len({word.stem for word in _content(instruction)})
    return 1 - (1 - _PART_OF_MANY) * min(1.0, max(0.0, (count - _FEW) / (_MANY - _FEW)))


def floors(dimension: int) -> tuple[Floor, Floor]:
    """What either half of key vectors of `dimension` numbers must reach."""
    half = dimension // 2
    return (
        Floor(slice(0, half), TRIGGER_SHARE * _TRIGGER_FLOOR),
        Floor(slice(half, dimension), (1 - TRIGGER_SHARE) * _INSTRUCTION_FLOOR),
    )
