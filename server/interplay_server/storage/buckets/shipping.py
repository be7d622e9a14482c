"""Ships a tenant's ledger to a bucket: what was changed since the last time as one object, now and then a whole copy.

An ack waits for nothing of this. The applier does: what is in the tables is in the shipped log first, so that a ledger
that comes back from the bucket knows every row of the tables. What a copy covers is removed one copy later.
"""

import asyncio
import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from interplay_server.domain.shipping import ShippingStanding
from interplay_server.errors import BucketUnsuitable, InterplayError, TenantBusy
from interplay_server.settings import Bucket as BucketSettings
from interplay_server.storage import backup, disk, migrations
from interplay_server.storage.buckets import ownership, shipped
from interplay_server.storage.buckets.bucket import Bucket, BucketFault
from interplay_server.storage.buckets.changes import Changes, Keys
from interplay_server.storage.buckets.lease import Lease
from interplay_server.storage.buckets.shipped import File, Head, Seal, Segment, ShippedLog
from interplay_server.storage.commits import CommitQueue
from interplay_server.storage.ledger import Ledger, connect
from interplay_server.storage.places import Place
from interplay_server.storage.vault import NAME as VAULT
from interplay_server.storage.vault import LocalVault

T = TypeVar("T")
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
COPY_SEGMENTS = 500
"""Segments after which the next copy is due, whatever they hold: a recovery reads them all."""
_DRAFT = ".copy-"
_log = structlog.get_logger(__name__)


