"""`interplay keys`: through a server, or in its data folder beside it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from interplay.v1 import admin_service_pb2, api_key_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.output import as_json as fields_of
from interplay_server.cli.output import echo_json, table
from interplay_server.cli.times import Instant, local, timestamp
from interplay_server.domain.credentials import DEFAULT_TENANT, RIGHTS, ApiKeyRecord

if TYPE_CHECKING:
    from interplay_server.storage.server_database import ServerDatabase

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_offline = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Work in this data folder instead of through a server; it may run or not.",
)

_folder = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="The server's data folder; it may run or not.",
)
_rights_option = click.option(
    "--right",
    "rights",
    multiple=True,
    default=("read", "write"),
    show_default=True,
    type=click.Choice(sorted(right.lower() for right in RIGHTS)),
    help="What the key may do; repeat it for several.",
)


@click.group(epilog="Example: interplay keys create --name 'web shop' --right read --right write --data ./data")
def keys() -> None:
    """API keys of a tenant."""


@keys.command(epilog="Example: interplay keys create --name 'web shop' --right read --right write --expires 90d")
@click.option("--name", "display_name", required=True, metavar="TEXT", help="Name for people.")
@_rights_option
@click.option("--expires", type=Instant(unsigned=1), help="When it stops working, for example 90d; never by default.")
@_offline
@options.talks_to_server
async def create(
    connection: Connection,
    *,
    display_name: str,
    rights: tuple[str, ...],
    expires: datetime | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make a key and print its secret, this once.

    The secret alone goes to standard output; what else there is to say, to standard error.
    """
    chosen = frozenset(right.upper() for right in rights)
    if data:
        if expires is not None and expires <= datetime.now(UTC):
            raise click.BadParameter("must be in the future", param_hint="--expires")
        if not 1 <= len(display_name) <= 128:
            raise click.BadParameter("must have 1 to 128 characters", param_hint="--name")
        with _database(data) as database:
            tenant = _tenant(connection)
            record, secret = database.create_key(tenant, display_name, chosen, _microseconds(expires))
        answer = admin_service_pb2.CreateApiKeyResponse(api_key=_message(record), secret=secret)
    else:
        async with connection.open() as client:
            answer = await client.create_api_key(display_name, sorted(chosen), expire_time=expires)
    if as_json:
        echo_json(answer)
        return
    click.echo(
        f"key {answer.api_key.api_key_id} of tenant {answer.api_key.tenant}; its secret is shown only now:", err=True
    )
    click.echo(answer.secret)


@keys.command("list", epilog="Example: interplay keys list --show-revoked --json")
@click.option("--show-revoked", is_flag=True, help="Show revoked keys too.")
@_offline
@options.talks_to_server
async def list_keys(connection: Connection, *, show_revoked: bool, data: Path | None, as_json: bool) -> None:
    """List keys, the newest first; never their secrets."""
    if data:
        with _database(data) as database:
            records = database.list_keys(_tenant(connection), show_revoked=show_revoked)
            found = [_message(record) for record in records]
    else:
        async with connection.open() as client:
            found = [key async for key in client.list_api_keys(show_revoked=show_revoked)]
    if as_json:
        for key in found:
            echo_json(key)
        return
    rows = [
        (key.api_key_id, _rights(key), local(key.create_time), _state(key), key.tenant, key.display_name)
        for key in found
    ]
    for line in table(("key", "rights", "made", "state", "tenant", "name"), rows):
        click.echo(line)


@keys.command(epilog="Example: interplay keys revoke 3f9a6c0d12e4b587")
@click.argument("api_key_id", metavar="KEY")
@_offline
@options.talks_to_server
async def revoke(connection: Connection, *, api_key_id: str, data: Path | None, as_json: bool) -> None:
    """Revoke KEY, the id and not the secret, at once."""
    if data:
        with _database(data) as database:
            record = database.revoke_key(api_key_id, _tenant(connection))
        if record is None:
            raise RefusalError("no key of this tenant has this id", "NOT_FOUND", "API_KEY_NOT_FOUND")
        key = _message(record)
    else:
        async with connection.open() as client:
            key = await client.revoke_api_key(api_key_id)
    if as_json:
        echo_json(fields_of(key))
    else:
        click.echo(f"key {key.api_key_id} ({key.display_name}) is revoked")


@keys.command(epilog="Example: interplay keys certificate billing --tenant acme --right write --data ./data")
@click.argument("common_name", metavar="COMMON_NAME")
@_rights_option
@_folder
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Tenant that the certificate opens.")
def certificate(common_name: str, rights: tuple[str, ...], data: Path, tenant: str) -> None:
    """Let client certificates with COMMON_NAME open a tenant, where the server asks for mutual TLS."""
    if not _TENANT.fullmatch(tenant):
        raise click.BadParameter("must be [a-z0-9][a-z0-9_-]{0,62}", param_hint="--tenant")
    with _database(data) as database:
        database.map_certificate(common_name, tenant, frozenset(right.upper() for right in rights))
    click.echo(f"certificates named {common_name} open tenant {tenant}")


@contextmanager
def _database(data: Path) -> "Iterator[ServerDatabase]":
    from interplay_server.storage.server_database import ServerDatabase  # noqa: PLC0415 - storage is for the offline case

    database = ServerDatabase(data / "server.sqlite3")
    try:
        yield database
    finally:
        database.close()


def _tenant(connection: Connection) -> str:
    tenant = connection.tenant or DEFAULT_TENANT
    if not _TENANT.fullmatch(tenant):
        raise click.BadParameter("must be [a-z0-9][a-z0-9_-]{0,62}", param_hint="--tenant")
    return tenant


def _microseconds(instant: datetime | None) -> int | None:
    return None if instant is None else timestamp(instant).ToMicroseconds()


def _message(record: ApiKeyRecord) -> api_key_pb2.ApiKey:
    key = api_key_pb2.ApiKey(
        api_key_id=record.api_key_id,
        display_name=record.display_name,
        tenant=record.tenant,
        rights=[f"ACCESS_RIGHT_{right}" for right in sorted(record.rights)],
    )
    times: dict[str, Any] = {name: getattr(record, name) for name in ("create_time", "expire_time", "revoke_time")}
    for name, microseconds in times.items():
        if microseconds is not None:
            getattr(key, name).FromMicroseconds(microseconds)
    return key


def _rights(key: api_key_pb2.ApiKey) -> str:
    return ",".join(api_key_pb2.AccessRight.Name(right).removeprefix("ACCESS_RIGHT_").lower() for right in key.rights)


def _state(key: api_key_pb2.ApiKey) -> str:
    if key.HasField("revoke_time"):
        return "revoked"
    if not key.HasField("expire_time"):
        return "works"
    expired = key.expire_time.ToDatetime(UTC) <= datetime.now(UTC)
    return "expired" if expired else f"until {local(key.expire_time)}"
