"""`interplay dialogues`: personas talk to an agent, live and in bulk."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import click
from interplay import DialogueRun
from interplay import dialogues as messages
from interplay.v1 import dialogue_pb2
from interplay.v1 import dialogue_service_pb2 as service

from interplay_server.cli import dialogues_config as configuration
from interplay_server.cli import dialogues_tables as tables
from interplay_server.cli import learnt, options
from interplay_server.cli.connection import Connection
from interplay_server.cli.dialogues_config import Pair, configures, made_of, query_of, settings
from interplay_server.cli.dialogues_converse import converse
from interplay_server.cli.dialogues_export import export
from interplay_server.cli.output import echo_facts, echo_json

_INCOMPLETE = 3
"""Exit code where fewer dialogues were made than asked for."""
_STDIN = "-"
_file = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.group(epilog="Example: interplay dialogues generate --count 20")
def dialogues() -> None:
    """Dialogues between personas and an agent, live and in bulk."""


for command in (converse, export):
    dialogues.add_command(command)


@dialogues.command(epilog="Example: interplay dialogues generate --count 20 --label night --noise 0.3")
@click.option("--count", type=click.IntRange(1, 1000), help="Personas to draw; 10 by default.")
@click.option(
    "--personas", type=_file, metavar="FILE", help="Personas instead: JSON lines, as `personas --json` prints them."
)
@click.option(
    "--queries", type=_file, metavar="FILE", help="Queries to draw from: lines of text, or JSON lines with `text`."
)
@click.option("--queries-per-persona", type=click.IntRange(1, 100), help="Dialogues for each persona; 1 by default.")
@click.option("--round-robin", is_flag=True, help="Take queries from their sources in turn.")
@configures
@click.option("--label", metavar="TEXT", default="", help="Name to list and export them by.")
@click.option("--max-workers", type=click.IntRange(1, 1000), help="Dialogues at once; 20 by default.")
@click.option(
    "--rounds", type=click.IntRange(0, 10), help="Rounds with new queries for what failed at most; 3 by default."
)
@learnt.with_request_id
@click.option("--resume-after", metavar="CURSOR", default="", help="With --dialogues: go on there, as was told.")
@click.option("--dialogues", "show", is_flag=True, help="Print every dialogue as a JSON line as it ends.")
@click.option("--estimate", is_flag=True, help="Only say what it would take.")
@options.talks_to_server
async def generate(
    connection: Connection,
    *,
    count: int | None,
    personas: Path | None,
    queries: Path | None,
    queries_per_persona: int | None,
    round_robin: bool,
    how: dict[str, Any],
    label: str,
    max_workers: int | None,
    rounds: int | None,
    request_id: str,
    resume_after: str,
    show: bool,
    estimate: bool,
    as_json: bool,
) -> int:
    """Make dialogues in bulk as an operation, and tell what came of it. Ctrl-C ends the watching alone.

    The exit code is 3 where fewer were made than asked for. With --json the last line is the totals.
    """
    if count and personas:
        raise click.UsageError("--count and --personas exclude each other")
    if resume_after and not (show and request_id):
        raise click.UsageError("--resume-after needs --dialogues and --request-id")
    async with connection.open() as client:
        # A run reconnects for a while; a wrong address or credential must end the command at once.
        await client.server_info()
        chosen = await settings(client, how)
        wanted: dict[str, Any] = {
            "queries": made_of(queries, lambda one: messages.query(query_of(one))) if queries else (),
            "queries_per_persona": queries_per_persona or chosen.queries_per_persona,
            "config": chosen.config,
        }
        whom: Any = made_of(personas, messages.wish) if personas else (count or 10)
        if estimate:
            return _told(await client.estimate_dialogues(whom, **wanted), as_json=as_json)
        run = client.generate_dialogues(
            whom,
            **wanted,
            round_robin=round_robin,
            max_workers=max_workers or chosen.max_workers,
            max_supplement_rounds=chosen.max_supplement_rounds if rounds is None else rounds,
            label=label,
            request_id=request_id or None,
            resume_after=resume_after,
        )
        await _follow(run, show=show)
    if as_json or show:
        echo_json(service.GenerateDialoguesResponse(totals=run.totals))
    else:
        for line in tables.totals_lines(run.totals, run.rounds):
            click.echo(line)
    return _INCOMPLETE if run.totals.generated < run.totals.requested else 0


def _told(found: service.DialogueEstimate, *, as_json: bool) -> int:
    if as_json:
        echo_json(found)
    else:
        for line in tables.estimate_lines(found):
            click.echo(line)
    return 0


async def _follow(run: DialogueRun, *, show: bool) -> None:
    bar: Any = click.progressbar(length=1, label="dialogues", file=sys.stderr, hidden=not sys.stderr.isatty())
    try:
        with bar:
            async for event in run.events(dialogues=show):
                if isinstance(event, dialogue_pb2.Dialogue):
                    echo_json(event)
                elif isinstance(event, service.GenerateProgress):
                    _show(bar, event.round, event.turns, event.done, event.total)
            # A quick run has ended before it told of its progress.
            totals = run.totals
            _show(
                bar,
                max((one.round for one in totals.rounds), default=0),
                totals.turns,
                totals.requested,
                totals.requested,
            )
    except asyncio.CancelledError:
        again = f"--request-id {run.request_id}"
        again += f" --dialogues --resume-after {run.resume_after}" if run.resume_after else ""
        click.echo(f"it goes on; come back with the same options and {again}", err=True)
        raise


def _show(bar: Any, round_: int, turns: int, done: int, total: int) -> None:
    bar.label = f"round {round_}, {turns} turns"
    bar.length = max(total, 1)
    bar.update(done - bar.pos)


@dialogues.command(epilog="Example: interplay dialogues personas --count 5 --seed 7 --json > personas.jsonl")
@click.option("--count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed draws the same.")
@click.option("--min-features", type=click.IntRange(1, 64), help="Fewest traits of one; 10 by default.")
@click.option("--max-features", type=click.IntRange(1, 64), help="Most traits of one; 20 by default.")
@click.option("--min-distance", type=click.IntRange(0, 64), help="Traits in which two differ at least; 3 by default.")
@click.option(
    "--feature",
    "features",
    type=Pair(),
    multiple=True,
    metavar="NAME=VALUE",
    help="Everybody has this trait; with several values of one NAME, one of them.",
)
@click.option("--without", "excluded", metavar="NAME", multiple=True, help="Nobody has this trait; repeat it.")
@click.option(
    "--from-profiles-of", metavar="USER", multiple=True, help="Make one of what is known of USER instead; repeat it."
)
@options.talks_to_server
async def personas(
    connection: Connection,
    *,
    features: tuple[tuple[str, str], ...],
    excluded: tuple[str, ...],
    as_json: bool,
    **wanted: Any,
) -> None:
    """Draw personas, or make them of profiles. With --json each line is one, as `generate --personas` reads them."""
    constraints: dict[str, Any] = {}
    for name, value in features:
        constraints.setdefault(name, []).append(value)
    constraints |= dict.fromkeys(excluded, False)
    given = {name: one for name, one in wanted.items() if one is not None}
    async with connection.open() as client:
        answer = await client.sample_personas(constraints=constraints, **given)
    if as_json:
        for one in answer.personas:
            echo_json(one)
        for user in answer.without_profile:
            click.echo(f"nothing is known of {user}", err=True)
        return
    for line in tables.persona_lines(answer):
        click.echo(line)


@dialogues.command("list", epilog="Example: interplay dialogues list --label night --stop-reason max-turns")
@configuration.filters
@configuration.with_passing
@click.option("--turns", "with_turns", is_flag=True, help="With --json: with their turns.")
@options.with_limit("Dialogues")
@options.talks_to_server
async def list_dialogues(connection: Connection, *, limit: int, as_json: bool, **wanted: Any) -> None:
    """List dialogues, the newest first; failed, cancelled and running ones only with --status."""
    found = []
    async with connection.open() as client:
        async for one in client.dialogues(page_size=min(limit, 1000), **wanted):
            found.append(one)
            if as_json:
                echo_json(one)
            if len(found) == limit:
                break
    if as_json:
        return
    if not found:
        click.echo("no dialogues", err=True)
        return
    for line in tables.dialogue_lines(found):
        click.echo(line)


@dialogues.command(epilog="Example: interplay dialogues show dialogue_01m7zz0be1ad3t7jbc6bzjr6zj")
@click.argument("dialogue_id", metavar="DIALOGUE")
@options.talks_to_server
async def show(connection: Connection, *, dialogue_id: str, as_json: bool) -> None:
    """Show DIALOGUE: who talked about what, why it ended, and what was said."""
    async with connection.open() as client:
        one = await client.dialogue(dialogue_id)
    if as_json:
        echo_json(one)
        return
    echo_facts(tables.facts(one))
    click.echo()
    for turn in one.turns:
        for line in tables.turn_lines(turn):
            click.echo(line)
    if one.HasField("pending_user"):
        for line in tables.said("user", one.pending_user):
            click.echo(line)


@dialogues.command(epilog="Example: interplay dialogues delete --label night --yes")
@configuration.filters
@click.option("--validate-only", is_flag=True, help="Only count.")
@options.asks_first("Delete all dialogues that match?")
@options.talks_to_server
async def delete(connection: Connection, *, validate_only: bool, as_json: bool, **wanted: Any) -> None:
    """Delete the dialogues that match all filters, however they stand; at least one filter is needed. Asks first."""
    async with connection.open() as client:
        count = await client.delete_dialogues(validate_only=validate_only, **wanted)
    if as_json:
        echo_json({"deleted_count": count})
    else:
        click.echo(f"{count} would be deleted" if validate_only else f"{count} deleted")


@dialogues.command(epilog="Example: interplay dialogues publish --label night --evaluation-only")
@configuration.filters
@configuration.with_passing
@click.option("--evaluation-only", is_flag=True, help="Store them without ever learning from them.")
@click.option("--agent", "agent_id", metavar="ID", default="", help="Agent that the dialogues were with.")
@click.option("--agent-version", metavar="TEXT", default="", help="Its version; that of the dialogue by default.")
@click.option("--clean", is_flag=True, help="Publish the texts before noise.")
@options.talks_to_server
async def publish(connection: Connection, *, as_json: bool, **wanted: Any) -> None:
    """Publish dialogues as interactions of their personas, with the source `synthetic`; none is published twice."""
    async with connection.open() as client:
        done = await client.publish_dialogues(**wanted)
    if as_json:
        echo_json(done)
        return
    echo_facts(
        {
            "published": str(done.published_count),
            "published before": str(done.duplicate_count),
            "interactions": str(done.interaction_count),
            "users": str(len(done.user_ids)),
        }
    )


@dialogues.command(epilog="Example: interplay dialogues noise --strategy typo_misspelling 'please help me write code'")
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True)
@click.option("--strategy", "strategies", metavar="NAME", multiple=True, help="Exactly this strategy; repeat it.")
@click.option("--kind", type=click.Choice(["semantic", "legacy"]), default="semantic", help="Semantic by default.")
@click.option(
    "--activation", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Share of texts to change."
)
@click.option("--provider", metavar="NAME", default="", help="Who changes them; rules by default.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed changes the same.")
@options.talks_to_server
async def noise(
    connection: Connection, *, texts: tuple[str, ...], strategies: tuple[str, ...], seed: int, as_json: bool, **how: Any
) -> None:
    """Show what noise does to each TEXT, or to each line of standard input where it is `-`."""
    given = [line.strip() for line in sys.stdin if line.strip()] if texts == (_STDIN,) else list(texts)
    async with connection.open() as client:
        for record in await client.apply_noise(given, how, strategies=strategies, seed=seed):
            if as_json:
                echo_json(record)
                continue
            for line in tables.noise_lines(record):
                click.echo(line)
