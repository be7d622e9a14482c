"""What a model may answer as a judge, as JSON schemas and as types, and what of a judged session is kept.

The schemas keep to what strict modes of providers have in common: every property required, nothing besides, no bounds.
Bounds are checked here. Explanations come before verdicts: what is written later is written with them in view.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

from interplay_server.domain import roles
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.window import Turn
from interplay_server.evaluation.judges import SessionCase
from interplay_server.evaluation.rules import speech
from interplay_server.evaluation.rules.results import (
    ABANDONED,
    ASKED,
    FAILURE,
    FIRST,
    OUTCOMES,
    PARTIAL,
    SECOND,
    SUCCESS,
    TIE,
    TRANSFERRED,
    UNKNOWN,
    Evidence,
    Satisfaction,
    SessionJudgement,
)
from interplay_server.evaluation.rules.satisfaction import trend

CRITERIA = ("correctness", "completeness", "actionability", "uses_known_facts", "style")
WINNERS = (FIRST, SECOND, TIE)
FOR, AGAINST = "FOR", "AGAINST"
ESCALATIONS = {"NONE": "", "ASKED": ASKED, "TRANSFERRED": TRANSFERRED}
UNKNOWN_TURN, WRONG_TURN, REPEATED, EMPTY, TOO_MANY = "unknown_turn", "wrong_turn", "repeated", "empty", "too_many"
MAX_EVIDENCE, MAX_WHAT, MAX_REASON = 24, 300, 1_000
METHOD = "model"
NOTE = "Judged by a language model; that the turns it names exist is checked, what it makes of them is not."
_WORTH = {SUCCESS: 1.0, PARTIAL: 0.5, UNKNOWN: 0.5, ABANDONED: 0.0, FAILURE: 0.0}
_TAG = re.compile(r"T[1-9][0-9]{0,8}", re.ASCII)

Schema = Mapping[str, Any]
Winner = Literal["FIRST", "SECOND", "TIE"]
Outcome = Literal["SUCCESS", "PARTIAL", "FAILURE", "ABANDONED", "UNKNOWN"]


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    reason: str
    winner: Winner


class PairAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    criteria: tuple[Criterion, ...]
    reason: str
    winner: Winner
    magnitude: float


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    turn: str
    what: str
    speaks: Literal["FOR", "AGAINST"]
    system: bool


class Tone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    turn: str
    score: int


class SessionAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    evidence: tuple[Sign, ...]
    corrective_turns: tuple[str, ...]
    satisfaction: tuple[Tone, ...]
    system_errors: tuple[str, ...]
    escalation: Literal["NONE", "ASKED", "TRANSFERRED"]
    resolving_turn: str
    outcome: Outcome
    behaviour_outcome: Outcome
    confidence: float


class Grounded(NamedTuple):
    judgement: SessionJudgement
    dropped: Mapping[str, int]
    """References that do not hold, by reason: the constants of this module."""


Answer = TypeVar("Answer", PairAnswer, SessionAnswer)

_TEXT: Schema = {"type": "string"}


def _one_of(names: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(names)}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


PAIR_SCHEMA = _object(
    {
        "criteria": _list_of(_object({"name": _one_of(CRITERIA), "reason": _TEXT, "winner": _one_of(WINNERS)})),
        "reason": _TEXT,
        "winner": _one_of(WINNERS),
        "magnitude": {"type": "number"},
    }
)
SESSION_SCHEMA = _object(
    {
        "evidence": _list_of(
            _object({"turn": _TEXT, "what": _TEXT, "speaks": _one_of((FOR, AGAINST)), "system": {"type": "boolean"}})
        ),
        "corrective_turns": _list_of(_TEXT),
        "satisfaction": _list_of(_object({"turn": _TEXT, "score": {"type": "integer"}})),
        "system_errors": _list_of(_TEXT),
        "escalation": _one_of(tuple(ESCALATIONS)),
        "resolving_turn": _TEXT,
        "outcome": _one_of(OUTCOMES),
        "behaviour_outcome": _one_of(OUTCOMES),
        "confidence": {"type": "number"},
    }
)


def read_pair(answer: Mapping[str, Any] | None) -> PairAnswer:
    """A verdict with every criterion once, in their order. Raises ModelFailure MALFORMED for any other."""
    read = _read(answer, PairAnswer)
    by_name = {one.name: one for one in read.criteria}
    if len(read.criteria) != len(by_name) or set(by_name) != set(CRITERIA):
        raise malformed("criteria that are not each of those asked for, once")
    if not 0 <= read.magnitude <= 1:
        raise malformed("a magnitude that is not between 0 and 1")
    return msgspec.structs.replace(read, criteria=tuple(by_name[name] for name in CRITERIA))


def read_session(answer: Mapping[str, Any] | None) -> SessionAnswer:
    """A judgement within its bounds. Raises ModelFailure MALFORMED for any other."""
    read = _read(answer, SessionAnswer)
    if not 0 <= read.confidence <= 1:
        raise malformed("a confidence that is not between 0 and 1")
    if not all(1 <= one.score <= 5 for one in read.satisfaction):
        raise malformed("a satisfaction that is not from 1 to 5")
    return read


def _read(answer: Mapping[str, Any] | None, kind: type[Answer]) -> Answer:
    if answer is None:
        raise malformed("no object")
    try:
        return msgspec.convert(answer, type=kind)
    except msgspec.ValidationError as error:
        raise malformed("an object of another shape") from error


def malformed(what: str) -> ModelFailure:
    return ModelFailure(ModelFailure.MALFORMED, f"the model answered with {what}")


def shortened(text: str, limit: int) -> str:
    """On one line, at most `limit` code points."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"


