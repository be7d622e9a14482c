"""`interplay backup`, `backups` and `restore`: a tenant as it was at one moment."""

import sys
from typing import Any

import click
from interplay.v1 import tenant_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.operations import accepted
from interplay_server.cli.output import echo_facts, echo_json, listed, table
from interplay_server.cli.times import local

_id = click.argument("backup_id", metavar="BACKUP")
_VERIFY_SECONDS = 3600.0
"""A disk reads some hundred GB in it."""


@click.command(epilog="Example: interplay backup before-the-upgrade")
@click.argument("backup_id", metavar="[BACKUP]", default="")
@click.option("--no-wait", "wait", is_flag=True, default=True, flag_value=False, help="Return when it is accepted.")
@options.talks_to_server
async def backup(connection: Connection, *, backup_id: str, wait: bool, as_json: bool) -> int:
    """Back the tenant up under the name BACKUP, which is the time if not given, while it is written to."""
    async with connection.open() as client:
        started = await client.backup_tenant(backup_id)
        return await accepted(client, started.latest, wait=wait, as_json=as_json)


@click.group(cls=options.ListByDefault, epilog="Example: interplay backups verify before-the-upgrade")
def backups() -> None:
    """Backups of the tenant; without a command it lists them."""


@backups.command("list", epilog="Example: interplay backups list --json")
@options.with_limit("Backups")
@options.talks_to_server
async def list_backups(connection: Connection, *, limit: int, as_json: bool) -> None:
    """List backups, the newest first."""
    async with connection.open() as client:
        found = await listed(client.list_backups(page_size=min(limit, 1000)), limit, as_json=as_json)
    if as_json:
        return
    rows = [
        (one.backup_id, local(one.create_time), str(one.sequence), str(one.bytes), str(one.linked_bytes))
        for one in found
    ]
    heads = ("backup", "made", "sequence", "bytes", "shared")
    for line in table(heads, rows, right=("sequence", "bytes", "shared")):
        click.echo(line)


@backups.command(epilog="Example: interplay backups verify before-the-upgrade")
@_id
@options.talks_to_server
async def verify(connection: Connection, *, backup_id: str, as_json: bool) -> None:
    """Read every byte of BACKUP and say whether it is what it was."""
    async with connection.open() as client:
        _echo(await client.verify_backup(backup_id, timeout=_VERIFY_SECONDS), as_json=as_json)


@backups.command(epilog="Example: interplay backups delete before-the-upgrade --yes")
@_id
@options.asks_first("Delete backup {backup_id}?")
@options.talks_to_server
async def delete(connection: Connection, *, backup_id: str, as_json: bool) -> None:
    """Delete BACKUP; others keep what they share with it."""
    async with connection.open() as client:
        await client.delete_backup(backup_id)
    echo_json({"backup_id": backup_id}) if as_json else click.echo(f"backup {backup_id} is deleted")


@click.command(epilog="Example: interplay restore acme before-the-upgrade --into acme --replace --yes")
@click.argument("source_tenant", metavar="TENANT")
@_id
@click.option("--into", metavar="NAME", help="Tenant that it goes to; TENANT itself if not given.")
@click.option("--replace", is_flag=True, help="Take the place of a tenant that is there.")
@click.option("--validate-only", is_flag=True, help="Only read and verify.")
@options.asks_first("Restore {source_tenant} from {backup_id}?")
@options.talks_to_server
async def restore(
    connection: Connection,
    *,
    source_tenant: str,
    backup_id: str,
    into: str | None,
    replace: bool,
    validate_only: bool,
    as_json: bool,
) -> None:
    """Put BACKUP of TENANT into a new tenant, or in place of one, while the server runs. Needs the right operator."""
    bar: Any = click.progressbar(length=1, label="restoring", file=sys.stderr, hidden=not sys.stderr.isatty())

    def progress(done: int, total: int) -> None:
        bar.length = total or 1
        bar.update(done - bar.pos)

    async with connection.open() as client:
        with bar:
            found = await client.restore_tenant(
                source_tenant,
                backup_id,
                into or source_tenant,
                replace=replace,
                validate_only=validate_only,
                progress=progress,
            )
    _echo(found, as_json=as_json)


def _echo(backup: tenant_pb2.Backup, *, as_json: bool) -> None:
    if as_json:
        echo_json(backup)
        return
    echo_facts(
        {
            "backup": backup.backup_id,
            "tenant": backup.tenant,
            "made": local(backup.create_time),
            "sequence": str(backup.sequence),
            "files": str(backup.file_count),
            "bytes": str(backup.bytes),
            "shared": str(backup.linked_bytes),
            "server": backup.server_version,
        }
    )
