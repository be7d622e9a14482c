"""A tool loop with the OpenAI SDK that knows its user.

Needs `pip install interplay openai`. INTERPLAY_TARGET says where the memory is, MODEL, OPENAI_API_KEY
and, for a model elsewhere, OPENAI_BASE_URL who answers: anything that speaks chat completions.
"""

import os

import openai
from interplay.agents import AgentMemory
from interplay.agents.openai import answer, remembered, tools

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": CITY}}


def converse(model, memory, messages):
    """One turn of the agent: calls the model until it asks for no tool."""
    while True:
        completion = model.chat.completions.create(
            model=os.environ["MODEL"], messages=messages, tools=[WEATHER, *tools()]
        )
        reply = completion.choices[0].message
        messages.append(reply)
        if not reply.tool_calls:
            return reply.content
        for call in reply.tool_calls:
            own = {"role": "tool", "tool_call_id": call.id, "content": "18 degrees, sunny"}
            messages.append(answer(memory, call) or own)


with AgentMemory(user_id="grace", session_id="trip", agent_id="travel") as memory:
    model = remembered(openai.OpenAI(), memory)
    messages = [{"role": "system", "content": "You are a travel assistant."}]
    for question in ("Please note: I live in Lisbon.", "How is the weather at home?"):
        messages.append({"role": "user", "content": question})
        print(f"> {question}\n{converse(model, memory, messages)}")
    memory.flush()
    print(memory.counts)
