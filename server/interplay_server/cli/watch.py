"""`interplay watch`."""

from datetime import datetime
from typing import Any

import click
from interplay.v1 import interaction_pb2
from interplay.v1 import interaction_service_pb2 as service

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.following import follow, follows
from interplay_server.cli.output import clip, gist, terminal_width


@click.command(epilog="Example: interplay watch --user ada --from-beginning")
@options.filters
@options.with_session
@options.with_role
@follows
@options.talks_to_server
async def watch(
    connection: Connection,
    *,
    resume_token: str,
    from_beginning: bool,
    limit: int | None,
    as_json: bool,
    **criteria: Any,
) -> None:
    """Follow what is published, annotated and deleted, until Ctrl-C.

    At its end it prints the token from which a later watch goes on.
    """
    await follow(
        connection,
        lambda client: client.watch_interactions(
            **criteria,
            resume_token=resume_token,
            from_beginning=from_beginning,
            heartbeat_seconds=5,
            heartbeats=True,
        ),
        _show,
        resume_token=resume_token,
        from_beginning=from_beginning,
        limit=limit,
        as_json=as_json,
    )


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
