"""Each ruling on how the definition of the features is read, by its name."""

import math

import msgspec
import pytest
from interplay_server.domain.commerce import Customer, FeatureEvent, IdentityLink, Order, OrderLine, Product, Refund
from interplay_server.features import kernel
from interplay_server.features.inputs import inputs, links_of
from interplay_server.features.names import FEATURES, NULLABLE

SECOND, DAY = 1_000_000, 86_400_000_000
T = 1_740_000_000 * SECOND
NOW = T + 10 * DAY


def event(name, at=T, kind="view", product="p", customer="a", **more):
    return FeatureEvent(name, at, kind, customer, product, **more)


def order(name="o", at=T, product="p", quantity=1, customer="a", **more):
    more.setdefault("lines", (OrderLine(f"{name}-l", product, quantity, 2.0),))
    return Order(name, customer, at, **more)


def rows(events=(), as_of=NOW, products=(), customers=(), orders=(), links=()):
    table = kernel.compute(inputs(events, products, customers, orders, links), as_of)
    return {(row["customer_id"], row["product_id"]): row for row in table.to_pylist()}


def pair(events=(), as_of=NOW, **more):
    return rows(events, as_of, **more)["a", "p"]


def test_r01_the_first_received_copy_wins_before_as_of():
    told = [event("e", NOW + 1), event("e", T), event("e", T, product="q")]
    assert set(rows(told)) == {("a", "q")}
    told = [event("e", kind="cart_add"), event("e", kind="view")]
    assert (pair(told)["cart_adds"], pair(told)["total_views"]) == (1, 0)


def test_r02_as_of_is_inclusive_for_everything_dated():
    assert pair([event("e", NOW)])["total_views"] == 1
    assert not rows([event("e", NOW + 1)])
    assert pair(orders=[order(at=NOW)])["purchases"] == 1
    assert not rows(orders=[order(at=NOW + 1)])
    assert not rows(orders=[order(cancelled_at=NOW)])
    assert pair(orders=[order(cancelled_at=NOW + 1)])["purchases"] == 1
    for at, refunded in ((NOW, 1), (NOW + 1, 0)):
        given = order(refunds=(Refund("r", "o-l", 1, at),))
        assert pair(orders=[given])["refunded_purchases"] == refunded
        guest = event("e", customer="", client_id="x")
        assert len(rows([guest], links=[IdentityLink("x", "a", at)])) == refunded


@pytest.mark.parametrize(
    ("duration", "average"), [(None, None), (-0.5, None), (math.nan, None), (math.inf, None), (0.0, 0.0), (1e9, 1800.0)]
)
def test_r03_bad_durations(duration, average):
    assert pair([event("e", view_duration=duration)])["view_duration_avg"] == average
    assert pair([event("e", kind="cart_add", view_duration=duration)])["view_duration_avg"] is None


@pytest.mark.parametrize("gap", [-2 * SECOND, 0, 2 * SECOND])
@pytest.mark.parametrize("spelling", ["product_viewed", "product_view", "view", "view_item"])
def test_r04_a_page_beside_a_product_view_is_dropped_whole(gap, spelling):
    page = event("page", T + gap, "page_viewed", page_type="product", view_duration=50.0, referrer_type="email")
    other = event("view", T, spelling)
    row = pair([page, other])
    assert (row["total_views"], row["view_duration_avg"], row["channel_preference"]) == (1, None, "direct")
    assert row["state_events"] == 1


def test_r04_what_is_dropped_is_not_first_of_its_session():
    page = event("page", T, "page_viewed", page_type="product", referrer_type="email")
    assert pair([page, event("view", T + SECOND, referrer_type="email")])["referral_views"] == 1


def test_r04_only_within_two_seconds_product_and_session_and_never_among_equals():
    page = event("page", T, "page_viewed", page_type="product")
    assert pair([page, event("view", T + 2 * SECOND + 1)])["total_views"] == 2
    assert pair([page, event("view", T, session_id="other")])["total_views"] == 2
    assert pair([page, event("view", T, product="q")])["total_views"] == 1
    assert pair([page, event("page2", T + 1, "page_viewed", page_type="product")])["total_views"] == 2
    assert pair([event("view", T), event("view2", T)])["total_views"] == 2


