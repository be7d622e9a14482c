"""Products, customers, orders and redactions of the Admin API, as REST and as GraphQL, one page or one a line."""

import json

import pytest
from interplay_server.domain.commerce import Customer, Order, OrderLine, Product, Redaction, Refund
from interplay_server.features.shapes.values import instant
from interplay_server.features.shopify.importer import AUTO, ORDERS, PRODUCTS, REDACTIONS, ShopifyImporter

REST_PRODUCT = {
    "id": 632910392,
    "admin_graphql_api_id": "gid://shopify/Product/632910392",
    "title": "Walnut cutting board",
    "body_html": "<p>Oiled by hand</p>",
    "vendor": "Hollow Tree",
    "product_type": "Kitchen",
    "created_at": "2025-01-02T08:00:00-05:00",
    "published_at": "2025-01-03T08:00:00-05:00",
    "status": "active",
    "tags": "wood, kitchen,  gift",
    "variants": [
        {
            "id": 1,
            "price": "48.00",
            "inventory_management": "shopify",
            "inventory_policy": "deny",
            "inventory_quantity": 0,
        },
        {
            "id": 2,
            "price": "39.50",
            "inventory_management": "shopify",
            "inventory_policy": "deny",
            "inventory_quantity": 3,
        },
    ],
}
GRAPHQL_PRODUCT = {
    "id": "gid://shopify/Product/632910392",
    "title": "Walnut cutting board",
    "vendor": "Hollow Tree",
    "productType": "Kitchen",
    "createdAt": "2025-01-02T13:00:00Z",
    "publishedAt": "2025-01-03T13:00:00Z",
    "status": "ACTIVE",
    "tags": ["wood", "kitchen", "gift"],
    "variants": {
        "edges": [
            {
                "node": {
                    "id": "gid://shopify/ProductVariant/1",
                    "price": "48.00",
                    "inventoryQuantity": 0,
                    "inventoryPolicy": "DENY",
                }
            },
            {
                "node": {
                    "id": "gid://shopify/ProductVariant/2",
                    "price": "39.50",
                    "inventoryQuantity": 3,
                    "inventoryPolicy": "DENY",
                }
            },
        ]
    },
}
PRODUCT = Product(
    "632910392",
    "Walnut cutting board",
    39.5,
    vendor="Hollow Tree",
    product_type="Kitchen",
    tags=("wood", "kitchen", "gift"),
    created_at=instant("2025-01-02T13:00:00Z", "t"),
)
REST_ORDER = {
    "id": 450789469,
    "email": "ines@example.com",
    "created_at": "2025-01-10T11:00:00-05:00",
    "cancelled_at": "2025-01-20T09:30:00+01:00",
    "currency": "EUR",
    "total_price": "127.00",
    "financial_status": "partially_refunded",
    "test": False,
    "customer": {"id": 207119551, "email": "ines@example.com"},
    "line_items": [
        {"id": 466157049, "product_id": 632910392, "quantity": 2, "price": "39.50"},
        {"id": 518995019, "product_id": 921728736, "quantity": 1, "price": "48.00"},
        {"id": 703073504, "product_id": None, "title": "Tip", "quantity": 1, "price": "3.00"},
    ],
    "refunds": [
        {
            "id": 509562969,
            "created_at": "2025-01-15T10:00:00Z",
            "refund_line_items": [
                {"id": 104689539, "line_item_id": 466157049, "quantity": 1},
                {"id": 104689540, "line_item_id": 466157049, "quantity": 1},
                {"id": 104689541, "line_item_id": 518995019, "quantity": 1},
            ],
        },
        {"id": 509562970, "created_at": "2025-01-16T10:00:00Z", "refund_line_items": []},
    ],
}
GRAPHQL_ORDER = {
    "id": "gid://shopify/Order/450789469",
    "createdAt": "2025-01-10T16:00:00Z",
    "cancelledAt": "2025-01-20T08:30:00Z",
    "displayFinancialStatus": "PARTIALLY_REFUNDED",
    "test": False,
    "totalPriceSet": {
        "shopMoney": {"amount": "127.0", "currencyCode": "EUR"},
        "presentmentMoney": {"amount": "140", "currencyCode": "USD"},
    },
    "customer": {"id": "gid://shopify/Customer/207119551"},
    "lineItems": {
        "nodes": [
            {
                "id": "gid://shopify/LineItem/466157049",
                "quantity": 2,
                "product": {"id": "gid://shopify/Product/632910392"},
                "originalUnitPriceSet": {"shopMoney": {"amount": "39.5"}},
            },
            {
                "id": "gid://shopify/LineItem/518995019",
                "quantity": 1,
                "product": {"id": "gid://shopify/Product/921728736"},
                "originalUnitPriceSet": {"shopMoney": {"amount": "48.0"}},
            },
            {
                "id": "gid://shopify/LineItem/703073504",
                "quantity": 1,
                "product": None,
                "originalUnitPriceSet": {"shopMoney": {"amount": "3.0"}},
            },
        ]
    },
    "refunds": [
        {
            "id": "gid://shopify/Refund/509562969",
            "createdAt": "2025-01-15T10:00:00Z",
            "refundLineItems": {
                "edges": [
                    {"node": {"quantity": 2, "lineItem": {"id": "gid://shopify/LineItem/466157049"}}},
                    {"node": {"quantity": 1, "lineItem": {"id": "gid://shopify/LineItem/518995019"}}},
                ]
            },
        }
    ],
}
_REFUNDED = instant("2025-01-15T10:00:00Z", "t")
ORDER = Order(
    "450789469",
    "207119551",
    instant("2025-01-10T16:00:00Z", "t"),
    "EUR",
    127.0,
    "partially_refunded",
    cancelled_at=instant("2025-01-20T08:30:00Z", "t"),
    lines=(
        OrderLine("466157049", "632910392", 2, 39.5),
        OrderLine("518995019", "921728736", 1, 48.0),
        OrderLine("703073504", "", 1, 3.0),
    ),
    refunds=(Refund("509562969", "466157049", 2, _REFUNDED), Refund("509562969", "518995019", 1, _REFUNDED)),
)


