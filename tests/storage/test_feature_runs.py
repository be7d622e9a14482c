"""Runs of features over real tables: what a cluster computes is what is computed here, failures keep old rows."""

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from interplay_server.domain import shop
from interplay_server.domain.commerce import FeatureEvent, IdentityLink, Order, OrderLine, Product
from interplay_server.domain.journal import Recorded
from interplay_server.domain.records import Put
from interplay_server.domain.writing import commit
from interplay_server.features import kernel, reading
from interplay_server.features.distributed import LOCAL, RayCluster
from interplay_server.features.kernel import Resources
from interplay_server.features.names import COLUMNS
from interplay_server.features.runs import Runs
from interplay_server.features.tenant import Engine, FeatureTenant
from interplay_server.storage.pinned import PinnedRecords

from tests.storage.inside import tenant

HOUR, DAY = 3_600_000_000, 86_400_000_000
AS_OF = 2_000 * DAY
KINDS = ("product_viewed", "product_viewed", "add_to_cart", "remove_from_cart", "search_submitted", "dances")


@contextlib.asynccontextmanager
async def opened(store, *, part_events=100, cluster=None):
    with ThreadPoolExecutor(2) as executor:
        use = Resources(1, 512)
        made = FeatureTenant(store, Engine(executor, use, use, part_events, cluster))
        await made.ready()
        try:
            yield made, Runs(made)
        finally:
            await made.close()


def history(events=1500, seed=4):
    """Events of customers and of guests on shared devices, orders, links."""
    chance = random.Random(seed)
    rows = []
    for number in range(events):
        guest = chance.random() < 0.2
        rows.append(
            FeatureEvent(
                f"e{number}",
                AS_OF - chance.randrange(300 * DAY),
                chance.choice(KINDS),
                "" if guest else f"c{chance.randrange(40)}",
                f"p{chance.randrange(8)}",
                f"k{chance.randrange(10)}" if guest else "",
                chance.choice(("", "s1", "s2")),
                view_duration=chance.choice((None, 5.0, 50.0)),
            )
        )
    orders = [
        Order(f"o{n}", f"c{n}", AS_OF - n * DAY, "EUR", lines=(OrderLine("1", f"p{n % 8}", 1, 9.5),)) for n in range(30)
    ]
    links = [IdentityLink(f"k{n % 10}", f"c{n}", AS_OF - n * 9 * DAY) for n in range(25)]
    products = [Product(f"p{n}", price=n + 1.0, currency="EUR", vendor=f"v{n % 3}", tags=("t",)) for n in range(8)]
    return rows, orders, links, products


async def fill(store):
    events, orders, links, products = history()
    puts = (
        Put(shop.EVENTS.name, tuple(map(shop.event_row, events))),
        Put(shop.ORDERS.name, tuple(map(shop.order_row, orders))),
        Put(shop.LINKS.name, tuple(map(shop.link_row, links))),
        Put(shop.PRODUCTS.name, tuple(map(shop.product_row, products))),
    )
    await commit(store, Recorded(puts))


async def kept(found):
    rows = await found.rows()
    return sorted(rows.select(COLUMNS).to_pylist(), key=lambda row: (row["customer_id"], row["product_id"]))


async def test_a_cluster_of_two_workers_computes_the_same(tmp_path):
    async with tenant(tmp_path) as store:
        await fill(store)
        async with opened(store) as (found, runs):
            totals = await runs.compute(full=True, as_of=AS_OF, operation_id="here")
            here = await kept(found)
        cluster = RayCluster(LOCAL, PinnedRecords, workers=2)
        try:
            async with opened(store, cluster=cluster) as (found, runs):
                found._revision = await store.derived.newest(shop.FEATURES)
                there = await runs.compute(full=True, as_of=AS_OF, operation_id="there")
                assert await kept(found) == here
        finally:
            await cluster.close()
        counts = [(one.pairs, one.customers, one.events, one.unknown_events, one.failures) for one in (totals, there)]
        assert counts[0] == counts[1] and counts[0][0] == len(here) > 200


async def test_parts_make_no_difference(tmp_path):
    async with tenant(tmp_path) as store:
        await fill(store)
        results = []
        for part_events in (100, 100_000):
            async with opened(store, part_events=part_events) as (found, runs):
                await runs.compute(full=True, as_of=AS_OF)
                results.append(await kept(found))
        assert results[0] == results[1]


