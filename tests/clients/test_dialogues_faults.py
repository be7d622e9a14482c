"""Dialogues, runs and exports over connections that break, servers that die, and servers that misbehave."""

import asyncio
import hashlib
import json
from collections import Counter

import grpc
import pyarrow.parquet
import pytest
from interplay import AsyncInterplay, InternalError, InvalidArgumentError, UnavailableError
from interplay.v1 import dialogue_pb2, dialogue_service_pb2_grpc
from interplay.v1 import dialogue_service_pb2 as service

from tests.support.fault_proxy import FaultProxy

LONG = {"min_turns": 8, "max_turns": 8}
FEW = {"min_turns": 2, "max_turns": 3}


class Agent:
    """Counts what it is asked; `before` is called with each message before it answers."""

    def __init__(self, before=None):
        self.asked, self._before = Counter(), before

    async def __call__(self, message, history):
        self.asked[len(history) // 2 + 1, message] += 1
        if self._before is not None:
            await self._before(len(history) // 2 + 1)
        return f"Answer {len(history) // 2 + 1}: check the manual, then try again."


@pytest.mark.parametrize("harm", ["cut", "reset"])
async def test_a_dialogue_goes_on_over_a_connection_that_breaks(server, harm):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:

        async def break_it(number):
            if number in {2, 3, 6}:
                getattr(proxy, harm)()

        agent = Agent(break_it)
        async with client.converse(agent, config=LONG) as talk:
            turns = []
            async for turn in talk.turns():
                turns.append(turn.number)
                if turn.number == 4:
                    getattr(proxy, harm)()
        assert proxy.connections > 3
    assert turns == list(range(1, 9)) and set(agent.asked.values()) == {1} and len(agent.asked) == 8
    assert talk.dialogue.status == dialogue_pb2.DIALOGUE_STATUS_COMPLETED
    assert [turn.assistant.content[:8] for turn in talk.dialogue.turns] == [f"Answer {n}" for n in range(1, 9)]


async def test_a_dialogue_survives_the_death_of_the_server(server):
    """Killed while the agent thinks, and after turns; nobody is asked twice."""

    async def kill(number):
        if number in {1, 3, 5}:
            await asyncio.to_thread(server.restart)

    agent = Agent(kill)
    async with AsyncInterplay(server.target) as client:
        async with client.converse(agent, config=LONG, dialogue_id="d") as talk:
            numbers = []
            async for turn in talk.turns():
                numbers.append(turn.number)
                if turn.number == 6:
                    await asyncio.to_thread(server.restart)
        assert await client.dialogue("d") == talk.dialogue
    assert numbers == list(range(1, 9)) and set(agent.asked.values()) == {1}


async def test_what_was_steered_and_cancelled_outlives_a_lost_connection(server):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        async with client.converse(Agent(), config={"min_turns": 20, "max_turns": 20}) as talk:
            async for turn in talk.turns():
                if turn.number == 2:
                    proxy.reset()
                    await talk.steer(max_turns=6)
                if turn.number == 4:
                    proxy.reset()
                    await talk.cancel()
        assert talk.dialogue.stop_reason == dialogue_pb2.STOP_REASON_CANCELLED
        assert 4 <= talk.dialogue.num_turns < 6


async def test_it_gives_up_after_a_while(server):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:

        async def die(number):
            if number == 2:
                await asyncio.to_thread(server.kill)

        with pytest.raises(UnavailableError):
            async with client.converse(Agent(die), config=LONG, patience=0.5) as talk:
                await talk.result()
        assert talk.dialogue.num_turns == 1


async def test_an_agent_that_takes_longer_than_the_patience_may_lose_the_connection(server):
    """The time that a side takes is no silence of the server."""
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:

        async def think(number):
            if number == 1:
                await asyncio.sleep(2.5)
                proxy.reset()

        async with client.converse(Agent(think), config=FEW, patience=2.0) as talk:
            assert (await talk.result()).num_turns >= 2


async def test_a_run_goes_on_when_the_connection_breaks_and_the_server_dies(server):
    queries = [f"Question {n} about gardens?" for n in range(300)]
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        run = client.generate_dialogues(300, queries=queries, config=FEW)
        seen = []
        async for dialogue in run:
            seen.append(dialogue.dialogue_id)
            if len(seen) in {1, 60}:
                proxy.reset()
            if len(seen) == 30:
                await asyncio.to_thread(server.restart)
        assert run.totals.generated == 300
    assert len(seen) == len(set(seen)) == 300


@pytest.fixture(scope="module")
def made(shared_server):
    """Thirty dialogues of ten personas."""

    async def make():
        async with AsyncInterplay(shared_server.target) as client:
            run = client.generate_dialogues(
                10, queries_per_persona=3, config={**FEW, "noise": {"activation": 0.8}, "seed": 8}, label="l"
            )
            return [one async for one in run]

    return asyncio.run(make())


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_exports_are_folders_of_whole_files(shared_server, made, tmp_path):
    async with AsyncInterplay(shared_server.target) as client:
        done = await client.export_dialogues(tmp_path / "seed", label="l")
        for file in done.files:
            data = (tmp_path / "seed" / file.path).read_bytes()
            assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert done.size == sum(file.size for file in done.files) and done.export_id
        index = json.loads((tmp_path / "seed/index.json").read_text())
        assert index["count"] == 30
        assert {entry["filepath"] for entry in index["interactions"]} < {file.path for file in done.files}
        for kind, name in (("chat", "chat.jsonl"), ("sharegpt", "sharegpt.jsonl"), ("samples", "samples.jsonl")):
            await client.export_dialogues(tmp_path / kind, kind, label="l")
            assert len(rows(tmp_path / kind / name)) == 30
        await client.export_dialogues(tmp_path / "parquet", "parquet", label="l")
        table = pyarrow.parquet.read_table(next((tmp_path / "parquet").glob("*.parquet")))
        assert table.num_rows == sum(one.num_turns for one in made)
        await client.export_dialogues(tmp_path / "dpo", "dpo", label="l")
        await client.export_dialogues(
            tmp_path / "split", "samples", label="l", split=(0.5, 0.2, 0.3), split_seed=4, without_persona=True
        )
        parts = [rows(one) for one in sorted((tmp_path / "split").glob("*.jsonl"))]
        assert sum(map(len, parts)) == 30 and not any("persona_id" in row for part in parts for row in part)
        with pytest.raises(InvalidArgumentError):
            await client.export_dialogues(tmp_path / "x", split={"train": 0.5})
        with pytest.raises(ValueError, match="format must be one of seed, chat, sharegpt, dpo, parquet, samples"):
            await client.export_dialogues(tmp_path / "x", "xml")
    assert not list(tmp_path.rglob(".*")) and not (tmp_path / "x").exists()


async def test_an_export_goes_on_when_the_connection_breaks(shared_server, made, tmp_path):
    async with FaultProxy(shared_server.target) as proxy, AsyncInterplay(proxy.target) as client:
        done = asyncio.create_task(client.export_dialogues(tmp_path / "f", label="l"))
        while not done.done():
            if (tmp_path / "f").is_dir() and proxy.connections < 4:
                proxy.reset()
            await asyncio.sleep(0)
        files = (await done).files
    async with AsyncInterplay(shared_server.target) as client:
        whole = await client.export_dialogues(tmp_path / "g", label="l")
    assert {(one.path, one.sha256) for one in files if one.path.startswith("interaction_")} == {
        (one.path, one.sha256) for one in whole.files if one.path.startswith("interaction_")
    }


class Misbehaving(dialogue_service_pb2_grpc.DialogueServiceServicer):
    """Sends what it was given; None breaks the call off, texts end it so."""

    def __init__(self):
        self.calls, self.pieces, self.talks = [], [], []

    async def ExportDialogues(self, request, context):  # noqa: N802 - the name of the method
        self.calls.append((request.export_id, request.path, request.offset))
        for piece in self.pieces.pop(0):
            if piece is None:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
            yield piece

    async def Converse(self, requests, context):  # noqa: N802 - the name of the method
        talk = self.talks.pop(0)
        async for request in requests:
            self.calls.append(request)
            for answer in talk.get(request.WhichOneof("message"), ()):
                if answer is None:
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
                if answer == "unknown":
                    await context.abort(grpc.StatusCode.NOT_FOUND, "no such dialogue")
                if answer == "not asked for":
                    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, answer)
                yield answer

    async def GetDialogue(self, request, context):  # noqa: N802 - the name of the method
        return await self.answer(request, context)


@pytest.fixture
async def misbehaving():
    server = grpc.aio.server()
    servicer = Misbehaving()
    dialogue_service_pb2_grpc.add_DialogueServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    servicer.target = f"127.0.0.1:{port}"
    yield servicer
    await server.stop(None)


def piece(path, data, offset=0, *, whole=None):
    last = whole is not None
    digest = hashlib.sha256(whole).hexdigest() if last else ""
    return service.ExportDialoguesResponse(
        export_id="e", path=path, offset=offset, data=data, last=last, sha256=digest
    )  # fmt: skip


async def test_an_export_goes_on_within_and_between_files(misbehaving, tmp_path):
    misbehaving.pieces = [
        [piece("a/one.json", b"12"), None],
        [piece("a/one.json", b"34", 2, whole=b"1234"), None],
        [piece("a/one.json", b"", 4, whole=b"1234"), piece("two.json", b"", whole=b"")],
    ]
    async with AsyncInterplay(misbehaving.target) as client:
        done = await client.export_dialogues(tmp_path)
    assert misbehaving.calls == [("", "", 0), ("e", "a/one.json", 2), ("e", "a/one.json", 4)]
    assert [(one.path, one.size) for one in done.files] == [("a/one.json", 4), ("two.json", 0)]
    assert (tmp_path / "a/one.json").read_bytes() == b"1234"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["one.json", "two.json"]


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([piece("../x", b"1", whole=b"1")], "outside the folder"),
        ([piece("/etc/x", b"1", whole=b"1")], "outside the folder"),
        ([piece("a/../../x", b"1", whole=b"1")], "outside the folder"),
        ([piece("", b"1", whole=b"1")], "outside the folder"),
        ([piece("c:\\x", b"1", whole=b"1")], "outside the folder"),
        ([piece("x", b"1", whole=b"2")], "another SHA-256"),
        ([piece("x", b"1"), piece("y", b"1", whole=b"1")], "before x was whole"),
        ([piece("x", b"1"), piece("x", b"1", 5, whole=b"11")], "at byte 5 of x, not at 1"),
    ],
)
async def test_an_export_takes_nothing_that_does_not_fit(misbehaving, tmp_path, pieces, said):
    misbehaving.pieces = [pieces]
    async with AsyncInterplay(misbehaving.target) as client:
        with pytest.raises(InternalError, match=said):
            await client.export_dialogues(tmp_path / "f")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def started(*turns):
    made = dialogue_pb2.Dialogue(dialogue_id="d", turns=turns, num_turns=len(turns))
    made.create_time.GetCurrentTime()
    return service.ConverseResponse(started=service.ConverseStarted(dialogue=made))


