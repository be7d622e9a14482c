import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import learning_pb2 as _learning_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BlockingKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BLOCKING_KIND_UNSPECIFIED: _ClassVar[BlockingKind]
    BLOCKING_KIND_MISSING_TOOL: _ClassVar[BlockingKind]
    BLOCKING_KIND_PERMISSION_DENIED: _ClassVar[BlockingKind]
    BLOCKING_KIND_EXTERNAL_DEPENDENCY: _ClassVar[BlockingKind]
    BLOCKING_KIND_POLICY_RESTRICTION: _ClassVar[BlockingKind]

class ApprovalStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APPROVAL_STATUS_UNSPECIFIED: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_PENDING: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_APPROVED: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_REJECTED: _ClassVar[ApprovalStatus]
BLOCKING_KIND_UNSPECIFIED: BlockingKind
BLOCKING_KIND_MISSING_TOOL: BlockingKind
BLOCKING_KIND_PERMISSION_DENIED: BlockingKind
BLOCKING_KIND_EXTERNAL_DEPENDENCY: BlockingKind
BLOCKING_KIND_POLICY_RESTRICTION: BlockingKind
APPROVAL_STATUS_UNSPECIFIED: ApprovalStatus
APPROVAL_STATUS_PENDING: ApprovalStatus
APPROVAL_STATUS_APPROVED: ApprovalStatus
APPROVAL_STATUS_REJECTED: ApprovalStatus

class BlockingIssue(_message.Message):
    __slots__ = ("kind", "details")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    kind: BlockingKind
    details: str
    def __init__(self, kind: _Optional[_Union[BlockingKind, str]] = ..., details: _Optional[str] = ...) -> None: ...

class UserPlaybook(_message.Message):
    __slots__ = ("playbook_id", "user_id", "trigger", "instruction", "pitfall", "rationale", "blocking_issue", "content", "agent_id", "agent_version", "kind", "confidence", "lifecycle", "superseded_by", "source_interaction_ids", "evidence", "origin", "source", "session_id", "tags", "create_time", "update_time", "confirm_time", "end_time", "etag")
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    PITFALL_FIELD_NUMBER: _ClassVar[int]
    RATIONALE_FIELD_NUMBER: _ClassVar[int]
    BLOCKING_ISSUE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_BY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_INTERACTION_IDS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    playbook_id: str
    user_id: str
    trigger: str
    instruction: str
    pitfall: str
    rationale: str
    blocking_issue: BlockingIssue
    content: str
    agent_id: str
    agent_version: str
    kind: str
    confidence: float
    lifecycle: _learning_pb2.Lifecycle
    superseded_by: str
    source_interaction_ids: _containers.RepeatedScalarFieldContainer[str]
    evidence: _containers.RepeatedCompositeFieldContainer[_learning_pb2.Evidence]
    origin: _learning_pb2.LearningOrigin
    source: str
    session_id: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    confirm_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, playbook_id: _Optional[str] = ..., user_id: _Optional[str] = ..., trigger: _Optional[str] = ..., instruction: _Optional[str] = ..., pitfall: _Optional[str] = ..., rationale: _Optional[str] = ..., blocking_issue: _Optional[_Union[BlockingIssue, _Mapping]] = ..., content: _Optional[str] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., kind: _Optional[str] = ..., confidence: _Optional[float] = ..., lifecycle: _Optional[_Union[_learning_pb2.Lifecycle, str]] = ..., superseded_by: _Optional[str] = ..., source_interaction_ids: _Optional[_Iterable[str]] = ..., evidence: _Optional[_Iterable[_Union[_learning_pb2.Evidence, _Mapping]]] = ..., origin: _Optional[_Union[_learning_pb2.LearningOrigin, _Mapping]] = ..., source: _Optional[str] = ..., session_id: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., confirm_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class PlaybookDissent(_message.Message):
    __slots__ = ("instruction", "weight", "playbook_ids")
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    PLAYBOOK_IDS_FIELD_NUMBER: _ClassVar[int]
    instruction: str
    weight: float
    playbook_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, instruction: _Optional[str] = ..., weight: _Optional[float] = ..., playbook_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class PlaybookSupport(_message.Message):
    __slots__ = ("member_count", "distinct_users", "distinct_sessions", "expert_count", "first_time", "last_time", "winner_share", "dissent", "agent_versions")
    MEMBER_COUNT_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_USERS_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    EXPERT_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    WINNER_SHARE_FIELD_NUMBER: _ClassVar[int]
    DISSENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    member_count: int
    distinct_users: int
    distinct_sessions: int
    expert_count: int
    first_time: _timestamp_pb2.Timestamp
    last_time: _timestamp_pb2.Timestamp
    winner_share: float
    dissent: _containers.RepeatedCompositeFieldContainer[PlaybookDissent]
    agent_versions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, member_count: _Optional[int] = ..., distinct_users: _Optional[int] = ..., distinct_sessions: _Optional[int] = ..., expert_count: _Optional[int] = ..., first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., winner_share: _Optional[float] = ..., dissent: _Optional[_Iterable[_Union[PlaybookDissent, _Mapping]]] = ..., agent_versions: _Optional[_Iterable[str]] = ...) -> None: ...

