"""The Python client of Interplay, the server that remembers what users and agents do together."""

from interplay.client import AsyncInterplay
from interplay.config import ClientConfig, Keepalive, Tls
from interplay.context import Context
from interplay.errors import (
    AbortedError,
    AlreadyExistsError,
    BufferFullError,
    DeadlineExceededError,
    FailedPreconditionError,
    InternalError,
    InterplayError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    PublisherClosedError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
    Violation,
)
from interplay.operation import OperationHandle
from interplay.publisher import Publisher
from interplay.receipt import AppendAck, Receipt
from interplay.sync import Interplay, SyncOperation, SyncPublisher, SyncReceipt
from interplay.types import InteractionData, UserActionType

__all__ = [
    "AbortedError",
    "AlreadyExistsError",
    "AppendAck",
    "AsyncInterplay",
    "BufferFullError",
    "ClientConfig",
    "Context",
    "DeadlineExceededError",
    "FailedPreconditionError",
    "InteractionData",
    "InternalError",
    "Interplay",
    "InterplayError",
    "InvalidArgumentError",
    "Keepalive",
    "NotFoundError",
    "OperationHandle",
    "OutOfRangeError",
    "PermissionDeniedError",
    "Publisher",
    "PublisherClosedError",
    "Receipt",
    "ResourceExhaustedError",
    "SyncOperation",
    "SyncPublisher",
    "SyncReceipt",
    "Tls",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "UserActionType",
    "Violation",
]
