"""`interplay features`: the 29 numbers of a customer and a product, and what they are computed from."""

import asyncio
import contextlib
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from interplay import FeatureRun
from interplay.v1 import feature_service_pb2 as service
from interplay.v1.feature_service_pb2_grpc import FeatureServiceStub

from interplay_server.cli import features_tables as tables
from interplay_server.cli import learnt, options
from interplay_server.cli.connection import Connection
from interplay_server.cli.evaluation_tables import write_page
from interplay_server.cli.features_config import config
from interplay_server.cli.features_events import events
from interplay_server.cli.features_files import export, import_files
from interplay_server.cli.output import clip, echo_json, terminal_width
from interplay_server.cli.times import Instant
from interplay_server.report.features import features_page

with_as_of = click.option(
    "--as-of", type=Instant(), help="Instant that they describe, for example -7d; now by default."
)


@click.group(epilog="Example: interplay features get ada kettle-2")
def features() -> None:
    """The 29 interaction features of every customer and product."""


for command in (export, import_files, events, config):
    features.add_command(command)


@features.command(epilog="Example: interplay features get ada kettle-2 --as-of 2026-01-31")
@click.argument("customer_id", metavar="CUSTOMER")
@click.argument("product_id", metavar="PRODUCT")
@with_as_of
@options.talks_to_server
async def get(connection: Connection, *, as_json: bool, **wanted: Any) -> None:
    """Show all features of CUSTOMER and PRODUCT, computed on the spot; `-` is undefined, which is not 0."""
    made = learnt.request(service.GetInteractionFeaturesRequest, **wanted)
    async with connection.open() as client:
        answer = await client.call(FeatureServiceStub, "GetInteractionFeatures", made)
    if as_json:
        echo_json(answer.row)
        return
    for line in tables.pair_lines(answer.row):
        click.echo(line)


@features.command("list", epilog="Example: interplay features list --where 'intent_score>=0.5' --order-by intent_score")
@click.option("--customer", "customer_id", metavar="ID", default="", help="Only of this customer.")
@click.option("--product", "product_id", metavar="ID", default="", help="Only of this product.")
@click.option(
    "--where",
    "bounds",
    type=tables.Bound(),
    multiple=True,
    metavar="BOUND",
    help="Only rows with e.g. intent_score>=0.5, total_views<=9 or purchases=0; repeat it for several.",
)
@click.option(
    "--order-by", metavar="FEATURE", default="", help="The greatest of this first; by customer and product by default."
)
@click.option("--ascending", is_flag=True, help="The least of it first.")
@click.option(
    "--column",
    "columns",
    type=click.Choice(tables.known_columns()),
    metavar="FEATURE",
    multiple=True,
    help="Column of the table; repeat it for several.",
)
@with_as_of
@options.with_limit("Rows")
@options.talks_to_server
async def list_features(
    connection: Connection, *, columns: tuple[str, ...], limit: int, as_json: bool, **wanted: Any
) -> None:
    """List rows of features that meet all filters; a feature that is undefined meets no bound."""
    shown = columns or tables.COLUMNS
    if not columns and wanted["order_by"] in tables.known_columns() and wanted["order_by"] not in shown:
        shown = (*shown, wanted["order_by"])
    made = learnt.request(service.ListInteractionFeaturesRequest, page_size=min(limit, 1000), **wanted)
    rows = []
    async with connection.open() as client:
        async for row in client.listed(FeatureServiceStub, "ListInteractionFeatures", made, "rows"):
            rows.append(row)
            if as_json:
                echo_json(row)
            if len(rows) == limit:
                break
    if as_json:
        return
    if not rows:
        click.echo("nothing found", err=True)
        return
    for line in tables.row_lines(rows, shown):
        click.echo(line)


