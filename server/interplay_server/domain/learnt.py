"""What is learnt, as it is stored: facts about users, lessons of one user and lessons of an agent, with their history.

Times are microseconds since 1970, UTC. A row is replaced as a whole; `revision` counts its changes.
"""

from typing import Any

import msgspec

from interplay_server.domain.interaction import DAY_US, DEFAULT_AGENT, PRODUCTION
from interplay_server.domain.window import TTLS

PROFILE, USER_PLAYBOOK, AGENT_PLAYBOOK = "profile", "user_playbook", "agent_playbook"
KINDS = (PROFILE, USER_PLAYBOOK, AGENT_PLAYBOOK)
PINNED = 0
"""Generation of rows made by hand: they belong to every generation."""
FIRST_GENERATION = 1
RULES, MODEL, MANUAL = "rules", "model", "manual"
PENDING, APPROVED, REJECTED = "pending", "approved", "rejected"
CREATED, CONFIRMED, UPDATED, SUPERSEDED, RESTORED, WITNESS_REMOVED, DELETED, REVIEWED, RECOMPUTED = (
    "created", "confirmed", "updated", "superseded", "restored", "witness_removed", "deleted", "reviewed", "recomputed",
)  # fmt: skip


class Evidence(msgspec.Struct, frozen=True, array_like=True):
    """A span of code points in a stored text field; `time` is when the interaction happened."""

    interaction_id: str
    field: str
    start: int
    end: int
    time: int
    publish_time: int


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """What made a row."""

    method: str = MANUAL
    provider: str = ""
    engine_version: str = ""
    extractor: str = ""
    config_revision: int = 0
    prompt_digest: str = ""
    window_id: str = ""
    arm: str = PRODUCTION
    generation: int = PINNED


class _Learnt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all kinds share."""

    row_id: str
    user_id: str
    create_time: int
    update_time: int
    origin: Origin
    revision: int = 1
    evidence: tuple[Evidence, ...] = ()
    windows: tuple[str, ...] = ()
    """Windows that made or confirmed it, oldest first."""
    confidence: float = 0.5
    source: str = ""
    tags: tuple[str, ...] = ()
    superseded_by: str = ""
    end_time: int | None = None
    """Since when another row holds its place."""
    valid_from: int = 0
    """Since when it could be known: the earliest publish time among its evidence, or its creation by hand."""

    @property
    def etag(self) -> str:
        return f"{self.row_id[-6:]}-{self.revision}"

    @property
    def interaction_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.interaction_id for one in self.evidence))


class Profile(_Learnt, frozen=True, omit_defaults=True, tag=PROFILE):
    content: str = ""
    category: str = "factual"
    subject: str = "user"
    attribute: str = ""
    value: str = ""
    single_valued: bool = False
    ttl: str = "one_year"
    custom_features: dict[str, Any] | None = None
    notes: str = ""
    confirm_time: int = 0

    kind = PROFILE

    @property
    def search_text(self) -> str:
        return self.content

    def confirmed_at(self, as_of: int) -> int:
        """When it was last said at or before `as_of`, as far as was published then."""
        said = [one.time for one in self.evidence if one.publish_time <= as_of]
        return max(said) if said else self.confirm_time

    def expire_time(self, as_of: int | None = None) -> int | None:
        """When it expires, seen from `as_of`; None is never."""
        days = TTLS[self.ttl]
        if days is None:
            return None
        return (self.confirm_time if as_of is None else self.confirmed_at(as_of)) + days * DAY_US


class _Playbook(_Learnt, frozen=True, omit_defaults=True):
    trigger: str = ""
    instruction: str = ""
    pitfall: str = ""
    rationale: str = ""
    blocking_kind: str = ""
    blocking_details: str = ""
    agent_id: str = DEFAULT_AGENT

    @property
    def content(self) -> str:
        """Rendered from the fields, so that the two cannot diverge."""
        said = f"When {self.trigger}: {self.instruction}" if self.trigger else self.instruction
        said = said if said.endswith((".", "!", "?")) else said + "."
        return f"{said} Avoid: {self.pitfall.rstrip('.')}." if self.pitfall else said

    @property
    def search_text(self) -> str:
        return f"{self.trigger}. {self.instruction}" if self.trigger else self.instruction


class UserPlaybook(_Playbook, frozen=True, omit_defaults=True, tag=USER_PLAYBOOK):
    agent_version: str = ""
    session_id: str = ""
    lesson: str = MANUAL
    """correction, redirection, success, expert, annotation or manual."""
    confirm_time: int = 0

    kind = USER_PLAYBOOK


class Dissent(msgspec.Struct, frozen=True):
    instruction: str
    weight: float
    playbook_ids: tuple[str, ...]


class AgentPlaybook(_Playbook, frozen=True, omit_defaults=True, tag=AGENT_PLAYBOOK):
    """`member_ids` are user playbooks; what aggregation writes is never a row that a person approved."""

    approval: str = PENDING
    conflict: bool = False
    member_ids: tuple[str, ...] = ()
    member_count: int = 0
    distinct_users: int = 0
    distinct_sessions: int = 0
    expert_count: int = 0
    first_time: int | None = None
    last_time: int | None = None
    weight: float = 0.0
    """Of all votes, capped by user."""
    winner_share: float = 0.0
    dissent: tuple[Dissent, ...] = ()
    agent_versions: tuple[str, ...] = ()
    fingerprint: str = ""
    supersedes: str = ""
    reviewer: str = ""
    review_comment: str = ""
    edited: bool = False
    """A person changed its text: aggregation leaves the text alone."""
    rejected_support: float = 0.0
    """`weight` when it was rejected; the cluster stays silent until it has doubled."""

    kind = AGENT_PLAYBOOK


Row = Profile | UserPlaybook | AgentPlaybook


class RowChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change. `before` and `after` are absent for a deleted row, whose history keeps ids only."""

    change_id: str
    kind: str
    row_id: str
    user_id: str
    change: str
    time: int
    cause: str = ""
    before: Row | None = None
    after: Row | None = None
    seq: int = 0
    """Place in the journal; filled in when it is committed."""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """An interaction that later windows may still hold as context, and how many windows held it."""

    seq: int
    windows: int


