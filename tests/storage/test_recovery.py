"""Recovery: whatever moment a kill falls on, what was committed is there once and what was deleted stays deleted."""

import asyncio
import random
import shutil
import sqlite3

import pytest
from interplay_server.domain.query import InteractionFilter
from interplay_server.storage import applier as applying
from interplay_server.storage.tables import Tables

from tests.storage.inside import (
    EVERYTHING,
    SLOW,
    annotate,
    comments,
    delete,
    png,
    publish,
    publish_image,
    published,
    settle,
    submit,
    tenant,
    texts,
)


def copy(data, to):
    """The folder as a kill at this moment would leave it."""
    shutil.copytree(data, to)
    return to


@pytest.fixture
def never_trimmed(monkeypatch):
    """Applied entries stay in the journal, as when a kill comes before the trim."""
    monkeypatch.setattr(applying, "FLUSH_SECONDS", 3600)


async def both_ways(data, expected, ids=(), notes=None):
    """Opens a copy twice: once as it recovers, once after it has applied everything."""
    for _ in range(2):
        async with tenant(data) as store:
            assert await texts(store) == expected
            if ids:
                assert await comments(store, *ids) == notes
            await settle(store)
            assert await texts(store, eventual=True) == expected
            assert await store.count(EVERYTHING) == len(expected)


async def test_a_kill_after_the_commit_and_before_the_apply(tmp_path):
    async with tenant(tmp_path / "live", **SLOW) as store:
        await publish(store, "a", "b")
        await publish(store, "c", user="bob")
        killed = copy(tmp_path / "live", tmp_path / "killed")
    await both_ways(killed, ["a", "b", "c"])


async def test_a_kill_after_the_apply_and_before_the_trim(tmp_path, never_trimmed):
    async with tenant(tmp_path / "live") as store:
        await publish(store, "a", "b")
        await settle(store)
        killed = copy(tmp_path / "live", tmp_path / "killed")
    db = sqlite3.connect(killed / "t" / "ledger.sqlite3")
    assert db.execute("SELECT count(*) FROM journal").fetchone()[0] == 1
    db.close()
    await both_ways(killed, ["a", "b"])


async def test_a_kill_after_the_trim(tmp_path):
    async with tenant(tmp_path / "live") as store:
        await publish(store, "a", "b")
    db = sqlite3.connect(tmp_path / "live" / "t" / "ledger.sqlite3")
    assert db.execute("SELECT count(*) FROM journal").fetchone()[0] == 0
    db.close()
    await both_ways(tmp_path / "live", ["a", "b"])


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("method", ["add", "delete", "annotate", "add_image"])
async def test_a_kill_around_each_write_to_lancedb(tmp_path, monkeypatch, never_trimmed, method, side):
    """The folder is copied right before and right after LanceDB was written to."""
    data, image = tmp_path / "live", png(1)
    killed = []
    inner = getattr(Tables, method)

    async def watched(self, *arguments):
        if side == "before" and not killed:
            killed.append(copy(data, tmp_path / "killed"))
        await inner(self, *arguments)
        if side == "after" and not killed:
            killed.append(copy(data, tmp_path / "killed"))

    async with tenant(data, **SLOW) as store:
        first = await publish(store, "a", "b", "c")
        await settle(store)
        monkeypatch.setattr(Tables, method, watched)
        sha256, shown = await publish_image(store, "picture", image)
        await annotate(store, first[0], "good")
        await delete(store, first[1])
        last = await publish(store, "d")
        await annotate(store, last[0], "fine")
        await settle(store)
    monkeypatch.undo()
    notes = {first[0]: ["good"], last[0]: ["fine"]}
    await both_ways(killed[0], ["a", "c", "picture", "d"], [*first, *last], notes)
    async with tenant(killed[0]) as store:
        assert await store.image(sha256) == image
        (row,) = [row for row in await store.interactions(EVERYTHING, limit=10) if row.data.image]
        assert (row.interaction_id, row.data.image.sha256) == (shown[0], sha256)


