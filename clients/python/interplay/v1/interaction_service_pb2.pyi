import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import interaction_pb2 as _interaction_pb2
from interplay.v1 import publish_stream_pb2 as _publish_stream_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WaitLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAIT_LEVEL_UNSPECIFIED: _ClassVar[WaitLevel]
    WAIT_LEVEL_DURABLE: _ClassVar[WaitLevel]
    WAIT_LEVEL_VISIBLE: _ClassVar[WaitLevel]
    WAIT_LEVEL_LEARNED: _ClassVar[WaitLevel]

class LearningState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEARNING_STATE_UNSPECIFIED: _ClassVar[LearningState]
    LEARNING_STATE_PENDING: _ClassVar[LearningState]
    LEARNING_STATE_DONE: _ClassVar[LearningState]
    LEARNING_STATE_SKIPPED: _ClassVar[LearningState]
    LEARNING_STATE_STALLED: _ClassVar[LearningState]
    LEARNING_STATE_DISABLED: _ClassVar[LearningState]

class Consistency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSISTENCY_UNSPECIFIED: _ClassVar[Consistency]
    CONSISTENCY_STRONG: _ClassVar[Consistency]
    CONSISTENCY_EVENTUAL: _ClassVar[Consistency]

class InteractionView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERACTION_VIEW_UNSPECIFIED: _ClassVar[InteractionView]
    INTERACTION_VIEW_BASIC: _ClassVar[InteractionView]
    INTERACTION_VIEW_FULL: _ClassVar[InteractionView]

class SearchMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEARCH_MODE_UNSPECIFIED: _ClassVar[SearchMode]
    SEARCH_MODE_HYBRID: _ClassVar[SearchMode]
    SEARCH_MODE_VECTOR: _ClassVar[SearchMode]
    SEARCH_MODE_TEXT: _ClassVar[SearchMode]
WAIT_LEVEL_UNSPECIFIED: WaitLevel
WAIT_LEVEL_DURABLE: WaitLevel
WAIT_LEVEL_VISIBLE: WaitLevel
WAIT_LEVEL_LEARNED: WaitLevel
LEARNING_STATE_UNSPECIFIED: LearningState
LEARNING_STATE_PENDING: LearningState
LEARNING_STATE_DONE: LearningState
LEARNING_STATE_SKIPPED: LearningState
LEARNING_STATE_STALLED: LearningState
LEARNING_STATE_DISABLED: LearningState
CONSISTENCY_UNSPECIFIED: Consistency
CONSISTENCY_STRONG: Consistency
CONSISTENCY_EVENTUAL: Consistency
INTERACTION_VIEW_UNSPECIFIED: InteractionView
INTERACTION_VIEW_BASIC: InteractionView
INTERACTION_VIEW_FULL: InteractionView
SEARCH_MODE_UNSPECIFIED: SearchMode
SEARCH_MODE_HYBRID: SearchMode
SEARCH_MODE_VECTOR: SearchMode
SEARCH_MODE_TEXT: SearchMode

