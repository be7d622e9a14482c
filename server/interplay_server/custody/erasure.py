"""Erasing a person across every service: from the tombstone to files that hold nothing of them.

Each step may be repeated: a kill at any moment is followed by all of them once more. What an entry of the journal can
say is said there, so that tail, caches and watchers follow; the rest is deleted in tables and ledger; then files are
written anew.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec
import structlog

from interplay_server.custody import erased_dialogues, erased_learning, erased_shop
from interplay_server.custody.content import destroy_person_keys
from interplay_server.dialogue.dialogues import Dialogues
from interplay_server.domain import journal
from interplay_server.domain.dialogue import DIALOGUES
from interplay_server.domain.erasure import PERSON_FIELDS, Erasure
from interplay_server.domain.evaluation import EVALUATIONS, EXPOSURES, OUTCOME_ROWS, VERDICTS, seqs_of
from interplay_server.domain.learnt import PROFILE, USER_PLAYBOOK, ChangeFilter
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.query import InteractionFilter
from interplay_server.domain.records import Collection, among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, FEATURES, LINKS, ORDERS
from interplay_server.domain.writing import commit
from interplay_server.errors import ErasureNotFound
from interplay_server.features.features import Features
from interplay_server.learning.learning import Learning
from interplay_server.monitoring.erasure import finish_erasures
from interplay_server.monitoring.monitoring import Monitoring

PAGE = 1000
"""Interactions that one entry of the journal deletes."""
_SETTLE_SECONDS = 600.0
_HELD: tuple[Collection, ...] = (EVENTS, ORDERS, CUSTOMERS, LINKS, OUTCOME_ROWS, EVALUATIONS, VERDICTS, EXPOSURES)
_STEPS = 10
Progress = Callable[[int, int], None]
_log = structlog.get_logger(__name__)


class Caches(Protocol):
    """What keeps somebody's rows in memory."""

    def forget_users(self, tenant: str, user_ids: Sequence[str]) -> None: ...


class Parts(NamedTuple):
    """Who has anything to erase. `end_exports` removes those that are kept of a tenant and ends those in flight;
    `stop_operations` ends those that name somebody.
    """

    learning: Learning
    features: Features
    monitoring: Monitoring
    dialogues: Dialogues
    caches: Sequence[Caches]
    end_exports: Callable[[str], Awaitable[int]]
    stop_operations: Callable[[TenantStore, Sequence[str]], Awaitable[None]]


