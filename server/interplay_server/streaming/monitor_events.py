"""StreamMonitorEvents: appends of monitored events. Bad ones are named and the good ones taken."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interplay.v1 import monitor_service_pb2 as pb
from interplay.v1 import publish_stream_pb2

from interplay_server.domain import journal
from interplay_server.domain.ports import Receipt, TenantStore
from interplay_server.errors import InterplayError, InvalidRequest, UserErased, Violation
from interplay_server.interceptors.call import Call
from interplay_server.monitoring.keys import pseudonym_of_bytes
from interplay_server.monitoring.tenant import MonitorTenant
from interplay_server.services.convert.monitoring import events_from_pb
from interplay_server.settings import Stream
from interplay_server.streaming.appending import NO_ROWS, AppendStream
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.telemetry import Metrics

METHOD = "monitor"
_OPEN_FIELDS = {"stream_id", "max_outstanding", "return_interaction_ids"}


@dataclass(slots=True)
class MonitorBatch:
    """`event_ids` as given or made, for each event as sent, empty where it was not recorded."""

    entry: journal.Recorded
    event_ids: list[str]
    rejected: Sequence[tuple[int, InterplayError]] = ()
    layout: tuple[int, ...] | None = None
    warnings: Sequence[str] = field(default=())


class MonitorStream(AppendStream[MonitorBatch]):
    METHOD = METHOD
    REQUEST, RESPONSE = pb.StreamMonitorEventsRequest, pb.StreamMonitorEventsResponse
    ROW = re.compile(r"append\.events\[(\d+)\]")

    def __init__(
        self,
        call: Call,
        registry: StreamRegistry,
        settings: Stream,
        metrics: Metrics,
        known: Callable[[TenantStore], Awaitable[MonitorTenant]],
    ) -> None:
        super().__init__(call, registry, settings, metrics)
        self._known = known
        self._append_name = ""

    def check_open(self, opened: publish_stream_pb2.StreamOpen) -> None:
        wrong = [one.name for one, _ in opened.ListFields() if one.name not in _OPEN_FIELDS]
        if wrong:
            raise InvalidRequest([Violation(f"open.{name}", "is for StreamPublish only") for name in wrong])

    def takes_part(self, append: pb.StreamMonitorEventsAppend) -> bool:
        return not append.all_or_nothing

    async def prepare(self) -> None:
        self._tenant = await self._known(self._store)

    async def _take(self, append: Any, bad_rows: Mapping[int, Sequence[Violation]] = NO_ROWS) -> None:
        given = append.offset if append.HasField("offset") else None
        # Ids that are made follow from the append, so that one that is sent again gets them again.
        self._append_name = secrets.token_hex(16) if given is None else f"{self._open.stream_id}/{given}"
        await super()._take(append, bad_rows)

    async def make(
        self, append: pb.StreamMonitorEventsAppend, bad_rows: Mapping[int, Sequence[Violation]]
    ) -> tuple[MonitorBatch, bytes]:
        ring = await self._tenant.keys.ring()
        payload = append.SerializeToString(deterministic=True)
        signature = pseudonym_of_bytes(ring.payloads, payload)
        named = self._append_name.encode()
        found = events_from_pb(
            append.events,
            "append.",
            name=lambda place: pseudonym_of_bytes(ring.names, named + b"/%d" % place).hex(),
            partial=not append.all_or_nothing,
            bad_rows=bad_rows,
        )
        taken = await self._tenant.intake.take(
            found.events, dropped=append.dropped_since_last, rejected=len(found.rejected)
        )
        refused = [(at, self._store.erasures.refusal(one.user_id)) for at, one in enumerate(found.events)]
        erased = [(found.places[at], UserErased(receipt)) for at, receipt in refused if receipt]
        if erased and append.all_or_nothing:
            raise erased[0][1]
        ids = [""] * found.size
        for at in taken.kept:
            ids[found.places[at]] = found.events[at].event_id
        return MonitorBatch(taken.entry, ids, (*found.rejected, *erased)), signature

    def ids(self, append: MonitorBatch, receipt: Receipt) -> list[str]:  # noqa: ARG002 - known before
        return append.event_ids
