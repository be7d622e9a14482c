"""What the kernel reads, as Arrow tables with the field names of `domain.commerce`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from interplay_server.domain.commerce import Customer, FeatureEvent, IdentityLink, Order, Product

_TEXT, _TIME = pa.string(), pa.int64()

EVENTS = pa.schema(
    [
        ("event_id", _TEXT),
        ("created_at", _TIME),
        ("event_type", _TEXT),
        ("customer_id", _TEXT),
        ("product_id", _TEXT),
        ("client_id", _TEXT),
        ("session_id", _TEXT),
        ("user_id", _TEXT),
        ("page_type", _TEXT),
        ("device_type", _TEXT),
        ("referrer_type", _TEXT),
        ("user_agent", _TEXT),
        ("view_duration", pa.float64()),
        ("order_id", _TEXT),
        ("result_product_ids", pa.list_(_TEXT)),
        ("seq", pa.int64()),
    ]
)
"""`seq` is the order of arrival, different for each event; texts may be null where they are empty."""

PRODUCTS = pa.schema(
    [
        ("product_id", _TEXT),
        ("title", _TEXT),
        ("price", pa.float64()),
        ("currency", _TEXT),
        ("vendor", _TEXT),
        ("product_type", _TEXT),
        ("tags", pa.list_(_TEXT)),
        ("available", pa.bool_()),
        ("created_at", _TIME),
    ]
)

CUSTOMERS = pa.schema(
    [
        ("customer_id", _TEXT),
        ("email", _TEXT),
        ("first_name", _TEXT),
        ("last_name", _TEXT),
        ("tags", pa.list_(_TEXT)),
        ("created_at", _TIME),
    ]
)

_LINE = pa.struct([("line_id", _TEXT), ("product_id", _TEXT), ("quantity", pa.int64()), ("price", pa.float64())])
_REFUND = pa.struct([("refund_id", _TEXT), ("line_id", _TEXT), ("quantity", pa.int64()), ("created_at", _TIME)])

ORDERS = pa.schema(
    [
        ("order_id", _TEXT),
        ("customer_id", _TEXT),
        ("created_at", _TIME),
        ("currency", _TEXT),
        ("total_price", pa.float64()),
        ("financial_status", _TEXT),
        ("test", pa.bool_()),
        ("cancelled_at", _TIME),
        ("lines", pa.list_(_LINE)),
        ("refunds", pa.list_(_REFUND)),
    ]
)
"""One record for each order_id: the last upserted one."""

LINKS = pa.schema([("client_id", _TEXT), ("customer_id", _TEXT), ("linked_at", _TIME)])

CATALOGUE = pa.schema([("attribute", _TEXT), ("value", _TEXT), ("share", pa.float64())])
"""Share of all products that have a value of `vendor`, `category` or `tag`."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything about a set of customers.

    `events` hold those of the customers and those of guests whose client_id is linked to one of them, of copies of
    (event_id, product_id) at least the first received; `links` all links of these client_ids, to other customers too.
    Records are one for each id. `products` hold at least the products of the events and lines; where they are not the
    whole catalogue, `catalogue` tells its shares (`kernel.catalogue_shares`).
    """

    events: pa.Table
    products: pa.Table
    customers: pa.Table
    orders: pa.Table
    links: pa.Table
    catalogue: pa.Table | None = None


def event_table(events: Iterable[FeatureEvent], first_seq: int = 0) -> pa.Table:
    """Events in order of arrival."""
    rows = [(*msgspec.structs.astuple(event), first_seq + i) for i, event in enumerate(events)]
    return _table(rows, EVENTS)


def product_table(products: Iterable[Product]) -> pa.Table:
    return _table([msgspec.structs.astuple(one) for one in products], PRODUCTS)


def customer_table(customers: Iterable[Customer]) -> pa.Table:
    return _table([msgspec.structs.astuple(one) for one in customers], CUSTOMERS)


def order_table(orders: Iterable[Order]) -> pa.Table:
    rows = []
    for order in orders:
        plain = msgspec.structs.asdict(order)
        plain["lines"] = [msgspec.structs.asdict(line) for line in order.lines]
        plain["refunds"] = [msgspec.structs.asdict(refund) for refund in order.refunds]
        rows.append(tuple(plain.values()))
    return _table(rows, ORDERS)


def link_table(links: Iterable[IdentityLink]) -> pa.Table:
    return _table([msgspec.structs.astuple(one) for one in links], LINKS)


def links_of(events: Iterable[FeatureEvent]) -> list[IdentityLink]:
    """The links that `customer_linked` events tell; who records such events upserts these."""
    return [
        IdentityLink(event.client_id, event.customer_id, event.created_at)
        for event in events
        if event.event_type.strip().lower() == "customer_linked" and event.client_id and event.customer_id
    ]


def inputs(
    events: Iterable[FeatureEvent] = (),
    products: Iterable[Product] = (),
    customers: Iterable[Customer] = (),
    orders: Iterable[Order] = (),
    links: Iterable[IdentityLink] = (),
) -> Inputs:
    """Tables of everything, events in order of arrival."""
    return Inputs(
        event_table(events), product_table(products), customer_table(customers), order_table(orders), link_table(links)
    )


def _table(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema=schema)
