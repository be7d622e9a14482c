"""Backups and restores under kills, faults of disks, hostile folders, and each other."""

import hashlib
import json
import os
import random
import resource
import sqlite3
import threading
import time
from contextlib import closing, suppress

import grpc
import pytest
from interplay_server.domain.custody import BACKUP_FORMAT, Backup
from interplay_server.errors import BackupDamaged
from interplay_server.storage import backup, folders, migrations

from tests.conftest import eventually
from tests.service.custody_kit import backed_up, restate, restored, texts
from tests.service.kit import Api, admin_pb, batch, fresh, operation_pb, pb, refused

KILLS = 8


def of(server, tenant):
    return closing(Api(server.target, tenant=tenant, timeout=60))


@pytest.fixture
def api(server):
    with of(server, "acme") as one:
        yield one


def killed_at_some_moment(server, work, seconds):
    """Kills the server at a moment of `work` that nobody chose."""

    def run():
        with suppress(grpc.RpcError):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(seconds)
    server.kill()
    thread.join()
    server.start()


def test_kills_at_any_moment_of_a_backup_leave_whole_ones_only(server, api):
    api.PublishInteractions(batch(*(f"turn {n} " + "x" * 2000 for n in range(900)), user="u"))
    chance = random.Random(5)
    for turn in range(KILLS):

        def start(turn=turn):
            with of(server, "acme") as mine:
                backed_up(mine, f"b{turn}")

        killed_at_some_moment(server, start, chance.uniform(0, 0.6))
        with of(server, "acme") as again:
            assert len(texts(again)) == 900
            for one in again.ListBackups(admin_pb.ListBackupsRequest()).backups:
                again.VerifyBackup(admin_pb.VerifyBackupRequest(backup_id=one.backup_id))
    with of(server, "acme") as again:
        backed_up(again, "last")
    assert not list((server.data / ".backups" / "acme").glob("*.part"))
    assert not list(server.data.glob(".cut-*"))


def test_kills_at_any_moment_of_a_restore_leave_the_old_tenant_or_the_restored_one(server, api):
    kept = [f"kept {n}" for n in range(300)]
    api.PublishInteractions(batch(*kept, user="u"))
    backed_up(api, "one")
    chance, seen = random.Random(7), set()
    for _ in range(KILLS):
        with of(server, "acme") as again:
            if "new" not in texts(again):
                again.PublishInteractions(batch("new", user="u"))

        def restore():
            with of(server, "acme") as mine:
                restored(mine, "acme", "one", "acme", replace=True)

        killed_at_some_moment(server, restore, chance.uniform(0, 0.7))
        with of(server, "acme") as again:
            found = sorted(texts(again))
            assert found in (sorted(kept), sorted([*kept, "new"]))
            assert len(again.SearchInteractions(pb.SearchInteractionsRequest(query="kept", user_id="u")).hits) > 0
            seen.add(len(found))
        assert not [path for path in server.data.iterdir() if path.name.startswith((".swap", ".restored", ".replaced"))]
    assert seen


