"""Servers whose tables are in a bucket: what an ack is worth, what a lost disk costs, and what faults of the store do."""

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import urllib.request

import grpc
import pytest

from tests.conftest import START_SECONDS, eventually
from tests.service.bucket_kit import Stored, patiently, refusal_of, stored
from tests.service.kit import admin_pb, batch, operation_pb, pb, refused
from tests.support.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

LIST = pb.ListInteractionsRequest(page_size=1000)
OURS = re.compile(r"http|Generic|lance|reqwest|\.rs|AccessDenied|SlowDown", re.IGNORECASE)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with stored(tmp_path_factory.mktemp("bucket") / "data", "--search-cached-turns", "0") as running:
        yield running


@pytest.fixture
def healthy(running):
    """The shared server, as it is again after the test; a tenant of its own."""
    yield running
    running.s3.heal()
    patiently(applied, running.api, "well again")


@pytest.fixture
def s3():
    with S3Server() as s3:
        yield s3


def applied(api, *contents):
    """Again, it is the same publish."""
    request = batch(*contents, request_id=f"applied {contents}", wait=pb.WAIT_LEVEL_VISIBLE)
    return list(api.PublishInteractions(request).interaction_ids)


def tenant(running, name):
    return running.api.by(tenant=name)


def test_tables_lie_in_the_bucket_and_nothing_of_them_in_the_folder(healthy):
    api = tenant(healthy, "where")
    applied(api, "we sell umbrellas", "and boots")
    assert api.found("umbrellas")[0] == "we sell umbrellas"
    assert healthy.s3.keys("acme/where/lance/interactions.lance/_versions/")
    assert not (healthy.server.data / "where" / "lance").exists()
    assert (healthy.server.data / "where" / "ledger.sqlite3").exists()
    api.optimized()
    assert api.contents() == ["and boots", "we sell umbrellas"] or sorted(api.contents()) == [
        "and boots",
        "we sell umbrellas",
    ]


def test_a_tenant_that_is_deleted_leaves_nothing_in_the_bucket(healthy):
    api = tenant(healthy, "gone")
    applied(api, "a")
    eventually(lambda: healthy.s3.keys("acme/gone/ledger/copies"), 60)
    healthy.api.DeleteTenant(admin_pb.DeleteTenantRequest(name="gone"))
    assert healthy.s3.keys("acme/gone/") == []
    assert api.contents() == []
    applied(api, "again")
    assert api.contents() == ["again"]


def test_backups_of_files_are_refused(healthy):
    api = tenant(healthy, "backed")
    applied(api, "a")
    asked = (
        (api.BackupTenant, admin_pb.BackupTenantRequest(backup_id="b")),
        (lambda one: list(api.RestoreTenant(one)), _restore("backed")),
    )
    for call, request in asked:
        refusal = refused(call, request)
        assert refusal.reason == "BUCKET_UNSUITABLE" and "object-storage.md" in refusal.message


def _restore(name):
    return admin_pb.RestoreTenantRequest(source_tenant=name, backup_id="b", tenant=f"{name}-2")


def test_an_erased_person_is_in_no_object_of_the_bucket(healthy):
    api, person, canary = tenant(healthy, "erasing"), "canary-person", "canarycontent"

    def holding(*needles):
        objects = healthy.s3.objects
        return [
            key for key in healthy.s3.keys("acme/erasing/") if any(one.encode() in objects[key].data for one in needles)
        ]

    applied(api, "of another")
    api.learnt(f"I live in Rome and like {canary}", user=person)
    eventually(lambda: holding(canary), 60)
    started = api.EraseUser(admin_pb.EraseUserRequest(user_id=person)).operation
    *_, last = api.WatchOperation(operation_pb.WatchOperationRequest(operation_id=started.operation_id))
    assert not last.operation.error.message and last.operation.HasField("end_time")
    assert holding(canary, person) == []
    assert api.contents() == ["of another"]


@pytest.mark.parametrize(
    "fault", [{"refuse": 503}, {"refuse": 403}, {"cut": True}, {"slow_seconds": 2.5}], ids=["503", "403", "cut", "slow"]
)
def test_faults_of_the_store_stop_no_ack_and_are_over_by_themselves(healthy, fault):
    api = tenant(healthy, f"fault-{next(iter(fault))}-{random.randrange(10**6)}")
    applied(api, "before")
    api.optimized()
    vars(healthy.s3.faults).update(fault)
    ids = [one for number in range(20) for one in api.publish(f"during {number}")]
    assert len(set(ids)) == 20
    refusal = refusal_of(api.ListInteractions, LIST, "BUCKET_UNAVAILABLE")
    assert refusal.code == "UNAVAILABLE" and "RetryInfo" in refusal.details and not OURS.search(refusal.message)
    healthy.s3.heal()
    patiently(applied, api, "after")
    found = patiently(api.contents)
    assert sorted(found) == sorted(["before", *(f"during {number}" for number in range(20)), "after"])


