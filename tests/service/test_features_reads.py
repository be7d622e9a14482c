"""Features of pairs: on the spot at any instant, kept and brought up to date, listed in an order, recommended."""

import pytest

from tests.conftest import eventually
from tests.service.kit import Api, fresh, refused
from tests.service.shop_kit import DAY, Shop, event, order, pb, shop_pb, when


@pytest.fixture
def shop(shared_server):
    api = Api(shared_server.target, tenant=fresh("shop"), timeout=60)
    yield Shop(api)
    api.close()


NULLABLE = {
    "view_duration_avg", "view_frequency", "cart_conversion_rate", "view_to_purchase_rate", "first_view_date",
    "last_view_date", "view_recency", "view_consistency", "seasonal_view_pattern", "preferred_device",
    "channel_preference", "interaction_quality_score", "recommendation_score",
}  # fmt: skip


def test_exactly_29_features_and_absent_is_not_zero(shop):
    fields = shop_pb.InteractionFeatures.DESCRIPTOR.fields
    assert len(fields) == 29
    assert {field.name for field in fields if field.has_presence} == NULLABLE
    shop.record(event("add_to_cart"))
    row = shop.get(at=60)
    assert row.features.cart_adds == 1 and row.features.cart_conversion_rate == 0.0
    absent = {name for name in NULLABLE if not row.features.HasField(name)}
    assert absent == NULLABLE - {"cart_conversion_rate", "interaction_quality_score", "recommendation_score"}
    assert row.orders_source == shop_pb.ORDERS_SOURCE_NONE


def test_a_pair_at_any_instant(shop):
    shop.record(*[event(at=n * DAY, session_id=f"s{n}", view_duration=40) for n in range(5)])
    shop.orders(order("o", at=3 * DAY + 60))
    assert [shop.get(at=n * DAY).features.total_views for n in range(5)] == [1, 2, 3, 4, 5]
    assert [shop.get(at=n * DAY).features.purchases for n in range(5)] == [0, 0, 0, 0, 1]
    row = shop.get(at=3 * DAY)
    assert (row.as_of, row.customer_id, row.product_id) == (when(3 * DAY), "c", "p")
    error = refused(shop.get, at=-1)
    assert (error.code, error.reason) == ("NOT_FOUND", "FEATURES_NOT_FOUND")
    assert error.metadata["resourceName"] == "c/p"


@pytest.mark.parametrize("events", [[], [event("dances")], [event("page_viewed", page_type="home")]])
def test_what_stands_for_nothing_is_not_found(shop, events):
    if events:
        shop.record(*events)
    shop.orders(order("void", test=True))
    assert refused(shop.get).reason == "FEATURES_NOT_FOUND"


def test_the_sample_of_the_seed(shop):
    """25 views on 15 sessions, three adds, one remove, one purchase; a day after the last view."""
    sources = ["search"] * 10 + ["category"] * 8 + ["product"] * 7
    views = [
        event(
            at=-(24 - n) * 28_800, session_id=f"s{n % 15}", page_type=sources[n], view_duration=45.5,
            device_type="mobile" if n < 15 else "desktop",
        )
        for n in range(25)
    ]  # fmt: skip
    shop.record(*views, *[event("add_to_cart", at=-n) for n in range(3)], event("remove_from_cart", at=-5))
    shop.orders(order("o", at=-1))
    found = shop.get(at=DAY).features
    counts = (found.total_views, found.unique_views, found.cart_adds, found.cart_removes, found.purchases)
    assert counts == (25, 15, 3, 1, 1)
    assert (found.search_views, found.category_views, found.collection_views) == (10, 8, 0)
    assert (found.direct_views, found.referral_views) == (7, 0)
    assert (found.mobile_views, found.desktop_views, found.tablet_views) == (15, 10, 0)
    assert found.view_duration_avg == 45.5 and found.view_recency == 1
    assert found.cart_conversion_rate == pytest.approx(1 / 3) and found.view_to_purchase_rate == 0.04
    assert found.engagement_score == pytest.approx(75, abs=1)
    assert found.preferred_device == "mobile"


def computed(api, **fields):
    *_, last = api.ComputeInteractionFeatures(pb.ComputeInteractionFeaturesRequest(**fields))
    return last.totals