def test_a_block_that_went_bad_is_not_passed_on_to_the_next_backup(server, api):
    api.PublishInteractions(batch(*(f"turn {n}" for n in range(50)), user="u"))
    backed_up(api, "one")
    backed_up(api, "two")
    root = server.data / ".backups" / "acme"
    bad = next(path for path in sorted((root / "two").rglob("*.lance")) if path.is_file() and path.stat().st_nlink > 1)
    stat = bad.stat()
    flipped = bytearray(bad.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    bad.write_bytes(flipped)
    os.utime(bad, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as a disk flips it
    for name in ("one", "two"):
        assert refused(api.VerifyBackup, admin_pb.VerifyBackupRequest(backup_id=name)).reason == "BACKUP_DAMAGED"
    backed_up(api, "three")
    assert api.VerifyBackup(admin_pb.VerifyBackupRequest(backup_id="three")).backup.sequence >= 50


def test_a_damaged_table_is_told_as_such(server, api):
    """It is read page by page, long after it was opened."""
    api.PublishInteractions(batch(*(f"turn {n}" for n in range(50)), user="u"))
    api.optimized()
    backed_up(api, "one")
    server.terminate()
    for file in (server.data / "acme" / "lance" / "interactions.lance").rglob("data/*.lance"):
        content = file.read_bytes()
        assert b"turn " in content
        file.unlink()  # a backup shares it
        file.write_bytes(content.replace(b"turn ", b"\xff" * 5))
    server.start()
    told = refused(api.ListInteractions, pb.ListInteractionsRequest(page_size=100))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "STORAGE_INCOMPATIBLE")
    assert "a table is damaged" in told.message
    assert restored(api, "acme", "one", "acme", replace=True).tenant == "acme"
    assert len(texts(api)) == 50


def test_a_backup_s_name_can_be_used_again_when_it_failed_or_was_deleted(server, api):
    api.PublishInteractions(batch("a", user="u"))
    root = server.data / ".backups"
    root.mkdir(exist_ok=True)
    (root / "acme").write_text("no folder")
    started = api.BackupTenant(admin_pb.BackupTenantRequest(backup_id="one")).operation

    def ended():
        found = api.GetOperation(operation_pb.GetOperationRequest(operation_id=started.operation_id)).operation
        return found if found.HasField("end_time") else None

    assert eventually(ended).error.message
    assert not list(server.data.glob(".cut-*"))
    (root / "acme").unlink()
    assert backed_up(api, "one")["backup_id"] == "one"
    api.DeleteBackup(admin_pb.DeleteBackupRequest(backup_id="one"))
    api.PublishInteractions(batch("b", user="u"))
    backed_up(api, "one")
    assert api.VerifyBackup(admin_pb.VerifyBackupRequest(backup_id="one")).backup.file_count > 3
    refusal = refused(api.BackupTenant, admin_pb.BackupTenantRequest(backup_id="one.part"))
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")


def test_a_manifest_that_names_files_outside_of_a_tenant_is_refused(server, api):
    api.PublishInteractions(batch("a", user="u"))
    backed_up(api, "one")
    folder = server.data / ".backups" / "acme" / "one"
    files = json.loads((folder / "manifest.json").read_text())["files"]
    for path in ("../../outside", "/outside", "lance/../../../outside", "derived/x", ""):
        restate(folder, files=[*files, {**files[0], "path": path}])
        request = admin_pb.RestoreTenantRequest(source_tenant="acme", backup_id="one", tenant="copy")
        assert refused(lambda one: list(api.RestoreTenant(one)), request).reason == "BACKUP_INCOMPATIBLE", path
    assert not list(server.data.parent.rglob("outside"))
    for name in ("acme\n", "../acme", "a/b"):
        request = admin_pb.RestoreTenantRequest(source_tenant=name, backup_id="one", tenant="copy")
        assert refused(lambda one: list(api.RestoreTenant(one)), request).code == "INVALID_ARGUMENT"


def test_a_backup_of_another_embedder_takes_no_tenant_s_place(server, api):
    api.PublishInteractions(batch("a", user="u"))
    backed_up(api, "one")
    folder = server.data / ".backups" / "acme" / "one"
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as db:
        db.execute("UPDATE meta SET value = 'other/7' WHERE key = 'embedder'")
        db.commit()
    files = json.loads((folder / "manifest.json").read_text())["files"]
    for file in files:
        if file["path"] == "ledger.sqlite3":
            whole = (folder / "ledger.sqlite3").read_bytes()
            file |= {"size": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
    restate(folder, files=files)
    request = admin_pb.RestoreTenantRequest(source_tenant="acme", backup_id="one", tenant="acme", replace=True)
    refusal = refused(lambda one: list(api.RestoreTenant(one)), request)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "BACKUP_INCOMPATIBLE")
    assert "other/7" in refusal.message
    assert texts(api) == ["a"]
    assert not list(server.data.glob(".restored-*"))


def test_restores_and_deletions_at_once_are_refused_or_done_and_the_tenant_works_after(server, api):
    api.PublishInteractions(batch(*(f"turn {n} " + "x" * 2000 for n in range(900)), user="u"))
    backed_up(api, "one")
    told = []

    def restore():
        with of(server, "acme") as mine:
            try:
                told.append(restored(mine, "acme", "one", "acme", replace=True).tenant)
            except grpc.RpcError as error:
                told.append(error.code().name)

    threads = [threading.Thread(target=restore) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "acme" in told
    assert set(told) <= {"acme", "UNAVAILABLE"}
    assert len(texts(api)) == 900
    # Whatever learns, judges and searches of it is there again.
    api.PublishInteractions(batch("a kettle whistles", user="u"))
    assert api.SearchInteractions(pb.SearchInteractionsRequest(query="kettle", user_id="u")).hits


def test_a_quota_of_rows_below_those_of_a_closed_tenant_is_refused(server, api):
    api.PublishInteractions(batch("a", "b", "c", user="u"))
    server.restart()
    with of(server, "other") as operator:
        operator.ListInteractions(pb.ListInteractionsRequest())
        request = admin_pb.UpdateTenantRequest(name="acme", quota={"rows": 2})
        assert refused(operator.UpdateTenant, request).reason == "QUOTA_BELOW_USAGE"


def test_a_new_name_of_a_tenant_gives_it_no_new_publishes(shared_server):
    with closing(Api(shared_server.target)) as operator:
        name = fresh("acme")
        operator.CreateTenant(admin_pb.CreateTenantRequest(name=name, quota={"publishes_per_minute": 1}))
        mine = operator.by(tenant=name)
        mine.PublishInteractions(batch("a"))
        operator.UpdateTenant(admin_pb.UpdateTenantRequest(name=name, display_name="Acme"))
        assert refused(mine.PublishInteractions, batch("b")).reason == "QUOTA_EXCEEDED"


def test_a_tenant_is_made_once_by_however_many(shared_server):
    told, name = [], fresh("acme")

    def make(number):
        with closing(Api(shared_server.target)) as operator:
            try:
                operator.CreateTenant(admin_pb.CreateTenantRequest(name=name, quota={"rows": number}))
                told.append(number)
            except grpc.RpcError as error:
                told.append(error.code().name)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [one for one in told if isinstance(one, int)]
    assert told.count("ALREADY_EXISTS") == 5
    with closing(Api(shared_server.target)) as operator:
        assert operator.GetTenant(admin_pb.GetTenantRequest(name=name)).tenant.quota.rows == winner


# --- without a server


@pytest.fixture
def stored(tmp_path):
    """A backup of three files, of 5, 100,000 and 3 bytes."""
    staging = tmp_path / "staging"
    for path, whole in (("ledger.sqlite3", b"12345"), ("lance/t/a.lance", b"x" * 100_000), ("spool/i", b"png")):
        (staging / path).parent.mkdir(parents=True, exist_ok=True)
        (staging / path).write_bytes(whole)
    draft = Backup(
        format=BACKUP_FORMAT,
        backup_id="one",
        tenant="acme",
        create_time=1,
        seq=1,
        server_version="1",
        ledger_version=migrations.LEDGER_VERSION,
    )
    made = backup.store(staging, tmp_path / "backups" / "one", draft, None, lambda *_: None)
    assert (made.file_count, made.bytes) == (3, 100_008)
    return tmp_path / "backups" / "one"


def test_a_disk_that_fills_up_is_told_as_such_and_nothing_is_left(stored, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            backup.unpack(stored, tmp_path / "made", lambda *_: None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "made").exists()
    assert backup.unpack(stored, tmp_path / "made", lambda *_: None).file_count == 3


def test_a_file_that_has_grown_or_shrunk_is_damaged(stored):
    file = stored / "lance" / "t" / "a.lance"
    for whole in (b"x" * 99_999, b"x" * 5_000_000):
        file.write_bytes(whole)
        with pytest.raises(BackupDamaged):
            backup.verify(stored, lambda *_: None)


def test_what_progress_raises_ends_the_work_and_leaves_nothing(stored, tmp_path):
    def stop(_done, _total):
        raise folders.Ended

    with pytest.raises(folders.Ended):
        backup.unpack(stored, tmp_path / "made", stop)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("left", [(), (".restored-",), (".replaced-",), (".restored-", ".replaced-"), ("",)])
def test_a_note_of_a_swap_never_keeps_a_server_from_starting(tmp_path, left):
    (tmp_path / ".swap-acme").touch()
    for prefix in left:
        (tmp_path / f"{prefix}acme").mkdir()
        (tmp_path / f"{prefix}acme" / "of").write_text(prefix)
    folders.recover(tmp_path)
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == (["acme"] if left else [])
    if left:
        assert (tmp_path / "acme" / "of").read_text() == left[0]
