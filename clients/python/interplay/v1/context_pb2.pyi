from buf.validate import validate_pb2 as _validate_pb2
from interplay.v1 import interaction_pb2 as _interaction_pb2
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

class AgentContext(_message.Message):
    __slots__ = ("offset", "interactions", "rendered")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    RENDERED_FIELD_NUMBER: _ClassVar[int]
    offset: int
    interactions: _containers.RepeatedCompositeFieldContainer[ContextInteraction]
    rendered: str
    def __init__(self, offset: _Optional[int] = ..., interactions: _Optional[_Iterable[_Union[ContextInteraction, _Mapping]]] = ..., rendered: _Optional[str] = ...) -> None: ...
