"""Whose a tenant is among the servers of a bucket, and a ledger that comes back out of it.

The last object of a tenant's log names its owner. Who opens the tenant claims it by the next number, which can be
written once: the server that had it finds that number taken when it ships next, and stops.
"""

import asyncio
import secrets
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import structlog

from interplay_server.errors import BucketUnsuitable, StorageIncompatible, TenantBusy
from interplay_server.storage import backup, disk, migrations
from interplay_server.storage.buckets import shipped
from interplay_server.storage.buckets.bucket import Bucket
from interplay_server.storage.buckets.lease import Lease
from interplay_server.storage.buckets.shipped import Head, Segment, ShippedLog

STANDING = "shipping.json"
FETCHED, STALE = ".fetched-", ".stale-"
CLAIM, SEGMENT, RELEASE = "claim", "segment", "release"
_ATTEMPTS, _AT_ONCE = 3, 16
_log = structlog.get_logger(__name__)


class Standing(msgspec.Struct, frozen=True):
    """What a tenant's folder knows of its log."""

    bucket: str
    owners: tuple[str, ...]
    """Drawn by its claims: the last that is known to have been written, and one that may have been."""
    clean: int = 0
    """Number of the log that holds all of the ledger, where it was closed in order; else 0."""


@dataclass(frozen=True, slots=True)
class Claim:
    owner: str
    number: int
    """Of the claim in the log."""
    whole: bool
    """The log holds all of the local ledger: no copy is needed before segments follow."""


async def claim(bucket: Bucket, lease: Lease, tenant: str, folder: Path) -> Claim:
    """Makes the tenant this server's, with a ledger below `folder` if there ever was one. Raises TenantBusy where a
    server that lives owns it, StorageIncompatible, BucketUnsuitable, BucketFault, OSError, sqlite3.Error.
    """
    log = ShippedLog(bucket, tenant)
    for _ in range(_ATTEMPTS):
        if (made := await _claim(bucket, lease, log, tenant, folder)) is not None:
            return made
    raise TenantBusy(tenant, "another server opens it just now")


async def _claim(bucket: Bucket, lease: Lease, log: ShippedLog, tenant: str, folder: Path) -> Claim | None:
    standing = await asyncio.to_thread(_standing, folder, bucket.url, tenant)
    there = await asyncio.to_thread((folder / backup.LEDGER).exists)
    numbers = await log.numbers()
    last = await log.get(numbers[-1]) if numbers else None
    owner = secrets.token_hex(8)
    whole, fetched = False, None
    if last is None:
        if numbers:
            return None
    elif there and standing is not None and last.head.owner in standing.owners and await _goes_on(folder, last.head):
        whole = standing.clean == last.head.number and last.head.ledger_version == migrations.LEDGER_VERSION
    else:
        await _check_free(lease, tenant, last.head)
        fetched = await _fetch(log, tenant, folder.with_name(f"{FETCHED}{tenant}"), bucket.url, owner)
    number = last.head.number + 1 if last is not None else 1
    if fetched is None:
        owners = (*(standing.owners[-1:] if standing else ()), owner)
        await asyncio.to_thread(write_standing, folder, Standing(bucket.url, owners))
    seq = last.head.last_seq if last is not None else 0
    head = _head(CLAIM, number, owner, lease.server, seq, whole=whole)
    if not await put_once(bucket, log, Segment(head)):
        return None
    if fetched is not None:
        await asyncio.to_thread(_install, fetched, folder, number)
    return Claim(owner, number, whole)


async def put_once(bucket: Bucket, log: ShippedLog, segment: Segment, data: bytes | None = None) -> bool:
    """Puts an object of the log; False where its number is another's. Raises BucketFault."""
    data = data or shipped.encode(segment.head, segment.rows)
    path = shipped.log_path(log.root, segment.head.number)
    # One that was written although no answer came is there, and is ours.
    return await bucket.put_new(path, data) or await bucket.get(path) == data


def release(number: int, owner: str, server: str, last_seq: int) -> Segment:
    return Segment(_head(RELEASE, number, owner, server, last_seq, whole=True))


def _head(kind: str, number: int, owner: str, server: str, last_seq: int, *, whole: bool) -> Head:
    return Head(
        number=number,
        kind=kind,
        owner=owner,
        server=server,
        first_seq=last_seq + 1,
        last_seq=last_seq,
        time=time.time_ns() // 1000,
        whole=whole,
        ledger_version=migrations.LEDGER_VERSION,
    )


