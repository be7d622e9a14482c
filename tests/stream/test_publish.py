"""StreamPublish to the letter of contract 1.1."""

import pytest
from google.protobuf.struct_pb2 import Struct
from interplay.v1 import interaction_pb2 as data
from interplay.v1 import publish_stream_pb2 as pb

from tests.stream.wire import Wire, reason_of, turns, unique

EMPTY_ROW = data.InteractionData(role="User")
BAD_ROW = data.InteractionData(role="User", user_action=data.USER_ACTION_CLICK)


# --- open


async def test_opened_tells_limits_and_where_to_go_on(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user, max_outstanding=7)
    assert stream.opened.stream_id == stream_id
    assert stream.opened.next_offset == 0
    limits = stream.opened.limits
    assert (limits.max_batch_interactions, limits.max_outstanding) == (1000, 7)
    assert limits.max_message_bytes == 16 * 2**20
    assert limits.max_outstanding_bytes == 32 * 2**20
    assert stream.opened.heartbeat_interval.ToTimedelta().total_seconds() == 15
    for text in "abc":
        await stream.append(text)
    await stream.finish()
    again = await wire.open(stream_id, user_id=user)
    assert again.opened.next_offset == 3
    assert again.opened.limits.max_outstanding == 256
    position = await wire.position(stream_id)
    assert (position.next_offset, position.interaction_count) == (3, 3)


async def test_append_before_open_ends_the_stream(wire):
    stream = wire.raw()
    await stream.append("too early", user_id="u", session_id="s")
    assert await stream.end() == ("INVALID_ARGUMENT", "STREAM_PROTOCOL")
    assert (await stream.metadata())["message"] == "append"


@pytest.mark.parametrize("first", ["flush", "heartbeat", "finish"])
async def test_nothing_may_come_before_open(wire, first):
    stream = wire.raw()
    await stream.send(pb.StreamPublishRequest(**{first: {}}))
    assert await stream.end() == ("INVALID_ARGUMENT", "STREAM_PROTOCOL")


