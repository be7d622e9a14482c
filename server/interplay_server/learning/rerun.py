"""Learning everything anew into a pending generation, and moving the pointers.

A rerun commits window by window with cursors of its own generation: after a kill it goes on where it stood. A cancelled
one leaves nothing. A promotion or a rollback is one value of the ledger, in one commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from interplay_server.domain import generations as gens
from interplay_server.domain import journal
from interplay_server.domain.generations import Generations
from interplay_server.domain.interaction import Interaction
from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES, Extractor
from interplay_server.domain.learnt import PROFILE, USER_PLAYBOOK, Cursor, CursorKey, LearntFilter
from interplay_server.domain.model import ModelFailure
from interplay_server.errors import NothingToPromote, NothingToRollBack, RerunRunning
from interplay_server.learning.engines import Engine
from interplay_server.learning.passes import ARMS, Outcome, Run, read_windows
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.learning.unread import Unread

T = TypeVar("T")
ROW_KIND = {PROFILES: PROFILE, PLAYBOOKS: USER_PLAYBOOK}
PAGE = 1000
RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)


class RerunPlan(msgspec.Struct, frozen=True):
    """What to learn anew. `users` is None for everybody; times are microseconds of publishing, end exclusive."""

    kinds: tuple[str, ...]
    users: tuple[str, ...] | None = None
    source: str = ""
    start_time: int | None = None
    end_time: int | None = None
    extractor: str = ""
    up_to_seq: int = 0
    """Journal sequence when it was asked for: what came later is learnt after the promotion."""

    def takes(self, row: Interaction) -> bool:
        return (
            (not self.source or row.header.source == self.source)
            and (self.start_time is None or row.publish_time >= self.start_time)
            and (self.end_time is None or row.publish_time < self.end_time)
        )


def reserve(tenant: LearningTenant, plan: RerunPlan, operation_id: str) -> None:
    """One rerun of a kind at a time. Raises RerunRunning."""
    for kind in plan.kinds:
        if (running := tenant.reruns.get(kind)) is not None:
            raise RerunRunning(kind, running)
    for kind in plan.kinds:
        tenant.reruns[kind] = operation_id


def release(tenant: LearningTenant, operation_id: str) -> None:
    tenant.reruns = {kind: one for kind, one in tenant.reruns.items() if one != operation_id}


async def rerun(
    tenant: LearningTenant,
    plan: RerunPlan,
    operation_id: str,
    progress: Callable[[int, int], None],
    engine: Engine | None = None,
) -> dict[str, str]:
    """Learns into pending generations, its own from before a restart or new ones; returns their numbers and what was
    learnt. A model that may answer later is asked again. `engine` reads instead of the tenant's, as many users at once
    as it can. Raises ModelFailure.
    """
    await _begin(tenant, plan, operation_id)
    users = await _users(tenant, plan)
    total, outcome, done = len(users) * len(plan.kinds), Outcome(), 0
    progress(0, total)
    numbers = {}

    async def learn(user_id: str, kind: str, generation: int) -> None:
        nonlocal done
        for extractor in _extractors(tenant, kind, plan.extractor):
            run = Run(
                user_id,
                kind,
                extractor,
                generation,
                flush_seq=plan.up_to_seq,
                trigger="rerun",
                pending=True,
                only=plan.takes,
                engine=engine,
            )
            # Everything is read as the person's, also what a guest published before they were linked.
            members = tuple((one, 0) for one in tenant.store.linked(user_id))
            await _read(tenant, run, Unread(tenant, members, plan.up_to_seq), outcome)
            await _close_cursors(tenant, run)
        done += 1
        progress(done, total)

    for kind in plan.kinds:
        pending = tenant.generations.of(kind).pending
        assert pending is not None  # noqa: S101 - begun above, and nobody else may touch it
        numbers[f"{kind}_generation"] = str(pending.number)
        number = pending.number
        await at_once(1 if engine is None else engine.parallel, users, lambda user: learn(user, kind, number))  # noqa: B023 - awaited here
    await _point(tenant, plan.kinds, Generations.completed)
    return {**numbers, "users": str(len(users)), "windows": str(outcome.windows), "created": str(outcome.created)}


async def at_once(width: int, items: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Does the work for all items, in their order, so many at once. The first failure ends the others and is raised."""
    waiting = iter(items)

    async def take() -> None:
        for item in waiting:
            await work(item)

    takers = [asyncio.create_task(take()) for _ in range(width)]
    try:
        await asyncio.gather(*takers)
    finally:
        for one in takers:
            one.cancel()
        await asyncio.gather(*takers, return_exceptions=True)


async def _begin(tenant: LearningTenant, plan: RerunPlan, operation_id: str) -> None:
    """Makes the pending generations that are not there yet; one that was not promoted is dropped."""
    for kind in plan.kinds:
        pending = tenant.generations.of(kind).pending
        if pending is not None and pending.operation_id == operation_id:
            continue
        await discard(tenant, kind)
        await _point(tenant, [kind], lambda of_kind: of_kind.begin(operation_id, plan.users, now_micros()))


