"""The kernel in threads and processes, over a customer with very many events, with little memory, and shut off."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from interplay_server.domain.commerce import FeatureEvent, Product
from interplay_server.features import kernel
from interplay_server.features.inputs import EVENTS, Inputs, inputs
from interplay_server.features.kernel import Resources

SECOND = 1_000_000


def heavy(count):
    """One customer: views of ten products, ten seconds apart, a search now and then, all in one hour-long visit each day."""
    n = np.arange(count)
    kinds = np.where(n % 50 == 0, "search_submitted", "product_viewed")
    results = pa.ListArray.from_arrays(
        np.concatenate([[0], np.cumsum(2 * (n % 50 == 0))]).astype(np.int32),
        pa.array(["p1", "p2"] * int((n % 50 == 0).sum())),
    )
    columns = {
        "event_id": pa.array(np.char.add("e", n.astype(str))),
        "created_at": n * 10 * SECOND,
        "event_type": pa.array(kinds),
        "customer_id": pa.repeat("c", count),
        "product_id": pa.array(np.char.add("p", (n % 10).astype(str))),
        "view_duration": pa.repeat(12.0, count),
        "result_product_ids": results,
        "seq": n,
    }
    made = [columns.get(name, pa.nulls(count, EVENTS.field(name).type)) for name in EVENTS.names]
    empty = inputs()
    return Inputs(pa.table(made, schema=EVENTS), empty.products, empty.customers, empty.orders, empty.links)


def test_one_customer_with_very_many_events_in_bounded_memory(tmp_path):
    count = 200_000
    table = kernel.compute(heavy(count), count * 10 * SECOND, use=Resources(memory_mb=256, spill=tmp_path))
    rows = {row["product_id"]: row for row in table.to_pylist()}
    assert len(rows) == 10
    assert sum(row["state_events"] for row in rows.values()) == count
    assert sum(row["total_views"] for row in rows.values()) == count * 49 // 50
    assert {row["unique_views"] for row in rows.values()} == {1}
    # A search shows p1 and p2 every 500 s; of ten views of each in between, one is within the minute after it.
    assert rows["p1"]["search_views"] == count // 50
    assert rows["p2"]["search_views"] == count // 50
    assert rows["p3"]["search_views"] == 0


def test_too_little_memory_is_an_error_and_leaves_nothing_behind():
    use = Resources(memory_mb=12)
    with pytest.raises(MemoryError):
        kernel.compute(heavy(200_000), 10**13, use=use)
    few = inputs([FeatureEvent("e", 1, "view", "c", "p")])
    assert kernel.compute(few, 1, use=Resources(memory_mb=64)).num_rows == 1


def computed(n):
    told = inputs([FeatureEvent(str(i), i, "view", "c", "p") for i in range(n)])
    return kernel.compute(told, n).to_pylist()[0]["total_views"]


def test_threads_compute_at_once():
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(computed, range(1, 25))) == list(range(1, 25))


def test_a_spawned_process_computes():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(computed, 3).result(60) == 3


def test_nothing_of_a_computation_stays():
    computed(3)
    connection = kernel._kept.connections[kernel.DEFAULT_RESOURCES]
    assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchall() == [(0,)]
    assert connection.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [(0,)]


def test_no_files_and_no_network():
    computed(1)
    connection = kernel._kept.connections[kernel.DEFAULT_RESOURCES]
    for wanted in ("SELECT * FROM read_csv('/etc/hostname')", "INSTALL httpfs", "COPY (SELECT 1) TO '/tmp/x.csv'"):
        with pytest.raises(duckdb.PermissionException):
            connection.execute(wanted)


def test_results_do_not_hang_on_the_size_of_the_input():
    """Small inputs run as one script, large ones stage by stage."""
    events = [
        FeatureEvent(f"{i:05}", i * 7919 % 10**6 * SECOND, "view", f"c{i % 3}", f"p{i % 7}") for i in range(21_000)
    ]
    products = [Product("p0", available=False)]
    by_customer = {}
    for customer in ("c0", "c1", "c2"):
        mine = [event for event in events if event.customer_id == customer]
        for row in kernel.compute(inputs(mine, products), 10**12).to_pylist():
            by_customer[row["customer_id"], row["product_id"]] = row
    for row in kernel.compute(inputs(events, products), 10**12, use=Resources(threads=2)).to_pylist():
        assert {
            name: pytest.approx(value) if isinstance(value, float) else value for name, value in row.items()
        } == by_customer[row["customer_id"], row["product_id"]]
