"""What becomes of an append."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from interplay.errors import InterplayError
from interplay.v1 import context_pb2


@dataclass(frozen=True)
class AppendAck:
    """An append is durable and searchable."""

    offset: int
    """Number of appends before it in the life of the stream."""
    request_id: str
    """The request_id of its interactions or events: `stream_id/offset`."""
    interaction_ids: tuple[str, ...] = ()
    """One for each interaction or event, empty where skipped or rejected.

    None at all unless asked for by `return_ids`, or where the ack was lost with its connection and only the offset told
    that the append is committed; `list_interactions(request_id=...)` finds them then.
    """
    rejected: tuple[tuple[int, InterplayError], ...] = ()
    """Places and reasons of rows that were not taken; only with `partial_success`."""
    warnings: tuple[str, ...] = ()
    """What was skipped and why."""
    duplicate: bool = False
    """The append was known already."""

    @property
    def event_ids(self) -> tuple[str, ...]:
        """What `interaction_ids` are in the ack of an EventPublisher."""
        return self.interaction_ids


class Receipt:
    """Await it for the AppendAck; it raises the error with which the append was refused or given up."""

    def __init__(self, *, briefed: bool) -> None:
        loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[AppendAck] = loop.create_future()
        self._context: asyncio.Future[context_pb2.AgentContext | None] = loop.create_future()
        if not briefed:
            self._context.set_result(None)

    def __await__(self) -> Generator[Any, None, AppendAck]:
        return asyncio.shield(self._outcome).__await__()

    def done(self) -> bool:
        """Whether the append was acked, refused or given up."""
        return self._outcome.done()

    async def context(self, timeout: float | None = None) -> context_pb2.AgentContext | None:  # noqa: ASYNC109 - None is an answer
        """What matters to the user turn of this append.

        None where no briefing was asked for, no turn is a user's, it was lost with its connection, or none came in
        `timeout` seconds.
        """
        try:
            return await asyncio.wait_for(asyncio.shield(self._context), timeout)
        except TimeoutError:
            return None

    @property
    def awaits_context(self) -> bool:
        return not self._context.done()

    def resolve(self, ack: AppendAck) -> None:
        if not self._outcome.done():
            self._outcome.set_result(ack)

    def fail(self, error: InterplayError, *, reported: bool) -> None:
        """`reported` keeps asyncio from complaining when nobody ever awaits the receipt."""
        if not self._outcome.done():
            self._outcome.set_exception(error)
            if reported:
                self._outcome.exception()
        self.brief(None)

    def brief(self, context: context_pb2.AgentContext | None) -> None:
        if not self._context.done():
            self._context.set_result(context)
