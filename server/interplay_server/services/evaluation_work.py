"""The long work of evaluation, as kinds of operations: judging sessions, and comparing pairs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from interplay_server.domain import operation as operations
from interplay_server.domain.evaluation import MODEL
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.query import InteractionFilter, SessionPosition
from interplay_server.errors import ProviderUnavailable
from interplay_server.evaluation.cases import Cases, Selection, find_pairs
from interplay_server.evaluation.comparison import Budget, Comparison, Step, stored
from interplay_server.evaluation.evaluation import Evaluation
from interplay_server.evaluation.evaluator import PAGE, judge_all, now_micros
from interplay_server.evaluation.tenant import EvaluationTenant
from interplay_server.learning.learning import Learning
from interplay_server.services.operations import OPERATION_ID, Done

EVALUATE, COMPARE = "evaluate_sessions", "compare_arms"
PLAN = "plan"
_SECOND_US = 1_000_000
Progress = Callable[[int, int], None]
Work = Callable[[TenantStore, Mapping[str, str], Progress], Awaitable[Mapping[str, str] | Done]]


class EvaluatePlan(msgspec.Struct, frozen=True):
    """`again` judges sessions that this judge has judged, too."""

    where: InteractionFilter
    judge: str
    again: bool = False
    most: int = 0


class ComparePlan(msgspec.Struct, frozen=True):
    """`where` ends before a place in the journal: who comes back sees the same pairs."""

    contest: str
    where: InteractionFilter
    judge: str
    most: int
    max_calls: int = 0
    max_tokens: int = 0
    start_time: int = 0
    """Calls from this instant on count against the budget."""

    @property
    def selection(self) -> Selection:
        return Selection(self.contest, self.where, self.most)


def encode(plan: Any) -> str:
    return msgspec.json.encode(plan).decode()


def evaluation_work(
    evaluation: Callable[[], Evaluation], learning: Callable[[], Learning], failures: dict[str, dict[int, str]]
) -> dict[str, Work]:
    """Work by kind. `failures` is filled with why pairs of a running comparison have no verdict, by their place."""

    async def evaluate(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Done:
        plan = msgspec.json.decode(arguments[PLAN], type=EvaluatePlan)
        try:
            return await _evaluate(evaluation(), store, plan, progress)
        except ModelFailure as failure:
            raise ProviderUnavailable(plan.judge, failure.kind) from failure

    async def compare(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Done:
        plan = msgspec.json.decode(arguments[PLAN], type=ComparePlan)
        told = failures.setdefault(arguments[OPERATION_ID], {})
        try:
            cases = Cases(evaluation().tenant(store), await learning().tenant(store), plan.contest)
            return await _compare(evaluation().tenant(store), cases, plan, progress, told)
        except ModelFailure as failure:
            raise ProviderUnavailable(plan.judge, failure.kind) from failure
        finally:
            failures.pop(arguments[OPERATION_ID], None)

    return {EVALUATE: evaluate, COMPARE: compare}


async def _evaluate(evaluation: Evaluation, store: TenantStore, plan: EvaluatePlan, progress: Progress) -> Done:
    tenant = evaluation.tenant(store)
    judge, config = tenant.judge(plan.judge), await tenant.config()
    sessions = await _sessions(store, plan)
    counts: dict[str, int] = {}
    failed: list[operations.Failure] = []
    skipped = done = 0
    progress(0, len(sessions))

    def fail(of: tuple[str, str], failure: ModelFailure) -> None:
        failed.append(operations.Failure("/".join(of), failure.kind, str(failure)))

    for at in range(0, len(sessions), PAGE):
        page = sessions[at : at + PAGE]
        wanted = page
        if not plan.again:
            known = await tenant.evaluations(page)
            newest = await store.newest_in_sessions(page)
            wanted = [
                of
                for of in page
                if of not in known or known[of].judge_hash != judge.digest or known[of].last_seq < newest.get(of, 0)
            ]
        skipped += len(page) - len(wanted)
        made = await judge_all(tenant, judge, config, wanted, fail)
        idle = now_micros() - config.idle_seconds * _SECOND_US
        complete = tuple(
            (one.user_id, one.session_id, one.last_seq) for one in made if one.finished or one.last_time <= idle
        )
        await evaluation.of(store).keep(made, complete)
        for one in made:
            counts[one.outcome] = counts.get(one.outcome, 0) + 1
        done += len(page)
        progress(done, len(sessions))
    found = {
        "sessions": str(len(sessions)),
        "evaluated": str(len(sessions) - skipped - len(failed)),
        "unchanged": str(skipped),
        "judge": judge.name,
        **{outcome.lower(): str(count) for outcome, count in sorted(counts.items())},
    }
    return Done(found, failed, len(failed))


async def _sessions(store: TenantStore, plan: EvaluatePlan) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    after: SessionPosition | None = None
    most = plan.most or 10**9
    while len(found) < most and (page := await store.sessions(plan.where, limit=1000, after=after, people=False)):
        found += [(one.user_id, one.session_id) for one in page]
        after = SessionPosition(page[-1].last_time, page[-1].user_id, page[-1].session_id)
    return found[:most]


async def _compare(
    tenant: EvaluationTenant, cases: Cases, plan: ComparePlan, progress: Progress, told: dict[int, str]
) -> Done:
    judge, config = tenant.judge(plan.judge), await tenant.config()
    found = await find_pairs(tenant, plan.selection)
    total = len(found.pairs)
    progress(0, total)
    budget = Budget(plan.max_calls, plan.max_tokens) if judge.method == MODEL else Budget()
    before = await stored(tenant, found.pairs, plan.contest, judge.digest)
    for one in before.values():
        if one.judge_time >= plan.start_time:
            budget.used(one)
    comparison = Comparison(tenant, judge, cases, config, contest=plan.contest)
    failed: list[operations.Failure] = []
    done = reused = 0

    def tell(steps: Sequence[Step]) -> None:
        nonlocal done, reused
        for step in steps:
            reused += step.reused
            if step.failure:
                told[step.index] = step.failure
                failed.append(operations.Failure(step.interaction_id, step.failure, "the judge gave no verdict"))
        done += len(steps)
        progress(done, total)

    await comparison.run(found.pairs, budget, tell)
    result = {
        "pairs": str(done - len(failed)),
        "reused": str(reused),
        "calls": str(budget.calls),
        "tokens": str(budget.tokens),
        "judge": judge.name,
        "budget_exhausted": str(done < total).lower(),
        "reached": str(done),
    }
    return Done(result, failed, len(failed))
