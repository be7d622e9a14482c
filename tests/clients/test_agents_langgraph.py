"""Graphs of LangGraph with a memory, against a loopback model and a real server."""

import json
import uuid

import openai
import pytest
from interplay import Interplay
from interplay.agents import AgentMemory
from interplay.agents.langgraph import GraphMemory
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import create_react_agent

from tests.conftest import free_port
from tests.support.agent_models import AgentModels, openai_answer


class Model(BaseChatModel):
    """A chat model as integrations of LangChain are: it calls the provider and says what it used."""

    base_url: str
    offered: tuple = ()

    @property
    def _llm_type(self):
        return "loopback"

    def bind_tools(self, tools, **_):
        offered = tuple(
            {"type": "function", "function": {"name": one.name, "parameters": one.args_schema}} for one in tools
        )
        return self.model_copy(update={"offered": offered})

    def _generate(self, messages, stop=None, run_manager=None, **_):
        client = openai.OpenAI(base_url=self.base_url, api_key="k", max_retries=0)
        more = {"tools": list(self.offered)} if self.offered else {}
        done = client.chat.completions.create(model="m-1", messages=convert_to_openai_messages(messages), **more)
        said = done.choices[0].message
        calls = [
            {"id": call.id, "name": call.function.name, "args": json.loads(call.function.arguments)}
            for call in said.tool_calls or ()
        ]
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        told = {"model_name": done.model, "finish_reason": done.choices[0].finish_reason}
        message = AIMessage(said.content or "", tool_calls=calls, usage_metadata=usage, response_metadata=told)
        return ChatResult(generations=[ChatGeneration(message=message)])


@pytest.fixture
def interplay(shared_server):
    with Interplay(shared_server.target) as client:
        yield client


@pytest.fixture
def user():
    return f"user-{uuid.uuid4().hex[:8]}"


def says(seen):
    last = seen.body["messages"][-1]
    if last["role"] == "tool":
        return openai_answer(seen, f"Found: {last['content'][:2000]}")
    if last["content"] == "Search":
        return openai_answer(seen, tools=[("c1", "interplay_search", {"query": "hobbies"})])
    return openai_answer(seen, "You sail." if b"Sails on Sundays" in seen.raw else "I do not know.")


def asked(text):
    return {"messages": [HumanMessage(text)]}


def whose(user, thread):
    return {"configurable": {"user_id": user, "thread_id": f"{user}-{thread}"}}


def rows(client, user):
    return list(client.list_interactions(user_id=user))


def react(models, recall, **more):
    with pytest.warns(DeprecationWarning, match="create_react_agent"):
        return create_react_agent(
            Model(base_url=models.base_url("openai")),
            recall.tools(),
            prompt=recall.prompt("You help."),
            post_model_hook=recall.remember(),
            **more,
        )


def test_a_react_agent(interplay, user):
    fact = interplay.create_profile(user, "Sails on Sundays")
    with AgentModels(says).in_thread() as models, AgentMemory(interplay, agent_id="a") as memory:
        agent = react(models, GraphMemory(memory), checkpointer=InMemorySaver())
        first = agent.invoke(asked("What do I do on Sundays?"), whose(user, 1))
        second = agent.invoke(asked("Search"), whose(user, 1))
        agent.invoke(asked("Hello"), whose(f"{user}-other", 2))
        assert memory.flush()
        assert memory.counts.published == 3
    assert first["messages"][-1].content == "You sail."
    assert "Sails on Sundays" in second["messages"][-1].content
    assert models.seen[0].body["messages"][0]["content"].startswith("You help.\n\n")
    stored = rows(interplay, user)
    assert [row.data.content for row in stored[:3]] == ["What do I do on Sundays?", "You sail.", "Search"]
    assert {row.session_id for row in stored} == {f"{user}-1"}
    found = stored[3].data
    assert found.tools_used[0].tool_name == "interplay_search"
    assert "Sails on Sundays" in found.tools_used[0].tool_data["result"]
    assert fact.profile_id in [one.learning_id for one in found.retrieved_learnings]
    assert (found.metadata["model"], found.metadata["model_calls"]) == ("m-1", 2)
    assert dict(found.metadata["usage"]) == {"input_tokens": 20, "output_tokens": 10}
    assert [row.data.content for row in rows(interplay, f"{user}-other")] == ["Hello", "I do not know."]


async def test_a_react_agent_with_asyncio(interplay, user):
    interplay.create_profile(user, "Sails on Sundays")
    with AgentModels(says).in_thread() as models:
        async with AgentMemory(interplay) as memory:
            agent = react(models, GraphMemory(memory))
            answer = await agent.ainvoke(asked("Search"), whose(user, 1))
            assert await memory.aflush()
    assert "Sails on Sundays" in answer["messages"][-1].content
    assert [row.data.role for row in rows(interplay, user)] == ["User", "Agent"]


class State(MessagesState):
    briefing: str


def graph(recall):
    def answer(state):
        return {"messages": [AIMessage(f"Told: {state['briefing']}")]}

    made = StateGraph(State)
    made.add_node("brief", recall.brief()).add_node("answer", answer).add_node("remember", recall.remember())
    made.add_edge(START, "brief").add_edge("brief", "answer").add_edge("answer", "remember").add_edge("remember", END)
    return made.compile()


async def test_nodes(interplay, user):
    interplay.create_profile(user, "Sails on Sundays")
    async with AgentMemory(interplay, user_id=user, session_id=f"{user}-s") as memory:
        compiled = graph(GraphMemory(memory))
        answer = await compiled.ainvoke(asked("What do I do?"))
        assert "Sails on Sundays" in answer["briefing"]
        assert await memory.aflush()
    assert [row.data.content for row in rows(interplay, user)] == ["What do I do?", answer["messages"][-1].content]
    assert rows(interplay, user)[0].session_id == f"{user}-s"


def test_no_server_breaks_nothing(user):
    with Interplay(f"127.0.0.1:{free_port()}") as client:
        memory = AgentMemory(client, timeout=0.3)
        answer = graph(GraphMemory(memory)).invoke(asked("Hello"), whose(user, 1))
        memory.close(timeout=0.1)
    assert answer["messages"][-1].content == "Told: "
    assert (memory.counts.unbriefed, memory.counts.lost) == (1, 1)


def test_an_answer_is_remembered_once_and_odd_messages_break_nothing(interplay, user):
    state = {"messages": [HumanMessage("Hello", id="q1"), AIMessage("Hi", id="a1")]}
    thread = {"configurable": {"user_id": user, "thread_id": "t"}}
    with AgentMemory(interplay) as memory:
        node = GraphMemory(memory).remember()
        # In two places of a graph, and again after a restart from a checkpoint.
        for _ in range(3):
            node.invoke(state, thread)
        further = [*state["messages"], HumanMessage("And?", id="q2"), AIMessage("Hi", id="a2")]
        node.invoke({"messages": further}, thread)
        broken = AIMessage("x", id="a3")
        object.__setattr__(broken, "tool_calls", [None])
        node.invoke({"messages": [HumanMessage("Odd", id="q3"), broken]}, thread)
        assert memory.flush()
        assert memory.counts.lost == 1
    said = [row.data.content for row in interplay.list_interactions(user_id=user)]
    assert sorted(said) == ["And?", "Hello", "Hi", "Hi"]
