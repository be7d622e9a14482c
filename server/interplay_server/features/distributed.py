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

from interplay_server.domain.links import UserLink
from interplay_server.domain.shop import bucket_of
from interplay_server.features import kernel
from interplay_server.features.config import FeatureConfig
from interplay_server.features.gather import KnownCopies, Reader, gather_buckets
from interplay_server.features.inputs import Inputs
from interplay_server.features.kernel import Resources
from interplay_server.features.linked import as_linked
from interplay_server.features.local_cluster import LocalCluster, shield

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
    links: tuple[UserLink, ...] = ()


class _Known:
    def __init__(self, shares: pa.Table) -> None:
        self._shares = shares

    async def shares(self) -> pa.Table:
        return self._shares


def compute_buckets(open_records: OpenRecords, locations: Locations, task: Task) -> Computed:
    """Runs in a process of the cluster."""
    records = as_linked(open_records(locations), task.links)
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
        self._address, self._open_records = address, open_records
        self._local = LocalCluster(workers) if address == LOCAL else None
        self._compute: Any = None
        self._functions: dict[Callable[..., Any], Any] = {}
        self._own = False
        self._joining = asyncio.Lock()
        # In the main thread Ray would take over the signal that stops the server.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ray")

    async def join(self) -> None:
        """Starts it where it is a local one. Raises ModuleNotFoundError where the extra `ray` is not installed,
        ConnectionError and whatever else Ray raises; the next call tries again.
        """
        async with self._joining:
            if self._compute is None:
                self._compute = await asyncio.get_running_loop().run_in_executor(self._thread, self._connect)

    def _connect(self) -> Any:
        shield(os.environ, loopback=self._local is not None)
        import ray  # noqa: PLC0415 - an extra

        if not ray.is_initialized():
            address, given = self._address, dict[str, Any]()
            if self._local is not None:
                address, given = self._local.start(), {"_node_ip_address": "127.0.0.1"}
            # Attempts to connect, of half a minute each; Ray makes twenty.
            os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")
            self._own = True
            try:
                ray.init(address, log_to_driver=False, configure_logging=False, **given)
            except BaseException:
                self._leave()
                raise
        return ray.remote(num_cpus=1, max_retries=2)(compute_buckets)

    async def processors(self) -> int:
        """Joins; raises what `join` raises."""
        await self.join()
        import ray  # noqa: PLC0415 - an extra

        return max(1, int(_resources(ray).get("CPU", 1)))

    async def call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """What a function of this package gives there, for others than features. Raises whatever it or Ray raises."""
        await self.join()
        import ray  # noqa: PLC0415 - an extra

        if (task := self._functions.get(function)) is None:
            task = self._functions[function] = ray.remote(num_cpus=1, max_retries=2)(function)
        return await asyncio.wrap_future(task.remote(*arguments).future())

    def _leave(self) -> None:
        if self._own:
            import ray  # noqa: PLC0415 - an extra

            ray.shutdown()
        # After this process has left: Ray ends whoever is attached to a node that ends.
        if self._local is not None:
            self._local.stop()
        self._own = False

    async def computed(self, locations: Locations, tasks: Sequence[Task]) -> AsyncIterator[Computed | Exception]:
        """Results in the order of the tasks; a task that failed gives its error. Few more tasks than the cluster has
        processors are under way at once.
        """
        await self.join()
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
        """Leaves a cluster that it joined, and ends one that it started."""
        if self._local is not None:
            self._local.give_up()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._leave)
        self._compute = None
        self._thread.shutdown()
