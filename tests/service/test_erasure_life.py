"""Erasures that are killed and go on, and people who stay erased when a backup of before is restored."""

import sqlite3
import time
from contextlib import closing

import pytest

from tests.conftest import ServerProcess, eventually
from tests.service.custody_kit import backed_up, restored
from tests.service.dialogue_kit import DialogueApi, config, limits, pb, people
from tests.service.evaluation_kit import EvaluationApi
from tests.service.kit import admin_pb, batch, refused
from tests.service.learning_kit import LearningApi
from tests.support.canaries import IMAGE, WORD, ended, erased, plant, remains

CANARIES = [WORD, IMAGE[-17:].decode()]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = ServerProcess(tmp_path_factory.mktemp("erasures") / "data").start()
    yield made
    if made.process is not None:
        made.kill()
    assert "Traceback" not in made.log.read_text(), made.log.read_text()[-4000:]


def of(server, tenant, kind=LearningApi):
    return closing(kind(server.target, tenant=tenant, timeout=120))


def receipts(server, tenant, **fields):
    with of(server, tenant) as api:
        return list(api.ListErasures(admin_pb.ListErasuresRequest(**fields)).erasures)


@pytest.mark.parametrize("after", [0.0, 0.3, 0.8])
def test_an_erasure_that_is_killed_goes_on_by_itself(server, after):
    person, tenant = f"zq-killed-{after}", f"killed-{int(after * 100)}"
    with of(server, tenant, EvaluationApi) as api:
        api.publish("somebody else", user="bob")
        plant(api, person)
        expected = {"interactions": 5, "events": 3, "orders": 1}
        api.EraseUser(admin_pb.EraseUserRequest(user_id=person))
    time.sleep(after)  # a moment within the work, not a wait for anything
    server.restart()
    # Nobody asks for the tenant: the server takes the erasure up by itself.
    eventually(lambda: _ended(server.data / tenant / "ledger.sqlite3"), 120)
    assert not remains(server, [person])
    with of(server, tenant) as api:
        [receipt] = api.ListErasures(admin_pb.ListErasuresRequest()).erasures
        assert {name: receipt.counts[name] for name in expected} == expected
        assert refused(api.PublishInteractions, batch("late", user=person)).reason == "USER_ERASED"
        assert api.contents() == ["somebody else", "in the tables"]


def _ended(ledger):
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        return db.execute("SELECT 1 FROM erasures WHERE end_time IS NOT NULL AND user_ids IS NULL").fetchone()


def test_whoever_was_erased_stays_erased_when_a_backup_of_before_is_restored(server):
    with of(server, "source") as api:
        api.publish(f"I own a {WORD}.", user="zq-ada")
        api.say(f"I prefer {WORD} tea.", user="zq-bob")
        api.publish("I like tea.", user="cid")
        erased(api, "zq-eve", allow_missing=True)
        backed_up(api, "before")
        for one in ("zq-ada", "zq-bob", "zq-dan"):
            erased(api, one, allow_missing=True)
        api.ReadmitUser(admin_pb.ReadmitUserRequest(user_id="zq-bob"))
    for target, fields in (("source", {"replace": True}), ("copy", {})):
        restored(api_of(server), "source", "before", target, **fields)
        with of(server, target) as api:
            # The first answer of all knows nothing of whom was erased, and everything of whom was admitted again.
            assert sorted(api.contents()) == sorted([f"I prefer {WORD} tea.", "I like tea."])
            for one in ("zq-ada", "zq-dan", "zq-eve"):
                assert refused(api.PublishInteractions, batch("late", user=one)).reason == "USER_ERASED"
            api.publish("still here", user="zq-bob")
            assert all(one.HasField("end_time") for one in receipts(server, target))
        assert not [one for one in remains(server, ["zq-ada"]) if one[0].startswith(target)]


@pytest.mark.parametrize("damage", ["no database", "a schema that is no text", "a name that is another"])
def test_a_restore_over_a_damaged_ledger_knows_who_was_erased(start_server, damage):
    server, tenant = start_server(), "damaged"
    with of(server, tenant) as api:
        api.publish("I own a kettle.", user="zq-ada")
        api.publish("I like tea.", user="cid")
        backed_up(api, "before")
        erased(api, "zq-ada")
    server.kill()
    ledger = server.data / tenant / "ledger.sqlite3"
    for one in ("-wal", "-shm"):
        ledger.with_name(ledger.name + one).unlink(missing_ok=True)
    whole = ledger.read_bytes()
    assert b"tombstones" in whole
    ledger.write_bytes(
        {
            "no database": b"x" * len(whole),
            "a schema that is no text": whole.replace(b"WITHOUT ROWID", b"WITHOUT RO\xa8ID"),
            "a name that is another": whole.replace(b"receipt", b"receipu"),
        }[damage]
    )
    server.start()
    with of(server, tenant) as api:
        told = refused(api.publish, "hello", user="cid")
        assert (told.code, told.reason) == ("FAILED_PRECONDITION", "STORAGE_INCOMPATIBLE")
        restored(api, tenant, "before", tenant, replace=True)
        assert api.contents() == ["I like tea."]
        assert refused(api.PublishInteractions, batch("late", user="zq-ada")).reason == "USER_ERASED"
    assert not [one for one in remains(server, ["zq-ada"]) if one[0].startswith(tenant)]


def api_of(server):
    return LearningApi(server.target, timeout=120)


def test_dialogues_exports_and_operations_that_name_somebody_go(server):
    with of(server, "spoken", DialogueApi) as api:
        made = api.generate(personas=people(WORD, 2), config=config(limits=limits(1, 2)))
        mine, other = {one.persona.persona_id: one for one in made.dialogues}.values()
        person = mine.persona.persona_id
        api.published(filter=pb.DialogueFilter(persona_id=person))
        list(api.ExportDialogues(pb.ExportDialoguesRequest()))
        folder = server.data / ".dialogue-exports" / "spoken"
        assert list(folder.iterdir())
        operation, receipt = erased(api, person)
        assert operation.state == 3, operation
        assert receipt.counts["dialogues"] == 1
        assert receipt.counts["interactions"] > 0
        assert not folder.exists() or not list(folder.iterdir())
        assert [one.dialogue_id for one in api.dialogues()] == [other.dialogue_id]
        assert not remains(server, [person])
        assert ended(api, operation.operation_id).kind == "erase_user"
