"""Detection of the whole server: one watchman for each open tenant, and whom its alerts are told."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from interplay_server.domain.ports import TenantStore
from interplay_server.monitoring.alert_rows import shown, visible
from interplay_server.monitoring.detection.alerts import Alert
from interplay_server.monitoring.detection.events import Kind
from interplay_server.monitoring.monitoring import Monitoring
from interplay_server.monitoring.patterns_live import LivePatterns
from interplay_server.monitoring.predictions_live import LivePredictor
from interplay_server.monitoring.tenant import MonitorTenant
from interplay_server.monitoring.watchman import UsageCounters, Watchman
from interplay_server.monitoring.webhook import Webhook

Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]
HOLD_SECONDS = 2.0
"""A tenant that was opened so that its alerts close stays open so long at least."""
_log = structlog.get_logger(__name__)


class Watch:
    """`lease` opens a tenant by its name."""

    def __init__(self, monitoring: Monitoring, lease: Lease, counters: UsageCounters) -> None:
        self._monitoring, self._lease, self._counters = monitoring, lease, counters
        self._watchmen: dict[str, Watchman] = {}
        self._patterns: dict[str, LivePatterns] = {}
        self._predictors: dict[str, LivePredictor] = {}
        self._webhooks: dict[str, Webhook] = {}
        self._seen: set[str] = set()
        self._due: dict[str, float] = {}
        """When an alert of a closed tenant may close, in seconds of the monotonic clock."""
        self._changed = asyncio.Event()
        self._opening = asyncio.create_task(self._open_due(), name="open tenants with alerts that go on")

    def follow(self, store: TenantStore) -> None:
        """Called with each tenant that opens, after Monitoring, before anything is written to it."""
        name = store.name
        self._due.pop(name, None)
        self._watchmen[name] = Watchman(
            name,
            lambda: self._monitoring.of(store),
            store.subscribe,
            self._counters,
            self._tell,
            again=name in self._seen,
        )
        self._seen.add(name)
        self.read(store)

    def read(self, store: TenantStore) -> None:
        """Called on a replica, which detects nothing."""
        name = store.name
        self._patterns[name] = LivePatterns(store)
        self._predictors[name] = LivePredictor(store)

    async def forget(self, store: TenantStore) -> None:
        """Called with each tenant before it closes; it is opened again for alerts that go on."""
        name = store.name
        if (patterns := self._patterns.pop(name, None)) is not None:
            patterns.close()
        if (predictor := self._predictors.pop(name, None)) is not None:
            predictor.close()
        if (watchman := self._watchmen.pop(name, None)) is not None:
            due = watchman.due_seconds
            await watchman.close()
            if due is not None:
                self._due[name] = time.monotonic() + due
                self._changed.set()
        if (webhook := self._webhooks.get(name)) is not None and not webhook.busy:
            del self._webhooks[name]

    def of(self, store: TenantStore) -> Watchman | None:
        """None of a tenant that does not exist."""
        return self._watchmen.get(store.name) if store.exists else None

    def patterns(self, store: TenantStore) -> LivePatterns:
        """Of an open tenant."""
        return self._patterns[store.name]

    def predictor(self, store: TenantStore) -> LivePredictor | None:
        """None of a tenant that does not exist."""
        return self._predictors.get(store.name) if store.exists else None

    async def close(self) -> None:
        self._opening.cancel()
        await asyncio.gather(self._opening, return_exceptions=True)
        for name in list(self._watchmen):
            await self._watchmen.pop(name).close()
        for patterns in self._patterns.values():
            patterns.close()
        for predictor in self._predictors.values():
            predictor.close()
        self._patterns.clear()
        self._predictors.clear()
        for webhook in self._webhooks.values():
            await webhook.close()

    def _tell(self, tenant: MonitorTenant, change: str, alert: Alert) -> None:
        url, k, name = tenant.config.webhook_url, tenant.config.k_anonymity, tenant.store.name
        if not url or not visible(alert, k):
            return
        webhook = self._webhooks.setdefault(name, Webhook(name))
        body = msgspec.json.encode({"tenant": name, "change": change, "alert": told(shown(alert, k))})
        webhook.post(url, f"{alert.alert_id}-{change}-{alert.updated_at}", body)

    async def _open_due(self) -> None:
        while True:
            self._changed.clear()
            now = time.monotonic()
            for name in [name for name, at in self._due.items() if at <= now]:
                del self._due[name]
                try:
                    async with self._lease(name) as store:
                        if (watchman := self.of(store)) is not None:
                            await watchman.caught_up()
                        await asyncio.sleep(HOLD_SECONDS)
                except Exception:  # noqa: BLE001 - whoever asks for the tenant is told
                    _log.exception("cannot open a tenant to close its alerts", tenant=name)
            seconds = min((at - time.monotonic() for at in self._due.values()), default=3600.0)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.05, seconds)):
                    await self._changed.wait()


def told(alert: Alert) -> dict[str, Any]:
    """An alert as receivers of posts read it: names as in the contract, instants in ISO 8601, people by alias."""
    own = {Kind.COMMAND: "command", Kind.USER: "user_hash", Kind.AGENT_VERSION: "agent_version"}
    made: dict[str, Any] = {
        "alert_id": alert.alert_id,
        "metric": alert.metric.value,
        "severity": alert.severity.name,
        "open_time": _iso(alert.opened_at),
        "update_time": _iso(alert.updated_at),
        "close_time": None if alert.closed_at is None else _iso(alert.closed_at),
        "observed": alert.observed,
        "expected": alert.expected,
        "score": alert.score,
        "event_count": alert.events,
        "user_count": alert.users,
        "agent_version": alert.agent_version,
        "playbook_id": alert.playbook_id,
        "contributions": [
            {"dimension": one.dimension, "value": one.value, "share_before": one.usual, "share_now": one.share}
            for one in alert.contributions
        ],
        "description": alert.description,
        "acknowledge_time": None if alert.acknowledged_at is None else _iso(alert.acknowledged_at),
        "acknowledged_by": alert.acknowledged_by,
        "note": alert.note,
    }
    if alert.kind in own:
        made[own[alert.kind]] = alert.key
    return made


def _iso(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).isoformat()
