"""Backups: consistent to one moment under load, incremental, verified byte by byte, restored while the server runs."""

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from interplay import Interplay
from interplay.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
)

from tests.conftest import eventually
from tests.service.custody_kit import backed_up, restate, restored, texts
from tests.service.kit import Api, admin_pb, batch, data, pb, refused

PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"


@pytest.fixture
def api(server):
    with of(server, "acme") as one:
        yield one


def of(server, tenant):
    return closing(Api(server.target, tenant=tenant, timeout=60))


def test_a_backup_holds_every_ack_before_it_and_answers_the_same_searches(server, api):
    api.PublishInteractions(batch(*(f"the kettle number {n} whistles" for n in range(40)), user="ada"))
    api.PublishInteractions(batch(data("a picture of the garden", image=PIXEL), user="ada"))
    made = backed_up(api, "first")
    query = pb.SearchInteractionsRequest(query="which kettle whistles", user_id="ada", top_k=5)
    there = [(one.interaction.data.content, round(one.score, 6)) for one in api.SearchInteractions(query).hits]
    api.PublishInteractions(batch("published after the backup", user="ada"))
    assert int(made["sequence"]) >= 41
    assert restored(api, "acme", "first", "copy").tenant == "copy"
    with of(server, "copy") as copy:
        assert len(texts(copy)) == 41
        assert "published after the backup" not in texts(copy)
        hits = copy.SearchInteractions(query).hits
        assert [(one.interaction.data.content, round(one.score, 6)) for one in hits] == there
        [shown] = [
            one
            for one in copy.ListInteractions(pb.ListInteractionsRequest(view=pb.INTERACTION_VIEW_FULL)).interactions
            if one.data.image
        ]
        assert shown.data.image == PIXEL
        # A tenant of its own: what is written here is not there.
        copy.PublishInteractions(batch("only in the copy", user="ada"))
    assert "only in the copy" not in texts(api)


def test_under_load_the_cut_is_one_moment_and_no_ack_waits_for_it(server, api):
    api.PublishInteractions(batch(*(f"before {n}" for n in range(200)), user="u"))
    acked, stop = [], threading.Event()

    def publish():
        with of(server, "acme") as mine:
            while not stop.is_set():
                number = len(acked)
                acked.append(mine.PublishInteractions(batch(f"load {number}", user="u")).interaction_ids[0])

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        eventually(lambda: len(acked) > 20)
        acked_before = len(acked)
        first = backed_up(api, "one")
        second = backed_up(api, "two")
    finally:
        stop.set()
        thread.join()
    restored(api, "acme", "one", "one")
    with of(server, "one") as copy:
        load = [int(one.split()[1]) for one in texts(copy) if one.startswith("load")]
    assert sorted(load) == list(range(len(load))), "a prefix of what was acked, without a hole"
    assert acked_before <= len(load)
    assert int(second["sequence"]) >= int(first["sequence"])


def test_the_second_backup_shares_what_has_not_changed(server, api):
    api.PublishInteractions(batch(*(f"a long remark about tea, the {n}th of them" for n in range(500)), user="u"))
    first = backed_up(api, "one")
    second = backed_up(api, "two")
    assert first["linked_bytes"] == "0"
    assert int(second["linked_bytes"]) > int(second["bytes"]) / 3
    root = server.data / ".backups" / "acme"
    shared = [path for path in (root / "two").rglob("*.lance") if path.is_file() and path.stat().st_nlink > 1]
    assert shared
    for path in shared:
        assert path.samefile(root / "one" / path.relative_to(root / "two"))
    live = {path.stat().st_ino for path in (server.data / "acme").rglob("*") if path.is_file()}
    assert not live & {path.stat().st_ino for path in root.rglob("*") if path.is_file()}, "never with the live folder"
    # Each is whole by itself.
    api.DeleteBackup(admin_pb.DeleteBackupRequest(backup_id="one"))
    assert api.VerifyBackup(admin_pb.VerifyBackupRequest(backup_id="two")).backup.sequence >= 500
    restored(api, "acme", "two", "copy")
    with of(server, "copy") as copy:
        assert len(texts(copy)) == 500


