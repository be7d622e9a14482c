import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AccessRight(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCESS_RIGHT_UNSPECIFIED: _ClassVar[AccessRight]
    ACCESS_RIGHT_READ: _ClassVar[AccessRight]
    ACCESS_RIGHT_WRITE: _ClassVar[AccessRight]
    ACCESS_RIGHT_ADMIN: _ClassVar[AccessRight]
    ACCESS_RIGHT_OPERATOR: _ClassVar[AccessRight]
ACCESS_RIGHT_UNSPECIFIED: AccessRight
ACCESS_RIGHT_READ: AccessRight
ACCESS_RIGHT_WRITE: AccessRight
ACCESS_RIGHT_ADMIN: AccessRight
ACCESS_RIGHT_OPERATOR: AccessRight

class ApiKey(_message.Message):
    __slots__ = ("api_key_id", "display_name", "tenant", "rights", "create_time", "expire_time", "revoke_time")
    API_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    RIGHTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    api_key_id: str
    display_name: str
    tenant: str
    rights: _containers.RepeatedScalarFieldContainer[AccessRight]
    create_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    revoke_time: _timestamp_pb2.Timestamp
    def __init__(self, api_key_id: _Optional[str] = ..., display_name: _Optional[str] = ..., tenant: _Optional[str] = ..., rights: _Optional[_Iterable[_Union[AccessRight, str]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revoke_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
