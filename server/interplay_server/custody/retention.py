"""Runs of retention: what a policy no longer keeps is selected, removed in chunks, and gone from every file at the end.

A run is an operation. What it selects follows from its instant and from the journal's sequence at its begin, both of
which are kept, so that a kill is followed by more of the same: doing it again removes what is left of the selection.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from interplay_server.custody.retention_evaluations import Evaluations
from interplay_server.custody.retention_kinds import DialogueRows, Interactions, Kind, Profiles, ShopRows
from interplay_server.dialogue.dialogues import Dialogues
from interplay_server.domain import journal
from interplay_server.domain import retention as domain
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.retention import Policy, Receipt, Rule
from interplay_server.domain.writing import commit
from interplay_server.errors import ConcurrentChange, InterplayError
from interplay_server.evaluation.evaluation import Evaluation
from interplay_server.features.features import Features
from interplay_server.learning.learning import Learning
from interplay_server.monitoring.actions import SERVER
from interplay_server.monitoring.monitoring import Monitoring
from interplay_server.monitoring.retention import purge, purged

CHUNK = 2000
"""Rows that go by one entry of the journal, about."""
Progress = Callable[[int, int], None]
Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]
T = TypeVar("T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What holds the rows of a server."""

    learning: Learning
    features: Features
    evaluation: Evaluation
    dialogues: Dialogues
    monitoring: Monitoring


