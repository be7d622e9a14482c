"""What an operator watches: the process, its tenants, how far the tables are behind, the disk, operations."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from interplay_server.domain.custody import Standing

LAG_EVERY_SECONDS = 0.5


class ServerMetrics:
    """`operation_ended` is told of each operation; `watch_loop` measures how late the event loop is."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        ProcessCollector(registry=registry)
        self._operations = Counter("interplay_operations", "Operations ended", ["kind", "state"], registry=registry)
        self._ended = Gauge(
            "interplay_operation_last_end_seconds",
            "When an operation last ended, since 1970",
            ["kind", "state"],
            registry=registry,
        )
        self._lag = Gauge("interplay_event_loop_lag_seconds", "How late the event loop was last", registry=registry)

    def operation_ended(self, kind: str, state: str) -> None:
        self._operations.labels(kind, state).inc()
        self._ended.labels(kind, state).set(time.time())

    def follow(self, standing: Callable[[], Standing], data: Path) -> None:
        """Called once; both are asked by each scrape."""
        self._registry.register(_Storage(standing, data))

    async def watch_loop(self) -> None:
        while True:
            due = time.monotonic() + LAG_EVERY_SECONDS
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self._lag.set(max(0.0, time.monotonic() - due))


class _Storage(Collector):
    def __init__(self, standing: Callable[[], Standing], data: Path) -> None:
        self._standing, self._data = standing, data

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = self._standing()
        oldest = 0.0 if now.oldest_pending is None else max(0.0, time.time() - now.oldest_pending / 1e6)
        disk = shutil.disk_usage(self._data)
        for name, what, value in (
            ("interplay_open_tenants", "Tenants that are open", now.open_tenants),
            ("interplay_pending_rows", "Rows that are acked and not in the tables yet", now.pending_rows),
            ("interplay_pending_bytes", "Bytes that are acked and not in the tables yet", now.pending_bytes),
            ("interplay_oldest_pending_seconds", "Age of the oldest of them", oldest),
            ("interplay_failing_tenants", "Tenants whose tables cannot be written just now", now.failing_tenants),
            ("interplay_disk_free_bytes", "Free on the disk of the data folder", disk.free),
            ("interplay_disk_total_bytes", "Size of the disk of the data folder", disk.total),
        ):
            yield GaugeMetricFamily(name, what, value=value)