class TestKept:
    """Rows that are kept are what a computation on the spot gives."""

    def batch(self, shop, *pairs, at=None):
        request = pb.BatchGetInteractionFeaturesRequest(
            pairs=[pb.FeaturePair(customer_id=c, product_id=p) for c, p in pairs],
            as_of=None if at is None else when(at),
        )
        return shop.api.BatchGetInteractionFeatures(request).rows

    def same(self, shop, customers="abc", products="pqr", at=None):
        """Batch and list agree with single pairs; gives how many there are."""
        pairs = [(c, p) for c in customers for p in products]
        at = 400 * DAY if at is None else at
        rows = {(row.customer_id, row.product_id): row for row in self.batch(shop, *pairs, at=at)}
        listed = shop.api.ListInteractionFeatures(
            pb.ListInteractionFeaturesRequest(page_size=1000, as_of=when(at))
        ).rows
        shown = {(row.customer_id, row.product_id): row for row in listed}
        for pair in pairs:
            if pair not in rows:
                assert refused(shop.get, *pair, at=at).reason == "FEATURES_NOT_FOUND"
                assert pair not in shown
                continue
            single = shop.get(*pair, at=at)
            for other in (rows[pair], shown[pair]):
                assert close(single.features, other.features), pair
                assert close(single.extras, other.extras), pair
                assert other.orders_source == single.orders_source
        return len(rows)

    def test_after_everything_that_can_happen(self, shop):
        api = shop.api
        shop.products(*[shop_pb.Product(product_id=p, price=9, currency="EUR", vendor="v", tags=["t"]) for p in "pqr"])
        shop.record(*[event(product=p, customer=c, at=n * 3600) for c in "abc" for p in "pq" for n in range(3)])
        totals = computed(api, full=True)
        assert (totals.pairs, totals.customers, totals.failed_customers, totals.full) == (6, 3, 0, True)
        assert self.same(shop) == 6
        shop.record(event("add_to_cart", customer="a", product="r", at=2 * DAY))  # a new pair
        shop.record(event(customer="b", product="p", at=-DAY))  # a late event
        shop.orders(order("o", customer="a", at=3 * DAY), order("moves", customer="b", product="r", at=DAY))
        shop.record(event(customer="", client_id="k", product="q", at=5 * DAY))  # a guest
        assert self.same(shop) == 8
        computed(api)
        assert self.same(shop) == 8
        shop.orders(order("moves", customer="c", product="r", at=DAY))
        shop.links(("k", "c", 6 * DAY))
        shop.orders(order("o", customer="a", at=3 * DAY, cancelled_at=when(4 * DAY)))
        assert self.same(shop) == 8
        computed(api)
        assert self.same(shop) == 8
        api.DeleteEvents(pb.DeleteEventsRequest(customer_id="a", product_id="r"))
        api.DeleteOrders(pb.DeleteOrdersRequest(order_ids=["moves"]))
        shop.products(shop_pb.Product(product_id="p", price=9, currency="EUR", available=False))
        assert self.same(shop) == 6
        computed(api)
        assert self.same(shop) == 6
        incremental = {
            (r.customer_id, r.product_id): r for r in self.batch(shop, *[(c, p) for c in "abc" for p in "pqr"])
        }
        computed(api, full=True)
        whole = {(r.customer_id, r.product_id): r for r in self.batch(shop, *[(c, p) for c in "abc" for p in "pqr"])}
        assert incremental.keys() == whole.keys()

    def test_at_instants_before_and_after_the_kept_rows(self, shop):
        refund = shop_pb.Refund(refund_id="r", line_id="1", quantity=1, created_at=when(50 * DAY))
        shop.record(*[event(product=p, customer=c, at=n * 10 * DAY) for c in "ab" for p in "pq" for n in range(6)])
        shop.orders(order("o", customer="a", at=5 * DAY, refunds=[refund]))
        computed(shop.api, full=True, as_of=when(20 * DAY))
        for day in (-1, 0, 10, 20, 21, 30, 49, 50, 51, 300, 600):
            assert self.same(shop, "ab", "pq", at=day * DAY) == (0 if day < 0 else 4)

    def test_fresh_within_seconds_by_itself(self, shop):
        def listed():
            rows = shop.api.ListInteractionFeatures(pb.ListInteractionFeaturesRequest(customer_id="c")).rows
            return [(row.product_id, row.features.total_views) for row in rows]

        shop.record(event(product="p"))
        eventually(lambda: listed() == [("p", 1)], 30)
        shop.record(event(product="p", at=9), event(product="q"))
        eventually(lambda: listed() == [("p", 2), ("q", 1)], 30)
        shop.api.DeleteEvents(pb.DeleteEventsRequest(product_id="p"))
        eventually(lambda: listed() == [("q", 1)], 30)


