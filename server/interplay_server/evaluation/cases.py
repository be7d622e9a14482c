"""Which pairs there are to compare, and what was known when each was answered."""

from collections.abc import Mapping, Sequence

import msgspec

from interplay_server.domain.evaluation import EXPERT_CONTEST, SHADOW_CONTEST
from interplay_server.domain.interaction import Interaction, StoredAnnotation
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    APPROVED,
    PENDING,
    PROFILE,
    USER_PLAYBOOK,
    LearntFilter,
    Profile,
)
from interplay_server.domain.query import InteractionFilter, Position
from interplay_server.domain.roles import AGENT, USER
from interplay_server.domain.window import Turn
from interplay_server.evaluation.judges import PairCase
from interplay_server.evaluation.rules import KnownFact, Lesson
from interplay_server.evaluation.sessions import SessionRows, read_sessions
from interplay_server.evaluation.tenant import EvaluationTenant
from interplay_server.learning.lifecycle import CURRENT, EXPIRED, SUPERSEDED
from interplay_server.learning.recall import Wanted, listed, recall
from interplay_server.learning.tenant import LearningTenant

PAGE = 500
MOST_FACTS, MOST_LESSONS, MOST_BEFORE = 100, 3, 40
LEAST_LESSON = 0.35
"""Cosine to the user's turn below which a lesson is not meant for it."""
_EVER_TRUE = frozenset({CURRENT, SUPERSEDED, EXPIRED})


class Pair(msgspec.Struct, frozen=True):
    """An agent's turn with two answers."""

    row: Interaction
    challenger: str


class Selection(msgspec.Struct, frozen=True):
    """Which pairs: turns that match, before a place in the journal, the latest `most` of them."""

    contest: str
    where: InteractionFilter
    most: int


class Found(msgspec.Struct, frozen=True):
    """Pairs in the order of time. `eligible` are all agent's turns that match, with a second answer or without, and
    `paired` those with one, which are more than the pairs where only the latest are taken.
    """

    pairs: tuple[Pair, ...]
    paired: int
    eligible: int


async def find_pairs(tenant: EvaluationTenant, selection: Selection) -> Found:
    store, contest = tenant.store, selection.contest
    agents = msgspec.structs.replace(selection.where, role_class=AGENT)
    notes = await store.expert_notes() if contest == EXPERT_CONTEST else {}
    # An annotation may bring the expert's answer to any turn: then turns are read and looked at one by one.
    narrow = {"shadowed": True} if contest == SHADOW_CONTEST else {"with_expert": not notes}
    pairs: list[Pair] = []
    after: Position | None = None
    paired = 0
    while True:
        page = await store.interactions(
            msgspec.structs.replace(agents, **narrow), limit=PAGE, after=after, newest_first=True
        )
        for row in page:
            other = row.data.shadow_content if contest == SHADOW_CONTEST else _expert(row, notes)
            if row.data.content.strip() and other.strip():
                paired += 1
                if len(pairs) < selection.most:
                    pairs.append(Pair(row, other))
        if len(page) < PAGE:
            break
        after = Position(page[-1].event_time, page[-1].seq)
    # Tables alone are counted.
    await store.wait_applied(store.last_seq)
    eligible = await store.count(agents)
    return Found(tuple(reversed(pairs)), paired, max(eligible, paired))


def _expert(row: Interaction, notes: Mapping[str, StoredAnnotation]) -> str:
    note = notes.get(row.interaction_id)
    return note.annotation.expert_content if note is not None else row.data.expert_content


class Cases:
    """Makes the case of each pair from what `read` has read."""

    def __init__(self, tenant: EvaluationTenant, learning: LearningTenant, contest: str) -> None:
        self._tenant, self._learning, self._contest = tenant, learning, contest
        self._sessions: dict[tuple[str, str], SessionRows] = {}
        self._facts: dict[str, list[Profile]] = {}
        self._taught: set[str] = set()
        """Users with lessons of their own."""

    async def make(self, pair: Pair) -> PairCase:
        """The conversation before the turn, facts and lessons that were known when it was published."""
        row = pair.row
        session = self._sessions.get((row.header.user_id, row.header.session_id), SessionRows((), ()))
        place = next((at for at, one in enumerate(session.rows) if one.seq == row.seq), 0)
        before = session.turns[max(0, place - MOST_BEFORE) : place]
        question = "\n".join(_question(before))
        return PairCase(
            row.interaction_id,
            row.data.content,
            pair.challenger,
            turns=before,
            question=question,
            facts=self._known(row),
            lessons=await self._lessons(row, question) if question else (),
            expert=row.data.expert_content if self._contest == SHADOW_CONTEST else "",
        )

    async def read(self, pairs: Sequence[Pair]) -> None:
        """Reads what the cases of some pairs need, at once; what was read before is forgotten."""
        users = sorted({pair.row.header.user_id for pair in pairs})
        keys = sorted({(pair.row.header.user_id, pair.row.header.session_id) for pair in pairs})
        self._sessions = await read_sessions(self._tenant, keys)
        known = Wanted(LearntFilter(user_ids=frozenset(users)), lifecycles=_EVER_TRUE)
        facts = await listed(self._learning, PROFILE, known, limit=MOST_FACTS * len(users))
        self._facts = {}
        for one in facts:
            if isinstance(one, Profile):
                self._facts.setdefault(one.user_id, []).append(one)
        lessons = await self._tenant.store.learnt.rows(USER_PLAYBOOK, known.where, limit=MOST_FACTS * len(users))
        self._taught = {one.user_id for one in lessons}

    def _known(self, row: Interaction) -> tuple[KnownFact, ...]:
        at = row.publish_time
        return tuple(
            KnownFact(one.row_id, one.content)
            for one in self._facts.get(row.header.user_id, ())
            if one.valid_from <= at
            and (one.end_time is None or one.end_time > at)
            and row.interaction_id not in one.interaction_ids
        )

    async def _lessons(self, row: Interaction, question: str) -> tuple[Lesson, ...]:
        """Those of the agent that were near the question at the time, and not learnt from the turn itself."""
        header, made = row.header, list[Lesson]()
        for kind, where in (
            (USER_PLAYBOOK, LearntFilter(user_id=header.user_id, agent_id=header.agent_id)),
            (AGENT_PLAYBOOK, LearntFilter(agent_id=header.agent_id, approvals=(PENDING, APPROVED))),
        ):
            if kind == USER_PLAYBOOK and header.user_id not in self._taught:
                continue
            wanted = Wanted(where, as_of=row.publish_time)
            found = await recall(self._learning, kind, wanted, question[:2000], top_k=MOST_LESSONS)
            for one in found.hits:
                near = one.hit.vector_similarity
                if near is None or near < LEAST_LESSON or row.interaction_id in one.row.interaction_ids:
                    continue
                lesson = one.row
                assert not isinstance(lesson, Profile)  # noqa: S101 - by its kind
                made.append(Lesson(lesson.row_id, lesson.instruction, lesson.trigger, lesson.pitfall))
        return tuple(made)


def _question(before: Sequence[Turn]) -> list[str]:
    """User turns since the last agent turn."""
    said: list[str] = []
    for turn in reversed(before):
        if turn.role_class == AGENT:
            break
        if turn.role_class == USER and turn.text:
            said.append(turn.text)
    return said[::-1]
