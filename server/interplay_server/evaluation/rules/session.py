"""How a session went: outcome with evidence, corrections, turns to resolution, escalation, satisfaction.

Points are integers set by hand and stand in `POINTS`; the score is a logistic of their sum. A heuristic: it reads what
the turns say, and knows neither whether an order really reached the shop nor whether a policy was kept.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from interplay_server.domain import roles
from interplay_server.domain.window import Judgement, Turn
from interplay_server.evaluation.rules import speech
from interplay_server.evaluation.rules.correctives import corrective_turns
from interplay_server.evaluation.rules.results import (
    ABANDONED,
    ASKED,
    FAILURE,
    PARTIAL,
    SUCCESS,
    TRANSFERRED,
    UNKNOWN,
    Evidence,
    SessionJudgement,
    ToolResult,
)
from interplay_server.evaluation.rules.satisfaction import satisfactions, trend
from interplay_server.learning import wording
from interplay_server.learning.lessons import signals

IDLE_US = 600_000_000
"""After this long without a turn, a question that nobody answered counts as left."""
POINTS = {
    "user says it worked": 4,
    "user acts: purchase or completion": 5,
    "user is pleased": 2,
    "user thanks and closes": 1,
    "user accepts": 1,
    "agent states completion": 1,
    "rated well": 4,
    "rated badly": -4,
    "user corrects": -1,
    "ends on a correction": -3,
    "user complains at the end": -3,
    "user asks for a human": -2,
    "handed over to a human": -2,
    "agent cannot": -2,
    "user gives up": -4,
    "user puts it off": -1,
    "user is left without an answer": -2,
    "agent's question is left": -2,
    "tool or system fails": -2,
    "tool or system fails at first": -1,
    "came back with the same matter": -4,
    "takes many turns": -1,
}
_GOOD = frozenset(
    {
        "user says it worked", "user acts: purchase or completion", "user is pleased", "user thanks and closes",
        "agent states completion",
        "rated well",
    }
)  # fmt: skip
_BAD = frozenset(
    {
        "rated badly", "ends on a correction", "user complains at the end", "user asks for a human",
        "handed over to a human", "agent cannot", "tool or system fails", "came back with the same matter",
    }
)  # fmt: skip
_LEFT = frozenset({"user gives up", "user puts it off", "user is left without an answer", "agent's question is left"})
_WAITING = frozenset({"user is left without an answer", "agent's question is left"})
_PROVEN = frozenset({"user says it worked", "user acts: purchase or completion", "rated well"})
_MOST_CORRECTIONS, _MOST_ERRORS = 3, 3
_LONG, _LONGER = 6, 2
"""User turns from which on a session takes long, and how many more cost another point, three at most."""
_SCALE = 2.5
_POOR, _FINE = 2.0, 4.0
_ASKS_FOR = re.compile(
    r"^(?:anything else|is there anything else|can i help|how (?:can|may) i)\b|\belse\b", re.IGNORECASE
)
_GO_AHEAD = re.compile(
    r"\b(?:go ahead|proceed|(?:book|order|cancel|send|do|take|buy|reserve|change|add|confirm) (?:it|that|this|them|"
    r"one))\b",
    re.IGNORECASE,
)
_ACCEPTS = re.compile(
    r"^\W{0,3}(?:great|perfect|ok|okay|good|nice|cool|sounds (?:good|great)|that (?:works|sounds)|got it|"
    r"wonderful|excellent|awesome|alright|understood|makes sense)\b",
    re.IGNORECASE,
)  # fmt: skip


def judge_session(
    turns: Iterable[Turn],
    *,
    tool_results: Sequence[ToolResult] = (),
    annotations: Mapping[str, Sequence[Judgement]] | None = None,
    now: int | None = None,
    finished: bool = False,
    repeat_contact: bool = False,
) -> SessionJudgement:
    """Judge the turns of one session.

    `annotations` are judgements by interaction id, besides those on the turns. Before `IDLE_US` microseconds have
    passed since the last turn at `now`, a session that is not `finished` is not called abandoned. Whether the user came
    back with the same matter is seen across sessions, and handed in.
    """
    ordered = speech.in_order(turns)
    corrective = corrective_turns(ordered)
    tones = satisfactions(ordered, corrective)
    escalation, escalated = _escalation(ordered)
    errors = _errors(ordered, tool_results)
    found = [
        *_actions(ordered), *_ending(ordered, corrective), *_rated(ordered, annotations or {}), *escalated, *errors,
        *_burden(ordered, corrective),
    ]  # fmt: skip
    if repeat_contact and ordered:
        found.append(_sign("came back with the same matter", ordered[0]))
    open_still = now is not None and not finished and bool(ordered) and now - ordered[-1].time < IDLE_US
    completed = any(one.what == "user acts: purchase or completion" for one in found)
    # Whoever was handed over has been answered, and who completes an order waits for nothing.
    if open_still or completed or escalation == TRANSFERRED:
        found = [one for one in found if one.what not in _WAITING]
    behaviour = [one for one in found if not one.system]
    outcome = _outcome(found)
    resolving, count = _resolution(ordered) if outcome == SUCCESS else ("", None)
    scores = [tone.score for tone in tones]
    return SessionJudgement(
        outcome,
        _logistic(found),
        _confidence(found, outcome),
        tuple(found),
        corrective,
        len(scores),
        count,
        resolving,
        escalation,
        repeat_contact,
        tones,
        scores[-1] if scores else None,
        trend(scores),
        len([one for one in errors if one.system]),
        _outcome(behaviour),
        _logistic(behaviour),
    )


def _sign(what: str, turn: Turn, *, system: bool = False) -> Evidence:
    return Evidence(turn.interaction_id, what, POINTS[what], system)


def _logistic(found: Sequence[Evidence]) -> float:
    return 1 / (1 + math.exp(-_total(found) / _SCALE))


def _total(found: Sequence[Evidence]) -> int:
    """The strongest sign of success, as such signs say one thing twice, and all that speaks against it.

    Long rows of corrections and errors make up no more than their share.
    """
    best = max((one.weight for one in found if one.weight > 0), default=0)
    corrections = sum(one.weight for one in found if one.what == "user corrects")
    errors = sum(one.weight for one in found if one.system)
    rest = sum(one.weight for one in found if one.weight < 0 and one.what != "user corrects" and not one.system)
    return best + rest + max(corrections, -_MOST_CORRECTIONS) + max(errors, -_MOST_ERRORS)


def _outcome(found: Sequence[Evidence]) -> str:
    names = {one.what for one in found}
    good, bad, left = names & _GOOD, names & _BAD, names & _LEFT
    if (bad or left) and good == {"user thanks and closes"}:
        # Thanks after a refusal are politeness.
        good = set()
    if good and not bad and not left:
        return SUCCESS
    if good:
        return PARTIAL if good & _PROVEN or _total(found) >= -1 else FAILURE
    if "user gives up" in left and not bad & {"rated badly", "user complains at the end", "ends on a correction"}:
        return ABANDONED
    if bad:
        return FAILURE
    return ABANDONED if left else UNKNOWN


def _confidence(found: Sequence[Evidence], outcome: str) -> float:
    """0 to 1: how much of the evidence points one way; rules are never sure."""
    if outcome == UNKNOWN:
        return 0.2
    good = sum(one.weight for one in found if one.weight > 0)
    bad = -sum(one.weight for one in found if one.weight < 0)
    agreement = abs(good - bad) / max(good + bad, 4)
    return round(0.35 + 0.05 * min(good + bad, 6) + 0.25 * agreement, 3)


def _actions(turns: Sequence[Turn]) -> list[Evidence]:
    """What a user did counts more than what anybody says: the last action that completes something."""
    done = [
        turn
        for turn in turns
        if turn.role_class == roles.USER
        and turn.user_action in {"CLICK", "SUBMIT"}
        and speech.PURCHASE.search(turn.user_action_description[: speech.READ])
    ]
    return [_sign("user acts: purchase or completion", turn) for turn in done[-1:]]


def _ending(turns: Sequence[Turn], corrective: Sequence[str]) -> list[Evidence]:
    """What the last words of both sides say."""
    spoken = speech.spoken_turns(turns)
    users = [turn for turn in spoken if turn.role_class == roles.USER]
    if not users:
        return []
    last, text = users[-1], speech.said(users[-1])
    answered = any(turn.role_class == roles.AGENT for turn in spoken[spoken.index(users[0]) : spoken.index(last)])
    last_corrects = last.interaction_id in corrective
    found = [
        *(_agent_ending(spoken) if len(users) < len(spoken) else ()),
        *(_last_word(users, corrective, replied=spoken[-1] is not last) if answered or last_corrects else ()),
    ]
    if speech.GIVES_UP.search(text):
        found.append(_sign("user gives up", last))
    elif answered and (put_off := _put_off(users[1:][-2:])):
        found.append(_sign("user puts it off", put_off))
    wish = wording.situation(text[:4_000])
    accepts = bool(_ACCEPTS.match(text)) and not (wish and wish.asks) and not _GO_AHEAD.search(text)
    content = accepts or any(one.what in _PROVEN for one in found)
    if spoken[-1] is last and not content and _waits(text, answered=answered):
        found.append(_sign("user is left without an answer", last))
    return found


def _last_word(users: Sequence[Turn], corrective: Sequence[str], *, replied: bool) -> list[Evidence]:
    """How the user's last turn takes what the agent did before it; a correction that was `replied` to is no end."""
    last, text = users[-1], speech.said(users[-1])
    worked = _worked(users[-2:], corrective)
    if last.interaction_id in corrective:
        return [] if replied else [_sign("ends on a correction", last)]
    if speech.COMPLAINT.search(text):
        return [_sign("user complains at the end", last)]
    if worked:
        return [_sign("user says it worked", worked)]
    if speech.PRAISE.search(text) and "?" not in text and not signals.RESERVED.search(text):
        return [_sign("user is pleased", last)]
    if is_closing(text) and speech.THANKS.search(text):
        return [_sign("user thanks and closes", last)]
    return [_sign("user accepts", last)] if _ACCEPTS.match(text) and "?" not in text else []


