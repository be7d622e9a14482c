"""Features through the server's own code: whole and incremental runs, one pair at an instant, ingestion, Ray.

Products, customers, orders and the first events are committed through the storage; the other events are added to its
LanceDB table in one piece and folded into its indexes, as if they had been recorded before and looked at by a run. A run reads LanceDB, computes
and writes LanceDB; what it is measured against has the same inputs in memory and writes nothing.
"""

import asyncio
import multiprocessing
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from os import cpu_count
from pathlib import Path

import duckdb
import lancedb
import pyarrow as pa
from interplay.v1 import feature_pb2, feature_service_pb2, publish_stream_pb2
from interplay_server.domain import journal, shop
from interplay_server.domain.commerce import FeatureEvent, OrderLine, Refund
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.records import Put
from interplay_server.domain.writing import commit
from interplay_server.features import kernel, reading
from interplay_server.features.config import DEFAULT_CONFIG
from interplay_server.features.distributed import LOCAL, RayCluster
from interplay_server.features.gather import gather
from interplay_server.features.inputs import Inputs
from interplay_server.features.kernel import Resources
from interplay_server.features.runs import Runs, Totals
from interplay_server.features.tenant import Engine, FeatureTenant
from interplay_server.settings import Features as Settings
from interplay_server.storage.lance import optimize
from interplay_server.storage.pinned import PinnedRecords

from tests.bench import traffic
from tests.bench.common import Plan, Process, channel, run, say
from tests.bench.features_data import AS_OF, DAY, history
from tests.bench.features_kernel import buckets, by_duckdb
from tests.bench.streaming import publish_seconds
from tests.bench.table import Row, at_least, at_most, interleaved, median
from tests.storage.inside import tenant

EVENTS_STREAM = "/interplay.v1.FeatureService/StreamEvents"
BATCH = 20_000
SECOND = 1_000_000
_TABLES = ("events", "products", "customers", "orders", "links", "catalogue")


@asynccontextmanager
async def feature_tenant(folder: Path, *, ray: bool = False) -> FeatureTenant:
    """A tenant with the server's defaults, of this process; `ray` computes whole runs on a cluster of this machine."""
    threads, settings = cpu_count() or 1, Settings()
    cluster = RayCluster(LOCAL, PinnedRecords, threads) if ray else None
    with ThreadPoolExecutor(3) as executor:
        use = [Resources(n, settings.memory_mb, folder / "spill") for n in (threads, 1)]
        async with tenant(folder) as store:
            known = FeatureTenant(store, Engine(executor, *use, settings.part_events, cluster))
            await known.ready()
            yield known
            await known.close()
        if cluster is not None:
            await cluster.close()


def _in_process(job: Callable[..., object], *arguments: object) -> object:
    """In a new process: its peak of memory is its own, and nothing of the history stays behind."""
    with multiprocessing.get_context("spawn").Pool(1, _as_a_program) as pool:
        return pool.apply(job, arguments)


def _as_a_program() -> None:
    """DuckDB takes a process without a main file for a person at a prompt, and shows bars of progress."""
    sys.modules["__main__"].__file__ = __file__


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- loading


def _load(folder: Path, events: int, customers: int) -> None:
    made = history(events, customers)
    told = made.events.sort_by("seq")

    async def go() -> None:
        async with tenant(folder) as store:
            for name, rows in _rows(made, told.slice(0, BATCH)):
                await store.wait_room()
                await commit(store, journal.Recorded((Put(name, rows),)))
            await store.wait_applied(store.last_seq)
            async with store.records.pinned((shop.EVENTS,)) as locations:
                address = Path(locations[shop.EVENTS.name][0])
        db = await lancedb.connect_async(address.parent)
        table = await db.open_table(shop.EVENTS.name)
        await table.add(_stored(told.slice(BATCH), await table.schema()))
        await optimize(table, timedelta(0))

    run(go)


def _stored(events: pa.Table, schema: pa.Schema) -> pa.Table:
    """As the storage keeps them, with sequence numbers before those that it gave."""
    names = events["customer_id"].combine_chunks().dictionary_encode()
    numbers = pa.array([shop.bucket_of(one) for one in names.dictionary.to_pylist()], pa.int64())
    seqs = pa.array(range(-events.num_rows, 0), pa.int64())
    rows = events.drop_columns("seq").append_column("bucket", numbers.take(names.indices)).append_column("seq", seqs)
    return rows.select(schema.names).cast(schema)


def _rows(made: Inputs, events: pa.Table) -> Iterator[tuple[str, tuple[tuple[object, ...], ...]]]:
    """Rows of collections, as `domain.shop` makes them of records."""
    columns = [column.to_pylist() for column in events.drop_columns("seq").columns]
    columns[-1] = [tuple(ids) for ids in columns[-1]]
    yield shop.EVENTS.name, tuple(zip(*columns, map(shop.bucket_of, columns[3]), strict=True))
    products = [(*row[:6], tuple(row[6]), *row[7:]) for row in _tuples(made.products)]
    people = [(*row[:4], tuple(row[4]), row[5], shop.bucket_of(row[0])) for row in _tuples(made.customers)]
    orders = [_order(row) for row in made.orders.to_pylist()]
    for name, rows in ((shop.PRODUCTS.name, products), (shop.CUSTOMERS.name, people), (shop.ORDERS.name, orders)):
        for at in range(0, len(rows), BATCH):
            yield name, tuple(rows[at : at + BATCH])