def need(sequence, text="why?"):
    return service.ConverseResponse(
        need_assistant_turn=service.NeedAssistantTurn(sequence=sequence, user_message=text)
    )  # fmt: skip


def said(number):
    turn = dialogue_pb2.DialogueTurn(number=number)
    turn.user.content, turn.assistant.content = "why?", "because"
    return turn


def told(number):
    return service.ConverseResponse(turn=service.ConverseTurn(sequence=2 * number, turn=said(number)))


END = service.ConverseResponse(
    completed=service.ConverseCompleted(dialogue=dialogue_pb2.Dialogue(dialogue_id="d", turns=[said(1)], num_turns=1))
)


async def test_an_answer_is_sent_again_rather_than_asked_for_again(misbehaving):
    misbehaving.talks = [
        {"start": [started(), need(2)], "assistant_turn": [None]},
        {"start": [started(), need(2)], "assistant_turn": [told(1), told(1), None]},
        {"start": [started(said(1)), END]},
    ]
    agent = Agent()
    async with AsyncInterplay(misbehaving.target) as client, client.converse(agent) as talk:
        numbers = [turn.number async for turn in talk.turns()]
    assert numbers == [1] and sum(agent.asked.values()) == 1
    starts = [one.start for one in misbehaving.calls if one.HasField("start")]
    answers = [one.assistant_turn for one in misbehaving.calls if one.HasField("assistant_turn")]
    assert [(one.resume, one.last_sequence) for one in starts] == [(False, 0), (True, 0), (True, 2)]
    assert len({one.dialogue_id for one in starts}) == 1 and answers[0] == answers[1]


