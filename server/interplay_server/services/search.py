"""Searching interactions: requests to the engine, hits to messages."""

from interplay.v1 import interaction_service_pb2 as pb

from interplay_server.domain.interaction import Interaction
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.query import InteractionFilter
from interplay_server.errors import InteractionNotFound
from interplay_server.retrieval.score import Mode
from interplay_server.retrieval.search import Hit, SearchEngine
from interplay_server.services.convert.filters import filter_from_pb
from interplay_server.services.convert.interactions import interaction_to_pb

DEFAULT_TOP_K = 10
MAX_ANSWER_BYTES = 12 * 2**20
"""Hits of enormous texts end the list early rather than break the message limit."""
MODES: tuple[Mode, ...] = ("hybrid", "hybrid", "vector", "text")


class InteractionSearch:
    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine

    async def search(self, request: pb.SearchInteractionsRequest, store: TenantStore) -> pb.SearchInteractionsResponse:
        answer = await self._engine.search(
            store,
            request.query,
            filter_from_pb(request),
            top_k=request.top_k or DEFAULT_TOP_K,
            mode=MODES[request.mode],
            threshold=request.threshold if request.HasField("threshold") else None,
            eventual=request.consistency == pb.CONSISTENCY_EVENTUAL,
        )
        return pb.SearchInteractionsResponse(
            hits=await self.hits(store, answer.hits, terms=MODES[request.mode] == "hybrid"),
            degraded=bool(answer.degraded_reason),
            degraded_reason=answer.degraded_reason,
        )

    async def similar(
        self, request: pb.FindSimilarInteractionsRequest, store: TenantStore
    ) -> pb.FindSimilarInteractionsResponse:
        eventual = request.consistency == pb.CONSISTENCY_EVENTUAL
        row = await store.get(request.interaction_id, eventual=eventual)
        if row is None:
            raise InteractionNotFound(request.interaction_id)
        account = store.links.account
        own = (account(row.header.user_id), row.header.session_id)

        def keep(other: Interaction) -> bool:
            return not request.exclude_session or (account(other.header.user_id), other.header.session_id) != own

        hits = await self._engine.similar(
            store,
            row,
            InteractionFilter(user_id=request.user_id),
            top_k=request.top_k or DEFAULT_TOP_K,
            threshold=request.threshold if request.HasField("threshold") else None,
            keep=keep,
            eventual=eventual,
        )
        return pb.FindSimilarInteractionsResponse(hits=await self.hits(store, hits, terms=False))

    async def hits(self, store: TenantStore, hits: list[Hit], *, terms: bool) -> list[pb.InteractionHit]:
        ids = [hit.interaction.interaction_id for hit in hits]
        notes = await store.annotations(ids) if ids else {}
        made: list[pb.InteractionHit] = []
        filled = 0
        for hit in hits:
            ranked = hit.ranked
            matched = ranked.text_rank is not None
            message = pb.InteractionHit(
                interaction=interaction_to_pb(hit.interaction, notes.get(hit.interaction.interaction_id, ())),
                score=ranked.score,
                vector_similarity=ranked.vector_similarity,
                text_score=ranked.text_score if matched else None,
                vector_rank=ranked.vector_rank,
                text_rank=ranked.text_rank,
                terms=[pb.ScoreTerm(name=name, value=value) for name, value in ranked.terms.items() if terms],
                matched_terms=ranked.matched_terms,
            )
            filled += message.ByteSize()
            if made and filled > MAX_ANSWER_BYTES:
                break
            made.append(message)
        return made
