"""A rule of a table, and the fact that it finds in a clause."""

import re
from collections.abc import Callable
from typing import NamedTuple

INFINITY, YEAR, QUARTER, MONTH, WEEK = "infinity", "one_year", "one_quarter", "one_month", "one_week"
FACTUAL, WORK, GOAL, CIRCUMSTANCE = "factual", "work", "goal", "circumstance"
RELATIONSHIP, ENVIRONMENT, PREFERENCE = "relationship", "environment", "preference"

AFFIRM, DENY, EITHER = "affirm", "deny", "either"


class Rule(NamedTuple):
    """`pattern` is matched where a predicate begins; its group `v` is the value, and the content runs to its end.

    `head` is the third person singular that stands before the value ("Is allergic to"). `polarity` says whether the
    predicate may be negated. A value that `accepts` refuses is no fact.
    """

    pattern: re.Pattern[str]
    head: str
    attribute: str
    category: str
    ttl: str = YEAR
    single: bool = False
    polarity: str = EITHER
    accepts: Callable[[str, str], bool] | None = None
    """Called with the canonical value and the value as written."""
    confidence: float = 0.9
    kind: str = ""
    """"money" or "measure": how the value is normalised."""


class Fact(NamedTuple):
    """What a rule found; `start` and `end` are offsets of its value in the canonical clause."""

    head: str
    start: int
    end: int
    rule: Rule
    value: str
    negated: bool = False
    content: str = ""
    """Replaces the head and the words as written, where it is given."""
    retracts: bool = False


def rule(pattern: str, head: str, attribute: str, category: str, *more: object, **named: object) -> Rule:
    """Make a rule; the pattern is anchored by `match`."""
    return Rule(re.compile(pattern), head, attribute, category, *more, **named)  # type: ignore[arg-type]


_THIRD = {
    "have": "has",
    "am": "is",
    "are": "is",
    "do": "does",
    "go": "goes",
    "study": "studies",
    "teach": "teaches",
    "watch": "watches",
    "wash": "washes",
    "fly": "flies",
    "carry": "carries",
    "try": "tries",
    "coach": "coaches",
    "practise": "practises",
    "practice": "practices",
    "can": "can",
    "bless": "blesses",
    "miss": "misses",
    "fish": "fishes",
    "finish": "finishes",
    "catch": "catches",
    "discuss": "discusses",
    "crochet": "crochets",
    "box": "boxes",
    "relax": "relaxes",
    "dress": "dresses",
    "possess": "possesses",
    "wish": "wishes",
    "worry": "worries",
    "will": "will",
    "must": "must",
    "buy": "buys",
    "play": "plays",
    "pay": "pays",
    "stay": "stays",
    "enjoy": "enjoys",
    "say": "says",
}
BASE = {third: base for base, third in _THIRD.items() if base not in {"are", "am"}}


def third(verb: str) -> str:
    """Third person singular of a verb in its base form."""
    if known := _THIRD.get(verb):
        return known
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


def base(verb: str) -> str:
    """Base form of a verb in the third person singular; others come back as they are."""
    known = BASE.get(verb)
    if known:
        return known
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


_PLURAL = {"Is": "Are", "Has": "Have", "Does": "Do", "Was": "Were"}


def agree(content: str, *, plural: bool) -> str:
    """Content for a subject in the plural: its first word loses the ending of the third person."""
    if not plural:
        return content
    first, space, rest = content.partition(" ")
    changed = _PLURAL.get(first) or base(first.lower()).capitalize()
    return changed + space + rest


def deny(head: str) -> str:
    """Negation of a head: "Is from" gives "Is not from", "Lives in" gives "Does not live in"."""
    first, space, rest = head.partition(" ")
    if first == "Can":
        return f"Cannot{space}{rest}"
    if first in {"Is", "Was", "Will"}:
        return f"{first} not{space}{rest}"
    return f"Does not {base(first.lower())}{space}{rest}"
