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
        self._forgotten: dict[Key, int] = {}

    def add(self, seq: int, entry: Learnt) -> None:
        for row in entry.puts:
            self._rows[row.kind, row.row_id] = (seq, row)
        for key in entry.removed:
            self._rows[key] = (seq, None)
        self._forgotten |= dict.fromkeys((*entry.removed, *entry.forgotten), seq)
        gone = {*entry.removed, *entry.forgotten}
        if gone:
            self._changes = {one.change_id: one for one in self._changes.values() if (one.kind, one.row_id) not in gone}
        self._changes |= {one.change_id: one for one in entry.changes}

    def applied(self, seq: int, entry: Learnt) -> None:
        for key in (*((row.kind, row.row_id) for row in entry.puts), *entry.removed):
            if self._rows.get(key, (0, None))[0] == seq:
                del self._rows[key]
        for key in (*entry.removed, *entry.forgotten):
            if self._forgotten.get(key) == seq:
                del self._forgotten[key]
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

    def shows(self, change: RowChange) -> bool:
        """False for a stored change that a later entry forgets."""
        return change.seq >= self._forgotten.get((change.kind, change.row_id), 0)

    @property
    def forgetful(self) -> int:
        """Rows some of whose stored changes may not be shown."""
        return len(self._forgotten)


def newest(entries: Iterable[Learnt]) -> tuple[dict[Key, Row | None], set[Key], list[RowChange]]:
    """What several entries come to: the last version of each row, rows whose earlier changes are forgotten, and the
    changes that are still told of.
    """
    last: dict[Key, Row | None] = {}
    forgotten: set[Key] = set()
    changes: list[RowChange] = []
    for entry in entries:
        last |= {(row.kind, row.row_id): row for row in entry.puts}
        last |= dict.fromkeys(entry.removed)
        if gone := {*entry.removed, *entry.forgotten}:
            forgotten |= gone
            changes = [one for one in changes if (one.kind, one.row_id) not in gone]
        changes += entry.changes
    return last, forgotten, changes
