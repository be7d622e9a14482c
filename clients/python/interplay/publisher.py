"""A publisher that loses nothing, doubles nothing and keeps order, whatever happens to its connection."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self, TypedDict, Unpack

import grpc

from interplay import monitor, shop, types
from interplay._core import ConnectionBrokenError, Core, ErrorCallback, Policy, Settings
from interplay._link import Link, SilentError
from interplay._transport import Backoff, Transport, may_reconnect
from interplay.errors import (
    BufferFullError,
    DeadlineExceededError,
    InternalError,
    InterplayError,
    PublisherClosedError,
    ResourceExhaustedError,
    from_rpc_error,
)
from interplay.monitor import MonitorEventLike
from interplay.receipt import Receipt
from interplay.shop import EventLike
from interplay.types import InteractionLike
from interplay.v1 import context_pb2, feature_service_pb2, monitor_service_pb2
from interplay.v1 import publish_stream_pb2 as stream

__all__ = [
    "ErrorCallback",
    "EventPublisher",
    "MonitorPublisher",
    "Overrides",
    "Policy",
    "Publisher",
    "PublisherStats",
    "Settings",
]

_log = logging.getLogger("interplay")
_ENVELOPE_BYTES = 32
_SECONDS_AFTER_ERROR = 5.0
_MAX_FAULTS = 10


class Overrides(TypedDict, total=False):
    """What an append can say instead of, or beside, the defaults of its publisher."""

    user_id: str
    session_id: str
    source: str
    agent_version: str
    agent_id: str
    evaluation_only: bool
    learn_from: types.Word
    session_finished: bool
    metadata: Any
    partial_success: bool


class PublisherStats(NamedTuple):
    """A publisher at one moment."""

    pending: int
    """Interactions or events that are neither acked nor refused."""
    pending_bytes: int
    """Bytes of these."""
    connections: int
    """Streams that the server has opened for it so far."""
    committed_offset: int
    """Appends of the stream that the server has committed, as far as it said."""
    stopped: bool
    """It takes no more."""


class Appending:
    """Appends over a named stream; belongs to one event loop.

    Appends are sent in order with explicit offsets and kept until they are acked. When the connection is lost, or the
    server restarts, it connects again and goes on where the server's log ends. When another publisher opens the same
    stream_id, this one stops for good and everything pending fails with AbortedError. What is pending lives in memory:
    a process that dies loses what was not acked.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        self._transport = transport
        self._settings = settings
        self._wire = settings.wire
        self._core = Core(settings)
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._own: grpc.aio.Channel | None = None

    @property
    def stream_id(self) -> str:
        return self._settings.stream_id

    @property
    def pending(self) -> int:
        """Interactions or events that are neither acked nor refused."""
        return self._core.window.interactions

    @property
    def committed_offset(self) -> int:
        """Appends of the stream that the server has committed, as far as it said."""
        return self._core.committed

    @property
    def stopped(self) -> bool:
        """It will take no more: it was closed, or something stopped it for good."""
        return self._core.closing or self._core.error is not None

    def stats(self) -> PublisherStats:
        core = self._core
        return PublisherStats(self.pending, core.window.bytes, core.connections, core.committed, self.stopped)

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes; after an error in the block it tries for 5 seconds only, after a cancellation not at all."""
        if error is None:
            await self.close()
        elif isinstance(error, Exception):
            try:
                await self.close(_SECONDS_AFTER_ERROR)
            except InterplayError:
                _log.warning("stream %s was not closed cleanly", self.stream_id, exc_info=True)
        else:
            await self.abort()

    async def flush(self) -> None:
        """Returns when everything appended so far is in the tables (eventual reads see it), or was refused."""
        self._start()
        await self._core.flush()

    async def drain(self) -> None:
        """Returns when everything appended so far is acked, or was refused; receipts say which."""
        await self._core.drain()

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - what is left is given up
        """Sends what is pending, then `finish`; closing again does nothing.

        After `timeout` seconds, None means never, it gives up what is pending and raises DeadlineExceededError. Raises
        the error that stopped the publisher.
        """
        core = self._core
        first, core.closing = not core.closing, True
        core.wake.set()
        core.room.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=timeout)
            if not self._task.done():
                error = DeadlineExceededError(f"{self.pending} {self._wire.rows} were not acked in {timeout} s")
                await self._stop(error)
                raise error
        else:
            core.end(PublisherClosedError("the publisher was closed"))
        if first and core.error is not None and not isinstance(core.error, PublisherClosedError):
            raise core.error.with_traceback(None)

    async def abort(self) -> None:
        """Stops at once and gives up what is pending: those receipts raise PublisherClosedError."""
        self._core.closing = True
        await self._stop(PublisherClosedError("the publisher was aborted"))

    async def _append(self, message: Any) -> Receipt:
        """Waits for room in the buffer, or with the policy `reject` raises BufferFullError."""
        size = self._measure(message)
        async with self._turn:
            self._check()
            window, room = self._core.window, self._core.room
            while not window.has_room(self._count(message), size):
                if self._settings.policy == "reject":
                    raise self._full()
                room.clear()
                await room.wait()
                self._check()
            return self._push(message, size)

    def _append_nowait(self, message: Any) -> Receipt:
        """Raises BufferFullError whenever there is no room."""
        size = self._measure(message)
        self._check()
        if self._turn.locked() or not self._core.window.has_room(self._count(message), size):
            raise self._full()
        return self._push(message, size)

    def _start(self) -> None:
        if self._task is None and not self._core.closing:
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"interplay-{self.stream_id}")

    async def _stop(self, error: InterplayError) -> None:
        self._core.end(error)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _check(self) -> None:
        if self._core.error is not None:
            raise self._core.error.with_traceback(None)
        if self._core.closing:
            raise PublisherClosedError("the publisher was closed")

    def _full(self) -> BufferFullError:
        window = self._core.window
        return BufferFullError(f"the buffer holds {window.interactions} {self._wire.rows} of {window.bytes} bytes")

    def _measure(self, message: Any) -> int:
        size: int = message.ByteSize() + _ENVELOPE_BYTES
        if size > (limit := self._core.max_message_bytes):
            raise ResourceExhaustedError(
                f"an append of {size} bytes is over the limit of {limit}",
                reason="MESSAGE_TOO_LARGE",
                metadata={"limitBytes": str(limit), "bytes": str(size)},
            )
        return size

    def _push(self, message: Any, size: int) -> Receipt:
        self._start()
        return self._core.push(message, self._count(message), size, briefed=self._briefed(message))

    def _count(self, message: Any) -> int:
        rows: Sequence[Any] = getattr(message, self._wire.rows)
        return len(rows)

    def _briefed(self, message: Any) -> bool:  # noqa: ARG002 - interactions of users are
        return False

    async def _run(self) -> None:
        error: InterplayError | None = None
        try:
            error = await self._keep_connected()
        except asyncio.CancelledError:
            error = PublisherClosedError("the publisher was aborted")
            raise
        except Exception as fault:  # noqa: BLE001 - pending receipts must not wait for ever
            _log.exception("publisher of stream %s failed", self.stream_id)
            error = InternalError(f"the publisher failed: {fault!r}")
        finally:
            was = self._core.error
            self._core.end(error)
            if self._own is not None:
                await self._own.close()
            if error is not None and was is None and not isinstance(error, PublisherClosedError):
                self._core.report(error, None)

    async def _keep_connected(self) -> InterplayError | None:
        """Connects again and again. Returns None after a clean end, else what stopped the publisher for good."""
        core, backoff = self._core, Backoff()
        seen, faults = core.progress, 0
        while True:
            status = await self._converse()
            if core.finished is not None:
                return None
            if self._transport.closed:
                return PublisherClosedError("the client was closed")
            if core.progress != seen:
                seen, faults = core.progress, 0
                backoff.reset()
            if status is not None:
                # A fault of the server may pass with the next connection, but not for ever.
                internal = status.code == "INTERNAL"
                faults += internal
                if faults > _MAX_FAULTS if internal else not may_reconnect(status):
                    return status
            core.lost()
            await asyncio.sleep(backoff.next(status.retry_after if status else None))

    async def _converse(self) -> InterplayError | None:
        """Runs one connection to its end. Returns the status that the server or grpc gave it, None where none was."""
        try:
            method = getattr(self._wire.service(self._channel()), self._wire.method)
            await Link(self._core, method(metadata=self._transport.metadata)).run()
        except grpc.aio.AioRpcError as failure:
            status = from_rpc_error(failure)
            _log.info("stream %s broke: %s", self.stream_id, status)
            return status
        except ConnectionBrokenError as broken:
            _log.info("stream %s broke: %s", self.stream_id, broken)
            if isinstance(broken, SilentError):
                await self._renew()
        except asyncio.CancelledError:
            # A channel closed under its calls cancels them; only a cancellation of this very task is ours to obey.
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
        return None

    def _channel(self) -> grpc.aio.Channel:
        return self._own or self._transport.channel

    async def _renew(self) -> None:
        """A connection that TCP believes alive would be used again; from now on this publisher has its own."""
        old, self._own = self._own, self._transport.new_channel()
        if old is not None:
            await old.close()


class Publisher(Appending):
    """Publishes interactions over a named stream. Made by AsyncInterplay.publisher(); belongs to one event loop."""

    async def append(
        self, interactions: InteractionLike | Iterable[InteractionLike], **overrides: Unpack[Overrides]
    ) -> Receipt:
        """Queues 1 to 1,000 interactions as one append and returns its receipt.

        Waits for room in the buffer, or with the policy `reject` raises BufferFullError. Raises PublisherClosedError,
        the error that stopped the publisher, or ResourceExhaustedError (MESSAGE_TOO_LARGE).
        """
        return await self._append(_message(interactions, overrides))

    def append_nowait(
        self, interactions: InteractionLike | Iterable[InteractionLike], **overrides: Unpack[Overrides]
    ) -> Receipt:
        """Like append(), but raises BufferFullError whenever there is no room, and never waits."""
        return self._append_nowait(_message(interactions, overrides))

    async def contexts(self) -> AsyncGenerator[context_pb2.AgentContext, None]:
        """Iterates over the briefings as they come, until the publisher ends; the latest 1,024 are kept."""
        while (context := await self._core.next_context()) is not None:
            yield context

    def _briefed(self, message: Any) -> bool:
        return bool(self._settings.context) and any(
            data.role.strip().lower() in types.USER_ROLES for data in message.interactions
        )


class EventPublisher(Appending):
    """Records a shop's events over a named stream. Made by AsyncInterplay.event_publisher(); see Publisher."""

    async def append(self, events: EventLike | Iterable[EventLike], *, partial_success: bool = False) -> Receipt:
        """Queues 1 to 1,000 events as one append and returns its receipt; as Publisher.append().

        `partial_success` takes the good events and names the others in the ack.
        """
        return await self._append(_events(events, partial_success=partial_success))

    def append_nowait(self, events: EventLike | Iterable[EventLike], *, partial_success: bool = False) -> Receipt:
        """Like append(), but raises BufferFullError whenever there is no room, and never waits."""
        return self._append_nowait(_events(events, partial_success=partial_success))


