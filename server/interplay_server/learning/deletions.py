"""What was learnt follows what is deleted: evidence goes, a row dies with its last witness, and what it had superseded
comes back. How far deletions were followed stands in the ledger, so that a kill in between loses none.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from interplay_server.domain.learnt import (
    MANUAL,
    RESTORED,
    SUPERSEDED,
    WITNESS_REMOVED,
    Profile,
    Row,
    UserPlaybook,
)
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros

META_KEY = "deletions_followed"
PAGE = 500
_CAUSE = "deletion"


class Deletions:
    """`touch` is told of agents whose user playbooks changed."""

    def __init__(self, tenant: LearningTenant, touch: Callable[[Iterable[str]], None]) -> None:
        self._tenant, self._touch = tenant, touch
        self._waiting: deque[tuple[int, tuple[str, ...]]] = deque()
        self._followed = 0
        self._moved = asyncio.Event()

    async def load(self) -> None:
        """Takes up what a restart left."""
        learnt = self._tenant.store.learnt
        self._followed = int(await learnt.meta(META_KEY) or 0)
        known = {seq for seq, _ in self._waiting}
        after, missed = self._followed, list[tuple[int, tuple[str, ...]]]()
        while page := await learnt.deletions_after(after, PAGE):
            missed += [one for one in page if one[0] not in known]
            after = page[-1][0]
        self._waiting.extendleft(reversed(missed))

    def add(self, seq: int, interaction_ids: tuple[str, ...]) -> None:
        self._waiting.append((seq, interaction_ids))

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    async def settled(self) -> None:
        """Returns when every deletion so far has been followed."""
        while self._waiting:
            self._moved.clear()
            await self._moved.wait()

    async def follow(self) -> None:
        while self._waiting:
            seq, interaction_ids = self._waiting[0]
            await self._follow(set(interaction_ids))
            step = Step(now_micros())
            step.meta[META_KEY] = str(seq)
            await self._tenant.commit(step.entry())
            self._followed = seq
            self._waiting.popleft()
            self._moved.set()

    async def _follow(self, gone: set[str]) -> None:
        learnt = self._tenant.store.learnt
        by_kind: dict[str, list[str]] = {}
        for kind, row_id in await learnt.witnessed_by(sorted(gone)):
            by_kind.setdefault(kind, []).append(row_id)
        for kind, row_ids in by_kind.items():
            owners: dict[str, list[str]] = {}
            for row in await learnt.get_many(kind, row_ids):
                owners.setdefault(row.user_id, []).append(row.row_id)
            for user_id, mine in owners.items():
                async with self._tenant.lock(user_id):
                    await self._strip(kind, user_id, mine, gone)

    async def _strip(self, kind: str, user_id: str, row_ids: Sequence[str], gone: Collection[str]) -> None:
        step = Step(now_micros())
        agents: set[str] = set()
        for stored in await self._tenant.store.learnt.get_many(kind, row_ids):
            # What superseded it may have died before it in this step.
            row = step.latest(stored) or stored
            left = tuple(one for one in row.evidence if one.interaction_id not in gone)
            if left == row.evidence:
                continue
            if left or row.origin.method == MANUAL:
                step.put(row, _with_evidence(row, left), WITNESS_REMOVED, _CAUSE)
            else:
                step.remove(row, _CAUSE)
                await self._restore(step, kind, user_id, row)
            if isinstance(row, UserPlaybook):
                agents.add(row.agent_id)
        await self._tenant.commit(step.entry())
        self._touch(agents)

    async def _restore(self, step: Step, kind: str, user_id: str, dead: Row) -> None:
        """Opens what a dead row had superseded; witnesses of its own keep it alive. Where the dead row had lost its
        place itself, that place is taken: what was before it stays closed and points to who holds it.
        """
        shelf = await self._tenant.memory.shelf(self._tenant.store, kind, user_id)
        for row in [one for one in shelf.rows.values() if (step.latest(one) or one).superseded_by == dead.row_id]:
            if (latest := step.latest(row)) is None:
                continue
            if dead.end_time is None:
                step.put(latest, msgspec.structs.replace(latest, superseded_by="", end_time=None), RESTORED, _CAUSE)
            else:
                closed = msgspec.structs.replace(latest, superseded_by=dead.superseded_by)
                step.put(latest, closed, SUPERSEDED, _CAUSE)


def _with_evidence(row: Row, left: tuple) -> Row:  # type: ignore[type-arg]
    changes = {"evidence": left}
    if isinstance(row, Profile | UserPlaybook) and left and row.origin.method != MANUAL:
        changes["confirm_time"] = max(one.time for one in left)
        changes["valid_from"] = min(one.publish_time for one in left)
    return msgspec.structs.replace(row, **changes)
