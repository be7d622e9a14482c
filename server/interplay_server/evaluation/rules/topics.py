"""Whether two contacts are about the same matter."""

import re
from collections.abc import Sequence

from interplay_server.learning import alignment

_READ = 2_000
_JACCARD = 0.34
_CONTAINED = 0.6
_LEAST_SHARED = 2
_IDENTIFIER = re.compile(r"\b(?=[A-Za-z0-9_-]{0,30}\d)[A-Za-z0-9][A-Za-z0-9_-]{4,30}\b")
_FRAMES = alignment.heavy_stems(
    "question problem issue trouble wondering asking ask look looking try trying want need hi hey hello again still "
    "contact chat yesterday today morning please earlier last week"
)


def same_topic(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether the first user turns of two sessions speak of the same matter.

    They do if they name the same identifier (order, booking or ticket number), or if they share at least two words with
    matter that make up most of the shorter or a third of both together.
    """
    first, second = (" ".join(turns)[:_READ] for turns in (one, two))
    if _identifiers(first) & _identifiers(second):
        return True
    left, right = (alignment.heavy_stems(text) - _FRAMES for text in (first, second))
    shared = len(left & right)
    if shared < _LEAST_SHARED:
        return False
    return shared >= _CONTAINED * min(len(left), len(right)) or shared >= _JACCARD * len(left | right)


def _identifiers(text: str) -> set[str]:
    return {match[0].casefold() for match in _IDENTIFIER.finditer(text)}
