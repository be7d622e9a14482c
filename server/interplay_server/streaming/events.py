"""StreamEvents: appends of a shop's events."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from interplay.v1 import feature_service_pb2 as pb
from interplay.v1 import publish_stream_pb2

from interplay_server.domain.ports import Receipt, TenantStore
from interplay_server.domain.shop import AFTER_APPEND
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.interceptors.call import Call
from interplay_server.services.batches import digest
from interplay_server.services.convert.recording import EventBatch, make_events
from interplay_server.settings import Stream
from interplay_server.streaming.appending import AppendStream
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.telemetry import Metrics

METHOD = "events"
_OPEN_FIELDS = {"stream_id", "max_outstanding", "return_interaction_ids"}


class EventStream(AppendStream[EventBatch]):
    """`shop_id` tells the shop of a tenant."""

    METHOD = METHOD
    REQUEST, RESPONSE = pb.StreamEventsRequest, pb.StreamEventsResponse
    ROW = re.compile(r"append\.events\[(\d+)\]")

    def __init__(
        self,
        call: Call,
        registry: StreamRegistry,
        settings: Stream,
        metrics: Metrics,
        shop_id: Callable[[TenantStore], Awaitable[str]],
    ) -> None:
        super().__init__(call, registry, settings, metrics)
        self._shop_id, self._shop = shop_id, ""

    def check_open(self, opened: publish_stream_pb2.StreamOpen) -> None:
        wrong = [field.name for field, _ in opened.ListFields() if field.name not in _OPEN_FIELDS]
        if wrong:
            raise InvalidRequest([Violation(f"open.{name}", "is for StreamPublish only") for name in wrong])

    async def prepare(self) -> None:
        self._shop = await self._shop_id(self._store)

    async def make(
        self, append: pb.StreamEventsAppend, bad_rows: Mapping[int, Sequence[Violation]]
    ) -> tuple[EventBatch, bytes]:
        signature = digest(append)
        batch = make_events(
            append.events,
            path="append.",
            name=AFTER_APPEND,
            shop_id=self._shop,
            partial=append.partial_success,
            bad_rows=bad_rows,
        )
        if self._store.erasures.any:
            batch = batch.without_erased(self._store.erasures.refusal, partial=append.partial_success)
        return batch, signature

    def ids(self, append: EventBatch, receipt: Receipt) -> list[str]:
        return append.placed_ids(f"{self._open.stream_id}/{receipt.offset}")
