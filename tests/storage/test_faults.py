"""Disks that are full or read-only, and a LanceDB that fails while the ledger works."""

import asyncio
import subprocess
import sys
import time

import grpc
import pytest
from interplay.v1 import interaction_pb2 as data
from interplay.v1 import interaction_service_pb2 as service
from interplay.v1 import publish_stream_pb2 as pb
from interplay_server.domain.query import InteractionFilter
from interplay_server.errors import InternalError, StorageFull
from interplay_server.storage.tables import Tables

from tests.storage.inside import EVERYTHING, SLOW, delete, png, publish, settle, tenant, texts
from tests.stream.wire import Wire, failure_of, reason_of, until

PADDING = "x" * 60_000


async def fill(wire, most=2000):
    """Publishes until the disk is full; the texts that were acked, and how the first refusal looked."""
    acked = []
    for number in range(most):
        text = f"{number} {PADDING}"
        try:
            await wire.publish(text)
        except grpc.aio.AioRpcError as error:
            return acked, failure_of(error)
        acked.append(text)
    raise AssertionError("the disk was never full")


async def heads(wire, **fields):
    return [text.split()[0] for text in await wire.texts(**fields)]


async def test_a_full_disk_refuses_writes_serves_reads_and_heals(small_disk, start_server):
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * (140 << 20))
    server = start_server(data=small_disk / "data")
    async with Wire(server.target) as wire:
        acked, failure = await fill(wire)
        assert failure == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
        assert len(acked) > 20
        names = [text.split()[0] for text in acked]
        assert await heads(wire) == names
        found = await wire.call(
            "SearchInteractions",
            service.SearchInteractionsRequest(query="7", user_id="ann", mode=service.SEARCH_MODE_TEXT),
        )
        assert [hit.interaction.data.content.split()[0] for hit in found.hits] == ["7"]

        stream = await wire.open("s", user_id="bob")
        await stream.append("for bob " + PADDING * 10)
        error = await stream.expect("append_error")
        assert reason_of(error.status)[:2] == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await wire.publish(interactions=[data.InteractionData(image=png(1) + bytes(4 << 20))])
        assert failure_of(caught.value) == ("RESOURCE_EXHAUSTED", "STORAGE_FULL")
        # A barrier in the group of a refused append is answered once what is committed can be applied.
        await stream.append("for bob " + PADDING * 10)
        await stream.send(flush=pb.StreamFlush())
        assert reason_of((await stream.expect("append_error")).status)[1] == "STORAGE_FULL"

        filler.unlink()
        deadline = time.monotonic() + 20
        while True:
            try:
                await wire.publish("after")
                break
            except grpc.aio.AioRpcError as refused:
                assert failure_of(refused)[1] == "STORAGE_FULL"
                assert time.monotonic() < deadline, "writes did not come back"
                await asyncio.sleep(0.2)
        assert await heads(wire) == [*names, "after"]
        assert await wire.texts(user_id="bob") == []
        again = await wire.open("s", user_id="bob")
        assert again.opened.next_offset == 0
        await again.append("bob is back")
        await again.send(flush=pb.StreamFlush())
        while not (await again.skip_to("ack", 20)).flushed:
            pass
        await again.finish()
        assert await heads(wire, eventual=True) == [*names, "after", "bob"]
    assert server.terminate() == 0
    server.start()
    async with Wire(server.target) as wire:
        assert await heads(wire) == [*names, "after", "bob"]


async def test_a_kill_on_a_full_disk_loses_nothing_acked(small_disk, start_server):
    filler = small_disk / "filler"
    filler.write_bytes(b"\0" * (140 << 20))
    server = start_server(data=small_disk / "data")
    async with Wire(server.target) as wire:
        acked, _ = await fill(wire)
    server.kill()
    filler.unlink()
    server.start()
    async with Wire(server.target) as wire:
        assert await heads(wire) == [text.split()[0] for text in acked]


# --- read-only


async def test_a_read_only_data_folder_is_refused_at_the_start(tmp_path, start_server, read_only):
    server = start_server(data=tmp_path / "data")
    async with Wire(server.target) as wire:
        await wire.publish("x")
    assert server.terminate() == 0
    read_only(tmp_path / "data")
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "interplay_server", "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode not in {0, -11}
    assert "Traceback" not in done.stderr
    assert "read-only" in done.stderr.lower(), done.stderr


