"""What an agent should know before it answers: facts, lessons and past interactions, and the text for its prompt."""

import asyncio
from collections.abc import Sequence

import msgspec

from interplay_server.domain.interaction import PRODUCTION, Interaction
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    APPROVED,
    PENDING,
    PROFILE,
    USER_PLAYBOOK,
    AgentPlaybook,
    LearntFilter,
    Profile,
    UserPlaybook,
)
from interplay_server.domain.query import InteractionFilter
from interplay_server.learning.recall import Recall, Recalled, Wanted, recall
from interplay_server.learning.tenant import LearningTenant
from interplay_server.retrieval.briefing import Briefing, Line, render
from interplay_server.retrieval.score import Ranked
from interplay_server.retrieval.search import Answer, Hit, SearchEngine

VERSION_BONUS = 0.05
"""Added to the score of a lesson that was learnt from the agent's own version."""
LEAST_SIMILARITY, LEAST_WORDS = 0.2, 2
"""A lesson with a lower cosine is told only if it shares so many words with the turn: a rule out of place does harm."""
SAME_SESSION, MOST_TURNS = 4, 4000
"""Turns of the running session are known to the agent: so many times `top_k` are found and theirs dropped, and so many
times more, up to MOST_TURNS, where too few are left.
"""


class Ask(msgspec.Struct, frozen=True):
    """`before_seq` leaves out what was published at or after a place in the journal, `session_id` a session."""

    user_id: str
    query: str
    top_k: int = 5
    token_budget: int = 1000
    agent_id: str = "default"
    agent_version: str = ""
    session_id: str = ""
    as_of: int | None = None
    before_seq: int | None = None
    arm: str = PRODUCTION
    eventual: bool = False


class Context(msgspec.Struct, frozen=True):
    """Best first. `degraded_reason` names parts that failed and are empty."""

    profiles: list[Recalled]
    playbooks: list[Recalled]
    interactions: list[Hit]
    briefing: Briefing
    degraded_reason: str = ""


async def make_context(tenant: LearningTenant, engine: SearchEngine, ask: Ask) -> Context:
    """One part that fails is empty and named; all that fail raise the first error."""
    parts = await asyncio.gather(
        _profiles(tenant, ask), _playbooks(tenant, ask), _interactions(tenant, engine, ask), return_exceptions=True
    )
    failed = [part for part in parts if isinstance(part, BaseException)]
    if len(failed) == len(parts):
        raise failed[0]
    profiles, playbooks, answer = parts
    reasons = [
        f"{name} failed"
        for name, part in zip(("profiles", "playbooks", "interactions"), parts, strict=True)
        if isinstance(part, BaseException)
    ]
    found = [] if isinstance(profiles, BaseException) else profiles.hits
    lessons = [] if isinstance(playbooks, BaseException) else playbooks.hits
    hits = [] if isinstance(answer, BaseException) else answer.hits
    reasons += [part.degraded_reason for part in parts if isinstance(part, Recall | Answer) and part.degraded_reason]
    briefing = render(
        [_profile_line(one) for one in found],
        [_playbook_line(one) for one in lessons],
        [_interaction_line(one) for one in hits],
        ask.token_budget,
    )
    return Context(found, lessons, hits, briefing, "; ".join(dict.fromkeys(reasons)))


async def _profiles(tenant: LearningTenant, ask: Ask) -> Recall:
    wanted = Wanted(LearntFilter(user_id=ask.user_id, arm=ask.arm), as_of=ask.as_of)
    return await recall(tenant, PROFILE, wanted, ask.query, top_k=ask.top_k)


