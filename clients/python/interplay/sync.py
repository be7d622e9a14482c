"""The client for programs without asyncio: the asynchronous one, run on a thread of its own."""

import asyncio
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterable, Mapping
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from interplay._exchange import Remembering
from interplay._loop import shared
from interplay.client import AsyncInterplay
from interplay.config import ClientConfig
from interplay.operation import OperationHandle
from interplay.publisher import Overrides, Publisher
from interplay.receipt import AppendAck, Receipt
from interplay.remember import plain
from interplay.types import InteractionLike
from interplay.v1 import context_pb2, operation_pb2

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


def _like(other: Callable[..., Any]) -> Callable[[F], F]:
    """functools.wraps for methods written out here; a type checker still takes the result for a method."""

    def dress(own: F) -> F:
        functools.update_wrapper(own, other)
        return own

    return dress


def _blocking(
    method: Callable[Concatenate[AsyncInterplay, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate["Interplay", P], R]:
    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return shared.run(method(self._client, *args, **kwargs))

    return call


def _operating(
    method: Callable[Concatenate[AsyncInterplay, P], Coroutine[Any, Any, OperationHandle]],
) -> Callable[Concatenate["Interplay", P], "SyncOperation"]:
    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> "SyncOperation":
        return SyncOperation(shared.run(method(self._client, *args, **kwargs)))

    return call


def _iterating(
    method: Callable[Concatenate[AsyncInterplay, P], AsyncIterator[R]],
) -> Callable[Concatenate["Interplay", P], Generator[R, None, None]]:
    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> Generator[R, None, None]:
        async def start() -> AsyncIterator[R]:
            return method(self._client, *args, **kwargs)

        return _drawn(shared.run(start()))

    return call


def _drawn(items: AsyncIterator[R]) -> Generator[R, None, None]:
    async def draw() -> tuple[R] | None:
        # StopAsyncIteration would not survive the way through a future.
        try:
            return (await anext(items),)
        except StopAsyncIteration:
            return None

    async def leave() -> None:
        if isinstance(items, AsyncGenerator):
            await items.aclose()

    try:
        while (found := shared.run(draw())) is not None:
            yield found[0]
    finally:
        shared.run(leave())


class Interplay:
    """AsyncInterplay with the same arguments and methods, which wait for their results; iterators are ordinary ones.

    Usable from any thread but not inside `on_error`, which runs on the client's own thread.
    """

    def __init__(self, target: str | None = None, **settings: Any) -> None:
        self._client = AsyncInterplay(target, **settings)

    @property
    def config(self) -> ClientConfig:
        return self._client.config

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    close = _blocking(AsyncInterplay.close)
    publish_interaction = _blocking(AsyncInterplay.publish_interaction)
    get_publish_stream = _blocking(AsyncInterplay.get_publish_stream)
    annotate_interaction = _blocking(AsyncInterplay.annotate_interaction)
    get_interaction = _blocking(AsyncInterplay.get_interaction)
    list_interactions = _iterating(AsyncInterplay.list_interactions)
    delete_interactions = _blocking(AsyncInterplay.delete_interactions)
    search_interactions = _blocking(AsyncInterplay.search_interactions)
    find_similar_interactions = _blocking(AsyncInterplay.find_similar_interactions)
    list_sessions = _iterating(AsyncInterplay.list_sessions)
    get_session = _blocking(AsyncInterplay.get_session)
    watch_interactions = _iterating(AsyncInterplay.watch_interactions)
    server_info = _blocking(AsyncInterplay.server_info)
    create_api_key = _blocking(AsyncInterplay.create_api_key)
    list_api_keys = _iterating(AsyncInterplay.list_api_keys)
    revoke_api_key = _blocking(AsyncInterplay.revoke_api_key)
    optimize_tables = _blocking(AsyncInterplay.optimize_tables)
    get_operation = _blocking(AsyncInterplay.get_operation)
    list_operations = _iterating(AsyncInterplay.list_operations)
    watch_operation = _iterating(AsyncInterplay.watch_operation)
    cancel_operation = _blocking(AsyncInterplay.cancel_operation)
    search_profiles = _blocking(AsyncInterplay.search_profiles)
    get_profile = _blocking(AsyncInterplay.get_profile)
    list_profiles = _iterating(AsyncInterplay.list_profiles)
    get_profiles = list_profiles
    create_profile = _blocking(AsyncInterplay.create_profile)
    update_profile = _blocking(AsyncInterplay.update_profile)
    delete_profile = _blocking(AsyncInterplay.delete_profile)
    profile_changes = _iterating(AsyncInterplay.profile_changes)
    watch_profiles = _iterating(AsyncInterplay.watch_profiles)
    search_user_playbooks = _blocking(AsyncInterplay.search_user_playbooks)
    get_user_playbook = _blocking(AsyncInterplay.get_user_playbook)
    list_user_playbooks = _iterating(AsyncInterplay.list_user_playbooks)
    create_user_playbook = _blocking(AsyncInterplay.create_user_playbook)
    update_user_playbook = _blocking(AsyncInterplay.update_user_playbook)
    delete_user_playbook = _blocking(AsyncInterplay.delete_user_playbook)
    playbook_changes = _iterating(AsyncInterplay.playbook_changes)
    watch_playbooks = _iterating(AsyncInterplay.watch_playbooks)
    search_agent_playbooks = _blocking(AsyncInterplay.search_agent_playbooks)
    get_agent_playbook = _blocking(AsyncInterplay.get_agent_playbook)
    list_agent_playbooks = _iterating(AsyncInterplay.list_agent_playbooks)
    create_agent_playbook = _blocking(AsyncInterplay.create_agent_playbook)
    update_agent_playbook = _blocking(AsyncInterplay.update_agent_playbook)
    delete_agent_playbook = _blocking(AsyncInterplay.delete_agent_playbook)
    review_agent_playbook = _blocking(AsyncInterplay.review_agent_playbook)
    aggregate_playbooks = _operating(AsyncInterplay.aggregate_playbooks)
    learning_config = _blocking(AsyncInterplay.learning_config)
    update_learning_config = _blocking(AsyncInterplay.update_learning_config)
    generate_profiles = _blocking(AsyncInterplay.generate_profiles)
    generate_playbooks = _blocking(AsyncInterplay.generate_playbooks)
    rerun_learning = _operating(AsyncInterplay.rerun_learning)
    promote_generation = _blocking(AsyncInterplay.promote_generation)
    rollback_generation = _blocking(AsyncInterplay.rollback_generation)
    learning_status = _blocking(AsyncInterplay.learning_status)
    learning_provenance = _blocking(AsyncInterplay.learning_provenance)
    context = _blocking(AsyncInterplay.context)
    search_all = _blocking(AsyncInterplay.search_all)

    @_like(AsyncInterplay.publisher)
    def publisher(self, stream_id: str, **settings: Any) -> "SyncPublisher":
        async def make() -> Publisher:
            return self._client.publisher(stream_id, **settings)

        return SyncPublisher(shared.run(make()))

    @_like(AsyncInterplay.remember)
    def remember(self, **settings: Any) -> Callable[[Callable[..., R]], Callable[..., R]]:
        chosen = Remembering(**settings)
        return lambda function: plain(self, function, chosen)

    @_like(AsyncInterplay.wrap)
    def wrap(self, agent: Callable[..., R], **settings: Any) -> Callable[..., R]:
        return self.remember(**settings)(agent)


class SyncOperation:
    """OperationHandle whose methods wait."""

    def __init__(self, operation: OperationHandle) -> None:
        self._operation = operation

    @property
    def operation_id(self) -> str:
        return self._operation.operation_id

    @property
    def latest(self) -> operation_pb2.Operation:
        """The operation as it was last heard of."""
        return self._operation.latest

    @property
    def result(self) -> Mapping[str, str]:
        """What it found, as names and values; empty before wait() has returned."""
        return self._operation.result

    def done(self) -> bool:
        """Whether it had ended when it was last heard of."""
        return self._operation.done()

    def progress(self) -> Generator[operation_pb2.Operation, None, None]:
        """Yields it on every change until it ends, as OperationHandle.progress()."""
        return _drawn(self._operation.progress())

    def wait(self, timeout: float | None = None) -> operation_pb2.Operation:
        """Waits for its end, as OperationHandle.wait()."""
        return shared.run(self._operation.wait(timeout))

    def cancel(self) -> None:
        """Asks it to stop at its next safe point; wait() tells when it has."""
        shared.run(self._operation.cancel())


class SyncReceipt:
    """What becomes of an append."""

    def __init__(self, receipt: Receipt) -> None:
        self._receipt = receipt

    def done(self) -> bool:
        """Whether the append was acked, refused or given up."""
        return self._receipt.done()

    def result(self, timeout: float | None = None) -> AppendAck:
        """Waits for the ack, at most `timeout` seconds: TimeoutError. Raises the error of the append."""

        async def wait() -> AppendAck:
            async with asyncio.timeout(timeout):
                return await self._receipt

        return shared.run(wait())

    def context(self, timeout: float | None = None) -> context_pb2.AgentContext | None:
        """What matters to the user turn of this append, as Receipt.context()."""
        return shared.run(self._receipt.context(timeout))


class SyncPublisher:
    """Publisher whose methods wait. append() waits for room, not for the ack, which its receipt brings."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def __enter__(self) -> Self:
        shared.run(self._publisher.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shared.run(self._publisher.__aexit__(kind, error, trace))

    @property
    def stream_id(self) -> str:
        return self._publisher.stream_id

    @property
    def pending(self) -> int:
        """Interactions that are neither acked nor refused."""
        return self._publisher.pending

    def append(
        self, interactions: InteractionLike | Iterable[InteractionLike], **overrides: Unpack[Overrides]
    ) -> SyncReceipt:
        """Queues interactions as one append, as Publisher.append()."""
        return SyncReceipt(shared.run(self._publisher.append(interactions, **overrides)))

    def append_nowait(
        self, interactions: InteractionLike | Iterable[InteractionLike], **overrides: Unpack[Overrides]
    ) -> SyncReceipt:
        """Like append(), but raises BufferFullError whenever there is no room."""

        async def push() -> Receipt:
            return self._publisher.append_nowait(interactions, **overrides)

        return SyncReceipt(shared.run(push()))

    def flush(self) -> None:
        """Returns when everything appended so far is in the tables, or was refused."""
        shared.run(self._publisher.flush())

    def drain(self) -> None:
        """Returns when everything appended so far is acked, or was refused."""
        shared.run(self._publisher.drain())

    def contexts(self) -> Generator[context_pb2.AgentContext, None, None]:
        """Iterates over the briefings as they come, until the publisher ends."""
        return _drawn(self._publisher.contexts())

    def close(self, timeout: float | None = None) -> None:
        """Sends what is pending, then `finish`, as Publisher.close()."""
        shared.run(self._publisher.close(timeout))

    def abort(self) -> None:
        """Stops at once and gives up what is pending."""
        shared.run(self._publisher.abort())
