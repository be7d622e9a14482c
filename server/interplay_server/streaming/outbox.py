"""The one writer of a stream of appends: messages in order, acks merged while the one before is on its way."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from interplay.v1 import publish_stream_pb2 as pb

MAX_ACK_BYTES = 2**20


class Outbox:
    """`send` is awaited by one task only; `response` wraps an answer for the method. An ack that waits takes later
    ones in: one ack stands for a commit.

    `backlog` counts answers that wait for the peer to read; `on_sent` is called when it falls.
    """

    def __init__(
        self,
        send: Callable[[Any], Awaitable[None]],
        response: Callable[..., Any],
        heartbeat_seconds: float,
        on_sent: Callable[[], None] = lambda: None,
    ) -> None:
        self._send = send
        self._response = response
        self._on_sent = on_sent
        self._heartbeat = heartbeat_seconds
        self._ack_bytes = 0
        self.backlog = 0
        self._queue: deque[Any] = deque()
        self._ack: pb.StreamAck | None = None
        self._wake = asyncio.Event()
        self._closed = False
        self.committed = 0

    def put(self, message: Any) -> None:
        self._settle_ack()
        self._queue.append(message)
        self.backlog += 1
        self._wake.set()

    def acknowledge(self, committed: int, result: pb.AppendResult | None) -> None:
        self.committed = committed
        if self._ack is None:
            self._ack = pb.StreamAck()
        self._ack.committed_offset = committed
        if result is not None:
            self._ack.results.append(result)
            self.backlog += 1
            self._ack_bytes += result.ByteSize()
            if self._ack_bytes >= MAX_ACK_BYTES:
                self._settle_ack()
        self._wake.set()

    def flushed(self) -> None:
        self._settle_ack()
        self.put(self._response(ack=pb.StreamAck(committed_offset=self.committed, flushed=True)))

    def close(self) -> None:
        """Lets `run` end when everything is sent."""
        self._closed = True
        self._wake.set()

    def _settle_ack(self) -> None:
        if self._ack is not None:
            self._queue.append(self._response(ack=self._ack))
            self.backlog += 1
            self._ack, self._ack_bytes = None, 0

    async def run(self) -> None:
        """Sends until closed; a heart-beat when nothing was sent for a while."""
        while True:
            if not self._queue:
                self._settle_ack()
            if self._queue:
                message = self._queue.popleft()
                await self._send(message)
                self.backlog -= 1 + len(message.ack.results)
                self._on_sent()
                continue
            if self._closed:
                return
            self._wake.clear()
            try:
                async with asyncio.timeout(self._heartbeat):
                    await self._wake.wait()
            except TimeoutError:
                self.put(self._response(heartbeat=pb.StreamHeartbeat(committed_offset=self.committed)))
