"""Collections of what a shop tells, and the events that interactions about a product stand for."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from interplay_server.domain.commerce import Customer, FeatureEvent, IdentityLink, Order, OrderLine, Product, Refund
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.interaction import NO_ACTION, Interaction
from interplay_server.domain.records import Collection, Field, Index, Removal, Rows, Type, Values

BUCKETS = 256
"""Parts of the customers that a run takes one after the other, or several machines at once."""
SEPARATOR = "\x1f"
"""Joins the parts of a key; ids hold no control characters."""
AFTER_APPEND = "\x1f"
"""Begins the id of an event that follows the name of the append it comes in."""
SYNTHETIC = "synthetic"
_LINKED = "customer_linked"

_SORTED, _FEW = Index.SORTED, Index.FEW
_BUCKET = Field("bucket", Type.INT, _FEW)

EVENTS = Collection(
    "events",
    (
        Field("event_id", index=_SORTED),
        Field("created_at", Type.INT, _SORTED),
        Field("event_type"),
        Field("customer_id", index=_SORTED),
        Field("product_id", index=_SORTED),
        Field("client_id", index=_SORTED),
        Field("session_id"),
        Field("user_id"),
        Field("page_type"),
        Field("device_type"),
        Field("referrer_type"),
        Field("user_agent"),
        Field("view_duration", Type.FLOAT),
        Field("order_id"),
        Field("result_product_ids", Type.TEXTS),
        _BUCKET,
    ),
    append_only=True,
)
"""The fields of `commerce.FeatureEvent`; `bucket` is that of its customer, None for a guest."""

PRODUCTS = Collection(
    "products",
    (
        Field("product_id", index=_SORTED),
        Field("title"),
        Field("price", Type.FLOAT),
        Field("currency"),
        Field("vendor"),
        Field("product_type"),
        Field("tags", Type.TEXTS),
        Field("available", Type.BOOL),
        Field("created_at", Type.INT),
    ),
)

CUSTOMERS = Collection(
    "customers",
    (
        Field("customer_id", index=_SORTED),
        Field("email"),
        Field("first_name"),
        Field("last_name"),
        Field("tags", Type.TEXTS),
        Field("created_at", Type.INT),
        _BUCKET,
    ),
)

ORDERS = Collection(
    "orders",
    (
        Field("order_id", index=_SORTED),
        Field("customer_id", index=_SORTED),
        Field("created_at", Type.INT),
        Field("currency"),
        Field("total_price", Type.FLOAT),
        Field("financial_status"),
        Field("test", Type.BOOL),
        Field("cancelled_at", Type.INT),
        Field("lines", Type.BYTES),
        Field("refunds", Type.BYTES),
        Field("latest", Type.INT, _SORTED),
        _BUCKET,
    ),
)
"""`lines` and `refunds` as MessagePack; `latest` is the last instant at which the order says something new."""

LINKS = Collection(
    "identity_links",
    (
        Field("link_id", index=_SORTED),
        Field("client_id", index=_SORTED),
        Field("customer_id", index=_SORTED),
        Field("linked_at", Type.INT, _SORTED),
        _BUCKET,
    ),
)

MARKS = Collection(
    "feature_marks",
    (Field("mark_id", index=_SORTED), Field("kind"), Field("subjects", Type.TEXTS)),
    append_only=True,
)
"""Customers, clients or products that must be computed anew although no row beyond the watermark says so."""
MARK_CUSTOMER, MARK_CLIENT, MARK_PRODUCT, MARK_ALL = "customer", "client", "product", "all"

IMPORTS = Collection(
    "shop_imports",
    (Field("import_id", index=_SORTED), Field("progress", Type.BYTES), Field("update_time", Type.INT)),
)

FEATURES = "features"
"""Table of computed rows."""
DERIVED_KEY, DERIVED_BUCKET, REVISION = "key", "bucket", "revision"
"""Columns of every row that can be computed again."""

SHOP_COLLECTIONS = (EVENTS, PRODUCTS, CUSTOMERS, ORDERS, LINKS, MARKS, IMPORTS)

_lines = msgspec.msgpack.Decoder(tuple[OrderLine, ...])
_refunds = msgspec.msgpack.Decoder(tuple[Refund, ...])
_encoder = msgspec.msgpack.Encoder()

_CANONICAL = {
    "view": "product_viewed",
    "cart_add": "product_added_to_cart",
    "cart_remove": "product_removed_from_cart",
    "cart_view": "cart_viewed",
    "checkout": "checkout_started",
    "purchase": "checkout_completed",
    "search": "search_submitted",
    "collection": "collection_viewed",
    "rec_view": "recommendation_viewed",
    "rec_click": "recommendation_clicked",
    "rec_decline": "recommendation_declined",
}
"""Words of events for the canonical types that a product_ref names."""
_VIEW = "VIEW"


@lru_cache(maxsize=65_536)
def bucket_of(customer_id: str) -> int:
    """0 to BUCKETS - 1, the same on every machine."""
    return hashlib.blake2b(customer_id.encode(), digest_size=8).digest()[-1]


def event_row(event: FeatureEvent) -> Values:
    customer = event.customer_id
    return (*msgspec.structs.astuple(event), bucket_of(customer) if customer else None)


def product_row(product: Product) -> Values:
    return msgspec.structs.astuple(product)


def customer_row(customer: Customer) -> Values:
    return (*msgspec.structs.astuple(customer), bucket_of(customer.customer_id))


def order_row(order: Order) -> Values:
    *plain, _, _ = msgspec.structs.astuple(order)
    instants = [order.created_at, order.cancelled_at or 0, *(refund.created_at for refund in order.refunds)]
    return (
        *plain,
        _encoder.encode(order.lines),
        _encoder.encode(order.refunds),
        max(instants),
        bucket_of(order.customer_id),
    )


def order_of(row: dict[str, Any]) -> Order:
    """From a stored row by names."""
    return Order(
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        created_at=row["created_at"],
        currency=row["currency"],
        total_price=row["total_price"],
        financial_status=row["financial_status"],
        test=row["test"],
        cancelled_at=row["cancelled_at"],
        lines=_lines.decode(row["lines"]),
        refunds=_refunds.decode(row["refunds"]),
    )


def link_row(link: IdentityLink) -> Values:
    return (
        link_id(link),
        link.client_id,
        link.customer_id,
        link.linked_at,
        bucket_of(link.customer_id),
    )


def link_id(link: IdentityLink) -> str:
    return SEPARATOR.join((link.client_id, link.customer_id, str(link.linked_at)))


def mark(kind: str, subjects: Iterable[str] = ()) -> Values:
    return (new_ulid(), kind, tuple(subjects))


def full_id(event_id: str, append: str) -> str:
    """`append` names the append of a stream that an event came in."""
    return f"{append}/{event_id[1:]}" if event_id.startswith(AFTER_APPEND) else event_id


def recorded(rows: Sequence[tuple[str, int, Values]], append: str) -> tuple[tuple[str, int, Values], ...]:
    """Committed rows of any collection: ids of events made whole, and the links that customer_linked events tell."""
    made: list[tuple[str, int, Values]] = []
    for name, seq, values in rows:
        if name != EVENTS.name:
            made.append((name, seq, values))
            continue
        if values[0].startswith(AFTER_APPEND):
            values = (full_id(values[0], append), *values[1:])  # noqa: PLW2901 - the row as it is kept
        made.append((name, seq, values))
        _, created_at, event_type, customer_id, _, client_id, *_ = values
        if client_id and customer_id and event_type.strip().lower() == _LINKED:
            made.append((LINKS.name, seq, link_row(IdentityLink(client_id, customer_id, created_at))))
    return tuple(made)


def published(rows: Sequence[Interaction]) -> tuple[tuple[str, int, Values], ...]:
    """The events that published interactions stand for, with their sequence numbers."""
    return tuple(
        [
            (EVENTS.name, row.seq, event_row(event))
            for row in rows
            if row.data.details is not None and (event := event_of(row)) is not None
        ]
    )


def deleted(interaction_ids: tuple[str, ...], customers: tuple[str, ...], seq: int) -> Rows | None:
    """What the deletion of interactions does to the events that they stood for."""
    if not customers:
        return None
    put = ((MARKS.name, seq, (f"deletion {seq}", MARK_CUSTOMER, customers)),)
    return Rows(seq, put, (Removal(EVENTS.name, EVENTS.key, interaction_ids),))


def event_of(row: Interaction) -> FeatureEvent | None:
    """The event that an interaction about a product stands for; None where it stands for none."""
    header, data = row.header, row.data
    reference = data.details.product_ref if data.details is not None else None
    if reference is None or header.evaluation_only or header.source == SYNTHETIC:
        return None
    word = reference.event_type.strip().lower()
    kind = "view" if data.user_action == _VIEW else word
    if not kind or (data.user_action == NO_ACTION and not word):
        return None
    return FeatureEvent(
        event_id=row.interaction_id,
        created_at=row.event_time,
        event_type=_CANONICAL.get(kind, kind),
        customer_id=header.user_id,
        product_id=reference.product_id,
        session_id=header.session_id,
    )
