"""Many tenants on one server: each with a few interactions, touched in random order, listed, and started with again.

    python -m tests.bench.tenants --tenants 10000

What is to be bounded whatever the number of tenants: resident memory and open file handles. It takes about a third of a
second of a core for each tenant.
"""

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from interplay.v1 import admin_service_pb2, admin_service_pb2_grpc, interaction_pb2
from interplay.v1 import interaction_service_pb2 as pb
from interplay.v1.interaction_service_pb2_grpc import InteractionServiceStub

from tests.bench.common import Plan, Process, channel, run, say
from tests.bench.table import Row, quantile

OPEN, AT_ONCE, SLICES = 64, 4, 10
DEADLINE = 120.0


@dataclass
class Course:
    """Milliseconds of each call, and the server after each tenth of a phase: (MB resident, handles)."""

    milliseconds: list[float] = field(default_factory=list)
    server: list[tuple[float, int]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=3, help="Interactions of each.")
    parser.add_argument("--touches", type=int, default=2000, help="Publishes and reads in random order.")
    parser.add_argument("--learn", action="store_true", help="Also learn from them, which takes as long again.")
    parser.add_argument("--copies", action="store_true", help="Write to twenty only; the others are copies of them.")
    parser.add_argument("--folder", type=Path, help="Keep the data there.")
    given = parser.parse_args()
    plan = Plan(
        quick=False, minutes=0, largest=0, folder=given.folder or Path(tempfile.mkdtemp(prefix="bench-tenants-"))
    )
    try:
        for row in measure(plan, given):
            print(f"{row.what:<44} {row.figure}")
    finally:
        if given.folder is None:
            plan.clean()


def measure(plan: Plan, given: argparse.Namespace) -> list[Row]:
    tenants, learn = given.tenants, given.learn
    names = [f"t{number:06}" for number in range(tenants)]
    flags = ("--storage-max-open-tenants", str(OPEN))
    written = names[:20] if given.copies else names
    with plan.server("tenants", *flags) as server:
        before = server.resident_mb(), handles(server)
        first = phase("first write", server, written, given.rows, learn=learn)
    if given.copies:
        for number, name in enumerate(names[20:]):
            shutil.copytree(plan.folder / "tenants" / names[number % 20], plan.folder / "tenants" / name)
    with plan.server("tenants", *flags, keep=True) as server:
        again = random.Random(5).choices(names, k=given.touches)
        touched = phase("re-open", server, again, 1, learn=learn)
        listed = [run(lambda: pages(server.target)) for _ in range(2)]
        peak = [one for course in (first, touched) for one in course.server]
    started = time.perf_counter()
    with plan.server("tenants", *flags, keep=True) as server:
        start = time.perf_counter() - started
        server.quiet(600, 2.0)
        settled, cpu = time.perf_counter() - started, server.cpu_seconds()
        restarted = server.resident_mb(), handles(server)
        relisted = run(lambda: pages(server.target))
    size, files = weight(plan.folder / "tenants", names)
    return [
        Row("tenants, at most so many open", f"{tenants:,}, {OPEN}"),
        Row(
            "resident memory: empty, peak, at the end",
            f"{before[0]:.0f}, {max(m for m, _ in peak):.0f}, {peak[-1][0]:.0f} MB",
        ),
        Row("file handles: empty, peak, at the end", f"{before[1]}, {max(h for _, h in peak)}, {peak[-1][1]}"),
        Row("first write of a tenant: median, p99", spread(first.milliseconds)),
        Row("write to a tenant in random order: median, p99", spread(touched.milliseconds)),
        Row("list of all tenants, a page of 1,000: first", f"{each(listed[0])}"),
        Row("list again", f"{each(listed[1])}"),
        Row("list after a restart", f"{each(relisted)}"),
        Row("folder of a tenant", f"{size / 1024:.0f} KiB in {files:.0f} files"),
        Row("restart: listening, quiet, processor until then", f"{start:.1f} s, {settled:.0f} s, {cpu:.0f} s"),
        Row("resident memory, handles after the restart", f"{restarted[0]:.0f} MB, {restarted[1]}"),
    ]


def phase(what: str, server: Process, names: list[str], rows: int, *, learn: bool) -> Course:
    course = Course()
    step = max(1, len(names) // SLICES)
    for at in range(0, len(names), step):
        some = names[at : at + step]
        run(lambda some=some: _publish(server.target, some, rows, course, learn))
        course.server.append((server.resident_mb(), handles(server)))
        memory, open_files = course.server[-1]
        say(f"{what}: {at + len(some):,} of {len(names):,}, {memory:.0f} MB, {open_files} handles")
    server.quiet(60)
    return course


async def _publish(target: str, names: list[str], rows: int, course: Course, learn: bool) -> None:
    """AT_ONCE callers take the tenants in their order."""
    todo = iter(names)

    async def caller(stub: InteractionServiceStub) -> None:
        for name in todo:
            said = [interaction_pb2.InteractionData(role="User", content=f"row {n} of {name}") for n in range(rows)]
            request = pb.PublishInteractionsRequest(
                user_id="u", session_id="s", interactions=said, evaluation_only=not learn
            )
            began = time.perf_counter()
            await stub.PublishInteractions(request, metadata=[("interplay-tenant", name)], timeout=DEADLINE)
            course.milliseconds.append((time.perf_counter() - began) * 1000)

    async with channel(target) as connected:
        stub = InteractionServiceStub(connected)
        await asyncio.gather(*(caller(stub) for _ in range(AT_ONCE)))


async def pages(target: str) -> list[float]:
    """Seconds of each page of the list."""
    token, seconds = "", []
    async with channel(target) as connected:
        stub = admin_service_pb2_grpc.AdminServiceStub(connected)
        while True:
            began = time.perf_counter()
            request = admin_service_pb2.ListTenantsRequest(page_size=1000, page_token=token)
            found = await stub.ListTenants(request, timeout=DEADLINE)
            seconds.append(time.perf_counter() - began)
            if not (token := found.next_page_token):
                return seconds


def handles(server: Process) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def weight(data: Path, names: list[str]) -> tuple[float, float]:
    """Bytes and files of a tenant, on average of at most a hundred."""
    some = random.Random(7).sample(names, min(100, len(names)))
    found = [path for name in some for path in (data / name).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in found) / len(some), len(found) / len(some)


def spread(milliseconds: list[float]) -> str:
    return f"{quantile(milliseconds, 0.5):.0f} ms, {quantile(milliseconds, 0.99):.0f} ms"


def each(seconds: list[float]) -> str:
    return f"{max(seconds):.2f} s at most, {sum(seconds):.2f} s all"


if __name__ == "__main__":
    main()
