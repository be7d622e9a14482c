"""Collections: reads see every commit, a kill at any moment loses and repeats nothing, what is removed stays removed."""

import random
import shutil

import pytest
from interplay_server.domain import journal
from interplay_server.domain.collections import COLLECTIONS
from interplay_server.domain.records import Collection, Condition, Field, Index, Op, Put, Removal, Type, among, equal
from interplay_server.storage import applier as applying
from interplay_server.storage import tenant as tenants

from tests.storage.inside import SLOW, publish, settle, submit, tenant, texts

CARDS = Collection(
    "cards",
    (
        Field("card_id"),
        Field("owner", index=Index.FEW),
        Field("points", Type.INT),
        Field("share", Type.FLOAT),
        Field("open", Type.BOOL),
        Field("body", Type.BYTES),
        Field("tags", Type.TEXTS),
    ),
)
STEPS = Collection(
    "steps", (Field("step_id"), Field("owner", index=Index.SORTED), Field("at", Type.INT)), append_only=True
)


@pytest.fixture(autouse=True)
def collections(monkeypatch):
    monkeypatch.setattr(tenants, "COLLECTIONS", {**COLLECTIONS, **{one.name: one for one in (CARDS, STEPS)}})


def card(key, owner="ann", points=1):
    return (key, owner, points, None, True, b"\0body", ("x", "y"))


async def write(store, *puts, removed=(), meta=None):
    """`puts` are (collection, rows)."""
    entry = journal.Recorded(
        tuple(Put(collection.name, tuple(rows)) for collection, rows in puts), tuple(removed), meta or {}
    )
    return await submit(store, entry)


async def cards(store, *where, **how):
    found = await store.records.table(CARDS, where, **{"order": ("card_id",), **how})
    return [(row["card_id"], row["owner"], row["points"]) for row in found.to_pylist()]


async def steps(store, *where, **how):
    found = await store.records.table(STEPS, where, **{"order": ("seq",), **how})
    return [(row["step_id"], row["owner"], row["at"]) for row in found.to_pylist()]


async def test_every_type_comes_back_from_the_tail_and_from_the_table(tmp_path):
    row = ("k'\\%_\"", "ann", None, 0.1, False, bytes(range(256)), ("a", "é"))
    async with tenant(tmp_path, **SLOW) as store:
        receipt = await write(store, (CARDS, [row]), meta={"colour": "red"})
        for _ in range(2):
            [found] = (await store.records.table(CARDS, equal(card_id=row[0]))).to_pylist()
            assert found == {
                **dict(zip(CARDS.names, [*row[:-1], list(row[-1])], strict=True)),
                "seq": receipt.first_seq,
            }
            await settle(store)
        assert await store.records.meta("colour") == "red"
        assert await store.records.count(CARDS) == 1


async def test_rows_are_counted_in_the_journal_beside_interactions(tmp_path):
    async with tenant(tmp_path) as store:
        await publish(store, "a")
        receipt = await write(store, (CARDS, [card("1"), card("2")]), (STEPS, [("s", "ann", 1)]))
        assert (receipt.first_seq, receipt.count) == (2, 3)
        assert (await write(store, meta={"a": "b"})).first_seq == 5
        await publish(store, "b")
        assert store.last_seq == 6
    async with tenant(tmp_path) as store:
        assert await texts(store) == ["a", "b"]
        assert await store.records.count(CARDS) == 2


