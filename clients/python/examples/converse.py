"""Puts an agent, here a function of a few lines, through a dialogue with a user whom the server plays."""

import asyncio

from interplay import AsyncInterplay
from interplay.dialogues import History
from interplay.v1 import dialogue_pb2


async def agent(message: str, history: History) -> str:
    step = len(history) // 2 + 1  # a turn is a message of the user and its answer
    return f'You said: "{message[:60]}" Here is step {step} of the answer.'


async def main() -> None:
    async with AsyncInterplay() as client, client.converse(agent, agent_version="example-1") as talk:
        async for turn in talk.turns():
            print(f"{turn.number}. user: {turn.user.content}")
            print(f"   agent: {turn.assistant.content}")
        done = talk.dialogue
        print(f"ended after {done.num_turns} turns: {dialogue_pb2.StopReason.Name(done.stop_reason)}")


asyncio.run(main())
