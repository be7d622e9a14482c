"""docs/cli.md and the commands, compared both ways."""

import re
from pathlib import Path

import click
import pytest
from interplay_server.cli import options
from interplay_server.cli.root import root

TEXT = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SHARED = "Options of every command that talks to a server"


def commands(command, path):
    """Every command with its full name; groups come before their members."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), (*path, name))


COMMANDS = dict(list(commands(root, ("interplay",)))[1:])


def flags(command):
    return {
        flag
        for option in command.params
        if isinstance(option, click.Option)
        for flag in (*option.opts, *option.secondary_opts)
    }


def section(title):
    found = re.search(rf"^##+ `?{re.escape(title)}\b[^\n]*\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cli.md has no section on {title}"
    return found[1]


def documented(title):
    rows = re.findall(r"^\| (`.+?) \| ", section(title), re.MULTILINE)
    return {flag for row in rows for flag in re.findall(r"`(--[a-z0-9-]+)", row)}


@click.command()
@options.talks_to_server
async def plain(connection, *, as_json): ...


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_documented_and_no_other(name):
    command = COMMANDS[name]
    own = flags(command)
    if "--target" in own:
        own -= flags(plain)
        assert f"](#{SHARED.lower().replace(' ', '-')})" in section(name)
    assert documented(name) == own


def test_shared_options():
    assert documented(SHARED) == flags(plain)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_and_help(name):
    command = COMMANDS[name]
    assert re.search(rf"```sh\n(?:[^`]*\n)?[^`]*{re.escape(name)}", section(name))
    assert command.epilog
    assert f"{name}" in command.epilog
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_no_section_on_a_command_that_does_not_exist():
    titles = re.findall(r"^##+ `(interplay(?: [a-z-]+)*)", TEXT, re.MULTILINE)
    assert sorted(titles) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_arguments_are_named_in_the_heading(name):
    heading = re.search(rf"^##+ `{re.escape(name)}([^`]*)`", TEXT, re.MULTILINE)
    assert heading
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            assert parameter.make_metavar(click.Context(COMMANDS[name])).strip("{}[]").split("|")[0] in heading[1]


def test_lines_of_help_fit_a_terminal():
    for name, command in COMMANDS.items():
        text = command.get_help(click.Context(command, info_name=name, max_content_width=100))
        assert max(map(len, text.splitlines())) <= 100, name
