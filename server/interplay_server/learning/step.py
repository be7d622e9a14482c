"""One step of learning in the making: rows, their history, cursors. It becomes one entry of the journal."""

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.learnt import (
    CONFIRMED,
    CREATED,
    DELETED,
    SUPERSEDED,
    Cursor,
    Row,
    RowChange,
    WindowReceipt,
)


class Step:
    """`now` is the instant of all its changes, in microseconds."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._puts: dict[tuple[str, str], Row] = {}
        self._removed: list[tuple[str, str]] = []
        self._forgotten: list[tuple[str, str]] = []
        self._changes: list[RowChange] = []
        self.cursors: list[Cursor] = []
        self.receipts: list[WindowReceipt] = []
        self.done: list[tuple[str, int]] = []
        self.annotations_done: list[int] = []
        self.meta: dict[str, str] = {}
        self.counts = {CREATED: 0, CONFIRMED: 0, SUPERSEDED: 0}

    def put(self, before: Row | None, after: Row, change: str, cause: str) -> None:
        if before is not None:
            after = msgspec.structs.replace(after, revision=before.revision + 1, update_time=self.now)
        self._puts[after.kind, after.row_id] = after
        self._changes.append(
            RowChange(new_ulid(), after.kind, after.row_id, after.user_id, change, self.now, cause, before, after)
        )
        if change in self.counts:
            self.counts[change] += 1

    def remove(self, row: Row, cause: str) -> None:
        self._puts.pop((row.kind, row.row_id), None)
        self._removed.append((row.kind, row.row_id))
        self._changes = [one for one in self._changes if one.row_id != row.row_id]
        self._changes.append(RowChange(new_ulid(), row.kind, row.row_id, row.user_id, DELETED, self.now, cause))

    def forget(self, row: Row) -> None:
        """What the row was before this step is forgotten."""
        self._forgotten.append((row.kind, row.row_id))
        self._changes = [
            msgspec.structs.replace(one, before=None) if one.row_id == row.row_id else one for one in self._changes
        ]

    def latest(self, row: Row) -> Row | None:
        """The row as this step leaves it; None where it removes it."""
        key = (row.kind, row.row_id)
        return None if key in self._removed else self._puts.get(key, row)

    def touched(self) -> list[Row]:
        return list(self._puts.values())

    @property
    def row_ids(self) -> tuple[str, ...]:
        return tuple(row_id for _, row_id in self._puts)

    def _in_order(self) -> tuple[RowChange, ...]:
        """Ids of one millisecond rise by chance: here causes come before effects."""
        ids = sorted(one.change_id for one in self._changes)
        return tuple(
            msgspec.structs.replace(one, change_id=change_id) for change_id, one in zip(ids, self._changes, strict=True)
        )

    def entry(self, **more: object) -> journal.Learnt:
        return journal.Learnt(
            puts=tuple(self._puts.values()),
            removed=tuple(self._removed),
            forgotten=tuple(self._forgotten),
            changes=self._in_order(),
            cursors=tuple(self.cursors),
            receipts=tuple(self.receipts),
            done=tuple(self.done),
            annotations_done=tuple(self.annotations_done),
            meta=self.meta,
            **more,  # type: ignore[arg-type]
        )
