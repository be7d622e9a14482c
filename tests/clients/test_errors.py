"""Every code and detail becomes the right exception."""

import inspect

import grpc
import interplay
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from interplay import errors
from interplay._transport import may_reconnect
from interplay.errors import InterplayError, from_rpc_error, from_status

LEAVES = {
    "INVALID_ARGUMENT": interplay.InvalidArgumentError,
    "NOT_FOUND": interplay.NotFoundError,
    "ALREADY_EXISTS": interplay.AlreadyExistsError,
    "FAILED_PRECONDITION": interplay.FailedPreconditionError,
    "OUT_OF_RANGE": interplay.OutOfRangeError,
    "ABORTED": interplay.AbortedError,
    "RESOURCE_EXHAUSTED": interplay.ResourceExhaustedError,
    "UNAUTHENTICATED": interplay.UnauthenticatedError,
    "PERMISSION_DENIED": interplay.PermissionDeniedError,
    "UNAVAILABLE": interplay.UnavailableError,
    "DEADLINE_EXCEEDED": interplay.DeadlineExceededError,
    "UNIMPLEMENTED": interplay.UnimplementedError,
    "INTERNAL": interplay.InternalError,
}


def packed(message):
    box = AnyMessage()
    box.Pack(message)
    return box


def status(code, *details, message="why"):
    return status_pb2.Status(code=code_pb2.Code.Value(code), message=message, details=[packed(one) for one in details])


def failed(given, code=None):
    """As grpc raises it."""
    return grpc.aio.AioRpcError(
        getattr(grpc.StatusCode, code or code_pb2.Code.Name(given.code)),
        grpc.aio.Metadata(),
        grpc.aio.Metadata(("grpc-status-details-bin", given.SerializeToString())),
        details=given.message,
    )


INFO = error_details_pb2.ErrorInfo(reason="SESSION_NOT_FOUND", domain="interplay", metadata={"resourceName": "s1"})


@pytest.mark.parametrize("code", LEAVES)
@pytest.mark.parametrize("read", [from_status, lambda given: from_rpc_error(failed(given))])
def test_each_code_has_its_class(code, read):
    error = read(status(code, INFO))
    assert type(error) is LEAVES[code]
    assert isinstance(error, InterplayError)
    assert (error.code, error.reason, error.message) == (code, "SESSION_NOT_FOUND", "why")
    assert error.metadata == {"resourceName": "s1"}
    assert str(error) == f"{code} (SESSION_NOT_FOUND): why"


@pytest.mark.parametrize("code", ["CANCELLED", "UNKNOWN", "DATA_LOSS"])
def test_other_codes_are_the_base_class(code):
    error = from_rpc_error(failed(status(code)))
    assert type(error) is InterplayError
    assert error.code == code


def test_a_code_of_the_future_is_unknown():
    assert from_status(status_pb2.Status(code=99, message="?")).code == "UNKNOWN"


def test_all_details_are_read():
    error = from_rpc_error(
        failed(
            status(
                "RESOURCE_EXHAUSTED",
                error_details_pb2.BadRequest(
                    field_violations=[
                        {"field": "interactions[2].role", "description": "too long"},
                        {"field": "user_id", "description": "must not be empty"},
                    ]
                ),
                error_details_pb2.PreconditionFailure(violations=[{"subject": "disk", "description": "read-only"}]),
                error_details_pb2.QuotaFailure(violations=[{"subject": "calls", "description": "too many"}]),
                error_details_pb2.RetryInfo(retry_delay=Duration(seconds=2, nanos=500_000_000)),
                error_details_pb2.RequestInfo(request_id="01J"),
                error_details_pb2.ResourceInfo(resource_type="session", resource_name="s1"),
            )
        )
    )
    assert error.violations == (
        ("interactions[2].role", "too long"),
        ("user_id", "must not be empty"),
        ("disk", "read-only"),
        ("calls", "too many"),
    )
    assert error.violations[0].field == "interactions[2].role"
    assert error.retry_after == 2.5
    assert error.request_id == "01J"
    assert error.resource == ("session", "s1")


def test_without_details_code_and_message_hold():
    error = from_rpc_error(failed(status("UNAVAILABLE", message="connection refused")))
    assert (error.reason, error.metadata, error.violations, error.retry_after) == ("", {}, (), None)
    assert str(error) == "UNAVAILABLE: connection refused"


def test_mangled_details_do_not_hide_the_code():
    broken = grpc.aio.AioRpcError(
        grpc.StatusCode.NOT_FOUND,
        grpc.aio.Metadata(),
        grpc.aio.Metadata(("grpc-status-details-bin", b"\xff\xff\xff")),
        details="gone",
    )
    assert isinstance(from_rpc_error(broken), interplay.NotFoundError)
    bad_detail = status("NOT_FOUND", INFO)
    bad_detail.details.append(AnyMessage(type_url="type.googleapis.com/google.rpc.RetryInfo", value=b"\xff\xff\xff"))
    assert from_status(bad_detail).reason == "SESSION_NOT_FOUND"


def test_details_of_unknown_types_are_skipped():
    given = status("NOT_FOUND", INFO)
    given.details.insert(0, AnyMessage(type_url="type.googleapis.com/acme.Extra", value=b"\x08\x01"))
    assert from_status(given).reason == "SESSION_NOT_FOUND"


def test_the_outline_names_every_class():
    found = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, InterplayError)}
    drawn = {word for line in errors.__doc__.splitlines() for word in line.split() if word.endswith("Error")}
    assert drawn == found
    assert found <= set(interplay.__all__)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("UNAVAILABLE", "SERVER_DRAINING", True),
        ("UNAVAILABLE", "", True),
        ("RESOURCE_EXHAUSTED", "SLOW_CONSUMER", True),
        ("INTERNAL", "", True),
        ("INTERNAL", "INTERNAL", False),
        ("UNKNOWN", "", True),
        ("ABORTED", "STREAM_SUPERSEDED", False),
        ("UNAUTHENTICATED", "CREDENTIAL_INVALID", False),
        ("NOT_FOUND", "", False),
    ],
)
def test_only_what_another_call_can_mend_is_called_again(code, reason, expected):
    assert may_reconnect(InterplayError("", code=code, reason=reason)) is expected
