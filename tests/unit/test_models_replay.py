"""Cassettes: written by real calls, read strictly, named by what was asked."""

import asyncio
import json

import pytest
from interplay_server.domain.model import Completion, Message, ModelFailure, ModelImage, Usage
from interplay_server.models.providers import open_provider
from interplay_server.models.replay import CassetteError, Recorder, Replay, canonical, digest
from interplay_server.settings import Model
from structlog.testing import capture_logs

from tests.support.fake_models import FakeModels, Reply

KEY = "k-of-this-test-0123456789"
SCHEMA = {"type": "object", "additionalProperties": False, "required": ["n"], "properties": {"n": {"type": "integer"}}}
IMAGE = ModelImage("image/png", b"\x89PNG and more")
TALK = [Message("system", "Be brief — 简短。", cache=True), Message("user", "Hi 🥕", (IMAGE,))]


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("KEY_OF_THIS_TEST", KEY)


async def run(model, messages=TALK, **options):
    return [step async for step in model.complete(messages, deadline=20, **options)][-1]


def record(tmp_path, fake, protocol="anthropic", model="m-1"):
    return open_provider(
        Model(
            provider=protocol, model=model, base_url=fake.base_url(protocol), api_key_env="KEY_OF_THIS_TEST",
            record=str(tmp_path / "tapes"), vision=True,
        )
    )  # fmt: skip


def replay(tmp_path, model=""):
    return open_provider(Model(provider="replay", cassettes=str(tmp_path / "tapes"), model=model))


def tapes(tmp_path):
    return sorted((tmp_path / "tapes").iterdir())


@pytest.mark.parametrize("protocol", ["anthropic", "openai"])
async def test_what_was_recorded_is_said_again(tmp_path, protocol):
    async with FakeModels([{"n": 7}, "a text"]) as fake:
        model = record(tmp_path, fake, protocol)
        first = await run(model, TALK, schema=SCHEMA)
        second = await run(model, TALK, seed=3)
        await model.close()
    again = replay(tmp_path)
    assert (again.name, again.model, again.vision) == ("replay", "m-1", True)
    assert await run(again, TALK, schema=SCHEMA) == first and first.parsed == {"n": 7}
    assert await run(again, TALK, seed=3) == second and second.text == "a text"
    steps = [step async for step in again.complete(TALK, deadline=0.001, seed=3)]
    assert steps[:-1] == ["a text"] and isinstance(steps[-1], Completion)


async def test_recording_passes_deltas_through(tmp_path):
    async with FakeModels([Reply("one two three", pieces=3)]) as fake:
        model = record(tmp_path, fake)
        assert len([step async for step in model.complete(TALK, deadline=20)]) == 4
        await model.close()


