"""Finding what was learnt: on a hot user's shelf in memory, or among candidates of the tables across users."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial

import msgspec
import numpy as np

from interplay_server.domain.embedding import steadily
from interplay_server.domain.learnt import AGENT_PLAYBOOK, LearntFilter, Row
from interplay_server.domain.ports import Embedder, Vectors
from interplay_server.errors import VectorSearchUnavailable
from interplay_server.learning.lifecycle import lifecycle
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.retrieval.memory import statement
from interplay_server.retrieval.score import Mode
from interplay_server.retrieval.statements import StatementCorpus, StatementHit

CANDIDATES_A_HIT, LEAST_CANDIDATES, MOST_CANDIDATES, WIDER = 5, 50, 10_000, 4
"""Rows that the tables are asked for; WIDER times as many where filters left too few of them."""
INLINE_ROWS = 500
"""So many statements rank in about a millisecond: less than a hand-over to a thread costs under load."""
EMBEDDER_FAILED = "the embedder failed; words alone answered"


class Wanted(msgspec.Struct, frozen=True):
    """Which rows are looked at. `as_of` is microseconds, None is now."""

    where: LearntFilter = LearntFilter()
    lifecycles: frozenset[str] = frozenset({"current"})
    tags: tuple[str, ...] = ()
    as_of: int | None = None
    agent_version: str = ""

    @property
    def instant(self) -> int:
        return now_micros() if self.as_of is None else self.as_of


class Recalled(msgspec.Struct, frozen=True):
    row: Row
    hit: StatementHit


class Recall(msgspec.Struct, frozen=True):
    hits: list[Recalled]
    degraded_reason: str = ""


def accepts(tenant: LearningTenant, wanted: Wanted) -> Callable[[Row], bool]:
    """Whether a row is wanted, at one instant for all rows."""
    instant, generations = wanted.instant, tenant.generations

    def accept(row: Row) -> bool:
        return (
            lifecycle(row, generations, instant) in wanted.lifecycles
            and wanted.where.matches(row)
            and set(wanted.tags) <= set(row.tags)
            and (not wanted.agent_version or _of_version(row, wanted.agent_version))
        )

    return accept


async def recall(
    tenant: LearningTenant,
    kind: str,
    wanted: Wanted,
    query: str,
    *,
    top_k: int,
    mode: Mode = "hybrid",
    threshold: float | None = None,
) -> Recall:
    """The best rows of a kind. Raises VectorSearchUnavailable in vector mode; hybrid falls back to words."""
    owner, wanted = wanted.where.user_id, _of_person(tenant, wanted)
    accept = accepts(tenant, wanted)
    reason = ""
    if owner or kind == AGENT_PLAYBOOK:
        shelf = await tenant.memory.shelf(tenant.store, kind, owner)
        rows: Mapping[str, Row] = shelf.rows
        corpus = await tenant.memory.corpus(shelf)
    else:
        rows, reason = await _candidates(tenant, kind, wanted, accept, query, top_k, mode)
        corpus = await asyncio.to_thread(tenant.memory.corpus_of, [statement(row) for row in rows.values()])
    mask = np.array([(row := rows.get(name)) is not None and accept(row) for name in corpus.ids], np.bool_)
    try:
        hits = await _rank(corpus, query, top_k, mode, threshold, mask)
    except Exception as error:
        if mode == "vector":
            raise VectorSearchUnavailable(tenant.memory.embedder.name) from error
        if mode == "text":
            raise
        hits, reason = await _rank(corpus, query, top_k, "text", threshold, mask), EMBEDDER_FAILED
    return Recall([Recalled(rows[hit.id], hit) for hit in hits if hit.id in rows], reason)


async def _rank(  # noqa: PLR0917 - handed through
    corpus: StatementCorpus,
    query: str,
    top_k: int,
    mode: Mode,
    threshold: float | None,
    mask: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
) -> list[StatementHit]:
    def job() -> list[StatementHit]:
        return corpus.rank(query, top_k=top_k, mode=mode, threshold=threshold, mask=mask)

    if len(corpus) <= INLINE_ROWS:
        return job()
    return await asyncio.to_thread(job)


async def _candidates(  # noqa: PLR0917 - handed through
    tenant: LearningTenant,
    kind: str,
    wanted: Wanted,
    accept: Callable[[Row], bool],
    query: str,
    top_k: int,
    mode: Mode,
) -> tuple[Mapping[str, Row], str]:
    """Wanted rows by id, and why the tables were asked by words alone. More are fetched until `top_k` are wanted: the
    tables know nothing of tags, lifecycles and instants.
    """
    asked = partial(_candidates_by, tenant, kind, wanted, accept, query, top_k, mode)
    return await steadily(tenant.store, asked)


async def _candidates_by(  # noqa: PLR0917 - handed through
    tenant: LearningTenant,
    kind: str,
    wanted: Wanted,
    accept: Callable[[Row], bool],
    query: str,
    top_k: int,
    mode: Mode,
    embedder: Embedder,
) -> tuple[Mapping[str, Row], str]:
    vector: Vectors | None = None
    reason = ""
    if mode != "text":
        try:
            vector = await asyncio.to_thread(lambda: embedder.embed([query])[0])
        except Exception as error:
            if mode == "vector":
                raise VectorSearchUnavailable(embedder.name) from error
            reason = EMBEDDER_FAILED
    text = "" if mode == "vector" else query
    limit = max(LEAST_CANDIDATES, CANDIDATES_A_HIT * top_k)
    while True:
        found = await tenant.store.learnt.candidates(kind, wanted.where, text=text, vector=vector, limit=limit)
        rows = {row.row_id: row for row in found if accept(row)}
        if len(rows) >= top_k or len(found) < limit or limit >= MOST_CANDIDATES:
            return rows, reason
        limit = min(MOST_CANDIDATES, limit * WIDER)


async def listed(tenant: LearningTenant, kind: str, wanted: Wanted, *, limit: int, before: str = "") -> list[Row]:
    """The newest first by id, `limit` of them where there are so many; `before` is the last id of the page before."""
    wanted = _of_person(tenant, wanted)
    accept, found = accepts(tenant, wanted), list[Row]()
    page_size = max(200, limit)
    while len(found) < limit:
        page = await tenant.store.learnt.rows(kind, wanted.where, limit=page_size, before=before)
        found += [row for row in page if accept(row)]
        if len(page) < page_size:
            break
        before = page[-1].row_id
    return found[:limit]


def _of_person(tenant: LearningTenant, wanted: Wanted) -> Wanted:
    where = tenant.store.links.of_person(wanted.where)
    return wanted if where is wanted.where else msgspec.structs.replace(wanted, where=where)


def _of_version(row: Row, version: str) -> bool:
    one: str = getattr(row, "agent_version", "")
    several: Collection[str] = getattr(row, "agent_versions", ())
    return version == one or version in several
