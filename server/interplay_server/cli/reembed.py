"""`interplay reembed`: another embedder for a tenant."""

import click

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.operations import accepted


@click.command(epilog="Example: interplay reembed wordllama-128")
@click.argument("embedder", metavar="EMBEDDER")
@click.option("--no-wait", "wait", is_flag=True, default=True, flag_value=False, help="Return when it is accepted.")
@options.talks_to_server
async def reembed(connection: Connection, *, embedder: str, wait: bool, as_json: bool) -> int:
    """Embed everything of the tenant anew with EMBEDDER, one of those that `interplay info` lists, while it is used."""
    async with connection.open() as client:
        started = await client.reembed_tables(embedder)
        return await accepted(client, started.latest, wait=wait, as_json=as_json)