async def test_a_cassette_can_be_read_and_holds_no_secret(tmp_path):
    async with FakeModels(["Gemüse 🥕"]) as fake:
        model = record(tmp_path, fake)
        await run(model, TALK)
        await model.close()
    (path,) = tapes(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "Gemüse 🥕" in text and "简短" in text and text.count("\n") > 10
    assert KEY not in text and "127.0.0.1" not in text and "PNG and more" not in text
    held = json.loads(text)
    assert held["request"]["messages"][1]["images"][0]["media_type"] == "image/png"
    assert path.stem == digest(held["request"])


@pytest.mark.parametrize(
    "other",
    [
        {"messages": TALK[1:]}, {"messages": [TALK[0], Message("user", "Hi", (IMAGE,))]},
        {"messages": [TALK[0], Message("user", "Hi 🥕", (ModelImage("image/png", b"\x89PNG"),))]},
        {"messages": [TALK[0], Message("assistant", "Hi 🥕", (IMAGE,))]},
        {"schema": SCHEMA | {"required": []}}, {"schema": None}, {"seed": 1}, {"max_tokens": 4095},
    ],
    ids=["fewer", "text", "image", "role", "schema", "no schema", "seed", "tokens"],
)  # fmt: skip
async def test_another_request_is_a_miss(tmp_path, other):
    asked = {"messages": TALK, "schema": SCHEMA}
    async with FakeModels([{"n": 1}]) as fake:
        model = record(tmp_path, fake)
        await run(model, **asked)
        await model.close()
    again = replay(tmp_path)
    assert (await run(again, **asked)).parsed == {"n": 1}
    with pytest.raises(ModelFailure) as caught:
        await run(again, **(asked | other))
    assert caught.value.kind == ModelFailure.NO_CASSETTE and not caught.value.retryable


async def test_where_prompts_are_cached_is_no_difference(tmp_path):
    async with FakeModels() as fake:
        model = record(tmp_path, fake)
        await run(model, TALK)
        await model.close()
    assert (await run(replay(tmp_path), [Message("system", TALK[0].text), TALK[1]])).text == "hello"


async def test_failures_are_not_recorded(tmp_path):
    async with FakeModels([Reply("x", stop="refusal")]) as fake:
        model = record(tmp_path, fake)
        with pytest.raises(ModelFailure):
            await run(model, TALK)
        await model.close()
    assert tapes(tmp_path) == []


async def test_a_repaired_answer_is_recorded_as_the_answer(tmp_path):
    async with FakeModels(["nothing", {"n": 2}]) as fake:
        model = record(tmp_path, fake)
        await run(model, TALK, schema=SCHEMA)
        await model.close()
    assert len(tapes(tmp_path)) == 1
    done = await run(replay(tmp_path), TALK, schema=SCHEMA)
    assert done.parsed == {"n": 2} and done.usage.attempts == 2


class Echo:
    """A provider without a network, for what no network carries."""

    name, model, vision = "anthropic", "m-1", True

    async def complete(self, messages, *, schema=None, deadline, seed=0, max_tokens=4096):
        yield messages[-1].text
        yield Completion(messages[-1].text, "m-1", Usage(1, 1))

    async def close(self):
        pass


async def test_lone_surrogates_survive(tmp_path):
    await run(Recorder(Echo(), tmp_path / "tapes"), [Message("user", "cut \ud83e")])
    assert len(tapes(tmp_path)) == 1


async def test_the_key_is_not_recorded_even_from_a_prompt(tmp_path):
    recorder = Recorder(Echo(), tmp_path / "tapes", key=KEY)
    assert (await run(recorder, [Message("user", f"my key is {KEY}")])).text
    assert tapes(tmp_path) == []


async def test_many_at_once_leave_whole_files_and_no_others(tmp_path):
    recorder = Recorder(Echo(), tmp_path / "tapes")
    await asyncio.gather(*(run(recorder, [Message("user", f"{n % 10}" * 5000)]) for n in range(100)))
    assert len(tapes(tmp_path)) == 10 and all(path.suffix == ".json" for path in tapes(tmp_path))
    again = replay(tmp_path)
    assert (await run(again, [Message("user", "7" * 5000)])).text == "7" * 5000


async def test_a_cassette_that_cannot_be_written_costs_no_answer(tmp_path):
    recorder = Recorder(Echo(), tmp_path / "tapes")
    for path in (tmp_path / "tapes").iterdir():
        path.unlink()
    (tmp_path / "tapes").rmdir()
    with capture_logs() as lines:
        assert (await run(recorder, [Message("user", "hi")])).text == "hi"
    assert [line["event"] for line in lines] == ["cassette_not_written"]


def test_no_folder_can_be_made_under_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CassetteError, match="file"):
        Recorder(Echo(), tmp_path / "file" / "tapes")


class TestRefusedFolders:
    async def make(self, tmp_path, *models):
        for model in models:
            echo = Echo()
            echo.model = model
            await run(Recorder(echo, tmp_path / "tapes"), [Message("user", "hi")])

    async def test_two_models_need_a_name(self, tmp_path):
        await self.make(tmp_path, "m-1", "m-2")
        with pytest.raises(CassetteError, match=r"model\.model to one of m-1, m-2"):
            Replay(tmp_path / "tapes")
        assert Replay(tmp_path / "tapes", "m-2").model == "m-2"
        with pytest.raises(CassetteError, match="no recorded answers of m-3"):
            Replay(tmp_path / "tapes", "m-3")

    async def test_a_changed_request(self, tmp_path):
        """An answer may be edited by hand; a request that is edited would never be found."""
        await self.make(tmp_path, "m-1")
        (path,) = tapes(tmp_path)
        whole = path.read_text()
        path.write_text(whole.replace('"text": "hi",\n  "model"', '"text": "edited",\n  "model"'))
        assert (await run(Replay(tmp_path / "tapes"), [Message("user", "hi")])).text == "edited"
        path.write_text(whole.replace('"seed": 0', '"seed": 1'))
        with pytest.raises(CassetteError, match="not the one that was recorded"):
            Replay(tmp_path / "tapes")

    @pytest.mark.parametrize("body", ["", "{", "[]", '{"text": "x"}', '{"request": 1}', "\xff"])
    async def test_no_cassette(self, tmp_path, body):
        await self.make(tmp_path, "m-1")
        tapes(tmp_path)[0].write_bytes(body.encode("latin-1"))
        with pytest.raises(CassetteError, match="is no cassette"):
            Replay(tmp_path / "tapes")

    async def test_an_answer_edited_against_the_schema(self, tmp_path):
        request = canonical("openai", "m-1", [Message("user", "hi")], schema=SCHEMA, seed=0, max_tokens=4096)
        (tmp_path / "tapes").mkdir()
        held = {"request": request, "text": '{"n": "x"}', "model": "m-1", "usage": {}}
        (tmp_path / "tapes" / f"{digest(request)}.json").write_text(json.dumps(held))
        with pytest.raises(ModelFailure) as caught:
            await run(replay(tmp_path), [Message("user", "hi")], schema=SCHEMA)
        assert caught.value.kind == ModelFailure.MALFORMED
