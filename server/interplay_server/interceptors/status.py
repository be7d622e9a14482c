"""Errors as google.rpc.Status: code, message, ErrorInfo and the detail that fits."""

from collections.abc import Sequence

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from interplay_server import errors

DOMAIN = "interplay"
DETAILS_KEY = "grpc-status-details-bin"
MAX_VIOLATION_BYTES = 4096
"""A status travels in a header, and peers refuse more than 8 KiB of headers, base64 included: violations beyond this
are counted, not listed.
"""
_MAX_DESCRIPTION = 300
_MAX_MESSAGE = 1000


def to_status(error: errors.InterplayError, request_id: str, method: str) -> status_pb2.Status:
    """`request_id` is put in for INTERNAL only: it is what the log holds."""
    metadata = error.metadata | ({"method": method} if error.names_method else {})
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata),
        *_fitting(error, request_id),
    ]
    if error.retry_after is not None:
        details.append(error_details_pb2.RetryInfo(retry_delay=_duration(error.retry_after)))
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=error.message[:_MAX_MESSAGE])
    for detail in details:
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _fitting(error: errors.InterplayError, request_id: str) -> list[Message]:
    if isinstance(error, errors.InvalidArgument) and error.violations:
        return [_bad_request(error.violations)]
    if isinstance(error, errors.NotFound | errors.AlreadyExists):
        resource = error_details_pb2.ResourceInfo(
            resource_type=error.resource_type, resource_name=error.resource_name, description=error.message
        )
        return [resource]
    if isinstance(error, errors.FailedPrecondition):
        violation = error_details_pb2.PreconditionFailure.Violation(
            type=error.reason, subject=error.subject, description=error.message
        )
        return [error_details_pb2.PreconditionFailure(violations=[violation])]
    if isinstance(error, errors.ResourceExhausted):
        quota = error_details_pb2.QuotaFailure.Violation(subject=error.subject, description=error.message)
        return [error_details_pb2.QuotaFailure(violations=[quota])]
    if isinstance(error, errors.InternalError):
        return [error_details_pb2.RequestInfo(request_id=request_id)]
    return []


def _bad_request(violations: Sequence[errors.Violation]) -> error_details_pb2.BadRequest:
    listed = error_details_pb2.BadRequest()
    for place, (field, text) in enumerate(violations):
        one = error_details_pb2.BadRequest.FieldViolation(field=field, description=text[:_MAX_DESCRIPTION])
        if listed.ByteSize() + one.ByteSize() > MAX_VIOLATION_BYTES:
            listed.field_violations.add(description=f"and {len(violations) - place} more violations")
            break
        listed.field_violations.append(one)
    return listed


def grpc_code(error: errors.InterplayError) -> grpc.StatusCode:
    return grpc.StatusCode[error.code]


def _duration(seconds: float) -> Duration:
    return Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))
