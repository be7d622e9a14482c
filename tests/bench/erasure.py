"""Erasing one person among many: how long it takes, how much memory, and what others notice.

    python -m tests.bench.erasure --rows 1000000

The rows of the person lie evenly among all others, so that every file of the table holds some of them: the worst case.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from interplay.v1 import admin_service_pb2, admin_service_pb2_grpc, interaction_pb2, operation_service_pb2
from interplay.v1 import interaction_service_pb2 as pb
from interplay.v1.interaction_service_pb2_grpc import InteractionServiceStub
from interplay.v1.operation_service_pb2_grpc import OperationServiceStub

from tests.bench.common import Plan, Process, channel, run, say
from tests.bench.table import Row, quantile

PERSON, MINE, BATCH, AT_ONCE, USERS = "the-person", 1000, 1000, 4, 5000
DEADLINE = 600.0
EVERY_SECONDS = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="Keep the data there.")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="bench-erasure-"))
    plan = Plan(quick=False, minutes=0, largest=0, folder=folder)
    try:
        for row in measure(plan, given.rows):
            print(f"{row.what:<48} {row.figure}")
    finally:
        if given.folder is None:
            plan.clean()


def measure(plan: Plan, rows: int) -> list[Row]:
    with plan.server("erasure") as server:
        started = time.perf_counter()
        run(lambda: _fill(server.target, rows))
        say(f"erasure: {rows:,} rows in {time.perf_counter() - started:.0f} s")
        server.quiet(900, 2.0)
        before, cpu = server.resident_mb(), server.cpu_seconds()
        seconds, milliseconds, peak = run(lambda: _erase(server))
        cpu = server.cpu_seconds() - cpu
    return [
        Row(f"erase {MINE:,} of {rows:,} interactions", f"{seconds:.1f} s, {cpu:.1f} s of processor"),
        Row("resident memory: before, peak", f"{before:.0f}, {peak:.0f} MB"),
        Row(
            "publishes of others meanwhile: median, p99, longest",
            f"{quantile(milliseconds, 0.5):.0f}, {quantile(milliseconds, 0.99):.0f}, {max(milliseconds):.0f} ms",
        ),
    ]


async def _fill(target: str, rows: int) -> None:
    """Batches of one user each; nothing is learnt from them."""
    every = rows // MINE
    batches = [(f"u{number % USERS}", BATCH) for number in range(max(1, (rows - MINE) // BATCH))]
    size = max(1, MINE * BATCH // max(rows, BATCH))
    async with channel(target) as connection:
        stub, waiting = InteractionServiceStub(connection), asyncio.Semaphore(AT_ONCE)

        async def publish(number: int, user: str, count: int) -> None:
            async with waiting:
                await stub.PublishInteractions(_batch(user, number, count), timeout=DEADLINE)

        work, mine = [], 0
        for number, (user, count) in enumerate(batches):
            work.append(publish(number, user, count))
            if mine < MINE:
                work.append(publish(number, PERSON, size))
                mine += size
        say(f"erasure: {mine} rows of the person, one in {every}")
        await asyncio.gather(*work)


def _batch(user: str, number: int, count: int) -> pb.PublishInteractionsRequest:
    rows = [
        interaction_pb2.InteractionData(
            role="User", content=f"Turn {number}.{place} of {user}: the {number % 97} kettles and {place % 89} lamps."
        )
        for place in range(count)
    ]
    return pb.PublishInteractionsRequest(
        user_id=user, session_id=f"s{number % 20}", interactions=rows, evaluation_only=True
    )


async def _erase(server: Process) -> tuple[float, list[float], float]:
    """Seconds until it has succeeded, milliseconds of others' publishes meanwhile, MB at most."""
    async with channel(server.target) as connection:
        admin, operations = admin_service_pb2_grpc.AdminServiceStub(connection), OperationServiceStub(connection)
        stub, times, peak = InteractionServiceStub(connection), [], server.resident_mb()
        started, steps = time.perf_counter(), [(0, 0.0)]
        answer = await admin.EraseUser(admin_service_pb2.EraseUserRequest(user_id=PERSON), timeout=DEADLINE)
        request = operation_service_pb2.GetOperationRequest(operation_id=answer.operation.operation_id)
        while not (found := (await operations.GetOperation(request, timeout=DEADLINE)).operation).HasField("end_time"):
            if found.done_count != steps[-1][0]:
                steps.append((found.done_count, time.perf_counter() - started))
            began = time.perf_counter()
            await stub.PublishInteractions(_batch("somebody else", len(times), 1), timeout=DEADLINE)
            times.append((time.perf_counter() - began) * 1000)
            peak = max(peak, server.resident_mb())
            await asyncio.sleep(EVERY_SECONDS)
        seconds = time.perf_counter() - started
        if found.error.message:
            raise SystemExit(f"the erasure failed: {found.error.message}")
        say(f"erasure: {dict(found.result)}")
        say("erasure: " + ", ".join(f"step {step} done after {at:.1f} s" for step, at in steps[1:]))
        return seconds, times, peak


if __name__ == "__main__":
    main()