async def _read(tenant: LearningTenant, run: Run, unread: Unread, outcome: Outcome) -> None:
    for seconds in (*RETRY_SECONDS, None):
        try:
            await read_windows(tenant, run, unread, outcome)
        except ModelFailure as failure:
            if seconds is None or not failure.retryable:
                raise
            await asyncio.sleep(max(seconds, failure.retry_after or 0.0))
        else:
            return


async def _users(tenant: LearningTenant, plan: RerunPlan) -> list[str]:
    named = plan.users
    if named is None:
        named = tuple(one.user_id for one in await tenant.store.learnt.learners(unfinished=False))
    return sorted({tenant.store.links.account(one) for one in named})


def _extractors(tenant: LearningTenant, kind: str, name: str) -> Sequence[Extractor]:
    every = tenant.config.extractors(kind)
    return [one for one in every if not one.disabled and (not name or one.name == name)]


async def _close_cursors(tenant: LearningTenant, run: Run) -> None:
    """What a filter left out of the rerun stays out: after the promotion, learning goes on behind it."""
    step = Step(now_micros())
    keys = [
        CursorKey(one, run.extractor.name, arm, run.generation)
        for one in tenant.store.linked(run.user_id)
        for arm in ARMS
    ]
    for key in keys:
        cursor = await tenant.store.learnt.cursor(key)
        if cursor.seq < run.flush_seq:
            step.cursors.append(Cursor(key, run.flush_seq))
    if step.cursors:
        await tenant.commit(step.entry())


async def discard(tenant: LearningTenant, kind: str) -> None:
    """Drops the pending generation: its pointer first, then its rows and cursors."""
    pending = tenant.generations.of(kind).pending
    if pending is None:
        return
    await _point(tenant, [kind], Generations.discarded)
    await drop_rows(tenant, kind, pending.number)


async def drop_rows(tenant: LearningTenant, kind: str, generation: int) -> None:
    where = LearntFilter(generation=generation)
    names = tuple(one.name for one in tenant.config.extractors(kind))
    # The second time for what was on its way when the pointer moved.
    for _ in range(2):
        while page := await tenant.store.learnt.rows(ROW_KIND[kind], where, limit=PAGE):
            step = Step(now_micros())
            for row in page:
                step.remove(row, "generation dropped")
            await tenant.commit(step.entry())
        step = Step(now_micros())
        await tenant.commit(step.entry(dropped_generations=((generation, names),)))


async def prune(tenant: LearningTenant) -> None:
    """Drops generations that neither reads nor a rollback can reach: those below one that covers everybody and is not
    the newest.
    """
    async with tenant.pointing:
        for kind in (PROFILES, PLAYBOOKS):
            of_kind = tenant.generations.of(kind)
            floor = max((at for at, one in enumerate(of_kind.promoted[:-1]) if one.users is None), default=0)
            for one in of_kind.promoted[:floor]:
                await drop_rows(tenant, kind, one.number)
            if floor:
                kept = msgspec.structs.replace(of_kind, promoted=of_kind.promoted[floor:])
                await _save(tenant, tenant.generations.with_(kind, kept))


async def promote(tenant: LearningTenant, kinds: Sequence[str]) -> list[str]:
    """Makes pending generations active; returns the kinds. Raises NothingToPromote, RerunRunning."""
    async with tenant.pointing:
        for kind in kinds:
            pending = tenant.generations.of(kind).pending
            running = tenant.reruns.get(kind) or (pending.operation_id if pending and not pending.complete else "")
            if running:
                raise RerunRunning(kind, running)
        chosen = [kind for kind in kinds if tenant.generations.of(kind).pending is not None]
        if not chosen:
            raise NothingToPromote(" and ".join(kinds))
        return await _flip(tenant, chosen, Generations.promote)


async def roll_back(tenant: LearningTenant, kinds: Sequence[str]) -> list[str]:
    """Makes the generations before the active ones active; returns the kinds. Raises NothingToRollBack."""
    async with tenant.pointing:
        chosen = [kind for kind in kinds if tenant.generations.of(kind).previous is not None]
        if not chosen:
            raise NothingToRollBack(" and ".join(kinds))
        return await _flip(tenant, chosen, Generations.roll_back)


async def _flip(tenant: LearningTenant, kinds: Sequence[str], move: Callable[[Generations], Generations]) -> list[str]:
    made = tenant.generations
    touched: set[str] | None = set()
    for kind in kinds:
        after = move(made.of(kind))
        for one in {*made.of(kind).promoted} ^ {*after.promoted}:
            touched = None if touched is None or one.users is None else touched | set(one.users)
        made = made.with_(kind, after)
    tenant.moves += 1
    try:
        await _save(tenant, made, reopened=() if touched is None else tuple(sorted(touched)))
    finally:
        tenant.moves += 1
    return list(kinds)


async def _point(tenant: LearningTenant, kinds: Sequence[str], move: Callable[[Generations], Generations]) -> None:
    async with tenant.pointing:
        made = tenant.generations
        for kind in kinds:
            made = made.with_(kind, move(made.of(kind)))
        await _save(tenant, made)


async def _save(tenant: LearningTenant, made: gens.AllGenerations, *, reopened: tuple[str, ...] | None = None) -> None:
    await tenant.commit(journal.Learnt(meta={gens.META_KEY: gens.save(made)}, reopened=reopened))
