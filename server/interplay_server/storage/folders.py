"""The folders of all tenants: listed, made, removed, backed up and restored while the server runs."""

import asyncio
import contextlib
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar
from weakref import WeakValueDictionary

import structlog

from interplay_server.domain.custody import BACKUP_FORMAT, Backup, BackupHead, Progress, Usage
from interplay_server.errors import (
    BackupIncompatible,
    BackupNotFound,
    InterplayError,
    StorageIncompatible,
    TenantBusy,
    TenantExists,
    TenantNotFound,
)
from interplay_server.storage import backup, disk, erasures, migrations
from interplay_server.storage.scanning import Sizes, bytes_in
from interplay_server.storage.tenants import LocalTenants

T = TypeVar("T")
_CUT, _RESTORED, _REPLACED, _SWAP = ".cut-", ".restored-", ".replaced-", ".swap-"
_TELL_SECONDS, _APPLY_SECONDS = 0.1, 5.0
_log = structlog.get_logger(__name__)


class Ended(Exception):
    """The work was cancelled; its thread is told by the next progress."""


class LocalFolders:
    """See `domain.custody.Folders`. `forget_meta` and `forget_operations` name what a restored ledger does not keep;
    `exports` are folders that keep some of each tenant for an hour, `end_exports` ends those that are in memory too.
    """

    def __init__(
        self,
        tenants: LocalTenants,
        data: Path,
        backups: Path,
        *,
        server_version: str,
        forget_meta: tuple[str, ...],
        forget_operations: tuple[str, ...],
        exports: tuple[Path, ...],
        end_exports: Callable[[str], None],
    ) -> None:
        self._exports, self._end_exports = exports, end_exports
        self._tenants, self._data, self._backups = tenants, data, backups
        self._sizes = Sizes(data, backup.LEDGER)
        self._version = server_version
        self._forget_meta, self._forget_operations = forget_meta, forget_operations
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """One work at a time on a tenant, and on a backup (`tenant/id`), which is locked after a tenant only."""
        self._replaced: dict[str, str] = {}
        """Tenants that are restored or deleted, and which of the two."""

    async def names(self) -> list[str]:
        return await asyncio.to_thread(self._tenants.names)

    async def usage(self, name: str, *, opened: bool = False) -> Usage | None:
        folder = self._data / name
        if not await self._is_there(name):
            return None
        rows = None
        if opened:
            async with self._tenants.lease(name, create=False):
                rows = await self._rows(name)
        else:
            rows = await self._rows(name)
        return Usage(await asyncio.to_thread(bytes_in, folder), rows)

    async def usages(self, names: Sequence[str]) -> list[tuple[str, Usage]]:
        sizes = await asyncio.to_thread(self._sizes.of, names, frozenset(self._tenants.open_names()))
        return [(name, Usage(size, await self._rows(name))) for name, size in sizes]

    async def _rows(self, name: str) -> int | None:
        if (tenant := self._tenants.opened(name)) is None:
            return None
        try:
            return await tenant.count_all()
        except Exception:
            if self._tenants.opened(name) is tenant:
                raise
            return None  # it was closed, perhaps deleted, meanwhile

    async def create(self, name: str) -> None:
        self._check_stays(name)
        async with self._lock(name):
            if await self._is_there(name):
                raise TenantExists(name)
            async with self._tenants.lease(name, create=True):
                pass

    async def remove(self, name: str, revoke: Callable[[], None]) -> Usage:
        await self._tenants.check_idle(name)
        async with self._replacing(name, "it is being deleted"):
            if (usage := await self.usage(name)) is None:
                raise TenantNotFound(name)
            async with self._tenants.out_of_use(name, "it is being deleted"):
                self._end_exports(name)
                # First: what the bucket has would make it again.
                await _to_the_end(self._tenants.shipped.remove(name))
                try:
                    await _to_the_end(asyncio.to_thread(self._take_away, name, revoke))
                except OSError as error:
                    raise _told(error, name, "cannot remove a tenant") from error
        return usage

    # --- backups

    def check_can_back_up(self, name: str) -> None:
        self._tenants.shipped.refuse(name, "tables in it are no files that could be backed up")

    async def backup(self, name: str, backup_id: str, progress: Progress) -> Backup:
        # Who waited here for a restore would hold the tenant that the restore waits for.
        self._check_stays(name)
        self.check_can_back_up(name)
        target = self._backups / name / backup_id
        async with self._lock(name):
            if await self.has_backup(name, backup_id):
                return await asyncio.to_thread(backup.read, target)
            staging = self._data / f"{_CUT}{name}"
            try:
                await asyncio.to_thread(_erase, staging)
                async with self._tenants.lease(name, create=False):
                    tenant = self._tenants.opened(name)
                    if tenant is None:
                        raise TenantNotFound(name)
                    # Only so that little has to be applied after a restore: what is not applied is in the journal.
                    with contextlib.suppress(InterplayError, TimeoutError):
                        async with asyncio.timeout(_APPLY_SECONDS):
                            await tenant.wait_applied(tenant.last_seq)
                    seq = await _to_the_end(tenant.cut(staging))
                draft = Backup(
                    format=BACKUP_FORMAT,
                    backup_id=backup_id,
                    tenant=name,
                    create_time=backup.now(),
                    seq=seq,
                    server_version=self._version,
                    ledger_version=migrations.LEDGER_VERSION,
                )
                await asyncio.to_thread(backup.remove_parts, target.parent)
                previous = await asyncio.to_thread(_newest, target.parent)
                return await _working(partial(backup.store, staging, target, draft, previous), progress)
            except (OSError, *disk.LEDGER_FAULTS) as error:
                raise _told(error, name, "cannot back up") from error
            finally:
                await _to_the_end(asyncio.to_thread(_erase, staging))

    async def backups(self, name: str) -> list[BackupHead]:
        def read() -> list[BackupHead]:
            found = []
            for folder in backup.backups(self._backups / name):
                try:
                    found.append(backup.head(folder))
                except InterplayError as error:
                    _log.error("cannot read a backup", tenant=name, backup=folder.name, reason=error.reason)
            return sorted(found, key=lambda one: (one.create_time, one.backup_id), reverse=True)

        return await asyncio.to_thread(read)

    async def has_backup(self, name: str, backup_id: str) -> bool:
        return await asyncio.to_thread((self._backups / name / backup_id).exists)

    async def verify(self, name: str, backup_id: str, progress: Progress) -> Backup:
        async with self._lock(f"{name}/{backup_id}"):
            return await _working(partial(backup.verify, self._backups / name / backup_id), progress)

    async def remove_backup(self, name: str, backup_id: str) -> None:
        folder = self._backups / name / backup_id

        def remove() -> None:
            # Renamed first: half a backup is none.
            backup.remove_parts(folder.parent)
            part = folder.with_name(folder.name + backup.PART)
            folder.rename(part)
            shutil.rmtree(part)

        async with self._lock(name), self._lock(f"{name}/{backup_id}"):
            if not await asyncio.to_thread(folder.is_dir):
                raise BackupNotFound(backup_id)
            try:
                await _to_the_end(asyncio.to_thread(remove))
            except OSError as error:
                raise _told(error, name, "cannot remove a backup") from error

    async def restore(self, source: str, backup_id: str, target: str, *, replace: bool, progress: Progress) -> Backup:
        self._tenants.shipped.refuse(target, "a backup of files cannot be restored into it")
        made = self._data / f"{_RESTORED}{target}"
        if not replace and await self._is_there(target):
            raise TenantExists(target)
        await self._tenants.check_idle(target)
        async with self._replacing(target, "it is being restored"):
            if not replace and await self._is_there(target):
                raise TenantExists(target)
            try:
                async with self._lock(f"{source}/{backup_id}"):
                    folder = self._backups / source / backup_id
                    found = await _working(partial(backup.unpack, folder, made), progress)
                await _to_the_end(asyncio.to_thread(self._renew, made, found, target))
                async with self._tenants.out_of_use(target, "it is being restored"):
                    if not replace and await self._is_there(target):
                        raise TenantExists(target)
                    self._end_exports(target)
                    erased = await _to_the_end(asyncio.to_thread(self._carry_erasures, source, target))
                    await _to_the_end(asyncio.to_thread(self._swap, target))
            except (OSError, *disk.LEDGER_FAULTS) as error:
                raise _told(error, target, "cannot restore") from error
            finally:
                await _to_the_end(asyncio.to_thread(_erase, made))
            await _to_the_end(asyncio.to_thread(_erase, self._data / f"{_REPLACED}{target}"))
            if erased:
                # Opening it erases them again; until then it answers nobody.
                async with self._tenants.lease(target, create=False):
                    pass
            return found

    def _carry_erasures(self, source: str, target: str) -> bool:
        """Tombstones outlive a restore: whether the restored tenant may hold somebody who was erased since."""
        made = self._data / f"{_RESTORED}{target}" / backup.LEDGER
        live = dict.fromkeys(self._data / name / backup.LEDGER for name in (source, target))
        return erasures.carry_over([one for one in live if one.exists()], made)

    def _renew(self, made: Path, found: Backup, target: str) -> None:
        try:
            self._tenants.check(made, target)
        except StorageIncompatible as error:
            raise BackupIncompatible(found.backup_id, error.message) from error
        backup.renew(
            made / backup.LEDGER,
            secrets.token_hex(8),
            self._forget_meta,
            self._forget_operations,
            moved=found.tenant != target,
        )
        disk.flush_filesystem(self._data)

    def _swap(self, name: str) -> None:
        self._erase_exports(name)
        note, folder, aside = (self._data / f"{prefix}{name}" for prefix in (_SWAP, "", _REPLACED))
        _erase(aside)
        note.touch()
        disk.flush_folder(self._data)
        try:
            if folder.exists():
                folder.rename(aside)
            (self._data / f"{_RESTORED}{name}").rename(folder)
        except OSError:
            if aside.exists() and not folder.exists():
                aside.rename(folder)
            note.unlink()
            raise
        disk.flush_folder(self._data)
        note.unlink()
        disk.flush_folder(self._data)

    def _take_away(self, name: str, revoke: Callable[[], None]) -> None:
        gone = self._data / f"{_REPLACED}{name}"
        _erase(gone)
        self._erase_exports(name)
        revoke()
        (self._data / name).rename(gone)
        disk.flush_folder(self._data)
        _erase(gone)

    async def end_exports(self, name: str) -> int:
        self._end_exports(name)
        there = [one for folder in self._exports if (one := folder / name).is_dir()]
        count = sum([len(await asyncio.to_thread(lambda one: list(one.iterdir()), one)) for one in there])
        await _to_the_end(asyncio.to_thread(self._erase_exports, name))
        return count

    def _erase_exports(self, name: str) -> None:
        for folder in self._exports:
            _erase(folder / name)

    async def _is_there(self, name: str) -> bool:
        return await asyncio.to_thread((self._data / name / backup.LEDGER).exists)

    def _check_stays(self, name: str) -> None:
        if (why := self._replaced.get(name)) is not None:
            raise TenantBusy(name, why)

    @contextlib.asynccontextmanager
    async def _replacing(self, name: str, why: str) -> AsyncIterator[None]:
        """Raises TenantBusy where another restore or deletion is at it."""
        self._check_stays(name)
        self._replaced[name] = why
        try:
            async with self._lock(name):
                yield
        finally:
            del self._replaced[name]

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())


