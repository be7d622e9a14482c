"""Follows a feed of changes until Ctrl-C, for `watch` and its like."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import click

from interplay_server.cli.connection import Client, Connection
from interplay_server.cli.output import echo_json, reader_left


def follows(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that ends in `follow`."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="End after so many changes."),
        click.option("--from-beginning", is_flag=True, help="Start at the oldest change kept instead of now."),
        click.option(
            "--resume-token", metavar="TOKEN", default="", help="Go on after the last answer of an earlier watch."
        ),
    ):
        command = option(command)
    return command


async def follow(
    connection: Connection,
    feed: Callable[[Client], Any],
    show: Callable[[Any], None],
    *,
    resume_token: str,
    from_beginning: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Shows the changes of a feed and, at its end, the token from which a later watch goes on.

    A change that has no field but its token, or `heartbeat`, is a heart-beat.
    """
    if resume_token and from_beginning:
        raise click.UsageError("--resume-token and --from-beginning exclude each other")
    token, seen = resume_token, 0
    try:
        async with connection.open() as client:
            # A feed reconnects for ever; a wrong address or credential must end the command.
            await client.server_info()
            async with contextlib.aclosing(feed(client)) as changes:
                async for change in changes:
                    token = change.resume_token
                    if {field.name for field, _ in change.ListFields()} <= {"resume_token", "heartbeat"}:
                        if reader_left():
                            break
                        continue
                    if as_json:
                        echo_json(change)
                    else:
                        show(change)
                    seen += 1
                    if seen == limit:
                        break
    except asyncio.CancelledError:
        # Ctrl-C is how a watch ends; it is not an interruption of work.
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
    finally:
        if token:
            click.echo(f"resume with --resume-token {token}", err=True)
