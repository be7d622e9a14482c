"""`interplay features export` and `interplay features import`: whole files."""

import asyncio
import sys
import uuid
from pathlib import Path
from typing import Any

import click
from interplay import ShopImport

from interplay_server.cli import features_tables as tables
from interplay_server.cli import options
from interplay_server.cli.connection import Client, Connection
from interplay_server.cli.features_tables import FORMATS, KINDS
from interplay_server.cli.output import as_json as fields_of
from interplay_server.cli.output import clip, echo_facts, echo_json, terminal_width
from interplay_server.cli.times import Instant

_STDIO = "-"


@click.command(epilog="Example: interplay features export features.parquet")
@click.argument("file", metavar="FILE")
@FORMATS.option("--format", "kind", meaning="Told by the suffix of FILE where it is not given, else Parquet.")
@click.option("--customer", "customer_id", metavar="ID", default="", help="Only of this customer.")
@click.option("--product", "product_id", metavar="ID", default="", help="Only of this product.")
@click.option("--as-of", type=Instant(), help="Instant that the rows describe; now by default.")
@options.talks_to_server
async def export(connection: Connection, *, file: str, kind: int, as_json: bool, **wanted: Any) -> None:
    """Write all rows to FILE, or to standard output where it is `-`.

    FILE appears when it is whole and its SHA-256 is that of the server.
    """
    target: Any = sys.stdout.buffer if file == _STDIO else Path(file)
    async with connection.open() as client:
        await client.server_info()
        done = await client.export_features(target, kind or None, **wanted)
    if file == _STDIO:
        return
    facts = {"file": file, "rows": done.row_count, "bytes": done.size, "sha256": done.sha256}
    echo_json(facts) if as_json else echo_facts({name: str(fact) for name, fact in facts.items()})


@click.command("import", epilog="Example: interplay features import products.json orders.jsonl")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--kind",
    type=KINDS.kind(),
    metavar="KIND",
    callback=lambda _ctx, _param, word: KINDS.numbers[word] if word else 0,
    help="What the files hold: products, customers, orders, events or redactions, which is told by what they look "
    "like where it is not given; or user-interactions, product-data, customer-data, order-data, line-item-data.",
)
@click.option(
    "--import-id", metavar="ID", help="Name of the import of a single FILE; made from what it holds by default."
)
@click.option("--again", is_flag=True, help="Import files that were imported before, too.")
@options.talks_to_server
async def import_files(
    connection: Connection, *, files: tuple[str, ...], kind: int, import_id: str | None, again: bool, as_json: bool
) -> None:
    """Import each FILE of a shop, or standard input where it is `-`.

    What Shopify gives: products, customers, orders as JSON pages or bulk JSON lines, web-pixel events, redactions; or
    with --kind a table of the shop as CSV or JSON lines. An import that broke off goes on when it is run again; a file
    that was imported is not imported twice. With --json each line is the report on a file.
    """
    if import_id and (len(files) > 1 or again):
        raise click.UsageError("--import-id is for a single FILE, without --again")
    async with connection.open() as client:
        await client.server_info()
        for file in files:
            named = uuid.uuid4().hex if again else import_id
            job = await _import(client, file, kind, named)
            _echo(file, job, as_json=as_json)


async def _import(client: Client, file: str, kind: int, import_id: str | None) -> ShopImport:
    source = sys.stdin.buffer.read() if file == _STDIO else Path(file)
    job = client.import_shopify(source, kind or None, import_id=import_id)
    shown = sys.stderr.isatty()
    try:
        async for step in job:
            if shown:
                share = f"{100 * step.offset / step.size:.0f} %" if step.size else "empty"
                _write(clip(f"{file}: {share}, {step.offset / 1e6:.1f} MB", terminal_width() - 1))
    except asyncio.CancelledError:
        click.echo(f"{file}: broken off; it goes on with --import-id {job.import_id}", err=True)
        raise
    finally:
        if shown:
            _write("")
    return job


def _echo(file: str, job: ShopImport, *, as_json: bool) -> None:
    if as_json:
        before = {"resumed_at": job.resumed_at, "finished_before": job.finished_before}
        echo_json({"file": file, "import_id": job.import_id, **before, "report": fields_of(job.report)})
        return
    click.secho(file, bold=True)
    if job.finished_before:
        click.echo("imported before; --again imports it anew. What was found then:")
    elif job.resumed_at:
        click.echo(f"went on at byte {job.resumed_at}")
    for line in tables.import_lines(job.report):
        click.echo(line)


def _write(text: str) -> None:
    click.echo(f"\r\x1b[K{text}", nl=False, err=True)