def test_r04_comes_after_the_sessions():
    """The dropped page still holds a run together."""
    told = [
        event("first", T),
        event("page", T + 1799 * SECOND, "page_viewed", page_type="product"),
        event("view", T + 1800 * SECOND),
        event("last", T + 3599 * SECOND),
    ]
    assert (pair(told)["total_views"], pair(told)["unique_views"]) == (3, 1)


@pytest.mark.parametrize("spelling", [" VIEW ", "Product_Viewed", "\tview_item\n", "\u00a0view"])
def test_r05_listed_words_however_written(spelling):
    assert pair([event("e", kind=spelling)])["total_views"] == 1


@pytest.mark.parametrize("spelling", ["product-viewed", "product viewed", "list_view", "cart", "", "views"])
def test_r05_all_other_words_are_unknown(spelling):
    assert not rows([event("e", kind=spelling)])
    assert pair([event("e", kind=spelling), event("f")])["unknown_events"] == 1


def test_r05_recommendations():
    told = [event(str(i), kind=f"recommendation_{word}") for i, word in enumerate(("viewed", "clicked", "declined"))]
    assert pair(told)["state_kinds"] == 3
    assert pair([event("e", kind="recommendation_add_to_cart")])["cart_adds"] == 1


def test_r06_neutral_events():
    def told(kind, **more):
        return [event("1", T), event("2", T + 1500 * SECOND, kind, **more), event("3", T + 3000 * SECOND)]

    for kind in ("unheard_of", "customer_linked"):
        assert pair(told(kind))["unique_views"] == 2
    off = pair(told("page_viewed", page_type="home"))
    assert (off["unique_views"], off["total_views"], off["state_events"]) == (1, 2, 2)
    for kind in ("unheard_of", "customer_linked", "page_viewed"):
        assert not rows([event("e", kind=kind)])


def test_r07_results_of_a_search_make_no_pair_but_its_product_does():
    search = event("s", kind="search_submitted", product="q", result_product_ids=("r",))
    assert set(rows([search])) == {("a", "q")}
    for product in ("q", "r"):
        assert rows([search, event("v", product=product)])["a", product]["search_views"] == 1


def test_r08_a_shared_device_never_moves_browsing():
    links = [IdentityLink("x", "a", T + DAY), IdentityLink("x", "b", T + 3 * DAY)]
    told = [event(str(day), T + day * DAY, product=f"p{day}", customer="", client_id="x") for day in range(5)]
    assert set(rows(told, links=links)) == {("a", "p0"), ("a", "p1"), ("b", "p2"), ("b", "p3"), ("b", "p4")}
    assert rows([event("own", customer="c", client_id="x")], links=links).keys() == {("c", "p")}


def test_r08_links_of_events_that_tell_them():
    told = [event("l", kind=" Customer_Linked", customer="a", client_id="x"), event("v", client_id="y")]
    assert links_of(told) == [IdentityLink("x", "a", T)]


def test_r09_sessions():
    half = 1800 * SECOND
    assert pair([event("1"), event("2", T + half)])["unique_views"] == 1
    assert pair([event("1"), event("2", T + half + 1)])["unique_views"] == 2
    assert pair([event("1", session_id="s"), event("2", T + 9 * DAY, session_id="s")])["unique_views"] == 1
    assert pair([event("1"), event("2", T + 1, session_id="s")])["unique_views"] == 2
    over = [event("1"), event("2", T + half, session_id="s", product="q"), event("3", T + 2 * half)]
    assert pair(over)["unique_views"] == 1


def test_r10_existence():
    assert not rows([event("e", kind="strange")])
    assert not rows(orders=[order(test=True)])
    assert pair([event("e", kind="collection_viewed")])["total_views"] == 0
    assert pair(orders=[order()])["recommendation_score"] is None


def test_r11_orders_win_void_or_not():
    bought = [event("1", kind="purchase", order_id="x"), event("2", T + 1, "purchase", order_id="x"),
              event("3", kind="purchase"), event("4", kind="purchase")]  # fmt: skip
    row = pair(bought)
    assert (row["orders_source"], row["purchases"], row["state_last_purchase"]) == ("EVENTS", 3, T)
    row = pair(bought, orders=[order(test=True)])
    assert (row["orders_source"], row["purchases"]) == ("ORDERS", 0)
    assert pair(bought, orders=[order(product="q")])["orders_source"] == "EVENTS"
    assert pair(bought, orders=[order(at=NOW + 1)])["orders_source"] == "EVENTS"
    assert pair([event("v")])["orders_source"] == "NONE"