def test_a_store_that_throttles_and_stumbles_loses_and_doubles_nothing(healthy):
    """Some requests are answered with 503, some are cut off before and some after they were done."""
    api, draw = tenant(healthy, "stumbling"), random.Random(7)
    faults = healthy.s3.faults
    faults.per_second = 60

    def stumble(method, path):
        faults.cut, faults.cut_after = False, False
        if method in {"PUT", "POST"} and draw.random() < 0.15:
            setattr(faults, draw.choice(("cut", "cut_after")), True)
            return True
        return draw.random() < 0.3

    faults.among = stumble
    expected = []
    for number in range(60):
        patiently(api.publish, f"row {number}")
        expected.append(f"row {number}")
    healthy.s3.heal()
    patiently(applied, api, "end")
    assert sorted(patiently(api.contents)) == sorted([*expected, "end"])


def test_the_loss_model(s3, tmp_path):
    """SIGKILL loses nothing. SIGKILL and a lost disk: what the metric covered is there once, and nothing after a gap."""
    first, acked, stop = Stored(s3, tmp_path / "one").start(), [], threading.Event()

    def publish(api, until):
        with contextlib.suppress(grpc.RpcError):
            while not until():
                acked.extend(api.publish(f"row {len(acked)}"))

    try:
        publish(first.api, lambda: len(acked) >= 40)
        first.again()
        assert sorted(_ids(first.api)) == sorted(acked)
        start, before = int(first.shipped_seq), len(acked)
        thread = threading.Thread(target=publish, args=(first.api, stop.is_set))
        thread.start()
        eventually(lambda: first.shipped_seq > start + 40 and len(acked) > before + 40, 60)
        covered = int(first.shipped_seq)
        first.server.kill()
    finally:
        stop.set()
        thread.join()
        first.stop()
    shutil.rmtree(tmp_path / "one")
    with stored(tmp_path / "two", "--bucket-recover", s3=s3) as second:
        found = sorted(patiently(_ids, second.api), key=_seq)
        assert (tmp_path / "two" / "acme" / "ledger.sqlite3").exists()
        # A prefix of what was acked, and perhaps one whose ack was never read.
        assert found[: len(acked)] == acked[: len(found)] and len(found) <= len(acked) + 1
        assert {one for one in acked if _seq(one) <= covered} <= set(found)
        assert any(_seq(one) <= covered for one in acked[before:])
        patiently(applied, second.api, "after")
        assert len(_ids(second.api)) == len(found) + 1


def _seq(interaction_id):
    """The journal's sequence number, which the last digits are."""
    number = 0
    for digit in interaction_id[-8:]:
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(digit)
    return number


def _ids(api):
    found, token = [], ""
    while True:
        page = api.ListInteractions(pb.ListInteractionsRequest(page_size=1000, page_token=token))
        found += [one.interaction_id for one in page.interactions]
        if not (token := page.next_page_token):
            return found


def test_a_bucket_that_cannot_be_used_is_refused_at_the_start(s3, tmp_path):
    s3.faults.ignore_conditions = True
    command = [sys.executable, "-m", "interplay_server", "serve", "--listen", "127.0.0.1:0", *s3.flags()]
    done = subprocess.run(
        [*command, "--data", str(tmp_path / "data")],
        env=s3.environment | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=START_SECONDS * 2,
        check=False,
    )
    assert done.returncode != 0 and "listening" not in done.stdout
    assert "a conditional write (If-None-Match) overwrites" in done.stderr and "Traceback" not in done.stderr
    assert ACCESS_KEY not in done.stderr and SECRET_KEY not in done.stderr


def test_keys_are_shown_nowhere(healthy):
    info = str(healthy.api.GetServerInfo(admin_pb.GetServerInfoRequest()))
    with urllib.request.urlopen(f"http://127.0.0.1:{healthy.port}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    for text in (info, metrics, healthy.server.log.read_text()):
        assert SECRET_KEY not in text and ACCESS_KEY not in text
