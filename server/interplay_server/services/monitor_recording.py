"""MonitorService, the way in: events one by one and over streams, and the counters."""

from abc import ABC, abstractmethod

from interplay.v1 import monitor_service_pb2 as pb

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.monitoring import EVENTS
from interplay_server.domain.records import Condition, Op
from interplay_server.domain.writing import commit
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.interceptors.call import Call
from interplay_server.monitoring.intake import event_key
from interplay_server.monitoring.monitoring import Monitoring
from interplay_server.monitoring.statistics import FAILING, PARTIAL, REDACTIONS, SUCCESSFUL, TOTAL
from interplay_server.monitoring.tenant import MonitorTenant
from interplay_server.services.convert.monitoring import event_from_pb, now_micros
from interplay_server.services.convert.times import from_micros
from interplay_server.settings import Stream
from interplay_server.streaming.monitor_events import MonitorStream
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.telemetry import Metrics


class RecordingMethods(ABC):
    """Methods that take events in."""

    def __init__(self, monitoring: Monitoring, registry: StreamRegistry, settings: Stream, metrics: Metrics) -> None:
        self._monitoring, self._registry, self._stream_settings, self._metrics = monitoring, registry, settings, metrics

    async def record_event(self, call: Call) -> pb.RecordEventResponse:
        request: pb.RecordEventRequest = call.request  # type: ignore[assignment]
        violations: list[Violation] = []
        made = new_ulid()
        event = event_from_pb(request.event, "event", made, now_micros(), violations)
        if violations:
            raise InvalidRequest(violations, request)
        store = await call.writable()
        await store.admit()
        await store.wait_room()
        store.erasures.check(event.user_id)
        tenant = await self._monitoring.of(store)
        response = pb.RecordEventResponse(event_id=event.event_id, timestamp=from_micros(event.timestamp))
        request_id = ""
        if request.event.event_id:
            key = event_key(await tenant.keys.ring(), event.event_id)
            request_id = f"event/{key}"
            if await store.records.count(EVENTS, [Condition(EVENTS.key, Op.EQ, key)]):
                response.duplicate = True
                return response
        taken = await tenant.intake.take([event])
        if taken.refused:
            response.opted_out, request_id = True, ""
        receipt = await commit(store, taken.entry, request_id)
        response.duplicate = receipt.duplicate
        return response

    async def stream_monitor_events(self, call: Call) -> None:
        stream = MonitorStream(call, self._registry, self._stream_settings, self._metrics, self._monitoring.of)
        await stream.run()

    async def get_statistics(self, call: Call) -> pb.GetStatisticsResponse:
        tenant = await self._monitoring.of(call.store)
        counts = await tenant.statistics.counts()
        flushed = await call.store.records.written_at(EVENTS)
        return pb.GetStatisticsResponse(
            total_interactions=counts[TOTAL],
            successful_interactions=counts[SUCCESSFUL],
            failed_interactions=counts[FAILING],
            partial_interactions=counts[PARTIAL],
            dropped=counts["dropped"],
            opted_out=counts["opted_out"],
            rejected=counts["rejected"],
            redactions=counts[REDACTIONS],
            patterns_detected=await self.patterns_detected(tenant),
            last_flush=None if flushed is None else from_micros(flushed),
            buffer_depth=call.store.records.pending(EVENTS),
            overflowed_commands=self.overflowed_commands(tenant),
        )

    @abstractmethod
    async def patterns_detected(self, tenant: MonitorTenant) -> int:
        """Of the tenant in the last 7 days."""

    @abstractmethod
    def overflowed_commands(self, tenant: MonitorTenant) -> int:
        """Commands beyond what detectors keep apart."""
