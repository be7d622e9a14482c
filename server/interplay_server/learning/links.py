"""Learning follows links: what several ids of one person taught meets when they are linked, and is taken apart when the
link is taken back. What is to be followed stands in the ledger until it is, so that a kill in between loses none.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack

import msgspec
import structlog

from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES, Extractor
from interplay_server.domain.learnt import PINNED, SUPERSEDED, USER_PLAYBOOK, LearntFilter, Profile, Row, UserPlaybook
from interplay_server.domain.links import LinkChange, Members
from interplay_server.learning.merge import Fact, Relation, relation_explained
from interplay_server.learning.passes import Outcome, Run, read_windows
from interplay_server.learning.profiles import supersede
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.learning.unlinking import take_apart
from interplay_server.learning.unread import Unread

MOST_LESSONS = 1000
"""Looked at for the agents that they teach."""
FOLLOWED = "links_followed"
"""Value of the ledger: sequence number up to which changes of links were followed."""
_log = structlog.get_logger(__name__)


class LinkWork:
    """`passing` gives the lock of who reads a user's windows; `touch` is told of agents whose lessons changed."""

    def __init__(
        self,
        tenant: LearningTenant,
        passing: Callable[[str], asyncio.Lock],
        touch: Callable[[Iterable[str]], None],
    ) -> None:
        self._tenant, self._passing, self._touch = tenant, passing, touch
        self._waiting: deque[tuple[int, LinkChange]] = deque()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loaded = False

    async def load(self) -> None:
        """Takes up what a restart left, once: from then on `add` tells."""
        if not self._loaded:
            missed = dict(await self._tenant.store.learnt.link_changes())
            self._waiting = deque(sorted((missed | dict(self._waiting)).items()))
            self._loaded = True

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def start(self, wake: Callable[[], None]) -> None:
        """Follows what waits, beside the passes of others: a pass of these may take a while to end."""
        if self._waiting and self._task is None:
            self._task = asyncio.create_task(self._run(wake), name="follow links")

    async def _run(self, wake: Callable[[], None]) -> None:
        try:
            await self._follow()
        except Exception:  # noqa: BLE001 - a fault of the store is tried again
            _log.exception("cannot follow links", tenant=self._tenant.store.name)
            await asyncio.sleep(1.0)
        finally:
            self._task = None
            wake()

    def add(self, seq: int, change: LinkChange) -> None:
        self._waiting.append((seq, change))

    @property
    def people(self) -> set[str]:
        """Whose links are still to be followed."""
        account = self._tenant.store.links.account
        return {account(one) for _, change in self._waiting for one in (change.account_id, change.guest_id)}

    async def settled(self) -> None:
        """Returns when every change so far has been followed."""
        while self._waiting:
            self._moved.clear()
            await self._moved.wait()

    async def _follow(self) -> None:
        while self._waiting:
            seq, change = self._waiting[0]
            async with AsyncExitStack() as held:
                for one in self._readers(change):
                    await held.enter_async_context(self._passing(one))
                step = Step(now_micros())
                step.meta[FOLLOWED] = str(seq)
                tenant = self._tenant
                async with tenant.lock(change.account_id):
                    if change.linked:
                        await self._join(step, change)
                        await tenant.commit(step.entry())
                    else:
                        again = await take_apart(tenant, step, change)
                        await tenant.commit(step.entry(reopened=again))
            # One person has one vote, two have two.
            both = LearntFilter(user_ids=frozenset((change.guest_id, change.account_id)))
            lessons = await tenant.store.learnt.rows(USER_PLAYBOOK, both, limit=MOST_LESSONS)
            self._touch({row.agent_id for row in lessons if isinstance(row, UserPlaybook)})
            self._waiting.popleft()
            self._moved.set()
            _log.info("followed a link", tenant=tenant.store.name, linked=change.linked, rows=len(step.touched()))

    def _readers(self, change: LinkChange) -> list[str]:
        """Under whose ids passes may read the two now; accounts before guests, as passes take them."""
        account = self._tenant.store.links.account
        pair = (change.account_id, change.guest_id)
        return list(dict.fromkeys((*(account(one) for one in pair), *pair)))

    async def _join(self, step: Step, change: LinkChange) -> None:
        """Of facts that both have taught, what is said twice or changed since is closed; nothing is rewritten."""
        links = self._tenant.store.links
        if links.account(change.guest_id) != change.account_id:
            return
        generation = self._tenant.active_generation(PROFILES, change.account_id)
        facts = await self._tenant.known(Profile, change.account_id, generation)
        for new in [row for row in facts.rows if row.user_id == change.guest_id and _learnt(row)]:
            for old, cosine in facts.near(facts.embed(new.search_text)):
                if old.user_id == change.guest_id or not _learnt(old) or old.origin.arm != new.origin.arm:
                    continue
                relation, reason = relation_explained(_fact(new), _fact(old), cosine, words=facts.words)
                lost = _loser(relation, new, old)
                if lost is not None:
                    kept = old if lost is new else new
                    since = max(kept.valid_from, lost.valid_from)
                    supersede(step, lost, kept.row_id, since, f"linked: {relation.name}: {reason}")
                    facts.drop(lost.row_id)
                if lost is new:
                    break
        active = self._tenant.active_generation(PLAYBOOKS, change.account_id)
        lessons = await self._tenant.known(UserPlaybook, change.account_id, active)
        theirs = {_place(row): row for row in lessons.rows if row.user_id != change.guest_id}
        for lesson in [row for row in lessons.rows if row.user_id == change.guest_id and _learnt(row)]:
            if (same := theirs.get(_place(lesson))) is not None:
                since = max(same.valid_from, lesson.valid_from)
                closed = msgspec.structs.replace(lesson, superseded_by=same.row_id, end_time=since)
                step.put(lesson, closed, SUPERSEDED, "linked: DUPLICATE: same words")

    # --- what passes ask

    async def unfinished(self, members: Members) -> Sequence[str]:
        """Ids of a person under which anything is left to learn from."""
        if len(members) == 1:
            return [members[0][0]]
        found = await self._tenant.store.learnt.unfinished_among([one for one, _ in members])
        return [one.user_id for one in found]

    async def read_guests(
        self, members: Members, extractors: Sequence[tuple[str, Extractor]], outcome: Outcome
    ) -> None:
        """What guests published before they were linked is read as theirs, all of it. Raises ModelFailure."""
        tenant, since = self._tenant, {one: seq for one, seq in members if seq}
        if not since:
            return
        for guest in await tenant.store.learnt.unfinished_among(list(since)):
            name, up_to = guest.user_id, since[guest.user_id]
            if guest.done_seq >= up_to:
                continue
            moves = tenant.moves
            async with self._passing(name):
                unread = Unread(tenant, ((name, 0),), up_to)
                for kind, extractor in extractors:
                    run = Run(name, kind, extractor, tenant.active_generation(kind, name), up_to)
                    await read_windows(tenant, run, unread, outcome)
                if moves == tenant.moves and not moves % 2:
                    step = Step(now_micros())
                    step.done.append((name, up_to))
                    await tenant.commit(step.entry())


def _learnt(row: Row) -> bool:
    """Neither made nor changed by hand."""
    return row.origin.generation != PINNED


def _fact(row: Profile) -> Fact:
    return Fact(row.content, row.subject, row.attribute, row.value, row.single_valued)


def _loser(relation: Relation, new: Profile, old: Profile) -> Profile | None:
    """Which of two facts loses its place, None for neither."""
    if relation is Relation.DUPLICATE:
        return new
    if relation is Relation.REFINES:
        return old
    if relation is Relation.CONTRADICTS:
        return old if old.confirm_time <= new.confirm_time else new
    return None


def _place(row: UserPlaybook) -> tuple[str, str, str, str]:
    words = (" ".join(text.casefold().split()).rstrip(".!") for text in (row.trigger, row.instruction))
    return (row.agent_id, row.origin.arm, *words)  # type: ignore[return-value]
