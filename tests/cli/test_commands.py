"""Every command against a real server, for people and for scripts."""

import json
import re
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def story(cli, user):
    """Two sessions of one person."""
    rows = [
        {"session_id": f"{user}-1", "source": "chat", "agent_version": "1.0", "role": "User", "speaker": "Ada",
         "content": "The boiler hums at night.", "occur_time": "-9d"},
        {"session_id": f"{user}-1", "source": "chat", "agent_version": "1.0", "role": "Agent",
         "content": "Is the pressure low?", "occur_time": "-9d", "shadow_content": "No idea.",
         "tools_used": [{"tool_name": "manual", "status": "ok"}]},
        {"session_id": f"{user}-2", "source": "web", "agent_version": "2.0", "user_action": "click",
         "user_action_description": "Clicked: red kettle", "occur_time": "-1d", "expert_content": "Buy it."},
    ]  # fmt: skip
    cli("publish", "-", "--user", user, stdin="\n".join(map(json.dumps, rows))).ok()
    return user


def test_publish_counts(cli, user):
    done = cli("publish", "-", "--user", user, "--session", "s", stdin='{"content": "hi"}\n\n{"content": "ho"}\n').ok()
    assert re.fullmatch(r"published 2, refused 0, empty 0, stream publish-\w+\n", done.out)


def test_publish_names_refused_lines_and_stores_the_others(cli, user):
    lines = [
        '{"content": "good"}',
        "not json",
        '{"user_action": "click"}',
        '{"image": "AAAA"}',
        '{"colour": "red"}',
        "{}",
        '{"content": "good too"}',
    ]
    flags = ("publish", "-", "--user", user, "--session", user)
    done = cli(*flags, stdin="\n".join(lines))
    assert done.code == 1
    assert done.out.startswith("published 2, refused 4, empty 1")
    assert {found[1] for found in re.finditer(r"^line (\d+): INVALID_ARGUMENT", done.err, re.MULTILINE)} == set("2345")
    assert re.search(r"line 3: .*\(INVALID_REQUEST\): user_action_description: ", done.err)
    assert re.search(r"line 6: has nothing in it", done.err)
    done = cli(*flags, "--json", stdin="\n".join(lines))
    *refused, summary = done.json
    assert sorted(row["line"] for row in refused) == [2, 3, 4, 5]
    assert {row["reason"] for row in refused} == {"INVALID_LINE", "INVALID_REQUEST"}
    assert (summary["published"], summary["refused"], summary["empty"]) == (2, 4, 1)
    shown = cli("sessions", "show", user, "--json").ok().json
    assert [row["interaction"]["data"]["content"] for row in shown if "interaction" in row] == ["good", "good too"] * 2


def test_publish_goes_on_where_a_killed_server_stopped(server, cli_for, tmp_path, user):
    cli = cli_for(server)
    lines = [json.dumps({"user_id": user, "session_id": "s", "content": str(n)}) for n in range(40)]
    file = tmp_path / "history.jsonl"
    file.write_text("\n".join(lines[:25]) + "\n")
    cli("publish", file, "--stream-id", "run", "--batch", 4).ok()
    server.restart()
    file.write_text("\n".join(lines) + "\n")
    done = cli("publish", file, "--stream-id", "run", "--batch", 7, "--json").ok()
    assert done.json[-1] == {
        "stream_id": "run", "published": 15, "refused": 0, "empty": 0, "resumed_after_line": 25
    }  # fmt: skip
    shown = cli("sessions", "show", "s", "--json").ok().json
    assert [row["interaction"]["data"]["content"] for row in shown if "interaction" in row] == [
        str(n) for n in range(40)
    ]
    file.write_text("\n".join(reversed(lines)))
    assert "not those that this stream published" in cli("publish", file, "--stream-id", "run").failed().err


def test_publish_broken_off_says_how_to_go_on(server, cli_for, user):
    cli = cli_for(server)
    line = json.dumps({"user_id": user, "session_id": "s", "content": "x"}) + "\n"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with cli.start("publish", "-", "--stream-id", "live", **pipes) as running:
        running.stdin.write(line)
        running.stdin.flush()
        wait_for(lambda: cli("sessions", "--user", user, "--json").json)
        running.send_signal(signal.SIGINT)
        out, err = running.stdout.read(), running.stderr.read()
        assert running.wait(30) == 130
    assert "go on with --stream-id live" in err
    assert out == ""
    done = cli("publish", "-", "--stream-id", "live", "--json", stdin=line * 3).ok()
    assert (done.json[-1]["resumed_after_line"], done.json[-1]["published"]) == (1, 2)


