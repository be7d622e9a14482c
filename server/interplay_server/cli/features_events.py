"""`interplay features events`: what customers and guests did."""

from typing import Any

import click
from interplay.v1 import feature_service_pb2 as service
from interplay.v1.feature_service_pb2_grpc import FeatureServiceStub

from interplay_server.cli import features_tables as tables
from interplay_server.cli import learnt, options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import echo_json

_FILTERS = (
    click.option("--customer", "customer_id", metavar="ID", default="", help="Only of this customer."),
    click.option("--product", "product_id", metavar="ID", default="", help="Only of this product."),
    click.option("--client", "client_id", metavar="ID", default="", help="Only of this browser or device."),
)
_filters = learnt.with_options(*_FILTERS)


@click.group(cls=options.ListByDefault, epilog="Example: interplay features events --customer ada")
def events() -> None:
    """Events that the features are computed from; without a command it lists them."""


@events.command("list", epilog="Example: interplay features events list --customer ada --since -7d")
@_filters
@click.option("--type", "event_type", metavar="TEXT", default="", help="Only of this type, as it was sent.")
@click.option("--session", "session_id", metavar="ID", default="", help="Only of this session.")
@options.with_period
@options.with_limit("Events")
@options.talks_to_server
async def list_events(connection: Connection, *, limit: int, as_json: bool, **wanted: Any) -> None:
    """List events in the order in which they came."""
    made = learnt.request(service.ListEventsRequest, page_size=min(limit, 1000), **wanted)
    found = []
    async with connection.open() as client:
        async for event in client.listed(FeatureServiceStub, "ListEvents", made, "events"):
            found.append(event)
            if as_json:
                echo_json(event)
            if len(found) == limit:
                break
    if as_json:
        return
    if not found:
        click.echo("no events", err=True)
        return
    for line in tables.event_lines(found):
        click.echo(line)


@events.command(epilog="Example: interplay features events delete --customer ada --until 2025-01-01 --yes")
@click.argument("event_ids", metavar="[EVENT]...", nargs=-1)
@_filters
@options.with_period
@click.option("--validate-only", is_flag=True, help="Only count.")
@options.asks_first("Delete these events for ever?")
@options.talks_to_server
async def delete(connection: Connection, *, as_json: bool, **wanted: Any) -> None:
    """Delete each EVENT, or all that the filters match; every feature forgets them."""
    made = learnt.request(service.DeleteEventsRequest, **wanted)
    async with connection.open() as client:
        answer = await client.call(FeatureServiceStub, "DeleteEvents", made)
    if as_json:
        echo_json(answer)
        return
    verb = "would be deleted" if wanted["validate_only"] else "deleted"
    click.echo(f"{answer.deleted_count} {verb}")
