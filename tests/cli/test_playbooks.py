"""`interplay playbooks` against a real server."""

import json
import re

import pytest


@pytest.fixture
def lesson(cli, learnt):
    """Id of a user playbook that an expert's reply taught."""
    return rows(cli, "--user", learnt, "--kind", "expert")[0]["playbook_id"]


@pytest.fixture
def agent(cli, user):
    """An agent of this test alone, with a lesson of its own by hand; its id is `agent`."""
    cli("playbooks", "add", "Ask for the receipt", "--agent-wide", "--agent", user, "--trigger", "A phone is returned",
        "--pitfall", "Guessing the date", "--rationale", "The shop needs it").ok()  # fmt: skip
    return user


def rows(cli, *flags):
    return cli("playbooks", "--json", *flags).ok().json


def test_list(cli, learnt, lesson):
    heading, *lines = cli("playbooks", "--user", learnt).ok().out.splitlines()
    assert heading.split() == ["playbook", "user", "kind", "state", "lesson"]
    assert any(re.match(rf"{lesson} +{learnt} +expert +current +When ", line) for line in lines)
    assert rows(cli, "--user", learnt, "--kind", "correction") == []
    assert len(rows(cli, "--user", learnt, "--limit", 1)) == 1
    assert rows(cli, "--user", learnt, "--as-of", "-1d") == []


def test_list_agent_wide(cli, agent):
    heading, line = cli("playbooks", "--agent-wide", "--agent", agent).ok().out.splitlines()
    assert heading.split() == ["playbook", "agent", "review", "state", "support", "lesson"]
    assert re.match(rf"\w{{26}} +{agent} +pending +current +- +When A phone is returned", line)
    assert rows(cli, "--agent-wide", "--agent", agent, "--approval", "approved", "--approval", "rejected") == []
    assert rows(cli, "--agent-wide", "--agent", agent, "--conflict") == []
    assert len(rows(cli, "--agent-wide", "--agent", agent, "--no-conflict")) == 1


def test_search(cli, learnt, agent):
    heading, first, why, *_ = (
        cli("playbooks", "search", "original receipt", "--user", learnt, "--explain").ok().out.splitlines()
    )
    assert heading.split() == ["#", "score", "similar", "matched", "playbook", "user", "kind", "lesson"]
    assert "receipt" in first
    assert "cosine " in why
    best, *_ = cli("playbooks", "search", "receipt", "--agent-wide", "--agent", agent, "--json").ok().json
    assert best["playbook"]["instruction"] == "Ask for the receipt"
    assert cli("playbooks", "search", "receipt", "--user", "nobody").ok().err == "nothing found\n"


def test_show_finds_either_kind(cli, learnt, lesson, agent):
    text = cli("playbooks", "show", lesson).ok().out
    assert re.search(rf"^user +{learnt}$", text, re.MULTILINE)
    assert re.search(r"^learnt from +\w{26} expert_content\[\d+:\d+\]", text, re.MULTILINE)
    wide = rows(cli, "--agent-wide", "--agent", agent)[0]["playbook_id"]
    text = cli("playbooks", "show", wide).ok().out
    for name, value in {
        "review": "pending", "agent": agent, "when": "A phone is returned", "do": "Ask for the receipt",
        "avoid": "Guessing the date", "because": "The shop needs it", "made": "by hand",
    }.items():  # fmt: skip
        assert re.search(rf"^{name} +{value}$", text, re.MULTILINE), text
    assert cli("playbooks", "show", wide, "--json").ok().json[0]["playbook_id"] == wide
    assert "NOT_FOUND (PLAYBOOK_NOT_FOUND)" in cli("playbooks", "show", "nope").failed().err


