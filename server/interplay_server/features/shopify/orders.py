"""Orders of the Admin API, REST and GraphQL: every line, every refund."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from interplay_server.domain.commerce import Order, OrderLine, Refund
from interplay_server.features.shapes.values import MAX_STATUS, first, flag, identifier, instant, text, whole
from interplay_server.features.shopify.fields import at, currency, listed, money, section

_UNIT_PRICES = ("price", "originalUnitPriceSet", "originalUnitPrice", "price_set", "discountedUnitPriceSet")
_TOTALS = (
    "total_price",
    "totalPriceSet",
    "total_price_set",
    "totalPrice",
    "currentTotalPriceSet",
    "current_total_price",
)
_STATUS = ("financial_status", "displayFinancialStatus", "financialStatus")


def order_of(document: Mapping[str, Any], noted: Counter[str]) -> Order:
    """A guest's order has no customer_id. Amounts are in the shop's currency, not the buyer's. Raises Invalid."""
    order_id = identifier(document.get("id"), "id", required=True)
    customer = first(document, ("customer", "customer_id", "customerId"))
    customer_id = identifier(customer.get("id") if isinstance(customer, dict) else customer, "customer.id")
    created = first(document, ("created_at", "createdAt", "processed_at", "processedAt"))
    told = _listed(document, "line_items", "lineItems")
    lines = tuple(order_line(one, place, noted) for place, one in enumerate(told, 1))
    if not lines:
        noted["order_without_lines"] += 1
    refunds = [refund for one in _listed(document, "refunds") for refund in refunds_of(one, noted)]
    return Order(
        order_id=order_id,
        customer_id=customer_id,
        created_at=instant(created, "created_at", required=True) or 0,
        currency=currency(document, "currency", "currencyCode", "totalPriceSet", "total_price_set"),
        total_price=money(document, *_TOTALS),
        financial_status=text(first(document, _STATUS), "financial_status", MAX_STATUS).lower(),
        test=flag(document.get("test"), "test", absent=False),
        cancelled_at=instant(first(document, ("cancelled_at", "cancelledAt")), "cancelled_at"),
        lines=lines,
        refunds=summed(refunds),
    )


def order_line(document: Mapping[str, Any], place: int | str, noted: Counter[str]) -> OrderLine:
    """A tip, a custom item, a product since deleted have no product_id.

    The quantity is what was bought, before refunds and edits; without an id the line is known by its place. Raises
    Invalid.
    """
    product = first(document, ("product_id", "productId"))
    if product is None:
        product = at(document, "product", "id")
    if product is None:
        product = at(document, "variant", "product", "id")
    product_id = identifier(product, "line_items.product_id")
    if not product_id:
        noted["line_without_product"] += 1
    return OrderLine(
        line_id=identifier(document.get("id"), "line_items.id") or str(place),
        product_id=product_id,
        quantity=whole(document.get("quantity"), "line_items.quantity"),
        price=money(document, *_UNIT_PRICES),
    )


def refunds_of(document: Mapping[str, Any], noted: Counter[str]) -> list[Refund]:
    """What one refund gave back, line by line; nothing where it gave back money alone. Raises Invalid."""
    refund_id = identifier(document.get("id"), "refunds.id", required=True)
    told = _listed(document, "refund_line_items", "refundLineItems")
    if not told:
        noted["refund_without_lines"] += 1
        return []
    return [refund_line(one, refund_id, refunded_at(document)) for one in told]


def refunded_at(document: Mapping[str, Any]) -> int:
    """Raises Invalid."""
    moment = first(document, ("created_at", "createdAt", "processed_at", "processedAt"))
    return instant(moment, "refunds.created_at", required=True) or 0


def refund_line(document: Mapping[str, Any], refund_id: str, created_at: int) -> Refund:
    """Raises Invalid."""
    line = first(document, ("line_item_id", "lineItemId"))
    if line is None:
        line = section(first(document, ("line_item", "lineItem"))).get("id")
    return Refund(
        refund_id=refund_id,
        line_id=identifier(line, "refund_line_items.line_item_id", required=True),
        quantity=whole(document.get("quantity"), "refund_line_items.quantity"),
        created_at=created_at,
    )


def summed(refunds: Iterable[Refund]) -> tuple[Refund, ...]:
    """One for each refund and line: a refund tells a line once for each place to which its units went back."""
    found: dict[tuple[str, str], Refund] = {}
    for one in refunds:
        key = one.refund_id, one.line_id
        before = found.get(key)
        found[key] = Refund(*key, one.quantity + (before.quantity if before else 0), one.created_at)
    return tuple(found.values())


def _listed(document: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]]:
    return listed(first(document, names), names[0])
