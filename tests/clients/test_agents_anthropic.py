"""The Anthropic SDK with a memory, against a loopback model and a real server."""

import logging
import uuid

import anthropic
import pytest
from interplay import AsyncInterplay, Interplay
from interplay.agents import AgentMemory
from interplay.agents.anthropic import aanswer, answer, arunnable_tools, remembered, runnable_tools, tools

from tests.conftest import free_port
from tests.support.agent_models import AgentModels, anthropic_answer
from tests.support.fake_models import Reply

MODEL = {"model": "some-model", "max_tokens": 100}
WEATHER = {
    "name": "weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}


@pytest.fixture
def user():
    return f"user-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def interplay(shared_server):
    with Interplay(shared_server.target) as client:
        yield client


def rows(client, user):
    return list(client.list_interactions(user_id=user))


def agent(models, memory):
    client = anthropic.Anthropic(base_url=models.base_url("anthropic"), api_key="k", max_retries=0)
    return remembered(client, memory)


def aagent(models, memory):
    client = anthropic.AsyncAnthropic(base_url=models.base_url("anthropic"), api_key="k", max_retries=0)
    return remembered(client, memory)


def loop(client, messages, memory, called):
    """A tool loop as people write them."""
    while True:
        message = client.messages.create(**MODEL, system="You help.", messages=messages, tools=[WEATHER, *tools()])
        messages.append({"role": "assistant", "content": message.content})
        uses = [block for block in message.content if block.type == "tool_use"]
        if not uses:
            return message.content[0].text
        results = []
        for use in uses:
            called.append(use.name)
            results.append(
                answer(memory, use) or {"type": "tool_result", "tool_use_id": use.id, "content": "18 degrees"}
            )
        messages.append({"role": "user", "content": results})


def test_a_tool_loop_is_briefed_and_published_as_one_turn(interplay, user):
    fact = interplay.create_profile(user, "Lives in Lisbon")
    tag = interplay.context(user, "weather").citations[0].tag

    def says(seen):
        if len(seen.body["messages"]) == 1:
            return anthropic_answer(seen, tools=[("t1", "weather", {"city": "Lisbon"})])
        return anthropic_answer(seen, f"18 degrees in Lisbon [{tag}].")

    with AgentModels(says).in_thread() as models, AgentMemory(interplay, user_id=user, session_id="s") as memory:
        called = []
        messages = [{"role": "user", "content": "How warm is it at home?"}]
        text = loop(agent(models, memory), messages, memory, called)
        assert memory.flush()
        counts = memory.counts
    assert called == ["weather"]
    assert [seen.body["system"].startswith("You help.\n\n") for seen in models.seen] == [True, True]
    assert "Lives in Lisbon" in models.seen[0].body["system"]
    assert models.seen[0].body["system"] == models.seen[1].body["system"]
    asked, replied = rows(interplay, user)
    assert (asked.data.role, asked.data.content) == ("User", "How warm is it at home?")
    assert (replied.data.role, replied.data.content) == ("Agent", text)
    assert [tool.tool_name for tool in replied.data.tools_used] == ["weather"]
    assert replied.data.tools_used[0].tool_data["arguments"]["city"] == "Lisbon"
    assert replied.data.tools_used[0].tool_data["result"] == "18 degrees"
    assert [one.real_id for one in replied.data.citations] == [fact.profile_id]
    # Lessons of other conversations may be among them.
    assert fact.profile_id in [one.learning_id for one in replied.data.retrieved_learnings]
    told = replied.data.metadata
    assert (told["model"], told["model_calls"], told["stop_reason"]) == ("some-model", 2, "end_turn")
    assert dict(told["usage"]) == {"input_tokens": 20, "output_tokens": 10}
    assert told["latency_ms"] >= 0
    assert (counts.briefed, counts.unbriefed, counts.published, counts.lost) == (1, 0, 1, 0)


def test_the_memorys_tools(interplay, user):
    steps = iter(
        [
            {"text": "It is 20 degrees."},
            {"tools": [("a", "interplay_correct", {"correct_answer": "It is 18 degrees.", "thumb": "down"})]},
            {"tools": [("b", "interplay_record", {"fact": "Prefers Celsius", "category": "preference"})]},
            {"tools": [("c", "interplay_search", {"query": "units"})]},
            {"tools": [("d", "interplay_search", {"query": ""})]},
            {"text": "Noted."},
        ]
    )
    with (
        AgentModels(lambda seen: anthropic_answer(seen, **next(steps))).in_thread() as models,
        AgentMemory(interplay, user_id=user, session_id="s") as memory,
    ):
        client, messages = agent(models, memory), [{"role": "user", "content": "How warm is it?"}]
        loop(client, messages, memory, [])
        messages.append({"role": "user", "content": "Wrong, 18, and I prefer Celsius."})
        loop(client, messages, memory, [])
        assert memory.flush()
        assert (memory.counts.tool_calls, memory.counts.tool_failures) == (4, 0)
    first = rows(interplay, user)[1]
    assert first.annotations[0].corrected_content == "It is 18 degrees."
    [fact] = interplay.list_profiles(user)
    assert fact.content == "Prefers Celsius"
    last = rows(interplay, user)[3].data
    assert [tool.tool_name for tool in last.tools_used][:3] == [
        "interplay_correct",
        "interplay_record",
        "interplay_search",
    ]
    assert "Prefers Celsius" in last.tools_used[2].tool_data["result"]
    assert fact.profile_id in [one.learning_id for one in last.retrieved_learnings]


@pytest.mark.parametrize("how", ["create", "stream", "text_stream"])
def test_streams_pass_through(interplay, user, how):
    with (
        AgentModels(lambda seen: anthropic_answer(seen, "Good morning")).in_thread() as models,
        AgentMemory(interplay, user_id=user) as memory,
    ):
        client, given = agent(models, memory), {**MODEL, "messages": [{"role": "user", "content": "Hello"}]}
        if how == "create":
            events = client.messages.create(**given, stream=True)
            heard = "".join(one.delta.text for one in events if one.type == "content_block_delta")
        else:
            with client.messages.stream(**given) as stream:
                heard = stream.get_final_text() if how == "stream" else "".join(stream.text_stream)
        assert memory.flush()
    assert heard == "Good morning"
    assert [row.data.content for row in rows(interplay, user)] == ["Hello", "Good morning"]
    assert rows(interplay, user)[1].data.metadata["usage"]["output_tokens"] == 5


def test_a_stream_that_is_broken_off(interplay, user):
    with (
        AgentModels(lambda seen: anthropic_answer(seen, "Good morning")).in_thread() as models,
        AgentMemory(interplay, user_id=user) as memory,
    ):
        client = agent(models, memory)
        with client.messages.create(**MODEL, messages=[{"role": "user", "content": "Hi"}], stream=True) as events:
            for event in events:
                if event.type == "content_block_delta":
                    break
        assert memory.flush()
    reply = rows(interplay, user)[1].data
    assert (reply.content, reply.metadata["broken_off"]) == ("Good m", True)


def test_a_failing_model_raises_and_the_users_words_are_kept_once(interplay, user):
    answers = iter([Reply(status=500), Reply(status=500)])

    def says(seen):
        return next(answers, None) or anthropic_answer(seen, "At last")

    with AgentModels(says).in_thread() as models, AgentMemory(interplay, user_id=user) as memory:
        client, given = agent(models, memory), {**MODEL, "messages": [{"role": "user", "content": "Hello"}]}
        for _ in range(2):
            with pytest.raises(anthropic.InternalServerError):
                client.messages.create(**given)
        client.messages.create(**given)
        assert memory.flush()
    assert [row.data.content for row in rows(interplay, user)] == ["Hello", "At last"]


def test_the_same_question_on_another_day_is_another_turn(interplay, user):
    with (
        AgentModels(lambda seen: anthropic_answer(seen, "Yes")).in_thread() as models,
        AgentMemory(interplay, user_id=user) as memory,
    ):
        for _ in range(2):
            agent_client = agent(models, memory)
            agent_client.messages.create(**MODEL, messages=[{"role": "user", "content": "Open?"}])
        assert memory.flush()
        assert memory.counts.briefed == 2
    assert len(rows(interplay, user)) == 4


def test_the_librarys_tool_runner(interplay, user):
    interplay.create_profile(user, "Sails on Sundays")

    def says(seen):
        if "tool_result" not in str(seen.body["messages"][-1]):
            return anthropic_answer(seen, tools=[("t", "interplay_search", {"query": "hobbies"})])
        return anthropic_answer(seen, "You sail.")

    with AgentModels(says).in_thread() as models, AgentMemory(interplay, user_id=user) as memory:
        runner = agent(models, memory).beta.messages.tool_runner(
            **MODEL, messages=[{"role": "user", "content": "What do I do on Sundays?"}], tools=runnable_tools(memory)
        )
        assert runner.until_done().content[0].text == "You sail."
        assert memory.flush()
    result = models.seen[1].body["messages"][-1]["content"][0]
    assert "Sails on Sundays" in str(result["content"])
    assert "Sails on Sundays" in models.seen[0].body["system"]
    assert "system" not in models.seen[1].body
    asked, replied = rows(interplay, user)
    assert asked.data.content == "What do I do on Sundays?"
    assert replied.data.tools_used[0].tool_name == "interplay_search"
    assert "Sails on Sundays" in replied.data.tools_used[0].tool_data["result"]


@pytest.mark.parametrize("blocking", [True, False])
async def test_asyncio_with_either_client(shared_server, user, blocking):
    def says(seen):
        if seen.stream or "tool_result" in str(seen.body["messages"][-1]):
            return anthropic_answer(seen, "Done.")
        return anthropic_answer(seen, tools=[("t", "interplay_search", {"query": "hobbies"})])

    given = Interplay(shared_server.target) if blocking else AsyncInterplay(shared_server.target)
    async with AgentModels(says) as models, AgentMemory(given, user_id=user) as memory:
        client = aagent(models, memory)
        messages = [{"role": "user", "content": "Hello"}]
        message = await client.messages.create(**MODEL, messages=messages, tools=tools())
        results = [await aanswer(memory, block) for block in message.content]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
        await client.messages.create(**MODEL, messages=messages, tools=tools())
        async with client.messages.stream(**MODEL, messages=[{"role": "user", "content": "Again"}]) as stream:
            assert await stream.get_final_text() == "Done."
        stream = await client.messages.create(**MODEL, messages=[{"role": "user", "content": "More"}], stream=True)
        assert [event async for event in stream]
        runner = client.beta.messages.tool_runner(
            **MODEL, messages=[{"role": "user", "content": "Run"}], tools=arunnable_tools(memory)
        )
        await runner.until_done()
        assert await memory.aflush()
    with Interplay(shared_server.target) as reader:
        said = [row.data.content for row in rows(reader, user)]
        assert said == ["Hello", "Done.", "Again", "Done.", "More", "Done.", "Run", "Done."]
    await given.close() if not blocking else given.close()


def test_blocks_of_the_system_prompt_stay_as_they_are(interplay, user):
    interplay.create_profile(user, "Lives in Lisbon")
    block = {"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}}
    with (
        AgentModels(lambda seen: anthropic_answer(seen, "Yes")).in_thread() as models,
        AgentMemory(interplay, user_id=user) as memory,
    ):
        agent(models, memory).messages.create(
            **MODEL, system=[block], messages=[{"role": "user", "content": "Where do I live?"}]
        )
    system = models.seen[0].body["system"]
    assert system[0] == block
    assert "Lives in Lisbon" in system[1]["text"]
    assert len(system) == 2


def test_no_server_breaks_nothing(user, caplog):
    caplog.set_level(logging.WARNING, "interplay")
    with (
        Interplay(f"127.0.0.1:{free_port()}") as client,
        AgentModels(lambda seen: anthropic_answer(seen, "Hello")).in_thread() as models,
    ):
        memory = AgentMemory(client, user_id=user, timeout=0.5)
        given = agent(models, memory).messages.create(**MODEL, messages=[{"role": "user", "content": "Hi"}])
        outcome = memory.call("interplay_search", {"query": "x"})
        memory.close(timeout=0.1)
    assert given.content[0].text == "Hello"
    assert "system" not in models.seen[0].body
    assert outcome.failed
    counts = memory.counts
    assert (counts.briefed, counts.unbriefed, counts.published, counts.lost) == (0, 1, 1, 1)
    assert "without a briefing" in caplog.text


def test_turns_of_an_outage_arrive_after_it(start_server, user):
    server = start_server()
    with (
        Interplay(server.target) as client,
        AgentModels(lambda seen: anthropic_answer(seen, "Hello")).in_thread() as models,
        AgentMemory(client, user_id=user, timeout=0.5) as memory,
    ):
        server.kill()
        agent(models, memory).messages.create(**MODEL, messages=[{"role": "user", "content": "Hi"}])
        server.start()
        assert memory.flush(60)
        assert [row.data.content for row in rows(client, user)] == ["Hi", "Hello"]
        assert memory.counts.unbriefed == 1


def test_a_full_buffer_loses_turns_and_says_so(user):
    with Interplay(f"127.0.0.1:{free_port()}") as client:
        memory = AgentMemory(client, user_id=user, buffer=2)
        for _ in range(3):
            memory.publish([{"content": "one"}, {"content": "two"}])
        assert not memory.flush(0.2)
        assert memory.counts.lost == 2
        memory.close(timeout=0.1)
        assert memory.counts.lost == 3


def test_what_is_no_client_is_refused(interplay):
    with pytest.raises(TypeError, match="Anthropic"):
        remembered(object(), AgentMemory(interplay, user_id="u"))


async def test_an_asyncio_client_cannot_be_waited_for(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        with pytest.raises(TypeError, match="give Interplay"):
            AgentMemory(client, user_id="u").brief("x")


def test_closing_the_memory_of_another_conversation_leaves_the_first_one_open(
    shared_server, interplay, user, monkeypatch
):
    monkeypatch.setenv("INTERPLAY_TARGET", shared_server.target)
    other = f"{user}-other"
    with AgentMemory(user_id=user) as memory:
        with memory.of(other, "s") as second:
            second.publish({"role": "User", "content": "second"})
        assert [row.data.content for row in rows(interplay, other)] == ["second"]
        memory.publish({"role": "User", "content": "first"})
        assert memory.brief("x") is not None and memory.flush()
        assert (memory.counts.lost, memory.counts.unbriefed) == (0, 0)
    assert [row.data.content for row in rows(interplay, user)] == ["first"]
