"""A customer with very many events: copies are found in few reads of the events, shared by whoever reads meanwhile."""

import asyncio

from interplay_server.domain import shop
from interplay_server.domain.commerce import FeatureEvent
from interplay_server.domain.journal import Recorded
from interplay_server.domain.records import Put
from interplay_server.domain.writing import commit
from interplay_server.features import reading

from tests.storage.inside import tenant
from tests.storage.test_feature_runs import AS_OF, HOUR, opened

EVENTS, PRODUCTS, COPIES = 200_000, 50, 10_000


async def record(store, numbers, customer="whale"):
    """Views of products in turn; an event that was recorded before is a copy."""
    for at in range(0, len(numbers), 5000):
        rows = tuple(
            shop.event_row(
                FeatureEvent(f"e{n}", AS_OF - n % 5000 * HOUR, "view", customer, f"p{n % PRODUCTS}", "", f"s{n // 30}")
            )
            for n in numbers[at : at + 5000]
        )
        await store.wait_room()
        await commit(store, Recorded((Put(shop.EVENTS.name, rows),)))
    await store.wait_applied(store.last_seq)


def watch(store, monkeypatch):
    """Fields of the filters of every read of events from now on."""
    reads, real = [], store.records.table

    async def table(collection, where=(), **named):
        if collection is shop.EVENTS:
            reads.append([one.field for one in where])
        return await real(collection, where, **named)

    monkeypatch.setattr(store.records, "table", table)
    return reads


async def views(found, customer, product="p7"):
    rows = (await reading.pair(found, customer, product, AS_OF)).to_pylist()
    return rows[0]["total_views"] if rows else None


async def test_a_customer_with_very_many_events_takes_few_reads(tmp_path, monkeypatch):
    async with tenant(tmp_path) as store:
        await record(store, range(EVENTS))
        await record(store, range(COPIES), "other")
        await record(store, range(COPIES))
        async with opened(store) as (found, runs):
            reads = watch(store, monkeypatch)
            together = await asyncio.gather(*(views(found, one) for one in ("whale", "whale", "other")))
            assert together == [EVENTS // PRODUCTS, EVENTS // PRODUCTS, None]
            assert sorted(reads) == [[], ["customer_id"], ["customer_id"], ["customer_id"]]

            reads.clear()
            totals = await runs.compute(full=True, as_of=AS_OF)
            assert (totals.pairs, totals.failures) == (PRODUCTS, [])

            await record(store, range(EVENTS, EVENTS + 3000))
            await record(store, range(EVENTS, EVENTS + 1000), "other")
            reads.clear()
            totals = await runs.compute(full=False, as_of=AS_OF)
            assert (totals.full, totals.pairs, totals.failures) == (False, PRODUCTS, [])
            assert ["event_id"] not in reads and reads.count([]) == 1
            reads.clear()
            assert await views(found, "whale") == (EVENTS + 3000) // PRODUCTS
            assert await views(found, "other") is None
            assert reads == [["customer_id"], ["customer_id"]]


async def test_few_new_events_are_looked_up_by_id(tmp_path, monkeypatch):
    async with tenant(tmp_path) as store:
        await record(store, range(5000))
        async with opened(store) as (found, _):
            assert await views(found, "whale") == 100
            await record(store, range(4990, 5050), "other")
            reads = watch(store, monkeypatch)
            assert await views(found, "other") == 1
            assert sorted(reads) == [["customer_id"], ["event_id"]]
            assert await views(found, "whale") == 100


async def test_copies_count_again_when_the_first_is_deleted(tmp_path):
    async with tenant(tmp_path) as store:
        await record(store, range(5000), "gone")
        await record(store, range(5000))
        async with opened(store) as (found, runs):
            assert await views(found, "whale") is None
            await found.shop.redact_customers(["gone"])
            await runs.erase(["gone"])
            assert await views(found, "whale") == 100
