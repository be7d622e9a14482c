"""Object stores from within: what is asked of one, what is shipped, who owns a tenant, and what comes back."""

import asyncio
import contextlib
import shutil
from functools import partial

import pyarrow as pa
import pytest
from interplay_server.domain import journal
from interplay_server.domain.evaluation import EXPERIMENTS
from interplay_server.domain.records import Put, Removal, Type
from interplay_server.domain.vault import StoredConsent
from interplay_server.errors import BucketUnavailable, BucketUnsuitable, StorageIncompatible, TenantBusy
from interplay_server.settings import SettingsError
from interplay_server.storage.buckets import server as bucket_server
from interplay_server.storage.buckets import shipped
from interplay_server.storage.buckets.bucket import Bucket, BucketFault, BucketRefused
from interplay_server.storage.pinned import PinnedRecords

from tests.storage.bucketed import SECONDS, bucket_settings, log_of, opened, server, shipped_all, until
from tests.storage.inside import (
    EVERYTHING,
    annotate,
    comments,
    delete,
    png,
    publish,
    publish_image,
    settle,
    tenant,
    texts,
    write,
)

# --- the store itself


async def test_a_store_that_keeps_its_word(s3):
    bucket = Bucket(s3.url("acme"), bucket_settings(s3))
    await bucket.check()
    assert s3.keys() == []
    assert await bucket.put_new("a/1", b"first") and not await bucket.put_new("a/1", b"second")
    assert await bucket.get("a/1") == b"first" and await bucket.get("a/2") is None
    for number in range(3):
        await bucket.put(f"b/{number}", bytes(number))
    assert [(one.path, one.size) for one in await bucket.listed("b", after="b/0")] == [("b/1", 1), ("b/2", 2)]
    assert await bucket.folders() == ["a", "b"]
    await bucket.delete(["a/1", "a/1", "never"])
    await bucket.delete_all("b")
    assert s3.keys() == []


async def test_a_store_that_overwrites_on_a_conditional_write_is_refused(s3):
    s3.faults.ignore_conditions = True
    with pytest.raises(BucketRefused, match="conditional write"):
        await Bucket(s3.url(), bucket_settings(s3)).check()
    assert s3.keys() == []


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"refuse": 403}, "refuses our key"),
        ({"refuse": 503}, "patience"),
        ({"cut": True}, "reached|answer"),
        ({"slow_seconds": 1.5}, "no answer"),
    ],
)
async def test_faults_are_told_in_our_words(s3, fault, why):
    bucket = Bucket(s3.url(), bucket_settings(s3, timeout_seconds=0.5))
    vars(s3.faults).update(fault)
    asked = [partial(bucket.put, "a", b"x"), partial(bucket.get, "a"), partial(bucket.listed, "")]
    for ask in [*asked, partial(bucket.put_new, "b", b"x")]:
        with pytest.raises(BucketFault, match=why) as told:
            await ask()
        assert "http" not in str(told.value) and "Generic" not in str(told.value)


@pytest.mark.parametrize("url", ["memories", "gs://memories", "s3://", "s3://a:b@memories/x", "s3://memories?x=1"])
def test_addresses_that_are_none(s3, url):
    with pytest.raises(SettingsError, match="s3://BUCKET"):
        Bucket(url, bucket_settings(s3))


@pytest.mark.parametrize(
    ("fault", "key", "why"),
    [
        ({"ignore_conditions": True}, None, "conditional write"),
        ({}, "another", "refuses our key"),
        ({"refuse": 503}, None, "patience"),
    ],
)
async def test_a_server_does_not_start_over_a_bucket_that_cannot_be_used(s3, tmp_path, monkeypatch, fault, key, why):
    monkeypatch.setattr(bucket_server, "_PAUSE_SECONDS", 0)
    vars(s3.faults).update(fault)
    if key:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    with pytest.raises(SettingsError, match=why) as told:
        async with server(tmp_path / "one", s3):
            pass
    assert "loopback" not in str(told.value) and "another" not in str(told.value)