class PublishInteractionsRequest(_message.Message):
    __slots__ = ("user_id", "session_id", "source", "agent_version", "interactions", "request_id", "session_finished", "evaluation_only", "learn_from", "wait", "agent_id", "metadata")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_FINISHED_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ONLY_FIELD_NUMBER: _ClassVar[int]
    LEARN_FROM_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    session_id: str
    source: str
    agent_version: str
    interactions: _containers.RepeatedCompositeFieldContainer[_interaction_pb2.InteractionData]
    request_id: str
    session_finished: bool
    evaluation_only: bool
    learn_from: _interaction_pb2.LearnFrom
    wait: WaitLevel
    agent_id: str
    metadata: _struct_pb2.Struct
    def __init__(self, user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., interactions: _Optional[_Iterable[_Union[_interaction_pb2.InteractionData, _Mapping]]] = ..., request_id: _Optional[str] = ..., session_finished: _Optional[bool] = ..., evaluation_only: _Optional[bool] = ..., learn_from: _Optional[_Union[_interaction_pb2.LearnFrom, str]] = ..., wait: _Optional[_Union[WaitLevel, str]] = ..., agent_id: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class PublishInteractionsResponse(_message.Message):
    __slots__ = ("interaction_ids", "warnings", "learning_state", "request_id", "duplicate")
    INTERACTION_IDS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    LEARNING_STATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    interaction_ids: _containers.RepeatedScalarFieldContainer[str]
    warnings: _containers.RepeatedScalarFieldContainer[str]
    learning_state: LearningState
    request_id: str
    duplicate: bool
    def __init__(self, interaction_ids: _Optional[_Iterable[str]] = ..., warnings: _Optional[_Iterable[str]] = ..., learning_state: _Optional[_Union[LearningState, str]] = ..., request_id: _Optional[str] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class GetPublishStreamRequest(_message.Message):
    __slots__ = ("stream_id", "method")
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    stream_id: str
    method: _publish_stream_pb2.StreamMethod
    def __init__(self, stream_id: _Optional[str] = ..., method: _Optional[_Union[_publish_stream_pb2.StreamMethod, str]] = ...) -> None: ...

class GetPublishStreamResponse(_message.Message):
    __slots__ = ("stream_id", "next_offset", "interaction_count", "update_time")
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    NEXT_OFFSET_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    stream_id: str
    next_offset: int
    interaction_count: int
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, stream_id: _Optional[str] = ..., next_offset: _Optional[int] = ..., interaction_count: _Optional[int] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AnnotateInteractionRequest(_message.Message):
    __slots__ = ("interaction_id", "annotation", "request_id")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    annotation: _interaction_pb2.Annotation
    request_id: str
    def __init__(self, interaction_id: _Optional[str] = ..., annotation: _Optional[_Union[_interaction_pb2.Annotation, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class AnnotateInteractionResponse(_message.Message):
    __slots__ = ("annotation",)
    ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    annotation: _interaction_pb2.Annotation
    def __init__(self, annotation: _Optional[_Union[_interaction_pb2.Annotation, _Mapping]] = ...) -> None: ...

class GetInteractionRequest(_message.Message):
    __slots__ = ("interaction_id", "view", "consistency")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    view: InteractionView
    consistency: Consistency
    def __init__(self, interaction_id: _Optional[str] = ..., view: _Optional[_Union[InteractionView, str]] = ..., consistency: _Optional[_Union[Consistency, str]] = ...) -> None: ...

class GetInteractionResponse(_message.Message):
    __slots__ = ("interaction",)
    INTERACTION_FIELD_NUMBER: _ClassVar[int]
    interaction: _interaction_pb2.Interaction
    def __init__(self, interaction: _Optional[_Union[_interaction_pb2.Interaction, _Mapping]] = ...) -> None: ...

class ListInteractionsRequest(_message.Message):
    __slots__ = ("user_id", "session_id", "source", "agent_version", "start_time", "end_time", "page_size", "page_token", "role", "role_class", "user_action", "external_id", "agent_id", "request_id", "as_of", "newest_first", "view", "consistency")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ROLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    USER_ACTION_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIRST_FIELD_NUMBER: _ClassVar[int]
    VIEW_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    session_id: str
    source: str
    agent_version: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    role: str
    role_class: _interaction_pb2.RoleClass
    user_action: _interaction_pb2.UserAction
    external_id: str
    agent_id: str
    request_id: str
    as_of: _timestamp_pb2.Timestamp
    newest_first: bool
    view: InteractionView
    consistency: Consistency
    def __init__(self, user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., role: _Optional[str] = ..., role_class: _Optional[_Union[_interaction_pb2.RoleClass, str]] = ..., user_action: _Optional[_Union[_interaction_pb2.UserAction, str]] = ..., external_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., request_id: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., newest_first: _Optional[bool] = ..., view: _Optional[_Union[InteractionView, str]] = ..., consistency: _Optional[_Union[Consistency, str]] = ...) -> None: ...

class ListInteractionsResponse(_message.Message):
    __slots__ = ("interactions", "next_page_token")
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    interactions: _containers.RepeatedCompositeFieldContainer[_interaction_pb2.Interaction]
    next_page_token: str
    def __init__(self, interactions: _Optional[_Iterable[_Union[_interaction_pb2.Interaction, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteInteractionsRequest(_message.Message):
    __slots__ = ("interaction_ids", "user_id", "session_id", "source", "agent_version", "start_time", "end_time", "validate_only")
    INTERACTION_IDS_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    interaction_ids: _containers.RepeatedScalarFieldContainer[str]
    user_id: str
    session_id: str
    source: str
    agent_version: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    validate_only: bool
    def __init__(self, interaction_ids: _Optional[_Iterable[str]] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class DeleteInteractionsResponse(_message.Message):
    __slots__ = ("deleted_count",)
    DELETED_COUNT_FIELD_NUMBER: _ClassVar[int]
    deleted_count: int
    def __init__(self, deleted_count: _Optional[int] = ...) -> None: ...

class SearchInteractionsRequest(_message.Message):
    __slots__ = ("query", "user_id", "session_id", "source", "agent_version", "role", "role_class", "user_action", "start_time", "end_time", "top_k", "mode", "threshold", "as_of", "consistency", "agent_id", "external_id")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ROLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    USER_ACTION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    query: str
    user_id: str
    session_id: str
    source: str
    agent_version: str
    role: str
    role_class: _interaction_pb2.RoleClass
    user_action: _interaction_pb2.UserAction
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    top_k: int
    mode: SearchMode
    threshold: float
    as_of: _timestamp_pb2.Timestamp
    consistency: Consistency
    agent_id: str
    external_id: str
    def __init__(self, query: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., role: _Optional[str] = ..., role_class: _Optional[_Union[_interaction_pb2.RoleClass, str]] = ..., user_action: _Optional[_Union[_interaction_pb2.UserAction, str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., top_k: _Optional[int] = ..., mode: _Optional[_Union[SearchMode, str]] = ..., threshold: _Optional[float] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., consistency: _Optional[_Union[Consistency, str]] = ..., agent_id: _Optional[str] = ..., external_id: _Optional[str] = ...) -> None: ...

class ScoreTerm(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class InteractionHit(_message.Message):
    __slots__ = ("interaction", "score", "vector_similarity", "text_score", "vector_rank", "text_rank", "terms", "matched_terms")
    INTERACTION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    TEXT_SCORE_FIELD_NUMBER: _ClassVar[int]
    VECTOR_RANK_FIELD_NUMBER: _ClassVar[int]
    TEXT_RANK_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    MATCHED_TERMS_FIELD_NUMBER: _ClassVar[int]
    interaction: _interaction_pb2.Interaction
    score: float
    vector_similarity: float
    text_score: float
    vector_rank: int
    text_rank: int
    terms: _containers.RepeatedCompositeFieldContainer[ScoreTerm]
    matched_terms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, interaction: _Optional[_Union[_interaction_pb2.Interaction, _Mapping]] = ..., score: _Optional[float] = ..., vector_similarity: _Optional[float] = ..., text_score: _Optional[float] = ..., vector_rank: _Optional[int] = ..., text_rank: _Optional[int] = ..., terms: _Optional[_Iterable[_Union[ScoreTerm, _Mapping]]] = ..., matched_terms: _Optional[_Iterable[str]] = ...) -> None: ...

class SearchInteractionsResponse(_message.Message):
    __slots__ = ("hits", "degraded", "degraded_reason")
    HITS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_REASON_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[InteractionHit]
    degraded: bool
    degraded_reason: str
    def __init__(self, hits: _Optional[_Iterable[_Union[InteractionHit, _Mapping]]] = ..., degraded: _Optional[bool] = ..., degraded_reason: _Optional[str] = ...) -> None: ...

class FindSimilarInteractionsRequest(_message.Message):
    __slots__ = ("interaction_id", "user_id", "top_k", "threshold", "exclude_session", "consistency")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_SESSION_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    user_id: str
    top_k: int
    threshold: float
    exclude_session: bool
    consistency: Consistency
    def __init__(self, interaction_id: _Optional[str] = ..., user_id: _Optional[str] = ..., top_k: _Optional[int] = ..., threshold: _Optional[float] = ..., exclude_session: _Optional[bool] = ..., consistency: _Optional[_Union[Consistency, str]] = ...) -> None: ...

class FindSimilarInteractionsResponse(_message.Message):
    __slots__ = ("hits",)
    HITS_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[InteractionHit]
    def __init__(self, hits: _Optional[_Iterable[_Union[InteractionHit, _Mapping]]] = ...) -> None: ...

class ListSessionsRequest(_message.Message):
    __slots__ = ("user_id", "source", "agent_version", "start_time", "end_time", "page_size", "page_token", "consistency", "as_of")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    source: str
    agent_version: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    consistency: Consistency
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, user_id: _Optional[str] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., consistency: _Optional[_Union[Consistency, str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[_interaction_pb2.Session]
    next_page_token: str
    def __init__(self, sessions: _Optional[_Iterable[_Union[_interaction_pb2.Session, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSessionRequest(_message.Message):
    __slots__ = ("session_id", "user_id", "consistency")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    user_id: str
    consistency: Consistency
    def __init__(self, session_id: _Optional[str] = ..., user_id: _Optional[str] = ..., consistency: _Optional[_Union[Consistency, str]] = ...) -> None: ...

class GetSessionResponse(_message.Message):
    __slots__ = ("session", "requests")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    session: _interaction_pb2.Session
    requests: _containers.RepeatedCompositeFieldContainer[_interaction_pb2.SessionRequest]
    def __init__(self, session: _Optional[_Union[_interaction_pb2.Session, _Mapping]] = ..., requests: _Optional[_Iterable[_Union[_interaction_pb2.SessionRequest, _Mapping]]] = ...) -> None: ...

class WatchInteractionsRequest(_message.Message):
    __slots__ = ("resume_token", "user_id", "session_id", "source", "agent_version", "from_beginning", "heartbeat_seconds", "role_class")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    FROM_BEGINNING_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ROLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    user_id: str
    session_id: str
    source: str
    agent_version: str
    from_beginning: bool
    heartbeat_seconds: int
    role_class: _interaction_pb2.RoleClass
    def __init__(self, resume_token: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., from_beginning: _Optional[bool] = ..., heartbeat_seconds: _Optional[int] = ..., role_class: _Optional[_Union[_interaction_pb2.RoleClass, str]] = ...) -> None: ...

class InteractionsPublished(_message.Message):
    __slots__ = ("interactions",)
    INTERACTIONS_FIELD_NUMBER: _ClassVar[int]
    interactions: _containers.RepeatedCompositeFieldContainer[_interaction_pb2.Interaction]
    def __init__(self, interactions: _Optional[_Iterable[_Union[_interaction_pb2.Interaction, _Mapping]]] = ...) -> None: ...

class InteractionsDeleted(_message.Message):
    __slots__ = ("interaction_ids",)
    INTERACTION_IDS_FIELD_NUMBER: _ClassVar[int]
    interaction_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, interaction_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class InteractionAnnotated(_message.Message):
    __slots__ = ("interaction_id", "annotation")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATION_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    annotation: _interaction_pb2.Annotation
    def __init__(self, interaction_id: _Optional[str] = ..., annotation: _Optional[_Union[_interaction_pb2.Annotation, _Mapping]] = ...) -> None: ...

class WatchHeartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchInteractionsResponse(_message.Message):
    __slots__ = ("resume_token", "published", "deleted", "annotated", "heartbeat")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    ANNOTATED_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    published: InteractionsPublished
    deleted: InteractionsDeleted
    annotated: InteractionAnnotated
    heartbeat: WatchHeartbeat
    def __init__(self, resume_token: _Optional[str] = ..., published: _Optional[_Union[InteractionsPublished, _Mapping]] = ..., deleted: _Optional[_Union[InteractionsDeleted, _Mapping]] = ..., annotated: _Optional[_Union[InteractionAnnotated, _Mapping]] = ..., heartbeat: _Optional[_Union[WatchHeartbeat, _Mapping]] = ...) -> None: ...
