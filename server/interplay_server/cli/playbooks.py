"""`interplay playbooks`: lessons for agents, of one person and aggregated over people."""

from collections.abc import Callable
from typing import Any

import click
from google.protobuf.field_mask_pb2 import FieldMask
from interplay.v1 import playbook_pb2
from interplay.v1 import playbook_service_pb2 as service
from interplay.v1.playbook_service_pb2_grpc import PlaybookServiceStub

from interplay_server.cli import learnt, lessons, options
from interplay_server.cli.connection import Connection
from interplay_server.cli.following import follow, follows
from interplay_server.cli.learnt import request
from interplay_server.cli.operations import accepted
from interplay_server.cli.output import echo_json, table
from interplay_server.cli.search import warn_degraded
from interplay_server.cli.words import APPROVALS, BLOCKING_KINDS, DECISIONS

_agent_wide = click.option(
    "--agent-wide", is_flag=True, help="Lessons aggregated over people instead of those of one person's sessions."
)
_filters = learnt.with_options(
    _agent_wide,
    learnt.with_user,
    click.option("--agent", "agent_id", metavar="ID", default="", help="Only of this agent."),
    click.option("--agent-version", metavar="TEXT", default="", help="Only of this version of the agent."),
    click.option("--source", metavar="TEXT", default="", help="Only from this source."),
    learnt.filters,
    learnt.with_arm,
    APPROVALS.options(
        "--approval", "approval_statuses", meaning="Agent-wide: only those reviewed so; repeat it for several."
    ),
)
_texts = learnt.with_options(
    click.option("--trigger", metavar="TEXT", help="The situation, phrased as a future request."),
    click.option("--pitfall", metavar="TEXT", help="What to avoid."),
    click.option("--rationale", metavar="TEXT", help="Why."),
)
_fields: Callable[[learnt.Command], learnt.Command] = learnt.with_options(
    _texts,
    click.option("--blocked-by", type=BLOCKING_KINDS.kind(), help="What keeps the agent from doing it."),
    click.option("--blocking-details", metavar="TEXT", help="Details of it."),
    click.option("--agent", "agent_id", metavar="ID", help="The agent; `default` by default."),
    click.option("--agent-version", metavar="TEXT", help="Version of the agent; of one person's playbooks only."),
    click.option("--confidence", type=click.FloatRange(0, 1), help="How sure it is, 0 to 1."),
    click.option(
        "--interaction",
        "source_interaction_ids",
        metavar="ID",
        multiple=True,
        help="Interaction of this person that backs it; repeat it.",
    ),
    click.option("--session", "session_id", metavar="ID", help="Session that it was learnt from."),
    click.option("--source", metavar="TEXT", help="Source of the interactions."),
    click.option("--tag", "tags", metavar="TEXT", multiple=True, help="Tag; repeat it for several."),
)


@click.group(cls=options.ListByDefault, epilog="Example: interplay playbooks --agent-wide")
def playbooks() -> None:
    """Lessons for agents; without a command it lists them.

    They are of one person's sessions, or with --agent-wide aggregated over people. A command that takes the id of a
    playbook finds out by itself of which kind it is.
    """


@playbooks.command("list", epilog="Example: interplay playbooks list --agent-wide --approval pending")
@_filters
@click.option(
    "--kind", metavar="TEXT", default="", help="correction, redirection, success, expert, annotation, manual."
)
@click.option("--conflict/--no-conflict", default=None, help="Agent-wide: only with or without a conflict.")
@options.with_limit("Playbooks")
@options.talks_to_server
async def list_playbooks(
    connection: Connection, *, agent_wide: bool, limit: int, as_json: bool, **criteria: Any
) -> None:
    """List lessons, the newest first."""
    kind = lessons.kind_of(agent_wide=agent_wide)
    fitting = kind.fitting(kind.request("List", "s"), criteria)
    made = kind.request("List", "s", page_size=min(limit, 1000), **fitting)
    found: list[Any] = []
    async with connection.open() as client:
        async for playbook in client.listed(PlaybookServiceStub, f"List{kind.name}Playbooks", made, "playbooks"):
            found.append(playbook)
            if as_json:
                echo_json(playbook)
            if len(found) == limit:
                break
    if not as_json:
        for line in table(kind.headings, [lessons.row(kind, one) for one in found]):
            click.echo(line)


