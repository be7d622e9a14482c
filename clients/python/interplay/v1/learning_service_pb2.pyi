import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import interaction_pb2 as _interaction_pb2
from interplay.v1 import interaction_service_pb2 as _interaction_service_pb2
from interplay.v1 import learning_pb2 as _learning_pb2
from interplay.v1 import operation_pb2 as _operation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenerationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GENERATION_KIND_UNSPECIFIED: _ClassVar[GenerationKind]
    GENERATION_KIND_PROFILES: _ClassVar[GenerationKind]
    GENERATION_KIND_PLAYBOOKS: _ClassVar[GenerationKind]

class WindowPreset(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WINDOW_PRESET_UNSPECIFIED: _ClassVar[WindowPreset]
    WINDOW_PRESET_QUICK_CHAT: _ClassVar[WindowPreset]
    WINDOW_PRESET_STANDARD: _ClassVar[WindowPreset]
    WINDOW_PRESET_LONG_FORM: _ClassVar[WindowPreset]
    WINDOW_PRESET_HIGH_VOLUME: _ClassVar[WindowPreset]
GENERATION_KIND_UNSPECIFIED: GenerationKind
GENERATION_KIND_PROFILES: GenerationKind
GENERATION_KIND_PLAYBOOKS: GenerationKind
WINDOW_PRESET_UNSPECIFIED: WindowPreset
WINDOW_PRESET_QUICK_CHAT: WindowPreset
WINDOW_PRESET_STANDARD: WindowPreset
WINDOW_PRESET_LONG_FORM: WindowPreset
WINDOW_PRESET_HIGH_VOLUME: WindowPreset

class Extractor(_message.Message):
    __slots__ = ("name", "extraction_definition", "sources", "window_size", "stride", "manual_only", "disabled")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EXTRACTION_DEFINITION_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    WINDOW_SIZE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    MANUAL_ONLY_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    name: str
    extraction_definition: str
    sources: _containers.RepeatedScalarFieldContainer[str]
    window_size: int
    stride: int
    manual_only: bool
    disabled: bool
    def __init__(self, name: _Optional[str] = ..., extraction_definition: _Optional[str] = ..., sources: _Optional[_Iterable[str]] = ..., window_size: _Optional[int] = ..., stride: _Optional[int] = ..., manual_only: _Optional[bool] = ..., disabled: _Optional[bool] = ...) -> None: ...

class AggregationConfig(_message.Message):
    __slots__ = ("disabled", "min_cluster_size", "min_users", "trigger_count", "similarity")
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    MIN_CLUSTER_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_USERS_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_COUNT_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    disabled: bool
    min_cluster_size: int
    min_users: int
    trigger_count: int
    similarity: float
    def __init__(self, disabled: _Optional[bool] = ..., min_cluster_size: _Optional[int] = ..., min_users: _Optional[int] = ..., trigger_count: _Optional[int] = ..., similarity: _Optional[float] = ...) -> None: ...

class LearningConfig(_message.Message):
    __slots__ = ("disabled", "provider", "preset", "window_size", "stride", "wait_full_first_window", "profile_extractors", "playbook_extractors", "aggregation", "learn_from", "idle_seconds", "revision", "etag", "update_time")
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    WINDOW_SIZE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FULL_FIRST_WINDOW_FIELD_NUMBER: _ClassVar[int]
    PROFILE_EXTRACTORS_FIELD_NUMBER: _ClassVar[int]
    PLAYBOOK_EXTRACTORS_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    LEARN_FROM_FIELD_NUMBER: _ClassVar[int]
    IDLE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    disabled: bool
    provider: str
    preset: WindowPreset
    window_size: int
    stride: int
    wait_full_first_window: bool
    profile_extractors: _containers.RepeatedCompositeFieldContainer[Extractor]
    playbook_extractors: _containers.RepeatedCompositeFieldContainer[Extractor]
    aggregation: AggregationConfig
    learn_from: _interaction_pb2.LearnFrom
    idle_seconds: int
    revision: int
    etag: str
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, disabled: _Optional[bool] = ..., provider: _Optional[str] = ..., preset: _Optional[_Union[WindowPreset, str]] = ..., window_size: _Optional[int] = ..., stride: _Optional[int] = ..., wait_full_first_window: _Optional[bool] = ..., profile_extractors: _Optional[_Iterable[_Union[Extractor, _Mapping]]] = ..., playbook_extractors: _Optional[_Iterable[_Union[Extractor, _Mapping]]] = ..., aggregation: _Optional[_Union[AggregationConfig, _Mapping]] = ..., learn_from: _Optional[_Union[_interaction_pb2.LearnFrom, str]] = ..., idle_seconds: _Optional[int] = ..., revision: _Optional[int] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetLearningConfigRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLearningConfigResponse(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: LearningConfig
    def __init__(self, config: _Optional[_Union[LearningConfig, _Mapping]] = ...) -> None: ...

class UpdateLearningConfigRequest(_message.Message):
    __slots__ = ("config", "validate_only")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    config: LearningConfig
    validate_only: bool
    def __init__(self, config: _Optional[_Union[LearningConfig, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class UpdateLearningConfigResponse(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: LearningConfig
    def __init__(self, config: _Optional[_Union[LearningConfig, _Mapping]] = ...) -> None: ...

class GenerateProfilesRequest(_message.Message):
    __slots__ = ("user_id", "extractor")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    extractor: str
    def __init__(self, user_id: _Optional[str] = ..., extractor: _Optional[str] = ...) -> None: ...

class GenerateProfilesResponse(_message.Message):
    __slots__ = ("window_count", "created_count", "confirmed_count", "superseded_count", "profile_ids")
    WINDOW_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROFILE_IDS_FIELD_NUMBER: _ClassVar[int]
    window_count: int
    created_count: int
    confirmed_count: int
    superseded_count: int
    profile_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, window_count: _Optional[int] = ..., created_count: _Optional[int] = ..., confirmed_count: _Optional[int] = ..., superseded_count: _Optional[int] = ..., profile_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GeneratePlaybooksRequest(_message.Message):
    __slots__ = ("user_id", "extractor")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    extractor: str
    def __init__(self, user_id: _Optional[str] = ..., extractor: _Optional[str] = ...) -> None: ...

class GeneratePlaybooksResponse(_message.Message):
    __slots__ = ("window_count", "created_count", "confirmed_count", "superseded_count", "playbook_ids")
    WINDOW_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    PLAYBOOK_IDS_FIELD_NUMBER: _ClassVar[int]
    window_count: int
    created_count: int
    confirmed_count: int
    superseded_count: int
    playbook_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, window_count: _Optional[int] = ..., created_count: _Optional[int] = ..., confirmed_count: _Optional[int] = ..., superseded_count: _Optional[int] = ..., playbook_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RerunLearningRequest(_message.Message):
    __slots__ = ("kind", "user_ids", "source", "start_time", "end_time", "extractor", "request_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    kind: GenerationKind
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    source: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    extractor: str
    request_id: str
    def __init__(self, kind: _Optional[_Union[GenerationKind, str]] = ..., user_ids: _Optional[_Iterable[str]] = ..., source: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., extractor: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RerunLearningResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class Generation(_message.Message):
    __slots__ = ("generation", "kind", "create_time", "complete", "user_count", "operation_id")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    USER_COUNT_FIELD_NUMBER: _ClassVar[int]
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    generation: int
    kind: GenerationKind
    create_time: _timestamp_pb2.Timestamp
    complete: bool
    user_count: int
    operation_id: str
    def __init__(self, generation: _Optional[int] = ..., kind: _Optional[_Union[GenerationKind, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., complete: _Optional[bool] = ..., user_count: _Optional[int] = ..., operation_id: _Optional[str] = ...) -> None: ...

class GenerationPointers(_message.Message):
    __slots__ = ("kind", "active", "previous", "pending")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    kind: GenerationKind
    active: Generation
    previous: Generation
    pending: Generation
    def __init__(self, kind: _Optional[_Union[GenerationKind, str]] = ..., active: _Optional[_Union[Generation, _Mapping]] = ..., previous: _Optional[_Union[Generation, _Mapping]] = ..., pending: _Optional[_Union[Generation, _Mapping]] = ...) -> None: ...

class PromoteGenerationRequest(_message.Message):
    __slots__ = ("kind",)
    KIND_FIELD_NUMBER: _ClassVar[int]
    kind: GenerationKind
    def __init__(self, kind: _Optional[_Union[GenerationKind, str]] = ...) -> None: ...

class PromoteGenerationResponse(_message.Message):
    __slots__ = ("pointers",)
    POINTERS_FIELD_NUMBER: _ClassVar[int]
    pointers: _containers.RepeatedCompositeFieldContainer[GenerationPointers]
    def __init__(self, pointers: _Optional[_Iterable[_Union[GenerationPointers, _Mapping]]] = ...) -> None: ...

class RollbackGenerationRequest(_message.Message):
    __slots__ = ("kind",)
    KIND_FIELD_NUMBER: _ClassVar[int]
    kind: GenerationKind
    def __init__(self, kind: _Optional[_Union[GenerationKind, str]] = ...) -> None: ...

class RollbackGenerationResponse(_message.Message):
    __slots__ = ("pointers",)
    POINTERS_FIELD_NUMBER: _ClassVar[int]
    pointers: _containers.RepeatedCompositeFieldContainer[GenerationPointers]
    def __init__(self, pointers: _Optional[_Iterable[_Union[GenerationPointers, _Mapping]]] = ...) -> None: ...

class GetLearningStatusRequest(_message.Message):
    __slots__ = ("request_id", "user_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    user_id: str
    def __init__(self, request_id: _Optional[str] = ..., user_id: _Optional[str] = ...) -> None: ...

class LearningStall(_message.Message):
    __slots__ = ("reason", "message", "since", "next_attempt", "attempts", "user_id")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    since: _timestamp_pb2.Timestamp
    next_attempt: _timestamp_pb2.Timestamp
    attempts: int
    user_id: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_attempt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempts: _Optional[int] = ..., user_id: _Optional[str] = ...) -> None: ...

class GetLearningStatusResponse(_message.Message):
    __slots__ = ("state", "pending_interactions", "pending_users", "stall", "pointers", "provider", "window_ids")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PENDING_INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    PENDING_USERS_FIELD_NUMBER: _ClassVar[int]
    STALL_FIELD_NUMBER: _ClassVar[int]
    POINTERS_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    WINDOW_IDS_FIELD_NUMBER: _ClassVar[int]
    state: _interaction_service_pb2.LearningState
    pending_interactions: int
    pending_users: int
    stall: LearningStall
    pointers: _containers.RepeatedCompositeFieldContainer[GenerationPointers]
    provider: str
    window_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, state: _Optional[_Union[_interaction_service_pb2.LearningState, str]] = ..., pending_interactions: _Optional[int] = ..., pending_users: _Optional[int] = ..., stall: _Optional[_Union[LearningStall, _Mapping]] = ..., pointers: _Optional[_Iterable[_Union[GenerationPointers, _Mapping]]] = ..., provider: _Optional[str] = ..., window_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetLearningProvenanceRequest(_message.Message):
    __slots__ = ("profile_id", "user_playbook_id", "agent_playbook_id")
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_PLAYBOOK_ID_FIELD_NUMBER: _ClassVar[int]
    profile_id: str
    user_playbook_id: str
    agent_playbook_id: str
    def __init__(self, profile_id: _Optional[str] = ..., user_playbook_id: _Optional[str] = ..., agent_playbook_id: _Optional[str] = ...) -> None: ...

class LearningWindow(_message.Message):
    __slots__ = ("window_id", "user_id", "extractor", "arm", "interaction_ids", "time", "provider", "engine_version", "config_revision", "prompt_digest", "trigger", "generation", "input_tokens", "output_tokens", "dropped", "ignored_images")
    class DroppedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    WINDOW_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EXTRACTOR_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_IDS_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    CONFIG_REVISION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_DIGEST_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    IGNORED_IMAGES_FIELD_NUMBER: _ClassVar[int]
    window_id: str
    user_id: str
    extractor: str
    arm: _learning_pb2.Arm
    interaction_ids: _containers.RepeatedScalarFieldContainer[str]
    time: _timestamp_pb2.Timestamp
    provider: str
    engine_version: str
    config_revision: int
    prompt_digest: str
    trigger: str
    generation: int
    input_tokens: int
    output_tokens: int
    dropped: _containers.ScalarMap[str, int]
    ignored_images: int
    def __init__(self, window_id: _Optional[str] = ..., user_id: _Optional[str] = ..., extractor: _Optional[str] = ..., arm: _Optional[_Union[_learning_pb2.Arm, str]] = ..., interaction_ids: _Optional[_Iterable[str]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provider: _Optional[str] = ..., engine_version: _Optional[str] = ..., config_revision: _Optional[int] = ..., prompt_digest: _Optional[str] = ..., trigger: _Optional[str] = ..., generation: _Optional[int] = ..., input_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., dropped: _Optional[_Mapping[str, int]] = ..., ignored_images: _Optional[int] = ...) -> None: ...

class GetLearningProvenanceResponse(_message.Message):
    __slots__ = ("windows", "evidence", "origin", "member_ids")
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    MEMBER_IDS_FIELD_NUMBER: _ClassVar[int]
    windows: _containers.RepeatedCompositeFieldContainer[LearningWindow]
    evidence: _containers.RepeatedCompositeFieldContainer[_learning_pb2.Evidence]
    origin: _learning_pb2.LearningOrigin
    member_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, windows: _Optional[_Iterable[_Union[LearningWindow, _Mapping]]] = ..., evidence: _Optional[_Iterable[_Union[_learning_pb2.Evidence, _Mapping]]] = ..., origin: _Optional[_Union[_learning_pb2.LearningOrigin, _Mapping]] = ..., member_ids: _Optional[_Iterable[str]] = ...) -> None: ...