# --- what is shipped


async def test_everything_comes_back_from_the_bucket_after_the_disk_is_lost(s3, tmp_path):
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        first, *_ = await publish(store, "a", "b")
        await annotate(store, first, "noted")
        sha, _ = await publish_image(store, "c", png(1))
        gone, *_ = await publish(store, "d")
        await delete(store, gone)
        await store.vault.set_consent(_consent())
        await shipped_all(store)
    shutil.rmtree(tmp_path / "one")
    async with server(tmp_path / "two", s3) as tenants, opened(tenants) as store:
        assert await texts(store) == ["a", "b", "c"]
        assert await comments(store, first) == {first: ["noted"]}
        assert await store.image(sha) == png(1)
        assert len(await store.vault.consents()) == 1
        await settle(store)
        assert await store.count(EVERYTHING) == 3


async def test_what_was_acked_and_not_shipped_is_what_a_lost_disk_costs(s3, tmp_path):
    async with server(tmp_path / "one", s3, killed=True, ship_seconds=600) as tenants, opened(tenants) as store:
        await publish(store, "shipped and applied")
        await settle(store)
        await publish_image(store, "shipped", png(2))
        await store.shipping.reach(store.last_seq)
        covered = store.shipping.shipped_seq
        await publish(store, "lost")
        assert store.last_seq > covered
    shutil.rmtree(tmp_path / "one")
    async with server(tmp_path / "two", s3, bucket={"lease_seconds": 3.0}) as tenants, _when_free(tenants) as store:
        assert store.last_seq == covered
        assert await texts(store) == ["shipped and applied", "shipped"]
        await publish(store, "after")
        await settle(store)
        assert await texts(store, eventual=True) == ["shipped and applied", "shipped", "after"]


async def test_a_kill_alone_costs_nothing(s3, tmp_path):
    data = tmp_path / "one"
    for number in range(3):
        async with server(data, s3, killed=True, ship_seconds=600) as tenants, opened(tenants) as store:
            await publish(store, f"applied {number}")
            await settle(store)
            await publish(store, f"acked {number}")
    async with server(data, s3) as tenants, opened(tenants) as store:
        expected = [f"{how} {number}" for number in range(3) for how in ("applied", "acked")]
        assert await texts(store) == expected
        await settle(store)
        assert await texts(store, eventual=True) == expected


async def test_nothing_is_in_the_tables_that_is_not_shipped(s3, tmp_path):
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        await publish(store, "a")
        await settle(store)
        s3.faults.refuse, s3.faults.among = 503, lambda method, path: "/ledger/log/" in path
        await publish(store, "b")
        with pytest.raises(BucketUnavailable):
            await settle(store)
        assert await texts(store) == ["a", "b"]
        assert await store._tables.count(None) == 1
        s3.heal()
        await settle(store)
        assert await store._tables.count(None) == 2


async def test_copies_cover_segments_which_then_go(s3, tmp_path):
    async with server(tmp_path / "one", s3, bucket={"copy_seconds": 0.2}) as tenants, opened(tenants) as store:
        log = log_of(s3)
        numbers = set()
        while len(numbers) < 3:
            await publish(store, "a" * 20_000)
            await shipped_all(store)
            numbers |= {copy.number} if (copy := await log.newest_copy()) else set()
        await until(lambda: len({key.split("/")[-2] for key in s3.keys("acme/t/ledger/copies")}) <= 2)
        oldest = min(int(key.split("/")[-2]) for key in s3.keys("acme/t/ledger/copies"))
        assert [number for number in await log.numbers() if number <= oldest] in ([1], [1, oldest], [oldest])


async def test_forgetting_leaves_nothing_of_what_was_overwritten(s3, tmp_path):
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        one, *_ = await publish(store, "canary-of-the-log")
        await shipped_all(store)
        assert _holding(s3, b"canary-of-the-log", "acme/t/ledger")
        await settle(store)
        await delete(store, one)
        await settle(store)
        await store._applier._flush(store.applied_seq)
        await store.forget_shipped()
        assert not _holding(s3, b"canary-of-the-log", "acme/t/ledger")
        await publish(store, "after")
        await shipped_all(store)
    async with server(tmp_path / "two", s3) as tenants, opened(tenants) as store:
        assert await texts(store) == ["after"]


