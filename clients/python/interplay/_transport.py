"""One channel, and what every call over it has in common."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import grpc

from interplay.config import ClientConfig
from interplay.errors import InterplayError, UnavailableError, from_rpc_error
from interplay.v1.admin_service_pb2_grpc import AdminServiceStub
from interplay.v1.context_service_pb2_grpc import ContextServiceStub
from interplay.v1.dialogue_service_pb2_grpc import DialogueServiceStub
from interplay.v1.evaluation_service_pb2_grpc import EvaluationServiceStub
from interplay.v1.feature_service_pb2_grpc import FeatureServiceStub
from interplay.v1.interaction_service_pb2_grpc import InteractionServiceStub
from interplay.v1.learning_service_pb2_grpc import LearningServiceStub
from interplay.v1.monitor_service_pb2_grpc import MonitorServiceStub
from interplay.v1.operation_service_pb2_grpc import OperationServiceStub
from interplay.v1.playbook_service_pb2_grpc import PlaybookServiceStub
from interplay.v1.profile_service_pb2_grpc import ProfileServiceStub

if TYPE_CHECKING:
    from interplay.v1.admin_service_pb2_grpc import AdminServiceAsyncStub
    from interplay.v1.context_service_pb2_grpc import ContextServiceAsyncStub
    from interplay.v1.dialogue_service_pb2_grpc import DialogueServiceAsyncStub
    from interplay.v1.evaluation_service_pb2_grpc import EvaluationServiceAsyncStub
    from interplay.v1.feature_service_pb2_grpc import FeatureServiceAsyncStub
    from interplay.v1.interaction_service_pb2_grpc import InteractionServiceAsyncStub
    from interplay.v1.learning_service_pb2_grpc import LearningServiceAsyncStub
    from interplay.v1.monitor_service_pb2_grpc import MonitorServiceAsyncStub
    from interplay.v1.operation_service_pb2_grpc import OperationServiceAsyncStub
    from interplay.v1.playbook_service_pb2_grpc import PlaybookServiceAsyncStub
    from interplay.v1.profile_service_pb2_grpc import ProfileServiceAsyncStub

R = TypeVar("R")

_log = logging.getLogger("interplay")
_HEARTBEAT_SECONDS = 15
# What grpc itself says of a connection that broke under a stream. Errors of the server carry a reason as well.
_BROKEN = frozenset({"UNAVAILABLE", "UNKNOWN", "INTERNAL", "CANCELLED", "DEADLINE_EXCEEDED"})


class _SilentError(UnavailableError):
    """Nothing was heard for too long."""


class Backoff:
    """Seconds to wait before the next try: doubling from `first` to `last`, of which a random half to all."""

    def __init__(self, first: float = 0.1, last: float = 10.0) -> None:
        self._first, self._last = first, last
        self._tries = 0

    def reset(self) -> None:
        self._tries = 0

    def next(self, at_least: float | None = None) -> float:
        ceiling = min(self._last, self._first * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return max(ceiling * random.uniform(0.5, 1.0), at_least or 0.0)  # noqa: S311 - spreads load, guards nothing


class Transport:
    """Opened by its first call, because a channel belongs to the event loop that it was made in."""

    def __init__(self, config: ClientConfig) -> None:
        self.config = config
        self.metadata = config.metadata()
        self._channel: grpc.aio.Channel | None = None
        self._stubs: dict[Any, Any] = {}
        self.closed = False

    def new_channel(self) -> grpc.aio.Channel:
        """Another connection to the same server; whoever asks must close it."""
        config = self.config
        credentials = config.tls.credentials() if config.tls else config.credentials
        if credentials is None:
            return grpc.aio.insecure_channel(config.target, options=config.channel_options())
        return grpc.aio.secure_channel(config.target, credentials, options=config.channel_options())

    @property
    def channel(self) -> grpc.aio.Channel:
        """The shared channel. Raises RuntimeError after close()."""
        if self.closed:
            raise RuntimeError("the client is closed")
        if self._channel is None:
            asyncio.get_running_loop()
            self._channel = self.new_channel()
        return self._channel

    @property
    def interactions(self) -> "InteractionServiceAsyncStub":
        stub: InteractionServiceAsyncStub = self._stub(InteractionServiceStub)
        return stub

    @property
    def operations(self) -> "OperationServiceAsyncStub":
        stub: OperationServiceAsyncStub = self._stub(OperationServiceStub)
        return stub

    @property
    def admin(self) -> "AdminServiceAsyncStub":
        stub: AdminServiceAsyncStub = self._stub(AdminServiceStub)
        return stub

    @property
    def profiles(self) -> "ProfileServiceAsyncStub":
        stub: ProfileServiceAsyncStub = self._stub(ProfileServiceStub)
        return stub

    @property
    def playbooks(self) -> "PlaybookServiceAsyncStub":
        stub: PlaybookServiceAsyncStub = self._stub(PlaybookServiceStub)
        return stub

    @property
    def learning(self) -> "LearningServiceAsyncStub":
        stub: LearningServiceAsyncStub = self._stub(LearningServiceStub)
        return stub

    @property
    def contexts(self) -> "ContextServiceAsyncStub":
        stub: ContextServiceAsyncStub = self._stub(ContextServiceStub)
        return stub

    @property
    def evaluations(self) -> "EvaluationServiceAsyncStub":
        stub: EvaluationServiceAsyncStub = self._stub(EvaluationServiceStub)
        return stub

    @property
    def features(self) -> "FeatureServiceAsyncStub":
        stub: FeatureServiceAsyncStub = self._stub(FeatureServiceStub)
        return stub

    @property
    def monitor(self) -> "MonitorServiceAsyncStub":
        stub: MonitorServiceAsyncStub = self._stub(MonitorServiceStub)
        return stub

    @property
    def dialogues(self) -> "DialogueServiceAsyncStub":
        stub: DialogueServiceAsyncStub = self._stub(DialogueServiceStub)
        return stub

    def _stub(self, kind: Any) -> Any:
        channel = self.channel
        if kind not in self._stubs:
            self._stubs[kind] = kind(channel)
        return self._stubs[kind]

    async def unary(
        self,
        method: "grpc.aio.UnaryUnaryMultiCallable[Any, R]",
        request: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - the deadline that grpc sends
    ) -> R:
        """Calls a unary method; `timeout` in seconds, None means that of the configuration. Raises InterplayError."""
        seconds = self.config.timeout if timeout is None else timeout
        call = method(request, timeout=seconds, metadata=self.metadata)
        # grpc takes a cancellation in and raises one of its own, which anyio does not know as its scope's.
        answer = asyncio.ensure_future(call)
        answer.add_done_callback(_looked_at)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            call.cancel()
            raise
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None

    async def pages(
        self,
        method: Any,
        request: Any,
        field: str,
        timeout: float | None = None,  # noqa: ASYNC109 - a deadline a page
    ) -> AsyncGenerator[Any, None]:
        """Yields the items of all pages, one page ahead of none: the next is asked for when the last item is taken."""
        while True:
            answer = await self.unary(method, request, timeout)
            for item in getattr(answer, field):
                yield item
            if not answer.next_page_token:
                return
            request.page_token = answer.next_page_token

    async def follow(
        self, service: Any, method: str, request: Any, silence: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Yields the answers of a server stream and calls it again, with `request` as it then is, whenever it breaks.

        `service` is a class of stubs. `silence` is how many seconds without an answer count as a dead connection.
        Raises the InterplayErrors that calling again cannot mend.
        """
        backoff = Backoff()
        own: grpc.aio.Channel | None = None
        try:
            while True:
                pause = None
                call = getattr(service(own or self.channel), method)
                try:
                    async with contextlib.aclosing(self.stream(call, request, silence)) as answers:
                        async for answer in answers:
                            backoff.reset()
                            yield answer
                except InterplayError as error:
                    if not may_reconnect(error):
                        raise
                    _log.info("stream broke, calling again: %s", error)
                    pause = error.retry_after
                    if isinstance(error, _SilentError):
                        # TCP believes the connection alive and grpc would use it again.
                        own = await self._renew(own)
                await asyncio.sleep(backoff.next(pause))
        finally:
            if own is not None:
                await own.close()

    async def watch(
        self, service: Any, method: str, request: Any, is_heartbeat: Callable[[Any], bool], *, heartbeats: bool
    ) -> AsyncGenerator[Any, None]:
        """Yields the answers of a watch without end, going on from the token of the last one when it breaks.

        After three heart-beats in silence the connection counts as dead. `heartbeats` yields those too.
        """
        silence = 3.0 * (request.heartbeat_seconds or _HEARTBEAT_SECONDS)
        async with contextlib.aclosing(self.follow(service, method, request, silence)) as changes:
            async for change in changes:
                request.resume_token, request.from_beginning = change.resume_token, False
                if heartbeats or not is_heartbeat(change):
                    yield change

    async def _renew(self, own: grpc.aio.Channel | None) -> grpc.aio.Channel:
        if own is not None:
            await own.close()
        return self.new_channel()

    async def stream(self, method: Any, request: Any, silence: float | None = None) -> AsyncGenerator[Any, None]:
        """Yields the answers of one call of a server stream; `silence` as in follow(). Raises InterplayError."""
        call = method(request, metadata=self.metadata)
        try:
            while (answer := await _read(call, silence)) is not grpc.aio.EOF:
                yield answer
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        finally:
            call.cancel()

    async def close(self) -> None:
        self.closed = True
        if self._channel is not None:
            await self._channel.close()


async def _read(call: Any, silence: float | None) -> Any:
    try:
        async with asyncio.timeout(silence):
            return await call.read()
    except TimeoutError:
        raise _SilentError(f"nothing was heard for {silence:g} s") from None


def may_reconnect(error: InterplayError) -> bool:
    """Whether a stream that ended so is worth opening again: the connection broke, or the server cannot just now."""
    if error.code in {"UNAVAILABLE", "RESOURCE_EXHAUSTED"}:
        return True
    return error.code in _BROKEN and not error.reason


def _looked_at(answer: "asyncio.Future[Any]") -> None:
    """Nobody is left to be told what a call came to that was cancelled."""
    if not answer.cancelled():
        answer.exception()
