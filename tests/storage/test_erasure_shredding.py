"""Removed rows are in no file of a table, and only fragments that held one are written anew."""

import asyncio

import lancedb
import pyarrow as pa
import pytest
from interplay_server.storage.lance import WORDS
from interplay_server.storage.shredding import dirty_fragments, shred
from lancedb.index import Bitmap, BTree

from tests.support.canaries import remains_in, stale

SCHEMA = pa.schema([("seq", pa.int64()), ("user", pa.string()), ("kind", pa.string()), ("text", pa.string())])
ROWS = 2000


def rows(piece, victim):
    users = [f"user{place % 7}" for place in range(ROWS)]
    texts = [f"line {place} of {piece}" for place in range(ROWS)]
    if victim:
        users[5], texts[5] = "zqvictim", "the xylocanary sings"
    numbers = range(piece * ROWS, (piece + 1) * ROWS)
    return pa.table({"seq": list(numbers), "user": users, "kind": ["a"] * ROWS, "text": texts}, schema=SCHEMA)


async def made(folder, pieces, *, compacted):
    db = await lancedb.connect_async(str(folder))
    stable = {"new_table_enable_stable_row_ids": "true"}
    table = await db.create_table("t", schema=SCHEMA, storage_options=stable)
    for piece, victim in enumerate(pieces):
        await table.add(rows(piece, victim))
    for column, config in {"seq": BTree(), "user": BTree(), "kind": Bitmap(), "text": WORDS}.items():
        await table.create_index(column, config=config)
    if compacted:
        await table.optimize()
    await table.delete("user = 'zqvictim'")
    return table


@pytest.mark.parametrize(("compacted", "rewritten"), [(False, 2), (True, 1)])
def test_what_was_removed_is_gone(tmp_path, compacted, rewritten):
    async def work():
        table = await made(tmp_path, [False, True, False, True], compacted=compacted)
        indexes = [(one.name, one.index_type, one.columns) for one in await table.list_indices()]
        assert await asyncio.to_thread(remains_in, tmp_path, ["zqvictim", "xylocanary"])
        told = []
        assert await shred(table, tmp_path / "t.lance", lambda: told.append(1)) == rewritten
        assert len(told) > rewritten
        assert not dirty_fragments(tmp_path / "t.lance")
        assert [(one.name, one.index_type, one.columns) for one in await table.list_indices()] == indexes
        found = await table.query().nearest_to_text("line", columns=["text"]).limit(5).to_arrow()
        assert found.num_rows == 5
        assert sorted((await table.query().select(["seq"]).to_arrow())["seq"].to_pylist()) == [
            seq for seq in range(4 * ROWS) if seq not in {ROWS + 5, 3 * ROWS + 5}
        ]
        assert await shred(table, tmp_path / "t.lance") == 0, "doing it again changes nothing"

    asyncio.run(work())
    assert not remains_in(tmp_path, ["zqvictim", "xylocanary"])
    assert not asyncio.run(_stale(tmp_path))


async def _stale(folder):
    return await asyncio.to_thread(stale, folder, 0.0)


def test_a_table_that_lost_every_row_and_one_elsewhere_are_shredded_too(tmp_path):
    async def work():
        db = await lancedb.connect_async(str(tmp_path))
        table = await db.create_table("t", schema=SCHEMA)
        await table.create_index("user", config=BTree())
        await table.add(rows(0, victim=True))
        await table.delete("seq >= 0")
        await shred(table, tmp_path / "t.lance")
        await table.add(rows(1, victim=True))
        await table.delete("user = 'zqvictim'")
        # As of a bucket, whose files nobody lists: every row is written anew.
        await shred(table, None)
        assert await table.count_rows() == ROWS - 1

    asyncio.run(work())
    assert not remains_in(tmp_path, ["zqvictim", "xylocanary"])
