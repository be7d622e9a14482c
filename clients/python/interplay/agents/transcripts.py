"""Imports transcripts: messages as OpenAI or Anthropic write them, and exports of their chat applications."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from interplay._loop import shared
from interplay.agents._importing import (
    Conversation,
    ImportReport,
    Owner,
    Progress,
    TooManyFaultsError,
    import_conversations,
)
from interplay.agents._messages import Message
from interplay.agents._reading import anthropic_messages, openai_messages, role_of
from interplay.client import AsyncInterplay
from interplay.sync import Interplay

__all__ = ["Format", "ImportReport", "TooManyFaultsError", "aimport_transcripts", "import_transcripts"]

Format = Literal["auto", "openai", "anthropic"]

MAX_LINE_BYTES = 64 * 2**20
_ANTHROPIC_PARTS = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking", "image", "document"})


def import_transcripts(
    client: Interplay,
    path: str | Path,
    *,
    format: Format = "auto",  # noqa: A002 - the word of the command line
    user_id: str = "",
    agent_id: str = "",
    agent_version: str = "",
    source: str = "",
    session_prefix: str = "",
    with_system: bool = False,
    evaluation_only: bool = False,
    max_faults: int = 100,
    progress: Progress | None = None,
) -> ImportReport:
    """Publishes the conversations of a file and returns what was published, and what was left out and why.

    The file is JSON or JSON lines: objects with `messages` (as OpenAI's fine-tuning and batch files, or requests as
    they were sent), an array of them, an array of messages, or `conversations.json` as the chat applications of OpenAI
    and Anthropic export it. `format` auto looks at each conversation. A conversation of nobody is `user_id`'s. The same
    file with the same arguments is published once: a call that broke off goes on. System messages are left out unless
    `with_system`; `evaluation_only` is stored and not learnt from. Raises TooManyFaultsError after `max_faults` that
    could not be read, FailedPreconditionError where the server has forgotten how far an earlier import came (after 30
    days), OSError, and InterplayError where the server refuses the stream.
    """
    settings = Owner(user_id, agent_id, agent_version, source, session_prefix, with_system, evaluation_only)
    work = _import(client._client, Path(path), format, settings, max_faults=max_faults, progress=progress)  # noqa: SLF001 - the same package
    return shared.run(work)


async def aimport_transcripts(
    client: AsyncInterplay,
    path: str | Path,
    *,
    format: Format = "auto",  # noqa: A002 - the word of the command line
    user_id: str = "",
    agent_id: str = "",
    agent_version: str = "",
    source: str = "",
    session_prefix: str = "",
    with_system: bool = False,
    evaluation_only: bool = False,
    max_faults: int = 100,
    progress: Progress | None = None,
) -> ImportReport:
    """import_transcripts() for asyncio."""
    settings = Owner(user_id, agent_id, agent_version, source, session_prefix, with_system, evaluation_only)
    return await _import(client, Path(path), format, settings, max_faults=max_faults, progress=progress)


async def _import(
    client: AsyncInterplay, path: Path, form: Format, owner: Owner, *, max_faults: int, progress: Progress | None
) -> ImportReport:
    report = ImportReport(str(path), "")
    found = _conversations(path, form, report, max_faults)
    return await import_conversations(client, path, found, owner, report, kind=f"transcripts-{form}", progress=progress)


def _conversations(
    path: Path, form: Format, report: ImportReport, max_faults: int
) -> Iterator[tuple[Conversation | None, int]]:
    faults = 0
    for place, record, position in _records(path):
        if isinstance(record, ValueError):
            fault = str(record)
        else:
            try:
                yield conversation_of(record, form, place), position
                continue
            except (ValueError, TypeError, AttributeError, KeyError) as error:
                fault = str(error) if isinstance(error, ValueError) else f"not understood: {error!r}"
        report.fault(place, fault)
        faults += 1
        if faults > max_faults:
            raise TooManyFaultsError(
                f"{path}: more than {max_faults} conversations could not be read; {place}: {fault}"
            )


def _records(path: Path) -> Iterator[tuple[str, Any, int]]:
    """(place, record or what is wrong with it, byte behind it)."""
    if not _has_lines(path):
        document = _parsed(path.read_bytes())
        if not isinstance(document, ValueError):
            yield from _of_document(document, path.stat().st_size)
            return
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE_BYTES)
                yield f"line {number}", ValueError(f"a line over {MAX_LINE_BYTES} bytes"), file.tell()
            elif line.strip():
                yield f"line {number}", _parsed(line), file.tell()


def _has_lines(path: Path) -> bool:
    """Whether a file is JSON lines: its first line is a value for itself, and not the only one."""
    with path.open("rb") as file:
        first = b""
        while not first.strip():
            if not (first := file.readline(MAX_LINE_BYTES)):
                return False
        if isinstance(_parsed(first), ValueError):
            return False
        return any(line.strip() for line in iter(lambda: file.readline(MAX_LINE_BYTES), b""))


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return ValueError(f"not JSON: {error}")


def _of_document(document: Any, size: int) -> Iterator[tuple[str, Any, int]]:
    if isinstance(document, list) and not _is_messages(document):
        for number, one in enumerate(document, 1):
            yield f"conversation {number}", one, size * number // len(document)
    else:
        yield "conversation 1", document, size


def _is_messages(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(one, Mapping) and "messages" not in one and "role" in one for one in value)


def conversation_of(record: Any, form: Format, place: str) -> Conversation:
    """One record of a file. Raises ValueError for what holds no messages."""
    if isinstance(record, list):
        record = {"messages": record}
    if not isinstance(record, Mapping):
        raise ValueError("neither an object nor an array of messages")  # noqa: TRY004 - a fault of the file
    if isinstance(record.get("mapping"), Mapping):
        return _chatgpt(record, place)
    if isinstance(record.get("chat_messages"), list):
        return _chat_messages(record, place)
    return _logged(record, form, place)


def _logged(record: Mapping[str, Any], form: Format, place: str) -> Conversation:
    """Messages, or a request with messages and perhaps its answer."""
    inner = [record[name] for name in ("body", "params", "request") if isinstance(record.get(name), Mapping)]
    request = inner[-1] if inner else record
    messages = request.get("messages", request.get("input"))
    messages = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    if not isinstance(messages, list):
        raise ValueError("no messages")  # noqa: TRY004 - a fault of the file
    chosen = _kind_of(request, messages) if form == "auto" else form
    read = anthropic_messages if chosen == "anthropic" else openai_messages
    found = read(messages)
    for message, given in zip(found, filter(_is_mapping, messages), strict=True):
        if isinstance(given.get("id"), str):
            message.external_id = given["id"]
    found += _answered(record, read)
    if request.get("system"):
        found = [*read([{"role": "system", "content": request["system"]}]), *found]
    if request.get("model"):
        for message in found:
            if message.role == "assistant":
                message.metadata["model"] = str(request["model"])
    session = [record[name] for name in ("conversation_id", "session_id", "custom_id", "id") if record.get(name)]
    return Conversation(place, found, user_id=_user_of(record, request), session_id=str(session[0]) if session else "")


def _user_of(record: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    metadata = request.get("metadata")
    told = metadata.get("user_id") if isinstance(metadata, Mapping) else None
    return str(request.get("user") or told or record.get("user_id") or "")


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _kind_of(request: Mapping[str, Any], messages: list[Any]) -> str:
    if request.get("system"):
        return "anthropic"
    for message in messages:
        content = message.get("content") if isinstance(message, Mapping) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, Mapping) and part.get("type") in _ANTHROPIC_PARTS:
                return "anthropic"
    return "openai"


def _answered(record: Mapping[str, Any], read: Any) -> list[Message]:
    """The answer where a log keeps it beside the request."""
    response = record.get("response")
    response = response.get("body", response) if isinstance(response, Mapping) else None
    if not isinstance(response, Mapping):
        return []
    if isinstance(response.get("choices"), list) and response["choices"]:
        return read([{"role": "assistant", **response["choices"][0].get("message", {})}])  # type: ignore[no-any-return]
    if isinstance(response.get("content"), list):
        return read([{"role": "assistant", "content": response["content"]}])  # type: ignore[no-any-return]
    return read(response["output"]) if isinstance(response.get("output"), list) else []


def _chatgpt(record: Mapping[str, Any], place: str) -> Conversation:
    """The branch that the user saw last, from its newest message up to the root."""
    mapping, chain, seen = record["mapping"], [], set()
    current = record.get("current_node") or next(
        (name for name, node in mapping.items() if not node.get("children")), None
    )
    while isinstance(mapping.get(current), Mapping) and current not in seen:
        seen.add(current)
        chain.append(mapping[current])
        current = mapping[current].get("parent")
    messages = [made for node in reversed(chain) if (made := _chatgpt_message(node.get("message"))) is not None]
    off_branch = sum(1 for name, node in mapping.items() if name not in seen and node.get("message"))
    if messages:
        messages[0].left_out.extend(["a message of another branch"] * off_branch)
    return Conversation(place, messages, session_id=str(record.get("conversation_id") or record.get("id") or ""))


def _chatgpt_message(given: Any) -> Message | None:
    if not isinstance(given, Mapping):
        return None
    content, author = given.get("content") or {}, given.get("author") or {}
    role, kind = str(author.get("role") or "user"), str(content.get("content_type") or "text")
    message = Message(
        role_of(role), external_id=str(given.get("id") or ""), occur_time=_moment(given.get("create_time"))
    )
    told = given.get("metadata") or {}
    if told.get("model_slug"):
        message.metadata["model"] = str(told["model_slug"])
    if role == "tool" or (role == "assistant" and given.get("recipient", "all") != "all"):
        message.left_out.append("a message to or from a tool of the application")
    elif kind in {"text", "multimodal_text"}:
        parts = content.get("parts") or []
        message.text = "\n".join(part for part in parts if isinstance(part, str) and part)
        message.left_out.extend(f"a part {part.get('content_type')}" for part in parts if isinstance(part, Mapping))
    elif isinstance(content.get("text"), str) and kind == "code":
        message.text = content["text"]
    else:
        message.left_out.append(f"a part {kind}")
    return message


def _chat_messages(record: Mapping[str, Any], place: str) -> Conversation:
    messages = []
    for given in record["chat_messages"]:
        role = "assistant" if given.get("sender") == "assistant" else "user"
        blocks = given.get("content")
        text = {"role": role, "content": blocks if isinstance(blocks, list) and blocks else given.get("text") or ""}
        message = anthropic_messages([text])[0]
        message.external_id = str(given.get("uuid") or "")
        message.occur_time = _moment(given.get("created_at"))
        files = [*(given.get("attachments") or ()), *(given.get("files") or ())]
        message.left_out.extend(["an attached file"] * len(files))
        messages.append(message)
    return Conversation(place, messages, session_id=str(record.get("uuid") or ""))


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970, or ISO 8601."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
