"""Marks of a single reply, one for each checkable criterion; a pair is judged by their differences.

A mark looks at the reply and its situation alone, never at the other reply: so judging a pair is symmetric.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from interplay_server.evaluation.rules import known, speech
from interplay_server.evaluation.rules.satisfaction import repeats
from interplay_server.evaluation.rules.situation import Reply, Situation, distinctive
from interplay_server.learning import alignment

_UNPROVEN = 0.4
_OPENING = 3
"""Sentences within which a reply that refuses says so."""
_NO_MATTER = 6
_SPOKEN_WORDS = 60
"""Up to so many words a reply is talk, and its manner counts."""
_USED = 0.6
_COVERED = 0.7
_FOLLOWED, _FELL_IN = 0.5, 0.6
_ENOUGH_COVER = 0.5
_LONG_TEXT = 200
_FRAGMENT = 3
_LEAST_VALUE = 4
_ALIKE = 2
_RICHER = 3.0
"""A difference of Guiraud's index that is a full margin."""
_CODE = re.compile(
    r"\b(?:code|function|script|program(?!me)|implement\w{0,5}|python|javascript|typescript|java|sql|rust|bash|html|"
    r"css|php|"
    r"regex|snippet|golang|kotlin|swift)\b|c\+\+|c#",
    re.IGNORECASE,
)
_PERSONAL = frozenset({"email", "phone", "birthday", "zip"})
_FENCES = 2
_YES_NO = re.compile(
    r"^\W{0,3}(?:yes|no|yeah|sure|certainly|of course|correct|absolutely|unfortunately)\b", re.IGNORECASE
)
_CLOSED = re.compile(
    r"^\W{0,3}(?:is|are|was|were|do|does|did|can|could|will|would|has|have|may|should)\b", re.IGNORECASE
)
_HOW_MANY = re.compile(
    r"\b(?:how (?:many|much|long|old|far|often|big|late|early)|when|what time|which day)\b", re.IGNORECASE
)
_GREETING = re.compile(
    r"^\W{0,3}(?:hi|hello|hey|bye|goodbye|thanks|welcome|ok|okay|yes|no|sure|done|great)\b", re.IGNORECASE
)
_ENDED = re.compile(
    r"[.!?:;\u2026\u3002\uff01\uff1f\"'\u201d\u2019)\]}>*_`|~\U0001f300-\U0001faff]$|^(?:[-*#|]|\d+[.)])", re.IGNORECASE
)


class Mark(NamedTuple):
    """A value, higher being better, and the words of the reply, or of what it was held against, that decided."""

    value: float
    quote: str = ""


def uses_known_facts(at: Situation, reply: Reply) -> Mark:
    """1 for two known facts or values in the reply, half for one; 0.4 for a claim to know that nothing proves."""
    used: list[str] = []
    for value in at.values:
        letters = known.normal(value.text)
        if len(letters) >= _LEAST_VALUE and letters in reply.letters and letters not in known.normal(at.question):
            used.append(value.text)
    for fact in at.facts:
        own = distinctive(fact, at.matter)
        # A fact of one word may occur by chance in a long text, and one that denies in any.
        short = reply.words <= _SPOKEN_WORDS and not alignment.negates(fact.text)
        telling = len(own) >= _ALIKE or fact.figured or short
        if own and telling and len(own & reply.heavy) >= _USED * len(own):
            used.append(fact.text)
    distinct = list(dict.fromkeys(map(known.normal, used)))
    if distinct:
        return Mark(min(len(distinct), 2) / 2, used[0])
    claim = known.claims_known(reply.parts)
    if claim and not at.facts and (known.values_in(claim.text) or alignment.numbers(claim.text)):
        return Mark(_UNPROVEN, claim.text)
    return Mark(0.0)


def asks_for_known(at: Situation, reply: Reply) -> Mark:
    """-1 for a reply that asks for what is already known of the user or was said before."""
    for slot, part in known.asked_slots(reply.parts).items():
        if slot in at.slots:
            return Mark(-1.0, part.text)
    return Mark(0.0)


