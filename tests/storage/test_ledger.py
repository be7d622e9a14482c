"""The ledger: what a commit promises, what it remembers, what it forgets."""

import asyncio
import sqlite3

import pytest
from interplay_server.domain import journal
from interplay_server.domain.ports import StreamKey, Write
from interplay_server.domain.query import InteractionFilter
from interplay_server.errors import (
    AppendConflict,
    OffsetOutOfRange,
    RequestIdReused,
    StorageFull,
    StorageIncompatible,
)
from interplay_server.storage import migrations
from interplay_server.storage.ledger import REMEMBERED_APPENDS, Ledger, connect

from tests.storage.inside import SLOW, FakeEmbedder, publish, published, settle, submit, tenant, tenants, texts, write


def append(text, offset=None, stream="s", digest=None):
    entry = published(text)
    key = StreamKey(stream, "publish", offset)
    return Write(entry, journal.encode(entry), lambda _: None, key, digest=digest or text.encode())


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path / "ledger.sqlite3", "t")
    yield opened
    opened.close()


# --- one commit


def test_every_commit_is_flushed(ledger):
    assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert ledger._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert ledger._db.execute("PRAGMA secure_delete").fetchone()[0] == 1


def test_a_group_is_one_transaction(ledger):
    outcomes = ledger.commit([append(f"turn {number}") for number in range(50)])
    assert [outcome.offset for outcome in outcomes] == list(range(50))
    assert [outcome.first_seq for outcome in outcomes] == list(range(1, 51))
    assert len({outcome.publish_time for outcome in outcomes}) == 1


def test_a_refused_write_takes_neither_offset_nor_sequence(ledger):
    outcomes = ledger.commit([append("a", 0), append("c", 2), append("b", 1), append("x", 0)])
    assert outcomes[0].first_seq == 1
    assert isinstance(outcomes[1], OffsetOutOfRange)
    assert (outcomes[2].offset, outcomes[2].first_seq) == (1, 2)
    assert isinstance(outcomes[3], AppendConflict)
    assert ledger.stream_position("s", "publish").next_offset == 2
    assert [row.append for row in ledger.journal()] == ["s/0", "s/1"]


def test_a_failed_commit_leaves_nothing_behind(ledger):
    ledger.commit([append("a")])
    ledger._db.execute("CREATE TRIGGER full BEFORE INSERT ON streams BEGIN SELECT RAISE(ABORT, 'disk'); END")
    with pytest.raises(sqlite3.Error):
        ledger.commit([append("b"), append("c")])
    ledger._db.execute("DROP TRIGGER full")
    assert len(ledger.journal()) == 1
    (outcome,) = ledger.commit([append("b", 1)])
    assert (outcome.offset, outcome.first_seq) == (1, 2)


def test_digests_are_remembered_for_the_last_4096_appends_only(ledger):
    total = REMEMBERED_APPENDS + 100
    for at in range(0, total, 250):
        ledger.commit([append(f"turn {number}") for number in range(at, min(at + 250, total))])
    while ledger.trim(ledger.last_seq, 500):
        pass
    assert ledger.journal() == []
    (old,) = ledger.commit([append("something else", 10)])
    assert old.duplicate
    assert old.count == 0
    (recent,) = ledger.commit([append("something else", 200)])
    assert isinstance(recent, AppendConflict)
    (same,) = ledger.commit([append("turn 200", 200)])
    assert same.duplicate
    assert same.first_seq == 201
    assert ledger.last_seq == total


def test_trim_never_cuts_an_entry_in_two(ledger):
    entry = published(*"abcde")
    ledger.commit([Write(entry, journal.encode(entry), lambda _: None)])
    assert ledger.trim(3, 500) is False
    assert len(ledger.journal()) == 1
    ledger.trim(5, 500)
    assert ledger.journal() == []


def test_sequence_numbers_go_on_after_everything_was_trimmed(tmp_path):
    ledger = Ledger(tmp_path / "l", "t")
    ledger.commit([append("a"), append("b")])
    ledger.trim(2, 500)
    ledger.close()
    again = Ledger(tmp_path / "l", "t")
    (outcome,) = again.commit([append("c", 2)])
    assert outcome.first_seq == 3
    again.close()


def test_request_ids_and_streams_are_forgotten_in_time(ledger):
    entry = published("x")
    (first,) = ledger.commit([Write(entry, journal.encode(entry), lambda _: None, request_id="r", digest=b"1")])
    ledger.commit([append("a")])
    day = 86_400_000_000
    ledger.forget(first.publish_time + 6 * day)
    (again,) = ledger.commit([Write(entry, journal.encode(entry), lambda _: None, request_id="r", digest=b"1")])
    assert again.duplicate
    assert again.first_seq == first.first_seq
    (other,) = ledger.commit([Write(entry, journal.encode(entry), lambda _: None, request_id="r", digest=b"2")])
    assert isinstance(other, RequestIdReused)
    ledger.forget(first.publish_time + 8 * day)
    (fresh,) = ledger.commit([Write(entry, journal.encode(entry), lambda _: None, request_id="r", digest=b"2")])
    assert not fresh.duplicate
    assert ledger.stream_position("s", "publish").next_offset == 1
    ledger.forget(first.publish_time + 31 * day)
    assert ledger.stream_position("s", "publish").next_offset == 0


