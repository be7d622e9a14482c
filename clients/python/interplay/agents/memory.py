"""What an agent's memory does beside the agent: it briefs, publishes and answers tools, and never breaks the agent."""

import asyncio
import contextlib
import copy
import logging
import threading
import uuid
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, TypeVar

from interplay._loop import shared
from interplay.agents.tools import TOOLS, ToolOutcome, Tools
from interplay.client import AsyncInterplay
from interplay.context import Context
from interplay.errors import InterplayError
from interplay.publisher import Publisher
from interplay.receipt import AppendAck, Receipt
from interplay.sync import Interplay
from interplay.types import InteractionLike, interactions
from interplay.v1 import interaction_pb2

R = TypeVar("R")

log = logging.getLogger("interplay")

_MAX_QUERY = 10_000


@dataclass
class MemoryCounts:
    """What became of an agent's briefings, turns and tool calls since its memory was made."""

    briefed: int = 0
    unbriefed: int = 0
    """Answers that were given without a briefing, since it failed or took too long."""
    published: int = 0
    """Turns that were handed to the publisher."""
    lost: int = 0
    """Turns that could not be published: the buffer was full, the server refused them, or the time ran out."""
    tool_calls: int = 0
    tool_failures: int = 0


class _Shared:
    """What the memories of one agent have in common: client, publisher and counts."""

    def __init__(self, client: Interplay | AsyncInterplay | None, buffer: int, source: str) -> None:
        self.own = Interplay() if client is None else None
        given = client or self.own
        self.blocking = isinstance(given, Interplay)
        self.client: AsyncInterplay = given._client if isinstance(given, Interplay) else given  # type: ignore[assignment]  # noqa: SLF001 - the same package
        self.buffer, self.source = buffer, source
        self.publisher: Publisher | None = None
        self.counts = MemoryCounts()
        self._lock = threading.Lock()

    def count(self, **by: int) -> None:
        with self._lock:
            for name, number in by.items():
                setattr(self.counts, name, getattr(self.counts, name) + number)

    def run(self, work: Coroutine[Any, Any, R]) -> R:
        """Raises TypeError for a client that belongs to an event loop."""
        if not self.blocking:
            work.close()
            raise TypeError("AsyncInterplay belongs to its event loop: give Interplay to an agent that is not async")
        return shared.run(work)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Like run(), without waiting."""
        if not self.blocking:
            self.run(work)
        asyncio.run_coroutine_threadsafe(work, shared._running())  # noqa: SLF001 - the same package

    async def arun(self, work: Coroutine[Any, Any, R]) -> R:
        """On the loop of the client, from whichever loop the agent runs in."""
        if not self.blocking:
            return await work
        future = asyncio.run_coroutine_threadsafe(work, shared._running())  # noqa: SLF001 - the same package
        return await asyncio.wrap_future(future)

    def opened(self) -> Publisher:
        if self.publisher is None:
            name = f"agent-{uuid.uuid4().hex}"
            self.publisher = self.client.publisher(
                name, source=self.source, buffer=self.buffer, policy="reject", return_ids=True, on_error=_ignored
            )
        return self.publisher

    def settled(self, outcome: "asyncio.Future[AppendAck]") -> None:
        """Counts a turn that was refused or given up, wholly or in part."""
        error = asyncio.CancelledError() if outcome.cancelled() else outcome.exception()
        reasons = [error] if error is not None else [why for _, why in outcome.result().rejected]
        if reasons:
            self.count(lost=1)
            log.warning("a turn of an agent was not published: %s", reasons[0])


def _ignored(error: InterplayError, receipt: Receipt | None) -> None:
    """Every receipt is looked at; a publisher that stopped fails what comes later."""
    if receipt is None:
        log.warning("an agent's turns are published no more: %s", error)


class AgentMemory:
    """The memory of one conversation. Give it to an adapter; `of()` makes those of other people and conversations.

    `client` is made from the environment when not said. Briefings wait at most `timeout` seconds; turns go to a
    publisher that keeps `buffer` of them while the server cannot be reached, and nothing waits for it. Nothing here
    raises what the server or the network did: it is logged on the logger `interplay` and counted in `counts`.
    """

    def __init__(
        self,
        client: Interplay | AsyncInterplay | None = None,
        *,
        user_id: str = "",
        session_id: str = "",
        agent_id: str = "",
        agent_version: str = "",
        source: str = "agent",
        top_k: int = 0,
        token_budget: int = 0,
        timeout: float = 2.0,
        buffer: int = 1_000,
    ) -> None:
        self._shared = _Shared(client, buffer, source)
        self.user_id = user_id
        self.session_id = session_id or f"session-{uuid.uuid4().hex}"
        self.agent_id, self.agent_version = agent_id, agent_version
        self._top_k, self._token_budget = top_k, token_budget
        self._timeout = timeout
        self._first = True
        self._forget()

    def _forget(self) -> None:
        self._recalled: list[Context] = []
        self._last: tuple[Receipt, int] | None = None

    def of(self, user_id: str, session_id: str = "") -> Self:
        """The memory of another conversation, with the same client, publisher and counts.

        Closing it waits until its turns are stored; only closing the first one ends what they share.
        """
        other = copy.copy(self)
        other._first = False  # noqa: SLF001 - our own class
        other.user_id, other.session_id = user_id, session_id or f"session-{uuid.uuid4().hex}"
        other._forget()  # noqa: SLF001 - our own class
        return other

    @property
    def counts(self) -> MemoryCounts:
        """As they are now; shared by all that `of()` made."""
        return replace(self._shared.counts)

    @property
    def tools(self) -> tuple[Mapping[str, Any], ...]:
        """Names, descriptions and JSON schemas of the tools that `call()` answers."""
        return TOOLS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def brief(self, query: str = "") -> Context:
        """What the agent should know; an empty Context where that could not be learnt in time."""
        return self._shared.run(self._brief(query))

    async def abrief(self, query: str = "") -> Context:
        """brief() for asyncio."""
        return await self._shared.arun(self._brief(query))

    def publish(self, turns: InteractionLike | Iterable[InteractionLike], *, session_finished: bool = False) -> None:
        """Hands the turns of an exchange to the publisher's thread and does not wait."""
        self._shared.start(self._publish(self._rows(turns), session_finished=session_finished))

    async def apublish(
        self, turns: InteractionLike | Iterable[InteractionLike], *, session_finished: bool = False
    ) -> None:
        """publish() for asyncio."""
        await self._shared.arun(self._publish(self._rows(turns), session_finished=session_finished))

    def call(self, name: str, arguments: Mapping[str, Any] | str | None) -> ToolOutcome:
        """Answers one of `tools`; a failure is an outcome too, for the model to read."""
        return self._shared.run(self._call(name, arguments))

    async def acall(self, name: str, arguments: Mapping[str, Any] | str | None) -> ToolOutcome:
        """call() for asyncio."""
        return await self._shared.arun(self._call(name, arguments))

    def flush(self, timeout: float = 10.0) -> bool:
        """Waits until everything published is searchable; False where that took longer than `timeout` seconds."""
        return self._shared.run(self._flush(timeout))

    async def aflush(self, timeout: float = 10.0) -> bool:  # noqa: ASYNC109 - False is an answer
        """flush() for asyncio."""
        return await self._shared.arun(self._flush(timeout))

    def close(self, timeout: float = 5.0) -> None:
        """Sends what is queued; what is left after `timeout` seconds is given up, counted and logged."""
        self._shared.run(self._close(timeout))
        if self._first and self._shared.own is not None:
            self._shared.own.close()

    async def aclose(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - what is left is given up
        """close() for asyncio."""
        await self._shared.arun(self._close(timeout))
        if self._first and self._shared.own is not None:
            await self._shared.arun(self._shared.client.close())

    def take_recalled(self) -> list[Context]:
        """The briefings that the search tool gave since the last turn was published."""
        recalled, self._recalled = self._recalled, []
        return recalled

    async def _brief(self, query: str) -> Context:
        try:
            async with asyncio.timeout(self._timeout):
                context = await self._context(query)
        except Exception as error:  # noqa: BLE001 - memory must not break the agent
            self._shared.count(unbriefed=1)
            log.warning("an agent answers without a briefing: %s", str(error) or type(error).__name__)
            return Context()
        self._shared.count(briefed=1)
        return context

    async def _context(self, query: str) -> Context:
        return await self._shared.client.context(
            self.user_id,
            query[:_MAX_QUERY],
            session_id=self.session_id,
            agent_id=self.agent_id,
            agent_version=self.agent_version,
            top_k=self._top_k,
            token_budget=self._token_budget,
            timeout=self._timeout,
        )

    def _rows(self, turns: InteractionLike | Iterable[InteractionLike]) -> list[interaction_pb2.InteractionData]:
        """As messages, before the caller can change them; none where they are no turns."""
        try:
            return interactions(turns)
        except (TypeError, ValueError) as error:
            self._shared.count(lost=1)
            log.warning("a turn of an agent was not published: %s", error)
            return []

    async def _publish(self, rows: list[interaction_pb2.InteractionData], *, session_finished: bool) -> None:
        if not rows:
            return
        try:
            receipt = self._shared.opened().append_nowait(
                rows,
                user_id=self.user_id,
                session_id=self.session_id,
                agent_id=self.agent_id,
                agent_version=self.agent_version,
                session_finished=session_finished,
                partial_success=True,
            )
        except Exception as error:  # noqa: BLE001 - memory must not break the agent
            self._shared.count(lost=1)
            log.warning("a turn of an agent was not published: %s", error)
            return
        receipt._outcome.add_done_callback(self._shared.settled)  # noqa: SLF001 - the same package
        self._shared.count(published=1)
        replies = [place for place, row in enumerate(rows) if row.role == "Agent"]
        if replies:
            self._last = receipt, replies[-1]

    async def _call(self, name: str, arguments: Mapping[str, Any] | str | None) -> ToolOutcome:
        tools = Tools(self._shared.client, self.user_id, self._context, self._last_reply, self._timeout)
        outcome = await tools.call(name, arguments)
        if outcome.context:
            self._recalled.append(outcome.context)
        self._shared.count(tool_calls=1, tool_failures=outcome.failed)
        if outcome.failed:
            log.warning("tool %s of an agent failed: %s", name, outcome.text)
        return outcome

    async def _last_reply(self) -> str:
        """Id of what the agent said last in this conversation; empty where that is not known."""
        if self._last is None:
            return ""
        receipt, place = self._last
        ids = (await receipt).interaction_ids
        return ids[place] if place < len(ids) else ""

    async def _flush(self, seconds: float) -> bool:
        publisher = self._shared.publisher
        if publisher is None:
            return True
        with contextlib.suppress(TimeoutError, InterplayError):
            async with asyncio.timeout(seconds):
                await publisher.flush()
                return True
        return False

    async def _close(self, seconds: float) -> None:
        if not self._first:
            await self._flush(seconds)
            return
        publisher, self._shared.publisher = self._shared.publisher, None
        if publisher is None:
            return
        try:
            await publisher.close(seconds)
        except InterplayError as error:
            log.warning("the last turns of an agent may be lost: %s", error)