def test_every_flipped_byte_and_missing_file_is_found(server, api):
    api.PublishInteractions(batch("a", "b", user="u"))
    backed_up(api, "one")
    folder = server.data / ".backups" / "acme" / "one"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) > 8
    for file in files:
        if not file.stat().st_size:
            continue
        whole = file.read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 0x40
        file.write_bytes(flipped)
        refusal = refused(api.VerifyBackup, admin_pb.VerifyBackupRequest(backup_id="one"))
        assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "BACKUP_DAMAGED"), file
        assert refusal.metadata["file"] in {file.relative_to(folder).as_posix(), "manifest.json"}
        again = refused(
            lambda request: list(api.RestoreTenant(request)),
            admin_pb.RestoreTenantRequest(source_tenant="acme", backup_id="one", tenant="copy"),
        )
        assert again.reason == "BACKUP_DAMAGED"
        file.write_bytes(whole)
    file.unlink()
    assert refused(api.VerifyBackup, admin_pb.VerifyBackupRequest(backup_id="one")).reason == "BACKUP_DAMAGED"
    assert [one.name for one in server.data.iterdir() if one.name.startswith((".restored", "copy"))] == []


def test_a_restore_in_place_while_publishers_go_on(server, api):
    with (
        Interplay(server.target, tenant="acme") as client,
        client.publisher("till", user_id="u", session_id="s") as publisher,
    ):
        for number in range(30):
            publisher.append({"role": "User", "content": f"kept {number}"})
        publisher.flush()
        backed_up(api, "one")
        for number in range(30):
            publisher.append({"role": "User", "content": f"undone {number}"})
        publisher.flush()
        restored(api, "acme", "one", "acme", replace=True)
        # Its stream was cut; it goes on by itself where the restored log ends.
        for number in range(30):
            publisher.append({"role": "User", "content": f"later {number}"})
        publisher.flush()
    found = texts(api)
    assert sorted(found) == sorted([f"{word} {n}" for word in ("kept", "later") for n in range(30)])


def test_resume_tokens_of_before_a_restore_are_void(server, api):
    api.PublishInteractions(batch("a", user="u"))
    with Interplay(server.target, tenant="acme") as client:
        token = next(iter(client.watch_interactions(from_beginning=True))).resume_token
    backed_up(api, "one")
    restored(api, "acme", "one", "acme", replace=True)
    refusal = refused(
        lambda request: next(iter(api.WatchInteractions(request))), pb.WatchInteractionsRequest(resume_token=token)
    )
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "RESUME_TOKEN_STALE")


def test_a_restore_into_a_tenant_that_is_there_asks_for_replace(server, api):
    api.PublishInteractions(batch("a", user="u"))
    backed_up(api, "one")
    request = admin_pb.RestoreTenantRequest(source_tenant="acme", backup_id="one", tenant="acme")
    refusal = refused(lambda one: list(api.RestoreTenant(one)), request)
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "TENANT_EXISTS")
    assert texts(api) == ["a"]
    request.backup_id = "none"
    assert refused(lambda one: list(api.RestoreTenant(one)), request).reason in {"TENANT_EXISTS", "BACKUP_NOT_FOUND"}
    request.replace = True
    assert refused(lambda one: list(api.RestoreTenant(one)), request).reason == "BACKUP_NOT_FOUND"
    request.validate_only, request.backup_id = True, "one"
    assert list(api.RestoreTenant(request))[-1].result.backup.backup_id == "one"
    assert texts(api) == ["a"]


def test_a_backup_of_a_newer_version_is_refused(server, api):
    api.PublishInteractions(batch("a", user="u"))
    backed_up(api, "one")
    folder = server.data / ".backups" / "acme" / "one"
    for stated in ({"format": 99}, {"ledger_version": 99}):
        restate(folder, **stated)
        refusal = refused(api.VerifyBackup, admin_pb.VerifyBackupRequest(backup_id="one"))
        assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "BACKUP_INCOMPATIBLE")
        assert "99" in refusal.message


