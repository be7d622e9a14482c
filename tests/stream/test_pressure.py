"""Back-pressure: the server stops reading and never buffers without bound; a thousand streams at once."""

import asyncio
import time

import pytest
from interplay.v1 import interaction_pb2 as data
from interplay.v1 import publish_stream_pb2 as pb

from tests.stream.server_side import held_ledger, memory
from tests.stream.wire import Wire, turns, unique

MIB = 2**20


async def write_until_blocked(stream, make, most, seconds=1.0):
    """Sends until a write takes longer than `seconds`; how many went out, and the write that is blocked."""
    for number in range(most):
        write = asyncio.ensure_future(stream.send(make(number)))
        done, _ = await asyncio.wait([write], timeout=seconds)
        if not done:
            return number, write
        await write
    return most, None


def big(user, size=100_000, **fields):
    return lambda number: pb.StreamPublishRequest(
        append=pb.StreamAppend(user_id=user, interactions=turns(f"{number} " + "x" * size), **fields)
    )


async def test_the_server_stops_reading_at_max_outstanding(start_server):
    server = start_server()
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")
        stream = await wire.open("s", user_id="u", max_outstanding=4)
        with held_ledger(server.data):
            sent, blocked = await write_until_blocked(stream, big("u"), 400)
            assert blocked is not None, "nothing held the writer back"
            assert 4 <= sent < 120  # the transport's window holds some on top
        await asyncio.wait_for(blocked, 15)
        await stream.wait_acked(sent + 1)
        assert (await stream.finish()).committed_offset == sent + 1
        assert len(await wire.texts(user_id="u")) == sent + 1


async def test_the_server_stops_reading_at_the_bytes_of_a_stream(start_server):
    server = start_server("--stream-max-bytes", str(MIB))
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")
        stream = await wire.open("s", user_id="u")
        assert stream.opened.limits.max_outstanding_bytes == MIB
        with held_ledger(server.data):
            sent, blocked = await write_until_blocked(stream, big("u"), 400)
            assert blocked is not None
            assert 10 <= sent < 120
        await asyncio.wait_for(blocked, 15)
        assert (await stream.finish()).committed_offset == sent + 1


async def test_all_streams_together_hold_no_more_than_they_may(start_server):
    server = start_server("--stream-max-total-bytes", str(4 * MIB))
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")
        streams = [await wire.open(f"s{number}", user_id="u") for number in range(10)]
        before = memory(server.pid)
        with held_ledger(server.data):
            answers = await asyncio.gather(*(write_until_blocked(one, big("u"), 400, 2.0) for one in streams))
            assert all(blocked is not None for _, blocked in answers)
            grown = memory(server.pid) - before
            print(sum(sent for sent, _ in answers), "messages", grown / MIB, "MiB")
            assert grown < 80 * MIB
        for stream, (sent, blocked) in zip(streams, answers, strict=True):
            await asyncio.wait_for(blocked, 15)
            assert (await stream.finish()).committed_offset == sent + 1


@pytest.mark.parametrize("kind", ["refused", "ids"])
async def test_a_client_that_reads_no_answer_cannot_fill_the_server(start_server, kind):
    """Answers that nobody reads count as unanswered: beyond the transport's windows the server stops reading."""
    server = start_server()
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")
        stream = await wire.open(unique("deaf"), reading=False, return_interaction_ids=kind == "ids", user_id="u")
        if kind == "refused":
            bad = [data.InteractionData(user_action=data.USER_ACTION_CLICK, content="x" * 200) for _ in range(20)]
            message, most = pb.StreamPublishRequest(append=pb.StreamAppend(interactions=bad)), 40_000
        else:
            rows = [data.InteractionData(content="x" * 80) for _ in range(100)]
            message, most = pb.StreamPublishRequest(append=pb.StreamAppend(interactions=rows)), 8_000
        before = memory(server.pid)
        sent, blocked = await write_until_blocked(stream, lambda _: message, most, 2.5)
        assert blocked is not None, f"all {sent} messages were taken, memory grew by {memory(server.pid) - before}"
        print(sent, "messages", (memory(server.pid) - before) / MIB, "MiB")
        blocked.cancel()
        async with asyncio.timeout(10):
            await wire.publish("others are served", user_id="v")


async def test_a_client_that_reads_no_ack_costs_no_memory(start_server):
    """Acks merge while they wait: everything is committed although nobody listens."""
    server = start_server()
    async with Wire(server.target) as wire:
        stream = await wire.open("deaf", reading=False, user_id="u")
        for number in range(1000):
            await stream.append(f"turn {number}")
        before = memory(server.pid)
        for number in range(1000, 10_000):
            await stream.append(f"turn {number}")
        async with asyncio.timeout(20):
            reached = 0
            while reached < 10_000:
                await asyncio.sleep(0.05)
                reached = (await wire.position("deaf")).next_offset
        assert memory(server.pid) - before < 150 * MIB
        assert len(await wire.list(user_id="u")) == 10_000


async def test_a_slow_reader_loses_no_ack(wire):
    stream = await wire.open(unique("slow"), reading=False, user_id=unique("user"), return_interaction_ids=True)
    assert (await stream.call.read()).HasField("opened")
    for number in range(200):
        await stream.append(f"turn {number}")
    await stream.send(finish=pb.StreamFinish())
    told, finished = [], None
    while finished is None:
        await asyncio.sleep(0.02)
        answer = await stream.call.read()
        told += [result.offset for result in answer.ack.results]
        if answer.HasField("finished"):
            finished = answer.finished
    assert told == list(range(200))
    assert finished.committed_offset == 200


async def test_a_thousand_streams_at_once(start_server, record_property):
    server = start_server()
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")
        before = memory(server.pid)
        streams = []
        for at in range(0, 1000, 50):
            streams += await asyncio.gather(*(wire.open(f"s{at + one}", user_id=f"u{at + one}") for one in range(50)))
        opened = memory(server.pid)
        started = time.monotonic()
        for round_ in range(3):
            for stream in streams:
                await stream.append(f"round {round_}", offset=round_)
        await asyncio.gather(*(stream.wait_acked(3, 40) for stream in streams))
        seconds = time.monotonic() - started
        busy = memory(server.pid)
        figures = f"{(opened - before) / 1000 / 1024:.0f} kB a stream, {3000 / seconds:.0f} appends/s, after it {busy / MIB:.0f} MiB"
        record_property("thousand_streams", figures)
        print(figures)
        assert opened - before < 1000 * 100 * 1024
        assert busy < 700 * MIB
        await asyncio.gather(*(stream.finish() for stream in streams))
        assert len(await wire.list(session_id="s")) == 3001


async def test_more_streams_than_the_server_takes_are_told(start_server):
    server = start_server("--stream-max-open", "3")
    async with Wire(server.target) as wire:
        streams = [await wire.open(f"s{number}") for number in range(3)]
        fourth = wire.raw()
        await fourth.send(open=pb.StreamOpen(stream_id="s3"))
        assert await fourth.end() == ("RESOURCE_EXHAUSTED", "TOO_MANY_STREAMS")
        await streams[0].finish()
        await wire.open("s3")
