"""One call of a remembered agent, without any input or output: who asks what, and what is to be published of it."""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interplay import types
from interplay.context import Context
from interplay.types import InteractionData
from interplay.v1 import interaction_pb2

log = logging.getLogger("interplay")

_MAX_QUERY = 10_000
_WHOSE = ("user_id", "session_id")

Who = str | Callable[..., str] | None
"""A fixed id, a function of the call's arguments, or None: the call says it."""


@dataclass(frozen=True, kw_only=True)
class Remembering:
    """Arguments of AsyncInterplay.remember()."""

    user_id: Who = None
    session_id: Who = None
    request_group: Who = None
    """An older name of session_id."""
    source: str = ""
    agent_id: str = ""
    agent_version: str = ""
    top_k: int = 0
    token_budget: int = 0
    message: str = ""
    parameter: str = "context"
    reply: Callable[[Any], Any] | None = None
    wait: str = "durable"
    timeout: float = 5.0
    strict: bool = False

    def __post_init__(self) -> None:
        if self.session_id and self.request_group and self.session_id != self.request_group:
            raise ValueError("session_id and request_group are the same thing; give one")


class Agent:
    """A function that answers, and where among its parameters the message, the ids and the context are.

    Raises TypeError at once where no parameter can be the user's message.
    """

    def __init__(self, function: Callable[..., Any], settings: Remembering) -> None:
        self.function, self.settings = function, settings
        self.signature = inspect.signature(function)
        self.parameters = self.signature.parameters
        others = {*_WHOSE, "self", "cls", settings.parameter}
        named = [settings.message] if settings.message else [name for name in self.parameters if name not in others]
        if not named or named[0] not in self.parameters:
            raise TypeError(f"{function!r} has no parameter for the user's message")
        self.message = named[0]
        self.warned = False

    def called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> "Exchange":
        """Raises TypeError where the call does not fit the function or does not say whose it is."""
        said = {name: kwargs[name] for name in _WHOSE if name in kwargs}
        passed = {name: value for name, value in kwargs.items() if name not in said or name in self.parameters}
        bound = self.signature.bind_partial(*args, **passed)
        settings = self.settings
        ids = {}
        for name, given in zip(_WHOSE, (settings.user_id, settings.session_id or settings.request_group), strict=True):
            if name in bound.arguments or name in said:
                ids[name] = bound.arguments.get(name) or said.get(name)
            else:
                ids[name] = given(*args, **passed) if callable(given) else given
        if not ids["user_id"]:
            raise TypeError("user_id was given neither to remember() nor to the call")
        return Exchange(self, bound, ids["user_id"], ids["session_id"] or "")


