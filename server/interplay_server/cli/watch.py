"""`interplay watch`."""

import asyncio
from datetime import datetime
from typing import Any

import click
from interplay.v1 import interaction_pb2
from interplay.v1 import interaction_service_pb2 as service

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import clip, echo_json, gist, reader_left, terminal_width


@click.command(epilog="Example: interplay watch --user ada --from-beginning")
@options.filters
@options.with_session
@options.with_role
@click.option("--resume-token", metavar="TOKEN", default="", help="Go on after the last answer of an earlier watch.")
@click.option("--from-beginning", is_flag=True, help="Start at the oldest interaction stored instead of now.")
@click.option("--limit", type=click.IntRange(min=1), help="End after so many changes.")
@options.talks_to_server
async def watch(connection: Connection, *, limit: int | None, as_json: bool, **criteria: Any) -> None:
    """Follow what is published, annotated and deleted, until Ctrl-C.

    At its end it prints the token from which a later watch goes on.
    """
    if criteria["resume_token"] and criteria["from_beginning"]:
        raise click.UsageError("--resume-token and --from-beginning exclude each other")
    token, seen = criteria["resume_token"], 0
    try:
        async with connection.open() as client:
            # The feed itself reconnects for ever; a wrong address or credential must end the command.
            await client.server_info()
            async for change in client.watch_interactions(**criteria, heartbeat_seconds=5, heartbeats=True):
                token = change.resume_token
                if change.WhichOneof("event") in {None, "heartbeat"}:
                    if reader_left():
                        break
                    continue
                echo_json(change) if as_json else _show(change)
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


def _show(change: service.WatchInteractionsResponse) -> None:
    for interaction in change.published.interactions:
        _line("published", interaction.user_id, f"{interaction.session_id}  {gist(interaction.data)}")
    for interaction_id in change.deleted.interaction_ids:
        _line("deleted", interaction_id, "")
    if change.HasField("annotated"):
        _line("annotated", change.annotated.interaction_id, _judgement(change.annotated.annotation))


def _line(kind: str, who: str, text: str) -> None:
    now = datetime.now().astimezone().strftime("%H:%M:%S")
    click.echo(clip(f"{now} {kind} {who} {text}", terminal_width()))


def _judgement(annotation: interaction_pb2.Annotation) -> str:
    fields = {field.name: value for field, value in annotation.ListFields()}
    for name in ("annotation_id", "create_time"):
        fields.pop(name, None)
    if "thumb" in fields:
        fields["thumb"] = interaction_pb2.Thumb.Name(annotation.thumb).removeprefix("THUMB_").lower()
    return ", ".join(f"{name}: {value}" for name, value in fields.items())
