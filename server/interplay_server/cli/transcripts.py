"""`interplay import-transcripts` and `interplay import-spans`: what agents have said elsewhere."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from interplay.agents.spans import aimport_spans
from interplay.agents.transcripts import ImportReport, TooManyFaultsError, aimport_transcripts

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.output import counted, echo_json, harmless

_FILES = click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)


def _importing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that imports have in common."""
    given = (
        click.option("--user", "user_id", metavar="ID", default="", help="Person of conversations that name none."),
        click.option("--agent", "agent_id", metavar="ID", default="", help="Agent of conversations that name none."),
        click.option(
            "--agent-version", metavar="TEXT", default="", help="Agent version of conversations that name none."
        ),
        click.option("--source", metavar="TEXT", default="", help="Source of the interactions."),
        click.option("--session-prefix", metavar="TEXT", default="", help="Put before the ids of sessions."),
        click.option("--with-system", is_flag=True, help="Publish system messages too."),
        click.option("--evaluation-only", is_flag=True, help="Store, never learn from it."),
        click.option(
            "--max-faults",
            type=click.IntRange(min=0),
            default=100,
            show_default=True,
            help="Unreadable places of a file after which it is given up.",
        ),
    )
    for option in reversed(given):
        command = option(command)
    return command


@click.command(
    "import-transcripts",
    epilog="""\b
Examples: interplay import-transcripts chats.jsonl --user ada
          interplay import-transcripts conversations.json --user ada --source chatgpt""",
)
@_FILES
@click.option(
    "--format",
    "form",
    type=click.Choice(["auto", "openai", "anthropic"]),
    default="auto",
    show_default=True,
    help="Whose messages they are; auto looks at each conversation.",
)
@_importing
@options.talks_to_server
async def import_transcripts(
    connection: Connection, *, files: tuple[Path, ...], form: Any, as_json: bool, **settings: Any
) -> int:
    """Publish the conversations of FILEs: messages as OpenAI or Anthropic write them.

    JSON or JSON lines: objects with "messages" (fine-tuning and batch files, requests as they were sent), arrays of
    them, or conversations.json as the chat applications of OpenAI and Anthropic export it. A file that was imported is
    not published again, one that broke off goes on. Exit code 1 where something could not be read or was refused.
    """

    async def one(client: Any, path: Path, progress: Any) -> ImportReport:
        return await aimport_transcripts(client, path, format=form, progress=progress, **settings)

    return await _run(connection, files, one, as_json=as_json)


@click.command("import-spans", epilog="Example: interplay import-spans traces.json --user ada")
@_FILES
@_importing
@options.talks_to_server
async def import_spans(connection: Connection, *, files: tuple[Path, ...], as_json: bool, **settings: Any) -> int:
    """Publish what OpenTelemetry spans of generative AI in FILEs say was said.

    OTLP as JSON, JSON lines or protobuf; the messages must have been recorded (gen_ai.input.messages and
    gen_ai.output.messages, or the older events). A file that was imported is not published again, one that broke off
    goes on. Exit code 1 where something could not be read or was refused.
    """

    async def one(client: Any, path: Path, progress: Any) -> ImportReport:
        return await aimport_spans(client, path, progress=progress, **settings)

    return await _run(connection, files, one, as_json=as_json)


async def _run(connection: Connection, files: tuple[Path, ...], work: Any, *, as_json: bool) -> int:
    faulty = False
    async with connection.open() as client:
        for path in files:
            shown = sys.stderr.isatty()
            bar: Any = click.progressbar(length=1000, label=path.name, file=sys.stderr, hidden=not shown)
            with bar:

                def progress(done: int, size: int, bar: Any = bar) -> None:
                    bar.update(done * 1000 // size - bar.pos)

                try:
                    report = await work(client, path, progress if shown else None)
                except TooManyFaultsError as error:
                    raise RefusalError(str(error), "INVALID_ARGUMENT", "TOO_MANY_FAULTS") from error
                except ImportError as error:
                    raise click.UsageError(str(error)) from error
            _tell(report, as_json=as_json)
            faulty = faulty or bool(report.faults)
    return 1 if faulty else 0


def _tell(report: ImportReport, *, as_json: bool) -> None:
    if as_json:
        echo_json({**vars(report), "skipped": dict(report.skipped)})
        return
    for fault in report.faults:
        click.echo(harmless(fault), err=True)
    if (more := report.fault_count - len(report.faults)) > 0:
        click.echo(f"and {more} more", err=True)
    for reason, count in sorted(report.skipped.items()):
        click.echo(f"left out {count}: {harmless(reason)}", err=True)
    if report.resumed_after:
        click.echo(f"the first {counted(report.resumed_after, 'append')} had been published before", err=True)
    conversations = counted(report.conversations, "conversation")
    click.echo(f"{report.path}: published {report.published} of {conversations}, stream {report.stream_id}")
