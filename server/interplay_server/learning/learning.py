"""Learning of the whole server: one learner for each open tenant, and what services ask of it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from interplay_server.domain.ports import TenantStore
from interplay_server.learning.distributed import Cluster, ClusterEngine
from interplay_server.learning.engines import Engine, RulesEngine
from interplay_server.learning.learner import TenantLearner
from interplay_server.learning.tenant import LearningTenant
from interplay_server.retrieval.memory import Memory

Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]


class Learning:
    """`lease` keeps a tenant open by its name; `default` names the engine of tenants that choose none."""

    def __init__(self, memory: Memory, engines: Mapping[str, Engine], default: str, lease: Lease) -> None:
        self.memory, self.engines, self.default = memory, engines, default
        self._lease = lease
        self.cluster: Cluster | None = None
        """Where users are read when everything is learnt anew; None for here."""
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
        made = LearningTenant(store, self.memory, self.engines, self.default)
        if store.exists:
            await made.load()
        return made

    def learns(self, store: TenantStore) -> bool:
        """Whether anything is learnt here: not on a replica, nor from a tenant that does not exist."""
        return store.exists and store.name in self._learners

    async def rerun_engine(self, tenant: LearningTenant) -> Engine | None:
        """What reads windows when a tenant learns anew; None for what always does."""
        engine = tenant.engine()
        if self.cluster is None or not isinstance(engine, RulesEngine):
            return None
        return await ClusterEngine.joined(self.cluster, engine)

    async def close(self) -> None:
        for name in list(self._learners):
            await self._learners.pop(name).close()
