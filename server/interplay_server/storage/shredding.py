"""Making removed rows of LanceDB tables physically gone: for erasures, and for whatever else must leave no bytes.

A deleted row stays in its file until its fragment is written anew, which compaction does only where a tenth of the
fragment is deleted; in every older version; and, under stable row ids, in every index that was made over it. Fragments
with deleted rows have a file in `_deletions`, so what is to be rewritten can be told from the folder alone, also after
a kill: deleting and shredding are two steps, and either may be done again.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import lancedb
import pyarrow as pa
from lancedb.index import FTS, Bitmap, BTree

from interplay_server.storage.lance import WORDS, optimize
from interplay_server.storage.places import Place

_ROW_BITS = 32
"""A row's address is its fragment, then its place in it."""
_UNLINKED = " (deleted)"
_AT_ONCE = 16
"""Neighbouring fragments that one commit rewrites."""


def _untold() -> None: ...


async def shred(table: lancedb.AsyncTable, folder: Path | Place | None, told: Callable[[], None] = _untold) -> int:
    """Returns when no file of the table holds a row that was removed from it before; gives how many fragments were
    written anew. Call it with the lock of the table's writers held; readers go on.

    `folder` is the table's own (`…/name.lance`), or None where it is not on a disk: then every row is written anew.
    `told` is called after each step. It is streamed: the table need not fit the memory. Raises what LanceDB raises;
    doing it again goes on.
    """
    if not isinstance(folder, Path):
        folder = None  # in a bucket
    fragments = [] if folder is None else dirty_fragments(folder)
    runs = [None] if folder is None else _runs(fragments)
    for run in runs:
        where = None if run is None else _addresses(*run)
        await table.update(updates_sql=await _same(table), where=where)
        told()
    for one in await table.list_indices():
        await table.create_index(one.columns[0], config=_config(one.index_type), replace=True, name=one.name)
        told()
    await optimize(table, timedelta(0), unverified=True)
    told()
    return len(fragments)


def empty_unlinked(folder: Path) -> int:
    """Empties files below `folder` that are deleted and still open in this process, and gives how many: LanceDB keeps
    parts of old indexes in its cache, and with them their bytes on the disk. Does nothing where there is no /proc.
    """
    emptied = 0
    with suppress(FileNotFoundError):
        for link in Path("/proc/self/fd").iterdir():
            try:
                target = link.readlink()
                if str(target).endswith(_UNLINKED) and target.is_relative_to(folder.resolve()):
                    os.truncate(link, 0)
                    emptied += 1
            except FileNotFoundError:
                continue  # closed meanwhile
    return emptied


def dirty_fragments(folder: Path) -> list[int]:
    """Fragments with rows that were deleted, in any version that is still there; those of old versions do no harm."""
    files = folder / "_deletions"
    if not files.is_dir():
        return []
    return sorted({int(number) for file in files.iterdir() if (number := file.name.split("-")[0]).isdigit()})


def _addresses(first: int, last: int) -> str:
    return f"_rowaddr >= {first << _ROW_BITS} AND _rowaddr < {(last + 1) << _ROW_BITS}"


async def _same(table: lancedb.AsyncTable) -> dict[str, str]:
    """An update that changes nothing: some plain column becomes itself."""
    schema: pa.Schema = await table.schema()
    plain = next(field.name for field in schema if pa.types.is_integer(field.type) or pa.types.is_string(field.type))
    return {plain: plain}


def _config(kind: str) -> BTree | Bitmap | FTS:
    """As `lance.open_table` made it."""
    if kind == "FTS":
        return WORDS
    return Bitmap() if kind == "Bitmap" else BTree()


def _runs(fragments: list[int]) -> list[tuple[int, int] | None]:
    """Neighbours together, at most _AT_ONCE."""
    runs: list[tuple[int, int] | None] = []
    for one in fragments:
        last = runs[-1] if runs else None
        if last is not None and one == last[1] + 1 and one - last[0] < _AT_ONCE:
            runs[-1] = (last[0], one)
        else:
            runs.append((one, one))
    return runs
