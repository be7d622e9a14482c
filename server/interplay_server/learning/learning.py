"""Learning of the whole server: one learner for each open tenant, and what services ask of it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from interplay_server.domain.ports import TenantStore
from interplay_server.learning.engines import Engine
from interplay_server.learning.learner import TenantLearner
from interplay_server.learning.tenant import LearningTenant
from interplay_server.retrieval.memory import Memory

Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]


class Learning:
    """`lease` keeps a tenant open by its name; `default` names the engine of tenants that choose none."""

    def __init__(self, memory: Memory, engines: Mapping[str, Engine], default: str, lease: Lease) -> None:
        self.memory, self.engines, self.default = memory, engines, default
        self._lease = lease
        self._learners: dict[str, TenantLearner] = {}

    def follow(self, store: TenantStore) -> None:
        """Called with each tenant that opens, before anything is written to it."""
        tenant = LearningTenant(store, self.memory, self.engines, self.default)
        self._learners[store.name] = TenantLearner(tenant, lambda: self._lease(store.name))

    async def forget(self, store: TenantStore) -> None:
        """Called with each tenant before it closes."""
        if (learner := self._learners.pop(store.name, None)) is not None:
            await learner.close()

    async def of(self, store: TenantStore) -> TenantLearner:
        """The learner of an open tenant, ready."""
        learner = self._learners[store.name]
        await learner.ready()
        return learner

    async def tenant(self, store: TenantStore) -> LearningTenant:
        """What is known of a tenant; of one that does not exist, the defaults."""
        if store.name in self._learners and store.exists:
            return (await self.of(store)).tenant
        return LearningTenant(store, self.memory, self.engines, self.default)

    async def close(self) -> None:
        for name in list(self._learners):
            await self._learners.pop(name).close()
