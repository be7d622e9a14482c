"""Learnt rows and their history as messages, and what clients write of them as rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from google.protobuf.message import Message
from interplay.v1 import learning_pb2, playbook_pb2, profile_pb2

from interplay_server.domain import learnt as domain
from interplay_server.domain.generations import AllGenerations
from interplay_server.domain.interaction import PRODUCTION, SHADOW
from interplay_server.domain.window import CATEGORIES, TTLS
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.learning.lifecycle import lifecycle
from interplay_server.services.convert.structs import to_plain, to_struct
from interplay_server.services.convert.times import from_micros

LIFECYCLES = ("", "current", "pending", "superseded", "archived", "expired")
_METHODS = ("", domain.RULES, domain.MODEL, domain.MANUAL)
_ARMS = ("", PRODUCTION, SHADOW)
_TTLS = ("", *TTLS)
_CHANGES = (
    "", domain.CREATED, domain.CONFIRMED, domain.UPDATED, domain.SUPERSEDED, domain.RESTORED, domain.WITNESS_REMOVED,
    domain.DELETED, domain.REVIEWED, domain.RECOMPUTED,
)  # fmt: skip
_BLOCKING = ("", "missing_tool", "permission_denied", "external_dependency", "policy_restriction")
_APPROVALS = ("", domain.PENDING, domain.APPROVED, domain.REJECTED)
AnyMessage = TypeVar("AnyMessage", bound=Message)
MAX_PAGE_BYTES = 12 * 2**20
"""Pages and hits of enormous rows end early rather than break the message limit."""

PROFILE_FIELDS = {
    "content": "content", "category": "category", "subject": "subject", "attribute": "attribute", "value": "value",
    "time_to_live": "ttl", "confidence": "confidence", "source_interaction_ids": "evidence", "source": "source",
    "tags": "tags", "custom_features": "custom_features", "notes": "notes",
}  # fmt: skip
"""Fields that a client may write, and what they are of the row."""
_LESSON_FIELDS = {
    name: name for name in ("trigger", "instruction", "pitfall", "rationale", "agent_id", "confidence", "tags")
} | {"blocking_issue": "blocking"}
USER_PLAYBOOK_FIELDS = _LESSON_FIELDS | {
    "agent_version": "agent_version", "source": "source", "session_id": "session_id",
    "source_interaction_ids": "evidence",
}  # fmt: skip
AGENT_PLAYBOOK_FIELDS = _LESSON_FIELDS


def fitting(messages: Iterable[AnyMessage], limit: int = MAX_PAGE_BYTES) -> list[AnyMessage]:
    """The first messages that hold at most `limit` bytes together; at least one where there are any."""
    kept: list[AnyMessage] = []
    filled = 0
    for message in messages:
        filled += message.ByteSize()
        if kept and filled > limit:
            break
        kept.append(message)
    return kept


def ttl_name(value: int) -> str:
    return _TTLS[value]


def arm_name(value: int) -> str:
    """An arm that was not said is production."""
    return _ARMS[value] or PRODUCTION


def method_name(value: int) -> str:
    return _METHODS[value]


def change_names(values: Iterable[int]) -> tuple[str, ...]:
    return tuple(_CHANGES[value] for value in values if value)


def approval_names(values: Iterable[int]) -> tuple[str, ...]:
    return tuple(_APPROVALS[value] for value in values if value)


def lifecycle_names(values: Iterable[int]) -> frozenset[str]:
    """None said means those that are current."""
    return frozenset(LIFECYCLES[value] for value in values if value) or frozenset({"current"})


# --- to messages


def evidence_to_pb(evidence: Sequence[domain.Evidence]) -> list[learning_pb2.Evidence]:
    return [
        learning_pb2.Evidence(
            interaction_id=one.interaction_id, field=one.field, start=one.start, end=one.end, time=from_micros(one.time)
        )
        for one in evidence
    ]


def arm_to_pb(arm: str) -> learning_pb2.Arm:
    return learning_pb2.ARM_SHADOW if arm == SHADOW else learning_pb2.ARM_PRODUCTION


def origin_to_pb(origin: domain.Origin) -> learning_pb2.LearningOrigin:
    return learning_pb2.LearningOrigin(
        method=_METHODS.index(origin.method),  # type: ignore[arg-type]
        provider=origin.provider,
        engine_version=origin.engine_version,
        extractor=origin.extractor,
        config_revision=origin.config_revision,
        prompt_digest=origin.prompt_digest,
        window_id=origin.window_id,
        arm=arm_to_pb(origin.arm),
        generation=origin.generation,
    )


class Shown:
    """How rows look at an instant: the lifecycle depends on generations and clock."""

    def __init__(self, generations: AllGenerations, as_of: int) -> None:
        self.generations, self.as_of = generations, as_of

    def lifecycle(self, row: domain.Row) -> str | None:
        return lifecycle(row, self.generations, self.as_of)

    def profile(self, row: domain.Profile) -> profile_pb2.Profile:
        expires = row.expire_time(self.as_of)
        message = profile_pb2.Profile(
            profile_id=row.row_id,
            user_id=row.user_id,
            content=row.content,
            category=row.category,
            subject=row.subject,
            attribute=row.attribute,
            value=row.value,
            time_to_live=_TTLS.index(row.ttl),  # type: ignore[arg-type]
            expire_time=None if expires is None else from_micros(expires),
            notes=row.notes,
            custom_features=to_struct(row.custom_features),
            confirm_time=from_micros(row.confirm_time),
        )
        self._common(message, row)
        return message

    def user_playbook(self, row: domain.UserPlaybook) -> playbook_pb2.UserPlaybook:
        message = playbook_pb2.UserPlaybook(
            playbook_id=row.row_id,
            user_id=row.user_id,
            agent_version=row.agent_version,
            kind=row.lesson,
            session_id=row.session_id,
            confirm_time=from_micros(row.confirm_time),
        )
        self._common(message, row)
        self._lesson(message, row)
        return message

    def agent_playbook(self, row: domain.AgentPlaybook) -> playbook_pb2.AgentPlaybook:
        message = playbook_pb2.AgentPlaybook(
            playbook_id=row.row_id,
            approval_status=_APPROVALS.index(row.approval),  # type: ignore[arg-type]
            conflict=row.conflict,
            member_ids=row.member_ids,
            supersedes=row.supersedes,
            reviewer=row.reviewer,
            review_comment=row.review_comment,
            fingerprint=row.fingerprint,
        )
        if row.member_ids:
            support = message.support
            support.member_count, support.distinct_users = row.member_count, row.distinct_users
            support.distinct_sessions, support.expert_count = row.distinct_sessions, row.expert_count
            support.winner_share = row.winner_share
            support.agent_versions.extend(row.agent_versions)
            for moment, name in ((row.first_time, "first_time"), (row.last_time, "last_time")):
                if moment is not None:
                    getattr(support, name).CopyFrom(from_micros(moment))
            for one in row.dissent:
                support.dissent.add(instruction=one.instruction, weight=one.weight, playbook_ids=one.playbook_ids)
        self._common(message, row)
        self._lesson(message, row)
        return message

    def _common(self, message: Any, row: domain.Row) -> None:
        message.confidence = row.confidence
        message.lifecycle = LIFECYCLES.index(self.lifecycle(row) or "current")
        message.superseded_by = row.superseded_by
        message.origin.CopyFrom(origin_to_pb(row.origin))
        message.tags.extend(row.tags)
        message.create_time.CopyFrom(from_micros(row.create_time))
        message.update_time.CopyFrom(from_micros(row.update_time))
        message.etag = row.etag
        if row.end_time is not None:
            message.end_time.CopyFrom(from_micros(row.end_time))
        if not isinstance(row, domain.AgentPlaybook):
            message.source = row.source
            message.source_interaction_ids.extend(row.interaction_ids)
            message.evidence.extend(evidence_to_pb(row.evidence))

    def _lesson(self, message: Any, row: domain.UserPlaybook | domain.AgentPlaybook) -> None:
        message.trigger, message.instruction, message.pitfall = row.trigger, row.instruction, row.pitfall
        message.rationale, message.content, message.agent_id = row.rationale, row.content, row.agent_id
        if row.blocking_kind:
            message.blocking_issue.kind = _BLOCKING.index(row.blocking_kind)
            message.blocking_issue.details = row.blocking_details

    def profile_change(self, change: domain.RowChange) -> profile_pb2.ProfileChange:
        message = profile_pb2.ProfileChange(
            change_id=change.change_id,
            profile_id=change.row_id,
            user_id=change.user_id,
            change_type=_CHANGES.index(change.change),  # type: ignore[arg-type]
            time=from_micros(change.time),
            cause=change.cause,
        )
        for row, name in ((change.before, "before"), (change.after, "after")):
            if isinstance(row, domain.Profile):
                getattr(message, name).CopyFrom(self.profile(row))
        return message

    def playbook_change(self, change: domain.RowChange) -> playbook_pb2.PlaybookChange:
        message = playbook_pb2.PlaybookChange(
            change_id=change.change_id,
            playbook_id=change.row_id,
            user_id=change.user_id,
            change_type=_CHANGES.index(change.change),  # type: ignore[arg-type]
            time=from_micros(change.time),
            cause=change.cause,
        )
        for row, name in ((change.before, "before"), (change.after, "after")):
            if isinstance(row, domain.UserPlaybook):
                getattr(message, f"user_playbook_{name}").CopyFrom(self.user_playbook(row))
            elif isinstance(row, domain.AgentPlaybook):
                getattr(message, f"agent_playbook_{name}").CopyFrom(self.agent_playbook(row))
        return message


# --- from messages


def written(
    message: Message,
    fields: Mapping[str, str],
    paths: Iterable[str],
    *,
    path: str,
    required: Sequence[str],
    named: Sequence[str] = (),
) -> dict[str, Any]:
    """Values of the row for the written fields; `named` are those that say whose or which row it is. Raises
    InvalidRequest with all violations, `evidence` left as ids.
    """
    violations = [
        Violation(f"{path}.{name}", "must not be blank") for name in named if not getattr(message, name).strip()
    ]
    values: dict[str, Any] = {}
    for name in paths:
        if name not in fields:
            violations.append(Violation("update_mask", f"{name} cannot be written"))
        elif name in required and not getattr(message, name).strip():
            violations.append(Violation(f"{path}.{name}", "must not be blank"))
        else:
            values |= _value(name, fields[name], getattr(message, name), f"{path}.{name}", violations)
    if violations:
        raise InvalidRequest(violations)
    for name, default in (("category", "factual"), ("subject", "user"), ("agent_id", "default")):
        if name in values and not values[name]:
            values[name] = default
    return values


def _value(name: str, column: str, given: Any, path: str, violations: list[Violation]) -> dict[str, Any]:
    if name == "category" and given and given not in CATEGORIES:
        violations.append(Violation(path, f"must be one of {', '.join(CATEGORIES)}"))
        return {}
    if name == "time_to_live":
        return {"ttl": _TTLS[given] or "one_year"}
    if name == "custom_features":
        return {name: to_plain(given, path, violations)}
    if name == "blocking_issue":
        return {"blocking_kind": _BLOCKING[given.kind], "blocking_details": given.details if given.kind else ""}
    return {column: tuple(dict.fromkeys(given)) if name in {"tags", "source_interaction_ids"} else given}


def mask_paths(message: Message, paths: Sequence[str], fields: Mapping[str, str]) -> list[str]:
    """Fields that an update changes: those of the mask, or those that are set. Raises InvalidRequest for none."""
    chosen = list(dict.fromkeys(paths)) or [one.name for one, _ in message.ListFields() if one.name in fields]
    if not chosen:
        raise InvalidRequest([Violation("update_mask", "names no field, and no field is set")])
    return chosen


def replaced(row: Any, values: Mapping[str, Any]) -> Any:
    return msgspec.structs.replace(row, **values)
