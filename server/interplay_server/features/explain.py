"""Why a score is what it is: its parts by name."""

from typing import Any

from interplay_server.features.names import SCORE_PARTS

_SCORE_OF = {
    "engagement_parts": "engagement_score",
    "quality_parts": "interaction_quality_score",
    "intent_parts": "intent_score",
    "loyalty_parts": "loyalty_indicator",
    "recommendation_parts": "recommendation_score",
}


def explain(row: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Parts of the composite scores of one row that was computed or projected with `parts=True`.

    The parts of engagement, quality and loyalty add up to the score. Those of the recommendation are the terms intent,
    engagement, loyalty and recency, whose sum is multiplied by the factors kept, rest and available. `intent_score` is
    1 - exp(-weight): its one part is the decayed weight of the events. Absent parts and scores are left out.
    """
    told = {}
    for column in SCORE_PARTS:
        parts = row[column]
        if parts is not None:
            told[_SCORE_OF[column]] = {name: value for name, value in parts.items() if value is not None}
    return told
