"""Reads messages as OpenAI, Anthropic, OpenTelemetry and LangChain write them."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from interplay.agents._messages import Call, Message, Outcome, plain, text_of

_SYSTEM = frozenset({"system", "developer"})
_ASSISTANT = frozenset({"assistant", "model", "ai"})
_SERVER_TOOLS = ("server_tool_use", "mcp_tool_use", "tool_use")


def openai_messages(values: Iterable[Any]) -> list[Message]:
    """Messages of chat completions, and items of the Responses API."""
    return [_openai_message(one) for one in plain(values) if isinstance(one, Mapping)]


def anthropic_messages(values: Iterable[Any]) -> list[Message]:
    """Messages of the Messages API, their content text or blocks."""
    return [_anthropic_message(one) for one in plain(values) if isinstance(one, Mapping)]


def genai_messages(values: Iterable[Any]) -> list[Message]:
    """Messages with parts, as the semantic conventions of OpenTelemetry have them; others as OpenAI's."""
    return [
        _genai_message(one) if isinstance(one.get("parts"), list) else _openai_message(one)
        for one in plain(values)
        if isinstance(one, Mapping)
    ]


def langchain_messages(values: Iterable[Any]) -> list[Message]:
    """Message objects of LangChain; mappings as OpenAI's."""
    return [_openai_message(one) if isinstance(one, Mapping) else _langchain_message(one) for one in values]


def role_of(value: Any) -> str:
    """system, user or assistant; tools speak in none of these and are called user."""
    role = str(value or "user").lower()
    return "system" if role in _SYSTEM else "assistant" if role in _ASSISTANT else "user"


def _openai_message(value: Mapping[str, Any]) -> Message:
    kind, role = value.get("type"), str(value.get("role") or "")
    if kind in {"function_call", "custom_tool_call"}:
        arguments = value.get("arguments", value.get("input"))
        return Message("assistant", calls=[Call(str(value.get("name")), arguments, str(value.get("call_id") or ""))])
    if kind in {"function_call_output", "custom_tool_call_output"}:
        return Message("user", outcomes=[Outcome(str(value.get("call_id") or ""), _joined(value.get("output")))])
    if role in {"tool", "function"}:
        outcome = Outcome(str(value.get("tool_call_id") or ""), _joined(value.get("content")))
        outcome.name = str(value.get("name") or "")
        return Message("user", outcomes=[outcome])
    if kind not in {None, "message"} and not role:
        # Items of the provider's own tools, reasoning and references to items it keeps.
        if str(kind).endswith("_call") and value.get("status"):
            made = Call(str(kind).removesuffix("_call"), None, str(value.get("id") or ""), None, str(value["status"]))
            return Message("assistant", calls=[made])
        return Message("assistant", left_out=[f"a part {kind}"])
    message = Message(role_of(role), speaker=str(value.get("name") or ""))
    _take_parts(message, value.get("content"), _openai_part)
    if isinstance(refusal := value.get("refusal"), str):
        message.text = "\n".join(filter(None, (message.text, refusal)))
    for call in value.get("tool_calls") or ():
        if isinstance(call, Mapping):
            called = call.get("function") or call.get("custom") or call
            arguments = called.get("arguments", called.get("input"))
            message.calls.append(Call(str(called.get("name") or ""), arguments, str(call.get("id") or "")))
    if isinstance(old := value.get("function_call"), Mapping):
        message.calls.append(Call(str(old.get("name") or ""), old.get("arguments")))
    return message


def _openai_part(message: Message, part: Mapping[str, Any], kind: str) -> str | None:
    if kind in {"text", "input_text", "output_text"}:
        return str(part.get("text") or "")
    if kind == "refusal":
        return str(part.get("refusal") or "")
    if kind in {"image_url", "input_image"}:
        address = part.get("image_url")
        address = address.get("url") if isinstance(address, Mapping) else address
        _take_address(message, address)
        return None
    message.left_out.append(f"a part {kind}")
    return None


def _anthropic_message(value: Mapping[str, Any]) -> Message:
    message = Message(role_of(value.get("role")))
    _take_parts(message, value.get("content"), _anthropic_part)
    return message


