"""Facts meet what is known: said again, more specific, contrary or new. Nothing is destroyed: a row that loses its
place is closed and points to the row that holds it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.learnt import CONFIRMED, CREATED, PINNED, SUPERSEDED, Evidence, Origin, Profile
from interplay_server.domain.ports import Vectors
from interplay_server.domain.window import TTLS, ProfileCandidate
from interplay_server.learning.grounding import Grounds
from interplay_server.learning.known import Known
from interplay_server.learning.merge import Fact, Relation, relation_explained
from interplay_server.learning.step import Step

MAX_EVIDENCE = 100
"""Spans kept of a fact that is said again and again: the first ones and the latest."""


def learn_profiles(
    step: Step,
    candidates: Sequence[ProfileCandidate],
    grounds: Grounds,
    known: Known[Profile],
    *,
    user_id: str,
    origin: Origin,
    pending: bool,
) -> dict[str, int]:
    """Puts what the candidates change into the step; returns how many were dropped, by reason.

    A `pending` generation leaves rows made by hand alone: they are everybody's.
    """
    grounded = [(grounds.evidence(one.evidence), one) for one in candidates]
    dropped = sum(not evidence for evidence, _ in grounded)
    in_time = sorted((pair for pair in grounded if pair[0]), key=lambda pair: max(one.time for one in pair[0]))
    for evidence, candidate in in_time:
        turn = grounds.turn(evidence[-1].interaction_id)
        made = Profile(
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
            content=candidate.content,
            category=candidate.category,
            subject=candidate.subject,
            attribute=candidate.attribute,
            value=candidate.value,
            single_valued=candidate.single_valued,
            ttl=candidate.ttl,
            notes=candidate.notes,
            confirm_time=max(one.time for one in evidence),
        )
        _learn(step, made, known, retracts=candidate.retracts, pending=pending)
    return {"unsupported_evidence": dropped} if dropped else {}


class _Met(NamedTuple):
    """A known fact and how the new one stands to it."""

    row: Profile
    relation: Relation
    reason: str


def _learn(step: Step, new: Profile, known: Known[Profile], *, retracts: bool, pending: bool) -> None:
    vector = known.embed(new.search_text)
    met = _meet(new, known, vector, pending=pending)
    if retracts:
        _retract(step, new, met, known)
        return
    if same := next((one for one in met if one.relation is Relation.DUPLICATE), None):
        if not (pending and same.row.origin.generation == PINNED):
            known.put(confirm(step, same.row, new, same.reason))
        return
    taken = [one for one in met if one.relation in {Relation.CONTRADICTS, Relation.REFINES}]
    contrary = [one for one in taken if one.relation is Relation.CONTRADICTS]
    later = next((one.row for one in contrary if one.row.confirm_time > new.confirm_time), None)
    if later is not None:
        # It was said before what it contradicts and only arrived now: it is history from the start.
        end = max(later.valid_from, new.valid_from)
        closed = msgspec.structs.replace(new, superseded_by=later.row_id, end_time=end)
        step.put(None, closed, CREATED, f"{Relation.CONTRADICTS.name}: older than what is known")
        return
    vaguer = [one.row.ttl for one in taken if one.relation is Relation.REFINES]
    new = msgspec.structs.replace(new, ttl=max([new.ttl, *vaguer], key=_days))
    step.put(None, new, CREATED, new.origin.method)
    known.put(new, vector)
    for one in taken:
        supersede(step, one.row, new.row_id, new.valid_from, f"{one.relation.name}: {one.reason}")
        known.drop(one.row.row_id)


def _meet(new: Profile, known: Known[Profile], vector: Vectors, *, pending: bool) -> list[_Met]:
    """The nearest facts and those in the same slot. Of rows made by hand, a pending generation changes none."""
    slot = [row.row_id for row in known.rows if new.attribute and _slot(row) == _slot(new)]
    met = []
    for old, cosine in known.near(vector, slot):
        if old.origin.arm != new.origin.arm:
            continue
        relation, reason = relation_explained(_fact(new), _fact(old), cosine, words=known.words)
        if pending and old.origin.generation == PINNED and relation is not Relation.DUPLICATE:
            continue
        met.append(_Met(old, relation, reason))
    return met


def _retract(step: Step, new: Profile, met: Sequence[_Met], known: Known[Profile]) -> None:
    """The user took something back: what it names is closed, nothing new is known."""
    for one in met:
        of_slot = bool(new.attribute) and _slot(one.row) == _slot(new) and _ends(new, one.row)
        if (one.relation is not Relation.DISTINCT or of_slot) and one.row.confirm_time <= new.confirm_time:
            supersede(step, one.row, "", new.valid_from, f"retracted: {one.reason}")
            known.drop(one.row.row_id)


def confirm(step: Step, old: Profile, again: Profile, reason: str) -> Profile:
    """The known row, said again: its text stays, its time to live counts anew."""
    evidence = dict.fromkeys((*old.evidence, *again.evidence))
    if tuple(evidence) == old.evidence:
        return old
    confirmed = msgspec.structs.replace(
        old,
        evidence=_bounded(tuple(evidence)),
        windows=tuple(dict.fromkeys((*old.windows, *again.windows)))[-MAX_EVIDENCE:],
        confirm_time=max(old.confirm_time, again.confirm_time),
        valid_from=min(old.valid_from, again.valid_from),
        ttl=max(old.ttl, again.ttl, key=_days),
        confidence=1 - (1 - old.confidence) * (1 - again.confidence / 2),
    )
    step.put(old, confirmed, CONFIRMED, f"{Relation.DUPLICATE.name}: {reason}")
    return confirmed


def supersede(step: Step, old: Profile, by: str, since: int, cause: str) -> None:
    closed = msgspec.structs.replace(old, superseded_by=by, end_time=max(since, old.valid_from))
    step.put(old, closed, SUPERSEDED, cause)


def _bounded(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    if len(evidence) <= MAX_EVIDENCE:
        return evidence
    return (*evidence[: MAX_EVIDENCE // 2], *evidence[-MAX_EVIDENCE // 2 :])


def _fact(row: Profile) -> Fact:
    return Fact(row.content, row.subject, row.attribute, row.value, row.single_valued)


def _slot(row: Profile) -> tuple[str, str]:
    return row.subject, row.attribute


def _ends(retraction: Profile, old: Profile) -> bool:
    """A retraction that names a value ends that value only."""
    return not retraction.value or retraction.single_valued or retraction.value.casefold() == old.value.casefold()


def _days(ttl: str) -> float:
    days = TTLS[ttl]
    return float("inf") if days is None else float(days)
