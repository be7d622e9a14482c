"""Web-pixel events of every standard type."""

import json

import pytest
from interplay_server.domain.commerce import FeatureEvent, IdentityLink
from interplay_server.features.shapes.values import instant
from interplay_server.features.shopify import pixels
from interplay_server.features.shopify.importer import EVENTS, ShopifyImporter
from interplay_server.features.shopify.referrers import Visit, address, came_from, channel, page_type

AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"
TIME = "2025-01-25T10:00:00.250Z"
SHOP = "https://acme.example"


def variant(product):
    return {
        "id": f"4{product}",
        "price": {"amount": 9.5, "currencyCode": "EUR"},
        "product": {"id": product, "title": "Board", "vendor": "V", "type": "T", "url": f"/products/{product}"},
    }


def line(product):
    return {"quantity": 1, "cost": {"totalAmount": {"amount": 9.5}}, "merchandise": variant(product)}


CHECKOUT = {
    "token": "t",
    "currencyCode": "EUR",
    "lineItems": [
        {"id": "a", "quantity": 1, "variant": variant("11")},
        {"id": "b", "quantity": 2, "variant": variant("gid://shopify/Product/12")},
        {"id": "c", "quantity": 1, "variant": variant("11")},
    ],
    "order": None,
}
ORDERED = {
    **CHECKOUT,
    "order": {"id": "gid://shopify/OrderIdentity/900", "customer": {"id": "77", "isFirstOrder": False}},
}
PAYLOADS = {
    "alert_displayed": ({"alert": {"type": "INPUT_INVALID", "message": "Enter a name"}}, [""]),
    "cart_viewed": ({"cart": {"id": "c", "lines": [line("11"), line("12"), line("13")]}}, ["11", "12", "13"]),
    "checkout_address_info_submitted": ({"checkout": CHECKOUT}, ["11", "12"]),
    "checkout_completed": ({"checkout": ORDERED}, ["11", "12"]),
    "checkout_contact_info_submitted": ({"checkout": CHECKOUT}, ["11", "12"]),
    "checkout_shipping_info_submitted": ({"checkout": CHECKOUT}, ["11", "12"]),
    "checkout_started": ({"checkout": CHECKOUT}, ["11", "12"]),
    "collection_viewed": (
        {"collection": {"id": "5", "title": "Oak", "productVariants": [variant("21"), variant("22")]}},
        ["21", "22"],
    ),
    "page_viewed": ({}, [""]),
    "payment_info_submitted": ({"checkout": CHECKOUT}, ["11", "12"]),
    "product_added_to_cart": ({"cartLine": line("31")}, ["31"]),
    "product_removed_from_cart": ({"cartLine": line(31)}, ["31"]),
    "product_viewed": ({"productVariant": variant("41")}, ["41"]),
    "search_submitted": (
        {"searchResult": {"query": "oak", "productVariants": [variant("51"), variant("52"), variant("51")]}},
        [""],
    ),
    "ui_extension_errored": ({"error": {"message": "boom", "extensionName": "x"}}, [""]),
}


def raw(name, data=None, href=f"{SHOP}/", referrer="", **extra):
    return {
        "id": f"e-{name}",
        "name": name,
        "type": "standard",
        "clientId": "client-1",
        "timestamp": TIME,
        "seq": 3,
        "context": {
            "document": {"location": {"href": href}, "referrer": referrer, "title": "T"},
            "navigator": {"userAgent": AGENT, "language": "en"},
            "window": {},
        },
        "data": PAYLOADS.get(name, ({},))[0] if data is None else data,
    } | extra


def read(*documents):
    importer = ShopifyImporter(EVENTS)
    text = "\n".join(json.dumps(one) for one in documents).encode()
    return [one.record for one in (*importer.feed(text), *importer.finish())], importer.report


def test_every_standard_event_is_tried_here():
    assert set(PAYLOADS) == pixels.STANDARD


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_a_standard_event_becomes_one_for_each_of_its_products(name):
    records, report = read(raw(name))
    assert [one.product_id for one in records] == PAYLOADS[name][1]
    assert {(one.event_id, one.event_type, one.created_at, one.client_id, one.user_agent) for one in records} == {
        (f"e-{name}", name, instant(TIME, "t"), "client-1", AGENT)
    }
    assert report.problems == []
    assert "custom_event_type" not in report.noted


