"""Search at 1 k, 100 k and 1 M interactions, 1,000 a user, beside the raw LanceDB queries that it consists of.

The raw queries are an exact nearest-neighbour query behind the index on users and a full-text query, both at once, on
the server's own tables from a second process that only reads. Hot: the user was searched before; cold: for the first
time. Loading goes through the server; its memory is taken when everything is stored.
"""

import asyncio
import random
import time
from collections.abc import Sequence

from interplay.v1 import interaction_service_pb2 as pb

from tests.bench import bare, traffic
from tests.bench.common import SEARCH, STREAM, Plan, Process, channel, run, say
from tests.bench.table import Row, at_most, bound, median

GOAL, FLOOR_MS, RESIDENT_MB = 2.0, 10.0, 700.0
TURNS, EACH, STREAMS = 1000, 500, 8


def measure(plan: Plan) -> list[Row]:
    rows = []
    for size in sorted({min(size, plan.largest) for size in (1000, 100_000, 1_000_000)}):
        name = f"search-{size}"
        with plan.server(name) as server:
            users = size // TURNS
            rows.append(_load(server, size, users))
            # Maintenance begins some time after the last write.
            server.quiet(300, still=5)
            resident = server.resident_mb()
            with bare.Worker(plan.tables(name)) as worker:
                rows += _searches(plan, server, worker, size, users)
            what = f"resident memory after {size:,} interactions"
            rows.append(bound(what, resident, RESIDENT_MB, "MB", digits=0))
            rows.append(Row("the same after the searches", f"{server.resident_mb():.0f} MB"))
    return rows


def _load(server: Process, size: int, users: int) -> Row:
    start = time.perf_counter()
    run(lambda: _publish_all(server, users))
    seconds = time.perf_counter() - start
    return Row(f"loading {size:,} interactions until visible", f"{size / seconds:,.0f} interactions/s")


async def _publish_all(server: Process, users: int) -> None:
    """Some streams at once; each carries one user after the other."""
    messages = traffic.turns_of_users(traffic.Traffic(4), users, TURNS, EACH)
    done = 0

    async def stream() -> None:
        nonlocal done
        async with channel(server.target) as open_channel:
            for user_id, sent in messages:
                call = open_channel.stream_stream(STREAM)()
                for message in (traffic.opening(f"load-{user_id}", user_id), *sent, traffic.FINISH):
                    await call.write(message)
                await call.done_writing()
                while await call.read():
                    pass
                done += 1
                if done % 50 == 0:
                    say(f"loaded {done * TURNS:,}; server {server.resident_mb():.0f} MB")

    await asyncio.gather(*(stream() for _ in range(min(STREAMS, users))))
    async with channel(server.target) as open_channel:
        call = open_channel.stream_stream(STREAM)()
        for message in (traffic.opening("load-end", "nobody"), traffic.FLUSH):
            await call.write(message)
        answer = traffic.publish_stream_pb2.StreamPublishResponse()
        while not answer.ack.flushed:
            answer.ParseFromString(await call.read())


def _searches(plan: Plan, server: Process, worker: bare.Worker, size: int, users: int) -> list[Row]:
    chance = random.Random(size)
    count = plan.pick(40, 10)
    words = traffic.vocabulary()

    def text() -> str:
        return " ".join(chance.choices(words[50:3000], k=chance.randint(3, 7)))

    names = [f"user-{chance.randrange(users)}" for _ in range(min(20, users))]
    cold = [(text(), name) for name in dict.fromkeys(names)]
    hot = [(text(), chance.choice(names)) for _ in range(count)]
    across = [(text(), "") for _ in range(count // 2)]
    cold_ms = search_milliseconds(server.target, cold)
    results: dict[str, list[float]] = {}
    worker.query_milliseconds([*hot[:3], *across[:3]])
    for _ in range(plan.pick(5, 2)):
        for name, queries in (("hot", hot), ("across", across)):
            results.setdefault(name, []).append(median(search_milliseconds(server.target, queries)))
            results.setdefault(f"raw {name}", []).append(median(worker.query_milliseconds(queries)))
    say(f"{size}: {results}, cold {cold_ms}")
    found = {name: median(values) for name, values in results.items()}
    at, limit = f"at {size:,}", "raw KNN + FTS"
    rows = [at_most(f"search p50, one user, hot, {at}", found["hot"], found["raw hot"], GOAL, limit)]
    if size == TURNS:
        rows.append(bound(f"search p50, one user, hot, {at}", found["hot"], FLOOR_MS, "ms"))
    return [
        *rows,
        at_most(f"search p50, one user, first time, {at}", median(cold_ms), found["raw hot"], None, limit),
        at_most(f"search p50, across users, {at}", found["across"], found["raw across"], GOAL, limit),
    ]


def search_milliseconds(target: str, queries: Sequence[tuple[str, str]]) -> list[float]:
    async def go() -> list[float]:
        async with channel(target) as open_channel:
            search = open_channel.unary_unary(SEARCH)
            taken = []
            for text, user_id in queries:
                request = pb.SearchInteractionsRequest(query=text, user_id=user_id, top_k=10).SerializeToString()
                start = time.perf_counter()
                await search(request)
                taken.append((time.perf_counter() - start) * 1000)
            return taken

    return run(go)
