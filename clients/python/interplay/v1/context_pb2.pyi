from buf.validate import validate_pb2 as _validate_pb2
from interplay.v1 import interaction_pb2 as _interaction_pb2
from interplay.v1 import playbook_pb2 as _playbook_pb2
from interplay.v1 import profile_pb2 as _profile_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContextRequest(_message.Message):
    __slots__ = ("top_k", "token_budget")
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    TOKEN_BUDGET_FIELD_NUMBER: _ClassVar[int]
    top_k: int
    token_budget: int
    def __init__(self, top_k: _Optional[int] = ..., token_budget: _Optional[int] = ...) -> None: ...

class ContextInteraction(_message.Message):
    __slots__ = ("interaction", "score")
    INTERACTION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    interaction: _interaction_pb2.Interaction
    score: float
    def __init__(self, interaction: _Optional[_Union[_interaction_pb2.Interaction, _Mapping]] = ..., score: _Optional[float] = ...) -> None: ...

class ContextProfile(_message.Message):
    __slots__ = ("profile", "score")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    profile: _profile_pb2.Profile
    score: float
    def __init__(self, profile: _Optional[_Union[_profile_pb2.Profile, _Mapping]] = ..., score: _Optional[float] = ...) -> None: ...

class ContextPlaybook(_message.Message):
    __slots__ = ("user_playbook", "agent_playbook", "score")
    USER_PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    AGENT_PLAYBOOK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    user_playbook: _playbook_pb2.UserPlaybook
    agent_playbook: _playbook_pb2.AgentPlaybook
    score: float
    def __init__(self, user_playbook: _Optional[_Union[_playbook_pb2.UserPlaybook, _Mapping]] = ..., agent_playbook: _Optional[_Union[_playbook_pb2.AgentPlaybook, _Mapping]] = ..., score: _Optional[float] = ...) -> None: ...

class ContextCitation(_message.Message):
    __slots__ = ("tag", "kind", "id")
    TAG_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    tag: str
    kind: _interaction_pb2.LearningKind
    id: str
    def __init__(self, tag: _Optional[str] = ..., kind: _Optional[_Union[_interaction_pb2.LearningKind, str]] = ..., id: _Optional[str] = ...) -> None: ...

class AgentContext(_message.Message):
    __slots__ = ("offset", "interactions", "rendered", "profiles", "playbooks", "citations")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    RENDERED_FIELD_NUMBER: _ClassVar[int]
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    PLAYBOOKS_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    offset: int
    interactions: _containers.RepeatedCompositeFieldContainer[ContextInteraction]
    rendered: str
    profiles: _containers.RepeatedCompositeFieldContainer[ContextProfile]
    playbooks: _containers.RepeatedCompositeFieldContainer[ContextPlaybook]
    citations: _containers.RepeatedCompositeFieldContainer[ContextCitation]
    def __init__(self, offset: _Optional[int] = ..., interactions: _Optional[_Iterable[_Union[ContextInteraction, _Mapping]]] = ..., rendered: _Optional[str] = ..., profiles: _Optional[_Iterable[_Union[ContextProfile, _Mapping]]] = ..., playbooks: _Optional[_Iterable[_Union[ContextPlaybook, _Mapping]]] = ..., citations: _Optional[_Iterable[_Union[ContextCitation, _Mapping]]] = ...) -> None: ...
