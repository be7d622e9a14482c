import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UserAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USER_ACTION_UNSPECIFIED: _ClassVar[UserAction]
    USER_ACTION_NONE: _ClassVar[UserAction]
    USER_ACTION_CLICK: _ClassVar[UserAction]
    USER_ACTION_SCROLL: _ClassVar[UserAction]
    USER_ACTION_TYPE: _ClassVar[UserAction]
    USER_ACTION_VIEW: _ClassVar[UserAction]
    USER_ACTION_SUBMIT: _ClassVar[UserAction]

class RoleClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_CLASS_UNSPECIFIED: _ClassVar[RoleClass]
    ROLE_CLASS_USER: _ClassVar[RoleClass]
    ROLE_CLASS_AGENT: _ClassVar[RoleClass]
    ROLE_CLASS_SYSTEM: _ClassVar[RoleClass]

class LearningKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEARNING_KIND_UNSPECIFIED: _ClassVar[LearningKind]
    LEARNING_KIND_PROFILE: _ClassVar[LearningKind]
    LEARNING_KIND_USER_PLAYBOOK: _ClassVar[LearningKind]
    LEARNING_KIND_AGENT_PLAYBOOK: _ClassVar[LearningKind]

class LearnFrom(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEARN_FROM_UNSPECIFIED: _ClassVar[LearnFrom]
    LEARN_FROM_PRODUCTION: _ClassVar[LearnFrom]
    LEARN_FROM_SHADOW: _ClassVar[LearnFrom]
    LEARN_FROM_BOTH: _ClassVar[LearnFrom]

class Thumb(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    THUMB_UNSPECIFIED: _ClassVar[Thumb]
    THUMB_UP: _ClassVar[Thumb]
    THUMB_DOWN: _ClassVar[Thumb]
USER_ACTION_UNSPECIFIED: UserAction
USER_ACTION_NONE: UserAction
USER_ACTION_CLICK: UserAction
USER_ACTION_SCROLL: UserAction
USER_ACTION_TYPE: UserAction
USER_ACTION_VIEW: UserAction
USER_ACTION_SUBMIT: UserAction
ROLE_CLASS_UNSPECIFIED: RoleClass
ROLE_CLASS_USER: RoleClass
ROLE_CLASS_AGENT: RoleClass
ROLE_CLASS_SYSTEM: RoleClass
LEARNING_KIND_UNSPECIFIED: LearningKind
LEARNING_KIND_PROFILE: LearningKind
LEARNING_KIND_USER_PLAYBOOK: LearningKind
LEARNING_KIND_AGENT_PLAYBOOK: LearningKind
LEARN_FROM_UNSPECIFIED: LearnFrom
LEARN_FROM_PRODUCTION: LearnFrom
LEARN_FROM_SHADOW: LearnFrom
LEARN_FROM_BOTH: LearnFrom
THUMB_UNSPECIFIED: Thumb
THUMB_UP: Thumb
THUMB_DOWN: Thumb

class ToolUse(_message.Message):
    __slots__ = ("tool_name", "tool_data", "status")
    TOOL_NAME_FIELD_NUMBER: _ClassVar[int]
    TOOL_DATA_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    tool_name: str
    tool_data: _struct_pb2.Struct
    status: str
    def __init__(self, tool_name: _Optional[str] = ..., tool_data: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., status: _Optional[str] = ...) -> None: ...

class Citation(_message.Message):
    __slots__ = ("kind", "real_id", "tag", "title")
    KIND_FIELD_NUMBER: _ClassVar[int]
    REAL_ID_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    kind: LearningKind
    real_id: str
    tag: str
    title: str
    def __init__(self, kind: _Optional[_Union[LearningKind, str]] = ..., real_id: _Optional[str] = ..., tag: _Optional[str] = ..., title: _Optional[str] = ...) -> None: ...

class RetrievedLearning(_message.Message):
    __slots__ = ("kind", "learning_id", "exposure_receipt")
    KIND_FIELD_NUMBER: _ClassVar[int]
    LEARNING_ID_FIELD_NUMBER: _ClassVar[int]
    EXPOSURE_RECEIPT_FIELD_NUMBER: _ClassVar[int]
    kind: LearningKind
    learning_id: str
    exposure_receipt: str
    def __init__(self, kind: _Optional[_Union[LearningKind, str]] = ..., learning_id: _Optional[str] = ..., exposure_receipt: _Optional[str] = ...) -> None: ...

class ProductRef(_message.Message):
    __slots__ = ("product_id", "event_type")
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    product_id: str
    event_type: str
    def __init__(self, product_id: _Optional[str] = ..., event_type: _Optional[str] = ...) -> None: ...

class InteractionData(_message.Message):
    __slots__ = ("role", "speaker", "external_id", "content", "shadow_content", "expert_content", "user_action", "user_action_description", "interacted_image_url", "image", "occur_time", "tools_used", "citations", "retrieved_learnings", "product_ref", "metadata")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SHADOW_CONTENT_FIELD_NUMBER: _ClassVar[int]
    EXPERT_CONTENT_FIELD_NUMBER: _ClassVar[int]
    USER_ACTION_FIELD_NUMBER: _ClassVar[int]
    USER_ACTION_DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    INTERACTED_IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    TOOLS_USED_FIELD_NUMBER: _ClassVar[int]
    CITATIONS_FIELD_NUMBER: _ClassVar[int]
    RETRIEVED_LEARNINGS_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_REF_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    role: str
    speaker: str
    external_id: str
    content: str
    shadow_content: str
    expert_content: str
    user_action: UserAction
    user_action_description: str
    interacted_image_url: str
    image: bytes
    occur_time: _timestamp_pb2.Timestamp
    tools_used: _containers.RepeatedCompositeFieldContainer[ToolUse]
    citations: _containers.RepeatedCompositeFieldContainer[Citation]
    retrieved_learnings: _containers.RepeatedCompositeFieldContainer[RetrievedLearning]
    product_ref: ProductRef
    metadata: _struct_pb2.Struct
    def __init__(self, role: _Optional[str] = ..., speaker: _Optional[str] = ..., external_id: _Optional[str] = ..., content: _Optional[str] = ..., shadow_content: _Optional[str] = ..., expert_content: _Optional[str] = ..., user_action: _Optional[_Union[UserAction, str]] = ..., user_action_description: _Optional[str] = ..., interacted_image_url: _Optional[str] = ..., image: _Optional[bytes] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., tools_used: _Optional[_Iterable[_Union[ToolUse, _Mapping]]] = ..., citations: _Optional[_Iterable[_Union[Citation, _Mapping]]] = ..., retrieved_learnings: _Optional[_Iterable[_Union[RetrievedLearning, _Mapping]]] = ..., product_ref: _Optional[_Union[ProductRef, _Mapping]] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ImageInfo(_message.Message):
    __slots__ = ("sha256", "media_type", "size_bytes")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    media_type: str
    size_bytes: int
    def __init__(self, sha256: _Optional[str] = ..., media_type: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Annotation(_message.Message):
    __slots__ = ("annotation_id", "create_time", "annotator", "expert_content", "thumb", "rating", "comment", "corrected_content")
    ANNOTATION_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ANNOTATOR_FIELD_NUMBER: _ClassVar[int]
    EXPERT_CONTENT_FIELD_NUMBER: _ClassVar[int]
    THUMB_FIELD_NUMBER: _ClassVar[int]
    RATING_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_CONTENT_FIELD_NUMBER: _ClassVar[int]
    annotation_id: str
    create_time: _timestamp_pb2.Timestamp
    annotator: str
    expert_content: str
    thumb: Thumb
    rating: float
    comment: str
    corrected_content: str
    def __init__(self, annotation_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., annotator: _Optional[str] = ..., expert_content: _Optional[str] = ..., thumb: _Optional[_Union[Thumb, str]] = ..., rating: _Optional[float] = ..., comment: _Optional[str] = ..., corrected_content: _Optional[str] = ...) -> None: ...

class Interaction(_message.Message):
    __slots__ = ("interaction_id", "user_id", "session_id", "request_id", "source", "agent_version", "publish_time", "data", "agent_id", "role_class", "image_info", "evaluation_only", "learn_from", "request_metadata", "annotations")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_CLASS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_INFO_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ONLY_FIELD_NUMBER: _ClassVar[int]
    LEARN_FROM_FIELD_NUMBER: _ClassVar[int]
    REQUEST_METADATA_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    user_id: str
    session_id: str
    request_id: str
    source: str
    agent_version: str
    publish_time: _timestamp_pb2.Timestamp
    data: InteractionData
    agent_id: str
    role_class: RoleClass
    image_info: ImageInfo
    evaluation_only: bool
    learn_from: LearnFrom
    request_metadata: _struct_pb2.Struct
    annotations: _containers.RepeatedCompositeFieldContainer[Annotation]
    def __init__(self, interaction_id: _Optional[str] = ..., user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., request_id: _Optional[str] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., data: _Optional[_Union[InteractionData, _Mapping]] = ..., agent_id: _Optional[str] = ..., role_class: _Optional[_Union[RoleClass, str]] = ..., image_info: _Optional[_Union[ImageInfo, _Mapping]] = ..., evaluation_only: _Optional[bool] = ..., learn_from: _Optional[_Union[LearnFrom, str]] = ..., request_metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[Annotation, _Mapping]]] = ...) -> None: ...

class Session(_message.Message):
    __slots__ = ("user_id", "session_id", "first_time", "last_time", "interaction_count", "request_count", "sources", "agent_versions", "finished")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_COUNT_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    session_id: str
    first_time: _timestamp_pb2.Timestamp
    last_time: _timestamp_pb2.Timestamp
    interaction_count: int
    request_count: int
    sources: _containers.RepeatedScalarFieldContainer[str]
    agent_versions: _containers.RepeatedScalarFieldContainer[str]
    finished: bool
    def __init__(self, user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interaction_count: _Optional[int] = ..., request_count: _Optional[int] = ..., sources: _Optional[_Iterable[str]] = ..., agent_versions: _Optional[_Iterable[str]] = ..., finished: _Optional[bool] = ...) -> None: ...

class SessionRequest(_message.Message):
    __slots__ = ("request_id", "publish_time", "source", "agent_version", "interaction_count", "evaluation_only")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_TIME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_ONLY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    publish_time: _timestamp_pb2.Timestamp
    source: str
    agent_version: str
    interaction_count: int
    evaluation_only: bool
    def __init__(self, request_id: _Optional[str] = ..., publish_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., source: _Optional[str] = ..., agent_version: _Optional[str] = ..., interaction_count: _Optional[int] = ..., evaluation_only: _Optional[bool] = ...) -> None: ...
