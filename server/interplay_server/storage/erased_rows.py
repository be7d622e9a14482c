"""What erasing a person does to the LanceDB tables besides what the journal can say."""

from collections.abc import Callable, Mapping, Sequence

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.expr import col, lit

from interplay_server.domain.erasure import PERSON_FIELDS
from interplay_server.domain.learnt import PROFILE, USER_PLAYBOOK
from interplay_server.domain.monitoring import MONITOR_COLLECTIONS
from interplay_server.storage import learnt_schema
from interplay_server.storage.lance import arrow
from interplay_server.storage.shredding import shred as shred_table
from interplay_server.storage.tables import Tables

_ALIASED = frozenset(one.name for one in MONITOR_COLLECTIONS)
"""Tables that know people by alias only; the monitor shreds them where it removed something."""


async def forget(tables: Tables, user_ids: Sequence[str]) -> Mapping[str, int]:
    """Under the write lock. Rows that went, by table."""
    counts = {}
    if (history := await tables.learnt.history()) is not None:
        counts["learning_changes"] = await _delete(history, "user_id", user_ids)
    counts["annotations"] = await _delete(tables.annotation_table, "annotator", user_ids)
    return counts


async def images(tables: Tables, user_ids: Sequence[str]) -> list[str]:
    """Names of images that these people show."""
    where = col("user_id").isin(list(user_ids)) & (col("image_size") > lit(0))
    found = await arrow(tables.interactions.query().where(where).select(["image_sha256"]))
    return sorted(set(found["image_sha256"].to_pylist()) - {None})


async def people(tables: Tables) -> set[str]:
    """Everybody whom a table names."""
    found = await _distinct(tables.interactions, "user_id") | await _distinct(tables.annotation_table, "annotator")
    learnt = [await tables.learnt.table(kind) for kind in (PROFILE, USER_PLAYBOOK)]
    for table in (*learnt, await tables.learnt.history()):
        if table is not None:
            found |= await _distinct(table, "user_id")
    for name, fields in PERSON_FIELDS.items():
        if (table := await tables.records.existing(name)) is not None:
            for field in fields:
                found |= await _distinct(table, field)
    return found


async def shred(tables: Tables, told: Callable[[], None]) -> None:
    """One table at a time, so that what is published meanwhile gets its turn."""
    for table in await _all(tables):
        async with tables.write_lock:
            await shred_table(table, tables.records.folder / f"{table.name}.lance", told)


async def _all(tables: Tables) -> list[lancedb.AsyncTable]:
    learnt = [await tables.learnt.table(kind) for kind in learnt_schema.TABLES]
    records = [await tables.records.existing(name) for name in tables.records.collections if name not in _ALIASED]
    found = [*learnt, await tables.learnt.history(), *records]
    return [
        tables.interactions,
        tables.annotation_table,
        tables.image_table,
        *(one for one in found if one is not None),
    ]


async def _delete(table: lancedb.AsyncTable, column: str, values: Sequence[str]) -> int:
    where = col(column).isin(list(values))
    found = await arrow(table.query().where(where).select([column]))
    if found.num_rows:
        await table.delete(where)
    return int(found.num_rows)


async def _distinct(table: lancedb.AsyncTable, column: str) -> set[str]:
    found = await arrow(table.query().select([column]))
    return set(pc.unique(found[column].cast(pa.string())).to_pylist()) - {None}
