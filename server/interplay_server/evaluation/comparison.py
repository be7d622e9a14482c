"""A comparison of many pairs: verdicts in the order of time, each judged once, a page at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.evaluation import (
    VERDICTS,
    PairVerdict,
    put,
    records,
    verdict_key,
    verdict_row,
)
from interplay_server.domain.evaluation_config import EvaluationConfig
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.records import among
from interplay_server.domain.writing import commit
from interplay_server.evaluation.cases import Cases, Pair
from interplay_server.evaluation.judges import Judge
from interplay_server.evaluation.pairs import judge_pair, text_hash
from interplay_server.evaluation.tenant import EvaluationTenant

PAGE = 64
"""Pairs that are judged before they are committed."""
_UNAVAILABLE = frozenset({ModelFailure.UNAUTHORISED, ModelFailure.INVALID_REQUEST, ModelFailure.NO_CASSETTE})


class Budget(msgspec.Struct):
    """Calls and tokens that a comparison may use; 0 is no limit."""

    max_calls: int = 0
    max_tokens: int = 0
    calls: int = 0
    tokens: int = 0

    @property
    def exhausted(self) -> bool:
        """Not even one more pair fits."""
        calls = bool(self.max_calls) and self.calls + 2 > self.max_calls
        return calls or (bool(self.max_tokens) and self.tokens >= self.max_tokens)

    def pairs_left(self, wanted: int) -> int:
        return min(wanted, (self.max_calls - self.calls) // 2) if self.max_calls else wanted

    def used(self, verdict: PairVerdict) -> None:
        self.calls += verdict.calls
        self.tokens += verdict.tokens


class Step(msgspec.Struct, frozen=True):
    """What became of a pair: a verdict, made now or `reused`, or the reason why there is none."""

    index: int
    interaction_id: str
    verdict: PairVerdict | None = None
    reused: bool = False
    failure: str = ""


async def stored(
    tenant: EvaluationTenant, pairs: Sequence[Pair], contest: str, judge_digest: str
) -> dict[str, PairVerdict]:
    """Verdicts of this judge on these very texts, by interaction."""
    keys = [verdict_key(pair.row.interaction_id, contest, judge_digest) for pair in pairs]
    found = records(await tenant.store.records.table(VERDICTS, [among("key", keys)]), PairVerdict)
    texts = {pair.row.interaction_id: text_hash(pair) for pair in pairs}
    return {one.interaction_id: one for one in found if one.text_hash == texts[one.interaction_id]}


class Comparison:
    """Judges the pairs that this judge has not judged; what was judged stays, whatever happens later."""

    def __init__(
        self,
        tenant: EvaluationTenant,
        judge: Judge,
        cases: Cases,
        config: EvaluationConfig,
        *,
        contest: str,
    ) -> None:
        self._tenant, self._judge, self._cases = tenant, judge, cases
        self._contest = contest
        self._limit = asyncio.Semaphore(config.max_concurrent)

    async def run(self, pairs: Sequence[Pair], budget: Budget) -> AsyncIterator[list[Step]]:
        """Pages of steps, each committed before it is told; ends early where the budget does. Raises ModelFailure where
        no pair can be judged.
        """
        for at in range(0, len(pairs), PAGE):
            page = pairs[at : at + PAGE]
            known = await stored(self._tenant, page, self._contest, self._judge.digest)
            missing = [pair for pair in page if pair.row.interaction_id not in known]
            fitting = missing[: budget.pairs_left(len(missing))] if not budget.exhausted else []
            made = dict(
                zip(
                    (pair.row.interaction_id for pair in fitting),
                    await asyncio.gather(*map(self._judged, fitting)),
                    strict=True,
                )
            )
            verdicts = [one for one in made.values() if isinstance(one, PairVerdict)]
            if verdicts:
                entry = journal.Recorded((put(VERDICTS, *map(verdict_row, verdicts)),))
                await commit(self._tenant.store, entry)
            for verdict in verdicts:
                budget.used(verdict)
            steps = []
            for index, pair in enumerate(page, at):
                key = pair.row.interaction_id
                if key in known:
                    steps.append(Step(index, key, known[key], reused=True))
                elif key in made:
                    one = made[key]
                    steps.append(
                        Step(index, key, one) if isinstance(one, PairVerdict) else Step(index, key, failure=one.kind)
                    )
            yield steps
            if len(steps) < len(page):
                return

    async def _judged(self, pair: Pair) -> PairVerdict | ModelFailure:
        async with self._limit:
            case = await self._cases.make(pair)
            try:
                now = time.time_ns() // 1000
                return await judge_pair(self._judge, pair, case, contest=self._contest, now=now)
            except ModelFailure as failure:
                if failure.kind in _UNAVAILABLE or failure.retryable:
                    raise
                return failure
