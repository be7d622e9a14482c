"""How two statements stand to each other: equal, nested, contrary or about other things."""

import re
from typing import NamedTuple

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.attributes import (
    AFFINITY,
    ALIKE,
    ATTITUDES,
    CITIES,
    COMPLETE,
    COUNTRIES,
    GONE,
    LIGHT,
    MULTIPLE,
    OPPOSITES,
    SINGLE,
    SINGLE_NOUNS,
    STANCES,
    TAKES_IN,
)
from interplay_server.learning.meaning.draft import RELATIONS
from interplay_server.learning.meaning.likeness import alike, clashing, with_wider
from interplay_server.learning.meaning.normal import key, keys
from interplay_server.learning.meaning.persons import persons, same_holder, states
from interplay_server.learning.meaning.quantity import agree
from interplay_server.learning.meaning.statement import Statement
from interplay_server.learning.meaning.verdict import Found, Verdict

_UNIQUE_RELATIONS = keys(lexicon.UNIQUE_RELATIONS)
_PETS = keys(lexicon.PETS)
_CANCELLED = re.compile(r"cancel|called off", re.IGNORECASE)
_REPLACED = re.compile(r"switch|chang|migrat|convert", re.IGNORECASE)
_SECOND = re.compile(r"\b(?:also|too|as well|another|second)\b", re.IGNORECASE)


class _Difference(NamedTuple):
    """What two statements do not share."""

    mine: frozenset[str]
    """Words of the new one only, kinds of a word of the old one aside."""
    yours: frozenset[str]
    contrary: bool
    """Quantities of one kind differ."""
    more: bool
    """The new one has more quantities."""
    less: bool


def compare(new: Statement, old: Statement) -> Found:
    """The verdict on the later of two statements, and its reason in a few words."""
    if new.text.lower() == old.text.lower() and new.holder == old.holder:
        return Verdict.SAME, "same words"
    found = persons(new, old) or states(new, old)
    if found:
        return found
    if new.predicate != old.predicate:
        return _across(new, old)
    if new.noun != old.noun and not _nouns_agree(new, old):
        return _by_content(new, old) if new.predicate not in STANCES else (Verdict.OTHER, "other attributes")
    return _of_one_verb(new, old)


def _of_one_verb(new: Statement, old: Statement) -> Found:
    if new.predicate == "@call":
        return _called(new, old)
    if new.negated != old.negated:
        return _opposite(new, old)
    return _preferences(new, old) if new.predicate == "@prefer" else _same_attribute(new, old)


def _nouns_agree(new: Statement, old: Statement) -> bool:
    if new.predicate == "@prefer":
        return True
    return (
        bool(new.noun and old.noun)
        and (new.noun < old.noun or old.noun < new.noun)
        and bool(new.noun & old.noun & SINGLE_NOUNS)
    )


def _difference(new: Statement, old: Statement) -> _Difference:
    mine, yours = new.words - with_wider(old.words), old.words - with_wider(new.words)
    return _Difference(mine, yours, *_conflicts(new, old))


def _conflicts(new: Statement, old: Statement) -> tuple[bool, bool, bool]:
    """(some quantities of a kind differ, the new one has more quantities, the old one has more)."""
    left = list(old.quantities)
    extra = differ = False
    for quantity, counted in new.quantities:
        comparable = [
            (other, agree(quantity, other[0])) for other in left
            if alike(counted, other[1]) or "number" not in {quantity.kind, other[0].kind}
        ]  # fmt: skip
        known = [(other, same) for other, same in comparable if same is not None]
        if not known:
            extra = True
            continue
        other, same = max(known, key=lambda entry: entry[1])
        left.remove(other)
        differ |= not same
    return differ, extra, bool(left)


def _dated(new: Statement, old: Statement) -> bool:
    """Years or dates differ of events that happen more than once."""
    mine = {q.low for q, _ in new.quantities if q.kind == "year" or (q.kind == "date" and q.low > 10_000)}
    yours = {q.low for q, _ in old.quantities if q.kind == "year" or (q.kind == "date" and q.low > 10_000)}
    if not mine or not yours or mine == yours or new.predicate in SINGLE:
        return False
    return bool(new.words | new.noun) and (new.predicate != "is" or len(new.quantities) > 1)


def _opposite(new: Statement, old: Statement) -> Found:
    denied, stated = (new, old) if new.negated else (old, new)
    differ, more_new, _ = _conflicts(denied, stated)
    if differ or more_new or not denied.words <= with_wider(stated.words):
        return Verdict.OTHER, "another thing is denied"
    if denied.heads and not denied.heads & with_wider(stated.heads):
        return Verdict.OTHER, "another thing is denied"
    if not denied.words and stated.words and denied.predicate in LIGHT:
        return Verdict.OTHER, "nothing in particular is denied"
    return Verdict.CONTRARY, "stated and denied"


