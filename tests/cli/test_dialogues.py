"""`interplay dialogues` against a real server, each test in a tenant of its own."""

import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import time

import pytest
from interplay import Interplay

from tests.support.fake_models import FakeModels, Reply

YAML = """
interaction_generation:
  min_turns: 2
  max_turns: 3
  max_workers: 4
  assistant_model:
    provider: "openai"
    model: "gpt-4o-mini"
    temperature: 0.7
"""


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


@pytest.fixture
def made(cli):
    """Six dialogues of three personas."""
    wanted = ("--count", "3", "--queries-per-persona", "2", "--seed", "5", "--noise", "0.9", "--label", "night")
    return cli("dialogues", "generate", *wanted, "--dialogues").ok().json


def test_generate(cli, made):
    *dialogues, last = made
    assert len(dialogues) == 6 and last["totals"]["generated"] == "6"
    assert all(one["turns"] for one in dialogues)
    text = cli("dialogues", "generate", "--count", "2", "--max-turns", "2").ok().out
    assert re.search(r"^dialogues +2 of 2 \(100\.0 %\)$", text, re.MULTILINE)
    assert re.search(r"^assistants +rules/\S+ 2$", text, re.MULTILINE)
    assert re.search(r"^first round +2 of 2 made$", text, re.MULTILINE)
    (totals,) = cli("dialogues", "generate", "--count", "2", "--request-id", "r", "--json").ok().json
    assert cli("dialogues", "generate", "--count", "2", "--request-id", "r", "--json").ok().json == [totals]
    estimate = cli("dialogues", "generate", "--count", "4", "--queries-per-persona", "3", "--estimate")
    assert re.search(r"^dialogues +12$", estimate.ok().out, re.MULTILINE)
    assert cli("dialogues", "generate", "--count", "4", "--estimate", "--json").ok().json[0]["dialogues"] == "4"


def test_generate_from_files(cli, tmp_path):
    drawn = cli("dialogues", "personas", "--count", "3", "--seed", "7", "--json").ok()
    (tmp_path / "personas.jsonl").write_text(drawn.out)
    (tmp_path / "queries.txt").write_text("How do trains brake?\n\nWhy are trains late?\nWho drives trams?\n")
    (tmp_path / "gym.yaml").write_text(YAML)
    files = ("--personas", "personas.jsonl", "--queries", "queries.txt", "--config", "gym.yaml")
    done = cli("dialogues", "generate", *files, "--dialogues").ok()
    *found, _ = done.json
    assert {one["persona"]["persona_id"] for one in found} == {one["persona_id"] for one in drawn.json}
    assert {one["query"]["original_query"] for one in found} == {
        "How do trains brake?", "Why are trains late?", "Who drives trams?"
    }  # fmt: skip
    assert all(one["num_turns"] <= 3 for one in found)
    assert "gym.yaml: assistant_model.provider openai: the server has no model" in done.err
    assert "gym.yaml: assistant_model.temperature: ignored" in done.err
    (tmp_path / "bank.json").write_text(
        json.dumps([{"text": f"Question {n}?", "metadata": {"source": "s", "category": "c"}} for n in range(2)])
    )
    run = cli("dialogues", "generate", "--count", "2", "--queries", "bank.json", "--dialogues", "--round-robin").ok()
    assert {one["query"]["source"] for one in run.json[:2]} == {"s"}
    short = cli("dialogues", "generate", "--count", "3", "--queries", "bank.json").failed()
    assert "QUERIES_EXHAUSTED" in short.err


