"""The tables of a shop, column by column, as records; more columns than the shop has may be told."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from interplay_server.domain.commerce import Customer, FeatureEvent, Order, OrderLine, OrderPart, Product
from interplay_server.features.shapes.values import (
    MAX_AGENT,
    MAX_CURRENCY,
    MAX_EMAIL,
    MAX_RESULTS,
    MAX_STATUS,
    MAX_TITLE,
    MAX_WORD,
    Invalid,
    first,
    flag,
    identifier,
    instant,
    number,
    text,
    whole,
    words,
)

USER_INTERACTIONS, PRODUCT_DATA, CUSTOMER_DATA = "user_interactions", "product_data", "customer_data"
ORDER_DATA, LINE_ITEM_DATA = "order_data", "line_item_data"

_UNSTORED = ("shop_id", "updated_at")
COLUMNS: dict[str, tuple[str, ...]] = {
    USER_INTERACTIONS: (
        "id",
        "event_id",
        "customer_id",
        "product_id",
        "event_type",
        "page_type",
        "device_type",
        "referrer_type",
        "view_duration",
        "created_at",
        "user_id",
        "client_id",
        "session_id",
        "user_agent",
        "order_id",
        "result_product_ids",
        *_UNSTORED,
    ),
    PRODUCT_DATA: (
        "id",
        "product_id",
        "title",
        "price",
        "currency",
        "vendor",
        "product_type",
        "tags",
        "available",
        "created_at",
        *_UNSTORED,
    ),
    CUSTOMER_DATA: ("id", "customer_id", "email", "first_name", "last_name", "tags", "created_at", *_UNSTORED),
    ORDER_DATA: (
        "id",
        "order_id",
        "customer_id",
        "created_at",
        "currency",
        "total_price",
        "financial_status",
        "test",
        "cancelled_at",
        *_UNSTORED,
    ),
    LINE_ITEM_DATA: (
        "id",
        "line_id",
        "line_item_id",
        "order_id",
        "product_id",
        "quantity",
        "price",
        "created_at",
        *_UNSTORED,
    ),
}
"""Every column that is read, of each table."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def column(name: str) -> str:
    """The column as these tables spell it: `customerId` is customer_id."""
    return _HUMP.sub("_", name.strip()).lower().replace(" ", "_")


def event(row: Mapping[str, Any]) -> FeatureEvent:
    """Identified by `event_id` or `id`. Negative durations stay, as those that nobody measured; NaN is Invalid."""
    kind = text(row.get("event_type"), "event_type", MAX_WORD)
    if not kind:
        raise Invalid("event_type", "missing")
    results = words(row.get("result_product_ids"), "result_product_ids", MAX_RESULTS)
    return FeatureEvent(
        event_id=identifier(first(row, ("event_id", "id")), "id", required=True),
        created_at=instant(row.get("created_at"), "created_at", required=True) or 0,
        event_type=kind,
        customer_id=identifier(row.get("customer_id"), "customer_id"),
        product_id=identifier(row.get("product_id"), "product_id"),
        client_id=identifier(row.get("client_id"), "client_id"),
        session_id=identifier(row.get("session_id"), "session_id"),
        user_id=identifier(row.get("user_id"), "user_id"),
        page_type=text(row.get("page_type"), "page_type", MAX_WORD),
        device_type=text(row.get("device_type"), "device_type", MAX_WORD),
        referrer_type=text(row.get("referrer_type"), "referrer_type", MAX_WORD),
        user_agent=text(row.get("user_agent"), "user_agent", MAX_AGENT),
        view_duration=number(row.get("view_duration"), "view_duration", low=float("-inf")),
        order_id=identifier(row.get("order_id"), "order_id"),
        result_product_ids=tuple(identifier(one, "result_product_ids") for one in results),
    )


def product(row: Mapping[str, Any]) -> Product:
    return Product(
        product_id=identifier(row.get("product_id"), "product_id", required=True),
        title=text(row.get("title"), "title", MAX_TITLE),
        price=number(row.get("price"), "price"),
        currency=text(row.get("currency"), "currency", MAX_CURRENCY),
        vendor=text(row.get("vendor"), "vendor"),
        product_type=text(row.get("product_type"), "product_type"),
        tags=words(row.get("tags"), "tags"),
        available=flag(row.get("available"), "available", absent=True),
        created_at=instant(row.get("created_at"), "created_at"),
    )


def customer(row: Mapping[str, Any]) -> Customer:
    return Customer(
        customer_id=identifier(row.get("customer_id"), "customer_id", required=True),
        email=text(row.get("email"), "email", MAX_EMAIL),
        first_name=text(row.get("first_name"), "first_name"),
        last_name=text(row.get("last_name"), "last_name"),
        tags=words(row.get("tags"), "tags"),
        created_at=instant(row.get("created_at"), "created_at"),
    )


def order(row: Mapping[str, Any]) -> Order:
    """Without lines: those are told by line_item_data."""
    return Order(
        order_id=identifier(first(row, ("order_id", "id")), "order_id", required=True),
        customer_id=identifier(row.get("customer_id"), "customer_id"),
        created_at=instant(row.get("created_at"), "created_at", required=True) or 0,
        currency=text(row.get("currency"), "currency", MAX_CURRENCY),
        total_price=number(row.get("total_price"), "total_price"),
        financial_status=text(row.get("financial_status"), "financial_status", MAX_STATUS).lower(),
        test=flag(row.get("test"), "test", absent=False),
        cancelled_at=instant(row.get("cancelled_at"), "cancelled_at"),
    )


def line_item(row: Mapping[str, Any]) -> OrderPart:
    """One line of an order. Without an id it is known by its place in the file, so that no line replaces another."""
    line_id = identifier(first(row, ("line_id", "line_item_id", "id", "place")), "line_id")
    line = OrderLine(
        line_id=line_id,
        product_id=identifier(row.get("product_id"), "product_id"),
        quantity=whole(row.get("quantity"), "quantity", absent=1),
        price=number(row.get("price"), "price"),
    )
    return OrderPart(identifier(row.get("order_id"), "order_id", required=True), (line,))


READERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    USER_INTERACTIONS: event,
    PRODUCT_DATA: product,
    CUSTOMER_DATA: customer,
    ORDER_DATA: order,
    LINE_ITEM_DATA: line_item,
}
"""From a row by its columns, and its `place` in the file. They raise Invalid."""
