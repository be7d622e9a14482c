"""Filters of requests: typed fields to a typed filter, with the checks that the proto cannot state."""

from typing import Any

from google.protobuf.message import Message

from interplay_server.domain.query import InteractionFilter
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.services.convert.interactions import action_name, role_class_name
from interplay_server.services.convert.times import is_valid, to_micros

_TEXT = ("user_id", "session_id", "request_id", "source", "agent_id", "agent_version", "role", "external_id")
_TIMES = ("start_time", "end_time", "as_of")


def filter_from_pb(request: Message, *, without: tuple[str, ...] = ()) -> InteractionFilter:
    """From whichever filter fields the request's type has. Raises InvalidRequest for times that are none."""
    fields = request.DESCRIPTOR.fields_by_name
    made: dict[str, Any] = {name: getattr(request, name) for name in _TEXT if name in fields and name not in without}
    violations: list[Violation] = []
    for name in _TIMES:
        if name in fields and request.HasField(name):
            stamp = getattr(request, name)
            if is_valid(stamp):
                made[name] = to_micros(stamp)
            else:
                violations.append(Violation(name, "must be an instant from year 1 to 9999"))
    if (
        made.get("start_time") is not None
        and made.get("end_time") is not None
        and made["start_time"] > made["end_time"]
    ):
        violations.append(Violation("end_time", "must not be before start_time"))
    if violations:
        raise InvalidRequest(violations, request)
    if "role_class" in fields:
        made["role_class"] = role_class_name(request.role_class)  # type: ignore[attr-defined]
    if "user_action" in fields:
        made["user_action"] = action_name(request.user_action)  # type: ignore[attr-defined]
    return InteractionFilter(**made)


def instant_from_pb(request: Message, name: str) -> int | None:
    """Microseconds; None where the field is not set. Raises InvalidRequest."""
    if not request.HasField(name):
        return None
    stamp = getattr(request, name)
    if not is_valid(stamp):
        raise InvalidRequest([Violation(name, "must be an instant from year 1 to 9999")], request)
    return to_micros(stamp)


def times_from_pb(request: Message) -> tuple[int | None, int | None]:
    """start_time and end_time. Raises InvalidRequest."""
    start, end = instant_from_pb(request, "start_time"), instant_from_pb(request, "end_time")
    if start is not None and end is not None and start > end:
        raise InvalidRequest([Violation("end_time", "must not be before start_time")], request)
    return start, end


def query_key(request: Message, *positions: str) -> bytes:
    """What a page token is bound to: the request without the fields that move through the pages."""
    query = type(request)()
    query.CopyFrom(request)
    for name in ("page_token", "page_size", *positions):
        query.ClearField(name)
    return type(request).__name__.encode() + query.SerializeToString(deterministic=True)


def page_size(asked: int) -> int:
    """0 means 50; more than 1,000 is cut."""
    return min(asked or 50, 1000)
