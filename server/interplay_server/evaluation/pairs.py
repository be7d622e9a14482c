"""One pair, judged in both orders: where they disagree, it is a tie and counts as a flip.

A judge that shows 30 % preference for what comes first reads 64.8 % wins for equal answers in one fixed order, and
49.8 % in both.
"""

import asyncio
import hashlib
import re

import msgspec

from interplay_server.domain.evaluation import CHALLENGER, PRODUCTION, TIE, Ordered, PairVerdict
from interplay_server.domain.model import ModelFailure
from interplay_server.evaluation.cases import Pair
from interplay_server.evaluation.judges import Judge, Opinion, PairCase
from interplay_server.evaluation.rules.results import FIRST, SECOND

QUESTION = 500
"""Characters of the question that a verdict keeps, to find its topic."""
DISAGREE = "The two orders disagree: shown first, each answer is judged differently."
_DOWN = frozenset({ModelFailure.UNAUTHORISED, ModelFailure.INVALID_REQUEST, ModelFailure.NO_CASSETTE})
_REPAIRED = 2
"""Calls of an order that stays malformed: the model is told once what was wrong."""


class Orders(msgspec.Struct, frozen=True):
    """What a judge says of a pair in both orders, and what that took of a model."""

    first: Ordered
    second: Ordered
    calls: int = 0
    tokens: int = 0


class OrderFailure(ModelFailure):
    """A pair that one order of has no verdict; `calls` and `tokens` were used all the same."""

    def __init__(self, failure: ModelFailure, *, calls: int, tokens: int) -> None:
        super().__init__(failure.kind, str(failure), retry_after=failure.retry_after)
        self.calls, self.tokens = calls, tokens


def is_down(failure: ModelFailure) -> bool:
    """It is the model that fails, not this text: other pairs would fail as well."""
    return failure.retryable or failure.kind in _DOWN


_PLACES = re.compile(rf"\b(?:{FIRST}|{SECOND})\b")


def text_hash(pair: Pair) -> str:
    made = hashlib.blake2b(pair.row.data.content.encode(), digest_size=8)
    made.update(b"\0" + pair.challenger.encode())
    return made.hexdigest()


async def both_orders(judge: Judge, case: PairCase) -> Orders:
    """What the judge says with production first and with it second. Raises OrderFailure once both have ended."""
    asked = (judge.pair(case, production_first=True), judge.pair(case, production_first=False))
    found = await asyncio.gather(*asked, return_exceptions=True)
    for fault in found:
        if isinstance(fault, BaseException) and not isinstance(fault, ModelFailure):
            raise fault
    opinions = [one for one in found if isinstance(one, Opinion)]
    failures = [one for one in found if isinstance(one, ModelFailure)]
    calls, tokens = sum(one.calls for one in opinions), sum(one.tokens for one in opinions)
    if failures:
        calls += sum(_REPAIRED if one.kind == ModelFailure.MALFORMED else 1 for one in failures)
        raise OrderFailure(max(failures, key=is_down), calls=calls, tokens=tokens) from failures[0]
    first, second = (_ordered(one, production_first=not place) for place, one in enumerate(opinions))
    return Orders(first, second, calls, tokens)


def taken_together(first: Ordered, second: Ordered) -> tuple[str, bool, float, tuple[tuple[str, str], ...], str]:
    """Winner, flip, magnitude, criteria and reason of both orders."""
    flip = first.winner != second.winner
    winner = TIE if flip else first.winner
    other = dict(second.criteria)
    criteria = tuple((name, won if other.get(name) == won else TIE) for name, won in first.criteria)
    magnitude = 0.0 if winner == TIE else (first.magnitude + second.magnitude) / 2
    return winner, flip, magnitude, criteria, DISAGREE if flip else first.reason


async def judge_pair(judge: Judge, pair: Pair, case: PairCase, *, contest: str, now: int) -> PairVerdict:
    """Raises OrderFailure."""
    orders = await both_orders(judge, case)
    winner, flip, magnitude, criteria, reason = taken_together(orders.first, orders.second)
    row, header = pair.row, pair.row.header
    return PairVerdict(
        interaction_id=row.interaction_id,
        contest=contest,
        user_id=header.user_id,
        session_id=header.session_id,
        source=header.source,
        agent_id=header.agent_id,
        agent_version=header.agent_version,
        topic=given_topic(pair),
        occur_time=row.event_time,
        judge=judge.name,
        judge_hash=judge.digest,
        judge_time=now,
        winner=winner,
        flip=flip,
        magnitude=magnitude,
        criteria=criteria,
        reason=reason,
        orders=(orders.first, orders.second),
        question=case.question[:QUESTION],
        production_length=len(row.data.content),
        challenger_length=len(pair.challenger),
        text_hash=text_hash(pair),
        calls=orders.calls,
        tokens=orders.tokens,
    )


def given_topic(pair: Pair) -> str:
    """What the publisher said that the turn is about."""
    details, batch = pair.row.data.details, pair.row.header.metadata or {}
    own = (details.metadata if details is not None else None) or {}
    return str(own.get("topic") or batch.get("topic") or "")


def _ordered(opinion: Opinion, *, production_first: bool) -> Ordered:
    names = {FIRST: PRODUCTION, SECOND: CHALLENGER} if production_first else {FIRST: CHALLENGER, SECOND: PRODUCTION}
    criteria = tuple((name, names.get(won, TIE)) for name, won in opinion.criteria)
    reason = _PLACES.sub(lambda place: names[place[0]].lower(), opinion.reason)
    return Ordered(production_first, names.get(opinion.winner, TIE), opinion.magnitude, reason, criteria)
