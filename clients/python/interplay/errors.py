"""What calls raise.

    InterplayError                 any other code, for example UNKNOWN or CANCELLED
    ├── InvalidArgumentError       INVALID_ARGUMENT: `violations` names every broken rule
    ├── NotFoundError              NOT_FOUND
    ├── AlreadyExistsError         ALREADY_EXISTS: a request_id or an offset was used with another payload
    ├── FailedPreconditionError    FAILED_PRECONDITION
    ├── OutOfRangeError            OUT_OF_RANGE
    ├── AbortedError               ABORTED: a newer connection took the stream over
    ├── ResourceExhaustedError     RESOURCE_EXHAUSTED: storage, rate, message size
    │   └── BufferFullError            raised by a publisher itself, nothing was sent
    ├── UnauthenticatedError       UNAUTHENTICATED
    ├── PermissionDeniedError      PERMISSION_DENIED
    ├── UnavailableError           UNAVAILABLE: no connection, or the server is about to stop
    ├── DeadlineExceededError      DEADLINE_EXCEEDED: a write may have been made
    ├── UnimplementedError         UNIMPLEMENTED
    ├── InternalError              INTERNAL: `request_id` is in the server's log
    └── PublisherClosedError       raised by a publisher itself after close() or abort()

Reasons are the values of `interplay.v1.ErrorReason` without the prefix ERROR_REASON_.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import grpc
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2

_STATUS_KEY = "grpc-status-details-bin"


class Violation(NamedTuple):
    """One broken rule: path of the field, for example `interactions[2].role`, and what is wrong with it."""

    field: str
    description: str


@dataclass(frozen=True)
class _Details:
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    retry_after: float | None = None
    request_id: str = ""
    resource: tuple[str, str] | None = None


class InterplayError(Exception):
    """A call that failed.

    code: name of the gRPC status, for example `NOT_FOUND`.
    reason: why, for example `SESSION_NOT_FOUND`; empty where the failure is the transport's, not the server's.
    message: one sentence for a person.
    metadata: what the reason is about, as strings.
    violations: pairs (field, description) of BadRequest, PreconditionFailure and QuotaFailure.
    retry_after: seconds after which a retry makes sense, or None.
    request_id: id of the call in the server's log, or empty.
    resource: (type, name) of what was not found or exists already, or None.
    """

    default_code: ClassVar[str] = "UNKNOWN"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Iterable[tuple[str, str]] = (),
        retry_after: float | None = None,
        request_id: str = "",
        resource: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.violations = tuple(Violation(*violation) for violation in violations)
        self.retry_after = retry_after
        self.request_id = request_id
        self.resource = resource

    def __str__(self) -> str:
        head = f"{self.code} ({self.reason})" if self.reason else self.code
        return f"{head}: {self.message}" if self.message else head


class InvalidArgumentError(InterplayError):
    default_code = "INVALID_ARGUMENT"


class NotFoundError(InterplayError):
    default_code = "NOT_FOUND"


class AlreadyExistsError(InterplayError):
    default_code = "ALREADY_EXISTS"


class FailedPreconditionError(InterplayError):
    default_code = "FAILED_PRECONDITION"


class OutOfRangeError(InterplayError):
    default_code = "OUT_OF_RANGE"


class AbortedError(InterplayError):
    default_code = "ABORTED"


class ResourceExhaustedError(InterplayError):
    default_code = "RESOURCE_EXHAUSTED"


class BufferFullError(ResourceExhaustedError):
    """The publisher's buffer has no room."""


class UnauthenticatedError(InterplayError):
    default_code = "UNAUTHENTICATED"


class PermissionDeniedError(InterplayError):
    default_code = "PERMISSION_DENIED"


class UnavailableError(InterplayError):
    default_code = "UNAVAILABLE"


class DeadlineExceededError(InterplayError):
    default_code = "DEADLINE_EXCEEDED"


class UnimplementedError(InterplayError):
    default_code = "UNIMPLEMENTED"


class InternalError(InterplayError):
    default_code = "INTERNAL"


class PublisherClosedError(InterplayError):
    """The publisher was closed or aborted."""

    default_code = "CANCELLED"


_BY_CODE: dict[str, type[InterplayError]] = {
    leaf.default_code: leaf
    for leaf in (
        InvalidArgumentError,
        NotFoundError,
        AlreadyExistsError,
        FailedPreconditionError,
        OutOfRangeError,
        AbortedError,
        ResourceExhaustedError,
        UnauthenticatedError,
        PermissionDeniedError,
        UnavailableError,
        DeadlineExceededError,
        UnimplementedError,
        InternalError,
    )
}


def from_status(status: status_pb2.Status) -> InterplayError:
    """The error that a google.rpc.Status stands for, as it comes inside streams and operations."""
    known = status.code in code_pb2.Code.values()
    name = code_pb2.Code.Name(status.code) if known else "UNKNOWN"
    return _build(name, status.message, _read(status))


def from_rpc_error(error: grpc.aio.AioRpcError) -> InterplayError:
    """The error that a failed call stands for; without readable details it has its code and message only."""
    details = _Details()
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_KEY and isinstance(value, bytes):
            try:
                details = _read(status_pb2.Status.FromString(value))
            except DecodeError:
                # A proxy may mangle the trailer; the code and the message still hold.
                break
    return _build(error.code().name, error.details() or "", details)


def _build(code: str, message: str, details: _Details) -> InterplayError:
    return _BY_CODE.get(code, InterplayError)(
        message,
        code=code,
        reason=details.reason,
        metadata=details.metadata,
        violations=details.violations,
        retry_after=details.retry_after,
        request_id=details.request_id,
        resource=details.resource,
    )


def _read(status: status_pb2.Status) -> _Details:
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    bad, unmet = error_details_pb2.BadRequest(), error_details_pb2.PreconditionFailure()
    quota, resource = error_details_pb2.QuotaFailure(), error_details_pb2.ResourceInfo()
    request = error_details_pb2.RequestInfo()
    found = set()
    for detail in status.details:
        for message in (info, retry, bad, unmet, quota, resource, request):
            try:
                if detail.Unpack(message):
                    found.add(message.DESCRIPTOR.name)
            except DecodeError:
                continue
    return _Details(
        reason=info.reason,
        metadata=dict(info.metadata),
        violations=(
            *(Violation(broken.field, broken.description) for broken in bad.field_violations),
            *(Violation(broken.subject, broken.description) for broken in unmet.violations),
            *(Violation(broken.subject, broken.description) for broken in quota.violations),
        ),
        retry_after=retry.retry_delay.ToNanoseconds() / 1e9 if "RetryInfo" in found else None,
        request_id=request.request_id,
        resource=(resource.resource_type, resource.resource_name) if "ResourceInfo" in found else None,
    )