async def test_copies_for_other_customers_are_not_counted_whatever_the_part(tmp_path):
    async with tenant(tmp_path) as store:
        events = [FeatureEvent("same", AS_OF - n, "view", f"c{n}", "p") for n in range(30)]
        await commit(store, Recorded((Put(shop.EVENTS.name, tuple(map(shop.event_row, events))),)))
        async with opened(store, part_events=1000) as (found, runs):
            await runs.compute(full=True, as_of=AS_OF)
            assert [row["customer_id"] for row in await kept(found)] == ["c0"]
            assert (await reading.pair(found, "c7", "p", AS_OF)).num_rows == 0


async def test_a_customer_that_fails_keeps_its_rows_and_is_told(tmp_path, monkeypatch):
    real = kernel.compute

    def failing(inputs, *arguments, **named):
        if "c7" in inputs.events["customer_id"].to_pylist():
            raise MemoryError("too much")
        return real(inputs, *arguments, **named)

    async with tenant(tmp_path) as store:
        await fill(store)
        async with opened(store) as (found, runs):
            await runs.compute(full=True, as_of=AS_OF)
            before = [row for row in await kept(found) if row["customer_id"] == "c7"]
            later = [FeatureEvent(f"later {c}", AS_OF - 1, "view", c, "p0") for c in ("c6", "c7", "c8")]
            await commit(store, Recorded((Put(shop.EVENTS.name, tuple(map(shop.event_row, later))),)))
            monkeypatch.setattr(kernel, "compute", failing)
            totals = await runs.compute(full=False, as_of=AS_OF)
            assert totals.failures == [("c7", "needs more memory than a computation may use")]
            assert [row for row in await kept(found) if row["customer_id"] == "c7"] == before
            assert found.state.failed == ("c7",) and not found.unrefreshed
            pairs = [("c6", "p0"), ("c7", "p0"), ("c8", "p0")]
            assert (await reading.batch(found, pairs, AS_OF)).num_rows == 3
            monkeypatch.setattr(kernel, "compute", real)
            totals = await runs.compute(full=False, as_of=AS_OF)
            assert not totals.failures and found.state.failed == ()
            after = [row for row in await kept(found) if row["customer_id"] == "c7"]
            assert sum(row["total_views"] for row in after) == 1 + sum(row["total_views"] for row in before)


async def test_after_a_restart_what_was_left_is_known(tmp_path):
    async with tenant(tmp_path) as store:
        await fill(store)
        async with opened(store) as (found, runs):
            await runs.compute(full=True, as_of=AS_OF)
            assert not found.pending
            await commit(store, Recorded((Put(shop.EVENTS.name, (shop.event_row(event()),)),)))
    async with tenant(tmp_path) as store, opened(store) as (found, runs):
        assert set(found.pending.customers) == {"c1"} and not found.pending.everything
        assert (await runs.compute(full=False, as_of=AS_OF)).customers == 1
        assert not found.pending


def event():
    return FeatureEvent("late", AS_OF - 100 * DAY, "view", "c1", "p1")


@pytest.mark.parametrize("customers", [30, 4500])
async def test_few_and_many_changed_customers_are_computed_alike(tmp_path, customers):
    async with tenant(tmp_path) as store:
        events = [
            FeatureEvent(f"e{n}", AS_OF - n * HOUR, "view", f"c{n % customers}", "p") for n in range(customers * 2)
        ]
        for at in range(0, len(events), 3000):
            rows = tuple(map(shop.event_row, events[at : at + 3000]))
            await commit(store, Recorded((Put(shop.EVENTS.name, rows),)))
        async with opened(store, part_events=5000) as (found, runs):
            await runs.compute(full=True, as_of=AS_OF)
            again = [FeatureEvent(f"a{n}", AS_OF - 1, "view", f"c{n}", "p") for n in range(customers)]
            for at in range(0, len(again), 3000):
                rows = tuple(map(shop.event_row, again[at : at + 3000]))
                await commit(store, Recorded((Put(shop.EVENTS.name, rows),)))
            totals = await runs.compute(full=False, as_of=AS_OF)
            assert (totals.customers, totals.pairs, totals.full) == (customers, customers, False)
            assert {row["total_views"] for row in await kept(found)} == {3}
