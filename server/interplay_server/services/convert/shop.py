"""What a shop tells: messages to domain, with the checks that the proto cannot state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from interplay.v1 import feature_pb2 as pb

from interplay_server.domain import commerce as domain
from interplay_server.errors import InterplayError, InvalidRequest, Violation
from interplay_server.services.convert.times import MAX_US, from_micros, is_valid, to_micros

_INSTANT = "must be an instant from 1970 to 9999"


@dataclass(slots=True)
class Events:
    """`events` are the good ones, `places` theirs in the batch as sent, None where all are good."""

    events: list[domain.FeatureEvent]
    size: int
    places: tuple[int, ...] | None
    rejected: list[tuple[int, InterplayError]]


def events_from_pb(
    messages: Sequence[pb.FeatureEvent],
    path: str,
    *,
    name: str,
    shop_id: str,
    partial: bool,
    bad_rows: Mapping[int, Sequence[Violation]] = MappingProxyType({}),
) -> Events:
    """An event without id gets `name` and its place. Raises InvalidRequest with all violations; with `partial` only
    where no good event is left.
    """
    good: list[domain.FeatureEvent] = []
    places: list[int] = []
    wrong: list[tuple[int, list[Violation]]] = []
    for place, message in enumerate(messages):
        if place in bad_rows:
            wrong.append((place, list(bad_rows[place])))
            continue
        violations: list[Violation] = []
        event = _event(message, f"{path}events[{place}]", f"{name}{place}", shop_id, violations)
        if violations:
            wrong.append((place, violations))
        else:
            good.append(event)
            places.append(place)
    if wrong and not (partial and good):
        raise InvalidRequest([one for _, many in wrong for one in many])
    rejected: list[tuple[int, InterplayError]] = [(place, InvalidRequest(many)) for place, many in wrong]
    return Events(good, len(messages), tuple(places) if wrong else None, rejected)


def _event(
    message: pb.FeatureEvent, path: str, name: str, shop_id: str, violations: list[Violation]
) -> domain.FeatureEvent:
    """Reads each field once: attribute access is the cost of upb messages."""
    customer, client = message.customer_id, message.client_id
    if not (customer or client):
        violations.append(Violation(f"{path}.customer_id", "must be given, or client_id for a guest"))
    if not (event_type := message.event_type).strip():
        violations.append(Violation(f"{path}.event_type", "must not be blank"))
    if (shop := message.shop_id) and shop != shop_id:
        violations.append(Violation(f"{path}.shop_id", "must be empty or the shop of this tenant"))
    return domain.FeatureEvent(
        message.event_id or name,
        instant(message.created_at, f"{path}.created_at", violations),
        event_type,
        customer,
        message.product_id,
        client,
        message.session_id,
        message.user_id,
        message.page_type,
        message.device_type,
        message.referrer_type,
        message.user_agent,
        message.view_duration if message.HasField("view_duration") else None,
        message.order_id,
        tuple(message.result_product_ids),
    )


def instant(stamp: Timestamp, path: str, violations: list[Violation]) -> int:
    """Microseconds; appends to `violations` where it is not from 1970 to 9999."""
    micros = to_micros(stamp)
    if not (0 <= micros <= MAX_US and is_valid(stamp)):
        violations.append(Violation(path, _INSTANT))
    return micros


def _given(message: Any, name: str, path: str, violations: list[Violation]) -> int | None:
    return instant(getattr(message, name), f"{path}.{name}", violations) if message.HasField(name) else None


def products_from_pb(messages: Iterable[pb.Product], violations: list[Violation]) -> list[domain.Product]:
    return [
        domain.Product(
            one.product_id,
            one.title,
            one.price if one.HasField("price") else None,
            one.currency,
            one.vendor,
            one.product_type,
            tuple(one.tags),
            one.available if one.HasField("available") else True,
            _given(one, "created_at", f"products[{at}]", violations),
        )
        for at, one in enumerate(messages)
    ]


def customers_from_pb(messages: Iterable[pb.Customer], violations: list[Violation]) -> list[domain.Customer]:
    return [
        domain.Customer(
            one.customer_id,
            one.email,
            one.first_name,
            one.last_name,
            tuple(one.tags),
            _given(one, "created_at", f"customers[{at}]", violations),
        )
        for at, one in enumerate(messages)
    ]


def orders_from_pb(messages: Iterable[pb.Order], violations: list[Violation]) -> list[domain.Order]:
    return [_order(one, f"orders[{at}]", violations) for at, one in enumerate(messages)]


def _order(message: pb.Order, path: str, violations: list[Violation]) -> domain.Order:
    lines = tuple(
        domain.OrderLine(
            line.line_id or str(at),
            line.product_id,
            line.quantity if line.HasField("quantity") else 1,
            line.price if line.HasField("price") else None,
        )
        for at, line in enumerate(message.lines, 1)
    )
    known = {line.line_id for line in lines}
    if len(known) < len(lines):
        violations.append(Violation(f"{path}.lines", "must have different line_ids"))
    for at, refund in enumerate(message.refunds):
        if refund.line_id not in known:
            violations.append(Violation(f"{path}.refunds[{at}].line_id", "must be one of the order's lines"))
    return domain.Order(
        message.order_id,
        message.customer_id,
        instant(message.created_at, f"{path}.created_at", violations),
        message.currency,
        message.total_price if message.HasField("total_price") else None,
        message.financial_status,
        message.test,
        _given(message, "cancelled_at", path, violations),
        lines,
        tuple(
            domain.Refund(
                refund.refund_id,
                refund.line_id,
                refund.quantity,
                instant(refund.created_at, f"{path}.refunds[{at}].created_at", violations),
            )
            for at, refund in enumerate(message.refunds)
        ),
    )


def links_from_pb(messages: Iterable[pb.IdentityLink], violations: list[Violation]) -> list[domain.IdentityLink]:
    return [
        domain.IdentityLink(
            one.client_id, one.customer_id, instant(one.linked_at, f"links[{at}].linked_at", violations)
        )
        for at, one in enumerate(messages)
    ]


def event_to_pb(row: Mapping[str, Any]) -> pb.FeatureEvent:
    """From a stored row by names."""
    return pb.FeatureEvent(
        event_id=row["event_id"],
        customer_id=row["customer_id"],
        product_id=row["product_id"],
        event_type=row["event_type"],
        page_type=row["page_type"],
        device_type=row["device_type"],
        referrer_type=row["referrer_type"],
        view_duration=row["view_duration"],
        created_at=from_micros(row["created_at"]),
        user_id=row["user_id"],
        client_id=row["client_id"],
        session_id=row["session_id"],
        order_id=row["order_id"],
        user_agent=row["user_agent"],
        result_product_ids=row["result_product_ids"],
        seq=row["seq"],
    )
