"""One open tenant: ledger, tables, tail and applier behind the port `TenantStore`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import lancedb
import msgspec
import structlog

from interplay_server.domain import journal
from interplay_server.domain.collections import COLLECTIONS
from interplay_server.domain.content_policy import META_KEY as POLICY_META
from interplay_server.domain.content_policy import Content, PlainContent
from interplay_server.domain.content_policy import load as load_policy
from interplay_server.domain.embedding import Embedders
from interplay_server.domain.ids import InteractionIds
from interplay_server.domain.links import Links
from interplay_server.domain.operation import Operation
from interplay_server.domain.ports import (
    Change,
    ContentKeys,
    Embedder,
    Made,
    Outcome,
    Receipt,
    StreamPosition,
    Write,
)
from interplay_server.domain.records import Collection
from interplay_server.domain.reembedding import GENERATION_META, Reembedding
from interplay_server.domain.tokens import TokenSigner
from interplay_server.errors import EmbedderUnavailable
from interplay_server.settings import Storage
from interplay_server.storage import backup, disk, user_links
from interplay_server.storage.applier import Applier
from interplay_server.storage.buckets.shipping import Bucketed, Shipping, Surroundings
from interplay_server.storage.commits import CommitQueue
from interplay_server.storage.derived import LocalDerived
from interplay_server.storage.erasures import LocalErasures
from interplay_server.storage.images import ImageSpool
from interplay_server.storage.learnt import LocalLearnt
from interplay_server.storage.ledger import JournalRow, Ledger
from interplay_server.storage.places import Place
from interplay_server.storage.records import LocalRecords
from interplay_server.storage.recovering import appended_seqs, find_embedder, unwritten
from interplay_server.storage.reembedding import Reembedder, tidy
from interplay_server.storage.retention_ledger import LocalReceipts
from interplay_server.storage.tables import Tables
from interplay_server.storage.tail import Tail, to_change
from interplay_server.storage.tenant_reads import TenantReads
from interplay_server.storage.vault import NAME as VAULT
from interplay_server.storage.vault import LocalVault

T = TypeVar("T")
ContentMaker = Callable[[str, bytes, ContentKeys], Content]
"""From a tenant's name, its ledger's secret and its keys."""
_log = structlog.get_logger(__name__)


def _plain_content(name: str, _secret: bytes, _keys: ContentKeys) -> Content:
    return PlainContent(name)


class LocalTenant(TenantReads):
    """See `domain.ports.TenantStore`. Lives on one event loop."""

    exists = True

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        session: lancedb.Session,
        ledger: Ledger,
        tables: Tables,
        embedder: Embedder,
        embedders: Embedders,
        executor: Executor,
        committer: Executor,
        settings: Storage,
        applied_seq: int,
        admit: Callable[["LocalTenant"], Awaitable[None]],
        content: ContentMaker = _plain_content,
        applier: type[Applier] = Applier,
        derived: Path | Place | None = None,
    ) -> None:
        self.name = name
        self._admit = admit
        self.tokens = TokenSigner(ledger.secret, ledger.epoch)
        self._ledger, self._tables, self._embedder = ledger, tables, embedder
        self._executor, self._settings, self._folder = executor, settings, folder
        self._ids = InteractionIds(ledger.salt)
        self._tail = Tail(COLLECTIONS)
        self.links = Links(user_links.links(ledger.read))
        self.learnt = LocalLearnt(ledger, tables.learnt, self._tail.learnt, executor, self.links)
        self.records = LocalRecords(ledger, tables.records, self._tail.records, executor)
        self.derived = LocalDerived(derived or folder / "derived", session)
        self.shipping: Shipping | None = None
        self.vault = LocalVault(folder / VAULT, name, executor)
        self.content = tables.content = content(name, ledger.secret, self.vault.content_keys)
        self.content.policy = load_policy(ledger.meta(POLICY_META))
        self._spool = ImageSpool(folder / "spool")
        self._last_seq = ledger.last_seq
        self._listeners: list[Callable[[Sequence[Change]], None]] = []
        self._room = asyncio.Event()
        self._room.set()
        self._commits = CommitQueue(ledger, name, committer, self._on_commit)
        self.receipts = LocalReceipts(ledger, self._commits, executor)
        self._applier = applier(
            tenant=name,
            folder=folder,
            ledger=ledger,
            commits=self._commits,
            tables=tables,
            tail=self._tail,
            spool=self._spool,
            embedder=embedder,
            executor=executor,
            settings=settings,
            applied_seq=applied_seq,
            on_applied=self._set_room,
        )
        self.erasures = LocalErasures(
            name,
            folder,
            ledger=ledger,
            commits=self._commits,
            tables=tables,
            applier=self._applier,
            derived=self.derived,
            spool=self._spool,
            links=self.links,
            executor=executor,
            shipped=self.forget_shipped,
            forget_copies=lambda: self.reembedder.forget_copies(),  # noqa: PLW0108 - made later
        )
        self._embedders = embedders
        self.reembedder = Reembedder(
            tenant=name,
            folder=folder,
            ledger=ledger,
            commits=self._commits,
            tables=tables,
            executor=executor,
            change=self._change_embedder,
        )

    @classmethod
    async def open(
        cls,
        name: str,
        folder: Path,
        *,
        session: lancedb.Session,
        embedders: Embedders,
        executor: Executor,
        committer: Executor,
        settings: Storage,
        admit: Callable[["LocalTenant"], Awaitable[None]],
        content: ContentMaker = _plain_content,
        around: Surroundings | None = None,
    ) -> "LocalTenant":
        """Opens or makes the folder and replays what is not in LanceDB; with `around` its tables are in a bucket, and
        so is a ledger that is not in the folder. Raises InterplayError.
        """
        loop = asyncio.get_running_loop()
        ledger: Ledger | None = None
        try:
            bucketed = await Bucketed.claim(around, name, folder)
            await loop.run_in_executor(executor, lambda: folder.mkdir(parents=True, exist_ok=True))
            ledger = opened = await loop.run_in_executor(executor, Ledger, folder / "ledger.sqlite3", name)
            await loop.run_in_executor(executor, bucketed.follow, opened)
            embedder = find_embedder(ledger, embedders, name)
            generation = int(ledger.meta(GENERATION_META) or 0)
            tables = await Tables.open(
                bucketed.place / "lance", session, embedder.dimension, COLLECTIONS, name, generation=generation
            )
            await tidy(tables, ledger)
            entries = await loop.run_in_executor(executor, opened.journal)
            applied = await tables.newest_seq(ledger.trimmed_seq)
            appended = await appended_seqs(tables, entries, ledger.trimmed_seq)
            ledger.skip_to(max(applied, *appended.values(), 0))
            applied = applied if entries else ledger.last_seq
        except Exception as error:
            if ledger is not None:
                ledger.close()
            _log.error("cannot open tenant", tenant=name, error=repr(error))
            raise disk.unopened(error, name) from error
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
            applied_seq=applied,
            admit=admit,
            content=content,
            derived=bucketed.place / "derived",
        )
        tenant.shipping = tenant._applier.shipping = bucketed.ship(
            ledger, tenant.vault, tenant._commits, executor=executor
        )
        try:
            await tenant._recover(entries, applied, appended)
        except BaseException as error:
            _log.error("cannot replay the journal", tenant=name, error=repr(error))
            await tenant.close()
            raise
        return tenant

    async def _recover(self, entries: Sequence[JournalRow], applied: int, appended: Mapping[str, int]) -> None:
        """Puts the journal's entries into the tail: publishes beyond the newest row of the tables, appended rows beyond
        that of theirs, and every deletion, merge and step of learning again, since doing them twice changes nothing.
        """
        images: set[str] = set()
        for row in entries:
            count = journal.sequence_numbers(row.entry)
            ids = self._ids.at(row.publish_time, row.seq, count)
            # What the tables hold already need not be unsealed, without its key either.
            entry = await self.content.read_entry(row.entry) if row.seq + count - 1 > applied else row.entry
            change = to_change(entry, row.seq, row.publish_time, ids, row.append)
            images |= {one.data.image.name for one in change.interactions if one.data.image}
            fresh = tuple(one for one in change.interactions if one.seq > applied)
            rows = change.rows and unwritten(change.rows, appended)
            if change.interactions and not fresh and not (rows and rows.put):
                continue
            if change.annotation is not None and change.seq <= applied:
                continue
            for one in fresh:
                if one.data.image:
                    self._spool.hold(one.data.image.name)
            self._tail.add(msgspec.structs.replace(change, interactions=fresh, rows=rows), 0)
        await self._in_thread(lambda: self._spool.sweep(images))
        if self._tail:
            _log.info("recovered", tenant=self.name, rows=self._tail.rows)
            self._applier.notify()

    async def close(self) -> None:
        """Commits, applies and flushes what is left."""
        await self._commits.drained()
        await self._applier.close()
        await self._commits.drained()
        if self.shipping is not None:
            await self.shipping.close()
        await self.vault.close()
        await self._in_thread(self._ledger.close)

    # --- writing

    def submit(self, write: Write) -> None:
        self._commits.submit(self.erasures.passed(write))

    def _on_commit(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
        changes = []
        for write, outcome in zip(writes, outcomes, strict=True):
            if isinstance(outcome, Exception) or outcome.duplicate:
                continue
            append = f"{write.stream.stream_id}/{outcome.offset}" if write.stream else ""
            made = write.made
            if write.entry is not None:
                made = (Made(outcome.first_seq, outcome.publish_time, write.entry, write.payload),)
            for one in made:
                ids = self._ids.at(one.publish_time, one.seq, journal.sequence_numbers(one.entry))
                change = to_change(one.entry, one.seq, one.publish_time, ids, append)
                self._tail.add(change, len(one.payload))
                for link in change.links:
                    self.links.apply(link, one.seq, outcome.publish_time)
                changes.append(change)
        if changes:
            self._last_seq = changes[-1].seq
            self._set_room()
            self._applier.notify()
            for listener in tuple(self._listeners):
                listener(changes)

    def _set_room(self) -> None:
        limit = self._settings
        if self._tail.rows < limit.max_pending_rows and self._tail.bytes < limit.max_pending_bytes:
            self._room.set()
        else:
            self._room.clear()

    def linked(self, user_id: str) -> tuple[str, ...]:
        return self.links.linked(user_id)

    async def admit(self) -> None:
        if self.shipping is not None:
            self.shipping.check()
        await self._admit(self)

    async def wait_room(self) -> None:
        if not self._room.is_set():
            if self._applier.fault is not None:
                raise disk.translate(self._applier.fault, self.name)
            await self._room.wait()

    async def wait_applied(self, seq: int) -> None:
        await self._applier.wait_applied(seq)

    async def spool_image(self, sha256: str, data: bytes) -> None:
        try:
            await self._in_thread(lambda: self._spool.put(sha256, data))
        except OSError as error:
            _log.error("cannot spool an image", tenant=self.name, error=repr(error))
            raise disk.translate(error, self.name) from error

    def interaction_ids(self, receipt: Receipt) -> list[str]:
        return self._ids.at(receipt.publish_time, receipt.first_seq, receipt.count)

    async def optimize(self, *, prune_all: bool, progress: Callable[[int, int], None]) -> Mapping[str, str]:
        progress(0, 2)
        await self.wait_applied(self._last_seq)
        progress(1, 2)
        grace = timedelta(0) if prune_all else timedelta(seconds=self._settings.prune_seconds)
        await self._applier.optimize(grace, images=True)
        return {"interactions": str(await self._tables.count(None))}

    @property
    def embedder(self) -> Embedder:
        return self._embedder

    def _change_embedder(self, embedder: Embedder) -> None:
        self._embedder = self._applier.embedder = embedder

    async def reembed(self, work: Reembedding) -> Mapping[str, str]:
        if (target := self._embedders.get(work.embedder)) is None:
            raise EmbedderUnavailable(work.embedder)
        await self.wait_applied(self._last_seq)
        try:
            return await self.reembedder.run(work, target)
        except Exception as error:
            raise disk.translate(error, self.name) from error

    async def cut(self, staging: Path) -> int:
        """Puts a copy of everything, consistent to the sequence number that it gives, into a folder of the same file
        system that is not there yet. Acks go on meanwhile; what is acked and not applied is in the journal that is
        copied. Raises OSError, sqlite3.Error.
        """
        async with self._tables.write_lock:
            return await self._in_thread(partial(backup.cut, self._folder, staging))

    async def count_all(self) -> int:
        """Rows of interactions and of all collections, those on their way to the tables too."""
        return await self._tables.count(None) + await self._tables.records.count_all() + self._tail.rows

    async def shred(self, collections: Sequence[Collection]) -> None:
        await self.wait_applied(self._last_seq)
        await self._applier.shred([one.name for one in collections])
        await self.forget_shipped()

    async def forget_shipped(self) -> None:
        """Where the tables are in a bucket, leaves nothing there of what was removed from ledger, vault and spool:
        ships a copy of them as they are now, then removes older ones and all segments. An erasure calls it last. Raises
        InterplayError.
        """
        if self.shipping is not None:
            try:
                await self.shipping.forget()
            except Exception as error:
                raise disk.translate(error, self.name) from error

    # --- where it stands

    @property
    def applied_seq(self) -> int:
        return self._applier.applied_seq

    @property
    def last_seq(self) -> int:
        return self._last_seq

    async def stream_position(self, stream_id: str, method: str) -> StreamPosition:
        return await self._in_thread(lambda: self._ledger.stream_position(stream_id, method))

    def subscribe(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def pending(self) -> tuple[int, int, int | None]:
        """Rows and bytes that are acked and not in the tables yet, and the publish time of the oldest."""
        return self._tail.rows, self._tail.bytes, self._tail.oldest

    @property
    def failing(self) -> bool:
        """The tables cannot be written just now."""
        return self._applier.fault is not None

    async def save_operation(self, operation: Operation) -> None:
        await self._commits.run(lambda: self._ledger.save_operation(operation))

    async def get_operation(self, operation_id: str) -> Operation | None:
        return await self._in_thread(lambda: self._ledger.operation(operation_id))

    async def list_operations(self, *, kind: str, state: str, before: str | None, limit: int) -> list[Operation]:
        return await self._in_thread(lambda: self._ledger.operations(kind, state, before, limit))
