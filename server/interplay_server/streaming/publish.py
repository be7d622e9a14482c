"""StreamPublish: appends of interactions, and the contexts that answer user turns."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from interplay.v1 import publish_stream_pb2 as pb

from interplay_server.domain import journal
from interplay_server.domain.ports import Receipt, TenantStore
from interplay_server.errors import Violation
from interplay_server.interceptors.call import Call
from interplay_server.services.batches import Batch, digest, make_batch, place_ids, prepare
from interplay_server.settings import Stream
from interplay_server.streaming.appending import AppendStream
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.telemetry import Metrics

METHOD = "publish"
Brief = Callable[[TenantStore, pb.StreamOpen, journal.Published, Receipt], Awaitable[pb.StreamPublishResponse]]


class PublishStream(AppendStream[Batch]):
    """`brief` makes the context for a user turn."""

    METHOD = METHOD
    REQUEST, RESPONSE = pb.StreamPublishRequest, pb.StreamPublishResponse
    ROW = re.compile(r"append\.interactions\[(\d+)\]")

    def __init__(self, call: Call, registry: StreamRegistry, settings: Stream, metrics: Metrics, brief: Brief) -> None:
        super().__init__(call, registry, settings, metrics)
        self._brief = brief
        self._briefing = asyncio.Lock()

    async def make(self, append: pb.StreamAppend, bad_rows: Mapping[int, Sequence[Violation]]) -> tuple[Batch, bytes]:
        defaults = self._open
        user_id = append.user_id or defaults.user_id
        session_id = append.session_id or defaults.session_id
        signature = digest(append, user_id, session_id)
        batch = make_batch(
            append,
            path="append.",
            user_id=user_id,
            session_id=session_id,
            request_id="",
            source=append.source or defaults.source,
            agent_id=append.agent_id or defaults.agent_id,
            agent_version=append.agent_version or defaults.agent_version,
            partial=append.partial_success,
            bad_rows=bad_rows,
        )
        await prepare(self._store, batch)
        return batch, signature

    def payload(self, append: Batch) -> bytes:
        assert append.prepared is not None  # noqa: S101 - by `make`
        return append.prepared.payload

    def ids(self, append: Batch, receipt: Receipt) -> list[str]:
        return place_ids(self._store, receipt, append.size)

    def committed(self, append: Batch, receipt: Receipt) -> None:
        if self._open.HasField("context") and append.has_user_turn:
            self._start(self._answer_turn(append.entry, receipt))

    async def _answer_turn(self, entry: journal.Published, receipt: Receipt) -> None:
        async with self._briefing:
            self._outbox.put(await self._brief(self._store, self._open, entry, receipt))