async def _goes_on(folder: Path, last: Head) -> bool:
    """Whether the local ledger has all that the log has: not where the folder is one of before."""
    return await asyncio.to_thread(backup.last_seq, folder / backup.LEDGER) >= last.last_seq


async def _check_free(lease: Lease, tenant: str, last: Head) -> None:
    if last.kind != RELEASE and (left := await lease.seconds_left(last.server)) > 0:
        why = f"another server ({last.server}) has it in the same bucket, and lived {left:.0f} s ago or later"
        raise TenantBusy(tenant, why)


async def _fetch(log: ShippedLog, tenant: str, target: Path, url: str, owner: str) -> Path | None:
    """The newest copy and what follows it, in a folder beside the tenant's; None where nothing was shipped."""
    started = time.monotonic()
    if (copy := await log.newest_copy()) is None:
        return None
    await asyncio.to_thread(_empty, target)
    await log.fetch(copy, target)
    segments = (await log.after(copy.number)).segments
    for segment in segments:
        await asyncio.to_thread(segment.apply, target)
    images = await log.images()
    for at in range(0, len(images), _AT_ONCE):
        await asyncio.gather(*(_fetch_image(log, target, one) for one in images[at : at + _AT_ONCE]))
    last_seq = await asyncio.to_thread(partial(_renew, target, Standing(url, (owner,))))
    _log.warning(
        "took a ledger out of the bucket",
        tenant=tenant,
        last_seq=last_seq,
        segments=len(segments),
        seconds=round(time.monotonic() - started, 3),
    )
    return target


async def _fetch_image(log: ShippedLog, target: Path, sha256: str) -> None:
    if (data := await log.image(sha256)) is not None:
        await asyncio.to_thread((target / backup.SPOOL / sha256).write_bytes, data)


# --- in a thread


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / backup.SPOOL).mkdir(parents=True)


def sweep_fetched(data: Path) -> None:
    """Removes what a kill left of ledgers that were fetched."""
    for left in data.glob(f"{FETCHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def _renew(folder: Path, standing: Standing) -> int:
    """Resume tokens of before are void: what they had seen may be lost. Gives the last sequence number."""
    with closing(sqlite3.connect(folder / backup.LEDGER, isolation_level=None)) as db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (secrets.token_hex(8),))
    write_standing(folder, standing)
    return backup.last_seq(folder / backup.LEDGER)


def _install(fetched: Path, folder: Path, number: int) -> None:
    """A folder of before is kept aside: it may hold what was acknowledged and never shipped."""
    if folder.exists():
        aside = folder.with_name(f"{STALE}{folder.name}-{number}")
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        _log.error("kept aside the folder of a tenant that went on elsewhere", tenant=folder.name, aside=aside.name)
    fetched.rename(folder)
    disk.flush_filesystem(folder)
    disk.flush_folder(folder.parent)


def _standing(folder: Path, url: str, tenant: str) -> Standing | None:
    file = folder / STANDING
    if not file.exists():
        tables = folder / backup.TABLES
        if tables.is_dir() and any(tables.iterdir()):
            why = f"the tables of tenant {tenant} are in the data folder, see docs/object-storage.md"
            raise BucketUnsuitable(tenant, why)
        return None
    standing = read_standing(folder)
    if standing is None:
        raise StorageIncompatible(tenant, f"its {STANDING} is damaged")
    if standing.bucket != url:
        raise StorageIncompatible(tenant, "its tables are in another bucket")
    return standing


def read_standing(folder: Path) -> Standing | None:
    try:
        return msgspec.json.decode((folder / STANDING).read_bytes(), type=Standing)
    except (FileNotFoundError, msgspec.DecodeError, msgspec.ValidationError):
        return None


def write_standing(folder: Path, standing: Standing) -> None:
    """Flushed. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    disk.replace_file(folder / STANDING, msgspec.json.encode(standing))


def refuse_without_bucket(folder: Path, tenant: str) -> None:
    """Raises StorageIncompatible where the tables of a folder are in a bucket, which this server was not given."""
    if (folder / STANDING).exists():
        raise StorageIncompatible(tenant, "its tables are in a bucket; start the server with storage.bucket")
