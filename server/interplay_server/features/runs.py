"""Runs: whole customers are gathered, computed and replaced part by part, in the order of their buckets."""

import asyncio
import math
import resource
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from interplay_server.domain import journal
from interplay_server.domain.records import Condition, Op, among
from interplay_server.domain.shop import (
    BUCKETS,
    CUSTOMERS,
    DERIVED_KEY,
    EVENTS,
    FEATURES,
    LINKS,
    ORDERS,
    PRODUCTS,
    bucket_of,
)
from interplay_server.domain.writing import commit
from interplay_server.features import kernel
from interplay_server.features import state as states
from interplay_server.features.distributed import Computed, RayCluster, Task, customers_of, owners
from interplay_server.features.gather import Reader, gather, gather_buckets
from interplay_server.features.inputs import Inputs
from interplay_server.features.kernel import Resources
from interplay_server.features.report import Profiler
from interplay_server.features.rows import kept
from interplay_server.features.state import Checkpoint, Profiles
from interplay_server.features.sweeps import Sweep
from interplay_server.features.tenant import FeatureTenant, now_micros, off_loop

CUSTOMERS_OF_A_PART = 500
MANY_CUSTOMERS = 4000
"""Customers from which on whole buckets are read instead of single customers."""
_FAILED = 1000
_log = structlog.get_logger(__name__)


class Totals(msgspec.Struct):
    customers: int = 0
    pairs: int = 0
    removed_pairs: int = 0
    events: int = 0
    unknown_events: int = 0
    future_events: int = 0
    failures: list[tuple[str, str]] = []
    """(customer, why)"""
    seconds: float = 0.0
    peak_bytes: int = 0
    as_of: int = 0
    version: str = ""
    full: bool = False
    revision: int = 0
    """Rows of the run are of later revisions than this one"""
    last_revision: int = 0
    """and up to this one."""


@dataclass(frozen=True, slots=True)
class Part:
    """Customers of some buckets; all of them where `customers` is None."""

    buckets: range
    customers: tuple[str, ...] | None = None

    @property
    def scope(self) -> list[Condition]:
        if self.customers is None:
            return [among("bucket", list(self.buckets))]
        return [among("customer_id", self.customers)]


@dataclass(slots=True)
class Run:
    """A run under way, as those who follow it see it."""

    full: bool
    as_of: int
    watermark: int
    revision: int
    use: Resources
    operation_id: str = ""
    next_bucket: int = 0
    """Every bucket before it is done."""
    resumed: bool = False
    planned: bool = False
    profiler: Profiler | None = None
    total_customers: int = 0
    later_copies: pa.Array | None = None
    """Of a whole run: sequence numbers of events that were received before."""
    records: Reader | None = None
    """Of buckets; None for the store's."""
    totals: Totals = field(default_factory=Totals)
    started: float = field(default_factory=time.monotonic)

    @property
    def done_customers(self) -> int:
        return self.totals.customers + len(self.totals.failures)


Report = Callable[[Run], None]


