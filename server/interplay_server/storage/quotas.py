"""What each tenant may hold and do, looked at before a write is taken.

Rows and bytes are counted every few seconds at most, and less often where counting takes long; between two counts,
writes of an instant may go a little beyond.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from interplay_server.domain.custody import Quota, Usage
from interplay_server.errors import QuotaExceeded
from interplay_server.storage.server_database import ServerDatabase
from interplay_server.storage.tenant import LocalTenant

COUNT_SECONDS = 2.0
_REST = 20
"""Counting takes at most one part in so many of the time."""
_MINUTE = 60.0
_MAX_TENANTS = 20_000
_NONE = Quota()


@dataclass(slots=True)
class _Known:
    quota: Quota
    left: float = 0.0
    """Publishes that may be made now: a bucket that a minute fills."""
    filled: float = 0.0
    usage: Usage = field(default_factory=Usage)
    count_at: float = 0.0
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)


class Quotas:
    """On the event loop. `usage` counts a tenant's rows and bytes."""

    def __init__(self, database: ServerDatabase, usage: Callable[[str], Awaitable[Usage | None]]) -> None:
        self._database, self._usage = database, usage
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def of(self, tenant: str) -> Quota:
        return self._get(tenant).quota

    def forget(self, tenant: str) -> None:
        """Its quota has changed. What is left of its publishes stays where their number did not change."""
        known = self._known.pop(tenant, None)
        if known is not None and self._get(tenant).quota.publishes_per_minute == known.quota.publishes_per_minute:
            self._known[tenant].left, self._known[tenant].filled = known.left, known.filled

    async def admit(self, tenant: LocalTenant) -> None:
        """Raises QuotaExceeded."""
        known = self._get(tenant.name)
        quota = known.quota
        if quota == _NONE:
            return
        if quota.rows or quota.bytes:
            await self._count(tenant, known)
            for name, limit, used in (
                ("rows", quota.rows, known.usage.rows or 0),
                ("bytes", quota.bytes, known.usage.bytes),
            ):
                if limit and used >= limit:
                    raise QuotaExceeded(tenant.name, name, limit, used)
        if quota.publishes_per_minute:
            self._take(tenant.name, known)

    async def _count(self, tenant: LocalTenant, known: _Known) -> None:
        """The first count is waited for by everybody."""
        if time.monotonic() < known.count_at or (known.counting.locked() and known.count_at):
            return
        async with known.counting:
            if (started := time.monotonic()) < known.count_at:
                return
            if known.quota.bytes:
                known.usage = await self._usage(tenant.name) or Usage()
            else:
                known.usage = Usage(rows=await tenant.count_all())
            took = time.monotonic() - started
            known.count_at = time.monotonic() + max(COUNT_SECONDS, _REST * took)

    def _take(self, tenant: str, known: _Known) -> None:
        limit, now = known.quota.publishes_per_minute, time.monotonic()
        known.left = min(float(limit), known.left + (now - known.filled) * limit / _MINUTE)
        known.filled = now
        if known.left < 1:
            raise QuotaExceeded(tenant, "publishes_per_minute", limit, limit, (1 - known.left) * _MINUTE / limit)
        known.left -= 1

    def _get(self, tenant: str) -> _Known:
        known = self._known.get(tenant)
        if known is None:
            record = self._database.tenant(tenant)
            quota = record.quota if record is not None else _NONE
            known = self._known[tenant] = _Known(quota, float(quota.publishes_per_minute), time.monotonic())
            if len(self._known) > _MAX_TENANTS:
                self._known.popitem(last=False)
        self._known.move_to_end(tenant)
        return known
