"""Lessons meet what is known of the same user and agent: seen again, contrary or new."""

from collections.abc import Sequence

import msgspec

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.learnt import CONFIRMED, CREATED, PINNED, SUPERSEDED, Origin, UserPlaybook
from interplay_server.domain.window import PlaybookCandidate
from interplay_server.learning.grounding import Grounds
from interplay_server.learning.known import Known
from interplay_server.learning.merge import Fact, Relation, relation_explained
from interplay_server.learning.profiles import MAX_EVIDENCE
from interplay_server.learning.step import Step

SAME_SITUATION = 0.75
"""Cosine of "trigger. instruction" from which two lessons may be one; numbers, names and negation must agree too."""
RELATED = 0.5
"""Cosine from which a contrary instruction is about the same situation."""


def learn_playbooks(
    step: Step,
    candidates: Sequence[PlaybookCandidate],
    grounds: Grounds,
    known: Known[UserPlaybook],
    *,
    user_id: str,
    origin: Origin,
    pending: bool,
) -> dict[str, int]:
    """Puts what the candidates change into the step; returns how many were dropped, by reason."""
    dropped = 0
    for candidate in candidates:
        evidence = grounds.evidence(candidate.evidence)
        if not evidence:
            dropped += 1
            continue
        turn = grounds.turn(evidence[-1].interaction_id)
        made = UserPlaybook(
            row_id=new_ulid(),
            user_id=user_id,
            create_time=step.now,
            update_time=step.now,
            origin=origin,
            evidence=evidence,
            windows=(origin.window_id,),
            confidence=candidate.confidence,
            source=turn.source,
            tags=candidate.tags,
            valid_from=min(one.publish_time for one in evidence),
            trigger=candidate.trigger,
            instruction=candidate.instruction,
            pitfall=candidate.pitfall,
            rationale=candidate.rationale,
            blocking_kind=candidate.blocking_kind,
            blocking_details=candidate.blocking_details,
            agent_id=turn.agent_id,
            agent_version=turn.agent_version,
            session_id=turn.session_id,
            lesson=candidate.origin,
            confirm_time=max(one.time for one in evidence),
        )
        _learn(step, made, known, pending=pending)
    return {"unsupported_evidence": dropped} if dropped else {}


def _learn(step: Step, new: UserPlaybook, known: Known[UserPlaybook], *, pending: bool) -> None:
    vector = known.embed(new.search_text)
    contrary: list[tuple[UserPlaybook, str]] = []
    for old, cosine in known.near(vector):
        if old.origin.arm != new.origin.arm or old.agent_id != new.agent_id or cosine < RELATED:
            continue
        if pending and old.origin.generation == PINNED:
            continue
        found, reason = relation_explained(Fact(new.instruction, "agent"), Fact(old.instruction, "agent"), cosine)
        same_words = _plain(new.instruction) == _plain(old.instruction)
        if same_words or (found is Relation.DUPLICATE and cosine >= SAME_SITUATION):
            known.put(_confirm(step, old, new, reason))
            return
        # Several gaps of one expert reply stand beside each other; only a later word of the user takes a lesson back.
        if found is Relation.CONTRADICTS and new.session_id != old.session_id and old.confirm_time <= new.confirm_time:
            contrary.append((old, reason))
    step.put(None, new, CREATED, new.origin.method)
    known.put(new, vector)
    for old, reason in contrary:
        closed = msgspec.structs.replace(old, superseded_by=new.row_id, end_time=max(new.valid_from, old.valid_from))
        step.put(old, closed, SUPERSEDED, f"{Relation.CONTRADICTS.name}: {reason}")
        known.drop(old.row_id)


def _confirm(step: Step, old: UserPlaybook, again: UserPlaybook, reason: str) -> UserPlaybook:
    evidence = tuple(dict.fromkeys((*old.evidence, *again.evidence)))
    if evidence == old.evidence:
        return old
    confirmed = msgspec.structs.replace(
        old,
        evidence=evidence[-MAX_EVIDENCE:],
        windows=tuple(dict.fromkeys((*old.windows, *again.windows)))[-MAX_EVIDENCE:],
        confirm_time=max(old.confirm_time, again.confirm_time),
        valid_from=min(old.valid_from, again.valid_from),
        confidence=1 - (1 - old.confidence) * (1 - again.confidence / 2),
        pitfall=old.pitfall or again.pitfall,
        rationale=old.rationale or again.rationale,
    )
    step.put(old, confirmed, CONFIRMED, f"{Relation.DUPLICATE.name}: {reason}")
    return confirmed


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!")
