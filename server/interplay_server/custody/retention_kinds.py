"""What retention can remove: for each kind, how old its rows are, and how they go."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from interplay_server.dialogue.dialogues import Dialogues
from interplay_server.dialogue.store import ENDED, Wanted
from interplay_server.domain import journal
from interplay_server.domain.dialogue import DIALOGUES as DIALOGUE_ROWS
from interplay_server.domain.learnt import PROFILE, LearntFilter, Profile
from interplay_server.domain.operation import PENDING, RUNNING
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import SEQ, Condition, Op, among
from interplay_server.domain.retention import AGES, Rule
from interplay_server.domain.shop import EVENTS, ORDERS
from interplay_server.domain.writing import commit
from interplay_server.evaluation.evaluator import FOLLOWED
from interplay_server.features.features import Features
from interplay_server.learning.learning import Learning
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros

CAUSE = "retention"
PROFILES_AT_ONCE, USERS_AT_ONCE = 20_000, 64
FOLLOW_SECONDS = 60.0
"""How long a run waits for sessions to be judged anew, which a judge may keep it from."""
_POLL_SECONDS = 0.05
_EVENT, _ORDER = "e", "o"
"""First letters of keys, where rows of two collections are counted together."""
_log = structlog.get_logger(__name__)


class Kind(Protocol):
    """One kind of data of one open tenant."""

    async def ages(self, before: int | None) -> pa.Table:
        """AGES of all rows, or of at least those from before an instant."""

    async def remove(self, rule: Rule, rows: pa.Table) -> int:
        """Removes rows of `ages` that are still as they were, all or nothing; gives how many."""

    async def settle(self) -> None:
        """Returns when nothing rests on removed rows any more."""


class Interactions:
    """By when they happened."""

    def __init__(self, store: TenantStore, learning: Learning, features: Features) -> None:
        self._store, self._learning, self._features = store, learning, features

    async def ages(self, before: int | None) -> pa.Table:
        return await self._store.ages(before)

    async def remove(self, rule: Rule, rows: pa.Table) -> int:  # noqa: ARG002 - as of every kind
        ids = tuple(await self._store.existing_ids(rows["key"].to_pylist()))
        if ids:
            shop = (await self._features.known(self._store)).shop
            await commit(self._store, journal.Deleted(ids, tuple(await shop.customers_of_events(ids))))
        return len(ids)

    async def settle(self) -> None:
        await (await self._learning.of(self._store)).deletions_followed()
        try:
            async with asyncio.timeout(FOLLOW_SECONDS):
                while await self._unfollowed():  # noqa: ASYNC110 - what is followed stands in the ledger
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            _log.warning("sessions are not judged anew yet", tenant=self._store.name)
        await refresh_features(self._store, self._features)

    async def _unfollowed(self) -> bool:
        reached = int(await self._store.records.meta(FOLLOWED) or 0)
        return bool(await self._store.learnt.deletions_after(reached, 1))


class Profiles:
    """By when they were last confirmed; what they had superseded does not come back."""

    def __init__(self, store: TenantStore, learning: Learning) -> None:
        self._store, self._learning = store, learning

    async def ages(self, before: int | None) -> pa.Table:
        found, last = [], ""
        while True:
            page = await self._store.learnt.rows(PROFILE, LearntFilter(), limit=PROFILES_AT_ONCE, before=last)
            found += [
                (row.row_id, row.confirm_time, row.source)
                for row in page
                if isinstance(row, Profile) and (before is None or row.confirm_time < before)
            ]
            if len(page) < PROFILES_AT_ONCE:
                break
            last = page[-1].row_id
        keys, times, sources = zip(*found, strict=True) if found else ((), (), ())
        return pa.table([keys, times, sources, [0] * len(keys)], schema=AGES)

    async def remove(self, rule: Rule, rows: pa.Table) -> int:  # noqa: ARG002 - as of every kind
        times = dict(zip(rows["key"].to_pylist(), rows["time"].to_pylist(), strict=True))
        tenant = (await self._learning.of(self._store)).tenant
        owners: dict[str, list[str]] = {}
        for row in await self._store.learnt.get_many(PROFILE, list(times)):
            owners.setdefault(row.user_id, []).append(row.row_id)
        count, users = 0, list(owners)
        for at in range(0, len(users), USERS_AT_ONCE):
            some = users[at : at + USERS_AT_ONCE]
            count += sum(await asyncio.gather(*(self._of_user(tenant, one, owners[one], times) for one in some)))
        return count

    async def _of_user(
        self, tenant: LearningTenant, user_id: str, row_ids: Sequence[str], times: Mapping[str, int]
    ) -> int:
        """Without those that were confirmed meanwhile."""
        async with tenant.lock(user_id):
            step, count = Step(now_micros()), 0
            for row in await self._store.learnt.get_many(PROFILE, row_ids):
                if isinstance(row, Profile) and row.confirm_time == times[row.row_id]:
                    step.remove(row, CAUSE)
                    count += 1
            if count:
                await tenant.commit(step.entry())
        return count

    async def settle(self) -> None: ...


class ShopRows:
    """Events by when they happened, orders by the last instant at which they say something new."""

    def __init__(self, store: TenantStore, features: Features) -> None:
        self._store, self._features = store, features

    async def ages(self, before: int | None) -> pa.Table:
        records = self._store.records
        events = await records.table(EVENTS, _earlier("created_at", before), columns=(EVENTS.key, "created_at", SEQ))
        # An event has a row for each of its products, and copies where it was told twice; it counts once.
        events = events.group_by(EVENTS.key).aggregate([("created_at", "max"), (SEQ, "max")])
        orders = await records.table(ORDERS, _earlier("latest", before), columns=(ORDERS.key, "latest", SEQ))
        return pa.concat_tables(
            [
                ages_of(events, _EVENT, (EVENTS.key, "created_at_max", f"{SEQ}_max")),
                ages_of(orders, _ORDER, (ORDERS.key, "latest", SEQ)),
            ]
        )

    async def remove(self, rule: Rule, rows: pa.Table) -> int:  # noqa: ARG002 - as of every kind
        shop = (await self._features.known(self._store)).shop
        events, orders = keys_of(rows, _EVENT), keys_of(rows, _ORDER)
        there = await self._store.records.table(EVENTS, [among(EVENTS.key, events)], columns=(EVENTS.key,))
        count = pc.count_distinct(there[EVENTS.key]).as_py() if events else 0
        if events:
            await shop.delete_events(events, ())
        return int(count) + (await shop.delete_orders(orders) if orders else 0)

    async def settle(self) -> None:
        await refresh_features(self._store, self._features)


class DialogueRows:
    """By their last turn; those that go on, or whose job runs, are neither removed nor counted."""

    def __init__(self, store: TenantStore, dialogues: Dialogues) -> None:
        self._store, self._dialogues = store, dialogues

    async def ages(self, before: int | None) -> pa.Table:
        columns = ("dialogue_id", "operation_id", "updated_at", SEQ)
        where = [among("status", [one.value for one in ENDED]), *_earlier("updated_at", before)]
        found = await self._store.records.table(DIALOGUE_ROWS, where, columns=columns)
        running = [
            one.operation_id
            for state in (RUNNING, PENDING)
            for one in await self._store.list_operations(kind="", state=state, before=None, limit=1000)
        ]
        at_work = pa.array([*running], pa.string())
        found = found.filter(pc.invert(pc.is_in(found["operation_id"], value_set=at_work)))
        return ages_of(found, "", ("dialogue_id", "updated_at", SEQ))

    async def remove(self, rule: Rule, rows: pa.Table) -> int:  # noqa: ARG002 - as of every kind
        ids = tuple(rows["key"].to_pylist())
        return await self._dialogues.of(self._store).delete(Wanted(dialogue_ids=ids))

    async def settle(self) -> None: ...


async def refresh_features(store: TenantStore, features: Features) -> None:
    """Computes anew what was computed from removed events, where anything is computed at all."""
    tenant = await features.known(store)
    if tenant.state.version and tenant.pending:
        await features.runs(store).compute(full=False, use=tenant.engine.background)


def ages_of(rows: pa.Table, letter: str, columns: tuple[str, str, str], source: pa.Array | None = None) -> pa.Table:
    """AGES from `columns` for key, time and sequence number; keys begin with a letter that tells rows from others'."""
    key, time, seq = columns
    keys = pc.binary_join_element_wise(letter, rows[key], "") if letter else rows[key]
    sources = pa.array([""] * rows.num_rows, pa.string()) if source is None else source
    return pa.table([keys, rows[time], sources, rows[seq]], schema=AGES)


def keys_of(rows: pa.Table, letter: str) -> list[str]:
    return [key[1:] for key in rows["key"].to_pylist() if key[0] == letter]


def _earlier(field: str, before: int | None) -> list[Condition]:
    return [] if before is None else [Condition(field, Op.LT, before)]
