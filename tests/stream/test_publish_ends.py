"""StreamPublish to the letter of contract 1.1: ends, messages that are none, context."""

import asyncio

from interplay.v1 import context_pb2
from interplay.v1 import interaction_pb2 as data
from interplay.v1 import publish_stream_pb2 as pb

from tests.stream.wire import reason_of, turns, unique

# --- ends


async def test_finish_neither_seals_the_stream_nor_ends_the_session(wire, names):
    stream_id, user = names
    for number in range(3):
        stream = await wire.open(stream_id, user_id=user)
        assert stream.opened.next_offset == number
        await stream.append(f"life {number}")
        finished = await stream.finish()
        assert (finished.committed_offset, finished.interaction_count) == (number + 1, number + 1)


async def test_finish_commits_what_was_sent_before_it(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    for number in range(300):
        await stream.append(f"turn {number}")
    finished = await stream.finish()
    assert finished.committed_offset == 300
    assert stream.acked == 300


async def test_the_end_of_input_without_finish_keeps_and_acks_what_was_received(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    for number in range(50):
        await stream.append(f"turn {number}")
    await stream.call.done_writing()
    assert await stream.end() == ("OK", "")
    kinds = []
    while (got := await stream.next())[0] != "end":
        kinds.append(got[0])
    assert "finished" not in kinds
    assert stream.acked == 50
    assert len(await wire.texts(user_id=user)) == 50
    assert (await wire.position(stream_id)).next_offset == 50


async def test_a_cancelled_stream_keeps_what_was_acked_and_can_go_on(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    for number in range(200):
        await stream.append(f"turn {number}", offset=number)
    while stream.acked < 20:
        await stream.next()
    await stream.close()
    acked = stream.acked
    again = await wire.open(stream_id, user_id=user)
    assert acked <= again.opened.next_offset <= 200
    for number in range(again.opened.next_offset, 200):
        await again.append(f"turn {number}", offset=number)
    assert (await again.finish()).committed_offset == 200
    assert await wire.texts(user_id=user) == [f"turn {number}" for number in range(200)]


# --- messages that are none


async def test_broken_messages_are_answered_in_the_stream_and_it_lives(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    broken_utf8 = pb.StreamPublishRequest(append=pb.StreamAppend(interactions=turns("QQQQ")))
    cases = [
        (b"", ("INVALID_ARGUMENT", "INVALID_REQUEST")),
        (b"\xff\xff\xff\xff", ("INVALID_ARGUMENT", "INVALID_MESSAGE")),
        (
            broken_utf8.SerializeToString().replace(b"QQQQ", b"\xff\xfe\xfd\xfc"),
            ("INVALID_ARGUMENT", "INVALID_MESSAGE"),
        ),
        (b"\x12" + b"\xff" * 9 + b"\x01", ("INVALID_ARGUMENT", "INVALID_MESSAGE")),
    ]
    for number, (raw, expected) in enumerate(cases):
        await stream.send(raw)
        error = await stream.expect("append_error")
        assert reason_of(error.status)[:2] == expected
        assert not error.HasField("offset")
        assert error.next_offset == number
        await stream.append(f"still here {number}")
        await stream.wait_acked(number + 1)
    assert (await stream.finish()).committed_offset == len(cases)


async def test_a_message_over_the_limit_is_refused_in_the_stream(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    big = [data.InteractionData(role="User", content="x" * 1_000_000) for _ in range(17)]
    await stream.append(rows=big)
    error = await stream.expect("append_error", 30)
    assert reason_of(error.status)[:2] == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert not error.HasField("offset")
    await stream.append(rows=big[:15])
    finished = await stream.finish()
    assert (finished.committed_offset, finished.interaction_count) == (1, 15)


async def test_a_first_message_that_is_none_ends_the_stream(wire):
    stream = wire.raw()
    await stream.send(b"\xff\xff\xff")
    assert await stream.end() == ("INVALID_ARGUMENT", "INVALID_MESSAGE")


# --- context


async def test_context_follows_the_ack_of_a_user_turn_and_tells_the_past_only(wire, names):
    stream_id, user = names
    await wire.publish("my dog is called Biscuit and he is a beagle", user_id=user, session_id="before")
    await wire.publish("another user's dog Biscuit is a poodle", user_id=unique("user"), session_id="before")
    stream = await wire.open(stream_id, user_id=user, context=context_pb2.ContextRequest(top_k=3, token_budget=60))
    await stream.append("what is my dog Biscuit?")
    seen = []
    while not seen or seen[-1][0] != "context":
        seen.append(await stream.next())
    assert [kind for kind, _ in seen] == ["ack", "context"]
    assert seen[0][1].committed_offset == 1
    context = seen[1][1]
    assert context.offset == 0
    texts = [one.interaction.data.content for one in context.interactions]
    assert texts == ["my dog is called Biscuit and he is a beagle"]
    assert "beagle" in context.rendered
    assert context.interactions[0].interaction.interaction_id in context.rendered
    assert len(context.rendered) <= 60 * 4

    await stream.append(rows=turns("an agent's turn", role="Agent"))
    await stream.expect("ack")
    assert await stream.quiet(0.5)
    await stream.finish()


async def test_rendered_context_stays_within_a_small_budget(wire, names):
    stream_id, user = names
    for number in range(8):
        await wire.publish(f"green tea number {number} " + "with honey " * 20, user_id=user, session_id=f"s{number}")
    stream = await wire.open(stream_id, user_id=user, context=context_pb2.ContextRequest(top_k=8, token_budget=150))
    await stream.append("which green tea with honey?")
    context = await stream.skip_to("context")
    assert len(context.interactions) == 8
    assert 0 < len(context.rendered) <= 600
    await stream.finish()


async def test_contexts_come_for_every_user_turn_in_order(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user, context=context_pb2.ContextRequest(top_k=50))
    for number in range(30):
        await stream.append(f"the apple number {number} is red")
    contexts = [await stream.skip_to("context") for _ in range(30)]
    assert [context.offset for context in contexts] == list(range(30))
    for number, context in enumerate(contexts):
        told = {one.interaction.request_id for one in context.interactions}
        assert told <= {f"{stream_id}/{offset}" for offset in range(number)}
    assert len(contexts[-1].interactions) == 29
    await stream.finish()


async def test_one_stream_after_another_does_not_wait_for_idle_ones(wire):
    """Fifty idle streams beside a busy one: the busy one still gets its acks at once."""
    for _ in range(50):
        await wire.open(unique("idle"))
    busy = await wire.open(unique("busy"), user_id=unique("user"))
    async with asyncio.timeout(10):
        for number in range(100):
            await busy.append(f"turn {number}")
            await busy.wait_acked(number + 1)