@features.command(epilog="Example: interplay features top ada --top-k 5 --explain")
@click.argument("customer_id", metavar="CUSTOMER")
@click.option("--top-k", type=click.IntRange(1, 100), default=10, show_default=True, help="Products at most.")
@click.option("--include-zero", is_flag=True, help="Also products with a score of 0.")
@click.option("--explain", is_flag=True, help="Show what each score is made of.")
@with_as_of
@options.talks_to_server
async def top(connection: Connection, *, explain: bool, as_json: bool, **wanted: Any) -> None:
    """List the products to recommend to CUSTOMER, the best first."""
    made = learnt.request(service.ListRecommendationsRequest, **wanted)
    async with connection.open() as client:
        answer = await client.call(FeatureServiceStub, "ListRecommendations", made)
    if as_json:
        for one in answer.recommendations:
            echo_json(one)
        return
    if not answer.recommendations:
        click.echo("nothing to recommend", err=True)
        return
    for line in tables.recommendation_lines(answer.recommendations, explain=explain):
        click.echo(line)


@features.command(epilog="Example: interplay features compute --full")
@click.option("--full", is_flag=True, help="Every customer, instead of those that changed since the last run.")
@click.option("--customer", "customer_ids", metavar="ID", multiple=True, help="Only this customer; repeat it.")
@click.option("--as-of", type=Instant(), help="Instant that the kept rows describe; now by default.")
@learnt.with_request_id
@click.option("--rows", is_flag=True, help="Print every row as a JSON line as it is kept.")
@click.option(
    "--resume-after", metavar="CURSOR", default="", help="With --rows: go on there, as an interrupted run told."
)
@options.talks_to_server
async def compute(connection: Connection, *, as_of: datetime | None, rows: bool, as_json: bool, **wanted: Any) -> None:
    """Compute features as an operation and tell what came of it. Ctrl-C ends the watching alone.

    With --json the last line is the totals.
    """
    if wanted["full"] and wanted["customer_ids"]:
        raise click.UsageError("--full and --customer exclude each other")
    if wanted["resume_after"] and not (rows and wanted["request_id"]):
        raise click.UsageError("--resume-after needs --rows and --request-id")
    async with connection.open() as client:
        # A run reconnects for a while; a wrong address or credential must end the command at once.
        await client.server_info()
        run = client.compute_features(as_of=as_of, **{**wanted, "request_id": wanted["request_id"] or None})
        await _follow(run, rows=rows)
    if as_json or rows:
        echo_json(service.ComputeInteractionFeaturesResponse(totals=run.totals))
        return
    for line in tables.totals_lines(run.totals):
        click.echo(line)


async def _follow(run: FeatureRun, *, rows: bool) -> None:
    shown = sys.stderr.isatty()
    try:
        if rows:
            async with contextlib.aclosing(run.messages()) as pieces:
                async for piece in pieces:
                    for row in piece:
                        echo_json(row)
        else:
            async for progress in run:
                if shown:
                    _write(_progress(progress))
    except asyncio.CancelledError:
        again = f"--request-id {run.request_id}"
        again += f" --resume-after {run.resume_after}" if run.resume_after else ""
        click.echo(f"it goes on; come back with the same options and {again}", err=True)
        raise
    finally:
        if shown:
            _write("")


def _progress(progress: service.ComputeProgress) -> str:
    failed = f", {progress.failed_customers} failed" if progress.failed_customers else ""
    done = f"{progress.done_customers} of {progress.total_customers} customers"
    return clip(f"{done}, {progress.computed_pairs} pairs{failed}", terminal_width() - 1)


def _write(text: str) -> None:
    click.echo(f"\r\x1b[K{text}", nl=False, err=True)


@features.command(epilog="Example: interplay features report --html features.html")
@click.option(
    "--html", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with plots to this file."
)
@options.talks_to_server
async def report(connection: Connection, *, file: Path | None, as_json: bool) -> None:
    """Report on the data and the kept features: gaps, distributions, drift against the run before, time and memory."""
    async with connection.open() as client:
        answer = await client.feature_report()
    if as_json:
        echo_json(answer)
    else:
        for line in tables.report_lines(answer):
            click.echo(line)
    if file:
        write_page(file, features_page(answer))
