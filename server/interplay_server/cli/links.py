"""`interplay link-users`, `unlink-users` and `user-links`: a guest who was found to be an account."""

import click
from interplay.v1 import custody_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import echo_json, listed, table
from interplay_server.cli.times import local

_guest = click.argument("guest_id", metavar="GUEST")


@click.command("link-users", epilog="Example: interplay link-users visitor-81 ada")
@_guest
@click.argument("account_id", metavar="ACCOUNT")
@options.talks_to_server
async def link_users(connection: Connection, *, guest_id: str, account_id: str, as_json: bool) -> None:
    """Make GUEST and ACCOUNT one person from now on. Needs the right admin."""
    async with connection.open() as client:
        link = await client.link_users(guest_id, account_id)
    _echo(link, "is", as_json=as_json)


@click.command("unlink-users", epilog="Example: interplay unlink-users visitor-81")
@_guest
@options.talks_to_server
async def unlink_users(connection: Connection, *, guest_id: str, as_json: bool) -> None:
    """Give GUEST a history of their own again. Needs the right admin."""
    async with connection.open() as client:
        link = await client.unlink_users(guest_id)
    _echo(link, "is no longer", as_json=as_json)


@click.command("user-links", epilog="Example: interplay user-links --user ada --json")
@click.option("--user", "user_id", metavar="ID", default="", help="Only links of this guest or account.")
@options.with_limit("Links")
@options.talks_to_server
async def user_links(connection: Connection, *, user_id: str, limit: int, as_json: bool) -> None:
    """List links between guests and accounts, the newest first. Needs the right admin."""
    async with connection.open() as client:
        found = await listed(client.list_user_links(user_id, page_size=min(limit, 1000)), limit, as_json=as_json)
    if as_json:
        return
    rows = [(one.guest_id, one.account_id, local(one.link_time)) for one in found]
    for line in table(("guest", "account", "since"), rows):
        click.echo(line)


def _echo(link: custody_pb2.UserLink, stands: str, *, as_json: bool) -> None:
    echo_json(link) if as_json else click.echo(f"{link.guest_id} {stands} {link.account_id}")
