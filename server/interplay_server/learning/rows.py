"""Rows that people and programs write by hand: created, changed, deleted, reviewed, each under its owner's lock."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    APPROVED,
    CREATED,
    PENDING,
    PINNED,
    PROFILE,
    REJECTED,
    REVIEWED,
    SUPERSEDED,
    UPDATED,
    USER_PLAYBOOK,
    AgentPlaybook,
    Evidence,
    Origin,
    Profile,
    Row,
    UserPlaybook,
)
from interplay_server.errors import ConcurrentChange, InvalidRequest, PlaybookNotFound, ProfileNotFound, Violation
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros

TYPES: dict[str, type[Row]] = {PROFILE: Profile, USER_PLAYBOOK: UserPlaybook, AGENT_PLAYBOOK: AgentPlaybook}
_MISSING = {PROFILE: ProfileNotFound, USER_PLAYBOOK: PlaybookNotFound, AGENT_PLAYBOOK: PlaybookNotFound}
_CONFIDENCE_BY_HAND = 1.0


async def find(tenant: LearningTenant, kind: str, row_id: str) -> Row:
    """Raises ProfileNotFound or PlaybookNotFound."""
    row = await tenant.row(kind, row_id)
    if row is None:
        raise _MISSING[kind](row_id)
    return row


async def create(
    tenant: LearningTenant,
    kind: str,
    user_id: str,
    values: Mapping[str, Any],
    *,
    request_id: str = "",
    signature: bytes = b"",
) -> Row:
    """A row made by hand belongs to every generation. The same request again gives the first answer."""
    now = now_micros()
    values = dict(values)
    cited = values.pop("evidence", ())
    made: dict[str, Any] = {"confidence": values.pop("confidence", 0) or _CONFIDENCE_BY_HAND, **values}
    async with tenant.lock(user_id):
        if kind != AGENT_PLAYBOOK:
            made["evidence"] = await _cited(tenant, user_id, cited, kind)
            made["confirm_time"] = max((one.time for one in made["evidence"]), default=now)
        row = TYPES[kind](
            row_id=new_ulid(),
            user_id=user_id,
            create_time=now,
            update_time=now,
            origin=Origin(),
            valid_from=now,
            **made,
        )
        step = Step(now)
        step.put(None, row, CREATED, "manual")
        receipt = await tenant.commit(step.entry(), request_id, signature)
    if not receipt.duplicate:
        return row
    first = await tenant.store.learnt.changes_after(receipt.first_seq - 1, receipt.first_seq, limit=1)
    if not first or first[0].after is None:
        raise _MISSING[kind](request_id)
    return first[0].after


async def update(tenant: LearningTenant, kind: str, row_id: str, values: Mapping[str, Any], etag: str) -> Row:
    """A row changed by hand belongs to every generation from then on, so that no rerun takes the change back."""
    owner = (await find(tenant, kind, row_id)).user_id
    async with tenant.lock(owner):
        row = await _guarded(tenant, kind, row_id, etag)
        changes = dict(values)
        if "evidence" in changes:
            changes["evidence"] = await _cited(tenant, owner, changes["evidence"], kind)
            if changes["evidence"]:
                changes["confirm_time"] = max(one.time for one in changes["evidence"])
        after = msgspec.structs.replace(row, **changes, origin=msgspec.structs.replace(row.origin, generation=PINNED))
        if isinstance(after, AgentPlaybook):
            after = msgspec.structs.replace(after, edited=True)
        step = Step(now_micros())
        step.put(row, after, UPDATED, "manual")
        entry = step.entry()
        await tenant.commit(entry)
    return entry.puts[0]


async def delete(tenant: LearningTenant, kind: str, row_id: str, etag: str) -> Row:
    owner = (await find(tenant, kind, row_id)).user_id
    async with tenant.lock(owner):
        row = await _guarded(tenant, kind, row_id, etag)
        step = Step(now_micros())
        step.remove(row, "manual")
        await tenant.commit(step.entry())
    return row


async def review(
    tenant: LearningTenant,
    row_id: str,
    decision: str,
    *,
    reviewer: str,
    comment: str,
    edits: Mapping[str, Any],
    etag: str,
) -> AgentPlaybook:
    """`decision` is approve, reject, edit or reopen."""
    async with tenant.lock(""):
        row = await _guarded(tenant, AGENT_PLAYBOOK, row_id, etag)
        assert isinstance(row, AgentPlaybook)  # noqa: S101 - by its kind
        status = {"approve": APPROVED, "reject": REJECTED, "reopen": PENDING}.get(decision, row.approval)
        after = msgspec.structs.replace(
            row,
            **edits,
            approval=status,
            reviewer=reviewer,
            review_comment=comment,
            edited=row.edited or bool(edits),
            rejected_support=row.weight if decision == "reject" else row.rejected_support,
        )
        step = Step(now_micros())
        step.put(row, after, REVIEWED, decision)
        if decision == "approve" and row.supersedes:
            base = await tenant.row(AGENT_PLAYBOOK, row.supersedes)
            if base is not None and base.end_time is None:
                closed = msgspec.structs.replace(base, end_time=step.now, superseded_by=row.row_id)
                step.put(base, closed, SUPERSEDED, "its successor was approved")
        entry = step.entry()
        await tenant.commit(entry)
    made = entry.puts[0]
    assert isinstance(made, AgentPlaybook)  # noqa: S101 - put first
    return made


async def _guarded(tenant: LearningTenant, kind: str, row_id: str, etag: str) -> Row:
    row = await find(tenant, kind, row_id)
    if etag and etag != row.etag:
        raise ConcurrentChange(row_id)
    return row


async def _cited(
    tenant: LearningTenant, user_id: str, interaction_ids: Sequence[str], kind: str
) -> tuple[Evidence, ...]:
    """Whole interactions as evidence. Raises InvalidRequest for one that is not this user's."""
    found = []
    for place, interaction_id in enumerate(interaction_ids):
        row = await tenant.store.get(interaction_id)
        account = tenant.store.links.account
        if row is None or account(row.header.user_id) != account(user_id):
            name = "profile" if kind == PROFILE else "playbook"
            raise InvalidRequest(
                [Violation(f"{name}.source_interaction_ids[{place}]", "is no interaction of this user")]
            )
        end = len(row.data.content)
        found.append(Evidence(interaction_id, "content", 0, end, row.event_time, row.publish_time))
    return tuple(found)
