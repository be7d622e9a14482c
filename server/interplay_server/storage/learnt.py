"""What a tenant has learnt: tables, tail and ledger behind the port `LearntStore`."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import structlog

from interplay_server.domain.learnt import (
    ChangeFilter,
    Cursor,
    CursorKey,
    Learner,
    LearntFilter,
    QueuedAnnotation,
    Row,
    RowChange,
    WindowReceipt,
)
from interplay_server.domain.links import LinkChange, Links
from interplay_server.domain.ports import Vectors
from interplay_server.storage import learning_ledger, user_links
from interplay_server.storage.learnt_tables import LearntTables
from interplay_server.storage.learnt_tail import LearntTail
from interplay_server.storage.ledger import Ledger

T = TypeVar("T")
MOST_FORGOTTEN = 20
"""Stored changes of one row that a page may lose to a deletion that is not applied yet."""
_log = structlog.get_logger(__name__)


class LocalLearnt:
    """See `domain.ports.LearntStore`. Reads copy from the tail before they ask a table; a filter that names one id of
    a person means them all.
    """

    def __init__(
        self, ledger: Ledger, tables: LearntTables, tail: LearntTail, executor: Executor, links: Links
    ) -> None:
        self._ledger, self._tables, self._tail, self._executor = ledger, tables, tail, executor
        self._links = links

    async def get(self, kind: str, row_id: str) -> Row | None:
        known, row = self._tail.get(kind, row_id)
        if known:
            return row
        found = await self._tables.get(kind, [row_id])
        return found[0] if found else None

    async def get_many(self, kind: str, row_ids: Sequence[str]) -> list[Row]:
        fresh = {row_id: row for row_id in row_ids for known, row in [self._tail.get(kind, row_id)] if known}
        stored = await self._tables.get(kind, [one for one in row_ids if one not in fresh])
        have = {row.row_id: row for row in stored} | fresh
        return [row for row_id in dict.fromkeys(row_ids) if (row := have.get(row_id)) is not None]

    async def rows(self, kind: str, where: LearntFilter, *, limit: int, before: str = "") -> list[Row]:
        where = self._links.of_person(where)
        fresh = [row for row in self._tail.rows(kind, where) if not before or row.row_id < before]
        hidden = self._tail.known(kind)
        stored = await self._tables.rows(kind, where, limit=limit + len(hidden), before=before)
        found = [row for row in stored if row.row_id not in hidden] + fresh
        return sorted(found, key=lambda row: row.row_id, reverse=True)[:limit]

    async def candidates(
        self, kind: str, where: LearntFilter, *, text: str, vector: Vectors | None, limit: int
    ) -> list[Row]:
        where = self._links.of_person(where)
        fresh, hidden = self._tail.rows(kind, where), self._tail.known(kind)
        arms = []
        if text:
            arms.append(self._tables.matching(kind, text, where, limit))
        if vector is not None:
            arms.append(self._tables.nearest(kind, vector, where, limit))
        found: dict[str, Row] = {row.row_id: row for row in fresh}
        for rows in await asyncio.gather(*arms):
            found |= {row.row_id: row for row in rows if row.row_id not in hidden}
        return list(found.values())

    async def changes(
        self, where: ChangeFilter, *, limit: int, before: tuple[int, str] | None = None
    ) -> list[RowChange]:
        where = self._links.of_person(where)
        fresh, tail = self._tail.changes(where), self._tail
        stored = await self._tables.changes(where, limit=limit + MOST_FORGOTTEN * tail.forgetful, before=before)
        found = {one.change_id: one for one in stored if tail.shows(one)}
        found |= {one.change_id: one for one in fresh if before is None or (one.seq, one.change_id) < before}
        return sorted(found.values(), key=lambda one: (one.seq, one.change_id), reverse=True)[:limit]

    async def changes_after(self, seq: int, up_to_seq: int, *, limit: int) -> list[RowChange]:
        everything = ChangeFilter()
        fresh, tail = self._tail.changes(everything), self._tail
        stored = await self._tables.changes(everything, limit=limit, after_seq=seq, up_to_seq=up_to_seq)
        if len(stored) == limit:
            # A page ends with a whole entry, so that no change can be lost between two tokens.
            up_to_seq = stored[-1].seq
            stored = await self._tables.changes(everything, limit=10**9, after_seq=seq, up_to_seq=up_to_seq)
        found = {one.change_id: one for one in stored if tail.shows(one)}
        found |= {one.change_id: one for one in fresh if seq < one.seq <= up_to_seq}
        return sorted(found.values(), key=lambda one: (one.seq, one.change_id))

    async def witnessed_by(self, interaction_ids: Sequence[str]) -> list[tuple[str, str]]:
        return await self._in_thread(lambda: learning_ledger.witnessed_by(self._ledger.read, interaction_ids))

    async def learners(self, *, unfinished: bool, user_id: str = "") -> list[Learner]:
        return await self._in_thread(
            lambda: learning_ledger.learners(self._ledger.read, unfinished=unfinished, user_id=user_id)
        )

    async def unfinished_among(self, user_ids: Sequence[str]) -> list[Learner]:
        return await self._in_thread(lambda: user_links.unfinished(self._ledger.read, user_ids))

    async def link_changes(self) -> list[tuple[int, LinkChange]]:
        return await self._in_thread(lambda: user_links.changes(self._ledger.read))

    async def cursor(self, key: CursorKey) -> Cursor:
        return await self._in_thread(lambda: learning_ledger.cursor(self._ledger.read, key))

    async def receipts(self, window_ids: Sequence[str]) -> list[WindowReceipt]:
        return await self._in_thread(lambda: learning_ledger.receipts(self._ledger.read, window_ids))

    async def receipts_of(self, user_id: str, first_seq: int, last_seq: int) -> list[WindowReceipt]:
        return await self._in_thread(
            lambda: learning_ledger.receipts_of(
                self._ledger.read, (user_id, self._links.account(user_id)), first_seq, last_seq
            )
        )

    async def queued_annotations(self, limit: int, after: int = 0) -> list[QueuedAnnotation]:
        return await self._in_thread(lambda: learning_ledger.queued_annotations(self._ledger.read, limit, after))

    async def deletions_after(self, seq: int, limit: int) -> list[tuple[int, tuple[str, ...]]]:
        return await self._in_thread(lambda: self._ledger.deletions(seq, 2**62, limit))

    async def meta(self, key: str) -> str | None:
        return await self._in_thread(lambda: self._ledger.meta(key))

    async def request_range(self, request_id: str) -> tuple[int, int] | None:
        return await self._in_thread(lambda: learning_ledger.request_range(self._ledger.read, request_id))

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)
