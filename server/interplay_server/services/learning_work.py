"""The long work of learning, as kinds of operations."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from interplay_server.domain.model import ModelFailure
from interplay_server.domain.ports import TenantStore
from interplay_server.errors import ProviderUnavailable
from interplay_server.learning.learning import Learning
from interplay_server.learning.rerun import RerunPlan, discard, release, rerun
from interplay_server.learning.tenant import LearningTenant
from interplay_server.services.operations import OPERATION_ID, Progress, Work

AGGREGATE, RERUN = "aggregate_playbooks", "rerun_learning"
PLAN = "plan"
_PERCENT = 100


def learning_work(learning: Callable[[], Learning], stopping: Callable[[], bool]) -> dict[str, Work]:
    """Work by kind. `stopping` tells a stop of the server, after which work is taken up again, from a cancellation."""

    async def aggregate(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Mapping[str, str]:
        learner = await learning().of(store)
        cancelled = False
        progress(0, _PERCENT)
        try:
            counts = await learner.aggregator.run(
                arguments.get("agent_id", ""),
                full=bool(arguments.get("full")),
                progress=lambda share: progress(int(share * _PERCENT), _PERCENT),
                cancelled=lambda: cancelled,
            )
        except asyncio.CancelledError:
            cancelled = True
            raise
        return {name: str(count) for name, count in counts.items()}

    async def again(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Mapping[str, str]:
        tenant = (await learning().of(store)).tenant
        plan = msgspec.json.decode(arguments[PLAN], type=RerunPlan)
        operation_id = arguments[OPERATION_ID]
        for kind in plan.kinds:
            tenant.reruns[kind] = operation_id
        try:
            return await rerun(tenant, plan, operation_id, progress, await learning().rerun_engine(tenant))
        except ModelFailure as failure:
            await _drop(tenant, plan, operation_id)
            raise ProviderUnavailable(tenant.engine().provider, failure.kind) from failure
        except asyncio.CancelledError:
            if not stopping():
                await _drop(tenant, plan, operation_id)
            raise
        finally:
            release(tenant, operation_id)

    return {AGGREGATE: aggregate, RERUN: again}


async def _drop(tenant: LearningTenant, plan: RerunPlan, operation_id: str) -> None:
    """A rerun that failed or was cancelled leaves nothing."""
    for kind in plan.kinds:
        pending = tenant.generations.of(kind).pending
        if pending is not None and pending.operation_id == operation_id:
            await discard(tenant, kind)