async def test_a_kill_before_it_forgets_is_made_good_when_the_tenant_opens(s3, tmp_path):
    async with server(tmp_path / "one", s3, killed=True) as tenants, opened(tenants) as store:
        one, *_ = await publish(store, "canary-of-the-log")
        await settle(store)
        await delete(store, one)
        await settle(store)
        await store._applier._flush(store.applied_seq)
        assert _holding(s3, b"canary-of-the-log", "acme/t/ledger")
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        await until(lambda: not _holding(s3, b"canary-of-the-log", "acme/t/ledger"))
        assert await texts(store) == []


async def test_a_copy_of_the_prefix_of_a_closed_tenant_is_a_backup(s3, tmp_path):
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        await publish(store, "a", "b")
        await settle(store)
    copied = {key.replace("acme/", "yesterday/", 1): one for key, one in s3.objects.items()}
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        await publish(store, "later")
        await settle(store)
    s3.objects.update(copied)
    async with server(tmp_path / "two", s3, prefix="yesterday") as tenants, opened(tenants) as store:
        assert await texts(store) == ["a", "b"]
        await publish(store, "c")
        await settle(store)
        assert await texts(store, eventual=True) == ["a", "b", "c"]


async def test_a_damaged_object_of_the_log_is_found(s3, tmp_path):
    async with server(tmp_path / "one", s3, killed=True) as tenants, opened(tenants) as store:
        await publish(store, "a")
        await shipped_all(store)
    newest = s3.keys("acme/t/ledger/log")[-1]
    data = bytearray(s3.objects[newest].data)
    data[-5] ^= 1
    s3.objects[newest].data = bytes(data)
    with pytest.raises(StorageIncompatible, match="damaged"):
        await log_of(s3).after(1)
    with pytest.raises(ValueError, match="frame"):
        shipped.decode(bytes(data))


