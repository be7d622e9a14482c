"""A stream of appends, from `open` to its end (contract 1.1): the same for every method that takes appends.

    reader (task)   reads, converts and submits appends; stops reading when too much is unanswered
    commits         tell each append's outcome on the event loop, in order
    outbox (task)   sends acks, errors and what subclasses add; merges acks while one is being sent
    run             waits for whichever ends the stream: finish, end of input, supersession, drain

Work that must not be lost is in the ledger's queue, never in this handler: a stream that dies loses nothing of it.
"""

import asyncio
import re
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import structlog
from google.protobuf.message import Message
from google.rpc import status_pb2
from interplay.v1 import publish_stream_pb2 as pb

from interplay_server.domain import journal
from interplay_server.domain.ports import Outcome, Receipt, StreamKey, Write
from interplay_server.errors import (
    InternalError,
    InterplayError,
    InvalidMessage,
    InvalidRequest,
    MessageTooLarge,
    ServerDraining,
    StreamProtocol,
    StreamSuperseded,
    Violation,
)
from interplay_server.interceptors.call import Call
from interplay_server.interceptors.parsing import MAX_MESSAGE_BYTES
from interplay_server.interceptors.status import to_status
from interplay_server.services.convert.times import duration
from interplay_server.settings import Stream
from interplay_server.streaming.outbox import Outbox
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.telemetry import Metrics

_log = structlog.get_logger(__name__)
MAX_TASKS = 16


class Appended(Protocol):
    """An append on its way into the journal."""

    @property
    def entry(self) -> journal.Entry: ...

    @property
    def layout(self) -> tuple[int, ...] | None:
        """Places of the stored rows where some were skipped or rejected, else None."""

    @property
    def warnings(self) -> Sequence[str]: ...

    @property
    def rejected(self) -> Sequence[tuple[int, InterplayError]]: ...


NO_ROWS: Mapping[int, Sequence[Violation]] = MappingProxyType({})
A = TypeVar("A", bound=Appended)


@dataclass(slots=True)
class _End:
    """Why the stream ends: cleanly when `error` is None."""

    error: InterplayError | None = None
    finished: bool = False


