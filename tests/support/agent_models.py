"""Answers of loopback models that call tools and stream, and the Responses API, for the tests of agents."""

import dataclasses
import json
import os
import subprocess
import sys

from tests.support.fake_models import FakeModels, Reply, Seen


class AgentModels(FakeModels):
    """FakeModels that also serves /v1/responses, whose path begins so."""

    async def _reply(self, seen):
        if seen.path.endswith("/v1/responses"):
            seen = dataclasses.replace(seen, path="/v1/responses/v1/chat/completions")
        return await super()._reply(seen)


def anthropic_answer(seen: Seen, text: str = "", tools=(), stop: str | None = None) -> Reply:
    """A message of the Messages API; `tools` are (id, name, input)."""
    content = [{"type": "text", "text": text}] if text else []
    content += [{"type": "tool_use", "id": one, "name": name, "input": given} for one, name, given in tools]
    stop = stop or ("tool_use" if tools else "end_turn")
    message = {
        "id": f"msg_{seen.number}", "type": "message", "role": "assistant", "model": seen.body["model"],
        "content": content, "stop_reason": stop, "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }  # fmt: skip
    if not seen.stream:
        return Reply(raw=json.dumps(message).encode())
    events = [{"type": "message_start", "message": message | {"content": [], "stop_reason": None}}]
    for place, block in enumerate(content):
        if block["type"] == "text":
            start, deltas = block | {"text": ""}, [{"type": "text_delta", "text": part} for part in _halves(text)]
        else:
            start = block | {"input": {}}
            deltas = [
                {"type": "input_json_delta", "partial_json": part} for part in _halves(json.dumps(block["input"]))
            ]
        events.append({"type": "content_block_start", "index": place, "content_block": start})
        events += [{"type": "content_block_delta", "index": place, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": place})
    delta = {"stop_reason": stop, "stop_sequence": None}
    events += [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}}, {"type": "message_stop"}]
    return Reply(raw="".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events).encode())


def openai_answer(seen: Seen, text: str = "", tools=()) -> Reply:
    """A chat completion; `tools` are (id, name, arguments)."""
    calls = [
        {"id": one, "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for one, name, given in tools
    ]
    stop = "tool_calls" if calls else "stop"
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    head = {"id": f"c{seen.number}", "created": 0, "model": seen.body["model"]}
    if not seen.stream:
        message = {"role": "assistant", "content": text or None, **({"tool_calls": calls} if calls else {})}
        choice = {"index": 0, "message": message, "finish_reason": stop}
        return Reply(
            raw=json.dumps({**head, "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
        )
    deltas = [{"content": part} for part in _halves(text)]
    for place, call in enumerate(calls):
        deltas.append({"tool_calls": [{**call, "index": place, "function": {**call["function"], "arguments": ""}}]})
        deltas += [
            {"tool_calls": [{"index": place, "function": {"arguments": part}}]}
            for part in _halves(call["function"]["arguments"])
        ]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]}, {"choices": [], "usage": usage}]
    lines = [json.dumps({**head, "object": "chat.completion.chunk", **chunk}) for chunk in chunks]
    return Reply(raw="".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode())


def response_answer(seen: Seen, text: str = "", tools=()) -> Reply:
    """A response of the Responses API; `tools` are (call_id, name, arguments)."""
    parts = [{"type": "output_text", "text": text, "annotations": []}]
    output = [{"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": parts}]
    output = output if text else []
    output += [
        {"type": "function_call", "id": f"f{one}", "call_id": one, "name": name, "arguments": json.dumps(given),
         "status": "completed"}
        for one, name, given in tools
    ]  # fmt: skip
    response = {
        "id": f"resp_{seen.number}", "object": "response", "created_at": 0, "model": seen.body["model"],
        "status": "completed", "output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15,
                  "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}},
    }  # fmt: skip
    if not seen.stream:
        return Reply(raw=json.dumps(response).encode())
    events = [{"type": "response.created", "response": response | {"status": "in_progress", "output": []}}]
    events += [
        {"type": "response.output_text.delta", "delta": part, "item_id": "m", "output_index": 0, "content_index": 0}
        for part in _halves(text)
    ]
    events.append({"type": "response.completed", "response": response})
    numbered = [{**one, "sequence_number": place} for place, one in enumerate(events)]
    return Reply(raw="".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in numbered).encode())


def _halves(text: str) -> list[str]:
    return [text[: len(text) // 2], text[len(text) // 2 :]] if text else []


def run_script(path, target: str, **environment: str) -> str:
    """What an example printed, run as a reader would run it."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("INTERPLAY_")}
    done = subprocess.run(
        [sys.executable, str(path)],
        env=surroundings | {"INTERPLAY_TARGET": target} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