def answers_question(at: Situation, reply: Reply) -> Mark:
    """0 to 1: how much of what the user asks the reply takes up; half of the words with matter is enough."""
    if not at.matter:
        return Mark(0.0)
    # One word is a weak sign.
    most = 1.0 if len(at.matter) >= _ALIKE else _ENOUGH_COVER
    share = min(most, len(at.matter & reply.heavy) / len(at.matter) / _ENOUGH_COVER)
    parrots = reply.heavy <= at.matter and all(part.asks for part in reply.parts)
    if parrots and reply.parts:
        return Mark(0.0, reply.parts[0].text)
    last = at.question.rsplit("\n", 1)[-1]
    if _CLOSED.match(last) and _YES_NO.match(reply.text):
        return Mark(1.0, reply.text)
    if _HOW_MANY.search(last) and any(map(str.isdigit, reply.text)):
        share = max(share, _COVERED)
    return Mark(share, reply.parts[0].text if reply.parts else "")


def contradicts(at: Situation, reply: Reply) -> Mark:
    """-1 for a figure or a value that cannot hold beside what is known or what the user said."""
    right: dict[str, list[str]] = {}
    for value in at.values:
        right.setdefault(value.slot, []).append(known.normal(value.text))
    for part in reply.parts:
        if not any(map(str.isdigit, part.text)) and "@" not in part.text:
            continue
        for value in known.values_in(part.text):
            # A telephone number may lack its country code.
            stated, told = known.normal(value.text), right.get(value.slot, [])
            if value.slot in _PERSONAL and told and not any(_same_value(stated, one) for one in told):
                return Mark(-1.0, part.text)
        heavy = alignment.heavy_stems(part.text)
        for one in (*at.facts, *(at.stated if len(reply.heavy) <= _SPOKEN_WORDS else ())):
            if one.figured and len(heavy & one.heavy) >= _ALIKE:
                against = alignment.conflict(part.text, one.text, at.weights)
                if against and against.kind == "number":
                    return Mark(-1.0, part.text)
    return Mark(0.0)


def _same_value(one: str, other: str) -> bool:
    return one.endswith(other) or other.endswith(one)


def covers_expert_points(at: Situation, reply: Reply) -> Mark:
    """-1 to 1: mean share of the expert's sentences that the reply covers, less what it contradicts."""
    if not at.expert:
        return Mark(0.0)
    total, least, missing = 0.0, 2.0, ""
    bags = [set(bag) for bag in reply.bags]
    for point in at.expert:
        share = alignment.coverage(point.text, bags, at.weights).share
        if point.figured and any(
            (against := alignment.conflict(part.text, point.text, at.weights)) and against.kind == "number"
            for part in reply.parts
        ):
            share = -1.0
        if share < least:
            least, missing = share, point.text
        total += min(1.0, share / _COVERED) if share > 0 else share
    return Mark(total / len(at.expert), missing)


def follows_playbook(at: Situation, reply: Reply) -> Mark:
    """-1 to 1: entries whose instruction the reply takes up, less those whose pitfall it falls into, over all."""
    total, quote = 0, ""
    for rule in at.rules:
        if rule.due and len(rule.due & reply.heavy) >= _FOLLOWED * len(rule.due):
            total += 1
            quote = rule.instruction
        if rule.avoided and len(rule.avoided & reply.heavy) >= _FELL_IN * len(rule.avoided):
            total -= 1
            quote = rule.instruction
    return Mark(total / len(at.rules), quote) if at.rules else Mark(0.0)


def gives_code(at: Situation, reply: Reply) -> Mark:
    """1 for a block of code where code is asked for."""
    if _CODE.search(at.question) and reply.text.count("```") >= _FENCES:
        return Mark(1.0, "```")
    return Mark(0.0)


def specificity(at: Situation, first: Reply, second: Reply) -> float:
    """-1 to 1, positive where `first` says more different things in its words; 0 unless both are long texts.

    Distinct stems with matter that the question does not hold, over the square root of all words (the index of Guiraud,
    1954): what repeats itself or pads lowers it.
    """
    if min(first.words, second.words) < _SPOKEN_WORDS:
        return 0.0
    one, other = (len(reply.heavy - at.matter) / math.sqrt(reply.words) for reply in (first, second))
    return max(-1.0, min(1.0, (one - other) / _RICHER))