@pytest.mark.parametrize("void", [{"test": True}, {"financial_status": "Voided "}, {"cancelled_at": NOW}])
def test_r12_void(void):
    assert pair([event("v")], orders=[order(**void)])["purchases"] == 0


def test_r13_a_refunded_purchase_stays_in_p():
    kept, back = order(), order(refunds=(Refund("r", "o-l", 1, T + 1),))
    seen = [event("v"), event("c", kind="cart_add")]
    first, second = pair(seen, orders=[kept]), pair(seen, orders=[back])
    same = ("engagement_score", "cart_conversion_rate", "view_to_purchase_rate", "purchases", "intent_score")
    assert [first[name] for name in same] == [second[name] for name in same]
    assert first["loyalty_indicator"] > second["loyalty_indicator"]
    assert second["recommendation_score"] == 0 < first["recommendation_score"]


def test_r14_refunded_only_when_all_units_are():
    lines = (OrderLine("l1", "p", 2, 1.0), OrderLine("l2", "p", 1, 1.0), OrderLine("l3", "q", 1, 1.0))
    some = order(lines=lines, refunds=(Refund("r", "l1", 2, T), Refund("r", "l3", 1, T)))
    all_units = order(
        "o2", lines=lines, refunds=(Refund("r", "l1", 1, T), Refund("s", "l1", 1, T), Refund("s", "l2", 1, T))
    )
    row = pair(orders=[some, all_units])
    assert (row["purchases"], row["refunded_purchases"], row["refund_rate"]) == (2, 1, 0.5)
    too_much = order(lines=lines, refunds=(Refund("r", "l1", 3, T),))
    assert pair(orders=[too_much])["refunded_purchases"] == 0
    assert pair([event("e", kind="purchase")])["refund_rate"] == 0


def test_r15_engagement():
    assert pair([event("e", kind="checkout_started")])["engagement_score"] == pytest.approx(100 * 0.2 * 0.8 / 0.75)
    assert pair([event("e", kind="cart_viewed")])["engagement_score"] == 0
    assert pair(orders=[order()])["engagement_score"] == pytest.approx(100 * 0.2 / 0.75)


def test_r16_ties_follow_the_event_id():
    told = [
        event("b", device_type="mobile", referrer_type="email"),
        event("a", device_type="desktop", referrer_type="social"),
    ]
    for arrived in (told, told[::-1]):
        row = pair(arrived)
        assert (row["preferred_device"], row["channel_preference"], row["referral_views"]) == ("mobile", "email", 1)
        assert row["direct_views"] == 1


def test_r17_viewing_sessions_start_at_their_first_view():
    told = []
    for day in range(4):
        told.append(event(f"c{day}", T + day * DAY - (1000 * SECOND if day == 2 else 0), "cart_add"))
        told.append(event(f"v{day}", T + day * DAY))
    assert pair(told)["view_consistency"] == 1
    assert pair(told[:4])["view_consistency"] is None
    same = [event(str(i), session_id=str(i)) for i in range(3)]
    assert pair(same)["view_consistency"] is None


def test_r18_quality():
    told = [event("1", view_duration=10.0), event("2", T + SECOND - 1, "search_submitted"), event("3", T + 2 * SECOND)]
    assert pair(told)["interaction_quality_score"] == pytest.approx(100 * (0.35 + 0.25 + 0.2 * 0.5 + 0.1 * 0.5) / 0.9)
    assert pair([event("1")])["interaction_quality_score"] == pytest.approx(100 * 0.1 * 0.25 / 0.35)
    assert pair(orders=[order()])["interaction_quality_score"] is None


def test_r19_intent():
    told = [
        event("1", NOW - 7 * DAY, "cart_add"),
        event("2", NOW - 7 * DAY, "cart_remove"),
        event("3", NOW, "collection_viewed"),
    ]
    assert pair(told)["intent_score"] == pytest.approx(1 - math.exp(-0.2 * 2**-0.5))
    bought = pair(told, orders=[order(at=NOW - 7 * DAY)])
    assert bought["intent_score"] == pytest.approx(1 - math.exp(-0.05 * 2**-0.5))
    negative = [event("1", NOW, "cart_remove"), event("2", NOW, "view")]
    assert pair(negative)["intent_score"] == 0


