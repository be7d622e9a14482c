"""What the publisher costs beside the generated stub alone."""

# ruff: noqa: INP001, SLF001 - a script, and the stubs are below the surface

import asyncio
import time
from typing import Any

from interplay import AsyncInterplay
from interplay.v1 import interaction_pb2
from interplay.v1 import publish_stream_pb2 as stream

Fields = dict[str, Any]


async def published(client: AsyncInterplay, stream_id: str, appends: int, interactions: int, content: str) -> Fields:
    """Seconds from the first append to the last ack, through the publisher."""
    rows = [interaction_pb2.InteractionData(content=content) for _ in range(interactions)]
    publisher = client.publisher(stream_id, user_id="bench", session_id=stream_id)
    await (await publisher.append(rows))
    began, worked = time.perf_counter(), time.process_time()
    for _ in range(appends):
        await publisher.append(rows)
    await publisher.drain()
    took = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - worked}
    await publisher.close()
    return took


async def bare(client: AsyncInterplay, stream_id: str, appends: int, interactions: int, content: str) -> Fields:
    """The same over the generated stub: acks are counted and nothing else."""
    rows = [interaction_pb2.InteractionData(content=content) for _ in range(interactions)]
    transport = client._transport
    call = transport.interactions.StreamPublish(metadata=transport.metadata)
    opening = stream.StreamOpen(stream_id=stream_id, user_id="bench", session_id=stream_id)
    await call.write(stream.StreamPublishRequest(open=opening))
    room = asyncio.Semaphore((await call.read()).opened.limits.max_outstanding)
    committed = 0

    async def read(until: int) -> None:
        nonlocal committed
        while committed < until:
            answer = await call.read()
            if answer.HasField("append_error"):
                raise ValueError(f"an append was refused: {answer.append_error.status.message}")
            for _ in range(answer.ack.committed_offset - committed):
                room.release()
            committed = max(committed, answer.ack.committed_offset)

    async def send(offset: int) -> None:
        await room.acquire()
        append = stream.StreamAppend(offset=offset, interactions=rows)
        await call.write(stream.StreamPublishRequest(append=append))

    await send(0)
    await read(1)
    began, worked = time.perf_counter(), time.process_time()
    reader = asyncio.create_task(read(appends + 1))
    for number in range(appends):
        await send(number + 1)
    await reader
    took = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - worked}
    await call.write(stream.StreamPublishRequest(finish=stream.StreamFinish()))
    while (await call.read()).WhichOneof("message") != "finished":
        pass
    call.cancel()
    return took
