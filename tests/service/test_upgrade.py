"""Upgrades rehearsed: folders of every older version in this server, and the ways back."""

import hashlib
import shutil
import sqlite3
from contextlib import closing

import pytest
from interplay_server.domain.custody import BACKUP_FORMAT, Backup
from interplay_server.storage import backup, migrations

from tests.conftest import ServerProcess, eventually
from tests.service.custody_kit import restored
from tests.service.kit import PNG, batch, data, ipb, pb, refused, stamp
from tests.service.learning_kit import LearningApi
from tests.support.old_folders import LEARNING, age

OLDER = range(1, migrations.LEDGER_VERSION)
HELD = {"--storage-apply-milliseconds": "600000", "--storage-apply-rows": "1000000"}
"""What is acked stays in the journal."""
MODES = (pb.SEARCH_MODE_HYBRID, pb.SEARCH_MODE_VECTOR, pb.SEARCH_MODE_TEXT)


def state(api):
    """Everything that was acked, as its readers see it."""
    return (
        [one.SerializeToString(deterministic=True) for one in api.listed(view=pb.INTERACTION_VIEW_FULL)],
        [one.SerializeToString(deterministic=True) for one in api.ListSessions(pb.ListSessionsRequest()).sessions],
        api.GetPublishStream(pb.GetPublishStreamRequest(stream_id="till")),
        [
            [(hit.interaction.data.content, round(hit.score, 5)) for hit in api.search("a tent", mode=mode, **where)]
            for mode in MODES
            for where in ({}, {"user_id": "ada"})
        ],
    )


REPEATED = batch("I need a tent for the mountains", user="ada", session="trip", request_id="once", source="web")


def fill(api):
    """Before the last stop: all of it in the tables."""
    api.PublishInteractions(REPEATED)
    (pictured,) = api.publish(data("this tent", image=PNG + bytes(3000)), user="ada", session="trip")
    api.annotate(pictured, comment="fine")
    api.say("I live in Oslo.", "I am allergic to peanuts.", user="ada", session="facts")
    ropes = [
        data(f"a rope of {number} metres", role="Agent", occur_time=stamp(1_700_000_000 + number))
        for number in range(300)
    ]
    api.publish(*ropes[:100], user="bob")
    api.publish(*ropes[100:200], user="bob")
    api.publish(*ropes[200:], user="bob", session="more")
    (gone,) = api.publish("a secret tent", user="bob")
    assert api.delete(interaction_ids=[gone]) == 1
    stream = api.stream(stream_id="till", user_id="cy", session_id="shop")
    stream.append("two tents please", offset=0)
    stream.take("ack")
    stream.finish()
    api.PublishInteractions(batch("x", user="x", wait=pb.WAIT_LEVEL_VISIBLE))


def fill_journal(api):
    """Right before a kill: acked, and in the journal alone."""
    api.publish("a tent that was acked last", user="ada", session="trip")
    stream = api.stream(stream_id="till", user_id="cy", session_id="shop")
    stream.append("and a rope", offset=1)
    stream.take("ack")
    stream.close()
    (noted, *_) = api.listed(user_id="cy")
    api.annotate(noted.interaction_id, comment="late")
    assert api.delete(user_id="x") == 1


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A tenant's folder that a killed server left, its state and its facts."""
    data_folder = tmp_path_factory.mktemp("template") / "data"
    server = ServerProcess(data_folder).start()
    try:
        with closing(LearningApi(server.target, tenant="acme")) as api:
            fill(api)
        assert server.terminate() == 0
        server = ServerProcess(data_folder, *(word for pair in HELD.items() for word in pair)).start()
        with closing(LearningApi(server.target, tenant="acme")) as api:
            fill_journal(api)
            seen, facts = state(api), api.facts("ada")
        server.kill()
    finally:
        server.stop()
    assert facts
    return data_folder / "acme", seen, facts


