"""Moving in from mem0: what its own library wrote becomes interactions, profiles and playbooks, once."""

import json
import pickle
import sqlite3
from datetime import UTC, datetime

import pytest
from interplay import AsyncInterplay
from interplay.moving import Fact, Settings, SourceError, Turn, Unmapped, read_mem0

from tests.clients.moving_kit import HERE, everything, imported, unpacked


@pytest.fixture
def mem0(tmp_path):
    return unpacked("mem0", tmp_path)


@pytest.fixture
async def client(shared_server, request):
    async with AsyncInterplay(shared_server.target, tenant=request.node.name.replace("_", "-")[:60].lower()) as client:
        yield client


FACTS = {
    "ada": {"Prefers white tea over coffee", "Lives in Porto"},
    "ben": {"Is allergic to peanuts"},
}


@pytest.mark.parametrize("store", ["qdrant", "chroma", "faiss"])
def test_each_local_store_gives_the_same(mem0, store):
    records = list(read_mem0([mem0 / store]))
    facts = {(one.profile.user_id, one.profile.content) for one in records if isinstance(one, Fact)}
    assert facts == {(user, text) for user, texts in FACTS.items() for text in texts}
    said = [(one.interaction.data.role, one.interaction.data.content) for one in records if isinstance(one, Turn)]
    assert said == [("user", "The tap drips at night."), ("assistant", "Which tap?")]
    assert [one.why for one in records if isinstance(one, Unmapped)] == ["expired in mem0"]


def test_get_all_says_what_the_store_says(mem0):
    exported = sorted(one.origin for one in read_mem0([mem0 / "get_all-ada.json", mem0 / "get_all-ben.json"]))
    stored = sorted(one.origin for one in read_mem0([mem0 / "qdrant"]) if getattr(one, "playbook", None) is None)
    assert exported == stored


def test_a_row_that_is_in_two_sources_comes_once(mem0):
    twice = [one.origin for one in read_mem0([mem0 / "qdrant", mem0 / "get_all-ada.json"])]
    assert len(twice) == len(set(twice)) == len(list(read_mem0([mem0 / "qdrant"])))


async def test_the_whole_is_moved_once_and_keeps_where_it_came_from(client, mem0):
    first = await imported(client, read_mem0([mem0 / "qdrant", mem0 / "history.db"]))
    assert dict(first.new) == {"interaction": 4, "profile": 3, "agent_playbook": 1}
    assert sorted(one.why for one in first.unmapped) == ["deleted in mem0", "expired in mem0"]
    before = await everything(client)
    interactions, profiles, _, shared = before
    by_text = {one.data.content: one for one in interactions}
    drip = by_text["The tap drips at night."]
    assert (drip.user_id, drip.session_id, drip.source, drip.data.speaker) == ("ada", "visit-7", "mem0", "Ada")
    assert drip.data.metadata["channel"] == "chat" and drip.evaluation_only
    (row,) = [
        row
        for row in json.loads((mem0 / "get_all-ada.json").read_text())["results"]
        if row["memory"] == drip.data.content
    ]
    assert drip.data.external_id == row["id"]
    assert drip.data.occur_time.ToDatetime(UTC) == datetime.fromisoformat(row["created_at"])
    assert by_text["Can you come on Friday?"].session_id == "visit-8"
    tea = next(one for one in profiles if "tea" in one.content)
    assert tea.custom_features["mem0"]["metadata"]["room"] == "kitchen"
    assert tea.custom_features["mem0"]["history"][0]["text"] == "Prefers green tea over coffee"
    assert f"origin:mem0:{tea.custom_features['mem0']['id']}" in tea.tags
    assert [(one.agent_id, one.instruction) for one in shared] == [
        ("plumber", "Check the fuse box before you order a new boiler")
    ]

    again = await imported(client, read_mem0([mem0 / "qdrant", mem0 / "history.db"]))
    assert not again.new and dict(again.there) == dict(first.new)
    assert await everything(client) == before


