"""RESOURCE_EXHAUSTED: more than there is room for."""

from interplay_server.errors.base import ResourceExhausted


class StorageFull(ResourceExhausted):
    reason = "STORAGE_FULL"
    retry_after = 30.0

    def __init__(self, tenant: str) -> None:
        super().__init__("no space is left for writes", f"disk of tenant {tenant}", tenant=tenant)


class MessageTooLarge(ResourceExhausted):
    reason = "MESSAGE_TOO_LARGE"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the message has {size} bytes; the limit is {limit}", "message bytes", limitBytes=limit, bytes=size
        )


class RateLimited(ResourceExhausted):
    reason = "RATE_LIMITED"
    retry_after = 1.0

    def __init__(self, tenant: str, calls_per_second: float) -> None:
        super().__init__(
            f"more than {calls_per_second:g} calls a second",
            f"calls of tenant {tenant}",
            callsPerSecond=calls_per_second,
        )


class TooManyStreams(ResourceExhausted):
    reason = "TOO_MANY_STREAMS"
    retry_after = 5.0

    def __init__(self, limit: int) -> None:
        super().__init__(f"the server has {limit} open streams", "open streams", limit=limit)


class SlowConsumer(ResourceExhausted):
    reason = "SLOW_CONSUMER"
    names_method = True
    retry_after = 1.0

    def __init__(self) -> None:
        super().__init__("changes come faster than they are read; resume from the last token", "buffered changes")


class QuotaExceeded(ResourceExhausted):
    reason = "QUOTA_EXCEEDED"

    def __init__(self, tenant: str, quota: str, limit: int, used: int, retry_after: float | None = None) -> None:
        super().__init__(
            f"the quota of tenant {tenant} is {limit} {quota}",
            f"{quota} of tenant {tenant}",
            tenant=tenant,
            quota=quota,
            limit=limit,
            used=used,
        )
        if retry_after is not None:
            self.retry_after = retry_after
