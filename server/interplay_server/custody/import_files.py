"""Files of an export as they come in: checked byte by byte, kept aside, and nothing of them is stored."""

import asyncio
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from interplay_server.custody.export_tables import FORMAT, JSON_LINES, MANIFEST, SUFFIXES, TABLES, Manifest
from interplay_server.domain.images import MAX_IMAGE_BYTES, describe
from interplay_server.errors import InvalidRequest, Violation

MAX_LINE = 32 * 2**20
MAX_ROWS_BYTES = 192 * 2**20
"""Of all tables together: the rows of an import wait in memory until they are all there."""
MAX_FILES = 100_000
_SMALL_FILE = 16 * 2**20
_IMAGE = re.compile(r"images/([0-9a-f]{64})\.(png|jpg|gif|webp)")
_SCHEMA = re.compile(r"schema/([a-z_]+)\.json")
_LINES = re.compile(r"([a-z_]+)\.jsonl")
_WHERE = re.compile(r"at `(\$[^`]{0,100})`")
_decode_manifest = msgspec.json.Decoder(Manifest).decode


class Staged(msgspec.Struct, frozen=True):
    """A whole export. `rows` have their lines, `images` their files by SHA-256."""

    manifest: Manifest
    rows: dict[str, list[Any]]
    images: dict[str, Path]

    @property
    def user_ids(self) -> tuple[str, ...]:
        return self.manifest.user_ids


def invalid(path: str, why: str, line: int = 0) -> InvalidRequest:
    return InvalidRequest([Violation(f"{path}:{line}" if line else path, why)])


class Staging:
    """`folder` is this import's own and goes with it. Everything raises InvalidRequest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, str] = {}
        """SHA-256 of whole files by path."""
        self._rows: dict[str, list[Any]] = {}
        self._images: dict[str, Path] = {}
        self._manifest: Manifest | None = None
        self._bytes = 0
        self._path = ""
        self._digest = hashlib.sha256()
        self._take: Callable[[bytes], None] = self._keep
        self._data = bytearray()
        self._line = 0

    def begin(self, path: str) -> None:
        if path in self._files:
            raise invalid(path, "was sent already")
        if len(self._files) >= MAX_FILES:
            raise invalid(path, f"an export has at most {MAX_FILES} files")
        found = _LINES.fullmatch(path)
        if path == MANIFEST or _SCHEMA.fullmatch(path) or _IMAGE.fullmatch(path):
            self._take = self._keep
        elif found and found[1] in TABLES:
            self._take = self._read_lines
            self._rows[found[1]] = []
        elif path.endswith(".parquet"):
            raise invalid(path, "only JSON lines are taken in: export with that format")
        else:
            raise invalid(path, "is no file of an export")
        self._path, self._digest, self._line = path, hashlib.sha256(), 0
        self._data.clear()

    async def feed(self, data: bytes) -> None:
        self._digest.update(data)
        self._take(data)

    def _keep(self, data: bytes) -> None:
        limit = MAX_IMAGE_BYTES if _IMAGE.fullmatch(self._path) else _SMALL_FILE
        if len(self._data) + len(data) > limit:
            raise invalid(self._path, f"must have at most {limit} bytes")
        self._data += data

    def _read_lines(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > MAX_ROWS_BYTES:
            raise invalid(self._path, f"the rows of an export must come to at most {MAX_ROWS_BYTES} bytes")
        lines = data.split(b"\n")
        for one in lines[:-1]:
            self._data += one
            self._add_line()
        self._data += lines[-1]
        if len(self._data) > MAX_LINE:
            raise invalid(self._path, f"must have at most {MAX_LINE} bytes", self._line + 1)

    def _add_line(self) -> None:
        self._line += 1
        if len(self._data) > MAX_LINE:
            raise invalid(self._path, f"must have at most {MAX_LINE} bytes", self._line)
        name = self._path.removesuffix(".jsonl")
        try:
            self._rows[name].append(_decoders[name](self._data))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise invalid(self._path, _why(error, name), self._line) from None
        self._data.clear()

    async def end(self) -> int:
        """The file that began last is whole; gives its rows."""
        path, rows = self._path, 0
        if found := _LINES.fullmatch(path):
            if self._data:
                self._add_line()
            rows = len(self._rows[found[1]])
        elif path == MANIFEST:
            self._read_manifest()
        elif found := _IMAGE.fullmatch(path):
            await self._keep_image(found[1], found[2])
        self._files[path] = self._digest.hexdigest()
        self._path = ""
        return rows

    def _read_manifest(self) -> None:
        try:
            head = msgspec.json.decode(self._data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise invalid(MANIFEST, "is no JSON") from None
        version = head.get("format_version") if isinstance(head, dict) else None
        if version != FORMAT:
            raise invalid(MANIFEST, f"format_version must be {FORMAT}")
        try:
            self._manifest = _decode_manifest(self._data)
        except msgspec.DecodeError as error:
            raise invalid(MANIFEST, _why(error, "manifest")) from None

    async def _keep_image(self, sha256: str, suffix: str) -> None:
        found = describe(bytes(self._data))
        if found is None or found.sha256 != sha256 or SUFFIXES.get(found.media_type) != suffix:
            raise invalid(self._path, "is not the image that its name says")
        file = self._folder / sha256
        await asyncio.to_thread(_written, file, bytes(self._data))
        self._images[sha256] = file

    def checked(self) -> Staged:
        """All files are those of the manifest."""
        if self._manifest is None:
            raise invalid(MANIFEST, "must be sent")
        manifest = self._manifest
        if manifest.format != JSON_LINES:
            raise invalid(MANIFEST, "only JSON lines are taken in: export with that format")
        told = {one.path: one.sha256 for one in manifest.files}
        for path, digest in self._files.items():
            if path != MANIFEST and path not in told:
                raise invalid(path, "is not in the manifest")
            if path != MANIFEST and told[path] != digest:
                raise invalid(path, "has another SHA-256 than the manifest says")
        if missing := sorted(told.keys() - self._files.keys()):
            raise invalid(missing[0], "is in the manifest and was not sent")
        for name, table in self._rows.items():
            if manifest.counts.get(name, 0) != len(table):
                raise invalid(f"{name}.jsonl", "has another number of lines than the manifest says")
        return Staged(manifest, self._rows, self._images)

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


_decoders: dict[str, Callable[[Any], Any]] = {
    name: msgspec.json.Decoder(table.row).decode for name, table in TABLES.items()
}


def _why(error: Exception, name: str) -> str:
    """In our words; where in the line it is."""
    if not isinstance(error, msgspec.ValidationError):
        return "is no JSON"
    found = _WHERE.search(str(error))
    place = f" at {found[1]}" if found else ""
    kind = "an unknown field" if "unknown field" in str(error) else "a field that is missing or of another type"
    return f"has {kind}{place}; schema/{name}.json says what a line holds"


def _written(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_bytes(data)