def test_generate_refuses(cli, tmp_path):
    (tmp_path / "key.yaml").write_text("interaction_generation: {assistant_model: {api_key: abcdef}}")
    refused = cli("dialogues", "generate", "--config", "key.yaml").failed(2).err
    assert "api_key holds a literal key" in refused and "abcdef" not in refused
    (tmp_path / "bad.jsonl").write_text('{"role": "x"}\n{broken\n')
    assert "bad.jsonl, line 2: not JSON" in cli("dialogues", "generate", "--personas", "bad.jsonl").failed(2).err
    (tmp_path / "worse.jsonl").write_text('{"features": {"a": "b"}, "querys": []}\n')
    assert (
        "worse.jsonl, line 1: unknown field" in cli("dialogues", "generate", "--personas", "worse.jsonl").failed(2).err
    )
    both = ("--count", "2", "--personas", "bad.jsonl")
    assert "exclude each other" in cli("dialogues", "generate", *both).failed(2).err
    assert "needs --dialogues" in cli("dialogues", "generate", "--resume-after", "x").failed(2).err
    assert "min_turns" in cli("dialogues", "generate", "--min-turns", "5", "--max-turns", "3").failed().err
    assert "PROVIDER_NOT_CONFIGURED" in cli("dialogues", "generate", "--assistant", "openai/x").failed().err
    assert "is not a weight" in cli("dialogues", "generate", "--assistant", "rules=much").failed(2).err
    assert "No such file" in cli("dialogues", "generate", "--queries", "absent.txt").failed().err


def test_what_could_not_be_made_is_told(cli_for, start_server):
    with FakeModels([Reply(status=400)]).in_thread() as fake:
        server = start_server(
            "--model-provider", "openai", "--model-model", "m", "--model-base-url", fake.base_url("openai")
        )  # fmt: skip
        wanted = ("dialogues", "generate", "--count", "2", "--assistant", "openai=1", "--rounds", "0")
        done = cli_for(server)(*wanted)
    assert done.code == 3, (done.out, done.err)
    assert re.search(r"^dialogues +0 of 2 \(0\.0 %\)$", done.out, re.MULTILINE)
    assert "failed persona" in done.out
    listed = cli_for(server)("dialogues", "list", "--status", "failed", "--json").ok().json
    assert len(listed) == 2 and all(one["failure"] for one in listed)


def test_list_show_and_delete(cli, made):
    listed = cli("dialogues", "list", "--label", "night").ok().out.splitlines()
    assert listed[0].split()[:4] == ["dialogue", "began", "end", "turns"] and len(listed) == 7
    assert len(cli("dialogues", "list", "--limit", "2", "--json").ok().json) == 2
    assert cli("dialogues", "list", "--turns", "--json").ok().json[0]["turns"]
    one = made[0]
    assert len(cli("dialogues", "list", "--persona", one["persona"]["persona_id"], "--json").ok().json) == 2
    assert "no dialogues" in cli("dialogues", "list", "--stop-reason", "budget").ok().err
    text = cli("dialogues", "show", one["dialogue_id"]).ok().out
    assert re.search(rf"^dialogue +{one['dialogue_id']}$", text, re.MULTILINE)
    assert text.count("assistant:") == one["num_turns"] and one["turns"][0]["user"]["content"] in text
    assert cli("dialogues", "show", one["dialogue_id"], "--json").ok().json == [one]
    assert "NOT_FOUND" in cli("dialogues", "show", "absent").failed().err
    count = cli("dialogues", "delete", "--label", "night", "--validate-only", "--yes").ok().out
    assert count == "6 would be deleted\n"
    assert cli("dialogues", "delete", "--dialogue", one["dialogue_id"], "--yes").ok().out == "1 deleted\n"
    assert cli("dialogues", "delete", "--label", "night", "--yes", "--json").ok().json == [{"deleted_count": 5}]
    assert "no terminal to ask on" in cli("dialogues", "delete", "--label", "night").failed(2).err
    assert "INVALID_ARGUMENT" in cli("dialogues", "delete", "--yes").failed().err


def test_personas(cli, shared_server, user):
    text = cli("dialogues", "personas", "--count", "4", "--feature", "role=designer", "--without", "industry").ok().out
    heading, *rows, distance = text.splitlines()
    assert heading.split() == ["persona", "traits", "which"] and len(rows) == 4
    assert re.fullmatch(r"any two differ in \d+ traits at least", distance)
    wanted = ("--count", "4", "--seed", "9", "--feature", "role=designer", "--feature", "role=nurse", "--json")
    found = cli("dialogues", "personas", *wanted).ok().json
    assert found == cli("dialogues", "personas", *wanted).ok().json
    assert {one["features"]["role"] for one in found} <= {"designer", "nurse"}
    known = cli("dialogues", "personas", "--from-profiles-of", "nobody", "--json").ok()
    assert (known.out, known.err.strip()) == ("", "nothing is known of nobody")
    apart = ("--count", "30", "--min-features", "6", "--max-features", "7", "--min-distance", "30")
    assert "PERSONAS_INFEASIBLE" in cli("dialogues", "personas", *apart).failed().err
    assert "is not NAME=VALUE" in cli("dialogues", "personas", "--feature", "role").failed(2).err


