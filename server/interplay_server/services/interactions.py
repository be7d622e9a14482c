"""InteractionService: publishing, reading and deleting. Streams are in `streaming`, ranking in `retrieval`."""

from typing import cast

from interplay.v1 import interaction_service_pb2 as pb

from interplay_server.domain import journal
from interplay_server.domain.content_policy import is_hidden
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.interaction import Interaction, StoredAnnotation
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.query import InteractionFilter, Position, SessionPosition
from interplay_server.domain.writing import commit
from interplay_server.errors import (
    InteractionNotFound,
    InvalidRequest,
    SessionNotFound,
    Violation,
)
from interplay_server.features.features import Features
from interplay_server.interceptors.call import Call
from interplay_server.learning.learning import Learning
from interplay_server.services.batches import digest, make_batch, place_ids, prepare
from interplay_server.services.convert.filters import filter_from_pb, page_size, query_key
from interplay_server.services.convert.interactions import (
    annotation_from_pb,
    annotation_to_pb,
    interaction_to_pb,
    session_request_to_pb,
    session_to_pb,
)
from interplay_server.services.convert.times import from_micros
from interplay_server.services.search import InteractionSearch
from interplay_server.settings import Stream
from interplay_server.streaming import events
from interplay_server.streaming.publish import METHOD, Brief, PublishStream
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.streaming.watch import Watches
from interplay_server.telemetry import Metrics

MAX_REQUESTS = 1000
MAX_PAGE_BYTES = 12 * 2**20
DELETE_CHUNK = 5000
_STREAMS = (METHOD, METHOD, events.METHOD)
"""Scopes of stream ids, by StreamMethod."""


