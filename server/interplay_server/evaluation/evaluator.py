"""When a tenant's sessions are judged: once they are finished or idle, and again when what they rest on is deleted.

Timers stand in the ledger, so that a restart forgets none; a judge that fails is asked again later.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

import msgspec
import structlog

from interplay_server.domain import journal
from interplay_server.domain.evaluation import (
    EVALUATIONS,
    OUTCOME_ROWS,
    SessionEvaluation,
    evaluation_row,
    put,
    records,
    seqs_of,
    session_key,
)
from interplay_server.domain.evaluation_config import EvaluationConfig
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.ports import Change, SessionTimer
from interplay_server.domain.records import Condition, Op, Removal
from interplay_server.domain.writing import commit
from interplay_server.errors import ProviderNotConfigured
from interplay_server.evaluation.judges import Judge
from interplay_server.evaluation.pairs import is_down
from interplay_server.evaluation.sessions import evaluate, read_batch, with_report
from interplay_server.evaluation.tenant import EvaluationTenant

PAGE = 50
"""Sessions that are judged before they are committed."""
RETRY_SECONDS = (1.0, 5.0, 30.0, 300.0)
"""Between attempts while the model is down."""
PUT_OFF_SECONDS = (5.0, 60.0, 600.0, 3600.0, 86_400.0)
"""Between attempts at a session that the model cannot read while it reads others."""
REST, LONGEST_REST = 1.0, 1.0
"""Seconds of rest for each second of judging where nobody waits: publishing comes first."""
FOLLOWED = "evaluation_deletions"
_SECOND_US = 1_000_000
_log = structlog.get_logger(__name__)


class TenantEvaluator:
    """One for each open tenant."""

    def __init__(self, tenant: EvaluationTenant) -> None:
        self.tenant = tenant
        self.next_due: float | None = None
        """When the next session is due, in seconds since 1970; None while none waits."""
        self.configuring = asyncio.Lock()
        """Held by whoever replaces the configuration."""
        self.writing = asyncio.Lock()
        """Held by whoever writes evaluations or reported outcomes: what was reported wins."""
        self.looked = asyncio.Event()
        """Set once what is due was judged, or could not be."""
        self._withdrawn: set[tuple[str, str]] = set()
        """(user, session) whose evaluations went since what is judged now was read; what that comes to is not kept."""
        self._failures = 0
        self._put_off: dict[tuple[str, str], tuple[int, float, int]] = {}
        """(newest_seq, seconds since 1970 until when, attempts) of sessions that only they fail."""
        self._wake = asyncio.Event()
        self._unfollowed = True
        self._unsubscribe = tenant.store.subscribe(self._on_changes)
        self._task = asyncio.create_task(self._run(), name=f"evaluate {tenant.store.name}")

    async def close(self) -> None:
        self._unsubscribe()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        self._wake.set()

    def _on_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.deleted_ids:
                self._unfollowed = True
                self._wake.set()
            if change.interactions and (self.next_due is None or change.interactions[0].header.session_finished):
                self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            seconds = 3600.0
            try:
                if self._unfollowed:
                    self._unfollowed = False
                    await self._follow_deletions()
                await self._evaluate_due()
                self._failures = 0
                if self.next_due is not None:
                    seconds = max(0.01, self.next_due - time.time())
            except (ModelFailure, ProviderNotConfigured) as error:
                seconds = self._retry_later()
                _log.warning("cannot judge sessions", tenant=self.tenant.store.name, reason=str(error))
            except Exception:  # noqa: BLE001 - a fault of the store is tried again
                seconds = self._retry_later()
                _log.exception("cannot judge sessions", tenant=self.tenant.store.name)
            self.looked.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    def _retry_later(self) -> float:
        self._failures += 1
        self._unfollowed = True
        return RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS)) - 1]

    async def _evaluate_due(self) -> None:
        store = self.tenant.store
        while True:
            self._withdrawn.clear()
            config = await self.tenant.config()
            idle = config.idle_seconds * _SECOND_US
            due = await store.records.due_sessions(now_micros() - idle, PAGE + len(self._put_off))
            ready = [one for one in due if self._is_ready(one)][:PAGE]
            if not ready:
                newest = await store.records.next_timer()
                self.next_due = None if newest is None else (newest + idle) / _SECOND_US
                if due:
                    self.next_due = time.time() + PUT_OFF_SECONDS[0]
                return
            started = time.monotonic()
            await self._judge(ready, config)
            await asyncio.sleep(min(REST * (time.monotonic() - started), LONGEST_REST))

    def _is_ready(self, one: SessionTimer) -> bool:
        # A timer is in the ledger a moment before anybody can read what was published.
        if one.newest_seq > self.tenant.store.last_seq:
            return False
        newest_seq, until, _ = self._put_off.get((one.user_id, one.session_id), (-1, 0.0, 0))
        return newest_seq != one.newest_seq or until <= time.time()

    async def _judge(self, due: Sequence[SessionTimer], config: EvaluationConfig) -> None:
        """What is not sampled is crossed off as well; a session that a model fails on keeps its timer."""
        chosen = [] if config.disabled else [one for one in due if config.samples(one.user_id, one.session_id)]
        judged = {id(one) for one in chosen}
        done = [one for one in due if id(one) not in judged]
        failures: dict[tuple[str, str], ModelFailure] = {}
        made: list[SessionEvaluation] = []
        if chosen:
            judge = self.tenant.judge(config.judge)
            sessions = [(one.user_id, one.session_id) for one in chosen]
            made = await judge_all(self.tenant, judge, config, sessions, failures.__setitem__)
            done += [one for one in chosen if (one.user_id, one.session_id) not in failures]
        crossed_off = tuple((one.user_id, one.session_id, one.newest_seq) for one in done)
        await self.keep(made, crossed_off, withdrawn=self._withdrawn)
        for one in done:
            self._put_off.pop((one.user_id, one.session_id), None)
        newest = {(one.user_id, one.session_id): one.newest_seq for one in chosen}
        for of, failure in failures.items():
            if is_down(failure):
                raise failure
            attempts = self._put_off.get(of, (0, 0.0, 0))[2]
            seconds = PUT_OFF_SECONDS[min(attempts, len(PUT_OFF_SECONDS) - 1)]
            self._put_off[of] = (newest[of], time.time() + seconds, attempts + 1)
            _log.warning("cannot judge a session", tenant=self.tenant.store.name, reason=failure.kind)

    async def _follow_deletions(self) -> None:
        """Judges anew every session of which a part is deleted; of one that is gone nothing is kept."""
        store = self.tenant.store
        reached = int(await store.records.meta(FOLLOWED) or 0)
        while page := await store.learnt.deletions_after(reached, PAGE):
            for seq, ids in page:
                await self._forget(set(ids))
                reached = seq
            await commit(store, journal.Recorded(meta={FOLLOWED: str(reached)}))

    async def _forget(self, ids: set[str]) -> None:
        self._withdrawn.clear()
        store, seqs = self.tenant.store, seqs_of(sorted(ids))
        where = [Condition("first_seq", Op.LE, max(seqs)), Condition("last_seq", Op.GE, min(seqs))]
        near = records(await store.records.table(EVALUATIONS, where), SessionEvaluation)
        config = await self.tenant.config()
        for one in near:
            if ids.isdisjoint(one.interaction_ids):
                continue
            of = (one.user_id, one.session_id)
            key = (session_key(*of),)
            gone = [Removal(EVALUATIONS.name, "key", key)]
            made: list[SessionEvaluation] = []
            try:
                batch = await read_batch(self.tenant, config, [of])
                made = await evaluate(self.tenant, self.tenant.judge(config.judge), config, of, batch)
            except (ModelFailure, ProviderNotConfigured) as error:
                # What rests on something deleted may not stay until a model is up again; what was reported may.
                _log.warning("dropped an evaluation", tenant=store.name, reason=str(error))
            else:
                gone.append(Removal(OUTCOME_ROWS.name, "key", key))
            if made:
                await self.keep(made, withdrawn=self._withdrawn)
            else:
                await commit(store, journal.Recorded(removed=tuple(gone)))

    async def withdraw(self, sessions: Sequence[tuple[str, str, int]], entry: journal.Recorded) -> None:
        """Commits an entry that removes evaluations, and judges these (user, session, sequence) no more for what was
        published so far. The caller holds `writing`.
        """
        await commit(self.tenant.store, msgspec.structs.replace(entry, evaluated=tuple(sessions)))
        self._withdrawn.update((user_id, session_id) for user_id, session_id, _ in sessions)

    async def keep(
        self,
        made: Sequence[SessionEvaluation],
        done: tuple[tuple[str, str, int], ...] = (),
        withdrawn: Collection[tuple[str, str]] = (),
    ) -> None:
        """Commits evaluations together with the timers that they answer. What was reported meanwhile wins."""
        async with self.writing:
            # Of a session that was judged twice, the last judgement stays.
            rows = {of: one for one in made if (of := (one.user_id, one.session_id)) not in withdrawn}
            reported = await self.tenant.outcomes(list(rows)) if rows else {}
            final = [with_report(one, reported.get(of)) for of, one in rows.items()]
            puts = (put(EVALUATIONS, *map(evaluation_row, final)),) if final else ()
            if puts or done:
                await commit(self.tenant.store, journal.Recorded(puts, evaluated=done))


async def judge_all(
    tenant: EvaluationTenant,
    judge: Judge,
    config: EvaluationConfig,
    sessions: Sequence[tuple[str, str]],
    failed: Callable[[tuple[str, str], ModelFailure], None],
) -> list[SessionEvaluation]:
    """Judges sessions now, `max_concurrent` at a time; `failed` is told which could not be."""
    limit, batch = asyncio.Semaphore(config.max_concurrent), await read_batch(tenant, config, sessions)

    async def one(of: tuple[str, str]) -> list[SessionEvaluation]:
        async with limit:
            try:
                return await evaluate(tenant, judge, config, of, batch)
            except ModelFailure as failure:
                failed(of, failure)
                return []

    return [made for found in await asyncio.gather(*map(one, sessions)) for made in found]


def now_micros() -> int:
    return time.time_ns() // 1000