def test_publish_keeps_away_from_streams_of_others(server, cli_for):
    cli = cli_for(server)
    subprocess.run(
        ["bash", "docs/examples/stream_publish.sh", server.target],
        env=cli.environment | {"INTERPLAY_CALLER": "buf"}, check=True, capture_output=True,
    )  # fmt: skip
    done = cli("publish", "-", "--stream-id", "example-till-4", stdin="{}").failed()
    assert "FOREIGN_STREAM" in done.err


def test_search_shows_score_similarity_and_words(cli, story):
    lines = cli("search", "humming boiler", "--user", story, "--explain").ok().out.splitlines()
    assert lines[0].split() == ["#", "score", "similar", "when", "user", "session", "matched", "interaction"]
    assert re.match(r"1 +\d\.\d{3} +-?\d\.\d{3} .*boiler.* Ada: The boiler hums", lines[1])
    assert "cosine +" in lines[2]
    assert "vector rank 1" in lines[2]
    assert not [
        line for line in cli("search", "boiler", "--user", story).ok().out.splitlines() if "vector rank" in line
    ]


def test_search_json_has_the_names_of_the_proto(cli, story):
    best, *_ = cli("search", "boiler", "--user", story, "--json").ok().json
    assert best["interaction"]["data"]["content"] == "The boiler hums at night."
    assert {"score", "vector_similarity", "text_score", "terms", "matched_terms"} <= best.keys()


@pytest.mark.parametrize(
    ("flags", "sessions"),
    [
        (["--source", "web"], {"2"}),
        (["--agent-version", "1.0"], {"1"}),
        (["--since", "-2d"], {"2"}),
        (["--until", "-2d"], {"1"}),
        (["--top-k", "1"], {"1"}),
        (["--mode", "text"], {"1"}),
    ],
)
def test_search_filters(cli, story, flags, sessions):
    hits = cli("search", "boiler", "--user", story, "--json", *flags).ok().json
    assert {hit["interaction"]["session_id"][-1] for hit in hits} == sessions


def test_search_threshold(cli, story):
    assert cli("search", "zebra crossing", "--user", story, "--threshold", "0.99", "--json").ok().json == []


def test_search_by_role_and_session(cli, story):
    hits = cli("search", "boiler", "--session", f"{story}-1", "--role", "agent", "--json").ok().json
    assert [hit["interaction"]["role_class"] for hit in hits] == ["ROLE_CLASS_AGENT"]


def test_search_finds_nothing(cli, user):
    done = cli("search", "boiler", "--user", user).ok()
    assert (done.out, done.err) == ("", "nothing found\n")


def test_sessions(cli, story):
    lines = cli("sessions", "--user", story).ok().out.splitlines()
    assert [line.split()[0] for line in lines] == ["session", f"{story}-2", f"{story}-1"]
    found = cli("sessions", "list", "--user", story, "--json").ok().json
    assert [row["interaction_count"] for row in found] == ["1", "2"]
    assert len(cli("sessions", "--user", story, "--limit", 1, "--json").ok().json) == 1
    assert len(cli("sessions", "--user", story, "--since", "-2d", "--json").ok().json) == 1


def test_sessions_show(cli, story):
    text = cli("sessions", "show", f"{story}-1").ok().out
    assert "2 interactions in 1 requests" in text
    assert "Ada: The boiler hums at night." in text
    assert "used manual ok" in text
    assert "not shown: No idea." in text
    assert "expert: Buy it." in cli("sessions", "show", f"{story}-2", "--user", story).ok().out
    rows = cli("sessions", "show", f"{story}-1", "--json").ok().json
    assert [next(iter(row)) for row in rows] == ["session", "request", "interaction", "interaction"]
    assert "SESSION_NOT_FOUND" in cli("sessions", "show", "nowhere").failed().err


def test_watch_and_resume(cli, story):
    done = cli("watch", "--user", story, "--from-beginning", "--limit", 1).ok()
    assert "published" in done.out
    assert "The boiler hums" in done.out
    token = re.search(r"--resume-token (\S+)", done.err)[1]
    cli("publish", "-", "--user", story, "--session", "new", stdin='{"content": "later"}').ok()
    change, *_ = cli("watch", "--user", story, "--resume-token", token, "--limit", 1, "--json").ok().json
    contents = [found["data"].get("content") for found in change["published"]["interactions"]]
    assert contents[-1] == "later"
    assert change["resume_token"]


