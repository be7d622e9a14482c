"""The kill loop: SIGKILL at random moments under load; what was acked is there once, what was deleted is gone."""

import asyncio
import contextlib
import random
import re
import time

import grpc
import pytest

from tests.conftest import ServerProcess
from tests.stream.wire import Wire

STREAMS = 4


class Publisher:
    """One stream that goes on where the server says; it knows what must be there and what must not."""

    def __init__(self, name, dice):
        self.name, self.dice = name, dice
        self.acked = 0
        self.sent = {}
        self.ids = {}
        self.deleted, self.asked_to_delete = set(), set()
        self.went_back = False

    def payload(self, offset):
        return [f"{self.name} {offset}/{row}" for row in range(1 + offset % 3)]

    async def run(self, wire):
        """Until the server dies."""
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError, AssertionError, asyncio.TimeoutError):
            stream = await wire.open(self.name, user_id=self.name, session_id="s", return_interaction_ids=True)
            start = stream.opened.next_offset
            # Behind an ack would be a loss; beyond what was ever sent would be an invention.
            self.went_back |= start < self.acked or start > len(self.sent)
            acks = asyncio.create_task(self._take(stream))
            try:
                for offset in range(start, 1_000_000):
                    self.sent[offset] = True
                    await stream.append(*self.payload(offset), offset=offset)
                    if offset - self.acked > 100:
                        await asyncio.sleep(0.001)
                    if self.dice.random() < 0.01 and self.ids:
                        await self._delete(wire)
            finally:
                acks.cancel()
                await asyncio.gather(acks, return_exceptions=True)

    async def _take(self, stream):
        while True:
            kind, ack = await stream.next(3600)
            if kind == "end":
                return
            assert kind in {"ack", "heartbeat"}, ack
            if kind == "ack":
                self.acked = max(self.acked, ack.committed_offset)
                for result in ack.results:
                    self.ids[result.offset] = list(result.interaction_ids)

    async def _delete(self, wire):
        offset = self.dice.choice(sorted(self.ids))
        ids = self.ids.pop(offset)
        self.asked_to_delete.add(offset)
        await wire.delete(interaction_ids=ids)
        self.deleted |= set(ids)

    def check(self, rows):
        """Returns (lost, doubled, risen, strange)."""
        found = [row.interaction_id for row in rows]
        texts = [row.data.content for row in rows]
        known = {one for ids in self.ids.values() for one in ids}
        lost = known - set(found)
        doubled = (len(found) - len(set(found))) + (len(texts) - len(set(texts)))
        risen = self.deleted & set(found)
        valid = {text for offset in self.sent for text in self.payload(offset)}
        return lost, doubled, risen, set(texts) - valid


async def kill_loop(server, kills, seed):
    dice = random.Random(seed)
    publishers = [Publisher(f"p{number}", random.Random(dice.random())) for number in range(STREAMS)]
    for _ in range(kills):
        async with Wire(server.target) as wire:
            running = [asyncio.create_task(publisher.run(wire)) for publisher in publishers]
            await asyncio.sleep(dice.uniform(0.02, 0.6))
            await asyncio.to_thread(server.kill)
            await asyncio.wait_for(asyncio.gather(*running), 30)
        await asyncio.to_thread(server.start)
    acked = lost = doubled = risen = deleted = 0
    async with Wire(server.target) as wire:
        for eventual in (False, True):
            for publisher in publishers:
                assert not publisher.went_back, f"{publisher.name} was told a wrong next_offset, seed {seed}"
                if not eventual:
                    stream = await wire.open(publisher.name, user_id=publisher.name)
                    assert stream.opened.next_offset >= publisher.acked
                    await stream.append("flush", offset=stream.opened.next_offset)
                    publisher.sent[stream.opened.next_offset] = True
                    publisher.payload = lambda offset, inner=publisher.payload, last=stream.opened.next_offset: (
                        ["flush"] if offset == last else inner(offset)
                    )
                    await stream.send(flush={})
                    while not (await stream.skip_to("ack", 30)).flushed:
                        pass
                    total = stream.acked
                    await stream.finish()
                rows = await wire.list(user_id=publisher.name, eventual=eventual)
                bad = publisher.check(rows)
                lost, doubled, risen = lost + len(bad[0]), doubled + bad[1], risen + len(bad[2])
                assert not bad[3], bad[3]
                order = [row.request_id.rsplit("/", 1)[1] for row in rows]
                assert list(map(int, order)) == sorted(map(int, order)), "out of order"
                if not eventual:
                    acked += publisher.acked
                    deleted += len(publisher.deleted)
                    there = {int(offset) for offset in order}
                    missing = set(range(total)) - there - publisher.asked_to_delete
                    assert not missing, f"{publisher.name} lacks {missing}, seed {seed}"
    return acked, deleted, lost, doubled, risen


async def run(tmp_path, kills, record_property):
    seed = random.randrange(2**32)
    started = time.monotonic()
    server = ServerProcess(tmp_path / "data").start()
    try:
        acked, deleted, lost, doubled, risen = await kill_loop(server, kills, seed)
        log = server.log.read_text()
    finally:
        server.stop()
    figures = (
        f"{kills} kills, {acked} acked appends, {deleted} deleted, {lost} lost, {doubled} doubled, {risen} risen, "
        f"{time.monotonic() - started:.0f} s, seed {seed}"
    )
    record_property("kills", figures)
    print(figures)
    assert acked > kills * 10
    assert deleted > 0
    assert (lost, doubled, risen) == (0, 0, 0), figures
    assert not re.search("Traceback|internal error|cannot apply", log), log[-3000:]


async def test_twenty_five_kills_lose_and_double_nothing(tmp_path, record_property):
    await run(tmp_path, 25, record_property)


@pytest.mark.endurance
@pytest.mark.timeout(1800)
async def test_two_hundred_kills_lose_and_double_nothing(tmp_path, record_property):
    await run(tmp_path, 200, record_property)
