"""`interplay export-user` and `import-user`: everything held on a person, as files."""

import sys
from pathlib import Path

import click

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import echo_json, table

_FORMATS = {"jsonl": "json_lines", "parquet": "parquet"}


@click.command(epilog="Example: interplay export-user ada --out ./ada")
@click.argument("user_id", metavar="USER")
@click.option(
    "--out",
    metavar="FOLDER",
    required=True,
    type=click.Path(exists=False, path_type=Path),
    help="New folder that the files go to.",
)
@click.option(
    "--format", "form", type=click.Choice(list(_FORMATS)), default="jsonl", help="Files of tables; jsonl if not given."
)
@options.talks_to_server
async def export_user(connection: Connection, *, user_id: str, out: Path, form: str, as_json: bool) -> None:
    """Write everything held on USER, and on guests linked to them, into FOLDER. Needs the right admin."""
    async with connection.open() as client:
        summary = await client.export_user(user_id, out, format=_FORMATS[form])
    if as_json:
        echo_json(summary)
        return
    _echo_counts(dict(summary.counts))
    click.echo(f"{summary.files} files, {summary.bytes} bytes in {out}")


@click.command(epilog="Example: interplay import-user ./ada --tenant acme-new")
@click.argument("folder", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path))
@options.talks_to_server
async def import_user(connection: Connection, *, folder: Path, as_json: bool) -> None:
    """Take the export in FOLDER in: all of it or nothing. Needs the right admin."""

    def progress(path: str, rows: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"{path}: {rows}", err=True)

    async with connection.open() as client:
        result = await client.import_user(folder, progress=progress)
    if as_json:
        echo_json(result)
        return
    _echo_counts(dict(result.counts))
    click.echo(f"{result.user_id} is taken in")


def _echo_counts(counts: dict[str, int]) -> None:
    rows = [(name, str(count)) for name, count in sorted(counts.items()) if count]
    for line in table(("table", "rows"), rows, right=("rows",)):
        click.echo(line)
