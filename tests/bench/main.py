"""The command: one table of everything, or of some families; `python -m tests.bench --help`."""

import argparse
import json
import os
import platform
import shlex
import sys
import time
from pathlib import Path

from tests.bench import (
    aggregation,
    context,
    detection,
    dialogue_loop,
    dialogues,
    dialogues_engine,
    evaluation,
    evaluation_quality,
    features,
    features_kernel,
    features_quality,
    latency,
    learners,
    learning,
    learning_quality,
    monitor_client,
    noise,
    patterns,
    quality,
    redaction,
    searching,
    simulator,
    statistics,
    streaming,
    sustained,
    web,
)
from tests.bench.common import Plan, say
from tests.bench.table import Row, lines

FAMILIES = {
    "streaming": streaming.measure,
    "latency": latency.measure,
    "quality": quality.measure,
    "searching": searching.measure,
    "sustained": sustained.measure,
    "learning": learning.measure,
    "context": context.measure,
    "aggregation": aggregation.measure,
    "learning-quality": lambda _: learning_quality.measure(learners.offline()),
    "statistics": statistics.measure,
    "evaluation": evaluation.measure,
    "evaluation-quality": lambda _: evaluation_quality.measure(),
    "features-kernel": features_kernel.measure,
    "features": features.measure,
    "features-quality": features_quality.measure,
    "redaction": redaction.measure,
    "patterns": patterns.measure,
    "detection": detection.measure,
    "monitor-client": monitor_client.measure,
    "dialogues-engine": dialogues_engine.measure,
    "dialogues": dialogues.measure,
    "noise": noise.measure,
    "simulator": simulator.measure,
    "dialogue-loop": dialogue_loop.measure,
    "web": web.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=list(FAMILIES), help="a family; may be given again")
    parser.add_argument("--quick", action="store_true", help="a small version of everything, under three minutes")
    parser.add_argument("--minutes", type=float, help="of sustained publishing; default 10, 0.25 with --quick")
    parser.add_argument(
        "--largest", type=int, help="interactions of the largest store; default 1,000,000, 5,000 with --quick"
    )
    parser.add_argument("--json", type=Path, help="file for the rows")
    given = parser.parse_args()
    minutes = given.minutes if given.minutes is not None else (0.25 if given.quick else 10)
    plan = Plan(given.quick, minutes, given.largest or (5000 if given.quick else 1_000_000))
    start, rows = time.monotonic(), []
    try:
        for name in given.only or FAMILIES:
            say(name)
            made = FAMILIES[name](plan)
            for line in lines(made):
                say(line)
            rows += made
    finally:
        plan.clean()
    _print(rows, time.monotonic() - start)
    if given.json:
        machine = {"command": _command(), "cores": os.cpu_count(), "rows": [row.plain() for row in rows]}
        given.json.write_text(json.dumps(machine, indent=1, ensure_ascii=False) + "\n")


def _command() -> str:
    return shlex.join(["python", "-m", "tests.bench", *sys.argv[1:]])


def _print(rows: list[Row], seconds: float) -> None:
    print(
        f"{_command()}: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {seconds:.0f} s"
    )
    for line in lines(rows):
        print(line)
    missed = [row.what for row in rows if row.met is False]
    print(f"goals missed: {', '.join(missed) or 'none'} (docs/benchmarks.md)")