def keep_backup(folder, backups, staging, version):
    """A backup as a server of an older version made it."""
    seq = backup.cut(folder, staging)
    draft = Backup(
        format=BACKUP_FORMAT, backup_id="before", tenant=folder.name, create_time=1, seq=seq, server_version="0.0",
        ledger_version=version,
    )  # fmt: skip
    backup.store(staging, backups / folder.name / "before", draft, None, lambda *_: None)
    shutil.rmtree(staging)


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def upgraded(template, tmp_path_factory):
    """This server over tenants of all older versions, each with a backup of before; one of a newer version, too."""
    root = tmp_path_factory.mktemp("upgraded")
    for version in OLDER:
        folder = root / "data" / f"v{version}"
        shutil.copytree(template[0], folder)
        age(folder, version)
        keep_backup(folder, root / "data" / ".backups", root / "staging", version)
    newer = root / "data" / "newer"
    shutil.copytree(template[0], newer)
    with closing(sqlite3.connect(newer / "ledger.sqlite3")) as db:
        db.execute(f"PRAGMA user_version = {migrations.LEDGER_VERSION + 1}")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    server = ServerProcess(root / "data").start()
    yield server
    log = server.log.read_text()
    server.stop()
    assert "Traceback" not in log


@pytest.fixture
def open_as(upgraded):
    """A client of a tenant of the upgraded server."""
    made = []

    def opened(tenant):
        made.append(LearningApi(upgraded.target, tenant=tenant, timeout=60))
        return made[-1]

    yield opened
    for one in made:
        one.close()


@pytest.mark.parametrize("version", OLDER)
def test_all_of_an_older_version_is_there_goes_on_and_comes_back(template, upgraded, open_as, version):
    _, seen, facts = template
    with closing(sqlite3.connect(upgraded.data / ".backups" / f"v{version}" / "before" / "ledger.sqlite3")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,), "this is no rehearsal"
    api = open_as(f"v{version}")
    assert state(api) == seen
    if version >= LEARNING:
        assert api.facts("ada") == facts
    assert not api.found("secret", mode=pb.SEARCH_MODE_TEXT)

    # Streams, request ids and sessions go on.
    assert api.PublishInteractions(REPEATED).duplicate
    stream = api.stream(stream_id="till", user_id="cy", session_id="shop")
    assert stream.opened.next_offset == 2
    stream.append("and a rope", offset=1)
    stream.append("and a lantern", offset=2)
    stream.finish()
    [shop] = api.ListSessions(pb.ListSessionsRequest(user_id="cy")).sessions
    assert shop.interaction_count == 3
    (late,) = api.publish("a tent of after the upgrade", user="ada", session="trip")
    assert api.found("tent of after the upgrade", mode=pb.SEARCH_MODE_VECTOR)[0] == "a tent of after the upgrade"
    api.AnnotateInteraction(
        pb.AnnotateInteractionRequest(interaction_id=late, annotation=ipb.Annotation(comment="new"))
    )
    # So does learning.
    api.say("I work as a carpenter.", user="dora")
    assert any("carpenter" in one for one in api.facts("dora"))
    api.PublishInteractions(batch("y", user="y", wait=pb.WAIT_LEVEL_VISIBLE))
    with closing(sqlite3.connect(f"file:{upgraded.data}/v{version}/ledger.sqlite3?mode=ro", uri=True)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (migrations.LEDGER_VERSION,)

    # Back to before: beside, and in place.
    restored(api, f"v{version}", "before", f"v{version}-before")
    assert state(open_as(f"v{version}-before")) == seen
    restored(api, f"v{version}", "before", f"v{version}", replace=True)
    assert eventually(lambda: state(api) == seen)
    if version >= LEARNING:
        assert api.facts("ada") == facts
    api.publish("after the way back", user="ada")
    assert "after the way back" in api.contents(user_id="ada")


def test_a_newer_version_is_refused_and_left_as_it_is(upgraded, open_as):
    before = digests(upgraded.data / "newer")
    api = open_as("newer")
    for call, request in (
        (api.ListInteractions, pb.ListInteractionsRequest()),
        (api.PublishInteractions, batch("a")),
    ):
        found = refused(call, request)
        assert (found.code, found.reason) == ("FAILED_PRECONDITION", "STORAGE_INCOMPATIBLE")
        assert f"version {migrations.LEDGER_VERSION + 1}" in found.message
    after = digests(upgraded.data / "newer")
    # SQLite leaves these empty beside a database that it has read.
    assert after.keys() - before.keys() <= {"ledger.sqlite3-shm", "ledger.sqlite3-wal"}
    assert {name: after[name] for name in before} == before
    assert api.by(tenant="others").publish("b"), "other tenants are served"
