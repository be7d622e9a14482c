"""Words that say the same by their vectors, where no list knows them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from interplay_server.domain.ports import Vectors
from interplay_server.learning.meaning.attributes import CITIES, COUNTRIES
from interplay_server.learning.meaning.likeness import exclusive

Words = Callable[[Sequence[str]], Vectors]
"""Unit vectors of single words, one row each."""

SAME_WORD = 0.6
"""Cosine from which two words say the same."""
_PLACES = CITIES | COUNTRIES.keys()
_SHORTEST = 3


@lru_cache(maxsize=16_384)
def vectors_of(words: Words, spelled: tuple[str, ...]) -> Vectors:
    """Vectors of words that come together again and again."""
    return words(spelled)


def pairs(
    mine: Collection[str],
    yours: Collection[str],
    spelled: Mapping[str, str],
    names: Collection[str],
    words: Words,
) -> dict[str, str]:
    """Words of `mine` by the word of `yours` that says the same, each used once, the nearest first.

    Args:
        mine: canonical words that the other side lacks.
        yours: canonical words of the other side that this side lacks.
        spelled: the words as written.
        names: words that never stand for others.
        words: vectors.
    """
    left = [w for w in sorted(mine) if _plain(w, names)]
    right = [w for w in sorted(yours) if _plain(w, names)]
    if not left or not right:
        return {}
    found = [(1.0, a, b) for a in left for b in right if _one_stem(a, b)]
    vectors = vectors_of(words, tuple(spelled.get(w, w) for w in (*left, *right)))
    cosines = vectors[: len(left)] @ vectors[len(left) :].T
    found += [
        (float(cosines[i, j]), a, b)
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if cosines[i, j] >= SAME_WORD and not exclusive(a, b, by_category=True)
    ]
    paired: dict[str, str] = {}
    for _, a, b in sorted(found, reverse=True):
        if a not in paired and b not in paired.values():
            paired[a] = b
    return paired


def _plain(word: str, names: Collection[str]) -> bool:
    return len(word) >= _SHORTEST and word.isalpha() and word not in names and word not in _PLACES


def _one_stem(a: str, b: str) -> bool:
    """Whether one is the start of the other, as in "photograph" and "photographi", or both differ in a late ending."""
    short, long = sorted((a, b), key=len)
    return len(short) >= 5 and long.startswith(short) and len(long) - len(short) <= 3
