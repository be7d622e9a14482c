"""InterplayStore beside LangGraph's own stores: the same operations give the same results."""

import uuid

import numpy as np
import pytest
from interplay import AsyncInterplay, Interplay
from interplay.agents.langgraph_store import MAX_ITEM_BYTES, InterplayStore
from langgraph.store.base import GetOp, InvalidNamespaceError, ListNamespacesOp, MatchCondition, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore


def embed(texts):
    """A bag of letters: enough for the peers to have a ranking."""
    return [np.bincount([ord(one) % 64 for one in text.lower()], minlength=64).astype(float).tolist() for text in texts]


@pytest.fixture
def interplay(shared_server):
    with Interplay(shared_server.target) as client:
        yield client


@pytest.fixture(params=["memory", "sqlite", "interplay"])
def store(request, tmp_path):
    index = {"dims": 64, "embed": embed, "fields": ["text"]}
    if request.param == "memory":
        yield InMemoryStore(index=index)
    elif request.param == "sqlite":
        # Its search by meaning needs an extension of SQLite that not every Python can load.
        with SqliteStore.from_conn_string(str(tmp_path / "store.sqlite")) as made:
            made.setup()
            yield made
    else:
        yield InterplayStore(request.getfixturevalue("interplay"), name=uuid.uuid4().hex, fields=["text"])


def keys(items):
    return sorted(item.key for item in items)


def test_put_get_update_delete(store):
    value = {"text": "Berlin", "n": 3, "big": 2**62, "f": 1.5, "none": None, "list": [1, {"x": [True]}], "ü": "ß\n\"'"}
    store.put(("users", "ada"), "home", value)
    item = store.get(("users", "ada"), "home")
    assert item.value == value
    assert isinstance(item.value["n"], int)
    assert (item.namespace, item.key) == (("users", "ada"), "home")
    assert item.created_at.tzinfo is not None or isinstance(store, SqliteStore)
    store.put(("users", "ada"), "home", {"text": "Rome"})
    again = store.get(("users", "ada"), "home")
    assert again.value == {"text": "Rome"}
    assert again.updated_at >= item.updated_at
    assert len(store.search(("users",))) == 1
    assert store.get(("users",), "home") is None
    assert store.get(("users", "ada"), "elsewhere") is None
    store.delete(("users", "ada"), "home")
    assert store.get(("users", "ada"), "home") is None
    store.delete(("users", "ada"), "home")
    assert store.search(()) == []


def test_namespaces_are_compared_label_by_label(store):
    for place in (("a",), ("a", "b"), ("ab",), ("a", "b", "c"), ("x", "b")):
        store.put(place, "k", {"text": "/".join(place)})
    assert sorted(item.namespace for item in store.search(("a",))) == [("a",), ("a", "b"), ("a", "b", "c")]
    assert [item.namespace for item in store.search(("a", "b", "c"))] == [("a", "b", "c")]
    assert store.list_namespaces() == [("a",), ("a", "b"), ("a", "b", "c"), ("ab",), ("x", "b")]
    assert store.list_namespaces(prefix=("a",), max_depth=2) == [("a",), ("a", "b")]
    assert store.list_namespaces(suffix=("b",)) == [("a", "b"), ("x", "b")]
    assert store.list_namespaces(prefix=("*", "b")) == [("a", "b"), ("a", "b", "c"), ("x", "b")]
    assert store.list_namespaces(limit=2, offset=1) == [("a", "b"), ("a", "b", "c")]


def test_filters(store):
    for key, value in {
        "one": {"text": "t", "score": 1, "color": "red", "in": {"deep": 1}},
        "two": {"text": "t", "score": 2.5, "color": "red"},
        "three": {"text": "t", "score": 3, "color": "blue"},
    }.items():
        store.put(("f",), key, value)
    assert keys(store.search(("f",), filter={"color": "red"})) == ["one", "two"]
    assert keys(store.search(("f",), filter={"score": {"$gt": 1}})) == ["three", "two"]
    assert keys(store.search(("f",), filter={"score": {"$gte": 1, "$lt": 3}})) == ["one", "two"]
    assert keys(store.search(("f",), filter={"score": {"$lte": 1}, "color": "red"})) == ["one"]
    assert keys(store.search(("f",), filter={"color": {"$ne": "red"}})) == ["three"]
    assert keys(store.search(("f",), filter={"color": {"$eq": "blue"}})) == ["three"]
    assert keys(store.search(("f",), query="t", filter={"color": "red"})) == ["one", "two"]
    assert store.search(("f",), filter={"color": "green"}) == []
    with pytest.raises(ValueError, match=r"(?i)operator"):
        store.search(("f",), filter={"score": {"$in": [1]}})


