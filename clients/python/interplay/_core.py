"""What a publisher knows, across its connections: it turns answers into receipts and says what to send next."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from interplay._transport import Backoff
from interplay._window import Entry, Verdict, Window
from interplay.config import MAX_MESSAGE_BYTES
from interplay.errors import InterplayError, OutOfRangeError, from_status
from interplay.receipt import AppendAck, Receipt
from interplay.v1 import context_pb2, feature_service_pb2, monitor_service_pb2
from interplay.v1 import publish_stream_pb2 as stream
from interplay.v1.feature_service_pb2_grpc import FeatureServiceStub
from interplay.v1.interaction_service_pb2_grpc import InteractionServiceStub
from interplay.v1.monitor_service_pb2_grpc import MonitorServiceStub

_log = logging.getLogger("interplay")

Policy = Literal["wait", "reject"]
ErrorCallback = Callable[[InterplayError, Receipt | None], None]

_MAX_FAULTS = 5
_KEPT_CONTEXTS = 1024
_TRANSIENT = frozenset({"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED"})
_DEFAULT_OUTSTANDING = 256
_DEFAULT_OUTSTANDING_BYTES = 32 * 2**20


class ConnectionBrokenError(Exception):
    """The connection is of no use any more; another one will do."""


class Wire(NamedTuple):
    """A method that takes appends: what is appended, its class of stubs, its name and its messages."""

    rows: str
    service: Any
    method: str
    request: Any


INTERACTIONS = Wire("interactions", InteractionServiceStub, "StreamPublish", stream.StreamPublishRequest)
EVENTS = Wire("events", FeatureServiceStub, "StreamEvents", feature_service_pb2.StreamEventsRequest)
MONITOR = Wire("events", MonitorServiceStub, "StreamMonitorEvents", monitor_service_pb2.StreamMonitorEventsRequest)


@dataclass(frozen=True)
class Settings:
    """Arguments of AsyncInterplay.publisher(), event_publisher() and monitor_publisher()."""

    stream_id: str
    user_id: str
    session_id: str
    source: str
    agent_version: str
    agent_id: str
    buffer: int
    buffer_bytes: int
    policy: Policy
    context: context_pb2.ContextRequest | Mapping[str, int] | bool | None
    on_error: ErrorCallback | None
    return_ids: bool
    max_outstanding: int
    heartbeat: float | None
    wire: Wire = INTERACTIONS

    def __post_init__(self) -> None:
        if self.policy not in {"wait", "reject"}:
            raise ValueError(f"policy must be 'wait' or 'reject', not {self.policy!r}")
        if self.buffer < 1 or self.buffer_bytes < 1:
            raise ValueError(f"the buffer must hold at least one of the {self.wire.rows} and one byte")

    def open_message(self) -> Any:
        message = stream.StreamOpen(
            stream_id=self.stream_id,
            user_id=self.user_id,
            session_id=self.session_id,
            source=self.source,
            agent_version=self.agent_version,
            agent_id=self.agent_id,
            max_outstanding=self.max_outstanding,
            return_interaction_ids=self.return_ids,
        )
        if isinstance(self.context, context_pb2.ContextRequest):
            message.context.CopyFrom(self.context)
        elif self.context:
            message.context.CopyFrom(context_pb2.ContextRequest(**({} if self.context is True else self.context)))
        return self.wire.request(open=message)


@dataclass(frozen=True, slots=True)
class Append:
    """An append on its way: the message, whose offset is set when it is sent, and its receipt."""

    message: Any
    receipt: Receipt


class Core:
    """The state of a publisher. Not safe for threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.window: Window[Append] = Window(settings.buffer, settings.buffer_bytes)
        self.wake = asyncio.Event()
        self.room = asyncio.Event()
        self.closing = False
        self.error: InterplayError | None = None
        self.finished: stream.StreamFinished | None = None
        self.progress = 0
        """Grows whenever the server commits something."""
        self.connections = 0
        """Streams that the server has opened."""
        self.committed = 0
        """Appends of the stream that are committed, as far as the server said."""
        self.max_message_bytes = MAX_MESSAGE_BYTES
        self._leaving = False
        self._finish_sent = False
        self._narrow = False
        self._hold_until = 0.0
        self._backoff = Backoff()
        self._flush_wanted: list[asyncio.Future[None]] = []
        self._flush_sent: deque[list[asyncio.Future[None]]] = deque()
        self._drains: list[tuple[int, asyncio.Future[None]]] = []
        self._unbriefed: OrderedDict[int, Receipt] = OrderedDict()
        self._contexts: deque[context_pb2.AgentContext] = deque(maxlen=_KEPT_CONTEXTS)
        self._news = asyncio.Event()

    # What callers ask for.

    def push(self, append: Any, interactions: int, size: int, *, briefed: bool) -> Receipt:
        receipt = Receipt(briefed=briefed)
        self.window.push(Append(self.settings.wire.request(append=append), receipt), interactions, size)
        self.wake.set()
        return receipt

    async def drain(self) -> None:
        """Returns when everything pushed so far is acked or refused. Raises the error that stopped the publisher."""
        if self.error is not None:
            raise self.error.with_traceback(None)
        if self.window.settled < self.window.pushed:
            waiter = asyncio.get_running_loop().create_future()
            self._drains.append((self.window.pushed, waiter))
            await waiter

    async def flush(self) -> None:
        """Returns when everything pushed so far is in the tables, or was refused."""
        # A flush sent before an append was acked would not cover that append if it had to be sent again.
        await self.drain()
        waiter = asyncio.get_running_loop().create_future()
        self._flush_wanted.append(waiter)
        self.wake.set()
        await waiter

    async def next_context(self) -> context_pb2.AgentContext | None:
        """The next briefing; None when the publisher has ended and none is left."""
        while not self._contexts:
            if self.error is not None or self.finished is not None:
                return None
            self._news.clear()
            await self._news.wait()
        return self._contexts.popleft()

    # What a connection asks for.

    def next_message(self) -> Any:
        """A request: what to send now, None if nothing."""
        if self._finish_sent:
            return None
        if not self._leaving:
            if self.hold() <= 0 and (entry := self.window.take()) is not None:
                entry.item.message.append.offset = entry.offset
                return entry.item.message
            if self._flush_wanted:
                self._flush_sent.append(self._flush_wanted)
                self._flush_wanted = []
                return self.settings.wire.request(flush=stream.StreamFlush())
            if not self.closing or len(self.window) or any(self._flush_sent):
                return None
        self._finish_sent = True
        return self.settings.wire.request(finish=stream.StreamFinish())

    def hold(self) -> float:
        """Seconds to wait before the next append, because the server could not take the last; 0 if none."""
        return max(self._hold_until - asyncio.get_running_loop().time(), 0.0)

    @property
    def said_all(self) -> bool:
        """`finish` was sent on this connection."""
        return self._finish_sent

    def opened(self, answer: stream.StreamOpened) -> None:
        self.connections += 1
        self.committed = max(self.committed, answer.next_offset)
        limits = answer.limits
        self.max_message_bytes = limits.max_message_bytes or MAX_MESSAGE_BYTES
        outstanding = 1 if self._narrow else limits.max_outstanding or _DEFAULT_OUTSTANDING
        committed = self.window.opened(
            answer.next_offset, outstanding, limits.max_outstanding_bytes or _DEFAULT_OUTSTANDING_BYTES
        )
        for entry in committed:
            entry.item.receipt.resolve(self._ack(entry.offset))
            entry.item.receipt.brief(None)
        self._settled(len(committed))

    def hear(self, message: Any) -> bool:
        """Takes in an answer; True when it ends the stream. Raises ConnectionBrokenError."""
        kind = message.WhichOneof("message")
        if kind == "ack":
            self._acked(message.ack)
        elif kind == "append_error":
            self._refused(message.append_error)
        elif kind == "context":
            self._briefed(message.context)
        elif kind == "go_away":
            self._leaving = True
            self.wake.set()
        elif kind == "finished":
            self._committed(message.finished.committed_offset, {})
            if self.closing and not len(self.window) and not self._flush_wanted and not any(self._flush_sent):
                self.finished = message.finished
            return True
        return False

    def lost(self) -> None:
        """The connection is gone."""
        self.window.lost()
        self._flush_wanted = [waiter for batch in (*self._flush_sent, self._flush_wanted) for waiter in batch]
        self._flush_sent.clear()
        self._leaving = self._finish_sent = False
        self._forget_briefings()

    def end(self, error: InterplayError | None = None) -> None:
        """Nothing more will be sent: fails what is pending, with `error` or, after a clean end, not at all."""
        if self.error is None and self.finished is None:
            self.error = error
        self._forget_briefings()
        given_up = self.window.clear()
        if error is not None:
            for entry in given_up:
                entry.item.receipt.fail(error, reported=self.settings.on_error is not None)
            waiters = [waiter for batch in (*self._flush_sent, self._flush_wanted) for waiter in batch]
            for waiter in (*waiters, *(waiter for _, waiter in self._drains)):
                if not waiter.done():
                    waiter.set_exception(error)
        self.room.set()
        self._news.set()

    def report(self, error: InterplayError, receipt: Receipt | None) -> None:
        """Tells the caller's callback, whose own errors end up in the log."""
        if self.settings.on_error is None:
            return
        try:
            self.settings.on_error(error, receipt)
        except Exception:  # noqa: BLE001 - whatever the caller's code raises
            _log.exception("on_error of stream %s failed", self.settings.stream_id)

    # What the answers mean.

    def _ack(self, offset: int, result: stream.AppendResult | None = None) -> AppendAck:
        request_id = f"{self.settings.stream_id}/{offset}"
        if result is None:
            return AppendAck(offset, request_id)
        return AppendAck(
            offset,
            request_id,
            tuple(result.interaction_ids),
            tuple((row.index, from_status(row.status)) for row in result.rejected),
            tuple(result.warnings),
            result.duplicate,
        )

    def _acked(self, ack: stream.StreamAck) -> None:
        self._committed(ack.committed_offset, {result.offset: result for result in ack.results})
        if ack.flushed and self._flush_sent:
            for waiter in self._flush_sent.popleft():
                if not waiter.done():
                    waiter.set_result(None)
            self.wake.set()

    def _committed(self, offset: int, results: Mapping[int, stream.AppendResult]) -> None:
        self.committed = max(self.committed, offset)
        done = self.window.acked(offset)
        for entry in done:
            receipt = entry.item.receipt
            receipt.resolve(self._ack(entry.offset, results.get(entry.offset)))
            if receipt.awaits_context:
                self._unbriefed[entry.offset] = receipt
        while len(self._unbriefed) > _KEPT_CONTEXTS:
            self._unbriefed.popitem(last=False)[1].brief(None)
        self._settled(len(done))

    def _refused(self, answer: stream.StreamAppendError) -> None:
        error = from_status(answer.status)
        offset = answer.offset if answer.HasField("offset") else self.window.sole()
        if offset is None:
            # Which one was meant? Sent one at a time, there is no doubt.
            self._narrow = True
            raise ConnectionBrokenError(f"an append was refused without its offset: {error}")
        entry = self.window.at(offset)
        if entry is None:
            return
        if self._narrow:
            self._narrow, self.window.outstanding = False, _DEFAULT_OUTSTANDING
        verdict = self._judge(error, entry)
        self.window.refused(offset, verdict)
        if verdict is not Verdict.RESEND:
            entry.item.receipt.fail(error, reported=self.settings.on_error is not None)
            self.report(error, entry.item.receipt)
            self._settled(0)
        self.wake.set()

    def _judge(self, error: InterplayError, entry: Entry[Append]) -> Verdict:
        if isinstance(error, OutOfRangeError):
            if not self.window.repairing:
                raise ConnectionBrokenError(f"the stream's end is not where it was: {error}")
            return Verdict.RESEND
        if error.code == "ALREADY_EXISTS":
            return Verdict.DROP_TAKEN
        if error.code == "INTERNAL":
            # A fault of the server may pass, or may be this very payload.
            entry.faults += 1
            transient = entry.faults <= _MAX_FAULTS
        else:
            transient = error.code in _TRANSIENT and error.reason != "MESSAGE_TOO_LARGE"
        if not transient:
            return Verdict.DROP
        _log.warning("append %d of stream %s is tried again: %s", entry.offset, self.settings.stream_id, error)
        loop = asyncio.get_running_loop()
        self._hold_until = max(self._hold_until, loop.time() + self._backoff.next(error.retry_after))
        return Verdict.RESEND

    def _briefed(self, context: context_pb2.AgentContext) -> None:
        entry = self.window.at(context.offset)
        receipt = entry.item.receipt if entry else self._unbriefed.pop(context.offset, None)
        if receipt is not None:
            receipt.brief(context)
        self._contexts.append(context)
        self._news.set()

    def _forget_briefings(self) -> None:
        for receipt in self._unbriefed.values():
            receipt.brief(None)
        self._unbriefed.clear()

    def _settled(self, committed: int) -> None:
        if committed:
            self.progress += committed
            self._backoff.reset()
        self.room.set()
        self.wake.set()
        if self._drains:
            settled = self.window.settled
            for sequence, waiter in self._drains:
                if sequence <= settled and not waiter.done():
                    waiter.set_result(None)
            self._drains = [(sequence, waiter) for sequence, waiter in self._drains if not waiter.done()]
