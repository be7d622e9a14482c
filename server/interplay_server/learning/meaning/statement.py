"""The parts of a statement: whose it is, which attribute, which value, in which circumstances, affirmed or not."""

import re
from functools import lru_cache
from typing import NamedTuple

from interplay_server.learning.meaning.draft import (
    BE,
    CONTEXT,
    HAVE,
    MERE,
    RELATIONS,
    STATES,
    Draft,
    before_context,
    is_noun,
    is_verb,
    items,
)
from interplay_server.learning.meaning.forms import rewrite
from interplay_server.learning.meaning.normal import Token, canonical, key, keys
from interplay_server.learning.meaning.quantity import Quantity

_AUXILIARIES = keys("can would will should must may might do ought")
_CONTACT = keys("contact reach write talk communicate inform notify call message") | {"@use", "@speak"}
_FLUENT = keys("fluent")
_LATER = re.compile("facing|living|using|including|costing|containing|made|built|painted|located|next")
_ATTRIBUTES = {
    key("budget"): "@budget", key("birthday"): "@born_on", key("height"): "@height", key("weight"): "@weight",
    key("age"): "@age", key("timezone"): "@timezone", key("job"): "@occupation", key("employer"): "@employ",
    key("hometown"): "@born_in", key("email-address"): "@email-address", key("phone-number"): "@phone-number",
}  # fmt: skip
_PARTICIPLE = re.compile(
    r"\w+ed|had|been|gone|eaten|driven|bought|sold|grown|taken|given|lost|met|broken|found|begun|read"
)
_YEARS = re.compile(r"year|yr")


class Statement(NamedTuple):
    """One fact. Token sets hold canonical words."""

    text: str
    holder: str
    """"user", or a relation such as "wife"."""
    who: frozenset[str]
    """What sets the holder apart: name, "older"."""
    predicate: str
    noun: frozenset[str]
    """Of "NOUN is VALUE" the words of the noun; else empty."""
    value: frozenset[str]
    heads: frozenset[str]
    """Last words of the items of the value."""
    context: frozenset[str]
    """Words after a preposition."""
    over: frozenset[str]
    """What a preference is preferred to."""
    quantities: tuple[tuple[Quantity, str], ...]
    """Each with the word that it counts or follows."""
    names: frozenset[str]
    negated: bool
    ended: bool
    """No longer so."""
    indefinite: bool = False
    """Introduced with "has a ...", so that there may be others."""

    @property
    def words(self) -> frozenset[str]:
        return self.value | self.context


def _polarity(draft: Draft, tokens: list[Token]) -> list[Token]:
    """Takes out the negations of the verb; "!" marks a word that is negated on its own ("without sugar")."""
    kept: list[Token] = []
    marked = negations = False
    for i, token in enumerate(tokens):
        following = tokens[i + 1].key if i + 1 < len(tokens) else ""
        if token.key == "~":
            draft.ended = True
        elif token.key in {"not", "no", "none"} and not token.name:
            if following != "~" and _negates_a_word(kept, token):
                marked = True
            else:
                negations = not negations
        else:
            if token.key == "@dislike":
                negations = not negations
                token = token._replace(key="@like")  # noqa: PLW2901 - the rest of the loop is the same for both
            kept.append(token._replace(key="!" + token.key) if marked else token)
            marked = token.key == "without"
    draft.negated = negations
    return kept


def _negates_a_word(before: list[Token], negation: Token) -> bool:
    """Whether a negation belongs to the word after it and not to the verb."""
    if not before:
        return False
    last = before[-1]
    if last.key in CONTEXT or last.key.startswith("#"):
        return True
    if last.key in {"@prefer", "@want", "@like"}:
        return negation.key == "no"
    return not (is_verb(last) or last.key in RELATIONS | _AUXILIARIES | {"and", ","})


def _subject(draft: Draft, tokens: list[Token]) -> list[Token]:
    """Reads what stands before the verb, and the verb; returns the rest."""
    at = next((i for i, token in enumerate(tokens) if is_verb(token) and not is_noun(tokens, i)), -1)
    if at == 0 and tokens[0].raw.startswith(("preferred", "preference")):
        later = next((i for i, token in enumerate(tokens) if i and token.key == BE), -1)
        if later > 0:
            return _favourite(draft, tokens[1:later], tokens[later + 1 :])
    if at < 0:
        if len(tokens) > 1 and tokens[0].key in RELATIONS:
            _hold(draft, tokens[:1])
            return tokens[1:]
        return tokens
    before = [token for token in tokens[:at] if token.key not in {",", "and"}]
    draft.predicate = tokens[at].key
    rest = _before_verb(draft, before, tokens[at + 1 :]) if before else tokens[at + 1 :]
    rest += [token for token in before if token.quantity and token not in rest]
    while rest and _goes_on(draft.predicate, rest[0]):
        draft.predicate, rest = rest[0].key, rest[1:]
    return rest


def _before_verb(draft: Draft, before: list[Token], rest: list[Token]) -> list[Token]:
    """Reads the subject: a person, an attribute, or the noun of "NOUN is VALUE"."""
    copula = draft.predicate == BE
    if any(token.key in RELATIONS and not token.name for token in before_context(before)):
        _hold(draft, before_context(before))
    elif any(token.raw.startswith(("favourite", "favorite")) for token in before):
        if copula:
            return _favourite(draft, [t for t in before if not t.raw.startswith("favo")], rest)
    elif copula and len(rest) == 1 and rest[0].key in RELATIONS and len(before) <= 2:
        draft.holder, draft.predicate = rest[0].key, "@call"
        return [token._replace(name=True) for token in before]
    elif copula and len(before) == 1 and before[0].key in STATES:
        return before
    elif copula:
        attribute = next((_ATTRIBUTES[t.key] for t in before if t.key in _ATTRIBUTES), "")
        draft.predicate = attribute or "is"
        if attribute:
            return rest + [t for t in before if t.key not in _ATTRIBUTES]
        nominal = before_context(before)
        draft.noun = items(nominal)[0]
        return rest + before[len(nominal) :]
    else:
        draft.noun = items(before)[0]
    return rest


