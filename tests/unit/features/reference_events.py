"""Events and purchases of the reference: whose they are, what they mean, their sessions, sources and orders."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from interplay_server.domain.commerce import FeatureEvent, IdentityLink, Order

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TYPES = {
    "VIEW": ("product_viewed", "product_view", "view", "view_item"),
    "CART_ADD": ("product_added_to_cart", "add_to_cart", "cart_add", "recommendation_add_to_cart"),
    "CART_REMOVE": ("product_removed_from_cart", "remove_from_cart", "cart_remove"),
    "CART_VIEW": ("cart_viewed",),
    "CHECKOUT": ("checkout_started", "begin_checkout"),
    "PURCHASE": ("checkout_completed", "purchase", "order_completed"),
    "SEARCH": ("search_submitted",),
    "COLLECTION": ("collection_viewed",),
    "REC_VIEW": ("recommendation_viewed",),
    "REC_CLICK": ("recommendation_clicked",),
    "REC_DECLINE": ("recommendation_declined",),
}
TYPE_OF = {spelling: name for name, spellings in TYPES.items() for spelling in spellings}
DEVICE_OF = {
    **dict.fromkeys(("mobile", "phone", "smartphone", "ios", "android"), "mobile"),
    **dict.fromkeys(("tablet", "ipad"), "tablet"),
    **dict.fromkeys(("desktop", "pc", "mac", "web"), "desktop"),
}
CHANNELS = (
    "direct",
    "organic_search",
    "paid_search",
    "social",
    "email",
    "referral",
    "display",
    "internal",
    "recommendation",
)
SEASONS = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring", 6: "summer", 7: "summer",
           8: "summer", 9: "autumn", 10: "autumn", 11: "autumn"}  # fmt: skip
INTENT = {"VIEW": 0.05, "REC_CLICK": 0.08, "CART_VIEW": 0.10, "CART_ADD": 0.50, "CHECKOUT": 0.80, "CART_REMOVE": -0.30,
          "REC_DECLINE": -0.20}  # fmt: skip


class Step:
    """A known event with what is derived of it."""

    def __init__(self, event: FeatureEvent, owner: str, kind: str) -> None:
        self.event, self.owner, self.kind = event, owner, kind
        self.at = event.created_at
        self.order = (event.created_at, event.event_id)
        self.session: tuple[str, object] = ("", None)
        self.source = ""


class Purchase(NamedTuple):
    at: int
    refunded: bool
    quantity: int
    value: float | None
    currency: str


def word(text: str) -> str:
    return text.strip().lower()


def moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def kind_of(event: FeatureEvent) -> str | None:
    """A canonical type, PAGE for a page that shows no product, None for what takes part in nothing."""
    spelling = word(event.event_type)
    if spelling == "page_viewed":
        return "VIEW" if word(event.page_type) == "product" else "PAGE"
    return TYPE_OF.get(spelling)


def device_of(event: FeatureEvent) -> str:
    given = DEVICE_OF.get(word(event.device_type))
    if given:
        return given
    agent = event.user_agent.lower()
    if "ipad" in agent or "tablet" in agent or ("android" in agent and "mobile" not in agent):
        return "tablet"
    if any(one in agent for one in ("mobile", "iphone", "ipod")):
        return "mobile"
    if any(one in agent for one in ("windows", "macintosh", "mac os", "x11", "linux", "cros")):
        return "desktop"
    return "unknown"


def channel_of(event: FeatureEvent) -> str:
    given = word(event.referrer_type)
    given = {"": "direct", "affiliate": "referral", "organic": "organic_search"}.get(given, given)
    return given if given in CHANNELS else "other"


def duration_of(event: FeatureEvent) -> float | None:
    value = event.view_duration
    if value is None or not math.isfinite(value) or value < 0:
        return None
    return min(value, 1800.0)


def owner_of(event: FeatureEvent, links: Sequence[IdentityLink]) -> str:
    if event.customer_id or not event.client_id:
        return event.customer_id
    mine = [link for link in links if link.client_id == event.client_id]
    after = [link for link in mine if link.linked_at >= event.created_at]
    if after:
        return min(after, key=lambda link: (link.linked_at, link.customer_id)).customer_id
    before = [link for link in mine if link.linked_at < event.created_at]
    return max(before, key=lambda link: (link.linked_at, link.customer_id)).customer_id if before else ""


def first_copies(events: Sequence[FeatureEvent]) -> list[FeatureEvent]:
    seen: dict[tuple[str, str], FeatureEvent] = {}
    for event in events:
        seen.setdefault((event.event_id, event.product_id), event)
    return list(seen.values())


def sessions(steps: list[Step]) -> None:
    """Gives each step of one customer its session; `steps` are in order."""
    run, last = 0, None
    for step in steps:
        if last is not None and step.at - last > 1800 * SECOND:
            run += 1
        last = step.at
        step.session = ("given", step.event.session_id) if step.event.session_id else ("run", run)


def is_page(step: Step) -> bool:
    return word(step.event.event_type) == "page_viewed"


def without_page_doubles(steps: list[Step]) -> list[Step]:
    kept = []
    for step in steps:
        double = step.kind == "VIEW" and is_page(step) and step.event.product_id and any(
            other.kind == "VIEW" and not is_page(other) and other.event.product_id == step.event.product_id
            and other.session == step.session and abs(other.at - step.at) <= 2 * SECOND
            for other in steps
        )  # fmt: skip
        if not double:
            kept.append(step)
    return kept


def sources(steps: list[Step]) -> None:
    first: dict[object, tuple[int, str]] = {}
    for step in steps:
        first.setdefault(step.session, step.order)
    searches = [step for step in steps if step.kind == "SEARCH"]
    for step in steps:
        if step.kind != "VIEW":
            continue
        page = word(step.event.page_type)
        shown = any(
            0 <= step.at - search.at <= 60 * SECOND and search.session == step.session
            and step.event.product_id in {*search.event.result_product_ids, search.event.product_id}
            for search in searches
        )  # fmt: skip
        if page in {"search", "search_results", "searchresult"} or shown:
            step.source = "SEARCH"
        elif page in {"category", "collection"}:
            step.source = page.upper()
        elif channel_of(step.event) not in {"direct", "internal"} and first[step.session] == step.order:
            step.source = "REFERRAL"
        else:
            step.source = "DIRECT"


def is_void(order: Order, as_of: int) -> bool:
    cancelled = order.cancelled_at is not None and order.cancelled_at <= as_of
    return order.test or word(order.financial_status) == "voided" or cancelled


def bought_in(order: Order, product: str, as_of: int) -> Purchase:
    lines = [line for line in order.lines if line.product_id == product]
    units = sum(line.quantity for line in lines)
    back = 0
    for line in lines:
        given = sum(one.quantity for one in order.refunds if one.line_id == line.line_id and one.created_at <= as_of)
        back += min(line.quantity, given)
    priced = [line.price * line.quantity for line in lines if line.price is not None]
    value = sum(priced) if priced else None
    if all(line.price is None for line in order.lines) and {line.product_id for line in order.lines} == {product}:
        value = order.total_price
    return Purchase(order.created_at, 0 < units <= back, units, value, order.currency.strip().upper())


def purchases_of(
    steps: list[Step], orders: Sequence[Order], customer: str, product: str, as_of: int
) -> tuple[str, list[Purchase]]:
    """The source, and P in order of time."""
    records = [
        order for order in orders
        if order.customer_id == customer and order.created_at <= as_of
        and any(line.product_id == product for line in order.lines)
    ]  # fmt: skip
    if records:
        made = [bought_in(order, product, as_of) for order in records if not is_void(order, as_of)]
        return "ORDERS", sorted(made, key=lambda one: one.at)
    first: dict[tuple[str, str], Step] = {}
    for step in steps:
        if step.kind == "PURCHASE":
            key = ("order", step.event.order_id) if step.event.order_id else ("event", step.event.event_id)
            first.setdefault(key, step)
    made = [Purchase(step.at, False, 0, None, "") for step in first.values()]
    return ("EVENTS" if made else "NONE"), sorted(made, key=lambda one: one.at)
