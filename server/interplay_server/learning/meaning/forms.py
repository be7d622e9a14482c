"""Other ways to say an attribute, turned into the one that is compared."""

import re

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.draft import (
    BE,
    CALL,
    CONTEXT,
    HAVE,
    RELATIONS,
    SINGLE_NOUNS,
    STATES,
    Draft,
    items,
)
from interplay_server.learning.meaning.likeness import WIDER
from interplay_server.learning.meaning.normal import Token, key, keys

_OCCUPATIONS = keys(lexicon.OCCUPATIONS)
_DWELLINGS, _AREAS = keys(lexicon.DWELLINGS), keys(lexicon.AREAS)
_WORK, _LIVE, _SIZE, _OF, _SPOUSE = key("work"), key("live"), key("size"), key("of"), key("spouse")
_LIGHT = keys("go do eat drink listen play watch read have get make take") | {"@travel", "@exercise", "@learn"}
_GARMENTS = keys("shoe shirt trousers dress ring hat jacket")
_YEARS = re.compile(r"year|yr")
_COMPARED = frozenset({"better", "best", "more", "most"})
_AILMENTS = ("@allergy", "@intolerance")
_INTOLERANT = key("intolerant")

Tokens = list[Token]


def rewrite(draft: Draft, rest: Tokens) -> Tokens:
    """Sets the attribute of the draft and returns the words of its value."""
    for rule in (_ailment, _person, _noun, _acquired, _wish, _home):
        found = rule(draft, rest)
        if found is not None:
            return found
    return _copula(draft, rest) if draft.predicate in {BE, "is"} else rest


def _ailment(draft: Draft, rest: Tokens) -> Tokens | None:
    """Takes "has a peanut allergy" and "cannot eat peanuts because of an allergy" alike."""
    found = {token.key for token in rest} | {draft.predicate}
    ailment = next((a for a in _AILMENTS if a in found), "@intolerance" if _INTOLERANT in found else "")
    if not ailment or draft.predicate not in {ailment, BE, HAVE, "eat", "@like", "drink", "is", "make"}:
        return None
    if draft.predicate == "make" and not draft.noun:
        return None
    if draft.predicate in {"eat", "drink"}:
        draft.negated = False
    if draft.predicate == ailment == "@intolerance":
        draft.negated = draft.ended
    if draft.predicate == "make" or (not rest and draft.noun):
        rest, draft.noun = [Token(word, word) for word in sorted(draft.noun)], frozenset()
    draft.predicate = ailment
    at = next((i for i, token in enumerate(rest) if token.key in {ailment, _INTOLERANT}), -1)
    if at >= 0:
        rest = [t for t in rest[:at] if t.key not in keys("because suffer")] or rest[at + 1 :]
    return [t for t in rest if t.key not in keys("bad mild food to")]


def _person(draft: Draft, rest: Tokens) -> Tokens | None:
    """Names of persons and animals: "married to Ana", "has a brown dog called Rex", "has a dog Rex"."""
    if draft.predicate == "@spouse" and rest and rest[0].key in {"@call", CALL}:
        rest = rest[1:]
    if draft.predicate in {"@spouse", "@married"} and rest and rest[0].name:
        draft.holder, draft.predicate = _SPOUSE, "@call"
        return rest
    if draft.predicate == HAVE and draft.holder == "user" and _introduces(draft, rest):
        return [token for token in rest if token.name or token.quantity]
    return None


def _introduces(draft: Draft, rest: Tokens) -> bool:
    at = next((i for i, token in enumerate(rest) if token.key in {"@call", CALL}), -1)
    end = at if at > 0 else next((i for i, token in enumerate(rest) if token.name), -1)
    if end <= 0 or not any(token.name for token in rest[end:]):
        return False
    if any(t.key in CONTEXT | {",", "and"} for t in rest):
        return False
    kind = rest[end - 1].key
    relation = kind if kind in RELATIONS else min(WIDER.get(kind, frozenset()) & RELATIONS, default="")
    if not relation or (at < 0 and kind not in RELATIONS):
        return False
    draft.holder, draft.predicate, draft.indefinite = relation, "@call", True
    draft.who = frozenset(token.key for token in rest[: end - 1] if not token.quantity)
    return True