def _waits(text: str, *, answered: bool) -> bool:
    """Whether a last turn asks for something and so waits for a reply."""
    if answered and (is_closing(text) or speech.GOODBYE.search(text)):
        return False
    if _GO_AHEAD.search(text) or any(part.asks for part in speech.parts_of(text)):
        return True
    return wording.situation(text[:4_000]) is not None


def is_closing(text: str) -> bool:
    """Whether a user turn ends the matter: thanks or a goodbye without a question, a reservation or a new wish."""
    if "?" in text or len(text) > 300:
        return False
    if not (speech.THANKS.search(text) or speech.GOODBYE.search(text) or signals.CHATTY.match(text)):
        return False
    return not re.search(
        r"\b(?:but|however|although|except|unfortunately|wrong|also need|can you|could you|please (?!note)\w+|"
        r"i (?:still )?(?:need|want)(?! nothing|ed| for now)\b)",
        re.sub(r"\ball i need(?:ed)?\b", "", text, flags=re.IGNORECASE),
        re.IGNORECASE,
    )


def _worked(users: Sequence[Turn], corrective: Sequence[str]) -> Turn | None:
    for turn in reversed(users):
        text = speech.said(turn)
        parts = speech.parts_of(text)
        if turn.interaction_id in corrective or any(part.asks for part in parts):
            continue
        for part in parts:
            if signals.WORKED.search(part.text) and not signals.RESERVED.search(part.text):
                return turn
    return None