def test_noise(cli):
    text = "Could you please explain how a train brakes?"
    wanted = ("dialogues", "noise", "--strategy", "typo_misspelling", "--seed", "2")
    noisy, what = cli(*wanted, text).ok().out.splitlines()
    assert noisy != text and "typo_misspelling" in what
    (record,) = cli(*wanted, "-", "--json", stdin=f"{text}\n\n").ok().json
    assert (record["clean_text"], record["noisy_text"], record["outcome"]) == (text, noisy, "APPLIED")
    assert "INVALID_ARGUMENT" in cli("dialogues", "noise", "--strategy", "absent", text).failed().err


def test_publish(cli, made):
    turns = sum(one["num_turns"] for one in made[:6])
    done = cli("dialogues", "publish", "--label", "night", "--evaluation-only", "--json").ok().json[0]
    assert (done["published_count"], done["interaction_count"], len(done["user_ids"])) == ("6", str(2 * turns), 3)
    again = cli("dialogues", "publish", "--label", "night", "--evaluation-only").ok().out
    assert re.search(r"^published before +6$", again, re.MULTILINE)


def test_export(cli, made, tmp_path):
    done = cli("dialogues", "export", "seed", "--label", "night").ok()
    assert "index.json" in done.out and "bytes in seed" in done.err
    assert json.loads((tmp_path / "seed/index.json").read_text())["count"] == 6
    wanted = ("--label", "night", "--format", "chat", "--split", "0.5,0.25,0.25", "--split-seed", "3", "--json")
    files = cli("dialogues", "export", "chat", *wanted).ok().json
    lines = [line for path in (tmp_path / "chat").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == 6 and {"path", "bytes", "sha256"} == set(files[0])
    cli("dialogues", "export", "samples", "--format", "samples", "--without-persona", "--without-noisy").ok()
    rows = [json.loads(line) for line in (tmp_path / "samples/samples.jsonl").read_text().splitlines()]
    assert len(rows) == 6 and not {"persona_id", "noisy_trajectories"} & set(rows[0])
    assert "is not like 0.8,0.1,0.1" in cli("dialogues", "export", "x", "--split", "0.8").failed(2).err
    assert "add up to 1" in cli("dialogues", "export", "x", "--split", "0.8,0.1,0.2").failed().err


def test_a_talk_is_watched(cli):
    limits = ("--min-turns", "2", "--max-turns", "2")
    done = cli("dialogues", "converse", "--query", "How do trams brake?", "--feature", "role=designer", *limits).ok()
    assert done.out.count("user:") == done.out.count("assistant:") == 2
    assert re.search(r"after 2 turns$", done.err)
    *turns, last = cli("dialogues", "converse", *limits, "--json").ok().json
    assert [turn["number"] for turn in turns] == [1, 2] and last["num_turns"] == 2


def test_a_human_plays_the_user(cli, shared_server, user):
    said = "How do trams brake?\nAnd in the rain?\n/done\nnever said\n"
    done = cli("dialogues", "converse", "--human", "user", "--json", stdin=said).ok()
    *turns, last = done.json
    assert [turn["user"]["content"] for turn in turns] == ["How do trams brake?", "And in the rain?"]
    assert (last["user"]["provider"], last["stop_reason"]) == ("human", "STOP_REASON_SATISFIED")
    assert turns[0]["assistant"]["content"] in done.err
    text = cli("dialogues", "converse", "--human", "user", stdin="Hello, how are you?").ok()
    assert text.err.splitlines()[-1] == "completed satisfied after 1 turns"
    ended = cli("dialogues", "converse", "--human", "user", "--json", stdin="Hello, you!\n/cancel\n").ok().json[-1]
    assert (ended["status"], ended["num_turns"]) == ("DIALOGUE_STATUS_CANCELLED", 1)


def test_a_human_plays_the_assistant_leaves_and_comes_back(cli):
    wanted = ("--query", "How do trams brake?", "--min-turns", "3", "--max-turns", "3", "--dialogue-id", "mine")
    left = cli("dialogues", "converse", "--human", "assistant", *wanted, stdin="With sand and magnets.\n").ok()
    assert "go on within 24 hours with --resume mine" in left.err
    back = cli("dialogues", "converse", "--human", "assistant", "--resume", "mine", "--json", stdin="Yes.\nNo.\n")
    *turns, last = back.ok().json
    assert [turn["assistant"]["content"] for turn in turns] == ["With sand and magnets.", "Yes.", "No."]
    assert last["assistant"]["provider"] == "human" and last["num_turns"] == 3
    assert "FAILED_PRECONDITION" in cli("dialogues", "converse", "--resume", "mine").failed().err
    assert "exclude each other" in cli("dialogues", "converse", "--resume", "a", "--dialogue-id", "b").failed(2).err


class Terminal:
    """A terminal of our own and what it shows."""

    def __enter__(self):
        self._own, self.end = pty.openpty()
        return self

    def __exit__(self, *_):
        os.close(self._own)
        os.close(self.end)

    def type(self, text):
        os.write(self._own, text.encode())

    def shown(self, until, seconds=60):
        """What it shows from now on, up to a pattern."""
        text, end = "", time.monotonic() + seconds
        while not re.search(until, text):
            assert time.monotonic() < end, text
            if select.select([self._own], [], [], 1)[0]:
                text += os.read(self._own, 65_536).decode(errors="replace")
        return text


def test_a_terminal_shows_a_bar(cli):
    with Terminal() as terminal:
        run = cli.start(
            "dialogues", "generate", "--count", "30", stdout=subprocess.PIPE, stderr=terminal.end,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        out = run.communicate(timeout=90)[0]
        assert run.returncode == 0 and "30 of 30" in out
        terminal.shown(until=r"round 0, \d+ turns")


def test_a_terminal_asks_for_what_a_human_says(cli):
    with Terminal() as terminal:
        talk = cli.start(
            "dialogues", "converse", "--human", "user", stdout=subprocess.DEVNULL, stderr=terminal.end,
            stdin=terminal.end,
        )  # fmt: skip
        terminal.shown(until="user: ")
        terminal.type("How do trams brake?\n")
        terminal.shown(until="(?s)assistant:.*user: ")
        talk.send_signal(signal.SIGINT)
        terminal.shown(until=r"--resume dialogue_\w+")
        assert talk.wait(60) == 130


def test_leaving_a_run_leaves_it_going(cli, shared_server, user, tmp_path):
    (tmp_path / "q.txt").write_text("\n".join(f"Question {n} about gardens and trees?" for n in range(900)))
    with (tmp_path / "err").open("w") as errors:
        run = cli.start(
            "dialogues", "generate", "--count", "900", "--queries", str(tmp_path / "q.txt"), "--dialogues",
            "--request-id", "job", stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    with run:
        first = run.stdout.readline()
        run.send_signal(signal.SIGINT)
        # communicate() would not see the lines that came with the first one.
        rest = run.stdout.read()
        run.wait(90)
    err = (tmp_path / "err").read_text()
    assert json.loads(first)["dialogue_id"]
    if run.returncode == 130:
        again = re.search(r"come back with the same options and (.+)$", err, re.MULTILINE)[1]
        assert "--request-id job --dialogues --resume-after " in again
        taken = 1 + len(rest.splitlines())
        later = cli("dialogues", "generate", "--count", "900", "--queries", "q.txt", *shlex.split(again)).ok().json
        assert 900 - taken <= len(later) - 1 <= 900
    with Interplay(shared_server.target, tenant=user) as client:
        assert len(list(client.dialogues(page_size=1000))) == 900


def test_completion_knows_the_commands(cli):
    done = cli(_INTERPLAY_COMPLETE="bash_complete", COMP_WORDS="interplay dialogues ", COMP_CWORD="2")
    found = {line.partition(",")[2] for line in done.out.splitlines()}
    commands = {"generate", "converse", "export", "personas", "list", "show", "delete", "publish", "noise"}
    assert commands <= found
