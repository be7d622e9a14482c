"""Which of two replies to one situation is better, by what can be checked without understanding.

The verdict is the weighted sum of the differences of marks; near zero it is a tie. Swapping the replies mirrors it.
"""

import re
from collections.abc import Sequence

from interplay_server.evaluation.rules.marks import CRITERIA, SPECIFICITY, Mark, marks, specificity
from interplay_server.evaluation.rules.results import (
    CLEAR,
    FIRST,
    NONE,
    SECOND,
    SLIGHT,
    TIE,
    CriterionVerdict,
    PairContext,
    PairVerdict,
)
from interplay_server.evaluation.rules.situation import Reply, read, situation
from interplay_server.learning import wording

DEAD_ZONE = 0.15
_CLEAR = 0.5
_FULL = 2.0
_MARGIN = 1e-9
_QUOTE = 120
_SPACES = re.compile(r"\s+")
_BETTER = {
    "uses_known_facts": "uses what is known of the user",
    "asks_for_known": "does not ask for what is already known",
    "contradicts": "does not contradict what is known",
    "covers_expert_points": "covers more of the expert's points",
    "follows_playbook": "keeps better to the playbook",
    "answers_question": "takes up more of what the user asks",
    "repeats_itself": "does not repeat an earlier reply",
    "refuses": "helps instead of refusing",
    "unfinished": "is complete",
    "courtesy": "is more courteous",
    "careful_form": "is written with more care",
    "gives_code": "gives the code that is asked for",
    "specificity": "says more in its words",
}
_FAULTS = frozenset({"asks_for_known", "contradicts", "repeats_itself", "refuses", "unfinished", "careful_form"})


def judge_pair(context: PairContext) -> PairVerdict:
    """The verdict on two replies; TIE for texts equal but for case, space and final marks, and an empty one loses."""
    if _plain(context.first) == _plain(context.second):
        return PairVerdict(TIE, 0.0, NONE, "The replies are identical.")
    first, second = read(context.first), read(context.second)
    empty = _emptiness(first, second)
    if empty:
        return empty
    at = situation(context.turns, context.facts, context.lessons, context.expert)
    ours, theirs = marks(at, first), marks(at, second)
    criteria = []
    total = 0.0
    for (name, _, weight), one, other in zip(CRITERIA, ours, theirs, strict=True):
        margin = round(one.value - other.value, 6)
        criteria.append(CriterionVerdict(name, _side(margin, _MARGIN), margin))
        total += weight * margin
    name, weight = SPECIFICITY
    margin = round(specificity(at, first, second), 6)
    criteria.append(CriterionVerdict(name, _side(margin, _MARGIN), margin))
    total += weight * margin
    winner = _side(total, DEAD_ZONE)
    if winner == TIE:
        return PairVerdict(TIE, 0.0, NONE, "No checkable criterion tells the replies apart.", tuple(criteria))
    magnitude = round(min(1.0, abs(total) / _FULL), 6)
    return PairVerdict(
        winner,
        magnitude,
        CLEAR if magnitude >= _CLEAR else SLIGHT,
        _reason(winner, criteria, ours if winner == FIRST else theirs, theirs if winner == FIRST else ours),
        tuple(criteria),
    )


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).casefold().rstrip(" .!?").lstrip()


def _side(margin: float, least: float) -> str:
    if abs(margin) <= least:
        return TIE
    return FIRST if margin > 0 else SECOND


def _emptiness(first: Reply, second: Reply) -> PairVerdict | None:
    """The verdict where a reply holds no letter and no digit."""
    if first.letters and second.letters:
        return None
    if not first.letters and not second.letters:
        return PairVerdict(TIE, 0.0, NONE, "Neither reply says anything.")
    winner = FIRST if first.letters else SECOND
    return PairVerdict(winner, 1.0, CLEAR, "The other reply is empty.")


def _reason(winner: str, criteria: Sequence[CriterionVerdict], own: Sequence[Mark], other: Sequence[Mark]) -> str:
    """One sentence: the two criteria that decided most, and a quote of the first."""
    weights = {name: weight for name, _, weight in CRITERIA} | dict([SPECIFICITY])
    order = sorted(
        (at for at, one in enumerate(criteria) if one.winner == winner and one.name != "length"),
        key=lambda at: -abs(criteria[at].margin) * weights[criteria[at].name],
    )[:2]
    said = " and ".join(_BETTER[criteria[at].name] for at in order)
    top = order[0]
    quote = ""
    if top < len(own):
        quote = (other if criteria[top].name in _FAULTS else own)[top].quote or other[top].quote
    shown = f" (\u201c{wording.shorten(quote, _QUOTE - 2)}\u201d)" if quote else ""
    return f"{winner} {said}{shown}."
