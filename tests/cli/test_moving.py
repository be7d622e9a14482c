"""`import-memories` and `export-memories`, as people run them."""

import json
import sqlite3
import uuid

import pytest

from tests.clients.moving_kit import unpacked


@pytest.fixture
def tenant():
    return f"moving-{uuid.uuid4().hex[:8]}"


def test_mem0_dry_run_then_import_then_again(cli, tenant, tmp_path):
    folder = unpacked("mem0", tmp_path)
    arguments = ["import-memories", "mem0", folder / "qdrant", folder / "history.db", "--tenant", tenant]
    planned = cli(*arguments, "--dry-run").ok()
    assert "would be new" in planned.out and "left behind: 1 row: expired in mem0" in planned.err
    assert cli("profiles", "--user", "ada", "--tenant", tenant, "--json").ok().json == []
    counts = {"interaction": 4, "profile": 3, "agent_playbook": 1}
    assert cli(*arguments, "--json").ok().json[-1]["new"] == counts
    last = cli(*arguments, "--json").ok().json
    assert (last[-1]["new"], last[-1]["there"]) == ({}, counts)
    assert {row["why"] for row in last[:-1]} == {"expired in mem0", "deleted in mem0"}
    assert "Lives in Porto" in cli("profiles", "--user", "ada", "--tenant", tenant).ok().out


def test_reflexio_out_as_lines_and_in_again(cli, tenant, tmp_path):
    folder = unpacked("reflexio", tmp_path)
    cli("import-memories", "reflexio", folder / "reflexio.db", "--tenant", tenant).ok()
    out = tmp_path / "memories.jsonl"
    told = cli("export-memories", "--tenant", tenant, "--out", out).ok()
    assert "exported 4 interactions, 2 profiles, 2 user playbooks, 2 agent playbooks" in told.err
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0]["format"] == "interplay-memories" and len(lines) == 11
    assert cli("export-memories", "--tenant", tenant).ok().out.count("\n") == 11
    assert "exists already" in cli("export-memories", "--tenant", tenant, "--out", out).failed().err
    counts = cli("import-memories", "interplay", out, "--tenant", f"{tenant}-b", "--json").ok().json[-1]
    assert counts["new"] == {"interaction": 4, "profile": 2, "user_playbook": 2, "agent_playbook": 2}


def test_langgraph_out_and_in(cli, tenant, tmp_path):
    folder = unpacked("reflexio", tmp_path)
    cli("import-memories", "reflexio", folder, "--tenant", tenant).ok()
    store = tmp_path / "store.sqlite"
    cli("export-memories", "--format", "langgraph").failed(2)
    cli("export-memories", "--format", "langgraph", "--out", store, "--tenant", tenant).ok()
    with sqlite3.connect(store) as db:
        assert db.execute("SELECT count(*) FROM store WHERE prefix = 'memories.mara'").fetchone() == (1,)
    counts = cli("import-memories", "langgraph", store, "--tenant", f"{tenant}-b", "--json").ok().json[-1]
    assert counts["new"] == {"interaction": 4, "profile": 2, "user_playbook": 2, "agent_playbook": 2}


def test_for_mem0(cli, tenant, tmp_path):
    cli("import-memories", "mem0", unpacked("mem0", tmp_path) / "get_all-ben.json", "--tenant", tenant).ok()
    (one,) = json.loads(cli("export-memories", "--format", "mem0", "--tenant", tenant).ok().out)
    assert one["messages"] == [{"role": "user", "content": "Is allergic to peanuts"}]
    assert (one["user_id"], one["infer"]) == ("ben", False)


def test_what_is_no_source_is_refused_in_one_line(cli, tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{}")
    assert "no memories" in cli("import-memories", "mem0", path).failed().err
    cli("import-memories", "letta", path).failed(2)


@pytest.mark.parametrize("system", ["mem0", "reflexio", "langgraph", "interplay"])
def test_what_is_neither_text_nor_a_database_is_named(cli, tmp_path, system):
    path = tmp_path / "rubbish.db"
    path.write_bytes(bytes(range(255, -1, -1)) * 20)
    error = cli("import-memories", system, path).failed().err
    assert "rubbish.db" in error and "fault of ours" not in error


def test_a_store_is_not_written_into_another_file(cli, tmp_path):
    path = tmp_path / "other.db"
    path.write_bytes(b"something else " * 100)
    assert "other.db: no SqliteStore" in cli("export-memories", "--format", "langgraph", "--out", path).failed().err
    assert path.read_bytes() == b"something else " * 100


def test_half_a_surrogate_pair_is_moved_as_one_that_is_missing(cli, tenant, tmp_path):
    path = tmp_path / "all.json"
    path.write_text(r'{"results": [{"id": "a", "memory": "Sails \ud800 \ud83d\ude00", "user_id": "ada"}]}')
    assert cli("import-memories", "mem0", path, "--tenant", tenant, "--json").ok().json[-1]["new"] == {"profile": 1}
    (fact,) = cli("profiles", "--user", "ada", "--tenant", tenant, "--json").ok().json
    assert fact["content"] == "Sails \ufffd \U0001f600"