async def test_deletes_in_the_journal_never_resurrect(tmp_path, never_trimmed):
    """The newest row is deleted: the watermark of the table falls below it, and the journal still publishes it."""
    async with tenant(tmp_path / "live") as store:
        await publish(store, "a")
        ids = await publish(store, "secret")
        await settle(store)
        await delete(store, *ids)
        await settle(store)
        killed = copy(tmp_path / "live", tmp_path / "killed")
    await both_ways(killed, ["a"])
    async with tenant(killed) as store:
        assert await store.get(ids[0]) is None
        assert await store.get(ids[0], eventual=True) is None
        assert await store.existing_ids(ids) == []


async def test_an_annotation_is_replayed_once(tmp_path, never_trimmed):
    async with tenant(tmp_path / "live") as store:
        ids = await publish(store, "a")
        await annotate(store, ids[0], "one")
        await settle(store)
        await annotate(store, ids[0], "two")
        killed = copy(tmp_path / "live", tmp_path / "killed")
    for _ in range(3):
        async with tenant(killed, **SLOW) as store:
            assert await comments(store, ids[0]) == {ids[0]: ["one", "two"]}
            await settle(store)
            assert await comments(store, ids[0]) == {ids[0]: ["one", "two"]}


async def test_annotations_go_with_their_interaction(tmp_path, never_trimmed):
    async with tenant(tmp_path / "live") as store:
        ids = await publish(store, "a", "b")
        await annotate(store, ids[0], "gone")
        await settle(store)
        await delete(store, ids[0])
        assert await comments(store, *ids) == {} or await store.get(ids[0]) is None
        await settle(store)
        killed = copy(tmp_path / "live", tmp_path / "killed")
    async with tenant(killed) as store:
        await settle(store)
        assert await comments(store, *ids) == {}
        assert await texts(store) == ["b"]


async def test_ids_and_order_are_the_same_after_recovery(tmp_path):
    async with tenant(tmp_path / "live", **SLOW) as store:
        outcome = await submit(store, published("a", "b"), stream="s", digest=b"1")
        ids = store.interaction_ids(outcome)
        killed = copy(tmp_path / "live", tmp_path / "killed")
    async with tenant(killed) as store:
        rows = await store.interactions(EVERYTHING, limit=10)
        assert [(row.interaction_id, row.header.request_id) for row in rows] == [(ids[0], "s/0"), (ids[1], "s/0")]
        again = await submit(store, published("a", "b"), stream="s", offset=0, digest=b"1")
        assert again.duplicate
        assert store.interaction_ids(again) == ids
        assert (await store.stream_position("s", "publish")).next_offset == 1
        later = await submit(store, published("c"), stream="s")
        assert later.publish_time >= outcome.publish_time


@pytest.mark.parametrize("seed", [random.randrange(2**31) for _ in range(4)])
async def test_random_histories_with_a_kill_at_every_step(tmp_path, never_trimmed, seed):
    """Publishing, deleting, annotating and applying at random; a copy of the folder after each step is all right."""
    dice, model, notes, kills = random.Random(seed), {}, {}, []
    async with tenant(tmp_path / "live", **SLOW) as store:
        for step in range(16):
            what = dice.choice(["publish", "publish", "delete", "annotate", "apply"])
            if what == "publish":
                said = [f"{step}/{one}" for one in range(dice.randrange(1, 4))]
                model |= dict(zip(await publish(store, *said), said, strict=True))
            elif what == "delete" and model:
                gone = dice.sample(sorted(model), min(len(model), dice.randrange(1, 3)))
                await delete(store, *gone)
                for one in gone:
                    del model[one]
                    notes.pop(one, None)
            elif what == "annotate" and model:
                one = dice.choice(sorted(model))
                await annotate(store, one, f"note {step}")
                notes.setdefault(one, []).append(f"note {step}")
            elif what == "apply":
                await settle(store)
            if dice.random() < 0.35:
                killed = copy(tmp_path / "live", tmp_path / f"killed-{step}")
                kills.append(
                    (killed, list(model.values()), list(model), {one: list(many) for one, many in notes.items()})
                )
    for killed, expected, ids, said in kills:
        await both_ways(killed, expected, ids, said)


