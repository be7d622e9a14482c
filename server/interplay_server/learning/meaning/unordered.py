"""How two gists stand to each other: for statements whose parts cannot be laid side by side."""

from collections.abc import Mapping
from typing import NamedTuple

from interplay_server.learning.meaning.gist import Gist
from interplay_server.learning.meaning.likeness import clashing, with_wider
from interplay_server.learning.meaning.nearness import Words, pairs
from interplay_server.learning.meaning.quantity import agree
from interplay_server.learning.meaning.verdict import Found, Verdict

_COMPATIBLE = ({"like", "prefer"}, {"prefer", "want"}, {"want", "like"})
_STYLE = frozenset({"answers", "unit", "contact", "payment", "delivery", "seat", "size", "name", "budget", "stay"})
"""Attributes of which a preference, a wish and a fact say the same."""
_MUCH = 2
"""How much two statements share before one can say more of the same."""


class _Compared(NamedTuple):
    """What two gists share, and what they do not."""

    mine: frozenset[str]
    """Words of the new one only; "!" marks what is denied."""
    yours: frozenset[str]
    single: bool
    """Both speak of an attribute with one value."""
    strength: int
    """How much they share."""
    differ: bool
    more: bool
    less: bool


def compare_gists(new: Gist, old: Gist, words: Words) -> Found:
    """The verdict on the later of two statements by what they contain, and its reason in a few words."""
    if new.holder != old.holder:
        return Verdict.OTHER, "about others"
    shared = new.families & old.families
    spelled = old.spelled | new.spelled
    same = pairs(new.words - old.words, old.words - new.words, spelled, new.names | old.names, words)
    naming = new.naming | old.naming if shared else frozenset[str]()
    stated, denied = (_renamed(part, same) - naming for part in (new.stated, new.denied))
    theirs, refused = old.stated - naming, old.denied - naming
    strength = len((stated | denied) & (theirs | refused)) + bool(shared)
    differ, more, less = quantities(new, old)
    turned = (denied & with_wider(theirs)) | (refused & with_wider(stated))
    if turned:
        said, wider = (denied | stated, theirs | refused)
        if turned & refused:
            said, wider = wider, said
        return _turned(new, old, said, wider)
    if new.ended != old.ended:
        covered = (stated | denied) <= with_wider(theirs | refused)
        contrary = strength and new.ended and covered and not differ
        return (Verdict.CONTRARY, "ended") if contrary else (Verdict.OTHER, "one ended")
    if not same_attitude(new, old):
        return Verdict.OTHER, "another attitude"
    mine = (stated - with_wider(theirs)) | {"!" + word for word in denied - refused}
    yours = (theirs - with_wider(stated)) | {"!" + word for word in refused - denied}
    strength += bool(new.quantities) and not (differ or more or less)
    single = any(family.single for family in shared)
    compared = _Compared(mine, yours, single, strength, differ, more, less)
    return _by_quantity(compared) if differ else _by_words(new, old, compared)


def _renamed(part: frozenset[str], same: Mapping[str, str]) -> frozenset[str]:
    return frozenset(same.get(word, word) for word in part)


def same_attitude(new: Gist, old: Gist) -> bool:
    """Whether both like, want, fear or simply state; of some attributes these say the same."""
    if new.modes == old.modes or any(family.name in _STYLE for family in new.families & old.families):
        return True
    return bool(new.modes and old.modes) and any(new.modes | old.modes <= pair for pair in _COMPATIBLE)


def _turned(new: Gist, old: Gist, said: frozenset[str], wider: frozenset[str]) -> Found:
    """What one denies and the other states."""
    if "want" in new.modes ^ old.modes and not same_attitude(new, old):
        return Verdict.OTHER, "wished and denied"
    if said <= with_wider(wider) and not quantities(new, old)[0]:
        return Verdict.CONTRARY, "stated and denied"
    if new.changed and said & with_wider(wider):
        return Verdict.CONTRARY, "changed"
    return Verdict.OTHER, "another thing is denied"


def _by_quantity(found: _Compared) -> Found:
    if not found.mine and not found.yours and found.strength:
        return Verdict.CONTRARY, "other quantity of the same"
    if found.single and not (found.mine and found.yours) and found.strength >= _MUCH:
        return Verdict.CONTRARY, "other quantity of one attribute"
    return Verdict.OTHER, "other quantity"


def _by_words(new: Gist, old: Gist, found: _Compared) -> Found:
    mine, yours, single, strength = found[:4]
    if not mine and not yours and strength and not found.more and not found.less:
        return Verdict.SAME, "same content"
    if strength >= _MUCH and not yours and not found.less:
        return Verdict.MORE, "says more"
    if strength >= _MUCH and not mine and not found.more:
        return Verdict.LESS, "says less"
    tied = single or strength >= _MUCH
    if not mine or not yours or not strength or not tied or new.added:
        return Verdict.OTHER, "other content"
    clash = clashing(mine, yours, by_category=single)
    if clash and not (mine - clash and yours - clashing(yours, mine, by_category=single)):
        return Verdict.CONTRARY, "words that exclude each other"
    values = mine & new.names, yours & old.names
    if single and all(values) and not (mine - values[0] and yours - values[1]):
        return Verdict.CONTRARY, "another value of an attribute with one value"
    return (Verdict.CONTRARY, "changed") if new.changed else (Verdict.OTHER, "other content")


def quantities(new: Gist, old: Gist) -> tuple[bool, bool, bool]:
    """(some quantities of a kind differ, the new one has more, the old one has more)."""
    if not new.quantities:
        return False, False, bool(old.quantities)
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
