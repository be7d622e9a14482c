"""Moving in from LangGraph stores, and out to them: the stores are real ones, made here."""

import json
import sqlite3

import pytest
from interplay import AsyncInterplay
from interplay.moving import (
    Lesson,
    Settings,
    SourceError,
    Turn,
    Unmapped,
    exported,
    put_all,
    read_langgraph,
)
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore

from tests.clients.moving_kit import everything, imported

ITEMS = [
    (("memories", "lena"), "m1", {"kind": "Memory", "content": {"content": "Plays the cello"}}),
    (("lena", "memories"), "m2", {"memory": "Has two cats", "topic": "home"}),
    (("memories", "omar"), "m3", {"city": "Tunis", "team": "blue"}),
    (("playbooks", "omar"), "p1", {"content": "Answer in French.", "score": 3}),
    (("instructions",), "p2", {"text": "Never promise a date."}),
    (("agents", "planner", "instructions"), "p3", {"instructions": "Plan in three steps."}),
    (("conversations", "lena"), "c1", {"messages": [{"role": "human", "content": "Hi"}, {"type": "ai", "content": "Hello Lena"}]}),
    (("acme", "lena"), "x1", {"text": "Ambiguous"}),
    (("memories", "omar"), "x2", {"text": ""}),
]  # fmt: skip


def fill(store):
    for namespace, key, value in ITEMS:
        store.put(namespace, key, value, index=False)


@pytest.fixture
def path(tmp_path):
    with SqliteStore.from_conn_string(str(tmp_path / "store.sqlite")) as store:
        store.setup()
        fill(store)
    return tmp_path / "store.sqlite"


@pytest.fixture
async def client(shared_server, request):
    async with AsyncInterplay(shared_server.target, tenant=request.node.name.replace("_", "-")[:60].lower()) as client:
        yield client


def told(records):
    return sorted(
        (one.origin, getattr(one, "why", None) or str(getattr(one, "profile", None) and one.profile.content))
        for one in records
    )


def test_file_dump_and_store_give_the_same(path, tmp_path):
    store = InMemoryStore()
    fill(store)
    dump = tmp_path / "store.jsonl"
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute("SELECT prefix, key, value, created_at, updated_at FROM store")]
    dump.write_text("".join(json.dumps(row | {"value": json.loads(row["value"])}) + "\n" for row in rows))
    assert told(read_langgraph(path)) == told(read_langgraph(store)) == told(read_langgraph(dump))
    assert len(told(read_langgraph(path))) == 11  # a part of p1, and two messages of c1


async def test_the_whole_is_moved_once(client, path):
    first = await imported(client, read_langgraph(path))
    assert dict(first.new) == {"interaction": 2, "profile": 3, "user_playbook": 1, "agent_playbook": 2}
    left = {one.origin: one.why for one in first.unmapped}
    assert left.keys() == {"langgraph:acme/lena/x1", "langgraph:playbooks/omar/p1", "langgraph:memories/omar/x2"}
    assert "say --namespace or --user" in left["langgraph:acme/lena/x1"]
    before = await everything(client)
    interactions, profiles, lessons, shared = before
    assert {(one.user_id, one.content) for one in profiles} >= {("lena", "Plays the cello"), ("lena", "Has two cats")}
    assert {one.content for one in profiles if one.user_id == "omar"} >= {'{"city": "Tunis", "team": "blue"}'}
    cello = next(one for one in profiles if "cello" in one.content)
    assert list(cello.custom_features["langgraph"]["namespace"]) == ["memories", "lena"]
    assert cello.custom_features["langgraph"]["value"]["kind"] == "Memory"
    assert [(one.data.role, one.data.content) for one in interactions] == [("user", "Hi"), ("assistant", "Hello Lena")]
    assert [one.instruction for one in lessons] == ["Answer in French."]
    assert {(one.agent_id, one.instruction) for one in shared} == {
        ("default", "Never promise a date."),
        ("planner", "Plan in three steps."),
    }

    again = await imported(client, read_langgraph(path))
    assert not again.new
    assert await everything(client) == before


def test_the_namespace_says_where_the_user_stands(path):
    records = [one for one in read_langgraph(path, Settings(namespace="acme/{user}")) if one.origin.endswith("x1")]
    assert records[0].profile.user_id == "lena"
    others = [one for one in read_langgraph(path, Settings(namespace="acme/{user}")) if one.origin.endswith("m1")]
    assert isinstance(others[0], Unmapped) and "is not acme/{user}" in others[0].why
    with pytest.raises(SourceError, match="no part"):
        list(read_langgraph(path, Settings(namespace="acme/lena")))


def test_a_store_with_more_than_a_page(tmp_path):
    store = InMemoryStore()
    for at in range(250):
        store.put(("memories", f"user-{at % 130}"), f"k{at}", {"text": f"Fact number {at}"}, index=False)
    records = list(read_langgraph(store))
    assert len({one.origin for one in records}) == len(records) == 250


def test_no_store_is_said_so(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"prefix": "memories.lena", "key": "k", "value": {"text": "a"}}\n{"key": 1}\n')
    with pytest.raises(SourceError, match=r"x\.jsonl:2"):
        list(read_langgraph(path))
    with sqlite3.connect(tmp_path / "y.sqlite") as db:
        db.execute("CREATE TABLE other (x)")
    with pytest.raises(SourceError, match="no table of a SqliteStore"):
        list(read_langgraph(tmp_path / "y.sqlite"))


async def test_what_left_for_a_store_comes_back(client, shared_server):
    user = "ada.l@example.com"
    await client.publish_interaction(
        user, [{"content": "Is it raining?"}], "chat", session_id="s.1", evaluation_only=True
    )
    await client.create_profile(user, "Works in Oslo", attribute="work_city", value="Oslo", tags=["work"])
    await client.create_user_playbook(user, "Give the weather first.", trigger="A greeting in the morning")
    await client.create_agent_playbook("Say the date.", agent_id="desk")
    store = InMemoryStore()
    rows = [row async for row in exported(client)]
    assert put_all(store, iter(rows)) == put_all(store, iter(rows)) == 4
    assert store.search(("memories", "ada%2El@example%2Ecom"))[0].value["content"] == "Works in Oslo"
    records = list(read_langgraph(store))
    assert {type(one) for one in records} >= {Turn, Lesson}
    async with AsyncInterplay(shared_server.target, tenant="another-store") as other:
        await imported(other, records)
        interactions, profiles, lessons, shared = await everything(other)
    assert [(one.user_id, one.session_id, one.data.content) for one in interactions] == [
        (user, "s.1", "Is it raining?")
    ]
    assert [(one.attribute, one.value, list(one.tags)) for one in profiles] == [("work_city", "Oslo", ["work"])]
    assert [one.trigger for one in lessons] == ["A greeting in the morning"]
    assert [(one.agent_id, one.instruction) for one in shared] == [("desk", "Say the date.")]
