"""`interplay learning` and `interplay operations` against a real server, each test in a tenant of its own."""

import asyncio
import json
import re
import tomllib

import pytest
from interplay.v1 import operation_pb2
from interplay_server.cli import operations


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


def config(cli):
    return cli("learning", "config", "show", "--json").ok().json[0]


def test_status(cli, learnt):
    text = cli("learning", "status").ok().out
    assert re.search(r"^state +done$", text, re.MULTILINE)
    assert re.search(r"^provider +rules$", text, re.MULTILINE)
    assert "waiting         0 interactions of 0 users" in text
    assert "profiles: generation 1 is active\n" in text
    assert cli("learning", "status", "--user", learnt, "--json").ok().json[0]["state"] == "LEARNING_STATE_DONE"


def test_status_of_a_request(cli, user):
    stream = cli(
        "publish", "-", "--user", user, "--session", "s", "--json", stdin='{"content": "I live in Oslo."}'
    ).ok()
    cli("learning", "generate", "--user", user).ok()
    request = f"{stream.json[-1]['stream_id']}/0"
    (answer,) = cli("learning", "status", "--request", request, "--json").ok().json
    assert answer["state"] == "LEARNING_STATE_DONE"
    assert answer["window_ids"]
    assert re.search(r"^windows +\w{26}", cli("learning", "status", "--request", request).ok().out, re.MULTILINE)
    assert "REQUEST_NOT_FOUND" in cli("learning", "status", "--request", "nope").failed().err


def test_generate(cli, user):
    cli("learning", "config", "set", "idle_seconds=86400").ok()
    publish = ("publish", "-", "--user", user, "--session", "s")
    cli(*publish, stdin='{"content": "I live in Oslo."}').ok()
    heading, facts = cli("learning", "generate", "--user", user, "--kind", "profiles").ok().out.splitlines()
    assert heading.split() == ["windows", "made", "said", "again", "superseded", "of"]
    assert facts.split() == ["1", "1", "0", "0", "profiles"]
    answers = cli("learning", "generate", "--user", user, "--json").ok().json
    assert len(answers) == 2
    assert "INVALID_ARGUMENT" in cli("learning", "generate", "--user", user, "--extractor", "nope").failed().err


def test_rerun_promote_and_rollback(cli, learnt):
    done = cli("learning", "rerun", "--wait").ok()
    assert re.search(r"^state +succeeded$", done.out, re.MULTILINE)
    assert re.search(r"^profiles_generation +2$", done.out, re.MULTILINE)
    pending = cli("profiles", "--user", learnt, "--lifecycle", "pending", "--json").ok().json
    assert {"Lives in Lisbon", "Is allergic to peanuts"} <= {row["content"] for row in pending}
    assert "2 is ready to promote" in cli("learning", "status").ok().out
    promoted = cli("learning", "promote", "--yes").ok().out
    assert "profiles: generation 2 is active, a rollback goes to 1" in promoted
    assert "playbooks: generation 2 is active, a rollback goes to 1" in promoted
    (pointers,) = cli("learning", "rollback", "--kind", "profiles", "--yes", "--json").ok().json[0]["pointers"]
    assert pointers["active"]["generation"] == "1"
    assert "playbooks: generation 2 is active" in cli("learning", "status").ok().out
    assert "NOTHING_TO_PROMOTE" in cli("learning", "promote", "--yes").failed().err
    assert "NOTHING_TO_ROLL_BACK" in cli("learning", "rollback", "--kind", "profiles", "--yes").failed().err


def test_rerun_of_some(cli, learnt):
    flags = ("--kind", "profiles", "--user", learnt, "--since", "-1d", "--until", "now", "--wait", "--json")
    (operation,) = cli("learning", "rerun", *flags).ok().json
    assert operation["state"] == "OPERATION_STATE_SUCCEEDED"
    assert "(of 1 user) is ready to promote" in cli("learning", "status").ok().out
    assert "INVALID_ARGUMENT" in cli("learning", "rerun", "--extractor", "nope").failed().err