@pytest.mark.parametrize("number", [signal.SIGINT])
def test_watch_ends_cleanly_with_its_token(cli, story, number):
    flags = ("watch", "--user", story, "--from-beginning")
    with cli.start(*flags, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert "published" in running.stdout.readline()
        running.send_signal(number)
        assert running.wait(30) == 0
        err = running.stderr.read()
    assert re.fullmatch(r"resume with --resume-token \S+\n", err)


def test_watch_refuses_two_beginnings(cli):
    cli("watch", "--resume-token", "x", "--from-beginning").failed(2)
    assert "INVALID_RESUME_TOKEN" in cli("watch", "--resume-token", "x").failed().err


def test_info(cli):
    assert re.search(r"^version +\d", cli("info").ok().out)
    (answer,) = cli("info", "--json").ok().json
    assert answer["tenant"] == "default"
    assert answer["limits"]["max_text_characters"] == 1_000_000


def test_keys_through_a_server(cli, user):
    made = cli("keys", "create", "--name", user, "--right", "read", "--expires", "90d").ok()
    assert re.fullmatch(r"ipk_\w+_\S+\n", made.out)
    (second,) = cli("keys", "create", "--name", user, "--json").ok().json
    assert second["api_key"]["rights"] == ["ACCESS_RIGHT_READ", "ACCESS_RIGHT_WRITE"]
    listed = [row for row in cli("keys", "list", "--json").ok().json if row["display_name"] == user]
    assert len(listed) == 2
    assert made.out.strip() not in json.dumps(listed)
    assert "is revoked" in cli("keys", "revoke", second["api_key"]["api_key_id"]).ok().out
    assert second["api_key"]["api_key_id"] not in cli("keys", "list").ok().out
    assert "revoked" in cli("keys", "list", "--show-revoked").ok().out
    assert "API_KEY_NOT_FOUND" in cli("keys", "revoke", "nope").failed().err


def test_keys_offline_open_a_server_that_asks_for_them(lonely_cli, cli_for, start_server, tmp_path):
    data = tmp_path / "keys"
    offline = ("--data", data, "--tenant", "acme")
    (made,) = (
        lonely_cli("keys", "create", "--name", "first", "--right", "admin", "--right", "read", *offline, "--json")
        .ok()
        .json
    )
    secret, key = made["secret"], made["api_key"]["api_key_id"]
    server = start_server("--auth-required", data=data)
    cli = cli_for(server)
    assert "CREDENTIAL_MISSING" in cli("info").failed().err
    assert cli("info", "--json", INTERPLAY_API_KEY=secret).ok().json[0]["tenant"] == "acme"
    assert "RIGHT_MISSING" in cli("publish", "-", "--api-key", secret, stdin="{}").failed().err
    assert key in cli("keys", "list", "--api-key", secret).ok().out
    assert key in lonely_cli("keys", "list", *offline).ok().out
    assert cli("keys", "revoke", key, *offline, "--json").ok().json[0]["revoke_time"]
    assert "CREDENTIAL_INVALID" in cli("info", "--api-key", secret).failed().err
    assert "API_KEY_NOT_FOUND" in lonely_cli("keys", "revoke", key, "--data", data).failed().err


@pytest.mark.parametrize(
    "flags",
    [
        ("--name", ""),
        ("--name", "x", "--expires", "2001-01-01"),
        ("--name", "x", "--tenant", "Bad!"),
        ("--name", "x", "--right", "fly"),
    ],
)
def test_keys_offline_refuse_what_a_server_would(lonely_cli, tmp_path, flags):
    lonely_cli("keys", "create", "--data", tmp_path / "d", *flags).failed(2)


def test_keys_in_a_foreign_file(lonely_cli, tmp_path):
    (tmp_path / "server.sqlite3").write_text("this is not a database, it is prose")
    lonely_cli("keys", "list", "--data", tmp_path).failed()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(lonely_cli, shell):
    assert "_INTERPLAY_COMPLETE" in lonely_cli("completion", shell).ok().out


def test_completion_completes(lonely_cli):
    words = lonely_cli(_INTERPLAY_COMPLETE="bash_complete", COMP_WORDS="interplay sea", COMP_CWORD="1").out
    assert "search" in words


@pytest.mark.parametrize(
    "command",
    [
        ["info"],
        ["search", "x"],
        ["sessions"],
        ["watch"],
        ["keys", "list"],
        ["publish", "-"],
        ["context", "--user", "x"],
        ["profiles"],
        ["profiles", "watch"],
        ["playbooks", "delete", "x", "--yes"],
        ["learning", "status"],
        ["learning", "config", "show"],
        ["operations", "watch", "x"],
    ],
)
def test_no_server(lonely_cli, command):
    assert "UNAVAILABLE" in lonely_cli(*command).failed().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope"],
        ["search"],
        ["search", "x", "--mode", "magic"],
        ["search", "x", "--top-k", "0"],
        ["search", "x", "--since", "soon"],
        ["search", "x", "--tls-key", "k"],
        ["search", "x", "--target", "example.com:1", "--api-key", "k"],
        ["publish", "no-such-file.jsonl"],
        ["sessions", "delete"],
        ["search", "x", "--threshold", "2"],
        ["context"],
        ["context", "--user", "x", "--text", "--json"],
        ["context", "--user", "x", "--budget", "0"],
        ["profiles", "add", "x"],
        ["profiles", "edit", "x"],
        ["profiles", "delete", "x"],
        ["profiles", "list", "--lifecycle", "dead"],
        ["profiles", "add", "x", "--user", "x", "--custom-features", "[1]"],
        ["profiles", "watch", "--resume-token", "x", "--from-beginning"],
        ["playbooks", "add", "x"],
        ["playbooks", "add", "x", "--user", "x", "--agent-wide"],
        ["playbooks", "list", "--approval", "pending"],
        ["playbooks", "list", "--no-conflict"],
        ["playbooks", "list", "--agent-wide", "--user", "x"],
        ["playbooks", "search", "x", "--agent-wide", "--arm", "shadow"],
        ["playbooks", "edit", "x"],
        ["playbooks", "delete", "x"],
        ["playbooks", "review", "x", "ponder"],
        ["learning", "status", "--user", "x", "--request", "x"],
        ["learning", "generate"],
        ["learning", "config", "set"],
        ["learning", "promote"],
        ["learning", "rollback"],
        ["operations", "cancel", "x"],
        ["operations", "list", "--state", "lost"],
        ["serve", "--workers", "many"],
        ["serve", "--log-level", "loud"],
        ["completion", "tcsh"],
    ],
)
def test_wrong_use(lonely_cli, arguments):
    assert "Usage: " in lonely_cli(*arguments).failed(2).err


