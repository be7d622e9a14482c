"""`interplay import-memories` and `export-memories`: moves memories in from other systems, and out."""

import json
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

import click
from google.protobuf.message import Message
from interplay.moving import (
    MemoryImport,
    Report,
    Settings,
    SourceError,
    exported,
    for_langgraph,
    for_mem0,
    header,
    line,
    read_interplay,
    read_langgraph,
    read_mem0,
    read_reflexio,
)
from interplay.moving.exporting import holds, kind_of

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.output import counted, echo_json, table

SYSTEMS = ("mem0", "reflexio", "langgraph", "interplay")
KINDS = {
    "interaction": "interactions",
    "profile": "profiles",
    "user_playbook": "user playbooks",
    "agent_playbook": "agent playbooks",
}


@click.command(
    "import-memories",
    epilog="""\b
Examples: interplay import-memories mem0 ~/.mem0/history.db ./qdrant --dry-run
          interplay import-memories reflexio reflexio.db
          interplay import-memories langgraph store.sqlite --namespace "memories/{user}"
          interplay import-memories interplay memories.jsonl
What becomes of what: docs/moving.md""",
)
@click.argument("system", metavar="SYSTEM", type=click.Choice(SYSTEMS))
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--user", "user_id", metavar="ID", default="", help="Person of rows that name none.")
@click.option(
    "--namespace",
    metavar="PATTERN",
    default="",
    help="langgraph: where the user stands, for example memories/{user}; * is any other part.",
)
@click.option("--learn", is_flag=True, help="Let Interplay learn from the imported interactions, too.")
@click.option("--dry-run", is_flag=True, help="Store nothing; say what would be stored.")
@options.talks_to_server
async def import_memories(
    connection: Connection,
    *,
    system: str,
    sources: tuple[Path, ...],
    user_id: str,
    namespace: str,
    learn: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Import what another SYSTEM remembers: mem0, reflexio, langgraph, or interplay's own export.

    SOURCE is a file or folder as that system keeps or exports it. Messages become interactions, facts become profiles,
    lessons become playbooks. Run it again after a break: what is there is not stored twice, and never changed. Rows
    that become nothing are listed with the reason; the exit code is 1 only if the server refused some.
    """
    settings = Settings(user_id=user_id, namespace=namespace)
    try:
        records = [
            record
            for one in ([sources] if system != "langgraph" else [(path,) for path in sources])
            for record in _read(system, one, settings)
        ]
        async with connection.open() as client:
            job = MemoryImport(client, records, learn=learn, dry_run=dry_run)
            with _progress(len(records)) as bar:
                async for report in job:
                    bar.update(report.seen - bar.pos)
    except SourceError as error:
        raise RefusalError(str(error), "INVALID_ARGUMENT", "") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        message = f"{', '.join(map(str, sources))}: neither a database nor text of {system}: {error}"
        raise RefusalError(message, "INVALID_ARGUMENT", "") from error
    (_report_json if as_json else _report_text)(job.report, dry_run=dry_run)
    return 1 if job.report.refused else 0


def _read(system: str, sources: tuple[Path, ...], settings: Settings) -> Iterator[Any]:
    if system == "langgraph":
        return read_langgraph(sources[0], settings)
    readers = {"mem0": read_mem0, "reflexio": read_reflexio, "interplay": read_interplay}
    return readers[system](sources, settings)


def _progress(rows: int) -> Any:
    hidden = not (rows and sys.stderr.isatty())
    return click.progressbar(length=rows or 1, label="importing", file=sys.stderr, hidden=hidden)


def _report_json(report: Report, *, dry_run: bool) -> None:
    for one in report.unmapped:
        echo_json({"origin": one.origin, "left_behind": "row" if one.whole else "part", "why": one.why})
    for origin, why in report.refused:
        echo_json({"origin": origin, "refused": why})
    echo_json(
        {
            "dry_run": dry_run,
            "new": dict(report.new),
            "there": dict(report.there),
            "rows_left_behind": sum(one.whole for one in report.unmapped),
            "parts_left_behind": sum(not one.whole for one in report.unmapped),
            "refused": len(report.refused),
        }
    )


def _report_text(report: Report, *, dry_run: bool) -> None:
    rows = [
        (words, f"{report.new[kind]:,}", f"{report.there[kind]:,}")
        for kind, words in KINDS.items()
        if report.new[kind] or report.there[kind]
    ]
    if rows:
        headings = ("what", "would be new" if dry_run else "new", "were there")
        click.echo("\n".join(table(headings, rows, right=headings[1:])))
    reasons = Counter((one.whole, one.why) for one in report.unmapped)
    for (whole, why), count in reasons.most_common():
        origins = [one.origin for one in report.unmapped if (one.whole, one.why) == (whole, why)][:3]
        what = counted(count, "row") if whole else counted(count, "part")
        more = ", …" if count > len(origins) else ""
        click.echo(f"left behind: {what}: {why} ({', '.join(origins)}{more})", err=True)
    for origin, why in report.refused:
        click.echo(f"refused: {origin}: {why}", err=True)
    if not rows and not report.unmapped and not report.refused:
        click.echo("nothing to import", err=True)


@click.command(
    "export-memories",
    epilog="""\b
Examples: interplay export-memories > memories.jsonl
          interplay export-memories --user ada --out ada.jsonl
          interplay export-memories --format mem0 --out memories.json
          interplay export-memories --format langgraph --out store.sqlite
What each holds: docs/moving.md""",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(("jsonl", "mem0", "langgraph")),
    default="jsonl",
    show_default=True,
    help="JSON lines with everything; arguments of mem0's add; a SqliteStore file.",
)
@click.option("--user", "user_id", metavar="ID", default="", help="Only of this person; the whole tenant by default.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; standard output by default. langgraph needs one.",
)
@options.talks_to_server
async def export_memories(connection: Connection, *, kind: str, user_id: str, out: Path | None, as_json: bool) -> int:
    """Export interactions, profiles and playbooks of a person or of the whole tenant.

    jsonl holds everything and `import-memories interplay` reads it. The other two hold what is valid now, as the other
    system takes it. A file that exists is not overwritten; into a SqliteStore file items are put beside those it has.
    """
    if kind == "langgraph" and out is None:
        raise click.UsageError("--format langgraph writes a file: give --out")
    if kind != "langgraph" and out is not None:
        _refuse_existing(out)
    counts: Counter[str] = Counter()
    async with connection.open() as client:
        rows = exported(client, user_id)
        if kind == "langgraph":
            await _into_store(str(out), rows, counts)
        else:
            partial = out.with_name(f"{out.name}.part") if out else None
            with partial.open("w", encoding="utf-8") if partial else nullcontext(sys.stdout) as file:
                await (
                    _write_lines(file, rows, counts, user_id) if kind == "jsonl" else _write_mem0(file, rows, counts)
                )
            if partial and out:
                partial.replace(out)
    said = ", ".join(f"{counts[one]:,} {words}" for one, words in KINDS.items())
    left = f"; {counts['left']:,} have no place in this format" if counts["left"] else ""
    if as_json and out:
        echo_json({"out": str(out), **{one: counts[one] for one in (*KINDS, "left")}})
    else:
        click.echo(f"exported {said}{left}", err=True)
    return 0


def _refuse_existing(out: Path) -> None:
    if out.exists():
        raise RefusalError(f"{out} exists already", "ALREADY_EXISTS", "")


async def _write_lines(file: TextIO, rows: AsyncIterator[Message], counts: Counter[str], user_id: str) -> None:
    file.write(json.dumps(header(user_id)) + "\n")
    async for row in rows:
        file.write(json.dumps(line(row), ensure_ascii=False) + "\n")
        counts[kind_of(row)] += 1


async def _write_mem0(file: TextIO, rows: AsyncIterator[Message], counts: Counter[str]) -> None:
    lead = "["
    async for row in rows:
        said = for_mem0(row)
        counts[kind_of(row) if said else "left"] += 1
        if said:
            file.write(f"{lead}\n{json.dumps(said, ensure_ascii=False)}")
            lead = ","
    file.write("[]\n" if lead == "[" else "\n]\n")


async def _into_store(path: str, rows: AsyncIterator[Message], counts: Counter[str]) -> None:
    with _sqlite_store(path) as store:
        async for row in rows:
            item = for_langgraph(row) if holds(row) else None
            counts[kind_of(row) if item else "left"] += 1
            if item:
                store.put(*item)


@contextmanager
def _sqlite_store(path: str) -> Iterator[Any]:
    try:
        from langgraph.store.sqlite import SqliteStore  # noqa: PLC0415 - a library that only this format needs
    except ImportError as error:
        raise RefusalError(
            "this format needs langgraph's store: pip install langgraph-checkpoint-sqlite", "FAILED_PRECONDITION", ""
        ) from error
    try:
        with SqliteStore.from_conn_string(path) as store:
            store.setup()
            yield store
    except sqlite3.DatabaseError as error:
        raise RefusalError(
            f"{path}: no SqliteStore, and none can be made of it: {error}", "INVALID_ARGUMENT", ""
        ) from error
