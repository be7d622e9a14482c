"""How good a single reply is, by the same marks as a pair."""

import math
from collections.abc import Sequence

from interplay_server.domain.window import Turn
from interplay_server.evaluation.rules.marks import CRITERIA, marks
from interplay_server.evaluation.rules.results import KnownFact, Lesson
from interplay_server.evaluation.rules.situation import Situation, read, situation
from interplay_server.learning import alignment

_SCALE = 0.5
_MENTIONED = 1.0
_READ = 4_000


def grade_reply(
    context_turns: Sequence[Turn],
    reply: str,
    *,
    arguments: Sequence[str] = (),
    facts: Sequence[KnownFact] = (),
    lessons: Sequence[Lesson] = (),
    expert: str = "",
) -> float:
    """A grade from 0 to 1 to rank replies by; a logistic of weighted marks, no probability.

    `arguments` are the values in the call of a tool, where that is the reply or goes with it: what nobody mentioned
    before counts against it. A reply without words and without arguments gets 0.
    """
    said = read(reply)
    if not said.letters and not arguments:
        return 0.0
    at = situation(tuple(context_turns), tuple(facts), tuple(lessons), expert)
    total = _called(at, arguments)
    if said.letters:
        total += sum(weight * mark.value for (_, _, weight), mark in zip(CRITERIA, marks(at, said), strict=True))
    return 1 / (1 + math.exp(-total / _SCALE))


def _called(at: Situation, arguments: Sequence[str]) -> float:
    """-1 to 1: from no word of the arguments being mentioned before to all of them; 0 without any word."""
    stems = {stem for stem in alignment.heavy_stems(" ".join(arguments)[:_READ]) if len(stem) > 1}
    known = at.told | frozenset(stem for fact in at.facts for stem in fact.heavy)
    return _MENTIONED * (2 * len(stems & known) / len(stems) - 1) if stems else 0.0