def test_refusals_name_the_fields(cli):
    assert re.search(r"INVALID_ARGUMENT \(INVALID_REQUEST\): query: ", cli("search", "").failed().err)
    assert "INVALID_TENANT" in cli("search", "x", "--tenant", "Bad!").failed().err


def test_files_that_are_not_there(cli, tmp_path):
    assert "No such file" in cli("search", "x", "--tls-ca", tmp_path / "nowhere.pem").failed().err


def test_a_reader_that_leaves(cli, story):
    done = cli.shell(f"for n in 1 2 3; do $I sessions --user {story} --json; done | true; echo ${{PIPESTATUS[0]}}")
    assert (done.stdout, done.stderr) == ("0\n", "")
    done = cli.shell("$I watch --from-beginning --json | head -n 1 | wc -l; echo ${PIPESTATUS[0]}")
    assert done.stdout.split()[0] == "1"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--listen", "nowhere"], "HOST:PORT"),
        (["--listen", "0.0.0.0:0"], "without authentication"),
        (["--config", "absent.toml"], "absent.toml"),
        (["--workers", "0"], "at least 1"),
    ],
)
def test_serve_refuses_bad_settings(lonely_cli, flags, message):
    assert message in lonely_cli("serve", *flags).failed().err


def test_serve_owns_its_folder(server, cli_for):
    assert (
        "another process owns"
        in cli_for(server)("serve", "--listen", "127.0.0.1:0", "--data", server.data).failed().err
    )


def test_serve_reads_file_environment_and_flags(lonely_cli, tmp_path):
    flags = ("serve", "--config", "interplay.toml")
    file = tmp_path / "interplay.toml"
    file.write_text("[server]\nworkers = 0\n")
    assert "interplay.toml: server.workers" in lonely_cli(*flags).failed().err
    file.write_text('[server]\nlisten = "nowhere"\n')
    assert "nowhere" in lonely_cli(*flags).failed().err
    assert "elsewhere" in lonely_cli(*flags, INTERPLAY_LISTEN="elsewhere").failed().err
    assert "here" in lonely_cli(*flags, "--listen", "here", INTERPLAY_LISTEN="elsewhere").failed().err
    assert "INTERPLAY_WORKERS" in lonely_cli(*flags, INTERPLAY_WORKERS="-1").failed().err
    assert "--workers" in lonely_cli(*flags, "--workers", "-2").failed().err
    assert "nowhere" in lonely_cli("serve", INTERPLAY_CONFIG="interplay.toml").failed().err


def test_help_and_version_do_not_import_lancedb(lonely_cli):
    assert "Usage: " in lonely_cli("--help").ok().out
    assert re.match(r"interplay, version \d", lonely_cli("--version").ok().out)
    code = (
        "import sys, interplay_server.cli.root as r\n"
        "for name in r.COMMANDS: r.root.get_command(None, name)\n"
        "print('lancedb' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def wait_for(check):
    for _ in range(60):
        if found := check():
            return found
    raise AssertionError("it never came")
