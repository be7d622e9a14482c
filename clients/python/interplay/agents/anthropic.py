"""The Anthropic SDK with a memory: its client's messages are briefed and remembered, its tool loop has our tools."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from interplay.agents._messages import Message, plain
from interplay.agents._reading import anthropic_messages
from interplay.agents._turns import Heard, Watcher
from interplay.agents._watching import Histories, Manager, Piece, watched, watched_async
from interplay.agents.memory import AgentMemory
from interplay.agents.tools import NAMES, TOOLS, ToolOutcome

C = TypeVar("C")

_MISSING = "install the library with `pip install anthropic`"


def remembered(client: C, memory: AgentMemory) -> C:
    """A copy of an Anthropic or AsyncAnthropic client whose calls for messages have a memory.

    `messages` and `beta.messages` (create, also with stream=True, parse, stream, and the tool runner) get the briefing
    at the end of `system`. A turn, from the user's words over all calls of tools to the answer, is published when the
    answer is there. A thread that the provider keeps is briefed when it begins and not again. Copies made by
    with_options() have no memory. Raises ImportError without the library.
    """
    try:
        from anthropic import Anthropic, AsyncAnthropic  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ImportError(_MISSING) from error
    if not isinstance(client, Anthropic | AsyncAnthropic):
        raise TypeError(f"remembered() takes an Anthropic or AsyncAnthropic client, not {type(client).__name__}")
    own: Any = client.copy()
    wrap = watched_async if isinstance(client, AsyncAnthropic) else watched
    watcher = Watcher(memory)
    dialect = _Messages()
    for resource in (own.messages, own.beta.messages):
        for name in ("create", "parse"):
            setattr(resource, name, wrap(getattr(resource, name), dialect, watcher))
        resource.stream = _streaming(resource.stream, dialect, watcher)
    return own  # type: ignore[no-any-return]


def tools() -> list[dict[str, Any]]:
    """Definitions of the memory's tools for `tools=` of messages.create()."""
    return [
        {"name": tool["name"], "description": tool["description"], "input_schema": copy.deepcopy(tool["parameters"])}
        for tool in TOOLS
    ]


def answer(memory: AgentMemory, block: Any) -> dict[str, Any] | None:
    """The tool_result for a tool_use block of the memory's tools; None for a block that is another's."""
    use = plain(block)
    return _result(use, memory.call(use["name"], use.get("input"))) if _ours(use) else None


async def aanswer(memory: AgentMemory, block: Any) -> dict[str, Any] | None:
    """answer() for asyncio."""
    use = plain(block)
    return _result(use, await memory.acall(use["name"], use.get("input"))) if _ours(use) else None


def runnable_tools(memory: AgentMemory) -> list[Any]:
    """The memory's tools for the library's tool runner. Raises ImportError without the library."""
    try:
        from anthropic.lib.tools import BetaFunctionTool, ToolError  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ImportError(_MISSING) from error

    def made(tool: Mapping[str, Any]) -> Any:
        def run(**given: Any) -> str:
            outcome = memory.call(str(tool["name"]), given)
            if outcome.failed:
                raise ToolError(outcome.text)
            return outcome.text

        return BetaFunctionTool(
            run, name=tool["name"], description=tool["description"], input_schema=copy.deepcopy(tool["parameters"])
        )

    return [made(tool) for tool in TOOLS]


def arunnable_tools(memory: AgentMemory) -> list[Any]:
    """runnable_tools() for asyncio."""
    try:
        from anthropic.lib.tools import BetaAsyncFunctionTool, ToolError  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ImportError(_MISSING) from error

    def made(tool: Mapping[str, Any]) -> Any:
        async def run(**given: Any) -> str:
            outcome = await memory.acall(str(tool["name"]), given)
            if outcome.failed:
                raise ToolError(outcome.text)
            return outcome.text

        return BetaAsyncFunctionTool(
            run, name=tool["name"], description=tool["description"], input_schema=copy.deepcopy(tool["parameters"])
        )

    return [made(tool) for tool in TOOLS]


def _ours(use: Mapping[str, Any]) -> bool:
    return use.get("type") == "tool_use" and use.get("name") in NAMES


