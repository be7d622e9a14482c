"""Aggregation of 2 k and 20 k lessons: seconds and peak memory, beside bare products of the same size in the same run.

    python -m tests.bench.aggregation [entries ...]

The bare products are those of all pairs of rows, once, in blocks, with nothing done to the result: numpy's own speed.
Three sets: lessons in groups of ten (paraphrases of 2,000 at 20 k), lessons that have nothing in common, and one dense
cloud in which nearly every pair is similar, the hardest case. Each runs in a process of its own, which is asked for its
peak. Then one lesson more with the groups of before as seeds.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from interplay_server.learning.aggregation.aggregate import aggregate
from interplay_server.learning.aggregation.model import AggregationSettings, Member, Seed

from tests.bench.common import ROOT, Plan, say
from tests.bench.table import Row, bound, lines

HALF, NEEDED_MB = 256, 300.0
KINDS = ("grouped", "unrelated", "dense")
# Cosine within a group of about .65, as paraphrases of a lesson have; in the cloud .5, just above the threshold.
NEAR = {"grouped": 0.8, "unrelated": 0.0, "dense": 0.71}


def key_like(kind: str, count: int, seed: int) -> np.ndarray:
    """(count, 512) unit vectors whose halves have the lengths of a trigger's and an instruction's part."""
    chance = np.random.default_rng(seed)
    centres = {"grouped": count // 10, "unrelated": count, "dense": 1}[kind]
    share = NEAR[kind]
    out = np.empty((count, 2 * HALF), np.float32)
    for columns, part in ((slice(0, HALF), 0.4), (slice(HALF, 2 * HALF), 0.6)):
        middle = _units(chance, centres)[np.arange(count) % centres]
        rows = share * middle + (1 - share**2) ** 0.5 * _units(chance, count)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        out[:, columns] = part**0.5 * rows
    return out


def _units(chance: np.random.Generator, count: int) -> np.ndarray:
    rows = chance.standard_normal((count, HALF), np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def lessons(count: int) -> list[Member]:
    """Three a user, no two instructions alike, a tenth of them negated, a tenth gaps of one reply in fives."""
    return [
        Member(
            playbook_id=f"{n:026}",
            user_id=f"user-{n // 3}",
            session_id=f"session-{n // 2}",
            agent_id="agent",
            agent_version=str(n % 3),
            origin="expert" if n % 50 == 0 else "correction",
            trigger=f"request {n % 997} about topic {n}",
            instruction=f"{'do not ' if n % 10 == 0 else ''}confirm step {n} with record {n % 89}",
            time=n,
            apart=f"reply-{n // 5}" if n % 50 < 5 else "",
        )
        for n in range(count)
    ]


def bare_seconds(vectors: np.ndarray) -> float:
    """All products of two rows, 256 rows at a time."""
    start = time.perf_counter()
    for first in range(0, len(vectors), 256):
        vectors[first : first + 256] @ vectors.T
    return time.perf_counter() - start


def resident_mb(name: str) -> float:
    """VmRSS, now, or VmHWM, the most since `forget_peak`."""
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def forget_peak() -> None:
    """Linux: 5 sets the high-water mark of this process back to what it holds."""
    Path("/proc/self/clear_refs").write_text("5")


def one(kind: str, count: int) -> None:
    """Measures in this process and prints the figures in a line."""
    vectors, members = key_like(kind, count + 1, 7), lessons(count + 1)
    bare = bare_seconds(vectors[:count])
    before = resident_mb("VmRSS")
    forget_peak()
    start = time.perf_counter()
    groups = aggregate(members[:count], vectors[:count], AggregationSettings())
    full = time.perf_counter() - start
    peak = resident_mb("VmHWM") - before
    seeds = [Seed(group.fingerprint, group.member_ids) for group in groups]
    start = time.perf_counter()
    again = aggregate(members, vectors, AggregationSettings(), seeds)
    more = time.perf_counter() - start
    changed = len({group.fingerprint for group in again} - {group.fingerprint for group in groups})
    print(full, bare, peak, more, len(groups), changed)


def rows_of(kind: str, count: int) -> list[Row]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.aggregation", "--one", kind, str(count)],
        stdout=subprocess.PIPE, cwd=ROOT, check=True, text=True,
    )  # fmt: skip
    full, bare, peak, more, groups, changed = map(float, done.stdout.split())
    what = f"aggregation of {count:,} lessons, {kind}"
    say(f"{what}: {full:.1f} s, {groups:.0f} groups")
    limit = f"{bare:.2f} s bare products"
    return [
        Row(what, f"{full:.2f} s, {groups:,.0f} groups", limit, full / bare),
        bound(f"{what}: memory above members and vectors", peak, NEEDED_MB, "MB", digits=0),
        Row(f"{what}: one more, groups as seeds", f"{more:.2f} s, {changed:.0f} changed", limit, more / bare),
    ]


def measure(plan: Plan) -> list[Row]:
    return [
        row for count in ([2_000] if plan.quick else [2_000, 20_000]) for kind in KINDS for row in rows_of(kind, count)
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]))
    else:
        counts = [int(argument) for argument in sys.argv[1:]] or [2_000, 20_000]
        for line in lines(row for count in counts for kind in KINDS for row in rows_of(kind, count)):
            print(line)
