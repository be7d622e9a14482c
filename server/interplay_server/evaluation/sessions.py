"""Judging one session: its turns, what was reported and done, and whether the user came back about the same."""

import time
from collections.abc import Sequence

import msgspec

from interplay_server.domain.content_policy import is_hidden
from interplay_server.domain.evaluation import (
    ABANDONED,
    ACTION,
    FAILURE,
    PARTIAL,
    REPORTED,
    RULES,
    SUCCESS,
    UNKNOWN,
    Evidence,
    Outcome,
    SessionEvaluation,
)
from interplay_server.domain.evaluation_config import EvaluationConfig
from interplay_server.domain.interaction import PRODUCTION, Interaction
from interplay_server.domain.roles import AGENT, USER
from interplay_server.domain.window import Turn
from interplay_server.evaluation.judges import Judge, SessionCase
from interplay_server.evaluation.rules import SessionJudgement, ToolResult, same_topic
from interplay_server.evaluation.tenant import EvaluationTenant
from interplay_server.learning.turns import make_window

MOST_TURNS = 2000
"""Of a session that are judged, the latest."""
OPENING = 2000
HOUR_US = 3_600_000_000
PURCHASES = frozenset({"purchase", "checkout_completed", "order_completed"})
_FAILED = frozenset({"error", "failed", "failure", "timeout", "exception"})


class SessionRows(msgspec.Struct, frozen=True):
    """Interactions of a session in the order of the conversation, with their turns."""

    rows: tuple[Interaction, ...]
    turns: tuple[Turn, ...]

    @property
    def last_seq(self) -> int:
        return max(row.seq for row in self.rows)

    @property
    def finished(self) -> bool:
        return any(row.header.session_finished for row in self.rows)

    def case(self, now: int, *, repeat_contact: bool = False) -> SessionCase:
        tools = tuple(tool for row in self.rows for tool in _tool_results(row))
        return SessionCase(self.turns, tools, finished=self.finished, repeat_contact=repeat_contact, now=now)


async def read_session(tenant: EvaluationTenant, user_id: str, session_id: str) -> SessionRows:
    """Without rows where nothing is left of it."""
    key = (user_id, session_id)
    return (await read_sessions(tenant, [key])).get(key, SessionRows((), ()))


async def read_sessions(
    tenant: EvaluationTenant, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], SessionRows]:
    """Those of which anything is left. One read for all: each query of a table costs milliseconds."""
    stored = await tenant.store.whole_sessions(keys, limit=MOST_TURNS)
    shown = {key: [row for row in rows if not is_hidden(row.header)] for key, rows in stored.items()}
    found = {key: rows for key, rows in shown.items() if rows}
    notes = await tenant.store.annotations([row.interaction_id for rows in found.values() for row in rows])
    return {
        key: SessionRows(tuple(rows), make_window(key[0], rows, notes, arm=PRODUCTION, fresh=()).turns)
        for key, rows in found.items()
    }


class Contact(msgspec.Struct, frozen=True):
    """When a user came, and with what."""

    session_id: str
    first_time: int
    last_time: int
    opening: str
    repeat_contact: bool = False


class Batch(msgspec.Struct, frozen=True):
    """Sessions that are judged together, and every contact of their users around them."""

    sessions: dict[tuple[str, str], SessionRows]
    contacts: dict[str, dict[str, Contact]]
    """By user and session."""


async def read_batch(tenant: EvaluationTenant, config: EvaluationConfig, keys: Sequence[tuple[str, str]]) -> Batch:
    sessions = await read_sessions(tenant, keys)
    links = tenant.store.links
    people: dict[str, dict[str, Contact]] = {links.account(user_id): {} for user_id, _ in sessions}
    contacts = {user_id: people[links.account(user_id)] for user_id, _ in sessions}
    if sessions:
        earliest = min(session.rows[0].event_time for session in sessions.values())
        window = config.repeat_contact_hours * HOUR_US
        ids = [one for account in people for one in links.linked(account)]
        for one in await tenant.evaluations_of(ids, earliest - window):
            people[links.account(one.user_id)][one.session_id] = Contact(
                one.session_id, one.first_time, one.last_time, one.opening, one.repeat_contact
            )
    for (user_id, session_id), session in sessions.items():
        times = (session.rows[0].event_time, session.rows[-1].event_time)
        contacts[user_id][session_id] = Contact(session_id, *times, _opening(session.turns))
    return Batch(sessions, contacts)


async def evaluate(
    tenant: EvaluationTenant, judge: Judge, config: EvaluationConfig, of: tuple[str, str], batch: Batch
) -> list[SessionEvaluation]:
    """The evaluation of (user, session), then those of earlier sessions that this one makes a repeat contact of; what
    was reported of them is not among it (`with_report`).

    Empty where nothing is left of the session. Raises ModelFailure.
    """
    user_id, session_id = of
    session = batch.sessions.get(of)
    if session is None:
        return []
    now, window = time.time_ns() // 1000, config.repeat_contact_hours * HOUR_US
    own = batch.contacts[user_id][session_id]
    others = [one for one in batch.contacts[user_id].values() if one.session_id != session_id]
    came_back = any(own.last_time < one.first_time <= own.last_time + window and _same(own, one) for one in others)
    made = [await _judged(judge, session, now, repeat_contact=came_back)]
    for one in others:
        # Those of this batch look for themselves.
        mine = (user_id, one.session_id) in batch.sessions or one.repeat_contact
        if not mine and own.first_time - window <= one.last_time < own.first_time and _same(one, own):
            earlier = await read_session(tenant, user_id, one.session_id)
            if earlier.rows:
                made.append(await _judged(judge, earlier, now, repeat_contact=True))
    return made