async def _playbooks(tenant: LearningTenant, ask: Ask) -> Recall:
    own = Wanted(LearntFilter(user_id=ask.user_id, agent_id=ask.agent_id, arm=ask.arm), as_of=ask.as_of)
    shared = Wanted(LearntFilter(agent_id=ask.agent_id, approvals=(PENDING, APPROVED)), as_of=ask.as_of)
    found = await asyncio.gather(
        recall(tenant, USER_PLAYBOOK, own, ask.query, top_k=ask.top_k),
        recall(tenant, AGENT_PLAYBOOK, shared, ask.query, top_k=ask.top_k),
    )
    aggregated = {one for hit in found[1].hits for one in getattr(hit.row, "member_ids", ())}
    hits = [
        _of_version(hit, ask)
        for part in found
        for hit in part.hits
        if hit.row.row_id not in aggregated and _matters(hit, ask)
    ]
    hits.sort(key=lambda one: (-one.hit.score, -one.row.update_time, one.row.row_id))
    reasons = dict.fromkeys(part.degraded_reason for part in found if part.degraded_reason)
    return Recall(hits[: ask.top_k], "; ".join(reasons))


def _matters(one: Recalled, ask: Ask) -> bool:
    near = one.hit.vector_similarity
    return (
        not ask.query.strip()
        or len(one.hit.matched_terms) >= LEAST_WORDS
        or (near is not None and near >= LEAST_SIMILARITY)
    )


def _of_version(one: Recalled, ask: Ask) -> Recalled:
    """With the bonus of its version: rows and text are ranked by the same score."""
    versions: Sequence[str] = getattr(one.row, "agent_versions", ()) or (getattr(one.row, "agent_version", ""),)
    if not ask.agent_version or ask.agent_version not in versions:
        return one
    return Recalled(one.row, msgspec.structs.replace(one.hit, score=one.hit.score + VERSION_BONUS))


async def _interactions(tenant: LearningTenant, engine: SearchEngine, ask: Ask) -> Answer:
    where = InteractionFilter(user_id=ask.user_id, as_of=ask.as_of, before_seq=ask.before_seq)
    count = ask.top_k * (SAME_SESSION if ask.session_id else 1)
    while True:
        if ask.query.strip():
            answer = await engine.search(tenant.store, ask.query, where, top_k=count, eventual=ask.eventual)
        else:
            rows = await tenant.store.interactions(where, limit=count, newest_first=True, eventual=ask.eventual)
            answer = Answer([newest_hit(row) for row in rows])
        kept = [hit for hit in answer.hits if not ask.session_id or hit.interaction.header.session_id != ask.session_id]
        if len(kept) >= ask.top_k or len(answer.hits) < count or count >= MOST_TURNS:
            return Answer(kept[: ask.top_k], answer.degraded_reason)
        count *= SAME_SESSION


def newest_hit(row: Interaction) -> Hit:
    """A hit of no query."""
    unranked = Ranked(
        seq=row.seq,
        index=0,
        score=0.0,
        vector_similarity=None,
        text_score=0.0,
        vector_rank=None,
        text_rank=None,
        terms={},
        matched_terms=[],
    )
    return Hit(row, unranked)


def _profile_line(one: Recalled) -> Line:
    row = one.row
    assert isinstance(row, Profile)  # noqa: S101 - by its kind
    return Line(
        id=row.row_id,
        kind="profile",
        text=row.content,
        time=row.confirm_time,
        confidence=row.confidence,
        score=one.hit.score,
    )


def _playbook_line(one: Recalled) -> Line:
    row = one.row
    assert isinstance(row, UserPlaybook | AgentPlaybook)  # noqa: S101 - by its kind
    shared = isinstance(row, AgentPlaybook)
    return Line(
        id=row.row_id,
        kind="agent_playbook" if shared else "user_playbook",
        trigger=row.trigger,
        instruction=row.instruction,
        pitfall=row.pitfall,
        confidence=row.confidence,
        score=one.hit.score,
        approval=row.approval.upper() if isinstance(row, AgentPlaybook) else "",
        conflict=row.conflict if isinstance(row, AgentPlaybook) else False,
    )


def _interaction_line(hit: Hit) -> Line:
    row = hit.interaction
    return Line(
        id=row.interaction_id,
        kind="interaction",
        text=row.data.search_text,
        time=row.event_time,
        score=hit.ranked.score,
        speaker=row.data.speaker or row.data.role,
    )
