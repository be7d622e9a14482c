"""Timestamps and durations: microseconds inside, protobuf outside."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

MIN_US = 0
MAX_US = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z, the last instant that a Timestamp holds."""


def to_micros(stamp: Timestamp) -> int:
    return stamp.seconds * 1_000_000 + stamp.nanos // 1000


def valid_micros(stamp: Timestamp) -> int | None:
    """None for one that protobuf forbids."""
    seconds, nanos = stamp.seconds, stamp.nanos
    if not (0 <= nanos < 1_000_000_000 and -62_135_596_800 <= seconds <= 253_402_300_799):
        return None
    return seconds * 1_000_000 + nanos // 1000


def is_valid(stamp: Timestamp) -> bool:
    return 0 <= stamp.nanos < 1_000_000_000 and -62_135_596_800 <= stamp.seconds <= 253_402_300_799


def from_micros(micros: int) -> Timestamp:
    seconds, rest = divmod(micros, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def duration(seconds: float) -> Duration:
    return Duration(seconds=int(seconds), nanos=round(seconds % 1 * 1e9))
