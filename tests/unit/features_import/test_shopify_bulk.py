"""Bulk JSON lines: families below their parent or apart, broken lines, any cut, resume, bounded memory."""

import json
import random
import tracemalloc

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.domain.commerce import Order, OrderLine, OrderPart, Product, ProductPart, Refund
from interplay_server.features.shapes.merging import merge_orders, merge_products, with_kept_parts
from interplay_server.features.shapes.reports import MAX_PROBLEMS, Checkpoint
from interplay_server.features.shapes.values import instant
from interplay_server.features.shopify import families
from interplay_server.features.shopify.importer import ShopifyImporter

DAY = instant("2025-01-01", "t")


def gid(kind, number):
    return f"gid://shopify/{kind}/{number}"


def order(number, **more):
    return {
        "id": gid("Order", number),
        "createdAt": "2025-01-01T00:00:00Z",
        "displayFinancialStatus": "PAID",
        "customer": {"id": gid("Customer", 7)},
        **more,
    }


def item(number, parent, product=1, quantity=1):
    return {
        "id": gid("LineItem", number),
        "quantity": quantity,
        "product": {"id": gid("Product", product)},
        "__parentId": gid("Order", parent),
    }


def refund(number, parent, **more):
    return {
        "id": gid("Refund", number),
        "createdAt": "2025-01-01T00:00:00Z",
        "__parentId": gid("Order", parent),
        **more,
    }


def refunded(parent, line, quantity=1, **more):
    return {
        "quantity": quantity,
        "lineItem": {"id": gid("LineItem", line)},
        "__parentId": gid("Refund", parent),
        **more,
    }


def product(number, **more):
    return {"id": gid("Product", number), "title": f"P{number}", "status": "ACTIVE", **more}


def variant(number, parent, price):
    return {"id": gid("ProductVariant", number), "price": price, "__parentId": gid("Product", parent)}


def lines(*documents):
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in documents)


def read(data, importer=None, cuts=()):
    importer = importer or ShopifyImporter()
    found, start = [], 0
    for cut in (*sorted(cuts), len(data)):
        found += importer.feed(data[start:cut])
        start = cut
    return [*found, *importer.finish()], importer


def records(parsed):
    return [one.record for one in parsed]


def test_grouped_families_are_one_record_each():
    data = lines(
        order(1),
        item(10, 1, product=3, quantity=2),
        item(11, 1, product=4),
        refund(20, 1),
        refunded(20, 10),
        {"id": gid("MailingAddress", 1), "__parentId": gid("Order", 1)},
        order(2, lineItems={"edges": []}),
        product(3),
        variant(30, 3, "12.00"),
        variant(31, 3, "9.00"),
    )
    parsed, importer = read(data)
    assert records(parsed) == [
        Order(
            "1",
            "7",
            DAY,
            financial_status="paid",
            lines=(OrderLine("10", "3", 2), OrderLine("11", "4", 1)),
            refunds=(Refund("20", "10", 1, DAY),),
        ),
        Order("2", "7", DAY, financial_status="paid"),
        Product("3", "P3", 9.0),
    ]
    assert [one.line for one in parsed] == [1, 7, 8]
    assert importer.report.read == {"orders": 2, "products": 1, "children": 7}
    assert importer.report.made == {"Order": 2, "Product": 1}
    assert importer.report.noted["child_ignored"] == 1


def test_ungrouped_children_come_as_parts_that_make_the_same_orders():
    grouped = [
        order(1),
        item(10, 1, 3, 2),
        refund(20, 1),
        refunded(20, 10, 2),
        order(2),
        item(11, 2, 4),
        item(12, 2, 5),
    ]
    apart = [order(1), order(2), item(12, 2, 5), item(10, 1, 3, 2), item(11, 2, 4), refund(20, 1), refunded(20, 10, 2)]
    whole = {one.order_id: one for one in records(read(lines(*grouped))[0])}
    parsed, _ = read(lines(*apart))
    stored = {one.order_id: one for one in records(parsed) if isinstance(one, Order)}
    changed, missing = merge_orders(stored, [one for one in records(parsed) if isinstance(one, OrderPart)])
    assert missing == []
    made = stored | {one.order_id: one for one in changed}
    for order_id, expected in whole.items():
        assert set(made[order_id].lines) == set(expected.lines)
        assert made[order_id].refunds == expected.refunds
    again, _ = merge_orders(made, [one for one in records(parsed) if isinstance(one, OrderPart)])
    assert {one.order_id: one for one in again} == {one.order_id: made[one.order_id] for one in again}


def test_ungrouped_variants_lower_the_price():
    parsed, _ = read(lines(product(1), product(2), variant(10, 1, "12"), variant(11, 1, "9"), variant(20, 2, "5")))
    assert {type(one) for one in records(parsed)} == {Product, ProductPart}
    stored = {one.product_id: one for one in records(parsed) if isinstance(one, Product)}
    changed, missing = merge_products(stored, [one for one in records(parsed) if isinstance(one, ProductPart)])
    prices = {one.product_id: one.price for one in (*stored.values(), *changed)}
    assert (prices, missing) == ({"1": 9.0, "2": 5.0}, [])


