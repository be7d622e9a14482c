import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UserExportFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USER_EXPORT_FORMAT_UNSPECIFIED: _ClassVar[UserExportFormat]
    USER_EXPORT_FORMAT_JSON_LINES: _ClassVar[UserExportFormat]
    USER_EXPORT_FORMAT_PARQUET: _ClassVar[UserExportFormat]

class RetainedKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RETAINED_KIND_UNSPECIFIED: _ClassVar[RetainedKind]
    RETAINED_KIND_INTERACTIONS: _ClassVar[RetainedKind]
    RETAINED_KIND_PROFILES: _ClassVar[RetainedKind]
    RETAINED_KIND_FEATURES: _ClassVar[RetainedKind]
    RETAINED_KIND_DIALOGUES: _ClassVar[RetainedKind]
    RETAINED_KIND_EVALUATIONS: _ClassVar[RetainedKind]
    RETAINED_KIND_MONITOR_EVENTS: _ClassVar[RetainedKind]

class RedactionMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REDACTION_MODE_UNSPECIFIED: _ClassVar[RedactionMode]
    REDACTION_MODE_OFF: _ClassVar[RedactionMode]
    REDACTION_MODE_DETECT: _ClassVar[RedactionMode]
    REDACTION_MODE_MASK: _ClassVar[RedactionMode]

class EncryptionMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCRYPTION_MODE_UNSPECIFIED: _ClassVar[EncryptionMode]
    ENCRYPTION_MODE_PLAIN: _ClassVar[EncryptionMode]
    ENCRYPTION_MODE_INDEXED: _ClassVar[EncryptionMode]
    ENCRYPTION_MODE_SEALED: _ClassVar[EncryptionMode]
USER_EXPORT_FORMAT_UNSPECIFIED: UserExportFormat
USER_EXPORT_FORMAT_JSON_LINES: UserExportFormat
USER_EXPORT_FORMAT_PARQUET: UserExportFormat
RETAINED_KIND_UNSPECIFIED: RetainedKind
RETAINED_KIND_INTERACTIONS: RetainedKind
RETAINED_KIND_PROFILES: RetainedKind
RETAINED_KIND_FEATURES: RetainedKind
RETAINED_KIND_DIALOGUES: RetainedKind
RETAINED_KIND_EVALUATIONS: RetainedKind
RETAINED_KIND_MONITOR_EVENTS: RetainedKind
REDACTION_MODE_UNSPECIFIED: RedactionMode
REDACTION_MODE_OFF: RedactionMode
REDACTION_MODE_DETECT: RedactionMode
REDACTION_MODE_MASK: RedactionMode
ENCRYPTION_MODE_UNSPECIFIED: EncryptionMode
ENCRYPTION_MODE_PLAIN: EncryptionMode
ENCRYPTION_MODE_INDEXED: EncryptionMode
ENCRYPTION_MODE_SEALED: EncryptionMode

class Erasure(_message.Message):
    __slots__ = ("pseudonym", "start_time", "end_time", "counts", "readmit_time")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    PSEUDONYM_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    READMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    pseudonym: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    counts: _containers.ScalarMap[str, int]
    readmit_time: _timestamp_pb2.Timestamp
    def __init__(self, pseudonym: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., counts: _Optional[_Mapping[str, int]] = ..., readmit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UserExportFile(_message.Message):
    __slots__ = ("path", "media_type")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    path: str
    media_type: str
    def __init__(self, path: _Optional[str] = ..., media_type: _Optional[str] = ...) -> None: ...

class UserExportSummary(_message.Message):
    __slots__ = ("counts", "files", "bytes", "sequence")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.ScalarMap[str, int]
    files: int
    bytes: int
    sequence: int
    def __init__(self, counts: _Optional[_Mapping[str, int]] = ..., files: _Optional[int] = ..., bytes: _Optional[int] = ..., sequence: _Optional[int] = ...) -> None: ...

class UserLink(_message.Message):
    __slots__ = ("guest_id", "account_id", "link_time")
    GUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    LINK_TIME_FIELD_NUMBER: _ClassVar[int]
    guest_id: str
    account_id: str
    link_time: _timestamp_pb2.Timestamp
    def __init__(self, guest_id: _Optional[str] = ..., account_id: _Optional[str] = ..., link_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RetentionRule(_message.Message):
    __slots__ = ("kind", "source", "max_age", "max_count", "keep_aggregates")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_FIELD_NUMBER: _ClassVar[int]
    MAX_COUNT_FIELD_NUMBER: _ClassVar[int]
    KEEP_AGGREGATES_FIELD_NUMBER: _ClassVar[int]
    kind: RetainedKind
    source: str
    max_age: _duration_pb2.Duration
    max_count: int
    keep_aggregates: bool
    def __init__(self, kind: _Optional[_Union[RetainedKind, str]] = ..., source: _Optional[str] = ..., max_age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_count: _Optional[int] = ..., keep_aggregates: _Optional[bool] = ...) -> None: ...

class RetentionPolicy(_message.Message):
    __slots__ = ("rules", "update_time", "revision")
    RULES_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[RetentionRule]
    update_time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, rules: _Optional[_Iterable[_Union[RetentionRule, _Mapping]]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class RetentionReceipt(_message.Message):
    __slots__ = ("operation_id", "time", "counts", "revision")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    operation_id: str
    time: _timestamp_pb2.Timestamp
    counts: _containers.ScalarMap[str, int]
    revision: int
    def __init__(self, operation_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., counts: _Optional[_Mapping[str, int]] = ..., revision: _Optional[int] = ...) -> None: ...

class ContentRule(_message.Message):
    __slots__ = ("source", "redaction", "encryption")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REDACTION_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTION_FIELD_NUMBER: _ClassVar[int]
    source: str
    redaction: RedactionMode
    encryption: EncryptionMode
    def __init__(self, source: _Optional[str] = ..., redaction: _Optional[_Union[RedactionMode, str]] = ..., encryption: _Optional[_Union[EncryptionMode, str]] = ...) -> None: ...

class ContentPolicy(_message.Message):
    __slots__ = ("rules", "update_time", "revision")
    RULES_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[ContentRule]
    update_time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, rules: _Optional[_Iterable[_Union[ContentRule, _Mapping]]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class ReplicaInfo(_message.Message):
    __slots__ = ("source", "fresh_time", "max_staleness")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FRESH_TIME_FIELD_NUMBER: _ClassVar[int]
    MAX_STALENESS_FIELD_NUMBER: _ClassVar[int]
    source: str
    fresh_time: _timestamp_pb2.Timestamp
    max_staleness: _duration_pb2.Duration
    def __init__(self, source: _Optional[str] = ..., fresh_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., max_staleness: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