def _goes_on(predicate: str, following: Token) -> bool:
    """Whether the word after an auxiliary is the verb proper."""
    if predicate in _AUXILIARIES:
        return True
    if not is_verb(following) or predicate not in {BE, HAVE}:
        return False
    participle = _PARTICIPLE.fullmatch(following.raw) is not None and not following.article
    return following.key.startswith("@") or predicate == BE or participle


def _favourite(draft: Draft, noun: list[Token], value: list[Token]) -> list[Token]:
    draft.predicate = "@prefer"
    draft.noun = items(noun)[0]
    known = {token.key for token in value}
    return value + [token for token in noun if token.key not in known]


def _hold(draft: Draft, tokens: list[Token]) -> None:
    relation = next(token for token in tokens if token.key in RELATIONS and not token.name)
    draft.holder = relation.key
    draft.who = items([t for t in tokens if t is not relation])[0]


def _value_end(rest: list[Token]) -> int:
    """Where the value ends and the circumstances begin."""
    for i, token in enumerate(rest):
        ends = token.key in CONTEXT or token.key == "instead" or _LATER.fullmatch(token.raw)
        if ends and not token.name and (i > 0 or len(rest) == 1 or token.key != "to"):
            return i
    return len(rest)


def _value(draft: Draft, rest: list[Token]) -> tuple[frozenset[str], frozenset[str], int]:
    """(words of the value, their heads, where the circumstances begin)."""
    at = _value_end(rest)
    words, heads = items(rest[:at])
    if draft.predicate in {"@prefer", "@want"} and words <= _CONTACT and at < len(rest) and rest[at].key == "by":
        draft.predicate = "@prefer"
        stop = (i for i in range(at + 1, len(rest)) if rest[i].key in CONTEXT or rest[i].key == "instead")
        end = next(stop, len(rest))
        return *items(rest[at + 1 : end]), end
    if draft.predicate == "@speak":
        words -= _FLUENT
        heads = heads - _FLUENT or words
    return words, heads, at


def _circumstances(draft: Draft, rest: list[Token], at: int) -> tuple[frozenset[str], frozenset[str]]:
    """(words after prepositions, what the value is preferred to or replaces)."""
    context: set[str] = set()
    for i in range(at, len(rest)):
        token = rest[i]
        if token.key == "instead" or _introduces_rest(draft.predicate, rest, i):
            other = [t for t in rest[i + 1 :] if t.key not in CONTEXT | {"call"}]
            return frozenset(context), items(other)[0]
        if token.key not in CONTEXT | MERE and token.quantity is None:
            context.add(token.key)
    return frozenset(context), frozenset()


def _quantities(draft: Draft, rest: list[Token]) -> tuple[tuple[Quantity, str], ...]:
    """Quantities and what they count; "one brother" counts nothing that "a brother" does not."""
    found = []
    on_a_weekday = any(token.key == "#weekday" for token in rest)
    for i, token in enumerate(rest):
        if token.quantity is None or (on_a_weekday and token.quantity[:3] == ("freq", 1.0, 1.0)):
            continue
        counted = "" if draft.noun or draft.predicate.startswith("@") else _counted(rest, i)
        if counted and token.quantity.low == token.quantity.high == 1:
            continue
        found.append((_as_age(token.quantity) if draft.predicate == "@age" else token.quantity, counted))
    return tuple(found)


def _introduces_rest(predicate: str, tokens: list[Token], i: int) -> bool:
    """Whether what follows is what something is preferred to."""
    raw = tokens[i].raw
    if predicate != "@prefer" or not i:
        return raw == "than" and tokens[i - 1].raw in {"rather", "more"}
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    return raw in {"over", "than"} or (raw == "to" and after is not None and not is_verb(after))


def _as_age(quantity: Quantity) -> Quantity:
    if quantity.kind == "number":
        return quantity._replace(kind="age")
    if quantity.kind == "duration" and _YEARS.match(quantity.unit):
        return Quantity("age", round(quantity.low / 31_557_600, 2), round(quantity.high / 31_557_600, 2))
    return quantity


def _counted(tokens: list[Token], i: int) -> str:
    """The word that a bare number counts ("two children") or follows ("size 42")."""
    if tokens[i].key != "#number":
        return ""
    for token in (*tokens[i + 1 : i + 3], *reversed(tokens[max(0, i - 1) : i])):
        if token.key not in CONTEXT | MERE and token.quantity is None:
            return token.key
    return ""


@lru_cache(maxsize=16_384)
def parse(text: str, subject: str = "user") -> Statement:
    """The parts of a statement; any text gives some."""
    draft = Draft()
    if subject and subject != "user":
        words = [key(word) for word in subject.lower().replace("_", " ").split()] or [draft.holder]
        draft.holder = next((word for word in words if word in RELATIONS), words[-1])
    rest = rewrite(draft, _subject(draft, _polarity(draft, canonical(text))))
    value, heads, at = _value(draft, rest)
    context, over = _circumstances(draft, rest, at)
    names = frozenset(token.key for token in rest if token.name)
    return Statement(
        text, draft.holder, draft.who, draft.predicate, draft.noun, value, heads, context, over,
        _quantities(draft, rest), names, draft.negated, draft.ended, draft.indefinite,
    )  # fmt: skip
