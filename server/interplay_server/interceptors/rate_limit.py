"""Calls a second and tenant, as a token bucket that holds one second's worth."""

import time
from collections import OrderedDict

from google.protobuf.message import Message

from interplay_server.errors import RateLimited
from interplay_server.interceptors.call import Call, Proceed

_MAX_TENANTS = 20_000


class RateLimit:
    name = "rate_limit"

    def __init__(self, calls_per_second: float) -> None:
        self._rate = calls_per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        if self._rate:
            self._take(call.tenant_name)
        return await proceed()

    def _take(self, tenant: str) -> None:
        now, burst = time.monotonic(), max(1.0, self._rate)
        left, then = self._buckets.pop(tenant, (burst, now))
        left = min(burst, left + (now - then) * self._rate)
        allowed = left >= 1
        self._buckets[tenant] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _MAX_TENANTS:
            self._buckets.popitem(last=False)
        if not allowed:
            raise RateLimited(tenant, self._rate)
