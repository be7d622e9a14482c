"""Groups as agent playbooks: which rows are seeds, which are rewritten, which stand beside what a person approved."""

from collections.abc import Sequence

import msgspec

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.learnt import (
    APPROVED,
    CREATED,
    PENDING,
    RECOMPUTED,
    REJECTED,
    RULES,
    SUPERSEDED,
    AgentPlaybook,
    Dissent,
    Origin,
    UserPlaybook,
)
from interplay_server.domain.window import CORRECTED, EXPERT
from interplay_server.learning.aggregation.aggregate import suppressed
from interplay_server.learning.aggregation.model import AggregationSettings, Group, Member, Rejected, Seed
from interplay_server.learning.step import Step

ENGINE_VERSION = "aggregation-2"


def as_member(row: UserPlaybook, person: str) -> Member:
    """`person` has one vote, under however many ids they taught."""
    return Member(
        row.row_id,
        person,
        row.session_id,
        row.agent_id,
        row.agent_version,
        row.lesson,
        row.trigger,
        row.instruction,
        row.pitfall,
        row.rationale,
        row.blocking_kind,
        row.blocking_details,
        row.confirm_time,
        row.confidence,
        _reply_of(row),
    )


def _reply_of(row: UserPlaybook) -> str:
    """The interaction whose expert's reply it is a gap of; empty for no expert's lesson."""
    if row.lesson != "expert":
        return ""
    return next((one.interaction_id for one in row.evidence if one.field in {EXPERT, CORRECTED}), "")


def wording_of(row: AgentPlaybook) -> Member:
    return Member(row.row_id, "", "", row.agent_id, "", "", row.trigger, row.instruction)


def seeds_of(existing: dict[str, AgentPlaybook]) -> list[Seed]:
    """Each line of aggregates once: an approved one stands for its pending successor, which is reworded with it; a
    successor stands for the rejected one that it came back from.
    """
    followed = {row.supersedes for row in existing.values() if row.supersedes}
    return [
        Seed(row.row_id, row.member_ids)
        for row in existing.values()
        if not (row.approval == REJECTED and row.row_id in followed) and not _follows_approved(row, existing)
    ]


def _follows_approved(row: AgentPlaybook, existing: dict[str, AgentPlaybook]) -> bool:
    base = existing.get(row.supersedes)
    return base is not None and base.approval == APPROVED


class Judged(msgspec.Struct, frozen=True):
    """What groups are held against. `there` are members that are stored, current or not."""

    rejected: Sequence[Rejected]
    settings: AggregationSettings
    there: set[str]


def store_groups(
    step: Step, groups: Sequence[Group], existing: dict[str, AgentPlaybook], against: Judged
) -> dict[str, int]:
    """Puts what differs into the step; returns counts."""
    counts = dict.fromkeys(("groups", "created", "updated", "superseded", "removed", "conflicts", "suppressed"), 0)
    counts["groups"] = len(groups)
    counts["conflicts"] = sum(group.conflict for group in groups)
    successors = {row.supersedes: row for row in existing.values() if row.supersedes and row.approval == PENDING}
    kept: set[str] = set()
    for group in groups:
        base = existing.get(group.seed_id)
        if base is not None:
            kept.add(base.row_id)
        if _silent(group, base, against):
            counts["suppressed"] += 1
            continue
        if base is not None and base.approval == APPROVED and _says(group, base) and not group.conflict:
            continue
        target = _target(base, successors)
        if target is not None:
            kept.add(target.row_id)
        made = _row(group, step.now, target, base)
        if target is None:
            step.put(None, made, CREATED, "aggregation")
            counts["created"] += 1
        elif made != target:
            step.put(target, made, RECOMPUTED, "aggregation")
            counts["updated"] += 1
        if target is not None and not against.there.issuperset(target.member_ids):
            # Its earlier words may be those of a member that a deletion took away.
            step.forget(target)
    _close_left(step, existing, kept, against.there, counts)
    return counts


def _target(base: AgentPlaybook | None, successors: dict[str, AgentPlaybook]) -> AgentPlaybook | None:
    """The row that a group rewrites; None asks for a new one."""
    if base is None or base.approval == PENDING:
        return base
    return successors.get(base.row_id) if base.approval == APPROVED else None


def _silent(group: Group, base: AgentPlaybook | None, against: Judged) -> bool:
    """A reviewer rejected it, and its support has not doubled since."""
    if base is None:
        return suppressed(group, against.rejected, against.settings)
    return base.approval == REJECTED and group.weight < 2 * base.rejected_support


def _close_left(
    step: Step, existing: dict[str, AgentPlaybook], kept: set[str], there: set[str], counts: dict[str, int]
) -> None:
    """Aggregates that no group continues: gone with their last member, or closed while members are still stored."""
    for row in existing.values():
        if there.isdisjoint(row.member_ids) and not row.edited:
            step.remove(row, "deletion")
            counts["removed"] += 1
        elif row.row_id not in kept and row.approval == PENDING:
            closed = msgspec.structs.replace(row, end_time=step.now)
            step.put(row, closed, SUPERSEDED, "its support is gone")
            counts["superseded"] += 1


def _says(group: Group, row: AgentPlaybook) -> bool:
    return (group.trigger, group.instruction, group.pitfall) == (row.trigger, row.instruction, row.pitfall)


def _row(group: Group, now: int, target: AgentPlaybook | None, base: AgentPlaybook | None) -> AgentPlaybook:
    """The group as a row: `target` brought up to date, or a new one that follows `base`."""
    row = target or AgentPlaybook(
        row_id=new_ulid(),
        user_id="",
        create_time=now,
        update_time=now,
        origin=Origin(method=RULES, provider="rules", engine_version=ENGINE_VERSION),
        agent_id=group.agent_id,
        valid_from=now,
        supersedes=base.row_id if base is not None else "",
    )
    words = (
        {}
        if row.edited
        else {
            "trigger": group.trigger,
            "instruction": group.instruction,
            "pitfall": group.pitfall,
            "rationale": group.rationale,
            "blocking_kind": group.blocking_kind,
            "blocking_details": group.blocking_details,
        }
    )
    return msgspec.structs.replace(
        row,
        **words,
        confidence=group.confidence,
        conflict=group.conflict,
        member_ids=group.member_ids,
        member_count=group.member_count,
        distinct_users=group.distinct_users,
        distinct_sessions=group.distinct_sessions,
        expert_count=group.expert_count,
        first_time=group.first_time,
        last_time=group.last_time,
        weight=group.weight,
        winner_share=group.winner_share,
        dissent=tuple(Dissent(one.instruction, one.weight, one.member_ids) for one in group.dissent),
        agent_versions=group.agent_versions,
        fingerprint=group.fingerprint,
    )
