"""How the tests of the command line run it: as people do, in a process of its own."""

import json
import os
import subprocess
import sys
import uuid

import pytest

from tests.support import warm

COMMAND = [sys.executable, "-m", "interplay_server"]
SECONDS = 90


class Outcome:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert "Traceback" not in self.err, self.err

    @property
    def json(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def ok(self):
        assert self.code == 0, (self.out, self.err)
        return self

    def failed(self, code=1):
        assert self.code == code, (self.out, self.err)
        if code == 1:
            lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
            assert len(lines) == 1, self.err
        return self


class Cli:
    """`cli("search", "x")` runs `interplay search x` against a server."""

    def __init__(self, target, folder):
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("INTERPLAY_")}
        self.environment = surroundings | {"INTERPLAY_TARGET": target, "COLUMNS": "140"}
        self.folder = folder

    def __call__(self, *arguments, stdin="", **environment):
        words, surroundings = [str(one) for one in arguments], self.environment | environment
        if warm.COMMANDS.enabled and "PYTHONPATH" not in environment:
            return Outcome(warm.COMMANDS.run(words, surroundings, self.folder, stdin, SECONDS))
        done = subprocess.run(
            [*COMMAND, *words],
            input=stdin,
            capture_output=True,
            text=True,
            env=surroundings,
            cwd=self.folder,
            timeout=SECONDS,
            check=False,
        )
        return Outcome(done)

    def start(self, *arguments, **streams):
        return subprocess.Popen([*COMMAND, *map(str, arguments)], env=self.environment, text=True, **streams)

    def shell(self, line):
        """Runs a pipeline; `$I` is the command."""
        return subprocess.run(
            ["bash", "-c", line],
            env=self.environment | {"I": " ".join(COMMAND)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.fixture
def cli(shared_server, tmp_path):
    return Cli(shared_server.target, tmp_path)


@pytest.fixture
def lonely_cli(tmp_path):
    """Its server does not exist."""
    return Cli("127.0.0.1:1", tmp_path)


@pytest.fixture
def cli_for(tmp_path):
    return lambda server: Cli(server.target, tmp_path)


@pytest.fixture
def user():
    return f"user-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def learnt(cli, user):
    """A person of whom facts are known, with a conversation that an expert corrected."""
    lines = [
        {"role": "User", "content": "Hi, I'm Ines, I live in Lisbon and I'm allergic to peanuts."},
        {"role": "Agent", "content": "Nice to meet you!"},
        {"role": "User", "content": "What is your return policy for electronics?"},
        {
            "role": "Agent",
            "content": "You can return electronics within 30 days of purchase.",
            "expert_content": "Electronics can be returned within 30 days of purchase with the original receipt. "
            "Opened software is final sale.",
        },
    ]
    cli("publish", "-", "--user", user, "--session", f"{user}-1", stdin="\n".join(map(json.dumps, lines))).ok()
    cli("learning", "generate", "--user", user).ok()
    return user
