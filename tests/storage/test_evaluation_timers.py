"""Timers of sessions that are to be judged, over a real ledger."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from interplay_server.evaluation.evaluator import TenantEvaluator
from interplay_server.evaluation.judges import RulesJudge
from interplay_server.evaluation.tenant import EvaluationTenant
from interplay_server.storage.commits import CommitQueue

from tests.storage.inside import published, submit, tenant

SLOW_SECONDS = 0.5


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
        async with tenant(tmp_path) as store:
            evaluator = TenantEvaluator(EvaluationTenant(store, {"rules": RulesJudge(executor)}))
            try:
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
            finally:
                await evaluator.close()
