"""`interplay context` against a real server."""

import pytest

QUERY = "what nuts may she eat?"


def test_text_and_table(cli, learnt):
    done = cli("context", QUERY, "--user", learnt).ok()
    text, table = done.out.rsplit("\n\n", 1)
    assert '"Is allergic to peanuts"' in text
    heading, *lines = table.splitlines()
    assert heading.split() == ["kind", "id", "score", "text"]
    kinds = {line.split()[0] for line in lines}
    assert {"fact", "turn"} <= kinds
    assert any(line.endswith("Is allergic to peanuts") for line in lines)
    assert "of 1000 tokens" in done.err


def test_text_alone_is_what_the_answer_holds(cli, learnt):
    (answer,) = cli("context", QUERY, "--user", learnt, "--json").ok().json
    assert {"profiles", "rendered", "citations", "rendered_tokens"} <= answer.keys()
    assert cli("context", QUERY, "--user", learnt, "--text").ok().out == answer["rendered"] + "\n"


def test_options_reach_the_server(cli, learnt):
    (answer,) = cli("context", "--user", learnt, "--top-k", 1, "--json").ok().json
    assert len(answer["profiles"]) == 1
    (answer,) = cli("context", "--user", learnt, "--session", f"{learnt}-1", "--json").ok().json
    assert "interactions" not in answer
    (answer,) = cli("context", "--user", learnt, "--as-of", "-1d", "--json").ok().json
    assert "profiles" not in answer
    (answer,) = cli("context", "--user", learnt, "--budget", 150, "--json").ok().json
    assert answer["rendered_tokens"] <= 150


def test_lessons_of_the_agent(cli, user):
    flags = ("--agent-wide", "--agent", user, "--trigger", "A customer returns a phone")
    row = cli("playbooks", "add", "Ask for the receipt", *flags).ok().out.strip()
    found = cli("context", "I want to return my phone", "--user", user, "--agent", user).ok()
    assert f"agent lesson  {row}" in found.out


@pytest.mark.parametrize("flags", [[], ["--text"]])
def test_nothing_known(cli, user, flags):
    done = cli("context", "--user", user, *flags, INTERPLAY_TENANT=user).ok()
    assert (done.out, done.err) == ("", "nothing known\n")


def test_refusals_name_the_fields(cli):
    assert "INVALID_ARGUMENT (INVALID_REQUEST): user_id: " in cli("context", "--user", "").failed().err
