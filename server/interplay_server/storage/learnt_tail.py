"""Learnt rows and changes that are committed and not in LanceDB yet; see `tail`."""

from collections.abc import Iterable

from interplay_server.domain.journal import Learnt
from interplay_server.domain.learnt import ChangeFilter, LearntFilter, Row, RowChange

Key = tuple[str, str]


class LearntTail:
    """The newest version of each row, or None for a removed one, with the sequence that made it so."""

    def __init__(self) -> None:
        self._rows: dict[Key, tuple[int, Row | None]] = {}
        self._changes: dict[str, RowChange] = {}

    def add(self, seq: int, entry: Learnt) -> None:
        for row in entry.puts:
            self._rows[row.kind, row.row_id] = (seq, row)
        for key in entry.removed:
            self._rows[key] = (seq, None)
        gone = set(entry.removed)
        if gone:
            self._changes = {one.change_id: one for one in self._changes.values() if (one.kind, one.row_id) not in gone}
        self._changes |= {one.change_id: one for one in entry.changes}

    def applied(self, seq: int, entry: Learnt) -> None:
        for key in (*((row.kind, row.row_id) for row in entry.puts), *entry.removed):
            if self._rows.get(key, (0, None))[0] == seq:
                del self._rows[key]
        for change in entry.changes:
            self._changes.pop(change.change_id, None)

    def get(self, kind: str, row_id: str) -> tuple[bool, Row | None]:
        """Whether the tail knows of the row, and the row; None where it is removed."""
        found = self._rows.get((kind, row_id))
        return (found is not None, found[1] if found else None)

    def rows(self, kind: str, where: LearntFilter) -> list[Row]:
        return [
            row for (of, _), (_, row) in self._rows.items() if of == kind and row is not None and where.matches(row)
        ]

    def known(self, kind: str) -> frozenset[str]:
        """Ids whose row in the table is out of date."""
        return frozenset(row_id for of, row_id in self._rows if of == kind)

    def changes(self, where: ChangeFilter) -> list[RowChange]:
        return [one for one in self._changes.values() if where.matches(one)]

    def removed(self) -> frozenset[Key]:
        return frozenset(key for key, (_, row) in self._rows.items() if row is None)


def newest(rows: Iterable[tuple[int, Learnt]]) -> tuple[dict[Key, Row | None], list[RowChange]]:
    """What several entries come to: the last version of each row, and the changes that are still told of."""
    last: dict[Key, Row | None] = {}
    changes: list[RowChange] = []
    for _, entry in rows:
        last |= {(row.kind, row.row_id): row for row in entry.puts}
        if entry.removed:
            last |= dict.fromkeys(entry.removed)
            gone = set(entry.removed)
            changes = [one for one in changes if (one.kind, one.row_id) not in gone]
        changes += entry.changes
    return last, changes
