"""The OpenAI SDK with a memory: chat completions and responses are briefed and remembered; our tools as functions."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from interplay.agents._messages import Message, plain
from interplay.agents._reading import openai_messages
from interplay.agents._turns import Heard, Watcher
from interplay.agents._watching import Histories, Piece, watched, watched_async
from interplay.agents.memory import AgentMemory
from interplay.agents.tools import NAMES, TOOLS, ToolOutcome

C = TypeVar("C")


def remembered(client: C, memory: AgentMemory) -> C:
    """A copy of an OpenAI or AsyncOpenAI client whose chat completions and responses have a memory.

    create (also with stream=True), parse and stream of `chat.completions` and `responses` get the briefing at the end
    of the system message or of `instructions`. A turn, from the user's words over all calls of tools to the answer, is
    published when the answer is there; of several choices the first counts. Copies made by with_options() have no
    memory. Raises ImportError without the library.
    """
    try:
        from openai import AsyncOpenAI, OpenAI  # noqa: PLC0415 - optional
    except ImportError as error:
        raise ImportError("install the library with `pip install openai`") from error
    if not isinstance(client, OpenAI | AsyncOpenAI):
        raise TypeError(f"remembered() takes an OpenAI or AsyncOpenAI client, not {type(client).__name__}")
    own: Any = client.copy()
    wrap = watched_async if isinstance(client, AsyncOpenAI) else watched
    watcher = Watcher(memory)
    # The helpers stream() call create() themselves.
    for resource, dialect in ((own.chat.completions, _Completions()), (own.responses, _Responses())):
        for name in ("create", "parse"):
            setattr(resource, name, wrap(getattr(resource, name), dialect, watcher))
    return own  # type: ignore[no-any-return]


def tools() -> list[dict[str, Any]]:
    """Definitions of the memory's tools for `tools=` of chat.completions.create()."""
    return [{"type": "function", "function": copy.deepcopy(dict(tool))} for tool in TOOLS]


def response_tools() -> list[dict[str, Any]]:
    """The same for responses.create()."""
    return [{"type": "function", "strict": False, **copy.deepcopy(dict(tool))} for tool in TOOLS]


def answer(memory: AgentMemory, call: Any) -> dict[str, Any] | None:
    """The message for a tool call, or the output for a function_call, of the memory's tools; None for another's."""
    given = plain(call)
    name, arguments = _called(given)
    return _result(given, memory.call(name, arguments)) if name in NAMES else None


async def aanswer(memory: AgentMemory, call: Any) -> dict[str, Any] | None:
    """answer() for asyncio."""
    given = plain(call)
    name, arguments = _called(given)
    return _result(given, await memory.acall(name, arguments)) if name in NAMES else None


def _called(call: Mapping[str, Any]) -> tuple[str, Any]:
    made = call.get("function") or call
    return str(made.get("name") or ""), made.get("arguments")


def _result(call: Mapping[str, Any], outcome: ToolOutcome) -> dict[str, Any]:
    text = f"error: {outcome.text}" if outcome.failed else outcome.text
    if "function" in call:
        return {"role": "tool", "tool_call_id": call["id"], "content": text}
    return {"type": "function_call_output", "call_id": call["call_id"], "output": text}


class _Completions:
    """chat.completions.create() and its relatives."""

    def read(self, arguments: dict[str, Any]) -> tuple[Sequence[Message], str]:
        return openai_messages(arguments.get("messages") or ()), ""

    def briefable(self, arguments: dict[str, Any]) -> bool:  # noqa: ARG002 - always
        return True

    def brief(self, arguments: dict[str, Any], text: str) -> dict[str, Any]:
        messages = list(arguments.get("messages") or ())
        for place, message in enumerate(messages):
            given = plain(message)
            if given.get("role") in {"system", "developer"}:
                content = given.get("content") or ""
                parts = isinstance(content, list)
                given["content"] = [*content, {"type": "text", "text": text}] if parts else f"{content}\n\n{text}"
                messages[place] = given
                break
        else:
            messages.insert(0, {"role": "system", "content": text})
        return {**arguments, "messages": messages}

    def heard(self, arguments: dict[str, Any], answer: Any) -> Heard | None:  # noqa: ARG002 - other dialects look there
        given = plain(answer)
        choices = given.get("choices") if isinstance(given, Mapping) else None
        if not choices:
            return None
        stop = str(choices[0].get("finish_reason") or "")
        message = openai_messages([{"role": "assistant", **choices[0].get("message", {})}])[0]
        return Heard(
            message,
            goes_on=bool(message.calls) and stop != "length",
            broken_off=not stop,
            model=str(given.get("model") or ""),
            stop_reason=stop,
            usage=_usage(given.get("usage")),
        )

    def pieces(self, arguments: dict[str, Any]) -> Piece:
        return _Chunks(self, arguments)


