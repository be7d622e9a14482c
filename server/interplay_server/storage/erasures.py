"""Erasures of one tenant: tombstones in memory and ledger, and what makes removed rows physically gone."""

import asyncio
import contextlib
import sqlite3
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from interplay_server.domain import journal
from interplay_server.domain.erasure import Erasure, names, person_of, pseudonym_of, without
from interplay_server.domain.links import LinkChange, Links
from interplay_server.domain.ports import Outcome, Write
from interplay_server.errors import UserErased
from interplay_server.storage import disk, erased_rows, tombstones
from interplay_server.storage.applier import TRIM_ROWS, Applier
from interplay_server.storage.commits import CommitQueue
from interplay_server.storage.derived import LocalDerived
from interplay_server.storage.images import ImageSpool
from interplay_server.storage.ledger import Ledger
from interplay_server.storage.shredding import empty_unlinked
from interplay_server.storage.tables import Tables

T = TypeVar("T")
UNCHECKED = "erasures_unchecked"
"""Meta key of a restored ledger: people in it may have been erased since."""
_COLUMNS = "pseudonym, start_time, operation_id, user_ids, end_time, readmit_time, counts"
_SAVE = f"INSERT OR REPLACE INTO erasures ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - columns of ours
_LONGEST_ENTRY = 100_000
"""Sequence numbers that one entry may take, at most."""
_BUSY_SECONDS, _BUSY_ATTEMPTS, _LOOK_SECONDS = 0.05, 600, 1.0
_OPERATIONS = 1000
_USER_TABLES = ("learners", "cursors", "windows", "session_timers")
_log = structlog.get_logger(__name__)