def _anthropic_part(message: Message, part: Mapping[str, Any], kind: str) -> str | None:
    if kind == "text":
        return str(part.get("text") or "")
    if kind in _SERVER_TOOLS:
        message.calls.append(Call(str(part.get("name") or ""), part.get("input"), str(part.get("id") or "")))
    elif kind == "image":
        source = part.get("source")
        source = source if isinstance(source, Mapping) else {}
        if source.get("type") == "base64":
            _take_base64(message, source.get("data"))
        elif source.get("type") == "url":
            _take_address(message, source.get("url"))
        else:
            message.left_out.append(f"an image by {source.get('type')}")
    elif kind.endswith("tool_result"):
        result = part.get("content")
        failed = bool(part.get("is_error"))
        texts = kind in {"tool_result", "mcp_tool_result"}
        message.outcomes.append(
            Outcome(str(part.get("tool_use_id") or ""), _joined(result) if texts else result, failed)
        )
    else:
        message.left_out.append(f"a part {kind}")
    return None


def _genai_message(value: Mapping[str, Any]) -> Message:
    message = Message(role_of(value.get("role")), speaker=str(value.get("name") or ""))
    _take_parts(message, value["parts"], _genai_part)
    return message


def _genai_part(message: Message, part: Mapping[str, Any], kind: str) -> str | None:
    call_id = str(part.get("id") or "")
    if kind == "text":
        return str(part.get("content") or "")
    if kind == "tool_call":
        message.calls.append(Call(str(part.get("name") or ""), part.get("arguments"), call_id))
    elif kind == "server_tool_call":
        message.calls.append(Call(str(part.get("name") or ""), part.get("server_tool_call"), call_id))
    elif kind == "tool_call_response":
        # Named `result` before it was named `response`.
        message.outcomes.append(Outcome(call_id, part.get("response", part.get("result"))))
    elif kind == "server_tool_call_response":
        message.outcomes.append(Outcome(call_id, part.get("server_tool_call_response")))
    elif kind == "blob" and part.get("modality") == "image":
        _take_base64(message, part.get("content"))
    elif kind == "uri" and part.get("modality") == "image":
        _take_address(message, part.get("uri"))
    else:
        message.left_out.append(f"a part {kind}")
    return None


def _langchain_message(value: Any) -> Message:
    kind = str(getattr(value, "type", "human"))
    content = getattr(value, "content", "")
    if kind in {"tool", "function"}:
        failed = getattr(value, "status", "success") == "error"
        outcome = Outcome(str(getattr(value, "tool_call_id", "") or ""), _joined(content), failed)
        outcome.name = str(getattr(value, "name", None) or "")
        return Message("user", outcomes=[outcome])
    message = Message(role_of(kind), external_id=str(getattr(value, "id", None) or ""))
    message.speaker = str(getattr(value, "name", None) or "")
    # Content is in the provider's own blocks; calls stand apart, whichever provider made them.
    _take_parts(message, plain(content), _either_part)
    message.calls = [
        Call(str(call.get("name")), call.get("args"), str(call.get("id") or ""))
        for call in getattr(value, "tool_calls", None) or ()
    ]
    return message


def _either_part(message: Message, part: Mapping[str, Any], kind: str) -> str | None:
    read = _anthropic_part if kind in {*_SERVER_TOOLS, "image"} or kind.endswith("tool_result") else _openai_part
    return read(message, part, kind)


def _take_parts(message: Message, content: Any, read: Callable[[Message, Mapping[str, Any], str], str | None]) -> None:
    if isinstance(content, str):
        message.text = content
        return
    texts: list[str] = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping) and (text := read(message, part, str(part.get("type")))):
            texts.append(text)
    message.text = "\n".join(texts)


def _take_address(message: Message, address: Any) -> None:
    if not isinstance(address, str) or not address:
        message.left_out.append("an image without an address")
    elif address.startswith("data:"):
        _take_base64(message, address.partition(",")[2])
    else:
        message.images.append(address)


def _take_base64(message: Message, data: Any) -> None:
    try:
        message.images.append(data if isinstance(data, bytes) else base64.b64decode(str(data), validate=True))
    except (binascii.Error, ValueError):
        message.left_out.append("an image that is not base64")


def _joined(content: Any) -> Any:
    """What a tool gave back: the text of its parts where they are nothing else."""
    if not isinstance(content, list):
        return content
    texts = [one.get("text") if isinstance(one, Mapping) else one for one in content]
    return "\n".join(map(str, texts)) if all(isinstance(one, str) for one in texts) else text_of(content)
