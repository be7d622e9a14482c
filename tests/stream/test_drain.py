"""The end of the server: SIGTERM is told, what was received is committed and acked, nothing hangs."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.conftest import ROOT, free_port
from tests.stream.server_side import FreezableProxy, metric
from tests.stream.test_watch import Watch
from tests.stream.wire import Wire, unique, until

HELD_BACK = ("--storage-apply-milliseconds", "600000", "--storage-apply-rows", "1000000")


@pytest.fixture
def unused_port():
    return free_port()


async def exit_code(server, seconds=20):
    return await asyncio.to_thread(server.process.wait, seconds)


async def test_sigterm_tells_streams_and_commits_what_was_received(start_server):
    server = start_server("--drain-seconds", "5")
    async with Wire(server.target) as wire:
        health = health_pb2_grpc.HealthStub(wire.channel)
        watching = health.Watch(health_pb2.HealthCheckRequest(service="interplay.v1.InteractionService"))
        assert (await watching.read()).status == health_pb2.HealthCheckResponse.SERVING
        streams = [await wire.open(f"s{number}", user_id="u") for number in range(5)]
        for stream in streams:
            for number in range(20):
                await stream.append(f"turn {number}")
        server.process.send_signal(signal.SIGTERM)
        assert (await asyncio.wait_for(watching.read(), 5)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        late = wire.raw()
        assert await late.end() == ("UNAVAILABLE", "SERVER_DRAINING")
        for stream in streams:
            away = await stream.skip_to("go_away")
            assert 0 < away.time_left.ToTimedelta().total_seconds() <= 5
            await stream.append("still taken while draining")
            finished = await stream.finish()
            assert finished.committed_offset == 21
            assert stream.acked == 21
        watching.cancel()
    assert await exit_code(server) == 0
    server.restart()
    async with Wire(server.target) as wire:
        assert len(await wire.texts(user_id="u")) == 105
    assert "Traceback" not in server.log.read_text()


async def test_a_stream_that_ignores_go_away_is_cut_after_its_commit(start_server):
    server = start_server("--drain-seconds", "1")
    async with Wire(server.target) as wire:
        stream = await wire.open("deaf", user_id="u")
        server.process.send_signal(signal.SIGTERM)
        await stream.skip_to("go_away")
        sent = 0
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while not stream.call.done():
                await stream.append(f"turn {sent}")
                sent += 1
                await asyncio.sleep(0.002)
        code, reason = await stream.end()
        assert (code, reason) in {("UNAVAILABLE", "SERVER_DRAINING"), ("INTERNAL", "")}
        acked = stream.acked
        assert acked > 50
    started = time.monotonic()
    assert await exit_code(server) == 0
    assert time.monotonic() - started < 5
    server.restart()
    async with Wire(server.target) as wire:
        stored = await wire.texts(user_id="u")
        assert stored == [f"turn {number}" for number in range(len(stored))]
        assert acked == len(stored) <= sent


async def test_an_idle_stream_that_ignores_go_away_is_cut_with_unavailable(start_server):
    server = start_server("--drain-seconds", "0.3")
    async with Wire(server.target) as wire:
        stream = await wire.open("idle")
        server.process.send_signal(signal.SIGTERM)
        assert await stream.end() == ("UNAVAILABLE", "SERVER_DRAINING")
    assert await exit_code(server) == 0


async def test_a_call_that_never_opens_its_stream_does_not_delay_the_end(start_server):
    server = start_server("--drain-seconds", "0.3")
    async with Wire(server.target) as wire:
        await wire.publish("connects")
        silent = wire.raw()
        await asyncio.sleep(0.2)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert (await silent.end())[0] in {"UNAVAILABLE", "CANCELLED"}
        assert await exit_code(server) == 0
        assert time.monotonic() - started < 3


async def test_watches_end_with_the_server(start_server):
    server = start_server("--drain-seconds", "1")
    async with Wire(server.target) as wire:
        watch = await Watch(wire).start()
        await wire.publish("last words")
        server.process.send_signal(signal.SIGTERM)
        assert await watch.events(1) == [("published", "last words")]
        assert await watch.failure() == ("UNAVAILABLE", "SERVER_DRAINING")
    assert await exit_code(server) == 0


async def test_what_was_not_applied_is_applied_before_a_clean_exit(start_server):
    server = start_server(*HELD_BACK)
    async with Wire(server.target) as wire:
        await wire.publish("a", "b")
        assert await wire.texts(eventual=True) == []
    server.process.send_signal(signal.SIGTERM)
    assert await exit_code(server) == 0
    server.restart()
    async with Wire(server.target) as wire:
        assert await wire.texts(eventual=True) == ["a", "b"]


async def test_a_second_sigterm_does_no_harm(start_server):
    server = start_server("--drain-seconds", "1")
    async with Wire(server.target) as wire:
        await wire.open("s")
        server.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
    assert await exit_code(server) == 0


# --- peers that are gone

PUBLISHER = """
import asyncio, sys
sys.path.insert(0, {root!r})
from tests.stream.wire import Wire

async def main():
    async with Wire({target!r}) as wire:
        stream = await wire.open({stream!r}, user_id={user!r})
        number = 0
        while True:
            await stream.append(f"turn {{number}}", offset=number)
            number += 1
            if number % 50 == 0:
                await stream.wait_acked(number - 40)
                print(stream.acked, flush=True)

asyncio.run(main())
"""


async def test_a_publisher_that_is_killed_loses_nothing_acked(shared_server, wire):
    for _ in range(2):
        stream_id, user = unique("killed"), unique("user")
        code = PUBLISHER.format(root=str(ROOT), target=shared_server.target, stream=stream_id, user=user)
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
        acked = 0
        while acked < 300:
            acked = int(await asyncio.to_thread(process.stdout.readline))
        process.kill()
        rest = process.stdout.read().split()
        acked = int(rest[-1]) if rest else acked
        process.wait()
        process.stdout.close()
        again = await wire.open(stream_id, user_id=user)
        reached = again.opened.next_offset
        assert reached >= acked
        await again.append(f"turn {reached}", offset=reached)
        assert (await again.finish()).committed_offset == reached + 1
        assert await wire.texts(user_id=user) == [f"turn {number}" for number in range(reached + 1)]


async def test_handlers_of_dead_peers_end(start_server, unused_port):
    server = start_server("--metrics-listen", f"127.0.0.1:{unused_port}")
    address = f"127.0.0.1:{unused_port}"
    async with Wire(server.target) as wire:
        await asyncio.gather(*(wire.open(unique("s")) for _ in range(50)))
        assert metric(address, "interplay_open_streams") == 50
    await until(lambda: not metric(address, "interplay_open_streams"))


@pytest.mark.endurance
async def test_keepalive_ends_streams_of_a_frozen_peer(start_server, unused_port):
    """Half-open TCP: nobody says goodbye; a ping after 30 s, and a minute of patience (measured: 90 s)."""
    server = start_server("--metrics-listen", f"127.0.0.1:{unused_port}")
    address = f"127.0.0.1:{unused_port}"
    async with FreezableProxy(server.target) as proxy, Wire(proxy.target) as wire:
        await wire.open("frozen")
        proxy.freeze()
        await until(lambda: not metric(address, "interplay_open_streams"), 120, 0.5)
