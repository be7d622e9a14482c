"""A server's sign of life in a bucket: one object, written anew every third of `bucket.lease_seconds`.

Another server takes a tenant over only where the sign of its last owner is older than that, by the bucket's clock; one
whose own sign grew old applies nothing until it has looked whether it was taken over.
"""

import asyncio
import contextlib
import secrets
import time
from pathlib import Path

import structlog

from interplay_server.storage.buckets.bucket import Bucket, BucketFault

FOLDER = ".servers"
ID_FILE = ".bucket-server"
_OWN_SHARE = 0.7
"""Part of a lease after which its holder no longer relies on it."""
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_log = structlog.get_logger(__name__)


def _now() -> float:
    """Seconds that go on while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


def server_id(data: Path) -> str:
    """Of a data folder; made by its first start with a bucket. Blocking."""
    file = data / ID_FILE
    if not file.exists():
        part = file.with_suffix(".part")
        part.write_text(secrets.token_hex(8))
        part.replace(file)
    return file.read_text().strip()


class Lease:
    """`term` changes whenever the sign of life had grown old; `unsuitable` says what the bucket no longer does."""

    def __init__(self, bucket: Bucket, server: str, seconds: float) -> None:
        self.server, self.term = server, 0
        self.unsuitable: str | None = None
        self._bucket, self._seconds = bucket, seconds
        self._path = f"{FOLDER}/{server}"
        self._sent = self._answered = -seconds
        self._task: asyncio.Task[None] | None = None
        self._beating = asyncio.Lock()

    async def start(self) -> None:
        """Raises BucketFault."""
        await self._beat()
        self._task = asyncio.create_task(self._run(), name="signs of life")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            with contextlib.suppress(BucketFault):
                await self._bucket.delete([self._path])

    @property
    def valid(self) -> bool:
        return _now() - self._sent < self._seconds * _OWN_SHARE

    async def renewed(self) -> None:
        """Returns when the lease is valid. Raises BucketFault."""
        if not self.valid:
            async with self._beating:
                if not self.valid:
                    await self._beat()

    async def seconds_left(self, server: str) -> float:
        """Of another server's lease, 0 where it ended. Raises BucketFault."""
        if server == self.server:
            return 0.0
        signs = {one.path.rpartition("/")[2]: one.modified for one in await self._bucket.listed(FOLDER)}
        if server not in signs:
            return 0.0
        if self.server not in signs:
            raise BucketFault("it lost what was written to it")
        age = (signs[self.server] - signs[server]).total_seconds() + max(0.0, _now() - self._answered)
        return max(0.0, self._seconds - age)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds / 3)
            try:
                async with self._beating:
                    await self._beat()
            except BucketFault as fault:
                _log.warning("cannot leave a sign of life in the bucket", why=str(fault))

    async def _beat(self) -> None:
        sent = _now()
        lapsed = not self.valid
        await self._bucket.put(self._path, self.server.encode())
        if await self._bucket.put_new(self._path, self.server.encode()):
            if self.unsuitable is None:
                _log.error("the bucket overwrites on a conditional write; nothing is written until it refuses again")
            self.unsuitable = "a conditional write (If-None-Match) overwrites an object that is there"
        elif self.unsuitable is not None:
            _log.info("the bucket refuses conditional writes again")
            self.unsuitable = None
        self.term += lapsed
        self._sent, self._answered = sent, _now()
