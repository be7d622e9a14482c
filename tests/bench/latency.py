"""How long a publisher waits for its ack, alone and among others; unary publishing.

The limit of one publisher is what nobody can avoid: the echo's round trip and one flushed SQLite commit.
"""

import asyncio
import time
from collections.abc import Sequence

import grpc

from tests.bench import bare, traffic
from tests.bench.common import ECHO_STREAM, ECHO_UNARY, PUBLISH, STREAM, Plan, Process, channel, echo_server, run, say
from tests.bench.table import Row, at_most, median, quantile

GOAL = 2.0
PUBLISHERS = (1, 32, 256)
_CHANNELS = 8


def ack_milliseconds(target: str, name: str, messages: Sequence[bytes], publishers: int, path: str) -> list[float]:
    """Each publisher sends its next message when the one before is answered; the times of all."""

    async def publisher(open_channel: grpc.aio.Channel, number: int) -> list[float]:
        call = open_channel.stream_stream(path)()
        await call.write(traffic.opening(f"{name}-{number}", f"{name}-{number}"))
        await call.read()
        taken = []
        for message in messages[number::publishers]:
            start = time.perf_counter()
            await call.write(message)
            await call.read()
            taken.append((time.perf_counter() - start) * 1000)
        if path == STREAM:
            await call.write(traffic.FINISH)
        await call.done_writing()
        while await call.read():
            pass
        return taken

    async def go() -> list[float]:
        channels = [channel(target) for _ in range(min(publishers, _CHANNELS))]
        jobs = [publisher(channels[number % len(channels)], number) for number in range(publishers)]
        taken = await asyncio.gather(*jobs)
        for one in channels:
            await one.close()
        return [value for one in taken for value in one]

    return run(go)


def unary_milliseconds(target: str, path: str, requests: Sequence[bytes], callers: int) -> tuple[list[float], float]:
    """The times of all calls and calls a second, with some callers in turn on one channel."""

    async def caller(method: grpc.aio.UnaryUnaryMultiCallable, mine: Sequence[bytes]) -> list[float]:
        taken = []
        for request in mine:
            start = time.perf_counter()
            await method(request)
            taken.append((time.perf_counter() - start) * 1000)
        return taken

    async def go() -> tuple[list[float], float]:
        async with channel(target) as open_channel:
            method = open_channel.unary_unary(path)
            await method(requests[0])
            start = time.perf_counter()
            taken = await asyncio.gather(*(caller(method, requests[n::callers]) for n in range(callers)))
            return [value for one in taken for value in one], len(requests) / (time.perf_counter() - start)

    return run(go)


def measure(plan: Plan) -> list[Row]:
    rows: list[Row] = []
    with plan.server("latency") as server, echo_server() as echo, bare.Worker(plan.folder / "bare-latency") as worker:
        ack_milliseconds(server.target, "warm-up", traffic.appends(traffic.Traffic(0).interactions(500), 1), 4, STREAM)
        server.quiet()
        for publishers in PUBLISHERS:
            rows += _acks(plan, server, echo, worker, publishers)
        rows += _unary(plan, server, echo, worker)
    return rows


def _acks(plan: Plan, server: Process, echo: Process, worker: bare.Worker, publishers: int) -> list[Row]:
    """Medians over the rounds of each round's quantiles."""
    count = publishers * {1: plan.pick(400, 100), 32: plan.pick(60, 10), 256: plan.pick(12, 4)}[publishers]
    sent = traffic.appends(traffic.Traffic(publishers).interactions(count), 1)
    ours: list[list[float]] = []
    echoes, commits = [], []
    for n in range(plan.rounds):
        echoes.append(median(ack_milliseconds(echo.target, "echo", sent, publishers, ECHO_STREAM)))
        commits.append(median(worker.commit_milliseconds(sent[:100])))
        ours.append(ack_milliseconds(server.target, f"ack-{publishers}-{n}", sent, publishers, STREAM))
        server.quiet()
    p50, p99 = (median(quantile(one, share) for one in ours) for share in (0.5, 0.99))
    limit = median(echoes) + median(commits)
    say(f"ack {publishers}: p50 {p50:.2f}, p99 {p99:.2f}; echo {median(echoes):.2f}, commit {median(commits):.2f} ms")
    name = "echo + flushed commit"
    crowd = "1 publisher" if publishers == 1 else f"{publishers} publishers"
    return [
        at_most(f"ack p50, {crowd}", p50, limit, GOAL if publishers == 1 else None, name),
        Row(f"ack p99, {crowd}", f"{p99:.2f} ms"),
    ]


def _unary(plan: Plan, server: Process, echo: Process, worker: bare.Worker) -> list[Row]:
    rows = []
    for callers, count in ((1, plan.pick(400, 100)), (32, plan.pick(2000, 300))):
        data = traffic.Traffic(callers).interactions(count)
        sent = [traffic.publish_request([one], "unary user") for one in data]
        ours, rates, echoes, commits = [], [], [], []
        for _ in range(plan.rounds):
            echoes.append(median(unary_milliseconds(echo.target, ECHO_UNARY, sent, callers)[0]))
            commits.append(median(worker.commit_milliseconds(sent[:100])))
            taken, rate = unary_milliseconds(server.target, PUBLISH, sent, callers)
            ours.append(median(taken))
            rates.append(rate)
            server.quiet()
        say(f"unary {callers}: {median(ours):.2f} ms; echo {median(echoes):.2f}, commit {median(commits):.2f}")
        crowd = "1 caller" if callers == 1 else f"{callers} callers"
        limit = median(echoes) + median(commits)
        rows.append(at_most(f"unary publish p50, {crowd}", median(ours), limit, None, "unary echo + flushed commit"))
        rows.append(Row(f"unary publish, {crowd}", f"{median(rates):,.0f} calls/s"))
    return rows