def _result(use: Mapping[str, Any], outcome: ToolOutcome) -> dict[str, Any]:
    return {
        "type": "tool_result",
        "tool_use_id": use["id"],
        "content": outcome.text,
        **({"is_error": True} if outcome.failed else {}),
    }


def _streaming(method: Callable[..., Any], dialect: "_Messages", watcher: Watcher) -> Callable[..., Any]:
    def stream(**arguments: Any) -> Manager:
        return Manager(method, arguments, dialect, watcher, _snapshot)

    return stream


def _snapshot(stream: Any) -> Any:
    try:
        return stream.current_message_snapshot
    except AssertionError:
        return None


class _Messages:
    """messages.create() and its relatives."""

    def __init__(self) -> None:
        self._histories = Histories()

    def read(self, arguments: dict[str, Any]) -> tuple[Sequence[Message], str]:
        return self._messages(arguments), ""

    def briefable(self, arguments: dict[str, Any]) -> bool:
        # A thread that goes on takes the system prompt with which it was begun, and refuses another.
        return not _continued(arguments)

    def brief(self, arguments: dict[str, Any], text: str) -> dict[str, Any]:
        system = arguments.get("system")
        if isinstance(system, str) and system:
            return {**arguments, "system": f"{system}\n\n{text}"}
        # A block of its own leaves what stands before it, and its marks for the cache, as they are.
        blocks = list(system) if isinstance(system, list | tuple) else []
        return {**arguments, "system": [*blocks, {"type": "text", "text": text}] if blocks else text}

    def heard(self, arguments: dict[str, Any], answer: Any) -> Heard | None:
        given = plain(answer)
        if not isinstance(given, Mapping) or not isinstance(given.get("content"), list):
            return None
        stop = str(given.get("stop_reason") or "")
        said = anthropic_messages([{**given, "role": "assistant"}])[0]
        if isinstance(arguments.get("thread"), Mapping):
            self._histories.keep(str(given.get("id") or ""), [*self._messages(arguments), said])
        return Heard(
            said,
            goes_on=stop in {"tool_use", "pause_turn"},
            broken_off=not stop,
            model=str(given.get("model") or ""),
            stop_reason=stop,
            usage=_usage(given.get("usage")),
        )

    def pieces(self, arguments: dict[str, Any]) -> Piece:
        return _Pieces(self, arguments)

    def _messages(self, arguments: dict[str, Any]) -> list[Message]:
        return [*self._histories.of(_continued(arguments)), *anthropic_messages(arguments.get("messages") or ())]


def _continued(arguments: dict[str, Any]) -> str:
    """Id of the answer after which a thread that the provider keeps goes on; empty where it does not."""
    thread = arguments.get("thread")
    return str(thread.get("previous_message_id") or "") if isinstance(thread, Mapping) else ""


class _Pieces:
    """The events of messages.create(stream=True)."""

    def __init__(self, dialect: _Messages, arguments: dict[str, Any]) -> None:
        self._dialect, self._arguments = dialect, arguments
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}

    def take(self, event: Any) -> None:
        given = plain(event)
        kind = given.get("type")
        if kind == "message_start":
            self._message = dict(given["message"])
        elif kind == "content_block_start":
            self._blocks[given["index"]] = dict(given["content_block"])
        elif kind == "content_block_delta":
            block, delta = self._blocks[given["index"]], given["delta"]
            if delta.get("type") == "text_delta":
                block["text"] = block.get("text", "") + delta["text"]
            elif delta.get("type") == "input_json_delta":
                before = block.get("input")
                block["input"] = (before if isinstance(before, str) else "") + delta["partial_json"]
        elif kind == "message_delta":
            self._message["stop_reason"] = given["delta"].get("stop_reason")
            self._message["usage"] = {**self._message.get("usage", {}), **given.get("usage", {})}

    def heard(self) -> Heard | None:
        blocks = [self._blocks[place] for place in sorted(self._blocks)]
        return self._dialect.heard(self._arguments, {**self._message, "content": blocks}) if blocks else None


def _usage(given: Any) -> dict[str, int]:
    if not isinstance(given, Mapping):
        return {}
    return {name: number for name, number in given.items() if name.endswith("_tokens") and isinstance(number, int)}
