"""One HTTP request as it comes in and goes out: bounded, and given up where the other side stalls or goes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from interplay_server.domain.ids import new_ulid
from interplay_server.errors import DeadlineExceeded, MessageTooLarge
from interplay_server.web.failures import busy, refused

_SKIPPED_FACTOR = 2
"""A body that is too large is read to its end up to so many times the limit, so that its sender reads the answer."""


class Gone(Exception):
    """The other side has left, or takes nothing: nobody reads an answer."""


@dataclass(frozen=True)
class Bounds:
    """Bytes of a body and of all bodies at once; seconds in which a body must arrive, or an answer be taken."""

    body_bytes: int
    total_bytes: int
    seconds: float


class Room:
    """Bytes of bodies that are held, of all requests."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._held = 0

    def take(self, size: int) -> None:
        """Raises Refused."""
        if self._held + size > self.bounds.total_bytes:
            raise busy()
        self._held += size

    def give_back(self, size: int) -> None:
        self._held -= size


class Exchange:
    """`abort` cuts a connection without waiting for what was not taken."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, room: Room, abort: Callable[[Scope], None]) -> None:
        self.headers = Headers(scope=scope)
        self.request_id = self.headers.get("interplay-request-id") or new_ulid()
        self._scope, self._receive, self._send = scope, receive, send
        self._room, self._abort = room, abort
        self._held = 0
        self._finished = False
        self.started = False

    async def body(self) -> bytes:
        """Raises Refused, Gone."""
        bounds, parts, size = self._room.bounds, [], 0
        try:
            async with asyncio.timeout(bounds.seconds):
                more = True
                while more:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    part, more = message.get("body", b""), message.get("more_body", False)
                    size += len(part)
                    if size <= bounds.body_bytes:
                        self._room.take(len(part))
                        self._held += len(part)
                        parts.append(part)
                    elif size > bounds.body_bytes * _SKIPPED_FACTOR:
                        break
        except TimeoutError:
            raise refused(DeadlineExceeded("reading the request")) from None
        if size > bounds.body_bytes:
            raise refused(MessageTooLarge(size, bounds.body_bytes))
        return b"".join(parts)

    def release(self) -> None:
        self._room.give_back(self._held)
        self._held = 0

    async def start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self.started = True
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._sent({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, part: bytes, *, more: bool) -> None:
        self._finished = not more
        await self._sent({"type": "http.response.body", "body": part, "more_body": more})

    async def answer(self, status: int, body: bytes, headers: Sequence[tuple[str, str]]) -> None:
        await self.start(status, [*headers, ("content-length", str(len(body)))])
        await self.write(body, more=False)

    async def _sent(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._room.bounds.seconds):
                await self._send(message)
        except TimeoutError:
            self._abort(self._scope)
            raise Gone from None

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Raises Gone within where the other side leaves. The body must have been read."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - there is one in every coroutine
        left = False

        async def watch() -> None:
            nonlocal left
            while (await self._receive())["type"] != "http.disconnect":
                pass
            if not self._finished:
                left = True
                task.cancel()

        watcher = asyncio.create_task(watch(), name="watch a reader")
        try:
            yield
        except asyncio.CancelledError:
            if left and task.uncancel() == 0:
                raise Gone from None
            raise
        finally:
            watcher.cancel()
