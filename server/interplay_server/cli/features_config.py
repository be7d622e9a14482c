"""`interplay features config`: shows weights and windows of the features, and changes them by KEY=VALUE pairs."""

from typing import Any

import click
from interplay.v1 import feature_service_pb2 as service
from interplay.v1.feature_service_pb2_grpc import FeatureServiceStub

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.learning_config import assign, toml
from interplay_server.cli.output import echo_json


@click.group(epilog="Example: interplay features config get")
def config() -> None:
    """Weights and windows of the features; a change computes everything anew."""


@config.command("get", epilog="Example: interplay features config get --json")
@options.talks_to_server
async def get_config(connection: Connection, *, as_json: bool) -> None:
    """Print the configuration, every default filled in."""
    async with connection.open() as client:
        _echo(await client.feature_config(), as_json=as_json)


@config.command(
    "set", epilog="Example: interplay features config set intent.half_life_days=7 shop_id=acme.myshopify.com"
)
@click.argument("pairs", metavar="KEY=VALUE...", nargs=-1, required=True)
@click.option("--etag", metavar="TEXT", help="Only if it is still the configuration of this etag; '' for any.")
@click.option("--validate-only", is_flag=True, help="Check without changing.")
@options.talks_to_server
async def set_config(
    connection: Connection, *, pairs: tuple[str, ...], etag: str | None, validate_only: bool, as_json: bool
) -> None:
    """Change single keys; a KEY is a field of FeatureConfig, and an empty VALUE takes the default."""
    async with connection.open() as client:
        wanted = await client.feature_config()
        for pair in pairs:
            assign(wanted, pair)
        if etag is not None:
            wanted.etag = etag
        made = service.UpdateFeatureConfigRequest(config=wanted, validate_only=validate_only)
        answer = await client.call(FeatureServiceStub, "UpdateFeatureConfig", made)
    if validate_only:
        click.echo("valid; nothing was changed", err=True)
    _echo(answer.config, as_json=as_json)


def _echo(config: Any, *, as_json: bool) -> None:
    if as_json:
        echo_json(config)
        return
    click.echo(f"# revision {config.revision}, definition {config.definition_version}")
    for line in toml(config, config):
        click.echo(line)