def test_operations(cli, learnt):
    accepted = cli("learning", "rerun", "--request-id", learnt).ok()
    operation = accepted.out.strip()
    assert accepted.err == f"accepted; follow it with: interplay operations watch {operation}\n"
    assert cli("learning", "rerun", "--request-id", learnt).ok().out.strip() == operation
    assert " succeeded " in cli("operations", "watch", operation).ok().out.splitlines()[-1]
    states = [one["state"] for one in cli("operations", "watch", operation, "--json").ok().json]
    assert states[-1] == "OPERATION_STATE_SUCCEEDED"
    heading, line = cli("operations", "--kind", "rerun_learning").ok().out.splitlines()
    assert heading.split() == ["operation", "kind", "state", "done", "accepted", "ended", "result"]
    assert line.startswith(f"{operation}  rerun_learning  succeeded")
    assert cli("operations", "--state", "failed", "--json").ok().json == []
    assert len(cli("operations", "list", "--limit", 1, "--json").ok().json) == 1
    assert re.search(r"^users +1$", cli("operations", "show", operation).ok().out, re.MULTILINE)
    assert cli("operations", "cancel", operation, "--yes").ok().out == f"operation {operation}: succeeded\n"
    for command in (["show"], ["watch"], ["cancel", "--yes"]):
        assert "OPERATION_NOT_FOUND" in cli("operations", *command, "nope").failed().err


def test_provenance(cli, learnt):
    fact = cli("profiles", "--user", learnt, "--json").ok().json[0]["profile_id"]
    text = cli("learning", "provenance", fact).ok().out
    assert re.search(r"^made +rules, ", text, re.MULTILINE)
    assert re.search(r"^learnt from +\w{26} content\[", text, re.MULTILINE)
    assert re.search(rf"^\w{{26}} +{learnt} +profiles ", text, re.MULTILINE)
    cli("playbooks", "aggregate", "--wait").ok()
    for flags in (("--user", learnt), ("--agent-wide",)):
        row = cli("playbooks", *flags, "--json").ok().json[0]
        (answer,) = cli("learning", "provenance", row["playbook_id"], "--json").ok().json
        assert answer["windows"][0]["extractor"] == "playbooks"
        assert answer.get("member_ids", []) == row.get("member_ids", [])
    assert "NOT_FOUND" in cli("learning", "provenance", "nope").failed().err


def test_config_pairs(cli):
    pairs = (
        "preset=long-form", "aggregation.min_users=3", "aggregation.similarity=0.75", "wait_full_first_window=true",
        "learn_from=both", 'profile_extractors=[{"name": "shop", "sources": ["web"], "stride": 4}]',
    )  # fmt: skip
    cli("learning", "config", "set", *pairs).ok()
    found = config(cli)
    # The preset reaches the windows, which were filled in before.
    assert (found["preset"], found["window_size"], found["stride"]) == ("WINDOW_PRESET_LONG_FORM", 25, 10)
    assert (found["aggregation"]["min_users"], found["aggregation"]["similarity"]) == (3, 0.75)
    assert found["learn_from"] == "LEARN_FROM_BOTH"
    assert [(one["name"], one.get("window_size"), one["stride"]) for one in found["profile_extractors"]] == [
        ("shop", None, 4)
    ]
    cli("learning", "config", "set", "window_size=20", "learn_from=").ok()
    found = config(cli)
    assert (found["window_size"], found["profile_extractors"][0].get("window_size")) == (20, None)
    assert (found["revision"], found["learn_from"]) == ("2", "LEARN_FROM_PRODUCTION")
    cli("learning", "config", "set", "window_size=").ok()
    assert config(cli)["window_size"] == 25


