import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import interaction_service_pb2 as _interaction_service_pb2
from interplay.v1 import learning_pb2 as _learning_pb2
from interplay.v1 import profile_pb2 as _profile_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SearchProfilesRequest(_message.Message):
    __slots__ = ("query", "user_id", "top_k", "mode", "threshold", "source", "tags", "lifecycles", "arm", "as_of", "category")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLES_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    query: str
    user_id: str
    top_k: int
    mode: _interaction_service_pb2.SearchMode
    threshold: float
    source: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    lifecycles: _containers.RepeatedScalarFieldContainer[_learning_pb2.Lifecycle]
    arm: _learning_pb2.Arm
    as_of: _timestamp_pb2.Timestamp
    category: str
    def __init__(self, query: _Optional[str] = ..., user_id: _Optional[str] = ..., top_k: _Optional[int] = ..., mode: _Optional[_Union[_interaction_service_pb2.SearchMode, str]] = ..., threshold: _Optional[float] = ..., source: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., lifecycles: _Optional[_Iterable[_Union[_learning_pb2.Lifecycle, str]]] = ..., arm: _Optional[_Union[_learning_pb2.Arm, str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., category: _Optional[str] = ...) -> None: ...

class ProfileHit(_message.Message):
    __slots__ = ("profile", "score", "vector_similarity", "text_score", "vector_rank", "text_rank", "matched_terms", "terms")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_RANK_FIELD_NUMBER: _ClassVar[int]
    TEXT_RANK_FIELD_NUMBER: _ClassVar[int]
    MATCHED_TERMS_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    profile: _profile_pb2.Profile
    score: float
    vector_similarity: float
    text_score: float
    vector_rank: int
    text_rank: int
    matched_terms: _containers.RepeatedScalarFieldContainer[str]
    terms: _containers.RepeatedCompositeFieldContainer[_interaction_service_pb2.ScoreTerm]
    def __init__(self, profile: _Optional[_Union[_profile_pb2.Profile, _Mapping]] = ..., score: _Optional[float] = ..., vector_similarity: _Optional[float] = ..., text_score: _Optional[float] = ..., vector_rank: _Optional[int] = ..., text_rank: _Optional[int] = ..., matched_terms: _Optional[_Iterable[str]] = ..., terms: _Optional[_Iterable[_Union[_interaction_service_pb2.ScoreTerm, _Mapping]]] = ...) -> None: ...

class SearchProfilesResponse(_message.Message):
    __slots__ = ("hits", "degraded", "degraded_reason")
    HITS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_REASON_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[ProfileHit]
    degraded: bool
    degraded_reason: str
    def __init__(self, hits: _Optional[_Iterable[_Union[ProfileHit, _Mapping]]] = ..., degraded: _Optional[bool] = ..., degraded_reason: _Optional[str] = ...) -> None: ...

class GetProfileRequest(_message.Message):
    __slots__ = ("profile_id",)
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    profile_id: str
    def __init__(self, profile_id: _Optional[str] = ...) -> None: ...

class GetProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: _profile_pb2.Profile
    def __init__(self, profile: _Optional[_Union[_profile_pb2.Profile, _Mapping]] = ...) -> None: ...

class ListProfilesRequest(_message.Message):
    __slots__ = ("user_id", "lifecycles", "source", "tags", "time_to_live", "arm", "category", "page_size", "page_token", "as_of", "method")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_LIVE_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    lifecycles: _containers.RepeatedScalarFieldContainer[_learning_pb2.Lifecycle]
    source: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    time_to_live: _learning_pb2.TimeToLive
    arm: _learning_pb2.Arm
    category: str
    page_size: int
    page_token: str
    as_of: _timestamp_pb2.Timestamp
    method: _learning_pb2.LearningMethod
    def __init__(self, user_id: _Optional[str] = ..., lifecycles: _Optional[_Iterable[_Union[_learning_pb2.Lifecycle, str]]] = ..., source: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., time_to_live: _Optional[_Union[_learning_pb2.TimeToLive, str]] = ..., arm: _Optional[_Union[_learning_pb2.Arm, str]] = ..., category: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., method: _Optional[_Union[_learning_pb2.LearningMethod, str]] = ...) -> None: ...

class ListProfilesResponse(_message.Message):
    __slots__ = ("profiles", "next_page_token")
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    profiles: _containers.RepeatedCompositeFieldContainer[_profile_pb2.Profile]
    next_page_token: str
    def __init__(self, profiles: _Optional[_Iterable[_Union[_profile_pb2.Profile, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateProfileRequest(_message.Message):
    __slots__ = ("profile", "request_id")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    profile: _profile_pb2.Profile
    request_id: str
    def __init__(self, profile: _Optional[_Union[_profile_pb2.Profile, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: _profile_pb2.Profile
    def __init__(self, profile: _Optional[_Union[_profile_pb2.Profile, _Mapping]] = ...) -> None: ...

class UpdateProfileRequest(_message.Message):
    __slots__ = ("profile", "update_mask")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    profile: _profile_pb2.Profile
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, profile: _Optional[_Union[_profile_pb2.Profile, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: _profile_pb2.Profile
    def __init__(self, profile: _Optional[_Union[_profile_pb2.Profile, _Mapping]] = ...) -> None: ...

class DeleteProfileRequest(_message.Message):
    __slots__ = ("profile_id", "etag")
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    profile_id: str
    etag: str
    def __init__(self, profile_id: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class DeleteProfileResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListProfileChangesRequest(_message.Message):
    __slots__ = ("user_id", "profile_id", "page_size", "page_token", "start_time", "end_time", "change_types")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TYPES_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    profile_id: str
    page_size: int
    page_token: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    change_types: _containers.RepeatedScalarFieldContainer[_learning_pb2.LearningChangeType]
    def __init__(self, user_id: _Optional[str] = ..., profile_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., change_types: _Optional[_Iterable[_Union[_learning_pb2.LearningChangeType, str]]] = ...) -> None: ...

class ListProfileChangesResponse(_message.Message):
    __slots__ = ("changes", "next_page_token")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[_profile_pb2.ProfileChange]
    next_page_token: str
    def __init__(self, changes: _Optional[_Iterable[_Union[_profile_pb2.ProfileChange, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchProfilesRequest(_message.Message):
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

class WatchProfilesResponse(_message.Message):
    __slots__ = ("resume_token", "change")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    change: _profile_pb2.ProfileChange
    def __init__(self, resume_token: _Optional[str] = ..., change: _Optional[_Union[_profile_pb2.ProfileChange, _Mapping]] = ...) -> None: ...
