"""Each client's publisher beside its own bare gRPC stream: `python -m tests.bench.clients [--rounds N] [--only one]`.

The driver of a language measures itself, in a process of its own, against one real server: fresh streams, publisher and
bare stream by turns, medians of the rounds. The ratio tells what the publisher costs; the server bounds both figures.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.common import Process, say
from tests.bench.table import median
from tests.conformance.driver import Driver, DriverError, Refused
from tests.conformance.languages import Language, chosen

SIZES = ((1, 4000), (100, 100))
"""Interactions an append, appends a round."""
CONTENT = "The boiler makes a humming noise at night, and the pressure is below one bar since yesterday morning. " * 2
HEAD = ("client", "interactions an append", "publisher appends/s", "bare appends/s", "ratio", "lowest to highest",
        "publisher CPU µs/append", "bare CPU µs/append")  # fmt: skip


class Sample(NamedTuple):
    """Of one round."""

    rate: float
    cpu: float
    """Microseconds of the client's process for an append."""


async def measure(language: Language, target: str, folder: Path, rounds: int) -> list[tuple[str, ...]]:
    """A line for each size. Raises DriverError where the driver fails."""
    lines = []
    for interactions, appends in SIZES:
        found: dict[str, list[Sample]] = {"publisher": [], "bare": []}
        driver = await Driver(language, folder / f"{language.name}.txt").start()
        await driver.ask("connect", target=target)
        # A first round of each warms compilers and caches up and counts for nothing.
        for number in range(rounds + 1):
            for kind in ("publisher", "bare") if number % 2 else ("bare", "publisher"):
                answer = await driver.ask(
                    "bench", kind=kind, stream_id=f"bench-{uuid.uuid4().hex}", appends=appends,
                    interactions=interactions, content=CONTENT, patience=300,
                )  # fmt: skip
                if number:
                    found[kind].append(_sample(answer, appends))
        await driver.stop()
        lines.append(_line(language, interactions, found))
    return lines


def _sample(answer: dict[str, Any], appends: int) -> Sample:
    return Sample(appends / answer["seconds"], 1e6 * answer["cpu_seconds"] / appends)


def _line(language: Language, interactions: int, found: dict[str, list[Sample]]) -> tuple[str, ...]:
    ratios = [one.rate / other.rate for one, other in zip(found["publisher"], found["bare"], strict=True)]
    rates = {kind: median(one.rate for one in samples) for kind, samples in found.items()}
    cpus = {kind: median(one.cpu for one in samples) for kind, samples in found.items()}
    return (
        language.title, str(interactions), f"{rates['publisher']:,.0f}", f"{rates['bare']:,.0f}",
        f"{median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}", f"{cpus['publisher']:,.0f}", f"{cpus['bare']:,.0f}",
    )  # fmt: skip


def show(lines: list[tuple[str, ...]]) -> str:
    cells = [HEAD, *lines]
    widths = [max(len(row[place]) for row in cells) for place in range(len(HEAD))]
    made = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    made.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in made)


def main() -> int:
    parser = argparse.ArgumentParser(description="Publishers beside bare streams.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=None, help="languages, as in LANGUAGES")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="interplay-bench-"))
    # What is not measured must not interrupt: nothing is learnt, and no table is optimised meanwhile.
    server = Process(
        "-m", "interplay_server", "serve", "--listen", "127.0.0.1:0", "--data", str(folder / "data"),
        "--storage-optimize-commits", "100000", log=folder / "server.txt", environment=_path(),
    )  # fmt: skip
    lines, failed = [], False
    try:
        for language in chosen(given.only):
            if language.missing:
                say(f"{language.title} is left out: {', '.join(language.missing)} is missing")
                continue
            say(f"{language.title} ...")
            try:
                lines += asyncio.run(measure(language, server.target, folder, given.rounds))
            except (DriverError, Refused) as error:
                failed = True
                say(f"{language.title} failed: {error}")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(show(lines))
    return 1 if failed else 0


def _path() -> dict[str, str]:
    """Where a caller's PYTHONPATH names other sources, the server takes them too."""
    return {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}


if __name__ == "__main__":
    sys.exit(main())