def _across(new: Statement, old: Statement) -> Found:
    """Statements with different verbs."""
    for rule in (_named_or_gone, _of_related_verbs, _of_opposite_verbs, _of_wishes):
        found = rule(new, old)
        if found:
            return found
    return _by_content(new, old)


def _named_or_gone(new: Statement, old: Statement) -> Found | None:
    if new.predicate in GONE:
        return Verdict.OTHER, "gone"
    for one, other, verdict in ((new, old, Verdict.MORE), (old, new, Verdict.LESS)):
        if other.predicate == "@call" and other.value <= one.who:
            return verdict, "named there"
    said = new.words | new.noun
    if _CANCELLED.search(new.text) and new.ended and said and said <= _content(old):
        return Verdict.CONTRARY, "cancelled"
    return None


def _of_related_verbs(new: Statement, old: Statement) -> Found | None:
    """Verbs that say the same of some things: avoiding and not eating, having and driving."""
    pair = frozenset({new.predicate, old.predicate})
    if "@take_in" in pair and pair & TAKES_IN:
        return _opposite(new, old) if new.negated != old.negated else _same_attribute(new, old)
    if pair in ALIKE and new.value and old.value and new.negated == old.negated:
        difference = _difference(new, old)
        return (Verdict.OTHER, "other quantity") if difference.contrary else _nested(new, old, difference)
    if pair == {"@employ", "@occupation"}:
        return _work(new, old)
    return None


def _of_opposite_verbs(new: Statement, old: Statement) -> Found | None:
    pair = frozenset({new.predicate, old.predicate})
    nest = bool(new.value) and (new.value <= old.value or old.value <= new.value)
    if pair == {"@afraid", "@like"} and new.value == old.value and new.negated == old.negated:
        return Verdict.CONTRARY, "feared and liked"
    if pair in OPPOSITES and new.negated == old.negated and nest:
        return Verdict.CONTRARY, "opposite verbs"
    if pair <= AFFINITY and new.negated != old.negated:
        denied, stated = (new, old) if new.negated else (old, new)
        if denied.value and denied.words <= stated.words and denied.heads & stated.heads and not denied.quantities:
            return Verdict.CONTRARY, "liked or done, and not"
    if new.over and new.over <= old.words and not new.negated and not old.negated and pair & LIGHT:
        return Verdict.CONTRARY, "replaced"
    return None


def _of_wishes(new: Statement, old: Statement) -> Found | None:
    pair = {new.predicate, old.predicate}
    if "@prefer" in pair and pair <= {"@prefer", "@like", "@want", "@use"} and new.negated == old.negated:
        contrary = _difference(new, old).contrary
        if not contrary and new.words == old.words and len(new.words) > 1 and new.over == old.over:
            return Verdict.SAME, "same object of a preference"
        if not contrary and len(new.value) > 1 and "@want" in pair:
            return _preferences(new, old)
    if pair & STANCES and not (pair & LIGHT and "@prefer" in pair):
        return Verdict.OTHER, "other verbs"
    return None


def _content(one: Statement) -> frozenset[str]:
    """Every word that means something, the verb too."""
    verb = frozenset[str]()
    if one.predicate not in LIGHT:
        verb = frozenset(key(word) for word in one.predicate.lstrip("@").split("_")) - {"in", "on"}
    return one.words | one.noun | verb


def _by_content(new: Statement, old: Statement) -> Found:
    """Compares all words, where at least one verb is light."""
    if new.predicate != old.predicate and not {new.predicate, old.predicate} & LIGHT:
        return Verdict.OTHER, "other verbs"
    mine, yours = _content(new), _content(old)
    shared = with_wider(mine) & with_wider(yours)
    differ, more, less = _conflicts(new, old)
    weight = len(shared) + (bool(new.quantities) and not differ and not more and not less)
    if weight < 2:
        return Verdict.OTHER, "other verbs"
    nested_old, nested_new = yours <= with_wider(mine), mine <= with_wider(yours)
    if new.negated != old.negated:
        denied = nested_new if new.negated else nested_old
        return (Verdict.CONTRARY, "stated and denied") if denied and not differ else (Verdict.OTHER, "other words")
    if differ:
        return (Verdict.CONTRARY, "other quantity") if nested_old and nested_new else (Verdict.OTHER, "other quantity")
    if nested_old and nested_new and not more and not less:
        return Verdict.SAME, "same words in another form"
    if nested_old and not less:
        return Verdict.MORE, "says more"
    if nested_new and not more:
        return Verdict.LESS, "says less"
    return Verdict.OTHER, "other words"