async def test_a_dry_run_counts_and_stores_nothing(client, mem0):
    planned = await imported(client, read_mem0([mem0 / "qdrant"]), dry_run=True)
    assert dict(planned.new) == {"interaction": 2, "profile": 3, "agent_playbook": 1}
    assert await everything(client) == ([], [], [], [])


async def test_an_import_that_broke_off_goes_on(client, mem0):
    records = list(read_mem0([mem0 / "qdrant"]))
    first = await imported(client, records[:4])
    rest = await imported(client, records)
    assert first.new.total() + rest.new.total() == 6 and first.new == rest.there
    interactions, profiles, _, shared = await everything(client)
    assert (len(interactions), len(profiles), len(shared)) == (2, 3, 1)


async def test_what_changed_there_is_told_and_what_is_here_stays(client, mem0):
    path = mem0 / "get_all-ben.json"
    await imported(client, read_mem0([path]))
    path.write_text(path.read_text().replace("Is allergic to peanuts", "Is allergic to cashews"))
    again = await imported(client, read_mem0([path]))
    assert again.there["profile"] == 1 and "changed" in "".join(one.why for one in again.unmapped)
    assert [one.content for one in (await everything(client))[1]] == ["Is allergic to peanuts"]


def test_a_memory_of_nobody_needs_a_user(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"results": [{"id": "m-1", "memory": "Sleeps late", "run_id": "r"}]}))
    (left,) = read_mem0([path])
    assert isinstance(left, Unmapped) and "--user" in left.why
    (fact,) = read_mem0([path], Settings(user_id="zoe"))
    assert fact.profile.user_id == "zoe"


def test_a_memory_that_expires_lives_as_long_here(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(
        json.dumps([{"id": "m-1", "memory": "On holiday", "user_id": "zoe", "expiration_date": "2026-03-09"}])
    )
    (fact,) = read_mem0([path], Settings(now=datetime(2026, 3, 4, tzinfo=UTC)))
    assert fact.profile.time_to_live == 2  # a week


def test_the_history_alone_names_no_user(mem0):
    reasons = {one.why for one in read_mem0([mem0 / "history.db"]) if isinstance(one, Unmapped)}
    assert any("names no user" in why for why in reasons)


def test_what_is_nothing_of_mem0_is_said_so(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(SourceError, match="no memories"):
        list(read_mem0([tmp_path / "x.json"]))
    with pytest.raises(SourceError, match="no such file"):
        list(read_mem0([tmp_path / "absent"]))


class Runs:
    def __reduce__(self):
        return (open, ("written-by-a-pickle", "w"))


def test_a_point_that_wants_to_run_something_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "storage.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE points (id TEXT PRIMARY KEY, point BLOB)")
        db.execute("INSERT INTO points VALUES ('x', ?)", (pickle.dumps(Runs()),))
    with pytest.raises(SourceError, match="open"):
        list(read_mem0([path]))
    assert not (tmp_path / "written-by-a-pickle").exists()


async def test_what_left_for_mem0_comes_back_from_it(client, mem0):
    """leaving/for_mem0.json was written by `export-memories --format mem0`, and put into the real mem0 by its `add`."""
    left = json.loads((HERE / "leaving" / "for_mem0.json").read_text())
    assert len(left) == 5
    report = await imported(client, read_mem0([mem0 / "came_from_interplay.json"]))
    assert not report.refused
    interactions, profiles, lessons, _ = await everything(client, "ada")
    assert [one.data.content for one in interactions] == [
        "My kettle leaks from the lid.",
        "Is the seal still in place?",
    ]
    assert [(one.content, one.attribute, one.value, list(one.tags)) for one in profiles] == [
        ("Owns a red kettle", "kettle", "red", ["kitchen"])
    ]
    assert [(one.trigger, one.instruction) for one in lessons] == [
        ("A customer reports a leak", "Ask for the model first.")
    ]
