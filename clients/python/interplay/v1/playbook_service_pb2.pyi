import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import interaction_service_pb2 as _interaction_service_pb2
from interplay.v1 import learning_pb2 as _learning_pb2
from interplay.v1 import operation_pb2 as _operation_pb2
from interplay.v1 import playbook_pb2 as _playbook_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviewDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_DECISION_UNSPECIFIED: _ClassVar[ReviewDecision]
    REVIEW_DECISION_APPROVE: _ClassVar[ReviewDecision]
    REVIEW_DECISION_REJECT: _ClassVar[ReviewDecision]
    REVIEW_DECISION_EDIT: _ClassVar[ReviewDecision]
    REVIEW_DECISION_REOPEN: _ClassVar[ReviewDecision]
REVIEW_DECISION_UNSPECIFIED: ReviewDecision
REVIEW_DECISION_APPROVE: ReviewDecision
REVIEW_DECISION_REJECT: ReviewDecision
REVIEW_DECISION_EDIT: ReviewDecision
REVIEW_DECISION_REOPEN: ReviewDecision

class SearchUserPlaybooksRequest(_message.Message):
    __slots__ = ("query", "user_id", "top_k", "mode", "threshold", "agent_id", "agent_version", "tags", "lifecycles", "source", "arm", "as_of")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    query: str
    user_id: str
    top_k: int
    mode: _interaction_service_pb2.SearchMode
    threshold: float
    agent_id: str
    agent_version: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    lifecycles: _containers.RepeatedScalarFieldContainer[_learning_pb2.Lifecycle]
    source: str
    arm: _learning_pb2.Arm
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, query: _Optional[str] = ..., user_id: _Optional[str] = ..., top_k: _Optional[int] = ..., mode: _Optional[_Union[_interaction_service_pb2.SearchMode, str]] = ..., threshold: _Optional[float] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., lifecycles: _Optional[_Iterable[_Union[_learning_pb2.Lifecycle, str]]] = ..., source: _Optional[str] = ..., arm: _Optional[_Union[_learning_pb2.Arm, str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UserPlaybookHit(_message.Message):
    __slots__ = ("playbook", "score", "vector_similarity", "text_score", "vector_rank", "text_rank", "matched_terms", "terms")
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_RANK_FIELD_NUMBER: _ClassVar[int]
    TEXT_RANK_FIELD_NUMBER: _ClassVar[int]
    MATCHED_TERMS_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.UserPlaybook
    score: float
    vector_similarity: float
    text_score: float
    vector_rank: int
    text_rank: int
    matched_terms: _containers.RepeatedScalarFieldContainer[str]
    terms: _containers.RepeatedCompositeFieldContainer[_interaction_service_pb2.ScoreTerm]
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.UserPlaybook, _Mapping]] = ..., score: _Optional[float] = ..., vector_similarity: _Optional[float] = ..., text_score: _Optional[float] = ..., vector_rank: _Optional[int] = ..., text_rank: _Optional[int] = ..., matched_terms: _Optional[_Iterable[str]] = ..., terms: _Optional[_Iterable[_Union[_interaction_service_pb2.ScoreTerm, _Mapping]]] = ...) -> None: ...

class SearchUserPlaybooksResponse(_message.Message):
    __slots__ = ("hits", "degraded", "degraded_reason")
    HITS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_REASON_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[UserPlaybookHit]
    degraded: bool
    degraded_reason: str
    def __init__(self, hits: _Optional[_Iterable[_Union[UserPlaybookHit, _Mapping]]] = ..., degraded: _Optional[bool] = ..., degraded_reason: _Optional[str] = ...) -> None: ...

class GetUserPlaybookRequest(_message.Message):
    __slots__ = ("playbook_id",)
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    playbook_id: str
    def __init__(self, playbook_id: _Optional[str] = ...) -> None: ...

class GetUserPlaybookResponse(_message.Message):
    __slots__ = ("playbook",)
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.UserPlaybook
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.UserPlaybook, _Mapping]] = ...) -> None: ...

class ListUserPlaybooksRequest(_message.Message):
    __slots__ = ("user_id", "lifecycles", "agent_id", "agent_version", "tags", "page_size", "page_token", "as_of", "source", "arm", "kind")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLES_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    lifecycles: _containers.RepeatedScalarFieldContainer[_learning_pb2.Lifecycle]
    agent_id: str
    agent_version: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    page_token: str
    as_of: _timestamp_pb2.Timestamp
    source: str
    arm: _learning_pb2.Arm
    kind: str
    def __init__(self, user_id: _Optional[str] = ..., lifecycles: _Optional[_Iterable[_Union[_learning_pb2.Lifecycle, str]]] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ..., arm: _Optional[_Union[_learning_pb2.Arm, str]] = ..., kind: _Optional[str] = ...) -> None: ...

