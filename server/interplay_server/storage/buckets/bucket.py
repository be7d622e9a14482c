"""A bucket of an object store: whole objects put, got, listed and deleted; S3 and what speaks like it.

Needs the extra `s3`. Every fault is a BucketFault in our words: no text of a library, no address, no key.
"""

import asyncio
import os
import re
import secrets
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from interplay_server.errors import BucketUnavailable
from interplay_server.settings import Bucket as BucketSettings
from interplay_server.settings import SettingsError

T = TypeVar("T")
LARGE_BYTES = 4 * 2**20
"""An object beyond this gets ten times the time."""
_PROBES = ".probes"
_RETRIES = 2


class BucketFault(Exception):
    """The object store does not serve: `str` says why, in our words."""


class BucketRefused(Exception):
    """The object store cannot be used at all: `str` says why, in our words."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is listed: path below the bucket's prefix, bytes, when it was written by its clock."""

    path: str
    size: int
    modified: datetime


class Bucket:
    """Below `url`, `s3://bucket/prefix`. Lives on one event loop."""

    def __init__(self, url: str, settings: BucketSettings) -> None:
        """Raises SettingsError."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or parts.username:
            raise SettingsError("storage.bucket must be s3://BUCKET or s3://BUCKET/PREFIX")
        self.url = f"s3://{parts.netloc}{parts.path.rstrip('/')}"
        self._settings = settings
        seconds = settings.timeout_seconds
        self._small, self._large = (self._open(seconds * times) for times in (1, 10))
        self._reading = self._open(seconds * 10, silent=seconds)
        self._seconds = seconds

    def _open(self, seconds: float, silent: float | None = None) -> Any:
        """`seconds` for a request, of which `silent` may go without a byte."""
        try:
            from obstore.store import S3Store  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise SettingsError("storage.bucket needs the extra s3: pip install 'interplay-server[s3]'") from error
        settings = self._settings
        config: Any = {"conditional_put": "etag", **_credentials(settings)}
        if settings.region:
            config["region"] = settings.region
        if settings.endpoint:
            config["endpoint"] = settings.endpoint
        return S3Store.from_url(
            self.url,
            config=config,
            client_options={
                "timeout": timedelta(seconds=seconds),
                "connect_timeout": timedelta(seconds=self._settings.timeout_seconds),
                "allow_http": settings.allow_http,
                **({"read_timeout": timedelta(seconds=silent)} if silent is not None else {}),
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=seconds)},
        )

    def uri(self, *parts: str) -> str:
        return "/".join((self.url, *parts))

    def storage_options(self) -> dict[str, str]:
        """What LanceDB is opened with; holds secrets."""
        return self.plain_options() | {f"aws_{key}": value for key, value in _credentials(self._settings).items()}

    def plain_options(self) -> dict[str, str]:
        """The same without: for a process that has keys of its own."""
        settings = self._settings
        options = {
            "timeout": f"{settings.timeout_seconds}s",
            "connect_timeout": f"{settings.timeout_seconds}s",
            "client_max_retries": str(_RETRIES),
            "client_retry_timeout": str(max(1, round(settings.timeout_seconds))),
            "allow_http": str(settings.allow_http).lower(),
        }
        if settings.region:
            options["aws_region"] = settings.region
        if settings.endpoint:
            options["aws_endpoint"] = settings.endpoint
        return options

    async def get(self, path: str) -> bytes | None:
        """None where there is no such object. Raises BucketFault."""
        import obstore  # noqa: PLC0415

        async def read() -> bytes:
            return bytes(await (await obstore.get_async(self._reading, path)).bytes_async())

        try:
            return await self._told(read(), large=True)
        except FileNotFoundError:
            return None

    async def get_into(self, path: str, file: Path) -> bool:
        """Streams an object into a file; False where there is none. Raises BucketFault, OSError."""
        import obstore  # noqa: PLC0415

        async def read() -> None:
            found = await obstore.get_async(self._reading, path)
            with file.open("wb") as opened:
                async for piece in found.stream():
                    opened.write(piece)

        try:
            await self._told(read(), large=True)
        except FileNotFoundError:
            return False
        return True

    async def put(self, path: str, data: bytes | Path) -> None:
        """Raises BucketFault."""
        import obstore  # noqa: PLC0415

        large = isinstance(data, Path) or len(data) > LARGE_BYTES
        store = self._large if large else self._small
        await self._told(obstore.put_async(store, path, data), large=large)

    async def put_new(self, path: str, data: bytes) -> bool:
        """Puts an object where there is none; False, with nothing changed, where there is one. What was sent and got no
        answer is found to be there by the next try: compare it. Raises BucketFault.
        """
        import obstore  # noqa: PLC0415
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415

        large = len(data) > LARGE_BYTES
        store = self._large if large else self._small
        try:
            await self._told(obstore.put_async(store, path, data, mode="create", use_multipart=False), large=large)
        except AlreadyExistsError:
            return False
        return True

    async def listed(self, prefix: str, *, after: str = "") -> list[Stored]:
        """Objects below a folder, in the order of their names; those after `after`. Raises BucketFault."""
        import obstore  # noqa: PLC0415

        async def read() -> list[Stored]:
            found: list[Stored] = []
            stream = obstore.list(self._small, prefix, offset=after or None, chunk_size=1000)
            async for batch in stream:
                found += [Stored(one["path"], one["size"], one["last_modified"]) for one in batch]
            return sorted(found, key=lambda one: one.path)

        return await self._told(read(), large=True)

    async def folders(self) -> list[str]:
        """Names of the folders right below the prefix. Raises BucketFault."""
        import obstore  # noqa: PLC0415

        found = await self._told(obstore.list_with_delimiter_async(self._small), large=True)
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found["common_prefixes"])

    async def delete(self, paths: Iterable[str]) -> None:
        """Also where some are gone already. Raises BucketFault."""
        import obstore  # noqa: PLC0415

        if wanted := list(paths):
            try:
                await self._told(obstore.delete_async(self._small, wanted), large=True)
            except FileNotFoundError:
                return

    async def delete_all(self, prefix: str) -> None:
        """Raises BucketFault."""
        await self.delete([one.path for one in await self.listed(prefix)])

    async def check(self) -> None:
        """Whether the store does what is built on: refuses a second conditional write, lists what was written, deletes.
        Raises BucketFault, BucketRefused.
        """
        path = f"{_PROBES}/{secrets.token_hex(8)}"
        try:
            if not await self.put_new(path, b"first"):
                raise BucketRefused("it says of an object that was never written that it is there")
            if await self.put_new(path, b"second") or await self.get(path) != b"first":
                raise BucketRefused("a conditional write (If-None-Match) overwrites an object that is there")
            if [one.path for one in await self.listed(_PROBES)].count(path) != 1:
                raise BucketRefused("it does not list an object that was written")
        finally:
            await self.delete([path])
        if await self.get(path) is not None:
            raise BucketRefused("it does not delete an object")

    async def _told(self, work: Awaitable[T], *, large: bool = False) -> T:
        """Raises FileNotFoundError, AlreadyExistsError, BucketFault."""
        from obstore import exceptions  # noqa: PLC0415

        seconds = self._seconds * (11 if large else 2)
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            raise BucketFault(f"no answer within {seconds:g} s") from None
        except (FileNotFoundError, exceptions.AlreadyExistsError):
            raise
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise BucketFault("it refuses our key (403)") from error
        except (exceptions.BaseError, OSError) as error:
            raise BucketFault(said(str(error))) from error


def fault_of(error: BaseException) -> BucketFault | None:
    """What an error of ours or of LanceDB says of the object store; None where it is of something else."""
    if isinstance(error, BucketFault):
        return error
    text = str(error)
    if isinstance(error, RuntimeError | ValueError | OSError) and _STORE.search(text):
        return BucketFault(said(text))
    return None


def told(error: BaseException, tenant: str) -> BucketUnavailable | None:
    """What a caller gets for a fault of the object store."""
    fault = fault_of(error)
    return None if fault is None else BucketUnavailable(tenant, str(fault))


def said(text: str) -> str:
    """In our words, what an object store's client says of a fault."""
    if (found := _STATUS.search(text)) is not None:
        status = int(found[1])
        if status in {401, 403}:
            return "it refuses our key (403)"
        if status in {429, 503}:
            return "it asks for patience (503)"
        return f"it answers with a fault of its own ({status})"
    if _TIMED_OUT.search(text):
        return "no answer in time"
    return "it cannot be reached"


_STORE = re.compile(r'Generic S3 error|store: "S3"|S3 error|performing (?:GET|PUT|POST|HEAD|DELETE) http|object store')
_STATUS = re.compile(r"status(?: code)?: (\d{3})")
_TIMED_OUT = re.compile(r"(?i)timed out|TimedOut|kind: Timeout|operation timed")


def _credentials(settings: BucketSettings) -> Mapping[str, str]:
    """From the environment; empty leaves them to the client (instance roles, web identities)."""
    names = {
        "access_key_id": settings.access_key_env,
        "secret_access_key": settings.secret_key_env,
        "session_token": settings.session_token_env,
    }
    return {key: value for key, name in names.items() if name and (value := os.environ.get(name))}
