"""`interplay erase-user`, `erasures` and `readmit-user`: everything held on a person goes, and stays away."""

import click
from interplay.v1 import custody_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.operations import accepted
from interplay_server.cli.output import echo_json, listed, table
from interplay_server.cli.times import local

_user = click.argument("user_id", metavar="USER")


@click.command("erase-user", epilog="Example: interplay erase-user ada --yes")
@_user
@click.option("--allow-missing", is_flag=True, help="Refuse what comes later for somebody on whom nothing is held.")
@click.option("--no-wait", "wait", is_flag=True, default=True, flag_value=False, help="Return when it is accepted.")
@options.asks_first("Erase everything held on {user_id}?")
@options.talks_to_server
async def erase_user(connection: Connection, *, user_id: str, allow_missing: bool, wait: bool, as_json: bool) -> int:
    """Erase everything held on USER, with the guests linked to them. Needs the right admin."""
    async with connection.open() as client:
        started = await client.erase_user(user_id, allow_missing=allow_missing)
        return await accepted(client, started.latest, wait=wait, as_json=as_json)


@click.command(epilog="Example: interplay erasures --user ada --json")
@click.option("--user", "user_id", metavar="ID", default="", help="Only of this person.")
@options.with_limit("Receipts")
@options.talks_to_server
async def erasures(connection: Connection, *, user_id: str, limit: int, as_json: bool) -> None:
    """List receipts of erasures, the newest first. Needs the right admin."""
    async with connection.open() as client:
        found = await listed(client.list_erasures(user_id, page_size=min(limit, 1000)), limit, as_json=as_json)
    if as_json:
        return
    for line in table(("pseudonym", "asked for", "ended", "admitted again", "rows"), map(_row, found), right=("rows",)):
        click.echo(line)


@click.command("readmit-user", epilog="Example: interplay readmit-user ada")
@_user
@options.talks_to_server
async def readmit_user(connection: Connection, *, user_id: str, as_json: bool) -> None:
    """Let data of USER be stored again: they have given consent. Needs the right admin."""
    async with connection.open() as client:
        erasure = await client.readmit_user(user_id)
    echo_json(erasure) if as_json else click.echo(f"{user_id} is admitted again")


def _row(one: custody_pb2.Erasure) -> tuple[str, ...]:
    ended = local(one.end_time) if one.HasField("end_time") else "runs"
    admitted = local(one.readmit_time) if one.HasField("readmit_time") else ""
    return one.pseudonym, local(one.start_time), ended, admitted, str(sum(one.counts.values()))
