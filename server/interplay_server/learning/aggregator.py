"""User playbooks become agent playbooks: loads the members, lets `aggregation` group them, and stores what changed.

What a person approved is never altered: a change stands beside it as a pending successor. What a person rejected is
remembered. Running twice changes nothing.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
import structlog

from interplay_server.domain.interaction import PRODUCTION
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    REJECTED,
    USER_PLAYBOOK,
    AgentPlaybook,
    ChangeFilter,
    LearntFilter,
    UserPlaybook,
)
from interplay_server.learning.aggregates import Judged, as_member, seeds_of, store_groups, wording_of
from interplay_server.learning.aggregation.aggregate import aggregate, default_similarity
from interplay_server.learning.aggregation.keys import key_vectors
from interplay_server.learning.aggregation.model import (
    AggregationSettings,
    Floats,
    Group,
    Member,
    Rejected,
    Seed,
)
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros

META_KEY = "aggregated_seq"
PAGE = 2000
REST = 10
"""The next run waits so many times as long as the last one took: clustering must not own the processor."""
MAX_VECTORS = 50_000
_log = structlog.get_logger(__name__)


class Aggregator:
    """Of one tenant. `touch` asks for a run, `run_due` makes it, `run` makes one at once."""

    def __init__(self, tenant: LearningTenant) -> None:
        self._tenant = tenant
        self._touched: dict[str, int] = {}
        self._forced: dict[str, int] = {}
        """By agent, how often it was forced: a run settles what was forced before it began."""
        self._vectors: dict[str, tuple[str, Floats]] = {}
        self._next_run = 0.0
        self._running = asyncio.Lock()
        self._stop = threading.Event()
        self._moved = asyncio.Event()

    def touch(self, agents: Iterable[str], *, force: bool = False) -> None:
        """User playbooks of these agents changed. With `force`, members are gone: no count is waited for."""
        for agent_id in agents:
            self._touched[agent_id] = self._touched.get(agent_id, 0) + 1
            if force:
                self._forced[agent_id] = self._forced.get(agent_id, 0) + 1

    def forget(self, playbook_ids: Iterable[str]) -> None:
        for one in playbook_ids:
            self._vectors.pop(one, None)

    async def load(self) -> None:
        """Takes up what a restart left: changes of user playbooks after the last run."""
        learnt = self._tenant.store.learnt
        newest = await learnt.changes(ChangeFilter(kinds=(USER_PLAYBOOK,)), limit=1)
        if newest and newest[0].seq > int(await learnt.meta(META_KEY) or 0):
            self.touch([""], force=True)

    @property
    def waiting(self) -> bool:
        return bool(self._due())

    @property
    def ready(self) -> bool:
        """A run is due, and the last one has rested enough or members are gone."""
        return self.waiting and (not self.delay or bool(self._forced))

    @property
    def delay(self) -> float:
        return max(0.0, self._next_run - time.monotonic())

    def _due(self) -> list[str]:
        config = self._tenant.config.aggregation
        forced = [agent_id for agent_id in self._touched if agent_id in self._forced]
        if config.disabled:
            return forced
        return [one for one, count in self._touched.items() if count >= config.trigger_count or one in self._forced]

    async def run_due(self) -> None:
        if not self.ready:
            return
        due = self._due()
        started = time.monotonic()
        for agent_id in [""] if "" in due else due:
            await self.run(agent_id)
        self._next_run = time.monotonic() + REST * (time.monotonic() - started)

    async def settled(self) -> None:
        """Returns when no member that is gone is counted any more."""
        while self._forced:
            self._moved.clear()
            await self._moved.wait()

    async def close(self) -> None:
        self._stop.set()

    async def run(
        self,
        agent_id: str,
        *,
        full: bool = False,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> dict[str, int]:
        """Aggregates an agent's playbooks, of all agents for an empty id. Raises AggregationCancelled."""
        async with self._running:
            if agent_id:
                touched = {agent_id: self._touched.pop(agent_id, 0)}
            else:
                touched, self._touched = self._touched, {}
            seq, forced = self._tenant.store.last_seq, dict(self._forced)
            try:
                counts = await self._run(agent_id, seq, full=full, progress=progress, cancelled=cancelled)
            except BaseException:
                for name, count in touched.items():
                    self._touched[name] = self._touched.get(name, 0) + count
                raise
            settled = {agent_id} if agent_id else set(forced)
            self._forced = {
                name: count for name, count in self._forced.items() if name not in settled or forced.get(name) != count
            }
            self._moved.set()
            return counts

    async def _run(
        self,
        agent_id: str,
        seq: int,
        *,
        full: bool,
        progress: Callable[[float], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> dict[str, int]:
        members = await self._members(agent_id)
        settings = self._settings()
        loop = asyncio.get_running_loop()

        def report(share: float) -> None:
            if progress is not None:
                loop.call_soon_threadsafe(progress, share)

        def stop() -> bool:
            return self._stop.is_set() or (cancelled is not None and cancelled())

        async with self._tenant.lock(""):
            existing = await self._existing(agent_id)
            seeds = [] if full else seeds_of(existing)
            refused = [row for row in existing.values() if row.approval == REJECTED]
            job = partial(self._group, members, settings, seeds, refused, progress=report, cancelled=stop)
            groups, rejected = await asyncio.to_thread(job)
            there = await self._stored(existing)
            step = Step(now_micros())
            counts = store_groups(step, groups, existing, Judged(rejected, settings, there))
            step.meta[META_KEY] = str(seq)
            await self._tenant.commit(step.entry())
        if counts["created"] or counts["updated"]:
            _log.debug("aggregated", tenant=self._tenant.store.name, agent=agent_id, **counts)
        return counts

    def _settings(self) -> AggregationSettings:
        config = self._tenant.config.aggregation
        name = self._tenant.memory.embedder.name
        return AggregationSettings(
            min_cluster_size=config.min_cluster_size,
            min_users=config.min_users,
            similarity=config.similarity or default_similarity(name),
        )

    async def _members(self, agent_id: str) -> list[Member]:
        where, before, found = LearntFilter(agent_id=agent_id, arm=PRODUCTION), "", list[Member]()
        while page := await self._tenant.store.learnt.rows(USER_PLAYBOOK, where, limit=PAGE, before=before):
            before = page[-1].row_id
            found += [
                as_member(row, self._tenant.store.links.account(row.user_id))
                for row in page
                if isinstance(row, UserPlaybook) and row.end_time is None and self._tenant.shows(row)
            ]
            if len(page) < PAGE:
                break
        return found

    async def _existing(self, agent_id: str) -> dict[str, AgentPlaybook]:
        shelf = await self._tenant.memory.shelf(self._tenant.store, AGENT_PLAYBOOK, "")
        return {
            row.row_id: row
            for row in shelf.rows.values()
            if isinstance(row, AgentPlaybook)
            and row.member_ids
            and row.end_time is None
            and (not agent_id or row.agent_id == agent_id)
        }

    async def _stored(self, existing: dict[str, AgentPlaybook]) -> set[str]:
        """Members of the aggregates that are stored, current or not."""
        members = sorted({one for row in existing.values() for one in row.member_ids})
        return {row.row_id for row in await self._tenant.store.learnt.get_many(USER_PLAYBOOK, members)}

    def _group(
        self,
        members: Sequence[Member],
        settings: AggregationSettings,
        seeds: Sequence[Seed],
        refused: Sequence[AgentPlaybook],
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> tuple[list[Group], list[Rejected]]:
        """Runs in a thread."""
        groups = aggregate(members, self._embed(members), settings, seeds, progress=progress, cancelled=cancelled)
        centroids = self._embed([wording_of(row) for row in refused])
        rejected = [
            Rejected(centroid, row.rejected_support, row.instruction)
            for row, centroid in zip(refused, centroids, strict=True)
        ]
        return groups, rejected

    def _embed(self, members: Sequence[Member]) -> Floats:
        """Key vectors; those of members that were seen before with the same text are remembered."""
        embedder = self._tenant.memory.embedder
        texts = [f"{one.trigger}\0{one.instruction}" for one in members]
        have = {one.playbook_id: self._vectors.get(one.playbook_id) for one in members}
        missing = [
            at for at, one in enumerate(members) if (known := have[one.playbook_id]) is None or known[0] != texts[at]
        ]
        made = key_vectors([members[at] for at in missing], embedder)
        for at, vector in zip(missing, made, strict=True):
            have[members[at].playbook_id] = (texts[at], vector)
        if len(self._vectors) > MAX_VECTORS:
            self._vectors.clear()
        self._vectors |= {name: known for name, known in have.items() if known is not None}
        if not members:
            return made
        return np.stack([known[1] for one in members if (known := have[one.playbook_id]) is not None])
