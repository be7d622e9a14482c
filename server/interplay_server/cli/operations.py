"""`interplay operations`: long work of a tenant."""

import asyncio
import sys
from typing import Any

import click
from interplay.v1 import operation_pb2
from interplay.v1.operation_pb2 import Operation

from interplay_server.cli import options
from interplay_server.cli.connection import Client, Connection
from interplay_server.cli.failure import Failure
from interplay_server.cli.output import clip, echo_facts, echo_json, listed, table, terminal_width
from interplay_server.cli.times import local
from interplay_server.cli.words import OPERATION_STATES

_SUCCEEDED = operation_pb2.OPERATION_STATE_SUCCEEDED


@click.group(cls=options.ListByDefault, epilog="Example: interplay operations --state running")
def operations() -> None:
    """Long work, such as learning anew; without a command it lists it."""


@operations.command("list", epilog="Example: interplay operations list --state running")
@click.option("--kind", metavar="TEXT", default="", help="Only of this kind, for example rerun_learning.")
@OPERATION_STATES.option("--state", meaning="Only in this state.")
@options.with_limit("Operations")
@options.talks_to_server
async def list_operations(connection: Connection, *, kind: str, state: int, limit: int, as_json: bool) -> None:
    """List operations, the newest first; those that ended more than 30 days ago are forgotten."""
    async with connection.open() as client:
        found = await listed(
            client.list_operations(kind=kind, state=state, page_size=min(limit, 1000)), limit, as_json=as_json
        )
    if as_json:
        return
    rows = [
        (
            one.operation_id,
            one.kind,
            OPERATION_STATES.of(one.state),
            _counts(one),
            local(one.create_time),
            local(one.end_time),
            _outcome(one),
        )
        for one in found
    ]
    for line in table(("operation", "kind", "state", "done", "accepted", "ended", "result"), rows, right=("done",)):
        click.echo(line)


@operations.command(epilog="Example: interplay operations show 01M7Z9EG2RJQA3WBPFSDQPT9ET")
@click.argument("operation_id", metavar="OPERATION")
@options.talks_to_server
async def show(connection: Connection, *, operation_id: str, as_json: bool) -> None:
    """Show OPERATION: how far it is, and what came of it."""
    async with connection.open() as client:
        operation = await client.get_operation(operation_id)
    echo_json(operation) if as_json else echo_operation(operation)


@operations.command(epilog="Example: interplay operations watch 01M7Z9EG2RJQA3WBPFSDQPT9ET")
@click.argument("operation_id", metavar="OPERATION")
@options.talks_to_server
async def watch(connection: Connection, *, operation_id: str, as_json: bool) -> int:
    """Follow OPERATION until it ends. Ctrl-C ends the watching alone."""
    last = None
    try:
        async with connection.open() as client:
            # A feed reconnects for ever; a wrong address or credential must end the command.
            last = await client.get_operation(operation_id)
            async for last in client.watch_operation(operation_id):
                if as_json:
                    echo_json(last)
                else:
                    text = f"{local(last.update_time)}  {OPERATION_STATES.of(last.state)}  {_counts(last)}"
                    click.echo(clip(f"{text}  {_outcome(last)}", terminal_width()))
    except asyncio.CancelledError:
        # Ctrl-C is how a watch ends; it is not an interruption of work.
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
        return 0
    return ending(last)


@operations.command(epilog="Example: interplay operations cancel 01M7Z9EG2RJQA3WBPFSDQPT9ET --yes")
@click.argument("operation_id", metavar="OPERATION")
@options.asks_first("Cancel operation {operation_id}?")
@options.talks_to_server
async def cancel(connection: Connection, *, operation_id: str, as_json: bool) -> None:
    """Ask OPERATION to stop at its next safe point; one that has ended stays as it is."""
    async with connection.open() as client:
        operation = await client.cancel_operation(operation_id)
    if as_json:
        echo_json(operation)
    else:
        asked = "is asked to stop" if not operation.HasField("end_time") else OPERATION_STATES.of(operation.state)
        click.echo(f"operation {operation.operation_id}: {asked}")


async def accepted(client: Client, operation: Operation, *, wait: bool, as_json: bool) -> int:
    """Tells of work that a command has started, after its end with `wait`, and returns the exit code."""
    if wait:
        try:
            operation = await _awaited(client, operation)
        except asyncio.CancelledError:
            click.echo(f"it goes on: interplay operations watch {operation.operation_id}", err=True)
            raise
    if as_json:
        echo_json(operation)
    elif wait:
        echo_operation(operation)
    else:
        click.echo(f"accepted; follow it with: interplay operations watch {operation.operation_id}", err=True)
        click.echo(operation.operation_id)
    return ending(operation) if wait else 0


async def _awaited(client: Client, operation: Operation) -> Operation:
    """The operation after its end, with a bar meanwhile where standard error is a terminal."""
    bar: Any = click.progressbar(length=100, label=operation.kind, file=sys.stderr, hidden=not sys.stderr.isatty())
    with bar:
        async for operation in client.watch_operation(operation.operation_id):  # noqa: B020, PLR1704 - the newest state
            bar.update(int(operation.progress_percent) - bar.pos)
    return operation


def ending(operation: Operation) -> int:
    """0 for work that succeeded; else 1, after a line that says why."""
    if operation.state == _SUCCEEDED:
        return 0
    state = OPERATION_STATES.of(operation.state)
    message = operation.error.message or f"operation {operation.operation_id} was {state}"
    click.echo(Failure(message, state.upper()).line(), err=True)
    return 1


def echo_operation(operation: Operation) -> None:
    facts = {
        "operation": operation.operation_id,
        "kind": operation.kind,
        "state": OPERATION_STATES.of(operation.state),
        "done": _counts(operation),
        "failed": str(operation.failed_count or ""),
        "accepted": local(operation.create_time),
        "ended": local(operation.end_time),
        "error": operation.error.message,
    }
    echo_facts(facts | dict(sorted(operation.result.items())))
    for failure in operation.failures:
        click.echo(clip(f"  {failure.item}: {failure.status.message}", terminal_width()))


def _counts(operation: Operation) -> str:
    return f"{operation.done_count} of {operation.total_count}" if operation.total_count else ""


def _outcome(operation: Operation) -> str:
    """Its error, or what it found but for what is 0."""
    if operation.error.message:
        return str(operation.error.message)
    return ", ".join(f"{name} {value}" for name, value in sorted(operation.result.items()) if value != "0")
