"""The SQL gives what the plain-Python reference gives, on histories made to be awkward."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.domain.commerce import (
    Customer,
    FeatureEvent,
    IdentityLink,
    Order,
    OrderLine,
    Product,
    Refund,
)
from interplay_server.features import kernel
from interplay_server.features.inputs import inputs
from interplay_server.features.names import BOOKKEEPING, COLUMNS, EXTRAS, FEATURES, NULLABLE

from tests.unit.features import reference

SECOND, DAY = 1_000_000, 86_400_000_000
BASE = 1_740_000_000 * SECOND
YEAR_9999 = 253_370_764_800 * SECOND

TYPES = (
    "product_viewed", "View", " view_item\t", "product_view", "page_viewed", "PAGE_VIEWED", "product_added_to_cart",
    "recommendation_add_to_cart", "add_to_cart", "cart_remove", "remove_from_cart", "cart_viewed", "checkout_started",
    "begin_checkout", "purchase", "checkout_completed", "order_completed", "search_submitted", "\u00a0search_submitted",
    "collection_viewed", "recommendation_viewed", "recommendation_clicked", "recommendation_declined", "customer_linked",
    "list_view", "cart", "product-viewed", "product viewed", "", "scrolled",
)  # fmt: skip
AGENTS = (
    "", "Mozilla/5.0 (iPad; CPU OS 17)", "Mozilla/5.0 (Linux; Android 13; Pixel) Mobile", "snowplow/andr 1 android/11",
    "Mozilla/5.0 (Windows NT 10.0)", "curl/8", "Mozilla/5.0 (iPhone)",
)  # fmt: skip
steps = st.sampled_from(
    [0, 0, 1, SECOND - 1, SECOND, 2 * SECOND, 2 * SECOND + 1, 60 * SECOND, 60 * SECOND + 1, 1800 * SECOND,
     1800 * SECOND + 1, 3600 * SECOND, DAY // 2, DAY, 14 * DAY, 45 * DAY, 200 * DAY]
)  # fmt: skip
offsets = st.builds(lambda *jumps: sum(jumps), steps, steps, steps)
moments = st.one_of(
    offsets.map(lambda jump: BASE + jump), offsets.map(lambda jump: BASE + jump), st.sampled_from([0, 1, YEAR_9999])
)
customer_ids, product_ids = st.sampled_from(["a", "b"]), st.sampled_from(["p", "p", "q", "r"])
clients = st.sampled_from(["x", "y"])
words = st.sampled_from
events = st.builds(
    FeatureEvent,
    event_id=st.integers(0, 60).map(lambda n: f"e{n:02}"),
    created_at=moments,
    event_type=words(TYPES) | words(TYPES[:8]),
    customer_id=customer_ids | st.just(""),
    product_id=product_ids | st.just(""),
    client_id=clients | st.just(""),
    session_id=words(["", "", "s1", "s2"]),
    page_type=words(["", "product", " Product ", "search", "searchresult", "category", "collection", "home"]),
    device_type=words(["", "mobile", "IPAD", "pc", " web", "toaster"]),
    referrer_type=words(["", "direct", "organic", "affiliate", "email", "Internal ", "carrier pigeon"]),
    user_agent=words(AGENTS),
    view_duration=st.none() | words([-1.0, 0.0, 9.99, 10.0, 45.5, 1800.0, 1e12, math.nan, math.inf]),
    order_id=words(["", "", "o1", "o2"]),
    result_product_ids=st.lists(product_ids, max_size=2).map(tuple),
)
lines = st.builds(
    OrderLine,
    line_id=words(["l1", "l2", "l3"]),
    product_id=product_ids | st.just(""),
    quantity=st.integers(1, 3),
    price=st.none() | words([1.5, 2.0, 20.0]),
)
orders = st.builds(
    Order,
    order_id=st.integers(0, 9).map(lambda n: f"o{n}"),
    customer_id=customer_ids,
    created_at=moments,
    currency=words(["", "EUR", "eur ", "USD"]),
    total_price=st.none() | words([7.0, 30.0]),
    financial_status=words(["", "paid", " Voided", "refunded"]),
    test=st.just(False) | st.booleans(),
    cancelled_at=st.none() | moments,
    lines=st.lists(lines, max_size=3, unique_by=lambda line: line.line_id).map(tuple),
    refunds=st.lists(
        st.builds(
            Refund, refund_id=words(["r1"]), line_id=words(["l1", "l2"]), quantity=st.integers(1, 3), created_at=moments
        ),
        max_size=2,
    ).map(tuple),
)
products = st.builds(
    Product,
    product_id=words(["p", "q", "r", "z"]),
    price=st.none() | words([2.0, 10.0]),
    currency=words(["", "EUR", "usd"]),
    vendor=words(["", "Acme", " acme", "Bolt"]),
    product_type=words(["", "cup"]),
    tags=st.lists(words(["red", "Red ", "blue", ""]), max_size=2).map(tuple),
    available=st.just(True) | st.booleans(),
)
customers = st.builds(Customer, customer_id=customer_ids, created_at=st.none() | moments)
links = st.builds(IdentityLink, client_id=clients, customer_id=customer_ids, linked_at=moments)


@st.composite
def histories(draw):
    """Events in order of arrival, records, and an as_of."""
    return (
        draw(st.lists(events, max_size=30)),
        draw(st.lists(products, max_size=4, unique_by=lambda one: one.product_id)),
        draw(st.lists(customers, max_size=2, unique_by=lambda one: one.customer_id)),
        draw(st.lists(orders, max_size=5, unique_by=lambda one: one.order_id)),
        draw(st.lists(links, max_size=3)),
        draw(moments | st.just(BASE + 400 * DAY) | st.just(BASE + 400 * DAY)),
    )


def rows(table):
    return {(row["customer_id"], row["product_id"]): row for row in table.to_pylist()}


def assert_same(made, wanted):
    assert made.keys() == wanted.keys()
    for key, row in wanted.items():
        for name, value in row.items():
            got = made[key][name]
            if isinstance(value, float) and got is not None:
                assert math.isclose(got, value, rel_tol=1e-9, abs_tol=1e-9), (key, name, got, value)
            else:
                assert got == value, (key, name, got, value)


@settings(deadline=None, max_examples=150)
@given(histories())
def test_equal(history):
    made = rows(kernel.compute(inputs(*history[:-1]), history[-1]))
    assert_same(made, reference.compute(*history))
    for row in made.values():
        assert tuple(row) == COLUMNS
        assert {name for name in FEATURES if row[name] is None} <= NULLABLE
        sources = ("search", "category", "collection", "direct", "referral")
        assert sum(row[f"{name}_views"] for name in sources) == row["total_views"]
        assert (
            row["mobile_views"] + row["desktop_views"] + row["tablet_views"] + row["unknown_device_views"]
            == row["total_views"]
        )


@settings(deadline=None, max_examples=40)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_decides_between_copies_only(history, chance):
    told, *records, as_of = history
    told = reference.first_copies(told)
    shuffled = random.Random(chance.random()).sample(told, len(told))
    assert_same(rows(kernel.compute(inputs(shuffled, *records), as_of)), reference.compute(told, *records, as_of))


def bucket(history, customer):
    """What a reader hands in for one customer: its own events, those of its clients' guests, all links of these clients."""
    told, products, customers, orders, links, _ = history
    mine = {link.client_id for link in links if link.customer_id == customer}
    return inputs(
        [one for one in told if one.customer_id == customer or (not one.customer_id and one.client_id in mine)],
        products,
        [one for one in customers if one.customer_id == customer],
        [one for one in orders if one.customer_id == customer],
        [link for link in links if link.client_id in mine],
    )


