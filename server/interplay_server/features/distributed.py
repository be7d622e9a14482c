"""Whole runs computed by a Ray cluster: a task for each range of buckets, over pinned versions of the tables.

Tasks read and compute; the coordinator alone keeps rows.
"""

import asyncio
import dataclasses
import os
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.shop import bucket_of
from interplay_server.features import kernel
from interplay_server.features.config import FeatureConfig
from interplay_server.features.gather import KnownCopies, Reader, gather_buckets
from interplay_server.features.inputs import Inputs
from interplay_server.features.kernel import Resources

Locations = Mapping[str, tuple[str, int]]
OpenRecords = Callable[[Locations], Reader]
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Computed:
    rows: pa.Table
    events: int
    future_events: int
    customers: int


@dataclass(frozen=True, slots=True)
class Task:
    """A range of buckets, and what all tasks of a run share."""

    buckets: range
    as_of: int
    config: FeatureConfig
    shares: pa.Table
    later_copies: pa.Array
    use: Resources


class _Known:
    def __init__(self, shares: pa.Table) -> None:
        self._shares = shares

    async def shares(self) -> pa.Table:
        return self._shares


def compute_buckets(open_records: OpenRecords, locations: Locations, task: Task) -> Computed:
    """Runs in a process of the cluster."""
    records = open_records(locations)
    inputs = asyncio.run(gather_buckets(records, _Known(task.shares), KnownCopies(task.later_copies), task.buckets))
    customers = customers_of(inputs, task.buckets)
    # One folder for each process: the kernel keeps a connection for each `use`.
    use = dataclasses.replace(task.use, spill=Path(tempfile.gettempdir()) / f"interplay-features-{os.getpid()}")
    rows = kernel.compute(inputs, task.as_of, task.config, customers=customers, use=use)
    future = pc.sum(pc.greater(inputs.events["created_at"], task.as_of)).as_py() or 0
    return Computed(rows, inputs.events.num_rows, future, len(owners(inputs)))


def owners(inputs: Inputs) -> set[str]:
    named = [inputs.events["customer_id"], inputs.orders["customer_id"], inputs.links["customer_id"]]
    return {one for column in named for one in pc.unique(column).to_pylist() if one}


def customers_of(inputs: Inputs, buckets: range) -> set[str] | None:
    """None for all, where nobody of other buckets came in with a shared client."""
    if all(bucket_of(one) in buckets for one in pc.unique(inputs.links["customer_id"]).to_pylist()):
        return None
    return {one for one in owners(inputs) if bucket_of(one) in buckets}


async def _result(task: Any) -> Computed | Exception:
    try:
        result: Computed = await asyncio.wrap_future(task.future())
    except Exception as error:  # noqa: BLE001 - told to who asked
        return error
    return result


def _resources(ray: Any) -> dict[str, float]:
    found: dict[str, float] = ray.cluster_resources()
    return found


class RayCluster:
    """`address` is that of a running cluster, or LOCAL for one on this machine with `workers` processors.

    A local one listens on the loopback only and ends with this process. `open_records` opens the tables in a task:
    something that can be imported there.
    """

    def __init__(self, address: str, open_records: OpenRecords, workers: int | None = None) -> None:
        self._address, self._open_records, self._workers = address, open_records, workers
        self._compute: Any = None
        self._own = False
        self._starting = asyncio.Lock()
        # Ray's processes end with the thread that began them, so that it must outlive the pool of a loop; in the main
        # thread Ray would take over the signal that stops the server.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ray")

    async def _start(self) -> None:
        async with self._starting:
            if self._compute is None:
                self._compute = await asyncio.get_running_loop().run_in_executor(self._thread, self._connect)

    def _connect(self) -> Any:
        """Raises ModuleNotFoundError where the extra `ray` is not installed, ConnectionError."""
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        given: dict[str, Any] = {"address": self._address}
        if self._address == LOCAL:
            # Ray takes a loopback address for that of the network card unless it is told that there are no clusters.
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
            given |= {"num_cpus": self._workers, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        import ray  # noqa: PLC0415 - an extra

        if not ray.is_initialized():
            ray.init(log_to_driver=False, configure_logging=False, **given)
            self._own = True
        return ray.remote(num_cpus=1, max_retries=2)(compute_buckets)

    async def computed(self, locations: Locations, tasks: Sequence[Task]) -> AsyncIterator[Computed | Exception]:
        """Results in the order of the tasks; a task that failed gives its error. Few more tasks than the cluster has
        processors are under way at once.
        """
        await self._start()
        import ray  # noqa: PLC0415 - an extra

        width = max(2, int(_resources(ray).get("CPU", 1)) + 1)
        waiting, running = deque(tasks), deque[Any]()
        try:
            while waiting or running:
                while waiting and len(running) < width:
                    running.append(self._compute.remote(self._open_records, dict(locations), waiting.popleft()))
                yield await _result(running[0])
                running.popleft()
        finally:
            for one in running:
                ray.cancel(one)

    async def close(self) -> None:
        """Leaves a cluster that it joined."""
        if self._own:
            import ray  # noqa: PLC0415 - an extra

            await asyncio.get_running_loop().run_in_executor(self._thread, ray.shutdown)
        self._own, self._compute = False, None
        self._thread.shutdown()
