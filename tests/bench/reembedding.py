"""A change of embedder under searches: rows a second, and what a search takes meanwhile against before.

    python -m tests.bench.reembedding [ROWS]

One tenant with ROWS interactions (20,000) of 100 users; single searches of a user and across users, one after the
other, first alone, then while the tenant goes to wordllama-64 and back.
"""

import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from interplay.v1 import interaction_service_pb2 as pb
from interplay.v1 import operation_service_pb2
from interplay.v1.admin_service_pb2 import ReembedTablesRequest

from tests.conftest import ServerProcess
from tests.service.kit import Api, batch, data

USERS, BATCH, ALONE = 100, 200, 200
WORDS = (
    "tent", "river", "kettle", "violin", "lantern", "orchard", "glacier", "saddle", "compass", "harbour", "quilt",
    "meadow", "anvil", "falcon", "teapot",
)  # fmt: skip


def text(number: int) -> str:
    said = " ".join(WORDS[number * step % len(WORDS)] for step in (1, 3, 7, 11, 13))
    return f"We spoke about {said} and what order {number} of last week still needs before it can leave the house"


def search_once(api: Api, number: int) -> float:
    """Milliseconds; every other one of one user, the rest across users."""
    user = f"user {number % USERS}" if number % 2 else ""
    began = time.perf_counter()
    hits = api.search(text(number * 7), user_id=user)
    spent = 1000 * (time.perf_counter() - began)
    assert hits, "a search without an answer"
    return spent


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder) / "data").start()
        try:
            with closing(Api(server.target, tenant="bench", timeout=120)) as api:
                measure(api, rows)
        finally:
            server.stop()


def measure(api: Api, rows: int) -> None:
    for at in range(0, rows, BATCH):
        said = [data(text(number), role="Agent") for number in range(at, at + BATCH)]
        api.publish(*said, user=f"user {at // BATCH % USERS}")
    api.PublishInteractions(batch("x", user="x", wait=pb.WAIT_LEVEL_VISIBLE))
    for number in range(ALONE):
        search_once(api, number)
    alone = [search_once(api, number) for number in range(ALONE)]
    meanwhile: list[float] = []
    speeds = []
    for embedder in ("wordllama-64", "wordllama-256"):
        operation = api.ReembedTables(ReembedTablesRequest(embedder=embedder)).operation
        asked = operation_service_pb2.GetOperationRequest(operation_id=operation.operation_id)
        while not (operation := api.GetOperation(asked).operation).HasField("end_time"):
            meanwhile.append(search_once(api, len(meanwhile)))
        seconds = operation.end_time.ToNanoseconds() - operation.create_time.ToNanoseconds()
        speeds.append(int(operation.result["rows"]) / (seconds / 1e9))
    before, during = statistics.median(alone), statistics.median(meanwhile)
    print(f"rows {rows:,}: {speeds[0]:,.0f} rows/s to 64 numbers, {speeds[1]:,.0f} rows/s back to 256")
    print(
        f"search p50 {before:.1f} ms alone, {during:.1f} ms meanwhile ({len(meanwhile)} searches), "
        f"ratio {during / before:.2f}; the slowest {max(meanwhile):.0f} ms"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
