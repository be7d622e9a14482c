"""Tenants of another server's data folder, read while that server writes: `serve --replica-of FOLDER`.

What a replica tells is what the folder held at its last look, which is never longer ago than the interval when a call
begins: journal entries that are not applied yet stand in a tail of its own, rows come from the newest versions of the
tables. Nothing in the folder is written, made, locked or removed.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import lancedb
import structlog

from interplay_server.domain import journal
from interplay_server.domain.collections import COLLECTIONS
from interplay_server.domain.content_policy import META_KEY as POLICY_META
from interplay_server.domain.content_policy import load as load_policy
from interplay_server.domain.embedding import Embedders
from interplay_server.domain.monitoring import ACTIONS
from interplay_server.domain.ports import Change, TenantStore
from interplay_server.domain.reembedding import GENERATION_META
from interplay_server.errors import InterplayError, ReplicaReadOnly, StorageReadOnly, TenantBusy
from interplay_server.settings import Storage
from interplay_server.storage import disk
from interplay_server.storage.applier import Applier
from interplay_server.storage.recovering import find_embedder
from interplay_server.storage.replicas.ledger import Look, Outrun, ReplicaLedger
from interplay_server.storage.replicas.tables import ReplicaDerived, ReplicaTables, ReplicaVault
from interplay_server.storage.tail import to_change
from interplay_server.storage.tenant import ContentMaker, LocalTenant
from interplay_server.storage.tenants import LocalTenants, _Open
from interplay_server.storage.vault import NAME as VAULT

_POLL_SECONDS = 0.02
_log = structlog.get_logger(__name__)


class _Unapplied(Applier):
    """What the other server applies is applied by it."""

    async def _run(self) -> None:
        return

    def notify(self) -> None: ...

    async def wait_applied(self, seq: int) -> None: ...

    async def close(self) -> None:
        await self._task


class ReplicaTenant(LocalTenant):
    """See `domain.ports.TenantStore`; what writes raises ReplicaReadOnly."""

    _ledger: ReplicaLedger
    source: str
    looked: float
    """When it was last looked at, by the monotonic clock: what was acked before is seen."""

    @classmethod
    async def look_into(
        cls,
        name: str,
        folder: Path,
        *,
        source: str,
        session: lancedb.Session,
        embedders: Embedders,
        executor: Executor,
        committer: Executor,
        settings: Storage,
        content: ContentMaker,
    ) -> "ReplicaTenant":
        """Raises InterplayError."""
        loop = asyncio.get_running_loop()
        ledger: ReplicaLedger | None = None
        try:
            ledger = await loop.run_in_executor(executor, ReplicaLedger, folder / "ledger.sqlite3", name)
            embedder = find_embedder(ledger, embedders, name)
            generation = int(ledger.meta(GENERATION_META) or 0)
            tables = await ReplicaTables.open(
                folder / "lance", session, embedder.dimension, COLLECTIONS, name, generation=generation
            )
            tenant = cls(
                name,
                folder,
                session=session,
                ledger=ledger,
                tables=tables,
                embedder=embedder,
                embedders=embedders,
                executor=executor,
                committer=committer,
                settings=settings,
                applied_seq=0,
                admit=_nothing,
                applier=_Unapplied,
            )
            tenant.source = source
            tenant.derived = ReplicaDerived(folder / "derived", session)
            tenant.vault = ReplicaVault(folder / VAULT, name, executor)
            tenant.content = tables.content = content(name, ledger.secret, tenant.vault.content_keys)
            tenant.content.policy = load_policy(ledger.meta(POLICY_META))
            tenant._last_seq = 0
            tenant._refreshing = asyncio.Lock()
            await tenant.look()
        except Exception as error:
            if ledger is not None:
                ledger.close()
            if not isinstance(error, TenantBusy):
                _log.error("cannot open tenant", tenant=name, error=repr(error))
            raise _told(error, name) from error
        return tenant

    _refreshing: asyncio.Lock

    async def look(self, *, unless_since: float = float("inf")) -> list[Change]:
        """Takes in what was committed since the last look, and gives it; does nothing where another look began after
        `unless_since`. Raises Outrun, sqlite3.Error, StorageIncompatible.
        """
        async with self._refreshing:
            began, first = time.monotonic(), not hasattr(self, "looked")
            if not first and self.looked > unless_since:
                return []
            if not await self._in_thread(self._ledger.is_same_file):
                raise Outrun
            look = await self._in_thread(lambda: self._ledger.look(0 if first else self._last_seq))
            if look is not None:
                look = await self._readable(look)
            changes = [] if look is None else self._take_in(look, first=first)
            if look is not None:
                self._ledger.seen(look)
            self.looked = began
        for listener in tuple(self._listeners) if changes else ():
            listener(changes)
        return changes

    async def _readable(self, look: Look) -> Look:
        """Raises KeyUnavailable."""
        entries = []
        for one in look.entries:
            opened = await self.content.read_entry(one.row.entry)
            entries.append(one if opened is one.row.entry else replace(one, row=replace(one.row, entry=opened)))
        return replace(look, entries=tuple(entries))

    def _take_in(self, look: Look, *, first: bool) -> list[Change]:
        """Raises Outrun."""
        if not first and look.trimmed_seq > self._last_seq:
            raise Outrun
        changes = []
        applied = self._tail.history(-1, look.trimmed_seq)
        self._tail.applied(applied)
        if not first and look.kept_bytes != self._tail.bytes:
            raise Outrun  # an erasure went through the journal
        for entry in look.entries:
            row = entry.row
            ids = self._ids.at(row.publish_time, row.seq, entry.last_seq - row.seq + 1)
            change = to_change(row.entry, row.seq, row.publish_time, ids, row.append)
            self._tail.add(change, entry.size)
            changes.append(change)
            self._renews = self._renews or _renews(row.entry)
        self._last_seq = max(self._last_seq, look.trimmed_seq, changes[-1].seq if changes else 0)
        self._applier.applied_seq = look.trimmed_seq
        return changes

    _renews = False

    def renewed(self) -> bool:
        """Whether what others keep of its configuration may be out of date, since this was last asked."""
        told, self._renews = self._renews, False
        return told

    async def image(self, sha256: str) -> bytes | None:
        # Between the two places that are looked at, it may move from the first to the second.
        return await super().image(sha256) or await super().image(sha256)

    async def close(self) -> None:
        await self._applier.close()
        await self.vault.close()
        await self._in_thread(self._ledger.close)

    async def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ReplicaReadOnly(self.source)

    def submit(self, *_: Any) -> NoReturn:
        raise ReplicaReadOnly(self.source)

    admit = save_operation = spool_image = optimize = reembed = cut = shred = _refuse


class ReplicaTenants(LocalTenants):
    """See `domain.ports.Tenants`. `renew` is told of a tenant whose configuration changed; `end_streams` ends the
    streams of one that is opened anew.
    """

    def __init__(
        self,
        source: Path,
        settings: Storage,
        embedders: Embedders,
        workers: int,
        *,
        refresh_seconds: float,
        on_open: Callable[[TenantStore], None],
        on_close: Callable[[TenantStore], None],
        before_close: Callable[[TenantStore], Awaitable[None]],
        renew: Callable[[TenantStore], None],
        end_streams: Callable[[str, str], None],
        content: ContentMaker,
    ) -> None:
        super().__init__(
            source, settings, embedders, workers, on_open=on_open, on_close=on_close, before_close=before_close
        )
        self._contents = content
        self._source, self._refresh_seconds = str(source), refresh_seconds
        self._renew, self._end_streams = renew, end_streams
        self._retired: set[asyncio.Task[None]] = set()
        self._looking = asyncio.create_task(self._look(), name="look at open tenants")

    @asynccontextmanager
    async def lease(self, name: str, *, create: bool) -> AsyncIterator[TenantStore]:
        """What the tenant held at most the interval before this began, or later, is in it."""
        if create:
            raise ReplicaReadOnly(self._source)
        await self._bring_up(name)
        async with super().lease(name, create=False) as tenant:
            yield tenant

    async def _bring_up(self, name: str) -> None:
        """Raises InterplayError."""
        tenant = self.opened(name)
        if not isinstance(tenant, ReplicaTenant):
            return
        oldest = time.monotonic() - self._refresh_seconds
        try:
            if tenant.looked <= oldest:
                await tenant.look(unless_since=oldest)
        except Outrun:
            await self._retire(name, tenant)
        except (*disk.LEDGER_FAULTS, OSError, InterplayError) as error:
            if tenant is self.opened(name):
                _log.error("cannot look at a tenant", tenant=name, error=repr(error))
                raise _told(error, name) from error
        # Whoever looked may have gone away before it was told.
        if tenant is self.opened(name) and tenant.renewed():
            self._renew(tenant)

    async def _open_tenant(self, name: str, entry: _Open) -> LocalTenant:
        try:
            tenant = await ReplicaTenant.look_into(
                name,
                self._data / name,
                source=self._source,
                session=self._session,
                embedders=self._embedders,
                executor=self._executor,
                committer=self._committer,
                settings=self._settings,
                content=self._contents,
            )
        except BaseException:
            if self._open.get(name) is entry:
                del self._open[name]
            raise
        self._on_open(tenant)
        return tenant

    async def _retire(self, name: str, tenant: ReplicaTenant) -> None:
        """Who asks from now on gets the tenant as it is now; unary calls that run end with what they hold."""
        entry = self._open.get(name)
        if entry is None or self.opened(name) is not tenant:
            return
        _log.debug("opens a tenant anew", tenant=name)
        entry.closing = asyncio.create_task(self._let_go(name, entry, tenant), name=f"let go of {name}")
        await asyncio.wait([entry.closing])

    async def _let_go(self, name: str, entry: _Open, tenant: ReplicaTenant) -> None:
        try:
            await self._before_close(tenant)
            self._on_close(tenant)
        finally:
            del self._open[name]
            self._end_streams(name, "the replica reads it anew")
            closing = asyncio.create_task(_close_when_free(entry, tenant), name=f"close {name}")
            self._retired.add(closing)
            closing.add_done_callback(self._retired.discard)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_seconds)
            for name in self.open_names():
                # Whoever asks for the tenant is told.
                with suppress(InterplayError):
                    await self._bring_up(name)

    async def close(self) -> None:
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)
        if self._retired:
            await asyncio.wait(self._retired)
        await super().close()


async def _close_when_free(entry: _Open, tenant: ReplicaTenant) -> None:
    while entry.users:  # noqa: ASYNC110 - a count that has no event
        await asyncio.sleep(_POLL_SECONDS)
    await tenant.close()


async def _nothing(_: LocalTenant) -> None: ...


def _renews(entry: journal.Entry) -> bool:
    """Configurations, keys and consents change with an entry that says so."""
    if not isinstance(entry, journal.Recorded):
        return False
    return bool(entry.meta) or any(put.collection == ACTIONS.name for put in entry.puts)


def _told(error: Exception, tenant: str) -> InterplayError:
    if isinstance(error, FileNotFoundError) or (
        isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN
    ):
        return TenantBusy(tenant, "it is being made, replaced or removed")
    found = disk.translate(error, tenant)
    return TenantBusy(tenant, "its files cannot be read just now") if isinstance(found, StorageReadOnly) else found