class Retention:
    """Of the whole server. `stopping` tells a stop of the server, after which a run is taken up again, from a
    cancellation.
    """

    def __init__(self, parts: Parts, stopping: Callable[[], bool]) -> None:
        self._parts, self._stopping = parts, stopping
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def kinds(self, store: TenantStore) -> dict[str, Kind]:
        """All but monitored events, whose removal the monitor itself knows."""
        parts = self._parts
        return {
            domain.INTERACTIONS: Interactions(store, parts.learning, parts.features),
            domain.PROFILES: Profiles(store, parts.learning),
            domain.FEATURES: ShopRows(store, parts.features),
            domain.DIALOGUES: DialogueRows(store, parts.dialogues),
            domain.EVALUATIONS: Evaluations(store, parts.evaluation),
        }

    async def replace(self, store: TenantStore, rules: tuple[Rule, ...], revision: int) -> Policy:
        """Sets the whole policy; with a revision, only in place of that one. Raises ConcurrentChange."""
        async with self._lock(f"policy of {store.name}"):
            before = await policy_of(store)
            if revision and revision != before.revision:
                raise ConcurrentChange(domain.META_KEY)
            made = Policy(rules, time.time_ns() // 1000, before.revision + 1)
            await commit(store, journal.Recorded(meta={domain.META_KEY: domain.save(made)}))
        return made

    async def count(self, store: TenantStore, policy: Policy, as_of: int) -> dict[str, int]:
        """How many rows a run would remove now, by rule."""
        run = Run(self._parts, store, self.kinds(store), policy, as_of)
        return await run.select(store.last_seq)

    async def apply(
        self, store: TenantStore, operation_id: str, policy: Policy, as_of: int, progress: Progress
    ) -> dict[str, int]:
        """Removes what a policy does not keep at an instant and leaves a receipt; goes on where a stop interrupted it.

        Gives rows by rule. A run whose policy was replaced before it could go on ends with what it had removed.
        """
        async with self._lock(store.name):
            receipt = await store.receipts.get(operation_id)
            run = Run(self._parts, store, self.kinds(store), policy, as_of)
            seq = store.last_seq if receipt is None else receipt.seq
            left = await run.select(seq)
            if receipt is None:
                receipt = Receipt(operation_id, policy.revision, as_of, seq, planned=left)
                await store.receipts.save(receipt)
            else:
                await run.went_before(receipt.planned)
            replaced = (await policy_of(store)).revision != policy.revision
            try:
                if not replaced:
                    await run.remove(progress, sum(receipt.planned.values()))
                await self._end(run, receipt)
            except asyncio.CancelledError:
                if not self._stopping():
                    await unbroken(self._end(run, receipt))
                raise
            except Exception:
                # What went has a receipt all the same.
                with suppress(InterplayError):
                    await self._tell(run, receipt)
                raise
        return dict(run.counts)

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    async def _end(self, run: "Run", receipt: Receipt) -> None:
        await run.settle()
        await self._tell(run, receipt)

    async def _tell(self, run: "Run", receipt: Receipt) -> None:
        ended = msgspec.structs.replace(receipt, counts=dict(run.counts), end_time=time.time_ns() // 1000)
        await run.store.receipts.save(ended)
        _log.info("applied retention", tenant=run.store.name, revision=receipt.revision, rows=run.counts)


class Run:
    """One run over one tenant. `counts` are rows that went, by rule."""

    def __init__(self, parts: Parts, store: TenantStore, kinds: Mapping[str, Kind], policy: Policy, as_of: int) -> None:
        self._parts, self.store, self._kinds, self.policy, self._as_of = parts, store, kinds, policy, as_of
        self.counts = {rule.name: 0 for rule in policy.rules}
        self._selected: dict[str, tuple[Rule, pa.Table]] = {}
        self._left: dict[str, int] = {}

    async def select(self, seq: int) -> dict[str, int]:
        """Chooses rows that were written up to a sequence number; gives how many by rule."""
        for name, kind in self._kinds.items():
            if rules := self.policy.of(name):
                rows = await kind.ages(domain.read_before(rules, self._as_of))
                rows = rows.filter(pc.less_equal(rows["seq"], seq))
                due = await asyncio.to_thread(domain.due, rules, rows, self._as_of)
                self._selected |= {rule.name: (rule, due[rule.name]) for rule in rules}
        self._left = {name: rows.num_rows for name, (_, rows) in self._selected.items()}
        for rule in self.policy.of(domain.MONITOR_EVENTS):
            tenant = await self._parts.monitoring.of(self.store)
            found = await purge(tenant, self._as_of, actor=SERVER, validate_only=True)
            self._left[rule.name] = found.total
        return dict(self._left)

    async def went_before(self, planned: Mapping[str, int]) -> None:
        """Counts what a run that was interrupted had removed of its selection."""
        for name in self._selected:
            self.counts[name] = max(0, planned.get(name, 0) - self._left[name])
        for rule in self.policy.of(domain.MONITOR_EVENTS):
            self.counts[rule.name] = await purged(await self._parts.monitoring.of(self.store), self._as_of)

    async def remove(self, progress: Progress, total: int) -> None:
        """Cancelled, it ends with a whole chunk."""
        progress(min(total, sum(self.counts.values())), total)
        for rule, rows in self._selected.values():
            for at in range(0, rows.num_rows, CHUNK):
                await unbroken(self._remove(rule, rows.slice(at, CHUNK)))
                progress(min(total, sum(self.counts.values())), total)
        for rule in self.policy.of(domain.MONITOR_EVENTS):
            await unbroken(self._purge(rule))
            progress(min(total, sum(self.counts.values())), total)

    async def _remove(self, rule: Rule, rows: pa.Table) -> None:
        self.counts[rule.name] += await self._kinds[rule.kind].remove(rule, rows)

    async def _purge(self, rule: Rule) -> None:
        """The monitor asks the policy that is set: where that is another one by now, the next run does."""
        if (await policy_of(self.store)).revision != self.policy.revision:
            return
        tenant = await self._parts.monitoring.of(self.store)
        before = await purged(tenant, self._as_of)
        done = await purge(tenant, self._as_of, actor=SERVER)
        self.counts[rule.name] = before + done.total

    async def settle(self) -> None:
        """Returns when what went is in no file any more, nor anything that rested on it."""
        gone = [self._kinds[name] for name in self._kinds if self._went(self.policy.of(name))]
        for kind in gone:
            await kind.settle()
        if gone:
            await self.store.erasures.shred(lambda: None)

    def _went(self, rules: Iterable[Rule]) -> bool:
        return any(self.counts[rule.name] for rule in rules)


async def policy_of(store: TenantStore) -> Policy:
    return domain.load(await store.records.meta(domain.META_KEY))


async def unbroken(work: Awaitable[T]) -> T:
    """A cancellation waits for what must not be left half done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


class Hourly:
    """Runs retention by itself. `names` reads which tenants have a policy; `start` runs it as an operation, and returns
    at its end. With 0 minutes it does nothing.
    """

    def __init__(
        self,
        retention: Retention,
        lease: Lease,
        names: Callable[[], list[str]],
        start: Callable[[TenantStore, Policy, int], Awaitable[None]],
        minutes: float,
    ) -> None:
        self._retention, self._lease, self._names, self._start = retention, lease, names, start
        self._seconds = minutes * 60
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Called once when tenants can be leased."""
        if self._seconds:
            self._task = asyncio.create_task(self._run(), name="apply retention")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                for name in await asyncio.to_thread(self._names):
                    await self._tenant(name)
            except Exception:  # noqa: BLE001 - tried again at the next hour
                _log.exception("cannot apply retention")
            await asyncio.sleep(self._seconds)

    async def _tenant(self, name: str) -> None:
        """Where nothing is to go, nothing is written."""
        try:
            async with self._lease(name) as store:
                policy, as_of = await policy_of(store), time.time_ns() // 1000
                if policy.rules and any((await self._retention.count(store, policy, as_of)).values()):
                    await self._start(store, policy, as_of)
        except InterplayError as error:
            _log.error("cannot apply retention", tenant=name, reason=error.reason)
        except Exception:  # noqa: BLE001 - the others' turn
            _log.exception("cannot apply retention", tenant=name)