def _work(new: Statement, old: Statement) -> Found:
    role, firm = (new, old) if new.predicate == "@occupation" else (old, new)
    if new.negated or old.negated:
        return Verdict.OTHER, "role and firm"
    if firm.value and firm.value <= role.context:
        return (Verdict.MORE if role is new else Verdict.LESS), "role at a firm"
    return Verdict.OTHER, "role and firm"


def _called(new: Statement, old: Statement) -> Found:
    if new.words == old.words:
        if new.negated == old.negated and new.who > old.who:
            return Verdict.MORE, "says more of the named"
        return (Verdict.SAME if new.negated == old.negated else Verdict.CONTRARY), "same name"
    if new.over and new.over <= old.words:
        return Verdict.CONTRARY, "corrected name"
    if new.words > old.words:
        return Verdict.MORE, "fuller name"
    if new.words < old.words:
        return Verdict.LESS, "shorter name"
    if new.holder == "user" or (new.holder in _UNIQUE_RELATIONS and old.holder in _UNIQUE_RELATIONS):
        return Verdict.CONTRARY, "other name"
    if new.holder in _PETS and not new.indefinite and not old.indefinite:
        return Verdict.CONTRARY, "other name"
    if new.holder not in RELATIONS:
        return Verdict.CONTRARY, "other name"
    return Verdict.OTHER, "perhaps another one"


def _preferences(new: Statement, old: Statement) -> Found:
    if (new.over and new.over & old.value) or (old.over and old.over & new.value):
        return (Verdict.CONTRARY, "preference turned round") if not new.value & old.value else (Verdict.OTHER, "mixed")
    mine, yours = new.value - old.value, old.value - new.value
    around = not (new.context and old.context) or new.context <= old.context or old.context <= new.context
    if not (new.words - old.words and old.words - new.words):
        if new.over and old.over and new.over != old.over:
            return Verdict.OTHER, "preferred to other things"
        return _nested(new, old, _difference(new, old))
    if not around:
        return Verdict.OTHER, "in other circumstances"
    shared = new.value & old.value
    clash = clashing(mine, yours, by_category=True)
    if clash and (shared or (new.heads & clash)):
        if new.context - old.context and not old.context:
            return Verdict.OTHER, "only in some circumstances"
        return Verdict.CONTRARY, "one preferred, then another"
    if not _says_something(new) or not _says_something(old):
        return Verdict.OTHER, "too little is said"
    if new.noun and new.noun == old.noun and mine and yours:
        return Verdict.CONTRARY, "another favourite"
    return _nested(new, old, _difference(new, old))


def _says_something(one: Statement) -> bool:
    """Whether anything stands beside the verb, or the verb is enough ("runs")."""
    return bool(one.value - one.noun or one.quantities or (one.context and not one.noun)) or not (
        one.predicate in LIGHT | STANCES | {"@take_in"}
        or (one.predicate.startswith("@") and one.predicate not in COMPLETE)
    )


def _nested(new: Statement, old: Statement, difference: _Difference) -> Found:
    """Compares the words that are left when the shared ones are gone."""
    mine, yours, differ, more, less = difference
    if differ:
        if not mine or not yours:
            return Verdict.CONTRARY, "other quantity"
        return Verdict.OTHER, "other quantity of something else"
    if not mine and not yours and not more and not less and new.words == old.words:
        return Verdict.SAME, "same meaning"
    if not _says_something(new) or not _says_something(old):
        return Verdict.OTHER, "too little is said"
    if not yours and not less:
        heads_nest = old.heads <= with_wider(new.heads) or not old.value or new.predicate == "@live_in"
        return (Verdict.MORE, "says more") if heads_nest else (Verdict.OTHER, "about another thing")
    if not mine and not more:
        heads_nest = new.heads <= with_wider(old.heads) or not new.value or new.predicate == "@live_in"
        return (Verdict.LESS, "says less") if heads_nest else (Verdict.OTHER, "about another thing")
    return Verdict.OTHER, "other words"


def _places(new: Statement, old: Statement) -> Found | None:
    """How two homes lie to each other, where the table of large cities and countries tells; None for two towns."""
    for inner, outer, verdict in ((new, old, Verdict.MORE), (old, new, Verdict.LESS)):
        countries = outer.words & COUNTRIES.keys()
        if countries and not outer.words & (CITIES - countries) and not inner.words & COUNTRIES.keys():
            if any(COUNTRIES[country] & inner.words for country in countries):
                return verdict, "a town of that country"
            if not inner.words & CITIES:
                return Verdict.OTHER, "one may lie in the other"
    return None


def _same_attribute(new: Statement, old: Statement) -> Found:
    difference = _difference(new, old)
    found = _elsewhere(new, old, difference) or _one_value(new, old, difference)
    if found:
        return found
    if difference.mine and difference.yours:
        return _clash(new, old, difference)
    return _nested(new, old, difference)


