"""Spans of generative AI, made by the OpenTelemetry SDK, imported into a real server."""

import json
import uuid

import pytest
from google.protobuf.json_format import MessageToDict
from interplay import Interplay
from interplay.agents.spans import import_spans
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@pytest.fixture
def interplay(shared_server):
    with Interplay(shared_server.target) as client:
        yield client


@pytest.fixture
def user():
    return f"user-{uuid.uuid4().hex[:8]}"


class Traced:
    """A tracer whose spans can be written as files of OTLP."""

    def __init__(self, **resource):
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(resource=Resource.create(resource))
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("test")

    def span(self, name, **attributes):
        named = {key.replace("__", "."): value for key, value in attributes.items()}
        return self.tracer.start_as_current_span(name, attributes=named)

    def message(self):
        return encode_spans(self.exporter.get_finished_spans())

    def document(self):
        message = self.message()
        document = MessageToDict(message)
        spans = (span for group in message.resource_spans for scope in group.scope_spans for span in scope.spans)
        given = (
            span for group in document["resourceSpans"] for scope in group["scopeSpans"] for span in scope["spans"]
        )
        for one, raw in zip(given, spans, strict=True):
            one.update(traceId=raw.trace_id.hex(), spanId=raw.span_id.hex(), parentSpanId=raw.parent_span_id.hex())
        return document


def chat(traced, given, answered, **attributes):
    messages = {"gen_ai.input.messages": json.dumps(given), "gen_ai.output.messages": json.dumps(answered)}
    common = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "m-1",
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5, "gen_ai.response.finish_reasons": ["stop"],
    }  # fmt: skip
    with traced.tracer.start_as_current_span("chat m-1", attributes=common | messages | attributes):
        pass


def text(role, said):
    return {"role": role, "parts": [{"type": "text", "content": said}]}


def turn(traced, user, conversation):
    """An agent's turn with a tool, and a second turn that repeats the history."""
    asked = text("user", "How warm is it?")
    called = {"role": "assistant", "parts": [
        {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Lisbon"}}], "finish_reason": "tool_call"}  # fmt: skip
    result = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"celsius": 18}}]}
    answered = text("assistant", "18 degrees.")
    more, last = text("user", "Thanks"), text("assistant", "You are welcome.")
    system = text("system", "You help.")
    agent = {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": "meteo", "gen_ai.agent.version": "2",
        "enduser.id": user, "gen_ai.conversation.id": conversation,
        "gen_ai.input.messages": json.dumps([asked]), "gen_ai.output.messages": json.dumps([answered]),
    }  # fmt: skip
    with traced.tracer.start_as_current_span("invoke_agent", attributes=agent):
        chat(traced, [system, asked], [called])
        with traced.span("execute_tool weather", gen_ai__operation__name="execute_tool", gen_ai__tool__call__id="c1"):
            pass
        chat(traced, [system, asked, called, result], [answered])
    with traced.tracer.start_as_current_span("invoke_agent", attributes=agent):
        chat(traced, [system, asked, called, result, answered, more], [last])
    with traced.span("GET /"):
        pass


@pytest.mark.parametrize("kind", ["json", "lines", "protobuf"])
def test_a_conversation(interplay, user, tmp_path, kind):
    traced = Traced()
    turn(traced, user, f"{user}-c")
    path = tmp_path / "spans"
    if kind == "protobuf":
        path.write_bytes(traced.message().SerializeToString())
    else:
        path.write_text(json.dumps(traced.document(), indent=1 if kind == "json" else None))
    report = import_spans(interplay, path)
    rows = list(interplay.list_interactions(user_id=user))
    assert [(row.data.role, row.data.content) for row in rows] == [
        ("User", "How warm is it?"), ("Agent", "18 degrees."), ("User", "Thanks"), ("Agent", "You are welcome."),
    ]  # fmt: skip
    assert {(row.session_id, row.agent_id, row.agent_version) for row in rows} == {(f"{user}-c", "meteo", "2")}
    answered = rows[1].data
    assert answered.tools_used[0].tool_name == "weather"
    assert answered.tools_used[0].tool_data["arguments"]["city"] == "Lisbon"
    assert answered.tools_used[0].tool_data["result"]["celsius"] == 18
    assert dict(answered.metadata["usage"]) == {"input_tokens": 10, "output_tokens": 5}
    assert (answered.metadata["model"], answered.metadata["provider"]) == ("m-1", "anthropic")
    assert len(answered.metadata["trace_id"]) == 32
    assert rows[0].data.HasField("occur_time")
    assert report.skipped == {"a span without gen_ai attributes": 1, "a system message": 1}
    assert import_spans(interplay, path).published == 0


