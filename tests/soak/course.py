"""What is written down while the soak runs, and whether it stayed flat."""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.table import Row, median, quantile

FLAT, STEADY = 1.15, 1.5
LEAST_SAMPLES = 10
"""Calls of one kind in a slice below which its percentiles say nothing."""


@dataclass
class Sample:
    """One slice of the run; latencies in milliseconds by kind of call."""

    second: float
    resident_mb: float
    handles: int
    threads: int
    files: int
    versions: int
    megabytes: float
    rows: int
    latencies: dict[str, list[float]]


@dataclass
class Course:
    """`kills` are seconds since the start; from `calm` on nobody kills the server."""

    calm: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    faults: Counter = field(default_factory=Counter)
    failures: Counter = field(default_factory=Counter)
    calls: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    latencies: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def took(self, kind: str, seconds: float) -> None:
        self.calls[kind] += 1
        self.latencies[kind].append(seconds * 1000)

    def take(self, second: float, pid: int, data: Path, rows: int) -> None:
        files = versions = size = 0
        for folder, _, names in os.walk(data):
            for name in names:
                try:
                    size += Path(folder, name).stat().st_size
                except FileNotFoundError:
                    continue
                files += 1
                versions += folder.endswith("_versions")
        latencies, self.latencies = dict(self.latencies), defaultdict(list)
        status = Path(f"/proc/{pid}/status").read_text()
        told = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        self.samples.append(
            Sample(
                second,
                int(told["VmRSS"].split()[0]) / 1024,
                sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
                int(told["Threads"]),
                files,
                versions,
                size / 2**20,
                rows,
                latencies,
            )
        )

    def rows(self) -> list[Row]:
        """A line for each thing that must not grow, and the sums."""
        quiet = [one for one in self.samples if one.second >= self.calm]
        late = quiet[len(quiet) // 5 :]
        third = max(1, len(late) // 3)
        first, last = late[:third], late[-third:]
        made = [
            Row("kills, faults of the network", f"{len(self.kills)}, {sum(self.faults.values())}"),
            Row("calls", f"{sum(self.calls.values()):,}"),
            Row("calls that ended with an error", f"{sum(self.failures.values()):,}"),
            Row("wrong answers", str(len(self.wrong)), goal="0", met=not self.wrong),
        ]
        for what, unit, goal, value in (
            ("resident memory", "MB", FLAT, lambda one: one.resident_mb),
            ("handles", "", FLAT, lambda one: one.handles),
            ("threads", "", FLAT, lambda one: one.threads),
            ("files", "", STEADY, lambda one: one.files),
            ("table versions", "", STEADY, lambda one: one.versions),
            ("folder", "MB", STEADY, lambda one: one.megabytes),
        ):
            made.append(
                _grown(what, median([value(one) for one in first]), median([value(one) for one in last]), unit, goal)
            )
        for kind in sorted(self.calls):
            before, after = (_all(part, kind) for part in (first, last))
            if min(len(before), len(after)) >= LEAST_SAMPLES:
                made.append(_grown(f"{kind}, p50", quantile(before, 0.5), quantile(after, 0.5), "ms", STEADY))
        return made


def percentile(sample: Sample, kind: str, share: float) -> float | None:
    """None where the slice has too few calls of the kind."""
    found = sample.latencies.get(kind, ())
    return quantile(list(found), share) if len(found) >= LEAST_SAMPLES else None


def _all(samples: list[Sample], kind: str) -> list[float]:
    return [one for sample in samples for one in sample.latencies.get(kind, ())]


def _grown(what: str, before: float, after: float, unit: str, goal: float) -> Row:
    ratio = after / before if before else 1.0
    return Row(
        what,
        f"{after:,.1f} {unit}".strip(),
        f"{before:,.1f} {unit}".strip() + " in the first third",
        ratio,
        f"≤ {goal:g} of the first third",
        ratio <= goal,
    )
