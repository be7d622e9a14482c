"""Publishers for programs without asyncio."""

import asyncio
from collections.abc import Generator, Iterable
from types import TracebackType
from typing import Self, Unpack

from interplay._loop import drawn, shared
from interplay.publisher import Appending, EventPublisher, Overrides, Publisher, PublisherStats
from interplay.receipt import AppendAck, Receipt
from interplay.shop import EventLike
from interplay.types import InteractionLike
from interplay.v1 import context_pb2


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


class SyncAppending:
    """What the publishers have in common."""

    def __init__(self, publisher: Appending) -> None:
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
    def stopped(self) -> bool:
        """It will take no more: it was closed, or something stopped it for good."""
        return self._publisher.stopped

    @property
    def pending(self) -> int:
        """Interactions or events that are neither acked nor refused."""
        return self._publisher.pending

    @property
    def committed_offset(self) -> int:
        """Appends of the stream that the server has committed, as far as it said."""
        return self._publisher.committed_offset

    def stats(self) -> PublisherStats:
        return self._publisher.stats()

    def flush(self) -> None:
        """Returns when everything appended so far is in the tables, or was refused."""
        shared.run(self._publisher.flush())

    def drain(self) -> None:
        """Returns when everything appended so far is acked, or was refused."""
        shared.run(self._publisher.drain())

    def close(self, timeout: float | None = None) -> None:
        """Sends what is pending, then `finish`, as Publisher.close()."""
        shared.run(self._publisher.close(timeout))

    def abort(self) -> None:
        """Stops at once and gives up what is pending."""
        shared.run(self._publisher.abort())


class SyncPublisher(SyncAppending):
    """Publisher whose methods wait. append() waits for room, not for the ack, which its receipt brings."""

    def __init__(self, publisher: Publisher) -> None:
        super().__init__(publisher)
        self._interactions = publisher

    def append(
        self, interactions: InteractionLike | Iterable[InteractionLike], **overrides: Unpack[Overrides]
    ) -> SyncReceipt:
        """Queues interactions as one append, as Publisher.append()."""
        return SyncReceipt(shared.run(self._interactions.append(interactions, **overrides)))

    def append_nowait(
        self, interactions: InteractionLike | Iterable[InteractionLike], **overrides: Unpack[Overrides]
    ) -> SyncReceipt:
        """Like append(), but raises BufferFullError whenever there is no room."""

        async def push() -> Receipt:
            return self._interactions.append_nowait(interactions, **overrides)

        return SyncReceipt(shared.run(push()))

    def contexts(self) -> Generator[context_pb2.AgentContext, None, None]:
        """Iterates over the briefings as they come, until the publisher ends."""
        return drawn(self._interactions.contexts())


class SyncEventPublisher(SyncAppending):
    """EventPublisher whose methods wait. append() waits for room, not for the ack, which its receipt brings."""

    def __init__(self, publisher: EventPublisher) -> None:
        super().__init__(publisher)
        self._events = publisher

    def append(self, events: EventLike | Iterable[EventLike], *, partial_success: bool = False) -> SyncReceipt:
        """Queues events as one append, as EventPublisher.append()."""
        return SyncReceipt(shared.run(self._events.append(events, partial_success=partial_success)))

    def append_nowait(self, events: EventLike | Iterable[EventLike], *, partial_success: bool = False) -> SyncReceipt:
        """Like append(), but raises BufferFullError whenever there is no room."""

        async def push() -> Receipt:
            return self._events.append_nowait(events, partial_success=partial_success)

        return SyncReceipt(shared.run(push()))
