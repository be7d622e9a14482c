"""Everything held on a person, taken out: what is in it, its schemas and digests, its end."""

import hashlib
import io
import json
import threading
from datetime import UTC, datetime, timedelta

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import eventually
from tests.service.kit import PNG, admin_pb, batch, fresh, refused
from tests.service.learning_kit import LearningApi
from tests.service.user_export_kit import (
    JSON_LINES,
    PARQUET,
    STRANGER,
    exported,
    known_everywhere,
    manifest,
    rows,
)

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
NESTED = {
    "dropped",
    "metadata",
    "before",
    "after",
    "custom_features",
    "tool_data",
    "values",
    "satisfaction",
    "injected",
    "cited",
}


@pytest.fixture(scope="module")
def everybody(shared_server):
    api = LearningApi(shared_server.target, timeout=60.0)
    yield api
    api.close()


@pytest.fixture
def api(everybody):
    return everybody.by(tenant=fresh("exports"))


@pytest.fixture(scope="module")
def known(everybody):
    """A tenant in which somebody is known to every service, and their export."""
    api = everybody.by(tenant=fresh("known"))
    known_everywhere(api)
    eventually(lambda: rows(exported(api, "ada")[0], "session_evaluations"))
    files, summary = exported(api, "ada")
    return api, files, summary


def test_every_service_is_in_it_and_nobody_else(known):
    _, files, summary = known
    counts = dict(summary.counts)
    filled = {name for name, count in counts.items() if count}
    assert filled >= {
        "interactions", "annotations", "profiles", "user_playbooks", "learning_changes", "learning_windows",
        "learning_cursors", "learners", "session_outcomes", "session_evaluations", "shop_events", "customers", "orders",
        "identity_links", "features", "monitor_events", "monitor_consents", "usage_profiles", "privacy_actions",
    }  # fmt: skip
    assert counts["interactions"] == 10
    assert counts["orders"] == 1
    assert counts["monitor_events"] == 2
    assert sorted(one["product_id"] for one in rows(files, "shop_events")) == ["kettle", "kettle", "tea"]
    assert [one["from_interaction"] for one in rows(files, "shop_events")].count(True) == 1
    everything = b"".join(files.values())
    assert STRANGER.encode() not in everything
    assert b"Oslo" not in everything
    assert b"rollback" not in everything
    [image] = [path for path in files if path.startswith("images/")]
    assert image == f"images/{hashlib.sha256(PNG).hexdigest()}.png"
    assert files[image] == PNG


def test_the_manifest_is_right(known):
    _, files, summary = known
    told = manifest(files)
    assert list(files)[-1] == "manifest.json"
    assert told["user_ids"] == ["ada"]
    assert told["counts"] == dict(summary.counts)
    assert told["sequence"] == summary.sequence
    assert {one["path"]: one["sha256"] for one in told["files"]} == {
        path: hashlib.sha256(content).hexdigest() for path, content in files.items() if path != "manifest.json"
    }
    for table, count in told["counts"].items():
        assert len(rows(files, table)) == count
        assert (f"{table}.jsonl" in files) == (count > 0)
        assert (f"schema/{table}.json" in files) == (count > 0)


def test_every_line_fulfils_its_schema_and_no_other_fields_do(known):
    _, files, _ = known
    for path, content in files.items():
        if not path.startswith("schema/"):
            continue
        schema = json.loads(content)
        jsonschema.Draft202012Validator.check_schema(schema)
        check = jsonschema.Draft202012Validator(schema)
        for row in rows(files, schema["title"]):
            check.validate(row)
        assert not check.is_valid(row | {"another": 1}), path
    everything = rows(files, "interactions")
    assert [one["data"]["expert_content"] for one in everything][1].startswith("Noted: no peanuts")
    assert everything[0]["header"]["metadata"] == {"campaign": "spring"}
    looked = next(one["data"] for one in everything if one["data"]["user_action"] == "VIEW")
    assert looked["details"]["metadata"] == {"nested": {"list": [1, "two", None]}}
    [failed] = [one for one in rows(files, "monitor_events") if one["status"] == "error"]
    assert "no such host" in failed["error_message"]


