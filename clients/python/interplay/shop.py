"""What a shop tells, as a program writes it, and how it becomes messages."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from google.protobuf import timestamp_pb2
from google.protobuf.message import Message

from interplay import types
from interplay.v1 import feature_pb2

M = TypeVar("M", bound=Message)

EventLike = feature_pb2.FeatureEvent | Mapping[str, Any]
"""A message or a mapping of its fields; `id` is another name of `event_id`."""
ProductLike = feature_pb2.Product | Mapping[str, Any]
"""A message or a mapping of its fields; without `product_id` its `id` counts."""
CustomerLike = feature_pb2.Customer | Mapping[str, Any]
"""A message or a mapping of its fields; without `customer_id` its `id` counts."""
OrderLike = feature_pb2.Order | Mapping[str, Any]
"""A message or a mapping of its fields; `id` for `order_id`, `line_items` or `line_item_data` for `lines`."""
LinkLike = feature_pb2.IdentityLink | Mapping[str, Any]
"""A message or a mapping of client_id, customer_id and linked_at."""

# Columns of a shop's own tables that are no fields of the messages.
_UNSTORED = frozenset({"id", "shop_id", "updated_at"})
_LINES = ("lines", "line_items", "line_item_data")


def event(value: EventLike) -> feature_pb2.FeatureEvent:
    """The message of an event. Raises TypeError for unknown fields, ValueError for values that it cannot hold."""
    given = _given(value, "event")
    if isinstance(given, dict):
        _rename(given, "id", "event_id")
        given.pop("updated_at", None)
    return _made(feature_pb2.FeatureEvent, given, "event", frozenset())


def product(value: ProductLike) -> feature_pb2.Product:
    return _made(feature_pb2.Product, _identified(value, "product"), "product")


def customer(value: CustomerLike) -> feature_pb2.Customer:
    return _made(feature_pb2.Customer, _identified(value, "customer"), "customer")


def order(value: OrderLike) -> feature_pb2.Order:
    given = _identified(value, "order")
    if isinstance(given, dict):
        told = [name for name in _LINES if name in given]
        if len(told) > 1:
            raise ValueError(f"{' and '.join(told)} are the same thing; give one")
        if told:
            given["lines"] = [_line(one) for one in given.pop(told[0])]
        given["refunds"] = [
            _made(feature_pb2.Refund, _given(one, "refund"), "refund") for one in given.get("refunds", ())
        ]
    return _made(feature_pb2.Order, given, "order")


def link(value: LinkLike) -> feature_pb2.IdentityLink:
    return _made(feature_pb2.IdentityLink, _given(value, "identity link"), "identity link")


def events(values: EventLike | Iterable[EventLike]) -> list[feature_pb2.FeatureEvent]:
    """The messages of one or several events."""
    return each(event, values)


def each(make: Callable[[Any], M], values: Any) -> list[M]:
    """The messages of one value or several."""
    return [make(values)] if isinstance(values, Message | Mapping) else [make(one) for one in values]


def _line(value: Any) -> feature_pb2.OrderLine:
    given = _given(value, "order line")
    if isinstance(given, dict):
        _rename(given, "id", "line_id")
        for name in ("order_id", "created_at"):
            given.pop(name, None)
    return _made(feature_pb2.OrderLine, given, "order line")


def _given(value: Any, what: str) -> Any:
    """A message as it is, a mapping as a dict without what is None."""
    if isinstance(value, Message):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"an {what} is a message or a mapping, not {type(value).__name__}")
    return {name: one for name, one in value.items() if one is not None}


def _identified(value: Any, what: str) -> Any:
    given = _given(value, what)
    if isinstance(given, dict):
        _rename(given, "id", f"{what}_id")
    return given


def _rename(given: dict[str, Any], name: str, wanted: str) -> None:
    if name in given:
        other = given.pop(name)
        given.setdefault(wanted, other)


def _made(kind: type[M], given: Any, what: str, unstored: frozenset[str] = _UNSTORED) -> M:
    if isinstance(given, Message):
        if not isinstance(given, kind):
            raise TypeError(f"an {what} is {kind.__name__}, not {type(given).__name__}")
        return given
    fields = kind.DESCRIPTOR.fields_by_name
    types.refuse_unknown(given, {*fields, *unstored}, what)
    told: dict[str, Any] = {}
    for name, one in given.items():
        if name in fields:
            told[name] = types.timestamp(one, name) if _is_time(fields[name]) else one
    try:
        return kind(**told)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what}: {error}") from None


def _is_time(field: Any) -> bool:
    return (
        field.message_type is not None and field.message_type.full_name == timestamp_pb2.Timestamp.DESCRIPTOR.full_name
    )
