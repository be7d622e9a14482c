"""Timers of sessions that are to be judged, over a real ledger."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace

import pytest
from interplay_server.custody.retention_evaluations import Evaluations
from interplay_server.domain.evaluation_config import EvaluationConfig
from interplay_server.domain.retention import EVALUATIONS, Rule
from interplay_server.evaluation.evaluator import TenantEvaluator, judge_all
from interplay_server.evaluation.judges import RulesJudge
from interplay_server.evaluation.tenant import EvaluationTenant
from interplay_server.storage.commits import CommitQueue

from tests.storage.inside import published, submit, tenant

SLOW_SECONDS = 0.5


class HeldJudge(RulesJudge):
    """Judges in the background once it is let."""

    def __init__(self, executor):
        super().__init__(executor)
        self.asked, self.let = asyncio.Event(), asyncio.Event()

    async def session(self, case):
        self.asked.set()
        await self.let.wait()
        return await super().session(case)


@asynccontextmanager
async def evaluating(store, judge):
    evaluator = TenantEvaluator(EvaluationTenant(store, {"rules": judge}))
    try:
        yield evaluator
    finally:
        await evaluator.close()


async def answered(ask):
    async with asyncio.timeout(10):
        while not (found := await ask()):  # noqa: ASYNC110 - the ledger has no event
            await asyncio.sleep(0.02)
    return found


async def test_a_timer_that_is_seen_before_what_was_published_is_kept(tmp_path, monkeypatch):
    """The ledger has the timer when it is flushed; what was published can be read once it is delivered."""
    deliver = CommitQueue._deliver

    def deliver_late(self, group, outcomes):
        asyncio.get_running_loop().call_later(SLOW_SECONDS, partial(deliver, self, group, outcomes))

    with ThreadPoolExecutor(1) as executor:
        async with tenant(tmp_path) as store, evaluating(store, RulesJudge(executor)) as evaluator:
            with monkeypatch.context() as slow:
                slow.setattr(CommitQueue, "_deliver", deliver_late)
                outcome = submit(store, published("Hello?", session_finished=True))
                await answered(store.records.waiting_sessions)
                assert not outcome.done()
                evaluator.wake()
                await asyncio.sleep(SLOW_SECONDS / 2)
                assert await store.records.waiting_sessions() == 1
                await outcome
            await answered(partial(evaluator.tenant.evaluation, "ann", "s"))
            assert await store.records.waiting_sessions() == 0


@pytest.mark.parametrize("begun", [True, False], ids=["is being judged", "waits to be judged"])
async def test_what_retention_removed_is_not_judged_again(tmp_path, begun):
    """Its counts would be added to those of the day once more."""
    with ThreadPoolExecutor(1) as executor:
        async with tenant(tmp_path) as store:
            held = HeldJudge(executor)
            async with evaluating(store, held) as evaluator:
                await submit(store, published("Hello?", session_finished=begun))
                if begun:
                    await asyncio.wait_for(held.asked.wait(), 10)
                now = RulesJudge(executor)
                await evaluator.keep(await judge_all(evaluator.tenant, now, EvaluationConfig(), [("ann", "s")], None))
                removing = Evaluations(store, SimpleNamespace(of=lambda _: evaluator))
                ages = await removing.ages(None)
                assert await removing.remove(Rule(EVALUATIONS, keep_aggregates=True), ages) == 1
                evaluator.looked.clear()
                held.let.set()
                evaluator.wake()
                await asyncio.wait_for(evaluator.looked.wait(), 10)
                assert await evaluator.tenant.evaluation("ann", "s") is None
                assert await store.records.waiting_sessions() == 0
                await submit(store, published("Are you there?", session_finished=True))
                await answered(partial(evaluator.tenant.evaluation, "ann", "s"))