@playbooks.command(epilog='Example: interplay playbooks search "return an opened game" --agent-wide --explain')
@click.argument("text")
@_filters
@options.ranking
@options.talks_to_server
async def search(
    connection: Connection, *, text: str, agent_wide: bool, explain: bool, as_json: bool, **criteria: Any
) -> None:
    """Find lessons by meaning and words. Rejected ones are left out unless --approval asks for them."""
    kind = lessons.kind_of(agent_wide=agent_wide)
    fitting = kind.fitting(kind.request("Search", "s"), criteria)
    async with connection.open() as client:
        answer = await kind.call(client, "Search", "s", query=text, **fitting)
    warn_degraded(answer)
    if as_json:
        for hit in answer.hits:
            echo_json(hit)
        return
    learnt.echo_hits(answer.hits, kind.headings, lambda hit: lessons.row(kind, hit.playbook), explain=explain)


@playbooks.command(epilog="Example: interplay playbooks show 01M7Z9SR6QD9VSJ6N099HPYNS3")
@click.argument("playbook_id", metavar="PLAYBOOK")
@options.talks_to_server
async def show(connection: Connection, *, playbook_id: str, as_json: bool) -> None:
    """Show PLAYBOOK: the lesson, who stands behind it, and what made it."""
    async with connection.open() as client:
        kind, playbook = await lessons.found(client, playbook_id)
    echo_json(playbook) if as_json else lessons.echo_playbook(kind, playbook)


@playbooks.command(
    epilog='Example: interplay playbooks add "Ask for the receipt" --agent-wide --trigger "A customer returns a phone"'
)
@click.argument("instruction")
@click.option("--user", "user_id", metavar="ID", help="The person whose lesson it is.")
@click.option("--agent-wide", is_flag=True, help="A lesson for the agent, whoever it talks to.")
@_fields
@learnt.with_request_id
@options.talks_to_server
async def add(
    connection: Connection, *, instruction: str, agent_wide: bool, request_id: str, as_json: bool, **fields: Any
) -> None:
    """Store the lesson INSTRUCTION by hand; learning anew leaves it alone. Prints its id."""
    if agent_wide is bool(fields["user_id"]):
        raise click.UsageError("give either --user or --agent-wide")
    kind = lessons.kind_of(agent_wide=agent_wide)
    made = kind.request("Create", request_id=request_id)
    _write(kind, made.playbook, {"instruction": instruction, **fields})
    async with connection.open() as client:
        answer = await client.call(PlaybookServiceStub, f"Create{kind.name}Playbook", made)
    echo_json(answer.playbook) if as_json else click.echo(answer.playbook.playbook_id)


@playbooks.command(epilog="Example: interplay playbooks edit 01M7Z9SR6QD9VSJ6N099HPYNS3 --pitfall ''")
@click.argument("playbook_id", metavar="PLAYBOOK")
@click.option("--instruction", metavar="TEXT", help="What to do.")
@_fields
@learnt.with_etag
@options.talks_to_server
async def edit(connection: Connection, *, playbook_id: str, etag: str, as_json: bool, **fields: Any) -> None:
    """Change the fields of PLAYBOOK whose options are given; an empty value clears a field."""
    if not any(value is not None and value != () for value in fields.values()):
        raise click.UsageError("nothing to change")
    async with connection.open() as client:
        kind, playbook = await lessons.found(client, playbook_id)
        changed = type(playbook)(playbook_id=playbook_id, etag=etag)
        # The issue is one field of the mask: what is not said of it stays as it is.
        changed.blocking_issue.CopyFrom(playbook.blocking_issue)
        mask = FieldMask(paths=_write(kind, changed, fields))
        answer = await kind.call(client, "Update", playbook=changed, update_mask=mask)
    echo_json(answer.playbook) if as_json else lessons.echo_playbook(kind, answer.playbook)


@playbooks.command(epilog="Example: interplay playbooks delete 01M7Z9SR6QD9VSJ6N099HPYNS3 --yes")
@click.argument("playbook_id", metavar="PLAYBOOK")
@learnt.with_etag
@options.asks_first("Delete playbook {playbook_id} with its history?")
@options.talks_to_server
async def delete(connection: Connection, *, playbook_id: str, etag: str, as_json: bool) -> None:
    """Delete PLAYBOOK for good, with its history."""
    async with connection.open() as client:
        kind, _ = await lessons.found(client, playbook_id)
        await kind.call(client, "Delete", playbook_id=playbook_id, etag=etag)
    echo_json({"playbook_id": playbook_id}) if as_json else click.echo(f"playbook {playbook_id} is deleted")


