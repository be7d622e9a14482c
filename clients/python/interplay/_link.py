"""One connection of a publisher: a task that reads, a task that writes, and a watch over silence."""

import asyncio
import contextlib
from typing import Any

import grpc

from interplay._core import ConnectionBrokenError, Core
from interplay.v1 import publish_stream_pb2 as stream

OPEN_TIMEOUT = 15.0
"""Seconds in which the server must answer `open`; it may have to commit what an older connection had sent."""
_LAST_WORD = 1.0
_DEFAULT_HEARTBEAT = 15.0


class SilentError(ConnectionBrokenError):
    """Nothing was heard for too long; TCP itself may not have noticed."""


class Link:
    """Runs a call of StreamPublish or StreamEvents for a Core."""

    def __init__(self, core: Core, call: Any) -> None:
        self._core = core
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._heard = self._wrote = self._beat = self._loop.time()
        self._interval = _DEFAULT_HEARTBEAT

    async def run(self) -> None:
        """Returns when the server has answered `finish`. Raises AioRpcError or ConnectionBrokenError otherwise."""
        try:
            await self._open()
            await self._talk()
        finally:
            self._call.cancel()

    async def _open(self) -> None:
        limit = max(OPEN_TIMEOUT, 3 * (self._core.settings.heartbeat or 0))
        try:
            async with asyncio.timeout(limit):
                await self._call.write(self._core.settings.open_message())
                answer = await self._call.read()
        except TimeoutError:
            raise SilentError(f"open was not answered in {limit:g} s") from None
        except asyncio.InvalidStateError:
            # The call ended before it began; its status says why.
            answer = await self._call.read()
        if answer is grpc.aio.EOF or answer.WhichOneof("message") != "opened":
            raise ConnectionBrokenError("open was not answered by opened")
        opened = answer.opened
        self._interval = (
            self._core.settings.heartbeat or opened.heartbeat_interval.ToNanoseconds() / 1e9 or _DEFAULT_HEARTBEAT
        )
        self._heard = self._wrote = self._beat = self._loop.time()
        self._core.opened(opened)

    async def _talk(self) -> None:
        reader = asyncio.create_task(self._read(), name="interplay-publisher-reader")
        writer = asyncio.create_task(self._write(), name="interplay-publisher-writer")
        try:
            await self._watch(reader, writer)
        finally:
            # A call cancelled under a waiting reader leaks it (grpc/grpc#42125): the tasks go first.
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)

    async def _watch(self, reader: asyncio.Task[None], writer: asyncio.Task[None]) -> None:
        watched = {reader, writer}
        while not reader.done():
            left = self._heard + 3 * self._interval - self._loop.time()
            if left <= 0:
                raise SilentError(f"nothing was heard for {3 * self._interval:g} s")
            await asyncio.wait(watched, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if writer in watched and writer.done():
                watched = {reader}
                if writer.cancelled() or writer.exception() is not None:
                    # The status of the call, which the reader learns, says more than that it could not be written to.
                    await asyncio.wait(watched, timeout=_LAST_WORD)
                    break
        if not reader.done():
            raise ConnectionBrokenError("the connection cannot be written to")
        if reader.cancelled():
            # grpc cancels its own futures when a channel is closed under them.
            raise ConnectionBrokenError("the call was cancelled")
        reader.result()

    async def _read(self) -> None:
        while (message := await self._call.read()) is not grpc.aio.EOF:
            self._heard = self._loop.time()
            if self._core.hear(message):
                with contextlib.suppress(TimeoutError, grpc.aio.AioRpcError):
                    async with asyncio.timeout(_LAST_WORD):
                        await self._call.read()
                return
        # A clean end looks the same when the server was stopped; only `finished` counts.
        raise ConnectionBrokenError("the stream ended without finished")

    async def _write(self) -> None:
        core = self._core
        while not core.said_all:
            core.wake.clear()
            message = core.next_message()
            if message is None and not self._due_in():
                self._beat = self._loop.time()
                message = core.settings.wire.request(heartbeat=stream.StreamHeartbeat())
            if message is not None:
                await self._call.write(message)
                self._wrote = self._loop.time()
                continue
            pause = self._due_in()
            if hold := core.hold():
                pause = min(pause, hold)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await core.wake.wait()

    def _due_in(self) -> float:
        """Seconds until a heart-beat is due: when nothing was written, or nothing heard, for an interval."""
        last = max(min(self._wrote, self._heard), self._beat)
        return max(last + self._interval - self._loop.time(), 0.0)