def test_a_search_keeps_its_results_in_one_event():
    (search,), _ = read(raw("search_submitted"))
    assert search.result_product_ids == ("51", "52")


def test_an_empty_cart_is_still_an_event():
    (viewed,), _ = read(raw("cart_viewed", {"cart": None}))
    assert viewed.product_id == ""


def test_a_completed_checkout_names_order_and_customer_like_the_admin_api():
    records, _ = read(raw("checkout_completed"))
    assert {(one.order_id, one.customer_id) for one in records} == {("900", "77")}


def test_whole_event():
    records, _ = read(
        raw(
            "product_viewed",
            href=f"{SHOP}/products/41",
            referrer="https://www.google.com/",
            customerId="gid://shopify/Customer/77",
        )
    )
    assert records == [
        FeatureEvent(
            "e-product_viewed",
            instant(TIME, "t"),
            "product_viewed",
            "77",
            "41",
            "client-1",
            page_type="product",
            referrer_type="organic_search",
            user_agent=AGENT,
        )
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"event": raw("product_viewed"), "init": {"data": {"customer": {"id": "77"}}}, "shop": "acme.myshopify.com"},
        raw("product_viewed", init={"data": {"customer": {"id": 77}}}),
        raw("product_viewed", {**PAYLOADS["product_viewed"][0], "customer": {"id": "gid://shopify/Customer/77"}}),
        {
            "id": "e-product_viewed",
            "interactionType": "product_viewed",
            "clientId": "client-1",
            "customerId": 77,
            "shopId": "s",
            "createdAt": TIME,
            "metadata": {"data": PAYLOADS["product_viewed"][0]},
        },
        {
            "id": "e-product_viewed",
            "interaction_type": "product_viewed",
            "client_id": "client-1",
            "customer_id": "77",
            "created_at": TIME,
            "interaction_metadata": {"product_id": 41},
        },
    ],
)
def test_the_customer_is_found_wherever_a_collector_put_it(document):
    (viewed,), _ = read(document)
    assert (viewed.event_id, viewed.event_type, viewed.customer_id, viewed.product_id, viewed.client_id) == (
        "e-product_viewed",
        "product_viewed",
        "77",
        "41",
        "client-1",
    )


def test_links():
    records, _ = read(
        raw(
            "customer_linked",
            {"clientId": "client-9", "customerId": "gid://shopify/Customer/77", "linkedAt": "2025-01-26T00:00:00Z"},
        ),
        raw("customer_linked", {}, customerId=78),
    )
    assert records == [
        IdentityLink("client-9", "77", instant("2025-01-26", "t")),
        IdentityLink("client-1", "78", instant(TIME, "t")),
    ]


def test_types_of_a_shop_s_own_are_kept_and_counted():
    records, report = read(
        raw("wishlist_added", {}, customData={"productId": "8"}),
        raw("recommendation_clicked", {}, customData={"product_ids": [1, "2"]}),
    )
    assert [(one.event_type, one.product_id) for one in records] == [
        ("wishlist_added", "8"),
        ("recommendation_clicked", "1"),
        ("recommendation_clicked", "2"),
    ]
    assert report.noted["custom_event_type"] == 1


@pytest.mark.parametrize(
    "broken",
    [
        raw("page_viewed", id=None),
        raw("page_viewed", timestamp=None),
        raw("page_viewed", timestamp="9999-99-99"),
        {**raw("page_viewed"), "name": " "},
        raw("page_viewed", clientId="x" * 257),
        raw("cart_viewed", {"cart": {"lines": "none"}}),
        raw("product_viewed", {"productVariant": {"product": {"id": {"deep": 1}}}}),
        raw("page_viewed", viewDuration="nan"),
    ],
)
def test_a_broken_event_is_reported_without_its_values(broken):
    records, report = read(broken, raw("page_viewed"))
    assert [one.event_id for one in records] == ["e-page_viewed"]
    assert report.skipped == {"invalid": 1}
    assert "x" * 20 not in report.problems[0].detail


