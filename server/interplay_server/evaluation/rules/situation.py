"""What a reply is judged against, prepared once for all replies to one situation."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from interplay_server.domain import roles
from interplay_server.domain.window import Turn
from interplay_server.evaluation.rules import known, speech
from interplay_server.evaluation.rules.results import KnownFact, Lesson
from interplay_server.learning import alignment, wording
from interplay_server.learning.sentences import Sentence, sentences

_MOST_TURNS = 60
_MOST_FACTS = 200
_MOST_LESSONS = 50
_MOST_EXPERT = 40
_GENERIC = alignment.heavy_stems("user prefers likes lives works has is based in name called usually favourite called")
_FRAME = alignment.heavy_stems(
    "mention tell ask offer say state explain inform remind make ensure take account always instead before reply "
    "answer "
    "respond first user customer agent include add"
)
_NEGATIVE = re.compile(r"^(?:please )?(?:never|do not|don['\u2019]t|avoid|stop)\b", re.IGNORECASE)
_AGAIN = re.compile(r"\b(?:repeat|again|once more|say that|what did you)\b", re.IGNORECASE)


class Statement(NamedTuple):
    """Something known, with its stems and figures."""

    text: str
    heavy: frozenset[str]
    figured: bool


class Rule(NamedTuple):
    """A playbook entry as stems: what a reply should hold, and what it should not."""

    instruction: str
    due: frozenset[str]
    avoided: frozenset[str]


class Situation(NamedTuple):
    question: str
    """What the user turns since the last agent turn say."""
    matter: frozenset[str]
    """Stems with matter of their questions and requests."""
    values: tuple[known.Value, ...]
    slots: frozenset[str]
    """Slots known before the question, or stated in it."""
    facts: tuple[Statement, ...]
    stated: tuple[Statement, ...]
    """What the user said with a figure in it."""
    told: frozenset[str]
    """Stems of everything said before, by anybody, and of what tools gave."""
    earlier: tuple[str, ...]
    """Agent turns before, the newest last; none where the user asked to hear something again."""
    rules: tuple[Rule, ...]
    expert: tuple[Statement, ...]
    expert_text: str
    weights: alignment.Weights


@lru_cache(maxsize=16)
def situation(
    turns: tuple[Turn, ...], facts: tuple[KnownFact, ...], lessons: tuple[Lesson, ...], expert: str
) -> Situation:
    """Prepare a situation; at most the newest 60 turns, 200 facts and 50 lessons are read."""
    ordered = speech.in_order(turns)[-_MOST_TURNS:]
    pending = _pending(ordered)
    question = "\n".join(pending)
    values = _values(ordered, facts[:_MOST_FACTS])
    slots = {value.slot for value in values}
    for fact in facts[:_MOST_FACTS]:
        slots |= known.slots_of_fact(fact.text[:1_000])
    agents = [speech.said(turn) for turn in ordered if speech.speaks(turn, roles.AGENT)]
    points = [
        _statement(part.text)
        for part in sentences(expert, 0, speech.READ)[:_MOST_EXPERT]
        if not wording.is_aside(part.text) and alignment.heavy_stems(part.text)
    ]
    stated = [
        _statement(part.text)
        for turn in ordered
        if speech.speaks(turn, roles.USER)
        for part in speech.parts_of(speech.said(turn))
        if not part.asks and alignment.numbers(part.text)
    ]
    known_facts = tuple(_statement(fact.text[:1_000]) for fact in facts[:_MOST_FACTS])
    return Situation(
        question,
        _matter(pending),
        values,
        frozenset(slots),
        known_facts,
        tuple(stated[-20:]),
        frozenset(stem for turn in ordered for stem in alignment.heavy_stems(turn.text[: speech.READ])),
        () if _AGAIN.search(question) else tuple(agents[-8:]),
        tuple(_rule(lesson) for lesson in lessons[:_MOST_LESSONS]),
        tuple(points),
        expert,
        alignment.weights([*(one.text for one in points), *(one.text for one in known_facts), question[:4_000]]),
    )


def _statement(text: str) -> Statement:
    return Statement(text, frozenset(alignment.heavy_stems(text)), bool(alignment.numbers(text)))


def _pending(turns: Sequence[Turn]) -> list[str]:
    """What the user turns say that wait for the reply; an agent's bare call of a tool is no reply to them."""
    pending: list[str] = []
    for turn in reversed(turns):
        if speech.speaks(turn, roles.AGENT):
            if pending:
                break
        elif turn.role_class == roles.USER and (turn.text.strip() or turn.user_action_description.strip()):
            pending.insert(0, speech.said(turn) or turn.user_action_description[: speech.READ])
    return pending


def _matter(pending: Sequence[str]) -> frozenset[str]:
    parts = [part for text in pending for part in speech.parts_of(text) if not wording.is_aside(part.text)]
    asking = [part for part in parts if part.asks] or parts
    return frozenset(stem for part in asking[:40] for stem in alignment.heavy_stems(part.text))


def _values(turns: Sequence[Turn], facts: Sequence[KnownFact]) -> tuple[known.Value, ...]:
    found = [value for fact in facts for value in known.values_in(fact.text[:1_000], fact.fact_id)]
    asked: set[str] = set()
    for turn in turns:
        if speech.speaks(turn, roles.AGENT):
            asked = set(known.asked_slots(speech.parts_of(speech.said(turn))[:20]))
        elif speech.speaks(turn, roles.USER):
            found += known.values_in(speech.said(turn)[:2_000], turn.interaction_id, expected=asked)
            asked = set()
    return tuple(found)


def _rule(lesson: Lesson) -> Rule:
    told = frozenset(alignment.heavy_stems(lesson.instruction[:1_000]) - _FRAME)
    pitfall = frozenset(alignment.heavy_stems(lesson.pitfall[:1_000]) - _FRAME)
    if _NEGATIVE.match(lesson.instruction):
        return Rule(lesson.instruction, frozenset(), told | pitfall if len(told) < 2 else told)
    return Rule(lesson.instruction, told, pitfall - told)


def distinctive(fact: Statement, question: frozenset[str]) -> frozenset[str]:
    """The stems of a fact that a reply can only have from it."""
    return fact.heavy - _GENERIC - question


class Reply(NamedTuple):
    """A reply, read once."""

    text: str
    parts: tuple[Sentence, ...]
    heavy: frozenset[str]
    bags: tuple[frozenset[str], ...]
    letters: str
    words: int


def read(text: str) -> Reply:
    """At most the first READ code points count."""
    said = text[: speech.READ].strip()
    parts = tuple(speech.parts_of(said))
    bags = tuple(frozenset(alignment.stems(part.text)) for part in parts)
    heavy = frozenset(stem for bag in bags for stem in bag if not alignment.is_light(stem))
    return Reply(said, parts, heavy, bags, known.normal(said), len(said.split()))
