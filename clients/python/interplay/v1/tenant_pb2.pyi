import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TenantQuota(_message.Message):
    __slots__ = ("rows", "bytes", "streams", "publishes_per_minute")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    PUBLISHES_PER_MINUTE_FIELD_NUMBER: _ClassVar[int]
    rows: int
    bytes: int
    streams: int
    publishes_per_minute: int
    def __init__(self, rows: _Optional[int] = ..., bytes: _Optional[int] = ..., streams: _Optional[int] = ..., publishes_per_minute: _Optional[int] = ...) -> None: ...

class TenantUsage(_message.Message):
    __slots__ = ("bytes", "rows", "streams")
    BYTES_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    STREAMS_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    rows: int
    streams: int
    def __init__(self, bytes: _Optional[int] = ..., rows: _Optional[int] = ..., streams: _Optional[int] = ...) -> None: ...

class Tenant(_message.Message):
    __slots__ = ("name", "display_name", "create_time", "quota", "usage", "open")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    QUOTA_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    create_time: _timestamp_pb2.Timestamp
    quota: TenantQuota
    usage: TenantUsage
    open: bool
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., quota: _Optional[_Union[TenantQuota, _Mapping]] = ..., usage: _Optional[_Union[TenantUsage, _Mapping]] = ..., open: _Optional[bool] = ...) -> None: ...

class Backup(_message.Message):
    __slots__ = ("backup_id", "tenant", "create_time", "sequence", "file_count", "bytes", "linked_bytes", "server_version")
    BACKUP_ID_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    LINKED_BYTES_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    backup_id: str
    tenant: str
    create_time: _timestamp_pb2.Timestamp
    sequence: int
    file_count: int
    bytes: int
    linked_bytes: int
    server_version: str
    def __init__(self, backup_id: _Optional[str] = ..., tenant: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sequence: _Optional[int] = ..., file_count: _Optional[int] = ..., bytes: _Optional[int] = ..., linked_bytes: _Optional[int] = ..., server_version: _Optional[str] = ...) -> None: ...
