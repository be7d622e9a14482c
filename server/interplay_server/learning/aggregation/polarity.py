"""Which way an instruction points: what it asks for, what it forbids, on which side of an opposition, how much."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from interplay_server.retrieval.text import analyse, tokens


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLAUSE = re.compile(r"[.;:!?()\n]+|,(?!\d)|\b(?:but|however|otherwise)\b", re.IGNORECASE)
# "No more than three" forbids nothing, "not only" adds, "leave out" forbids.
_PHRASES = [
    (re.compile(pattern, re.IGNORECASE), to)
    for pattern, to in (
        (r"\b(?:no|not) (?:more|longer|later|fewer|less) than\b|\bnot? (?:only|just)\b|\bno matter\b", " "),
        (r"\bnot (?:until|till)\b", " after "),
        (r"\b(\w+)-free\b", r" without \1 "),
        (r"\b(?:instead of|rather than|in place of|as opposed to|free of)\b", " without "),
        (r"\b(leav|keep|kept|left)(?:e|es|ing|s)? (?:\w+ )?(?:out|off)\b", " omit "),
        (r"\bget(?:ting)? rid of\b|\bhold(?:ing)? back\b|\bstay(?:ing)? away from\b|\bdo away with\b", " omit "),
        (r"\b24[- ]?(?:hour|h)\b", " clock24 "),
        (r"\b12[- ]?(?:hour|h)\b|\ba\.?m\.?(?: (?:and|or) | ?/ ?)p\.?m\b\.?", " clock12 "),
        (r"\bup[- ]?front\b|\bin advance\b", " beforehand "),
    )
]
_NEGATORS = _set(
    """not never no none nor neither without dont doesnt didnt isnt arent cannot cant wont shouldnt mustnt neednt
    couldnt avoid avoids avoiding refrain refrains stop stops skip skips skipping omit omits omitting exclude
    excludes excluding drop drops forbid forbids prohibit prohibits ban refuse refuses decline declines reject
    rejects"""
)
# What is removed was there before: whether it is wanted, these leave open.
_REMOVING = _set("remove removes removing hide hides hiding strip strips delete deletes deleting")
_CONDITIONS = _set("unless until till without before except beforehand if when while after")
_EMPTY = _set(
    """use user users make give ensure always please must should need keep just only also any ever every all be sure
    say tell write answer respond reply state want would may might even still very really one"""
)
# Two sides of one matter; a member of the left counts +1, of the right -1, a negation turns it round.
_SIDES = """
short brief briefly concise concisely terse compact succinct | long longer detailed elaborate thorough lengthy extensive
    verbose
formal formally | informal informally casual casually colloquial slang
metric kilometres kilometers km kilometre kilometer celsius metres meters kilograms kg grams litres |
    imperial miles mile fahrenheit feet inches pounds ounces cups gallons yards