# --- images


async def test_an_image_is_found_after_recovery(tmp_path):
    image = png(2)
    async with tenant(tmp_path / "live", **SLOW) as store:
        sha256, _ = await publish_image(store, "look", image)
        assert await store.image(sha256) == image
        killed = copy(tmp_path / "live", tmp_path / "killed")
    for _ in range(2):
        async with tenant(killed) as store:
            assert await store.image(sha256) == image
            await settle(store)
            assert await store.image(sha256) == image
    assert list((killed / "t" / "spool").iterdir()) == []


async def test_an_image_whose_commit_never_came_is_swept(tmp_path):
    async with tenant(tmp_path / "live", **SLOW) as store:
        kept, _ = await publish_image(store, "kept", png(3))
        await store.spool_image("0" * 64, png(4))
        (tmp_path / "live" / "t" / "spool" / ".half.part").write_bytes(b"half")
        killed = copy(tmp_path / "live", tmp_path / "killed")
    async with tenant(killed, **SLOW) as store:
        assert [file.name for file in (killed / "t" / "spool").iterdir()] == [kept]
        assert await store.image("0" * 64) is None
        assert await store.image(kept) == png(3)


async def test_an_image_lives_as_long_as_something_shows_it(tmp_path):
    image = png(5)
    async with tenant(tmp_path) as store:
        sha256, first = await publish_image(store, "one", image)
        _, second = await publish_image(store, "two", image)
        await settle(store)
        await delete(store, *first)
        await settle(store)
        assert await store.image(sha256) == image
    async with tenant(tmp_path) as store:
        assert await store.image(sha256) == image
        await delete(store, *second)
        await settle(store)
        assert await store.image(sha256) is None


async def test_an_image_that_comes_again_while_its_spool_file_is_dropped(tmp_path, monkeypatch):
    """Published, applied, deleted and published again before the spool was swept: the bytes must not be lost."""
    monkeypatch.setattr(applying, "FLUSH_SECONDS", 3600)
    image = png(6)
    async with tenant(tmp_path, **SLOW) as store:
        sha256, first = await publish_image(store, "one", image)
        await settle(store)
        await delete(store, *first)
        _, second = await publish_image(store, "two", image)
        await store._applier._flush(store.applied_seq)
        await settle(store)
        assert await texts(store) == ["two"]
        assert await store.image(sha256) == image
        assert (await store.get(second[0])).data.image.sha256 == sha256


# --- the tail of the write-ahead log