def test_parquet_says_the_same_in_typed_columns(known):
    api, lines, _ = known
    files, summary = exported(api, "ada", PARQUET)
    assert not any(path.endswith(".jsonl") for path in files)
    for table, count in summary.counts.items():
        if not count:
            continue
        found = pq.read_table(io.BytesIO(files[f"{table}.parquet"]))
        assert found.num_rows == count
        if table in {"features", "usage_profiles", "privacy_actions"}:
            continue  # as of another moment
        assert [_of_parquet(one) for one in found.to_pylist()] == [_of_json(one) for one in rows(lines, table)], table
    schema = pq.read_schema(io.BytesIO(files["interactions.parquet"]))
    assert schema.field("publish_time").type == pa.timestamp("us", "UTC")
    assert pa.types.is_struct(schema.field("header").type)
    events = pq.read_schema(io.BytesIO(files["shop_events.parquet"]))
    assert events.field("view_duration").type == pa.float64()
    assert events.field("result_product_ids").type == pa.list_(pa.string())


def _of_parquet(value, name=""):
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    if isinstance(value, str) and name in NESTED:
        return _of_json(json.loads(value))
    if isinstance(value, dict):
        return {key: _of_parquet(one, key) for key, one in value.items()}
    return [_of_parquet(one, name) for one in value] if isinstance(value, list) else value


def _of_json(value):
    if isinstance(value, dict):
        return {key: _of_json(one) for key, one in value.items() if key != "type"}
    return [_of_json(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", [0, JSON_LINES, PARQUET])
def test_somebody_on_whom_nothing_is_held(api, form):
    api.publish("hello", user="ada")
    told = refused(api.ExportUser, admin_pb.ExportUserRequest(user_id="nobody", format=form))
    assert (told.code, told.reason, told.metadata["resourceName"]) == ("NOT_FOUND", "USER_NOT_FOUND", "nobody")
    assert exported(api, "ada", form)[1].counts["interactions"] == 1


def test_another_tenant_knows_nobody(api):
    api.publish("hello", user="ada")
    for tenant in (fresh("other"), fresh("made")):
        other = api.by(tenant=tenant)
        if tenant.startswith("made"):
            other.publish("hello", user="bob")
        assert refused(other.ExportUser, admin_pb.ExportUserRequest(user_id="ada")).reason == "USER_NOT_FOUND"


@pytest.mark.parametrize("user", ["", "x" * 257])
def test_a_bad_id(api, user):
    assert refused(api.ExportUser, admin_pb.ExportUserRequest(user_id=user)).reason == "INVALID_REQUEST"


def test_what_is_held_by_one_service_only(api):
    api.profile("Likes tea", user="facts")
    files, _ = exported(api, "facts")
    assert [one["content"] for one in rows(files, "profiles")] == ["Likes tea"]


def test_it_holds_exactly_what_was_acked_up_to_its_sequence(api):
    api.publish(*(f"before {number}" for number in range(500)), user="ada")
    going, published = threading.Event(), []

    def publish():
        number = 0
        while not going.is_set():
            published.extend(api.publish(*(f"during {number} {at}" for at in range(5)), user="ada"))
            number += 1

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        eventually(lambda: published)
        found = [(list(published), exported(api, "ada")[0]) for _ in range(3)]
    finally:
        going.set()
        publisher.join()
    places = {one["interaction_id"]: one["seq"] for one in rows(exported(api, "ada")[0], "interactions")}
    for acked, files in found:
        held = [one["interaction_id"] for one in rows(files, "interactions")]
        assert held == [one for one, seq in places.items() if seq <= manifest(files)["sequence"]]
        assert set(held) >= set(acked)


def test_an_export_that_is_broken_off(api, shared_server):
    api.publish(*("a long turn " * 300 for _ in range(1000)), user="ada")
    call = api.ExportUser(admin_pb.ExportUserRequest(user_id="ada"))
    assert next(call).file.path
    call.cancel()
    told = api.by(timeout=0.02)
    with pytest.raises(Exception, match="DEADLINE_EXCEEDED"):
        list(told.ExportUser(admin_pb.ExportUserRequest(user_id="ada")))
    assert exported(api, "ada")[1].counts["interactions"] == 1000
    assert not list(shared_server.data.glob(f"**/{api.tenant}/**/*.jsonl"))


def test_a_guest_and_an_account_are_one_person(api):
    api.publish("as a guest", user="guest")
    api.publish("as an account", user="ada")
    api.LinkUsers(admin_pb.LinkUsersRequest(guest_id="guest", account_id="ada"))
    api.PublishInteractions(batch("as a guest again", user="guest"))
    for named in ("guest", "ada"):
        files, summary = exported(api, named)
        assert manifest(files)["user_ids"] == ["ada", "guest"]
        assert summary.counts["interactions"] == 3
        assert [(one["guest_id"], one["account_id"]) for one in rows(files, "user_links")] == [("guest", "ada")]
