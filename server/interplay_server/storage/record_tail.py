"""Rows of collections that are committed and not in LanceDB yet; see `tail`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from interplay_server.domain.records import Collection, Removal, Rows, Values


@dataclass(slots=True)
class _Fresh:
    """Of one collection: the newest row of each key (None where it is gone), or every row of an append-only one."""

    merged: dict[str, tuple[int, Values | None]] = field(default_factory=dict)
    appended: dict[int, Values] = field(default_factory=dict)
    removals: dict[int, list[Removal]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a read takes from the tail before it asks the table."""

    rows: Sequence[tuple[int, Values]]
    stale: frozenset[str]
    """Keys whose row in the table is out of date."""
    seqs: frozenset[int]
    """Of rows that may be in the table as well."""
    removals: Sequence[tuple[int, Removal]]
    """With the sequence number from which on rows are not meant."""


class RecordTail:
    def __init__(self, collections: Mapping[str, Collection]) -> None:
        self._collections = collections
        self._fresh: dict[str, _Fresh] = {}

    def add(self, rows: Rows) -> None:
        seq = rows.first_seq
        for removal in rows.removed:
            fresh = self._fresh.setdefault(removal.collection, _Fresh())
            fresh.removals.setdefault(seq, []).append(removal)
            matches = removes(self._collections[removal.collection], removal)
            fresh.merged |= {
                key: (seq, None) for key, (_, values) in fresh.merged.items() if values is not None and matches(values)
            }
            fresh.appended = {at: values for at, values in fresh.appended.items() if not matches(values)}
        for name, at, values in rows.put:
            fresh = self._fresh.setdefault(name, _Fresh())
            if self._collections[name].append_only:
                fresh.appended[at] = values
            else:
                fresh.merged[values[0]] = (at, values)

    def applied(self, rows: Rows) -> None:
        seq = rows.first_seq
        for removal in rows.removed:
            fresh = self._fresh[removal.collection]
            fresh.removals.pop(seq, None)
            fresh.merged = {key: kept for key, kept in fresh.merged.items() if kept != (seq, None)}
        for name, at, values in rows.put:
            fresh = self._fresh[name]
            fresh.appended.pop(at, None)
            if fresh.merged.get(values[0], (0, None))[0] == at:
                del fresh.merged[values[0]]

    def snapshot(self, collection: Collection) -> Snapshot:
        fresh = self._fresh.get(collection.name)
        if fresh is None:
            return Snapshot((), frozenset(), frozenset(), ())
        rows = [(at, values) for at, values in fresh.merged.values() if values is not None]
        rows += fresh.appended.items()
        removals = [(seq, removal) for seq, many in fresh.removals.items() for removal in many]
        return Snapshot(rows, frozenset(fresh.merged), frozenset(fresh.appended), removals)


def removes(collection: Collection, removal: Removal) -> Callable[[Values], bool]:
    """Whether a row is meant by a removal."""
    place, values = collection.names.index(removal.field), frozenset(removal.values)
    return lambda row: row[place] in values


@dataclass(slots=True)
class Folded:
    """What several entries come to for one collection: removals first, then rows."""

    removals: list[tuple[int, Removal]] = field(default_factory=list)
    rows: dict[object, tuple[int, Values]] = field(default_factory=dict)
    """By key, or by sequence number where it is append-only."""


def fold(collections: Mapping[str, Collection], entries: Iterable[Rows]) -> dict[str, Folded]:
    """`entries` in the order of the journal."""
    folded: dict[str, Folded] = {}
    for entry in entries:
        for removal in entry.removed:
            one, collection = folded.setdefault(removal.collection, Folded()), collections[removal.collection]
            matches = removes(collection, removal)
            gone = [key for key, (_, values) in one.rows.items() if matches(values)]
            one.removals.append((entry.first_seq, removal))
            if not collection.append_only and gone:
                # An older row of the key may stand in the table with another value.
                keys = tuple(str(key) for key in gone)
                one.removals.append((entry.first_seq, Removal(collection.name, collection.key, keys)))
            for key in gone:
                del one.rows[key]
        for name, at, values in entry.put:
            one = folded.setdefault(name, Folded())
            one.rows[at if collections[name].append_only else values[0]] = (at, values)
    return folded
