"""The OpenAI SDK with a memory, against a loopback model and a real server."""

import importlib
import sys
import uuid

import openai
import pytest
from interplay import AsyncInterplay, Interplay
from interplay.agents import AgentMemory
from interplay.agents.openai import aanswer, answer, remembered, response_tools, tools

from tests.support.agent_models import AgentModels, openai_answer, response_answer

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def user():
    return f"user-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def interplay(shared_server):
    with Interplay(shared_server.target) as client:
        yield client


def said(client, user):
    return [(row.data.role, row.data.content) for row in client.list_interactions(user_id=user)]


def agent(models, memory, kind=openai.OpenAI):
    return remembered(kind(base_url=models.base_url("openai"), api_key="k", max_retries=0), memory)


def test_a_tool_loop(interplay, user):
    fact = interplay.create_profile(user, "Lives in Lisbon")
    steps = iter(
        [
            {"tools": [("t1", "weather", {"city": "Lisbon"}), ("t2", "interplay_search", {"query": "home"})]},
            {"text": "18 degrees."},
        ]
    )
    with (
        AgentModels(lambda seen: openai_answer(seen, **next(steps))).in_thread() as models,
        AgentMemory(interplay, user_id=user, agent_id="meteo", agent_version="2") as memory,
    ):
        client = agent(models, memory)
        messages = [
            {"role": "developer", "content": "You help."},
            {"role": "user", "content": [{"type": "text", "text": "How warm is it at home?"},
                                         {"type": "image_url", "image_url": {"url": "https://shop.test/map.png"}}]},
        ]  # fmt: skip
        while True:
            message = (
                client.chat.completions.create(model="m", messages=messages, tools=[WEATHER, *tools()])
                .choices[0]
                .message
            )
            messages.append(message)
            if not message.tool_calls:
                break
            messages += [
                answer(memory, call) or {"role": "tool", "tool_call_id": call.id, "content": '{"celsius": 18}'}
                for call in message.tool_calls
            ]
        assert memory.flush()
    assert messages[0] == {"role": "developer", "content": "You help."}
    first = models.seen[0].body["messages"][0]
    assert first["role"] == "developer"
    assert "Lives in Lisbon" in first["content"]
    assert "Lives in Lisbon" in models.seen[1].body["messages"][-1]["content"]
    asked, replied = interplay.list_interactions(user_id=user)
    assert asked.data.interacted_image_url == "https://shop.test/map.png"
    assert (replied.agent_id, replied.agent_version) == ("meteo", "2")
    assert [one.tool_name for one in replied.data.tools_used] == ["weather", "interplay_search"]
    assert replied.data.tools_used[0].tool_data["result"]["celsius"] == 18
    assert fact.profile_id in [one.learning_id for one in replied.data.retrieved_learnings]
    assert dict(replied.data.metadata["usage"]) == {"input_tokens": 20, "output_tokens": 10}


def test_streams(interplay, user):
    steps = iter(
        [{"tools": [("t", "interplay_record", {"fact": "Sails"})]}, {"text": "Noted."}, {"text": "Hello again."}]
    )
    with (
        AgentModels(lambda seen: openai_answer(seen, **next(steps))).in_thread() as models,
        AgentMemory(interplay, user_id=user) as memory,
    ):
        client, messages = agent(models, memory), [{"role": "user", "content": "I sail."}]
        with client.chat.completions.stream(model="m", messages=messages, tools=tools()) as stream:
            message = stream.get_final_completion().choices[0].message
        messages += [message.model_dump(exclude_none=True), answer(memory, message.tool_calls[0])]
        for name in ("parsed", "audio"):
            messages[1].pop(name, None)
        text = "".join(
            chunk.choices[0].delta.content or ""
            for chunk in client.chat.completions.create(model="m", messages=messages, stream=True)
            if chunk.choices
        )
        with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hi"}]) as stream:
            again = stream.get_final_completion().choices[0].message.content
        assert memory.flush()
    assert (text, again) == ("Noted.", "Hello again.")
    assert said(interplay, user) == [("User", "I sail."), ("Agent", text), ("User", "Hi"), ("Agent", again)]
    assert [fact.content for fact in interplay.list_profiles(user)] == ["Sails"]


