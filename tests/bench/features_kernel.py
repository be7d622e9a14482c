"""All features of 5 M events, 1.7 M pairs: the kernel beside bare DuckDB that runs the same SQL text over the same tables.

Both take the customers in buckets, so that memory stays bounded. The kernel runs in a process of its own for its peak of
memory; the ratio is of two runs in one process, in turns.
"""

import multiprocessing
import resource
import time

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from interplay_server.features import kernel
from interplay_server.features.config import DEFAULT_CONFIG
from interplay_server.features.inputs import Inputs
from interplay_server.features.kernel import Resources

from tests.bench.common import Plan, say
from tests.bench.features_data import AS_OF, history
from tests.bench.table import Row, at_most, interleaved, median

BUCKETS = 8
USE = Resources(threads=2, memory_mb=4096)


def buckets(whole: Inputs, customers: int) -> list[Inputs]:
    """Whole customers in each; the catalogue's shares are computed once."""
    catalogue = kernel.catalogue_shares(whole.products)

    def part(table: pa.Table, n: int) -> pa.Table:
        number = pc.cast(pc.utf8_slice_codeunits(table.column("customer_id"), 1), pa.int64())
        low, high = n * customers // BUCKETS, (n + 1) * customers // BUCKETS
        return table.filter(pc.and_(pc.greater_equal(number, low), pc.less(number, high)))

    return [
        Inputs(
            part(whole.events, n),
            whole.products,
            part(whole.customers, n),
            part(whole.orders, n),
            whole.links,
            catalogue,
        )
        for n in range(BUCKETS)
    ]


def by_kernel(parts: list[Inputs]) -> int:
    return sum(kernel.compute(part, AS_OF, use=USE).num_rows for part in parts)


def by_duckdb(parts: list[Inputs]) -> int:
    """The same statements on a plain connection."""
    vocabulary, *stages, last = kernel.statements(DEFAULT_CONFIG, AS_OF)
    rows = 0
    for part in parts:
        with duckdb.connect(config={"threads": USE.threads, "memory_limit": f"{USE.memory_mb}MiB"}) as connection:
            for name in ("events", "products", "customers", "orders", "links", "catalogue"):
                connection.register(name, getattr(part, name))
            connection.execute(vocabulary)
            connection.execute("CREATE TABLE wanted (customer_id TEXT)")
            connection.execute("CREATE TABLE wanted_pairs (customer_id TEXT, product_id TEXT)")
            for stage in stages:
                connection.execute(stage)
            rows += connection.sql(last).to_arrow_table().num_rows
    return rows


def _peak(events: int, customers: int) -> tuple[float, float]:
    """Megabytes of this process at most, before and after computing everything."""
    parts = buckets(history(events, customers), customers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    by_kernel(parts)
    return before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(plan: Plan) -> list[Row]:
    events = plan.pick(5_000_000, 100_000)
    customers = events * 11 // 500
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, peak = pool.apply(_peak, (events, customers))
    parts = buckets(history(events, customers), customers)
    pairs = by_kernel(parts)
    if by_duckdb(parts) != pairs:
        raise RuntimeError("the kernel and bare DuckDB give different numbers of rows")

    def timed(run: object) -> object:
        def once(_: int) -> float:
            start = time.perf_counter()
            run(parts)
            return time.perf_counter() - start

        return once

    ours, bare = (median(values) for values in interleaved(plan.pick(2, 3), timed(by_kernel), timed(by_duckdb)))
    say(f"features-kernel: {ours:.1f} s, bare DuckDB {bare:.1f} s")
    what = f"all features of {events:,} events, {pairs:,} pairs"
    return [
        at_most(what, ours * 1000, bare * 1000, 1.5, "bare DuckDB, same SQL"),
        Row("rate of it", f"{events / ours:,.0f} events/s, {pairs / ours:,.0f} pairs/s"),
        Row("peak memory of it", f"{peak:,.0f} MB", f"{before:,.0f} MB with the inputs alone"),
        *_single_pair(plan),
    ]


def _single_pair(plan: Plan) -> list[Row]:
    """One pair of a customer with 300 events, against the same statements on an open connection."""
    whole = history(300, 1)
    catalogue = kernel.catalogue_shares(whole.products)
    seen = pc.unique(whole.events.column("product_id"))
    products = whole.products.filter(pc.is_in(whole.products.column("product_id"), value_set=seen))
    given = Inputs(whole.events, products, whole.customers, whole.orders, whole.links, catalogue)
    pair = ("c0", whole.events.column("product_id")[0].as_py())
    vocabulary, *stages, last = kernel.statements(DEFAULT_CONFIG, AS_OF)
    with duckdb.connect(config={"threads": 1}) as connection:
        for name in ("events", "products", "customers", "orders", "links", "catalogue"):
            connection.register(name, getattr(given, name))
        connection.execute(vocabulary)
        connection.execute("CREATE TABLE wanted (customer_id TEXT)")
        connection.execute("CREATE TABLE wanted_pairs (customer_id TEXT, product_id TEXT)")

        def ours(_: int) -> float:
            start = time.perf_counter()
            kernel.compute(given, AS_OF, pairs=[pair])
            return 1000 * (time.perf_counter() - start)

        def bare(_: int) -> float:
            start = time.perf_counter()
            for stage in stages:
                connection.execute(stage)
            connection.execute(last).fetchall()
            return 1000 * (time.perf_counter() - start)

        made = [median(values) for values in interleaved(plan.pick(40, 10), ours, bare)]
    return [at_most("one pair of a customer with 300 events", *made, 1.5, "bare DuckDB, same SQL")]
