"""Logs and metrics. Nothing leaves the machine unless somebody reads the Prometheus endpoint."""

import logging
import sys
from contextlib import suppress

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from interplay_server.settings import Log, split_address

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self) -> None:
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
        self.streams = Gauge("interplay_open_streams", "Open publish streams", registry=self.registry)

    def serve(self, address: str) -> None:
        host, port = split_address(address)
        start_http_server(port, host, registry=self.registry)


class _Lines:
    """Standard error; a line that cannot be written, because its disk is full, must not fail what it tells of."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def configure_logging(settings: Log) -> None:
    """Lines go to standard error, as text or as JSON."""
    level = logging.getLevelName(settings.level.upper())
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=_Lines()),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
