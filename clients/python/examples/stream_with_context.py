"""Publishes live and is briefed on each turn of the user before the agent answers."""

import asyncio

from interplay import AsyncInterplay

TURNS = ("I sail on Sundays and need a waterproof watch.", "Which strap would you take for salt water?")


async def main() -> None:
    async with (
        AsyncInterplay() as client,
        client.publisher(
            "python-example-till",
            user_id="example-grace",
            session_id="till-1",
            agent_version="support-1.4",
            context={"top_k": 3, "token_budget": 300},
        ) as publisher,
    ):
        for content in TURNS:
            receipt = await publisher.append({"content": content})
            ack = await receipt  # durable and searchable from here on
            briefing = await receipt.context(10)
            print(f"append {ack.offset} is durable")
            for hit in briefing.interactions if briefing else ():
                print(f"  remembered: {hit.interaction.data.content}")
            await publisher.append({"role": "Agent", "content": "A rubber one."})
        await publisher.flush()  # in the tables too
        print(f"{publisher.committed_offset} appends are committed")


asyncio.run(main())
