"""What a statement says whatever the order of its words: content, attributes, quantities, and what is denied.

Where the parts of two statements differ in their verbs and frames, their gists may still be one: "Browser: Firefox" and
"Uses Firefox for browsing". Names, quantities and negation must agree as they must everywhere.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.attributes import CITIES, COUNTRIES
from interplay_server.learning.meaning.draft import BE, CONTEXT, HAVE, MERE
from interplay_server.learning.meaning.families import NAMING, VALUED, Family
from interplay_server.learning.meaning.normal import Token, canonical, keys
from interplay_server.learning.meaning.quantity import Quantity
from interplay_server.learning.meaning.statement import parse

_PERSONS = keys(lexicon.RELATIONS) - keys(lexicon.PETS + " team") 
_EMPTY = (
    CONTEXT | MERE | {BE, HAVE, "@use", "is"}
    | keys(
        "do go get make take use keep hold give put let need must should can will would may shall might other such "
        "method way mean means kind type choice people person someone something thing things nobody anyone "
        "always usually often sometimes ever even once moment time main mainly most mostly much many "
        "more only just fully quite well good really other else work out up down off back there here when if "
        "because nobody's question these days since now from long"
    )
)  # fmt: skip
_MODES = {
    "@like": "like", "@prefer": "prefer", "@want": "want", "need": "want", "@learn": "learn", "@afraid": "afraid",
    "@allergy": "ill", "@intolerance": "ill",
}  # fmt: skip
_CHANGED = re.compile(
    r"\b(?:now|nowadays|these days|instead|from now on|any ?more|no longer|switched|changed|moved|went back|gone back"
    r"|has become|became|after all|again|upgraded|replaced|postponed|rescheduled|swapped|turned into|since last)\b"
)
_ADDED = re.compile(r"\b(?:also|too|as well|another|second|in addition|besides|additional)\b")
_PAST = re.compile(r"\b(?:was|were|had|went|visited|took|used to|in (?:19|20)\d\d|last (?:year|week|month|summer))\b")
_STOPS = frozenset({",", "but", "and", "because", "so", "although"})


class Gist(NamedTuple):
    """The content of one statement; token sets hold canonical words."""

    text: str
    holder: str
    stated: frozenset[str]
    denied: frozenset[str]
    names: frozenset[str]
    families: frozenset[Family]
    naming: frozenset[str]
    """Words that only name an attribute."""
    modes: frozenset[str]
    quantities: tuple[tuple[Quantity, str], ...]
    ended: bool
    changed: bool
    added: bool
    past: bool
    spelled: dict[str, str]
    """Canonical word to the word as written."""

    @property
    def words(self) -> frozenset[str]:
        return self.stated | self.denied


@lru_cache(maxsize=16_384)
def gist(text: str, subject: str = "user") -> Gist:
    """The gist of a statement; any text gives one."""
    parsed = parse(text, subject)
    low = text.lower()
    tokens = canonical(text)
    stated, denied, modes, ended = _content(tokens)
    holder = parsed.holder if parsed.holder in _PERSONS else "user"
    stated -= {holder}
    found = stated | denied
    every = {token.key for token in tokens}
    families = frozenset().union(*(NAMING.get(w, frozenset()) | VALUED.get(w, frozenset()) for w in every))
    naming = frozenset(w for w in every if w in NAMING and w not in VALUED)
    names = frozenset(t.key for t in tokens if t.name) | (found & (CITIES | COUNTRIES.keys()))
    return Gist(
        text, holder, stated, denied, names, families, naming, modes, parsed.quantities, ended,
        bool(_CHANGED.search(low)), bool(_ADDED.search(low)), bool(_PAST.search(low)),
        {token.key: token.raw for token in tokens},
    )  # fmt: skip


def _content(tokens: Sequence[Token]) -> tuple[frozenset[str], frozenset[str], frozenset[str], bool]:
    """(words stated, words denied, modes, whether something ended)."""
    stated: set[str] = set()
    denied: set[str] = set()
    modes: set[str] = set()
    negated = ended = False
    for token in tokens:
        if token.key in {"not", "no", "none", "without", "instead"} and not token.name:
            negated = not negated if token.key != "without" else True
        elif token.key == "~":
            ended = True
        elif token.key in _STOPS:
            negated = False
        elif token.key == "@dislike":
            negated = not negated
            modes.add("like")
        elif token.quantity is not None:
            continue
        else:
            if token.key in _MODES and not token.name:
                modes.add(_MODES[token.key])
                if not token.key == "@allergy":
                    continue
            if token.key in _EMPTY and not token.name:
                continue
            word = token.key.removeprefix("!")
            (denied if negated or token.key.startswith("!") else stated).add(word)
    return frozenset(stated), frozenset(denied), frozenset(modes), ended
