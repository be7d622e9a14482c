"""Nothing of what is masked or sealed can be read in the data folder, at any moment; cells open in their place only."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import lancedb
import pytest

from tests.conftest import eventually
from tests.service import content_kit as kit
from tests.service.content_kit import INDEXED, MASK, OFF, SEALED, policy, policy_of, rule
from tests.service.custody_kit import backed_up, restored
from tests.service.kit import PNG, Api, admin_pb, data, learning_pb, pb, refused
from tests.storage.monitor_scan import traces
from tests.support.canaries import erased

PICTURE = PNG + b"imagecanary" * 8
IMAGE_MARKS = ("imagecanaryimagecanary",)


@pytest.fixture
def served(start_server):
    server = start_server("--storage-apply-milliseconds", "200")
    apis = []

    def connect(tenant="acme"):
        apis.append(Api(server.target, tenant=tenant))
        return apis[-1]

    yield server, connect
    for one in apis:
        one.close()


def unlearning(api):
    """Nothing is learnt: learnt rows have texts of their own."""
    config = learning_pb.LearningConfig(disabled=True)
    api.UpdateLearningConfig(learning_pb.UpdateLearningConfigRequest(config=config))


def published(api, wrapped="{}", **fields):
    ids = api.PublishInteractions(kit.told(*kit.telling(wrapped, PICTURE), user="ada", **fields)).interaction_ids
    stream = api.stream(stream_id="s", user_id="ada", session_id="t", source=fields.get("source", ""))
    stream.append(*kit.telling(wrapped, None), offset=0)
    assert stream.take("ack").committed_offset == 1
    stream.close()
    return ids


@pytest.mark.parametrize("encryption", [INDEXED, SEALED], ids=["indexed", "sealed"])
def test_nothing_sealed_can_be_read_in_any_file(served, encryption):
    server, connect = served
    api = connect()
    if encryption == INDEXED:
        unlearning(api)
    policy(api, rule("", OFF, encryption))
    marks = (*kit.MARKS, *IMAGE_MARKS)
    ids = published(api)
    kit.annotated(api, ids[0])
    assert traces(server, marks) == set(), "in the journal and the spool"
    server.restart()
    api = connect()
    assert traces(server, marks) == set(), "after a kill"
    assert kit.shown(api, ids[2]).data.image == PICTURE
    assert kit.shown(api, ids[0]).annotations[0].comment == kit.MARKS[10]
    api.applied()
    api.optimized()
    assert traces(server, marks) == set(), "in the tables"
    backed_up(api, "b-1")
    assert traces(server, marks) == set(), "in a backup"
    assert kit.MARKS[0] in kit.shown(api, ids[0]).data.content
    log = server.log.read_text()
    assert not [mark for mark in marks if mark in log]


def test_nothing_masked_can_be_read_in_any_file(served):
    server, connect = served
    api = connect()
    policy(api, rule("", MASK))
    ids = api.PublishInteractions(kit.told(*kit.telling("{}@example.com"), user="ada")).interaction_ids
    marks = [mark for mark in kit.MARKS if mark not in {"headercanary", "urlcanary"}]
    assert traces(server, marks) == set()
    server.restart()
    api = connect()
    api.applied()
    assert traces(server, marks) == set()
    assert kit.shown(api, ids[0]).data.speaker == "{email}"


def test_what_is_acked_is_there_after_a_kill_and_once(served):
    server, connect = served
    api = connect()
    policy(api, rule("", OFF, SEALED), rule("seen", OFF, INDEXED))
    stream = api.stream(stream_id="s", user_id="ada", session_id="s", source="seen")
    for place in range(300):
        stream.append(f"turn {place}", offset=place)
    eventually(lambda: stream.take("ack").committed_offset >= 150)
    server.kill()
    stream.close()
    server.start()
    api = connect()
    assert policy_of(api).revision == 1
    stream = api.stream(stream_id="s", user_id="ada", session_id="s", source="seen")
    stored = stream.opened.next_offset
    assert stored >= 150
    for place in range(stored - 10, 300):
        stream.append(f"turn {place}", offset=place)
    assert stream.finish().committed_offset == 300
    assert api.contents(user_id="ada") == [f"turn {place}" for place in range(300)]
    assert api.found("turn 17", user_id="ada", mode=pb.SEARCH_MODE_TEXT)[0] == "turn 17"


def test_without_its_key_file_nothing_is_read_or_taken(served):
    server, connect = served
    api = connect()
    policy(api, rule("secret", OFF, SEALED), rule("seen", OFF, INDEXED))
    api.publish("a secret", user="ada", source="secret")
    api.publish("a zebra", user="bob", source="seen")
    api.publish("plain", user="eve")
    api.applied()
    key = server.data / "monitor.key"
    right = key.read_bytes()

    def problems():
        asked = (
            lambda: api.publish("another secret", user="ada", source="secret"),
            lambda: api.publish("of somebody new", user="new", source="seen"),
            lambda: api.contents(user_id="ada"),
            lambda: api.found("zebra", user_id="bob"),
            lambda: policy(api, rule("", OFF, SEALED)),
        )
        found = [refused(one) for one in asked]
        assert {one.reason for one in found} == {"KEY_UNAVAILABLE"}
        assert not any("secret" in one.message or "zebra" in one.message for one in found)
        return {one.metadata["problem"] for one in found}

    key.unlink()
    assert problems() == {"missing"}
    assert api.contents(user_id="eve") == ["plain"]
    api.publish("more that is plain", user="eve")
    key.write_bytes(b"not a key")
    assert problems() == {"wrong"}
    server.restart()
    api = connect()
    assert api.contents(user_id="eve") == ["plain", "more that is plain"]
    key.write_bytes(b"0" * 64)
    found = refused(api.contents, user_id="ada")
    assert (found.reason, found.metadata["problem"]) == ("KEY_UNAVAILABLE", "wrong")
    assert key.read_bytes() == b"0" * 64, "no key is made in the place of another"
    key.write_bytes(right)
    assert api.contents(user_id="ada") == ["a secret"]
    assert api.found("zebra", user_id="bob") == ["a zebra"]


def test_a_tenant_whose_journal_is_sealed_waits_for_its_key(served):
    server, connect = served
    api = connect()
    policy(api, rule("", OFF, SEALED))
    api.applied()
    stream = api.stream(stream_id="s", user_id="ada", session_id="s")
    stream.append("sealed in the journal", offset=0)
    stream.take("ack")
    server.kill()
    stream.close()
    key = server.data / "monitor.key"
    kept = key.read_bytes()
    with closing(sqlite3.connect(server.data / "acme" / "ledger.sqlite3")) as db:
        newest = db.execute("SELECT max(seq) FROM journal").fetchone()[0]
    assert newest
    key.unlink()
    server.start()
    api = connect()
    assert refused(api.contents).reason == "KEY_UNAVAILABLE"
    key.write_bytes(kept)
    assert "sealed in the journal" in api.contents()


def changed(folder, change):
    """Rewrites the details of all interactions by `change(rows)`, rows being dicts of id and details."""

    async def go():
        table = await (await lancedb.connect_async(str(folder / "lance"))).open_table("interactions")
        rows = (await table.query().select(["interaction_id", "details"]).to_arrow()).to_pylist()
        for row_id, details in change({row["interaction_id"]: row["details"] for row in rows}).items():
            await table.update({"details": details}, where=f"interaction_id = '{row_id}'")

    asyncio.run(go())


def test_cells_that_were_swapped_or_changed_are_refused(served):
    server, connect = served
    api, other = connect(), connect("other")
    for one in (api, other):
        policy(one, rule("", OFF, SEALED))
    first, second = api.publish("the first", "the second", user="ada")
    (third,) = api.publish("of bob", user="bob")
    (fourth,) = other.publish("next door", user="ada")
    api.applied()
    other.applied()
    server.terminate()
    folder = server.data / "acme"
    kept = {}

    def swap(rows):
        kept.update(rows)
        cell = rows[third]
        flipped = cell[:-8] + ("A" if cell[-8] != "A" else "B") + cell[-7:]
        return {first: rows[second], second: rows[first], third: flipped}

    changed(folder, swap)
    server.start()
    api = connect()
    for one in (first, second, third):
        found = refused(kit.shown, api, one)
        assert (found.reason, found.metadata["problem"]) == ("KEY_UNAVAILABLE", "wrong")
    server.terminate()
    changed(folder, lambda rows: {one: kept[one] for one in (first, second)})
    changed(server.data / "other", lambda rows: {fourth: kept[first]})
    server.start()
    api, other = connect(), connect("other")
    assert kit.shown(api, first).data.content == "the first"
    assert refused(kit.shown, other, fourth).reason == "KEY_UNAVAILABLE"


def test_a_destroyed_key_leaves_rows_without_texts(served):
    """What an erasure begins with; here the row of the vault is destroyed as it does that."""
    server, connect = served
    api = connect()
    policy(api, rule("", OFF, SEALED))
    (mine,) = api.publish(data("gone for ever", image=PNG), user="ada")
    (bobs,) = api.publish("still there", user="bob")
    api.applied()
    server.terminate()
    with closing(sqlite3.connect(server.data / "acme" / "vault.sqlite3")) as db:
        gone = "UPDATE content_keys SET person = x'', wrapped = x'', destroy_time = 1 WHERE create_time = "
        db.execute(gone + "(SELECT min(create_time) FROM content_keys)")
        db.commit()
    server.start()
    api = connect()
    assert kit.shown(api, mine).data.content == ""
    assert kit.shown(api, bobs).data.content == "still there"
    assert api.contents(user_id="ada") == [""]
    api.publish("with a new key", user="ada")
    assert api.contents(user_id="ada") == ["", "with a new key"]


def test_a_backup_is_read_under_another_name(served):
    _, connect = served
    api = connect()
    policy(api, rule("", OFF, INDEXED))
    api.publish("the zebra", data("look", image=PNG), user="ada")
    backed_up(api, "b-1")
    restored(api, "acme", "b-1", "acme-yesterday")
    other = connect("acme-yesterday")
    assert other.contents(user_id="ada") == ["the zebra", "look"]
    assert other.found("zebra", mode=pb.SEARCH_MODE_TEXT)[0] == "the zebra"
    assert policy_of(other).rules[0].encryption == INDEXED
    other.publish("more", user="ada")
    other.applied()
    assert other.contents(user_id="ada") == ["the zebra", "look", "more"]


def test_a_vault_of_before_is_brought_up_to_date(served):
    server, connect = served
    api = connect()
    policy(api, rule("", OFF, SEALED))
    api.publish("x", user="ada")
    server.terminate()
    vault = server.data / "acme" / "vault.sqlite3"
    with closing(sqlite3.connect(vault)) as db:
        db.executescript("DROP TABLE content_keys; PRAGMA user_version = 1;")
    shutil.rmtree(server.data / "acme" / "lance")
    with closing(sqlite3.connect(server.data / "acme" / "ledger.sqlite3")) as db:
        db.execute("DELETE FROM journal")
        db.commit()
    server.start()
    api = connect()
    api.publish("taken", user="ada")
    assert api.contents(user_id="ada") == ["taken"]


def test_a_replica_unseals_with_the_key_of_the_server_that_it_follows(served, start_server):
    server, connect = served
    api = connect()
    policy(api, rule("", OFF, INDEXED), rule("hidden", OFF, SEALED))
    api.publish("the zebra", data("look", image=PNG), user="ada")
    api.applied()
    replica = start_server("--replica-of", str(server.data), "--replica-refresh-seconds", "0.2")
    copy = Api(replica.target, tenant="acme")
    api.publish("still in the journal", user="ada", source="hidden")
    wanted = ["the zebra", "look", "still in the journal"]
    eventually(lambda: copy.contents(user_id="ada") == wanted)
    assert copy.found("zebra", mode=pb.SEARCH_MODE_TEXT)[0] == "the zebra"
    assert policy_of(copy) == policy_of(api)
    (server.data / "monitor.key").rename(server.data / "kept.key")
    assert refused(copy.contents, user_id="ada").reason == "KEY_UNAVAILABLE"
    (server.data / "kept.key").rename(server.data / "monitor.key")
    assert copy.contents(user_id="ada") == wanted
    copy.close()


def test_erasing_a_person_destroys_their_key(served):
    server, connect = served
    api = connect()
    policy(api, rule("", OFF, SEALED))
    published(api)
    (bobs,) = api.publish("still there", user="bob")
    api.applied()
    erased(api, "ada")

    def keys():
        with closing(sqlite3.connect(f"file:{server.data / 'acme' / 'vault.sqlite3'}?mode=ro", uri=True)) as db:
            rows = "SELECT length(wrapped) > 0, length(person) > 0, destroy_time IS NULL FROM content_keys"
            return sorted(db.execute(rows).fetchall())

    # Of ada, bob, and nobody in the tables.
    assert keys() == [(0, 0, 0), (1, 1, 1), (1, 1, 1)]
    assert api.contents(user_id="ada") == []
    assert kit.shown(api, bobs).data.content == "still there"
    assert refused(api.publish, "again", user="ada").reason == "USER_ERASED"
    api.ReadmitUser(admin_pb.ReadmitUserRequest(user_id="ada"))
    api.publish("with consent", user="ada")
    assert api.contents(user_id="ada") == ["with consent"]
