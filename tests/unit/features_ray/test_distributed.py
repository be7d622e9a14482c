"""Runs on a real local Ray cluster of two workers, over the tables of a tenant in this process."""

import asyncio
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.util import find_spec

import pyarrow as pa
import pytest
from interplay_server.domain import journal, shop
from interplay_server.domain.commerce import Customer, FeatureEvent, IdentityLink, Order, OrderLine, Product, Refund
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.records import Put
from interplay_server.domain.writing import commit
from interplay_server.features.config import FeatureConfig
from interplay_server.features.distributed import LOCAL, RayCluster, Task, compute_buckets
from interplay_server.features.kernel import Resources
from interplay_server.features.names import COLUMNS
from interplay_server.features.runs import Runs
from interplay_server.features.tenant import Engine, FeatureTenant
from interplay_server.storage.pinned import PinnedRecords

from tests.bench.features_data import AS_OF, history
from tests.storage.inside import SLOW, settle, tenant

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def cluster():
    """Two processes on the loopback that all tests of the module share."""
    made = RayCluster(LOCAL, PinnedRecords, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncio.run(joined(made))
        yield made
        asyncio.run(made.close())


async def joined(cluster):
    assert [one async for one in cluster.computed({}, [])] == []


@asynccontextmanager
async def feature_tenant(data, cluster, **settings):
    """Its whole runs make parts of about 300 events."""
    with ThreadPoolExecutor(2) as threads:
        use = Resources(1, 1024, data / "spill")
        async with tenant(data, **settings) as store:
            made = FeatureTenant(store, Engine(threads, use, use, 300, cluster))
            yield made
            await made.close()


def put(collection, row_of, kind, table, **nested):
    """`nested` are kinds of what lists hold."""
    rows = []
    for row in table.to_pylist():
        lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
        lists |= {name: tuple(of(**one) for one in lists[name]) for name, of in nested.items()}
        rows.append(row_of(kind(**row | lists)))
    return Put(collection.name, tuple(rows))


async def fill(store, events=4000, customers=90, seed=3):
    """A made history, with a guest of two customers, an event received twice and one of the far future."""
    made = history(events, customers, seed)
    rows = made.events.sort_by("seq").drop_columns("seq")
    strange = [
        FeatureEvent("twice", AS_OF - 1, "product_viewed", "c1", "p1"),
        FeatureEvent("twice", AS_OF - 1, "product_viewed", "c2", "p1"),
        FeatureEvent("late", AS_OF + 1, "product_viewed", "c3", "p1"),
        FeatureEvent("guest", AS_OF - 60, "product_viewed", "", "p2", "k", "s"),
        FeatureEvent("again", AS_OF - 20, "product_viewed", "", "p2", "k", "t"),
        FeatureEvent("odd", AS_OF - 9, "dances", "c4", "p2"),
    ]
    links = [IdentityLink("k", "c5", AS_OF - 50), IdentityLink("k", "c6", AS_OF - 10)]
    entry = journal.Recorded(
        (
            put(shop.PRODUCTS, shop.product_row, Product, made.products.slice(0, 3000)),
            put(shop.CUSTOMERS, shop.customer_row, Customer, made.customers),
            put(shop.ORDERS, shop.order_row, Order, made.orders, lines=OrderLine, refunds=Refund),
            Put(shop.LINKS.name, tuple(map(shop.link_row, links))),
            put(shop.EVENTS, shop.event_row, FeatureEvent, rows),
            Put(shop.EVENTS.name, tuple(map(shop.event_row, strange))),
        )
    )
    await commit(store, entry)


async def record(store, *events):
    await commit(store, journal.Recorded((Put(shop.EVENTS.name, tuple(map(shop.event_row, events))),)))


async def kept(known):
    """Rows by pair, without when and by which run they were made."""
    rows = await known.rows(columns=COLUMNS)
    found = {(row["customer_id"], row["product_id"]): row for row in rows.to_pylist()}
    assert len(found) == rows.num_rows
    return found


def told(totals):
    return (totals.customers, totals.pairs, totals.unknown_events, totals.future_events, totals.failures, totals.full)


async def whole_run(known, **options):
    """One that the cluster computes: such as a caller asks for."""
    return await Runs(known).compute(full=True, as_of=AS_OF, operation_id=new_ulid(), **options)


async def locally(known):
    return await Runs(known).compute(full=True, as_of=AS_OF)


async def test_rows_are_those_of_a_local_run(tmp_path, cluster):
    """Nothing is applied before the run asks for it: what stands in memory only is in the pinned versions."""
    async with feature_tenant(tmp_path, cluster, **SLOW) as known:
        await fill(known.store)
        written = known.store.last_seq
        assert known.store.applied_seq == 0 < written
        seen = []
        ours = await whole_run(known, report=lambda run: seen.append(run.next_bucket))
        distributed = await kept(known)
        assert len(seen) > 9 and seen == sorted(seen) and seen[-1] == shop.BUCKETS
        local = await locally(known)
        assert distributed == await kept(known)
        assert len(distributed) == ours.pairs > 900 and told(ours) == told(local)
        assert ours.unknown_events > 0 and ours.future_events == 1
        # One client in two buckets, one event of two customers.
        assert shop.bucket_of("c5") != shop.bucket_of("c6")
        assert {("c5", "p2"), ("c6", "p2")} <= distributed.keys()
        assert distributed["c1", "p1"]["total_views"] == 1 and ("c2", "p1") not in distributed
        assert known.state.watermark >= written and not known.unrefreshed


async def test_what_changed_since_is_computed_without_the_cluster(tmp_path, cluster):
    async with feature_tenant(tmp_path, cluster) as known:
        await fill(known.store, events=500, customers=20)
        whole = await whole_run(known)
        await record(known.store, FeatureEvent("new", AS_OF, "product_viewed", "c7", "p9"))
        changed = await Runs(known).compute(full=False, as_of=AS_OF, operation_id=new_ulid())
        assert (whole.full, changed.full, changed.customers) == (True, False, 1)
        assert ("c7", "p9") in await kept(known)


async def test_pairs_that_are_no_more_are_removed(tmp_path, cluster):
    async with feature_tenant(tmp_path, cluster) as known:
        await record(known.store, *[FeatureEvent(f"e{n}", 10 + n, "product_viewed", f"c{n}", "p") for n in range(30)])
        await whole_run(known)
        await known.shop.delete_events([f"e{n}" for n in range(10)], ())
        totals = await whole_run(known)
        assert (totals.pairs, totals.removed_pairs) == (20, 10)
        assert {customer for customer, _ in await kept(known)} == {f"c{n}" for n in range(10, 30)}


class Failing(PinnedRecords):
    async def table(self, *given, **named):
        raise RuntimeError("Not found: the version")


async def test_what_the_cluster_cannot_compute_is_computed_here(tmp_path, cluster):
    """A cluster whose tasks fail, joined by the same process."""
    failing = RayCluster(LOCAL, Failing)
    async with feature_tenant(tmp_path, cluster) as known:
        await fill(known.store, events=300, customers=10)
        await whole_run(known)
        distributed = await kept(known)
    async with feature_tenant(tmp_path, failing) as known:
        totals = await whole_run(known)
        assert not totals.failures and await kept(known) == distributed
    await failing.close()


async def test_the_task_reads_the_pinned_versions_alone(tmp_path):
    """In this process: what is recorded after the versions were named is not read."""
    async with feature_tenant(tmp_path, None) as known:
        records = known.store.records
        await record(known.store, FeatureEvent("a", 1, "product_viewed", "c", "p"))
        await settle(known.store)
        async with records.pinned((shop.EVENTS, shop.ORDERS)) as locations:
            await record(known.store, FeatureEvent("b", 2, "product_viewed", "c", "p"))
            await settle(known.store)
            shares, later = await known.catalogue.shares(), pa.array([], pa.int64())
            task = Task(range(shop.BUCKETS), AS_OF, FeatureConfig(), shares, later, Resources())
            made = await asyncio.to_thread(compute_buckets, PinnedRecords, locations, task)
            assert (made.events, made.customers, made.rows["total_views"].to_pylist()) == (1, 1, [1])
            address, version = locations[shop.EVENTS.name]
            remote = PinnedRecords({shop.EVENTS.name: (f"file://{address}", version)})
            assert (await remote.table(shop.EVENTS, columns=["event_id"])).to_pylist() == [{"event_id": "a"}]
        assert (await records.count(shop.EVENTS)) == 2


_OWN = """
import asyncio, os, signal
from interplay_server.features.distributed import LOCAL, RayCluster
from interplay_server.storage.pinned import PinnedRecords

async def main():
    handler = signal.getsignal(signal.SIGTERM)
    cluster = RayCluster(LOCAL, PinnedRecords, 1)
    assert [one async for one in cluster.computed({}, [])] == []
    import ray
    print(ray.is_initialized(), signal.getsignal(signal.SIGTERM) is handler, ray.nodes()[0]["NodeManagerAddress"],
          ray.cluster_resources()["CPU"], os.environ["RAY_USAGE_STATS_ENABLED"])
    return cluster

cluster = asyncio.run(main())
import ray
print(ray.is_initialized() and ray.cluster_resources()["CPU"])
asyncio.run(cluster.close())
print(ray.is_initialized())
"""


def test_a_local_cluster_stays_on_the_loopback_and_ends_when_it_is_closed():
    """In another process, whose signals are left alone, and whose end of a loop is not the cluster's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", _OWN], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.stdout.split() == ["True", "True", "127.0.0.1", "1.0", "0", "1.0", "False"], done.stderr