def _same(one: Contact, other: Contact) -> bool:
    return same_topic([one.opening], [other.opening])


async def _judged(judge: Judge, session: SessionRows, now: int, *, repeat_contact: bool) -> SessionEvaluation:
    found = await judge.session(session.case(now, repeat_contact=repeat_contact))
    return made_of(session, found, judge, now, repeat_contact=repeat_contact)


def made_of(
    session: SessionRows,
    found: SessionJudgement,
    judge: Judge,
    now: int,
    *,
    repeat_contact: bool,
) -> SessionEvaluation:
    """The judgement as it is kept; what was done wins over it."""
    rows = session.rows
    first, last = rows[0], rows[-1]
    agents = [row for row in rows if row.data.role_class == AGENT]
    version = next((row.header.agent_version for row in reversed(agents) if row.header.agent_version), "")
    bought = [row.interaction_id for row in rows if is_purchase(row)]
    evidence = tuple(
        Evidence(one.interaction_id, one.what, one.share if judge.method == RULES else float(one.weight))
        for one in found.evidence
    )
    evaluation = SessionEvaluation(
        user_id=first.header.user_id,
        session_id=first.header.session_id,
        agent_id=(agents[-1] if agents else last).header.agent_id,
        agent_version=version or last.header.agent_version,
        source=first.header.source,
        outcome=found.outcome,
        method=judge.method,
        success_score=found.success,
        confidence=found.confidence,
        first_time=first.event_time,
        last_time=last.event_time,
        evaluate_time=now,
        first_seq=min(row.seq for row in rows),
        last_seq=session.last_seq,
        interaction_ids=tuple(row.interaction_id for row in rows),
        judge=judge.name,
        judge_hash=judge.digest,
        evidence=evidence,
        corrective_ids=found.corrective_turns,
        user_turns=sum(row.data.role_class == USER for row in rows),
        agent_turns=len(agents),
        user_turns_to_resolution=found.user_turns_to_resolution,
        escalated=bool(found.escalation),
        repeat_contact=repeat_contact or found.repeat_contact,
        satisfaction=tuple((one.interaction_id, one.score) for one in found.satisfaction),
        system_errors=found.system_errors,
        behaviour_success=_behaviour(found),
        injected=_learnings(rows),
        cited=_citations(rows),
        finished=session.finished,
        opening=_opening(session.turns),
    )
    if bought:
        acted = tuple(Evidence(one, "the user bought", 1.0) for one in bought)
        evaluation = msgspec.structs.replace(
            evaluation,
            outcome=SUCCESS,
            method=ACTION,
            success_score=1.0,
            confidence=1.0,
            behaviour_success=True,
            evidence=(*acted, *evidence),
        )
    return evaluation


def with_report(evaluation: SessionEvaluation, reported: Outcome | None) -> SessionEvaluation:
    """What was reported wins; a value alone says nothing of the outcome."""
    if reported is None:
        return evaluation
    if reported.outcome == UNKNOWN:
        return msgspec.structs.replace(evaluation, reported=reported)
    score = {SUCCESS: 1.0, PARTIAL: 0.5, FAILURE: 0.0, ABANDONED: 0.0}[reported.outcome]
    return msgspec.structs.replace(
        evaluation,
        outcome=reported.outcome,
        method=REPORTED,
        success_score=score,
        confidence=1.0,
        behaviour_success=reported.outcome == SUCCESS or evaluation.behaviour_success,
        reported=reported,
        evidence=(Evidence("", f"reported: {reported.outcome.lower()}", 2 * score - 1), *evaluation.evidence),
    )


def is_purchase(row: Interaction) -> bool:
    reference = row.data.details.product_ref if row.data.details is not None else None
    return reference is not None and reference.event_type.strip().lower() in PURCHASES


def _behaviour(found: SessionJudgement) -> bool | None:
    return None if found.behaviour_outcome in (UNKNOWN, ABANDONED) else found.behaviour_outcome == SUCCESS


def _tool_results(row: Interaction) -> list[ToolResult]:
    tools = row.data.details.tools_used if row.data.details is not None else ()
    return [ToolResult(row.interaction_id, tool.tool_name, tool.status.strip().lower() in _FAILED) for tool in tools]


def _learnings(rows: Sequence[Interaction]) -> tuple[tuple[str, str], ...]:
    details = (row.data.details for row in rows if row.data.details is not None)
    return tuple(dict.fromkeys((one.kind, one.learning_id) for part in details for one in part.retrieved_learnings))


def _citations(rows: Sequence[Interaction]) -> tuple[tuple[str, str], ...]:
    details = (row.data.details for row in rows if row.data.details is not None)
    return tuple(dict.fromkeys((one.kind, one.real_id) for part in details for one in part.citations))


def _opening(turns: Sequence[Turn]) -> str:
    """What the user says before the agent has answered twice."""
    said, answers = list[str](), 0
    for turn in turns:
        if turn.role_class == AGENT:
            answers += 1
            if answers == 2:
                break
        elif turn.role_class == USER and turn.text:
            said.append(turn.text)
    return "\n".join(said)[:OPENING]