class AppendStream(Generic[A]):
    """Must be `run` once. Subclasses say what an append is: they make its entry, name its rows and may follow it up."""

    METHOD: ClassVar[str]
    """Scope of the stream_id."""
    REQUEST: ClassVar[type[Message]]
    RESPONSE: ClassVar[type[Message]]
    """Both have the messages of 1.1 in a oneof."""
    ROW: ClassVar[re.Pattern[str]]
    """Path of a violation in a row; its group is the place."""

    def __init__(self, call: Call, registry: StreamRegistry, settings: Stream, metrics: Metrics) -> None:
        self._call, self._registry, self._settings, self._metrics = call, registry, settings, metrics
        self._answered = asyncio.Event()
        self._outbox = Outbox(call.write, self.RESPONSE, settings.heartbeat_seconds, self._answered.set)
        self._end: _End | None = None
        self._ended = asyncio.Event()
        self._reading = True
        self._unanswered = 0
        self._bytes = 0
        self._settled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what subclasses say

    def check_open(self, opened: pb.StreamOpen) -> None:
        """Raises InvalidRequest."""

    async def prepare(self) -> None:
        """Called once, when the tenant is open."""

    async def make(self, append: Any, bad_rows: Mapping[int, Sequence[Violation]]) -> tuple[A, bytes]:
        """The append and the digest of its payload, `offset` already cleared; `bad_rows` broke a rule of the proto.

        Raises InterplayError where nothing of it can be taken.
        """
        raise NotImplementedError

    def takes_part(self, append: Any) -> bool:
        """Whether the good rows of an append are taken where others are bad."""
        return bool(append.partial_success)

    def payload(self, append: A) -> bytes:
        """What is written of its entry."""
        return journal.encode(append.entry)

    def ids(self, append: A, receipt: Receipt) -> list[str]:
        """One for each row as sent, empty where it was not stored."""
        raise NotImplementedError

    def committed(self, append: A, receipt: Receipt) -> None:
        """Called once for each append that was not known before."""

    # --- what the registry may do

    def supersede(self) -> None:
        self._stop(_End(StreamSuperseded(self._open.stream_id)))

    def go_away(self, time_left: float) -> None:
        self._outbox.put(self.RESPONSE(go_away=pb.StreamGoAway(time_left=duration(time_left))))

    def cut(self) -> None:
        self._stop(_End(ServerDraining()))

    async def settled(self) -> None:
        await self._settled.wait()

    def _stop(self, end: _End) -> None:
        self._reading = False
        if self._end is None:
            self._end = end
            self._ended.set()

    # --- the life of a stream

    async def run(self) -> None:
        self._registry.enter(self)
        key = None
        tasks: list[asyncio.Task[None]] = []
        try:
            self._open = await self._read_open()
            self._store = await self._call.writable()
            await self.prepare()
            key = (self._store.name, self.METHOD, self._open.stream_id)
            await self._registry.own(key, self)
            await self._answer_open()
            sender = asyncio.create_task(self._outbox.run(), name="stream sender")
            reader = asyncio.create_task(self._read(), name="stream reader")
            tasks = [sender, reader]
            ended = asyncio.create_task(self._wait_end(), name="stream end")
            tasks.append(ended)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await self._finish(sender, reader)
        finally:
            self._reading = False
            # Those that are done, too: a write to a client that left has an error that nobody else looks at.
            everyone = (*tasks, *self._tasks)
            for task in everyone:
                task.cancel()
            self._registry.release(self._bytes)
            self._bytes = 0
            self._settle_when_answered()
            self._registry.leave(self, key)
            await asyncio.gather(*everyone, return_exceptions=True)

    async def _read_open(self) -> pb.StreamOpen:
        reading, ended = asyncio.ensure_future(self._call.read()), asyncio.ensure_future(self._wait_end())
        try:
            await asyncio.wait([reading, ended], return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise ServerDraining
            message = reading.result()
        finally:
            reading.cancel()
            ended.cancel()
        if message is None:
            raise StreamProtocol("the stream ended before open", "open")
        kind = message.WhichOneof("message")
        if kind != "open":
            raise StreamProtocol("the first message must be open", kind)
        opened: pb.StreamOpen = message.open
        if not opened.stream_id.strip():
            raise InvalidRequest([Violation("open.stream_id", "must not be blank")])
        self.check_open(opened)
        return opened

    async def _answer_open(self) -> None:
        await self._barrier()  # a connection that is gone may have appends in the ledger's queue still
        position = await self._store.stream_position(self._open.stream_id, self.METHOD)
        self._outbox.committed = position.next_offset
        self._interactions = position.interaction_count
        self._limit = self._open.max_outstanding or self._settings.max_outstanding
        limits = pb.StreamLimits(
            max_batch_interactions=1000,
            max_message_bytes=MAX_MESSAGE_BYTES,
            max_outstanding=self._limit,
            max_outstanding_bytes=self._settings.max_bytes,
        )
        opened = pb.StreamOpened(
            stream_id=self._open.stream_id,
            next_offset=position.next_offset,
            limits=limits,
            heartbeat_interval=duration(self._settings.heartbeat_seconds),
        )
        self._outbox.put(self.RESPONSE(opened=opened))
        if self._registry.draining:
            self.go_away(0)

    async def _finish(self, sender: asyncio.Task[None], reader: asyncio.Task[None]) -> None:
        """What was received is committed and acked before the stream ends, whatever ends it."""
        self._reading = False
        if self._end is None:
            failed = reader if reader.done() else sender
            if failed.done() and not failed.cancelled() and (error := failed.exception()) is not None:
                if failed is sender or not isinstance(error, InterplayError):
                    raise error
                self._stop(_End(error))
        end = self._end or _End()
        await self._barrier()
        self._settled.set()
        if self._tasks and end.error is None:
            await asyncio.wait(self._tasks, timeout=5)
        if end.finished:
            finished = pb.StreamFinished(committed_offset=self._outbox.committed, interaction_count=self._interactions)
            self._outbox.put(self.RESPONSE(finished=finished))
        self._outbox.close()
        await asyncio.wait([sender], timeout=5)
        if sender.done() and not sender.cancelled():
            sender.exception()  # a peer that is gone cannot be told
        if end.error is not None:
            raise end.error

    async def _wait_end(self) -> None:
        await self._ended.wait()

    def _settle_when_answered(self) -> None:
        """A stream that was cancelled may have appends in the ledger's queue still."""
        if self._settled.is_set():
            return
        if not hasattr(self, "_store"):
            self._settled.set()
            return
        self._store.submit(Write(None, b"", lambda _: self._settled.set()))

    async def _barrier(self) -> None:
        passed = asyncio.Event()
        self._store.submit(Write(None, b"", lambda _: passed.set()))
        await passed.wait()

    # --- reading

    async def _read(self) -> None:
        while self._reading:
            await self._room()
            try:
                message = await self._call.read()
            except InvalidRequest as error:
                await self._take_broken(error)
                continue
            except (InvalidMessage, MessageTooLarge) as error:
                self._refuse(None, error)
                continue
            if not self._reading:
                return
            if message is None:
                self._stop(_End())
                return
            kind = message.WhichOneof("message")
            if kind == "append":
                await self._take(message.append)
            elif kind == "heartbeat":
                answer = pb.StreamHeartbeat(committed_offset=self._outbox.committed)
                self._outbox.put(self.RESPONSE(heartbeat=answer))
            elif kind == "flush":
                self._flush()
            elif kind == "finish":
                self._stop(_End(finished=True))
                return
            else:
                self._stop(_End(StreamProtocol("open must be sent once", "open")))
                return

    async def _room(self) -> None:
        """Returns when neither this stream nor all of them, nor the tenant, have too much on its way."""
        while (
            self._unanswered + self._outbox.backlog >= self._limit
            or self._bytes >= self._settings.max_bytes
            or len(self._tasks) >= MAX_TASKS
        ):
            self._answered.clear()
            await self._answered.wait()
        await self._registry.room()
        await self._store.wait_room()

    async def _take_broken(self, error: InvalidRequest) -> None:
        """A message that breaks a rule of the proto; with partial_success its good rows are taken."""
        assert isinstance(error.request, self.REQUEST)  # noqa: S101 - parsed by the chain
        message: Any = error.request
        kind = message.WhichOneof("message")
        if kind == "open":
            self._stop(_End(StreamProtocol("open must be sent once", "open")))
            return
        append = message.append if kind == "append" else None
        bad: dict[int, list[Violation]] = {}
        for violation in error.violations:
            row = self.ROW.match(violation.field)
            if append is None or not self.takes_part(append) or row is None:
                self._refuse(append, error)
                return
            bad.setdefault(int(row[1]), []).append(violation)
        assert append is not None  # noqa: S101 - there is at least one violation
        await self._take(append, bad)

    async def _take(self, append: Any, bad_rows: Mapping[int, Sequence[Violation]] = NO_ROWS) -> None:
        given = append.offset if append.HasField("offset") else None
        size = append.ByteSize()
        append.ClearField("offset")
        try:
            await self._store.admit()
            batch, signature = await self.make(append, bad_rows)
        except InterplayError as error:
            self._metrics.appends_refused.inc()
            self._refuse_at(self._next_offset if given is None else given, error)
            return
        if not self._reading:
            return
        self._unanswered += 1
        self._bytes += size
        self._registry.hold(size)
        self._store.submit(
            Write(
                batch.entry,
                self.payload(batch),
                lambda outcome: self._answer(batch, size, given, outcome),
                StreamKey(self._open.stream_id, self.METHOD, given),
                digest=signature,
                layout=batch.layout,
            )
        )

    # --- answering, on the event loop after a commit

    def _answer(self, batch: A, size: int, given: int | None, outcome: Outcome) -> None:
        self._unanswered -= 1
        if self._bytes:
            self._bytes -= size
            self._registry.release(size)
        self._answered.set()
        if isinstance(outcome, Exception):
            self._metrics.appends_refused.inc()
            error = outcome if isinstance(outcome, InterplayError) else InterplayError(str(outcome))
            # In their order: without those that are committed it is the next one.
            self._refuse_at(self._outbox.committed if given is None else given, error)
            return
        result = None
        if outcome.duplicate:
            self._metrics.appends_duplicate.inc()
            result = pb.AppendResult(offset=outcome.offset, duplicate=True)
            committed = self._outbox.committed
        else:
            count = journal.counted(batch.entry)
            self._interactions += count
            committed = outcome.offset + 1
            self._metrics.appends_committed.inc()
            self._metrics.interactions.inc(count)
            if batch.warnings or batch.rejected:
                result = pb.AppendResult(offset=outcome.offset, warnings=batch.warnings)
                for index, error in batch.rejected:
                    result.rejected.add(index=index, status=self._status(error))
            self.committed(batch, outcome)
        if self._open.return_interaction_ids and outcome.count:
            result = result or pb.AppendResult(offset=outcome.offset)
            result.interaction_ids.extend(self.ids(batch, outcome))
        self._outbox.acknowledge(committed, result)

    def _refuse(self, append: Any | None, error: InterplayError) -> None:
        self._metrics.appends_refused.inc()
        offset = None
        if append is not None:
            offset = append.offset if append.HasField("offset") else self._next_offset
        self._refuse_at(offset, error)

    @property
    def _next_offset(self) -> int:
        """What the next append gets if those on their way are all taken."""
        return self._outbox.committed + self._unanswered

    def _status(self, error: InterplayError) -> status_pb2.Status:
        return to_status(error, self._call.request_id, self._call.method.name)

    def _refuse_at(self, offset: int | None, error: InterplayError) -> None:
        if offset is None and "offset" in error.metadata:
            offset = int(error.metadata["offset"])
        refused = pb.StreamAppendError(
            offset=offset,
            status=self._status(error),
            next_offset=self._outbox.committed,
        )
        self._outbox.put(self.RESPONSE(append_error=refused))

    def _flush(self) -> None:
        """Answered when everything before it is in LanceDB."""

        def committed(outcome: Outcome) -> None:
            # A barrier in a group that could not be written waits for what was committed before it.
            last = outcome.first_seq - 1 if isinstance(outcome, Receipt) else self._store.last_seq
            self._start(self._answer_flush(last))

        self._store.submit(Write(None, b"", committed))

    async def _answer_flush(self, seq: int) -> None:
        await self._store.wait_applied(seq)
        self._outbox.flushed()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._answered.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a stream's work failed", error=repr(error))
            self._stop(_End(error if isinstance(error, InterplayError) else InternalError()))
