"""Options that several commands share."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import click
from interplay.v1 import interaction_pb2

from interplay_server.cli.connection import Connection
from interplay_server.cli.times import Instant

_ROLES = {name.removeprefix("ROLE_CLASS_").lower(): value for name, value in interaction_pb2.RoleClass.items() if value}

_CONNECTION = (
    click.option(
        "--target",
        default="127.0.0.1:50051",
        show_default=True,
        metavar="HOST:PORT",
        envvar="INTERPLAY_TARGET",
        help="Server to talk to. [INTERPLAY_TARGET]",
    ),
    click.option("--api-key", metavar="SECRET", envvar="INTERPLAY_API_KEY", help="Credential. [INTERPLAY_API_KEY]"),
    click.option(
        "--tenant",
        metavar="NAME",
        envvar="INTERPLAY_TENANT",
        help="Tenant, where the server asks for no credential. [INTERPLAY_TENANT]",
    ),
    click.option(
        "--tls", is_flag=True, help="Encrypt; the server's certificate is checked by the system's authorities."
    ),
    click.option(
        "--tls-ca", type=click.Path(dir_okay=False), help="PEM file of authorities to check by; implies --tls."
    ),
    click.option(
        "--tls-certificate", type=click.Path(dir_okay=False), help="PEM file of your own certificate (mutual TLS)."
    ),
    click.option("--tls-key", type=click.Path(dir_okay=False), help="PEM file of its private key."),
    click.option("--allow-insecure", is_flag=True, help="Send the API key unencrypted to another machine."),
)


def as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")(command)


def talks_to_server(command: Callable[..., Awaitable[int | None]]) -> Callable[..., int | None]:
    """Gives a command the options of a connection and of output, and runs its coroutine with a Connection first."""

    @functools.wraps(command)
    def run(
        *,
        target: str,
        api_key: str | None,
        tenant: str | None,
        tls: bool,
        tls_ca: str | None,
        tls_certificate: str | None,
        tls_key: str | None,
        allow_insecure: bool,
        **options: Any,
    ) -> int | None:
        if bool(tls_certificate) != bool(tls_key):
            raise click.UsageError("--tls-certificate and --tls-key must be given together")
        connection = Connection(target, api_key, tenant, tls, tls_ca, tls_certificate, tls_key, allow_insecure)

        async def go() -> int | None:
            return await command(connection, **options)

        return asyncio.run(go())

    for option in reversed((*_CONNECTION, as_json)):
        run = option(run)
    return run


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The filters that search, sessions and watch have in common; see `with_role` and `with_period` for the others."""
    options = (
        click.option("--user", "user_id", metavar="ID", default="", help="Only of this person."),
        click.option("--source", metavar="TEXT", default="", help="Only from this source."),
        click.option("--agent-version", metavar="TEXT", default="", help="Only of this version of the agent."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def with_session(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--session", "session_id", metavar="ID", default="", help="Only of this session.")(command)


def with_role(command: Callable[..., Any]) -> Callable[..., Any]:
    def number(_ctx: click.Context, _param: click.Parameter, word: str | None) -> int:
        return _ROLES[word] if word else 0

    option = click.option(
        "--role",
        "role_class",
        type=click.Choice(list(_ROLES)),
        callback=number,
        help="Only this side of the conversation.",
    )
    return option(command)


def with_period(command: Callable[..., Any]) -> Callable[..., Any]:
    since = click.option(
        "--since", "start_time", type=Instant(), help="Only what happened at or after, for example -7d."
    )
    until = click.option("--until", "end_time", type=Instant(), help="Only what happened before.")
    return since(until(command))
