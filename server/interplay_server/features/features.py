"""Features of the whole server: what is known of each open tenant, and what services ask of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from os import cpu_count
from pathlib import Path

from interplay_server.domain.ports import TenantStore
from interplay_server.features.distributed import OpenRecords, RayCluster
from interplay_server.features.kernel import Resources
from interplay_server.features.refresher import Refresher
from interplay_server.features.runs import Runs
from interplay_server.features.tenant import Engine, FeatureTenant
from interplay_server.settings import Features as Settings

Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]
WORKERS = 3
"""Threads that compute: one for the refreshers, the others for who asks."""


class Features:
    """`lease` keeps a tenant open by its name; what does not fit the memory goes to the folder `spill`; `open_records`
    opens tables in the processes of a cluster.
    """

    def __init__(self, settings: Settings, spill: Path, lease: Lease, open_records: OpenRecords) -> None:
        self._settings, self._lease = settings, lease
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="features")
        threads = settings.threads or cpu_count() or 1
        self._engine = Engine(
            self._executor,
            Resources(threads, settings.memory_mb, spill),
            Resources(1, settings.memory_mb, spill),
            settings.part_events,
            RayCluster(settings.ray, open_records) if settings.ray else None,
            settings.held_events,
        )
        self._open: dict[str, tuple[FeatureTenant, Runs, Refresher]] = {}

    @property
    def cluster(self) -> RayCluster | None:
        """Where whole runs are computed, and whoever else asks."""
        return self._engine.cluster

    def follow(self, store: TenantStore) -> None:
        """Called with each tenant that opens, before anything is written to it."""
        tenant = FeatureTenant(store, self._engine)
        runs = Runs(tenant)
        name = store.name
        refresher = Refresher(tenant, runs, self._settings.refresh_seconds, lambda: self._lease(name))
        self._open[name] = (tenant, runs, refresher)

    def outdate(self, store: TenantStore) -> None:
        """Called on a replica when what is written down of a tenant may have changed."""
        if (found := self._open.get(store.name)) is not None:
            found[0].outdate()

    async def forget(self, store: TenantStore) -> None:
        """Called with each tenant before it closes."""
        if (found := self._open.pop(store.name, None)) is not None:
            tenant, runs, refresher = found
            await refresher.close()
            await runs.close()
            await tenant.close()

    async def known(self, store: TenantStore) -> FeatureTenant:
        """What is known of a tenant, ready; of one that does not exist, the defaults."""
        found = self._open.get(store.name) if store.exists else None
        if found is None:
            return FeatureTenant(store, self._engine)
        await found[0].ready()
        return found[0]

    def runs(self, store: TenantStore) -> Runs:
        """Of an open tenant."""
        return self._open[store.name][1]

    async def shop_id(self, store: TenantStore) -> str:
        return (await self.known(store)).shop_id

    async def close(self) -> None:
        for tenant, runs, refresher in list(self._open.values()):
            await refresher.close()
            await runs.close()
            await tenant.close()
        self._open.clear()
        if self._engine.cluster is not None:
            await self._engine.cluster.close()
        self._executor.shutdown(cancel_futures=True)
