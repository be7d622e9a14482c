"""Hits of learnt rows as messages."""

from typing import Any

from interplay.v1 import interaction_service_pb2

from interplay_server.retrieval.statements import StatementHit


def hit_fields(hit: StatementHit) -> dict[str, Any]:
    """Fields that the hit messages of profiles and playbooks share."""
    return {
        "score": hit.score,
        "vector_similarity": hit.vector_similarity,
        "text_score": hit.text_score,
        "vector_rank": hit.rank_vector,
        "text_rank": hit.rank_text,
        "matched_terms": hit.matched_terms,
        "terms": [interaction_service_pb2.ScoreTerm(name=name, value=value) for name, value in hit.parts.items()],
    }
