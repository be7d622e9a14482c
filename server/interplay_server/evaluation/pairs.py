"""One pair, judged in both orders: where they disagree, it is a tie and counts as a flip.

A judge that shows 30 % preference for what comes first reads 64.8 % wins for equal answers in one fixed order, and
49.8 % in both.
"""

import asyncio
import hashlib

from interplay_server.domain.evaluation import CHALLENGER, PRODUCTION, TIE, Ordered, PairVerdict
from interplay_server.evaluation.cases import Pair
from interplay_server.evaluation.judges import Judge, Opinion, PairCase
from interplay_server.evaluation.rules.results import FIRST, SECOND

QUESTION = 500
"""Characters of the question that a verdict keeps, to find its topic."""
DISAGREE = "The two orders disagree: shown first, each answer is judged differently."


def text_hash(pair: Pair) -> str:
    made = hashlib.blake2b(pair.row.data.content.encode(), digest_size=8)
    made.update(b"\0" + pair.challenger.encode())
    return made.hexdigest()


async def both_orders(judge: Judge, case: PairCase) -> tuple[Ordered, Ordered, int, int]:
    """What the judge says with production first and with it second, calls and tokens. Raises ModelFailure."""
    opinions = await asyncio.gather(judge.pair(case, production_first=True), judge.pair(case, production_first=False))
    first, second = (_ordered(one, production_first=not place) for place, one in enumerate(opinions))
    return first, second, sum(one.calls for one in opinions), sum(one.tokens for one in opinions)


def taken_together(first: Ordered, second: Ordered) -> tuple[str, bool, float, tuple[tuple[str, str], ...], str]:
    """Winner, flip, magnitude, criteria and reason of both orders."""
    flip = first.winner != second.winner
    winner = TIE if flip else first.winner
    other = dict(second.criteria)
    criteria = tuple((name, won if other.get(name) == won else TIE) for name, won in first.criteria)
    magnitude = 0.0 if winner == TIE else (first.magnitude + second.magnitude) / 2
    return winner, flip, magnitude, criteria, DISAGREE if flip else first.reason


async def judge_pair(judge: Judge, pair: Pair, case: PairCase, *, contest: str, now: int) -> PairVerdict:
    """Raises ModelFailure."""
    first, second, calls, tokens = await both_orders(judge, case)
    winner, flip, magnitude, criteria, reason = taken_together(first, second)
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
        orders=(first, second),
        question=case.question[:QUESTION],
        production_length=len(row.data.content),
        challenger_length=len(pair.challenger),
        text_hash=text_hash(pair),
        calls=calls,
        tokens=tokens,
    )


def given_topic(pair: Pair) -> str:
    """What the publisher said that the turn is about."""
    details, batch = pair.row.data.details, pair.row.header.metadata or {}
    own = (details.metadata if details is not None else None) or {}
    return str(own.get("topic") or batch.get("topic") or "")


def _ordered(opinion: Opinion, *, production_first: bool) -> Ordered:
    names = {FIRST: PRODUCTION, SECOND: CHALLENGER} if production_first else {FIRST: CHALLENGER, SECOND: PRODUCTION}
    criteria = tuple((name, names.get(won, TIE)) for name, won in opinion.criteria)
    return Ordered(production_first, names.get(opinion.winner, TIE), opinion.magnitude, opinion.reason, criteria)
