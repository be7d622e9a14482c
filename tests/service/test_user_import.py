"""Exports of people taken in: the same answers as before, all or nothing, bad input and kills."""

import json

import grpc
import pytest
from interplay.v1 import custody_pb2

from tests.conftest import ServerProcess, eventually
from tests.service.kit import GIF, PNG, Api, admin_pb, context_pb, data, fresh, pb, refused
from tests.service.learning_kit import LearningApi
from tests.service.monitor_kit import OUT, Monitor
from tests.service.user_export_kit import (
    PARQUET,
    answers,
    changed,
    exported,
    imported,
    known_everywhere,
    manifest,
    plain,
    refusal,
    requests,
    restated,
    rows,
    same_rows,
)


@pytest.fixture(scope="module")
def everybody(shared_server):
    api = LearningApi(shared_server.target, timeout=60.0)
    yield api
    api.close()


@pytest.fixture
def api(everybody):
    """An empty tenant."""
    return everybody.by(tenant=fresh("imports"))


@pytest.fixture(scope="module")
def known(everybody):
    api = everybody.by(tenant=fresh("known"))
    known_everywhere(api)
    eventually(lambda: rows(exported(api, "ada")[0], "session_evaluations"))
    return api, exported(api, "ada")[0]


@pytest.fixture(scope="module")
def small(everybody):
    """Files of somebody who said two things and showed an image."""
    api = everybody.by(tenant=fresh("small"))
    api.say("I live in Lisbon.", "I love hiking.", user="ada", session="s")
    api.say("look", data("", role="User", image=PNG), user="ada", session="s")
    return exported(api, "ada")[0]


def test_the_same_answers_to_the_same_searches(known, api):
    before, files = known
    counts, told = imported(api, files)
    assert told["interactions.jsonl"] == counts["interactions"] == 10
    assert counts["features.skipped"] == len(rows(files, "features"))
    assert counts["images"] == 1
    mine, theirs = answers(api), answers(before)
    for question in theirs:
        if question[-1] != "context":
            assert mine[question] == theirs[question], question
    [shown] = [one for one in api.listed(user_id="ada") if one.data.content == "This is the one."]
    full = api.GetInteraction(pb.GetInteractionRequest(interaction_id=shown.interaction_id, view=2)).interaction
    assert full.data.image == PNG
    assert full.annotations[0].comment == "a good picture"
    assert not {one.interaction_id for one in api.listed()} & {one.interaction_id for one in before.listed()}
    evidence = {one.interaction_id for profile in api.profiles("ada") for one in profile.evidence}
    assert evidence <= {one.interaction_id for one in api.listed(user_id="ada")}
    assert evidence


def test_the_briefing_is_the_same_but_for_lessons_of_agents(known, api):
    before, files = known
    imported(api, files)
    for query in ("Where do I live?", "How should I be reached?"):
        asked = context_pb.GetContextRequest(user_id="ada", query=query)
        mine, theirs = api.GetContext(asked), before.GetContext(asked)
        assert [one.profile.content for one in mine.profiles] == [one.profile.content for one in theirs.profiles]
        assert [one.interaction.data.content for one in mine.interactions] == [
            one.interaction.data.content for one in theirs.interactions
        ]


def test_an_export_of_what_was_taken_in_says_the_same(known, api):
    _, files = known
    imported(api, files)
    again, summary = exported(api, "ada")
    same_rows(files, again)
    assert summary.counts["interactions"] == 10
    assert manifest(again)["user_ids"] == ["ada"]


def test_files_in_any_order_and_in_small_pieces(small, api):
    files = dict(reversed(list(small.items())))
    assert imported(api, files, piece=7)[0]["interactions"] == 4


def test_learning_goes_on_where_it_was(small, api):
    imported(api, small)
    windows = len(rows(small, "learning_windows"))
    assert api.caught_up("ada")
    assert len(rows(exported(api, "ada")[0], "learning_windows")) == windows
    api.say("I moved to Porto last week.", user="ada", session="s")
    assert "Loves hiking" in api.facts("ada")
    assert any("Porto" in one for one in api.facts("ada"))
    assert "Lives in Lisbon" not in api.facts("ada")


def test_what_was_taken_in_goes_when_it_is_deleted(small, api):
    imported(api, small)
    assert api.facts("ada")
    assert api.delete(user_id="ada") == 4
    assert api.facts("ada") == []


def test_a_guest_and_an_account(api, everybody):
    source = everybody.by(tenant=fresh("linked"))
    source.say("I live in Lisbon.", user="guest", session="g")
    source.say("I love hiking.", user="ada", session="a")
    source.LinkUsers(admin_pb.LinkUsersRequest(guest_id="guest", account_id="ada"))
    source.say("I am allergic to peanuts.", user="guest", session="g")
    files = exported(source, "guest")[0]
    imported(api, files)
    assert api.facts("guest") == source.facts("guest") == api.facts("ada")
    assert api.contents(user_id="ada") == source.contents(user_id="ada")
    assert manifest(exported(api, "ada")[0])["user_ids"] == ["ada", "guest"]


