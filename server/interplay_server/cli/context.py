"""`interplay context`."""

from datetime import datetime
from typing import Any

import click
from interplay.v1 import context_service_pb2 as service
from interplay.v1.context_service_pb2_grpc import ContextServiceStub

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.learnt import request
from interplay_server.cli.output import echo_json, gist, harmless, table
from interplay_server.cli.search import warn_degraded


@click.command(epilog='Example: interplay context --user ada "what may I cook for her?" --text')
@click.argument("query", required=False, default="")
@click.option("--user", "user_id", metavar="ID", required=True, help="The person whom the agent talks to.")
@click.option(
    "--session", "session_id", metavar="ID", default="", help="The running session, which the agent knows: left out."
)
@click.option("--agent", "agent_id", metavar="ID", default="", help="The agent whose lessons are wanted.")
@click.option("--agent-version", metavar="TEXT", default="", help="Its version, whose lessons come first.")
@click.option(
    "--budget",
    "token_budget",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="Tokens of the text at most, of about four characters.",
)
@click.option("--top-k", type=click.IntRange(1, 50), default=5, show_default=True, help="Rows of each kind at most.")
@options.with_instant
@click.option("--text", "text_only", is_flag=True, help="Print the text for the system prompt alone.")
@options.talks_to_server
async def context(
    connection: Connection, *, text_only: bool, as_json: bool, as_of: datetime | None, **wanted: Any
) -> None:
    """Brief an agent on a person: the facts, lessons and past turns that matter to QUERY.

    Prints the text for a system prompt, then a table of what was found. Without QUERY it is the newest of everything.
    """
    if text_only and as_json:
        raise click.UsageError("--text and --json exclude each other")
    async with connection.open() as client:
        made = request(service.GetContextRequest, as_of=as_of, **wanted)
        answer = await client.call(ContextServiceStub, "GetContext", made)
    warn_degraded(answer)
    if as_json:
        echo_json(answer)
        return
    if not answer.rendered:
        click.echo("nothing known", err=True)
        return
    click.echo(answer.rendered if text_only else harmless(answer.rendered))
    if text_only:
        return
    click.echo()
    for line in table(("kind", "id", "score", "text"), _rows(answer), right=("score",)):
        click.echo(line)
    click.echo(f"about {answer.rendered_tokens} of {wanted['token_budget']} tokens", err=True)


def _rows(answer: service.GetContextResponse) -> list[tuple[str, str, str, str]]:
    """What was found, also what the budget kept out of the text."""
    rows = [("fact", one.profile.profile_id, f"{one.score:.3f}", one.profile.content) for one in answer.profiles]
    for one in answer.playbooks:
        name = one.WhichOneof("playbook")
        playbook = getattr(one, name)
        kind = "lesson" if name == "user_playbook" else "agent lesson"
        rows.append((kind, playbook.playbook_id, f"{one.score:.3f}", playbook.content))
    rows += [
        ("turn", one.interaction.interaction_id, f"{one.score:.3f}", gist(one.interaction.data))
        for one in answer.interactions
    ]
    return rows
