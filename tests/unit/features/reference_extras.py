"""The extras of the reference: value of orders, stage, likeness to what else the customer looked at and paid for."""

import math
import statistics
from collections.abc import Sequence

from interplay_server.domain.commerce import Customer, Order, Product

from tests.unit.features.reference_events import DAY, Purchase, Step, is_void, word


def extras(
    steps: list[Step], source: str, bought: list[Purchase], customer: Customer | None, as_of: int
) -> dict[str, object]:
    """The extras of one pair that need nothing but the pair and the customer's record."""
    valued = [one for one in bought if one.value is not None]
    mixed = len({one.currency for one in valued}) > 1
    views = [step.at for step in steps if step.kind == "VIEW"]
    wait = bought[0].at - views[0] if views and bought else None
    activity = [step.at for step in steps] + [one.at for one in bought]
    days = (as_of - min(activity)) / DAY
    if len(bought) >= 3 and days >= 90:
        stage = "loyal"
    elif bought and days >= 30:
        stage = "returning"
    elif len(steps) >= 5 and days >= 7:
        stage = "engaged"
    else:
        stage = "new"
    since = customer.created_at if customer else None
    return {
        "order_value": None if mixed or not valued else math.fsum(one.value for one in valued),
        "mixed_currencies": mixed,
        "order_completed": bool(bought),
        "purchased_quantity": None if source == "EVENTS" else sum(one.quantity for one in bought),
        "refunded_purchases": sum(one.refunded for one in bought),
        "refund_rate": sum(one.refunded for one in bought) / len(bought) if bought else None,
        "checkout_starts": sum(step.kind == "CHECKOUT" for step in steps),
        "days_to_first_purchase": wait / DAY if wait is not None and wait >= 0 else None,
        "account_age_days": (as_of - since) / DAY if since is not None and since <= as_of else None,
        "relationship_stage": stage,
    }


def affinities(
    product: Product | None, others: Sequence[Product | None], catalogue: Sequence[Product]
) -> dict[str, float | None]:
    """Shares of `others`, the products of the customer's pair events on other products, that are like this one."""

    def smoothed(values_of, value: str) -> float:
        share = sum(value in values_of(one) for one in catalogue) / len(catalogue)
        alike = sum(one is not None and value in values_of(one) for one in others)
        return (alike + share) / (len(others) + 1)

    made = {}
    for name, values_of in (
        ("vendor_affinity", lambda one: {word(one.vendor)} - {""}),
        ("category_affinity", lambda one: {word(one.product_type)} - {""}),
        ("tag_affinity", lambda one: {word(tag) for tag in one.tags} - {""}),
    ):
        values = values_of(product) if product is not None else set()
        made[name] = statistics.fmean(smoothed(values_of, value) for value in values) if values else None
    return made


def price_affinity(product: Product | None, orders: Sequence[Order], customer: str, as_of: int) -> float | None:
    """Likeness of the price to the unit prices of the customer's lines, in the product's currency."""
    if product is None or product.price is None:
        return None
    paid = [
        (order.currency.strip().upper(), line.price)
        for order in orders if order.customer_id == customer and order.created_at <= as_of and not is_void(order, as_of)
        for line in order.lines if line.product_id and line.price is not None
    ]  # fmt: skip
    currency = product.currency.strip().upper()
    if currency:
        paid = [one for one in paid if one[0] == currency]
    prices = [price for _, price in paid]
    if not prices or len({one[0] for one in paid}) > 1:
        return None
    middle = statistics.median(prices)
    spread = statistics.median([abs(price - middle) for price in prices])
    if not spread:
        return 1.0 if product.price == middle else 0.0
    return 1 / (1 + abs(product.price - middle) / (1.4826 * spread))
