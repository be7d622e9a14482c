"""What learning knows of one open tenant: configuration, generations, locks and rows."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from interplay_server.domain import generations as gens
from interplay_server.domain import journal, learning_config
from interplay_server.domain.generations import AllGenerations
from interplay_server.domain.learning_config import LearningConfig
from interplay_server.domain.learnt import AGENT_PLAYBOOK, PINNED, AgentPlaybook, CursorKey, Profile, Row, UserPlaybook
from interplay_server.domain.ports import Receipt, TenantStore, Vectors
from interplay_server.domain.writing import commit
from interplay_server.errors import ProviderNotConfigured
from interplay_server.learning.engines import Engine
from interplay_server.learning.known import AnyRow, Known
from interplay_server.learning.lifecycle import GENERATION_KIND
from interplay_server.retrieval.memory import Memory

MERGE_EMBEDDER = "wordllama-256"
"""Embedder that the weights of merging were fitted with; with another one the tables of words decide alone."""


class LearningTenant:
    """Lives on one event loop. `engines` are those that the server is configured with, by provider; `default` is the
    name of one of them.
    """

    def __init__(self, store: TenantStore, memory: Memory, engines: Mapping[str, Engine], default: str) -> None:
        self.store, self.memory = store, memory
        self._engines, self._default = engines, default
        self.config = LearningConfig()
        self.generations = AllGenerations()
        self.reruns: dict[str, str] = {}
        """Operation that learns anew, by kind of generation."""
        self.deletions = 0
        """Deletions seen since the tenant was opened: what was read before the last of them may be gone."""
        self.pointing = asyncio.Lock()
        """Held by whoever moves the pointers of generations: one move must not undo another."""
        self.moves = 0
        """Odd while pointers of active generations are being moved."""
        self.scanned: dict[CursorKey, int] = {}
        """Journal sequence before which a cursor has nothing eligible, so that nobody looks twice."""
        self._loaded = False
        self._locks: dict[str, asyncio.Lock] = {}
        self._holders: dict[str, int] = {}

    async def load(self) -> None:
        """Once: from then on `commit` keeps it up to date, and another reading could bring back an earlier pointer."""
        if self._loaded:
            return
        self.config = learning_config.load(await self.store.learnt.meta(learning_config.META_KEY))
        self.generations = gens.load(await self.store.learnt.meta(gens.META_KEY))
        self._loaded = True

    def engine(self, config: LearningConfig | None = None) -> Engine:
        """Raises ProviderNotConfigured: a configuration may outlive the provider that it names."""
        name = (config or self.config).provider or self._default
        if name not in self._engines:
            raise ProviderNotConfigured(name)
        return self._engines[name]

    @property
    def idle_seconds(self) -> float:
        """Time without a publish after which a user's last interactions do not wait for a stride any more."""
        if self.config.idle_seconds:
            return self.config.idle_seconds
        name = self.config.provider or self._default
        return learning_config.IDLE_SECONDS_RULES if name == "rules" else learning_config.IDLE_SECONDS_MODEL

    @asynccontextmanager
    async def lock(self, user_id: str) -> AsyncIterator[None]:
        """Held by whoever reads a person's rows in order to change them; the empty user owns the agent's playbooks."""
        user_id = self.store.links.account(user_id)
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        self._holders[user_id] = self._holders.get(user_id, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._holders[user_id] -= 1
            if not self._holders[user_id]:
                del self._holders[user_id], self._locks[user_id]

    async def commit(self, entry: journal.Learnt, request_id: str = "", signature: bytes = b"") -> Receipt:
        """Makes the entry durable; configuration and pointers are what it says from then on."""
        receipt = await commit(self.store, entry, request_id, signature)
        if not receipt.duplicate:
            if learning_config.META_KEY in entry.meta:
                self.config = learning_config.load(entry.meta[learning_config.META_KEY])
                self.scanned.clear()
            if gens.META_KEY in entry.meta:
                self.generations = gens.load(entry.meta[gens.META_KEY])
        return receipt

    async def known(self, kind: type[AnyRow], user_id: str, generation: int) -> Known[AnyRow]:
        """Rows of a person that a candidate may be merged with: of one generation or made by hand, and not closed. What
        they said under another id is of the generation that is active there.
        """
        name: str = kind.kind
        shelf = await self.memory.shelf(self.store, name, user_id)
        corpus = await self.memory.corpus(shelf)
        places = {row_id: at for at, row_id in enumerate(corpus.ids)}
        others = self.generations.of(GENERATION_KIND[name]).active_for
        rows = [
            row
            for row in shelf.rows.values()
            if isinstance(row, kind)
            and row.end_time is None
            and row.origin.generation in (PINNED, generation if row.user_id == user_id else others(row.user_id))
            and row.row_id in places
        ]
        vectors: Vectors = corpus.vectors[[places[row.row_id] for row in rows]]
        own = self.memory.embedder
        return Known(rows, vectors, own, own.word_vectors if own.name == MERGE_EMBEDDER else None)

    async def row(self, kind: str, row_id: str) -> Row | None:
        return await self.store.learnt.get(kind, row_id)

    def active_generation(self, kind: str, user_id: str) -> int:
        return self.generations.of(kind).active_for(user_id)

    def shows(self, row: Profile | UserPlaybook | AgentPlaybook) -> bool:
        """Whether the row is of a generation that reads see."""
        if row.kind == AGENT_PLAYBOOK:
            return True
        return self.generations.of(GENERATION_KIND[row.kind]).shows(row.origin.generation, row.user_id)


def now_micros() -> int:
    return time.time_ns() // 1000
