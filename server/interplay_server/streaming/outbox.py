"""The one writer of a publish stream: messages in order, acks merged while the one before is on its way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from interplay.v1 import publish_stream_pb2 as pb


class Outbox:
    """`send` is awaited by one task only. An ack that waits takes later ones in: one ack stands for a commit."""

    def __init__(self, send: Callable[[pb.StreamPublishResponse], Awaitable[None]], heartbeat_seconds: float) -> None:
        self._send = send
        self._heartbeat = heartbeat_seconds
        self._queue: deque[pb.StreamPublishResponse] = deque()
        self._ack: pb.StreamAck | None = None
        self._wake = asyncio.Event()
        self._closed = False
        self.committed = 0

    def put(self, message: pb.StreamPublishResponse) -> None:
        self._settle_ack()
        self._queue.append(message)
        self._wake.set()

    def acknowledge(self, committed: int, result: pb.AppendResult | None) -> None:
        self.committed = committed
        if self._ack is None:
            self._ack = pb.StreamAck()
        self._ack.committed_offset = committed
        if result is not None:
            self._ack.results.append(result)
        self._wake.set()

    def flushed(self) -> None:
        self._settle_ack()
        self.put(pb.StreamPublishResponse(ack=pb.StreamAck(committed_offset=self.committed, flushed=True)))

    def close(self) -> None:
        """Lets `run` end when everything is sent."""
        self._closed = True
        self._wake.set()

    def _settle_ack(self) -> None:
        if self._ack is not None:
            self._queue.append(pb.StreamPublishResponse(ack=self._ack))
            self._ack = None

    async def run(self) -> None:
        """Sends until closed; a heart-beat when nothing was sent for a while."""
        while True:
            if not self._queue:
                self._settle_ack()
            if self._queue:
                await self._send(self._queue.popleft())
                continue
            if self._closed:
                return
            self._wake.clear()
            try:
                async with asyncio.timeout(self._heartbeat):
                    await self._wake.wait()
            except TimeoutError:
                self.put(pb.StreamPublishResponse(heartbeat=pb.StreamHeartbeat(committed_offset=self.committed)))