class Runs:
    """Of one tenant; one at a time."""

    def __init__(self, tenant: FeatureTenant) -> None:
        self._tenant = tenant
        self.current: dict[str, Run] = {}
        """Runs of operations that are under way, by operation."""
        self._tidying: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self._tidying is not None:
            await asyncio.gather(self._tidying, return_exceptions=True)

    async def compute(
        self,
        *,
        full: bool,
        customers: Sequence[str] = (),
        as_of: int | None = None,
        use: Resources | None = None,
        operation_id: str = "",
        report: Report = lambda _: None,
    ) -> Totals:
        """Computes everybody, these customers, or those that changed; a run of this operation that was interrupted goes
        on where it was.
        """
        tenant = self._tenant
        async with tenant.running:
            await tenant.ready()
            found = states.checkpoint_of(await tenant.store.records.meta(states.RUN_KEY)) if operation_id else None
            if found is not None and (found.operation_id != operation_id or found.version != tenant.version):
                found = None
            run = self._begin(full=full, as_of=as_of, use=use or tenant.engine.use, found=found)
            run.operation_id = operation_id
            if operation_id:
                self.current[operation_id] = run
            try:
                parts = await self._plan(run, customers)
                await self._work(run, parts, report)
                await self._end(run, customers)
            finally:
                self.current.pop(operation_id, None)
        return run.totals

    async def erase(self, customers: Sequence[str]) -> None:
        """Takes customers out of the kept rows, also those that say that a pair is no more."""
        tenant = self._tenant
        async with tenant.running:
            if (kept_rows := await tenant.store.derived.table(FEATURES)) is None:
                return
            none = kept_rows.slice(0, 0)
            for at in range(0, len(customers), CUSTOMERS_OF_A_PART):
                scope = [among("customer_id", tuple(customers[at : at + CUSTOMERS_OF_A_PART]))]
                await tenant.store.derived.replace(FEATURES, none, tenant.next_revision(), scope)
            await tenant.store.derived.flush()

    def _begin(self, *, full: bool, as_of: int | None, use: Resources, found: Checkpoint | None) -> Run:
        tenant = self._tenant
        if found is None:
            instant = now_micros() if as_of is None else as_of
            run = Run(full, instant, tenant.store.last_seq, tenant.next_revision(), use)
        else:
            run = Run(full, found.as_of, found.watermark, found.revision, use)
            run.next_bucket, run.resumed = found.next_bucket, True
            totals = run.totals
            totals.customers, totals.pairs = found.customers, found.pairs
            totals.removed_pairs, totals.events = found.removed, found.events
            totals.failures = list(found.failed)
        run.totals.as_of, run.totals.version, run.totals.revision = run.as_of, tenant.version, run.revision
        return run

    # --- what to do

    async def _plan(self, run: Run, customers: Sequence[str]) -> list[Part]:
        tenant = self._tenant
        if customers:
            return self._of_customers(run, set(customers))
        everything = run.full or not tenant.state.version or tenant.pending.everything
        if everything:
            run.totals.full, run.profiler = True, Profiler(run.as_of)
            count, run.total_customers = await self._size()
            if tenant.engine.cluster is None:
                run.records = Sweep(tenant.records, count, tenant.engine.held_events)
            run.later_copies = await tenant.copies.all_later(run.records)
            step = max(1, BUCKETS // max(1, math.ceil(count / tenant.engine.part_events)))
            return [Part(range(at, min(at + step, BUCKETS))) for at in range(run.next_bucket, BUCKETS, step)]
        return self._of_customers(run, await self._changed(run))

    async def _size(self) -> tuple[int, int]:
        """Events, and about how many customers."""
        records = self._tenant.store.records
        events = await records.table(EVENTS, columns=("customer_id",))
        orders = await records.table(ORDERS, columns=("customer_id",))
        together = pa.chunked_array([*events["customer_id"].chunks, *orders["customer_id"].chunks], pa.string())
        named = together.filter(pc.not_equal(together, ""))
        return events.num_rows, await self._tenant.compute(lambda: int(pc.count_distinct(named).as_py()))

    @staticmethod
    def _of_customers(run: Run, customers: set[str]) -> list[Part]:
        run.total_customers = len(customers)
        ordered = sorted(customers, key=lambda one: (bucket_of(one), one))
        if len(ordered) <= MANY_CUSTOMERS:
            chunks = [ordered[at : at + CUSTOMERS_OF_A_PART] for at in range(0, len(ordered), CUSTOMERS_OF_A_PART)]
            return [Part(range(bucket_of(chunk[0]), bucket_of(chunk[-1]) + 1), tuple(chunk)) for chunk in chunks]
        by_bucket: dict[int, list[str]] = {}
        for one in ordered:
            by_bucket.setdefault(bucket_of(one) // 16, []).append(one)
        return [Part(range(at * 16, at * 16 + 16), tuple(chunk)) for at, chunk in sorted(by_bucket.items())]

    async def _changed(self, run: Run) -> set[str]:
        """Customers with anything recorded since the watermark, or with an instant since the last run."""
        tenant, pending = self._tenant, self._tenant.pending
        # Of a guest who is linked the account's rows change, and their own go.
        found = {one for name in pending.customers for one in (name, tenant.store.links.account(name))}
        clients = set(pending.clients)
        before, now = tenant.state.as_of, run.as_of
        if before < now:
            for collection, column in ((EVENTS, "created_at"), (ORDERS, "created_at"), (ORDERS, "latest")):
                since = [Condition(column, Op.GT, before), Condition(column, Op.LE, now)]
                columns = ("customer_id", "client_id") if collection is EVENTS else ("customer_id",)
                rows = await tenant.records.table(collection, since, columns=columns)
                found |= set(pc.unique(rows["customer_id"]).to_pylist())
                if collection is EVENTS:
                    guests = rows.filter(pc.equal(rows["customer_id"], ""))
                    clients |= set(pc.unique(guests["client_id"]).to_pylist())
            since = [Condition("linked_at", Op.GT, before), Condition("linked_at", Op.LE, now)]
            links = await tenant.records.table(LINKS, since, columns=("client_id",))
            clients |= set(links["client_id"].to_pylist())
        wanted = sorted(clients)
        for at in range(0, len(wanted), CUSTOMERS_OF_A_PART):
            where = [among("client_id", wanted[at : at + CUSTOMERS_OF_A_PART])]
            links = await tenant.records.table(LINKS, where, columns=("customer_id",))
            found |= set(links["customer_id"].to_pylist())
        if pending.products:
            kept_rows = await tenant.rows([among("product_id", list(pending.products))], ("customer_id",))
            found |= set(kept_rows["customer_id"].to_pylist()) if kept_rows is not None else set()
        if tenant.next_instant is not None and tenant.next_instant <= now:
            due = await tenant.rows([Condition("state_next_instant", Op.LE, now)], ("customer_id",))
            found |= set(due["customer_id"].to_pylist()) if due is not None else set()
        return found - {""}

    # --- doing it

    async def _work(self, run: Run, parts: Sequence[Part], report: Report) -> None:
        """The next part is gathered while one is computed."""
        tenant = self._tenant
        run.planned = True
        report(run)
        place = 0
        whole = bool(parts) and parts[0].customers is None
        cluster = tenant.engine.cluster if whole and run.operation_id else None
        if cluster is not None and not await self._joined(cluster):
            cluster = None
        done = self._distributed(run, parts, cluster) if cluster is not None else self._local(run, parts)
        async for _ in done:
            place += 1
            # A bucket may go on in the next part.
            run.next_bucket = parts[place].buckets[0] if place < len(parts) else BUCKETS
            if run.operation_id and place < len(parts):
                await tenant.store.derived.flush()
                await self._save(run)
            tenant.told()
            report(run)

    async def _joined(self, cluster: RayCluster) -> bool:
        """The next run tries again."""
        try:
            await cluster.join()
        except Exception as error:  # noqa: BLE001 - whatever hinders the cluster, this process can compute
            name = self._tenant.store.name
            _log.warning("the cluster cannot be joined: the run is computed here", tenant=name, error=repr(error))
            return False
        return True

    async def _local(self, run: Run, parts: Sequence[Part]) -> AsyncIterator[Part]:
        """Parts as they are done; rows are kept while the next part is computed."""
        kept_last: tuple[Part, asyncio.Task[None]] | None = None
        try:
            async for part, inputs in self._gathered(run, parts):
                computed = await self._computed(run, part, inputs)
                if kept_last is not None:
                    await kept_last[1]
                    yield kept_last[0]
                kept_last = part, asyncio.create_task(self._keep(run, part, inputs, computed))
                del inputs, computed
            if kept_last is not None:
                await kept_last[1]
                yield kept_last[0]
        finally:
            if kept_last is not None:
                await asyncio.gather(kept_last[1], return_exceptions=True)

    async def _distributed(self, run: Run, parts: Sequence[Part], cluster: RayCluster) -> AsyncIterator[Part]:
        """Parts as they are done; one that the cluster cannot compute is computed here."""
        tenant = self._tenant
        shares = await tenant.catalogue.shares()
        await tenant.store.wait_applied(run.watermark)
        async with tenant.store.records.pinned((EVENTS, PRODUCTS, CUSTOMERS, ORDERS, LINKS)) as locations:
            use, later = tenant.engine.background, run.later_copies
            assert later is not None  # noqa: S101 - of a whole run
            people = tuple(tenant.store.links)
            tasks = [Task(part.buckets, run.as_of, tenant.config.values, shares, later, use, people) for part in parts]
            place = 0
            async for result in cluster.computed(locations, tasks):
                part = parts[place]
                place += 1
                if isinstance(result, Exception):
                    _log.warning("a part is computed here", tenant=tenant.store.name, error=repr(result))
                    await self._part(run, part, await self._gather(run, part))
                else:
                    await self._take(run, part, result)
                yield part

    async def _gathered(self, run: Run, parts: Sequence[Part]) -> AsyncIterator[tuple[Part, Inputs]]:
        ahead = asyncio.create_task(self._gather(run, parts[0])) if parts else None
        try:
            for place, part in enumerate(parts, 1):
                assert ahead is not None  # noqa: S101 - there is a part
                inputs = await ahead
                ahead = asyncio.create_task(self._gather(run, parts[place])) if place < len(parts) else None
                yield part, inputs
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _gather(self, run: Run, part: Part) -> Inputs:
        tenant = self._tenant
        if part.customers is None or run.total_customers > MANY_CUSTOMERS:
            records = run.records or tenant.records
            return await gather_buckets(records, tenant.catalogue, tenant.copies, part.buckets)
        return await gather(tenant.records, tenant.catalogue, tenant.copies, part.customers)

    async def _part(self, run: Run, part: Part, inputs: Inputs) -> None:
        await self._keep(run, part, inputs, await self._computed(run, part, inputs))

    async def _computed(self, run: Run, part: Part, inputs: Inputs) -> Computed | Exception:
        tenant = self._tenant
        whom = part.customers if part.customers is not None else customers_of(inputs, part.buckets)
        job = off_loop(kernel.compute, inputs, run.as_of, tenant.config.values, customers=whom, use=run.use)
        try:
            rows = await tenant.compute(job)
        except Exception as error:  # noqa: BLE001 - whatever fails is the customers' failure, not the run's
            return error
        future = pc.sum(pc.greater(inputs.events["created_at"], run.as_of)).as_py() or 0
        count = len(part.customers) if part.customers is not None else len(owners(inputs))
        return Computed(rows, inputs.events.num_rows, future, count)

    async def _keep(self, run: Run, part: Part, inputs: Inputs, computed: Computed | Exception) -> None:
        """Halves a part whose computation failed, down to the customers at fault, whose rows are kept."""
        if isinstance(computed, Computed):
            await self._take(run, part, computed)
            return
        whom = part.customers if part.customers is not None else customers_of(inputs, part.buckets)
        names = sorted(whom if whom is not None else owners(inputs), key=lambda one: (bucket_of(one), one))
        await self._halves(run, names, computed)

    async def _take(self, run: Run, part: Part, computed: Computed) -> None:
        rows, totals = computed.rows, run.totals
        await self._replace(run, part, rows)
        if run.profiler is not None:
            await self._tenant.compute(off_loop(run.profiler.take, rows))
        totals.events += computed.events
        totals.future_events += computed.future_events
        totals.unknown_events += pc.sum(rows["unknown_events"]).as_py() or 0
        totals.customers += computed.customers

    async def _halves(self, run: Run, customers: Sequence[str], error: Exception) -> None:
        tenant = self._tenant
        if len(customers) <= 1:
            for customer in customers:
                why = "needs more memory than a computation may use" if isinstance(error, MemoryError) else "failed"
                run.totals.failures.append((customer, why))
                _log.error("features of a customer cannot be computed", tenant=tenant.store.name, error=repr(error))
            return
        middle = len(customers) // 2
        for half in (customers[:middle], customers[middle:]):
            part = Part(range(bucket_of(half[0]), bucket_of(half[-1]) + 1), tuple(half))
            await self._part(run, part, await gather(tenant.records, tenant.catalogue, tenant.copies, half))

    async def _replace(self, run: Run, part: Part, rows: pa.Table) -> None:
        tenant = self._tenant
        old = await tenant.rows(part.scope, (DERIVED_KEY,))
        revision = tenant.next_revision()

        def made() -> tuple[pa.Table, int]:
            gone: list[str] = []
            fresh = kept(rows, (), revision=revision, computed_at=now_micros())
            if old is not None and old.num_rows:
                left = pc.invert(pc.is_in(old[DERIVED_KEY], fresh[DERIVED_KEY].combine_chunks()))
                gone = old[DERIVED_KEY].filter(left).to_pylist()
            if gone:
                fresh = kept(rows, gone, revision=revision, computed_at=now_micros())
            return fresh, len(gone)

        fresh, gone_count = await tenant.compute(made)
        await tenant.store.derived.replace(FEATURES, fresh, revision, part.scope)
        run.totals.last_revision = revision
        run.totals.pairs += rows.num_rows
        run.totals.removed_pairs += gone_count
        soonest = pc.min(rows["state_next_instant"]).as_py()
        if soonest is not None:
            tenant.next_instant = min(soonest, tenant.next_instant or soonest)

    # --- writing it down

    async def _save(self, run: Run) -> None:
        totals = run.totals
        point = Checkpoint(
            run.operation_id, run.watermark, run.as_of, totals.version, run.revision, run.next_bucket,
            totals.customers, totals.pairs, totals.removed_pairs, totals.events, tuple(totals.failures[:_FAILED]),
        )  # fmt: skip
        await commit(self._tenant.store, journal.Recorded(meta={states.RUN_KEY: states.encode(point)}))

    async def _end(self, run: Run, customers: Sequence[str]) -> None:
        tenant, totals = self._tenant, run.totals
        await tenant.store.derived.flush()
        totals.seconds = time.monotonic() - run.started
        totals.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
        failed = tuple(sorted({customer for customer, _ in totals.failures})[:_FAILED])
        if customers:
            tenant.pending.computed(set(customers) - set(failed), run.watermark)
        elif totals.full or tenant.pending:
            changes: dict[str, object] = {
                "watermark": max(run.watermark, tenant.state.watermark),
                "as_of": run.as_of,
                "version": totals.version,
                "revision": tenant.revision,
                "failed": failed,
            }
            if totals.full:
                changes |= {
                    "run_seconds": totals.seconds, "run_peak_bytes": totals.peak_bytes, "run_end": now_micros()
                }  # fmt: skip
            await tenant.save_state(tenant.replaced(**changes), **await self._profiles(run))
            tenant.pending.done(run.watermark)
            for customer in failed:
                tenant.pending.customers.setdefault(customer, run.watermark)
        if totals.full:
            self._tidying = asyncio.create_task(tenant.store.derived.tidy(FEATURES), name="tidy features")
        if totals.full or (tenant.next_instant is not None and tenant.next_instant <= run.as_of):
            await tenant.find_next_instant()
        tenant.told()

    async def _profiles(self, run: Run) -> dict[str, str]:
        """What the next run is compared with. A run that was interrupted has seen but a part of the rows."""
        if run.profiler is None or run.resumed:
            return {}
        before = states.profiles_of(await self._tenant.store.records.meta(states.PROFILE_KEY))
        made = await self._tenant.compute(off_loop(run.profiler.profile, None))
        return {states.PROFILE_KEY: states.encode(Profiles(made, before.last))}


_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