def _put_off(users: Sequence[Turn]) -> Turn | None:
    """A recent turn by which the user leaves to find something first."""
    for turn in reversed(users):
        if any(speech.POSTPONED.search(part.text) and not part.asks for part in speech.parts_of(speech.said(turn))):
            return turn
    return None


def is_pleasantry(text: str) -> bool:
    """Whether an agent's turn only takes its leave."""
    return bool(speech.PLEASANTRY.search(text)) and len(text) < 300 and not speech.DONE.search(text)


def _agent_ending(spoken: Sequence[Turn]) -> list[Evidence]:
    agents = [turn for turn in spoken if turn.role_class == roles.AGENT]
    last = agents[-1]
    matter = [turn for turn in agents if not is_pleasantry(speech.said(turn))] or agents
    found = []
    final = speech.parts_of(speech.said(matter[-1]))
    cannot = speech.states(signals.CANNOT, final, conditional=True)
    for turn in reversed(matter[-3:]):
        if speech.states(speech.DONE, speech.parts_of(speech.said(turn))):
            found.append(_sign("agent states completion", turn))
            break
    if cannot:
        found.append(_sign("agent cannot", matter[-1]))
    if spoken[-1] is last:
        asked = [part for part in speech.parts_of(speech.said(last)) if part.asks]
        if asked and not _ASKS_FOR.search(asked[-1].text):
            found.append(_sign("agent's question is left", last))
    return found