def _noun(draft: Draft, rest: Tokens) -> Tokens | None:
    """Turns "has a shoe size of 42" and "wears size 42 shoes" into "shoe size is 42"."""
    found = [token.key for token in rest]
    if draft.predicate == HAVE and _OF in found[1:4] and found[0] in SINGLE_NOUNS | _GARMENTS | {_SIZE}:
        at = found.index(_OF)
        draft.noun, draft.predicate = items(rest[:at])[0], "is"
        return rest[at + 1 :]
    if draft.predicate in keys("wear take") and _SIZE in found:
        draft.noun, draft.predicate = frozenset({_SIZE, *_GARMENTS.intersection(found)}), "is"
        return [t for t in rest if t.key not in draft.noun]
    return None


def _acquired(draft: Draft, rest: Tokens) -> Tokens | None:
    """What somebody bought they have; what they became they are."""
    if draft.predicate in keys("get become") and rest and rest[0].key in STATES:
        draft.predicate = BE
        return rest
    if draft.predicate == HAVE and rest and rest[0].key in keys("buy own rent adopt"):
        draft.predicate = rest[0].key
        return rewrite(draft, rest[1:])
    if draft.predicate in keys("buy adopt get own"):
        draft.predicate = HAVE
        return rest
    if draft.predicate == key("sell"):
        draft.predicate, draft.negated, draft.ended = HAVE, not draft.negated, True
        return rest
    return None


def _wish(draft: Draft, rest: Tokens) -> Tokens | None:
    """Drops verbs that add nothing: "likes to go hiking", "learns to play the piano"."""
    if draft.predicate == "@learn":
        while len(rest) > 1 and rest[0].key in keys("to play speak do how"):
            rest = rest[1:]
        return rest
    if draft.predicate not in {"@like", "@want", "@prefer"}:
        return None
    while len(rest) > 1 and (rest[0].key == "to" or (rest[0].key in _LIGHT and rest[1].key not in CONTEXT - {"to"})):
        rest = rest[1:]
    if draft.predicate == "@like" and any(t.raw in _COMPARED for t in rest):
        draft.predicate = "@prefer"
        rest = [t for t in rest if t.raw not in _COMPARED]
    return rest


def _home(draft: Draft, rest: Tokens) -> Tokens | None:
    """Tells a town from a kind of house, and the way to work from other ways."""
    if draft.predicate == _LIVE and rest and rest[0].key in {"in", "at", "near"}:
        draft.predicate, rest = "@live_in", rest[1:]
    if draft.predicate == "@live_in":
        if rest and not any(t.name for t in rest):
            kinds = {t.key for t in rest}
            draft.predicate = "dwelling" if kinds & _DWELLINGS else "area" if kinds & _AREAS else "@live_in"
        return rest
    if draft.predicate == "@use" and rest and rest[0].key in keys("car bus train bicycle"):
        draft.predicate = "@commute" if any(t.key == "to" for t in rest) else "@use"
        return rest
    if draft.predicate == _WORK and rest and rest[0].key == "as":
        draft.predicate = "@occupation"
        return rest
    return None


def _copula(draft: Draft, rest: Tokens) -> Tokens:
    """Finds ages, heights and professions in "is ..."."""
    if not draft.noun:
        age = _age(rest)
        if age:
            draft.predicate = "@age"
            return [age] + [t for t in rest if t is not age and t.key not in keys("old age of")]
        if key("tall") in {t.key for t in rest} and any(t.quantity for t in rest):
            draft.predicate = "@height"
            return [t for t in rest if t.key != key("tall")]
        head = next((i for i, t in enumerate(rest) if t.key in CONTEXT), len(rest))
        if head and rest[head - 1].key in _OCCUPATIONS and not rest[head - 1].name:
            draft.predicate = "@occupation"
    return rest


def _age(rest: Tokens) -> Token | None:
    numbers = [t for t in rest if t.quantity]
    years = [t for t in numbers if t.quantity and t.quantity.kind == "duration" and _YEARS.match(t.quantity.unit)]
    bare = [t for t in numbers if t.quantity and t.quantity.kind == "number"]
    if not years and (len(rest) > 2 or not {t.key for t in rest} <= {"old", "age", "#number", "in"}):
        return None
    return next(iter(years or bare), None)
