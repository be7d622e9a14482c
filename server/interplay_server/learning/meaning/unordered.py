"""How two gists stand to each other: for statements whose parts cannot be laid side by side."""

from collections.abc import Mapping

from interplay_server.learning.meaning.families import Family
from interplay_server.learning.meaning.gist import Gist
from interplay_server.learning.meaning.likeness import clashing, with_wider
from interplay_server.learning.meaning.nearness import Words, pairs
from interplay_server.learning.meaning.quantity import agree
from interplay_server.learning.meaning.verdict import Found, Verdict

_COMPATIBLE = ({"like", "prefer"}, {"prefer", "want"}, {"want", "like"})
_STYLE = frozenset({"answers", "unit", "contact", "payment", "delivery", "seat", "size", "name", "budget", "stay"})
"""Attributes of which a preference, a wish and a fact say the same."""


def compare_gists(new: Gist, old: Gist, words: Words | None) -> Found:
    """The verdict on the later of two statements by what they contain, and its reason in a few words."""
    if new.holder != old.holder:
        return Verdict.OTHER, "about others"
    shared = new.families & old.families
    same = pairs(
        new.words - old.words, old.words - new.words, old.spelled | new.spelled, new.names | old.names, words
    )
    naming = frozenset[str]().union(*({w for w in g.naming} for g in (new, old))) if shared else frozenset()
    stated, denied = (_renamed(part, same) - naming for part in (new.stated, new.denied))
    theirs, refused = old.stated - naming, old.denied - naming
    mode = _modes(new, old, shared)
    turned = (denied & with_wider(theirs)) | (refused & with_wider(stated))
    strength = len((stated | denied) & (theirs | refused)) + bool(shared)
    differ, more, less = _quantities(new, old)
    if turned:
        return _turned(new, old, turned, stated | denied, theirs | refused, mode)
    if new.ended != old.ended:
        rest = (stated | denied) - with_wider(theirs | refused)
        if strength >= 1 and new.ended and not rest and not differ:
            return Verdict.CONTRARY, "ended"
        return Verdict.OTHER, "one ended"
    mine = (stated - with_wider(theirs)) | {"!" + w for w in denied - refused}
    yours = (theirs - with_wider(stated)) | {"!" + w for w in refused - denied}
    if not mode:
        return Verdict.OTHER, "another attitude"
    if differ:
        if not mine and not yours and strength >= 1:
            return Verdict.CONTRARY, "other quantity of the same"
        if any(f.single for f in shared) and not (mine and yours) and strength >= 2:
            return Verdict.CONTRARY, "other quantity of one attribute"
        return Verdict.OTHER, "other quantity"
    return _nested(new, old, mine, yours, shared, strength + (bool(new.quantities) and not more and not less), more, less)


def _renamed(part: frozenset[str], same: Mapping[str, str]) -> frozenset[str]:
    return frozenset(same.get(word, word) for word in part)


def _modes(new: Gist, old: Gist, shared: frozenset[Family]) -> bool:
    if new.modes == old.modes or any(f.name in _STYLE for f in shared):
        return True
    return any(new.modes <= pair and old.modes <= pair and new.modes and old.modes for pair in _COMPATIBLE)


def _turned(
    new: Gist, old: Gist, turned: frozenset[str], mine: frozenset[str], yours: frozenset[str], mode: bool
) -> Found:
    """What one denies and the other states."""
    denied = new if turned & new.denied else old
    said, wider = (mine, yours) if denied is new else (yours, mine)
    if not mode and "want" in new.modes ^ old.modes:
        return Verdict.OTHER, "wished and denied"
    if said <= with_wider(wider) and not _quantities(denied, old if denied is new else new)[0]:
        return Verdict.CONTRARY, "stated and denied"
    if new.changed and len(turned) and len(said & with_wider(wider)) >= 1:
        return Verdict.CONTRARY, "changed"
    return Verdict.OTHER, "another thing is denied"


def _nested(
    new: Gist,
    old: Gist,
    mine: frozenset[str],
    yours: frozenset[str],
    shared: frozenset[Family],
    strength: int,
    more: bool,
    less: bool,
) -> Found:
    if not mine and not yours and strength >= 1 and not more and not less:
        return Verdict.SAME, "same content"
    if strength >= 2 and not yours and not less:
        return Verdict.MORE, "says more"
    if strength >= 2 and not mine and not more:
        return Verdict.LESS, "says less"
    if not mine or not yours or strength < 1:
        return Verdict.OTHER, "other content"
    single = any(f.single for f in shared)
    clash = clashing(mine, yours, by_category=single)
    if clash and (single or strength >= 2) and not new.added:
        rest = mine - clash, yours - clashing(yours, mine, by_category=single)
        if not (rest[0] and rest[1]):
            return Verdict.CONTRARY, "words that exclude each other"
    values = mine & new.names, yours & old.names
    if single and values[0] and values[1] and not new.added and not (mine - values[0] and yours - values[1]):
        return Verdict.CONTRARY, "another value of an attribute with one value"
    if new.changed and (single or strength >= 2) and not new.added and strength >= 1:
        return Verdict.CONTRARY, "changed"
    return Verdict.OTHER, "other content"


def _quantities(new: Gist, old: Gist) -> tuple[bool, bool, bool]:
    """(some quantities of a kind differ, the new one has more, the old one has more)."""
    left = list(old.quantities)
    differ = more = False
    for quantity, _ in new.quantities:
        known = [(other, same) for other in left if (same := agree(quantity, other[0])) is not None]
        if not known:
            more = True
            continue
        other, same = max(known, key=lambda entry: entry[1])
        left.remove(other)
        differ |= not same
    return differ, more, bool(left)