class _Chunks:
    """The events of chat.completions.create(stream=True)."""

    def __init__(self, dialect: _Completions, arguments: dict[str, Any]) -> None:
        self._dialect, self._arguments = dialect, arguments
        self._whole: dict[str, Any] = {}
        self._text: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._stop = ""

    def take(self, event: Any) -> None:
        given = plain(event)
        self._whole |= {name: given[name] for name in ("model", "usage") if given.get(name)}
        for choice in given.get("choices") or ():
            if choice.get("index"):
                continue
            delta = choice.get("delta") or {}
            self._text.append(delta.get("content") or delta.get("refusal") or "")
            for call in delta.get("tool_calls") or ():
                held = self._calls.setdefault(call["index"], {"function": {"name": "", "arguments": ""}})
                held["id"] = call.get("id") or held.get("id", "")
                for name, part in (call.get("function") or {}).items():
                    held["function"][name] = held["function"].get(name, "") + (part or "")
            self._stop = choice.get("finish_reason") or self._stop

    def heard(self) -> Heard | None:
        text, calls = "".join(self._text), [self._calls[place] for place in sorted(self._calls)]
        if not text and not calls:
            return None
        choice = {"message": {"content": text, "tool_calls": calls}, "finish_reason": self._stop}
        return self._dialect.heard(self._arguments, {**self._whole, "choices": [choice]})


class _Responses:
    """responses.create() and its relatives. What the provider keeps of a conversation is kept here by its ids too."""

    def __init__(self) -> None:
        self._histories = Histories()

    def read(self, arguments: dict[str, Any]) -> tuple[Sequence[Message], str]:
        conversation = plain(arguments.get("conversation"))
        conversation = conversation.get("id") if isinstance(conversation, Mapping) else conversation
        before = arguments.get("previous_response_id")
        return self._messages(arguments), f"{conversation or ''}/{before if isinstance(before, str) else ''}"

    def briefable(self, arguments: dict[str, Any]) -> bool:  # noqa: ARG002 - always
        return True

    def brief(self, arguments: dict[str, Any], text: str) -> dict[str, Any]:
        given = arguments.get("instructions")
        return {**arguments, "instructions": f"{given}\n\n{text}" if isinstance(given, str) and given else text}

    def heard(self, arguments: dict[str, Any], answer: Any) -> Heard | None:
        given = plain(answer)
        if not isinstance(given, Mapping) or not isinstance(given.get("output"), list):
            return None
        said = openai_messages({"role": "assistant", **item} if "role" in item else item for item in given["output"])
        self._histories.keep(str(given.get("id") or ""), [*self._messages(arguments), *said])
        message = Message("assistant", "\n".join(one.text for one in said if one.text))
        message.calls = [call for one in said for call in one.calls]
        asks = any(item.get("type") in {"function_call", "custom_tool_call"} for item in given["output"])
        status = str(given.get("status") or "")
        return Heard(
            message,
            goes_on=asks,
            broken_off=status == "in_progress",
            model=str(given.get("model") or ""),
            stop_reason=status,
            usage=_usage(given.get("usage")),
        )

    def pieces(self, arguments: dict[str, Any]) -> Piece:
        return _ResponseEvents(self, arguments)

    def _messages(self, arguments: dict[str, Any]) -> list[Message]:
        given = arguments.get("input")
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        history = self._histories.of(arguments.get("previous_response_id"))
        return [*history, *openai_messages(items if isinstance(items, list | tuple) else ())]


class _ResponseEvents:
    """The events of responses.create(stream=True): the last one holds the whole response."""

    def __init__(self, dialect: _Responses, arguments: dict[str, Any]) -> None:
        self._dialect, self._arguments = dialect, arguments
        self._response: dict[str, Any] = {}
        self._text: list[str] = []

    def take(self, event: Any) -> None:
        given = plain(event)
        if given.get("type") == "response.output_text.delta":
            self._text.append(given.get("delta") or "")
        elif isinstance(given.get("response"), Mapping):
            self._response = dict(given["response"])

    def heard(self) -> Heard | None:
        if not self._response.get("output"):
            content = [{"type": "output_text", "text": "".join(self._text)}]
            self._response["output"] = [{"type": "message", "role": "assistant", "content": content}]
            if not any(self._text):
                return None
        return self._dialect.heard(self._arguments, self._response)


def _usage(given: Any) -> dict[str, int]:
    """Under the names that all providers' numbers have here: input_tokens and output_tokens."""
    if not isinstance(given, Mapping):
        return {}
    found = {
        "input_tokens": given.get("input_tokens", given.get("prompt_tokens")),
        "output_tokens": given.get("output_tokens", given.get("completion_tokens")),
    }
    return {name: number for name, number in found.items() if isinstance(number, int)}
