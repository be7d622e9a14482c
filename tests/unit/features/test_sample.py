"""The worked sample of the seed: counts and rates exactly, scores as the definition gives them."""

from datetime import UTC, datetime, timedelta

import pytest
from interplay_server.domain.commerce import FeatureEvent, Order, OrderLine
from interplay_server.features import kernel
from interplay_server.features.explain import explain
from interplay_server.features.inputs import inputs
from interplay_server.features.names import FEATURES

FIRST = datetime(2025, 1, 1, 12, tzinfo=UTC)
AS_OF = datetime(2025, 1, 26, 18, tzinfo=UTC)


def micros(moment):
    return round(moment.timestamp() * 1e6)


def visits():
    """25 views in 15 sessions, 10 from search, 8 from categories, 7 direct; 15 mobile, 10 desktop; 3 adds, 1 remove."""
    told = []
    for n in range(25):
        moment = FIRST + timedelta(days=n * 24 / 24)
        told.append(
            FeatureEvent(
                f"view{n:02}", micros(moment), "product_viewed", "customer", "product", session_id=f"s{n % 15}",
                page_type=("search" if n < 10 else "category" if n < 18 else "product"),
                device_type="mobile" if n < 15 else "desktop", view_duration=45.5,
            )
        )  # fmt: skip
    for n, kind in enumerate(("add_to_cart", "add_to_cart", "remove_from_cart", "add_to_cart")):
        told.append(
            FeatureEvent(f"cart{n}", micros(FIRST) + 60_000_000 * (n + 1), kind, "customer", "product", session_id="s0")
        )
    return told


def bought():
    return Order(
        "order", "customer", micros(FIRST + timedelta(days=20)), lines=(OrderLine("line", "product", 1, 10.0),)
    )


def row(orders=(), *, parts=False):
    return kernel.compute(inputs(visits(), orders=orders), micros(AS_OF), parts=parts).to_pylist()[0]


def test_counts_and_rates():
    made = row([bought()])
    assert {name: made[name] for name in (
        "total_views", "unique_views", "view_duration_avg", "cart_adds", "cart_removes", "purchases", "search_views",
        "category_views", "direct_views", "view_recency", "mobile_views", "desktop_views", "preferred_device",
    )} == {
        "total_views": 25, "unique_views": 15, "view_duration_avg": 45.5, "cart_adds": 3, "cart_removes": 1, "purchases": 1,
        "search_views": 10, "category_views": 8, "direct_views": 7, "view_recency": 1, "mobile_views": 15, "desktop_views": 10,
        "preferred_device": "mobile",
    }  # fmt: skip
    assert made["cart_conversion_rate"] == pytest.approx(1 / 3)
    assert made["view_to_purchase_rate"] == pytest.approx(0.04)
    assert made["engagement_score"] == pytest.approx(75, abs=1)
    assert datetime.fromtimestamp(made["first_view_date"] / 1e6, UTC) == FIRST
    assert len(FEATURES) == 29 <= len(made)


def test_without_orders_it_proceeds():
    made = row()
    assert (made["purchases"], made["orders_source"], made["cart_conversion_rate"]) == (0, "NONE", 0)
    assert made["refund_rate"] is None


def test_absent_is_not_zero():
    made = kernel.compute(inputs([FeatureEvent("e", 5, "cart_viewed", "c", "p")]), 5).to_pylist()[0]
    absent = ("view_duration_avg", "view_recency", "first_view_date", "cart_conversion_rate", "preferred_device")
    assert [made[name] for name in absent] == [None] * 5
    seen_today = kernel.compute(inputs([FeatureEvent("e", 5, "view", "c", "p")]), 5).to_pylist()[0]
    assert seen_today["view_recency"] == 0


def test_the_parts_of_a_score_add_up():
    made = row([bought()], parts=True)
    told = explain(made)
    for score in ("engagement_score", "interaction_quality_score", "loyalty_indicator"):
        assert sum(told[score].values()) == pytest.approx(made[score])
    parts = told["recommendation_score"]
    base = sum(parts[name] for name in ("intent", "engagement", "loyalty", "recency"))
    assert base * parts["kept"] * parts["rest"] * parts["available"] == pytest.approx(made["recommendation_score"])
    assert set(told) == {
        "engagement_score",
        "interaction_quality_score",
        "intent_score",
        "loyalty_indicator",
        "recommendation_score",
    }


def test_parts_of_an_order_alone_leave_out_what_is_absent():
    table = kernel.compute(inputs(orders=[bought()]), micros(AS_OF), parts=True)
    told = explain(table.to_pylist()[0])
    assert set(told) == {"engagement_score", "intent_score", "loyalty_indicator"}
    assert "duration" not in told["engagement_score"]
