"""Tenants as their operator sees them, and backups."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

BACKUP_FORMAT: Final = 1
BACKUP_ID: Final = r"[a-z0-9][a-z0-9_.-]{0,62}"


class Quota(msgspec.Struct, frozen=True):
    """What a tenant may hold and do; 0 means without limit."""

    rows: int = 0
    """Of interactions and of all collections."""
    bytes: int = 0
    """Of its folder."""
    streams: int = 0
    """Open at once."""
    publishes_per_minute: int = 0
    """Writes that are taken: batches, appends, events."""


class TenantRecord(msgspec.Struct, frozen=True):
    """A tenant that was made by its operator. `create_time` in microseconds."""

    name: str
    display_name: str
    create_time: int
    quota: Quota = Quota()


class Usage(msgspec.Struct, frozen=True):
    """What a tenant holds; `rows` is None while it is closed."""

    bytes: int = 0
    rows: int | None = None


class Standing(msgspec.Struct, frozen=True):
    """How far all open tenants together are."""

    open_tenants: int = 0
    pending_rows: int = 0
    """Acked and not in the tables yet."""
    pending_bytes: int = 0
    oldest_pending: int | None = None
    """Publish time, in microseconds, of the oldest of them."""
    failing_tenants: int = 0
    """Whose tables cannot be written just now."""


class BackedUpFile(msgspec.Struct, frozen=True):
    """`path` is relative, `modified` the time of the last change in nanoseconds."""

    path: str
    size: int
    modified: int
    sha256: str


class BackupHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of a backup. Every ack up to the journal sequence `seq` is in it, and none after it."""

    format: int
    backup_id: str
    tenant: str
    create_time: int
    seq: int
    server_version: str
    ledger_version: int
    file_count: int = 0
    bytes: int = 0
    linked_bytes: int = 0
    """Of files that an earlier backup held already."""


class Backup(BackupHead, frozen=True, kw_only=True):
    """What `manifest.json` says."""

    files: tuple[BackedUpFile, ...] = ()


Progress = Callable[[int, int], None]
"""Told of bytes done and of all."""


class Folders(Protocol):
    """The folders of all tenants, and the backups of each."""

    async def names(self) -> list[str]:
        """Of all tenants, open or not, in alphabetical order."""

    async def usage(self, name: str, *, opened: bool = False) -> Usage | None:
        """None where there is no such tenant. With `opened` a closed one is opened, so that its rows are counted."""

    async def usages(self, names: Sequence[str]) -> list[tuple[str, Usage]]:
        """Of those of the tenants that there are; cheap for many."""

    async def create(self, name: str) -> None:
        """Raises TenantExists."""

    async def remove(self, name: str, revoke: Callable[[], None]) -> Usage:
        """Takes the tenant out of use and removes its folder; `revoke` is called, in a thread, once nobody uses it and
        before anything is gone. Raises TenantNotFound, TenantBusy.
        """

    async def end_exports(self, name: str) -> int:
        """Removes what is kept of a tenant's exports and ends those that are being made; gives how many went."""

    def check_can_back_up(self, name: str) -> None:
        """Raises BucketUnsuitable where the tables are in no folder."""

    async def backup(self, name: str, backup_id: str, progress: Progress) -> Backup:
        """The same id again gives the backup that was made under it. Raises TenantNotFound, TenantBusy."""

    async def backups(self, name: str) -> list[BackupHead]:
        """The newest first; those that cannot be read are left out."""

    async def has_backup(self, name: str, backup_id: str) -> bool: ...

    async def verify(self, name: str, backup_id: str, progress: Progress) -> Backup:
        """Reads every byte. Raises BackupNotFound, BackupDamaged, BackupIncompatible."""

    async def remove_backup(self, name: str, backup_id: str) -> None:
        """Raises BackupNotFound."""

    async def restore(self, source: str, backup_id: str, target: str, *, replace: bool, progress: Progress) -> Backup:
        """Into a new tenant, or with `replace` in place of one. Raises BackupNotFound, BackupDamaged,
        BackupIncompatible, TenantExists, TenantBusy.
        """
