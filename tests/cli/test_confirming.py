"""Commands that cannot be undone ask first, on a terminal only."""

import os
import pty
import subprocess

import pytest


def answered(cli, answer, *arguments):
    """Exit code and what was said, of a command whose standard input is a terminal on which `answer` is typed."""
    ours, theirs = pty.openpty()
    try:
        with cli.start(*arguments, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            os.write(ours, answer)
            out, err = running.communicate(timeout=60)
        return running.returncode, out + err
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.fixture
def fact(cli, user):
    return cli("profiles", "add", "Has no oven", "--user", user).ok().out.strip()


def test_yes_does_it(cli, fact):
    code, said = answered(cli, b"y\n", "profiles", "delete", fact)
    assert code == 0, said
    assert f"Delete profile {fact} with its history?" in said
    assert "PROFILE_NOT_FOUND" in cli("profiles", "show", fact).failed().err


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"\n", 1), (b"\x04", 130)])
def test_anything_else_does_not(cli, fact, answer, code):
    ended, said = answered(cli, answer, "profiles", "delete", fact)
    assert ended == code, said
    assert ("error: CANCELLED (NOT_CONFIRMED): nothing was done" in said) is (code == 1)
    cli("profiles", "show", fact).ok()


def test_nobody_to_ask(cli, fact):
    assert "give --yes" in cli("profiles", "delete", fact, stdin="y\n").failed(2).err
    cli("profiles", "show", fact).ok()
