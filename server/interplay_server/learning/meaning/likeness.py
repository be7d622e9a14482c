"""Which words exclude each other, and which is a kind of another."""

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.normal import key, keys

WIDER: dict[str, frozenset[str]] = {}
for _line in lexicon.BROADER_WORDS.strip().splitlines():
    _wide, _, _narrow = _line.partition(":")
    for _word in keys(_narrow):
        WIDER[_word] = WIDER.get(_word, frozenset()) | {key(_wide)}
"""What a word is a kind of."""


def _groups(lines: str) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(("!" if w.startswith("!") else "") + key(w.lstrip("!")) for w in line.split(":")[-1].split())
        for line in lines.strip().splitlines()
    )


def _index(groups: tuple[frozenset[str], ...]) -> dict[str, frozenset[int]]:
    table: dict[str, set[int]] = {}
    for number, group in enumerate(groups):
        for word in group:
            table.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in table.items()}


_ANTONYMS = _index(_groups(lexicon.ANTONYMS))
_CATEGORIES = _index(_groups(lexicon.CATEGORIES))


def with_wider(words: frozenset[str]) -> frozenset[str]:
    """The words and what they are kinds of."""
    if WIDER.keys().isdisjoint(words):
        return words
    return words.union(*(WIDER.get(word, frozenset()) for word in words))


def alike(a: str, b: str) -> bool:
    """Whether two counted things are one, or one a kind of the other."""
    return a == b or b in WIDER.get(a, frozenset()) or a in WIDER.get(b, frozenset())


def exclusive(a: str, b: str, *, by_category: bool) -> bool:
    """Whether two words exclude each other; by category only where one of a kind can hold."""
    if a == "!" + b or b == "!" + a:
        return True
    if _ANTONYMS.get(a, frozenset()) & _ANTONYMS.get(b, frozenset()):
        return True
    return by_category and bool(_CATEGORIES.get(a, frozenset()) & _CATEGORIES.get(b, frozenset()))


def clashing(some: frozenset[str], others: frozenset[str], *, by_category: bool) -> frozenset[str]:
    """Those of `some` that exclude one of `others`."""
    return frozenset(a for a in some if any(exclusive(a, b, by_category=by_category) for b in others))