class LocalErasures:
    """See `domain.erasure.ErasureStore`. Lives on one event loop."""

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        ledger: Ledger,
        commits: CommitQueue,
        tables: Tables,
        applier: Applier,
        derived: LocalDerived,
        spool: ImageSpool,
        links: Links,
        executor: Executor,
        shipped: Callable[[], Awaitable[None]],
        forget_copies: Callable[[], Awaitable[None]],
    ) -> None:
        """`shipped` leaves nothing in a bucket of what is not in the folder any more, `forget_copies` nothing of what
        was copied for another embedder.
        """
        self._name, self._folder = name, folder
        self._ledger, self._commits, self._tables, self._applier = ledger, commits, tables, applier
        self._derived, self._spool, self._executor, self._links = derived, spool, executor, links
        self._shipped, self._forget_copies = shipped, forget_copies
        self._tombstones: dict[str, str] = dict(ledger.read("SELECT pseudonym, receipt FROM tombstones"))
        self._open = asyncio.Event()
        if ledger.meta(UNCHECKED) is None:
            self._open.set()

    # --- who is kept out

    @property
    def any(self) -> bool:
        return bool(self._tombstones)

    def pseudonym(self, user_id: str) -> str:
        return pseudonym_of(self._ledger.secret, user_id)

    def refusal(self, user_id: str) -> str:
        return self._tombstones.get(self.pseudonym(user_id), "") if self._tombstones else ""

    def check(self, *user_ids: str) -> None:
        for one in user_ids:
            if one and (receipt := self.refusal(one)):
                raise UserErased(receipt)

    def passed(self, write: Write) -> Write:
        """A write as it may be made: without what it says of people who are erased. One that publishes for them becomes
        a barrier, which is told that it is refused once everything before it is committed.
        """
        if not self._tombstones or write.entry is None:
            return write
        entry = write.entry
        if (person := person_of(entry)) and (receipt := self.refusal(person)):
            return Write(None, b"", partial(self._refuse, entry, write.done, UserErased(receipt)))
        left = without(entry, lambda one: bool(self.refusal(one)))
        if left is not entry:
            write.entry, write.payload = left, journal.encode(left)
        return write

    def _refuse(
        self, entry: journal.Entry, done: Callable[[Outcome], None], error: UserErased, _outcome: Outcome
    ) -> None:
        assert isinstance(entry, journal.Published)  # noqa: S101 - by `passed`
        if images := [one.image.name for one in entry.interactions if one.image is not None]:
            self._executor.submit(self._spool.drop, images)
        done(error)

    # --- receipts

    async def get(self, pseudonym: str) -> Erasure | None:
        found = await self._read("WHERE pseudonym = ? ORDER BY start_time DESC LIMIT 1", pseudonym)
        return found[0] if found else None

    async def page(self, *, limit: int, before: tuple[int, str] | None = None, pseudonym: str = "") -> list[Erasure]:
        return await self._read(
            "WHERE (?1 = '' OR pseudonym = ?1) AND (?2 IS NULL OR (start_time, pseudonym) < (?2, ?3)) "
            "ORDER BY start_time DESC, pseudonym DESC LIMIT ?4",
            pseudonym,
            *(before or (None, "")),
            limit,
        )

    async def unfinished(self) -> list[Erasure]:
        return await self._read("WHERE user_ids IS NOT NULL ORDER BY start_time")

    async def begin(self, user_ids: Sequence[str], operation_id: str, now: int) -> Erasure:
        made = Erasure(self.pseudonym(user_ids[0]), now, operation_id, tuple(user_ids))
        stones = [(self.pseudonym(one), made.pseudonym) for one in user_ids]
        self._tombstones |= dict(stones)
        try:
            # It waits its turn among the writes: what was submitted before is committed and in the tail by then.
            await self._commits.run(partial(self._ledger.transact, [_saved(made), *map(_stone, stones)]))
        except BaseException:
            for pseudonym, _ in stones:
                self._tombstones.pop(pseudonym, None)
            raise
        await self._copy()
        return made

    async def save(self, erasure: Erasure) -> None:
        await self._commits.run(partial(self._ledger.transact, [_saved(erasure)]))

    async def readmit(self, erasure: Erasure, now: int) -> Erasure:
        made = msgspec.structs.replace(erasure, readmit_time=now)
        gone = ("DELETE FROM tombstones WHERE receipt = ?", (erasure.pseudonym,))
        await self._commits.run(partial(self._ledger.transact, [_saved(made), gone]))
        self._tombstones = {one: receipt for one, receipt in self._tombstones.items() if receipt != erasure.pseudonym}
        await self._copy()
        return made

    async def reopen(self, receipt: str, user_ids: Sequence[str], operation_id: str, now: int) -> Erasure:
        made = Erasure(receipt, now, operation_id, tuple(user_ids))
        await self.save(made)
        return made

    async def open_up(self) -> None:
        await self._commits.run(partial(self._ledger.transact, [("DELETE FROM meta WHERE key = ?", (UNCHECKED,))]))
        await self._copy()
        self._open.set()

    @property
    def restored(self) -> bool:
        return not self._open.is_set()

    async def wait_open(self) -> None:
        while self.restored:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._open.wait()
            # On a replica it is the other server that opens up.
            if await self._in_thread(partial(self._ledger.meta, UNCHECKED)) is None:
                self._open.set()

    async def tidy(self) -> None:
        if self._tombstones:
            await self._truncated()

    async def end(self, erasure: Erasure) -> None:
        """The ids go last: whatever is killed before that is taken up again."""
        await self._commits.run(partial(self._ledger.transact, [_saved(msgspec.structs.replace(erasure, user_ids=()))]))
        await self._truncated()
        await self._shipped()

    async def people(self) -> set[str]:
        found = set(await erased_rows.people(self._tables))
        for table in _USER_TABLES:
            query = f"SELECT DISTINCT user_id FROM {table}"  # noqa: S608 - tables of ours
            found |= {one for (one,) in await self._in_thread(partial(self._ledger.read, query))}
        linked = await self._in_thread(partial(self._ledger.read, "SELECT guest_id, account_id FROM user_links"))
        return found.union(*linked) - {""}

    # --- what is deleted

    async def images(self, user_ids: Sequence[str]) -> list[str]:
        await self._applier.wait_applied(self._ledger.last_seq)
        return await erased_rows.images(self._tables, user_ids)

    async def entries(self, user_ids: Sequence[str]) -> int:
        rows = await self._in_thread(self._ledger.journal)
        return sum(person_of(row.entry) in user_ids for row in rows)

    async def forget_receipts(self, seqs: Sequence[int]) -> int:
        def forget() -> int:
            ordered, gone = sorted(seqs), 0
            for table, key in (("requests", "request_id"), ("appends", "method, stream_id, offset")):
                where = "" if table == "requests" else " WHERE seq BETWEEN ? AND ?"
                span = () if table == "requests" or not ordered else (ordered[0] - _LONGEST_ENTRY, ordered[-1])
                rows = self._ledger.read(f"SELECT seq, count, {key} FROM {table}{where}", *span)  # noqa: S608
                named = " AND ".join(f"{one} = ?" for one in key.split(", "))
                hit = [tuple(rest) for seq, count, *rest in rows if _meets(ordered, seq, count)]
                self._ledger.transact([(f"DELETE FROM {table} WHERE {named}", one) for one in hit])  # noqa: S608
                gone += len(hit)
            return gone

        return int(await self._commits.run(forget)) if seqs else 0  # type: ignore[call-overload]

    async def forget_rows(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        await self._applier.wait_applied(self._ledger.last_seq)
        async with self._tables.write_lock:
            counts = await erased_rows.forget(self._tables, user_ids)
        return {**counts, "features": await self._derived.forget("customer_id", user_ids)}

    async def forget_ledger(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        def forget() -> Mapping[str, int]:
            ids, db = list(user_ids), self._ledger
            marks = ", ".join("?" * len(ids))
            counts = {
                table: db.read(f"SELECT count(*) FROM {table} WHERE user_id IN ({marks})", *ids)[0][0]  # noqa: S608
                for table in _USER_TABLES
            }
            statements: list[tuple[str, tuple[Any, ...]]] = [
                (f"DELETE FROM {table} WHERE user_id IN ({marks})", tuple(ids))  # noqa: S608
                for table in _USER_TABLES
            ]
            both, linked = (*ids, *ids), f"guest_id IN ({marks}) OR account_id IN ({marks})"
            counts["user_links"] = db.read(f"SELECT count(*) FROM user_links WHERE {linked}", *both)[0][0]  # noqa: S608
            tables = ("user_links", "link_changes")
            statements += [(f"DELETE FROM {table} WHERE {linked}", both) for table in tables]  # noqa: S608
            for table, column in (("streams", "stream_id"), ("appends", "stream_id"), ("requests", "request_id")):
                told = {one for (one,) in db.read(f"SELECT DISTINCT {column} FROM {table}") if names(one, ids)}  # noqa: S608
                statements += [(f"DELETE FROM {table} WHERE {column} = ?", (one,)) for one in told]  # noqa: S608
            naming = [one.operation_id for one in _all_operations(db) if one.ended and names(_said(one), ids)]
            counts["operations"] = len(naming)
            statements += [("DELETE FROM operations WHERE operation_id = ?", (one,)) for one in naming]
            db.transact(statements)
            db.forget_streams()
            return counts

        found: Any = await self._commits.run(forget)
        for link in self._links:
            if link.guest_id in user_ids or link.account_id in user_ids:
                self._links.apply(LinkChange(link.guest_id, link.account_id, linked=False), link.link_seq, 0)
        return dict(found)

    async def shred(self, told: Callable[[], None]) -> None:
        try:
            await self._shred(told)
        except Exception as error:
            _log.exception("cannot shred", tenant=self._name)
            raise disk.translate(error, self._name) from error

    async def _shred(self, told: Callable[[], None]) -> None:
        await self._applier.wait_applied(self._ledger.last_seq)
        await self._forget_copies()
        await erased_rows.shred(self._tables, told)
        await self._derived.shred(told)
        await self._in_thread(partial(empty_unlinked, self._folder))
        await self._applier.flushed()
        applied = self._applier.applied_seq
        await self._in_thread(partial(disk.flush_filesystem, self._folder))
        while await self._commits.run(partial(self._ledger.trim, applied, TRIM_ROWS)):
            pass
        told()
        # Overwritten cells may leave copies behind where a page was put in order; a ledger written anew has none.
        await self._commits.run(self._ledger.vacuum)
        await self._truncated()
        told()

    async def _truncated(self) -> None:
        """Again while a reader, as a backup, holds pages of the write-ahead log."""
        for _ in range(_BUSY_ATTEMPTS):
            if await self._commits.run(self._ledger.emptied):
                return
            await asyncio.sleep(_BUSY_SECONDS)
        _log.warning("the write-ahead log could not be emptied", tenant=self._name)

    # --- the ledger

    async def _copy(self) -> None:
        job = partial(tombstones.write, self._folder, self._ledger.secret, self._tombstones)
        try:
            await self._in_thread(job)
        except OSError as error:
            _log.error("cannot copy tombstones", tenant=self._name, error=repr(error))

    async def _read(self, rest: str, *values: object) -> list[Erasure]:
        rows = await self._in_thread(partial(self._ledger.read, f"SELECT {_COLUMNS} FROM erasures {rest}", *values))  # noqa: S608
        return [
            Erasure(
                pseudonym,
                start,
                operation_id,
                tuple(msgspec.json.decode(ids, type=list[str])) if ids else (),
                end,
                readmitted,
                msgspec.msgpack.decode(counts, type=dict[str, int]),
            )
            for pseudonym, start, operation_id, ids, end, readmitted, counts in rows
        ]

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


def carry_over(live: Iterable[Path], restored: Path) -> bool:
    """Puts the tombstones and receipts of tenants, where they are of the same origin, into the ledger of a backup that
    is to be served; True where there are any. Of a damaged ledger the copy beside it is read, which has no receipts.
    Blocking. Raises sqlite3.Error.
    """
    with contextlib.closing(_opened(restored)) as target:
        known = [found for one in live if (found := _known(one, target)) is not None]
        stones = {stone for found, _ in known for stone in found}
        if not known:
            return False
        target.execute("BEGIN IMMEDIATE")
        # Who was erased in the backup and admitted again since stays admitted.
        target.execute("DELETE FROM tombstones")
        target.executemany("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", stones)
        for _, receipts in known:
            target.executemany(_SAVE, receipts)
        if stones:
            target.execute("INSERT OR REPLACE INTO meta VALUES (?, '1')", (UNCHECKED,))
        target.execute("COMMIT")
        return bool(stones)


def _known(live: Path, target: sqlite3.Connection) -> tuple[list[Any], list[Any]] | None:
    """Tombstones and receipts of a ledger; None for one of another origin, or older than erasures."""
    keyed = "SELECT value FROM meta WHERE key = 'secret'"
    secret = target.execute(keyed).fetchone()
    try:
        with contextlib.closing(_opened(live)) as source:
            if source.execute(keyed).fetchone() != secret:
                return None
            if not source.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tombstones'").fetchone()[0]:
                return None
            stones = source.execute("SELECT pseudonym, receipt FROM tombstones").fetchall()
            return stones, source.execute(f"SELECT {_COLUMNS} FROM erasures").fetchall()  # noqa: S608 - columns of ours
    except disk.LEDGER_FAULTS as error:
        copied = tombstones.read(live.parent, bytes.fromhex(secret[0]))
        _log.warning("the ledger is damaged", folder=live.parent.name, error=repr(error), tombstones=len(copied))
        return (list(copied.items()), []) if copied else None


def _saved(one: Erasure) -> tuple[str, tuple[Any, ...]]:
    ids = msgspec.json.encode(one.user_ids).decode() if one.user_ids else None
    values = (one.pseudonym, one.start_time, one.operation_id, ids, one.end_time, one.readmit_time)
    return _SAVE, (*values, msgspec.msgpack.encode(dict(one.counts)))


def _stone(stone: tuple[str, str]) -> tuple[str, tuple[Any, ...]]:
    return "INSERT OR REPLACE INTO tombstones VALUES (?, ?)", stone


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=10)


def _meets(ordered: Sequence[int], seq: int, count: int) -> bool:
    at = bisect_left(ordered, seq)
    return at < len(ordered) and ordered[at] < seq + count


def _said(operation: Any) -> str:
    return msgspec.json.encode(operation).decode()


def _all_operations(ledger: Ledger) -> Iterable[Any]:
    before: str | None = None
    while page := ledger.operations("", "", before, _OPERATIONS):
        yield from page
        before = page[-1].operation_id