def read(importer, *documents, indent=None):
    text = (
        documents[0]
        if isinstance(documents[0], bytes)
        else "\n".join(json.dumps(one, indent=indent) for one in documents).encode()
    )
    return [one.record for one in (*importer.feed(text), *importer.finish())]


@pytest.mark.parametrize(
    "document",
    [
        REST_PRODUCT,
        GRAPHQL_PRODUCT,
        {"products": [REST_PRODUCT]},
        {"data": {"products": {"edges": [{"node": GRAPHQL_PRODUCT}]}}},
        {"product": REST_PRODUCT},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_product_is_the_same_by_rest_and_graphql(document, indent):
    assert read(ShopifyImporter(), document, indent=indent) == [PRODUCT]


@pytest.mark.parametrize(
    "document",
    [
        REST_ORDER,
        GRAPHQL_ORDER,
        [REST_ORDER],
        {"orders": [REST_ORDER]},
        {"data": {"orders": {"nodes": [GRAPHQL_ORDER]}, "extensions": {}}},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_an_order_is_the_same_by_rest_and_graphql_with_every_line_and_refund(document, indent):
    importer = ShopifyImporter()
    assert read(importer, document, indent=indent) == [ORDER]
    assert importer.report.noted["line_without_product"] == 1
    assert importer.report.problems == []


def test_a_guest_order_an_empty_one_a_test_one_and_a_voided_one():
    importer = ShopifyImporter(ORDERS)
    records = read(
        importer,
        {"id": 1, "created_at": "2025-01-01T00:00:00Z", "customer": None, "line_items": []},
        {"id": "gid://shopify/Order/2", "createdAt": "2025-01-01T00:00:00Z", "customer": {"id": 9}, "test": True},
        {"id": 3, "created_at": 1735689600, "customer_id": "9", "financial_status": "VOIDED"},
    )
    start = instant("2025-01-01", "t")
    assert records == [
        Order("1", "", start),
        Order("2", "9", start, test=True),
        Order("3", "9", start, financial_status="voided"),
    ]
    assert importer.report.noted == {"guest_order": 1, "order_without_lines": 3}


@pytest.mark.parametrize(
    ("change", "available"),
    [
        ({}, True),
        ({"status": "draft"}, False),
        ({"status": "ARCHIVED"}, False),
        ({"published_at": None}, False),
        (
            {
                "variants": [
                    {
                        "price": "1",
                        "inventory_management": "shopify",
                        "inventory_policy": "deny",
                        "inventory_quantity": 0,
                    }
                ]
            },
            False,
        ),
        ({"variants": [{"price": "1", "inventory_management": None, "inventory_quantity": 0}]}, True),
        ({"variants": [{"price": "1", "inventory_policy": "continue", "inventory_quantity": -4}]}, True),
        ({"variants": [{"price": "1", "availableForSale": False, "inventoryQuantity": 9}]}, False),
        ({"variants": [{"price": "1", "inventoryItem": {"tracked": False}, "inventoryQuantity": 0}]}, True),
        ({"variants": [], "tracksInventory": True, "totalInventory": 0}, False),
        ({"variants": [], "totalInventory": 0}, True),
    ],
)
def test_availability(change, available):
    assert read(ShopifyImporter(PRODUCTS), {**REST_PRODUCT, **change})[0].available is available


def test_price_without_variants_is_the_least_of_the_range():
    told = {
        "id": "gid://shopify/Product/5",
        "priceRangeV2": {"minVariantPrice": {"amount": "12.0", "currencyCode": "CAD"}},
    }
    assert read(ShopifyImporter(), told) == [Product("5", price=12.0, currency="CAD")]


def test_customers():
    rest = {
        "id": 207119551,
        "email": "ines@example.com",
        "first_name": "Ines",
        "last_name": "Roy",
        "tags": "vip, eu",
        "created_at": "2024-01-01T00:00:00Z",
        "orders_count": 2,
    }
    graphql = {
        "id": "gid://shopify/Customer/207119551",
        "defaultEmailAddress": {"emailAddress": "ines@example.com"},
        "firstName": "Ines",
        "lastName": "Roy",
        "tags": ["vip", "eu"],
        "createdAt": "2024-01-01T00:00:00Z",
    }
    expected = Customer("207119551", "ines@example.com", "Ines", "Roy", ("vip", "eu"), instant("2024-01-01", "t"))
    assert read(ShopifyImporter(), {"customers": [rest]}, graphql) == [expected, expected]


def test_redaction():
    payload = {
        "shop_id": 954889,
        "shop_domain": "acme.myshopify.com",
        "customer": {"id": 191167, "email": "jo@example.com", "phone": "555"},
        "orders_to_redact": [299938, 280263],
    }
    assert read(ShopifyImporter(AUTO, "acme"), payload) == [Redaction("191167", "jo@example.com", ("299938", "280263"))]
    only_mail = {**payload, "customer": {"email": "jo@example.com"}, "orders_to_redact": []}
    assert read(ShopifyImporter(AUTO, "954889"), only_mail) == [Redaction("", "jo@example.com")]
    nobody = ShopifyImporter(AUTO, "acme")
    assert read(nobody, {**payload, "customer": {}, "orders_to_redact": []}) == []
    assert nobody.report.skipped == {"invalid": 1}


@pytest.mark.parametrize("kind", [AUTO, REDACTIONS])
def test_a_request_for_data_erases_nothing(kind):
    asked = {
        "shop_id": 1,
        "shop_domain": "acme.myshopify.com",
        "customer": {"id": 1},
        "orders_requested": [1],
        "data_request": {"id": 9},
    }
    importer = ShopifyImporter(kind, "acme")
    assert read(importer, asked) == []
    assert importer.report.skipped == {"unknown_kind": 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"id": "x" * 257}, "id"),
        ({"id": True}, "id"),
        ({"id": "a\x1fb"}, "id"),
        ({"financial_status": "x" * 65}, "financial_status"),
        ({"created_at": None}, "created_at"),
        ({"created_at": "1969-12-31T23:59:59Z"}, "created_at"),
        ({"created_at": "10000-01-01"}, "created_at"),
        ({"created_at": "soon"}, "created_at"),
        ({"total_price": "-1"}, "total_price"),
        ({"total_price": "inf"}, "total_price"),
        ({"total_price": "a lot"}, "total_price"),
        ({"line_items": [{"id": 1, "product_id": 2, "quantity": -1}]}, "quantity"),
        ({"line_items": [{"id": 1, "product_id": 2, "quantity": 1.5}]}, "quantity"),
        ({"line_items": [{"id": 1, "product_id": 2}]}, "quantity"),
        ({"line_items": [{"id": 1, "product_id": 2, "quantity": 1, "price": "nan"}]}, "price"),
        ({"line_items": "many"}, "line_items"),
        ({"line_items": [3]}, "line_items"),
        ({"refunds": [{"id": 1, "refund_line_items": [{"line_item_id": 1, "quantity": 1}]}]}, "created_at"),
        ({"refunds": [{"id": 1, "created_at": "2025-01-01", "refund_line_items": [{"quantity": 1}]}]}, "line_item_id"),
        ({"test": "maybe"}, "test"),
    ],
)
def test_what_is_out_of_range_is_reported_and_the_rest_goes_on(change, field):
    importer = ShopifyImporter(ORDERS)
    assert read(importer, {**REST_ORDER, **change}, REST_ORDER) == [ORDER]
    problem = importer.report.problems[0]
    assert (problem.line, problem.offset, problem.reason) == (1, 0, "invalid")
    assert field in problem.detail
    assert importer.report.skipped == {"invalid": 1}


def test_rows_of_another_shop_are_refused():
    importer = ShopifyImporter(AUTO, ["acme.myshopify.com", "gid://shopify/Shop/77"])
    records = read(
        importer,
        {**REST_PRODUCT, "shop_id": 77},
        {**REST_PRODUCT, "shop_id": 78},
        {**REST_PRODUCT, "shop_domain": "https://ACME.myshopify.com/"},
        {**REST_PRODUCT, "shopDomain": "other.myshopify.com"},
        {
            "id": "e1",
            "name": "page_viewed",
            "timestamp": "2025-01-01",
            "init": {"data": {"shop": {"myshopifyDomain": "other.myshopify.com"}}},
        },
        {
            "event": {"id": "e2", "name": "page_viewed", "timestamp": "2025-01-01"},
            "shop": {"domain": "other.myshopify.com"},
        },
    )
    assert records == [PRODUCT, PRODUCT]
    assert importer.report.skipped == {"other_shop": 4}
    assert [problem.line for problem in importer.report.problems] == [2, 4, 5, 6]


def test_documents_of_another_kind_than_stated():
    importer = ShopifyImporter(ORDERS)
    assert read(
        importer,
        REST_PRODUCT,
        {k: v for k, v in REST_PRODUCT.items() if k != "admin_graphql_api_id"},
        {"id": "gid://shopify/Collection/4"},
        REST_ORDER,
    ) == [ORDER]
    assert importer.report.skipped == {"wrong_kind": 2, "unknown_kind": 1}
    unknown = ShopifyImporter()
    assert read(unknown, {"colour": "blue"}, {"products": None, "errors": []}) == []
    assert unknown.report.skipped == {"unknown_kind": 1}
