"""How far the content words of two statements cover each other, by their vectors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.ports import Vectors
from interplay_server.learning.meaning.gist import GENERIC, Gist
from interplay_server.learning.meaning.likeness import exclusive, with_wider
from interplay_server.learning.meaning.nearness import SAME_WORD, Words, vectors_of

_WEIGHT_GENERIC, _WEIGHT_NAME = 0.3, 1.5
# Cosines that count at most for a word beside its antonym, one of its kind, and a name beside another word.
_ANTONYM, _KIN, _NAME = -0.2, -0.1, 0.3


class Alignment(NamedTuple):
    """Pairs hold the new statement's side first."""

    covered: tuple[float, float]
    """Weighted mean, over the words of a side, of the cosine to the nearest word of the other side."""
    worst: tuple[float, float]
    """The word that is covered least."""
    lone: tuple[int, int]
    """Words that say something and have no counterpart."""
    rest: float
    """Cosine of what is left on one side to what is left on the other; 0 where nothing is."""
    clash: bool
    """Antonyms face each other."""
    kin: bool
    """Words of one kind, of which one holds, face each other."""


def align(new: Gist, old: Gist, words: Words) -> Alignment:
    """Lays the content words of two statements side by side."""
    mine, yours = tuple(sorted(new.words)), tuple(sorted(old.words))
    if not mine or not yours:
        return Alignment((float(not mine), float(not yours)), (0.0, 0.0), (0, 0), 0.0, clash=False, kin=False)
    a = vectors_of(words, tuple(new.spelled.get(w, w) for w in mine))
    b = vectors_of(words, tuple(old.spelled.get(w, w) for w in yours))
    near, clash, kin = _near(a @ b.T, mine, yours, new, old)
    left, right = frozenset(mine) - with_wider(old.words), frozenset(yours) - with_wider(new.words)
    forth = np.where([w in left for w in mine], near.max(1), 1.0)
    back = np.where([w in right for w in yours], near.max(0), 1.0)
    heavy, weighty = _weights(mine, new), _weights(yours, old)
    return Alignment(
        (float(forth @ heavy / heavy.sum()), float(back @ weighty / weighty.sum())),
        (_worst(forth, heavy), _worst(back, weighty)),
        (_lone(mine, forth), _lone(yours, back)),
        _cosine(a[[w in left for w in mine]].sum(0), b[[w in right for w in yours]].sum(0)),
        clash,
        kin,
    )


def _near(
    cosines: Vectors, mine: Sequence[str], yours: Sequence[str], new: Gist, old: Gist
) -> tuple[Vectors, bool, bool]:
    """(cosines, lowered where words exclude each other; whether antonyms, and words of one kind, were among them)."""
    clash = kin = False
    for i, one in enumerate(mine):
        for j, other in enumerate(yours):
            if one == other:
                cosines[i, j] = 1.0
            elif exclusive(one, other, by_category=False):
                clash, cosines[i, j] = True, _ANTONYM
            elif exclusive(one, other, by_category=True):
                kin, cosines[i, j] = True, _KIN
            elif one in new.names or other in old.names:
                cosines[i, j] = min(cosines[i, j], _NAME)
    return cosines, clash, kin


def _weights(words: Sequence[str], of: Gist) -> NDArray[np.float64]:
    return np.array([_WEIGHT_NAME if w in of.names else _WEIGHT_GENERIC if w in GENERIC else 1.0 for w in words])


def _worst(cover: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float((1 - (1 - cover) * np.minimum(weights, 1)).min())


def _lone(words: Sequence[str], cover: NDArray[np.float64]) -> int:
    return sum(c < SAME_WORD and w not in GENERIC for w, c in zip(words, cover, strict=True))


def _cosine(a: Vectors, b: Vectors) -> float:
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0
