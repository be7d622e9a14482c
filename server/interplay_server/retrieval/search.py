"""Search over a tenant: all turns of a hot user from memory, candidates from storage for everything else.

A user's turns are loaded at the first search and followed from then on, so that a search of a hot user asks LanceDB
nothing; a tenant that is small as a whole is treated the same way in searches across users. Where there are more turns
than `user_turns`, candidates of the first stage are ranked.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.content_policy import is_hidden
from interplay_server.domain.embedding import steadily
from interplay_server.domain.interaction import Interaction
from interplay_server.domain.ports import Candidates, Change, Embedder, TenantStore, Vectors
from interplay_server.domain.query import InteractionFilter
from interplay_server.errors import VectorSearchUnavailable
from interplay_server.retrieval.corpus import Corpus, Turn, View
from interplay_server.retrieval.score import Mode, Ranked, Weights, rank

T = TypeVar("T")
EVERYBODY = ""
"""In place of a user: all turns of a small tenant."""
EMBEDDER_FAILED = "the embedder failed"
MAX_FRESH = 2_000
"""Turns that come unsearched before a user is dropped from memory, to be loaded again when somebody asks."""


class Hit(msgspec.Struct, frozen=True):
    interaction: Interaction
    ranked: Ranked


class Answer(msgspec.Struct, frozen=True):
    hits: list[Hit]
    degraded_reason: str = ""


@dataclass(slots=True)
class _User:
    """The turns of a hot user. `fresh` came after the last fold; `rows` are by sequence number."""

    corpus: Corpus
    embedder: Embedder
    rows: dict[int, Interaction] = field(default_factory=dict)
    fresh: list[Interaction] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    loaded: bool = False


class SearchEngine:
    """Lives on one event loop; analysis and ranking run on `executor`."""

    def __init__(self, executor: Executor, weights: Weights, *, cached_turns: int, user_turns: int) -> None:
        self._executor, self._weights = executor, weights
        self._cached_turns, self._user_turns = cached_turns, user_turns
        self._users: OrderedDict[tuple[str, str], _User] = OrderedDict()
        self._tenants: dict[str, TenantStore] = {}

    def forget(self, tenant: TenantStore) -> None:
        """Drops everything of a tenant; called when it has closed."""
        self._forget_turns(tenant.name)
        self._tenants.pop(tenant.name, None)

    def _forget_turns(self, tenant: str) -> None:
        for key in [key for key in self._users if key[0] == tenant]:
            del self._users[key]

    def forget_users(self, tenant: str, user_ids: Sequence[str]) -> None:
        """Drops what is held of these users, and of everybody together."""
        for user_id in (*user_ids, EVERYBODY):
            self._users.pop((tenant, user_id), None)

    def follow(self, tenant: TenantStore) -> None:
        """Keeps hot users of the tenant up to date from now on; called when it opens."""
        self.forget(tenant)
        self._tenants[tenant.name] = tenant
        tenant.subscribe(lambda changes: self._on_changes(tenant, changes))

    def _on_changes(self, store: TenantStore, changes: Sequence[Change]) -> None:
        tenant = store.name
        for change in changes:
            for user_id in (one for link in change.links for one in (link.guest_id, link.account_id)):
                self._users.pop((tenant, user_id), None)
            if change.interactions:
                owner = store.links.account(change.interactions[0].header.user_id)
                for user_id in (owner, EVERYBODY):
                    user = self._users.get((tenant, user_id))
                    if user is not None:
                        user.fresh.extend(row for row in change.interactions if not is_hidden(row.header))
                        if len(user.fresh) > MAX_FRESH:
                            del self._users[tenant, user_id]
            elif change.deleted_ids:
                for key, user in self._users.items():
                    if key[0] == tenant:
                        user.removed.update(change.deleted_ids)

    async def search(
        self,
        tenant: TenantStore,
        query: str,
        where: InteractionFilter,
        *,
        top_k: int,
        mode: Mode = "hybrid",
        threshold: float | None = None,
        eventual: bool = False,
    ) -> Answer:
        """The best `top_k`, best first; by words alone where the embedder fails. Raises VectorSearchUnavailable."""
        search = partial(
            self._search, tenant, query, where, top_k=top_k, mode=mode, threshold=threshold, eventual=eventual
        )
        return await steadily(tenant, search)

    async def _search(
        self,
        tenant: TenantStore,
        query: str,
        where: InteractionFilter,
        embedder: Embedder,
        *,
        top_k: int,
        mode: Mode,
        threshold: float | None,
        eventual: bool,
    ) -> Answer:
        failed = False

        def ranked(view: View, mask: NDArray[np.bool_] | None) -> list[Ranked]:
            nonlocal failed
            ranking = partial(
                rank, query, view, mask=mask, top_k=top_k, weights=self._weights, mode=mode, min_similarity=threshold
            )
            if mode == "text":
                return ranking(embedder=None)
            try:
                return ranking(embedder=embedder)
            except Exception as error:
                if mode == "vector":
                    raise VectorSearchUnavailable(embedder.name) from error
                failed = True
                return ranking(embedder=None)

        answer = await self._ranked(tenant, embedder, query, where, mode, ranked=ranked, eventual=eventual)
        return msgspec.structs.replace(answer, degraded_reason=EMBEDDER_FAILED) if failed else answer

    async def similar(
        self,
        tenant: TenantStore,
        interaction: Interaction,
        where: InteractionFilter,
        *,
        top_k: int,
        threshold: float | None,
        keep: Callable[[Interaction], bool],
        eventual: bool,
    ) -> list[Hit]:
        """Nearest by cosine among those that `keep` takes, without the interaction itself."""
        text = interaction.data.search_text

        async def nearest(embedder: Embedder) -> Answer:
            vector = await self._in_thread(lambda: embedder.embed([text])[0])

            def ranked(view: View, mask: NDArray[np.bool_] | None) -> list[Ranked]:
                return rank(
                    "", view, embedder, mask=mask, top_k=len(view), query_vector=vector, mode="vector",
                    min_similarity=threshold,
                )  # fmt: skip

            return await self._ranked(tenant, embedder, text, where, "vector", ranked=ranked, eventual=eventual)

        answer = await steadily(tenant, nearest)
        others = [hit for hit in answer.hits if hit.interaction.seq != interaction.seq and keep(hit.interaction)]
        return others[:top_k]

    async def _ranked(
        self,
        tenant: TenantStore,
        embedder: Embedder,
        query: str,
        where: InteractionFilter,
        mode: Mode,
        *,
        ranked: Callable[[View, NDArray[np.bool_] | None], list[Ranked]],
        eventual: bool,
    ) -> Answer:
        owner = tenant.links.account(where.user_id) if where.user_id else EVERYBODY
        user = await self._user(tenant, owner)
        if user is not None:
            applied = tenant.applied_seq if eventual else None
            async with user.lock:
                # Taken on the event loop, where changes arrive: nothing slips in between.
                fresh, user.fresh = user.fresh, []
                removed, user.removed = user.removed, set()

                def work() -> tuple[dict[int, Interaction], list[Ranked]]:
                    self._fold(user, fresh, removed)
                    return self._rank_user(user, where, applied, ranked)

                try:
                    rows, hits = await self._in_thread(work)
                except BaseException:
                    # What was taken may not have arrived: the user is loaded again by the next search.
                    self._users.pop((tenant.name, owner), None)
                    raise
            return Answer([Hit(rows[hit.seq], hit) for hit in hits])
        vector: Vectors | None = None
        degraded = ""
        if mode != "text":
            try:
                vector = await self._in_thread(lambda: embedder.embed([query])[0])
            except Exception as error:
                if mode == "vector":
                    raise VectorSearchUnavailable(embedder.name) from error
                degraded = EMBEDDER_FAILED
        text = "" if mode == "vector" else query
        found = await tenant.candidates(where, text=text, vector=vector, eventual=eventual)
        found = _shown(found)
        rows = {row.seq: row for row in found.rows}
        if not rows:
            return Answer([], degraded or found.degraded_reason)

        def rank_candidates() -> list[Ranked]:
            turns = [_turn(row, one) for row, one in zip(found.rows, found.vectors, strict=True)]
            return ranked(Corpus(embedder.dimension, turns).view(), None)

        hits = await self._in_thread(rank_candidates)
        return Answer([Hit(rows[hit.seq], hit) for hit in hits], degraded or found.degraded_reason)

    def _rank_user(
        self,
        user: _User,
        where: InteractionFilter,
        applied: int | None,
        ranked: Callable[[View, NDArray[np.bool_] | None], list[Ranked]],
    ) -> tuple[dict[int, Interaction], list[Ranked]]:
        view, rows = user.corpus.view(), user.rows
        mask = None
        only = msgspec.structs.replace(where, user_id="")
        if not only.empty or applied is not None:
            seqs = view.seq.tolist()
            mask = np.fromiter(
                (only.matches(rows[seq]) and (applied is None or seq <= applied) for seq in seqs), np.bool_, len(seqs)
            )
        return rows, ranked(view, mask)

    @staticmethod
    def _fold(user: _User, fresh: Sequence[Interaction], removed: set[str]) -> None:
        """Takes in what was published and deleted since the last search. In a thread, under the user's lock."""
        fresh = [row for row in fresh if row.seq not in user.rows and row.interaction_id not in removed]
        if fresh:
            vectors = user.embedder.embed([row.data.search_text for row in fresh])
            user.corpus.extend([_turn(row, vector) for row, vector in zip(fresh, vectors, strict=True)])
            user.rows.update((row.seq, row) for row in fresh)
        if removed:
            gone = [seq for seq, row in user.rows.items() if row.interaction_id in removed]
            user.corpus.remove(gone)
            for seq in gone:
                del user.rows[seq]

    async def _user(self, tenant: TenantStore, user_id: str) -> _User | None:
        """The user's turns in memory; None where there are too many, or no room."""
        if self._tenants.get(tenant.name) is not tenant or self._cached_turns < 1:
            return None
        key = (tenant.name, user_id)
        user, embedder = self._users.get(key), tenant.embedder
        if user is not None and user.embedder is not embedder:
            self._forget_turns(tenant.name)
            user = None
        if user is None:
            user = self._users[key] = _User(Corpus(embedder.dimension), embedder)
        self._users.move_to_end(key)
        async with user.lock:
            if not user.loaded and not await self._load(tenant, user_id, user):
                self._users.pop(key, None)
                return None
        if len(user.rows) + len(user.fresh) > self._user_turns:
            self._users.pop(key, None)
            return None
        self._evict(key)
        return user

    async def _load(self, tenant: TenantStore, user_id: str, user: _User) -> bool:
        where = InteractionFilter(user_id=user_id)
        if await tenant.count(where) > self._user_turns:
            return False
        found = await tenant.load(where, limit=self._user_turns + 1)
        if len(found.rows) > self._user_turns:
            return False
        found = _shown(found)

        def fill() -> None:
            user.corpus.extend([_turn(row, one) for row, one in zip(found.rows, found.vectors, strict=True)])
            user.rows.update((row.seq, row) for row in found.rows)

        await self._in_thread(fill)
        user.loaded = True
        return True

    def _evict(self, newest: tuple[str, str]) -> None:
        total = sum(len(user.rows) + len(user.fresh) for user in self._users.values())
        while total > self._cached_turns and len(self._users) > 1:
            key, user = next(iter(self._users.items()))
            if key == newest:
                return
            total -= len(user.rows) + len(user.fresh)
            del self._users[key]

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


def _shown(found: Candidates) -> Candidates:
    """Without what no search finds."""
    places = [place for place, row in enumerate(found.rows) if not is_hidden(row.header)]
    if len(places) == len(found.rows):
        return found
    return replace(found, rows=[found.rows[place] for place in places], vectors=found.vectors[places])


def _turn(row: Interaction, vector: Vectors) -> Turn:
    data = row.data
    return Turn(
        seq=row.seq,
        session=(row.header.user_id, row.header.session_id),
        time=row.event_time,
        role=data.role,
        role_class=data.role_class,
        speaker=data.speaker,
        text=data.search_text,
        vector=vector,
    )
