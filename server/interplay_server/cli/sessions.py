"""`interplay sessions` and `interplay sessions show`."""

from typing import Any

import click
from interplay.v1 import interaction_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import as_json as fields_of
from interplay_server.cli.output import echo_json, gist, table
from interplay_server.cli.times import local


@click.group(cls=options.ListByDefault, epilog="Example: interplay sessions --user ada --since -7d")
def sessions() -> None:
    """Conversations and visits; without a command it lists them."""


@sessions.command("list", epilog="Example: interplay sessions list --user ada --since -7d")
@options.filters
@options.with_period
@options.with_limit("Sessions")
@options.talks_to_server
async def list_sessions(connection: Connection, *, limit: int, as_json: bool, **criteria: Any) -> None:
    """List sessions, the latest activity first."""
    found: list[interaction_pb2.Session] = []
    async with connection.open() as client:
        async for session in client.list_sessions(**criteria):
            found.append(session)
            if as_json:
                echo_json(session)
            if len(found) == limit:
                break
    if as_json:
        return
    rows = [
        (
            session.session_id,
            session.user_id,
            local(session.first_time),
            local(session.last_time),
            str(session.interaction_count),
            "finished" if session.finished else "open",
            ", ".join([*session.sources, *session.agent_versions]),
        )
        for session in found
    ]
    headings = ("session", "user", "first", "last", "count", "state", "source, agent version")
    for line in table(headings, rows, right=("count",)):
        click.echo(line)


@sessions.command(epilog="Example: interplay sessions show visit-7 --user ada")
@click.argument("session_id", metavar="SESSION")
@click.option("--user", "user_id", metavar="ID", default="", help="Needed where several people share the session's id.")
@options.talks_to_server
async def show(connection: Connection, *, session_id: str, user_id: str, as_json: bool) -> None:
    """Show SESSION: what it is, its publish requests and its interactions."""
    async with connection.open() as client:
        answer = await client.get_session(session_id, user_id=user_id)
        session = answer.session
        if as_json:
            echo_json({"session": fields_of(session)})
            for request in answer.requests:
                echo_json({"request": fields_of(request)})
        else:
            state = "finished" if session.finished else "open"
            click.echo(click.style(f"{session.session_id}  {session.user_id}  {state}", bold=True))
            click.echo(f"{local(session.first_time)} to {local(session.last_time)}")
            click.echo(f"{session.interaction_count} interactions in {session.request_count} requests")
            click.echo(", ".join([*session.sources, *session.agent_versions]))
            click.echo()
        async for interaction in client.list_interactions(user_id=session.user_id, session_id=session_id):
            if as_json:
                echo_json({"interaction": fields_of(interaction)})
            else:
                _turn(interaction)


def _turn(interaction: interaction_pb2.Interaction) -> None:
    data = interaction.data
    when = local(data.occur_time) or local(interaction.publish_time)
    click.echo(f"{click.style(when, dim=True)}  {gist(data)}")
    for tool in data.tools_used:
        click.echo(click.style(f"  used {tool.tool_name} {tool.status}".rstrip(), dim=True))
    if data.expert_content:
        click.echo(click.style(f"  expert: {data.expert_content}", dim=True))
    if data.shadow_content:
        click.echo(click.style(f"  not shown: {data.shadow_content}", dim=True))
