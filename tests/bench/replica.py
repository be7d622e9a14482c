"""`python -m tests.bench.replica`: how old a replica is, and what reads gain by it.

Age: the time from an ack at the server until a reader of the replica that asks without a pause sees it. Reads: searches
of hot users and lists a second, by as many readers, of the server alone, of the replica alone, and of both at once. All
processes share this machine's processors, the readers too: with two of them the ratio is a lower bound.
"""

import argparse
import asyncio
import os
import random
import statistics
import time
from collections.abc import Sequence

import grpc
from interplay.v1 import interaction_pb2 as ipb
from interplay.v1 import interaction_service_pb2 as pb
from interplay.v1 import interaction_service_pb2_grpc as stubs

from tests.bench.common import Plan, Process, run, say

USERS, TURNS = 20, 200
WORDS = [
    "parcel",
    "late",
    "depot",
    "lorry",
    "tea",
    "Lisbon",
    "nurse",
    "price",
    "euro",
    "order",
    "refund",
    "colour",
    "shoe",
    "size",
    "garden",
    "window",
]


def batch(user: str, *contents: str) -> pb.PublishInteractionsRequest:
    rows = [ipb.InteractionData(content=one) for one in contents]
    return pb.PublishInteractionsRequest(user_id=user, session_id=f"s-{user}", interactions=rows)


async def fill(stub: stubs.InteractionServiceStub, draw: random.Random) -> None:
    for n in range(USERS):
        texts = [" ".join(draw.choices(WORDS, k=12)) for _ in range(TURNS)]
        await stub.PublishInteractions(batch(f"u{n}", *texts))


async def ages(
    main: stubs.InteractionServiceStub, copy: stubs.InteractionServiceStub, times: int, draw: random.Random
) -> list[float]:
    """Seconds."""
    found = []
    for n in range(times):
        text = f"a fresh turn {n}"
        await asyncio.sleep(draw.uniform(0, 0.5))
        answer = await main.PublishInteractions(batch("watched", text))
        acked = time.perf_counter()
        request = pb.GetInteractionRequest(interaction_id=answer.interaction_ids[0])
        while True:
            try:
                await copy.GetInteraction(request)
                break
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
        found.append(time.perf_counter() - acked)
    return found


async def reads_a_second(
    among: Sequence[stubs.InteractionServiceStub], seconds: float, readers: int, draw: random.Random
) -> float:
    end, done = time.perf_counter() + seconds, 0

    async def read(stub: stubs.InteractionServiceStub) -> None:
        nonlocal done
        while time.perf_counter() < end:
            user = f"u{draw.randrange(USERS)}"
            if draw.random() < 0.5:
                await stub.SearchInteractions(
                    pb.SearchInteractionsRequest(query=" ".join(draw.choices(WORDS, k=3)), user_id=user, top_k=5)
                )
            else:
                await stub.ListInteractions(pb.ListInteractionsRequest(user_id=user, page_size=20, newest_first=True))
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(read(among[n % len(among)]) for n in range(readers)))
    return done / (time.perf_counter() - started)


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(main: Process, copy: Process, options: argparse.Namespace) -> list[str]:
    draw = random.Random(7)
    async with grpc.aio.insecure_channel(main.target) as one, grpc.aio.insecure_channel(copy.target) as two:
        here, there = stubs.InteractionServiceStub(one), stubs.InteractionServiceStub(two)
        await fill(here, draw)
        lines = [f"processors: {os.cpu_count()}; refresh: {options.refresh:g} s"]
        say("ages")
        found = [1000 * one for one in await ages(here, there, options.times, draw)]
        lines.append(
            f"age of an ack on the replica, ms: median {statistics.median(found):.0f}, "
            f"95 % {quantile(found, 0.95):.0f}, most {max(found):.0f} ({len(found)} acks)"
        )
        for name, among in (("server", [here]), ("replica", [there]), ("both", [here, there])):
            say(name)
            await reads_a_second(among, 1.0, options.readers, draw)
            before = [process.cpu_seconds() for process in (main, copy)]
            rate = await reads_a_second(among, options.seconds, options.readers, draw)
            used = sum(process.cpu_seconds() for process in (main, copy)) - sum(before)
            lines.append(
                f"reads a second, {name:8}: {rate:6.0f}, {1000 * used / (rate * options.seconds):.2f} ms of processor each"
            )
        before_idle = copy.cpu_seconds()
        await asyncio.sleep(options.seconds)
        lines.append(f"replica, nobody asks: {(copy.cpu_seconds() - before_idle) / options.seconds:.3f} cores")
        return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--refresh", type=float, default=0.5)
    options = parser.parse_args()
    plan = Plan(quick=True, minutes=1, largest=0)
    follow = ("--replica-of", str(plan.folder / "main"), "--replica-refresh-seconds", str(options.refresh))
    try:
        with plan.server("main") as server, plan.server("copy", *follow) as replica:
            print("\n".join(run(lambda: measure(server, replica, options))))  # type: ignore[arg-type]
    finally:
        plan.clean()


if __name__ == "__main__":
    main()
