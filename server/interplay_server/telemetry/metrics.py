"""Counters for the Prometheus endpoint. Nothing leaves the machine unless somebody reads it."""

from collections.abc import Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from interplay_server.settings import split_address
from interplay_server.telemetry.server_metrics import ServerMetrics
from interplay_server.telemetry.tracing import Tracing

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
COMMAND_LABELS = 200
"""Commands with a label of their own; the rest are counted as OTHER."""
OTHER = "other"


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self, tracing: Tracing | None = None) -> None:
        self.registry = CollectorRegistry()
        self.calls = Counter("interplay_calls", "Calls ended", ["method", "code"], registry=self.registry)
        self.open_calls = Gauge("interplay_open_calls", "Calls under way", ["method"], registry=self.registry)
        self.seconds = Histogram(
            "interplay_call_seconds", "Duration of calls", ["method"], buckets=_BUCKETS, registry=self.registry
        )
        appends = Counter("interplay_appends", "Appends of streams by outcome", ["outcome"], registry=self.registry)
        self.appends_committed = appends.labels("committed")
        self.appends_duplicate = appends.labels("duplicate")
        self.appends_refused = appends.labels("refused")
        self.interactions = Counter("interplay_interactions", "Interactions committed", registry=self.registry)
        self._personal = Counter(
            "interplay_personal_data",
            "Personal data found in texts before they are stored",
            ["mode", "kind"],
            registry=self.registry,
        )
        self.streams = Gauge("interplay_open_streams", "Open publish streams", registry=self.registry)
        self.usage = UsageMetrics(self.registry, tracing)
        self.server = ServerMetrics(self.registry)

    def follow_source(self, source: "Source") -> None:
        """Of a replica."""
        staleness = Gauge(
            "interplay_replica_staleness_seconds",
            "Time since a replica saw a sign of life of its source",
            registry=self.registry,
        )
        staleness.set_function(lambda: source.staleness)

    def redacted(self, mode: str, counts: Mapping[str, int]) -> None:
        """`mode` is detect or mask, `counts` are by kind of placeholder."""
        for kind, count in counts.items():
            self._personal.labels(mode, kind).inc(count)

    def serve(self, address: str) -> None:
        host, port = split_address(address)
        start_http_server(port, host, registry=self.registry)


class Source(Protocol):
    @property
    def staleness(self) -> float:
        """Seconds."""


class UsageMetrics:
    """What the monitor has recorded, by normalised command: never a person, a value or an error's text."""

    def __init__(self, registry: CollectorRegistry, tracing: Tracing | None = None) -> None:
        self._tracing = tracing
        self._events = Counter(
            "interplay_monitor_events", "Monitored events", ["type", "command", "status"], registry=registry
        )
        self._seconds = Histogram(
            "interplay_monitor_event_seconds",
            "Duration of monitored events",
            ["type"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._refused = Counter(
            "interplay_monitor_refused", "Events that were not kept, by reason", ["reason"], registry=registry
        )
        self._redactions = Counter(
            "interplay_monitor_redactions", "Texts and values replaced or dropped for privacy", registry=registry
        )
        self._alerts = Counter("interplay_monitor_alerts", "Alerts opened", ["metric", "severity"], registry=registry)
        self._open_alerts = Gauge("interplay_monitor_open_alerts", "Alerts that go on", registry=registry)
        self._commands: set[str] = set()
        self._series: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}

    def recorded(self, interaction_type: str, command: str, status: str, duration_ms: float) -> None:
        label = self._label(command)
        key = (interaction_type, label, status)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = self._events.labels(*key), self._seconds.labels(interaction_type)
        found[0].inc()
        found[1].observe(duration_ms / 1000)
        if self._tracing is not None:
            self._tracing.usage(interaction_type, label, status, duration_ms / 1000)

    def refused(self, counts: Mapping[str, int]) -> None:
        """By reason: opted_out, dropped or rejected."""
        for reason, count in counts.items():
            if count:
                self._refused.labels(reason).inc(count)

    def redacted(self, count: int) -> None:
        self._redactions.inc(count)

    def alert_opened(self, metric: str, severity: str) -> None:
        self._alerts.labels(metric, severity).inc()
        self._open_alerts.inc()

    def alert_closed(self) -> None:
        self._open_alerts.dec()

    def alerts_followed(self, change: int) -> None:
        """Alerts that go on and are watched from now on; less than 0 where they are no more, as their tenant closes."""
        self._open_alerts.inc(change)

    def _label(self, command: str) -> str:
        if command in self._commands:
            return command
        if len(self._commands) >= COMMAND_LABELS:
            return OTHER
        self._commands.add(command)
        return command