class AgentPlaybook(_message.Message):
    __slots__ = ("playbook_id", "trigger", "instruction", "pitfall", "rationale", "blocking_issue", "content", "agent_id", "approval_status", "conflict", "support", "confidence", "member_ids", "supersedes", "lifecycle", "superseded_by", "origin", "tags", "create_time", "update_time", "reviewer", "review_comment", "fingerprint", "end_time", "etag")
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    PITFALL_FIELD_NUMBER: _ClassVar[int]
    RATIONALE_FIELD_NUMBER: _ClassVar[int]
    BLOCKING_ISSUE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MEMBER_IDS_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDES_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_BY_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    REVIEW_COMMENT_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    playbook_id: str
    trigger: str
    instruction: str
    pitfall: str
    rationale: str
    blocking_issue: BlockingIssue
    content: str
    agent_id: str
    approval_status: ApprovalStatus
    conflict: bool
    support: PlaybookSupport
    confidence: float
    member_ids: _containers.RepeatedScalarFieldContainer[str]
    supersedes: str
    lifecycle: _learning_pb2.Lifecycle
    superseded_by: str
    origin: _learning_pb2.LearningOrigin
    tags: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    reviewer: str
    review_comment: str
    fingerprint: str
    end_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, playbook_id: _Optional[str] = ..., trigger: _Optional[str] = ..., instruction: _Optional[str] = ..., pitfall: _Optional[str] = ..., rationale: _Optional[str] = ..., blocking_issue: _Optional[_Union[BlockingIssue, _Mapping]] = ..., content: _Optional[str] = ..., agent_id: _Optional[str] = ..., approval_status: _Optional[_Union[ApprovalStatus, str]] = ..., conflict: _Optional[bool] = ..., support: _Optional[_Union[PlaybookSupport, _Mapping]] = ..., confidence: _Optional[float] = ..., member_ids: _Optional[_Iterable[str]] = ..., supersedes: _Optional[str] = ..., lifecycle: _Optional[_Union[_learning_pb2.Lifecycle, str]] = ..., superseded_by: _Optional[str] = ..., origin: _Optional[_Union[_learning_pb2.LearningOrigin, _Mapping]] = ..., tags: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., reviewer: _Optional[str] = ..., review_comment: _Optional[str] = ..., fingerprint: _Optional[str] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class PlaybookChange(_message.Message):
    __slots__ = ("change_id", "playbook_id", "user_id", "change_type", "user_playbook_before", "agent_playbook_before", "user_playbook_after", "agent_playbook_after", "time", "cause")
    CHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    USER_PLAYBOOK_BEFORE_FIELD_NUMBER: _ClassVar[int]
    AGENT_PLAYBOOK_BEFORE_FIELD_NUMBER: _ClassVar[int]
    USER_PLAYBOOK_AFTER_FIELD_NUMBER: _ClassVar[int]
    AGENT_PLAYBOOK_AFTER_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    change_id: str
    playbook_id: str
    user_id: str
    change_type: _learning_pb2.LearningChangeType
    user_playbook_before: UserPlaybook
    agent_playbook_before: AgentPlaybook
    user_playbook_after: UserPlaybook
    agent_playbook_after: AgentPlaybook
    time: _timestamp_pb2.Timestamp
    cause: str
    def __init__(self, change_id: _Optional[str] = ..., playbook_id: _Optional[str] = ..., user_id: _Optional[str] = ..., change_type: _Optional[_Union[_learning_pb2.LearningChangeType, str]] = ..., user_playbook_before: _Optional[_Union[UserPlaybook, _Mapping]] = ..., agent_playbook_before: _Optional[_Union[AgentPlaybook, _Mapping]] = ..., user_playbook_after: _Optional[_Union[UserPlaybook, _Mapping]] = ..., agent_playbook_after: _Optional[_Union[AgentPlaybook, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cause: _Optional[str] = ...) -> None: ...