# --- group commit


async def test_writes_that_wait_together_are_committed_together(tmp_path, monkeypatch):
    sizes = []
    commit = Ledger.commit
    monkeypatch.setattr(Ledger, "commit", lambda self, writes: (sizes.append(len(writes)), commit(self, writes))[1])
    async with tenant(tmp_path) as store:
        outcomes = await asyncio.gather(*(submit(store, published(f"turn {number}")) for number in range(2000)))
        assert [outcome.first_seq for outcome in outcomes] == list(range(1, 2001))
        assert sum(sizes) == 2000
        assert len(sizes) < 100
        assert await texts(store) == [f"turn {number}" for number in range(2000)]


async def test_outcomes_are_told_in_order_and_after_reads_can_see_them(tmp_path):
    async with tenant(tmp_path, **SLOW) as store:
        told = []

        def tell(number, outcome):
            told.append(number)
            assert store.last_seq >= outcome.first_seq

        for number in range(100):
            entry = published(f"turn {number}")
            store.submit(Write(entry, journal.encode(entry), lambda outcome, number=number: tell(number, outcome)))
        await submit(store, None)
        assert told == list(range(100))


async def test_a_barrier_is_told_after_what_was_before_it(tmp_path):
    async with tenant(tmp_path) as store:
        for number in range(20):
            submit(store, published(str(number)))
        barrier = await submit(store, None)
        assert barrier.first_seq == 21
        assert store.last_seq == 20


async def test_a_fault_of_the_disk_is_every_waiting_writers_outcome_and_passes(tmp_path, monkeypatch):
    async with tenant(tmp_path) as store:
        await publish(store, "before")
        commit = Ledger.commit

        def full(self, writes):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

        monkeypatch.setattr(Ledger, "commit", full)
        outcomes = await asyncio.gather(*(submit(store, published(f"lost {number}")) for number in range(5)))
        assert all(isinstance(outcome, StorageFull) for outcome in outcomes)
        assert await texts(store) == ["before"]
        monkeypatch.setattr(Ledger, "commit", commit)
        await publish(store, "after")
        assert await texts(store) == ["before", "after"]


# --- migrations


def old_ledger(path, version, *, rows=3):
    """A ledger as the scripts up to `version` made it, with data of every kind that existed then."""
    db = connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    for step in range(1, version + 1):
        db.executescript(migrations._STEPS[step])
    db.execute(f"PRAGMA application_id = {migrations.APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {version}")
    meta = {"salt": "7", "secret": "ab" * 32, "epoch": "cd" * 8, "trimmed_seq": "10"}
    db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    for seq in range(11, 11 + rows):
        payload = journal.encode(published(f"row {seq}"))
        db.execute("INSERT INTO journal VALUES (?, 1, ?, ?, ?)", (seq, 1_000_000 + seq, f"old/{seq - 11}", payload))
        db.execute(
            "INSERT INTO appends VALUES ('publish', 'old', ?, ?, ?, 1, ?, NULL)",
            (seq - 11, f"row {seq}".encode(), seq, 1_000_000 + seq),
        )
    db.execute("INSERT INTO streams VALUES ('publish', 'old', ?, ?, 1000)", (rows, rows))
    db.execute("INSERT INTO requests VALUES ('r', ?, 11, 1, 1000011, NULL)", (b"digest",))
    db.close()


@pytest.mark.parametrize("version", range(1, migrations.LEDGER_VERSION + 1))
async def test_a_folder_of_an_older_version_is_all_there(tmp_path, version):
    (tmp_path / "t").mkdir()
    old_ledger(tmp_path / "t" / "ledger.sqlite3", version)
    async with tenant(tmp_path) as store:
        assert await texts(store) == ["row 11", "row 12", "row 13"]
        assert (await store.stream_position("old", "publish")).next_offset == 3
        duplicate = await submit(store, published("row 12"), stream="old", offset=1, digest=b"row 12")
        assert duplicate.duplicate
        again = await submit(store, published("row 11"), request_id="r", digest=b"digest")
        assert (again.duplicate, again.first_seq) == (True, 11)
        fresh = await submit(store, published("row 14"), stream="old", offset=3, digest=b"x")
        assert fresh.first_seq == 14
        (row,) = await store.interactions(InteractionFilter(request_id="old/1"), limit=5)
        await write(store, journal.Deleted((row.interaction_id,)))
        history = await store.history(0, store.last_seq, limit=100)
        assert [change.deleted_ids for change in history if change.deleted_ids] == [(row.interaction_id,)]
        await settle(store)
    db = sqlite3.connect(tmp_path / "t" / "ledger.sqlite3")
    assert db.execute("PRAGMA user_version").fetchone()[0] == migrations.LEDGER_VERSION
    db.close()