@settings(deadline=None, max_examples=40)
@given(histories())
def test_buckets_of_customers_give_what_all_together_give(history):
    history = (reference.first_copies(history[0]), *history[1:])
    wanted = reference.compute(*history)
    made = {}
    for customer in ("a", "b"):
        made |= rows(kernel.compute(bucket(history, customer), history[-1], customers=[customer]))
    assert_same(made, wanted)


@settings(deadline=None, max_examples=30)
@given(histories())
def test_a_single_pair_is_the_row_of_the_whole(history):
    everything = inputs(*history[:-1])
    whole = rows(kernel.compute(everything, history[-1]))
    for pair in [*sorted(whole)[:2], ("a", "nothing")]:
        alone = rows(kernel.compute(everything, history[-1], pairs=[pair]))
        assert alone == {key: row for key, row in whole.items() if key == pair}


@settings(deadline=None, max_examples=60)
@given(histories(), offsets)
def test_a_projected_row_is_what_computing_it_then_gives(history, later):
    everything, as_of = inputs(*history[:-1]), history[-1]
    stored = kernel.compute(everything, as_of)
    read = min(as_of + later, YEAR_9999 + DAY)
    now = rows(kernel.compute(everything, read))
    for key, row in rows(kernel.project(stored, read)).items():
        if row["state_next_instant"] is not None and row["state_next_instant"] <= read:
            continue
        assert key in now
        compared = (*FEATURES, *EXTRAS, *(name for name in BOOKKEEPING))
        assert_same({key: now[key]}, {key: {name: row[name] for name in compared}})


def test_a_row_of_a_later_time_is_not_projected_back():
    stored = kernel.compute(inputs([FeatureEvent("e", 5, "view", "a", "p")]), 10)
    with pytest.raises(ValueError, match="later"):
        kernel.project(stored, 9)
