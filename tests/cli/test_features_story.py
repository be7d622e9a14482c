"""The demo's shop is what the demo needs it to be."""

from datetime import UTC, datetime

import protovalidate
from interplay import shop
from interplay_server.demo.customers import GUEST, GUEST_CLIENT, tell_shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_thirty_customers_of_whom_some_buy_return_and_abandon():
    story = tell_shop(NOW)
    assert len({one["customer_id"] for one in story.customers}) == 30
    assert {event.get("customer_id", GUEST) for event in story.events} == {
        one["customer_id"] for one in story.customers
    }
    assert 800 <= len(story.events) <= 1500
    kinds = [event["event_type"] for event in story.events]
    views, adds, checkouts = (kinds.count(kind) for kind in ("product_viewed", "add_to_cart", "checkout_started"))
    assert views > 2 * adds > 4 * checkouts > 0
    assert checkouts == len(story.orders) < story.abandoned + checkouts
    assert 0 < sum(bool(order["refunds"]) for order in story.orders) < len(story.orders)
    assert len(story.counts()) >= 200


def test_it_is_the_same_for_the_same_moment():
    assert tell_shop(NOW) == tell_shop(NOW)


def test_everything_is_valid_told_once_and_in_the_past():
    story = tell_shop(NOW)
    for make, rows in (
        (shop.event, story.events), (shop.order, story.orders), (shop.product, story.products),
        (shop.customer, story.customers), (shop.link, [story.link]),
    ):  # fmt: skip
        for row in rows:
            assert not protovalidate.collect_violations(make(row)), row
    assert len({event["id"] for event in story.events}) == len(story.events)
    for visit in story.visits:
        times = [event["created_at"] for event in visit.events]
        assert times == sorted(times) and times[-1] < NOW
        assert visit.order is None or times[-1] < visit.order["created_at"] < NOW


def test_a_guest_becomes_a_customer():
    story = tell_shop(NOW)
    guests = [event for event in story.events if "customer_id" not in event]
    assert guests and {event["client_id"] for event in guests} == {GUEST_CLIENT}
    assert story.link["customer_id"] == GUEST