class CursorKey(msgspec.Struct, frozen=True, array_like=True):
    user_id: str
    extractor: str
    arm: str
    generation: int


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """`seq` is the last consumed journal sequence; `recent` is what the next window holds before it."""

    key: CursorKey
    seq: int = 0
    recent: tuple[Seen, ...] = ()


class WindowReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A window that was read: exactly which interactions, by what, with which result."""

    window_id: str
    user_id: str
    extractor: str
    arm: str
    generation: int
    interaction_ids: tuple[str, ...]
    first_seq: int
    last_seq: int
    time: int
    provider: str
    engine_version: str
    config_revision: int
    trigger: str
    """stride, flush, annotation, manual or rerun."""
    prompt_digest: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    dropped: dict[str, int] = {}
    ignored_images: int = 0
    row_ids: tuple[str, ...] = ()


class Learner(msgspec.Struct, frozen=True):
    """How far learning has come with a user. Sequences are of the journal."""

    user_id: str
    newest_seq: int
    newest_time: int
    flush_seq: int
    """Up to here nothing waits for a stride."""
    done_seq: int


class QueuedAnnotation(msgspec.Struct, frozen=True):
    seq: int
    interaction_id: str


class LearntFilter(msgspec.Struct, frozen=True):
    """All conditions must hold; an empty one does not filter."""

    user_id: str = ""
    agent_id: str = ""
    source: str = ""
    category: str = ""
    method: str = ""
    ttl: str = ""
    arm: str = ""
    lesson: str = ""
    approvals: tuple[str, ...] = ()
    conflict: bool | None = None
    generation: int | None = None
    user_ids: frozenset[str] = frozenset()

    def matches(self, row: Row) -> bool:
        return (
            (not self.user_id or row.user_id == self.user_id)
            and (not self.agent_id or getattr(row, "agent_id", "") == self.agent_id)
            and (not self.source or row.source == self.source)
            and (not self.category or getattr(row, "category", "") == self.category)
            and (not self.method or row.origin.method == self.method)
            and (not self.ttl or getattr(row, "ttl", "") == self.ttl)
            and (not self.arm or row.origin.arm == self.arm)
            and (not self.lesson or getattr(row, "lesson", "") == self.lesson)
            and (not self.approvals or getattr(row, "approval", "") in self.approvals)
            and (self.conflict is None or getattr(row, "conflict", False) == self.conflict)
            and (self.generation is None or row.origin.generation == self.generation)
            and (not self.user_ids or row.user_id in self.user_ids)
        )


class ChangeFilter(msgspec.Struct, frozen=True):
    kinds: tuple[str, ...] = ()
    user_id: str = ""
    row_id: str = ""
    changes: tuple[str, ...] = ()
    start_time: int | None = None
    end_time: int | None = None
    user_ids: frozenset[str] = frozenset()

    def matches(self, change: RowChange) -> bool:
        return (
            (not self.kinds or change.kind in self.kinds)
            and (not self.user_id or change.user_id == self.user_id)
            and (not self.row_id or change.row_id == self.row_id)
            and (not self.changes or change.change in self.changes)
            and (self.start_time is None or change.time >= self.start_time)
            and (self.end_time is None or change.time < self.end_time)
            and (not self.user_ids or change.user_id in self.user_ids)
        )
