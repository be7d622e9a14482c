"""All tenants of a data folder: opened on demand, closed when idle, a bounded number at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import lancedb
import structlog

from interplay_server.domain.custody import Standing
from interplay_server.domain.embedding import Embedders
from interplay_server.domain.evaluation_config import META_KEY as EVALUATION_CONFIG
from interplay_server.domain.operation import RUNNING
from interplay_server.domain.ports import TenantStore
from interplay_server.errors import InterplayError, TenantBusy
from interplay_server.settings import Storage
from interplay_server.storage import disk, scanning
from interplay_server.storage.absent import AbsentTenant
from interplay_server.storage.backup import LEDGER
from interplay_server.storage.buckets.server import ShippedTenants
from interplay_server.storage.buckets.shipping import Surroundings
from interplay_server.storage.ledger import Ledger, has_unfinished_work, waiting_session
from interplay_server.storage.left import Left
from interplay_server.storage.recovering import find_embedder
from interplay_server.storage.tenant import ContentMaker, LocalTenant
from interplay_server.storage.vault import NAME as VAULT

COMMIT_THREADS = 4
GRACE_SECONDS = 2.0
_POLL_SECONDS = 0.02
SETTLE_SECONDS = 0.3
"""After which whoever has something to do in an opened tenant holds it."""
PATIENCE_SECONDS = 30.0
"""How long a tenant that is to go out of use may be held by what works on it."""
_log = structlog.get_logger(__name__)


def _ignore(_: TenantStore) -> None: ...


async def _nothing(_: TenantStore) -> None: ...


def _nobody(_name: str, _why: str) -> None: ...


def _nothing_due(_name: str, _newest: int, _config: str | None) -> None: ...


class _Open:
    def __init__(self) -> None:
        self.ready: asyncio.Task[LocalTenant] | None = None
        self.users = 0
        self.holders = 0
        """Who keeps it open only for as long as there is room."""
        self.last_used = time.monotonic()
        self.closing: asyncio.Task[None] | None = None


class LocalTenants:
    """See `domain.ports.Tenants`. `on_open` and `on_close` are called with each tenant that opens or has closed,
    `before_close` with one that is about to; `evict` with the name of one that is to go out of use, and why; `expect`
    with what `waiting_session` says of each that a stop left with sessions to be judged; `admit` before each write;
    `content` makes what redacts and seals a tenant's texts.
    """

    def __init__(
        self,
        data: Path,
        settings: Storage,
        embedders: Embedders,
        workers: int,
        *,
        on_open: Callable[[TenantStore], None] = _ignore,
        on_close: Callable[[TenantStore], None] = _ignore,
        before_close: Callable[[TenantStore], Awaitable[None]] = _nothing,
        evict: Callable[[str, str], None] = _nobody,
        expect: Callable[[str, int, str | None], None] = _nothing_due,
        admit: Callable[[LocalTenant], Awaitable[None]] = _nothing,
        content: ContentMaker | None = None,
        around: Surroundings | None = None,
    ) -> None:
        self._data, self._settings, self._embedders = data, settings, embedders
        self._on_open, self._on_close, self._before_close = on_open, on_close, before_close
        self._evict, self._admit, self._expect = evict, admit, expect
        self._content: dict[str, ContentMaker] = {} if content is None else {"content": content}
        self._around, self.shipped = around, ShippedTenants(around)
        self._held: dict[str, str] = {}
        """Tenants that are out of use, and why."""
        self._session = lancedb.Session(
            index_cache_size_bytes=settings.cache_bytes, metadata_cache_size_bytes=settings.cache_bytes
        )
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="storage")
        self._committer = ThreadPoolExecutor(COMMIT_THREADS, thread_name_prefix="commit")
        self._open: dict[str, _Open] = {}
        self._values = scanning.Values(data, LEDGER)
        self._sweeper = asyncio.create_task(self._sweep(), name="close idle tenants")
        self._left = Left(self._go_on)

    @asynccontextmanager
    async def lease(self, name: str, *, create: bool) -> AsyncIterator[TenantStore]:
        entry = await self._entry(name, create=create)
        if entry is None:
            yield AbsentTenant(name, self._embedders.default)
            return
        entry.users += 1
        try:
            assert entry.ready is not None  # noqa: S101 - set by _entry
            yield await asyncio.shield(entry.ready)
        finally:
            entry.users -= 1
            entry.last_used = time.monotonic()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[TenantStore]:
        """Keeps a tenant open for what is left to be done in it. Where too many are open it is closed all the same, and
        opened again later.
        """
        entry = await self._entry(name, create=False)
        if entry is None:
            yield AbsentTenant(name, self._embedders.default)
            return
        entry.holders += 1
        try:
            assert entry.ready is not None  # noqa: S101 - set by _entry
            yield await asyncio.shield(entry.ready)
        finally:
            entry.holders -= 1
            entry.last_used = time.monotonic()

    @asynccontextmanager
    async def out_of_use(self, name: str, why: str) -> AsyncIterator[None]:
        """Nobody has the tenant open until the end; who asks for it meanwhile gets TenantBusy. Raises TenantBusy where
        it is out of use already, or what works on it does not let go in time.
        """
        if name in self._held:
            raise TenantBusy(name, self._held[name])
        await self.check_idle(name)
        if name in self._held:
            raise TenantBusy(name, self._held[name])
        self._held[name] = why
        try:
            self._evict(name, why)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._closed(name)
            except BaseException as error:
                # What learns from it was told of its end: it must not stay open without.
                if (entry := self._open.get(name)) is not None and entry.closing is None:
                    entry.closing = asyncio.create_task(self._close_when_free(name, entry), name=f"close {name}")
                if isinstance(error, TimeoutError):
                    raise TenantBusy(name, "what works on it does not let go of it") from None
                raise
            yield
        finally:
            del self._held[name]

    async def check_idle(self, name: str) -> None:
        """Raises TenantBusy where an operation runs on it, which is not to be cut off."""
        end = time.monotonic() + GRACE_SECONDS
        while (tenant := self.opened(name)) is not None and self._open[name].users:
            running = await tenant.list_operations(kind="", state=RUNNING, before=None, limit=1)
            if not running:
                return
            if time.monotonic() >= end:
                why = f"the operation {running[0].operation_id} ({running[0].kind}) runs; cancel it or wait for its end"
                raise TenantBusy(name, why)
            await asyncio.sleep(_POLL_SECONDS)

    async def _closed(self, name: str) -> None:
        told: LocalTenant | None = None
        while (entry := self._open.get(name)) is not None:
            if (tenant := self.opened(name)) is not None and tenant is not told:
                # What learns from it or watches it keeps it open for as long as there is something to do.
                told = tenant
                await self._before_close(tenant)
            if entry.closing is None and entry.users == 0 and entry.ready is not None and entry.ready.done():
                entry.closing = asyncio.create_task(self._close(name), name=f"close {name}")
            if entry.closing is not None:
                await asyncio.wait([entry.closing])
            else:
                await asyncio.sleep(_POLL_SECONDS)

    def check(self, folder: Path, name: str) -> None:
        """Whether a folder can be opened as a tenant here; its ledger is brought up to date. Blocking. Raises
        StorageIncompatible, sqlite3.Error.
        """
        ledger = Ledger(folder / LEDGER, name)
        try:
            find_embedder(ledger, self._embedders, name)
        finally:
            ledger.close()

    async def _entry(self, name: str, *, create: bool) -> _Open | None:
        local = create or name in self._open or (self._data / name / LEDGER).exists()
        shipped = not local and await self.shipped.has(name)
        if name in self._held:
            raise TenantBusy(name, self._held[name])
        while (entry := self._open.get(name)) is not None:
            if entry.closing is None:
                return entry
            await asyncio.wait([entry.closing])
            if name in self._held:
                raise TenantBusy(name, self._held[name])
        if not create and not shipped and not (self._data / name / LEDGER).exists():
            return None
        self._left.forget(name)
        entry = self._open[name] = _Open()
        entry.ready = asyncio.create_task(self._open_tenant(name, entry), name=f"open {name}")
        if len(self._open) > self._settings.max_open_tenants:
            self._close_idle(keep=self._settings.max_open_tenants, age=0)
        return entry

    async def _open_tenant(self, name: str, entry: _Open) -> LocalTenant:
        try:
            tenant = await LocalTenant.open(
                name,
                self._data / name,
                session=self._session,
                embedders=self._embedders,
                executor=self._executor,
                committer=self._committer,
                settings=self._settings,
                admit=self._admit,
                around=self._around,
                **self._content,
            )
        except BaseException as error:
            if self._open.get(name) is entry:
                del self._open[name]
            if isinstance(error, Exception):
                raise disk.unopened(error, name) from error
            raise
        self._on_open(tenant)
        return tenant

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(30.0, self._settings.idle_seconds))
            self._close_idle(keep=0, age=self._settings.idle_seconds)

    def _close_idle(self, *, keep: int, age: float) -> None:
        """Closes tenants that nobody uses, the longest idle first, down to `keep`; those that are held last, and only
        where there are too many.
        """
        now, most = time.monotonic(), self._settings.max_open_tenants
        staying = [(name, entry) for name, entry in self._open.items() if entry.closing is None]
        idle = sorted(
            (entry.holders > 0, entry.last_used, name)
            for name, entry in staying
            if entry.users == 0 and entry.ready is not None and entry.ready.done()
        )
        for place, (held, last_used, name) in enumerate(idle[: max(0, len(staying) - keep)]):
            if now - last_used >= age and (not held or len(staying) - place > most):
                self._open[name].closing = asyncio.create_task(self._close(name), name=f"close {name}")

    async def _close_when_free(self, name: str, entry: _Open) -> None:
        while entry.users:  # noqa: ASYNC110 - a count that has no event
            await asyncio.sleep(_POLL_SECONDS)
        await self._close(name)

    async def _close(self, name: str) -> None:
        entry = self._open[name]
        if entry.holders:
            self._left.add(name)
        try:
            if entry.ready is not None and (tenant := await entry.ready) is not None:
                await self._before_close(tenant)
                await tenant.close()
                self._on_close(tenant)
                _log.debug("closed tenant", tenant=name)
        except Exception as error:  # noqa: BLE001 - said; the folder recovers when it is opened again
            _log.error("cannot close tenant", tenant=name, error=repr(error))
        finally:
            self._open.pop(name, None)

    async def _go_on(self, name: str) -> None:
        """Keeps a tenant open until nobody holds it any more, for a while at most. Raises InterplayError."""
        async with self.lease(name, create=False) as store:
            entry, end = self._open.get(name), time.monotonic() + PATIENCE_SECONDS
            if entry is None or not store.exists:
                return
            await asyncio.sleep(SETTLE_SECONDS)
            while entry.holders and time.monotonic() < end:  # noqa: ASYNC110 - as above
                await asyncio.sleep(_POLL_SECONDS)

    async def open_unfinished(self) -> None:
        """Opens, once, every tenant that a stop left with something to do; it is closed again when that is done."""
        names, waiting = await asyncio.get_running_loop().run_in_executor(self._executor, self._unfinished)
        for name, newest, config in waiting:
            self._expect(name, newest, config)
        for name in [*names, *await self.shipped.to_take()]:
            try:
                async with self.lease(name, create=False):
                    _log.debug("took up what was left", tenant=name)
            except InterplayError as error:
                _log.error("cannot take up what was left", tenant=name, reason=error.reason)

    def _unfinished(self) -> tuple[list[str], list[tuple[str, int, str | None]]]:
        """Those to be opened now, and those of which sessions wait to be judged, with what `waiting_session` says."""
        names, waiting = [], []
        for name, ledger in scanning.folders(self._data, LEDGER):
            if has_unfinished_work(ledger):
                names.append(name)
            elif (found := waiting_session(ledger, EVALUATION_CONFIG)) is not None:
                waiting.append((name, *found))
        return names, waiting

    def names(self) -> list[str]:
        """Of all tenants, open or not. Reads the folder."""
        return [name for name, _ in scanning.folders(self._data, LEDGER)]

    def with_value(self, key: str) -> list[str]:
        """Names of all tenants that may have a value of the ledger, open ones in any case. Reads the folder."""
        found = self._values.present(key)
        return [name for name, has in found if has or name in self._open]

    def opened(self, name: str) -> LocalTenant | None:
        """The tenant if it is open just now."""
        entry = self._open.get(name)
        if entry is None or entry.ready is None or not entry.ready.done() or entry.closing is not None:
            return None
        return entry.ready.result() if entry.ready.exception() is None else None

    def monitored(self) -> list[str]:
        """Names of all tenants that have a vault. Reads the folder."""
        return [name for name, _ in scanning.folders(self._data, VAULT)]

    def standing(self) -> Standing:
        """Any thread."""
        opened = [tenant for name in list(self._open) if (tenant := self.opened(name)) is not None]
        pending = [tenant.pending for tenant in opened]
        return Standing(
            open_tenants=len(opened),
            pending_rows=sum(rows for rows, _, _ in pending),
            pending_bytes=sum(size for _, size, _ in pending),
            oldest_pending=min((oldest for _, _, oldest in pending if oldest is not None), default=None),
            failing_tenants=sum(tenant.failing for tenant in opened),
        )

    def open_names(self) -> list[str]:
        return sorted(self._open)

    async def close(self) -> None:
        self._sweeper.cancel()
        await asyncio.gather(self._sweeper, self._left.close(), return_exceptions=True)
        for name, entry in list(self._open.items()):
            if entry.closing is None:
                entry.closing = asyncio.create_task(self._close(name))
        await asyncio.gather(*(entry.closing for entry in list(self._open.values()) if entry.closing))
        self._executor.shutdown()
        self._committer.shutdown()
