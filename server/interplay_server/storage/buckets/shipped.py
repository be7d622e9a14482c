"""What a server ships of a tenant's ledger to a bucket, read: by a server that lost its disk, and by replicas.

Below `<tenant>/ledger/`:

    log/<number>                 one change of the ledger after the other: claims of servers, and segments
    copies/<number>/ledger       the ledger (SQLite) with everything up to that number of the log
    copies/<number>/vault        the vault of then; missing where there was none
    copies/<number>/seal         a Seal (JSON), written last: a copy without one is none
    spool/<sha256>               images of entries in the log that are not in the tables yet

Numbers count up without a gap, sixteen digits. An object of the log is put only where there is none: two servers can
never both write a number. Objects of the log up to the newest copy are removed some time after it.

    log = ShippedLog(bucket, "acme")
    copy = await log.newest_copy()                   # None: nothing was shipped
    await log.fetch(copy, folder)                    # folder/ledger.sqlite3 and folder/vault.sqlite3
    found = await log.after(copy.number)             # again with the last number, for what came since
    for segment in found.segments:                   # whole, checked, in order
        segment.apply(folder)                        # blocking
        segment.entries()                            # what joined the journal, decoded
    found.goes_on                                    # False: look for a newer copy and begin with that
"""

import asyncio
import hashlib
import sqlite3
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from interplay_server.domain import journal
from interplay_server.errors import StorageIncompatible
from interplay_server.storage.buckets.bucket import Bucket, Stored
from interplay_server.storage.buckets.shipped_rows import Rows, apply_rows
from interplay_server.storage.ledger import JournalRow
from interplay_server.storage.vault import NAME as VAULT

LEDGER = "ledger.sqlite3"
FORMAT = 1
_AT_ONCE = 16
_MAGIC = b"INTPLOG1"
_FRAME = struct.Struct("<II")
_FILES = {"ledger": LEDGER, "vault": VAULT}


class Head(msgspec.Struct, frozen=True):
    """First frame of an object of the log. `owner` is drawn anew by each claim, `server` is that of a data folder."""

    number: int
    kind: str
    """claim, segment or release."""
    owner: str
    server: str
    first_seq: int
    """Of the journal's entries in it; `last_seq + 1` where there are none."""
    last_seq: int
    """Of the journal with this object."""
    time: int
    """Microseconds since 1970, by the server's clock."""
    whole: bool = True
    """Nothing is missing between this object and the one before it: else only a copy goes on from here."""
    frames: int = 0
    """That follow."""
    ledger_version: int = 0


class File(msgspec.Struct, frozen=True):
    bytes: int
    sha256: str


class Seal(msgspec.Struct, frozen=True):
    format: int
    number: int
    last_seq: int
    """Of the journal in the copy."""
    ledger_version: int
    time: int
    files: dict[str, File]
    """By `ledger` and `vault`."""


class Segment(msgspec.Struct, frozen=True):
    head: Head
    rows: tuple[Rows, ...] = ()

    def entries(self) -> list[JournalRow]:
        """What joined the journal, in order. Raises msgspec.DecodeError, msgspec.ValidationError."""
        found = []
        for one in self.rows:
            if (one.database, one.table) == ("ledger", "journal"):
                at = {name: place for place, name in enumerate(one.columns)}
                for row in one.puts:
                    entry = journal.decode(row[at["payload"]])
                    found.append(JournalRow(row[at["seq"]], row[at["publish_time"]], row[at["append"]], entry))
        return sorted(found, key=lambda row: row.seq)

    def apply(self, folder: Path) -> None:
        """Changes the fetched ledger and vault below a folder, each in one transaction; again changes nothing.
        Blocking. Raises sqlite3.Error, OSError.
        """
        for name, file in _FILES.items():
            if rows := [one for one in self.rows if one.database == name]:
                with closing(sqlite3.connect(folder / file, isolation_level=None)) as db:
                    db.execute("BEGIN IMMEDIATE")
                    apply_rows(db, rows)
                    db.execute("COMMIT")


class Following(NamedTuple):
    segments: list[Segment]
    goes_on: bool
    """False where what comes then was removed or does not follow: a newer copy has it, or will soon."""


