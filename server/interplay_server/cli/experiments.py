"""`interplay experiments`: tests of what is learnt on users."""

from typing import Any

import click
from interplay.v1 import evaluation_pb2
from interplay.v1 import evaluation_service_pb2 as service
from interplay.v1.evaluation_service_pb2_grpc import EvaluationServiceStub

from interplay_server.cli import evaluation_tables as tables
from interplay_server.cli import learnt, options
from interplay_server.cli.connection import Connection
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.output import echo_facts, echo_json
from interplay_server.cli.times import local


class _Arm(click.ParamType[evaluation_pb2.ExperimentArm]):
    """NAME or NAME=SHARE."""

    name = "name[=share]"

    def convert(
        self, value: str | evaluation_pb2.ExperimentArm, param: click.Parameter | None, ctx: click.Context | None
    ) -> evaluation_pb2.ExperimentArm:
        if isinstance(value, evaluation_pb2.ExperimentArm):
            return value
        name, equals, share = value.partition("=")
        try:
            return evaluation_pb2.ExperimentArm(name=name, share=float(share) if equals else 1.0)
        except ValueError:
            self.fail(f"{value!r} is neither NAME nor NAME=SHARE", param, ctx)


@click.group(cls=options.ListByDefault, epilog="Example: interplay experiments --running")
def experiments() -> None:
    """Tests of what is learnt on users; without a command it lists them."""


@experiments.command("list", epilog="Example: interplay experiments list --running --reports --json")
@click.option("--running", "running_only", is_flag=True, help="Only those that run.")
@click.option("--reports", "with_reports", is_flag=True, help="With what they found so far.")
@options.with_limit("Experiments")
@options.talks_to_server
async def list_experiments(connection: Connection, *, limit: int, as_json: bool, **wanted: Any) -> None:
    """List experiments, the latest first."""
    found: list[evaluation_pb2.Experiment] = []
    made = service.ListExperimentsRequest(page_size=min(limit, 1000), **wanted)
    async with connection.open() as client:
        async for one in client.listed(EvaluationServiceStub, "ListExperiments", made, "experiments"):
            found.append(one)
            if as_json:
                echo_json(one)
            if len(found) == limit:
                break
    if not as_json:
        for line in tables.experiment_lines(found):
            click.echo(line)


@experiments.command(epilog="Example: interplay experiments show memory-2026")
@click.argument("experiment_id", metavar="EXPERIMENT")
@options.talks_to_server
async def show(connection: Connection, *, experiment_id: str, as_json: bool) -> None:
    """Show EXPERIMENT and what it found so far, arm by arm."""
    made = service.ListExperimentsRequest(experiment_id=experiment_id, with_reports=True)
    async with connection.open() as client:
        answer = await client.call(EvaluationServiceStub, "ListExperiments", made)
    if not answer.experiments:
        raise RefusalError(f"there is no experiment {experiment_id!r}", "NOT_FOUND", "EXPERIMENT_NOT_FOUND")
    _echo(answer.experiments[0], as_json=as_json)


@experiments.command(epilog="Example: interplay experiments create memory-2026 --arm with --holdout without=0.5")
@click.argument("experiment_id", metavar="EXPERIMENT")
@click.option(
    "--arm", "arms", type=_Arm(), multiple=True, help="Arm with its share of the users, 1 by default; repeat it."
)
@click.option(
    "--holdout", "holdouts", type=_Arm(), multiple=True, help="Arm whose users get no profiles and playbooks."
)
@click.option("--description", metavar="TEXT", default="", help="What it asks.")
@click.option("--agent", "agent_id", metavar="ID", default="", help="Only for this agent; for all by default.")
@learnt.with_request_id
@options.talks_to_server
async def create(
    connection: Connection,
    *,
    arms: tuple[evaluation_pb2.ExperimentArm, ...],
    holdouts: tuple[evaluation_pb2.ExperimentArm, ...],
    request_id: str,
    as_json: bool,
    **fields: Any,
) -> None:
    """Start EXPERIMENT: users are assigned to its arms when `context` names it.

    Holdouts come first: the first arm is what the others are compared with.
    """
    for arm in holdouts:
        arm.holdout = True
    made = service.CreateExperimentRequest(
        experiment=evaluation_pb2.Experiment(arms=(*holdouts, *arms), **fields), request_id=request_id
    )
    async with connection.open() as client:
        answer = await client.call(EvaluationServiceStub, "CreateExperiment", made)
    _echo(answer.experiment, as_json=as_json)


@experiments.command(epilog="Example: interplay experiments stop memory-2026 --yes")
@click.argument("experiment_id", metavar="EXPERIMENT")
@options.asks_first("Stop experiment {experiment_id}? It cannot be started again.")
@options.talks_to_server
async def stop(connection: Connection, *, experiment_id: str, as_json: bool) -> None:
    """Stop EXPERIMENT and show what it found."""
    made = service.StopExperimentRequest(experiment_id=experiment_id)
    async with connection.open() as client:
        answer = await client.call(EvaluationServiceStub, "StopExperiment", made)
    _echo(answer.experiment, as_json=as_json)


def _echo(one: evaluation_pb2.Experiment, *, as_json: bool) -> None:
    if as_json:
        echo_json(one)
        return
    echo_facts(
        {
            "experiment": one.experiment_id,
            "asks": one.description,
            "agent": one.agent_id,
            "since": local(one.start_time),
            "until": local(one.stop_time) or "running",
            "found": one.report.sentence,
        }
    )
    click.echo()
    for line in tables.arm_lines(one.report) if one.report.arms else tables.share_lines(one.arms):
        click.echo(line)