def test_children_without_a_parent_are_reported():
    data = lines(
        item(10, 1),
        order(2),
        item(11, 3),
        refunded(9, 11),
        order(4, createdAt=None),
        item(12, 4),
        {**item(13, 2), "__parentId": "2"},
        item(14, 2),
    )
    parsed, importer = read(data)
    assert records(parsed) == [
        Order("2", "7", DAY, financial_status="paid"),
        OrderPart("2", (OrderLine("14", "1", 1),)),
    ]
    assert importer.report.skipped == {"parent_missing": 4, "invalid": 1}
    assert [problem.line for problem in importer.report.problems if problem.reason == "parent_missing"] == [1, 3, 4, 7]


def test_a_part_without_stored_order_is_taken_back():
    resumed = ShopifyImporter(resume=Checkpoint(offset=5_000, line=50, layout="lines"))
    parsed, _ = read(lines(item(10, 1)), resumed)
    assert records(parsed) == [OrderPart("1", (OrderLine("10", "1", 1),))]
    assert merge_orders({}, records(parsed)) == ([], records(parsed))
    resumed.missing(parsed[0])
    assert resumed.report.made == {"OrderPart": 0}
    assert resumed.report.problems[0].line == 50


def test_a_family_with_too_many_children_goes_on_as_parts(monkeypatch):
    monkeypatch.setattr(families, "MAX_CHILDREN", 3)
    parsed, importer = read(lines(order(1), *(item(number, 1) for number in range(10, 18))))
    assert len(records(parsed)[0].lines) == 3
    changed, _ = merge_orders({"1": records(parsed)[0]}, records(parsed)[1:])
    assert {one.line_id for one in changed[0].lines} == {str(number) for number in range(10, 18)}
    assert importer.report.problems == []


def test_forgotten_parents_are_left_to_the_caller(monkeypatch):
    monkeypatch.setattr(families, "MAX_REMEMBERED", 2)
    parsed, importer = read(lines(order(1), order(2), order(3), order(4), item(10, 1), item(11, 9)))
    assert [one.order_id for one in records(parsed) if isinstance(one, OrderPart)] == ["1", "9"]
    assert importer.report.problems == []


def test_a_table_of_orders_keeps_the_lines_that_are_stored():
    stored = Order("1", "7", DAY, lines=(OrderLine("10", "3", 2),), refunds=(Refund("20", "10", 1, DAY),))
    told = Order("1", "7", DAY, total_price=4.0)
    assert with_kept_parts(told, stored) == Order(
        "1", "7", DAY, total_price=4.0, lines=stored.lines, refunds=stored.refunds
    )
    assert with_kept_parts(told, None) == told


