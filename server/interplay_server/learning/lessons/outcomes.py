"""Tasks that ended well, by the user's own word, and replies in which the agent says that it cannot."""

import re

from interplay_server.domain import roles
from interplay_server.domain.window import PlaybookCandidate, Quote, Turn
from interplay_server.learning import alignment, verbs, wording
from interplay_server.learning.expert import asked, prefix_length
from interplay_server.learning.lessons import signals
from interplay_server.learning.sentences import Sentence, sentences

_SUCCESS = 0.4
_BLOCKED = 0.4
_READ = 8_000
_MOST_STEPS = 8
_NO_WORK = frozenset({"think", "calculate", "calculator", "finish", "respond"})
_HANDED_OVER = re.compile(r"transfer|escalat|handoff|hand_off|human", re.IGNORECASE)


def blockage(agent: Turn) -> tuple[str, str]:
    """Kind (one of GAP_KINDS) and details of what kept the agent from it; empty strings where it says no such thing."""
    found = _blocked(agent)
    return (found[0], wording.shorten(wording.without_identifiers(found[1].text), 300)) if found else ("", "")


def _blocked(agent: Turn) -> tuple[str, Sentence] | None:
    if agent.role_class != roles.AGENT:
        return None
    for part in sentences(agent.text, prefix_length(agent), _READ):
        if part.asks or not signals.CANNOT.search(part.text):
            continue
        for kind, pattern in signals.BLOCKED:
            if pattern.search(part.text):
                return kind, part
    return None


def blocked_lesson(agent: Turn, request: tuple[Turn, ...]) -> PlaybookCandidate | None:
    """What to say of a request that the agent could not fulfil, in its own words; None if it could."""
    found = _blocked(agent)
    phrase, cited = asked(request)
    if not found or not phrase:
        return None
    kind, part = found
    return PlaybookCandidate(
        phrase,
        f"Say at once what stands in the way: {wording.quoted(part.text)}.",
        (*cited, Quote(agent.interaction_id, agent.text_field, part.start, part.end)),
        "redirection",
        rationale="The agent could not do what was asked.",
        blocking_kind=kind,
        blocking_details=wording.shorten(wording.without_identifiers(part.text), 300),
        confidence=_BLOCKED,
        agent_id=agent.agent_id,
        agent_version=agent.agent_version,
        session_id=agent.session_id,
    )


def success_lesson(
    user: Turn, agent: Turn, request: tuple[Turn, ...], tools: tuple[str, ...]
) -> PlaybookCandidate | None:
    """A recipe from a task that took steps or tools and that the user says has worked; None unless all of it holds."""
    parts = sentences(user.text, prefix_length(user), 1_000)
    said = [part for part in parts if signals.WORKED.search(part.text)]
    if any(signals.RESERVED.search(part.text) for part in parts) or any(map(_HANDED_OVER.search, tools)):
        return None
    used = [tool for tool in dict.fromkeys(tools) if tool.lower() not in _NO_WORK][:_MOST_STEPS]
    steps = _steps(agent)
    if not said:
        said = [part for part in parts[:3] if signals.THANKS.search(part.text)]
        proceeds = any(signals.PROCEEDS.search(part.text) for part in parts)
        if len(used) < 2 or not said or proceeds or len(user.text) > 200:
            return None
    phrase, cited = asked(request)
    if not phrase or not (used or len(steps) >= 2) or _blocked(agent):
        return None
    return PlaybookCandidate(
        phrase,
        wording.shorten(_recipe(used, steps), wording.MAX_INSTRUCTION),
        (*cited, *(Quote(agent.interaction_id, agent.text_field, step.start, step.end) for step in steps),
         Quote(user.interaction_id, user.text_field, said[0].start, said[0].end)),
        "success",
        rationale="The user confirmed that it worked.",
        confidence=_SUCCESS,
        agent_id=agent.agent_id,
        agent_version=agent.agent_version,
        session_id=user.session_id,
    )  # fmt: skip


def _recipe(tools: list[str], steps: list[Sentence]) -> str:
    said = []
    if tools:
        said.append(f"Use {', then '.join(tools)}.")
    elif len(steps) >= 2:
        listed = "; ".join(wording.shorten(wording.without_identifiers(step.text).rstrip(" ."), 120) for step in steps)
        said.append(f"Give these steps: {listed}.")
    return " ".join(said)


def _steps(agent: Turn) -> list[Sentence]:
    """The imperatives of a reply, or its sentences with words of sequence."""
    found = []
    for part in sentences(agent.text, prefix_length(agent), _READ):
        first = re.match(
            r"(?:please |first,? |then,? |next,? |finally,? |now,? |and |after that,? )*(?P<v>[a-z]+)\b",
            part.text,
            re.IGNORECASE,
        )
        imperative = bool(first and first["v"].lower() in verbs.IMPERATIVES - {"let", "help", "do", "be"})
        sequence = signals.STEP_WORDS.search(part.text)
        if (
            (imperative or sequence)
            and not part.asks
            and alignment.heavy_stems(part.text)
            and not wording.is_aside(part.text)
        ):
            found.append(part)
    return found[:_MOST_STEPS]
