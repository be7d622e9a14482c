"""How much of a statement another text covers, and whether two statements contradict each other."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from interplay_server.learning.sentences import Sentence, clauses
from interplay_server.retrieval import text as txt

_LIGHT_WORDS = """
please kindly sure certainly course just also still really very quite simply can could will would shall should may
might must need want like get got let know tell say said help able there here then than so too if not no any all some
each every either both one more most much many now time today right ok okay yes well good great great happy glad
thank thanks sorry apologise apologize hello hi dear best regard inform unfortunately however therefore thing item
order as into out up down via per us our ours not nt never cannot using use user customer available back go make give
"""
# Words for one thing in customer service; a stem stands for its group.
_GROUPS = """
buy purchase bought
refund reimburse reimbursement
ship send mail dispatch deliver delivery shipping shipment
phone telephone call
cost price fee charge
begin start
cancel cancellation
modify change alter
assist help
receive obtain
require need
fix repair
defective faulty broken damaged
allow permit
choose select pick
verify confirm check
reservation booking book reserve
payment pay paid
photo picture image
email e-mail
""".strip().splitlines()
_NUMBER_WORDS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        map(str, range(1, 13)),
        strict=True,
    )
) | {"fifteen": "15", "twenty": "20", "thirty": "30", "sixty": "60", "ninety": "90", "hundred": "100"}
_NUMBER = re.compile(
    r"(?P<currency>[$\u20ac\u00a3\u00a5])?\s?(?P<value>\d{1,9}(?:[.,]\d{1,3}){0,3})"
    r"(?:\s?(?P<percent>%|percent))?(?:[\s-](?P<unit>[a-z]{2,20}))?",
    re.IGNORECASE,
)
_SKIPPED_UNITS = frozenset(
    ["business", "working", "calendar", "full", "to", "and", "or", "of", "the", "in", "for", "at", "is", "are"]
)
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|cannot|without|unable|neither|nor|impossible|ineligible)\b|n['\u2019]t\b|\bnon-",
    re.IGNORECASE,
)
_OPPOSITES = [
    ("allow", "forbidden"), ("allow", "prohibit"), ("free", "charge"), ("open", "close"), ("includ", "exclud"),
    ("possibl", "imposs"), ("requir", "option"), ("befor", "after"), ("increas", "decreas"), ("alway", "never"),
    ("on", "off"), ("enabl", "disabl"), ("minimum", "maximum"), ("refund", "nonrefund"), ("first", "last"),
    ("morn", "even"), ("left", "right"), ("safe", "unsafe"), ("legal", "illeg"), ("elig", "inelig"),
]  # fmt: skip
_LIGHT_WEIGHT = 0.15
_WHOLE_TEXT_SHARE = 0.8


@lru_cache(maxsize=1)
def _light() -> frozenset[str]:
    return frozenset(word.stem for word in txt.words(_LIGHT_WORDS))


@lru_cache(maxsize=1)
def _group_of() -> Mapping[str, str]:
    folded: dict[str, str] = {}
    for line in _GROUPS:
        stems = [word.stem for word in txt.words(line)]
        for stem in stems:
            folded.setdefault(stem, folded.get(stems[0], stems[0]))
    return folded


@lru_cache(maxsize=4096)
def stems(text: str) -> tuple[str, ...]:
    """Stems of content words; number words become digits and a few synonyms one stem."""
    groups = _group_of()
    return tuple(groups.get(stem, stem) for stem in (_NUMBER_WORDS.get(w.text, w.stem) for w in txt.words(text)))


def is_light(stem: str) -> bool:
    """Whether a word carries manner rather than matter (please, can, sorry)."""
    return stem in _light()


def heavy_stems(text: str) -> set[str]:
    """The stems that carry matter."""
    return {stem for stem in stems(text) if not is_light(stem)}


class Weights(NamedTuple):
    """Idf of stems over the sentences that are compared: rarer among them weighs more; light words weigh little."""

    texts: int
    frequency: Mapping[str, int]

    def of(self, stem: str) -> float:
        idf = math.log(1 + (self.texts + 1) / (self.frequency.get(stem, 0) + 0.5))
        return idf * (_LIGHT_WEIGHT if is_light(stem) else 1.0)


def weights(texts: Iterable[str]) -> Weights:
    bags = [set(stems(text)) for text in texts]
    return Weights(len(bags), Counter(stem for bag in bags for stem in bag))


def containment(part: Iterable[str], whole: set[str], by: Weights) -> float:
    """Share of the weight of `part` that occurs in `whole`, 0 to 1; 1 for a part without content words."""
    distinct = set(part)
    total = sum(map(by.of, distinct))
    return sum(by.of(stem) for stem in distinct if stem in whole) / total if total else 1.0


class Coverage(NamedTuple):
    share: float
    """0 to 1: best of a sentence, two adjacent ones, and 0.8 of the whole text."""
    nearest: int
    """Index of the sentence that covers most; -1 if none shares a word."""


def coverage(part: str, bags: Sequence[set[str]], by: Weights) -> Coverage:
    """How far sentences with the stems `bags` cover `part`."""
    own = set(stems(part))
    each = [containment(own, bag, by) for bag in bags]
    if not each:
        return Coverage(0.0, -1)
    nearest = max(range(len(each)), key=each.__getitem__)
    best = max(each[nearest], _WHOLE_TEXT_SHARE * containment(own, set().union(*bags), by))
    best = max([best, *(containment(own, one | two, by) for one, two in pairwise(bags))])
    return Coverage(best, nearest if each[nearest] > 0 else -1)


def numbers(text: str) -> dict[str, set[str]]:
    """Values by unit: {"day": {"30"}, "$": {"50"}}; long identifiers are no numbers."""
    said = re.sub(r"\b[A-Za-z]{3,7}\b", lambda m: _NUMBER_WORDS.get(m[0].lower(), m[0]), text)
    found: dict[str, set[str]] = {}
    for match in _NUMBER.finditer(said):
        value = match["value"]
        if len(value) > 6 and "," not in value and "." not in value:
            continue
        unit = match["currency"] or ("%" if match["percent"] else "")
        if not unit and match["unit"]:
            unit = match["unit"].lower()
            if unit in _SKIPPED_UNITS:
                after = re.match(r"\s+(?:\d+\s+)?([a-z]{2,20})", said[match.end() :], re.IGNORECASE)
                unit = after[1].lower() if after and unit in {"business", "working", "calendar", "full"} else ""
            unit = next(iter(stems(unit)), "")
        found.setdefault(unit, set()).add(value.replace(",", ""))
    return found


class Conflict(NamedTuple):
    """Two statements about the same thing that cannot both hold."""

    kind: str
    """number, negation, opposite, or value: one word of two otherwise equal statements."""
    theirs: str
    ours: str


_ALIKE = 0.5
_NEARLY_SAME = 0.6


def conflict(agent: str, expert: str, by: Weights) -> Conflict | None:
    """Whether two aligned statements differ in a number of one unit, in negation or in a word against its opposite."""
    digits = re.compile(r"^\d")
    one = {stem for stem in stems(agent) if not digits.match(stem)}
    two = {stem for stem in stems(expert) if not digits.match(stem)}
    heavy = {s for s in one if not is_light(s)} & {s for s in two if not is_light(s)}
    if not heavy:
        return None
    small = min(containment(one, two, by), containment(two, one, by))
    large = max(containment(one, two, by), containment(two, one, by))
    if large >= _ALIKE and small >= _ALIKE / 2:
        stated, meant = numbers(agent), numbers(expert)
        for unit in sorted(set(stated) & set(meant)):
            if stated[unit].isdisjoint(meant[unit]):
                return Conflict("number", ", ".join(sorted(stated[unit])), ", ".join(sorted(meant[unit])))
    if large >= _NEARLY_SAME and small >= _ALIKE:
        for pair in _OPPOSITES:
            for left, right in (pair, pair[::-1]):
                if left in one - two and right in two - one:
                    return Conflict("opposite", left, right)
        if negates(agent) != negates(expert) and (_denies(agent, two) or _denies(expert, one)):
            return Conflict("negation", "", "")
    return _denied(agent, expert) or _substituted(agent, expert)


def _denies(text: str, other: set[str]) -> bool:
    """Whether what a clause of `text` negates is spoken of in the other statement."""
    for part in clauses(Sentence(0, len(text), text))[:12]:
        own = heavy_stems(part.text)
        if own and negates(part.text) and len(own & other) * 2 >= len(own):
            return True
    return False


def _denied(agent: str, expert: str) -> Conflict | None:
    """A clause of one that the other negates: "change the locks", "never change the locks"."""
    ours = [(heavy_stems(part.text), part.text) for part in clauses(Sentence(0, len(expert), expert))[:12]]
    for theirs in clauses(Sentence(0, len(agent), agent))[:12]:
        said = heavy_stems(theirs.text)
        for own, text in ours:
            if len(said & own) >= 2 and said == own and negates(theirs.text) != negates(text):
                return Conflict("negation", theirs.text, text)
    return None


def _substituted(agent: str, expert: str) -> Conflict | None:
    """Statements equal word by word but for one word with matter."""
    one, two = txt.tokens(agent), txt.tokens(expert)
    if len(one) != len(two) or len(one) < 4:
        return None
    pairs = [(left, right) for left, right in zip(one, two, strict=True) if left != right]
    if len(pairs) != 1:
        return None
    ((left, right),) = pairs
    theirs, ours = heavy_stems(left), heavy_stems(right)
    return Conflict("value", left, right) if theirs and ours and theirs != ours else None


def negates(text: str) -> bool:
    return bool(_NEGATION.search(text))


def same_wording(one: str, two: str) -> bool:
    """Equal but for case, space and punctuation."""
    return _letters(one) == _letters(two)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def bags_of(parts: Iterable[Sentence]) -> list[set[str]]:
    return [set(stems(part.text)) for part in parts]
