"""Whose export is made, and whether there is anything to export."""

from dataclasses import dataclass, field
from typing import Any

from interplay_server.domain.dialogue import DIALOGUES
from interplay_server.domain.evaluation import (
    EVALUATIONS,
    EXPOSURES,
    OUTCOME_ROWS,
    VERDICTS,
)
from interplay_server.domain.images import ImageRef
from interplay_server.domain.learnt import (
    PROFILE,
    USER_PLAYBOOK,
    ChangeFilter,
    LearntFilter,
)
from interplay_server.domain.monitoring import EVENTS as MONITORED
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.query import InteractionFilter
from interplay_server.domain.records import among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, LINKS, ORDERS
from interplay_server.features.tenant import FeatureTenant
from interplay_server.learning.tenant import LearningTenant
from interplay_server.monitoring.tenant import MonitorTenant

MOST_ROWS = 1000
"""Of a page."""
Page = list[Any]


@dataclass
class Person:
    """Whose export is made, and of what. `sequence` is the last place in the journal when it began."""

    store: TenantStore
    learning: LearningTenant
    features: FeatureTenant
    monitor: MonitorTenant
    user_ids: tuple[str, ...]
    sequence: int
    as_of: int
    images: dict[str, ImageRef] = field(default_factory=dict)
    """By the name under which they are stored, as interactions are read."""
    playbook_ids: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    """User ids by alias of the monitor."""

    @property
    def user_id(self) -> str:
        """A filter that names one id of a person means them all."""
        return self.user_ids[0]

    async def look_up(self) -> None:
        """Raises KeyUnavailable."""
        for user_id in self.user_ids:
            if (alias := await self.monitor.person(user_id)) is not None:
                self.aliases[alias] = user_id


async def held(person: Person) -> bool:
    """Whether there is anything to export; what was said about monitoring alone is not."""
    store = person.store
    if not store.exists:
        return False
    if len(person.user_ids) > 1 or any([await _learnt_of(store, one) for one in person.user_ids]):
        return True
    for collection, name in _OWNED:
        if await store.records.count(collection, [among(name, person.user_ids)]):
            return True
    aliases = tuple(person.aliases)
    return bool(aliases) and bool(await store.records.count(MONITORED, [among("user", aliases)]))


_OWNED = (
    (OUTCOME_ROWS, "user_id"), (EVALUATIONS, "user_id"), (VERDICTS, "user_id"), (EXPOSURES, "user_id"),
    (EVENTS, "customer_id"), (EVENTS, "user_id"), (CUSTOMERS, "customer_id"), (ORDERS, "customer_id"),
    (LINKS, "customer_id"), (DIALOGUES, "persona_id"),
)  # fmt: skip


async def _learnt_of(store: TenantStore, user_id: str) -> bool:
    if await store.interactions(InteractionFilter(user_id=user_id), limit=1):
        return True
    for kind in (PROFILE, USER_PLAYBOOK):
        if await store.learnt.rows(kind, LearntFilter(user_id=user_id), limit=1):
            return True
    return bool(await store.learnt.changes(ChangeFilter(user_id=user_id), limit=1))
