import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import context_pb2 as _context_pb2
from interplay.v1 import interaction_service_pb2 as _interaction_service_pb2
from interplay.v1 import learning_pb2 as _learning_pb2
from interplay.v1 import playbook_service_pb2 as _playbook_service_pb2
from interplay.v1 import profile_service_pb2 as _profile_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContextTurn(_message.Message):
    __slots__ = ("role", "content")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    role: str
    content: str
    def __init__(self, role: _Optional[str] = ..., content: _Optional[str] = ...) -> None: ...

class GetContextRequest(_message.Message):
    __slots__ = ("user_id", "query", "turns", "agent_id", "agent_version", "session_id", "top_k", "token_budget", "as_of", "consistency", "arm", "experiment_id")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    TURNS_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    TOKEN_BUDGET_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENT_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    query: str
    turns: _containers.RepeatedCompositeFieldContainer[ContextTurn]
    agent_id: str
    agent_version: str
    session_id: str
    top_k: int
    token_budget: int
    as_of: _timestamp_pb2.Timestamp
    consistency: _interaction_service_pb2.Consistency
    arm: _learning_pb2.Arm
    experiment_id: str
    def __init__(self, user_id: _Optional[str] = ..., query: _Optional[str] = ..., turns: _Optional[_Iterable[_Union[ContextTurn, _Mapping]]] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., session_id: _Optional[str] = ..., top_k: _Optional[int] = ..., token_budget: _Optional[int] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., consistency: _Optional[_Union[_interaction_service_pb2.Consistency, str]] = ..., arm: _Optional[_Union[_learning_pb2.Arm, str]] = ..., experiment_id: _Optional[str] = ...) -> None: ...

class GetContextResponse(_message.Message):
    __slots__ = ("profiles", "playbooks", "interactions", "rendered", "citations", "rendered_tokens", "degraded", "degraded_reason", "arm", "withheld")
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    PLAYBOOKS_FIELD_NUMBER: _ClassVar[int]
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    RENDERED_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    RENDERED_TOKENS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_REASON_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    WITHHELD_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[_context_pb2.ContextProfile]
    playbooks: _containers.RepeatedCompositeFieldContainer[_context_pb2.ContextPlaybook]
    interactions: _containers.RepeatedCompositeFieldContainer[_context_pb2.ContextInteraction]
    rendered: str
    citations: _containers.RepeatedCompositeFieldContainer[_context_pb2.ContextCitation]
    rendered_tokens: int
    degraded: bool
    degraded_reason: str
    arm: str
    withheld: bool
    def __init__(self, profiles: _Optional[_Iterable[_Union[_context_pb2.ContextProfile, _Mapping]]] = ..., playbooks: _Optional[_Iterable[_Union[_context_pb2.ContextPlaybook, _Mapping]]] = ..., interactions: _Optional[_Iterable[_Union[_context_pb2.ContextInteraction, _Mapping]]] = ..., rendered: _Optional[str] = ..., citations: _Optional[_Iterable[_Union[_context_pb2.ContextCitation, _Mapping]]] = ..., rendered_tokens: _Optional[int] = ..., degraded: _Optional[bool] = ..., degraded_reason: _Optional[str] = ..., arm: _Optional[str] = ..., withheld: _Optional[bool] = ...) -> None: ...

class SearchAllRequest(_message.Message):
    __slots__ = ("query", "user_id", "top_k", "mode", "threshold", "source", "agent_id", "agent_version", "as_of", "arm")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    query: str
    user_id: str
    top_k: int
    mode: _interaction_service_pb2.SearchMode
    threshold: float
    source: str
    agent_id: str
    agent_version: str
    as_of: _timestamp_pb2.Timestamp
    arm: _learning_pb2.Arm
    def __init__(self, query: _Optional[str] = ..., user_id: _Optional[str] = ..., top_k: _Optional[int] = ..., mode: _Optional[_Union[_interaction_service_pb2.SearchMode, str]] = ..., threshold: _Optional[float] = ..., source: _Optional[str] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., arm: _Optional[_Union[_learning_pb2.Arm, str]] = ...) -> None: ...

class SearchAllResponse(_message.Message):
    __slots__ = ("profiles", "user_playbooks", "agent_playbooks", "interactions", "degraded", "degraded_reason")
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    USER_PLAYBOOKS_FIELD_NUMBER: _ClassVar[int]
    AGENT_PLAYBOOKS_FIELD_NUMBER: _ClassVar[int]
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_REASON_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[_profile_service_pb2.ProfileHit]
    user_playbooks: _containers.RepeatedCompositeFieldContainer[_playbook_service_pb2.UserPlaybookHit]
    agent_playbooks: _containers.RepeatedCompositeFieldContainer[_playbook_service_pb2.AgentPlaybookHit]
    interactions: _containers.RepeatedCompositeFieldContainer[_interaction_service_pb2.InteractionHit]
    degraded: bool
    degraded_reason: str
    def __init__(self, profiles: _Optional[_Iterable[_Union[_profile_service_pb2.ProfileHit, _Mapping]]] = ..., user_playbooks: _Optional[_Iterable[_Union[_playbook_service_pb2.UserPlaybookHit, _Mapping]]] = ..., agent_playbooks: _Optional[_Iterable[_Union[_playbook_service_pb2.AgentPlaybookHit, _Mapping]]] = ..., interactions: _Optional[_Iterable[_Union[_interaction_service_pb2.InteractionHit, _Mapping]]] = ..., degraded: _Optional[bool] = ..., degraded_reason: _Optional[str] = ...) -> None: ...