BROKEN = [
    b'{"id": "gid://shopify/Order/5", "createdAt"',
    b"\xff\xfe{}",
    b"[" * 100_000,
    b'{"id":NaN}',
    b"null",
    b"7",
    b'{"id":1}}',
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("place", [0, 2, 3])
def test_a_broken_line_is_counted_and_the_rest_goes_on(broken, place):
    good = [order(1), item(10, 1), order(2)]
    documents = [*good[:place], broken, *good[place:]]
    parsed, importer = read(lines(*documents))
    assert [one.order_id for one in records(parsed)] == ["1", "2"]
    assert len(records(parsed)[0].lines) == 1
    assert importer.report.skipped == {"broken": 1}
    problem = importer.report.problems[0]
    assert (problem.line, problem.offset) == (place + 1, len(lines(*documents[:place])))


def test_a_line_that_is_too_long_is_left_out():
    data = lines(order(1), b'{"id": "' + b"x" * 5_000 + b'"}', order(2))
    parsed, importer = read(data, ShopifyImporter(limit=1_000), cuts=range(0, len(data), 100))
    assert [one.order_id for one in records(parsed)] == ["1", "2"]
    assert importer.report.skipped == {"too_large": 1}


def test_a_page_that_is_too_large_is_one_problem():
    page = json.dumps({"orders": [order(number) for number in range(100)]}, indent=1).encode()
    parsed, importer = read(page, ShopifyImporter(limit=2_000), cuts=range(0, len(page), 100))
    assert parsed == []
    assert importer.report.skipped == {"too_large": 1}
    assert "one document a line" in importer.report.problems[0].detail


@pytest.mark.parametrize(
    "page",
    [
        b'{"orders": [\n{"id": 1, "created_at": 1}\n]}',
        b'[\n{"id": 1, "created_at": 1, "line_items": []}\n]\n',
        b'{\n  "order": {"id": 1, "created_at": 1}\n}',
        b'{"data": null,\n "order": {"id": 1, "created_at": 1}}',
    ],
)
def test_pages_however_printed(page):
    parsed, importer = read(page)
    assert records(parsed) == [Order("1", "", 1_000_000)]
    assert importer.report.problems == []


def test_a_page_cut_short_is_one_problem():
    page = json.dumps({"orders": [order(1)]}, indent=1).encode()[:-4]
    parsed, importer = read(page)
    assert parsed == []
    assert importer.report.skipped == {"broken": 1}


def test_only_the_first_problems_are_kept():
    _, importer = read(lines(*[b"{"] * 500))
    assert importer.report.skipped == {"broken": 500}
    assert len(importer.report.problems) == MAX_PROBLEMS


def test_empty_files_and_blank_lines():
    for data in (b"", b"\n\n \n", b"\xef\xbb\xbf"):
        parsed, importer = read(data)
        assert (parsed, importer.report.problems) == ([], [])
    parsed, _ = read(b"\xef\xbb\xbf\r\n" + lines(order(1)).replace(b"\n", b"\r\n"))
    assert [one.order_id for one in records(parsed)] == ["1"]


MIXED = lines(
    product(1, tags=["crème", "日本", "🎁"]),
    variant(10, 1, "4.20"),
    b'{"broken": ',
    order(1, note="naïve"),
    item(10, 1, 3, 2),
    refund(20, 1),
    refunded(20, 10),
    b"",
    {"products": [product(2), product(3)]},
    {
        "id": "e1",
        "name": "cart_viewed",
        "timestamp": "2025-01-01",
        "data": {
            "cart": {"lines": [{"merchandise": {"product": {"id": "1"}}}, {"merchandise": {"product": {"id": "2"}}}]}
        },
    },
    order(2),
    order(3, createdAt="never"),
    item(12, 3),
    item(11, 1, 5),
    {"id": gid("Customer", 7), "email": "jo@example.com", "shop_id": "other"},
    {"id": gid("Customer", 8), "email": "żółw@example.com"},
)
PAGE = json.dumps(
    {"orders": [{**order(number), "note": "日本"} for number in range(4)]}, indent=2, ensure_ascii=False
).encode()


@settings(max_examples=150, deadline=None)
@given(data=st.sampled_from([MIXED, PAGE]), cuts=st.lists(st.integers(0, len(MIXED)), max_size=12))
def test_any_cut_of_the_bytes_gives_the_same_records(data, cuts):
    whole, one = read(data, ShopifyImporter(shop="acme"))
    pieces, other = read(data, ShopifyImporter(shop="acme"), [min(cut, len(data)) for cut in cuts])
    assert pieces == whole
    assert other.report == one.report
    assert other.resume_offset == len(data)
    assert len(whole) >= 4


@settings(max_examples=150, deadline=None)
@given(data=st.sampled_from([MIXED, PAGE]), cut=st.integers(0, len(MIXED)))
def test_resuming_at_a_checkpoint_loses_and_doubles_nothing(data, cut):
    whole, complete = read(data, ShopifyImporter(shop="acme"))
    first = ShopifyImporter(shop="acme")
    before = first.feed(data[:cut])
    checkpoint = msgspec.json.decode(msgspec.json.encode(first.checkpoint), type=Checkpoint)
    assert checkpoint.offset == first.resume_offset <= cut
    after, second = read(data[checkpoint.offset :], ShopifyImporter(shop="acme", resume=checkpoint))
    seen = [one for one in before if one.offset < checkpoint.offset] + after
    kept = [one for one in seen if one.record != OrderPart("3", (OrderLine("12", "1", 1),))]
    assert kept == whole
    if len(kept) == len(seen):
        assert second.report == complete.report


def generated(size):
    """About `size` bytes, line by line; every fiftieth line is broken."""
    rng = random.Random(7)
    made = number = 0
    while made < size:
        number += 1
        documents = [
            order(number, note="x" * rng.randrange(8_000)),
            *(item(number * 10 + place, number, rng.randrange(500)) for place in range(3)),
        ]
        for place, document in enumerate(documents):
            line = json.dumps(document).encode() + b"\n"
            if (number * 4 + place) % 50 == 0:
                line = line[: rng.randrange(1, len(line) - 1)] + b"\n"
            made += len(line)
            yield line


def test_a_long_file_with_broken_lines_runs_in_bounded_memory():
    importer = ShopifyImporter("orders", "acme")
    made = size = 0
    held = bytearray()
    tracemalloc.start()
    try:
        for line in generated(20_000_000):
            held += line
            if len(held) >= 1 << 18:
                size += len(held)
                made += len(importer.feed(bytes(held)))
                held.clear()
        made += len(importer.feed(bytes(held))) + len(importer.finish())
        size += len(held)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    broken = importer.report.skipped["broken"]
    assert size >= 20_000_000
    assert made == sum(importer.report.made.values()) > 4_000
    assert broken > 200
    assert len(importer.report.problems) == MAX_PROBLEMS
    assert importer.resume_offset == size
    assert peak < 40_000_000


def test_a_printed_page_takes_little_more_than_its_bytes():
    page = json.dumps({"orders": [order(number, note=list(range(2_000))) for number in range(200)]}, indent=1).encode()
    assert page.count(b"\n") > 400_000
    importer = ShopifyImporter()
    tracemalloc.start()
    try:
        parsed = [
            one for start in range(0, len(page), 1 << 16) for one in importer.feed(page[start : start + (1 << 16)])
        ]
        parsed += importer.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(parsed) == 200
    assert peak < 4 * len(page)
