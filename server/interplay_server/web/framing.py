"""Frames of Connect and gRPC-Web: a byte of flags, four bytes of length, a payload. And how both say a time limit."""

import base64
import binascii
import struct
from typing import Final

from interplay_server.errors import DeadlineExceeded, InvalidMessage
from interplay_server.web.failures import refused

COMPRESSED, CONNECT_END, WEB_TRAILERS = 0x01, 0x02, 0x80
_HEAD = struct.Struct(">BI")
_MAX_PARTS = 1000
_LONGEST_SECONDS = 1e7
_UNITS: Final = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def frame(payload: bytes, flags: int = 0) -> bytes:
    return _HEAD.pack(flags, len(payload)) + payload


def only_message(body: bytes) -> bytes:
    """The payload of a body that is one frame. Raises Refused."""
    if not body:
        raise refused(InvalidMessage("the body must hold one message in one frame, and is empty"))
    if len(body) < _HEAD.size:
        raise refused(InvalidMessage("the body ends within the head of a frame"))
    flags, size = _HEAD.unpack_from(body)
    if flags:
        raise refused(InvalidMessage(f"the frame has flags {flags:#04x}: send it uncompressed, with flags 0"))
    payload = body[_HEAD.size :]
    if len(payload) < size:
        raise refused(InvalidMessage(f"the frame says {size} bytes, the body has {len(payload)} more"))
    if len(payload) > size:
        raise refused(InvalidMessage(f"the body must hold one frame alone: {len(payload) - size} bytes follow it"))
    return payload


def from_text(body: bytes) -> bytes:
    """The bytes of a body of gRPC-Web-Text: base64, of which padded parts may follow each other. Raises Refused."""
    parts: list[bytes] = []
    start = 0
    try:
        while start < len(body):
            if len(parts) == _MAX_PARTS:
                raise refused(InvalidMessage(f"the body is more than {_MAX_PARTS} parts of padded base64"))
            padding = body.find(b"=", start)
            end = len(body) if padding < 0 else padding + 2 if body[padding : padding + 2] == b"==" else padding + 1
            parts.append(base64.b64decode(body[start:end], validate=True))
            start = end
    except binascii.Error:
        raise refused(InvalidMessage("the body is not base64")) from None
    return b"".join(parts)


def connect_timeout(text: str | None) -> float | None:
    """Seconds of `connect-timeout-ms`. Raises Refused."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise refused(InvalidMessage("connect-timeout-ms must be a whole number of at most ten digits"))
    return _limit(int(text) / 1000)


def grpc_timeout(text: str | None) -> float | None:
    """Seconds of `grpc-timeout`. Raises Refused."""
    if text is None:
        return None
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= 8 and unit in _UNITS):
        raise refused(InvalidMessage("grpc-timeout must be at most eight digits and one of H, M, S, m, u, n"))
    return _limit(int(number) * _UNITS[unit])


def _limit(seconds: float) -> float:
    """What gRPC can hold of it. Raises Refused where the time is over before the call."""
    if seconds <= 0:
        raise refused(DeadlineExceeded("this call"))
    return min(seconds, _LONGEST_SECONDS)
