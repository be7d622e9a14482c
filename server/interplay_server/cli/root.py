"""The root command: finds its subcommands, and turns every ending into one line and an exit code."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from interplay_server import __version__
from interplay_server.cli.failure import Failure, failure_of

# In the order in which a newcomer needs them. Modules are imported when asked for: `serve` must not wait for gRPC's
# client, and nothing but `serve` waits for LanceDB.
COMMANDS = {
    "serve": "serve:serve",
    "demo": "demo:demo",
    "publish": "publish:publish",
    "import-transcripts": "transcripts:import_transcripts",
    "import-spans": "transcripts:import_spans",
    "search": "search:search",
    "sessions": "sessions:sessions",
    "watch": "watch:watch",
    "context": "context:context",
    "mcp": "mcp:mcp",
    "profiles": "profiles:profiles",
    "playbooks": "playbooks:playbooks",
    "learning": "learning:learning",
    "evaluate": "evaluate:evaluate",
    "compare": "compare:compare",
    "audit-judge": "audit_judge:audit_judge",
    "experiments": "experiments:experiments",
    "features": "features:features",
    "dialogues": "dialogues:dialogues",
    "monitor": "monitor:monitor",
    "import-memories": "moving:import_memories",
    "export-memories": "moving:export_memories",
    "operations": "operations:operations",
    "info": "info:info",
    "keys": "keys:keys",
    "tenants": "tenants:tenants",
    "backup": "backups:backup",
    "backups": "backups:backups",
    "restore": "backups:restore",
    "erase-user": "erasure:erase_user",
    "erasures": "erasure:erasures",
    "readmit-user": "erasure:readmit_user",
    "link-users": "links:link_users",
    "unlink-users": "links:unlink_users",
    "user-links": "links:user_links",
    "retention": "retention:retention",
    "reembed": "reembed:reembed",
    "content-policy": "content_policy:content_policy",
    "export-user": "user_export:export_user",
    "import-user": "user_export:import_user",
    "completion": "completion:completion",
}
USAGE_ERROR, INTERRUPTED = 2, 130


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(f"interplay_server.cli.{module}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            # click itself would end with 1, and the reader of `| head` has only read enough.
            raise _ReaderLeftError from error
        return result


class _ReaderLeftError(Exception):
    """Whoever read standard output is gone."""


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A first look: `interplay demo`. The manual: docs/cli.md.",
)
@click.version_option(__version__, prog_name="interplay")
def root() -> None:
    """Interplay remembers what users and agents do together, and finds it again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code: 0 done, 1 refused or failed, 2 wrongly used, 130 interrupted."""
    try:
        code = root.main(arguments, prog_name="interplay", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE_ERROR
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except _ReaderLeftError:
        return _reader_left()
    except click.ClickException as error:
        return _report(Failure(error.format_message()))
    except Exception as error:
        if "INTERPLAY_TRACEBACK" in os.environ:
            raise
        return _report(failure_of(error))
    return code if isinstance(code, int) else 0


def _report(failure: Failure) -> int:
    try:
        click.echo(failure.line(), err=True)
    except BrokenPipeError:
        return _reader_left()
    return 1


def _reader_left() -> int:
    """`| head` has read enough. What is still buffered would raise again when the interpreter ends."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(devnull, stream.fileno())
    return 0