@dataclass
class Totals:
    """Of all tenants of a server, since it started."""

    segments: int = 0
    segment_bytes: int = 0
    copies: int = 0
    faults: int = 0
    open: dict[str, "Shipping"] = field(default_factory=dict)

    def standing(self) -> ShippingStanding:
        """Any thread."""
        shipping = dict(self.open)
        return ShippingStanding(
            segments=self.segments,
            segment_bytes=self.segment_bytes,
            copies=self.copies,
            faults=self.faults,
            lag_seconds=max([one.lag for one in shipping.values()], default=0.0),
            failing_tenants=sum(one.fault is not None for one in shipping.values()),
            taken_tenants=sum(one.taken_by is not None for one in shipping.values()),
            shipped_seq={name: one.shipped_seq for name, one in shipping.items()},
        )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all tenants of a server share."""

    bucket: Bucket
    lease: Lease
    settings: BucketSettings
    ship_seconds: float
    totals: Totals = field(default_factory=Totals)

    async def close(self) -> None:
        """After the last tenant."""
        await self.lease.close()


@dataclass(frozen=True, slots=True)
class _Sealed:
    """An object that is on its way."""

    segment: Segment
    data: bytes


class Shipping:
    """Of one open tenant. Lives on its event loop. `shipped_seq` is the newest sequence number of the journal that the
    bucket has; `taken_by` says who else has the tenant now, after which nothing is shipped, applied or taken.
    """

    def __init__(
        self,
        around: Surroundings,
        tenant: str,
        folder: Path,
        *,
        claim: ownership.Claim,
        ledger: Ledger,
        changes: Changes,
        vault: LocalVault,
        commits: CommitQueue,
        executor: Executor,
    ) -> None:
        self._around, self._tenant, self._folder = around, tenant, folder
        self._bucket, self._lease, self._totals = around.bucket, around.lease, around.totals
        self._log = ShippedLog(around.bucket, tenant)
        self.seconds = around.ship_seconds
        """Between two segments."""
        self._claim, self._number, self._term = claim, claim.number, around.lease.term
        self._ledger, self._changes, self._vault = ledger, changes, vault
        self._commits, self._executor = commits, executor
        self.shipped_seq = ledger.last_seq if claim.whole else 0
        self.shipped_time = time.monotonic()
        """When all that was there then was shipped."""
        self.fault: Exception | None = None
        self.taken_by: str | None = None
        self._copied_number = self._older_copy = 0
        self._copied_time, self._bytes_since = -around.settings.copy_seconds, 0
        self._copy_bytes = 0
        self._copy_due = not claim.whole
        self._seen = (-1, -1)
        self._left: Keys = {}
        """Whose rows are not read yet."""
        self._pending: _Sealed | None = None
        self._spooled: set[str] = set()
        self._attempts = self._failed = 0
        self._hurry, self._progress = asyncio.Event(), asyncio.Event()
        self._working = asyncio.Lock()
        self._closing = False
        around.totals.open[tenant] = self
        self._task = asyncio.create_task(self._run(), name=f"ship {tenant}")

    @property
    def lag(self) -> float:
        """Seconds since all that was there then was shipped; 0 where all that is there now is."""
        if self._seen == (self._changes.count, self._vault.count) and self._pending is None:
            return 0.0
        return max(0.0, time.monotonic() - self.shipped_time)

    def check(self) -> None:
        """Raises TenantBusy, BucketUnsuitable where nothing may be written."""
        if self.taken_by is not None:
            raise TenantBusy(self._tenant, self.taken_by)
        if self._lease.unsuitable is not None:
            raise BucketUnsuitable(self._tenant, self._lease.unsuitable)

    async def reach(self, seq: int) -> None:
        """Returns when the journal is in the bucket up to `seq` and the tenant is surely this server's. Raises
        BucketFault, TenantBusy, BucketUnsuitable.
        """
        self.check()
        await self._lease.renewed()
        begun = self._attempts
        while self.shipped_seq < seq or self._term != self._lease.term:
            self._hurry.set()
            self._progress.clear()
            await self._progress.wait()
            self.check()
            if self.fault is not None and self._failed > begun and self.shipped_seq < seq:
                raise self.fault

    async def forget(self) -> None:
        """Ships a fresh copy and removes every older copy and segment: what was overwritten in ledger and vault, and is
        in no image of the spool, is then in no object of the tenant's log. For erasures, as their last step. Raises
        BucketFault, TenantBusy, sqlite3.Error, OSError.
        """
        self.check()
        async with self._working:
            await self._ship()
            await self._copy()
            await self._sweep(self._copied_number)

    async def close(self) -> None:
        """Ships what is left, if it can, and lets go of the tenant. After the last commit, before the ledger closes."""
        self._closing = True
        self._hurry.set()
        await self._task
        try:
            if self.taken_by is None and self.fault is None:
                await self._release()
        except (BucketFault, InterplayError, OSError, *disk.LEDGER_FAULTS) as error:
            _log.warning("cannot release a tenant in the bucket", tenant=self._tenant, why=str(error))
        self._totals.open.pop(self._tenant, None)

    async def _release(self) -> None:
        last_seq = self._ledger.last_seq
        number = self._number + 1
        clean = number if self._seen == (self._changes.count, self._vault.count) else 0
        standing = ownership.Standing(self._bucket.url, (self._claim.owner,), clean)
        await self._in_thread(lambda: ownership.write_standing(self._folder, standing))
        segment = ownership.release(number, self._claim.owner, self._lease.server, last_seq)
        await ownership.put_once(self._bucket, self._log, segment)

    # --- the loop

    async def _run(self) -> None:
        failures = 0
        while True:
            self._hurry.clear()
            self._attempts += 1
            try:
                async with self._working:
                    await self._ship()
                    await self._copy_if_due()
            except Exception as error:  # noqa: BLE001 - whatever fails is tried again
                self.fault, self._failed = error, self._attempts
                self._totals.faults += 1
                _log.warning("cannot ship", tenant=self._tenant, why=str(error), error=type(error).__name__)
                wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
                failures += 1
            else:
                self.fault, failures, wait = None, 0, self.seconds
            self._progress.set()
            if self.taken_by is not None or (self._closing and (failures == 0 or failures > 2)):
                return
            if failures:
                await asyncio.sleep(wait)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), wait)

    async def _ship(self) -> None:
        self.check()
        if self._copy_due:
            await self._copy()
        if self._pending is None:
            self._pending = await self._seal()
        term = self._lease.term
        if self._pending is not None:
            await self._put(self._pending)
            self._pending = None
        elif self._term != term and await self._log.get(self._number + 1) is not None:
            self._taken()
        self._term = term

    async def _put(self, sealed: _Sealed) -> None:
        head = sealed.segment.head
        await self._put_images()
        if not await ownership.put_once(self._bucket, self._log, sealed.segment, sealed.data):
            self._taken()
        self._number = head.number
        if not head.whole:
            self._copy_due = True
            await self._copy()
        self.shipped_seq = max(self.shipped_seq, head.last_seq)
        self.shipped_time = head.time / 1e6 - time.time() + time.monotonic()
        self._bytes_since += len(sealed.data)
        self._totals.segments += 1
        self._totals.segment_bytes += len(sealed.data)

    def _taken(self) -> None:
        self.taken_by = "another server took it over in the bucket"
        _log.error("another server took the tenant over", tenant=self._tenant, shipped=self.shipped_seq)
        raise TenantBusy(self._tenant, self.taken_by)

    async def _seal(self) -> _Sealed | None:
        """What was changed since the last time, as the next object of the log; None where nothing was."""
        if self._seen == (self._changes.count, self._vault.count) and not self._left:
            self.shipped_time = time.monotonic()
            return None
        snapshot = await self._in_thread(lambda: connect(self._ledger.path))
        try:
            now = time.time_ns() // 1000
            cut: Any = await self._commits.run(lambda: self._cut(snapshot))
            last_seq, count = cut
            rows = await self._in_thread(lambda: tuple(self._changes.rows(snapshot, self._left)))
            # After the ledger: a key is made before the first event that it seals.
            sealed, vault_count, whole = await self._in_thread(self._vault.take_changes)
        finally:
            await self._in_thread(snapshot.close)
        self._left.clear()
        self._seen = (count, vault_count)
        rows += sealed
        if not rows and whole:
            self.shipped_seq = max(self.shipped_seq, last_seq)
            return None
        first = min((row[0] for one in rows if one.table == "journal" for row in one.puts), default=last_seq + 1)
        head = Head(
            number=self._number + 1,
            kind=ownership.SEGMENT,
            owner=self._claim.owner,
            server=self._lease.server,
            first_seq=first,
            last_seq=last_seq,
            time=now,
            whole=whole,
            ledger_version=migrations.LEDGER_VERSION,
        )
        segment = Segment(head, rows)
        return _Sealed(segment, await self._in_thread(lambda: shipped.encode(head, rows)))

    def _cut(self, snapshot: sqlite3.Connection) -> tuple[int, int]:
        """Between two commits: what `snapshot` sees from here on is of this moment. Gives the journal's last sequence
        number and the count of changes.
        """
        snapshot.execute("BEGIN")
        snapshot.execute("SELECT count(*) FROM meta").fetchone()
        for table, keys in self._changes.take().items():
            self._left.setdefault(table, set()).update(keys)
        return self._ledger.last_seq, self._changes.count

    async def _put_images(self) -> None:
        """Every spooled image, before the entries that name it."""
        folder = self._folder / backup.SPOOL
        names = await self._in_thread(lambda: {one.name for one in folder.iterdir()} if folder.is_dir() else set())
        for name in sorted(name for name in names - self._spooled if not name.startswith(".")):
            with suppress(FileNotFoundError):
                data = await self._in_thread((folder / name).read_bytes)
                await self._bucket.put(f"{self._log.root}/{backup.SPOOL}/{name}", data)
                self._spooled.add(name)
        self._spooled &= names

    # --- copies

    async def _copy_if_due(self) -> None:
        if self._number == self._copied_number or self._closing:
            return
        if time.monotonic() - self._copied_time < self._around.settings.copy_seconds:
            return
        if self._bytes_since >= self._copy_bytes / 2 or self._number - self._copied_number >= COPY_SEGMENTS:
            await self._copy()

    async def _copy(self) -> None:
        """Of the ledger and the vault as they are now, under the number of the last object of the log."""
        number, draft = self._number, self._folder / f"{_DRAFT}{self._number}"
        draft_vault = draft.with_name(f"{draft.name}-vault")
        try:
            last_seq = await self._in_thread(lambda: _copy_ledger(self._folder / backup.LEDGER, draft))
            files = {"ledger": await self._put_file(number, "ledger", draft)}
            if await self._in_thread((self._folder / VAULT).exists):
                await self._in_thread(lambda: _copy_database(self._folder / VAULT, draft_vault))
                files["vault"] = await self._put_file(number, "vault", draft_vault)
        finally:
            await self._in_thread(lambda: _remove(draft, draft_vault))
        await self._put_images()
        seal = Seal(shipped.FORMAT, number, last_seq, migrations.LEDGER_VERSION, time.time_ns() // 1000, files)
        self.check()
        await self._bucket.put(shipped.copy_path(self._log.root, number, "seal"), msgspec.json.encode(seal))
        begun, self._copy_due = self._copy_due, False
        if begun:
            self.shipped_seq = max(self.shipped_seq, last_seq)
            self.shipped_time = time.monotonic()
        self._older_copy, self._copied_number = self._copied_number, number
        self._copied_time, self._bytes_since = time.monotonic(), 0
        self._copy_bytes = files["ledger"].bytes
        self._totals.copies += 1
        # The first one leaves nothing of what a kill kept an erasure from removing.
        await self._sweep(number if begun else self._older_copy)

    async def _put_file(self, number: int, name: str, file: Path) -> File:
        path = shipped.copy_path(self._log.root, number, name)
        found = await self._in_thread(lambda: _file(file))
        await self._bucket.put(path, file)
        return found

    async def _sweep(self, before: int) -> None:
        """Removes copies before `before` and objects of the log up to it. The claim stays: it is what a server that had
        the tenant before finds instead of its next number.
        """
        root, gone = self._log.root, []
        if before:
            for number in await self._log.copies():
                if number < before:
                    gone += [shipped.copy_path(root, number, name) for name in ("seal", "vault", "ledger")]
            numbers = set(await self._log.numbers()) - {self._claim.number}
            gone += [shipped.log_path(root, one) for one in sorted(numbers) if one <= before]
        wanted = await self._in_thread(self._spool_names)
        gone += [f"{root}/{backup.SPOOL}/{name}" for name in await self._log.images() if name not in wanted]
        await self._bucket.delete(gone)

    def _spool_names(self) -> set[str]:
        folder = self._folder / backup.SPOOL
        return {one.name for one in folder.iterdir()} if folder.is_dir() else set()

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


class Bucketed:
    """What opening a tenant needs of a bucket; without one, its folder and nothing else."""

    def __init__(self, around: Surroundings | None, tenant: str, folder: Path, claim: ownership.Claim | None) -> None:
        self._around, self._tenant, self._folder, self._claim = around, tenant, folder, claim
        self._changes: Changes | None = None
        self.place: Path | Place = folder
        if around is not None:
            self.place = Place(around.bucket.uri(tenant), around.bucket.storage_options())

    @classmethod
    async def claim(cls, around: Surroundings | None, tenant: str, folder: Path) -> "Bucketed":
        """Raises InterplayError, BucketFault, OSError, sqlite3.Error."""
        if around is None:
            await asyncio.to_thread(ownership.refuse_without_bucket, folder, tenant)
            return cls(None, tenant, folder, None)
        if around.lease.unsuitable is not None:
            raise BucketUnsuitable(tenant, around.lease.unsuitable)
        claim = await ownership.claim(around.bucket, around.lease, tenant, folder)
        return cls(around, tenant, folder, claim)

    def follow(self, ledger: Ledger) -> None:
        """Notes what changes in the ledger from now on. Blocking."""
        if self._around is not None:
            sweep_drafts(self._folder)
            self._changes = ledger.changes()

    def ship(self, ledger: Ledger, vault: LocalVault, commits: CommitQueue, *, executor: Executor) -> Shipping | None:
        if self._around is None or self._claim is None or self._changes is None:
            return None
        vault.followed = True
        return Shipping(
            self._around,
            self._tenant,
            self._folder,
            claim=self._claim,
            ledger=ledger,
            changes=self._changes,
            vault=vault,
            commits=commits,
            executor=executor,
        )


def sweep_drafts(folder: Path) -> None:
    """Removes what a kill left of copies. Blocking."""
    for left in folder.glob(f"{_DRAFT}*"):
        left.unlink()


def _copy_ledger(source: Path, target: Path) -> int:
    _copy_database(source, target)
    return backup.last_seq(target)


def _copy_database(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(connect(source)) as from_, closing(sqlite3.connect(target)) as to:
        to.execute("PRAGMA synchronous = OFF")
        from_.backup(to)


def _remove(*files: Path) -> None:
    for file in files:
        for one in (file, file.with_name(f"{file.name}-journal")):
            with contextlib.suppress(FileNotFoundError):
                one.unlink()


def _file(path: Path) -> File:
    with path.open("rb") as opened:
        return File(path.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())