async def test_a_read_only_tenant_is_told_and_others_are_served(tmp_path, start_server, read_only):
    server = start_server(data=tmp_path / "data")
    async with Wire(server.target, "locked") as locked:
        await locked.publish("x")
    assert server.terminate() == 0
    before = {path: path.read_bytes() for path in sorted((tmp_path / "data" / "locked").rglob("*")) if path.is_file()}
    read_only(tmp_path / "data" / "locked")
    server.start()
    async with Wire(server.target, "locked") as locked, Wire(server.target, "other") as other:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await locked.publish("y")
        assert failure_of(caught.value) == ("FAILED_PRECONDITION", "STORAGE_READ_ONLY")
        stream = locked.raw()
        await stream.send(open=pb.StreamOpen(stream_id="s", user_id="u", session_id="s"))
        assert await stream.end() == ("FAILED_PRECONDITION", "STORAGE_READ_ONLY")
        await other.publish("z")
        assert await other.texts() == ["z"]
    assert {path: path.read_bytes() for path in before} == before


# --- LanceDB fails


class Faulty:
    """Tables.add that fails for as long as it is told to."""

    def __init__(self, monkeypatch, error):
        self.error, self.calls = error, 0
        inner = Tables.add

        async def add(tables, batch):
            self.calls += 1
            if self.error is not None:
                raise self.error
            await inner(tables, batch)

        monkeypatch.setattr(Tables, "add", add)


async def test_acks_go_on_and_reads_see_the_tail_while_lancedb_fails(tmp_path, monkeypatch):
    faulty = Faulty(monkeypatch, RuntimeError("lance is unwell"))
    async with tenant(tmp_path, apply_milliseconds=1) as store:
        ids = []
        for number in range(30):
            ids += await publish(store, f"turn {number}", user=f"u{number % 2}")
        await asyncio.sleep(0.2)
        assert faulty.calls > 0
        expected = [f"turn {number}" for number in range(30)]
        assert await texts(store) == expected
        assert await texts(store, eventual=True) == []
        assert (await store.get(ids[4])).data.content == "turn 4"
        assert sum(one.interaction_count for one in await store.sessions(EVERYTHING, limit=10)) == 30
        found = await store.candidates(InteractionFilter(user_id="u1"), text="turn", vector=None, eventual=False)
        assert len(found.rows) == 15
        await delete(store, ids[0])
        assert await texts(store) == expected[1:]
        with pytest.raises(InternalError):
            await settle(store)
        faulty.error = None
        await until(lambda: store.applied_seq == store.last_seq)
        assert await texts(store) == expected[1:]
        assert await texts(store, eventual=True) == expected[1:]
    async with tenant(tmp_path) as store:
        assert await texts(store) == expected[1:]


async def test_a_kill_while_lancedb_fails_loses_nothing(tmp_path, monkeypatch):
    faulty = Faulty(monkeypatch, RuntimeError("lance is unwell"))
    async with tenant(tmp_path, apply_milliseconds=1) as store:
        for number in range(10):
            await publish(store, f"turn {number}")
        # Closing gives up applying; the journal keeps everything.
    faulty.error = None
    async with tenant(tmp_path) as store:
        assert await texts(store) == [f"turn {number}" for number in range(10)]


@pytest.mark.parametrize(
    ("error", "told"), [(RuntimeError("lance"), InternalError), (OSError(28, "No space left on device"), StorageFull)]
)
async def test_a_full_tail_makes_publishing_fail_rather_than_grow(tmp_path, monkeypatch, error, told):
    faulty = Faulty(monkeypatch, error)
    async with tenant(tmp_path, apply_milliseconds=1, max_pending_rows=20) as store:
        for number in range(20):
            await store.wait_room()
            await publish(store, f"turn {number}")
        async with asyncio.timeout(5):
            with pytest.raises(told):
                while True:
                    await store.wait_room()
                    await asyncio.sleep(0.01)
        faulty.error = None
        await until(lambda: store.applied_seq == store.last_seq)
        await asyncio.wait_for(store.wait_room(), 5)
        await publish(store, "on it goes")
        assert len(await texts(store)) == 21


async def test_a_full_tail_that_moves_makes_publishing_wait(tmp_path):
    async with tenant(tmp_path, max_pending_rows=10, **SLOW) as store:
        for number in range(10):
            await publish(store, f"turn {number}")
        waiting = asyncio.create_task(store.wait_room())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await settle(store)
        await asyncio.wait_for(waiting, 5)


async def test_writes_are_refused_on_a_stream_while_the_tail_is_full(start_server):
    """The server's own limit, from outside: publishing waits, and goes on when LanceDB has caught up."""
    server = start_server("--storage-max-pending-rows", "50")
    async with Wire(server.target) as wire:
        stream = await wire.open("s", user_id="u")
        for number in range(1000):
            await stream.append(f"turn {number}")
        assert (await stream.finish()).committed_offset == 1000
        assert len(set(await wire.texts(user_id="u"))) == 1000