@dataclass
class Exchange:
    """A call. `pieces` is what a streaming agent has said so far."""

    agent: Agent
    bound: inspect.BoundArguments
    user_id: str
    session_id: str
    context: Context = field(default_factory=Context)
    pieces: list[str] = field(default_factory=list)
    broken_off: bool = False

    @property
    def takes_context(self) -> bool:
        """Whether the function wants to be briefed and the caller did not do that."""
        name = self.agent.settings.parameter
        return name in self.agent.parameters and name not in self.bound.arguments

    def question(self) -> dict[str, Any]:
        """Arguments of AsyncInterplay.context()."""
        settings = self.agent.settings
        asked = next((turn.content for turn in reversed(self._asked()) if turn.content), "")
        return {
            "user_id": self.user_id,
            "query": asked[:_MAX_QUERY],
            "session_id": self.session_id,
            "agent_id": settings.agent_id,
            "agent_version": settings.agent_version,
            "top_k": settings.top_k,
            "token_budget": settings.token_budget,
            "timeout": settings.timeout,
        }

    def call(self) -> Any:
        """Calls the function, with the context where it takes one."""
        if self.takes_context:
            self.bound.arguments[self.agent.settings.parameter] = self.context
        return self.agent.function(*self.bound.args, **self.bound.kwargs)

    def hear(self, piece: Any) -> None:
        """Takes in what the agent has just streamed; what is no text is passed on and not remembered."""
        convert = self.agent.settings.reply
        text = convert(piece) if convert else piece
        if isinstance(text, str):
            self.pieces.append(text)
        elif text is not None:
            self._warn(text)

    def publication(self, reply: Any = None) -> dict[str, Any] | None:
        """Arguments of AsyncInterplay.publish_interaction(): the new turns of the user and the reply; None for nothing.

        `reply` is what the function returned; None where it streamed, failed or said nothing.
        """
        settings = self.agent.settings
        turns = self._asked()
        answer = self._answer("".join(self.pieces) if reply is None else reply)
        if answer is not None:
            answer.retrieved_learnings.extend(self.context.retrieved_learnings())
            if not answer.citations:
                answer.citations.extend(self.context.cited_in(answer.content))
            if self.broken_off:
                answer.metadata.update({"broken_off": True})
            turns.append(answer)
        if not turns:
            return None
        return {
            "user_id": self.user_id,
            "interactions": turns,
            "source": settings.source,
            "session_id": self.session_id or None,
            "agent_id": settings.agent_id,
            "agent_version": settings.agent_version,
            "wait": settings.wait,
            "timeout": settings.timeout,
        }

    def _asked(self) -> list[interaction_pb2.InteractionData]:
        """The turns of the user since the agent last spoke."""
        message = self.bound.arguments.get(self.agent.message)
        if message is None:
            return []
        if isinstance(message, str | Mapping | InteractionData | interaction_pb2.InteractionData):
            turn = _turn(message)
            return [turn] if _says(turn) else []
        if not isinstance(message, Sequence):
            # Reading an iterator would leave nothing to the agent.
            raise TypeError(f"a message is a text, a turn or a list of turns, not {type(message).__name__}")
        asked: list[interaction_pb2.InteractionData] = []
        for turn in map(_turn, reversed(message)):
            role = turn.role.strip().lower()
            if role in types.USER_ROLES and _says(turn):
                asked.insert(0, turn)
            elif role not in types.USER_ROLES | types.SYSTEM_ROLES:
                break
        return asked

    def _answer(self, reply: Any) -> interaction_pb2.InteractionData | None:
        convert = self.agent.settings.reply
        if convert and not self.pieces and reply != "":
            reply = convert(reply)
        if reply is None or reply == "":
            return None
        if isinstance(reply, str):
            return interaction_pb2.InteractionData(role="Agent", content=reply)
        if isinstance(reply, Mapping | InteractionData | interaction_pb2.InteractionData):
            turn = _turn({"role": "Agent", **reply} if isinstance(reply, Mapping) else reply)
            if _says(turn):
                return turn
        self._warn(reply)
        return None

    def _warn(self, reply: Any) -> None:
        if not self.agent.warned:
            self.agent.warned = True
            log.warning("%s is not remembered: it is no text; say reply=...", type(reply).__name__)


def _turn(value: Any) -> interaction_pb2.InteractionData:
    """A copy of a turn; of a chat message with other keys than ours its role and its texts."""
    if isinstance(value, str):
        return interaction_pb2.InteractionData(role="User", content=value)
    if isinstance(value, Mapping) and not (value.keys() <= types.FIELDS and isinstance(value.get("content", ""), str)):
        return interaction_pb2.InteractionData(
            role=str(value.get("role") or "User"), content=_text(value.get("content"))
        )
    copy = interaction_pb2.InteractionData()
    copy.CopyFrom(types.interaction(value))
    return copy


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts: Iterable[Any] = content if isinstance(content, list) else ()
    return "\n".join(part["text"] for part in parts if isinstance(part, Mapping) and isinstance(part.get("text"), str))


def _says(turn: interaction_pb2.InteractionData) -> bool:
    return bool(turn != interaction_pb2.InteractionData(role=turn.role))