class ListUserPlaybooksResponse(_message.Message):
    __slots__ = ("playbooks", "next_page_token")
    PLAYBOOKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    playbooks: _containers.RepeatedCompositeFieldContainer[_playbook_pb2.UserPlaybook]
    next_page_token: str
    def __init__(self, playbooks: _Optional[_Iterable[_Union[_playbook_pb2.UserPlaybook, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateUserPlaybookRequest(_message.Message):
    __slots__ = ("playbook", "request_id")
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.UserPlaybook
    request_id: str
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.UserPlaybook, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateUserPlaybookResponse(_message.Message):
    __slots__ = ("playbook",)
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.UserPlaybook
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.UserPlaybook, _Mapping]] = ...) -> None: ...

class UpdateUserPlaybookRequest(_message.Message):
    __slots__ = ("playbook", "update_mask")
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.UserPlaybook
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.UserPlaybook, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateUserPlaybookResponse(_message.Message):
    __slots__ = ("playbook",)
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.UserPlaybook
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.UserPlaybook, _Mapping]] = ...) -> None: ...

class DeleteUserPlaybookRequest(_message.Message):
    __slots__ = ("playbook_id", "etag")
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    playbook_id: str
    etag: str
    def __init__(self, playbook_id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class DeleteUserPlaybookResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SearchAgentPlaybooksRequest(_message.Message):
    __slots__ = ("query", "include_rejected", "top_k", "mode", "threshold", "agent_id", "agent_version", "tags", "lifecycles", "approval_statuses", "as_of")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_REJECTED_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLES_FIELD_NUMBER: _ClassVar[int]
    APPROVAL_STATUSES_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    query: str
    include_rejected: bool
    top_k: int
    mode: _interaction_service_pb2.SearchMode
    threshold: float
    agent_id: str
    agent_version: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    lifecycles: _containers.RepeatedScalarFieldContainer[_learning_pb2.Lifecycle]
    approval_statuses: _containers.RepeatedScalarFieldContainer[_playbook_pb2.ApprovalStatus]
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, query: _Optional[str] = ..., include_rejected: _Optional[bool] = ..., top_k: _Optional[int] = ..., mode: _Optional[_Union[_interaction_service_pb2.SearchMode, str]] = ..., threshold: _Optional[float] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., lifecycles: _Optional[_Iterable[_Union[_learning_pb2.Lifecycle, str]]] = ..., approval_statuses: _Optional[_Iterable[_Union[_playbook_pb2.ApprovalStatus, str]]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AgentPlaybookHit(_message.Message):
    __slots__ = ("playbook", "score", "vector_similarity", "text_score", "vector_rank", "text_rank", "matched_terms", "terms")
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_RANK_FIELD_NUMBER: _ClassVar[int]
    TEXT_RANK_FIELD_NUMBER: _ClassVar[int]
    MATCHED_TERMS_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.AgentPlaybook
    score: float
    vector_similarity: float
    text_score: float
    vector_rank: int
    text_rank: int
    matched_terms: _containers.RepeatedScalarFieldContainer[str]
    terms: _containers.RepeatedCompositeFieldContainer[_interaction_service_pb2.ScoreTerm]
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ..., score: _Optional[float] = ..., vector_similarity: _Optional[float] = ..., text_score: _Optional[float] = ..., vector_rank: _Optional[int] = ..., text_rank: _Optional[int] = ..., matched_terms: _Optional[_Iterable[str]] = ..., terms: _Optional[_Iterable[_Union[_interaction_service_pb2.ScoreTerm, _Mapping]]] = ...) -> None: ...

class SearchAgentPlaybooksResponse(_message.Message):
    __slots__ = ("hits", "degraded", "degraded_reason")
    HITS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_REASON_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[AgentPlaybookHit]
    degraded: bool
    degraded_reason: str
    def __init__(self, hits: _Optional[_Iterable[_Union[AgentPlaybookHit, _Mapping]]] = ..., degraded: _Optional[bool] = ..., degraded_reason: _Optional[str] = ...) -> None: ...

class GetAgentPlaybookRequest(_message.Message):
    __slots__ = ("playbook_id",)
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    playbook_id: str
    def __init__(self, playbook_id: _Optional[str] = ...) -> None: ...

class GetAgentPlaybookResponse(_message.Message):
    __slots__ = ("playbook",)
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.AgentPlaybook
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ...) -> None: ...

