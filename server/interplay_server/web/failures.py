"""Errors on their way to a browser: google.rpc.Status, and what Connect and gRPC-Web make of it."""

import base64
from typing import Any, Final
from urllib.parse import quote

import grpc
from google.protobuf import json_format
from google.rpc import code_pb2, status_pb2

from interplay_server.errors import DeadlineExceeded, InterplayError, MethodUnimplemented, RateLimited, ServerDraining
from interplay_server.interceptors.status import DETAILS_KEY, to_status

HTTP_STATUS: Final = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}
_DETAILS_HEADER_BYTES = 8192


class Refused(Exception):
    """The gateway answers by itself; `http_status` is for what is not about a call."""

    def __init__(self, status: status_pb2.Status, http_status: int | None = None) -> None:
        super().__init__(status.message)
        self.status = status
        self.http_status = http_status or HTTP_STATUS[code_name(status)]


def refused(error: InterplayError, request_id: str = "", method: str = "") -> Refused:
    return Refused(to_status(error, request_id, method))


def unimplemented(sentence: str, method: str = "") -> Refused:
    error = MethodUnimplemented(method)
    error.message = sentence
    return refused(error)


def busy() -> Refused:
    error = RateLimited("", 0)
    error.message, error.subject = "too many bytes of requests are under way", "bytes of requests under way"
    error.metadata = {}
    return refused(error)


def code_name(status: status_pb2.Status) -> str:
    name = code_pb2.Code.Name(status.code) if status.code in code_pb2.Code.values() else "UNKNOWN"
    return name if name in HTTP_STATUS else "UNKNOWN"


def of_call(error: grpc.aio.AioRpcError, method: str) -> status_pb2.Status:
    """What the server answered. Where the channel itself ended the call, the server's words for the same."""
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return to_status(DeadlineExceeded(method), "", method)
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return to_status(ServerDraining(), "", method)
    return status_pb2.Status(code=error.code().value[0], message=error.details() or "")


def connect_json(status: status_pb2.Status) -> dict[str, Any]:
    """The error of the Connect protocol; `debug` holds each detail as JSON."""
    name = code_name(status)
    made: dict[str, Any] = {"code": "canceled" if name == "CANCELLED" else name.lower()}
    if status.message:
        made["message"] = status.message
    if status.details:
        made["details"] = [_detail(one) for one in status.details]
    return made


def _detail(packed: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": packed.type_url.rpartition("/")[2],
        "value": base64.b64encode(packed.value).decode().rstrip("="),
    }
    try:
        debug = json_format.MessageToDict(packed)
    except TypeError:
        return made
    debug.pop("@type", None)
    return made | {"debug": debug}


def trailers(status: status_pb2.Status | None) -> bytes:
    """The block of trailers of gRPC-Web; None is OK."""
    if status is None:
        return b"grpc-status: 0\r\n"
    code = code_pb2.Code.Value(code_name(status))
    lines = [f"grpc-status: {code}", f"grpc-message: {quote(status.message, safe=_UNQUOTED)}"]
    details = base64.b64encode(status.SerializeToString()).decode().rstrip("=")
    if status.details and len(details) <= _DETAILS_HEADER_BYTES:
        lines.append(f"{DETAILS_KEY}: {details}")
    return "".join(f"{line}\r\n" for line in lines).encode()


_UNQUOTED = " !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~"
