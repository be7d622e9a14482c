"""The turns of an agent's conversation as its calls to a model show them."""

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from interplay.agents._messages import Message, history_digest, interactions
from interplay.agents.memory import AgentMemory
from interplay.context import Context
from interplay.v1 import interaction_pb2

log = logging.getLogger("interplay")

_KEPT = 256


@dataclass
class Turn:
    """From a user's words to the agent's answer to them, over all calls of the tools between."""

    key: str
    asked: list[Message]
    query: str
    began: float = field(default_factory=time.monotonic)
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    context: Context | None = None
    asked_published: bool = False
    answered: bool = False
    models: int = 0
    """Calls of the model."""
    usage: dict[str, int] = field(default_factory=dict)
    worked: list[Message] = field(default_factory=list)
    """What the model and the tools said since, before its last words."""


@dataclass
class Heard:
    """An answer of a model. `goes_on`: it waits for tools. `broken_off`: it was not heard to its end."""

    message: Message
    goes_on: bool = False
    broken_off: bool = False
    model: str = ""
    stop_reason: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)


class Turns:
    """Finds the turn to which a call of the model belongs: the one with the same messages up to the user's words."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, Turn] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, messages: Sequence[Message], scope: str = "") -> Turn | None:
        """None where no user has spoken. `scope` tells conversations apart that begin alike."""
        asked_at = next((place for place in reversed(range(len(messages))) if _asks(messages[place])), None)
        if asked_at is None:
            return None
        first = asked_at
        while first > 0 and (_asks(messages[first - 1]) or messages[first - 1].role == "system"):
            first -= 1
        key = scope + history_digest(messages[: asked_at + 1])
        with self._lock:
            turn = self._turns.get(key)
            if turn is None or turn.answered:
                turn = self._turns[key] = Turn(key, [*messages[first : asked_at + 1]], messages[asked_at].text)
                while len(self._turns) > _KEPT:
                    self._turns.popitem(last=False)
            self._turns.move_to_end(key)
            turn.worked = [*messages[asked_at + 1 :]]
        return turn


def heard(turn: Turn, memory: AgentMemory, answer: Heard) -> list[interaction_pb2.InteractionData]:
    """What is to be published after an answer of the model: nothing as long as it waits for tools.

    The user's words are left out where they were published when an earlier try failed.
    """
    turn.models += 1
    for name, number in answer.usage.items():
        turn.usage[name] = turn.usage.get(name, 0) + number
    if answer.goes_on and not answer.broken_off:
        return []
    message = answer.message
    message.occur_time = datetime.now(UTC)
    rows, _ = interactions([*_dated(turn), *turn.worked, message])
    replies = [row for row in rows if row.role == "Agent"]
    if replies:
        _credit(replies, turn, memory.take_recalled())
        replies[-1].metadata.update(_told(turn, answer))
    turn.answered = True
    return rows


def failed(turn: Turn) -> list[interaction_pb2.InteractionData]:
    """What is to be published when the model fails: what the user said, once."""
    rows, _ = interactions(_dated(turn))
    turn.asked_published = True
    return rows


def _asks(message: Message) -> bool:
    return message.role == "user" and message.speaks


def _dated(turn: Turn) -> list[Message]:
    if turn.asked_published:
        return []
    for message in turn.asked:
        message.occur_time = message.occur_time or turn.began_at
    return turn.asked


def _credit(replies: list[interaction_pb2.InteractionData], turn: Turn, recalled: list[Context]) -> None:
    """Facts and lessons that were before the agent, each once, and those that its words cite."""
    contexts = [*([turn.context] if turn.context is not None else []), *recalled]
    known: dict[str, interaction_pb2.RetrievedLearning] = {}
    for context in contexts:
        for learning in context.retrieved_learnings():
            known.setdefault(learning.learning_id, learning)
    replies[-1].retrieved_learnings.extend(list(known.values())[:1000])
    for reply in replies:
        cited: dict[str, interaction_pb2.Citation] = {}
        for context in contexts:
            for citation in context.cited_in(reply.content):
                cited.setdefault(citation.real_id, citation)
        reply.citations.extend(cited.values())


def _told(turn: Turn, answer: Heard) -> dict[str, Any]:
    told: dict[str, Any] = {"latency_ms": round((time.monotonic() - turn.began) * 1000), "model_calls": turn.models}
    if answer.model:
        told["model"] = answer.model
    if answer.stop_reason:
        told["stop_reason"] = answer.stop_reason
    if turn.usage:
        told["usage"] = dict(turn.usage)
    if answer.broken_off:
        told["broken_off"] = True
    return told


class Watcher:
    """Turns of a conversation and the memory that they go to. Its methods never raise what memory did."""

    def __init__(self, memory: AgentMemory) -> None:
        self.memory = memory
        self.answer_id = ""
        """Of the last answer that was remembered, where answers have ids."""
        self._turns = Turns()

    def turn(self, read: Callable[[], tuple[Sequence[Message], str]]) -> Turn | None:
        """`read` gives the messages of a call and what tells its conversation apart."""
        with sparing("understand the messages of"):
            return self._turns.of(*read())
        return None

    def brief(self, turn: Turn | None) -> str:
        """The text for the system prompt, the same for all calls of a turn."""
        if turn is None:
            return ""
        if turn.context is None:
            turn.context = self.memory.brief(turn.query)
        return turn.context.rendered

    async def abrief(self, turn: Turn | None) -> str:
        """brief() for asyncio."""
        if turn is None:
            return ""
        if turn.context is None:
            turn.context = await self.memory.abrief(turn.query)
        return turn.context.rendered

    def rows(self, turn: Turn | None, answer: Callable[[], Heard | None] | None) -> list[Any]:
        """What to publish after an answer, or None where the model failed."""
        if turn is not None:
            with sparing("remember the turn of", lost=self.memory):
                if answer is None:
                    return failed(turn)
                said = answer()
                return heard(turn, self.memory, said) if said is not None else []
        return []


@contextlib.contextmanager
def sparing(what: str, *, lost: AgentMemory | None = None) -> Generator[None, None, None]:
    """Memory must not break the agent: what goes wrong is logged, and counted as a turn that `lost` lost."""
    try:
        yield
    except Exception:
        log.warning("could not %s an agent", what, exc_info=True)
        if lost is not None:
            lost._shared.count(lost=1)  # noqa: SLF001 - the same package
