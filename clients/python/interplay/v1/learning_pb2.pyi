import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Lifecycle(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIFECYCLE_UNSPECIFIED: _ClassVar[Lifecycle]
    LIFECYCLE_CURRENT: _ClassVar[Lifecycle]
    LIFECYCLE_PENDING: _ClassVar[Lifecycle]
    LIFECYCLE_SUPERSEDED: _ClassVar[Lifecycle]
    LIFECYCLE_ARCHIVED: _ClassVar[Lifecycle]
    LIFECYCLE_EXPIRED: _ClassVar[Lifecycle]

class LearningMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEARNING_METHOD_UNSPECIFIED: _ClassVar[LearningMethod]
    LEARNING_METHOD_RULES: _ClassVar[LearningMethod]
    LEARNING_METHOD_MODEL: _ClassVar[LearningMethod]
    LEARNING_METHOD_MANUAL: _ClassVar[LearningMethod]

class Arm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ARM_UNSPECIFIED: _ClassVar[Arm]
    ARM_PRODUCTION: _ClassVar[Arm]
    ARM_SHADOW: _ClassVar[Arm]

class TimeToLive(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIME_TO_LIVE_UNSPECIFIED: _ClassVar[TimeToLive]
    TIME_TO_LIVE_ONE_DAY: _ClassVar[TimeToLive]
    TIME_TO_LIVE_ONE_WEEK: _ClassVar[TimeToLive]
    TIME_TO_LIVE_ONE_MONTH: _ClassVar[TimeToLive]
    TIME_TO_LIVE_ONE_QUARTER: _ClassVar[TimeToLive]
    TIME_TO_LIVE_ONE_YEAR: _ClassVar[TimeToLive]
    TIME_TO_LIVE_INFINITY: _ClassVar[TimeToLive]

class LearningChangeType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEARNING_CHANGE_TYPE_UNSPECIFIED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_CREATED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_CONFIRMED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_UPDATED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_SUPERSEDED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_RESTORED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_WITNESS_REMOVED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_DELETED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_REVIEWED: _ClassVar[LearningChangeType]
    LEARNING_CHANGE_TYPE_RECOMPUTED: _ClassVar[LearningChangeType]
LIFECYCLE_UNSPECIFIED: Lifecycle
LIFECYCLE_CURRENT: Lifecycle
LIFECYCLE_PENDING: Lifecycle
LIFECYCLE_SUPERSEDED: Lifecycle
LIFECYCLE_ARCHIVED: Lifecycle
LIFECYCLE_EXPIRED: Lifecycle
LEARNING_METHOD_UNSPECIFIED: LearningMethod
LEARNING_METHOD_RULES: LearningMethod
LEARNING_METHOD_MODEL: LearningMethod
LEARNING_METHOD_MANUAL: LearningMethod
ARM_UNSPECIFIED: Arm
ARM_PRODUCTION: Arm
ARM_SHADOW: Arm
TIME_TO_LIVE_UNSPECIFIED: TimeToLive
TIME_TO_LIVE_ONE_DAY: TimeToLive
TIME_TO_LIVE_ONE_WEEK: TimeToLive
TIME_TO_LIVE_ONE_MONTH: TimeToLive
TIME_TO_LIVE_ONE_QUARTER: TimeToLive
TIME_TO_LIVE_ONE_YEAR: TimeToLive
TIME_TO_LIVE_INFINITY: TimeToLive
LEARNING_CHANGE_TYPE_UNSPECIFIED: LearningChangeType
LEARNING_CHANGE_TYPE_CREATED: LearningChangeType
LEARNING_CHANGE_TYPE_CONFIRMED: LearningChangeType
LEARNING_CHANGE_TYPE_UPDATED: LearningChangeType
LEARNING_CHANGE_TYPE_SUPERSEDED: LearningChangeType
LEARNING_CHANGE_TYPE_RESTORED: LearningChangeType
LEARNING_CHANGE_TYPE_WITNESS_REMOVED: LearningChangeType
LEARNING_CHANGE_TYPE_DELETED: LearningChangeType
LEARNING_CHANGE_TYPE_REVIEWED: LearningChangeType
LEARNING_CHANGE_TYPE_RECOMPUTED: LearningChangeType

class Evidence(_message.Message):
    __slots__ = ("interaction_id", "field", "start", "end", "time")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    field: str
    start: int
    end: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, interaction_id: _Optional[str] = ..., field: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LearningOrigin(_message.Message):
    __slots__ = ("method", "provider", "engine_version", "extractor", "config_revision", "prompt_digest", "window_id", "arm", "generation")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    CONFIG_REVISION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    WINDOW_ID_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    method: LearningMethod
    provider: str
    engine_version: str
    extractor: str
    config_revision: int
    prompt_digest: str
    window_id: str
    arm: Arm
    generation: int
    def __init__(self, method: _Optional[_Union[LearningMethod, str]] = ..., provider: _Optional[str] = ..., engine_version: _Optional[str] = ..., extractor: _Optional[str] = ..., config_revision: _Optional[int] = ..., prompt_digest: _Optional[str] = ..., window_id: _Optional[str] = ..., arm: _Optional[_Union[Arm, str]] = ..., generation: _Optional[int] = ...) -> None: ...