def _rated(turns: Sequence[Turn], annotations: Mapping[str, Sequence[Judgement]]) -> list[Evidence]:
    """Thumbs and ratings of agent turns; the last verdict on each turn counts."""
    found = []
    for turn in turns:
        verdict = ""
        for judgement in (*turn.judgements, *annotations.get(turn.interaction_id, ())):
            verdict = _verdict(judgement) or verdict
        if verdict:
            found.append(_sign(f"rated {verdict}", turn))
    return found


def _verdict(judgement: Judgement) -> str:
    if judgement.thumb in {"up", "down"}:
        return "well" if judgement.thumb == "up" else "badly"
    rating = judgement.rating
    if rating is None or not math.isfinite(rating):
        return ""
    return "badly" if rating <= _POOR else "well" if rating >= _FINE else ""


def _escalation(turns: Sequence[Turn]) -> tuple[str, list[Evidence]]:
    asked = handed = None
    for turn in turns:
        text = speech.said(turn)
        if turn.role_class == roles.USER and speech.WANTS_HUMAN.search(text):
            asked = asked or turn
        elif turn.role_class == roles.AGENT and (
            any(map(speech.HANDOVER_TOOL.search, turn.tools))
            or speech.states(speech.HANDED_OVER, speech.parts_of(text), conditional=True)
        ):
            handed = handed or turn
    if handed:
        return TRANSFERRED, [_sign("handed over to a human", handed)]
    return (ASKED, [_sign("user asks for a human", asked)]) if asked else ("", [])


def _errors(turns: Sequence[Turn], results: Sequence[ToolResult]) -> list[Evidence]:
    """Tools that failed, by their status or by an error text; a tool that worked later failed only at first."""
    by_id = {turn.interaction_id: (at, turn) for at, turn in enumerate(turns)}
    outcomes: list[tuple[int, Turn, str, bool]] = []
    reported = set()
    for result in results:
        if result.interaction_id in by_id:
            at, turn = by_id[result.interaction_id]
            reported.add(result.interaction_id)
            failed = result.failed or bool(speech.ERROR_TEXT.search(result.text[:400]))
            outcomes.append((at, turn, result.name, failed))
    for at, turn in enumerate(turns):
        if turn.role_class == roles.SYSTEM and turn.text.strip() and turn.interaction_id not in reported:
            name = turn.tools[0] if turn.tools else turn.speaker
            outcomes.append((at, turn, name, bool(speech.ERROR_TEXT.search(turn.text[:400]))))
    outcomes.sort(key=lambda one: one[0])
    last_success = {name: at for at, _, name, failed in outcomes if not failed}
    return [
        _sign(
            "tool or system fails at first" if last_success.get(name, -1) > at else "tool or system fails",
            turn,
            system=True,
        )
        for at, turn, name, failed in outcomes
        if failed
    ]


def _burden(turns: Sequence[Turn], corrective: Sequence[str]) -> list[Evidence]:
    """What the session cost the user."""
    said = {turn.interaction_id: turn for turn in turns}
    found = [_sign("user corrects", said[one]) for one in corrective]
    users = [turn for turn in turns if speech.speaks(turn, roles.USER)]
    return found + [_sign("takes many turns", turn) for turn in users[_LONG::_LONGER][:3]]


def _resolution(turns: Sequence[Turn]) -> tuple[str, int | None]:
    """The agent turn that resolved the matter, and how many user turns with words came before it.

    It is the last one with matter before the user's closing words.
    """
    spoken = speech.spoken_turns(turns)
    end = len(spoken)
    while end and _closes(spoken[end - 1]):
        end -= 1
    for at in range(end - 1, -1, -1):
        if spoken[at].role_class == roles.AGENT:
            return spoken[at].interaction_id, sum(turn.role_class == roles.USER for turn in spoken[:at])
    return "", None


def _closes(turn: Turn) -> bool:
    text = speech.said(turn)
    if turn.role_class == roles.AGENT:
        return is_pleasantry(text)
    return is_closing(text) or (
        len(text) <= 300 and "?" not in text and bool(signals.WORKED.search(text) or _ACCEPTS.match(text))
    )