def _tuples(table: pa.Table) -> list[tuple[object, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _order(row: dict[str, object]) -> tuple[object, ...]:
    lines, refunds = row["lines"], row["refunds"]
    row |= {"lines": tuple(OrderLine(**one) for one in lines), "refunds": tuple(Refund(**one) for one in refunds)}
    return shop.order_row(shop.Order(**row))


# --- runs


def _whole(folder: Path, ray: bool) -> tuple[Totals, float]:
    async def go() -> tuple[Totals, float]:
        async with feature_tenant(folder, ray=ray) as known:
            if ray:
                # Joining a cluster is no part of a run.
                assert [one async for one in known.engine.cluster.computed({}, [])] == []
            return await Runs(known).compute(full=True, as_of=AS_OF, operation_id=new_ulid()), _peak_mb()

    return run(go)


def _changed(folder: Path, customers: int) -> Totals:
    """After three new events of each thousandth customer."""

    async def go() -> Totals:
        async with feature_tenant(folder) as known:
            kinds = ("product_viewed", "product_added_to_cart", "product_viewed")
            events = [
                FeatureEvent(f"new-{one}-{n}", AS_OF + n, kind, f"c{one}", f"p{one % 97 + n}", session_id="new")
                for one in range(0, customers, 1000)
                for n, kind in enumerate(kinds)
            ]
            await commit(known.store, journal.Recorded((Put(shop.EVENTS.name, tuple(map(shop.event_row, events))),)))
            return await Runs(known).compute(full=False, as_of=AS_OF + SECOND)

    return run(go)


def _runs(plan: Plan, folder: Path, events: int, customers: int) -> list[Row]:
    parts = buckets(history(events, customers), customers)
    peaks, pairs = [], 0

    def local(_: int) -> float:
        nonlocal pairs
        totals, peak = _in_process(_whole, folder, False)
        peaks.append(peak)
        pairs = totals.pairs
        say(f"whole run {totals.seconds:.1f} s, {peak:,.0f} MB")
        return totals.seconds

    def ray(_: int) -> float:
        totals, _ = _in_process(_whole, folder, True)
        say(f"by Ray {totals.seconds:.1f} s")
        return totals.seconds

    def bare(_: int) -> float:
        start = time.perf_counter()
        rows = by_duckdb(parts)
        taken = time.perf_counter() - start
        say(f"bare DuckDB {taken:.1f} s")
        if rows != pairs:
            raise RuntimeError("bare DuckDB gives another number of rows")
        return taken

    whole, cluster, limit = (median(each) for each in interleaved(plan.pick(1, 2), local, ray, bare))
    totals = _in_process(_changed, folder, customers)
    what = f"{events:,} events, {pairs:,} pairs"
    return [
        at_most(f"whole run, {what}", whole * 1000, limit * 1000, 1.5, "bare DuckDB, same SQL, from memory"),
        Row("peak memory of it", f"{max(peaks):,.0f} MB"),
        at_most(f"the same by Ray, {cpu_count()} workers on this machine", cluster * 1000, whole * 1000, None, "local"),
        at_most(
            f"incremental, {totals.customers} of {customers:,} customers changed",
            # Of little data it is mostly what any run costs.
            totals.seconds * 1000, whole * 1000, None if plan.quick else 0.05, "whole run",
        ),
    ]  # fmt: skip


# --- one pair


class _Spied:
    """Reads of a RecordStore, in waves: those of a wave ran at the same time."""

    def __init__(self, records: object) -> None:
        self._records, self._running = records, 0
        self.waves: list[list[tuple]] = []

    async def table(self, *given: object, **named: object) -> pa.Table:
        if not self._running:
            self.waves.append([])
        self.waves[-1].append((given, named))
        self._running += 1
        try:
            return await self._records.table(*given, **named)
        finally:
            self._running -= 1


@contextmanager
def _bare_pair(given: Inputs, as_of: int) -> Iterator[Callable[[], None]]:
    """The kernel's statements over given tables on an open connection."""
    vocabulary, *stages, last = kernel.statements(DEFAULT_CONFIG, as_of)
    with duckdb.connect(config={"threads": 1}) as connection:
        for name in _TABLES:
            connection.register(name, getattr(given, name))
        connection.execute(vocabulary)
        connection.execute("CREATE TABLE wanted (customer_id TEXT)")
        connection.execute("CREATE TABLE wanted_pairs (customer_id TEXT, product_id TEXT)")

        def go() -> None:
            for stage in stages:
                connection.execute(stage)
            connection.sql(last).to_arrow_table()

        yield go


async def _timed(job: Awaitable[object]) -> float:
    start = time.perf_counter()
    await job
    return (time.perf_counter() - start) * 1000


async def _pair(plan: Plan, folder: Path, events: int, customers: int) -> Row:
    """Half a year back, each time another customer; the raw reads are those that ours made, on bare tables."""
    as_of, ours, limit = AS_OF - 20 * DAY, [], []
    async with feature_tenant(folder) as known:
        records = known.store.records
        await known.catalogue.shares()
        collections = (shop.EVENTS, shop.PRODUCTS, shop.CUSTOMERS, shop.ORDERS, shop.LINKS)
        async with records.pinned(collections) as locations:
            bare = PinnedRecords(locations)
            for n in range(plan.pick(60, 12)):
                customer = f"c{(n * 7919 + 11) % customers}"
                spied = _Spied(records)
                given = await gather(spied, known.catalogue, known.copies, [customer])
                product = given.events["product_id"][0].as_py()
                with _bare_pair(given, as_of) as compute:

                    async def raw(waves: list[list[tuple]] = spied.waves, compute: Callable = compute) -> None:
                        for wave in waves:
                            await asyncio.gather(*(bare.table(*args, **named) for args, named in wave))
                        await known.compute(compute)

                    jobs = [
                        lambda c=customer, p=product: reading.pair(known, c, p, as_of),
                        raw,
                    ]
                    times = [0.0, 0.0]
                    for at in ((0, 1), (1, 0))[n % 2]:
                        times[at] = await _timed(jobs[at]())
                if n > 1:
                    # The first ones open tables and connections.
                    ours.append(times[0])
                    limit.append(times[1])
    what = f"a pair at as_of among {events:,} events, p50 of {len(ours)} customers"
    return at_most(what, median(ours), median(limit), 2, "raw Lance reads + bare DuckDB, same SQL")


# --- ingestion


def _event_appends(count: int, each: int, seed: int) -> list[bytes]:
    made = history(count, max(1, count * 11 // 500), seed).events
    messages = []
    for at in range(0, count, each):
        request = feature_service_pb2.StreamEventsRequest()
        for row in made.slice(at, each).to_pylist():
            created, result = row.pop("created_at"), row.pop("result_product_ids")
            del row["seq"]
            event = feature_pb2.FeatureEvent(**{name: value for name, value in row.items() if value})
            event.event_id = f"{seed}-{event.event_id}"
            event.created_at.FromMicroseconds(created)
            event.result_product_ids.extend(result)
            request.append.events.append(event)
        messages.append(request.SerializeToString())
    return messages


def _events_seconds(target: str, stream_id: str, messages: Sequence[bytes]) -> float:
    """From the first append to `finished`."""
    opening = feature_service_pb2.StreamEventsRequest(open=publish_stream_pb2.StreamOpen(stream_id=stream_id))
    end = feature_service_pb2.StreamEventsRequest(finish=publish_stream_pb2.StreamFinish()).SerializeToString()

    async def go() -> float:
        async with channel(target) as open_channel:
            call = open_channel.stream_stream(EVENTS_STREAM)()
            await call.write(opening.SerializeToString())
            await call.read()
            start = time.perf_counter()

            async def send() -> None:
                for message in messages:
                    await call.write(message)
                await call.write(end)

            sender = asyncio.create_task(send())
            taken = 0.0
            while (raw := await call.read()) and len(raw):
                kind = feature_service_pb2.StreamEventsResponse.FromString(raw).WhichOneof("message")
                if kind == "append_error":
                    raise RuntimeError("refused")
                if kind == "finished":
                    taken = time.perf_counter() - start
            await sender
            return taken

    return run(go)


def _ingestion(plan: Plan) -> Row:
    each, messages = 100, plan.pick(600, 100)
    told = [_event_appends(each * messages, each, seed) for seed in range(2)]
    said = [traffic.appends(traffic.Traffic(n).interactions(each * messages), each) for n in range(2)]
    # Refreshing features and learning run behind both.
    with plan.server("events", "--features-refresh-seconds", "0") as server:
        events, interactions = _warm(plan, server, told, said)
    count = each * messages
    what = f"StreamEvents, {each} a message"
    return at_least(what, count / events, count / interactions, "a second", None, "StreamPublish, 100 a message")


def _warm(plan: Plan, server: Process, told: list[list[bytes]], said: list[list[bytes]]) -> tuple[float, float]:
    def events(n: int) -> float:
        taken = _events_seconds(server.target, f"events-{n}", told[n % 2])
        server.quiet()
        return taken

    def interactions(n: int) -> float:
        taken = publish_seconds(server.target, f"said-{n}", said[n % 2])
        server.quiet()
        return taken

    _events_seconds(server.target, "warm-up", told[0][:20])
    publish_seconds(server.target, "warm-up", said[0][:20])
    server.quiet()
    ours, limit = interleaved(plan.rounds, events, interactions)
    say(f"events {ours}, interactions {limit}")
    return median(ours), median(limit)


def measure(plan: Plan) -> list[Row]:
    events = plan.pick(5_000_000, 60_000)
    customers = events * 11 // 500
    folder = plan.folder / "features"
    folder.mkdir()
    _in_process(_load, folder, events, customers)
    rows = _runs(plan, folder, events, customers)
    rows.append(run(lambda: _pair(plan, folder, events, customers)))
    return [*rows, _ingestion(plan)]
