"""`interplay retention` against a real server, in a tenant of its own."""

import pytest


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


def test_a_policy_is_set_applied_and_told(cli):
    assert cli("retention").ok().out == "everything is kept\n"
    line = '{"user_id": "ada", "session_id": "s", "role": "User", "content": "kettle", "occur_time": "2020-01-01T00:00:00Z"}\n'
    cli("publish", "-", stdin=line).ok()
    cli("retention", "set", "interactions=365d").failed(2)
    rules = ("interactions=365d", "interactions/web=12h,100000", "monitor-events=52w,aggregates")
    shown = cli("retention", "set", *rules, "--yes").ok().out
    assert cli("retention", "show").ok().out == shown
    for word in ("revision 1", "monitor-events", "364d", "12h", "100000", "kept"):
        assert word in shown
    assert "CONCURRENT_CHANGE" in cli("retention", "set", "--clear", "--revision", 9, "--yes").failed().err
    [dry] = cli("retention", "apply", "--dry-run", "--json").ok().json
    assert dry["result"] == {"interactions": "1", "interactions/web": "0", "monitor_events": "0"}
    assert cli("retention", "receipts", "--json").ok().json == []
    cli("retention", "apply").failed(2)
    assert "succeeded" in cli("retention", "apply", "--yes").ok().out
    assert "interactions 1" in cli("retention", "receipts").ok().out
    [receipt] = cli("retention", "receipts", "--json").ok().json
    assert receipt["counts"]["interactions"] == "1"
    assert cli("retention", "set", "--clear", "--yes", "--json").ok().json[0]["revision"] == "2"


@pytest.mark.parametrize(
    "rule", ["interactions", "interactions=", "interactions=soon", "interactions=-1d", "people=1d", "profiles=1d,,2"]
)
def test_what_is_no_rule_is_said_before_anything_is_asked(cli, rule):
    outcome = cli("retention", "set", rule, "--yes", INTERPLAY_TARGET="127.0.0.1:1").failed(2)
    assert "Error" in outcome.err


def test_rules_or_clear(cli):
    cli("retention", "set", "--yes").failed(2)
    cli("retention", "set", "profiles=1d", "--clear", "--yes").failed(2)