@pytest.mark.parametrize(
    ("href", "referrer", "word"),
    [
        (f"{SHOP}/", "", "direct"),
        (f"{SHOP}/products/a", f"{SHOP}/search?q=oak", "internal"),
        ("https://www.acme.example/", "https://shop.acme.example/x", "internal"),
        (f"{SHOP}/products/a?pr_prod_strat=e5&pr_rec_id=1", f"{SHOP}/", "recommendation"),
        (f"{SHOP}/", "https://www.google.co.uk/", "organic_search"),
        (f"{SHOP}/", "https://duckduckgo.com/?q=oak", "organic_search"),
        (f"{SHOP}/?gclid=abc", "https://www.google.com/", "paid_search"),
        (f"{SHOP}/?utm_medium=cpc&utm_source=google", "", "paid_search"),
        (f"{SHOP}/?utm_medium=CPC&utm_source=facebook", "", "social"),
        (f"{SHOP}/?fbclid=1", "", "social"),
        (f"{SHOP}/", "https://l.facebook.com/l.php", "social"),
        (f"{SHOP}/", "https://t.co/abc", "social"),
        (f"{SHOP}/", "android-app://com.google.android.gm/", "email"),
        (f"{SHOP}/", "https://mail.google.com/mail", "email"),
        (f"{SHOP}/?utm_medium=email&utm_source=klaviyo", "https://www.google.com/", "email"),
        (f"{SHOP}/?utm_medium=affiliate", "", "referral"),
        (f"{SHOP}/?utm_medium=banner", "", "display"),
        (f"{SHOP}/?utm_medium=pigeon", "", "other"),
        (f"{SHOP}/?utm_source=flyer", "", "other"),
        (f"{SHOP}/", "https://blog.example/review", "referral"),
        (f"{SHOP}/", "https://notacme.example/", "referral"),
        (f"{SHOP}/", "https://[broken", "direct"),
    ],
)
def test_channels(href, referrer, word):
    assert channel(Visit(address(href), address(referrer))) == word


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("", "home"),
        ("/", "home"),
        ("/en-gb", "home"),
        ("/products/a", "product"),
        ("/de/products/a", "product"),
        ("/collections/all/products/a", "product"),
        ("/collections/all", "collection"),
        ("/search", "search"),
        ("/cart", "cart"),
        ("/checkouts/cn/1", "checkout"),
        ("/blogs/news/a", "blog"),
        ("/apps/quiz", "other"),
    ],
)
def test_page_types(path, word):
    assert page_type(address(f"{SHOP}{path}?x=1")) == word


@pytest.mark.parametrize(
    ("href", "referrer", "word"),
    [
        ("/products/a", f"{SHOP}/search?q=oak", "search"),
        ("/products/a", f"{SHOP}/collections/oak", "collection"),
        ("/collections/oak/products/a", f"{SHOP}/collections/oak/products/b", "collection"),
        ("/products/a", f"{SHOP}/products/b", "product"),
        ("/products/a", f"{SHOP}/", "product"),
        ("/collections/oak/products/a", "https://www.google.com/search?q=oak", "product"),
        ("/products/a", "https://other.example/collections/oak", "product"),
        ("/collections/oak/products/a", "", "product"),
    ],
)
def test_the_page_type_of_a_view_says_where_it_came_from(href, referrer, word):
    assert came_from(Visit(address(SHOP + href), address(referrer))) == word
    (viewed, page), _ = read(
        raw("product_viewed", href=SHOP + href, referrer=referrer),
        raw("page_viewed", href=SHOP + href, referrer=referrer),
    )
    assert (viewed.page_type, page.page_type) == (word, "product")


def test_the_domain_of_the_shop_itself_is_internal():
    (seen,), _ = read(
        raw("page_viewed", referrer="https://acme.myshopify.com/cart", shop={"id": 5, "domain": "acme.myshopify.com"})
    )
    assert seen.referrer_type == "internal"


def test_an_event_without_context_says_nothing_of_its_places():
    (seen,), _ = read({"id": "e", "name": "page_viewed", "timestamp": TIME})
    assert (seen.page_type, seen.referrer_type) == ("", "")
