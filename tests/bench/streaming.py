"""Throughput of publishing: streams of 1, 10 and 100 interactions a message, and until visible.

The limit of a stream is a bare gRPC echo of the same messages; the limit of visibility is the bare work, embedding and
LanceDB's `add`, in one process.
"""

import asyncio
import time
from collections.abc import Sequence

from tests.bench import bare, traffic
from tests.bench.common import ECHO_STREAM, STREAM, Plan, Process, channel, echo_server, run, say
from tests.bench.table import Row, at_least, interleaved, median

GOAL = 0.6


def publish_seconds(target: str, stream_id: str, messages: Sequence[bytes], end: bytes = traffic.FINISH) -> float:
    """From the first append to `finished`, or to the flushed ack where `end` is FLUSH."""

    async def go() -> float:
        async with channel(target) as open_channel:
            call = open_channel.stream_stream(STREAM)()
            await call.write(traffic.opening(stream_id, f"user of {stream_id}"))
            await call.read()
            start = time.perf_counter()
            sender = asyncio.create_task(_send(call, messages, end))
            try:
                taken = 0.0
                while (raw := await call.read()) and raw is not None and len(raw):
                    answer = traffic.publish_stream_pb2.StreamPublishResponse.FromString(raw)
                    kind = answer.WhichOneof("message")
                    if kind == "append_error":
                        raise RuntimeError(f"refused: {answer.append_error.status.message}")
                    if kind == "finished" or (kind == "ack" and answer.ack.flushed):
                        taken = time.perf_counter() - start
                        break
            finally:
                await sender
            if end != traffic.FINISH:
                await call.write(traffic.FINISH)
            await call.done_writing()
            while await call.read():
                pass
            return taken

    return run(go)


def echo_seconds(target: str, messages: Sequence[bytes]) -> float:
    """From the first message to the reply to the last."""

    async def go() -> float:
        async with channel(target) as open_channel:
            call = open_channel.stream_stream(ECHO_STREAM)()
            await call.write(messages[0])
            await call.read()
            start = time.perf_counter()
            sender = asyncio.create_task(_send(call, messages, None))
            for _ in messages:
                await call.read()
            taken = time.perf_counter() - start
            await sender
            await call.done_writing()
            return taken

    return run(go)


async def _send(call: object, messages: Sequence[bytes], end: bytes | None) -> None:
    for message in messages:
        await call.write(message)
    if end is not None:
        await call.write(end)


def measure(plan: Plan) -> list[Row]:
    """Each row on a server of its own: tables that grew in one must not cost the next."""
    rows = []
    with echo_server() as echo:
        for each, messages in ((1, plan.pick(15_000, 3000)), (10, plan.pick(4000, 600)), (100, plan.pick(600, 100))):
            with plan.server(f"streaming-{each}") as server:
                _warm_up(server)
                rows += _against_echo(plan, server, echo, each, messages)
    with plan.server("visible") as server:
        _warm_up(server)
        rows.append(_visible(plan, server))
    return rows


def _warm_up(server: Process) -> None:
    publish_seconds(server.target, "warm-up", traffic.appends(traffic.Traffic(0).interactions(4000), 10))
    server.quiet()


def _against_echo(plan: Plan, server: Process, echo: Process, each: int, count: int) -> list[Row]:
    sent = [traffic.appends(traffic.Traffic(each * 1000 + n).interactions(each * count), each) for n in range(2)]
    cpu: list[float] = []

    def publish(n: int) -> float:
        before = server.cpu_seconds()
        seconds = publish_seconds(server.target, f"stream-{each}-{n}", sent[n % 2])
        cpu.append((server.cpu_seconds() - before) / count * 1e6)
        # What is applied behind the ack must not run beside the next measurement.
        server.quiet()
        return seconds

    ours, limit = interleaved(plan.rounds, publish, lambda n: echo_seconds(echo.target, sent[n % 2]))
    say(f"streaming {each}: {ours} / {limit}; server CPU {median(cpu):.0f} µs a message")
    rate, bound = count / median(ours), count / median(limit)
    what = f"stream publish, {each} a message"
    return [at_least(what, rate, bound, "messages/s", GOAL if each == 1 else None, "bare echo")]


def _visible(plan: Plan, server: Process) -> Row:
    count = plan.pick(40_000, 6000)
    rows = [traffic.Traffic(77 + n).interactions(count) for n in range(2)]
    sent = [traffic.appends(one, 100) for one in rows]
    with bare.Worker(plan.folder / "bare") as worker:

        def publish(n: int) -> float:
            seconds = publish_seconds(server.target, f"visible-{n}", sent[n % 2], traffic.FLUSH)
            server.quiet()
            return seconds

        ours, limit = interleaved(plan.rounds, publish, lambda n: worker.add_seconds(rows[n % 2]))
    say(f"visible: {ours} / {limit}")
    rate, bound = count / median(ours), count / median(limit)
    what = "stream publish, 100 a message, until visible"
    return at_least(what, rate, bound, "interactions/s", GOAL, "bare embed + add")
