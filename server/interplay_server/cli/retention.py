"""`interplay retention`: how long a tenant keeps what it has."""

import re
from datetime import timedelta

import click
from interplay.v1 import custody_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.monitor_options import asks_when
from interplay_server.cli.operations import accepted
from interplay_server.cli.output import echo_json, listed, table
from interplay_server.cli.times import local
from interplay_server.cli.words import Words

_KINDS = Words(custody_pb2.RetainedKind, "RETAINED_KIND_")
_AGE = re.compile(r"(\d{1,6})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_AGGREGATES = "aggregates"


class _ShowByDefault(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


class _RuleText(click.ParamType[custody_pb2.RetentionRule]):
    """`interactions/web=30d,100000`."""

    name = "rule"

    def convert(
        self, value: str | custody_pb2.RetentionRule, param: click.Parameter | None, ctx: click.Context | None
    ) -> custody_pb2.RetentionRule:
        if isinstance(value, custody_pb2.RetentionRule):
            return value
        about, _, limits = value.partition("=")
        kind, _, source = about.partition("/")
        if kind not in _KINDS.numbers:
            self.fail(f"{kind!r} is none of {', '.join(_KINDS.numbers)}", param, ctx)
        made = custody_pb2.RetentionRule(kind=_KINDS.numbers[kind], source=source)  # type: ignore[arg-type]
        for limit in limits.split(","):
            if found := _AGE.fullmatch(limit):
                made.max_age.FromTimedelta(timedelta(**{_UNITS[found[2]]: int(found[1])}))
            elif re.fullmatch(r"\d{1,18}", limit):
                made.max_count = int(limit)
            elif limit == _AGGREGATES:
                made.keep_aggregates = True
            else:
                self.fail(f"{limit!r} is neither an age such as 30d, a number of rows nor {_AGGREGATES}", param, ctx)
        return made


@click.group(cls=_ShowByDefault, epilog="Example: interplay retention")
def retention() -> None:
    """How long the tenant keeps what it has; without a command it shows the policy."""


@retention.command(epilog="Example: interplay retention show --json")
@options.talks_to_server
async def show(connection: Connection, *, as_json: bool) -> None:
    """Show the policy."""
    async with connection.open() as client:
        _echo(await client.get_retention(), as_json=as_json)


@retention.command("set", epilog="Example: interplay retention set interactions=365d interactions/web=30d,100000")
@click.argument("rules", metavar="[RULE...]", nargs=-1, type=_RuleText())
@click.option("--clear", is_flag=True, help="Keep everything; goes without RULE.")
@click.option("--revision", type=click.IntRange(min=1), default=None, help="Only in place of the policy of this one.")
@options.asks_first("Replace the whole policy? What it does not keep is removed within the hour.")
@options.talks_to_server
async def set_policy(
    connection: Connection,
    *,
    rules: tuple[custody_pb2.RetentionRule, ...],
    clear: bool,
    revision: int | None,
    as_json: bool,
) -> None:
    """Replace the whole policy by RULEs, each KIND[/SOURCE]=LIMIT[,LIMIT...].

    A KIND is interactions, profiles, features, dialogues, evaluations or monitor-events. A LIMIT is an age (12h, 30d,
    52w) or a number of rows; `aggregates` keeps the counts of what goes. Needs the right admin.
    """
    if bool(rules) == clear:
        raise click.UsageError("give at least one RULE, or --clear")
    async with connection.open() as client:
        _echo(await client.set_retention(rules, revision=revision or 0), as_json=as_json)


@retention.command(epilog="Example: interplay retention apply --dry-run")
@click.option("--dry-run", "validate_only", is_flag=True, help="Count without removing; asks nothing.")
@click.option("--no-wait", "wait", is_flag=True, default=True, flag_value=False, help="Return when it is accepted.")
@asks_when(lambda given: not given["validate_only"], "Remove for ever what the policy does not keep?")
@options.talks_to_server
async def apply(connection: Connection, *, validate_only: bool, wait: bool, as_json: bool) -> int:
    """Remove now what the policy does not keep, as the server does every hour; prints the rows of each rule."""
    async with connection.open() as client:
        started = await client.apply_retention(validate_only=validate_only)
        return await accepted(client, started.latest, wait=wait, as_json=as_json)


@retention.command(epilog="Example: interplay retention receipts --limit 5")
@options.with_limit("Receipts")
@options.talks_to_server
async def receipts(connection: Connection, *, limit: int, as_json: bool) -> None:
    """List what was removed and when, the newest first."""
    async with connection.open() as client:
        found = await listed(client.list_retention_receipts(page_size=min(limit, 1000)), limit, as_json=as_json)
    if as_json:
        return
    rows = [
        (
            local(one.time),
            str(one.revision),
            one.operation_id,
            ", ".join(f"{n} {c}" for n, c in sorted(one.counts.items())),
        )
        for one in found
    ]
    for line in table(("time", "revision", "operation", "removed"), rows, right=("revision",)):
        click.echo(line)


def _echo(policy: custody_pb2.RetentionPolicy, *, as_json: bool) -> None:
    if as_json:
        echo_json(policy)
        return
    if not policy.rules:
        click.echo("everything is kept")
        return
    click.echo(f"# revision {policy.revision}, set {local(policy.update_time)}")
    rows = [
        (
            _KINDS.of(one.kind),
            one.source,
            _age(one.max_age.ToTimedelta()) if one.HasField("max_age") else "",
            str(one.max_count or ""),
            "kept" if one.keep_aggregates else "",
        )
        for one in policy.rules
    ]
    for line in table(("kind", "source", "age", "rows", "aggregates"), rows, right=("age", "rows")):
        click.echo(line)


def _age(age: timedelta) -> str:
    if age == timedelta(days=age.days):
        return f"{age.days}d"
    hours = age / timedelta(hours=1)
    return f"{hours:g}h"
