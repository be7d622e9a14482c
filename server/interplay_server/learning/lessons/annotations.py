"""Lessons from judgements given afterwards: a thumb or a rating with a comment that says why."""

from interplay_server.domain import roles
from interplay_server.domain.window import COMMENT, Judgement, PlaybookCandidate, Quote, Turn
from interplay_server.learning import alignment, wording
from interplay_server.learning.expert import asked, prefix_length
from interplay_server.learning.lessons.orders import order_of
from interplay_server.learning.lessons.outcomes import blockage
from interplay_server.learning.sentences import Sentence, sentences

_BAD, _GOOD = 2.0, 4.0
_READ = 4_000
_CRITICISED, _PRAISED = 0.65, 0.4
_MOST_ORDERS = 4


def judged_lessons(agent: Turn, request: tuple[Turn, ...]) -> list[PlaybookCandidate]:
    """Lessons from the comments on an agent turn; a comment without a reason, or without a verdict, gives none."""
    found: list[PlaybookCandidate] = []
    if agent.role_class != roles.AGENT:
        return found
    for judgement in agent.judgements:
        verdict = _verdict(judgement)
        parts = [
            part
            for part in sentences(judgement.comment, 0, _READ)
            if alignment.heavy_stems(part.text) and not part.asks and not wording.is_aside(part.text)
        ]
        if not verdict or len({stem for part in parts for stem in alignment.heavy_stems(part.text)}) < 2:
            continue
        said = _criticism(parts, agent) if verdict == "bad" else _praise(parts)
        found += [_lesson(agent, request, verdict, text, places) for text, places in said]
    return found


def _verdict(judgement: Judgement) -> str:
    rating = judgement.rating
    if judgement.thumb == "down" or (not judgement.thumb and rating is not None and rating <= _BAD):
        return "bad"
    if judgement.thumb == "up" or (not judgement.thumb and rating is not None and rating >= _GOOD):
        return "good"
    return ""


def _criticism(parts: list[Sentence], agent: Turn) -> list[tuple[str, tuple[Sentence, ...]]]:
    orders = [order for part in parts if (order := order_of(part, agent.text[:_READ]))]
    steering: list[tuple[str, tuple[Sentence, ...]]] = [
        (order.text, (order.sentence,)) for order in orders if order.steers and order.text
    ]
    if steering:
        return steering[:_MOST_ORDERS]
    joined = "; ".join(part.text.strip(" .!") for part in parts[:3])
    text = wording.shorten(
        f"Avoid what a reviewer criticised: {wording.without_identifiers(joined)}", wording.MAX_INSTRUCTION
    )
    return [(text, tuple(parts[:3]))]


def _praise(parts: list[Sentence]) -> list[tuple[str, tuple[Sentence, ...]]]:
    joined = "; ".join(part.text.strip(" .!") for part in parts[:3])
    text = wording.shorten(
        f"Keep to what a reviewer praised: {wording.without_identifiers(joined)}", wording.MAX_INSTRUCTION
    )
    return [(text, tuple(parts[:3]))]


def _lesson(
    agent: Turn, request: tuple[Turn, ...], verdict: str, text: str, places: tuple[Sentence, ...]
) -> PlaybookCandidate:
    phrase, cited = asked(request)
    reply = next(iter(sentences(agent.text, prefix_length(agent), _READ)), None)
    if reply:
        cited = [*cited, Quote(agent.interaction_id, agent.text_field, reply.start, reply.end)]
    kind, details = blockage(agent) if verdict == "bad" else ("", "")
    return PlaybookCandidate(
        phrase or (f"A reply such as {wording.quoted(reply.text)} is due" if reply else "User asks for something"),
        text.rstrip(" .") + ".",
        (*cited, *(Quote(agent.interaction_id, COMMENT, at.start, at.end) for at in places)),
        "annotation" if verdict == "bad" else "success",
        pitfall=f"Answering {wording.quoted(reply.text)}" if reply and verdict == "bad" else "",
        rationale="A reviewer rated the reply as poor." if verdict == "bad" else "A reviewer rated the reply as good.",
        blocking_kind=kind,
        blocking_details=details,
        confidence=_CRITICISED if verdict == "bad" else _PRAISED,
        agent_id=agent.agent_id,
        agent_version=agent.agent_version,
        session_id=agent.session_id,
    )
