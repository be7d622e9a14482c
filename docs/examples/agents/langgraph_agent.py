"""A LangGraph graph with tools that is briefed, remembers its turns, and keeps notes in a store.

Needs `pip install interplay langgraph openai`. INTERPLAY_TARGET says where the memory is, MODEL, OPENAI_API_KEY
and, for a model elsewhere, OPENAI_BASE_URL who answers.
"""

import json
import os

import openai
from interplay.agents import AgentMemory
from interplay.agents.langgraph import GraphMemory, InterplayStore
from interplay.agents.openai import tools
from langchain_core.messages import AIMessage, convert_to_openai_messages
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


class State(MessagesState):
    briefing: str


def call_model(state):
    """Calls the model with the briefing in its system prompt."""
    system = {"role": "system", "content": f"You are a travel assistant.\n\n{state['briefing']}"}
    completion = openai.OpenAI().chat.completions.create(
        model=os.environ["MODEL"],
        messages=[system, *convert_to_openai_messages(state["messages"])],
        tools=tools(),
    )
    reply = completion.choices[0].message
    calls = [
        {"id": call.id, "name": call.function.name, "args": json.loads(call.function.arguments)}
        for call in reply.tool_calls or ()
    ]
    return {"messages": [AIMessage(reply.content or "", tool_calls=calls)]}


with AgentMemory(agent_id="travel") as memory:
    recall = GraphMemory(memory)
    builder = StateGraph(State)
    builder.add_node("brief", recall.brief())
    builder.add_node("model", call_model)
    builder.add_node("tools", ToolNode(recall.tools()))
    builder.add_node("remember", recall.remember())
    builder.add_edge(START, "brief")
    builder.add_edge("brief", "model")
    builder.add_conditional_edges("model", tools_condition, {"tools": "tools", END: "remember"})
    builder.add_edge("tools", "model")
    builder.add_edge("remember", END)
    store = InterplayStore(name="travel", fields=["text"])
    graph = builder.compile(store=store)
    for thread, question in enumerate(("Please note: I live in Lisbon.", "How is the weather at home?")):
        config = {"configurable": {"user_id": "linus", "thread_id": f"trip-{thread}"}}
        answer = graph.invoke({"messages": [{"role": "user", "content": question}]}, config)["messages"][-1].content
        print(f"> {question}\n{answer}")
        store.put(("answers", "linus"), f"trip-{thread}", {"text": answer})
    memory.flush()
    print([item.key for item in store.search(("answers",), query="weather")], memory.counts)
    store.close()
