"""`interplay learning`: how a tenant learns, what is learnt from, learning anew."""

from typing import Any

import click
from interplay import NotFoundError
from interplay.v1 import learning_service_pb2 as service
from interplay.v1.learning_service_pb2_grpc import LearningServiceStub

from interplay_server.cli import learnt, options
from interplay_server.cli.connection import Client, Connection
from interplay_server.cli.learning_config import config
from interplay_server.cli.operations import accepted
from interplay_server.cli.output import clip, counted, echo_facts, echo_json, table, terminal_width
from interplay_server.cli.times import Instant, local
from interplay_server.cli.words import GENERATIONS, LEARNING_STATES

_kind = GENERATIONS.option("--kind", meaning="Only these; both by default.")
_extractor = click.option(
    "--extractor", metavar="NAME", default="", help="Only this extractor of the configuration; all by default."
)
_ROWS = ("profile_id", "user_playbook_id", "agent_playbook_id")


@click.group(epilog="Example: interplay learning status --user ada")
def learning() -> None:
    """How the server learns from what is published."""


learning.add_command(config)


@learning.command(epilog="Example: interplay learning status --request publish-3f9a6c0d12e4/7")
@click.option("--user", "user_id", metavar="ID", help="Of this person.")
@click.option("--request", "request_id", metavar="ID", help="Of this publish request; STREAM/OFFSET for an append.")
@options.talks_to_server
async def status(connection: Connection, *, user_id: str | None, request_id: str | None, as_json: bool) -> None:
    """Say how far learning has come: of a person, a publish request or everything."""
    if user_id and request_id:
        raise click.UsageError("--user and --request exclude each other")
    made = learnt.request(service.GetLearningStatusRequest, user_id=user_id, request_id=request_id)
    async with connection.open() as client:
        answer = await client.call(LearningServiceStub, "GetLearningStatus", made)
    if as_json:
        echo_json(answer)
        return
    stall = answer.stall
    echo_facts(
        {
            "state": LEARNING_STATES.of(answer.state),
            "provider": answer.provider,
            "waiting": " of ".join(
                (counted(answer.pending_interactions, "interaction"), counted(answer.pending_users, "user"))
            ),
            "windows": ", ".join(answer.window_ids),
            "paused": f"{stall.reason}: {stall.message}" if answer.HasField("stall") else "",
            "since": local(stall.since),
            "next attempt": local(stall.next_attempt),
            "attempts": str(stall.attempts or ""),
            "at user": stall.user_id,
        }
    )
    _pointers(answer.pointers)


@learning.command(epilog="Example: interplay learning generate --user ada --kind profiles")
@click.option("--user", "user_id", metavar="ID", required=True, help="The person.")
@_kind
@_extractor
@options.talks_to_server
async def generate(connection: Connection, *, user_id: str, kind: int, extractor: str, as_json: bool) -> None:
    """Learn now from what a person published and was not learnt from yet, without waiting for a full window."""
    done: dict[str, Any] = {}
    async with connection.open() as client:
        for word, number in GENERATIONS.numbers.items():
            if kind in {0, number}:
                name = f"Generate{word.capitalize()}"
                made = getattr(service, f"{name}Request")(user_id=user_id, extractor=extractor)
                done[word] = await client.call(LearningServiceStub, name, made)
                if as_json:
                    echo_json(done[word])
    if as_json:
        return
    counts = ("window_count", "created_count", "confirmed_count", "superseded_count")
    rows = [(*(str(getattr(one, name)) for name in counts), word) for word, one in done.items()]
    headings = ("windows", "made", "said again", "superseded", "of")
    for line in table(headings, rows, right=headings[:-1]):
        click.echo(line)


