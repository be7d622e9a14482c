"""`interplay evaluate config`: shows how sessions and pairs are judged, and changes it by KEY=VALUE pairs."""

from typing import Any

import click
from interplay.v1 import evaluation_service_pb2 as service
from interplay.v1.evaluation_service_pb2_grpc import EvaluationServiceStub

from interplay_server.cli import options
from interplay_server.cli.connection import Client, Connection
from interplay_server.cli.learning_config import assign, toml
from interplay_server.cli.output import echo_json


@click.group(epilog="Example: interplay evaluate config get")
def config() -> None:
    """How sessions and pairs are judged: the judge, how many sessions, what a decision rests on."""


@config.command("get", epilog="Example: interplay evaluate config get --json")
@options.talks_to_server
async def get_config(connection: Connection, *, as_json: bool) -> None:
    """Print the configuration, every default filled in."""
    async with connection.open() as client:
        _echo(await _config(client), as_json=as_json)


@config.command("set", epilog="Example: interplay evaluate config set judge=anthropic sample_rate=0.2")
@click.argument("pairs", metavar="KEY=VALUE...", nargs=-1, required=True)
@click.option("--etag", metavar="TEXT", help="Only if it is still the configuration of this etag; '' for any.")
@options.talks_to_server
async def set_config(connection: Connection, *, pairs: tuple[str, ...], etag: str | None, as_json: bool) -> None:
    """Change single keys; a KEY is a field of EvaluationConfig, and an empty VALUE takes the default."""
    async with connection.open() as client:
        wanted = await _config(client)
        for pair in pairs:
            assign(wanted, pair)
        if etag is not None:
            wanted.etag = etag
        made = service.UpdateEvaluationConfigRequest(config=wanted)
        answer = await client.call(EvaluationServiceStub, "UpdateEvaluationConfig", made)
    _echo(answer.config, as_json=as_json)


async def _config(client: Client) -> Any:
    answer = await client.call(EvaluationServiceStub, "GetEvaluationConfig", service.GetEvaluationConfigRequest())
    return answer.config


def _echo(config: Any, *, as_json: bool) -> None:
    if as_json:
        echo_json(config)
        return
    click.echo(f"# revision {config.revision}")
    for line in toml(config, config):
        click.echo(line)