def user_turns_before(turns: Sequence[Turn], interaction_id: str) -> int | None:
    """How many user turns with words stand before a turn; `turns` are in order. None where it is not among them."""
    count = 0
    for turn in turns:
        if turn.interaction_id == interaction_id:
            return count
        count += speech.speaks(turn, roles.USER)
    return None


def grounded(answer: SessionAnswer, shown: Mapping[str, Turn], case: SessionCase) -> Grounded:
    """What of an answer holds: references to turns that were `shown`, by tag, and that can be what they are named for.

    Without evidence of it there is no outcome. All numbers that follow from the turns are counted here.
    """
    ordered = speech.in_order(case.turns)
    check = _Check(shown)
    evidence = _evidence(answer.evidence, check)
    after_agent = _after_agent(ordered)
    corrective = check.turns(answer.corrective_turns, lambda turn: turn.interaction_id in after_agent)
    tones = _tones(answer.satisfaction, check)
    errors = check.turns(answer.system_errors, lambda _: True)
    outcome = answer.outcome if evidence else UNKNOWN
    confidence = round(answer.confidence, 6) if evidence else 0.0
    behaviour = answer.behaviour_outcome if any(not one.system for one in evidence) else UNKNOWN
    resolving, count = "", None
    if outcome == SUCCESS and answer.resolving_turn.strip():
        for resolving in check.turns([answer.resolving_turn], lambda turn: speech.speaks(turn, roles.AGENT)):
            count = user_turns_before(ordered, resolving)
    places = {turn.interaction_id: place for place, turn in enumerate(ordered)}
    tones.sort(key=lambda tone: places[tone.interaction_id])
    scores = [tone.score for tone in tones]
    left_out = ", ".join(f"{reason} {count}" for reason, count in sorted(check.dropped.items()))
    judgement = SessionJudgement(
        outcome,
        _score(outcome, confidence),
        confidence,
        tuple(evidence),
        tuple(sorted(corrective, key=places.__getitem__)),
        sum(speech.speaks(turn, roles.USER) for turn in ordered),
        count,
        resolving,
        ESCALATIONS[answer.escalation],
        case.repeat_contact,
        tuple(tones),
        scores[-1] if scores else None,
        trend(scores),
        len(errors),
        behaviour,
        _score(behaviour, confidence),
        METHOD,
        note=f"{NOTE} Left out: {left_out}." if left_out else NOTE,
    )
    return Grounded(judgement, dict(check.dropped))


class _Check:
    """Looks up tags, and counts those that do not hold."""

    def __init__(self, shown: Mapping[str, Turn]) -> None:
        self.dropped = Counter[str]()
        self._shown = shown

    def turn(self, tag: str) -> Turn | None:
        found = self._shown.get(tag.strip()) if _TAG.fullmatch(tag.strip()) else None
        if found is None:
            self.dropped[UNKNOWN_TURN] += 1
        return found

    def turns(self, tags: Sequence[str], fits: Callable[[Turn], bool]) -> list[str]:
        """Interaction ids, each once, of turns that are there and fit."""
        kept: dict[str, None] = {}
        for turn in filter(None, map(self.turn, tags)):
            if not fits(turn):
                self.dropped[WRONG_TURN] += 1
            elif turn.interaction_id in kept:
                self.dropped[REPEATED] += 1
            else:
                kept[turn.interaction_id] = None
        return list(kept)


def _evidence(signs: Sequence[Sign], check: _Check) -> list[Evidence]:
    kept: list[Evidence] = []
    for sign in signs:
        turn = check.turn(sign.turn)
        what = shortened(sign.what, MAX_WHAT)
        if turn is None:
            continue
        if not what:
            check.dropped[EMPTY] += 1
        elif len(kept) == MAX_EVIDENCE:
            check.dropped[TOO_MANY] += 1
        else:
            kept.append(Evidence(turn.interaction_id, what, 1 if sign.speaks == FOR else -1, sign.system))
    return kept


def _after_agent(ordered: Sequence[Turn]) -> set[str]:
    """User turns with words that an agent turn with words precedes."""
    found: set[str] = set()
    answered = False
    for turn in ordered:
        if answered and speech.speaks(turn, roles.USER):
            found.add(turn.interaction_id)
        answered = answered or speech.speaks(turn, roles.AGENT)
    return found


def _tones(tones: Sequence[Tone], check: _Check) -> list[Satisfaction]:
    """-1 to 1 for 1 to 5, of user turns with words; the first score of a turn counts."""
    kept: dict[str, Satisfaction] = {}
    for tone in tones:
        turn = check.turn(tone.turn)
        if turn is None:
            continue
        if not speech.speaks(turn, roles.USER):
            check.dropped[WRONG_TURN] += 1
        elif turn.interaction_id in kept:
            check.dropped[REPEATED] += 1
        else:
            kept[turn.interaction_id] = Satisfaction(turn.interaction_id, (tone.score - 3) / 2)
    return list(kept.values())


def _score(outcome: str, confidence: float) -> float:
    """0 to 1, to rank by: what the outcome is worth, drawn towards 0.5 by doubt."""
    worth = 0.5 + confidence * (_WORTH[outcome] - 0.5)
    return worth if math.isfinite(worth) else 0.5