def test_the_older_events(interplay, user, tmp_path):
    traced = Traced(**{"user.id": user})
    with traced.span("chat", gen_ai__operation__name="chat", gen_ai__system="openai") as span:
        span.add_event("gen_ai.system.message", {"content": "You help."})
        span.add_event(
            "gen_ai.user.message", {"gen_ai.event.content": json.dumps({"content": "Hello", "role": "user"})}
        )
        calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
        span.add_event("gen_ai.assistant.message", {"tool_calls": json.dumps(calls)})
        span.add_event("gen_ai.tool.message", {"id": "c1", "content": "nothing"})
        span.add_event("gen_ai.choice", {"index": 0, "message": json.dumps({"role": "assistant", "content": "Hi!"})})
    path = tmp_path / "spans.json"
    path.write_text(json.dumps(traced.document()))
    import_spans(interplay, path)
    asked, answered = [row.data for row in interplay.list_interactions(user_id=user)]
    assert (asked.content, answered.content) == ("Hello", "Hi!")
    assert answered.tools_used[0].tool_data["result"] == "nothing"
    assert answered.metadata["provider"] == "openai"


def test_messages_on_an_event_and_results_on_spans_of_tools(interplay, user, tmp_path):
    traced = Traced()
    called = {"role": "assistant", "parts": [{"type": "tool_call", "id": "c9", "name": "buy"}]}
    with traced.span("chat", gen_ai__operation__name="chat") as span:
        span.add_event(
            "gen_ai.client.inference.operation.details",
            {
                "gen_ai.input.messages": json.dumps([text("user", "Buy it")]),
                "gen_ai.output.messages": json.dumps([called]),
            },
        )
        tool = {
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "buy", "gen_ai.tool.call.id": "c9",
            "gen_ai.tool.call.arguments": '{"n": 1}', "gen_ai.tool.call.result": "sold out", "error.type": "SoldOut",
        }  # fmt: skip
        with traced.tracer.start_as_current_span("execute_tool buy", attributes=tool):
            pass
    path = tmp_path / "spans.json"
    path.write_text(json.dumps(traced.document()))
    import_spans(interplay, path, user_id=user)
    _, bought = [row.data for row in interplay.list_interactions(user_id=user)]
    use = bought.tools_used[0]
    assert (use.tool_name, use.status, use.tool_data["result"]) == ("buy", "error", "sold out")
    assert use.tool_data["arguments"]["n"] == 1


def test_what_was_not_recorded_is_counted(interplay, user, tmp_path):
    traced = Traced()
    with traced.span("chat", gen_ai__operation__name="chat"):
        pass
    with traced.span("embeddings", gen_ai__operation__name="embeddings"):
        pass
    path = tmp_path / "spans.jsonl"
    path.write_text(json.dumps(traced.document()) + "\n{\nnot json\n" + json.dumps({"resourceLogs": []}) + "\n")
    report = import_spans(interplay, path, user_id=user)
    assert report.published == 0
    assert report.skipped["a span whose messages were not recorded"] == 1
    assert report.skipped["a span of another operation"] == 1
    assert [fault.partition(":")[0] for fault in report.faults[:3]] == ["line 2", "line 3", "line 4"]
