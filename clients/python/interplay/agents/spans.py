"""Imports the conversations in OpenTelemetry spans of generative AI."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from interplay._loop import shared
from interplay.agents._importing import Conversation, ImportReport, Owner, Progress, import_conversations
from interplay.agents._messages import Call, Message, Outcome, parsed
from interplay.agents._otlp import Span, spans_of
from interplay.agents._reading import genai_messages
from interplay.client import AsyncInterplay
from interplay.sync import Interplay

__all__ = ["ImportReport", "aimport_spans", "import_spans"]

_INFERENCE = frozenset({"chat", "text_completion", "generate_content"})
_AGENT = frozenset({"invoke_agent", "invoke_workflow"})
_USERS = ("user.id", "enduser.id", "enduser.pseudo.id", "langfuse.user.id")
_SESSIONS = ("gen_ai.conversation.id", "session.id")
_MESSAGE_EVENTS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}


def import_spans(
    client: Interplay,
    path: str | Path,
    *,
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
    """Publishes what spans with gen_ai.* attributes say was said, and returns what was and what was left out and why.

    The file is OTLP: JSON, JSON lines, or the protobuf message of an export (this needs opentelemetry-proto). Messages
    are those of `gen_ai.input.messages` and `gen_ai.output.messages`, on the span or its events, or of the older events
    such as `gen_ai.user.message` and `gen_ai.choice`. Spans of one `gen_ai.conversation.id`, `session.id` or else trace
    are one session, in which repeated history counts once. Whose it is say `user.id` or `enduser.id` of the span, of
    one around it or of the resource, else `user_id`. Model, usage, and the ids of trace and span stand in the metadata
    of the reply. Other arguments as in import_transcripts(). The spans of a file are held in memory.
    """
    settings = Owner(user_id, agent_id, agent_version, source, session_prefix, with_system, evaluation_only)
    work = _import(client._client, Path(path), settings, max_faults, progress)  # noqa: SLF001 - the same package
    return shared.run(work)


async def aimport_spans(
    client: AsyncInterplay,
    path: str | Path,
    *,
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
    """import_spans() for asyncio."""
    settings = Owner(user_id, agent_id, agent_version, source, session_prefix, with_system, evaluation_only)
    return await _import(client, Path(path), settings, max_faults, progress)


async def _import(
    client: AsyncInterplay, path: Path, owner: Owner, max_faults: int, progress: Progress | None
) -> ImportReport:
    report = ImportReport(str(path), "")
    found = _conversations(path, report, max_faults)
    return await import_conversations(client, path, found, owner, report, kind="spans", progress=progress)


def _conversations(path: Path, report: ImportReport, max_faults: int) -> Iterator[tuple[Conversation | None, int]]:
    spans: dict[tuple[str, str], Span] = {}
    for span in spans_of(path, report, max_faults):
        spans[span.trace_id, span.span_id] = span
    sessions: dict[str, _Session] = {}
    size = path.stat().st_size
    for span in sorted(spans.values(), key=lambda one: (one.start, one.end, one.span_id)):
        operation = span.attributes.get("gen_ai.operation.name")
        if operation is None and not any(name.startswith("gen_ai.") for name in span.attributes):
            report.skipped["a span without gen_ai attributes"] += 1
            continue
        name = _told(span, spans, _SESSIONS) or span.trace_id
        sessions.setdefault(name, _Session(name)).take(span, spans)
    for number, session in enumerate(sessions.values(), 1):
        conversation = session.conversation(report)
        yield (conversation if conversation.messages else None), size * number // len(sessions)


def _told(span: Span, spans: Mapping[tuple[str, str], Span], names: tuple[str, ...]) -> str:
    """The first of some attributes that the span, one around it, or its resource has."""
    around: Span | None = span
    seen: set[str] = set()
    while around is not None and around.span_id not in seen:
        seen.add(around.span_id)
        for name in names:
            if around.attributes.get(name):
                return str(around.attributes[name])
        around = spans.get((around.trace_id, around.parent_id))
    return next((str(span.resource[name]) for name in names if span.resource.get(name)), "")


@dataclass
class _Session:
    """What the spans of a conversation say, in the order of their beginnings."""

    name: str
    models: list[Span] = field(default_factory=list)
    agents: list[Span] = field(default_factory=list)
    tools: list[Span] = field(default_factory=list)
    others: int = 0
    owners: dict[str, str] = field(default_factory=dict)

    def take(self, span: Span, spans: Mapping[tuple[str, str], Span]) -> None:
        operation = str(span.attributes.get("gen_ai.operation.name", "chat"))
        kinds = [(_INFERENCE, self.models), (_AGENT, self.agents), ({"execute_tool"}, self.tools)]
        for names, place in kinds:
            if operation in names:
                place.append(span)
                break
        else:
            self.others += 1
        for name, attributes in (
            ("user_id", _USERS),
            ("agent_id", ("gen_ai.agent.id", "gen_ai.agent.name")),
            ("agent_version", ("gen_ai.agent.version",)),
        ):
            if not self.owners.get(name):
                self.owners[name] = _told(span, spans, attributes)

    def conversation(self, report: ImportReport) -> Conversation:
        if self.others:
            report.skipped["a span of another operation"] += self.others
        # An agent's span repeats what the spans of its model say.
        said = {span.trace_id for span in self.models if _messages(span) != ([], [])}
        speaking = [*self.models, *(span for span in self.agents if span.trace_id not in said)]
        history: list[Message] = []
        for span in sorted(speaking, key=lambda one: (one.start, one.end)):
            given, answered = _messages(span)
            if not given and not answered:
                report.skipped["a span whose messages were not recorded"] += 1
                continue
            history.extend(_dated(_new(history, given), span, span.start, "in"))
            history.extend(_dated(_new(history, answered), span, span.end, "out"))
            _tell(history, span)
        _complete(history, self.tools)
        return Conversation(f"conversation {self.name}", history, session_id=self.name, **self.owners)


def _messages(span: Span) -> tuple[list[Message], list[Message]]:
    """What a model was given and what it answered."""
    holders = [span.attributes, *(attributes for _, attributes in span.events)]
    given, answered = (
        next((genai_messages(one) for holder in holders if (one := _list(holder.get(name)))), [])
        for name in ("gen_ai.input.messages", "gen_ai.output.messages")
    )
    if given or answered:
        return given, answered
    older_given: list[Any] = []
    older_answered: list[Any] = []
    for name, attributes in span.events:
        # Instrumentations put the body of the event into its attributes, or as JSON into one of them.
        body = parsed(attributes.get("gen_ai.event.content")) or attributes
        body = {key: parsed(one) if key in {"tool_calls", "message"} else one for key, one in dict(body).items()}
        if name in _MESSAGE_EVENTS:
            older_given.append({"role": _MESSAGE_EVENTS[name], **body, **_answering(body)})
        elif name == "gen_ai.choice":
            message = body.get("message")
            older_answered.append({"role": "assistant", **(message if isinstance(message, Mapping) else body)})
        elif name == "gen_ai.content.prompt":
            older_given.extend(_list(attributes.get("gen_ai.prompt")))
        elif name == "gen_ai.content.completion":
            older_answered.extend(_list(attributes.get("gen_ai.completion")))
    return genai_messages(older_given), genai_messages(older_answered)


def _answering(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"tool_call_id": body["id"]} if body.get("id") else {}


def _list(value: Any) -> list[Any]:
    value = parsed(value)
    return value if isinstance(value, list) else []


def _new(history: list[Message], messages: list[Message]) -> list[Message]:
    """What a span adds: its messages behind the longest part of the history with which they begin."""
    told = [one.digest for one in history if one.role != "system"]
    system = {one.digest for one in history if one.role == "system"}
    messages = [one for one in messages if one.role != "system" or one.digest not in system]
    spoken = [one.digest for one in messages if one.role != "system"]
    known = next(
        (length for length in range(min(len(told), len(spoken)), 0, -1) if told[-length:] == spoken[:length]), 0
    )
    new: list[Message] = []
    for one in messages:
        if one.role == "system":
            new.append(one)
        elif known:
            known -= 1
        else:
            new.append(one)
    return new


def _dated(messages: list[Message], span: Span, nanoseconds: int, side: str) -> list[Message]:
    for place, one in enumerate(messages):
        if nanoseconds:
            one.occur_time = datetime.fromtimestamp(nanoseconds / 1e9, UTC)
        one.external_id = one.external_id or f"{span.trace_id}/{span.span_id}/{side}/{place}"
    return messages


def _tell(history: list[Message], span: Span) -> None:
    """Model, usage and ids, in the metadata of what the model said."""
    if not history or history[-1].role != "assistant":
        return
    usage = {
        name.removeprefix("gen_ai.usage."): number
        for name, number in span.attributes.items()
        if name.startswith("gen_ai.usage.") and isinstance(number, int)
    }
    told: dict[str, Any] = {"trace_id": span.trace_id, "span_id": span.span_id, "usage": usage}
    told["latency_ms"] = (span.end - span.start) // 1_000_000 if span.end >= span.start > 0 else None
    for key, names in {
        "model": ("gen_ai.response.model", "gen_ai.request.model"),
        "provider": ("gen_ai.provider.name", "gen_ai.system"),
        "finish_reasons": ("gen_ai.response.finish_reasons",),
        "error": ("error.type",),
    }.items():
        told[key] = next((span.attributes[name] for name in names if span.attributes.get(name)), None)
    history[-1].metadata = {name: value for name, value in told.items() if value not in (None, {}, [])}


def _complete(history: list[Message], tools: list[Span]) -> None:
    """What spans of tools know of calls whose results no model was shown."""
    open_calls: dict[str, Call] = {call.call_id: call for one in history for call in one.calls if call.call_id}
    for one in history:
        for outcome in one.outcomes:
            open_calls.pop(outcome.call_id, None)
    for span in tools:
        call = open_calls.get(str(span.attributes.get("gen_ai.tool.call.id") or ""))
        if call is None:
            continue
        result, failed = span.attributes.get("gen_ai.tool.call.result"), "error.type" in span.attributes
        call.arguments = call.arguments or span.attributes.get("gen_ai.tool.call.arguments")
        if result is not None or failed:
            outcome = Outcome(call.call_id, result if result is not None else span.attributes["error.type"], failed)
            history.append(Message("user", outcomes=[outcome]))
