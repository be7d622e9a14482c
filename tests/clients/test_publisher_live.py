"""The publisher over real connections that break and real servers that die."""

import asyncio
import random

import pytest
from interplay import (
    AbortedError,
    AlreadyExistsError,
    AsyncInterplay,
    BufferFullError,
    DeadlineExceededError,
    InvalidArgumentError,
    PublisherClosedError,
    ResourceExhaustedError,
    UnauthenticatedError,
)
from interplay._core import Settings
from interplay.publisher import PublisherStats
from interplay.v1 import publish_stream_pb2 as stream

from tests.support.fault_proxy import FaultProxy


def turn(number):
    return {"content": f"turn {number}", "external_id": str(number)}


BAD = {"content": "a click of nothing", "user_action": "click"}


async def stored(target, session_id):
    """External ids of a session in the order of the journal: publication ids sort by it."""
    async with AsyncInterplay(target) as client:
        found = [row async for row in client.list_interactions(session_id=session_id, page_size=1000)]
    return [int(row.data.external_id) for row in sorted(found, key=lambda row: row.interaction_id)]


async def test_acks_come_in_order_with_ids(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        async with client.publisher("orders", user_id="u", session_id="orders", return_ids=True) as publisher:
            receipts = [await publisher.append([turn(2 * n), turn(2 * n + 1)]) for n in range(50)]
            acks = await asyncio.gather(*receipts)
            assert publisher.pending == 0
            assert publisher.stats() == PublisherStats(
                pending=0, pending_bytes=0, connections=1, committed_offset=50, stopped=False
            )
        assert (publisher.committed_offset, publisher.stats().stopped) == (50, True)
        assert [ack.offset for ack in acks] == list(range(50))
        assert [ack.request_id for ack in acks] == [f"orders/{n}" for n in range(50)]
        ids = [one for ack in acks for one in ack.interaction_ids]
        assert len(set(ids)) == 100
        assert (await client.get_interaction(ids[17])).data.content == "turn 17"
        assert (await client.get_publish_stream("orders")).interaction_count == 100
        again = client.publisher("orders", user_id="u", session_id="orders")
        assert (await (await again.append(turn(100)))).offset == 50
        await again.close()
        await again.close()
    assert await stored(shared_server.target, "orders") == list(range(101))


async def test_a_bad_append_fails_alone(shared_server):
    told = []
    async with AsyncInterplay(shared_server.target) as client:
        async with client.publisher(
            "bad", user_id="u", session_id="bad", on_error=lambda error, receipt: told.append((error, receipt))
        ) as publisher:
            receipts = [await publisher.append(BAD if n % 7 == 3 else turn(n)) for n in range(300)]
            await publisher.drain()
            assert all(receipt.done() for receipt in receipts)
        for number, receipt in enumerate(receipts):
            if number % 7 == 3:
                with pytest.raises(InvalidArgumentError) as caught:
                    await receipt
                assert "user_action_description" in caught.value.violations[0].field
            else:
                await receipt
        acks = [await receipt for number, receipt in enumerate(receipts) if number % 7 != 3]
    assert [ack.offset for ack in acks] == list(range(len(acks)))
    assert [receipt for _, receipt in told] == [receipt for n, receipt in enumerate(receipts) if n % 7 == 3]
    assert await stored(shared_server.target, "bad") == [n for n in range(300) if n % 7 != 3]


async def test_partial_success_names_the_rows_refused(shared_server):
    async with (
        AsyncInterplay(shared_server.target) as client,
        client.publisher("partial", user_id="u", session_id="partial", return_ids=True) as publisher,
    ):
        ack = await (await publisher.append([turn(0), BAD, turn(1)], partial_success=True))
        skipped = await (await publisher.append([turn(2), {}]))
    assert [(index, error.code) for index, error in ack.rejected] == [(1, "INVALID_ARGUMENT")]
    assert [bool(one) for one in ack.interaction_ids] == [True, False, True]
    assert skipped.warnings
    assert skipped.interaction_ids[1] == ""


async def test_overrides_reach_their_append(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        async with client.publisher("over", user_id="u", session_id="over-1", source="web") as publisher:
            await publisher.append(turn(0))
            await publisher.append(
                turn(1),
                session_id="over-2",
                source="mail",
                agent_version="v2",
                evaluation_only=True,
                learn_from="shadow",
                session_finished=True,
                metadata={"ticket": "t1"},
            )
            with pytest.raises(TypeError, match="surprise"):
                await publisher.append(turn(2), surprise=True)
        row = await anext(client.list_interactions(session_id="over-2"))
        assert (row.source, row.agent_version, row.evaluation_only) == ("mail", "v2", True)
        assert row.request_metadata["ticket"] == "t1"
        assert (await client.get_session("over-2")).session.finished
        row = await anext(client.list_interactions(session_id="over-1"))
        assert (row.user_id, row.source, row.evaluation_only) == ("u", "web", False)


async def test_a_flush_makes_eventual_reads_see_it(shared_server):
    async with (
        AsyncInterplay(shared_server.target) as client,
        client.publisher("flush", user_id="flusher", session_id="flush") as publisher,
    ):
        for number in range(20):
            await publisher.append(turn(number))
        await asyncio.gather(publisher.flush(), publisher.flush())
        found = [row async for row in client.list_interactions(session_id="flush", consistency="eventual")]
        assert len(found) == 20


async def test_user_turns_are_answered_by_contexts(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        await client.publish_interaction("briefed", {"content": "I love sailing"}, session_id="old")
        publisher = client.publisher(
            "briefed", user_id="briefed", session_id="new", context={"top_k": 3, "token_budget": 200}
        )
        receipt = await publisher.append({"content": "Tell me about sailing"})
        context = await receipt.context(10)
        assert context.offset == (await receipt).offset
        assert "I love sailing" in context.rendered
        agent = await publisher.append({"role": "Agent", "content": "Gladly"})
        assert await agent.context() is None
        await publisher.close()
        assert [one.offset async for one in publisher.contexts()] == [0]


async def test_the_buffer_is_bounded(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        rejecting = client.publisher("full", user_id="u", session_id="full", buffer=10, policy="reject")
        for number in range(10):
            rejecting.append_nowait(turn(number))
        with pytest.raises(BufferFullError):
            rejecting.append_nowait(turn(10))
        with pytest.raises(BufferFullError):
            await rejecting.append(turn(10))
        await rejecting.drain()
        await rejecting.append(turn(10))
        await rejecting.close()
        async with client.publisher("waits", user_id="u", session_id="waits", buffer=10) as waiting:
            for number in range(200):
                await waiting.append(turn(number))
                assert waiting.pending <= 10
    assert await stored(shared_server.target, "full") == list(range(11))
    assert await stored(shared_server.target, "waits") == list(range(200))


async def test_what_cannot_be_sent_is_refused_at_once(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        publisher = client.publisher("huge", user_id="u", session_id="huge")
        with pytest.raises(ResourceExhaustedError) as caught:
            await publisher.append([{"content": "x" * 1_000_000}] * 17)
        assert caught.value.reason == "MESSAGE_TOO_LARGE"
        await publisher.close()
        with pytest.raises(PublisherClosedError):
            await publisher.append(turn(0))
        with pytest.raises(PublisherClosedError):
            publisher.append_nowait(turn(0))
        for settings in ({"policy": "drop"}, {"buffer": 0}):
            with pytest.raises(ValueError, match=r"policy|buffer"):
                client.publisher("s", **settings)


async def test_the_newer_publisher_wins(shared_server):
    told = []
    async with AsyncInterplay(shared_server.target) as one, AsyncInterplay(shared_server.target) as other:
        old = one.publisher(
            "till", user_id="u", session_id="till", on_error=lambda error, receipt: told.append((error, receipt))
        )
        await (await old.append(turn(0)))
        async with other.publisher("till", user_id="u", session_id="till") as new:
            assert (await (await new.append(turn(1)))).offset == 1
            with pytest.raises(AbortedError) as caught:
                while True:
                    await old.append(turn(9))
                    await asyncio.sleep(0.02)
            assert caught.value.reason == "STREAM_SUPERSEDED"
            await (await new.append(turn(2)))
        with pytest.raises(AbortedError):
            await old.flush()
        with pytest.raises(AbortedError):
            await old.close()
        assert [type(error) for error, receipt in told if receipt is None] == [AbortedError]
    assert await stored(shared_server.target, "till") == [0, 1, 2]


async def test_a_connection_that_breaks_is_mended(server):
    """Random cuts, resets, delays; with refused appends among the good ones."""
    dice = random.Random(20261121)
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        harm = asyncio.create_task(_harm(proxy, dice))
        receipts = []
        async with client.publisher(
            "cuts", user_id="u", session_id="cuts", buffer=200, max_outstanding=20, on_error=lambda *_: None
        ) as publisher:
            for number in range(1500):
                receipts.append(await publisher.append(BAD if number % 50 == 49 else turn(number)))
                if number % 20 == 0:
                    await asyncio.sleep(0.02)
            harm.cancel()
            proxy.delay = 0
            await publisher.drain()
        outcomes = await asyncio.gather(*receipts, return_exceptions=True)
        assert proxy.connections > 3
    good = [number for number in range(1500) if number % 50 != 49]
    assert [number for number, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)] == good
    assert [outcomes[number].offset for number in good] == list(range(len(good)))
    assert all(isinstance(outcomes[number], InvalidArgumentError) for number in range(49, 1500, 50))
    assert await stored(server.target, "cuts") == good


async def _harm(proxy, dice):
    while True:
        await asyncio.sleep(dice.uniform(0.05, 0.5))
        dice.choice([proxy.cut, proxy.reset])()
        proxy.delay = dice.choice([0, 0, 0.02])


async def test_a_half_open_connection_is_noticed_by_its_silence(server):
    async with (
        FaultProxy(server.target) as proxy,
        AsyncInterplay(proxy.target) as client,
        client.publisher("silent", user_id="u", session_id="silent", heartbeat=0.3) as publisher,
    ):
        await (await publisher.append(turn(0)))
        proxy.half_open()
        receipts = [await publisher.append(turn(number)) for number in range(1, 30)]
        await asyncio.wait_for(asyncio.gather(*receipts), 15)
        assert proxy.connections >= 2
        await asyncio.sleep(2)
        assert proxy.connections == 2, "an idle connection that answers heart-beats is alive"
    assert await stored(server.target, "silent") == list(range(30))


async def test_a_server_killed_again_and_again_loses_nothing(server):
    receipts = []
    async with AsyncInterplay(server.target) as client:
        async with client.publisher("kills", user_id="u", session_id="kills", max_outstanding=16) as publisher:

            async def feed():
                for number in range(600):
                    receipts.append(await publisher.append(turn(number)))
                    await asyncio.sleep(0.005)

            feeding = asyncio.create_task(feed())
            for pause in (0.4, 0.7):
                await asyncio.sleep(pause)
                await asyncio.to_thread(server.restart)
            await feeding
            await asyncio.sleep(0.1)
        acks = await asyncio.gather(*receipts)
    assert [ack.offset for ack in acks] == list(range(600))
    assert await stored(server.target, "kills") == list(range(600))


async def test_a_server_that_goes_away_is_left_in_good_order(server):
    async with (
        AsyncInterplay(server.target) as client,
        client.publisher("drain", user_id="u", session_id="drain") as publisher,
    ):
        first = [await publisher.append(turn(number)) for number in range(100)]
        await first[0]
        stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
        await asyncio.sleep(0.2)
        second = [await publisher.append(turn(number)) for number in range(100, 200)]
        assert await stopping == 0
        await asyncio.to_thread(server.start)
        await asyncio.gather(*first, *second)
    assert await stored(server.target, "drain") == list(range(200))


async def test_closing_gives_up_when_told_to(server):
    async with AsyncInterplay(server.target) as client:
        publisher = client.publisher("gone", user_id="u", session_id="gone")
        await (await publisher.append(turn(0)))
        server.kill()
        receipt = await publisher.append(turn(1))
        with pytest.raises(DeadlineExceededError, match="1 interactions"):
            await publisher.close(0.5)
        with pytest.raises(DeadlineExceededError):
            await receipt
        await publisher.close()


async def test_abort_and_cancellation_give_up_at_once(server):
    async with AsyncInterplay(server.target) as client:
        server.kill()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5), client.publisher("a", user_id="u", session_id="a") as publisher:
                receipt = await publisher.append(turn(0))
                await receipt
        with pytest.raises(PublisherClosedError):
            await receipt
        other = client.publisher("b", user_id="u", session_id="b", buffer=1)
        pending = [
            await other.append(turn(0)),
            asyncio.ensure_future(other.append(turn(1))),
            asyncio.ensure_future(other.drain()),
        ]
        await asyncio.sleep(0)
        await other.abort()
        for one in pending:
            with pytest.raises(PublisherClosedError):
                await one


async def test_a_closed_client_stops_its_publishers(shared_server):
    client = AsyncInterplay(shared_server.target)
    publisher = client.publisher("orphan", user_id="u", session_id="orphan")
    await (await publisher.append(turn(0)))
    await client.close()
    with pytest.raises(PublisherClosedError):
        for _ in range(100):
            await publisher.append(turn(1))
            await asyncio.sleep(0.05)
    await publisher.abort()


async def test_a_credential_that_is_refused_stops_the_publisher(start_server):
    server = start_server("--auth-required")
    told = []
    async with AsyncInterplay(server.target, api_key="wrong") as client:
        publisher = client.publisher(
            "denied", user_id="u", session_id="s", on_error=lambda error, receipt: told.append(error)
        )
        with pytest.raises(UnauthenticatedError):
            await (await publisher.append(turn(0)))
        with pytest.raises(UnauthenticatedError):
            await publisher.close()
    assert [error.reason for error in told] == ["CREDENTIAL_INVALID"]


async def test_a_faulty_callback_does_not_stop_the_publisher(shared_server, caplog):
    def shout(error, receipt):
        raise RuntimeError("mine")

    async with (
        AsyncInterplay(shared_server.target) as client,
        client.publisher("shout", user_id="u", session_id="shout", on_error=shout) as publisher,
    ):
        await publisher.append(BAD)
        await (await publisher.append(turn(0)))
    assert "on_error of stream shout failed" in caplog.text


async def test_an_error_in_the_block_still_sends_what_was_appended(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        with pytest.raises(KeyError):
            async with client.publisher("block", user_id="u", session_id="block") as publisher:
                await publisher.append(turn(0))
                raise KeyError("mine")
    assert await stored(shared_server.target, "block") == [0]


async def test_an_offset_that_another_took_fails_its_append(shared_server):
    """A second writer that steals the offset by a raw stream of its own is found out by the payload's digest."""
    async with AsyncInterplay(shared_server.target) as client:
        publisher = client.publisher("stolen", user_id="u", session_id="stolen")
        await (await publisher.append(turn(0)))
        core = publisher._core
        real = core.window.take

        def late_take():
            entry = real()
            if entry is not None:
                entry.offset = 0
                core.window._sent[0] = core.window._sent.pop(1)
            return entry

        core.window.take = late_take
        with pytest.raises(AlreadyExistsError) as caught:
            await (await publisher.append(turn(1)))
        assert caught.value.reason == "APPEND_CONFLICT"
        await publisher.close()


def test_open_carries_every_setting():
    """What the server is told first."""
    settings = Settings("s", "u", "v", "w", "x", "y", 1, 1, "wait", True, None, True, 7, None)
    opened = settings.open_message().open
    assert (opened.stream_id, opened.user_id, opened.session_id, opened.source) == ("s", "u", "v", "w")
    assert (opened.agent_version, opened.agent_id, opened.max_outstanding) == ("x", "y", 7)
    assert opened.return_interaction_ids
    assert opened.HasField("context")
    assert isinstance(opened, stream.StreamOpen)
