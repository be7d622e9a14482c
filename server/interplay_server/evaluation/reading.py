"""Reads judged sessions and pairs by the slice, so that no report holds all of them at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np

from interplay_server.domain.evaluation import DAYS, EVALUATIONS, VERDICTS, PairVerdict, SessionEvaluation, records
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import Collection, Condition, Op, among, equal

SLICE = 5000
"""Rows that are read at once, about."""
T = TypeVar("T", bound=msgspec.Struct)


async def evaluations_in(
    store: TenantStore,
    *,
    agent_id: str = "",
    agent_versions: Sequence[str] = (),
    source: str = "",
    start_time: int | None = None,
    end_time: int | None = None,
) -> AsyncIterator[list[SessionEvaluation]]:
    """By the session's last interaction, at or after `start_time` and before `end_time`; empty means all."""
    where = [*equal(agent_id=agent_id, source=source), *_times("last_time", start_time, end_time)]
    if agent_versions:
        where.append(among("agent_version", agent_versions))
    async for page in _slices(store, EVALUATIONS, SessionEvaluation, where, "last_time"):
        yield page


async def days_in(
    store: TenantStore,
    *,
    agent_id: str = "",
    agent_versions: Sequence[str] = (),
    source: str = "",
    start_time: int | None = None,
    end_time: int | None = None,
) -> list[dict[str, Any]]:
    """What retention counted of sessions that are gone, of days that begin in the period; rows of DAYS by name."""
    where = [*equal(agent_id=agent_id, source=source), *_times("day", start_time, end_time)]
    if agent_versions:
        where.append(among("agent_version", agent_versions))
    return list((await store.records.table(DAYS, where)).to_pylist())


async def verdicts_in(
    store: TenantStore, *, contest: str, agent_id: str = "", start_time: int | None = None, end_time: int | None = None
) -> AsyncIterator[list[PairVerdict]]:
    """By the time of the turn, at or after `start_time` and before `end_time`."""
    where = [*equal(agent_id=agent_id, contest=contest), *_times("occur_time", start_time, end_time)]
    async for page in _slices(store, VERDICTS, PairVerdict, where, "occur_time"):
        yield page


def _times(field: str, start: int | None, end: int | None) -> list[Condition]:
    made = [] if start is None else [Condition(field, Op.GE, start)]
    return made if end is None else [*made, Condition(field, Op.LT, end)]


async def _slices(
    store: TenantStore, collection: Collection, kind: type[T], where: Sequence[Condition], field: str
) -> AsyncIterator[list[T]]:
    """In ranges of a sorted column: an order over everything would be made again for each page."""
    table = await store.records.table(collection, where, columns=[field])
    times = np.sort(np.asarray(table[field].to_numpy()))
    # What happens at one instant stays together.
    starts = np.unique(times[::SLICE]).tolist()
    for place, start in enumerate(starts):
        within = [*where, Condition(field, Op.GE, start)]
        if place + 1 < len(starts):
            within.append(Condition(field, Op.LT, starts[place + 1]))
        found = await store.records.table(collection, within, columns=["record"])
        yield await asyncio.to_thread(records, found, kind)
