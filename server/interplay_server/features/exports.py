"""Exports: a snapshot of rows written to a file, read in pieces, kept for an hour."""

import asyncio
import hashlib
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from interplay_server.domain.ids import new_ulid
from interplay_server.features.names import BOOKKEEPING, EXTRAS, FEATURES, KEYS
from interplay_server.features.reading import Listing, pieces
from interplay_server.features.rows import COMPUTED_AT
from interplay_server.features.tenant import FeatureTenant, off_loop

PARQUET, ARROW, CSV = "parquet", "arrow", "csv"
PIECE = 2**20
KEPT_SECONDS = 3600.0
_COUNTS = tuple(
    name for name in FEATURES if name.endswith(("_views", "_adds", "_removes")) or name in {"purchases", "view_recency"}
)
_DATES = ("first_view_date", "last_view_date", "as_of", COMPUTED_AT)
_COLUMNS = (*KEYS, *FEATURES, *EXTRAS, *BOOKKEEPING, COMPUTED_AT)
_INSTANT = pa.timestamp("us", "UTC")


class Export(msgspec.Struct, frozen=True):
    """A finished file."""

    export_id: str
    name: str
    size: int
    sha256: str
    rows: int


class Exports:
    """Files below a folder, one folder for each tenant."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making: set[str] = set()

    def _of(self, tenant: str, export_id: str) -> Path:
        return self._folder / tenant / export_id

    async def find(self, tenant: str, export_id: str) -> Export | None:
        """None for one that is unknown or too old."""
        if not export_id.isalnum():
            return None
        return await asyncio.to_thread(self._read, self._of(tenant, export_id) / "export.json")

    @staticmethod
    def _read(path: Path) -> Export | None:
        try:
            if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                return None
            return msgspec.json.decode(path.read_bytes(), type=Export)
        except OSError:
            return None

    async def make(self, tenant: FeatureTenant, query: Listing, kind: str) -> Export:
        """Writes a snapshot."""
        export_id = new_ulid()
        folder, name = self._of(tenant.store.name, export_id), f"interaction_features.{kind}"
        self._making.add(export_id)
        try:
            await asyncio.to_thread(self._sweep, tenant.store.name)
            await asyncio.to_thread(folder.mkdir, parents=True)
            writer = _Writer(folder / name, kind)
            try:
                async for rows in pieces(tenant, query):
                    await tenant.compute(off_loop(writer.write, rows))
            finally:
                await asyncio.to_thread(writer.close)
            made = await asyncio.to_thread(_finished, folder, export_id, name, writer.rows)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            self._making.discard(export_id)
        return made

    async def pieces(self, tenant: str, export: Export, offset: int) -> AsyncIterator[tuple[int, bytes]]:
        """Pieces of the file from `offset` on, at least one."""
        path = self._of(tenant, export.export_id) / export.name
        while True:
            piece = await asyncio.to_thread(_piece, path, offset)
            yield offset, piece
            offset += len(piece)
            if offset >= export.size:
                return

    def _sweep(self, tenant: str) -> None:
        """Removes what is too old, and what a stop left unfinished."""
        folder = self._folder / tenant
        if not folder.is_dir():
            return
        for one in folder.iterdir():
            if one.name not in self._making and self._read(one / "export.json") is None:
                shutil.rmtree(one, ignore_errors=True)


class _Writer:
    """Writes tables one after the other; the file is complete once it is closed."""

    def __init__(self, path: Path, kind: str) -> None:
        self._path, self._kind = path, kind
        self._out: pa.parquet.ParquetWriter | pa.ipc.RecordBatchStreamWriter | pa.csv.CSVWriter | None = None
        self.rows = 0

    def write(self, rows: pa.Table) -> None:
        ready = shaped(rows)
        if self._out is None:
            self._open(ready.schema)
        assert self._out is not None  # noqa: S101 - opened
        self._out.write_table(ready)
        self.rows += ready.num_rows

    def _open(self, schema: pa.Schema) -> None:
        if self._kind == PARQUET:
            self._out = pa.parquet.ParquetWriter(self._path, schema, compression="zstd")
        elif self._kind == ARROW:
            self._out = pa.ipc.new_stream(str(self._path), schema)
        else:
            self._out = pa.csv.CSVWriter(str(self._path), schema)

    def close(self) -> None:
        if self._out is None:
            self._open(SCHEMA)
        assert self._out is not None  # noqa: S101 - opened
        self._out.close()


def _type(name: str) -> pa.DataType:
    if name in _DATES:
        return _INSTANT
    if name in {"mixed_currencies", "order_completed"}:
        return pa.bool_()
    texts = {*KEYS, "preferred_device", "channel_preference", "relationship_stage", "peak_season"}
    if name in texts or name in {"orders_source", "definition_version"}:
        return pa.string()
    extra_counts = {
        "purchased_quantity",
        "refunded_purchases",
        "checkout_starts",
        "unknown_device_views",
        "unknown_events",
    }
    return pa.int64() if name in _COUNTS or name in extra_counts else pa.float64()


SCHEMA = pa.schema([(name, _type(name)) for name in _COLUMNS])
"""Columns of every export: the keys, the 29 features, the extras and where they come from."""


def shaped(rows: pa.Table) -> pa.Table:
    """Rows with the columns and types of an export."""
    return rows.select(_COLUMNS).cast(SCHEMA)


def _finished(folder: Path, export_id: str, name: str, rows: int) -> Export:
    path = folder / name
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    made = Export(export_id, name, path.stat().st_size, digest, rows)
    (folder / "export.json").write_bytes(msgspec.json.encode(made))
    return made


def _piece(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PIECE)
