"""When a tenant learns: after a stride, at once where somebody waits, when a session ends, after an idle time.

Due times follow from what the ledger keeps of each user (newest publish, flush, done), so that a restart forgets none.
A model that fails pauses learning, visibly, and is tried again; publishing goes on.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from functools import partial

import msgspec
import structlog

from interplay_server.domain import journal
from interplay_server.domain.interaction import Interaction
from interplay_server.domain.learning_config import META_KEY, PLAYBOOKS, PROFILES, Extractor, LearningConfig, save
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.ports import Change, TenantStore
from interplay_server.errors import ProviderNotConfigured
from interplay_server.learning.aggregator import Aggregator
from interplay_server.learning.deletions import Deletions
from interplay_server.learning.links import LinkWork
from interplay_server.learning.pace import Pace
from interplay_server.learning.passes import Outcome, Run, forget_annotation, read_annotation, read_windows
from interplay_server.learning.rerun import prune
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.learning.unread import Unread
from interplay_server.learning.waiting import Waiting

AWAITED_SHARE = 4
"""So many times more users are read at once where somebody waits for them."""
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
LONGEST_SLEEP = 3600.0
MOST_COUNTED = 10_000
ANNOTATIONS = 50
_WINDOW_FAILURES = frozenset({ModelFailure.REFUSED, ModelFailure.TRUNCATED, ModelFailure.MALFORMED})
_log = structlog.get_logger(__name__)


class Stall(msgspec.Struct, frozen=True):
    """Why learning is paused. `user_id` is empty where it is paused for everybody. Times are microseconds."""

    reason: str
    message: str
    user_id: str
    since: int
    next_attempt: int
    attempts: int


class TenantLearner:
    """One for each open tenant. `lease` keeps the tenant open while anything is left to learn from."""

    def __init__(self, tenant: LearningTenant, lease: Callable[[], AbstractAsyncContextManager[TenantStore]]) -> None:
        self.tenant = tenant
        self.aggregator = Aggregator(tenant)
        self.deletions = Deletions(tenant, lambda agents: self.aggregator.touch(agents, force=True))
        self.links = LinkWork(tenant, self._pass, lambda agents: self.aggregator.touch(agents, force=True))
        self._lease = lease
        self._pace = Pace()
        self._users: dict[str, Waiting] = {}
        self._passing: dict[str, asyncio.Lock] = {}
        self._stalls: dict[str, Stall] = {}
        self._annotations, self._judge_after = True, 0
        """Judgements are queued; none is read before an instant, in microseconds."""
        self._judging: asyncio.Task[None] | None = None
        self._aggregating: asyncio.Task[None] | None = None
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._moved = True
        """Pointers of generations were moved, or may have been before a restart."""
        self._looked, self._stride = 0, 1
        """When users were last looked at, in microseconds, and the least stride of the live extractors then."""
        self._wake, self._progress = asyncio.Event(), asyncio.Event()
        self._ready = asyncio.Event()
        self._unsubscribe = tenant.store.subscribe(self._on_changes)
        self._task = asyncio.create_task(self._run(), name=f"learn {tenant.store.name}")

    async def close(self) -> None:
        self._unsubscribe()
        await self.aggregator.close()
        await self.links.close()
        tasks = [self._task, *self._reading.values(), *filter(None, (self._judging, self._aggregating))]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def ready(self) -> None:
        """Returns when configuration and pointers are loaded."""
        await self._ready.wait()

    # --- what happens in the tenant

    def _on_changes(self, changes: Sequence[Change]) -> None:
        self._pace.published(sum(len(change.interactions) for change in changes))
        for change in changes:
            for row in change.interactions:
                if not row.header.evaluation_only:
                    self._on_publish(row)
            if change.annotation is not None:
                self._annotations, self._judge_after = True, 0
            if change.deleted_ids:
                self.tenant.deletions += 1
                self.deletions.add(change.seq, change.deleted_ids)
            self._on_links(change)
            if change.learnt is not None:
                self._on_learnt(change.learnt)
            if not change.interactions:
                self._wake.set()

    def _on_links(self, change: Change) -> None:
        for link in change.links:
            # Who is one person now is found anew from the ledger.
            for user_id in (link.guest_id, link.account_id):
                self._users.pop(user_id, None)
            self._ready.clear()
            self.links.add(change.seq, link)

    def _on_learnt(self, entry: journal.Learnt) -> None:
        if entry.reopened is not None:
            self._ready.clear()
        for name, seq in entry.done:
            if (known := self._users.get(name)) is not None:
                known.done_seq = max(known.done_seq, seq)

    def _on_publish(self, row: Interaction) -> None:
        """Wakes the loop for a new user and for one who is due: a look at every user for each commit of a busy stream
        would cost more than learning.
        """
        header = row.header
        name = self.tenant.store.links.account(header.user_id)
        if (user := self._users.get(name)) is None:
            user = self._users[name] = Waiting()
            self._wake.set()
        user.newest_seq, user.newest_time = row.seq, row.publish_time
        user.fresh += 1
        user.waiting = None if user.waiting is None else user.waiting + 1
        if header.session_finished or row.data.expert_content:
            user.flush_seq = row.seq
        if (user.flush_seq > user.done_seq or user.fresh >= self._stride) and name not in self._reading:
            self._wake.set()

    # --- waiting for it

    async def wait_learnt(self, user_id: str, seq: int) -> Stall | None:
        """Returns when a user is learnt from up to `seq` or learning is disabled, or why it is paused. What is left
        flushes at once.
        """
        while True:
            # Whose it is may change while somebody waits.
            await self.ready()
            user = self._users.get(self.tenant.store.links.account(user_id))
            if user is None or user.done_seq >= seq:
                return None
            if not user.awaited or user.flush_seq < min(seq, user.newest_seq):
                user.flush_seq = max(user.flush_seq, min(seq, user.newest_seq))
                user.awaited = True
                self._wake.set()
            if (stall := self.stall(user_id)) is not None or self.tenant.config.disabled:
                return stall
            self._progress.clear()
            await self._progress.wait()

    async def deletions_followed(self) -> None:
        """Returns when nothing that was learnt cites or counts what is deleted."""
        self._wake.set()
        await self.deletions.settled()
        await self.aggregator.settled()

    async def links_followed(self) -> None:
        """Returns when what was learnt is as the links of now want it, but for what is read again."""
        self._wake.set()
        await self.links.settled()

    async def generate(self, user_id: str, kind: str, extractors: Iterable[Extractor]) -> Outcome:
        """Learns now from everything that a user published. Raises ModelFailure, ProviderNotConfigured."""
        await self.ready()
        await self.links.settled()
        outcome, user_id = Outcome(), self.tenant.store.links.account(user_id)
        async with self._pass(user_id):
            members = self.tenant.store.links.members(user_id)
            await self.links.read_guests(members, self._live_extractors(), outcome)
            unread = Unread(self.tenant, members)
            for extractor in extractors:
                generation = self.tenant.active_generation(kind, user_id)
                run = Run(user_id, kind, extractor, generation, self.tenant.store.last_seq, trigger="manual")
                await read_windows(self.tenant, run, unread, outcome)
        self.aggregator.touch(outcome.playbook_agents)
        if (user := self._users.get(user_id)) is not None:
            user.fresh = float("inf")
            self._wake.set()
        return outcome

    async def configure(self, config: LearningConfig) -> None:
        """Makes a configuration durable; what was paused is tried again."""
        await self.tenant.commit(journal.Learnt(meta={META_KEY: save(config)}, reopened=()))
        self.retry()

    def moved(self, kinds: Sequence[str]) -> None:
        """The pointers of these kinds were moved: aggregates stand on other lessons now."""
        if PLAYBOOKS in kinds:
            self.aggregator.touch([""], force=True)
        self._moved = True
        self._wake.set()

    def touch(self, agent_id: str, *, new: bool = False) -> None:
        """A user playbook of this agent was made or changed by hand; a new one waits for the count like any other."""
        self.aggregator.touch([agent_id], force=not new)
        self._wake.set()

    def forget(self, user_ids: Iterable[str]) -> None:
        """Nothing is read of these users any more: they are erased."""
        for one in user_ids:
            self._users.pop(one, None)
            self._stalls.pop(one, None)
            if (task := self._reading.get(one)) is not None:
                task.cancel()

    def stall(self, user_id: str = "") -> Stall | None:
        """Why learning is paused for everybody or this user."""
        person = self.tenant.store.links.account(user_id)
        return self._stalls.get("") or (self._stalls.get(person) if user_id else None)

    def stalls(self) -> list[Stall]:
        return list(self._stalls.values())

    def pending_users(self) -> list[str]:
        names = [name for name, user in self._users.items() if user.done_seq < user.newest_seq]
        return list(dict.fromkeys((*names, *self.links.people)))

    async def pending_interactions(self, users: Iterable[str]) -> int:
        """Published and not learnt from."""
        total = 0
        for name in users:
            if (user := self._users.get(name)) is None:
                continue
            if user.waiting is None:
                members = self.tenant.store.links.members(name)
                rows = await self.tenant.store.published_after(members, user.done_seq, limit=MOST_COUNTED)
                user.waiting = len(rows)
            total += user.waiting
        return total

    def retry(self) -> None:
        """Tries again what is paused, as after a change of the configuration."""
        self._stalls.clear()
        for user in self._users.values():
            user.fresh = float("inf")
        self._wake.set()

    # --- the loop

    async def _run(self) -> None:
        async with AsyncExitStack() as held:
            leased = False
            while True:
                self._wake.clear()
                try:
                    if not self._ready.is_set():
                        await self._start()
                    await self.deletions.follow()
                    self.links.start(self._wake.set)
                    if self._moved:
                        self._moved = False
                        await prune(self.tenant)
                    await self._learn_due()
                    self._aggregate()
                except Exception:  # noqa: BLE001 - a fault of the store is tried again
                    _log.exception("cannot learn", tenant=self.tenant.store.name)
                    await asyncio.sleep(1.0)
                    continue
                busy = bool(self._users or self._reading or self._annotations or self._judging)
                busy = busy or self.aggregator.waiting or self._aggregating is not None or bool(self.links.people)
                if busy and not leased:
                    await held.enter_async_context(self._lease())
                elif leased and not busy:
                    await held.aclose()
                leased = busy
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._sleep()):
                        await self._wake.wait()

    def _aggregate(self) -> None:
        """Runs beside the passes: clustering many lessons takes seconds."""
        if self._aggregating is None and self.aggregator.ready:
            self._aggregating = asyncio.create_task(self._aggregate_due(), name="aggregate")
            self._aggregating.add_done_callback(self._aggregated)

    async def _aggregate_due(self) -> None:
        try:
            await self.aggregator.run_due()
        except Exception:  # noqa: BLE001 - a fault of the store is tried again
            _log.exception("cannot aggregate", tenant=self.tenant.store.name)
            await asyncio.sleep(1.0)

    def _aggregated(self, _: asyncio.Task[None]) -> None:
        self._aggregating = None
        self._wake.set()

    async def _start(self) -> None:
        await self.tenant.load()
        for progress in await self.tenant.store.learnt.learners(unfinished=True):
            name = self.tenant.store.links.account(progress.user_id)
            known, made = self._users.get(name), Waiting(progress)
            if known is not None:
                made.newest_seq = max(made.newest_seq, known.newest_seq)
                made.newest_time = max(made.newest_time, known.newest_time)
                made.flush_seq, made.awaited = max(made.flush_seq, known.flush_seq), known.awaited
                if self.tenant.store.links:
                    made.done_seq = min(made.done_seq, known.done_seq)
            self._users[name] = made
        await self.links.load()
        await self.deletions.load()
        await self.deletions.follow()
        await self.aggregator.load()
        self._ready.set()

    async def _learn_due(self) -> None:
        now = self._looked = now_micros()
        self._stride = self._least_stride()
        if self.tenant.config.disabled:
            self._progress.set()
            return
        if (paused := self._stalls.get("")) is not None and paused.next_attempt > now:
            return
        try:
            parallel = self.tenant.engine().parallel
        except ProviderNotConfigured as error:
            self._pause("", ModelFailure.INVALID_REQUEST, error.message, None)
            return
        if self._annotations and self._judging is None and self._judge_after <= now:
            self._judging = asyncio.create_task(self._learn_annotations(), name="learn from annotations")
            self._judging.add_done_callback(self._judged)
        # Whose link is not followed yet waits until it is.
        out = {*self._reading, *self.links.people}
        due = [name for name in self._users if name not in out and self._is_due(name, now)]
        for name in sorted(due, key=lambda name: not self._users[name].awaited):
            most = parallel * AWAITED_SHARE if self._users[name].awaited else parallel
            if len(self._reading) >= most:
                return
            task = asyncio.create_task(self._learn_user(name), name=f"learn from {name}")
            self._reading[name] = task
            task.add_done_callback(partial(self._read, name))
        if not (self._users or self._annotations or self._judging):
            # What could not be read is gone.
            self._stalls.clear()

    def _read(self, name: str, task: asyncio.Task[None]) -> None:
        self._reading.pop(name, None)
        if not task.cancelled() and task.exception() is not None:
            _log.error("cannot learn", tenant=self.tenant.store.name, error=repr(task.exception()))
            self._pause(name, "STORAGE", "the store refused what was learnt", None)
        self._wake.set()

    def _is_due(self, name: str, now: int) -> bool:
        user = self._users[name]
        stall = self._stalls.get(name)
        if stall is not None:
            return stall.next_attempt <= now
        if user.newest_time + self.tenant.idle_seconds * 1_000_000 <= now:
            user.flush_seq = user.newest_seq
        return user.flush_seq > user.done_seq or user.fresh >= self._stride

    def _least_stride(self) -> int:
        config = self.tenant.config
        live = self._live_extractors()
        return min((config.window(extractor)[1] for _, extractor in live), default=1)

    def _live_extractors(self) -> list[tuple[str, Extractor]]:
        return [
            (kind, extractor)
            for kind in (PROFILES, PLAYBOOKS)
            for extractor in self.tenant.config.extractors(kind)
            if not (extractor.disabled or extractor.manual_only)
        ]

    async def _learn_user(self, name: str) -> None:
        user = self._users[name]
        newest, flush, user.fresh = user.newest_seq, user.flush_seq, 0
        moves = self.tenant.moves
        outcome = Outcome()

        async def rest(worked: float) -> None:
            await self._pace.rest(worked, lambda: user.awaited)

        try:
            async with self._pass(name):
                members = self.tenant.store.links.members(name)
                await self.links.read_guests(members, self._live_extractors(), outcome)
                finished, unread = True, Unread(self.tenant, members, newest)
                for kind, extractor in self._live_extractors():
                    generation = self.tenant.active_generation(kind, name)
                    run = Run(name, kind, extractor, generation, flush, rest=rest)
                    finished = await read_windows(self.tenant, run, unread, outcome) and finished
                # Beyond the flush, what waits for a stride is not done.
                reached = newest if finished else min(flush, newest)
                # Where another generation became active meanwhile, that one has not read this.
                if reached > user.done_seq and moves == self.tenant.moves and not moves % 2:
                    step = Step(now_micros())
                    step.done += [(one, reached) for one in await self.links.unfinished(members)]
                    await self.tenant.commit(step.entry())
                    user.done_seq, user.waiting = reached, None
                if user.done_seq >= user.newest_seq and self._users.get(name) is user:
                    del self._users[name]
        except ModelFailure as failure:
            user.fresh = float("inf")
            shared = failure.kind not in _WINDOW_FAILURES
            self._pause("" if shared else name, failure.kind, str(failure), failure.retry_after, of=name)
        else:
            self._stalls.pop("", None)
            self._stalls.pop(name, None)
        self.aggregator.touch(outcome.playbook_agents)
        self._progress.set()

    def _judged(self, task: asyncio.Task[None]) -> None:
        self._judging = None
        if not task.cancelled() and task.exception() is not None:
            _log.error("cannot learn", tenant=self.tenant.store.name, error=repr(task.exception()))
            self._annotations = True
            self._pause("", "STORAGE", "the store refused what was learnt", None)
        self._wake.set()

    async def _learn_annotations(self) -> None:
        """In their order; those of a user whose turns the model cannot read wait, and let the others pass."""
        store = self.tenant.store
        outcome, after, waiting = Outcome(), 0, list[str]()
        self._annotations = False
        while queued := await store.learnt.queued_annotations(ANNOTATIONS, after):
            for one in queued:
                after = one.seq
                row = await store.get(one.interaction_id)
                notes = (await store.annotations([one.interaction_id])).get(one.interaction_id, ())
                note = next((note for note in notes if note.seq == one.seq), None)
                if row is None or note is None or row.header.evaluation_only:
                    await forget_annotation(self.tenant, one.seq)
                    continue
                name = store.links.account(row.header.user_id)
                if (stall := self._stalls.get(name)) is not None and stall.next_attempt > now_micros():
                    waiting.append(name)
                    continue
                try:
                    await read_annotation(self.tenant, one.seq, row, note, outcome)
                except ModelFailure as failure:
                    shared = failure.kind not in _WINDOW_FAILURES
                    self._pause("" if shared else name, failure.kind, str(failure), failure.retry_after, of=name)
                    if shared:
                        self._annotations = True
                        return
                    waiting.append(name)
                else:
                    self._stalls.pop("", None)
                    if name not in self._users:
                        self._stalls.pop(name, None)
        if waiting and not self._annotations:
            self._annotations = True
            stalls = (self._stalls[one].next_attempt for one in waiting if one in self._stalls)
            self._judge_after = min(stalls, default=0)
        self.aggregator.touch(outcome.playbook_agents)
        self._progress.set()

    def _pause(self, name: str, reason: str, message: str, retry_after: float | None, *, of: str = "") -> None:
        before = self._stalls.get(name)
        if before is not None and before.next_attempt > now_micros():
            # Others that were under way fail for the same reason.
            return
        attempts = before.attempts + 1 if before else 1
        seconds = max(RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1], retry_after or 0.0)
        now = now_micros()
        self._stalls[name] = Stall(
            reason, message, of or name, before.since if before else now, now + int(seconds * 1e6), attempts
        )
        _log.warning("learning is paused", tenant=self.tenant.store.name, reason=reason, retry_seconds=seconds)
        self._progress.set()

    def _pass(self, user_id: str) -> asyncio.Lock:
        """One pass over a user at a time: two would read the same windows."""
        if len(self._passing) > 10_000:
            self._passing = {name: lock for name, lock in self._passing.items() if lock.locked()}
        return self._passing.setdefault(user_id, asyncio.Lock())

    def _sleep(self) -> float:
        """Seconds until the next timer."""
        now = time.time()
        # What was due at the last look is being tried. A timer may ring a millisecond early: what was not due at the
        # look and is past by now is nobody's unless it is counted here.
        due = [stall.next_attempt / 1e6 for stall in self._stalls.values() if stall.next_attempt > self._looked]
        if "" not in self._stalls and not self.tenant.config.disabled:
            if self._annotations and self._judging is None:
                due.append(self._judge_after / 1e6)
            idle = self.tenant.idle_seconds
            due += [
                user.newest_time / 1e6 + idle
                for name, user in self._users.items()
                if name not in self._stalls and user.flush_seq < user.newest_seq
            ]
        if self.aggregator.waiting:
            due.append(now + self.aggregator.delay)
        return max(0.01, min([at - now for at in due], default=LONGEST_SLEEP))
