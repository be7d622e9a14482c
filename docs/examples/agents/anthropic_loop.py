"""A tool loop with the Anthropic SDK that knows its user.

Needs `pip install interplay anthropic`. INTERPLAY_TARGET says where the memory is, MODEL,
ANTHROPIC_API_KEY and, for a model elsewhere, ANTHROPIC_BASE_URL who answers.
"""

import os

import anthropic
from interplay.agents import AgentMemory
from interplay.agents.anthropic import answer, remembered, tools

WEATHER = {
    "name": "weather",
    "description": "The weather in a city, now.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def converse(model, memory, messages):
    """One turn of the agent: calls the model until it asks for no tool."""
    while True:
        reply = model.messages.create(
            model=os.environ["MODEL"],
            max_tokens=1000,
            system="You are a travel assistant.",
            messages=messages,
            tools=[WEATHER, *tools()],
        )
        messages.append({"role": "assistant", "content": reply.content})
        if reply.stop_reason != "tool_use":
            return "".join(block.text for block in reply.content if block.type == "text")
        results = []
        for block in reply.content:
            if block.type == "tool_use":
                own = {"type": "tool_result", "tool_use_id": block.id, "content": "18 degrees, sunny"}
                results.append(answer(memory, block) or own)
        messages.append({"role": "user", "content": results})


with AgentMemory(user_id="ada", session_id="trip", agent_id="travel") as memory:
    model, messages = remembered(anthropic.Anthropic(), memory), []
    for question in ("Please note: I live in Lisbon.", "How is the weather at home?"):
        messages.append({"role": "user", "content": question})
        print(f"> {question}\n{converse(model, memory, messages)}")
    memory.flush()
    print(memory.counts)