class ShippedLog:
    """Reads only. Raises BucketFault where the bucket does not answer, StorageIncompatible for what is damaged."""

    def __init__(self, bucket: Bucket, tenant: str) -> None:
        self._bucket, self._tenant = bucket, tenant
        self.root = root(tenant)

    async def newest_copy(self) -> Seal | None:
        for number in reversed(await self.copies()):
            data = await self._bucket.get(copy_path(self.root, number, "seal"))
            if data is None:
                continue  # it goes just now, or was never finished
            try:
                seal = msgspec.json.decode(data, type=Seal)
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                raise self._damaged("the seal of a copy") from error
            if seal.format != FORMAT:
                raise StorageIncompatible(self._tenant, f"its copy in the bucket has format {seal.format}")
            return seal
        return None

    async def copies(self) -> list[int]:
        """Numbers of copies, whole or not, in order."""
        found = await self._bucket.listed(f"{self.root}/copies")
        return sorted({int(one.path.split("/")[-2]) for one in found})

    async def fetch(self, copy: Seal, folder: Path) -> None:
        """Puts a copy's files into a folder that is there. Raises OSError too."""
        for name, stated in copy.files.items():
            target = folder / _FILES[name]
            there = await self._bucket.get_into(copy_path(self.root, copy.number, name), target)
            if not there or _digest(target) != stated:
                raise self._damaged(f"a copy of its {name}")

    async def numbers(self, after: int = 0) -> list[int]:
        """Of all objects of the log beyond `after`, in order."""
        return [number_of(one) for one in await self._listed(after)]

    async def after(self, number: int) -> Following:
        """Objects of the log beyond `number`, claims too, in order."""
        there = await self.numbers(number)
        if there and there[0] != number + 1:
            return Following([], goes_on=False)
        found: list[Segment] = []
        for at in range(0, len(there), _AT_ONCE):
            for one in await asyncio.gather(*(self.get(number) for number in there[at : at + _AT_ONCE])):
                if one is None or not one.head.whole:
                    return Following(found, goes_on=False)
                found.append(one)
        return Following(found, goes_on=True)

    async def get(self, number: int) -> Segment | None:
        data = await self._bucket.get(log_path(self.root, number))
        if data is None:
            return None
        try:
            segment = decode(data)
        except (ValueError, struct.error, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise self._damaged("an object of its log") from error
        if segment.head.number != number:
            raise self._damaged("an object of its log")
        return segment

    async def image(self, sha256: str) -> bytes | None:
        """Of an entry in the log, as long as it is not in the tables."""
        return await self._bucket.get(f"{self.root}/spool/{sha256}")

    async def images(self) -> list[str]:
        return [one.path.rpartition("/")[2] for one in await self._bucket.listed(f"{self.root}/spool")]

    async def _listed(self, after: int) -> list[Stored]:
        offset = log_path(self.root, after) if after else ""
        return await self._bucket.listed(f"{self.root}/log", after=offset)

    def _damaged(self, what: str) -> StorageIncompatible:
        return StorageIncompatible(self._tenant, f"{what} in the bucket is damaged")


def root(tenant: str) -> str:
    return f"{tenant}/ledger"


def log_path(root: str, number: int) -> str:
    return f"{root}/log/{number:016d}"


def copy_path(root: str, number: int, name: str) -> str:
    return f"{root}/copies/{number:016d}/{name}"


def number_of(one: Stored) -> int:
    return int(one.path.rpartition("/")[2])


def encode(head: Head, rows: Sequence[Rows]) -> bytes:
    """An object of the log: magic, then frames of length, CRC-32 and msgpack."""
    parts = [_MAGIC]
    for one in (msgspec.structs.replace(head, frames=len(rows)), *rows):
        payload = msgspec.msgpack.encode(one)
        parts += [_FRAME.pack(len(payload), zlib.crc32(payload)), payload]
    return b"".join(parts)


def decode(data: bytes) -> Segment:
    """Raises ValueError, struct.error, msgspec.DecodeError for what is not whole."""
    if not data.startswith(_MAGIC):
        raise ValueError("no object of a log")
    frames = list(_frames(data, len(_MAGIC)))
    head = msgspec.msgpack.decode(frames[0], type=Head)
    if len(frames) != head.frames + 1:
        raise ValueError("frames are missing")
    return Segment(head, tuple(msgspec.msgpack.decode(one, type=Rows) for one in frames[1:]))


def _frames(data: bytes, at: int) -> Iterator[bytes]:
    while at < len(data):
        length, checksum = _FRAME.unpack_from(data, at)
        payload = data[at + _FRAME.size : at + _FRAME.size + length]
        if len(payload) != length or zlib.crc32(payload) != checksum:
            raise ValueError("a frame is damaged")
        yield payload
        at += _FRAME.size + length


def _digest(path: Path) -> File:
    if not path.exists():
        return File(0, "")
    with path.open("rb") as opened:
        return File(path.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())
