"""Counts and times calls for Prometheus."""

import asyncio
import time

from google.protobuf.message import Message

from interplay_server.interceptors.call import Call, Proceed
from interplay_server.telemetry import Metrics


class CallMetrics:
    name = "metrics"

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        started = time.perf_counter()
        open_calls = self._metrics.open_calls.labels(call.method.path)
        open_calls.inc()
        code = "OK"
        try:
            return await proceed()
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        finally:
            open_calls.dec()
            self._metrics.calls.labels(call.method.path, call.code if code == "OK" else code).inc()
            self._metrics.seconds.labels(call.method.path).observe(time.perf_counter() - started)
