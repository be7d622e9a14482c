"""Committed entries that are not in LanceDB yet. Every strong read takes the table and the tail.

Lives on the event loop. A read copies what it needs from the tail *before* it asks the table: a row may then be in
both, never in neither; `seq` tells doubles.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import msgspec

from interplay_server.domain import journal, shop
from interplay_server.domain.collections import COLLECTIONS
from interplay_server.domain.interaction import Interaction, StoredAnnotation
from interplay_server.domain.ports import Change
from interplay_server.domain.query import InteractionFilter
from interplay_server.domain.records import Collection, Removal, Rows
from interplay_server.storage.learnt_tail import LearntTail
from interplay_server.storage.record_tail import RecordTail

_WITNESSED = tuple(one for one in COLLECTIONS.values() if one.witness)


class Tail:
    def __init__(self, collections: Mapping[str, Collection]) -> None:
        self._changes: deque[Change] = deque()
        self._sizes: deque[int] = deque()
        self._by_user: dict[str, dict[int, Interaction]] = {}
        self._by_id: dict[str, Interaction] = {}
        self._deleted: dict[str, int] = {}
        self._annotations: dict[str, list[StoredAnnotation]] = {}
        self.learnt = LearntTail()
        self.records = RecordTail(collections)
        self.rows = 0
        self.bytes = 0

    def add(self, change: Change, size: int) -> None:
        """`size` in bytes of the entry's payload."""
        self._changes.append(change)
        self._sizes.append(size)
        self.rows += change.size
        self.bytes += size
        for row in change.interactions:
            self._by_user.setdefault(row.header.user_id, {})[row.seq] = row
            self._by_id[row.interaction_id] = row
        for interaction_id in change.deleted_ids:
            self._deleted[interaction_id] = change.seq
            self._annotations.pop(interaction_id, None)
            gone = self._by_id.pop(interaction_id, None)
            if gone is not None:
                self._forget(gone)
        if note := change.annotation:
            self._annotations.setdefault(note.interaction_id, []).append(note)
        if change.learnt is not None:
            self.learnt.add(change.seq, change.learnt)
        if change.rows is not None:
            self.records.add(change.rows)

    def next_changes(self, max_rows: int) -> list[Change]:
        """The oldest changes, at least one, of about `max_rows` rows together."""
        taken, rows = 0, 0
        for change in self._changes:
            if taken and rows + change.size > max_rows:
                break
            taken, rows = taken + 1, rows + change.size
        return list(islice(self._changes, taken))

    def applied(self, changes: Sequence[Change]) -> None:
        """Drops the oldest changes, which are in LanceDB now."""
        for change in changes:
            self._changes.popleft()
            self.bytes -= self._sizes.popleft()
            self.rows -= change.size
            for row in change.interactions:
                if self._by_id.pop(row.interaction_id, None) is not None:
                    self._forget(row)
            for interaction_id in change.deleted_ids:
                if self._deleted.get(interaction_id) == change.seq:
                    del self._deleted[interaction_id]
            if change.learnt is not None:
                self.learnt.applied(change.seq, change.learnt)
            if change.rows is not None:
                self.records.applied(change.rows)
            if change.annotation is not None:
                self._forget_note(change.annotation)

    def _forget_note(self, note: StoredAnnotation) -> None:
        if notes := self._annotations.get(note.interaction_id):
            notes[:] = [other for other in notes if other.seq != note.seq]
            if not notes:
                del self._annotations[note.interaction_id]

    def _forget(self, row: Interaction) -> None:
        rows = self._by_user.get(row.header.user_id)
        if rows is not None:
            rows.pop(row.seq, None)
            if not rows:
                del self._by_user[row.header.user_id]

    def __bool__(self) -> bool:
        return bool(self._changes)

    @property
    def oldest(self) -> int | None:
        """Publish time of the oldest change."""
        return self._changes[0].publish_time if self._changes else None

    def select(self, where: InteractionFilter) -> list[Interaction]:
        if where.user_id:
            rows: Iterable[Interaction] = self._by_user.get(where.user_id, {}).values()
        elif where.user_ids:
            rows = self.of_users(where.user_ids)
        else:
            rows = self._by_id.values()
        return [row for row in rows if where.matches(row)]

    def of_users(self, user_ids: Iterable[str]) -> list[Interaction]:
        return [row for user_id in user_ids for row in self._by_user.get(user_id, {}).values()]

    def get(self, interaction_id: str) -> Interaction | None:
        return self._by_id.get(interaction_id)

    def deleted(self) -> frozenset[str]:
        """Ids whose deletion is committed and not in LanceDB yet."""
        return frozenset(self._deleted)

    def annotations(self, interaction_id: str) -> list[StoredAnnotation]:
        return list(self._annotations.get(interaction_id, ()))

    def notes(self) -> list[StoredAnnotation]:
        return [note for notes in self._annotations.values() for note in notes]

    def history(self, after_seq: int, up_to_seq: int) -> list[Change]:
        return [change for change in self._changes if after_seq < change.seq <= up_to_seq]


def to_change(entry: journal.Entry, first_seq: int, publish_time: int, ids: Sequence[str], append: str) -> Change:
    """The change that an entry makes; `ids` are those of its sequence numbers, `append` names an append of a stream."""
    if isinstance(entry, journal.Published):
        header = msgspec.structs.replace(entry.header, request_id=append) if append else entry.header
        interactions = tuple(
            [
                Interaction(seq, interaction_id, publish_time, header, data)
                for seq, (interaction_id, data) in enumerate(zip(ids, entry.interactions, strict=True), first_seq)
            ]
        )
        events = shop.published(interactions)
        last_seq = first_seq + len(interactions) - 1
        return Change(last_seq, publish_time, interactions, rows=Rows(first_seq, events) if events else None)
    if isinstance(entry, journal.Deleted):
        gone = _deleted(entry, first_seq)
        return Change(first_seq, publish_time, deleted_ids=entry.interaction_ids, rows=gone)
    if isinstance(entry, journal.Learnt):
        changes = tuple(msgspec.structs.replace(one, seq=first_seq) for one in entry.changes)
        return Change(first_seq, publish_time, learnt=msgspec.structs.replace(entry, changes=changes))
    if isinstance(entry, journal.Recorded):
        rows = [(put.collection, values) for put in entry.puts for values in put.rows]
        put = tuple((name, seq, values) for seq, (name, values) in enumerate(rows, first_seq))
        last_seq = first_seq + max(1, len(put)) - 1
        made = Rows(first_seq, shop.recorded(put, append), entry.removed)
        return Change(last_seq, publish_time, rows=made, links=entry.links)
    note = StoredAnnotation(first_seq, ids[0], entry.interaction_id, publish_time, entry.annotation, entry.sealing)
    return Change(first_seq, publish_time, annotation=note)


def _deleted(entry: journal.Deleted, seq: int) -> Rows:
    """What rests on the interactions goes with them."""
    events = shop.deleted(entry.interaction_ids, entry.customers, seq) or Rows(seq)
    witnessed = tuple(Removal(one.name, one.witness, entry.interaction_ids) for one in _WITNESSED)
    return Rows(seq, events.put, (*events.removed, *witnessed))
