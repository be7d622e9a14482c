"""Receipts of retention, in a tenant's ledger: those of runs that ended, and how far one is that did not."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from interplay_server.domain.retention import Receipt, receipt_of, record_of
from interplay_server.storage.commits import CommitQueue
from interplay_server.storage.ledger import Ledger

T = TypeVar("T")
_UNENDED = 0
"""Stands for the time of a run that did not end."""


class LocalReceipts:
    """See `domain.ports.ReceiptStore`."""

    def __init__(self, ledger: Ledger, commits: CommitQueue, executor: Executor) -> None:
        self._ledger, self._commits, self._executor = ledger, commits, executor

    async def save(self, receipt: Receipt) -> None:
        values = (receipt.operation_id, receipt.end_time or _UNENDED, record_of(receipt))
        statement = "INSERT OR REPLACE INTO retention_receipts VALUES (?, ?, ?)"
        await self._commits.run(lambda: self._ledger.execute(statement, values))

    async def get(self, operation_id: str) -> Receipt | None:
        rows = await self._in_thread(
            partial(self._ledger.read, "SELECT record FROM retention_receipts WHERE operation_id = ?", operation_id)
        )
        return receipt_of(rows[0][0]) if rows else None

    async def page(self, *, limit: int, before: tuple[int, str] | None = None) -> list[Receipt]:
        time, operation_id = before or (2**62, "")
        rows = await self._in_thread(
            partial(
                self._ledger.read,
                "SELECT record FROM retention_receipts WHERE time > ? AND (time, operation_id) < (?, ?) "
                "ORDER BY time DESC, operation_id DESC LIMIT ?",
                _UNENDED,
                time,
                operation_id,
                limit,
            )
        )
        return [receipt_of(row[0]) for row in rows]

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)
