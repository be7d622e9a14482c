"""Events of ranges of buckets, read from their table in few passes: it is ordered by time, so that reading the events
of one part of a run touches nearly every page of it.
"""

import asyncio
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.records import Collection, Condition, Op
from interplay_server.domain.shop import BUCKETS, EVENTS
from interplay_server.features import inputs
from interplay_server.features.gather import Reader

_BUCKET = "bucket"
_COLUMNS = (*(name for name in inputs.EVENTS.names if name != "user_id"), _BUCKET)
_ROWS = 100_000
"""Rows that are put in the order of their buckets at once."""


class Sweep:
    """A reader for one run whose parts come in the order of their buckets. It holds the events of the buckets that come
    next, at most about `held_events`; what the run asks for twice is as it was when it was first read.
    """

    def __init__(self, records: Reader, events: int, held_events: int) -> None:
        """`events` is about how many there are."""
        self._records = records
        self._width = min(BUCKETS, max(1, BUCKETS * held_events // max(1, events)))
        self._held = range(0)
        self._batches: list[pa.RecordBatch] = []
        """In each, rows are in the order of their buckets."""
        self._schema: pa.Schema | None = None

    async def table(
        self, collection: Collection, where: Sequence[Condition] = (), *, columns: Sequence[str] = ()
    ) -> pa.Table:
        if collection is not EVENTS or not columns or not set(columns) <= set(_COLUMNS):
            return await self._records.table(collection, where, columns=columns)
        if not where and self._width == BUCKETS:
            await self._read(range(BUCKETS))
            return pa.Table.from_batches(self._batches, self._schema).select(list(columns))
        asked = where[0].value if len(where) == 1 and where[0].field == _BUCKET and where[0].op is Op.IN else ()
        if not isinstance(asked, tuple) or not asked or len(asked) > self._width:
            return await self._records.table(collection, where, columns=columns)
        buckets = range(int(asked[0]), int(asked[-1]) + 1)
        if len(asked) != len(buckets):
            return await self._records.table(collection, where, columns=columns)
        if buckets[0] not in self._held or buckets[-1] not in self._held:
            await self._read(range(buckets[0], min(BUCKETS, buckets[0] + self._width)))
        return self._of(buckets).select(list(columns))

    async def _read(self, buckets: range) -> None:
        self._batches, self._held = [], range(0)
        where = [] if len(buckets) == BUCKETS else [Condition(_BUCKET, Op.GE, buckets[0])]
        if buckets[-1] < BUCKETS - 1:
            where.append(Condition(_BUCKET, Op.LE, buckets[-1]))
        found = await self._records.table(EVENTS, where, columns=_COLUMNS)
        self._schema = found.schema
        self._batches = await asyncio.to_thread(_ordered, found)
        self._held = buckets

    def _of(self, buckets: range) -> pa.Table:
        parts = []
        for batch in self._batches:
            # Guests have no bucket and come last.
            numbers = batch.column(_BUCKET).to_numpy(zero_copy_only=False)
            first, end = numbers.searchsorted([buckets[0], buckets[-1] + 1])
            parts.append(batch.slice(first, end - first))
        return pa.Table.from_batches(parts, self._schema)


def _ordered(events: pa.Table) -> list[pa.RecordBatch]:
    made = []
    for at in range(0, events.num_rows, _ROWS):
        rows = events.slice(at, _ROWS).combine_chunks()
        made += rows.take(pc.sort_indices(rows[_BUCKET])).to_batches()
    return made