clock24 | clock12
light | dark
sync synchronous synchronously | async asynchronous asynchronously
tabs tab | spaces
merge | rebase
ascending | descending
newest latest | oldest
singular | plural
vegan vegetarian | meat
uppercase capitals | lowercase
british | american
table tables tabular bullet bullets bulleted | prose paragraph paragraphs
"""
# These oppose only where the rest is the same: what is open and what closed, what comes before and what after, may
# both be right.
_WEAK_SIDES = """
open opened | closed close shut
enable enabled activate | disable disabled deactivate
include includes including add adds insert mention mentions | remove removes hide hides strip delete deletes
allow allows permit accept accepts approve grant | deny denies block blocks
public publicly | private privately
increase raise upgrade | decrease lower reduce downgrade
automatically automatic | manually manual
internal | external
cheapest cheap | premium expensive luxury
immediately instantly now | later eventually wait delay postpone
single | multiple several many
encrypted | unencrypted plaintext
before beforehand prior | after afterwards following
first start beginning top | last end bottom finally
more additional | less fewer
above | below
up | down
left | right
"""
_NUMERALS: dict[str, float] = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
                               "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12}  # fmt: skip
_MINUTES = {"minut": 1, "min": 1, "hour": 60, "hr": 60, "h": 60, "day": 1440, "week": 10080, "month": 43200}
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])")


def _lines(text: str) -> list[str]:
    return re.sub(r"\n\s+", " ", text.strip()).splitlines()


def _axes(text: str, first: int) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for axis, line in enumerate(_lines(text), start=first):
        left, right = line.split("|")
        for sign, words in ((1, left), (-1, right)):
            found.update(dict.fromkeys(words.split(), (axis, sign)))
    return found


_STRONG = _axes(_SIDES, 0)
_FIRST_WEAK = 1000
# Of what one forbids and the other asks for, the share (Dice) that is the same: "never ask for the password" does not
# oppose "send the link for a new password".
_LEAST_FORBIDDEN = 0.3
_AXES = _STRONG | _axes(_WEAK_SIDES, _FIRST_WEAK)


_LENGTH = 0


def of_length(word: str) -> bool:
    """Whether the word, "brief" or "detailed", says how long a text is to be."""
    return word in _STRONG and _STRONG[word][0] == _LENGTH


class Stance(NamedTuple):
    """An instruction, taken apart."""

    wanted: frozenset[str]
    """Stems that it asks for."""
    unwanted: frozenset[str]
    """Stems that it forbids."""
    undecided: frozenset[str]
    """Stems both asked for and forbidden, or forbidden under a condition."""
    axes: frozenset[tuple[int, int]]
    """(matter, side): the side is +1 or -1; both where it names both. Their words are not among the stems."""
    amounts: frozenset[tuple[str, float]]
    """(unit, number): times in minutes under "time", others under the stem that follows."""
    stems: frozenset[str]
    """All of the first three."""


def stance(instruction: str) -> Stance:
    """Reads an instruction in English; one in another language has stems only."""
    text = instruction.replace("\u2019", "'")
    for pattern, to in _PHRASES:
        text = pattern.sub(to, text)
    wanted: set[str] = set()
    unwanted: set[str] = set()
    unclear: set[str] = set()
    axes: set[tuple[int, int]] = set()
    amounts: set[tuple[str, float]] = set()
    for clause in _CLAUSE.split(text):
        raw = [token.replace("'", "") for token in tokens(clause)]
        negated = any(token in _NEGATORS for token in raw)
        conditional = negated and any(token in _CONDITIONS for token in raw[1:])
        sign, removed = 1, False
        for token in raw:
            if token in _NEGATORS:
                sign = -1 if token in {"nor", "no"} else -sign
                continue
            removed |= token in _REMOVING
            if token in _AXES:
                axis, side = _AXES[token]
                axes.add((axis, side * sign))
                continue
            for stem in _stems(token):
                (unclear if conditional or removed else wanted if sign > 0 else unwanted).add(stem)
        amounts.update(_amounts(clause))
    both = (wanted & unwanted) | unclear
    return Stance(
        frozenset(wanted - both),
        frozenset(unwanted - both),
        frozenset(both),
        frozenset(axes),
        frozenset(amounts),
        frozenset(wanted | unwanted | both),
    )


def _stems(token: str) -> Iterator[str]:
    if token not in _EMPTY and token not in _CONDITIONS and not token.isdigit():
        yield from (word.stem for word in analyse(token))


def _amounts(clause: str) -> Iterator[tuple[str, float]]:
    numbers = _NUMBER.sub(lambda found: f" {found[0].replace(',', '').replace('.', 'point')} ", clause)
    raw = tokens(numbers.replace("-", " "))
    for word, after in pairwise([*raw, ""]):
        number = _number(word)
        if number is None or not (after or word[0].isdigit()):
            continue
        unit = next((content.stem for content in analyse(after)), "")
        yield ("time", number * _MINUTES[unit]) if unit in _MINUTES else (unit, number)


def _number(word: str) -> float | None:
    if word in _NUMERALS:
        return _NUMERALS[word]
    try:
        return float(word.replace("point", ".")) if word[0].isdigit() else None
    except ValueError:
        return None


def overlap(a: Stance, b: Stance) -> float:
    """Share of the smaller one's stems in the other, 0 to 1; 0 where one has none."""
    fewer = min(len(a.stems), len(b.stems))
    return len(a.stems & b.stems) / fewer if fewer else 0.0


def distinct(a: Stance, b: Stance, direction_overlap: float) -> bool:
    """Whether two instructions clearly speak of different things: few common words, no opposition, no side shared."""
    return (
        bool(a.stems and b.stems)
        and not a.axes & b.axes
        and overlap(a, b) < direction_overlap
        and not opposed(a, b, direction_overlap)
    )


def opposed(a: Stance, b: Stance, direction_overlap: float) -> bool:
    """Whether two instructions for one situation cannot both be followed.

    One asks for what the other forbids, and not merely for one word of many; they name different sides of a known
    matter; or they say the same but for a number of one unit. A side of order, amount or place counts only where the
    rest overlaps by `direction_overlap`.
    """
    if _forbids(a, b) or _forbids(b, a):
        return True
    alike = overlap(a, b) >= direction_overlap
    for axis in {axis for axis, _ in a.axes} & {axis for axis, _ in b.axes}:
        mine, theirs = _side(a, axis), _side(b, axis)
        if mine * theirs < 0 and (axis < _FIRST_WEAK or alike):
            return True
    if not alike:
        return False
    units = {unit for unit, _ in a.amounts} & {unit for unit, _ in b.amounts}
    return any(not (_of(a, unit) & _of(b, unit)) for unit in units)


def _forbids(a: Stance, b: Stance) -> bool:
    shared = len(a.unwanted & b.wanted)
    return 2 * shared >= _LEAST_FORBIDDEN * (len(a.unwanted) + len(b.wanted)) > 0


def _side(of: Stance, axis: int) -> int:
    """0 where it names both sides."""
    return sum(side for which, side in of.axes if which == axis)


def _of(stance_: Stance, unit: str) -> set[float]:
    return {number for name, number in stance_.amounts if name == unit}
