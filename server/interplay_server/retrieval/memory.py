"""What is learnt of hot users, in memory: rows and their statement corpus, kept current by the tenant's changes.

A shelf holds all rows of one kind and user, whatever their generation; the agent's playbooks stand on one shelf of
their own. Shelves are loaded on first use and forgotten when too many rows are held.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor

from interplay_server.domain.learnt import AGENT_PLAYBOOK, LearntFilter, Profile, Row
from interplay_server.domain.ports import Change, Embedder, TenantStore
from interplay_server.retrieval.statements import Statement, StatementCorpus

PAGE = 2000
INLINE_ROWS = 64
"""Changes of at most so many rows are embedded on the event loop: about 0.1 ms each, less than a hand-over costs."""


class Shelf:
    """Rows of one kind and user. `corpus` follows the rows when it is asked for; any thread may ask."""

    def __init__(self, empty: StatementCorpus) -> None:
        self.rows: dict[str, Row] = {}
        self.ready = asyncio.Event()
        self._corpus = empty
        self._dirty: dict[str, Row | None] = {}
        self._changing = threading.Lock()

    def put(self, row: Row) -> None:
        self.rows[row.row_id] = row
        self._dirty[row.row_id] = row

    def remove(self, row_id: str) -> None:
        self.rows.pop(row_id, None)
        self._dirty[row_id] = None

    def add_stored(self, rows: Sequence[Row]) -> None:
        """Rows as they were read; one that changed since is known better."""
        for row in rows:
            if row.row_id not in self._dirty:
                self.put(row)

    @property
    def waiting(self) -> int:
        """Rows that the corpus does not hold yet."""
        return len(self._dirty)

    def corpus(self) -> StatementCorpus:
        """Embeds what is waiting, about 0.1 ms a row."""
        with self._changing:
            if self._dirty:
                dirty, self._dirty = self._dirty, {}
                gone = [row_id for row_id, row in dirty.items() if row is None]
                fresh = [statement(row) for row in dirty.values() if row is not None]
                try:
                    self._corpus = self._corpus.with_changes(fresh, gone)
                except BaseException:
                    # An embedder that fails once must not hide these rows for good.
                    self._dirty = dirty | self._dirty
                    raise
            return self._corpus


class Memory:
    """Shelves of all tenants, at most `cached_rows` rows together where not more are in use at once."""

    def __init__(self, empty: StatementCorpus, executor: Executor, *, cached_rows: int) -> None:
        """`empty` brings the embedder of what is in memory, for all tenants; those of their tables may be others."""
        self._empty, self._executor, self._cached_rows = empty, executor, cached_rows
        self._shelves: OrderedDict[tuple[str, str, str], Shelf] = OrderedDict()
        self._held = 0
        self._ends: dict[str, Callable[[], None]] = {}

    @property
    def embedder(self) -> Embedder:
        return self._empty.embedder

    def corpus_of(self, statements: Iterable[Statement]) -> StatementCorpus:
        """A corpus of its own, for rows that stand on no shelf."""
        return self._empty.with_changes(statements)

    def follow(self, store: TenantStore) -> None:
        self._ends[store.name] = store.subscribe(lambda changes: self._on_changes(store, changes))

    def forget(self, store: TenantStore) -> None:
        if (end := self._ends.pop(store.name, None)) is not None:
            end()
        for key in [key for key in self._shelves if key[0] == store.name]:
            self._drop(key)

    def forget_users(self, tenant: str, user_ids: Sequence[str]) -> None:
        """Drops the shelves of these users."""
        for key in [key for key in self._shelves if key[0] == tenant and key[2] in user_ids]:
            self._drop(key)

    def _on_changes(self, store: TenantStore, changes: Sequence[Change]) -> None:
        tenant = store.name
        for change in changes:
            for link in change.links:
                both = {link.guest_id, link.account_id}
                for key in [key for key in self._shelves if key[0] == tenant and key[2] in both]:
                    self._drop(key)
            if change.learnt is None:
                continue
            for row in change.learnt.puts:
                owner = store.links.account(_owner(row))
                if (shelf := self._shelves.get((tenant, row.kind, owner))) is not None:
                    self._held += shelf.ready.is_set() and row.row_id not in shelf.rows
                    shelf.put(row)
            for kind, row_id in change.learnt.removed:
                for (of, shelved, _), shelf in self._shelves.items():
                    if of == tenant and shelved == kind and (row_id in shelf.rows or not shelf.ready.is_set()):
                        self._held -= shelf.ready.is_set()
                        shelf.remove(row_id)

    async def shelf(self, store: TenantStore, kind: str, user_id: str) -> Shelf:
        """All rows of a kind and person; `user_id` is ignored for agent playbooks."""
        owner = "" if kind == AGENT_PLAYBOOK else store.links.account(user_id)
        key = (store.name, kind, owner)
        shelf = self._shelves.get(key)
        if shelf is not None:
            self._shelves.move_to_end(key)
            await shelf.ready.wait()
            return shelf
        shelf = Shelf(self._empty)
        if store.exists:
            # Known before it is read: what is committed while it is read reaches it, and wins.
            self._shelves[key] = shelf
        try:
            await self._load(store, kind, owner, shelf)
        except BaseException:
            if self._shelves.get(key) is shelf:
                del self._shelves[key]
            raise
        finally:
            shelf.ready.set()
        if self._shelves.get(key) is shelf:
            self._held += len(shelf.rows)
            self._make_room(key)
        return shelf

    async def _load(self, store: TenantStore, kind: str, owner: str, shelf: Shelf) -> None:
        where, before = LearntFilter(user_id=owner), ""
        while True:
            page = await store.learnt.rows(kind, where, limit=PAGE, before=before)
            shelf.add_stored(page)
            if len(page) < PAGE:
                break
            before = page[-1].row_id
        await self.corpus(shelf)

    async def corpus(self, shelf: Shelf) -> StatementCorpus:
        if shelf.waiting > INLINE_ROWS:
            return await asyncio.get_running_loop().run_in_executor(self._executor, shelf.corpus)
        return shelf.corpus()

    def _make_room(self, newest: tuple[str, str, str]) -> None:
        while self._held > self._cached_rows and len(self._shelves) > 1:
            oldest = next(iter(self._shelves))
            if oldest == newest:
                return
            self._drop(oldest)

    def _drop(self, key: tuple[str, str, str]) -> None:
        shelf = self._shelves.pop(key)
        if shelf.ready.is_set():
            self._held -= len(shelf.rows)


def statement(row: Row) -> Statement:
    newest = row.confirm_time if isinstance(row, Profile) else row.update_time
    return Statement(row.row_id, row.search_text, newest)


def _owner(row: Row) -> str:
    return "" if row.kind == AGENT_PLAYBOOK else row.user_id
