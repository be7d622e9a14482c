"""How content each user turn sounds: ten signals with integer points set by hand; no weights are fitted."""

import re
from collections.abc import Collection, Sequence

from interplay_server.domain import roles
from interplay_server.domain.window import Turn
from interplay_server.evaluation.rules import speech
from interplay_server.evaluation.rules.results import Satisfaction
from interplay_server.learning import alignment
from interplay_server.learning.lessons import signals

POINTS = {
    "repair": -3,
    "repeats_self": -2,
    "agent_repeats": -2,
    "agent_fails": -1,
    "objects": -1,
    "complains": -3,
    "shouts": -1,
    "unanswered": -1,
    "praises": 3,
    "thanks": 1,
}
"""A satisfied or dissatisfied turn is at four points."""
_FULL = 4
_SAME = 0.8
_LEAST_STEMS = 3
_LOOK_BACK = 4
_SPACE = re.compile(r"\s+")


def satisfactions(turns: Sequence[Turn], corrective: Collection[str]) -> tuple[Satisfaction, ...]:
    """One for each user turn with words; `turns` are those of one session in order."""
    found: list[Satisfaction] = []
    users: list[str] = []
    agents: list[str] = []
    for turn in turns:
        text = speech.said(turn)
        if speech.speaks(turn, roles.AGENT):
            agents.append(text)
        elif speech.speaks(turn, roles.USER):
            heard = _signals(text, users, agents, repairs=turn.interaction_id in corrective)
            scored = tuple((name, POINTS[name]) for name in POINTS if name in heard)
            total = sum(points for _, points in scored)
            found.append(Satisfaction(turn.interaction_id, max(-1.0, min(1.0, total / _FULL)), scored))
            users.append(text)
            agents = agents[-_LOOK_BACK:]
    return tuple(found)


def _signals(text: str, users: list[str], agents: list[str], *, repairs: bool) -> set[str]:
    thanks = bool(speech.THANKS.search(text))
    reply, asked = agents[-1] if agents else "", users[-1] if users else ""
    # The first turn complains of the matter that the user brings, not of a reply.
    complains = bool(asked) and bool(speech.COMPLAINT.search(text))
    signs = {
        "repair": repairs,
        "repeats_self": any(repeats(text, other) for other in users[-_LOOK_BACK:]),
        "agent_repeats": any(repeats(reply, other) for other in agents[-_LOOK_BACK:-1]),
        "agent_fails": fails(reply),
        "unanswered": bool(reply and asked) and ignores(reply, asked),
        "objects": bool(asked) and bool(speech.OPENING.match(text)) and not signals.CHATTY.match(text),
        "complains": complains,
        "shouts": speech.shouts(text) and not thanks,
        "praises": bool(speech.PRAISE.search(text) or signals.WORKED.search(text)) and not (complains or repairs),
        "thanks": thanks,
    }
    return {name for name, holds in signs.items() if holds}


def repeats(text: str, other: str) -> bool:
    """Whether two turns say nearly the same: equal wording, or most of the stems of each."""
    if alignment.same_wording(text, other):
        return len(alignment.heavy_stems(text)) >= _LEAST_STEMS - 1
    one, two = alignment.heavy_stems(text), alignment.heavy_stems(other)
    return min(len(one), len(two)) >= _LEAST_STEMS and len(one & two) >= _SAME * max(len(one), len(two))


def fails(reply: str) -> bool:
    """Whether a reply apologises, reports an error or says that it cannot."""
    parts = speech.parts_of(reply)
    return bool(speech.APOLOGY.search(reply)) or any(
        not part.asks and signals.CANNOT.search(part.text) for part in parts
    )


def ignores(reply: str, question: str) -> bool:
    """Whether a reply to a question shares no word with matter with it, holds no figure and asks nothing."""
    if "?" not in question or "?" in reply or any(map(str.isdigit, reply)):
        return False
    asked = alignment.heavy_stems(question)
    if len(asked) < _LEAST_STEMS or _SPACE.split(reply.strip(), 1)[0].strip(",.!").lower() in {"yes", "no"}:
        return False
    return not asked & alignment.heavy_stems(reply)


def trend(scores: Sequence[float]) -> float:
    """Mean of the second half less mean of the first; 0 for fewer than two."""
    half = len(scores) // 2
    if not half:
        return 0.0
    return sum(scores[-half:]) / half - sum(scores[:half]) / half
