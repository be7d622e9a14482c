"""Made histories of a shop, seeded: events, products, customers and orders as tables of the kernel's inputs."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from interplay_server.features.inputs import CUSTOMERS, EVENTS, LINKS, ORDERS, PRODUCTS, Inputs

START, DAY = 1_735_689_600_000_000, 86_400_000_000
AS_OF = START + 200 * DAY
CATALOGUE = 20_000
_TYPES = {"product_viewed": 0.66, "page_viewed": 0.08, "product_added_to_cart": 0.07, "product_removed_from_cart": 0.02,
          "cart_viewed": 0.03, "checkout_started": 0.02, "checkout_completed": 0.01, "search_submitted": 0.05,
          "recommendation_clicked": 0.03, "scrolled": 0.03}  # fmt: skip
_PAGES = ("product", "search", "category", "collection", "home", "")
_DEVICES = ("mobile", "desktop", "tablet", "phone", "")
_CHANNELS = ("direct", "organic", "paid_search", "social", "email", "affiliate", "internal", "")


def history(events: int, customers: int, seed: int = 1) -> Inputs:
    """Visits of three events on average, a third of them without session_id, and an order for each hundredth event.

    5,000,000 events of 110,000 customers make about 1.8 M pairs.
    """
    rng = np.random.default_rng(seed)
    visits = events // 3
    visit = rng.integers(0, visits, events)
    who = rng.integers(0, customers, visits)[visit]
    at = rng.integers(0, 200 * DAY - 3_600_000_000, visits)[visit] + START + rng.integers(0, 1_800_000_000, events)
    what = _liked(rng, who)
    kinds = _picked(rng, tuple(_TYPES), events, tuple(_TYPES.values()))
    searches = np.asarray(pc.equal(kinds, "search_submitted"))
    shown = np.concatenate([[0], np.cumsum(4 * searches)]).astype(np.int32)
    labelled = (rng.random(visits) > 1 / 3)[visit]
    none = pa.repeat("", events)
    table = pa.table(
        {
            "event_id": _named("e", np.arange(events)),
            "created_at": at,
            "event_type": kinds,
            "customer_id": _named("c", who),
            "product_id": _named("p", what),
            "client_id": none,
            "session_id": pc.if_else(pa.array(labelled), _named("s", visit), ""),
            "user_id": none,
            "page_type": _picked(rng, _PAGES, events),
            "device_type": _picked(rng, _DEVICES, events),
            "referrer_type": _picked(rng, _CHANNELS, events),
            "user_agent": none,
            "view_duration": pa.array(rng.exponential(40.0, events), mask=rng.random(events) < 0.3),
            "order_id": none,
            "result_product_ids": pa.ListArray.from_arrays(
                pa.array(shown), _named("p", _liked(rng, np.repeat(who[searches], 4)))
            ),
            "seq": rng.permutation(events),
        },
        schema=EVENTS,
    )
    return Inputs(table, _products(rng), _customers(customers), _orders(rng, who, what, at), LINKS.empty_table())


def _liked(rng: np.random.Generator, who: np.ndarray) -> np.ndarray:
    """A product for each event; a customer comes back to about sixteen of them."""
    favourite = rng.zipf(1.35, len(who)) % 24
    return (who * 7919 + favourite * favourite * 31 + favourite) % CATALOGUE


def _picked(
    rng: np.random.Generator, words: tuple[str, ...], n: int, shares: tuple[float, ...] | None = None
) -> pa.Array:
    return pa.array(words).take(pa.array(rng.choice(len(words), n, p=shares)))


def _named(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def _products(rng: np.random.Generator) -> pa.Table:
    n = np.arange(CATALOGUE)
    columns = {
        "product_id": _named("p", n),
        "title": _named("product ", n),
        "price": rng.integers(100, 20_000, CATALOGUE) / 100,
        "currency": pa.repeat("EUR", CATALOGUE),
        "vendor": _named("vendor ", n % 200),
        "product_type": _named("type ", n % 40),
        "tags": pa.ListArray.from_arrays(np.arange(0, 2 * CATALOGUE + 1, 2, dtype=np.int32),
                                         _named("tag ", rng.integers(0, 300, 2 * CATALOGUE))),
        "available": n % 50 != 0,
        "created_at": pa.repeat(START, CATALOGUE),
    }  # fmt: skip
    return pa.table(columns, schema=PRODUCTS)


def _customers(count: int) -> pa.Table:
    none = pa.repeat("", count)
    no_tags = pa.ListArray.from_arrays(np.zeros(count + 1, dtype=np.int32), pa.array([], pa.string()))
    columns = [_named("c", np.arange(count)), none, none, none, no_tags, pa.repeat(START - 30 * DAY, count)]
    return pa.table(columns, schema=CUSTOMERS)


def _orders(rng: np.random.Generator, who: np.ndarray, what: np.ndarray, at: np.ndarray) -> pa.Table:
    chosen = np.flatnonzero(rng.random(len(who)) < 0.01)
    n = len(chosen)
    first, lines = np.arange(0, 2 * n + 1, 2, dtype=np.int32), np.arange(2 * n)
    products = np.stack([what[chosen], _liked(rng, who[chosen])], axis=1).ravel()
    line_type, refund_type = ORDERS.field("lines").type.value_type, ORDERS.field("refunds").type.value_type
    made_lines = pa.StructArray.from_arrays(
        [_named("l", lines), _named("p", products), pa.array(1 + lines % 2), pa.array((products % 1000) / 10 + 1)],
        fields=list(line_type),
    )
    back = rng.random(n) < 0.05
    made_refunds = pa.StructArray.from_arrays(
        [_named("r", np.flatnonzero(back)), _named("l", 2 * np.flatnonzero(back)), pa.repeat(1, int(back.sum())),
         pa.array(at[chosen][back] + 3 * DAY)],
        fields=list(refund_type),
    )  # fmt: skip
    refunds_at = np.concatenate([[0], np.cumsum(back)]).astype(np.int32)
    columns = [
        _named("o", np.arange(n)), _named("c", who[chosen]), pa.array(at[chosen] + 60_000_000), pa.repeat("EUR", n),
        pa.nulls(n, pa.float64()), pa.repeat("paid", n), pa.array(rng.random(n) < 0.01), pa.nulls(n, pa.int64()),
        pa.ListArray.from_arrays(first, made_lines), pa.ListArray.from_arrays(refunds_at, made_refunds),
    ]  # fmt: skip
    return pa.table(columns, schema=ORDERS)