def repeats_itself(at: Situation, reply: Reply) -> Mark:
    """-1 for a reply that says again what an earlier one said."""
    if speech.PLEASANTRY.search(reply.text) or not any(repeats(reply.text, other) for other in at.earlier):
        return Mark(0.0)
    return Mark(-1.0, reply.text)


def refuses(_: Situation, reply: Reply) -> Mark:
    """-1 for a refusal or an apology without any help, -0.4 where the reply offers something else."""
    opening = reply.parts[:_OPENING]
    cannot = next((part for part in opening if not part.asks and speech.REFUSAL.search(part.text)), None)
    if cannot is None:
        cannot = next((part for part in opening if speech.APOLOGY.search(part.text)), None)
        if cannot is None or len(reply.heavy) > _NO_MATTER:
            return Mark(0.0)
    helps = any(speech.ALTERNATIVE.search(part.text) for part in reply.parts if part is not cannot)
    return Mark(-_UNPROVEN if helps else -1.0, cannot.text)


def unfinished(_: Situation, reply: Reply) -> Mark:
    """-1 for a text that breaks off: an open block of code, or a long one without an end."""
    if reply.text.count("```") % 2:
        return Mark(-1.0, reply.text[-80:])
    last = reply.text.rsplit("\n", 1)[-1].strip()
    if len(reply.text) >= _LONG_TEXT and len(last) > 40 and not _ENDED.search(last):
        return Mark(-1.0, last[-80:])
    return Mark(0.0)


def courtesy(_: Situation, reply: Reply) -> Mark:
    """-1 to 0.4: rude words, courteous ones, and replies of a word or two that are no sentence."""
    if rude := speech.RUDE.search(reply.text):
        return Mark(-1.0, rude[0])
    courteous = speech.COURTEOUS.search(reply.text)
    if courteous and reply.words <= _SPOKEN_WORDS:
        return Mark(_UNPROVEN, courteous[0])
    if reply.words <= _FRAGMENT and not reply.text.endswith((".", "!", "?")) and not _GREETING.match(reply.text):
        return Mark(-_UNPROVEN, reply.text)
    return Mark(0.0)


def careful(_: Situation, reply: Reply) -> Mark:
    """-1 to 0 for talk without a capital at its head or a mark at its end; one of the two alone decides nothing."""
    if reply.words > _SPOKEN_WORDS:
        return Mark(0.0)
    head, end = reply.text[:1].islower(), reply.text[-1:].isalpha()
    return Mark(-(head + end) / 2, reply.text)


def brief(_: Situation, reply: Reply) -> Mark:
    """-1 to 0: fewer words are better, up to 500; it counts so little that it never decides alone."""
    return Mark(-min(1.0, reply.words / 500))


Criterion = Callable[[Situation, Reply], Mark]
CRITERIA: tuple[tuple[str, Criterion, float], ...] = (
    ("uses_known_facts", uses_known_facts, 1.2),
    ("asks_for_known", asks_for_known, 1.0),
    ("contradicts", contradicts, 1.0),
    ("covers_expert_points", covers_expert_points, 2.0),
    ("follows_playbook", follows_playbook, 1.0),
    ("answers_question", answers_question, 0.6),
    ("gives_code", gives_code, 0.4),
    ("repeats_itself", repeats_itself, 0.6),
    ("refuses", refuses, 0.6),
    ("unfinished", unfinished, 0.5),
    ("courtesy", courtesy, 0.5),
    ("careful_form", careful, 0.3),
    ("length", brief, 0.05),
)
"""Name, mark and weight of each criterion of single replies."""
SPECIFICITY = ("specificity", 0.5)
"""Name and weight of the criterion that compares two long replies."""


def marks(at: Situation, reply: Reply) -> tuple[Mark, ...]:
    """The marks of a reply in the order of CRITERIA."""
    return tuple(criterion(at, reply) for _, criterion, _ in CRITERIA)