async def test_a_reader_follows_what_is_shipped(s3, tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        await publish(store, "a")
        await shipped_all(store)
        log = log_of(s3)
        copy = await log.newest_copy()
        await log.fetch(copy, folder)
        found = await log.after(copy.number)
        await publish(store, "b", "c")
        await shipped_all(store)
        more = await log.after(max([copy.number, *(one.head.number for one in found.segments)]))
        assert found.goes_on and more.goes_on
        for one in [*found.segments, *more.segments, *more.segments]:
            one.apply(folder)
        entries = [entry for one in more.segments for entry in one.entries()]
        assert [
            row.data.content if hasattr(row, "data") else row.content for row in entries[-1].entry.interactions
        ] == ["b", "c"]
        assert more.segments[-1].head.last_seq == store.last_seq


# --- who owns a tenant


async def test_a_second_server_is_told_who_has_the_tenant(s3, tmp_path):
    async with server(tmp_path / "one", s3) as ones, server(tmp_path / "two", s3) as twos, opened(ones) as store:
        await publish(store, "a")
        with pytest.raises(TenantBusy, match="another server"):
            async with opened(twos):
                pass
        await publish(store, "b")
        await shipped_all(store)
        assert await texts(store) == ["a", "b"]


async def test_a_tenant_moves_when_it_is_closed(s3, tmp_path):
    async with server(tmp_path / "one", s3, idle_seconds=0.1) as ones, server(tmp_path / "two", s3) as twos:
        async with opened(ones) as store:
            await publish(store, "a")
        await until(lambda: not ones.open_names())
        async with opened(twos) as store:
            assert await texts(store) == ["a"]
            await publish(store, "b")
            await shipped_all(store)
            with pytest.raises(TenantBusy):
                async with opened(ones):
                    pass
    async with server(tmp_path / "one", s3) as ones, opened(ones) as store:
        assert await texts(store) == ["a", "b"]
    assert list(tmp_path.glob("one/.stale-t-*"))


async def test_a_server_that_was_taken_over_stops_taking_writes(s3, tmp_path):
    async with server(tmp_path / "one", s3, bucket={"lease_seconds": 600}) as ones, opened(ones) as store:
        await publish(store, "a")
        await settle(store)
        # As if it had been away for longer than its lease.
        s3.objects.pop(next(key for key in s3.keys("acme/.servers")))
        async with server(tmp_path / "two", s3) as twos, opened(twos) as other:
            await publish(other, "theirs")
            await shipped_all(other)
            await publish(store, "acked and never shipped")
            await until(lambda: store.shipping.taken_by)
            with pytest.raises(TenantBusy, match="took it over"):
                await store.admit()
            with pytest.raises(TenantBusy):
                await settle(store)
            await settle(other)
            assert await texts(other, eventual=True) == ["a", "theirs"]


async def test_a_bucket_that_forgets_conditions_later_stops_writes_until_it_is_right(s3, tmp_path):
    async with server(tmp_path / "one", s3, bucket={"lease_seconds": 3.0}) as tenants, opened(tenants) as store:
        s3.faults.ignore_conditions = True
        await until(lambda: tenants.around.lease.unsuitable)
        with pytest.raises(BucketUnsuitable, match="conditional write"):
            await store.admit()
        s3.heal()
        await until(lambda: tenants.around.lease.unsuitable is None)
        await store.admit()
        await publish(store, "a")
        await settle(store)


async def test_a_folder_of_before_the_bucket_and_one_of_after_it_are_refused(s3, tmp_path):
    async with tenant(tmp_path / "local") as store:
        await publish(store, "a")
        await settle(store)
    async with server(tmp_path / "local", s3) as tenants:
        with pytest.raises(BucketUnsuitable, match="data folder"):
            async with opened(tenants):
                pass
    async with server(tmp_path / "bucket", s3) as tenants, opened(tenants) as store:
        await publish(store, "b")
    with pytest.raises(StorageIncompatible, match=r"storage\.bucket"):
        async with tenant(tmp_path / "bucket"):
            pass


async def test_derived_tables_and_pinned_versions_are_in_the_bucket_too(s3, tmp_path):
    rows = pa.table({"key": ["k"], "bucket": pa.array([1], pa.int32()), "revision": pa.array([7], pa.int64())})
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        await store.derived.replace("numbers", rows, 7, [])
        await store.derived.flush()
        assert (await store.derived.table("numbers")).to_pylist() == rows.to_pylist()
        assert s3.keys("acme/t/derived/numbers.lance/") and not (tmp_path / "one" / "t" / "derived").exists()
        await write(store, journal.Recorded((Put(EXPERIMENTS.name, (_row(EXPERIMENTS),)),)))
        await settle(store)
        async with store.records.pinned((EXPERIMENTS,)) as locations:
            assert locations[EXPERIMENTS.name][0].startswith(s3.url("acme"))
            await write(store, journal.Recorded((), (Removal(EXPERIMENTS.name, EXPERIMENTS.key, ("later",)),)))
            options = tenants.around.bucket.plain_options()
            assert not any("secret" in name or "access_key" in name for name in options)
            assert (await PinnedRecords(locations, options).table(EXPERIMENTS)).num_rows == 1


def _row(collection):
    """Values of a collection, each of its kind."""
    made = {Type.INT: 1, Type.FLOAT: 1.0, Type.BOOL: True, Type.BYTES: b"x", Type.TEXTS: ("x",)}
    return tuple(made.get(one.type, "x") for one in collection.fields)


def _consent():
    return StoredConsent(b"someone", True, 1)


def _holding(s3, needle, prefix):
    return [key for key in s3.keys(prefix) if needle in s3.objects[key].data]


@contextlib.asynccontextmanager
async def _when_free(tenants):
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                async with opened(tenants) as store:
                    yield store
                    return
            except TenantBusy:
                await asyncio.sleep(0.1)