def test_the_responses_api(interplay, user):
    interplay.create_profile(user, "Lives in Lisbon")
    steps = iter(
        [
            {"tools": [("c1", "interplay_search", {"query": "home"})]},
            {"text": "In Lisbon."},
            {"text": "You are welcome."},
        ]
    )
    with (
        AgentModels(lambda seen: response_answer(seen, **next(steps))).in_thread() as models,
        AgentMemory(interplay, user_id=user) as memory,
    ):
        client = agent(models, memory)
        response = client.responses.create(
            model="m", instructions="You help.", input="Where do I live?", tools=response_tools()
        )
        outputs = [answer(memory, item) for item in response.output]
        response = client.responses.create(model="m", input=outputs, previous_response_id=response.id)
        events = client.responses.create(model="m", input="Thanks", previous_response_id=response.id, stream=True)
        assert [event.type for event in events][-1] == "response.completed"
        assert memory.flush()
    assert models.seen[0].body["instructions"].startswith("You help.\n\n")
    assert "Lives in Lisbon" in models.seen[1].body["instructions"]
    assert "Lives in Lisbon" in models.seen[1].body["input"][0]["output"]
    assert said(interplay, user) == [
        ("User", "Where do I live?"), ("Agent", "In Lisbon."), ("User", "Thanks"), ("Agent", "You are welcome."),
    ]  # fmt: skip
    first = [row.data for row in interplay.list_interactions(user_id=user)][1]
    assert [tool.tool_name for tool in first.tools_used] == ["interplay_search"]


@pytest.mark.parametrize("blocking", [True, False])
async def test_asyncio(shared_server, user, blocking):
    given = Interplay(shared_server.target) if blocking else AsyncInterplay(shared_server.target)

    def says(seen):
        if seen.path.startswith("/v1/responses"):
            return response_answer(seen, "Three")
        if len(seen.body["messages"]) == 1 and not seen.stream:
            return openai_answer(seen, tools=[("t", "interplay_search", {"query": "x"})])
        return openai_answer(seen, "Two" if seen.stream else "One")

    async with AgentModels(says) as models, AgentMemory(given, user_id=user) as memory:
        client, messages = agent(models, memory, openai.AsyncOpenAI), [{"role": "user", "content": "1"}]
        message = (await client.chat.completions.create(model="m", messages=messages, tools=tools())).choices[0].message
        messages += [message, await aanswer(memory, message.tool_calls[0])]
        await client.chat.completions.create(model="m", messages=messages)
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "2"}], stream=True
        )
        assert [chunk async for chunk in stream]
        await client.responses.create(model="m", input="3")
        assert await memory.aflush()
    with Interplay(shared_server.target) as reader:
        assert [text for _, text in said(reader, user)] == ["1", "One", "2", "Two", "3", "Three"]
    await given.close() if not blocking else given.close()


def test_another_librarys_client_is_refused(interplay):
    with pytest.raises(TypeError, match="OpenAI"):
        remembered(object(), AgentMemory(interplay, user_id="u"))


@pytest.mark.parametrize(
    ("module", "library"),
    [
        ("anthropic", "anthropic"),
        ("openai", "openai"),
        ("langgraph", "langchain_core.messages"),
        ("langgraph_store", "langgraph.store.base"),
    ],
)
def test_a_library_that_is_not_there_is_named(monkeypatch, module, library):
    name = f"interplay.agents.{module}"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=f"pip install {module.partition('_')[0]}"):
        importlib.import_module(name).remembered(object(), None)
    monkeypatch.delitem(sys.modules, name, raising=False)
