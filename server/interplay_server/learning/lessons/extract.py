"""All lessons of a window: the expert's and the ordinary ones side by side, guarded and without repetitions."""

from interplay_server.domain import roles
from interplay_server.domain.interaction import SHADOW
from interplay_server.domain.window import PlaybookCandidate, Turn, Window
from interplay_server.learning import alignment
from interplay_server.learning.expert import expert_lessons, expert_pairs, spoken
from interplay_server.learning.lessons.annotations import judged_lessons
from interplay_server.learning.lessons.corrections import by_session, corrections, exchanges
from interplay_server.learning.lessons.outcomes import blocked_lesson, success_lesson

_SAME_INSTRUCTION = 0.8
_SAME_TRIGGER = 0.5


def lessons(window: Window) -> list[PlaybookCandidate]:
    """Every lesson of the window, each with evidence: the expert's first, then corrections, judgements and outcomes.

    In the SHADOW arm none cites a user turn that answered the production reply.
    """
    expert = [lesson for pair in expert_pairs(window) for lesson in expert_lessons(pair)]
    return _distinct(_uncontaminated(window, [*expert, *ordinary_lessons(window)]))


def ordinary_lessons(window: Window) -> list[PlaybookCandidate]:
    """The lessons that need no expert: corrections, redirections, judgements, successes and blockages."""
    found = corrections(window)
    for agent, request in replies(window):
        found += judged_lessons(agent, request)
    corrected = {quote.interaction_id for lesson in found for quote in lesson.evidence}
    for exchange in exchanges(window):
        if exchange.user.fresh and exchange.user.interaction_id not in corrected:
            lesson = success_lesson(exchange.user, exchange.agent, exchange.request, exchange.tools)
            found += [lesson] if lesson else []
    for agent, request in replies(window):
        if agent.fresh and agent.interaction_id not in corrected:
            lesson = blocked_lesson(agent, request)
            found += [lesson] if lesson else []
    return _distinct(_uncontaminated(window, found))


def replies(window: Window) -> list[tuple[Turn, tuple[Turn, ...]]]:
    """Agent turns with the user turns since the agent turn before."""
    found: list[tuple[Turn, tuple[Turn, ...]]] = []
    for turns in by_session(window):
        asked: list[Turn] = []
        answered: tuple[Turn, ...] = ()
        for turn in turns:
            if turn.role_class == roles.USER and spoken(turn)[0].strip():
                asked.append(turn)
            elif turn.role_class == roles.AGENT and turn.text.strip():
                answered = tuple(asked) or answered
                found.append((turn, answered))
                asked = []
    return found


def _uncontaminated(window: Window, found: list[PlaybookCandidate]) -> list[PlaybookCandidate]:
    """In the SHADOW arm, refuse what leans on a user turn that answered another reply; always, what lacks evidence."""
    reacting = {turn.interaction_id for turn in window.turns if turn.reacts_to_production}
    return [
        lesson
        for lesson in found
        if lesson.evidence
        and not (window.arm == SHADOW and any(quote.interaction_id in reacting for quote in lesson.evidence))
    ]


def _distinct(found: list[PlaybookCandidate]) -> list[PlaybookCandidate]:
    """The first of lessons that say the same of the same situation."""
    kept: list[tuple[set[str], set[str], set[str], PlaybookCandidate]] = []
    for lesson in found:
        says, of = set(alignment.stems(lesson.instruction)), set(alignment.stems(lesson.trigger))
        figures = {
            f"{unit}{value}" for unit, values in alignment.numbers(lesson.instruction).items() for value in values
        }
        if not any(
            figures == other_figures
            and _negative(lesson.instruction) == _negative(other.instruction)
            and _overlap(says, other_says) >= _SAME_INSTRUCTION
            and _overlap(of, other_of) >= _SAME_TRIGGER
            for other_says, other_of, other_figures, other in kept
        ):
            kept.append((says, of, figures, lesson))
    return [lesson for *_, lesson in kept]


def _overlap(one: set[str], two: set[str]) -> float:
    """Jaccard index, 0 to 1."""
    return len(one & two) / len(one | two) if one | two else 1.0


def _negative(instruction: str) -> bool:
    return bool({"not", "never", "no"} & set(instruction.lower().split()))
