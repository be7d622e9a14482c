"""What a server holds of its bucket for all tenants: opened and checked at start, let go of at the end."""

import asyncio
import time
from pathlib import Path

import structlog

from interplay_server.errors import BucketUnavailable, BucketUnsuitable
from interplay_server.settings import Settings, SettingsError
from interplay_server.storage.buckets.bucket import Bucket, BucketFault, BucketRefused
from interplay_server.storage.buckets.lease import Lease, server_id
from interplay_server.storage.buckets.ownership import sweep_fetched
from interplay_server.storage.buckets.shipped import root
from interplay_server.storage.buckets.shipping import Surroundings

_ATTEMPTS, _PAUSE_SECONDS = 3, 1.0
_KNOWN = 10_000
_log = structlog.get_logger(__name__)


async def open_bucket(settings: Settings, data: Path) -> Surroundings | None:
    """None where `storage.bucket` is empty. Raises SettingsError where it cannot be used."""
    if not settings.storage.bucket:
        return None
    await asyncio.to_thread(sweep_fetched, data)
    bucket = Bucket(settings.storage.bucket, settings.bucket)
    lease = Lease(bucket, await asyncio.to_thread(server_id, data), settings.bucket.lease_seconds)
    for left in reversed(range(_ATTEMPTS)):
        try:
            await bucket.check()
            await lease.start()
        except BucketRefused as refused:
            raise SettingsError(f"storage.bucket {bucket.url} cannot be used: {refused}") from refused
        except BucketFault as fault:
            if not left:
                raise SettingsError(f"storage.bucket {bucket.url} cannot be used: {fault}") from fault
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            break
    return Surroundings(bucket, lease, settings.bucket, settings.storage.ship_seconds)


class ShippedTenants:
    """Which tenants there are in the bucket, whoever has them; `around` is None without a bucket."""

    def __init__(self, around: Surroundings | None) -> None:
        self._around = around
        self._absent: dict[str, float] = {}

    async def has(self, name: str) -> bool:
        """Raises BucketUnavailable."""
        if self._around is None:
            return False
        settings = self._around.settings
        if time.monotonic() - self._absent.get(name, -settings.lease_seconds) < settings.lease_seconds:
            return False
        try:
            there = bool(await self._around.bucket.listed(f"{root(name)}/log"))
        except BucketFault as fault:
            raise BucketUnavailable(name, str(fault)) from fault
        if not there:
            if len(self._absent) >= _KNOWN:
                self._absent.clear()
            self._absent[name] = time.monotonic()
        return there

    async def to_take(self) -> list[str]:
        """Tenants of the bucket, where the server is to take over at its start those that nobody owns."""
        if self._around is None or not self._around.settings.recover:
            return []
        try:
            names = await self._around.bucket.folders()
        except BucketFault as fault:
            _log.error("cannot list the tenants of the bucket", why=str(fault))
            return []
        return [name for name in names if not name.startswith(".")]

    async def remove(self, name: str) -> None:
        """Everything of a tenant. Raises BucketUnavailable."""
        if self._around is not None:
            try:
                # The log first: a tenant without it is none.
                for part in (f"{root(name)}/log", name):
                    await self._around.bucket.delete_all(part)
            except BucketFault as fault:
                raise BucketUnavailable(name, str(fault)) from fault

    def refuse(self, name: str, what: str) -> None:
        """Raises BucketUnsuitable for what needs the tables in the data folder."""
        if self._around is not None:
            raise BucketUnsuitable(name, f"{what}; see docs/object-storage.md for what to do instead")
