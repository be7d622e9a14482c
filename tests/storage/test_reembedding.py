"""A change of embedder from within: what is written meanwhile, kills at every step, what is left on the disk."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from interplay_server.domain import journal
from interplay_server.domain.embedding import steadily
from interplay_server.domain.learnt import PROFILE, LearntFilter, Origin, Profile
from interplay_server.domain.operation import CANCELLED, RUNNING, Operation
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.reembedding import NOTE_META, REEMBED, Reembedding
from interplay_server.errors import EmbedderUnavailable, StorageFull, StorageIncompatible
from interplay_server.storage.reembedding import Reembedder

from tests.conftest import ROOT
from tests.storage.inside import (
    EVERYTHING,
    FakeEmbedder,
    FakeEmbedders,
    delete,
    publish,
    settle,
    tenant,
    tenants,
    texts,
    write,
)

ROWS = 600
A, B, C = FakeEmbedder("a", 8), FakeEmbedder("b", 16), FakeEmbedder("c", 8)
ALL = FakeEmbedders(A, B, C)
OPERATION = "01M7Z9EG2RJQA3WBPFSDQPT9ET"


def profile(number, content):
    name = f"p{number:04}"
    return Profile(row_id=name, user_id="ann", content=content, origin=Origin(), create_time=1, update_time=1)


async def learn(store, *profiles, removed=()):
    await write(store, journal.Learnt(puts=tuple(profiles), removed=tuple((PROFILE, one) for one in removed)))


async def filled(store):
    for at in range(0, ROWS, 100):
        await publish(store, *(f"row {number}" for number in range(at, at + 100)))
    await learn(store, *(profile(number, f"fact {number}") for number in range(300)))
    await settle(store)


def work(name, told=None, *, stopping=False, operation=OPERATION):
    counts = told if told is not None else []
    return Reembedding(operation, name, lambda done, total: counts.append((done, total)), lambda: stopping)


async def nearest(store: TenantStore, text):
    """The text whose vector is nearest, and the width of all vectors, as a search finds them."""

    async def ask(embedder):
        vector = embedder.embed([text])[0]
        found = await store.candidates(EVERYTHING, text="", vector=vector, eventual=False)
        best = int(np.argmax(found.vectors @ vector))
        return found.rows[best].data.content, found.vectors.shape[1]

    return await steadily(store, ask)


async def nearest_fact(store, text):
    async def ask(embedder):
        vector = embedder.embed([text])[0]
        return await store.learnt.candidates(PROFILE, LearntFilter(), text="", vector=vector, limit=1)

    return [row.content for row in await steadily(store, ask)]


def tables(data):
    return sorted(path.stem for path in (data / "t" / "lance").iterdir())


def in_use(generation):
    return sorted(["annotations", "images", f"interactions_{generation}", f"profiles_{generation}"])


async def test_there_and_back(tmp_path):
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        for generation, made in enumerate((B, C, A), 1):
            told = []
            result = await store.reembed(work(made.name, told, operation=f"op-{generation}"))
            assert result == {"embedder": made.name, "rows": "900"}
            assert (told[0], told[-1]) == ((0, 900), (900, 900))
            assert store.embedder is made
            assert await nearest(store, "row 77") == ("row 77", made.dimension)
            assert await nearest_fact(store, "fact 3") == ["fact 3"]
            assert tables(tmp_path) == in_use(generation), "old vectors are left"
            await publish(store, f"after {made.name}")
            assert (await nearest(store, f"after {made.name}"))[0] == f"after {made.name}"
            await settle(store)
            await delete(store, *[row.interaction_id for row in await store.published_at([store.last_seq])])
            await settle(store)
            assert (await nearest(store, "row 5"))[0] == "row 5"
    async with tenant(tmp_path, embedders=ALL) as store:
        assert store.embedder is A
        assert (await nearest(store, "row 599"))[0] == "row 599"
        assert tables(tmp_path) == in_use(3)


async def test_what_is_written_meanwhile_is_followed(tmp_path, monkeypatch):
    """Publishes, deletions and changed, new and removed learnt rows between any two pages."""
    paged = Reembedder._rows
    monkeypatch.setattr("interplay_server.storage.reembedding.LEAST_PAGE", 16)
    monkeypatch.setattr("interplay_server.storage.reembedding.MOST_PAGE", 128)
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        rows = await store.interactions(EVERYTHING, limit=ROWS)
        ids = {row.data.content: row.interaction_id for row in rows}
        gone, new, changed = set(), [], {}
        turn = 0

        async def page(pair, keys):
            nonlocal turn
            found = await paged(pair, keys)
            if pair.old is store._tables.interactions and not store._tables.write_lock.locked():
                turn += 1
                at = turn * 7 % ROWS
                for name in {f"row {at}", f"row {ROWS - 1 - at}"} - gone:
                    gone.add(name)
                    await delete(store, ids[name])
                new.append(f"new {turn}")
                await publish(store, new[-1])
                changed[turn] = f"changed {turn}"
                await learn(store, profile(turn, changed[turn]), removed=[f"p{200 + turn:04}"])
                await settle(store)
            return found

        monkeypatch.setattr(Reembedder, "_rows", staticmethod(page))
        await store.reembed(work("b"))
        assert turn > 3
        assert set(await texts(store, eventual=True)) == ({f"row {n}" for n in range(ROWS)} - gone) | set(new)
        assert store._tables.interactions.name == "interactions_1"
        assert len(await texts(store, eventual=True)) == ROWS - len(gone) + len(new)
        for text in (*new, "row 1"):
            assert await nearest(store, text) == (text, 16)
        for text in gone:
            assert (await nearest(store, text))[0] != text
        for number, text in changed.items():
            assert await nearest_fact(store, text) == [text]
            assert await nearest_fact(store, f"fact {number}") != [f"fact {number}"]
            assert await nearest_fact(store, f"fact {200 + number}") != [f"fact {200 + number}"]


async def test_searches_and_publishes_go_on_and_are_right(tmp_path):
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        ended = asyncio.Event()
        widths, published = set(), []

        async def search():
            number = 0
            while not ended.is_set():
                number = (number + 37) % ROWS
                text, width = await nearest(store, f"row {number}")
                assert text == f"row {number}"
                assert await nearest_fact(store, f"fact {number % 300}") == [f"fact {number % 300}"]
                widths.add(width)

        async def publishing():
            while not ended.is_set():
                published.append(f"meanwhile {len(published)}")
                await publish(store, published[-1])
                assert (await nearest(store, published[-1]))[0] == published[-1]

        tasks = [asyncio.create_task(job()) for job in (search, search, publishing)]
        for made in (B, A, C, A):
            await store.reembed(work(made.name, operation=f"op-{made.name}"))
        ended.set()
        await asyncio.gather(*tasks)
        assert widths == {8, 16}
        assert set(await texts(store)) == {f"row {number}" for number in range(ROWS)} | set(published)
        assert len(await texts(store)) == ROWS + len(published)


async def begun(store, name="b", *, stopping=False):
    """A task that has copied a page, and has more to do."""
    told = []
    task = asyncio.create_task(store.reembed(work(name, told, stopping=stopping)))
    while not told or not told[-1][0]:  # noqa: ASYNC110 - told without an event
        await asyncio.sleep(0)
    return task, told


async def note(store):
    return await store.learnt.meta(NOTE_META)


async def test_cancelled_it_leaves_nothing(tmp_path):
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        before = tables(tmp_path)
        task, _ = await begun(store)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (store.embedder, tables(tmp_path), await note(store)) == (A, before, None)
        assert (await nearest(store, "row 3")) == ("row 3", 8)
        await store.reembed(work("b", operation="another"))
        assert (await nearest(store, "row 3")) == ("row 3", 16)
        assert tables(tmp_path) == in_use(2), "the name of the cancelled one is not used again"


async def test_a_stop_leaves_the_pages_for_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr("interplay_server.storage.reembedding.MOST_PAGE", 64)
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        await store.save_operation(Operation(OPERATION, REEMBED, RUNNING, 1, 1))
        task, told = await begun(store, stopping=True)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        reached = told[-1][0]
        assert 0 < reached < 900
    async with tenant(tmp_path, embedders=ALL) as store:
        assert store.embedder is A
        told = []
        await store.reembed(work("b", told))
        assert told[0][0] >= reached, "pages were made again"
        assert await nearest(store, "row 3") == ("row 3", 16)


async def test_what_an_ended_operation_left_goes_when_the_tenant_opens(tmp_path):
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        before = tables(tmp_path)
        task, _ = await begun(store, stopping=True)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert tables(tmp_path) != before
        await store.save_operation(Operation(OPERATION, REEMBED, CANCELLED, 1, 1, end_time=1))
    async with tenant(tmp_path, embedders=ALL) as store:
        assert (tables(tmp_path), await note(store)) == (before, None)


async def test_copies_are_forgotten_and_made_anew(tmp_path):
    """As an erasure asks for: what is not in the tables in use is in no file."""
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        task, _ = await begun(store)
        (row,) = await store.published_at([1])
        await delete(store, row.interaction_id)
        await settle(store)
        await store.reembedder.forget_copies()
        assert not (tmp_path / "t" / "lance" / "interactions_1.lance").exists()
        await task
        assert await nearest(store, "row 3") == ("row 3", 16)
        assert len(await texts(store, eventual=True)) == ROWS - 1


async def test_a_fault_leaves_the_old_state(tmp_path, monkeypatch):
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        before = tables(tmp_path)

        def full(_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("interplay_server.storage.disk.flush_filesystem", full)
        with pytest.raises(StorageFull):
            await store.reembed(work("b"))
        monkeypatch.undo()
        assert (store.embedder, tables(tmp_path)) == (A, before)
        assert await nearest(store, "row 3") == ("row 3", 8)


async def test_unknown_embedders(tmp_path):
    async with tenant(tmp_path, embedders=ALL) as store:
        with pytest.raises(EmbedderUnavailable):
            await store.reembed(work("nothing"))
        await filled(store)
        await store.reembed(work("b"))
    async with tenants(tmp_path, embedders=FakeEmbedders(A)) as without:
        with pytest.raises(StorageIncompatible, match=r"vectors are of b/16, this server has a/8"):
            async with without.lease("t", create=False):
                pass


# --- kills

STEPS = ["page 1", "page 3", "index", "exchange", "commit", "drop"]


def killed_at(data, step):
    command = [sys.executable, "-m", "tests.storage.reembedding_killed", str(data), step]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step(tmp_path, step):
    """The old state or the new one, all rows, nothing beside that nobody goes on with; then the work goes on."""
    async with tenant(tmp_path, embedders=ALL) as store:
        await filled(store)
        await store.save_operation(Operation(OPERATION, REEMBED, RUNNING, 1, 1))
    child = await asyncio.to_thread(killed_at, tmp_path, step)
    assert child.returncode == -signal.SIGKILL, child.stderr[-3000:]
    told = json.loads(child.stdout.splitlines()[-1])
    changed = step in {"commit", "drop"}
    async with tenant(tmp_path, embedders=ALL) as store:
        assert store.embedder is (B if changed else A)
        assert await nearest(store, "row 77") == ("row 77", 16 if changed else 8)
        assert await nearest(store, "meanwhile") == ("meanwhile", 16 if changed else 8)
        assert len(await texts(store)) == ROWS
        assert await nearest_fact(store, "fact 7") == ["fact 7"]
        again = []
        result = await store.reembed(work("b", again))
        assert result["rows"] == "900"
        if not changed:
            assert again[0][0] >= told, "it began anew"
        assert await nearest(store, "row 77") == ("row 77", 16)
        assert tables(tmp_path) == in_use(1)
        assert await note(store) is None
    with sqlite3.connect(tmp_path / "t" / "ledger.sqlite3") as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone() == ("b/16",)
    db.close()