@playbooks.command(epilog="Example: interplay playbooks review 01M7Z9SRAX6GZQF5MRE3XYW0D9 approve --reviewer grace")
@click.argument("playbook_id", metavar="PLAYBOOK")
@click.argument("decision", type=DECISIONS.kind())
@click.option("--reviewer", metavar="TEXT", default="", help="Who reviews.")
@click.option("--comment", metavar="TEXT", default="", help="Why.")
@click.option("--instruction", metavar="TEXT", help="What to do; with approve and edit.")
@_texts
@learnt.with_etag
@options.talks_to_server
async def review(
    connection: Connection,
    *,
    playbook_id: str,
    decision: str,
    reviewer: str,
    comment: str,
    etag: str,
    as_json: bool,
    **texts: str | None,
) -> None:
    """Decide on PLAYBOOK, an agent-wide one: approve, reject, edit or reopen it.

    An approved one is never altered by aggregation; a rejected one is remembered and not handed to agents.
    """
    edits = playbook_pb2.AgentPlaybook()
    made = request(
        service.ReviewAgentPlaybookRequest,
        playbook_id=playbook_id,
        decision=DECISIONS.numbers[decision],
        reviewer=reviewer,
        comment=comment,
        edits=edits if learnt.given_fields(edits, texts) else None,
        etag=etag,
    )
    async with connection.open() as client:
        answer = await client.call(PlaybookServiceStub, "ReviewAgentPlaybook", made)
    echo_json(answer.playbook) if as_json else lessons.echo_playbook(lessons.AGENT, answer.playbook)


@playbooks.command(epilog="Example: interplay playbooks aggregate --wait")
@click.option("--agent", "agent_id", metavar="ID", default="", help="Only of this agent.")
@click.option("--full", is_flag=True, help="Cluster everything anew instead of adding to the clusters there are.")
@learnt.with_request_id
@click.option("--wait", is_flag=True, help="Wait for its end; the exit code is then that of the work.")
@options.talks_to_server
async def aggregate(connection: Connection, *, wait: bool, as_json: bool, **wanted: Any) -> int:
    """Aggregate the lessons of people into agent-wide ones, as an operation. Running it twice changes nothing."""
    async with connection.open() as client:
        made = service.AggregatePlaybooksRequest(**wanted)
        answer = await client.call(PlaybookServiceStub, "AggregatePlaybooks", made)
        return await accepted(client, answer.operation, wait=wait, as_json=as_json)


@playbooks.command(epilog="Example: interplay playbooks changes --type reviewed --since -7d")
@click.option("--playbook", "playbook_id", metavar="ID", default="", help="Only of this playbook.")
@learnt.change_filters
@options.talks_to_server
async def changes(connection: Connection, *, limit: int, as_json: bool, **criteria: Any) -> None:
    """List what happened to lessons of both kinds, the latest first."""
    found: list[playbook_pb2.PlaybookChange] = []
    made = request(service.ListPlaybookChangesRequest, page_size=min(limit, 1000), **criteria)
    async with connection.open() as client:
        async for change in client.listed(PlaybookServiceStub, "ListPlaybookChanges", made, "changes"):
            found.append(change)
            if as_json:
                echo_json(change)
            if len(found) == limit:
                break
    if not as_json:
        for line in learnt.change_rows(found):
            click.echo(line)


@playbooks.command(epilog="Example: interplay playbooks watch --user ada")
@learnt.with_user
@follows
@options.talks_to_server
async def watch(
    connection: Connection, *, user_id: str, resume_token: str, from_beginning: bool, limit: int | None, as_json: bool
) -> None:
    """Follow what happens to lessons of both kinds, until Ctrl-C.

    At its end it prints the token from which a later watch goes on.
    """
    made = service.WatchPlaybooksRequest(user_id=user_id, resume_token=resume_token, from_beginning=from_beginning)
    await follow(
        connection,
        lambda client: client.changes(PlaybookServiceStub, "WatchPlaybooks", made),
        learnt.echo_change,
        resume_token=resume_token,
        from_beginning=from_beginning,
        limit=limit,
        as_json=as_json,
    )


def _write(kind: lessons.Kind, playbook: Any, fields: dict[str, Any]) -> list[str]:
    """Sets the fields given and returns their names; the two options of a blocking issue are one field."""
    blocked, details = fields.pop("blocked_by"), fields.pop("blocking_details")
    names = learnt.given_fields(playbook, kind.fitting(playbook, fields))
    if blocked is not None or details is not None:
        names.append("blocking_issue")
    if blocked is not None:
        playbook.blocking_issue.kind = BLOCKING_KINDS.numbers[blocked]
    if details is not None:
        playbook.blocking_issue.details = details
    return names
