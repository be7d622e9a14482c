"""Reads tables of collections at pinned versions, in a process that does not own them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import lancedb
import pyarrow as pa

from interplay_server.domain.records import SEQ, Collection, Condition, Op
from interplay_server.storage.record_schema import arrow_schema
from interplay_server.storage.record_tables import expression


class PinnedRecords:
    """The part of `domain.ports.RecordStore` that a computation needs. Folders may be local or of an object store,
    which is opened with `options` and the keys of the process's own environment.
    """

    def __init__(self, locations: Mapping[str, tuple[str, int]], options: Mapping[str, str] | None = None) -> None:
        self._locations, self._options = locations, options
        self._opened: dict[str, lancedb.AsyncTable] = {}

    async def table(
        self, collection: Collection, where: Sequence[Condition] = (), *, columns: Sequence[str] = ()
    ) -> pa.Table:
        wanted = list(columns) or [*collection.names, SEQ]
        table = await self._table(collection.name)
        if table is None or any(one.op is Op.IN and not one.value for one in where):
            return arrow_schema(collection).empty_table().select(wanted)
        query = table.query().select(wanted)
        if (conditions := expression(where)) is not None:
            query = query.where(conditions)
        return (await query.to_arrow()).select(wanted)

    async def _table(self, name: str) -> lancedb.AsyncTable | None:
        if name not in self._locations:
            return None
        if name not in self._opened:
            uri, version = self._locations[name]
            folder = uri.rpartition("/")[0] if "://" in uri else str(Path(uri).parent)
            db = await lancedb.connect_async(folder, storage_options=dict(self._options) if self._options else None)
            table = await db.open_table(name)
            await table.checkout(version)
            self._opened[name] = table
        return self._opened[name]
