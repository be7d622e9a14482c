"""Customers of the Admin API, and the webhook by which a shop has one erased."""

from collections.abc import Mapping
from typing import Any

from interplay_server.domain.commerce import Customer, Redaction
from interplay_server.features.shapes.values import MAX_EMAIL, Invalid, first, identifier, instant, text, words
from interplay_server.features.shopify.fields import at, section

MAX_ORDERS = 100_000


def customer_of(document: Mapping[str, Any]) -> Customer:
    """Raises Invalid."""
    email = document.get("email")
    if email is None:
        email = at(document, "defaultEmailAddress", "emailAddress")
    return Customer(
        customer_id=identifier(document.get("id"), "id", required=True),
        email=text(email, "email", MAX_EMAIL),
        first_name=text(first(document, ("first_name", "firstName")), "first_name"),
        last_name=text(first(document, ("last_name", "lastName")), "last_name"),
        tags=words(document.get("tags"), "tags"),
        created_at=instant(first(document, ("created_at", "createdAt")), "created_at"),
    )


def redaction_of(document: Mapping[str, Any]) -> Redaction:
    """Of a `customers/redact` payload; a customer may be known by e-mail alone. Raises Invalid."""
    customer = section(document.get("customer"))
    orders = first(document, ("orders_to_redact", "ordersToRedact")) or []
    if not isinstance(orders, list) or len(orders) > MAX_ORDERS:
        raise Invalid("orders_to_redact", "not a list of orders")
    redaction = Redaction(
        customer_id=identifier(customer.get("id"), "customer.id"),
        email=text(customer.get("email"), "customer.email", MAX_EMAIL),
        order_ids=tuple(identifier(order, "orders_to_redact", required=True) for order in orders),
    )
    if redaction == Redaction(""):
        raise Invalid("customer", "neither a customer nor an order is named")
    return redaction