async def test_a_second_open_ends_the_stream_after_its_commit(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append("kept")
    await stream.send(open=pb.StreamOpen(stream_id=stream_id))
    assert await stream.end() == ("INVALID_ARGUMENT", "STREAM_PROTOCOL")
    assert stream.acked == 1
    assert await wire.texts(user_id=user) == ["kept"]


async def test_a_second_open_that_breaks_a_rule_ends_the_stream_too(wire, names):
    stream = await wire.open(names[0])
    await stream.send(open=pb.StreamOpen(stream_id="x" * 129))
    assert await stream.end() == ("INVALID_ARGUMENT", "STREAM_PROTOCOL")


@pytest.mark.parametrize(
    "fields",
    [{"stream_id": ""}, {"stream_id": "  "}, {"stream_id": "x" * 129}, {"stream_id": "x", "max_outstanding": 4097}],
)
async def test_a_bad_open_is_refused(wire, fields):
    stream = wire.raw()
    await stream.send(open=pb.StreamOpen(user_id="u", session_id="s", **fields))
    assert await stream.end() == ("INVALID_ARGUMENT", "INVALID_REQUEST")


async def test_a_stream_that_ends_before_open_is_told(wire):
    stream = wire.raw()
    await stream.call.done_writing()
    assert await stream.end() == ("INVALID_ARGUMENT", "STREAM_PROTOCOL")


async def test_streams_of_two_tenants_have_nothing_in_common(shared_server, wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append("mine")
    await stream.wait_acked(1)
    async with Wire(shared_server.target, tenant="other") as other:
        theirs = await other.open(stream_id, user_id=user)
        assert theirs.opened.next_offset == 0
        assert await other.texts(user_id=user) == []
        await stream.append("still open")
        await stream.wait_acked(2)


# --- offsets


async def test_offsets_absent_equal_below_and_beyond(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user, return_interaction_ids=True)
    await stream.append("zero")
    await stream.append("one", offset=1)
    await stream.wait_acked(2)
    first = {result.offset: list(result.interaction_ids) for ack in stream.acks for result in ack.results}

    await stream.append("zero", offset=0)
    ack = await stream.expect("ack")
    assert ack.committed_offset == 2
    (result,) = ack.results
    assert (result.offset, result.duplicate) == (0, True)
    assert list(result.interaction_ids) == first[0]

    await stream.append("five", offset=5)
    error = await stream.expect("append_error")
    code, reason, metadata = reason_of(error.status)
    assert (code, reason) == ("OUT_OF_RANGE", "OFFSET_OUT_OF_RANGE")
    assert (error.offset, error.next_offset, metadata["nextOffset"]) == (5, 2, "2")

    await stream.append("two", offset=2)
    await stream.append("three")
    finished = await stream.finish()
    assert (finished.committed_offset, finished.interaction_count) == (4, 4)
    rows = await wire.list(user_id=user)
    assert [row.data.content for row in rows] == ["zero", "one", "two", "three"]
    assert [row.request_id for row in rows] == [f"{stream_id}/{offset}" for offset in range(4)]


async def test_a_duplicate_with_other_content_is_a_conflict_and_the_stream_lives(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append("first life", offset=0)
    await stream.wait_acked(1)
    await stream.append("second life", offset=0)
    error = await stream.expect("append_error")
    assert reason_of(error.status)[:2] == ("ALREADY_EXISTS", "APPEND_CONFLICT")
    assert (error.offset, error.next_offset) == (0, 1)
    await stream.append("goes on", offset=1)
    assert (await stream.finish()).committed_offset == 2
    assert await wire.texts(user_id=user) == ["first life", "goes on"]


async def test_a_conflict_is_seen_within_one_commit_too(wire, names):
    """Both appends wait in the same group: the digest of the first is not in the database yet."""
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    for turn in range(40):
        await stream.append(f"right {turn}", offset=turn)
        await stream.append(f"wrong {turn}", offset=turn)
        await stream.append(f"right {turn}", offset=turn)
    assert (await stream.finish()).committed_offset == 40
    assert await wire.texts(user_id=user) == [f"right {turn}" for turn in range(40)]


async def test_later_appends_in_flight_after_a_refused_one_are_out_of_range(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append("zero", offset=0)
    await stream.append(offset=1, rows=[BAD_ROW])
    await stream.append("two", offset=2)
    await stream.append("three", offset=3)
    await stream.send(heartbeat=pb.StreamHeartbeat())
    errors = {}
    while len(errors) < 3:
        kind, body = await stream.next()
        if kind == "append_error":
            errors[body.offset] = reason_of(body.status)[:2]
    assert errors == {
        1: ("INVALID_ARGUMENT", "INVALID_REQUEST"),
        2: ("OUT_OF_RANGE", "OFFSET_OUT_OF_RANGE"),
        3: ("OUT_OF_RANGE", "OFFSET_OUT_OF_RANGE"),
    }
    await stream.append("two", offset=1)
    await stream.append("three", offset=2)
    assert (await stream.finish()).committed_offset == 3
    assert await wire.texts(user_id=user) == ["zero", "two", "three"]


async def test_without_offsets_the_next_append_takes_the_place_of_a_refused_one(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append("zero")
    await stream.wait_acked(1)
    await stream.append(rows=[BAD_ROW])
    await stream.append("one")
    error = await stream.skip_to("append_error")
    assert error.offset == 1
    assert (await stream.finish()).committed_offset == 2
    assert [row.request_id for row in await wire.list(user_id=user)] == [f"{stream_id}/0", f"{stream_id}/1"]


async def test_a_negative_offset_is_refused_in_the_stream(wire, names):
    stream = await wire.open(names[0])
    await stream.append("x", offset=-1)
    error = await stream.expect("append_error")
    assert reason_of(error.status)[0] == "INVALID_ARGUMENT"
    assert (await stream.finish()).committed_offset == 0


# --- rows


async def test_a_bad_row_refuses_its_whole_batch(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append(rows=[*turns("good"), BAD_ROW, *turns("good too")])
    error = await stream.expect("append_error")
    assert reason_of(error.status)[:2] == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert "append.interactions[1].user_action_description" in str(error.status)
    assert (await stream.finish()).interaction_count == 0
    assert await wire.texts(user_id=user) == []


async def test_partial_success_takes_the_good_rows_and_names_the_others(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user, return_interaction_ids=True)
    too_long = data.InteractionData(role="User", speaker="x" * 300, content="breaks a rule of the proto")
    await stream.append(rows=[*turns("a"), BAD_ROW, EMPTY_ROW, *turns("b"), too_long], partial_success=True)
    ack = await stream.expect("ack")
    (result,) = ack.results
    assert [rejected.index for rejected in result.rejected] == [1, 4]
    assert {reason_of(rejected.status)[:2] for rejected in result.rejected} == {("INVALID_ARGUMENT", "INVALID_REQUEST")}
    assert len(result.warnings) == 1
    assert "2" in result.warnings[0]
    ids = list(result.interaction_ids)
    assert [bool(one) for one in ids] == [True, False, False, True, False]
    rows = await wire.list(user_id=user)
    assert [(row.interaction_id, row.data.content) for row in rows] == [(ids[0], "a"), (ids[3], "b")]

    await stream.append(rows=[BAD_ROW, too_long], partial_success=True)
    error = await stream.expect("append_error")
    assert reason_of(error.status)[0] == "INVALID_ARGUMENT"
    assert (error.offset, error.next_offset) == (1, 1)
    await stream.finish()


async def test_partial_success_again_gives_the_same_ids(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user, return_interaction_ids=True)
    rows = [BAD_ROW, *turns("a"), EMPTY_ROW]
    await stream.append(rows=rows, offset=0, partial_success=True)
    first = await stream.expect("ack")
    await stream.append(rows=rows, offset=0, partial_success=True)
    second = await stream.expect("ack")
    assert second.results[0].duplicate
    assert list(second.results[0].interaction_ids) == list(first.results[0].interaction_ids)
    assert first.results[0].interaction_ids[1]
    await stream.finish()


async def test_empty_rows_are_skipped_with_a_warning(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append(rows=[EMPTY_ROW, *turns("x"), EMPTY_ROW])
    (result,) = (await stream.expect("ack")).results
    assert len(result.warnings) == 2
    assert not result.interaction_ids
    finished = await stream.finish()
    assert (finished.committed_offset, finished.interaction_count) == (1, 1)


async def test_a_batch_of_nothing_is_refused(wire, names):
    stream = await wire.open(names[0])
    await stream.append(rows=[EMPTY_ROW, EMPTY_ROW])
    assert reason_of((await stream.expect("append_error")).status)[0] == "INVALID_ARGUMENT"
    await stream.send(append=pb.StreamAppend())
    assert reason_of((await stream.expect("append_error")).status)[0] == "INVALID_ARGUMENT"
    await stream.append(rows=turns(*map(str, range(1001))))
    assert reason_of((await stream.expect("append_error")).status)[0] == "INVALID_ARGUMENT"
    await stream.append(rows=turns(*map(str, range(1000))))
    assert (await stream.finish()).interaction_count == 1000


async def test_ids_come_only_when_asked_for(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    await stream.append("a")
    assert not (await stream.expect("ack")).results
    await stream.finish()
    asking = await wire.open(stream_id, user_id=user, return_interaction_ids=True)
    await asking.append("b", "c")
    (result,) = (await asking.expect("ack")).results
    assert result.offset == 1
    stored = await wire.list(user_id=user)
    assert [row.interaction_id for row in stored[1:]] == list(result.interaction_ids)
    await asking.finish()


async def test_an_append_overrides_the_defaults_of_the_stream(wire, names):
    stream_id, user = names
    other = unique("user")
    stream = await wire.open(
        stream_id, user_id=user, session_id="s1", source="web", agent_version="v1", agent_id="guide"
    )
    await stream.append("default")
    metadata = Struct()
    metadata.update({"shop": 7})
    await stream.append(
        "other", user_id=other, session_id="s2", source="app", agent_version="v2", agent_id="sales",
        evaluation_only=True, learn_from=data.LEARN_FROM_SHADOW, session_finished=True, metadata=metadata,
    )  # fmt: skip
    await stream.finish()
    (row,) = await wire.list(user_id=user)
    assert (row.session_id, row.source, row.agent_version, row.agent_id) == ("s1", "web", "v1", "guide")
    (row,) = await wire.list(user_id=other)
    assert (row.session_id, row.source, row.agent_version, row.agent_id) == ("s2", "app", "v2", "sales")
    assert row.evaluation_only
    assert row.learn_from == data.LEARN_FROM_SHADOW
    assert row.request_metadata["shop"] == 7


async def test_user_and_session_must_come_from_somewhere(wire, names):
    stream = await wire.open(names[0], user_id="", session_id="")
    await stream.append("whose?")
    error = await stream.expect("append_error")
    assert reason_of(error.status)[0] == "INVALID_ARGUMENT"
    assert "append.user_id" in str(error.status)
    assert "append.session_id" in str(error.status)
    await stream.append("mine", user_id=names[1], session_id="s")
    assert (await stream.finish()).committed_offset == 1


# --- acks


async def test_acks_are_cumulative_and_fewer_than_messages_under_load(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    for number in range(2000):
        await stream.append(f"turn {number}", offset=number)
    await stream.finish()
    offsets = [ack.committed_offset for ack in stream.acks]
    assert offsets == sorted(offsets)
    assert offsets[-1] == 2000
    assert len(stream.acks) < 1000
    assert await wire.texts(user_id=user) == [f"turn {number}" for number in range(2000)]


async def test_what_is_acked_is_seen_by_the_next_read(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    for number in range(25):
        await stream.append(f"turn {number}")
        await stream.wait_acked(number + 1)
        assert len(await wire.list(user_id=user)) == number + 1
    await stream.finish()


async def test_flush_is_answered_when_eventual_reads_see_everything(wire, names):
    stream_id, user = names
    stream = await wire.open(stream_id, user_id=user)
    for round_ in range(3):
        for number in range(20):
            await stream.append(f"{round_}/{number}")
        await stream.send(flush=pb.StreamFlush())
        while not (ack := await stream.expect("ack")).flushed:
            pass
        assert ack.committed_offset == (round_ + 1) * 20
        assert len(await wire.texts(user_id=user, eventual=True)) == (round_ + 1) * 20
    await stream.finish()


async def test_flush_of_an_empty_stream_is_answered(wire, names):
    stream = await wire.open(names[0])
    await stream.send(flush=pb.StreamFlush())
    ack = await stream.expect("ack")
    assert ack.flushed
    assert ack.committed_offset == 0
    await stream.finish()


async def test_a_flush_on_its_way_is_answered_before_finished(wire, names):
    stream = await wire.open(names[0], user_id=names[1])
    await stream.append("x")
    await stream.send(flush=pb.StreamFlush())
    await stream.finish()
    assert any(ack.flushed for ack in stream.acks)


async def test_a_heartbeat_is_answered_with_the_committed_offset(wire, names):
    stream = await wire.open(names[0], user_id=names[1])
    await stream.append("x")
    await stream.wait_acked(1)
    await stream.send(heartbeat=pb.StreamHeartbeat())
    assert (await stream.expect("heartbeat")).committed_offset == 1
    await stream.finish()


async def test_the_server_sends_heartbeats_of_its_own(start_server):
    server = start_server("--stream-heartbeat-seconds", "0.2")
    async with Wire(server.target) as wire:
        stream = await wire.open("quiet")
        assert stream.opened.heartbeat_interval.ToTimedelta().total_seconds() == pytest.approx(0.2)
        assert (await stream.expect("heartbeat")).committed_offset == 0
        await stream.append("x")
        await stream.wait_acked(1)
        assert (await stream.expect("heartbeat")).committed_offset == 1
