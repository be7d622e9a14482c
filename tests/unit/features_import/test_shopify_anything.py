"""Whatever documents say, the importer answers with records in range and problems."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.features.shopify.importer import KINDS, ShopifyImporter

NAMES = [
    "id",
    "__parentId",
    "name",
    "clientId",
    "timestamp",
    "created_at",
    "createdAt",
    "data",
    "context",
    "document",
    "location",
    "href",
    "referrer",
    "navigator",
    "userAgent",
    "customer",
    "customerId",
    "customer_id",
    "email",
    "tags",
    "variants",
    "price",
    "inventory_quantity",
    "status",
    "published_at",
    "line_items",
    "lineItems",
    "edges",
    "nodes",
    "node",
    "product",
    "product_id",
    "quantity",
    "refunds",
    "refund_line_items",
    "refundLineItems",
    "lineItem",
    "line_item_id",
    "total_price",
    "totalPriceSet",
    "shopMoney",
    "amount",
    "currencyCode",
    "test",
    "cancelled_at",
    "orders_to_redact",
    "shop_id",
    "shop",
    "event",
    "payload",
    "init",
    "metadata",
    "customData",
    "checkout",
    "order",
    "cart",
    "lines",
    "cartLine",
    "merchandise",
    "collection",
    "productVariants",
    "searchResult",
    "products",
    "orders",
    "customers",
    "events",
    "priceRangeV2",
    "minVariantPrice",
    "defaultEmailAddress",
    "linkedAt",
    "__typename",
]
WORDS = [
    "gid://shopify/Product/1",
    "gid://shopify/Order/2",
    "gid://shopify/LineItem/3",
    "gid://shopify/Refund/4",
    "gid://shopify/ProductVariant/5",
    "gid://shopify/RefundLineItem/6",
    "gid://shopify/Customer/7",
    "gid://",
    "page_viewed",
    "cart_viewed",
    "search_submitted",
    "customer_linked",
    "checkout_completed",
    "product_viewed",
    "2025-01-01T00:00:00Z",
    "9.90",
    "-1",
    "nan",
    "https://[x",
    "https://acme.example/search?utm_medium=cpc",
    "active",
    "Refund",
]
LEAVES = st.one_of(
    st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)),
    max_leaves=30,
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=10)


@settings(max_examples=400, deadline=None)
@given(documents=st.lists(DOCUMENTS, max_size=6), kind=st.sampled_from(["", *KINDS]), cut=st.integers(0, 3_000))
def test_no_document_raises(documents, kind, cut):
    data = "\n".join(json.dumps(one) for one in documents).encode()
    importer = ShopifyImporter(kind, "acme")
    parsed = [*importer.feed(data[:cut]), *importer.feed(data[cut:]), *importer.finish()]
    for one in parsed:
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(one.record), type=type(one.record))
        assert again == one.record
        for name in ("created_at", "cancelled_at", "linked_at"):
            moment = getattr(one.record, name, None)
            assert moment is None or 0 <= moment < 253_402_300_800_000_000
    assert sum(importer.report.made.values()) == len(parsed)
    assert len(importer.report.problems) == sum(importer.report.skipped.values())
