"""Several connections and one stream_id: the newest wins, and nothing is lost or doubled on the way."""

import asyncio
import random

import grpc
import pytest
from interplay.v1 import publish_stream_pb2 as pb

from tests.stream.server_side import FreezableProxy, held_ledger
from tests.stream.wire import Wire, unique


@pytest.fixture
def names():
    return unique("stream"), unique("user")


async def warm(wire):
    """The tenant's folder exists."""
    await wire.publish("x", user_id=unique("warm"))


async def test_the_newer_connection_wins_and_the_older_is_told(wire, names):
    stream_id, user = names
    older = await wire.open(stream_id, user_id=user)
    await older.append("by the older")
    newer = await wire.open(stream_id, user_id=user)
    assert newer.opened.next_offset == 1
    assert await older.end() == ("ABORTED", "STREAM_SUPERSEDED")
    assert older.acked == 1
    await newer.append("by the newer", offset=1)
    assert (await newer.finish()).committed_offset == 2
    assert await wire.texts(user_id=user) == ["by the older", "by the newer"]


async def test_opened_follows_the_commit_of_what_a_superseded_stream_sent(wire, shared_server, names):
    stream_id, user = names
    await warm(wire)
    older = await wire.open(stream_id, user_id=user)
    with held_ledger(shared_server.data):
        for number in range(5):
            await older.append(f"turn {number}")
        await older.send(heartbeat=pb.StreamHeartbeat())
        assert (await older.expect("heartbeat")).committed_offset == 0
        opening = asyncio.create_task(wire.open(stream_id, user_id=user))
        await asyncio.sleep(0.5)
        assert not opening.done()
    newer = await opening
    assert newer.opened.next_offset == 5
    assert await older.end() == ("ABORTED", "STREAM_SUPERSEDED")
    assert older.acked == 5
    await newer.finish()


async def test_opened_follows_the_commit_of_what_a_cancelled_stream_sent(wire, shared_server, names):
    """A client that goes away and comes back must not be told an offset that its own appends are about to take."""
    stream_id, user = names
    await warm(wire)
    older = await wire.open(stream_id, user_id=user)
    with held_ledger(shared_server.data):
        for number in range(5):
            await older.append(f"turn {number}")
        await older.send(heartbeat=pb.StreamHeartbeat())
        await older.expect("heartbeat")
        await older.close()
        await asyncio.sleep(0.5)
        opening = asyncio.create_task(wire.open(stream_id, user_id=user))
        await asyncio.sleep(0.5)
    newer = await opening
    assert newer.opened.next_offset == 5
    await newer.append("turn 5")
    assert (await newer.finish()).committed_offset == 6
    assert await wire.texts(user_id=user) == [f"turn {number}" for number in range(6)]


async def test_many_connections_at_once_leave_one(wire, names):
    stream_id, user = names
    streams = await asyncio.gather(*(wire.open(stream_id, user_id=user) for _ in range(12)))
    await asyncio.sleep(0.2)
    living = [stream for stream in streams if not stream.call.done()]
    assert len(living) == 1
    for stream in streams:
        if stream is not living[0]:
            assert await stream.end() == ("ABORTED", "STREAM_SUPERSEDED")
    await living[0].append("the last one standing", offset=0)
    assert (await living[0].finish()).committed_offset == 1


async def test_thirty_random_races_keep_exactly_once(shared_server):
    """Two connections push the same numbered turns with offsets, at random moments; each turn is stored once."""
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)

    async def race(number):
        stream_id, user = unique("race"), unique("user")
        total = dice.randrange(20, 120)

        async def push(wire, pause):
            await asyncio.sleep(pause)
            stream = await wire.open(stream_id, user_id=user)
            try:
                for offset in range(stream.opened.next_offset, total):
                    await stream.append(f"turn {offset}", offset=offset)
                await stream.send(finish=pb.StreamFinish())
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                pass
            code, reason = await stream.end()
            # A write that meets the end of the call turns any status into grpcio's own INTERNAL, without details.
            assert (code, reason) in {("OK", ""), ("ABORTED", "STREAM_SUPERSEDED"), ("INTERNAL", "")}
            return code

        async with Wire(shared_server.target) as one, Wire(shared_server.target) as two:
            ends = await asyncio.gather(push(one, 0), push(two, dice.random() * 0.05))
            assert ends.count("OK") >= 1
            rows = await one.list(user_id=user)
            assert [row.data.content for row in rows] == [f"turn {offset}" for offset in range(total)], seed
            assert [row.request_id for row in rows] == [f"{stream_id}/{offset}" for offset in range(total)]
            return ends.count("OK") == 1

    raced = 0
    for number in range(0, 30, 5):
        raced += sum(await asyncio.gather(*(race(number + one) for one in range(5))))
    assert raced > 0, "no race was one"


async def test_a_frozen_connection_is_superseded_without_its_help(shared_server, names):
    """Half-open TCP: the older peer neither reads nor answers; the newer one is served at once."""
    stream_id, user = names
    async with (
        FreezableProxy(shared_server.target) as proxy,
        Wire(proxy.target) as dead,
        Wire(shared_server.target) as wire,
    ):
        older = await dead.open(stream_id, user_id=user)
        await older.append("before the freeze", offset=0)
        await older.wait_acked(1)
        proxy.freeze()
        newer = await wire.open(stream_id, user_id=user)
        assert newer.opened.next_offset == 1
        await newer.append("after it", offset=1)
        assert (await newer.finish()).committed_offset == 2
