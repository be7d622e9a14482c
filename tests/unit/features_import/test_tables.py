"""The tables of a shop as CSV and JSON lines."""

import csv
import io
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.domain.commerce import Customer, FeatureEvent, Order, OrderLine, OrderPart, Product
from interplay_server.features.shapes.importer import TableImporter
from interplay_server.features.shapes.merging import merge_orders
from interplay_server.features.shapes.rows import MAX_ROW
from interplay_server.features.shapes.tables import (
    CUSTOMER_DATA,
    LINE_ITEM_DATA,
    ORDER_DATA,
    PRODUCT_DATA,
    USER_INTERACTIONS,
    column,
)
from interplay_server.features.shapes.values import Invalid, instant


def read(table, data, cuts=(), **options):
    importer = TableImporter(table, **options)
    data = data.encode() if isinstance(data, str) else data
    found, start = [], 0
    for cut in (*sorted(cuts), len(data)):
        found += importer.feed(data[start:cut])
        start = cut
    return [*found, *importer.finish()], importer


def records(table, data, **options):
    return [one.record for one in read(table, data, **options)[0]]


@pytest.mark.parametrize(
    ("value", "micros"),
    [
        ("2025-01-25 10:11:12", 1737799872_000000),
        ("2025-01-25 10:11:12.345678", 1737799872_345678),
        ("2025-01-25T10:11:12Z", 1737799872_000000),
        ("2025-01-25 11:11:12+01", 1737799872_000000),
        ("2025-01-25 10:11:12 UTC", 1737799872_000000),
        ("2025-01-25", 1737763200_000000),
        ("1737799872", 1737799872_000000),
        (1737799872.5, 1737799872_500000),
        ("1737799872345", 1737799872_345000),
        (1737799872345, 1737799872_345000),
        (1737799872345678, 1737799872_345678),
        (0, 0),
        ("1970-01-01", 0),
        ("9999-12-31 23:59:59.999999", 253402300799_999999),
        ("", None),
        (None, None),
    ],
)
def test_instants(value, micros):
    assert instant(value, "t") == micros


@pytest.mark.parametrize(
    "value",
    ["yesterday", "1969-12-31", "-1", "9999-12-31T23:59:59-10:00", "nan", "1e400", True, [], math.inf, "2025-02-30"],
)
def test_instants_that_are_none(value):
    with pytest.raises(Invalid):
        instant(value, "t")


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans()))
def test_whatever_stands_there_is_an_instant_in_range_or_invalid(value):
    try:
        found = instant(value, "t")
    except Invalid:
        return
    assert found is None or 0 <= found < 253_402_300_800_000_000


def test_columns_are_spelled_in_one_way():
    assert [column(name) for name in ("customerId", " customer_id", "Customer ID", "id")] == [
        "customer_id",
        "customer_id",
        "customer_id",
        "id",
    ]


def test_user_interactions_by_csv_and_by_json_lines():
    text = (
        "view_duration,id,shop_id,customer_id,product_id,event_type,page_type,device_type,referrer_type,created_at,colour,result_product_ids\r\n"
        '45.5,e1,s1,gid://shopify/Customer/7,9,product_viewed,search,mobile,social,2025-01-25 10:11:12,blue,"3,4"\r\n'
        ",e2,s1,,9,view,,,,1737799872,,\r\n"
        "-3,e3,s1,7,9,view,,,,1737799872,,\r\n"
    )
    parsed, importer = read(USER_INTERACTIONS, "﻿" + text)
    moment = instant("2025-01-25 10:11:12", "t")
    expected = [
        FeatureEvent(
            "e1",
            moment,
            "product_viewed",
            "7",
            "9",
            page_type="search",
            device_type="mobile",
            referrer_type="social",
            view_duration=45.5,
            result_product_ids=("3", "4"),
        ),
        FeatureEvent("e2", moment, "view", "", "9"),
        FeatureEvent("e3", moment, "view", "7", "9", view_duration=-3.0),
    ]
    assert [one.record for one in parsed] == expected
    assert importer.report.unknown_columns == ["colour"]
    assert importer.report.noted == {"guest_event": 1}
    rows = list(csv.DictReader(io.StringIO(text)))
    assert records(USER_INTERACTIONS, "\n".join(json.dumps(row) for row in rows)) == expected
    assert records(USER_INTERACTIONS, json.dumps(rows, indent=1)) == expected
    assert records(USER_INTERACTIONS, json.dumps({"user_interactions": rows})) == expected


def test_products_and_customers():
    assert records(
        PRODUCT_DATA, 'id;shop_id;product_id;title;price;tags;available\n1;s;9;"Board; oak";39.5;"[""a"", ""b""]";f\n'
    ) == [Product("9", "Board; oak", 39.5, tags=("a", "b"), available=False)]
    assert records(PRODUCT_DATA, "product_id\ttags\n9\t{a,b}\n") == [Product("9", tags=("a", "b"))]
    assert records(CUSTOMER_DATA, "customer_id,email,firstName,created_at\n7,jo@example.com,Jo,1000\n") == [
        Customer("7", "jo@example.com", "Jo", created_at=1_000_000_000)
    ]