def test_pages(store):
    for number in range(7):
        store.put(("p",), f"k{number}", {"text": f"number {number}"})
    pages = [store.search(("p",), limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert keys(item for page in pages for item in page) == [f"k{number}" for number in range(7)]


def test_a_batch_reads_before_it_writes(store):
    store.put(("b",), "k", {"text": "old"})
    results = store.batch(
        [
            GetOp(("b",), "k"),
            PutOp(("b",), "k", {"text": "newer"}),
            PutOp(("b",), "k", {"text": "newest"}),
            PutOp(("b",), "other", {"text": "x"}),
            SearchOp(("b",)),
            ListNamespacesOp((MatchCondition("prefix", ("b",)),)),
        ]
    )
    assert results[0].value == {"text": "old"}
    assert results[1:4] == [None, None, None]
    assert [item.value["text"] for item in results[4]] == ["old"]
    assert results[5] == [("b",)]
    assert store.get(("b",), "k").value == {"text": "newest"}
    assert store.get(("b",), "other").value == {"text": "x"}


def test_bad_namespaces(store):
    for namespace in ((), ("a.b",), ("",), ("langgraph", "x")):
        with pytest.raises(InvalidNamespaceError):
            store.put(namespace, "k", {"text": "x"})


async def test_the_asynchronous_methods(store):
    if isinstance(store, SqliteStore):
        pytest.skip("LangGraph has another class for that")
    await store.aput(("as",), "k", {"text": "hello"})
    assert (await store.aget(("as",), "k")).value == {"text": "hello"}
    assert keys(await store.asearch(("as",))) == ["k"]
    assert await store.alist_namespaces() == [("as",)]
    await store.adelete(("as",), "k")
    assert await store.aget(("as",), "k") is None


def mine(interplay, **settings):
    return InterplayStore(interplay, name=uuid.uuid4().hex, **settings)


def test_search_by_meaning(interplay):
    store = mine(interplay, fields=["text", "tags[*]"])
    store.put(("d", "1"), "dog", {"text": "Walks the puppy every morning", "secret": "quantum"})
    store.put(("d", "2"), "bread", {"text": "Bakes sourdough at the weekend", "tags": ["kitchen"]})
    store.put(("d", "2"), "hidden", {"text": "A puppy too"}, index=False)
    store.put(("d", "2"), "other", {"text": "A boat", "note": "a puppy on board"}, index=["note"])
    hits = store.search(("d",), query="dogs and puppies")
    assert {hit.key for hit in hits[:2]} == {"dog", "other"}
    assert hits[0].score >= hits[1].score >= hits[2].score
    assert (hits[-1].key, hits[-1].score) == ("hidden", None)
    assert store.search(("d", "2"), query="cooking in the kitchen")[0].key == "bread"
    assert keys(store.search(("d", "1"), query="bread")) == ["dog"]


def test_time_to_live(interplay):
    store = mine(interplay)
    store.put(("t",), "gone", {"text": "x"}, ttl=0)
    store.put(("t",), "stays", {"text": "y"}, ttl=60)
    store.put(("t", "u"), "gone too", {"text": "z"}, ttl=0)
    assert store.get(("t",), "gone") is None
    assert keys(store.search(("t",), query="x")) == ["stays"]
    before = _expires(interplay, store, "stays")
    store.get(("t",), "stays", refresh_ttl=False)
    assert _expires(interplay, store, "stays") == before
    store.get(("t",), "stays")
    assert _expires(interplay, store, "stays") > before
    assert store.list_namespaces() == [("t",)]
    store.put(("t",), "gone", {"text": "x"}, ttl=0)
    assert store.sweep_ttl() == 1
    assert keys(store.search(())) == ["stays"]


def _expires(interplay, store, key):
    rows = interplay.list_profiles(source=store._source)
    return next(row.custom_features["expires"] for row in rows if row.custom_features["key"] == key)


def test_what_is_refused(interplay):
    store = mine(interplay)
    with pytest.raises(ValueError, match=str(MAX_ITEM_BYTES)):
        store.put(("r",), "large", {"text": "x" * MAX_ITEM_BYTES})
    for value in ({"x": object()}, {"x": float("nan")}):
        with pytest.raises(ValueError, match="JSON"):
            store.batch([PutOp(("r",), "before", {"text": "x"}), PutOp(("r",), "k", value)])
    assert store.search(()) == []
    store.put(("r",), "k" * 1000, {"text": "x" * (MAX_ITEM_BYTES - 2000)})
    assert store.get(("r",), "k" * 1000).value["text"].endswith("x")


def test_items_as_facts_of_a_person(interplay):
    user = f"user-{uuid.uuid4().hex[:8]}"
    store = mine(interplay, fields=["text"], user_of=lambda namespace: namespace[-1])
    store.put(("memories", user), "m1", {"text": "Is allergic to peanuts"})
    assert "Is allergic to peanuts" in str(interplay.context(user, "snacks"))
    assert store.search(("memories",), query="allergies")[0].key == "m1"


async def test_a_client_of_the_event_loop(shared_server):
    async with AsyncInterplay(shared_server.target) as client:
        store = mine(client)
        await store.aput(("a",), "k", {"text": "hello"})
        assert (await store.aget(("a",), "k")).value == {"text": "hello"}
        assert await store.asweep_ttl() == 0
        with pytest.raises(TypeError, match="give Interplay"):
            store.batch([GetOp(("a",), "k")])


def test_stores_of_other_names_are_apart(interplay):
    first, second = mine(interplay), mine(interplay)
    first.put(("a",), "k", {"text": "hello"})
    assert second.get(("a",), "k") is None
    assert second.search((), query="hello") == []
