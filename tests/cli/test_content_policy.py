"""`interplay content-policy` against a real server, each test in a tenant of its own."""

import pytest


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


def rules(cli):
    return {one.get("source", ""): one for one in cli("content-policy", "--json").ok().json[0].get("rules", ())}


def test_a_policy_goes_round(cli):
    assert "as it comes" in cli("content-policy").ok().out
    cli("content-policy", "set", "--source", "web", "--redaction", "mask").ok()
    cli("content-policy", "set", "--redaction", "detect", "--encryption", "indexed").ok()
    shown = cli("content-policy", "set", "--source", "web", "--encryption", "sealed").ok().out
    assert "mask" in shown
    assert "every other" in shown
    found = rules(cli)
    assert (found["web"]["redaction"], found["web"]["encryption"]) == ("REDACTION_MODE_MASK", "ENCRYPTION_MODE_SEALED")
    assert found[""]["encryption"] == "ENCRYPTION_MODE_INDEXED"
    cli("content-policy", "unset", "--source", "web").ok()
    assert list(rules(cli)) == [""]
    cli("content-policy", "unset", "--source", "web").failed(2)


def test_what_is_published_by_it(cli):
    cli("content-policy", "set", "--redaction", "mask", "--encryption", "sealed").ok()
    line = '{"user_id": "ada", "session_id": "s", "role": "User", "content": "mail ada@example.com"}\n'
    cli("publish", "-", stdin=line).ok()
    assert "{email}" in cli("sessions", "show", "s", "--user", "ada").ok().out


@pytest.mark.parametrize("given", [(), ("--redaction", "all"), ("--encryption", "none")])
def test_wrong_usage(cli, given):
    cli("content-policy", "set", *given).failed(2)