def _elsewhere(new: Statement, old: Statement, difference: _Difference) -> Found | None:
    """Values replaced, and values of another time, thing or place."""
    if new.over and new.over <= old.words and not new.over & new.words:
        return Verdict.CONTRARY, "replaced"
    if difference.contrary and _dated(new, old):
        return Verdict.OTHER, "at another time"
    if not (difference.mine and difference.yours):
        return None
    if new.predicate in {"@budget", "is"} and new.context and old.context:
        return Verdict.OTHER, "of another thing"
    return _places(new, old) if new.predicate == "@live_in" and not new.negated else None


def _one_value(new: Statement, old: Statement, difference: _Difference) -> Found | None:
    """Another value of an attribute of which a person has one."""
    predicate = new.predicate
    if difference.contrary and (predicate in SINGLE or new.noun & SINGLE_NOUNS):
        return Verdict.CONTRARY, "another value of an attribute with one value"
    if predicate not in SINGLE or new.negated or new.quantities or old.quantities:
        return None
    if not (difference.mine and difference.yours):
        return None
    if predicate == "@occupation" and new.value & old.value:
        return _roles(new, old)
    if predicate == "@born_in" and not (new.names and old.names):
        return Verdict.OTHER, "no names of places"
    if not new.words or not old.words:
        return Verdict.OTHER, "too little is said"
    if _SECOND.search(new.text):
        return Verdict.OTHER, "one more"
    return Verdict.CONTRARY, "another value of an attribute with one value"


def _clash(new: Statement, old: Statement, difference: _Difference) -> Found:
    """Both have words of their own: whether those exclude each other."""
    mine, yours, predicate = difference.mine, difference.yours, new.predicate
    multiple = predicate in MULTIPLE and not _REPLACED.search(new.text)
    if multiple and predicate == "@use" and new.context and new.context == old.context:
        multiple = False
    clash = clashing(mine, yours, by_category=not multiple)
    if clash and difference.contrary and not ("only" in new.text and "only" in old.text):
        return Verdict.OTHER, "two differences"
    denied = any("!" + a in yours or "!" + b in mine for a in mine for b in yours)
    pure = mine == clash or not yours - clashing(yours, mine, by_category=not multiple)
    if clash and pure and (not multiple or denied):
        return Verdict.CONTRARY, "words that exclude each other"
    if (predicate in SINGLE or new.noun & SINGLE_NOUNS) and new.noun == old.noun:
        return Verdict.CONTRARY, "another value of an attribute with one value"
    if predicate == "is" and new.noun == old.noun and new.names & mine and old.names & yours:
        return Verdict.CONTRARY, "another name"
    return Verdict.OTHER, "other words"


def _roles(new: Statement, old: Statement) -> Found:
    if new.heads == old.heads and (new.context != old.context) and new.context and old.context:
        return Verdict.CONTRARY, "elsewhere"
    if new.value > old.value:
        return Verdict.MORE, "a narrower role"
    if new.value < old.value:
        return Verdict.LESS, "a wider role"
    return Verdict.CONTRARY, "another role"


def paraphrase(new: Statement, old: Statement, *, other_verb: bool, other_words: bool) -> Verdict:
    """SAME, MORE or LESS where statements differ in their verbs only, given how near their vectors are; else OTHER.

    Args:
        new: the later statement.
        old: the known one.
        other_verb: the vectors are near enough for equal or nested words beside other verbs.
        other_words: and for one more word that differs on either side.
    """
    if not other_verb or not _could_paraphrase(new, old):
        return Verdict.OTHER
    mine, yours = _content(new), _content(old)
    left, right = mine - with_wider(yours), yours - with_wider(mine)
    values = new.words | new.noun, old.words | old.noun
    if clashing(left, right, by_category=True):
        return Verdict.OTHER
    shared = len(mine & yours) + len(new.quantities)
    if values[0] == values[1] or not (left or right):
        return Verdict.SAME if shared >= 2 else Verdict.OTHER
    if values[0] < values[1] or not left:
        return Verdict.LESS if shared >= 2 else Verdict.OTHER
    if values[1] < values[0] or not right:
        return Verdict.MORE if shared >= 2 else Verdict.OTHER
    return Verdict.SAME if other_words and shared >= 2 and len(left) <= 2 and len(right) <= 2 else Verdict.OTHER


def _could_paraphrase(new: Statement, old: Statement) -> bool:
    """Whether names, quantities, negation and attitude agree."""
    if new.predicate == old.predicate and new.noun == old.noun:
        return False
    if not same_holder(new, old) or new.negated != old.negated or new.names != old.names or new.over != old.over:
        return False
    if (new.predicate in ATTITUDES) != (old.predicate in ATTITUDES) or any(_conflicts(new, old)):
        return False
    return frozenset({new.predicate, old.predicate}) not in OPPOSITES and not states(new, old)
