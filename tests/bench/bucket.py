"""Tables in a bucket against tables on the local disk: `python -m tests.bench.bucket [ROWS]`.

The store alone, without calls: one tenant in this process with an embedder that costs nothing, the object store in
another process on loopback, in memory. A real store adds its round trip to each request that the last lines count.
"""

import asyncio
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from interplay_server.domain.query import InteractionFilter
from interplay_server.settings import Bucket as BucketSettings
from interplay_server.settings import Settings, Storage
from interplay_server.storage.buckets.server import open_bucket
from interplay_server.storage.tenants import LocalTenants

from tests.storage.inside import FakeEmbedders, publish, settle
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

ROWS, BATCH, ACKS, READS = 20_000, 100, 300, 200
WORDS = [
    "the",
    "customer",
    "asked",
    "about",
    "blue",
    "umbrellas",
    "boots",
    "rain",
    "coats",
    "and",
    "when",
    "they",
    "would",
    "be",
    "sent",
    "to",
]


def serve(pipe):
    with S3Server() as s3:
        pipe.send(s3.endpoint)
        while pipe.recv() == "count":
            pipe.send((dict(s3.seen), sum(len(one.data) for one in s3.objects.values())))


def content(number):
    return f"{' '.join(WORDS[number % 7 : 7 + number % 9])} order {number}"


class Measured:
    def __init__(self, data, endpoint):
        self.data, self.endpoint = data, endpoint

    async def open(self):
        settings = Storage(bucket="s3://memories/bench" if self.endpoint else "")
        bucket = BucketSettings(endpoint=self.endpoint or "", allow_http=True)
        self.data.mkdir(parents=True, exist_ok=True)
        self.around = await open_bucket(Settings(storage=settings, bucket=bucket), self.data)
        self.tenants = LocalTenants(self.data, settings, FakeEmbedders(), 4, around=self.around)

    async def close(self):
        await self.tenants.close()
        if self.around is not None:
            await self.around.close()

    async def run(self, rows):
        found = {}
        await self.open()
        async with self.tenants.lease("t", create=True) as store:
            await publish(store, "first")
            await settle(store)
            found["one ack, p50 ms"] = 1000 * await timed([lambda n=n: publish(store, content(n)) for n in range(ACKS)])
            started = time.perf_counter()
            for at in range(0, rows, BATCH):
                await store.wait_room()
                texts = [content(n) for n in range(at, at + BATCH)]
                await publish(store, *texts, user=f"user {at // BATCH % 50}")
            found["acked, rows/s"] = rows / (time.perf_counter() - started)
            await settle(store)
            found["in the tables, rows/s"] = rows / (time.perf_counter() - started)
            await store.optimize(prune_all=True, progress=lambda done, total: None)
            of = [InteractionFilter(user_ids=frozenset({f"user {n % 50}"})) for n in range(READS)]
            found["20 rows of a user, p50 ms"] = 1000 * await timed(
                [lambda one=one: store.interactions(one, limit=20) for one in of]
            )
            found["BM25 over all, p50 ms"] = 1000 * await timed(
                [lambda n=n: store._tables.matching(f"umbrellas order {n}", None, 20) for n in range(READS)]
            )
            started = time.perf_counter()
            await publish(store, "seen")
            await settle(store)
            found["in the tables when waited for, ms"] = 1000 * (time.perf_counter() - started)
        await self.close()
        return found


async def timed(works):
    """Median seconds."""
    seconds = []
    for work in works:
        started = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


async def recovered(data, endpoint):
    """Seconds from a start over an empty folder to the first read."""
    shutil.rmtree(data)
    measured = Measured(data, endpoint)
    started = time.perf_counter()
    await measured.open()
    async with measured.tenants.lease("t", create=False) as store:
        count = await store.count(InteractionFilter())
    seconds = time.perf_counter() - started
    await measured.close()
    return seconds, count


async def main(rows):
    os.environ.update(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    endpoint = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        local = await Measured(Path(folder, "local"), None).run(rows)
        remote = await Measured(Path(folder, "bucket"), endpoint).run(rows)
        ours.send("count")
        requests, size = ours.recv()
        seconds, count = await recovered(Path(folder, "bucket"), endpoint)
    ours.send("end")
    process.join()
    print(f"| {rows:,} rows in batches of {BATCH} | local | bucket | bucket / local |\n|---|---|---|---|")
    for name, value in local.items():
        print(f"| {name} | {value:,.2f} | {remote[name]:,.2f} | {remote[name] / value:.2f} |")
    print(f"\nrequests: {requests}; in the bucket at the end: {size / 2**20:.1f} MiB")
    print(f"a lost disk: {count:,} rows are read {seconds:.2f} s after the start over an empty folder")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