@pytest.mark.parametrize("mode", [custody_pb2.ENCRYPTION_MODE_INDEXED, custody_pb2.ENCRYPTION_MODE_SEALED])
def test_the_content_policy_of_the_tenant_holds(known, api, mode):
    rule = custody_pb2.ContentRule(encryption=mode)
    api.SetContentPolicy(admin_pb.SetContentPolicyRequest(policy=custody_pb2.ContentPolicy(rules=[rule])))
    before, files = known
    imported(api, files)
    api.optimized()
    assert api.contents(user_id="ada") == before.contents(user_id="ada")
    assert bool(api.found("peanuts", user_id="ada")) == (mode == custody_pb2.ENCRYPTION_MODE_INDEXED)
    again, _ = exported(api, "ada")
    for table in ("interactions", "annotations"):
        assert plain(rows(again, table)) == plain(rows(files, table))
    assert PNG in again.values()


def test_who_opted_out_stays_so(api, everybody):
    source = everybody.by(tenant=fresh("private"))
    monitor = Monitor(source)
    monitor.record("deploy", user="ada")
    monitor.consent("ada", OUT)
    files = exported(source, "ada")[0]
    counts, _ = imported(api, files)
    assert (counts["monitor_events"], counts["monitor_events.skipped"]) == (0, 1)
    Monitor(api).record("deploy", user="ada")
    assert Monitor(api).total() == 0


@pytest.mark.parametrize("user", ["ada", "stranger"])
def test_somebody_who_is_held_already(small, api, user):
    api.publish("here before", user=user)
    if user == "ada":
        told = refusal(api, small)
        assert (told.code, told.reason, told.metadata["userId"]) == ("ALREADY_EXISTS", "USER_EXISTS", "ada")
        assert api.contents() == ["here before"]
    else:
        imported(api, small)
        assert refusal(api, small).reason == "USER_EXISTS", "twice"
        assert len(api.contents()) == 5


def test_somebody_who_was_erased_here(small, api):
    imported(api, small)
    started = api.EraseUser(admin_pb.EraseUserRequest(user_id="ada"))
    api.succeeded(started.operation.operation_id)
    assert refused(api.ExportUser, admin_pb.ExportUserRequest(user_id="ada")).reason == "USER_NOT_FOUND"
    assert refusal(api, small).reason == "USER_ERASED"
    assert api.contents() == []
    api.ReadmitUser(admin_pb.ReadmitUserRequest(user_id="ada"))
    assert imported(api, small)[0]["interactions"] == 4


BAD = {
    "no manifest": (lambda files: {k: v for k, v in files.items() if k != "manifest.json"}, "manifest.json"),
    "nothing at all": (lambda _: {}, "manifest.json"),
    "a foreign file": (lambda files: files | {"notes.txt": b"hello"}, "notes.txt"),
    "a file that the manifest does not name": (
        lambda files: files | {"orders.jsonl": b""},
        "orders.jsonl",
    ),
    "a way out": (lambda files: files | {"../interactions.jsonl": b""}, "../interactions.jsonl"),
    "an absolute path": (lambda files: files | {"/etc/passwd": b""}, "/etc/passwd"),
    "an image with another name": (
        lambda files: files | {f"images/{'0' * 64}.png": PNG},
        f"images/{'0' * 64}.png",
    ),
    "an image of another kind": (lambda files: _renamed(files, GIF), None),
    "a file is missing": (lambda files: _without(files, "profiles.jsonl"), "profiles.jsonl"),
    "an image is missing": (lambda files: restated(files, _image(files), None), "interactions.jsonl:4"),
    "a flipped byte": (lambda files: files | {"profiles.jsonl": files["profiles.jsonl"][:-3] + b" }\n"}, None),
    "another version": (lambda files: _stated(files, format_version=2), "manifest.json"),
    "no version": (lambda files: files | {"manifest.json": b"{}"}, "manifest.json"),
    "a manifest that is no object": (lambda files: files | {"manifest.json": b"[1]"}, "manifest.json"),
    "a manifest that is no JSON": (lambda files: files | {"manifest.json": b"{"}, "manifest.json"),
    "a manifest with an unknown field": (lambda files: _stated(files, another=1), "manifest.json"),
    "nobody": (lambda files: _stated(files, user_ids=[]), "manifest.json"),
    "somebody twice": (lambda files: _stated(files, user_ids=["ada", "ada"]), "manifest.json"),
    "a blank id": (lambda files: _stated(files, user_ids=["ada", " "]), "manifest.json"),
    "other counts": (lambda files: _stated(files, counts={"interactions": 9}), "interactions.jsonl"),
    "broken JSON": (
        lambda files: restated(files, "interactions.jsonl", files["interactions.jsonl"] + b"{\n"),
        "interactions.jsonl:5",
    ),
    "no UTF-8": (
        lambda files: restated(files, "interactions.jsonl", b'{"seq": "\xff"}\n'),
        "interactions.jsonl:1",
    ),
    "an unknown field": (
        lambda files: changed(files, "interactions", lambda row: row | {"another": 1}, 1),
        "interactions.jsonl:2",
    ),
    "an unknown field inside": (
        lambda files: changed(files, "profiles", lambda row: row["evidence"][0].update(x=1)),
        "profiles.jsonl:1",
    ),
    "another type": (
        lambda files: changed(files, "interactions", lambda row: row | {"seq": "1"}),
        "interactions.jsonl:1",
    ),
    "no seq of its own": (lambda files: changed(files, "interactions", lambda row: row | {"seq": 2}), None),
    "somebody else": (
        lambda files: changed(files, "interactions", lambda row: row["header"].update(user_id="bob")),
        "interactions.jsonl:1",
    ),
    "somebody else's fact": (
        lambda files: changed(files, "profiles", lambda row: row | {"user_id": "bob"}),
        "profiles.jsonl:1",
    ),
    "an id twice": (
        lambda files: restated(files, "profiles.jsonl", files["profiles.jsonl"].splitlines(keepends=True)[0] * 2),
        "profiles.jsonl:2",
    ),
    "an action that there is not": (
        lambda files: changed(files, "interactions", lambda row: row["data"].update(user_action="FLY")),
        "interactions.jsonl:1",
    ),
    "no session": (
        lambda files: changed(files, "interactions", lambda row: row["header"].update(session_id="")),
        "interactions.jsonl:1",
    ),
    "a change of another row": (
        lambda files: changed(files, "learning_changes", lambda row: row | {"kind": "agent_playbook"}),
        "learning_changes.jsonl:1",
    ),
}


