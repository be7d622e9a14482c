"""`interplay tenants`: all tenants of a server, for its operator."""

from collections.abc import Callable
from typing import Any

import click
from interplay.v1 import tenant_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import echo_facts, echo_json, listed, table
from interplay_server.cli.times import local

_QUOTAS = ("rows", "bytes", "streams", "publishes_per_minute")


@click.group(cls=options.ListByDefault, epilog="Example: interplay tenants create acme --rows 1000000")
def tenants() -> None:
    """All tenants of a server; without a command it lists them. Needs the right operator."""


def _quota_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--rows", type=click.IntRange(min=0), help="Rows that it may hold; 0 means without limit."),
            click.option("--bytes", type=click.IntRange(min=0), help="Bytes of its folder; 0 means without limit."),
            click.option("--streams", type=click.IntRange(min=0), help="Streams open at once; 0 means without limit."),
            click.option(
                "--publishes-per-minute",
                type=click.IntRange(min=0),
                help="Batches and appends a minute; 0 means without limit.",
            ),
        )
    ):
        command = option(command)
    return command


@tenants.command("list", epilog="Example: interplay tenants list --json")
@options.with_limit("Tenants")
@options.talks_to_server
async def list_tenants(connection: Connection, *, limit: int, as_json: bool) -> None:
    """List tenants by name, with what they hold."""
    async with connection.open() as client:
        found = await listed(client.list_tenants(page_size=min(limit, 1000)), limit, as_json=as_json)
    if as_json:
        return
    rows = [
        (
            one.name,
            one.display_name,
            "open" if one.open else "",
            str(one.usage.rows) if one.usage.HasField("rows") else "",
            str(one.usage.bytes),
            str(one.usage.streams),
            _limits(one.quota),
            local(one.create_time),
        )
        for one in found
    ]
    heads = ("tenant", "name", "", "rows", "bytes", "streams", "quota", "made")
    for line in table(heads, rows, right=("rows", "bytes", "streams")):
        click.echo(line)


@tenants.command(epilog="Example: interplay tenants show acme")
@click.argument("name", metavar="TENANT")
@options.talks_to_server
async def show(connection: Connection, *, name: str, as_json: bool) -> None:
    """Show what TENANT holds, and what it may."""
    async with connection.open() as client:
        _echo(await client.get_tenant(name), as_json=as_json)


@tenants.command(epilog="Example: interplay tenants create acme --name 'Acme Ltd' --rows 1000000")
@click.argument("name", metavar="TENANT")
@click.option("--name", "display_name", metavar="TEXT", default="", help="Name for people.")
@_quota_options
@options.talks_to_server
async def create(connection: Connection, *, name: str, display_name: str, as_json: bool, **quota: int | None) -> None:
    """Make the empty tenant TENANT."""
    given = {what: limit or 0 for what, limit in quota.items()}
    async with connection.open() as client:
        _echo(await client.create_tenant(name, display_name=display_name, quota=given), as_json=as_json)


@tenants.command(epilog="Example: interplay tenants update acme --publishes-per-minute 600")
@click.argument("name", metavar="TENANT")
@click.option("--name", "display_name", metavar="TEXT", help="Name for people.")
@_quota_options
@click.option("--force", is_flag=True, help="Set a quota below what is used: every further write is refused.")
@options.talks_to_server
async def update(
    connection: Connection, *, name: str, display_name: str | None, force: bool, as_json: bool, **quota: int | None
) -> None:
    """Change the name or the quota of TENANT; what is not given stays."""
    async with connection.open() as client:
        changed = {what: limit for what, limit in quota.items() if limit is not None}
        if changed:
            now = (await client.get_tenant(name)).quota
            changed = {what: getattr(now, what) for what in _QUOTAS} | changed
        tenant = await client.update_tenant(name, display_name=display_name, quota=changed or None, force=force)
    _echo(tenant, as_json=as_json)


@tenants.command(epilog="Example: interplay tenants delete acme --yes")
@click.argument("name", metavar="TENANT")
@options.asks_first("Delete tenant {name} with everything in it?")
@options.talks_to_server
async def delete(connection: Connection, *, name: str, as_json: bool) -> None:
    """Delete TENANT with everything in it and revoke its keys; its backups stay."""
    async with connection.open() as client:
        gone = await client.delete_tenant(name)
    if as_json:
        echo_json(gone)
    else:
        click.echo(f"tenant {name} is deleted: {gone.usage.bytes} bytes, {gone.revoked_keys} keys revoked")


def _echo(tenant: tenant_pb2.Tenant, *, as_json: bool) -> None:
    if as_json:
        echo_json(tenant)
        return
    usage = tenant.usage
    echo_facts(
        {
            "tenant": tenant.name,
            "name": tenant.display_name,
            "made": local(tenant.create_time),
            "rows": str(usage.rows) if usage.HasField("rows") else "",
            "bytes": str(usage.bytes),
            "streams": str(usage.streams),
            "quota": _limits(tenant.quota),
        }
    )


def _limits(quota: tenant_pb2.TenantQuota) -> str:
    return ", ".join(f"{limit} {what.replace('_', ' ')}" for what in _QUOTAS if (limit := getattr(quota, what)))