class InteractionService:
    def __init__(
        self,
        search: InteractionSearch,
        brief: Brief,
        learning: Learning,
        features: Features,
        watches: Watches,
        *,
        registry: StreamRegistry,
        stream_settings: Stream,
        metrics: Metrics,
    ) -> None:
        self._search, self._brief, self._learning, self._features = search, brief, learning, features
        self._registry, self._watches = registry, watches
        self._stream_settings, self._metrics = stream_settings, metrics

    # --- publishing

    async def publish_interactions(self, call: Call) -> pb.PublishInteractionsResponse:
        request: pb.PublishInteractionsRequest = call.request  # type: ignore[assignment]
        given, wait = request.request_id, request.wait
        request_id = given or new_ulid()
        request.ClearField("request_id")
        request.ClearField("wait")
        signature = digest(request) if given else b""
        batch = make_batch(
            request,
            path="",
            user_id=request.user_id,
            session_id=request.session_id,
            request_id=request_id,
            source=request.source,
            agent_id=request.agent_id,
            agent_version=request.agent_version,
        )
        store = await call.writable()
        await store.admit()
        await store.wait_room()
        receipt = await commit(store, await prepare(store, batch), given, signature, batch.layout)
        if not receipt.duplicate:
            self._metrics.interactions.inc(receipt.count)
        if wait == pb.WAIT_LEVEL_VISIBLE:
            await store.wait_applied(receipt.first_seq + receipt.count - 1)
        last_seq = receipt.first_seq + receipt.count - 1
        if is_hidden(batch.entry.header):
            state = pb.LEARNING_STATE_SKIPPED
        else:
            state = await self._learning_state(store, request, last_seq, wait=wait == pb.WAIT_LEVEL_LEARNED)
        return pb.PublishInteractionsResponse(
            interaction_ids=place_ids(store, receipt, batch.size),
            warnings=batch.warnings,
            learning_state=state,
            request_id=request_id,
            duplicate=receipt.duplicate,
        )

    async def _learning_state(
        self, store: TenantStore, request: pb.PublishInteractionsRequest, last_seq: int, *, wait: bool
    ) -> pb.LearningState:
        if request.evaluation_only:
            return pb.LEARNING_STATE_SKIPPED
        learner = await self._learning.of(store)
        if learner.tenant.config.disabled:
            return pb.LEARNING_STATE_DISABLED
        if wait:
            stall = await learner.wait_learnt(request.user_id, last_seq)
            if learner.tenant.config.disabled:
                return pb.LEARNING_STATE_DISABLED
            return pb.LEARNING_STATE_DONE if stall is None else pb.LEARNING_STATE_STALLED
        return pb.LEARNING_STATE_PENDING

    async def stream_publish(self, call: Call) -> None:
        stream = PublishStream(call, self._registry, self._stream_settings, self._metrics, self._brief)
        await stream.run()

    async def get_publish_stream(self, call: Call) -> pb.GetPublishStreamResponse:
        request: pb.GetPublishStreamRequest = call.request  # type: ignore[assignment]
        position = await call.store.stream_position(request.stream_id, _STREAMS[request.method])
        return pb.GetPublishStreamResponse(
            stream_id=request.stream_id,
            next_offset=position.next_offset,
            interaction_count=position.interaction_count,
            update_time=None if position.update_time is None else from_micros(position.update_time),
        )

    async def annotate_interaction(self, call: Call) -> pb.AnnotateInteractionResponse:
        request: pb.AnnotateInteractionRequest = call.request  # type: ignore[assignment]
        given = request.annotation
        if not (
            given.thumb
            or given.HasField("rating")
            or any(text.strip() for text in (given.expert_content, given.comment, given.corrected_content))
        ):
            raise InvalidRequest([Violation("annotation", "must hold a judgement, text or rating")])
        if (row := await call.store.get(request.interaction_id)) is None:
            raise InteractionNotFound(request.interaction_id)
        request_id = request.request_id
        request.ClearField("request_id")
        entry = journal.Annotated(request.interaction_id, annotation_from_pb(given))
        header = row.header
        prepared = await call.store.content.prepare(entry, source=header.source, user_id=header.user_id)
        receipt = await commit(call.store, prepared, request_id, digest(request))
        entry = cast("journal.Annotated", prepared.entry)
        note = StoredAnnotation(
            receipt.first_seq,
            call.store.interaction_ids(receipt)[0],
            entry.interaction_id,
            receipt.publish_time,
            entry.annotation,
        )
        return pb.AnnotateInteractionResponse(annotation=annotation_to_pb(note))

    # --- reading

    async def get_interaction(self, call: Call) -> pb.GetInteractionResponse:
        request: pb.GetInteractionRequest = call.request  # type: ignore[assignment]
        eventual = request.consistency == pb.CONSISTENCY_EVENTUAL
        row = await call.store.get(request.interaction_id, eventual=eventual)
        if row is None:
            raise InteractionNotFound(request.interaction_id)
        notes = await call.store.annotations([row.interaction_id])
        return pb.GetInteractionResponse(
            interaction=interaction_to_pb(
                row, notes.get(row.interaction_id, ()), await _image(call.store, row, request.view)
            )
        )

    async def list_interactions(self, call: Call) -> pb.ListInteractionsResponse:
        request: pb.ListInteractionsRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        where = filter_from_pb(request)
        after = store.tokens.read_page_token(request.page_token, query, Position) if request.page_token else None
        rows = await store.interactions(
            where,
            limit=size + 1,
            after=after,
            newest_first=request.newest_first,
            eventual=request.consistency == pb.CONSISTENCY_EVENTUAL,
        )
        more, rows = len(rows) > size, rows[:size]
        notes = await store.annotations([row.interaction_id for row in rows]) if rows else {}
        response, filled = pb.ListInteractionsResponse(), 0
        for at, row in enumerate(rows):
            message = interaction_to_pb(row, notes.get(row.interaction_id, ()), await _image(store, row, request.view))
            filled += message.ByteSize()
            if at and filled > MAX_PAGE_BYTES:
                more, rows = True, rows[:at]
                break
            response.interactions.append(message)
        if more:
            position = Position(rows[-1].event_time, rows[-1].seq)
            response.next_page_token = store.tokens.page_token(query, position)
        return response

    async def delete_interactions(self, call: Call) -> pb.DeleteInteractionsResponse:
        request: pb.DeleteInteractionsRequest = call.request  # type: ignore[assignment]
        where, store = filter_from_pb(request), call.store
        named = list(dict.fromkeys(request.interaction_ids))
        if named and not where.empty:
            raise InvalidRequest([Violation("interaction_ids", "must not be given together with filters")])
        if not named and where.empty:
            raise InvalidRequest([Violation("interaction_ids", "must be given, or at least one filter")])
        if named:
            ids = await store.existing_ids(named)
        else:
            ids = await store.matching_ids(where)
        if not request.validate_only:
            shop = (await self._features.known(store)).shop
            for at in range(0, len(ids), DELETE_CHUNK):
                chunk = tuple(ids[at : at + DELETE_CHUNK])
                customers = await shop.customers_of_events(chunk)
                await commit(store, journal.Deleted(chunk, tuple(customers)))
            if store.exists:
                # Even if nothing is left to delete: what a kill interrupted is followed now.
                await (await self._learning.of(store)).deletions_followed()
        return pb.DeleteInteractionsResponse(deleted_count=len(ids))

    async def search_interactions(self, call: Call) -> pb.SearchInteractionsResponse:
        return await self._search.search(call.request, call.store)  # type: ignore[arg-type]

    async def find_similar_interactions(self, call: Call) -> pb.FindSimilarInteractionsResponse:
        return await self._search.similar(call.request, call.store)  # type: ignore[arg-type]

    async def watch_interactions(self, call: Call) -> None:
        await self._watches.run(call)

    # --- sessions

    async def list_sessions(self, call: Call) -> pb.ListSessionsResponse:
        request: pb.ListSessionsRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        where = filter_from_pb(request)
        after = store.tokens.read_page_token(request.page_token, query, SessionPosition) if request.page_token else None
        eventual = request.consistency == pb.CONSISTENCY_EVENTUAL
        found = await store.sessions(where, limit=size + 1, after=after, eventual=eventual)
        page = found[:size]
        response = pb.ListSessionsResponse(sessions=[session_to_pb(session) for session in page])
        if len(found) > size:
            last = page[-1]
            position = SessionPosition(last.last_time, last.user_id, last.session_id)
            response.next_page_token = store.tokens.page_token(query, position)
        return response

    async def get_session(self, call: Call) -> pb.GetSessionResponse:
        request: pb.GetSessionRequest = call.request  # type: ignore[assignment]
        eventual = request.consistency == pb.CONSISTENCY_EVENTUAL
        where = InteractionFilter(user_id=request.user_id, session_id=request.session_id)
        found = await call.store.sessions(where, limit=2, eventual=eventual)
        if not found:
            raise SessionNotFound(request.session_id)
        if len(found) > 1:
            raise InvalidRequest([Violation("user_id", "must be given: several users have a session of this id")])
        requests = await call.store.session_requests(
            found[0].user_id, request.session_id, limit=MAX_REQUESTS, eventual=eventual
        )
        return pb.GetSessionResponse(
            session=session_to_pb(found[0]), requests=[session_request_to_pb(one) for one in requests]
        )


async def _image(store: TenantStore, row: Interaction, view: int) -> bytes | None:
    if row.data.image is None or view != pb.INTERACTION_VIEW_FULL:
        return None
    return await store.image(row.data.image.name)
