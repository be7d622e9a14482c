"""How a publisher judges answers that a healthy server seldom gives."""

import asyncio

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from interplay import InternalError, ResourceExhaustedError, types
from interplay._core import ConnectionBrokenError, Core, Settings
from interplay.v1 import publish_stream_pb2 as stream


def make_core(**changes):
    settings = {
        "stream_id": "s", "user_id": "u", "session_id": "v", "source": "", "agent_version": "", "agent_id": "",
        "buffer": 100, "buffer_bytes": 10_000, "policy": "wait", "context": None, "on_error": None,
        "return_ids": False, "max_outstanding": 0, "heartbeat": None,
    }  # fmt: skip
    return Core(Settings(**settings | changes))


def push(core, *texts, briefed=False):
    return [
        core.push(stream.StreamAppend(interactions=types.interactions({"content": text})), 1, 10, briefed=briefed)
        for text in texts
    ]


def opened(next_offset=0, outstanding=10):
    return stream.StreamOpened(next_offset=next_offset, limits=stream.StreamLimits(max_outstanding=outstanding))


def sent(core):
    """What the core has to say now: (offset, content) of appends, names of other messages."""
    said = []
    while (message := core.next_message()) is not None:
        kind = message.WhichOneof("message")
        append = message.append
        said.append((append.offset, append.interactions[0].content) if kind == "append" else kind)
    return said


def refusal(offset, code, reason="", retry_after=None):
    status = status_pb2.Status(code=code_pb2.Code.Value(code))
    details = [error_details_pb2.ErrorInfo(reason=reason)]
    if retry_after is not None:
        details.append(error_details_pb2.RetryInfo(retry_delay=Duration(nanos=int(retry_after * 1e9))))
    for detail in details:
        box = AnyMessage()
        box.Pack(detail)
        status.details.append(box)
    return stream.StreamPublishResponse(append_error=stream.StreamAppendError(offset=offset, status=status))


def ack(committed, **fields):
    return stream.StreamPublishResponse(ack=stream.StreamAck(committed_offset=committed, **fields))


async def test_a_full_disk_is_waited_for():
    core = make_core()
    receipts = push(core, "a", "b")
    core.opened(opened())
    assert sent(core) == [(0, "a"), (1, "b")]
    core.hear(refusal(0, "RESOURCE_EXHAUSTED", "STORAGE_FULL", retry_after=0.2))
    core.hear(refusal(1, "OUT_OF_RANGE", "OFFSET_OUT_OF_RANGE"))
    assert 0.1 < core.hold() <= 0.2
    assert sent(core) == []
    await asyncio.sleep(core.hold())
    assert sent(core) == [(0, "a"), (1, "b")]
    core.hear(ack(2))
    assert [(await receipt).offset for receipt in receipts] == [0, 1]


async def test_what_is_too_large_is_not_tried_again():
    core = make_core()
    large, small = push(core, "large", "small")
    core.opened(opened())
    sent(core)
    core.hear(refusal(0, "RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"))
    core.hear(refusal(1, "OUT_OF_RANGE"))
    assert sent(core) == [(0, "small")]
    with pytest.raises(ResourceExhaustedError):
        await large
    assert not small.done()


async def test_a_fault_of_the_server_is_forgiven_five_times():
    core = make_core()
    (receipt,) = push(core, "poison")
    core.opened(opened())
    for _ in range(5):
        core._hold_until = 0
        assert sent(core) == [(0, "poison")]
        core.hear(refusal(0, "INTERNAL", "INTERNAL"))
        assert not receipt.done()
    core._hold_until = 0
    assert sent(core) == [(0, "poison")]
    core.hear(refusal(0, "INTERNAL", "INTERNAL"))
    with pytest.raises(InternalError):
        await receipt
    await core.drain()


async def test_a_refusal_without_offset_is_found_out_one_by_one():
    told = []
    core = make_core(on_error=lambda error, receipt: told.append(receipt))
    receipts = push(core, "a", "b", "c")
    core.opened(opened())
    sent(core)
    with pytest.raises(ConnectionBrokenError):
        core.hear(refusal(None, "INVALID_ARGUMENT", "INVALID_MESSAGE"))
    core.lost()
    core.opened(opened(1))
    assert (await receipts[0]).offset == 0
    assert sent(core) == [(1, "b")]
    core.hear(refusal(None, "INVALID_ARGUMENT", "INVALID_MESSAGE"))
    assert told == [receipts[1]]
    assert sent(core) == [(1, "c")]


async def test_an_end_that_moved_is_asked_for_anew():
    core = make_core()
    push(core, "a")
    core.opened(opened(7))
    assert sent(core) == [(7, "a")]
    with pytest.raises(ConnectionBrokenError, match="not where it was"):
        core.hear(refusal(7, "OUT_OF_RANGE"))
    core.hear(refusal(3, "OUT_OF_RANGE"))
    core.lost()
    core.opened(opened(0))
    assert sent(core) == [(0, "a")]


async def test_a_flush_waits_for_acks_and_outlives_its_connection():
    core = make_core()
    push(core, "a")
    core.opened(opened())
    flushing = asyncio.create_task(core.flush())
    await asyncio.sleep(0)
    assert sent(core) == [(0, "a")]
    core.hear(ack(1))
    await asyncio.sleep(0)
    assert sent(core) == ["flush"]
    core.lost()
    core.opened(opened(1))
    assert sent(core) == ["flush"]
    core.hear(ack(1, flushed=True))
    await flushing


async def test_a_server_that_goes_away_gets_no_more_appends():
    core = make_core()
    push(core, "a")
    core.opened(opened())
    sent(core)
    push(core, "b")
    core.hear(stream.StreamPublishResponse(go_away=stream.StreamGoAway()))
    assert sent(core) == ["finish"]
    assert core.hear(stream.StreamPublishResponse(finished=stream.StreamFinished(committed_offset=1)))
    assert core.finished is None
    core.lost()
    core.closing = True
    core.opened(opened(1))
    assert sent(core) == [(1, "b")]
    core.hear(ack(2))
    assert sent(core) == ["finish"]
    assert core.hear(stream.StreamPublishResponse(finished=stream.StreamFinished(committed_offset=2)))
    assert core.finished is not None


async def test_a_briefing_lost_with_its_connection_is_none():
    core = make_core(context=True)
    first, second = push(core, "a", "b", briefed=True)
    core.opened(opened())
    sent(core)
    core.hear(ack(2))
    core.hear(stream.StreamPublishResponse(context={"offset": 0, "rendered": "hello"}))
    assert (await first.context(0)).rendered == "hello"
    assert await second.context(0) is None
    assert second.awaits_context
    core.lost()
    assert not second.awaits_context


async def test_heartbeats_say_nothing_of_appends():
    core = make_core()
    push(core, "a")
    core.opened(opened())
    sent(core)
    assert core.hear(stream.StreamPublishResponse(heartbeat=stream.StreamHeartbeat(committed_offset=0))) is False
    assert core.window.in_flight == 1