async def test_a_start_that_was_lost_is_found_out_about(misbehaving):
    misbehaving.talks = [{"start": [None]}, {"start": ["unknown"]}, {"start": [started(), END]}]
    async with AsyncInterplay(misbehaving.target) as client, client.converse(Agent()) as talk:
        assert (await talk.result()).dialogue_id == "d"
    assert [one.start.resume for one in misbehaving.calls] == [False, True, False]


async def test_an_answer_that_crossed_the_end_is_no_failure(misbehaving):
    misbehaving.talks = [
        {"start": [started(), need(2)], "steer": [], "assistant_turn": ["not asked for"]},
        {"start": [started(), END]},
    ]
    ended = [False, True]

    async def get(request, context):
        status = dialogue_pb2.DIALOGUE_STATUS_COMPLETED if ended.pop(0) else dialogue_pb2.DIALOGUE_STATUS_RUNNING
        return service.GetDialogueResponse(dialogue=dialogue_pb2.Dialogue(status=status, turns=[said(1)]))

    misbehaving.answer = get
    for _ in range(2):
        async with AsyncInterplay(misbehaving.target) as client:
            talk = client.converse(lambda *_: "because")
            await talk.steer(max_turns=1)
            assert len((await talk.result()).turns) == 1
        misbehaving.talks = [{"start": [started(), need(2)], "steer": [], "assistant_turn": ["not asked for"]}]
    assert ended == []