def _image(files):
    return next(path for path in files if path.startswith("images/"))


def _without(files, path):
    return {name: one for name, one in files.items() if name != path}


def _renamed(files, content):
    return {name: content if name == _image(files) else one for name, one in files.items()}


def _stated(files, **fields):
    return files | {"manifest.json": json.dumps(manifest(files) | fields).encode()}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_stores_nothing(small, api, name):
    spoil, place = BAD[name]
    told = refusal(api, spoil(small))
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert place is None or told.fields == [place]
    assert refused(api.ExportUser, admin_pb.ExportUserRequest(user_id="ada")).reason == "USER_NOT_FOUND"
    assert api.contents() == []


def test_a_parquet_export_is_refused(known, api):
    files, _ = exported(known[0], "ada", PARQUET)
    assert refusal(api, files).reason == "INVALID_REQUEST"


def test_a_line_without_end(api):
    def endless():
        yield next(requests({"interactions.jsonl": b"x"}))
        for _ in range(40):
            yield admin_pb.ImportUserRequest(data=b" " * 2**20)

    told = refused(api.ImportUser, endless())
    assert told.fields == ["interactions.jsonl:1"]


def test_bytes_before_a_file(api):
    assert refused(api.ImportUser, iter([admin_pb.ImportUserRequest(data=b"x")])).reason == "STREAM_PROTOCOL"
    assert refused(api.ImportUser, iter([admin_pb.ImportUserRequest()])).code == "INVALID_ARGUMENT"


def test_a_call_that_is_broken_off_stores_nothing(small, api, shared_server):
    def begun():
        yield from requests({path: one for path, one in small.items() if path != "manifest.json"})
        raise RuntimeError("the caller goes away")

    with pytest.raises(grpc.RpcError):
        list(api.ImportUser(begun()))
    assert api.contents() == []
    assert eventually(lambda: not list(shared_server.data.glob(".imports/*")))


def test_a_kill_leaves_all_of_it_or_nothing(tmp_path):
    """Once when every file is told of, once when the result is."""
    server = ServerProcess(tmp_path / "data").start()
    source = Api(server.target, tenant="source", timeout=60.0)
    for number in range(4):
        source.publish(*(f"turn {number} {at} about tea" for at in range(1000)), user="ada", session=f"s{number}")
    files = exported(source, "ada")[0]
    source.close()
    for answered in (False, True):
        tenant = f"answered-{answered}".lower()
        api = Api(server.target, tenant=tenant, timeout=60.0)
        answers = iter(api.ImportUser(requests(files, 2**20)))
        for _ in range(len(files) + answered):
            last = next(answers)
        server.kill()
        api.close()
        assert last.HasField("result") == answered
        (tmp_path / "data" / ".imports" / "left").mkdir(parents=True, exist_ok=True)
        server.restart()
        api = Api(server.target, tenant=tenant, timeout=60.0)
        held = api.contents(user_id="ada")
        assert len(held) in ({1000} if answered else {0, 1000})
        assert not list((tmp_path / "data").glob(".imports/*"))
        if not held:
            imported(api, files)
        assert exported(api, "ada")[1].counts["interactions"] == 4000
        assert refusal(api, files).reason == "USER_EXISTS"
        api.close()
    server.terminate()
