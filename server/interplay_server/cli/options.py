"""Options that several commands share."""

import asyncio
import functools
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from interplay_server.cli.connection import Connection
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.times import Instant
from interplay_server.cli.words import MODES, ROLES

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


class ListByDefault(click.Group):
    """`sessions --user ada` is `sessions list --user ada`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


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
    return ROLES.option("--role", "role_class", meaning="Only this side of the conversation.")(command)


def with_period(command: Callable[..., Any]) -> Callable[..., Any]:
    since = click.option(
        "--since", "start_time", type=Instant(), help="Only what happened at or after, for example -7d."
    )
    until = click.option("--until", "end_time", type=Instant(), help="Only what happened before.")
    return since(until(command))


def with_instant(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--as-of", type=Instant(), help="What was known and valid then, for example -7d, instead of now."
    )(command)


def with_limit(things: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help=f"{things} at most.")


def ranking(command: Callable[..., Any]) -> Callable[..., Any]:
    """How a search ranks and what it tells of it."""
    options = (
        click.option("--top-k", type=click.IntRange(1, 100), default=10, show_default=True, help="Hits at most."),
        MODES.option("--mode", default="hybrid", meaning="How to rank."),
        click.option(
            "--threshold", type=click.FloatRange(-1, 1), help="Least cosine of a hit that does not hold all the words."
        ),
        click.option("--explain", is_flag=True, help="Show the parts of each score and the place in either arm."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def asks_first(question: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Asks before a command that cannot be undone; goes around `talks_to_server`, whose event loop holds Ctrl-C back.

    `question` may name options in braces. Raises UsageError where there is nobody to ask and no --yes.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run(*, yes: bool, **given: Any) -> Any:
            if not yes:
                if not sys.stdin.isatty():
                    raise click.UsageError("standard input is no terminal to ask on; give --yes")
                words = {name: ", ".join(one) if isinstance(one, tuple) else one for name, one in given.items()}
                if not click.confirm(question.format(**words), err=True):
                    raise RefusalError("nothing was done", "CANCELLED", "NOT_CONFIRMED")
            return command(**given)

        return click.option("--yes", is_flag=True, help="Do not ask first.")(run)

    return decorate