@pytest.mark.parametrize("harm", ["cut", "flip", "zero", "append"])
async def test_a_torn_log_loses_its_last_commits_at_most(tmp_path, harm):
    async with tenant(tmp_path / "live", **SLOW) as store:
        for number in range(40):
            await publish(store, f"turn {number}", stream="s", digest=b"x")
        killed = copy(tmp_path / "live", tmp_path / "killed")
    log = killed / "t" / "ledger.sqlite3-wal"
    (killed / "t" / "ledger.sqlite3-shm").unlink()
    raw = bytearray(log.read_bytes())
    frame = 4096 + 24
    assert len(raw) > 40 * frame
    if harm == "cut":
        raw = raw[: -frame - 1000]
    elif harm == "flip":
        raw[-frame // 2] ^= 0xFF
    elif harm == "zero":
        raw[-2 * frame :] = bytes(2 * frame)
    else:
        raw += bytes(range(256)) * 20
    log.write_bytes(raw)
    async with tenant(killed) as store:
        found = await texts(store)
        assert found == [f"turn {number}" for number in range(len(found))]
        assert len(found) == 40 if harm == "append" else 38 <= len(found) < 40
        assert (await store.stream_position("s", "publish")).next_offset == len(found)
        await publish(store, "goes on", stream="s", offset=len(found))
        await settle(store)
        assert (await texts(store))[-1] == "goes on"


async def test_a_ledger_that_lost_commits_which_lancedb_has_gives_no_number_twice(tmp_path, never_trimmed):
    """Only a lying disk can do this; new rows must not take the sequence numbers of rows that are there."""
    async with tenant(tmp_path / "live", **SLOW) as store:
        await publish(store, "old 0")
        before = copy(tmp_path / "live", tmp_path / "before")
        for number in range(1, 4):
            await publish(store, f"old {number}")
        await settle(store)
        killed = copy(tmp_path / "live", tmp_path / "killed")
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"):
        shutil.copy(before / "t" / name, killed / "t" / name)
    async with tenant(killed) as store:
        await publish(store, "new 0", "new 1")
        assert sorted(await texts(store)) == ["new 0", "new 1", "old 0", "old 1", "old 2", "old 3"]
        await settle(store)
        assert sorted(await texts(store)) == ["new 0", "new 1", "old 0", "old 1", "old 2", "old 3"]


async def test_history_is_the_same_from_the_tail_and_from_the_tables(tmp_path):
    async with tenant(tmp_path, **SLOW) as store:
        first = await publish(store, "a", "b", "c")
        await annotate(store, first[0], "note")
        await annotate(store, first[1], "goes with it")
        await delete(store, first[1])
        await publish(store, "d")

        async def told(after):
            changes = await store.history(after, store.last_seq, limit=100)
            return (
                [(row.data.content, row.seq) for change in changes for row in change.interactions],
                [change.deleted_ids for change in changes if change.deleted_ids],
                [change.annotation.annotation.comment for change in changes if change.annotation],
            )

        fresh = [await told(after) for after in range(store.last_seq + 1)]
        await settle(store)
        assert [await told(after) for after in range(store.last_seq + 1)] == fresh


async def test_more_tombstones_than_a_page_are_all_told(tmp_path):
    async with tenant(tmp_path) as store:
        ids = await publish(store, *(f"turn {number}" for number in range(650)))
        await asyncio.gather(*(delete(store, one) for one in ids))
        after, told = 0, []
        while after < store.last_seq:
            changes = await store.history(after, store.last_seq, limit=100)
            assert changes, "history stopped early"
            told += [one for change in changes for one in change.deleted_ids]
            after = changes[-1].seq
        assert told == ids


async def test_a_filter_finds_the_same_in_tail_and_table(tmp_path):
    async with tenant(tmp_path, **SLOW) as store:
        for number in range(30):
            await publish(
                store, f"turn {number}", user=f"u{number % 3}", session=f"s{number % 5}", source=f"w{number % 2}"
            )
        filters = [
            InteractionFilter(user_id="u1"),
            InteractionFilter(user_id="u1", session_id="s2"),
            InteractionFilter(source="w1", session_id="s0"),
            InteractionFilter(role="uSeR"),
            InteractionFilter(before_seq=11),
            InteractionFilter(user_id="nobody"),
        ]

        async def found():
            return [[row.seq for row in await store.interactions(where, limit=100)] for where in filters]

        fresh = await found()
        assert [len(one) for one in fresh] == [10, 2, 3, 30, 10, 0]
        await settle(store)
        assert await found() == fresh


async def test_the_spool_is_empty_once_everything_is_applied(tmp_path):
    """Each row lets its file go, also where the same bytes were published several times."""
    async with tenant(tmp_path) as store:
        for number in (1, 1, 2, 1):
            await publish_image(store, "x", png(number))
    assert list((tmp_path / "t" / "spool").iterdir()) == []
