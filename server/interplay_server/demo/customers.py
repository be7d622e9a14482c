"""Thirty customers of a small shop: seeded visits that look, search, fill carts, buy, leave and return."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

SEED = 20
DAYS = 60
CURRENCY = "EUR"
_PRODUCTS = (
    ("kettle", "Gooseneck kettle", 49.0, "Brewer", "coffee", ("steel", "kitchen")),
    ("grinder", "Hand grinder", 89.0, "Brewer", "coffee", ("steel", "travel")),
    ("beans", "House beans, 500 g", 14.0, "Roastery", "coffee", ("organic",)),
    ("mug", "Stoneware mug", 18.0, "Potter", "tableware", ("handmade",)),
    ("bowl", "Ramen bowl", 24.0, "Potter", "tableware", ("handmade",)),
    ("plates", "Four plates", 56.0, "Potter", "tableware", ("handmade", "set")),
    ("tent", "Two-person tent", 219.0, "Northway", "outdoors", ("travel", "light")),
    ("stove", "Camping stove", 39.0, "Northway", "outdoors", ("travel", "steel")),
    ("bottle", "Steel bottle", 27.0, "Northway", "outdoors", ("steel",)),
    ("lamp", "Reading lamp", 64.0, "Lumen", "home", ("wood",)),
    ("blanket", "Wool blanket", 110.0, "Loom", "home", ("wool", "handmade")),
    ("candle", "Beeswax candle", 12.0, "Lumen", "home", ("organic",)),
)
_NAMES = (
    "amina", "bruno", "chloe", "dario", "elif", "farid", "greta", "hugo", "ilse", "jonas", "kaya", "leila", "marek",
    "nadia", "oskar", "petra", "quinn", "rosa", "samir", "tilda", "umar", "vera", "wanda", "xenia", "yusuf", "zora",
    "anton", "berta", "carlo", "dunja",
)  # fmt: skip
_CHANNELS = ("direct", "organic_search", "paid_search", "social", "email")
_DEVICES = ("mobile", "mobile", "desktop", "tablet")
_ENTRANCES = ("search", "category", "collection", "")
GUEST, GUEST_CLIENT = "dunja", "browser-dunja"
"""Looked around before she had an account."""


class Temper(NamedTuple):
    """Chances of what follows a view, an addition to the cart, a visit with a cart, and a purchase."""

    add: float
    remove: float
    buy: float
    give_back: float


_TEMPERS = {
    "looks": Temper(0.06, 0.3, 0.3, 0.0),
    "buys": Temper(0.35, 0.1, 0.8, 0.05),
    "leaves the cart": Temper(0.45, 0.1, 0.05, 0.0),
    "sends things back": Temper(0.35, 0.1, 0.8, 0.6),
}


@dataclass
class Visit:
    """One session in the order in which it happened."""

    events: list[dict[str, Any]] = field(default_factory=list)
    order: dict[str, Any] | None = None
    abandoned: bool = False


@dataclass
class ShopStory:
    """All that the shop knows, as arguments of the client."""

    products: list[dict[str, Any]]
    customers: list[dict[str, Any]]
    visits: list[Visit]
    link: dict[str, Any]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for visit in self.visits for event in visit.events]

    @property
    def orders(self) -> list[dict[str, Any]]:
        return [visit.order for visit in self.visits if visit.order]

    @property
    def abandoned(self) -> int:
        """Visits that left something in the cart."""
        return sum(visit.abandoned for visit in self.visits)

    def counts(self) -> dict[tuple[str, str], Counter[str]]:
        """Views, additions, removals and purchases of each customer and product, counted one by one."""
        names = {"product_viewed": "total_views", "add_to_cart": "cart_adds", "remove_from_cart": "cart_removes"}
        told: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for event in self.events:
            if event["event_type"] in names:
                told[event.get("customer_id", GUEST), event["product_id"]][names[event["event_type"]]] += 1
        for order in self.orders:
            for product in {line["product_id"] for line in order["lines"]}:
                told[order["customer_id"], product]["purchases"] += 1
        return dict(told)


def tell_shop(now: datetime | None = None) -> ShopStory:
    """The last sixty days before `now`; the same for the same `now`."""
    now = now or datetime.now(UTC)
    chance = random.Random(SEED)  # noqa: S311 - a story, not a secret
    opened = now - timedelta(days=DAYS)
    products = [
        {
            "product_id": one, "title": title, "price": price, "currency": CURRENCY, "vendor": vendor,
            "product_type": kind, "tags": list(tags), "created_at": opened,
        }
        for one, title, price, vendor, kind, tags in _PRODUCTS
    ]  # fmt: skip
    customers = [
        {"customer_id": name, "created_at": opened + timedelta(days=chance.uniform(0, DAYS / 2))} for name in _NAMES
    ]
    visits = [visit for customer in customers for visit in _visits(chance, customer, now)]
    visits.sort(key=lambda visit: visit.events[0]["created_at"])
    link = {"client_id": GUEST_CLIENT, "customer_id": GUEST, "linked_at": now - timedelta(hours=1)}
    return ShopStory(products, customers, visits, link)


def _visits(chance: random.Random, customer: dict[str, Any], now: datetime) -> Iterator[Visit]:
    name, since = customer["customer_id"], customer["created_at"]
    temper = _TEMPERS[chance.choices(list(_TEMPERS), (4, 4, 3, 2))[0]]
    likes = chance.sample(("coffee", "tableware", "outdoors", "home"), 2)
    weights = [5 if product[4] in likes else 1 for product in _PRODUCTS]
    span = (now - since - timedelta(hours=3)).total_seconds()
    for number, at in enumerate(sorted(chance.uniform(0, span) for _ in range(chance.randint(3, 8)))):
        yield _visit(chance, temper, weights, (name, f"{name}-{number}"), since + timedelta(seconds=at))


def _visit(
    chance: random.Random, temper: Temper, weights: Sequence[int], named: tuple[str, str], moment: datetime
) -> Visit:
    customer, session = named
    visit, cart = Visit(), list[int]()
    first_visit_of_guest = session == f"{GUEST}-0"
    who = {"client_id": GUEST_CLIENT} if first_visit_of_guest else {"customer_id": customer}
    common = {
        **who, "session_id": session, "device_type": chance.choice(_DEVICES), "referrer_type": chance.choice(_CHANNELS),
    }  # fmt: skip

    def happened(kind: str, product: int | None = None, **more: Any) -> None:
        nonlocal moment
        moment += timedelta(seconds=chance.uniform(3, 90))
        about = {} if product is None else {"product_id": _PRODUCTS[product][0]}
        said = {"event_type": kind, "created_at": moment, **common, **about, **more}
        visit.events.append({"id": f"{session}/{len(visit.events)}", **said})

    for _ in range(chance.randint(1, 7)):
        product = chance.choices(range(len(_PRODUCTS)), weights)[0]
        entrance = chance.choice(_ENTRANCES)
        seconds = round(min(chance.lognormvariate(2.8, 0.9), 600.0), 1)
        # One view in ten is left before anybody could measure it.
        timed = {"view_duration": seconds} if chance.random() < 0.9 else {}
        happened("product_viewed", product, page_type=entrance, **timed)
        if chance.random() < temper.add:
            happened("add_to_cart", product)
            cart.append(product)
        if cart and chance.random() < temper.remove:
            happened("remove_from_cart", cart.pop())
    if cart and not first_visit_of_guest and chance.random() < temper.buy:
        happened("checkout_started")
        visit.order = _order(chance, temper, named, cart, moment)
    visit.abandoned = bool(cart) and visit.order is None
    return visit


def _order(
    chance: random.Random, temper: Temper, named: tuple[str, str], cart: Sequence[int], moment: datetime
) -> dict[str, Any]:
    customer, session = named
    lines = [
        {
            "line_id": str(place), "product_id": _PRODUCTS[product][0], "quantity": units,
            "price": _PRODUCTS[product][2],
        }
        for place, (product, units) in enumerate(sorted(Counter(cart).items()), 1)
    ]  # fmt: skip
    refunds = [
        {
            "refund_id": f"r{line['line_id']}", "line_id": line["line_id"], "quantity": line["quantity"],
            "created_at": moment + timedelta(days=6),
        }
        for line in lines
        if chance.random() < temper.give_back
    ]  # fmt: skip
    return {
        "order_id": f"order-{session}", "customer_id": customer, "created_at": moment + timedelta(minutes=2),
        "currency": CURRENCY, "financial_status": "paid", "lines": lines, "refunds": refunds,
    }  # fmt: skip
