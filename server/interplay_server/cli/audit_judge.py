"""`interplay audit-judge`."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from interplay.comparison import labelled_pair
from interplay.v1 import evaluation_service_pb2 as service

from interplay_server.cli import evaluation_tables as tables
from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.evaluation_tables import UNMET
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.output import counted, echo_facts, echo_json
from interplay_server.cli.times import local
from interplay_server.report import audit_page

_MOST = 2000


@click.command(epilog="Example: interplay audit-judge labels.jsonl --report audit.html")
@click.argument("labels", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@tables.with_judge
@click.option("--judge-family", metavar="NAME", default="", help="Its model family; checks whether it likes its own.")
@tables.with_seed
@click.option("--timeout", type=click.FloatRange(min=1), default=600, show_default=True, help="Seconds at most.")
@tables.with_page
@click.option("--fail-unless-passed", is_flag=True, help="End with exit code 3 unless the judge passes.")
@options.talks_to_server
async def audit_judge(
    connection: Connection,
    *,
    labels: Path,
    file: Path | None,
    fail_unless_passed: bool,
    as_json: bool,
    **wanted: Any,
) -> int:
    """Measure a judge against the pairs in LABELS that people judged; `-` is standard input.

    Each line is a JSON object: `label` (production, challenger or tie) with an `interaction_id`, or with `question`,
    `production` and `challenger` as texts. The last audit of a judge decides whether it may promote.
    """
    with click.open_file(str(labels), encoding="utf-8") as lines:
        pairs = list(read(lines))
    if not pairs:
        raise RefusalError("there are no labels", "INVALID_ARGUMENT", "INVALID_LINE")
    async with connection.open() as client:
        audit = await client.audit_judge(pairs, **wanted)
    if as_json:
        echo_json(audit)
    else:
        _echo(audit)
    if file:
        tables.write_page(file, audit_page(audit))
    if fail_unless_passed and not audit.passed:
        click.echo("the judge did not pass", err=True)
        return UNMET
    return 0


def read(lines: Iterable[str]) -> Iterator[service.LabelledPair]:
    """The labels of a file; empty lines are left out. Raises RefusalError with the number of a wrong line."""
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        count += 1
        if count > _MOST:
            raise _refusal(number, f"more than {_MOST:,} labels; give a sample of them")
        try:
            yield labelled_pair(json.loads(line))
        except json.JSONDecodeError as error:
            raise _refusal(number, f"no JSON: {error.msg}") from error
        except (TypeError, ValueError) as error:
            raise _refusal(number, str(error)) from error


def _refusal(number: int, why: str) -> RefusalError:
    return RefusalError(f"line {number}: {why}", "INVALID_ARGUMENT", "INVALID_LINE")


def _echo(audit: Any) -> None:
    echo_facts(
        {
            "judge": f"{audit.judge} ({audit.judge_hash})",
            "result": "passed" if audit.passed else f"not passed: {', '.join(audit.failures)}",
            "labels": counted(audit.pairs, "pair") + (f", {audit.failed} not judged" if audit.failed else ""),
            "when": local(audit.audit_time),
        }
    )
    click.echo()
    for line in tables.audit_lines(audit):
        click.echo(line)
