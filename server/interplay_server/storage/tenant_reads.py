"""What an open tenant reads: tables and tail together, without what is deleted and still in the tables."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import numpy as np
import pyarrow as pa
import structlog
from lancedb.expr import Expr, col, lit

from interplay_server.domain.content_policy import SEALED, Content, is_hidden
from interplay_server.domain.interaction import Interaction, Session, SessionRequest, StoredAnnotation
from interplay_server.domain.links import Links, Members
from interplay_server.domain.ports import Candidates, Change, Embedder, Vectors
from interplay_server.domain.query import InteractionFilter, Position, SessionPosition
from interplay_server.storage import sessions
from interplay_server.storage.ages import with_tail
from interplay_server.storage.filters import beyond, both, either, expression
from interplay_server.storage.images import ImageSpool
from interplay_server.storage.ledger import Ledger
from interplay_server.storage.tables import Tables
from interplay_server.storage.tail import Tail

T = TypeVar("T")
TEXT_CANDIDATES, VECTOR_CANDIDATES, SESSIONS, SESSION_ROWS = 200, 100, 30, 1000
_log = structlog.get_logger(__name__)


class TenantReads:
    """The reading half of `domain.ports.TenantStore`. A filter that names one id of a person means them all."""

    name: str
    _ledger: Ledger
    _tables: Tables
    _tail: Tail
    _spool: ImageSpool
    _embedder: Embedder
    _executor: Executor
    links: Links
    content: Content

    async def get(self, interaction_id: str, *, eventual: bool = False) -> Interaction | None:
        if not eventual:
            if (row := self._tail.get(interaction_id)) is not None:
                return row
            if interaction_id in self._tail.deleted():
                return None
        rows, _ = await self._tables.select(col("interaction_id") == lit(interaction_id), limit=1)
        return rows[0] if rows else None

    async def image(self, sha256: str) -> bytes | None:
        data = await self._in_thread(lambda: self._spool.get(sha256))
        return await self.content.open_image(sha256, data) if data is not None else await self._tables.image(sha256)

    async def interactions(
        self,
        where: InteractionFilter,
        *,
        limit: int,
        after: Position | None = None,
        newest_first: bool = False,
        eventual: bool = False,
    ) -> list[Interaction]:
        where = self.links.of_person(where)
        fresh = [] if eventual else self._tail.select(where)
        past = None if after is None else beyond(after, newest_first=newest_first)
        rows, _ = await self._tables.select(
            self._visible(where, past, eventual=eventual),
            limit=limit,
            order=("event_time", "seq"),
            descending=newest_first,
        )
        found = {row.seq: row for row in rows}
        for row in fresh:
            key = (row.event_time, row.seq)
            last = None if after is None else (after.event_time, after.seq)
            if last is None or (key < last if newest_first else key > last):
                found[row.seq] = row
        return sorted(found.values(), key=lambda row: (row.event_time, row.seq), reverse=newest_first)[:limit]

    async def published_after(self, members: Members, seq: int, *, limit: int) -> list[Interaction]:
        since = dict(members)
        alone = members[0][0] if len(members) == 1 else ""
        where = InteractionFilter(user_id=alone, user_ids=frozenset() if alone else frozenset(since))
        found, fresh = list[Interaction](), self._tail.select(where)
        fresh = [row for row in fresh if row.seq > seq and _learnable(row)]
        while True:
            rows = await self._tables.published(self._visible(where, col("seq") > lit(seq)), limit)
            found += [row for row in rows if row.seq > since[row.header.user_id]]
            if len(rows) < limit or len(found) >= limit:
                break
            seq = rows[-1].seq
        return _in_journal_order(found, [row for row in fresh if row.seq > since[row.header.user_id]])[:limit]

    async def published_at(self, seqs: Sequence[int]) -> list[Interaction]:
        wanted = set(seqs)
        everything = self._tail.select(InteractionFilter())
        fresh = [row for row in everything if row.seq in wanted and not is_hidden(row.header)]
        mine = self._visible(InteractionFilter(), col("seq").isin(list(seqs)))
        rows = await self._tables.published(mine, len(seqs)) if seqs else []
        return _in_journal_order(rows, fresh)

    async def existing_ids(self, interaction_ids: Sequence[str]) -> list[str]:
        fresh = [one for one in interaction_ids if self._tail.get(one) is not None]
        mine = col("interaction_id").isin(list(interaction_ids))
        stored = await self._tables.column(self._visible(InteractionFilter(), mine), "interaction_id")
        return list(dict.fromkeys([*stored, *fresh]))

    async def matching_ids(self, where: InteractionFilter) -> list[str]:
        where = self.links.of_person(where)
        fresh = [row.interaction_id for row in self._tail.select(where)]
        stored = await self._tables.column(self._visible(where), "interaction_id")
        return list(dict.fromkeys([*stored, *fresh]))

    async def ages(self, before: int | None = None) -> pa.Table:
        where = InteractionFilter(end_time=before)
        fresh = self._tail.select(where)
        stored = await self._tables.ages(self._visible(where))
        return await self._in_thread(lambda: with_tail(stored, fresh))

    async def annotations(self, interaction_ids: Sequence[str]) -> Mapping[str, Sequence[StoredAnnotation]]:
        fresh = {one: notes for one in interaction_ids if (notes := self._tail.annotations(one))}
        found: dict[str, dict[int, StoredAnnotation]] = {}
        for note in await self._tables.annotations(col("interaction_id").isin(list(interaction_ids))):
            found.setdefault(note.interaction_id, {})[note.seq] = note
        for one, notes in fresh.items():
            found.setdefault(one, {}).update((note.seq, note) for note in notes)
        return {one: [notes[seq] for seq in sorted(notes)] for one, notes in found.items()}

    async def expert_notes(self) -> Mapping[str, StoredAnnotation]:
        fresh, gone = self._tail.notes(), self._tail.deleted()
        stored = await self._tables.annotations(col("expert_content") != lit(""))
        given = {
            note.seq: note
            for note in (*stored, *fresh)
            if note.annotation.expert_content and (note.sealing is None or note.sealing.mode != SEALED)
        }
        return {note.interaction_id: note for _, note in sorted(given.items()) if note.interaction_id not in gone}

    async def sessions(
        self,
        where: InteractionFilter,
        *,
        limit: int,
        after: SessionPosition | None = None,
        eventual: bool = False,
        people: bool = True,
    ) -> list[Session]:
        where = self.links.of_person(where)
        fresh = [] if eventual else self._tail.select(where)
        table = await self._tables.session_rows(self._visible(where, eventual=eventual))
        accounts = {one.guest_id: one.account_id for one in self.links} if people else {}
        return await self._in_thread(lambda: sessions.page(sessions.with_tail(table, fresh), limit, after, accounts))

    async def whole_sessions(
        self, keys: Sequence[tuple[str, str]], *, limit: int
    ) -> Mapping[tuple[str, str], Sequence[Interaction]]:
        if not keys:
            return {}
        if self.links:
            return await self._sessions_of_people(keys, limit)
        fresh = self._tail.of_users({user for user, _ in keys})
        mine = self._visible(InteractionFilter(), sessions.among(keys))
        latest = ("event_time", "seq")
        rows, _ = await self._tables.select(mine, limit=limit * len(keys), order=latest, descending=True)
        return sessions.whole([*rows, *fresh], keys, limit)

    async def _sessions_of_people(
        self, keys: Sequence[tuple[str, str]], limit: int
    ) -> Mapping[tuple[str, str], Sequence[Interaction]]:
        """A session that went on under another id of the same person is one; it is given under each key asked for."""
        account = self.links.account
        ids = {one for user, _ in keys for one in self.links.linked(user)}
        whole = sorted({(account(user), session) for user, session in keys})
        mine = self._visible(
            InteractionFilter(user_ids=frozenset(ids)), col("session_id").isin(sorted({one for _, one in whole}))
        )
        fresh = self._tail.of_users(ids)
        latest = ("event_time", "seq")
        rows, _ = await self._tables.select(mine, limit=limit * len(whole), order=latest, descending=True)
        found = sessions.whole([*rows, *fresh], whole, limit, account)
        return {key: one for key in keys if (one := found.get((account(key[0]), key[1]))) is not None}

    async def newest_in_sessions(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        if not keys:
            return {}
        fresh = self._tail.of_users({user for user, _ in keys})
        table = await self._tables.session_rows(self._visible(InteractionFilter(), sessions.among(keys)))
        return sessions.newest(table, fresh, keys)

    async def session_requests(
        self, user_id: str, session_id: str, *, limit: int, eventual: bool = False
    ) -> list[SessionRequest]:
        where = InteractionFilter(user_id=user_id, session_id=session_id)
        rows = await self.interactions(where, limit=limit * 10, newest_first=True, eventual=eventual)
        return sessions.requests(rows, limit)

    async def load(self, where: InteractionFilter, *, limit: int) -> Candidates:
        where = self.links.of_person(where)
        fresh = self._tail.select(where)
        rows, vectors = await self._tables.select(self._visible(where), limit=limit, vectors=True)
        return await self._with_tail(rows, vectors, fresh)

    async def count(self, where: InteractionFilter) -> int:
        return await self._tables.count(expression(self.links.of_person(where)))

    async def candidates(
        self, where: InteractionFilter, *, text: str, vector: Vectors | None, eventual: bool
    ) -> Candidates:
        where = self.links.of_person(where)
        fresh = [] if eventual else self._tail.select(where)
        visible = self._visible(where, eventual=eventual)
        arms = []
        if text:
            arms.append(self._tables.matching(text, visible, TEXT_CANDIDATES))
        if vector is not None:
            arms.append(self._tables.nearest(vector, visible, VECTOR_CANDIDATES))
        answers = await asyncio.gather(*arms, return_exceptions=True)
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        if len(failed) == len(answers):
            raise failed[0]
        for error in failed:
            _log.error("an arm of search failed", tenant=self.name, error=repr(error))
        best = list(dict.fromkeys(seq for answer in answers if isinstance(answer, list) for seq in answer))
        rows, vectors = await self._around(best, visible)
        found = await self._with_tail(rows, vectors, fresh)
        return Candidates(found.rows, found.vectors, "an arm of the search failed" if failed else "")

    async def _around(self, best: Sequence[int], visible: Expr | None) -> tuple[list[Interaction], Vectors]:
        """The best candidates with the sessions of the first of them: neighbours and session terms need those."""
        if not best:
            return [], np.zeros((0, self._embedder.dimension), np.float32)
        rows, vectors = await self._tables.select(col("seq").isin(list(best)), limit=len(best), vectors=True)
        order = {seq: place for place, seq in enumerate(best)}
        best_first = sorted(rows, key=lambda row: order[row.seq])
        sessions = list(dict.fromkeys((row.header.user_id, row.header.session_id) for row in best_first))[:SESSIONS]
        inside = both(
            visible,
            either(
                *((col("user_id") == lit(user)) & (col("session_id") == lit(session)) for user, session in sessions)
            ),
        )
        around, around_vectors = await self._tables.select(inside, limit=SESSION_ROWS, vectors=True)
        known = {row.seq for row in around}
        outside = [place for place, row in enumerate(rows) if row.seq not in known]
        assert vectors is not None and around_vectors is not None  # noqa: S101, PT018 - asked for
        return [*around, *(rows[place] for place in outside)], np.concatenate([around_vectors, vectors[outside]])

    async def _with_tail(
        self, rows: Sequence[Interaction], vectors: Vectors | None, fresh: Sequence[Interaction]
    ) -> Candidates:
        assert vectors is not None  # noqa: S101 - asked for
        known = {row.seq for row in rows}
        fresh = [row for row in fresh if row.seq not in known]
        if not fresh:
            return Candidates(rows, vectors)
        embedded = await self._in_thread(lambda: self._embedder.embed([row.data.search_text for row in fresh]))
        return Candidates([*rows, *fresh], np.concatenate([vectors, embedded]))

    async def history(self, after_seq: int, up_to_seq: int, *, limit: int) -> list[Change]:
        pending, hidden = self._tail.history(after_seq, up_to_seq), self._tail.deleted()
        tombstones = await self._in_thread(lambda: self._ledger.deletions(after_seq, up_to_seq, limit))
        if len(tombstones) == limit:
            up_to_seq = tombstones[-1][0]
        later = col("seq") > lit(after_seq)
        shown = ~col("interaction_id").isin(sorted(hidden)) if hidden else None
        rows, _ = await self._tables.select(
            both(later, col("seq") <= lit(up_to_seq), shown), limit=limit, order=("seq",)
        )
        if len(rows) == limit:
            up_to_seq = rows[-1].seq
        changes = {row.seq: Change(row.seq, row.publish_time, (row,)) for row in rows}
        for stored in await self._tables.annotations(later & (col("seq") <= lit(up_to_seq))):
            if stored.interaction_id not in hidden:
                changes[stored.seq] = Change(stored.seq, stored.create_time, annotation=stored)
        changes |= {seq: Change(seq, 0, deleted_ids=ids) for seq, ids in tombstones if seq <= up_to_seq}
        for change in pending:
            for row in change.interactions:
                if after_seq < row.seq <= up_to_seq and row.interaction_id not in hidden:
                    changes[row.seq] = Change(row.seq, row.publish_time, (row,))
            note = change.annotation
            if note is not None and change.seq <= up_to_seq and note.interaction_id not in hidden:
                changes[change.seq] = change
        return [changes[seq] for seq in sorted(changes)]

    def _visible(self, where: InteractionFilter, *more: Expr | None, eventual: bool = False) -> Expr | None:
        """The filter without what is deleted and still in the tables."""
        hidden = () if eventual else self._tail.deleted()
        return both(expression(where), *more, ~col("interaction_id").isin(sorted(hidden)) if hidden else None)

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


def _learnable(row: Interaction) -> bool:
    return not row.header.evaluation_only and not is_hidden(row.header)


def _in_journal_order(*parts: Sequence[Interaction]) -> list[Interaction]:
    found = {row.seq: row for part in parts for row in part}
    return [found[seq] for seq in sorted(found)]