def test_r20_loyalty():
    march = 1_741_000_000 * SECOND
    row = pair([event("1", march)], march + 45 * DAY)
    assert row["loyalty_indicator"] == pytest.approx(0.5 * (0.25 / 6 + 0.15 * 2**-0.5))
    row = pair([], march + 45 * DAY, orders=[order(at=march), order("o2", march + 40 * DAY)])
    assert row["loyalty_indicator"] == pytest.approx(0.6 * 0.75 + 0.25 * 2 / 6 + 0.15 * 2 ** (-5 / 90))
    february, january = 1_739_577_600 * SECOND, 1_768_000_000 * SECOND
    assert pair([event("1", february)], january)["state_active_months"] == 1 << 11
    assert pair([event("1", february)], january + 30 * DAY)["state_active_months"] == 0


def test_r21_devices_and_channels():
    devices = {"Phone": "mobile", "smartphone": "mobile", "ios": "mobile", "android": "mobile", "ipad": "tablet", "PC": "desktop",
               "mac": "desktop", "web": "desktop", "tablet": "tablet", "mobile ": "mobile", "desktop": "desktop"}  # fmt: skip
    for given, meant in devices.items():
        assert pair([event("e", device_type=given, user_agent="iPad")])["preferred_device"] == meant
    agents = {"X (iPad) Mobile": "tablet", "Android 9 Tablet Mobile": "tablet", "Android 11": "tablet",
              "Android 11 Mobile": "mobile", "snowplow/andr-1 android/11": "tablet", "(Windows NT 10)": "desktop", "curl": None}  # fmt: skip
    for given, meant in agents.items():
        assert pair([event("e", device_type="toaster", user_agent=given)])["preferred_device"] == meant
    channels = {
        "": "direct",
        "affiliate": "referral",
        "Organic": "organic_search",
        "pigeon": "other",
        "paid_search": "paid_search",
    }
    for given, meant in channels.items():
        assert pair([event("e", referrer_type=given)])["channel_preference"] == meant