@learning.command(epilog="Example: interplay learning rerun --since -90d --wait && interplay learning promote --yes")
@_kind
@click.option("--user", "user_ids", metavar="ID", multiple=True, help="Only of this person; repeat it. All by default.")
@click.option("--source", metavar="TEXT", default="", help="Only from this source.")
@click.option("--since", "start_time", type=Instant(), help="Only what was published at or after, for example -7d.")
@click.option("--until", "end_time", type=Instant(), help="Only what was published before.")
@_extractor
@learnt.with_request_id
@click.option("--wait", is_flag=True, help="Wait for its end; the exit code is then that of the work.")
@options.talks_to_server
async def rerun(connection: Connection, *, wait: bool, as_json: bool, **wanted: Any) -> int:
    """Learn everything anew into a pending generation, as an operation.

    Reads see none of it before `learning promote`. A rerun that is cancelled leaves nothing.
    """
    made = learnt.request(service.RerunLearningRequest, **wanted)
    async with connection.open() as client:
        answer = await client.call(LearningServiceStub, "RerunLearning", made)
        return await accepted(client, answer.operation, wait=wait, as_json=as_json)


@learning.command(epilog="Example: interplay learning promote --kind profiles --yes")
@_kind
@options.asks_first("Make the pending generation the one that every read sees?")
@options.talks_to_server
async def promote(connection: Connection, *, kind: int, as_json: bool) -> None:
    """Make the pending generation the one that reads see, in one commit."""
    await _flip(connection, "PromoteGeneration", kind, as_json=as_json)


@learning.command(epilog="Example: interplay learning rollback --kind profiles --yes")
@_kind
@options.asks_first("Leave the active generation for the one before it?")
@options.talks_to_server
async def rollback(connection: Connection, *, kind: int, as_json: bool) -> None:
    """Make the generation before the active one the one that reads see again, in one commit."""
    await _flip(connection, "RollbackGeneration", kind, as_json=as_json)


@learning.command(epilog="Example: interplay learning provenance 01M7Z9SR4R4ERK7ZE344T1S1RH")
@click.argument("row_id", metavar="ID")
@options.talks_to_server
async def provenance(connection: Connection, *, row_id: str, as_json: bool) -> None:
    """Say what the row ID, a profile or a playbook of either kind, was learnt from."""
    async with connection.open() as client:
        answer = await _provenance(client, row_id)
    if as_json:
        echo_json(answer)
        return
    echo_facts({"row": row_id, "made": learnt.origin(answer.origin), "members": ", ".join(answer.member_ids)})
    for span in answer.evidence:
        learnt.echo_span(span)
    rows = [
        (
            one.window_id,
            one.user_id,
            one.extractor,
            local(one.time),
            one.trigger,
            f"{one.provider} {one.engine_version}",
            str(one.config_revision),
            f"{len(one.interaction_ids)}: {', '.join(one.interaction_ids)}",
        )
        for one in answer.windows
    ]
    if rows:
        click.echo()
        headings = ("window", "user", "extractor", "read", "because of", "by", "config", "interactions")
        for line in table(headings, rows, right=("config",)):
            click.echo(line)


async def _provenance(client: Client, row_id: str) -> Any:
    """An id does not say of which kind its row is. Raises NotFoundError, that of the last kind."""
    for name in _ROWS[:-1]:
        try:
            return await _of_row(client, name, row_id)
        except NotFoundError:
            continue
    return await _of_row(client, _ROWS[-1], row_id)


async def _of_row(client: Client, name: str, row_id: str) -> Any:
    made = service.GetLearningProvenanceRequest(**{name: row_id})
    return await client.call(LearningServiceStub, "GetLearningProvenance", made)


async def _flip(connection: Connection, method: str, kind: int, *, as_json: bool) -> None:
    async with connection.open() as client:
        answer = await client.call(LearningServiceStub, method, getattr(service, f"{method}Request")(kind=kind))
    if as_json:
        echo_json(answer)
    else:
        _pointers(answer.pointers)


def _pointers(pointers: Any) -> None:
    """One line a kind: the generation that reads see, and where a promotion and a rollback would go."""
    for one in pointers:
        parts = [f"generation {one.active.generation}{_scope(one.active)} is active"]
        if one.HasField("pending"):
            state = "ready to promote" if one.pending.complete else "being learnt"
            parts.append(f"{one.pending.generation}{_scope(one.pending)} is {state}")
        if one.HasField("previous"):
            parts.append(f"a rollback goes to {one.previous.generation}")
        click.echo(clip(f"{GENERATIONS.of(one.kind)}: {', '.join(parts)}", terminal_width()))


def _scope(one: service.Generation) -> str:
    return f" (of {counted(one.user_count, 'user')})" if one.user_count else ""
