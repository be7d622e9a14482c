"""The files of a person's export, made while they are sent: nothing of them is ever on the disk of the server."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from interplay_server.custody.export_person import Page, Person
from interplay_server.custody.export_reading import READ
from interplay_server.custody.export_shapes import arrow_schema, arrow_table, json_line, json_schema
from interplay_server.custody.export_tables import FORMAT, MANIFEST, PARQUET, SUFFIXES, TABLES, ExportedFile, Manifest
from interplay_server.learning.tenant import now_micros

CHUNK = 256 * 1024
"""Bytes of a piece at most."""
_GROUP_BYTES = 4 * 2**20
"""Of a row group in memory, about."""
_JSON, _LINES, _PARQUET = "application/json", "application/x-ndjson", "application/vnd.apache.parquet"


class Begun(msgspec.Struct, frozen=True):
    """A file begins; its bytes follow."""

    path: str
    media_type: str


class Summary(msgspec.Struct, frozen=True):
    counts: dict[str, int]
    files: int
    bytes: int
    sequence: int


class UserExport:
    """One export as it goes. `check` is called before every page and raises where it must not go on."""

    def __init__(self, person: Person, form: str, server_version: str, check: Callable[[], None]) -> None:
        self._person, self._form, self._version, self._check = person, form, server_version, check
        self._files: list[ExportedFile] = []
        self.counts = dict.fromkeys(TABLES, 0)

    async def pieces(self) -> AsyncIterator[Begun | bytes | Summary]:
        """Files, each a Begun and its bytes, then the summary. Raises KeyUnavailable and what `check` does."""
        for name in READ:
            async for piece in self._table(name):
                yield piece
        missing = []
        sent: set[str] = set()
        for name, image in sorted(self._person.images.items()):
            self._check()
            if image.sha256 in sent:
                continue
            if (data := await self._person.store.image(name)) is None:
                missing.append(image.sha256)
                continue
            sent.add(image.sha256)
            for one in self._whole(f"images/{image.sha256}.{SUFFIXES[image.media_type]}", image.media_type, data):
                yield one
        manifest = Manifest(
            format_version=FORMAT,
            format=self._form,  # type: ignore[arg-type]
            server_version=self._version,
            export_time=now_micros(),
            user_ids=self._person.user_ids,
            sequence=self._person.sequence,
            counts=self.counts,
            missing_images=tuple(missing),
            files=tuple(self._files),
        )
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
        for one in self._whole(MANIFEST, _JSON, text):
            yield one
        size = sum(one.bytes for one in self._files)
        yield Summary(self.counts, len(self._files), size, self._person.sequence)

    async def _table(self, name: str) -> AsyncIterator[Begun | bytes]:
        table, writer = TABLES[name], None
        async for page in READ[name](self._person):
            self._check()
            if not page:
                continue
            if writer is None:
                schema = json.dumps(json_schema(name, table.about, table.row), indent=2) + "\n"
                for one in self._whole(f"schema/{name}.json", _JSON, schema.encode()):
                    yield one
                writer = _Parquet(table.row) if self._form == PARQUET else _Lines()
                digest, size = hashlib.sha256(), 0
                yield Begun(f"{name}.{self._form}", _PARQUET if self._form == PARQUET else _LINES)
            self.counts[name] += len(page)
            writer.add(page)
            for data in writer.taken():
                digest.update(data)
                size += len(data)
                yield data
        if writer is not None:
            writer.close()
            for data in writer.taken(everything=True):
                digest.update(data)
                size += len(data)
                yield data
            self._files.append(ExportedFile(path=f"{name}.{self._form}", sha256=digest.hexdigest(), bytes=size))

    def _whole(self, path: str, media_type: str, data: bytes) -> Iterator[Begun | bytes]:
        yield Begun(path, media_type)
        for at in range(0, len(data), CHUNK):
            yield data[at : at + CHUNK]
        self._files.append(ExportedFile(path=path, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)))


class _Lines:
    """JSON objects, one a line."""

    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, page: Page) -> None:
        for one in page:
            self._data += json_line(one)

    def close(self) -> None: ...

    def taken(self, *, everything: bool = False) -> Iterator[bytes]:
        """Whole pieces, at the end the rest too."""
        at = 0
        while len(self._data) - at >= CHUNK or (everything and at < len(self._data)):
            yield bytes(self._data[at : at + CHUNK])
            at += CHUNK
        del self._data[:at]


class _Parquet(_Lines):
    """A Parquet file whose row groups are written as soon as they are long enough."""

    closed = False

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self._kind = kind
        self._tables: list[pa.Table] = []
        self._writer = pq.ParquetWriter(pa.PythonFile(self, mode="w"), arrow_schema(kind), compression="zstd")

    def write(self, data: Any) -> int:
        """Called by the writer of Parquet."""
        self._data += data
        return len(data)

    def flush(self) -> None: ...

    def add(self, page: Page) -> None:
        self._tables.append(arrow_table(self._kind, page))
        if sum(one.nbytes for one in self._tables) >= _GROUP_BYTES:
            self._group()

    def _group(self) -> None:
        self._writer.write_table(pa.concat_tables(self._tables))
        self._tables = []

    def close(self) -> None:
        """Called twice: by who adds pages, and by the writer that this ends."""
        if self.closed:
            return
        self.closed = True
        if self._tables:
            self._group()
        self._writer.close()
