"""Events on their way into the journal: the same for the unary call and for an append of a stream."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from interplay_server.domain import journal
from interplay_server.domain.erasure import people_of_row
from interplay_server.domain.records import Put
from interplay_server.domain.shop import EVENTS, event_row, full_id
from interplay_server.errors import InterplayError, UserErased, Violation
from interplay_server.services.convert.shop import events_from_pb


@dataclass(slots=True)
class EventBatch:
    """`layout` are the places of the stored events where some were rejected, else None."""

    entry: journal.Recorded
    event_ids: list[str]
    """Of the stored events, as journaled."""
    size: int
    """Events as sent."""
    layout: tuple[int, ...] | None
    rejected: list[tuple[int, InterplayError]]
    warnings: Sequence[str] = ()

    def without_erased(self, refusal: Callable[[str], str], *, partial: bool) -> "EventBatch":
        """The batch without events of people who are erased, which are rejected. Raises UserErased where nothing is
        left or only whole batches are taken.
        """
        rows = self.entry.puts[0].rows
        receipts = [next(filter(None, map(refusal, people_of_row(EVENTS.name, row))), "") for row in rows]
        if not any(receipts):
            return self
        if not partial or all(receipts):
            raise UserErased(next(filter(None, receipts)))
        places = self.layout or range(self.size)
        kept = [at for at, receipt in enumerate(receipts) if not receipt]
        gone = [(place, UserErased(receipt)) for place, receipt in zip(places, receipts, strict=True) if receipt]
        return EventBatch(
            journal.Recorded((Put(EVENTS.name, tuple(rows[at] for at in kept)),)),
            [self.event_ids[at] for at in kept],
            self.size,
            tuple(places[at] for at in kept),
            [*self.rejected, *gone],
        )

    def placed_ids(self, append: str) -> list[str]:
        """One id for each event as sent, empty where it was rejected; `append` names the append of a stream."""
        ids = [full_id(one, append) for one in self.event_ids]
        if self.layout is None:
            return ids
        placed = [""] * self.size
        for place, event_id in zip(self.layout, ids, strict=True):
            placed[place] = event_id
        return placed


def make_events(
    messages: Sequence[Any],
    *,
    path: str,
    name: str,
    shop_id: str,
    partial: bool = False,
    bad_rows: Mapping[int, Sequence[Violation]] = MappingProxyType({}),
) -> EventBatch:
    """`name` leads the ids of events that have none. Raises InvalidRequest with all violations; with `partial` only
    where no good event is left.
    """
    made = events_from_pb(messages, path, name=name, shop_id=shop_id, partial=partial, bad_rows=bad_rows)
    entry = journal.Recorded((Put(EVENTS.name, tuple([event_row(event) for event in made.events])),))
    return EventBatch(entry, [one.event_id for one in made.events], made.size, made.places, made.rejected)
