"""A comparison of many pairs: verdicts in the order of time, each judged once, a page at a time."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

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
from interplay_server.domain.records import among
from interplay_server.domain.writing import commit
from interplay_server.evaluation.cases import Cases, Pair
from interplay_server.evaluation.judges import Judge
from interplay_server.evaluation.pairs import OrderFailure, is_down, judge_pair, text_hash
from interplay_server.evaluation.tenant import EvaluationTenant

PAGE = 64
"""Pairs that are looked up at once."""
KEEP_SECONDS = 1.0
"""Verdicts of a slow model are committed this often: a kill loses no more than these."""


class Budget(msgspec.Struct):
    """Calls and tokens that a comparison may use; 0 is no limit."""

    max_calls: int = 0
    max_tokens: int = 0
    calls: int = 0
    tokens: int = 0
    _most_calls: int = 2
    _most_tokens: int = 0

    def room(self, wanted: int, at_once: int) -> int:
        """How many of `wanted` pairs may begin now, if none takes more than the dearest one so far."""
        if self.max_calls:
            wanted = min(wanted, at_once, (self.max_calls - self.calls) // self._most_calls)
        if self.max_tokens:
            left = self.max_tokens - self.tokens
            # What a pair takes is not known before the first one.
            wanted = min(wanted, at_once, left // self._most_tokens if self._most_tokens else int(left > 0))
        return max(0, wanted)

    def used(self, one: PairVerdict | OrderFailure) -> None:
        self.calls += one.calls
        self.tokens += one.tokens
        self._most_calls = max(self._most_calls, one.calls)
        self._most_tokens = max(self._most_tokens, one.tokens)


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
        self._at_once = config.max_concurrent
        self._limit = asyncio.Semaphore(config.max_concurrent)
        self._down: OrderFailure | None = None

    async def run(self, pairs: Sequence[Pair], budget: Budget, tell: Callable[[Sequence[Step]], None]) -> None:
        """Tells a step for each pair in their order, committed before it is told; ends early where the budget does.

        Raises ModelFailure where the model is down; what was judged until then is told.
        """
        for at in range(0, len(pairs), PAGE):
            page = pairs[at : at + PAGE]
            known = await stored(self._tenant, page, self._contest, self._judge.digest)
            missing = deque(pair for pair in page if pair.row.interaction_id not in known)
            if missing:
                await self._cases.read(missing)
            made: dict[str, PairVerdict | OrderFailure] = {}
            told = _tell_ready(page, at, known, made, tell)
            while told < len(page):
                batch = [missing.popleft() for _ in range(budget.room(len(missing), self._at_once))]
                if not batch:
                    return
                pending = {asyncio.create_task(self._judged(pair), name=pair.row.interaction_id) for pair in batch}
                try:
                    while pending:
                        ended, pending = await asyncio.wait(pending, timeout=KEEP_SECONDS)
                        made |= await self._kept(ended, budget)
                        told += _tell_ready(page[told:], at + told, known, made, tell)
                finally:
                    # Who cancels the comparison keeps what is judged by now.
                    for task in pending:
                        task.cancel()
                    await asyncio.gather(*pending, return_exceptions=True)
                    await self._kept([task for task in pending if not task.cancelled()], budget)
                if self._down is not None:
                    raise self._down

    async def _kept(
        self, ended: Iterable["asyncio.Task[PairVerdict | OrderFailure | None]"], budget: Budget
    ) -> dict[str, PairVerdict | OrderFailure]:
        """What pairs came to, by interaction; verdicts are committed. Without those that were not asked at all."""
        made: dict[str, PairVerdict | OrderFailure] = {}
        faults: list[BaseException] = []
        for task in ended:
            if (fault := task.exception()) is not None:
                faults.append(fault)
            elif (one := task.result()) is not None:
                budget.used(one)
                made[task.get_name()] = one
        verdicts = [one for one in made.values() if isinstance(one, PairVerdict)]
        if verdicts:
            await commit(self._tenant.store, journal.Recorded((put(VERDICTS, *map(verdict_row, verdicts)),)))
        if faults:
            raise faults[0]
        return {key: one for key, one in made.items() if isinstance(one, PairVerdict) or not is_down(one)}

    async def _judged(self, pair: Pair) -> PairVerdict | OrderFailure | None:
        """None for a pair that was not asked, because the model is down."""
        async with self._limit:
            if self._down is not None:
                return None
            case = await self._cases.make(pair)
            try:
                now = time.time_ns() // 1000
                return await judge_pair(self._judge, pair, case, contest=self._contest, now=now)
            except OrderFailure as failure:
                if is_down(failure):
                    self._down = failure
                return failure


def _tell_ready(
    page: Sequence[Pair],
    at: int,
    known: Mapping[str, PairVerdict],
    made: Mapping[str, PairVerdict | OrderFailure],
    tell: Callable[[Sequence[Step]], None],
) -> int:
    """Tells the first pairs that are done, up to one that is not; `at` is the first one's place. Gives their number."""
    steps: list[Step] = []
    for index, pair in enumerate(page, at):
        key = pair.row.interaction_id
        if (verdict := known.get(key)) is not None:
            steps.append(Step(index, key, verdict, reused=True))
        elif (one := made.get(key)) is None:
            break
        elif isinstance(one, PairVerdict):
            steps.append(Step(index, key, one))
        else:
            steps.append(Step(index, key, failure=one.kind))
    if steps:
        tell(steps)
    return len(steps)
