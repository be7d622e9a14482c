"""SIGKILL while the server learns: every eligible interaction is read, in few windows, and nothing is learnt twice."""

import asyncio
import contextlib
import itertools
import random
import re
import sqlite3
import time
from collections import Counter, defaultdict

import grpc
import msgspec
import pytest
from interplay_server.domain.learnt import WindowReceipt

from tests.conftest import ServerProcess
from tests.service.learning_kit import IN_PENDING, LearningApi, lpb
from tests.stream.wire import Wire

USERS = 4
SIZE, STRIDE = 4, 2
FACTS = ("I am allergic to {}.", "I have {} bikes.", "I live in {}.", "The weather in {} is fine.")
WORDS = ("Lisbon", "Porto", "Ghent", "Oslo", "Riga", "Turin", "Bergen", "Seville")


class Talker:
    """Publishes as one user until the server dies; whatever was not acked is sent again from where the stream stands."""

    def __init__(self, name):
        self.name = name
        self.acked = 0

    def turn(self, offset):
        return FACTS[offset % len(FACTS)].format(WORDS[offset // len(FACTS) % len(WORDS)])

    async def run(self, wire):
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError, AssertionError, asyncio.TimeoutError):
            stream = await wire.open(self.name, user_id=self.name, session_id="s")
            for offset in itertools.count(stream.opened.next_offset):
                await stream.append(self.turn(offset), offset=offset)
                kind, ack = await stream.next(30)
                if kind == "ack":
                    self.acked = max(self.acked, ack.committed_offset)


async def kill_while_learning(server, kills, dice):
    talkers = [Talker(f"u{number}") for number in range(USERS)]
    for _ in range(kills):
        async with Wire(server.target) as wire:
            running = [asyncio.create_task(talker.run(wire)) for talker in talkers]
            await asyncio.sleep(dice.uniform(0.1, 0.8))
            await asyncio.to_thread(server.kill)
            await asyncio.wait_for(asyncio.gather(*running), 30)
        await asyncio.to_thread(server.start)
    return talkers


def kill_while_rerunning(server, kills, dice):
    """A rerun that is killed again and again and ends all the same; gives its result."""
    operation_id = LearningApi(server.target).rerun()
    for _ in range(kills):
        time.sleep(dice.uniform(0.02, 0.4))
        server.kill()
        server.start()
    return LearningApi(server.target, timeout=120).succeeded(operation_id)


def receipts(server):
    with contextlib.closing(sqlite3.connect(f"file:{server.data}/default/ledger.sqlite3?mode=ro", uri=True)) as db:
        records = db.execute("SELECT record FROM windows").fetchall()
    return [msgspec.msgpack.decode(record, type=WindowReceipt) for (record,) in records]


def check_windows(read, rows):
    """By extractor and generation: each interaction at least once and in at most ceil(size / stride) windows."""
    held = defaultdict(Counter)
    for receipt in read:
        held[receipt.extractor, receipt.generation].update(receipt.interaction_ids)
    there = {row.interaction_id for row in rows}
    for key, counts in held.items():
        assert set(counts) == there, f"{key} lacks {len(there - set(counts))} interactions"
        assert max(counts.values()) <= -(-SIZE // STRIDE), key
    return set(held)


def check_rows(rows):
    """No fact stands twice in a generation, and no span of text backs two rows of the same words."""
    open_rows = [row for row in rows if not row.HasField("end_time")]
    stated = Counter((row.user_id, row.origin.generation, row.content) for row in open_rows)
    assert not [one for one, count in stated.items() if count > 1]
    spans = Counter(
        (row.origin.generation, row.content, span.interaction_id, span.start) for row in rows for span in row.evidence
    )
    assert not [one for one, count in spans.items() if count > 1]


async def run(tmp_path, kills, record_property):
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    server = ServerProcess(tmp_path / "data").start()
    try:
        api = LearningApi(server.target)
        api.configure(window_size=SIZE, stride=STRIDE, idle_seconds=1, aggregation=lpb.AggregationConfig(disabled=True))
        talkers = await kill_while_learning(server, kills, dice)
        api = LearningApi(server.target, timeout=60)
        for talker in talkers:
            await asyncio.to_thread(api.caught_up, talker.name, 60)
        everything = []
        async with Wire(server.target) as wire:
            for talker in talkers:
                mine = await wire.list(user_id=talker.name)
                assert len(mine) >= talker.acked
                everything += mine
        assert len(everything) > kills * 10
        assert check_windows(receipts(server), everything) == {("profiles", 1), ("playbooks", 1)}
        live = [one for talker in talkers for one in api.profiles(talker.name, lifecycles=[1, 3])]
        check_rows(live)
        await asyncio.to_thread(kill_while_rerunning, server, kills, dice)
        api = LearningApi(server.target, timeout=60)
        anew = [one for talker in talkers for one in api.profiles(talker.name, lifecycles=[IN_PENDING])]
        check_rows(anew)
        assert {one.content for one in anew} == {one.content for one in live}
        keys = check_windows(receipts(server), everything)
        assert keys == {("profiles", 1), ("playbooks", 1), ("profiles", 2), ("playbooks", 2)}
        log = server.log.read_text()
    finally:
        server.stop()
    figures = f"{2 * kills} kills, {len(everything)} interactions, {len(live)} rows, {len(anew)} anew, seed {seed}"
    record_property("kills", figures)
    print(figures)
    assert not re.search("Traceback|internal error|cannot learn", log), log[-3000:]


async def test_a_few_kills_while_learning(tmp_path, record_property):
    await run(tmp_path, 3, record_property)


@pytest.mark.endurance
@pytest.mark.timeout(1800)
async def test_a_hundred_kills_while_learning(tmp_path, record_property):
    await run(tmp_path, 50, record_property)
