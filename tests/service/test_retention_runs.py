"""Runs of retention that are killed, cancelled or left to themselves, while publishing goes on."""

import sqlite3
import threading
from contextlib import closing

import msgspec
import pytest
from interplay_server.domain.retention import META_KEY, load, save
from interplay_server.storage.scanning import peeking

from tests.conftest import ServerProcess, eventually
from tests.service import kit
from tests.service.kit import batch, data, fresh, operation_pb
from tests.service.learning_kit import CANCELLED
from tests.service.retention_kit import RetentionApi, ago
from tests.storage.monitor_scan import traces

MANY, AT_ONCE = 6000, 500
CANARY = "zebrafinch"


def published(api, count=MANY, **fields):
    """Interactions of long ago that nobody learns from."""
    for at in range(0, count, AT_ONCE):
        rows = [ago(100 + n / 1000, f"{n} long ago") for n in range(at, min(at + AT_ONCE, count))]
        api.PublishInteractions(batch(*rows, evaluation_only=True, **fields))
    api.applied()


def removing(api, operation_id):
    """Returns once some are gone and others are not, which is why there are so many."""
    for step in api.WatchOperation(operation_pb.WatchOperationRequest(operation_id=operation_id)):
        if 0 < step.operation.done_count < step.operation.total_count:
            return
        assert not step.operation.HasField("end_time"), "it was too quick"


def everybody(user):
    """Counts what is there of somebody."""
    return kit.pb.DeleteInteractionsRequest(user_id=user, validate_only=True)


def ledger(server, tenant):
    return server.data / tenant / "ledger.sqlite3"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = ServerProcess(tmp_path_factory.mktemp("retention") / "data").start()
    yield running
    running.stop()


def client(server, tenant):
    return RetentionApi(server.target, tenant=tenant, timeout=60)


def test_a_kill_is_followed_by_more_of_the_same_and_nothing_is_in_any_file(server):
    with closing(client(server, "killed")) as api:
        api.say(ago(60, f"I am allergic to {CANARY}s."), ago(60, "thanks"), user="ada", session_finished=True)
        [old] = api.publish(ago(70, f"a {CANARY} sings"), user="bob")
        api.annotate(old, comment=f"about a {CANARY}")
        published(api)
        api.publish(ago(1, "of yesterday"), user="eve")
        api.policy("interactions=30d")
        operation_id = api.started()
        removing(api, operation_id)
        server.kill()
    server.start()
    with closing(client(server, "killed")) as api:
        found = api.over(operation_id)
        assert dict(found.result) == {"interactions": str(MANY + 3)}
        assert sorted(api.contents()) == ["in the tables", "of yesterday"]
        assert not api.facts("ada")
        [receipt] = api.retention_receipts()
        assert dict(receipt.counts) == {"interactions": MANY + 3}
        assert receipt.operation_id == operation_id
        assert not {one for one in traces(server, [CANARY]) if "monitor" not in one[0]}


def test_a_run_whose_policy_was_replaced_before_it_could_go_on_removes_no_more(server):
    with closing(client(server, "replaced")) as api:
        published(api)
        api.policy("interactions=30d")
        operation_id = api.started()
        removing(api, operation_id)
        server.kill()
    with closing(sqlite3.connect(ledger(server, "replaced"))) as db:
        [text] = db.execute("SELECT value FROM meta WHERE key = ?", (META_KEY,)).fetchone()
        kinder = save(msgspec.structs.replace(load(text), rules=(), revision=2))
        db.execute("UPDATE meta SET value = ? WHERE key = ?", (kinder, META_KEY))
        db.commit()
    server.start()
    with closing(client(server, "replaced")) as api:
        gone = int(api.over(operation_id).result["interactions"])
        assert 0 < gone < MANY
        assert api.DeleteInteractions(everybody("u")).deleted_count == MANY - gone
        assert [dict(one.counts) for one in api.retention_receipts()] == [{"interactions": gone}]


def test_a_cancelled_run_leaves_a_receipt_of_what_went_and_the_rest_to_the_next(server):
    with closing(client(server, "cancelled")) as api:
        published(api)
        api.policy("interactions=30d")
        operation_id = api.started()
        removing(api, operation_id)
        api.CancelOperation(operation_pb.CancelOperationRequest(operation_id=operation_id))
        assert api.over(operation_id).state == CANCELLED
        [receipt] = api.retention_receipts()
        gone = receipt.counts["interactions"]
        assert 0 < gone < MANY
        assert api.applied_policy() == {"interactions": MANY - gone}
        assert api.contents() == ["in the tables"]


def test_publishing_goes_on_and_what_is_published_stays(server):
    with closing(client(server, "busy")) as api:
        published(api, 4000)
        api.policy("interactions=30d", "profiles=1000d")
        ended = threading.Event()
        sent = []

        def publish():
            while not ended.is_set() or len(sent) < 20:
                api.publish(data(f"new {len(sent)}", role="User"), user="eve", evaluation_only=True)
                sent.append(f"new {len(sent)}")

        publisher = threading.Thread(target=publish)
        publisher.start()
        try:
            assert api.applied_policy() == {"interactions": 4000, "profiles": 0}
        finally:
            ended.set()
            publisher.join(60)
        assert api.DeleteInteractions(everybody("eve")).deleted_count == len(sent)
        assert not api.contents(user_id="u")


@pytest.fixture(scope="module")
def by_itself(tmp_path_factory):
    flags = ("--storage-retention-minutes", "0.01", "--storage-idle-seconds", "0.3")
    running = ServerProcess(tmp_path_factory.mktemp("hourly") / "data", *flags).start()
    yield running
    running.stop()


def receipts_in(server, tenant):
    """Read beside the server, which is asked for nothing."""
    with peeking(ledger(server, tenant)) as db:
        return db.execute("SELECT count(*) FROM retention_receipts WHERE time > 0").fetchone()[0]


def test_it_runs_by_itself_for_closed_tenants_too_and_writes_nothing_where_nothing_goes(by_itself):
    first, second, plain = fresh("first"), fresh("second"), fresh("plain")
    with closing(client(by_itself, first)) as api, closing(client(by_itself, second)) as other:
        kept = other.by(tenant=plain)
        for one in (api, other, kept):
            one.publish(ago(100), ago(1))
        api.policy("interactions=30d")
        eventually(lambda: receipts_in(by_itself, first) == 1, 60)
        # Too old in a moment, when nobody asks for it.
        soon = kit.now(-3600 + 2)
        other.publish(data("soon", role="User", occur_time=soon))
        other.policy("interactions=1h")
        eventually(lambda: receipts_in(by_itself, second) >= 1, 60)
        eventually(lambda: not other.contents(), 60)
        assert receipts_in(by_itself, first) == 1
        assert api.contents() == ["said 1 days ago"]
        operations = operation_pb.ListOperationsRequest(kind="apply_retention")
        assert len(api.ListOperations(operations).operations) == 1
        assert len(kept.contents()) == 2
        # After a restart nobody has to ask for the tenant either.
        api.publish(ago(200))
    with closing(client(by_itself, first)) as api:
        by_itself.restart()
        eventually(lambda: receipts_in(by_itself, first) >= 2, 60)
        assert not by_itself.log.read_text().count("Traceback")