class Erasing:
    """Of the whole server."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._at_work: dict[str, asyncio.Lock] = {}

    async def begin(self, store: TenantStore, user_id: str, operation_id: str) -> Erasure:
        """From the call on nothing is stored for the person."""
        return await store.erasures.begin(store.linked(user_id), operation_id, time.time_ns() // 1000)

    async def knows(self, store: TenantStore, user_ids: Sequence[str]) -> bool:
        """Whether anything is held on these people, be it that a dialogue was played as one of them."""
        if await self.held(store, user_ids):
            return True
        return bool(await store.records.count(DIALOGUES, [among("persona_id", tuple(user_ids))]))

    async def held(self, store: TenantStore, user_ids: Sequence[str]) -> dict[str, int]:
        """Rows about these people by table, those that hold none left out; dialogues are counted as they go."""
        parts, ids = self._parts, tuple(user_ids)
        counts = {"interactions": len(await store.matching_ids(InteractionFilter(user_ids=frozenset(ids))))}
        tenant = await parts.learning.tenant(store)
        for row in await erased_learning.learnt_rows(tenant, ids):
            table = {PROFILE: "profiles", USER_PLAYBOOK: "user_playbooks"}[row.kind]
            counts[table] = counts.get(table, 0) + 1
        for collection in _HELD:
            fields = PERSON_FIELDS[collection.name]
            found = [await store.records.count(collection, [among(field, ids)]) for field in fields]
            counts[collection.name] = max(found)
        counts[EVENTS.name] += await erased_shop.guest_events(store, ids)
        kept = await store.derived.table(FEATURES, [among("customer_id", ids)], columns=("customer_id",))
        counts["features"] = 0 if kept is None else kept.num_rows
        for one in ids:
            learners = await store.learnt.learners(unfinished=False, user_id=one)
            counts["learners"] = counts.get("learners", 0) + len(learners)
            told = await erased_learning.changes_of(tenant, ChangeFilter(user_id=one))
            mine = sum(change.user_id == one for change in told)
            counts["learning_changes"] = counts.get("learning_changes", 0) + mine
        monitor = await parts.monitoring.of(store)
        known = [await monitor.person(one) for one in ids]
        counts["monitor_people"] = sum(one is not None for one in known)
        counts["user_links"] = len(ids) - 1
        return {name: count for name, count in counts.items() if count}

    async def erase(self, store: TenantStore, pseudonym: str, progress: Progress) -> Mapping[str, int]:
        """Returns when nothing held on the person is in any file; gives the counts of the receipt. Raises
        ErasureNotFound, and what storage and keys raise: what is left to do is then done by the next attempt.
        """
        async with self._at_work.setdefault(store.name, asyncio.Lock()):
            erasure = await store.erasures.get(pseudonym)
            if erasure is None:
                raise ErasureNotFound(pseudonym)
            if not erasure.user_ids:
                return erasure.counts
            return await _Run(self, self._parts, store, erasure, progress).run()


class _Run:
    """One attempt."""

    def __init__(
        self, erasing: Erasing, parts: Parts, store: TenantStore, erasure: Erasure, progress: Progress
    ) -> None:
        self._erasing, self._parts, self._store = erasing, parts, store
        self._erasure, self._ids, self._progress = erasure, erasure.user_ids, progress
        self._done = 0

    async def run(self) -> Mapping[str, int]:
        began, store, ids, parts = time.monotonic(), self._store, self._ids, self._parts
        if not self._erasure.counts:
            # Counted whole before anything goes: an attempt after a kill finds less.
            held = await self._erasing.held(store, ids)
            await self._count({**held, "journal": await store.erasures.entries(ids)})
        self._step()
        images = await store.erasures.images(ids)
        await destroy_person_keys(store, ids)
        await parts.stop_operations(store, ids)
        self._step()
        learner = await parts.learning.of(store)
        await self._dialogues([row.search_text for row in await erased_learning.learnt_rows(learner.tenant, ids)])
        await self._count(await erased_learning.erase_learnt(learner, ids))
        self._step()
        await self._interactions()
        self._step()
        features = await parts.features.known(store)
        await store.erasures.forget_receipts(await erased_shop.erase_rows(features, ids))
        await self._monitor()
        self._step()
        async with asyncio.timeout(_SETTLE_SECONDS):
            await learner.deletions_followed()
        counts = await erased_shop.erase_features(features, ids)
        await self._count({"annotations": counts.get("annotations", 0)})
        self._step()
        await self._count({"operations": (await store.erasures.forget_ledger(ids)).get("operations", 0)})
        for cache in parts.caches:
            cache.forget_users(store.name, ids)
        exports = await parts.end_exports(store.name)
        self._step()
        await store.erasures.shred(self._tell)
        await self._count({"files": exports + len([one for one in images if await store.image(one) is None])})
        ended = msgspec.structs.replace(self._erasure, end_time=time.time_ns() // 1000)
        await store.erasures.end(ended)
        self._progress(_STEPS, _STEPS)
        seconds = round(time.monotonic() - began, 3)
        _log.info("erased a person", tenant=store.name, pseudonym=ended.pseudonym, seconds=seconds, **ended.counts)
        return ended.counts

    async def _dialogues(self, statements: Sequence[str]) -> None:
        dialogues = self._parts.dialogues.of(self._store)
        resting = await erased_dialogues.resting_on(dialogues, self._ids, statements)
        await self._count({"dialogues": await erased_dialogues.erase_dialogues(dialogues, resting, self._ids)})

    async def _interactions(self) -> None:
        found = await self._store.matching_ids(InteractionFilter(user_ids=frozenset(self._ids)))
        # While the interactions are there they tell which receipts are theirs.
        await self._store.erasures.forget_receipts(seqs_of(found))
        for at in range(0, len(found), PAGE):
            await self._store.wait_room()
            await commit(self._store, journal.Deleted(tuple(found[at : at + PAGE])))

    async def _monitor(self) -> None:
        monitoring = self._parts.monitoring
        events = alerts = consents = 0
        for one in self._ids:
            tenant = await monitoring.of(self._store)
            subject = await tenant.known_subject(one)
            done = await monitoring.erase_user(self._store, one, actor="")
            events, alerts = events + done[0], alerts + done[1]
            if subject is not None and tenant.consents.said(subject) is not None:
                await tenant.consents.forget(subject)
                consents += 1
        await finish_erasures(await monitoring.of(self._store))
        await self._count({"monitor_events": events, "monitor_alerts": alerts, "monitor_consents": consents})

    async def _count(self, more: Mapping[str, int]) -> None:
        counts = dict(self._erasure.counts)
        for name, count in more.items():
            if count:
                counts[name] = counts.get(name, 0) + count
        self._erasure = msgspec.structs.replace(self._erasure, counts=counts)
        await self._store.erasures.save(self._erasure)

    def _step(self) -> None:
        self._done += 1
        self._progress(self._done, _STEPS)

    def _tell(self) -> None:
        """Within the last step, whose parts nobody has counted."""
        self._progress(self._done, _STEPS)
