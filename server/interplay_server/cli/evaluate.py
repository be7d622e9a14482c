"""`interplay evaluate`: judges sessions, takes reported outcomes, reports on an agent."""

from datetime import datetime
from typing import Any

import click
from interplay.v1 import evaluation_pb2
from interplay.v1 import evaluation_service_pb2 as service
from interplay.v1.evaluation_service_pb2_grpc import EvaluationServiceStub

from interplay_server.cli import evaluation_tables as tables
from interplay_server.cli import learnt, options
from interplay_server.cli.connection import Client, Connection
from interplay_server.cli.evaluation_config import config
from interplay_server.cli.evaluation_tables import METHODS, OUTCOMES
from interplay_server.cli.operations import accepted
from interplay_server.cli.output import echo_facts, echo_json
from interplay_server.cli.times import Instant, local

_SESSIONS = "sessions whose last interaction is"


class RunByDefault(click.Group):
    """`evaluate --user ada` is `evaluate run --user ada`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=RunByDefault, epilog="Example: interplay evaluate --since -7d")
def evaluate() -> None:
    """How sessions went; without a command it judges those that were not judged yet."""


evaluate.add_command(config)


@evaluate.command(epilog="Example: interplay evaluate run --agent shop --since -7d")
@tables.session_filters(_SESSIONS)
@click.option("--again", is_flag=True, help="Sessions that this judge has judged, too.")
@tables.with_judge
@click.option("--max-sessions", type=click.IntRange(1, 1_000_000), help="Sessions at most; all by default.")
@learnt.with_request_id
@click.option("--no-wait", is_flag=True, help="Only start it and print the id of the operation.")
@options.talks_to_server
async def run(connection: Connection, *, no_wait: bool, as_json: bool, **wanted: Any) -> int:
    """Judge sessions as an operation, then show outcomes and rates.

    With --json the lines are the operation, and then a GetAgentReportResponse, or with --user each evaluation.
    """
    where = tables.session_filter(wanted)
    made = learnt.request(service.EvaluateSessionsRequest, filter=where, **wanted)
    async with connection.open() as client:
        answer = await client.call(EvaluationServiceStub, "EvaluateSessions", made)
        code = await accepted(client, answer.operation, wait=not no_wait, as_json=as_json)
        if no_wait or code:
            return code
        await _results(client, where, as_json=as_json)
    return code


async def _results(client: Client, where: service.SessionFilter, *, as_json: bool) -> None:
    """What was found: the rates of the agent, or the evaluations of a single person."""
    if where.user_id:
        wanted = service.ListSessionEvaluationsRequest(filter=where, page_size=1000)
        found = client.listed(EvaluationServiceStub, "ListSessionEvaluations", wanted, "evaluations")
        await _echo_evaluations(found, None, as_json=as_json)
        return
    made = service.GetAgentReportRequest(
        agent_id=where.agent_id,
        agent_versions=[where.agent_version] if where.agent_version else [],
        source=where.source,
        max_learnings=1,
    )
    for name in ("start_time", "end_time"):
        if where.HasField(name):
            getattr(made, name).CopyFrom(getattr(where, name))
    answer = await client.call(EvaluationServiceStub, "GetAgentReport", made)
    if as_json:
        echo_json(answer)
        return
    click.echo()
    for line in tables.report_lines(answer):
        click.echo(line)


async def _echo_evaluations(found: Any, limit: int | None, *, as_json: bool) -> None:
    rows: list[evaluation_pb2.SessionEvaluation] = []
    async for one in found:
        rows.append(one)
        if as_json:
            echo_json(one)
        if len(rows) == limit:
            break
    if as_json:
        return
    if not rows:
        click.echo("nothing evaluated", err=True)
        return
    for line in tables.evaluation_lines(rows):
        click.echo(line)


@evaluate.command("list", epilog="Example: interplay evaluate list --outcome failure --since -1d")
@tables.session_filters(_SESSIONS)
@OUTCOMES.options("--outcome", "outcomes", meaning="Only with this outcome; repeat it for several.")
@METHODS.options("--method", "methods", meaning="Only where this said so; repeat it for several.")
@options.with_limit("Sessions")
@options.talks_to_server
async def list_evaluations(connection: Connection, *, limit: int, as_json: bool, **wanted: Any) -> None:
    """List evaluated sessions, the latest first."""
    where = tables.session_filter(wanted)
    made = service.ListSessionEvaluationsRequest(filter=where, page_size=min(limit, 1000), **wanted)
    async with connection.open() as client:
        found = client.listed(EvaluationServiceStub, "ListSessionEvaluations", made, "evaluations")
        await _echo_evaluations(found, limit, as_json=as_json)


@evaluate.command(epilog="Example: interplay evaluate outcome ada visit-7 --outcome success --value 12.5")
@click.argument("user_id", metavar="USER")
@click.argument("session_id", metavar="SESSION")
@OUTCOMES.option("--outcome", meaning="How it ended.")
@click.option("--value", type=float, help="What it was worth, in a unit of your own.")
@click.option("--action", metavar="TEXT", default="", help="What the person did, for example purchase: a success.")
@click.option("--reporter", metavar="TEXT", default="", help="Who reports.")
@click.option("--comment", metavar="TEXT", default="", help="Free words.")
@click.option("--at", "occur_time", type=Instant(), help="When it happened; now by default.")
@click.option("--replace", is_flag=True, help="Replace what was reported before.")
@learnt.with_request_id
@options.talks_to_server
async def outcome(connection: Connection, *, occur_time: datetime | None, as_json: bool, **said: Any) -> None:
    """Say how the session SESSION of the person USER ended; that wins over every judge."""
    if not said["outcome"] and said["value"] is None and not said["action"]:
        raise click.UsageError("nothing to report: give --outcome, --value or --action")
    made = learnt.request(service.ReportSessionOutcomeRequest, occur_time=occur_time, **said)
    async with connection.open() as client:
        answer = await client.call(EvaluationServiceStub, "ReportSessionOutcome", made)
    if as_json:
        echo_json(answer)
        return
    one = answer.evaluation
    echo_facts(
        {
            "session": f"{one.user_id}/{one.session_id}",
            "outcome": f"{OUTCOMES.of(one.outcome)}, {METHODS.of(one.method)}",
            "value": f"{one.reported.value:g}" if one.reported.HasField("value") else "",
            "action": one.reported.action,
            "happened": local(one.reported.occur_time),
            "before": "the same had been reported" if answer.duplicate else "",
        }
    )


@evaluate.command(epilog="Example: interplay evaluate report --agent shop --by-day --since -30d")
@tables.with_agent
@click.option("--agent-version", "agent_versions", metavar="TEXT", multiple=True, help="Only this version; repeat it.")
@click.option("--source", metavar="TEXT", default="", help="Only from this source.")
@tables.with_period(_SESSIONS)
@click.option("--by-day", is_flag=True, help="A row for each day, too.")
@click.option(
    "--learnings",
    "max_learnings",
    type=click.IntRange(1, 200),
    default=20,
    show_default=True,
    help="Facts and lessons at most.",
)
@options.talks_to_server
async def report(connection: Connection, *, as_json: bool, **wanted: Any) -> None:
    """Report on an agent by version and day, with how sessions with each fact and lesson went.

    The last part shows what went together, not what caused it; an experiment tells that.
    """
    async with connection.open() as client:
        made = learnt.request(service.GetAgentReportRequest, **wanted)
        answer = await client.call(EvaluationServiceStub, "GetAgentReport", made)
    if as_json:
        echo_json(answer)
        return
    for line in tables.report_lines(answer):
        click.echo(line)
    if answer.learnings:
        click.echo()
        for line in tables.learning_lines(answer.learnings):
            click.echo(line)
