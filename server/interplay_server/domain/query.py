"""Typed filters of reads. A filter is data: storage turns it into an expression, the in-memory tail calls `matches`."""

import msgspec

from interplay_server.domain.interaction import Interaction


class InteractionFilter(msgspec.Struct, frozen=True):
    """All conditions must hold; an empty one does not filter. Times are microseconds."""

    user_id: str = ""
    user_ids: frozenset[str] = frozenset()
    """Any of these, beside `user_id`."""
    session_id: str = ""
    request_id: str = ""
    source: str = ""
    agent_id: str = ""
    agent_version: str = ""
    role: str = ""
    """Compared without case."""
    role_class: str = ""
    user_action: str = ""
    external_id: str = ""
    start_time: int | None = None
    """Least event time, inclusive."""
    end_time: int | None = None
    """Least event time that is too late."""
    as_of: int | None = None
    """Latest publish time, inclusive."""
    before_seq: int | None = None
    """Least journal sequence that is too late."""
    shadowed: bool = False
    """Only those with a shadow reply."""
    with_expert: bool = False
    """Only those with an expert reply of their own, not of an annotation."""

    @property
    def empty(self) -> bool:
        return self == _EVERYTHING

    def matches(self, row: Interaction) -> bool:
        header, data = row.header, row.data
        return (
            (not self.user_id or header.user_id == self.user_id)
            and (not self.user_ids or header.user_id in self.user_ids)
            and (not self.session_id or header.session_id == self.session_id)
            and (not self.request_id or header.request_id == self.request_id)
            and (not self.source or header.source == self.source)
            and (not self.agent_id or header.agent_id == self.agent_id)
            and (not self.agent_version or header.agent_version == self.agent_version)
            and (not self.role or data.role.lower() == self.role.lower())
            and (not self.role_class or data.role_class == self.role_class)
            and (not self.user_action or data.user_action == self.user_action)
            and (not self.external_id or data.external_id == self.external_id)
            and (self.start_time is None or row.event_time >= self.start_time)
            and (self.end_time is None or row.event_time < self.end_time)
            and (self.as_of is None or row.publish_time <= self.as_of)
            and (self.before_seq is None or row.seq < self.before_seq)
            and (not self.shadowed or bool(data.shadow_content))
            and (not self.with_expert or bool(data.expert_content))
        )


_EVERYTHING = InteractionFilter()


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: (event_time, seq) of its last interaction."""

    event_time: int
    seq: int


class SessionPosition(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of sessions ended."""

    last_time: int
    user_id: str
    session_id: str
