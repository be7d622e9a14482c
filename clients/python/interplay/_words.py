"""Enum values of the learning services by their bare words, and rows as arguments say them."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from google.protobuf import field_mask_pb2, json_format

from interplay import types
from interplay.types import Word
from interplay.v1 import interaction_service_pb2 as service
from interplay.v1 import learning_pb2, learning_service_pb2, playbook_pb2, playbook_service_pb2

Words = Iterable[Word] | Word
"""One enum value or several."""


class OlderNames(TypedDict, total=False):
    """What the parts of a lesson were called before."""

    when_condition: str
    do_action: str
    do_not_action: str


_NEWER = {"when_condition": "trigger", "do_action": "instruction", "do_not_action": "pitfall"}


def renamed(older: OlderNames, **given: Any) -> dict[str, Any]:
    """`given` with the values of older names. Raises TypeError for unknown ones, ValueError where both are said."""
    if unknown := sorted(older.keys() - _NEWER.keys()):
        raise TypeError(f"unknown argument: {', '.join(unknown)}")
    for old, value in older.items():
        if given.get(_NEWER[old]):
            raise ValueError(f"{_NEWER[old]} and {old} are the same thing; give one")
        given[_NEWER[old]] = value
    return given


def changed(**given: Any) -> tuple[dict[str, Any], field_mask_pb2.FieldMask]:
    """The fields that are not None and their mask. Raises ValueError where nothing is to be changed."""
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise ValueError("nothing to change was given")
    return values, field_mask_pb2.FieldMask(paths=list(values))


def blocking_issue(value: Any) -> playbook_pb2.BlockingIssue | None:
    """A message, a mapping {kind, details} or a bare kind (`missing_tool`); None stays None."""
    if value is None or isinstance(value, playbook_pb2.BlockingIssue):
        return value
    given = value if isinstance(value, Mapping) else {"kind": value}
    types.refuse_unknown(given, ("kind", "details"), "entry of blocking_issue")
    kind = types.enum_value(playbook_pb2.BlockingKind, "BLOCKING_KIND_", given.get("kind"), "blocking_issue.kind")
    return playbook_pb2.BlockingIssue(kind=kind, details=given.get("details") or "")


def texts(value: Iterable[str] | None, what: str) -> list[str] | None:
    """A list of texts; None stays None. Raises TypeError for a single text, which would be taken apart."""
    if isinstance(value, str):
        raise TypeError(f"{what} must be a list of texts")
    return value if value is None else list(value)


def message(kind: Any, value: Any, what: str) -> Any:
    """A message as it is, or made of a mapping of its fields. Raises TypeError, ValueError."""
    if isinstance(value, kind):
        return value
    given = {name: one for name, one in value.items() if one is not None}
    types.refuse_unknown(given, (field.name for field in kind.DESCRIPTOR.fields), what)
    try:
        return json_format.ParseDict(given, kind())
    except json_format.ParseError as error:
        raise ValueError(f"{what}: {error}") from error


def search_mode(value: Word) -> Any:
    return types.enum_value(service.SearchMode, "SEARCH_MODE_", value, "mode")


def consistency(value: Word) -> Any:
    return types.enum_value(service.Consistency, "CONSISTENCY_", value, "consistency")


def arm(value: Word) -> Any:
    return types.enum_value(learning_pb2.Arm, "ARM_", value, "arm")


def method(value: Word) -> Any:
    return types.enum_value(learning_pb2.LearningMethod, "LEARNING_METHOD_", value, "method")


def time_to_live(value: Word) -> Any:
    return types.enum_value(learning_pb2.TimeToLive, "TIME_TO_LIVE_", value, "time_to_live")


def generation_kind(value: Word) -> Any:
    return types.enum_value(learning_service_pb2.GenerationKind, "GENERATION_KIND_", value, "kind")


def review_decision(value: Word) -> Any:
    return types.enum_value(playbook_service_pb2.ReviewDecision, "REVIEW_DECISION_", value, "decision")


def lifecycles(values: Words) -> list[Any]:
    return [types.enum_value(learning_pb2.Lifecycle, "LIFECYCLE_", value, "lifecycles") for value in each(values)]


def approval_statuses(values: Words) -> list[Any]:
    return [
        types.enum_value(playbook_pb2.ApprovalStatus, "APPROVAL_STATUS_", value, "approval_statuses")
        for value in each(values)
    ]


def change_types(values: Words) -> list[Any]:
    return [
        types.enum_value(learning_pb2.LearningChangeType, "LEARNING_CHANGE_TYPE_", value, "change_types")
        for value in each(values)
    ]


def each(values: Words) -> Iterable[Word]:
    """One value as several; None is none."""
    if values is None:
        return ()
    return (values,) if isinstance(values, str | int) else values
