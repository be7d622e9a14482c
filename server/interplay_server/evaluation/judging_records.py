"""What a model is shown of a pair or a session: text that nothing stored inside it can break out of.

Sections stand between tags, each tag on a line of its own; whatever was stored stands in JSON, one line an item, made
safe by `learning.prompting.rendering.quoted`. No identifier, arm, model or version is shown.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from interplay_server.domain.interaction import NO_ACTION
from interplay_server.domain.window import ACTION, COMMENT, SHADOW_CONTENT, Turn
from interplay_server.evaluation.judges import PairCase, SessionCase
from interplay_server.evaluation.rules.results import Lesson, ToolResult
from interplay_server.evaluation.rules.session import IDLE_US
from interplay_server.evaluation.rules.speech import in_order
from interplay_server.learning.prompting.rendering import TEXT_LIMITS, fields, quoted, tokens

ANSWER_CHARACTERS = 12_000
"""Of each answer and of the expert's; a longer one is cut, all at the same length."""
PAIR_TURNS, PAIR_TURN_CHARACTERS = 20, 2_000
FACTS, FACT_CHARACTERS = 100, 300
LESSONS, LESSON_CHARACTERS = 30, 600
FIRST_TURNS, LAST_TURNS = 3, 60
SESSION_TOKENS = 24_000
"""By an estimate that is rather high; over it, texts of turns are shown shorter, down to the last of TEXT_LIMITS."""
TOOL_CHARACTERS = 400
_TOOLS, _NAME = 10, 80
_KEYS = {ACTION: "action", COMMENT: "comment"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    text: str
    turns: Mapping[str, Turn]
    """What is shown, by the tag under which it stands: T1 is the first turn of the session."""


def cut(text: str, limit: int) -> str | dict[str, Any]:
    """The whole text, or two thirds of `limit` from its start and one from its end, with the count between."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    return {"start": text[:head], "characters_left_out": len(text) - limit, "end": text[head - limit :]}


def pair_record(case: PairCase, first: str, second: str) -> str:
    """The situation and both answers, in the order given."""
    ordered = in_order(case.turns)
    shown = list(enumerate(ordered, 1))[-PAIR_TURNS:]
    lines = [f"T{number} {quoted(_spoken(turn, PAIR_TURN_CHARACTERS))}" for number, turn in shown]
    return "\n".join(
        (
            *_section("known", (quoted(cut(one.text, FACT_CHARACTERS)) for one in case.facts[:FACTS])),
            *_section("lessons", (quoted(_lesson(one)) for one in case.lessons[:LESSONS])),
            *_section("turns", [*_gap(len(ordered) - len(shown)), *lines]),
            *_section("expert", [quoted(cut(case.expert, ANSWER_CHARACTERS))] if case.expert.strip() else []),
            *_section("first", [quoted(cut(first, ANSWER_CHARACTERS))]),
            *_section("second", [quoted(cut(second, ANSWER_CHARACTERS))]),
        )
    )


def session_record(case: SessionCase) -> SessionRecord:
    """The first and the last turns of a session, and what is known about it besides."""
    ordered = in_order(case.turns)
    numbered = list(enumerate(ordered, 1))
    head, tail = numbered, numbered[:0]
    if len(numbered) > FIRST_TURNS + LAST_TURNS:
        head, tail = numbered[:FIRST_TURNS], numbered[-LAST_TURNS:]
    results = defaultdict[str, list[ToolResult]](list)
    for result in case.tool_results:
        results[result.interaction_id].append(result)

    def lines(limit: int) -> list[str]:
        return [
            *(_session_line(number, turn, results, limit) for number, turn in head),
            *_gap(len(numbered) - len(head) - len(tail)),
            *(_session_line(number, turn, results, limit) for number, turn in tail),
        ]

    about = {"open": _is_open(case, ordered), "came_back_about_the_same": case.repeat_contact}
    made = map(lines, TEXT_LIMITS)
    shown = next((one for one in made if sum(map(tokens, one)) <= SESSION_TOKENS), lines(TEXT_LIMITS[-1]))
    text = "\n".join((*_section("session", [quoted(about)]), *_section("turns", shown)))
    return SessionRecord(text, {f"T{number}": turn for number, turn in (*head, *tail)})


def _section(tag: str, lines: Iterable[str]) -> tuple[str, ...]:
    return (f"<{tag}>", *lines, f"</{tag}>")


def _gap(count: int) -> list[str]:
    return [f"GAP {quoted({'turns_left_out': count})}"] if count > 0 else []


def _lesson(lesson: Lesson) -> dict[str, Any]:
    told = {"when": lesson.trigger, "do": lesson.instruction, "avoid": lesson.pitfall}
    return {key: cut(text, LESSON_CHARACTERS) for key, text in told.items() if text.strip()}


def _spoken(turn: Turn, limit: int, *, judged: bool = False) -> dict[str, Any]:
    """What was said and done in a turn; what is empty is left out."""
    about: dict[str, Any] = {"did": "" if turn.user_action == NO_ACTION else turn.user_action}
    about |= {_KEYS.get(name, "text"): cut(text, limit) for name, text in fields(turn, judged=judged).items()}
    about |= {"tools": [name[:_NAME] for name in turn.tools[:_TOOLS]], "image": bool(turn.image_sha256)}
    return {"role": turn.role_class} | {key: value for key, value in about.items() if value}


def _session_line(number: int, turn: Turn, results: Mapping[str, Sequence[ToolResult]], limit: int) -> str:
    about = {"time": _when(turn.time), "speaker": turn.speaker[:_NAME]}
    shown = _spoken(turn, limit, judged=True) | {key: value for key, value in about.items() if value}
    used = results.get(turn.interaction_id, ())[:_TOOLS]
    if used:
        shown["tool_results"] = [
            {"name": one.name[:_NAME], "failed": one.failed, "text": cut(one.text, TOOL_CHARACTERS)} for one in used
        ]
    if turn.text_field != SHADOW_CONTENT:
        for judgement in turn.judgements:
            shown |= {"thumb": judgement.thumb} if judgement.thumb else {}
            rating = judgement.rating
            shown |= {"rating": rating} if rating is not None and math.isfinite(rating) else {}
    return f"T{number} {quoted(shown)}"


def _is_open(case: SessionCase, ordered: Sequence[Turn]) -> bool:
    return not case.finished and bool(ordered) and case.now - ordered[-1].time < IDLE_US


def _when(time: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=time)).strftime("%Y-%m-%d %H:%M")
    except OverflowError:
        return ""