class MonitorPublisher(Appending):
    """Records monitored events over a named stream. Made by AsyncInterplay.monitor_publisher(); see Publisher.

    MonitorRecorder is for programs that must not wait; this is for those that want to know what became of each event.
    """

    async def append(
        self,
        events: MonitorEventLike | Iterable[MonitorEventLike],
        *,
        all_or_nothing: bool = False,
        dropped_since_last: int = 0,
    ) -> Receipt:
        """Queues up to 1,000 events as one append and returns its receipt; as Publisher.append().

        Bad events are named in the ack and the others taken, unless `all_or_nothing`. `dropped_since_last` tells the
        server how many the program has dropped since its last append.
        """
        return await self._append(_monitored(events, all_or_nothing, dropped_since_last))

    def append_nowait(
        self,
        events: MonitorEventLike | Iterable[MonitorEventLike],
        *,
        all_or_nothing: bool = False,
        dropped_since_last: int = 0,
    ) -> Receipt:
        """Like append(), but raises BufferFullError whenever there is no room, and never waits."""
        return self._append_nowait(_monitored(events, all_or_nothing, dropped_since_last))

    def push_nowait(self, message: monitor_service_pb2.StreamMonitorEventsAppend) -> Receipt:
        """append_nowait() of a message that is made already."""
        return self._append_nowait(message)


def _monitored(
    events: MonitorEventLike | Iterable[MonitorEventLike], all_or_nothing: bool, dropped_since_last: int
) -> monitor_service_pb2.StreamMonitorEventsAppend:
    return monitor_service_pb2.StreamMonitorEventsAppend(
        events=monitor.events(events), all_or_nothing=all_or_nothing, dropped_since_last=dropped_since_last
    )


def _events(
    events: EventLike | Iterable[EventLike], *, partial_success: bool
) -> feature_service_pb2.StreamEventsAppend:
    return feature_service_pb2.StreamEventsAppend(events=shop.events(events), partial_success=partial_success)


def _message(interactions: InteractionLike | Iterable[InteractionLike], overrides: Overrides) -> stream.StreamAppend:
    if unknown := sorted(overrides.keys() - Overrides.__annotations__.keys()):
        raise TypeError(f"unknown override of an append: {', '.join(unknown)}")
    fields: dict[str, Any] = dict(overrides)
    if "learn_from" in fields:
        fields["learn_from"] = types.learn_from(fields["learn_from"])
    if "metadata" in fields:
        fields["metadata"] = types.struct(fields["metadata"])
    return stream.StreamAppend(interactions=types.interactions(interactions), **fields)
