"""Statuses that end a stream: which the publisher forgives, and how often."""

import asyncio

import grpc
import pytest
from interplay import AsyncInterplay, InternalError, InterplayError
from interplay.v1 import interaction_service_pb2_grpc
from interplay.v1 import publish_stream_pb2 as stream

PATIENCE = 60


class Failing(interaction_service_pb2_grpc.InteractionServiceServicer):
    """Ends every stream with INTERNAL before it opens it; the ones named commit an append first."""

    def __init__(self, code=grpc.StatusCode.INTERNAL, progress_at=()):
        self.code = code
        self.progress_at = progress_at
        self.opens = 0
        self.committed = 0

    async def StreamPublish(self, requests, context):  # noqa: N802 - the name is that of the service
        self.opens += 1
        if self.opens in self.progress_at:
            self.committed += 1
            yield stream.StreamPublishResponse(opened=stream.StreamOpened(next_offset=self.committed - 1))
            async for request in requests:
                if request.HasField("append"):
                    yield stream.StreamPublishResponse(ack=stream.StreamAck(committed_offset=self.committed))
                    break
        await context.abort(self.code, "a fault of the server")


@pytest.fixture
def at_once(monkeypatch):
    """Tries follow each other without a pause."""
    monkeypatch.setattr("interplay._transport.Backoff.next", lambda backoff, at_least=None: 0.0)


async def published(servicer, appends):
    """What becomes of `appends` appends, and of close."""
    server = grpc.aio.server()
    interaction_service_pb2_grpc.add_InteractionServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with AsyncInterplay(f"127.0.0.1:{port}") as client, asyncio.timeout(PATIENCE):
            publisher = client.publisher("faults", user_id="u", session_id="s", max_outstanding=1)
            receipts = [await publisher.append({"content": str(n)}) for n in range(appends)]
            outcomes = await asyncio.gather(*receipts, return_exceptions=True)
            with pytest.raises(InterplayError) as closing:
                await publisher.close()
            return outcomes, closing.value
    finally:
        await server.stop(None)


async def test_ten_faults_without_a_reason_are_forgiven(at_once):
    servicer = Failing()
    (outcome,), closing = await published(servicer, 1)
    assert isinstance(outcome, InternalError)
    assert (closing.code, closing.reason) == ("INTERNAL", "")
    assert servicer.opens == 11


async def test_progress_forgives_them_anew(at_once):
    servicer = Failing(progress_at={5})
    (first, second), closing = await published(servicer, 2)
    assert first.offset == 0
    assert isinstance(second, InternalError)
    assert closing.code == "INTERNAL"
    assert servicer.opens == 5 + 10
