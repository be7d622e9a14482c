"""Brings committed entries into LanceDB, a handful of commits a second, and trims the journal behind it.

An entry is applied after it is committed and before it is trimmed; a kill in between repeats nothing, since recovery
compares sequence numbers.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import structlog

from interplay_server import memory
from interplay_server.domain.interaction import Interaction, StoredAnnotation
from interplay_server.domain.learnt import Row
from interplay_server.domain.ports import Change, Embedder
from interplay_server.settings import Storage
from interplay_server.storage import disk, learnt_schema, learnt_tail, schema
from interplay_server.storage.buckets.shipping import Shipping
from interplay_server.storage.commits import CommitQueue
from interplay_server.storage.images import ImageSpool
from interplay_server.storage.ledger import Ledger
from interplay_server.storage.record_tail import fold
from interplay_server.storage.sealed_rows import sealed_batch
from interplay_server.storage.shredding import empty_unlinked
from interplay_server.storage.tables import Tables
from interplay_server.storage.tail import Tail

FLUSH_SECONDS = 1.0
TRIM_ROWS = 500
RETRY_SECONDS = (0.1, 0.5, 2.0, 5.0)
MAX_APPLY_ROWS, CHUNK_ROWS = 16_384, 4096
PATIENCE_ROWS = 250_000
QUIET_SECONDS, QUIET_COMMITS, QUIET_ROWS = 1.0, 20, 2000
_FORGET_SECONDS = 3600.0
LEARNT_TABLES = len(learnt_schema.TABLES) + 1
T = TypeVar("T")
_log = structlog.get_logger(__name__)


class Applier:
    """One task for each open tenant. `fault` is the last error while applying fails, None while it works."""

    def __init__(
        self,
        *,
        tenant: str,
        folder: Path,
        ledger: Ledger,
        commits: CommitQueue,
        tables: Tables,
        tail: Tail,
        spool: ImageSpool,
        embedder: Embedder,
        executor: Executor,
        settings: Storage,
        applied_seq: int,
        on_applied: Callable[[], None],
    ) -> None:
        self._tenant, self._folder = tenant, folder
        self._ledger, self._commits, self._tables, self._tail, self._spool = ledger, commits, tables, tail, spool
        self._executor, self._settings = executor, settings
        self.embedder = embedder
        """Changes under the tables' lock only."""
        self.applied_seq = applied_seq
        self._on_applied = on_applied
        self.fault: Exception | None = None
        self._wake, self._hurry, self._progress = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._retry = asyncio.Event()
        self._attempts = self._failed = 0
        self._closed, self._flush_lock = asyncio.Event(), asyncio.Lock()
        self._waiting_for = 0
        self._closing = False
        self._spooled: list[str] = []
        self._maintenance: asyncio.Task[None] | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._forgot = self._last_commit = time.monotonic()
        self.shipping: Shipping | None = None
        """Where the tables are in a bucket: what is applied is in the shipped log first."""
        self._task = asyncio.create_task(self._run(), name=f"apply {tenant}")

    def notify(self) -> None:
        self._wake.set()
        if self._tail.rows >= self._settings.apply_rows:
            self._hurry.set()

    async def wait_applied(self, seq: int) -> None:
        """Returns when `seq` is in LanceDB; hurries the applier.

        Raises what keeps it from applying now: a fault that is over by the next attempt is nobody's.
        """
        begun = self._attempts
        while self.applied_seq < seq:
            self._waiting_for = max(self._waiting_for, seq)
            self._hurry.set()
            self._wake.set()
            self._retry.set()
            self._progress.clear()
            await self._progress.wait()
            if self.fault is not None and self._failed > begun and self.applied_seq < seq:
                raise disk.translate(self.fault, self._tenant)

    async def close(self) -> None:
        """Applies and flushes what is left, if it can."""
        self._closing = True
        self._closed.set()
        self._wake.set()
        self._hurry.set()
        await self._task
        if self._maintenance is not None:
            await self._maintenance
        if self._flushing is not None:
            await self._flushing
        await self._flush(self.applied_seq)

    async def _run(self) -> None:
        failures = 0
        while True:
            if not self._tail:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._gather()
            self._attempts += 1
            try:
                changes = self._tail.next_changes(MAX_APPLY_ROWS)
                if self.shipping is not None:
                    await self.shipping.reach(changes[-1].seq)
                await self._apply(changes)
            except Exception as error:  # noqa: BLE001 - whatever fails is tried again; the tail holds the rows
                self.fault, self._failed = error, self._attempts
                self._progress.set()
                _log.exception("cannot apply", tenant=self._tenant, rows=self._tail.rows, failures=failures + 1)
                if self._closing and failures >= 2:
                    return
                self._retry.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._retry.wait(), RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
            else:
                self.fault, failures = None, 0
                self._after_commit()

    async def _gather(self) -> None:
        """Waits until enough has come together, somebody waits, or the time is up."""
        if self._closing or self._waiting_for > self.applied_seq or self._tail.rows >= self._settings.apply_rows:
            return
        self._hurry.clear()
        with suppress(TimeoutError):
            rhythm = self.shipping.seconds if self.shipping is not None else 0.0
            async with asyncio.timeout(max(self._settings.apply_milliseconds / 1000, rhythm)):
                await self._hurry.wait()

    async def _apply(self, changes: Sequence[Change]) -> None:
        for kind, group in groupby(changes, key=_kind):
            run = list(group)
            if kind == "publish":
                await self._add(run)
                continue
            async with self._tables.write_lock:
                if kind == "learn":
                    await self._learn(run)
                elif kind == "record":
                    await self._record(run)
                elif kind == "delete":
                    ids = {interaction_id for change in run for interaction_id in change.deleted_ids}
                    await self._tables.delete(sorted(ids))
                    await self._record(run)
                else:
                    await self._annotate([change.annotation for change in run if change.annotation])
            self._advance(run)

    async def _add(self, run: Sequence[Change]) -> None:
        """Commits pieces of CHUNK_ROWS; the next one is embedded while LanceDB writes the one before."""
        pieces = list(_pieces(run, CHUNK_ROWS))
        ahead = asyncio.create_task(self._prepare(pieces[0]))
        try:
            for place, piece in enumerate(pieces, 1):
                embedder, batch = await ahead
                if place < len(pieces):
                    ahead = asyncio.create_task(self._prepare(pieces[place]))
                async with self._tables.write_lock:
                    if embedder is not self.embedder:
                        embedder, batch = await self._embed(_rows(piece))
                    await self._record(piece)
                    await self._tables.add(batch)
                self._spooled += [row.data.image.name for row in _rows(piece) if row.data.image is not None]
                self._advance(piece)
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _record(self, run: Sequence[Change]) -> None:
        if entries := [change.rows for change in run if change.rows is not None]:
            await self._tables.records.write(fold(self._tables.records.collections, entries))

    async def _annotate(self, notes: Sequence[StoredAnnotation]) -> None:
        how = {note.sealing for note in notes if note.sealing is not None}
        if how:
            sealer = await self._tables.content.sealer(how)
            notes = [note if note.sealing is None else sealer.annotation(note) for note in notes]
        await self._tables.annotate(notes)

    async def _learn(self, run: Sequence[Change]) -> None:
        rows, forgotten, changes = learnt_tail.newest(one.learnt for one in run if one.learnt is not None)
        if forgotten:
            await self._tables.learnt.forget(sorted(row_id for _, row_id in forgotten))
        for kind in learnt_schema.TABLES:
            if gone := [row_id for (of, row_id), row in rows.items() if of == kind and row is None]:
                await self._tables.learnt.remove(kind, gone)
            if kept := [row for (of, _), row in rows.items() if of == kind and row is not None]:
                table = await self._in_thread(
                    partial(lambda kept: learnt_schema.rows_to_arrow(kept, self.embedder.embed(_texts(kept))), kept)
                )
                await self._tables.learnt.put(kind, table)
        if changes:
            await self._tables.learnt.add_changes(changes)

    async def _prepare(self, piece: Sequence[Change]) -> tuple[Embedder, pa.RecordBatch]:
        rows = _rows(piece)
        await self._add_images(rows)
        return await self._embed(rows)

    async def _embed(self, rows: Sequence[Interaction]) -> tuple[Embedder, pa.RecordBatch]:
        embedder = self.embedder
        how = {row.header.sealing for row in rows if row.header.sealing is not None}
        sealer = await self._tables.content.sealer(how) if how else None

        def embed() -> pa.RecordBatch:
            if sealer is None:
                return schema.interactions_to_arrow(rows, embedder.embed([row.data.search_text for row in rows]))
            return sealed_batch(rows, embedder, sealer)

        return embedder, await self._in_thread(embed)

    def _advance(self, changes: Sequence[Change]) -> None:
        self._tail.applied(changes)
        self.applied_seq = changes[-1].seq
        self._progress.set()
        self._on_applied()

    async def _add_images(self, rows: Sequence[Interaction]) -> None:
        for image in {row.data.image for row in rows if row.data.image is not None}:
            data = await self._in_thread(partial(self._spool.get, image.name))
            if data is not None:
                async with self._tables.write_lock:
                    await self._tables.add_image(image.name, image.media_type, data)

    def _after_commit(self) -> None:
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later(), name=f"flush {self._tenant}")
        self._last_commit = time.monotonic()
        if self._maintenance is None or self._maintenance.done():
            self._maintenance = asyncio.create_task(self._maintain(), name=f"maintain {self._tenant}")

    async def _flush_later(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._closed.wait()
            applied = self.applied_seq
            await self._flush(applied)
            if self._closing or applied == self.applied_seq:
                return

    async def flushed(self) -> None:
        """Journal and spool hold nothing that is in the tables when this returns, if nothing fails."""
        await self._flush(self.applied_seq)

    async def _flush(self, applied_seq: int) -> None:
        """Flushes the tables, then drops from journal and spool what they hold."""
        async with self._flush_lock:
            await self._flush_alone(applied_seq)

    async def _flush_alone(self, applied_seq: int) -> None:
        spooled = list(self._spooled)
        try:
            if self.shipping is None:  # a bucket has flushed what it answered
                await self._in_thread(lambda: disk.flush_filesystem(self._folder))
            while await self._commits.run(lambda: self._ledger.trim(applied_seq, TRIM_ROWS)):
                pass
            self._spooled = self._spooled[len(spooled) :]
            await self._in_thread(lambda: self._spool.drop(spooled))
            if time.monotonic() - self._forgot > _FORGET_SECONDS:
                self._forgot = time.monotonic()
                await self._commits.run(lambda: self._ledger.forget(time.time_ns() // 1000))
            await self._in_thread(self._ledger.checkpoint)
        except Exception:  # noqa: BLE001 - tried again after the next commit
            _log.exception("cannot trim the journal", tenant=self._tenant)

    async def _maintain(self) -> None:
        """Optimises after so many commits or rows, and earlier once nothing has been written for a while.

        Optimising costs as much as the table is long (0.4 s of processor at 20,000 rows, 2.1 s at 200,000, whatever is
        new), so a longer table waits for more.
        """
        tables, settings = self._tables, self._settings
        while (
            _commits(tables) < settings.optimize_commits * (patience := 1 + _rows_of(tables) / PATIENCE_ROWS)
            and (unindexed := _unindexed(tables)) < settings.optimize_rows * patience
        ):
            if self._closing:
                return
            quiet = 0.0 if self._tail else time.monotonic() - self._last_commit
            if quiet >= QUIET_SECONDS:
                if _commits(tables) < QUIET_COMMITS * patience and unindexed < QUIET_ROWS * patience:
                    return
                break
            await asyncio.sleep(min(0.25, QUIET_SECONDS - quiet))
        await self.optimize(timedelta(seconds=settings.prune_seconds))

    async def optimize(self, grace: timedelta, *, images: bool = False) -> None:
        started = time.monotonic()
        try:
            async with self._tables.write_lock:
                await self._tables.optimize(grace)
                if images:
                    await self._tables.optimize_images(grace)
        except Exception:
            _log.exception("cannot optimise", tenant=self._tenant)
            if images:
                raise
        else:
            await self._in_thread(memory.give_back)
            _log.debug("optimised", tenant=self._tenant, seconds=round(time.monotonic() - started, 3))

    async def shred(self, collections: Sequence[str]) -> None:
        """Overwrites what was removed from collections and is applied: in tables, versions, indexes and the journal."""
        try:
            async with self._tables.write_lock:
                await self._tables.records.rewrite(collections)
            await self._in_thread(lambda: empty_unlinked(self._folder))
            applied = self.applied_seq
            await self._in_thread(lambda: disk.flush_filesystem(self._folder))
            while await self._commits.run(lambda: self._ledger.trim(applied, TRIM_ROWS)):
                pass
            await self._commits.run(self._ledger.truncate)
        except Exception as error:
            _log.exception("cannot shred", tenant=self._tenant)
            raise disk.translate(error, self._tenant) from error

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


def _rows(changes: Sequence[Change]) -> list[Interaction]:
    return [row for change in changes for row in change.interactions]


def _commits(tables: Tables) -> int:
    """Of the table that has seen most of them."""
    return max(tables.commits, tables.learnt.commits // LEARNT_TABLES, tables.records.commits)


def _unindexed(tables: Tables) -> int:
    return tables.unindexed_rows + tables.records.unindexed_rows


def _rows_of(tables: Tables) -> int:
    return tables.rows + tables.records.rows


def _texts(rows: Sequence[Row]) -> list[str]:
    return [row.search_text for row in rows]


def _pieces(changes: Sequence[Change], max_rows: int) -> Iterator[list[Change]]:
    """At least one change a piece, of about `max_rows` rows together."""
    piece: list[Change] = []
    rows = 0
    for change in changes:
        if piece and rows + len(change.interactions) > max_rows:
            yield piece
            piece, rows = [], 0
        piece.append(change)
        rows += len(change.interactions)
    yield piece


def _kind(change: Change) -> str:
    if change.interactions:
        return "publish"
    if change.learnt is not None:
        return "learn"
    if change.deleted_ids:
        return "delete"
    return "record" if change.rows is not None else "annotate"