def close(one, other):
    """Whether two messages hold the same, floats nearly."""
    if {f.name for f, _ in one.ListFields()} != {f.name for f, _ in other.ListFields()}:
        return False
    return all(
        value == pytest.approx(getattr(other, field.name), rel=1e-9, abs=1e-12)
        if isinstance(value, float)
        else value == getattr(other, field.name)
        for field, value in one.ListFields()
    )


class TestLists:
    @pytest.fixture
    def full(self, shop):
        for number in range(12):
            shop.record(
                *[event(product=f"p{number:02}", customer=f"c{number % 3}", at=n * 60) for n in range(number + 1)]
            )
        shop.record(event("add_to_cart", product="cart", customer="c0"))
        computed(shop.api, full=True)
        return shop

    def listed(self, shop, size=5, **fields):
        rows, token = [], ""
        while True:
            request = pb.ListInteractionFeaturesRequest(page_size=size, page_token=token, **fields)
            page = shop.api.ListInteractionFeatures(request)
            rows += page.rows
            if not (token := page.next_page_token):
                return rows

    def test_orders_filters_and_pages(self, full):
        everything = [(row.customer_id, row.product_id) for row in self.listed(full)]
        assert everything == sorted(everything) and len(everything) == 13
        by_views = self.listed(full, order_by="total_views")
        assert [row.features.total_views for row in by_views] == [*range(12, -1, -1)]
        rising = self.listed(full, order_by="total_views", ascending=True, customer_id="c1")
        assert [row.features.total_views for row in rising] == [2, 5, 8, 11]
        bound = pb.FeatureBound(feature="total_views", min=3, max=6)
        assert {row.features.total_views for row in self.listed(full, bounds=[bound])} == {3, 4, 5, 6}
        assert [row.product_id for row in self.listed(full, product_id="p03")] == ["p03"]
        recent = self.listed(full, order_by="last_view_date")
        assert recent[0].product_id == "p11" and recent[-1].product_id == "cart"
        assert not recent[-1].features.HasField("last_view_date")

    def test_bad_names_and_tokens_are_refused(self, full):
        request = pb.ListInteractionFeaturesRequest(
            order_by="preferred_device", bounds=[pb.FeatureBound(feature="nothing")]
        )
        assert refused(full.api.ListInteractionFeatures, request).fields == ["bounds[0].feature", "order_by"]
        page = full.api.ListInteractionFeatures(pb.ListInteractionFeaturesRequest(page_size=2))
        other = pb.ListInteractionFeaturesRequest(page_token=page.next_page_token, order_by="total_views")
        assert refused(full.api.ListInteractionFeatures, other).reason == "INVALID_PAGE_TOKEN"


def test_recommendations_say_what_they_are_made_of(shop):
    shop.products(
        *[shop_pb.Product(product_id=p, title=p.upper(), available=p != "gone") for p in ("often", "once", "gone")]
    )
    shop.record(
        *[event(product="often", at=n * 60) for n in range(6)],
        event("add_to_cart", product="often", at=400),
        event(product="once"),
        event("add_to_cart", product="gone"),
    )
    ask = pb.ListRecommendationsRequest(customer_id="c", as_of=when(DAY))
    found = shop.api.ListRecommendations(ask).recommendations
    assert [one.product_id for one in found] == ["often", "once"]
    for one in found:
        product = sum(one.parts.values())
        for factor in one.factors.values():
            product *= factor
        assert one.score == pytest.approx(product) == pytest.approx(one.row.features.recommendation_score)
        assert set(one.factors) == {"kept", "rest", "available"} and one.title == one.product_id.upper()
    ask.include_zero = True
    assert [one.product_id for one in shop.api.ListRecommendations(ask).recommendations][-1] == "gone"
    ask.top_k = 1
    assert len(shop.api.ListRecommendations(ask).recommendations) == 1