@pytest.mark.parametrize("step", range(1, migrations.LEDGER_VERSION))
def test_each_step_alone_gives_what_a_new_ledger_has(tmp_path, step):
    old_ledger(tmp_path / "old", step)
    Ledger(tmp_path / "old", "t").close()
    Ledger(tmp_path / "new", "t").close()

    def shape(name):
        db = sqlite3.connect(tmp_path / name)
        found = db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        version = db.execute("PRAGMA user_version").fetchone()
        db.close()
        return [(kind, label, " ".join((sql or "").split())) for kind, label, sql in found], version

    assert shape("old") == shape("new")


def test_a_step_that_fails_leaves_the_older_version(tmp_path, monkeypatch):
    old_ledger(tmp_path / "l", 1)
    broken = dict(migrations._STEPS) | {2: "CREATE TABLE deletions (seq INTEGER); CREATE TABLE broken ("}
    monkeypatch.setattr(migrations, "_STEPS", broken)
    with pytest.raises(sqlite3.Error):
        Ledger(tmp_path / "l", "t")
    monkeypatch.undo()
    ledger = Ledger(tmp_path / "l", "t")
    assert len(ledger.journal()) == 3
    ledger.close()


# --- what is refused


async def refused(tmp_path, **options):
    """The refusal of a tenant, which must leave the ledger's bytes alone."""
    path = tmp_path / "t" / "ledger.sqlite3"
    before = path.read_bytes()
    async with tenants(tmp_path, **options) as all_of_them:
        for _ in range(2):
            with pytest.raises(StorageIncompatible) as caught:
                async with all_of_them.lease("t", create=True):
                    pass
        assert all_of_them.open_names() == []
    assert path.read_bytes() == before, "a file that is not ours was written to"
    return str(caught.value)


async def test_a_newer_version_is_refused(tmp_path):
    (tmp_path / "t").mkdir()
    old_ledger(tmp_path / "t" / "ledger.sqlite3", migrations.LEDGER_VERSION)
    db = sqlite3.connect(tmp_path / "t" / "ledger.sqlite3")
    db.execute(f"PRAGMA user_version = {migrations.LEDGER_VERSION + 1}")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    assert f"version {migrations.LEDGER_VERSION + 1}" in await refused(tmp_path)


async def test_a_foreign_database_is_refused_and_left_alone(tmp_path):
    (tmp_path / "t").mkdir()
    db = sqlite3.connect(tmp_path / "t" / "ledger.sqlite3")
    db.execute("CREATE TABLE photos (id)")
    db.commit()
    db.close()
    assert "not a ledger" in await refused(tmp_path)


@pytest.mark.parametrize("content", [b"not a database at all, just text " * 100, b"\x89PNG\r\n" + b"\0" * 5000])
async def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "ledger.sqlite3").write_bytes(content)
    assert "damaged" in await refused(tmp_path)


async def test_a_damaged_ledger_is_refused_with_a_clear_error(tmp_path):
    (tmp_path / "t").mkdir()
    path = tmp_path / "t" / "ledger.sqlite3"
    old_ledger(path, migrations.LEDGER_VERSION, rows=500)
    raw = bytearray(path.read_bytes())
    for page in range(2, len(raw) // 4096, 2):
        raw[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    path.write_bytes(raw)
    assert "damaged" in await refused(tmp_path)


async def test_an_entry_that_cannot_be_read_is_refused_rather_than_skipped(tmp_path):
    (tmp_path / "t").mkdir()
    path = tmp_path / "t" / "ledger.sqlite3"
    old_ledger(path, migrations.LEDGER_VERSION)
    db = connect(path)
    db.execute("UPDATE journal SET payload = x'c1c1' WHERE seq = 12")
    db.execute("INSERT INTO meta VALUES ('embedder', 'fake/8')")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    assert "cannot be read" in await refused(tmp_path)


async def test_another_embedder_is_refused(tmp_path):
    async with tenant(tmp_path) as store:
        await publish(store, "x")
    assert "fake/8" in await refused(tmp_path, embedder=FakeEmbedder("other"))
    assert "fake/16" in await refused(tmp_path, embedder=FakeEmbedder(dimension=16))
    async with tenant(tmp_path) as store:
        assert await texts(store) == ["x"]
