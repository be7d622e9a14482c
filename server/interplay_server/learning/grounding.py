"""Quotes of candidates become evidence, if they stand in the text; a candidate without any is dropped."""

from collections.abc import Mapping, Sequence

from interplay_server.domain.interaction import Interaction
from interplay_server.domain.learnt import Evidence
from interplay_server.domain.window import (
    ACTION,
    COMMENT,
    CONTENT,
    CORRECTED,
    EXPERT,
    SHADOW_CONTENT,
    Quote,
    Turn,
    Window,
)


class Grounds:
    """The texts of one window. `rows` are its interactions by id."""

    def __init__(self, window: Window, rows: Mapping[str, Interaction]) -> None:
        self._turns = {turn.interaction_id: turn for turn in window.turns}
        self._rows = rows

    def evidence(self, quotes: Sequence[Quote]) -> tuple[Evidence, ...]:
        """Spans that exist; empty where none does or where no fresh turn is among them: an earlier window saw those."""
        found: dict[Evidence, None] = {}
        fresh = False
        for quote in quotes:
            turn = self._turns.get(quote.interaction_id)
            if turn is None or not any(quote.end <= len(text) for text in _texts(turn, quote.field)):
                continue
            if 0 <= quote.start < quote.end:
                row = self._rows[turn.interaction_id]
                one = Evidence(
                    turn.interaction_id, quote.field, quote.start, quote.end, row.event_time, row.publish_time
                )
                found[one] = None
                fresh = fresh or turn.fresh
        return tuple(found) if fresh else ()

    def turn(self, interaction_id: str) -> Turn:
        return self._turns[interaction_id]


def _texts(turn: Turn, field: str) -> list[str]:
    own = {turn.text_field: turn.text, CONTENT: turn.text, ACTION: turn.user_action_description}
    if field == SHADOW_CONTENT and turn.text_field != SHADOW_CONTENT:
        return []
    if field in own:
        return [own[field]]
    if field == EXPERT:
        return [turn.expert_content, *(one.expert_content for one in turn.judgements)]
    if field == COMMENT:
        return [one.comment for one in turn.judgements]
    return [one.corrected_content for one in turn.judgements] if field == CORRECTED else []