class ListAgentPlaybooksRequest(_message.Message):
    __slots__ = ("approval_statuses", "lifecycles", "agent_id", "agent_version", "tags", "page_size", "page_token", "as_of", "conflict")
    APPROVAL_STATUSES_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLES_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_FIELD_NUMBER: _ClassVar[int]
    approval_statuses: _containers.RepeatedScalarFieldContainer[_playbook_pb2.ApprovalStatus]
    lifecycles: _containers.RepeatedScalarFieldContainer[_learning_pb2.Lifecycle]
    agent_id: str
    agent_version: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    page_size: int
    page_token: str
    as_of: _timestamp_pb2.Timestamp
    conflict: bool
    def __init__(self, approval_statuses: _Optional[_Iterable[_Union[_playbook_pb2.ApprovalStatus, str]]] = ..., lifecycles: _Optional[_Iterable[_Union[_learning_pb2.Lifecycle, str]]] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., conflict: _Optional[bool] = ...) -> None: ...

class ListAgentPlaybooksResponse(_message.Message):
    __slots__ = ("playbooks", "next_page_token")
    PLAYBOOKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    playbooks: _containers.RepeatedCompositeFieldContainer[_playbook_pb2.AgentPlaybook]
    next_page_token: str
    def __init__(self, playbooks: _Optional[_Iterable[_Union[_playbook_pb2.AgentPlaybook, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateAgentPlaybookRequest(_message.Message):
    __slots__ = ("playbook", "request_id")
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.AgentPlaybook
    request_id: str
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateAgentPlaybookResponse(_message.Message):
    __slots__ = ("playbook",)
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.AgentPlaybook
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ...) -> None: ...

class UpdateAgentPlaybookRequest(_message.Message):
    __slots__ = ("playbook", "update_mask")
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.AgentPlaybook
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateAgentPlaybookResponse(_message.Message):
    __slots__ = ("playbook",)
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.AgentPlaybook
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ...) -> None: ...

class DeleteAgentPlaybookRequest(_message.Message):
    __slots__ = ("playbook_id", "etag")
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    playbook_id: str
    etag: str
    def __init__(self, playbook_id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class DeleteAgentPlaybookResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReviewAgentPlaybookRequest(_message.Message):
    __slots__ = ("playbook_id", "decision", "reviewer", "comment", "edits", "etag")
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REVIEWER_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    playbook_id: str
    decision: ReviewDecision
    reviewer: str
    comment: str
    edits: _playbook_pb2.AgentPlaybook
    etag: str
    def __init__(self, playbook_id: _Optional[str] = ..., decision: _Optional[_Union[ReviewDecision, str]] = ..., reviewer: _Optional[str] = ..., comment: _Optional[str] = ..., edits: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class ReviewAgentPlaybookResponse(_message.Message):
    __slots__ = ("playbook",)
    PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    playbook: _playbook_pb2.AgentPlaybook
    def __init__(self, playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ...) -> None: ...

class AggregatePlaybooksRequest(_message.Message):
    __slots__ = ("agent_id", "full", "request_id")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    FULL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    full: bool
    request_id: str
    def __init__(self, agent_id: _Optional[str] = ..., full: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class AggregatePlaybooksResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class ListPlaybookChangesRequest(_message.Message):
    __slots__ = ("user_id", "playbook_id", "page_size", "page_token", "start_time", "end_time", "change_types")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TYPES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    playbook_id: str
    page_size: int
    page_token: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    change_types: _containers.RepeatedScalarFieldContainer[_learning_pb2.LearningChangeType]
    def __init__(self, user_id: _Optional[str] = ..., playbook_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., change_types: _Optional[_Iterable[_Union[_learning_pb2.LearningChangeType, str]]] = ...) -> None: ...

class ListPlaybookChangesResponse(_message.Message):
    __slots__ = ("changes", "next_page_token")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[_playbook_pb2.PlaybookChange]
    next_page_token: str
    def __init__(self, changes: _Optional[_Iterable[_Union[_playbook_pb2.PlaybookChange, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchPlaybooksRequest(_message.Message):
    __slots__ = ("resume_token", "user_id", "heartbeat_seconds", "from_beginning")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    FROM_BEGINNING_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    user_id: str
    heartbeat_seconds: int
    from_beginning: bool
    def __init__(self, resume_token: _Optional[str] = ..., user_id: _Optional[str] = ..., heartbeat_seconds: _Optional[int] = ..., from_beginning: _Optional[bool] = ...) -> None: ...

class WatchPlaybooksResponse(_message.Message):
    __slots__ = ("resume_token", "change")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    change: _playbook_pb2.PlaybookChange
    def __init__(self, resume_token: _Optional[str] = ..., change: _Optional[_Union[_playbook_pb2.PlaybookChange, _Mapping]] = ...) -> None: ...
