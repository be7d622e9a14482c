"""Tenants in this process whose tables are in a bucket of a loopback object store."""

import asyncio
import contextlib

from interplay_server.errors import BucketUnavailable
from interplay_server.settings import Bucket as BucketSettings
from interplay_server.settings import Settings, Storage
from interplay_server.storage.buckets.bucket import Bucket
from interplay_server.storage.buckets.server import open_bucket
from interplay_server.storage.buckets.shipped import ShippedLog
from interplay_server.storage.tenants import LocalTenants

from tests.storage.inside import FakeEmbedders, settle

SHIP_SECONDS = 0.1
SECONDS = 60


def bucket_settings(s3, **settings):
    return BucketSettings(endpoint=s3.endpoint, allow_http=True, **{"timeout_seconds": 2.0, **settings})


@contextlib.asynccontextmanager
async def server(data, s3, *, ship_seconds=SHIP_SECONDS, bucket=None, killed=False, prefix="acme", **settings):
    """All tenants of one server over a folder and the bucket; `killed` leaves it as a kill does."""
    data.mkdir(parents=True, exist_ok=True)
    storage = Storage(bucket=s3.url(prefix), ship_seconds=ship_seconds, **settings)
    around = await open_bucket(Settings(storage=storage, bucket=bucket_settings(s3, **(bucket or {}))), data)
    tenants = LocalTenants(data, storage, FakeEmbedders(), 4, around=around)
    tenants.around = around
    try:
        yield tenants
    finally:
        if not killed:
            await tenants.close()
            await around.close()
        else:
            await abandon(tenants, around)


async def abandon(tenants, around):
    """Ends every task where it stands: nothing is applied, shipped, flushed or released any more."""
    around.lease._task.cancel()
    tenants._sweeper.cancel()
    for name in tenants.open_names():
        store = tenants.opened(name)
        for task in (store.shipping._task, store._applier._task, store._applier._flushing, store._applier._maintenance):
            if task is not None:
                task.cancel()
        await store._commits.drained()
        store._ledger._reader.close()
        store._ledger._db.close()


def log_of(s3, tenant="t"):
    return ShippedLog(Bucket(s3.url("acme"), bucket_settings(s3)), tenant)


async def until(check):
    async with asyncio.timeout(SECONDS):
        while not check():  # noqa: ASYNC110 - what is looked at has no event
            await asyncio.sleep(0.02)


async def shipped_all(store):
    await until(lambda: store.shipping.shipped_seq >= store.last_seq)


@contextlib.asynccontextmanager
async def opened(tenants, name="t"):
    async with tenants.lease(name, create=True) as store:
        yield store


async def settle_at_last(store):
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                return await settle(store)
            except BucketUnavailable:
                continue