@pytest.mark.parametrize("applied", [False, True])
async def test_conditions_order_and_pages(tmp_path, applied):
    async with tenant(tmp_path, **SLOW) as store:
        await write(store, (CARDS, [card(f"{n:02}", owner="ab"[n % 2], points=n // 3) for n in range(20)]))
        if applied:
            await settle(store)
        await write(store, (CARDS, [card("05", "b", 100), card("99", "b", None)]))
        assert await cards(store, Condition("points", Op.GE, 6)) == [
            ("05", "b", 100),
            ("18", "a", 6),
            ("19", "b", 6),
        ]
        assert [key for key, *_ in await cards(store, *equal(owner="a"), Condition("points", Op.LT, 2))] == [
            "00",
            "02",
            "04",
        ]
        assert [key for key, *_ in await cards(store, among("card_id", ["03", "05", "none"]))] == ["03", "05"]
        assert await cards(store, among("card_id", [])) == []
        known = Condition("points", Op.GE, 0)
        everything = await cards(store, known, order=("points", "card_id"))
        pages, after = [], ()
        while page := await cards(store, known, order=("points", "card_id"), after=after, limit=3):
            assert len(page) <= 3
            pages += page
            after = (page[-1][2], page[-1][0])
        assert pages == everything
        assert len(everything) == 20
        backwards, after = [], ()
        while page := await cards(store, known, order=("points", "card_id"), descending=True, after=after, limit=4):
            backwards += page
            after = (page[-1][2], page[-1][0])
        assert backwards == everything[::-1]


async def test_a_removal_means_what_was_written_before_it(tmp_path):
    async with tenant(tmp_path, **SLOW) as store:
        await write(store, (STEPS, [("1", "ann", 1), ("2", "bob", 2)]), (CARDS, [card("1"), card("2", "bob")]))
        await settle(store)
        await write(store, (STEPS, [("3", "ann", 3)]), (CARDS, [card("2", "ann"), card("3", "ann")]))
        gone = [Removal("steps", "owner", ("ann",)), Removal("cards", "owner", ("ann",))]
        await write(store, (STEPS, [("4", "ann", 4)]), (CARDS, [card("1", "ann", 9)]), removed=gone)
        for _ in range(2):
            assert await steps(store) == [("2", "bob", 2), ("4", "ann", 4)]
            # Card 2 was ann's last: its older row does not come back.
            assert await cards(store) == [("1", "ann", 9)]
            await settle(store)


class Model:
    """What reads must show."""

    def __init__(self):
        self.cards, self.steps = {}, []

    def put(self, new_cards, new_steps):
        self.cards |= {row[0]: row[:3] for row in new_cards}
        self.steps += new_steps

    def remove(self, collection, field, value):
        if collection == "cards":
            place = CARDS.names.index(field)
            self.cards = {key: row for key, row in self.cards.items() if row[place] != value}
        else:
            place = STEPS.names.index(field)
            self.steps = [row for row in self.steps if row[place] != value]

    async def agrees(self, store):
        assert await cards(store) == sorted(self.cards.values())
        assert await steps(store) == self.steps
        for owner in "abc":
            assert await cards(store, *equal(owner=owner)) == sorted(r for r in self.cards.values() if r[1] == owner)
            assert await steps(store, *equal(owner=owner)) == [row for row in self.steps if row[1] == owner]


@pytest.mark.parametrize("seed", range(6))
async def test_any_history_with_kills_at_any_moment(tmp_path, seed, monkeypatch):
    if seed % 2:
        monkeypatch.setattr(applying, "FLUSH_SECONDS", 3600)
    chance, model, data = random.Random(seed), Model(), tmp_path / "0"
    for life in range(1, 5):
        async with tenant(data, **SLOW) as store:
            await model.agrees(store)
            for _ in range(chance.randrange(2, 9)):
                await step(store, model, chance)
                await model.agrees(store)
            killed = tmp_path / str(life)
            shutil.copytree(data, killed)
        data = killed
    async with tenant(data) as store:
        await model.agrees(store)
        await settle(store)
        await model.agrees(store)


async def step(store, model, chance):
    what = chance.random()
    if what < 0.25:
        await settle(store)
        return
    if what < 0.35:
        await publish(store, "in between")
        return
    removed = []
    if what < 0.65:
        collection, field = chance.choice(
            [("cards", "card_id"), ("cards", "owner"), ("steps", "owner"), ("steps", "step_id")]
        )
        value = chance.choice("abc") if field == "owner" else str(chance.randrange(6))
        removed = [Removal(collection, field, (value,))]
        model.remove(collection, field, value)
    new_cards = {str(n): card(str(n), chance.choice("abc"), chance.randrange(9)) for n in chance.sample(range(6), 2)}
    new_steps = [(str(chance.randrange(6)), chance.choice("abc"), chance.randrange(9)) for _ in range(2)]
    puts = [(CARDS, new_cards.values()), (STEPS, new_steps)]
    if removed and chance.random() < 0.5:
        puts = []
    else:
        model.put(new_cards.values(), new_steps)
    await write(store, *puts, removed=removed)