def test_config_file(cli, tmp_path):
    file = tmp_path / "learning.toml"
    file.write_text(cli("learning", "config", "show").ok().out)
    shown = tomllib.loads(file.read_text())
    assert "window_size" not in shown
    assert (shown["preset"], shown["aggregation"]["min_cluster_size"]) == ("standard", 2)
    before = config(cli)
    cli("learning", "config", "set", "--file", file).ok()
    assert config(cli) | before.fromkeys(("revision", "etag", "update_time")) == before | before.fromkeys(
        ("revision", "etag", "update_time")
    )
    assert "CONCURRENT_CHANGE" in cli("learning", "config", "set", "--file", file).failed().err
    cli("learning", "config", "set", "--file", file, "--etag", "", "preset=quick-chat").ok()
    assert config(cli)["window_size"] == 5
    assert "CONCURRENT_CHANGE" in cli("learning", "config", "set", "disabled=true", "--etag", "stale").failed().err

    odd = {"profile_extractors": [{"name": "odd", "extraction_definition": 'a "b"\\\n\x7f\t☃ 😀'}]}
    (tmp_path / "odd.json").write_text(json.dumps(odd | {"preset": "high_volume"}))
    text = cli("learning", "config", "set", "--file", tmp_path / "odd.json").ok().out
    assert tomllib.loads(text)["profile_extractors"][0]["extraction_definition"] == 'a "b"\\\n\x7f\t☃ 😀'
    assert 'preset = "high-volume"' in text


def test_config_can_be_checked_alone(cli):
    done = cli("learning", "config", "set", "preset=quick-chat", "--validate-only").ok()
    assert 'preset = "quick-chat"' in done.out
    assert "nothing was changed" in done.err
    assert config(cli)["preset"] == "WINDOW_PRESET_STANDARD"


@pytest.mark.parametrize(
    ("pair", "what"),
    [
        ("nope=1", "is not KEY=VALUE of one of disabled"),
        ("preset", "is not KEY=VALUE"),
        ("preset=huge", "none of quick-chat, standard"),
        ("window_size=many", "neither a number"),
        ("window_size=1.5", "window_size"),
        ("disabled=maybe", "neither a number"),
        ("preset.size=1", "preset has no parts"),
        ("aggregation.nope=1", "one of disabled, min_cluster_size"),
        ('profile_extractors={"name": "x"}', "profile_extractors"),
        ("profile_extractors.name=x", "profile_extractors has no parts"),
    ],
)
def test_config_pairs_that_say_nothing(cli, pair, what):
    assert what in cli("learning", "config", "set", pair, COLUMNS="1000").failed(2).err


def test_config_that_a_server_refuses(cli, tmp_path):
    done = cli("learning", "config", "set", "window_size=5", "stride=9").failed()
    assert "INVALID_ARGUMENT (INVALID_REQUEST): config.stride: " in done.err
    assert "PROVIDER_NOT_CONFIGURED" in cli("learning", "config", "set", "provider=openai").failed().err
    for name, text in {
        "a.toml": "preset = ",
        "b.json": "{",
        "c.toml": "colour = 'red'",
        "d.toml": "stride = 'x'",
    }.items():
        (tmp_path / name).write_text(text)
        assert f"{name}: " in cli("learning", "config", "set", "--file", tmp_path / name).failed().err
    cli("learning", "config", "set", "--file", "absent.toml").failed(2)


class SlowClient:
    """Its operation never ends."""

    async def watch_operation(self, operation_id):
        yield operation_pb2.Operation(operation_id=operation_id, progress_percent=40)
        await asyncio.Event().wait()


async def test_waiting_can_be_left(capsys):
    operation = operation_pb2.Operation(operation_id="op-1", kind="rerun_learning")
    waiting = asyncio.ensure_future(operations.accepted(SlowClient(), operation, wait=True, as_json=False))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    out, err = capsys.readouterr()
    assert out == ""
    assert "it goes on: interplay operations watch op-1" in err


@pytest.mark.parametrize(
    ("state", "message", "line"),
    [
        ("FAILED", "the disk is full", "error: FAILED: the disk is full\n"),
        ("CANCELLED", "", "error: CANCELLED: operation op-1 was cancelled\n"),
    ],
)
def test_work_that_did_not_succeed_ends_with_1(capsys, state, message, line):
    operation = operation_pb2.Operation(operation_id="op-1", state=f"OPERATION_STATE_{state}")
    operation.error.message = message
    assert operations.ending(operation) == 1
    assert capsys.readouterr().err == line