def test_add_edit_and_delete_one_of_a_person(cli, user):
    made = cli(
        "playbooks", "add", "Offer a refund", "--user", user, "--trigger", "It broke", "--agent-version", "2.0",
        "--blocked-by", "missing-tool", "--blocking-details", "no till", "--session", "s", "--source", "shop",
        "--tag", "a", "--confidence", "0.5", "--request-id", user,
    ).ok()  # fmt: skip
    row = made.out.strip()
    (shown,) = cli("playbooks", "show", row, "--json").ok().json
    wanted = {
        "user_id": user, "instruction": "Offer a refund", "trigger": "It broke", "agent_version": "2.0",
        "blocking_issue": {"kind": "BLOCKING_KIND_MISSING_TOOL", "details": "no till"}, "session_id": "s",
        "source": "shop", "tags": ["a"], "confidence": 0.5,
    }  # fmt: skip
    assert shown.items() >= wanted.items()
    flags = ("--trigger", "", "--blocking-details", "no scanner", "--etag", shown["etag"], "--json")
    (changed,) = cli("playbooks", "edit", row, *flags).ok().json
    assert "trigger" not in changed
    assert changed["blocking_issue"] == {"kind": "BLOCKING_KIND_MISSING_TOOL", "details": "no scanner"}
    assert changed["tags"] == ["a"]
    assert "in the way      missing-tool: no scanner" in cli("playbooks", "show", row).ok().out
    assert "CONCURRENT_CHANGE" in cli("playbooks", "edit", row, "--pitfall", "x", "--etag", "stale").failed().err
    assert re.search("INVALID_ARGUMENT .*instruction", cli("playbooks", "edit", row, "--instruction", "").failed().err)
    assert "is deleted" in cli("playbooks", "delete", row, "--yes").ok().out
    assert "PLAYBOOK_NOT_FOUND" in cli("playbooks", "delete", row, "--yes").failed().err


def test_edit_and_delete_one_of_an_agent(cli, agent):
    (row,) = rows(cli, "--agent-wide", "--agent", agent)
    flags = ("edit", row["playbook_id"])
    assert "--session does not go with agent playbooks" in cli("playbooks", *flags, "--session", "s").failed(2).err
    assert "do              Ask twice" in cli("playbooks", *flags, "--instruction", "Ask twice").ok().out
    assert cli("playbooks", "delete", row["playbook_id"], "--yes", "--json").ok().json == [
        {"playbook_id": row["playbook_id"]}
    ]
    assert rows(cli, "--agent-wide", "--agent", agent) == []


def test_review(cli, agent, lesson):
    (row,) = rows(cli, "--agent-wide", "--agent", agent)
    review = ("playbooks", "review", row["playbook_id"])
    flags = ("--reviewer", "grace", "--comment", "fine", "--instruction", "Ask for it first", "--etag", row["etag"])
    (approved,) = cli(*review, "approve", *flags, "--json").ok().json
    assert approved["approval_status"] == "APPROVAL_STATUS_APPROVED"
    assert (approved["reviewer"], approved["instruction"]) == ("grace", "Ask for it first")
    assert "CONCURRENT_CHANGE" in cli(*review, "reject", "--etag", row["etag"]).failed().err
    assert re.search(r"^review +rejected: wrong$", cli(*review, "reject", "--comment", "wrong").ok().out, re.MULTILINE)
    found = ("playbooks", "search", "ask for it", "--agent-wide", "--agent", agent, "--json")
    assert cli(*found).ok().json == []
    assert len(cli(*found, "--approval", "rejected").ok().json) == 1
    assert re.search(r"^review +pending", cli(*review, "reopen").ok().out, re.MULTILINE)
    assert "INVALID_ARGUMENT" in cli(*review, "edit").failed().err
    assert "PLAYBOOK_NOT_FOUND" in cli("playbooks", "review", lesson, "approve").failed().err


def test_aggregate(cli, lesson):
    text = cli("playbooks", "aggregate", "--wait").ok().out
    assert re.search(r"^state +succeeded$", text, re.MULTILINE)
    assert re.search(r"^groups +\d+$", text, re.MULTILINE)
    members = {one for row in rows(cli, "--agent-wide") for one in row.get("member_ids", [])}
    assert lesson in members
    accepted = cli("playbooks", "aggregate", "--full").ok()
    assert f"interplay operations watch {accepted.out.strip()}" in accepted.err
    assert cli("operations", "show", accepted.out.strip(), "--json").ok().json[0]["kind"] == "aggregate_playbooks"


def test_changes(cli, learnt, lesson):
    cli("playbooks", "edit", lesson, "--pitfall", "hurrying").ok()
    heading, latest, *_ = cli("playbooks", "changes", "--playbook", lesson).ok().out.splitlines()
    assert heading.split() == ["when", "change", "row", "user", "why", "text"]
    assert re.search(rf"updated +{lesson} +{learnt} +manual +When .*", latest)
    (change,) = cli("playbooks", "changes", "--user", learnt, "--type", "updated", "--json").ok().json
    assert change["user_playbook_after"]["pitfall"] == "hurrying"


def test_watch(cli, learnt, lesson):
    flags = ("playbooks", "watch", "--user", learnt, "--from-beginning", "--limit", 1)
    assert re.match(r"\d\d:\d\d:\d\d created \w{26} .*When ", cli(*flags).ok().out)
    (answer,) = cli(*flags, "--json").ok().json
    assert answer["change"]["user_playbook_after"]["user_id"] == learnt
    assert "before" not in json.dumps(answer)