def recover(data: Path) -> None:
    """Ends what a kill interrupted, before any tenant opens: a swap is finished, or undone where the restored folder is
    gone; copies are removed.
    """
    for note in data.glob(f"{_SWAP}*"):
        name = note.name.removeprefix(_SWAP)
        folder, restored, aside = data / name, data / f"{_RESTORED}{name}", data / f"{_REPLACED}{name}"
        if not folder.exists():
            if (found := next((one for one in (restored, aside) if one.exists()), None)) is not None:
                found.rename(folder)
            _log.warning("finished an interrupted restore", tenant=name)
        disk.flush_folder(data)
        note.unlink()
    for prefix in (_CUT, _RESTORED, _REPLACED):
        for left in data.glob(f"{prefix}*"):
            _erase(left)
    disk.flush_folder(data)


def _erase(folder: Path) -> None:
    """Also where it stands on another disk, behind a link. Raises OSError where some of it stays."""
    if folder.is_symlink():
        there = folder.resolve()
        folder.unlink()
        folder = there
    if folder.exists():
        shutil.rmtree(folder)


def _newest(root: Path) -> Path | None:
    """The newest backup that can be read."""
    for folder in backup.backups(root):
        with contextlib.suppress(InterplayError):
            backup.head(folder)
            return folder
    return None


def _told(error: BaseException, tenant: str, what: str) -> InterplayError:
    _log.error(what, tenant=tenant, error=repr(error))
    return disk.translate(error, tenant)


async def _to_the_end(work: Awaitable[T]) -> T:
    """A cancellation waits for what must not be left half done."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


async def _working(work: Callable[[Progress], T], progress: Progress) -> T:
    """Runs `work` in a thread; a cancellation ends it at its next progress, and waits for that."""
    loop, ended, told = asyncio.get_running_loop(), False, 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if ended:
            raise Ended
        if done == total or time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            loop.call_soon_threadsafe(progress, done, total)

    task = asyncio.ensure_future(asyncio.to_thread(work, tell))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        ended = True
        with contextlib.suppress(BaseException):
            await _to_the_end(task)
        raise