def test_r22_recommendation():
    seen = [event("v", NOW - DAY // 2)]
    row = pair(seen)
    base = 0.4 * row["intent_score"] + 0.25 * row["engagement_score"] / 100 + 0.2 * row["loyalty_indicator"] + 0.15
    assert row["recommendation_score"] == pytest.approx(base)
    bought = [event("c", NOW, "cart_viewed")]
    for days, rest in ((29, 0.5), (30, 0.5), (45, 0.75), (60, 1.0), (100, 1.0)):
        row = pair(bought, orders=[order(at=NOW - days * DAY)])
        base = (
            0.4 * row["intent_score"] + 0.25 * row["engagement_score"] / 100 + 0.2 * row["loyalty_indicator"]
        ) / 0.85
        assert row["recommendation_score"] == pytest.approx(base * rest)
    assert pair(bought, products=[Product("p", available=False)])["recommendation_score"] == 0
    assert pair(orders=[order()], products=[Product("p", available=False)])["recommendation_score"] is None
    often = [order(str(n), NOW - day * DAY) for n, day in enumerate((48, 28, 8))]
    assert pair(bought, orders=often)["state_repurchase_days"] == 10
    at_once = [order(str(n), NOW - DAY) for n in range(3)]
    assert pair(bought, orders=at_once)["state_repurchase_days"] == 30


def test_r23_sources():
    search = event("s", T, "search_submitted", product="", result_product_ids=("p",))
    for gap, found in ((0, 1), (60 * SECOND, 1), (60 * SECOND + 1, 0)):
        assert pair([search, event("v", T + gap, page_type="category")])["search_views"] == found
    assert pair([search, event("v", T, session_id="other")])["search_views"] == 0
    assert pair([event("v", T - 1), search])["search_views"] == 0
    for page in ("search", " Search_Results", "searchresult"):
        assert pair([event("v", page_type=page)])["search_views"] == 1
    assert pair([event("v", page_type="collection", referrer_type="email")])["collection_views"] == 1
    for channel, external in (("email", 1), ("carrier pigeon", 1), ("direct", 0), ("internal", 0)):
        assert pair([event("v", referrer_type=channel)])["referral_views"] == external
    before = event("u", T - 1, "page_viewed", product="", page_type="home")
    assert pair([before, event("v", referrer_type="email")])["referral_views"] == 0
    unknown = event("u", T - 1, "strange")
    assert pair([unknown, event("v", referrer_type="email")])["referral_views"] == 1


def test_r24_days_and_seasons():
    told = [event(str(n), T + n) for n in range(4)]
    assert pair(told, T + 180 * DAY)["seasonal_view_pattern"] == 1
    assert pair(told, T + 180 * DAY - 1)["seasonal_view_pattern"] is None
    assert pair(told[:3], T + 180 * DAY)["seasonal_view_pattern"] is None
    tie = [event(str(n), T + day * DAY) for n, day in enumerate((0, 365, 95, 460))]
    row = pair(tie, T + 600 * DAY)
    assert row["seasonal_view_pattern"] == pytest.approx(1 / 3)
    assert row["peak_season"] == "spring"
    assert pair([event("v", T)], T + 2 * DAY - 1)["view_recency"] == 1


def test_r25_the_29():
    assert (len(FEATURES), len(set(FEATURES)), len(NULLABLE)) == (29, 29, 13)
    row = pair(orders=[order()])
    assert {name for name in FEATURES if row[name] is None} == NULLABLE


def test_r26_helper_values_finish_a_row():
    told = [event(str(n), T + n * DAY) for n in range(5)]
    later = T + 185 * DAY
    given = inputs(told, orders=[order(at=T + 2 * DAY, refunds=(Refund("r", "o-l", 1, T + 200 * DAY),))])
    stored = kernel.compute(given, T + 5 * DAY)
    now, finished = kernel.compute(given, later).to_pylist()[0], kernel.project(stored, later).to_pylist()[0]
    assert finished["seasonal_view_pattern"] is not None
    assert finished["state_next_instant"] == T + 200 * DAY
    for name in FEATURES:
        wanted = now[name]
        assert finished[name] == (pytest.approx(wanted, rel=1e-9) if isinstance(wanted, float) else wanted), name


def test_r27_extras():
    unpriced = order("o1", lines=(OrderLine("l", "p", 2), OrderLine("m", "p", 1)), total_price=9.0, currency="EUR")
    priced = order("o2", quantity=3, currency="eur ", refunds=(Refund("r", "o2-l", 1, T),))
    row = pair(orders=[unpriced, priced])
    assert (row["order_value"], row["purchased_quantity"], row["mixed_currencies"]) == (15.0, 6, False)
    row = pair(orders=[unpriced, msgspec.structs.replace(priced, currency="USD")])
    assert (row["order_value"], row["mixed_currencies"]) == (None, True)
    assert pair(orders=[msgspec.structs.replace(unpriced, total_price=None)])["order_value"] is None
    two = order("o3", lines=(OrderLine("l", "p", 1), OrderLine("m", "q", 1)), total_price=9.0)
    assert pair(orders=[two])["order_value"] is None
    assert pair([event("v")], orders=[order(at=T + 2 * DAY)])["days_to_first_purchase"] == 2
    assert pair([event("v")], orders=[order(at=T - 1)])["days_to_first_purchase"] is None
    for price, likeness in ((2.0, 1.0), (3.0, 0.0)):
        assert pair(orders=[order()], products=[Product("p", price=price)])["price_affinity"] == likeness
    catalogue = [Product("p", vendor="x"), Product("q", vendor="x"), Product("r", vendor="y"), Product("s", vendor="y")]
    told = [event("1"), event("2", product="q"), event("3", product="r"), event("4")]
    assert pair(told, products=catalogue)["vendor_affinity"] == pytest.approx((1 + 0.5) / (2 + 1))
    assert pair([event("1")], customers=[Customer("a", created_at=NOW - DAY)])["account_age_days"] == 1
    stages = [
        pair([event("1", NOW - days * DAY), *(event(f"{n}x", NOW) for n in range(4))])["relationship_stage"]
        for days in (6, 7)
    ]
    assert stages == ["new", "engaged"]
    bought = [
        [order(str(n), NOW - days * DAY) for n in range(count)] for count, days in ((1, 29), (1, 30), (3, 89), (3, 90))
    ]
    assert [pair(orders=one)["relationship_stage"] for one in bought] == ["new", "returning", "returning", "loyal"]
