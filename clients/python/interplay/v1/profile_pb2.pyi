import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import learning_pb2 as _learning_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Profile(_message.Message):
    __slots__ = ("profile_id", "user_id", "content", "category", "subject", "attribute", "value", "time_to_live", "expire_time", "confidence", "lifecycle", "superseded_by", "source_interaction_ids", "evidence", "origin", "source", "tags", "custom_features", "notes", "create_time", "update_time", "confirm_time", "end_time", "etag")
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_LIVE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    SUPERSEDED_BY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_INTERACTION_IDS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FEATURES_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CONFIRM_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    profile_id: str
    user_id: str
    content: str
    category: str
    subject: str
    attribute: str
    value: str
    time_to_live: _learning_pb2.TimeToLive
    expire_time: _timestamp_pb2.Timestamp
    confidence: float
    lifecycle: _learning_pb2.Lifecycle
    superseded_by: str
    source_interaction_ids: _containers.RepeatedScalarFieldContainer[str]
    evidence: _containers.RepeatedCompositeFieldContainer[_learning_pb2.Evidence]
    origin: _learning_pb2.LearningOrigin
    source: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    custom_features: _struct_pb2.Struct
    notes: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    confirm_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, profile_id: _Optional[str] = ..., user_id: _Optional[str] = ..., content: _Optional[str] = ..., category: _Optional[str] = ..., subject: _Optional[str] = ..., attribute: _Optional[str] = ..., value: _Optional[str] = ..., time_to_live: _Optional[_Union[_learning_pb2.TimeToLive, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., confidence: _Optional[float] = ..., lifecycle: _Optional[_Union[_learning_pb2.Lifecycle, str]] = ..., superseded_by: _Optional[str] = ..., source_interaction_ids: _Optional[_Iterable[str]] = ..., evidence: _Optional[_Iterable[_Union[_learning_pb2.Evidence, _Mapping]]] = ..., origin: _Optional[_Union[_learning_pb2.LearningOrigin, _Mapping]] = ..., source: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., custom_features: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., notes: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., confirm_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class ProfileChange(_message.Message):
    __slots__ = ("change_id", "profile_id", "user_id", "change_type", "before", "after", "time", "cause")
    CHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    change_id: str
    profile_id: str
    user_id: str
    change_type: _learning_pb2.LearningChangeType
    before: Profile
    after: Profile
    time: _timestamp_pb2.Timestamp
    cause: str
    def __init__(self, change_id: _Optional[str] = ..., profile_id: _Optional[str] = ..., user_id: _Optional[str] = ..., change_type: _Optional[_Union[_learning_pb2.LearningChangeType, str]] = ..., before: _Optional[_Union[Profile, _Mapping]] = ..., after: _Optional[_Union[Profile, _Mapping]] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cause: _Optional[str] = ...) -> None: ...
