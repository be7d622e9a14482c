"""What a shop tells: events, products, customers, orders and identity links. Times are microseconds since 1970, UTC."""

import msgspec

MAX_VIEW_SECONDS = 1800.0
"""Longer views are counted as this long."""


class FeatureEvent(msgspec.Struct, frozen=True, array_like=True):
    """One step of a customer or guest, with the columns of the seed's `user_interactions`.

    It is identified by (event_id, product_id): the first received copy wins. `customer_id` is empty for a guest, who is
    known by `client_id`; `view_duration` in seconds, None where nobody measured it, negative ones count as None.
    """

    event_id: str
    created_at: int
    event_type: str
    customer_id: str = ""
    product_id: str = ""
    client_id: str = ""
    session_id: str = ""
    user_id: str = ""
    page_type: str = ""
    device_type: str = ""
    referrer_type: str = ""
    user_agent: str = ""
    view_duration: float | None = None
    order_id: str = ""
    result_product_ids: tuple[str, ...] = ()
    """Products that a search showed."""


class Product(msgspec.Struct, frozen=True, array_like=True):
    product_id: str
    title: str = ""
    price: float | None = None
    currency: str = ""
    vendor: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    available: bool = True
    created_at: int | None = None


class Customer(msgspec.Struct, frozen=True, array_like=True):
    customer_id: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    tags: tuple[str, ...] = ()
    created_at: int | None = None


class OrderLine(msgspec.Struct, frozen=True, array_like=True):
    """`price` of one unit, None where it is not told."""

    line_id: str
    product_id: str
    quantity: int = 1
    price: float | None = None


class Refund(msgspec.Struct, frozen=True, array_like=True):
    """Units of an order's line that were given back at an instant."""

    refund_id: str
    line_id: str
    quantity: int
    created_at: int


class Order(msgspec.Struct, frozen=True, array_like=True):
    """It is void where `test`, where `financial_status` is voided, or from `cancelled_at` on."""

    order_id: str
    customer_id: str
    created_at: int
    currency: str = ""
    total_price: float | None = None
    financial_status: str = ""
    test: bool = False
    cancelled_at: int | None = None
    lines: tuple[OrderLine, ...] = ()
    refunds: tuple[Refund, ...] = ()


class IdentityLink(msgspec.Struct, frozen=True, array_like=True):
    """From `linked_at` on, and before it where there is no earlier link, a client is this customer."""

    client_id: str
    customer_id: str
    linked_at: int


class OrderPart(msgspec.Struct, frozen=True, array_like=True):
    """Lines and refunds told apart from their order; in it they replace those of the same ids."""

    order_id: str
    lines: tuple[OrderLine, ...] = ()
    refunds: tuple[Refund, ...] = ()


class ProductPart(msgspec.Struct, frozen=True, array_like=True):
    """Price of a variant told apart from its product, whose price is the lowest of all."""

    product_id: str
    price: float | None = None


class Redaction(msgspec.Struct, frozen=True, array_like=True):
    """A shop's demand to erase a customer, known by id or only by e-mail, and the orders named."""

    customer_id: str
    email: str = ""
    order_ids: tuple[str, ...] = ()