def test_lists_go_by_pages_and_the_same_id_gives_the_same_backup(server, api):
    api.PublishInteractions(batch("a", user="u"))
    made = {name: backed_up(api, name) for name in ("one", "two", "three")}
    api.PublishInteractions(batch("b", user="u"))
    assert backed_up(api, "two") == made["two"]
    page = api.ListBackups(admin_pb.ListBackupsRequest(page_size=2))
    assert [one.backup_id for one in page.backups] == ["three", "two"]
    rest = api.ListBackups(admin_pb.ListBackupsRequest(page_size=2, page_token=page.next_page_token))
    assert ([one.backup_id for one in rest.backups], rest.next_page_token) == (["one"], "")
    with of(server, "other") as other:
        assert not other.ListBackups(admin_pb.ListBackupsRequest()).backups, "each tenant sees its own"
        assert refused(other.VerifyBackup, admin_pb.VerifyBackupRequest(backup_id="one")).reason == "BACKUP_NOT_FOUND"
    for bad in ("..", "../x", "A", ".part", "x/y", "-x"):
        refusal = refused(api.BackupTenant, admin_pb.BackupTenantRequest(backup_id=bad))
        assert refusal.code == "INVALID_ARGUMENT", bad


def test_a_kill_in_a_backup_leaves_no_half_one(server, api):
    api.PublishInteractions(batch(*(f"turn {n} " + "x" * 3000 for n in range(900)), user="u"))
    api.BackupTenant(admin_pb.BackupTenantRequest(backup_id="one"))
    server.restart()
    with of(server, "acme") as again:
        # The operation is taken up again and ends.
        eventually(
            lambda: [one.backup_id for one in again.ListBackups(admin_pb.ListBackupsRequest()).backups] == ["one"]
        )
        assert again.VerifyBackup(admin_pb.VerifyBackupRequest(backup_id="one")).backup.sequence >= 900
    assert not list((server.data / ".backups" / "acme").glob("*.part"))
    eventually(lambda: not list(server.data.glob(".cut-*")))


@pytest.mark.parametrize("stage", ["noted", "aside", "in"])
def test_a_kill_in_a_swap_is_finished_by_the_next_start(server, api, stage):
    api.PublishInteractions(batch("old", user="u"))
    backed_up(api, "one")
    api.PublishInteractions(batch("new", user="u"))
    restored(api, "acme", "one", "copy")
    server.terminate()
    # As a kill leaves it between the steps of a swap.
    root = server.data
    (root / "copy").rename(root / ".restored-acme")
    (root / ".swap-acme").touch()
    if stage != "noted":
        (root / "acme").rename(root / ".replaced-acme")
    if stage == "in":
        (root / ".restored-acme").rename(root / "acme")
    server.start()
    with of(server, "acme") as again:
        assert sorted(texts(again)) == (["new", "old"] if stage == "noted" else ["old"])
    assert (
        sorted(path.name for path in root.iterdir() if path.name.startswith((".swap", ".restored", ".replaced"))) == []
    )


def test_features_are_computed_again_after_a_restore(server, api):
    with Interplay(server.target, tenant="acme") as client:
        client.record_events(
            [
                {
                    "event_id": f"e{n}",
                    "event_type": "VIEW",
                    "customer_id": "c1",
                    "product_id": "p1",
                    "created_at": datetime.now(UTC) - timedelta(minutes=1),
                }
                for n in range(5)
            ]
        )
        before = client.interaction_features("c1", "p1").features
        backed_up(api, "one")
    restored(api, "acme", "one", "copy")
    with Interplay(server.target, tenant="copy") as client:
        assert client.interaction_features("c1", "p1").features["total_views"] == before["total_views"] == 5


def test_an_operator_is_needed_and_errors_of_the_client_are_typed(server, api):
    api.PublishInteractions(batch("a", user="u"))
    with Interplay(server.target, tenant="acme") as client:
        done = client.backup_tenant("one").wait()
        assert done.result["backup_id"] == "one"
        assert [one.backup_id for one in client.list_backups()] == ["one"]
        assert client.verify_backup("one").sequence >= 1
        with pytest.raises(AlreadyExistsError):
            client.restore_tenant("acme", "one", "acme")
        with pytest.raises(NotFoundError):
            client.verify_backup("none")
        (server.data / ".backups" / "acme" / "one" / "ledger.sqlite3").write_bytes(b"")
        with pytest.raises(FailedPreconditionError) as caught:
            client.verify_backup("one")
        assert caught.value.metadata["file"] == "ledger.sqlite3"
        client.delete_backup("one")
        assert list(client.list_backups()) == []
