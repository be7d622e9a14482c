"""The examples of every language, against a real server, which afterwards holds what they say."""

import asyncio
import os
import re

import pytest
from interplay import AsyncInterplay
from interplay.v1 import dialogue_pb2

from tests.conformance.languages import EXAMPLES
from tests.conftest import ServerProcess

_SECONDS = 120


@pytest.fixture(scope="session")
def example_servers(tmp_path_factory):
    """By language: a server on which nothing but its examples has worked."""
    started = {}

    def of(language):
        if language.name not in started:
            started[language.name] = ServerProcess(tmp_path_factory.mktemp(language.name) / "data").start()
        return started[language.name]

    yield of
    for server in started.values():
        server.stop()


@pytest.fixture
def server(language, example_servers):
    return example_servers(language)


async def run(language, name, target):
    """What an example prints."""
    command = language.example_command(name)
    if (language.folder / command[0]).exists():
        command[0] = str(language.folder / command[0])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("INTERPLAY_")}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=language.folder, env=environment | {"INTERPLAY_TARGET": target},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            said, notes = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, f"{name} ended with {process.returncode}:\n{said.decode()}\n{notes.decode()}"
    return said.decode()


async def publish_and_search(client, said):
    stored = [row.data async for row in client.list_interactions()]
    assert len(stored) >= 1
    assert any(data.content and data.content in said for data in stored), "no stored text was found"


async def stream_with_context(client, said):
    stored = [row async for row in client.list_interactions()]
    streamed = [row for row in stored if re.fullmatch(r".+/\d+", row.request_id)]
    assert len(streamed) >= 2, "nothing came over a stream"
    assert any(row.data.content in said for row in stored if row.data.content), "the briefing is not shown"


async def converse(client, said):
    dialogue = max([one async for one in client.dialogues()], key=lambda one: one.create_time.ToNanoseconds())
    assert dialogue.status == dialogue_pb2.DIALOGUE_STATUS_COMPLETED
    for turn in (await client.dialogue(dialogue.dialogue_id)).turns:
        assert turn.assistant.author.provider == "client"
        assert turn.assistant.content[:40].splitlines()[0] in said and turn.user.content[:40].splitlines()[0] in said


async def pair_features(client, said):
    events = [event async for event in client.list_events()]
    pairs = {(event.customer_id, event.product_id) for event in events if event.customer_id and event.product_id}
    assert pairs
    for pair in pairs:
        row = await client.interaction_features(*pair)
        assert row.features["total_views"] >= 1
        if re.search(rf"\b{row.features['total_views']}\b", said):
            return
    pytest.fail(f"the views of no pair are shown: {said}")


async def monitor_event(client, said):
    total = (await client.monitor_statistics()).total_interactions
    assert total >= 1
    assert re.search(rf"\b{total}\b", said), f"the server counts {total}: {said}"


CHECKS = {check.__name__: check for check in (publish_and_search, stream_with_context, converse, pair_features, monitor_event)}  # fmt: skip


@pytest.mark.parametrize("case", [{"id": f"example-{name}", "feature": "Examples", "name": name} for name in EXAMPLES],
                         ids=EXAMPLES)  # fmt: skip
async def test_example(language, server, case):
    said = await run(language, case["name"], server.target)
    async with AsyncInterplay(server.target) as client:
        await CHECKS[case["name"]](client, said)
    # Whoever tries it tries it again.
    await run(language, case["name"], server.target)