def test_orders_and_their_lines_come_together():
    orders = records(
        ORDER_DATA,
        "order_id,customer_id,total_price,created_at,test,cancelled_at\n1,7,12,2025-01-01,false,\n2,,5,2025-01-01,t,2025-01-02\n",
    )
    assert orders == [
        Order("1", "7", instant("2025-01-01", "t"), total_price=12.0),
        Order("2", "", instant("2025-01-01", "t"), total_price=5.0, test=True, cancelled_at=instant("2025-01-02", "t")),
    ]
    parts = records(LINE_ITEM_DATA, "id,order_id,product_id,quantity,price\n5,1,9,2,4.5\n6,1,8,,\n7,3,8,1,1\n")
    changed, missing = merge_orders({one.order_id: one for one in orders}, parts)
    assert [one.lines for one in changed] == [(OrderLine("5", "9", 2, 4.5), OrderLine("6", "8"))]
    assert missing == [OrderPart("3", (OrderLine("7", "8", 1, 1.0),))]


def test_lines_without_an_id_stay_apart_and_are_the_same_when_read_again():
    data = "order_id,product_id,quantity\n1,9,2\n1,9,3\n"
    parts = records(LINE_ITEM_DATA, data)
    assert len({part.lines[0].line_id for part in parts}) == 2
    assert records(LINE_ITEM_DATA, data) == parts


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("e2,s1,7", "broken"),
        ("e2,s1,7,9,view,2025-01-01,1,extra", "broken"),
        ('e2,s1,7,9,"view"x,2025-01-01,1', "broken"),
        ("e2,s1,7,9,view,2025-01-01,NaN", "invalid"),
        ("e2,s1,7,9,view,2025-01-01,inf", "invalid"),
        ("e2,s1,7,9,view,,1", "invalid"),
        ("e2,s1,7,9,,2025-01-01,1", "invalid"),
        (",s1,7,9,view,2025-01-01,1", "invalid"),
        ("e2,s1,7,9,view,1969-01-01,1", "invalid"),
        (f"{'x' * 257},s1,7,9,view,2025-01-01,1", "invalid"),
        ("e2,s2,7,9,view,2025-01-01,1", "other_shop"),
        (b"e2,s1,\xff,9,view,2025-01-01,1", "broken"),
        ("e2,s1,7,9,view," + "1" * MAX_ROW + ",1", "too_large"),
    ],
)
def test_a_broken_row_is_reported_and_the_rest_goes_on(row, reason):
    row = row if isinstance(row, bytes) else row.encode()
    data = (
        b"id,shop_id,customer_id,product_id,event_type,created_at,view_duration\ne1,s1,7,9,view,2025-01-01,1\n"
        + row
        + b"\ne3,s1,7,9,view,2025-01-01,1\n"
    )
    parsed, importer = read(USER_INTERACTIONS, data, shop="s1")
    assert [one.record.event_id for one in parsed] == ["e1", "e3"]
    assert importer.report.skipped == {reason: 1}
    assert importer.report.problems[0].line == 3
    assert data[importer.report.problems[0].offset :].startswith(row[:5])


def test_a_quote_that_nothing_closes_costs_one_row():
    good = "".join(f"e{number},view,2025-01-01,7\n" for number in range(60_000))
    data = "id,event_type,created_at,customer_id\n" + '"open,view,2025-01-01,7\n' + good
    parsed, importer = read(USER_INTERACTIONS, data)
    assert len(parsed) == 60_000
    assert importer.report.skipped == {"broken": 1}
    parsed, importer = read(USER_INTERACTIONS, data[: len(data) // 50])
    assert len(parsed) > 1_000
    assert importer.report.problems[0].line == 2


CELLS = st.text(alphabet=st.sampled_from('ab"\n\r,;é日🎁 '), max_size=6)


@settings(max_examples=200, deadline=None)
@given(titles=st.lists(CELLS, min_size=1, max_size=8), cuts=st.lists(st.integers(0, 400), max_size=8), data=st.data())
def test_what_a_writer_writes_is_read_at_any_cut_and_resumed_at_any_place(titles, cuts, data):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["title", "product_id"])
    writer.writerows([title, number] for number, title in enumerate(titles, 1))
    text = out.getvalue().encode()
    cuts = [min(cut, len(text)) for cut in cuts]
    parsed, importer = read(PRODUCT_DATA, text, cuts)
    assert [one.record for one in parsed] == [
        Product(str(number), title.strip()) for number, title in enumerate(titles, 1)
    ]
    assert importer.report.skipped == {}
    stop = data.draw(st.integers(0, len(text)))
    first = TableImporter(PRODUCT_DATA)
    before = first.feed(text[:stop])
    checkpoint = first.checkpoint
    after, second = read(PRODUCT_DATA, text[checkpoint.offset :], resume=checkpoint)
    assert before + after == parsed
    assert second.report == importer.report


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=400), table=st.sampled_from([USER_INTERACTIONS, LINE_ITEM_DATA]), cut=st.integers(0, 400)
)
def test_no_bytes_raise(data, table, cut):
    for head in (b"", b"id,order_id,product_id,event_type,created_at\n", b'{"id":1}\n'):
        whole, one = read(table, head + data)
        pieces, other = read(table, head + data, [min(cut, len(head + data))])
        assert (pieces, other.report) == (whole, one.report)
