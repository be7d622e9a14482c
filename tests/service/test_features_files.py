"""Exports in pieces that resume, imports of raw files, the report."""

import hashlib
import io
import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.service.kit import Api, fresh, refused
from tests.service.shop_kit import DAY, Shop, event, order, pb, shop_pb

Import, Export = pb.ImportShopifyRequest, pb.ExportInteractionFeaturesRequest
SKU = "gid://shopify/Product/1"


@pytest.fixture
def shop(shared_server):
    api = Api(shared_server.target, tenant=fresh("shop"), timeout=60)
    yield Shop(api)
    api.close()


def computed(api):
    *_, last = api.ComputeInteractionFeatures(pb.ComputeInteractionFeaturesRequest(full=True))
    return last.totals


def exported(api, **fields):
    pieces = list(api.ExportInteractionFeatures(Export(**fields)))
    data = b"".join(piece.data for piece in pieces)
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    return pieces, data


READERS = {
    "FEATURE_EXPORT_FORMAT_PARQUET": lambda data: pa.parquet.read_table(io.BytesIO(data)),
    "FEATURE_EXPORT_FORMAT_ARROW": lambda data: pa.ipc.open_stream(data).read_all(),
    "FEATURE_EXPORT_FORMAT_CSV": lambda data: pa.csv.read_csv(io.BytesIO(data)),
}


class TestExports:
    @pytest.mark.parametrize("kind", READERS)
    def test_the_pieces_are_a_file_of_the_rows(self, shop, kind):
        shop.record(*[event(product=p, customer=c, view_duration=9) for c in "abc" for p in "pq"])
        computed(shop.api)
        pieces, data = exported(shop.api, format=kind)
        assert pieces[-1].sha256 == hashlib.sha256(data).hexdigest() and pieces[0].row_count == 6
        table = READERS[kind](data)
        assert table.num_rows == 6
        assert table.column_names[:4] == ["customer_id", "product_id", "total_views", "unique_views"]
        rows = {(row["customer_id"], row["product_id"]): row for row in table.to_pylist()}
        assert rows["a", "p"]["total_views"] == 1 and rows["a", "p"]["view_duration_avg"] == 9
        assert rows["a", "p"]["cart_conversion_rate"] is None

    @pytest.mark.parametrize("kind", READERS)
    def test_an_empty_shop_gives_an_empty_file(self, shop, kind):
        _, data = exported(shop.api, format=kind)
        table = READERS[kind](data)
        assert table.num_rows == 0 and len(table.column_names) > 29

    def test_a_snapshot_is_gone_on_from(self, shop):
        shop.record(*[event(product=p) for p in "pqr"])
        computed(shop.api)
        (piece,), data = exported(shop.api)
        shop.record(event(product="later"))
        computed(shop.api)
        (rest,), tail = exported(shop.api, export_id=piece.export_id, offset=100)
        assert (rest.offset, tail) == (100, data[100:])
        assert rest.sha256 == piece.sha256
        assert exported(shop.api, export_id=piece.export_id, offset=len(data))[1] == b""
        beyond = Export(export_id=piece.export_id, offset=len(data) + 1)
        assert refused(shop.api.ExportInteractionFeatures, beyond).fields == ["offset"]
        assert refused(shop.api.ExportInteractionFeatures, Export(offset=1)).fields == ["offset"]
        assert refused(shop.api.ExportInteractionFeatures, Export(export_id="nope")).reason == "EXPORT_NOT_FOUND"
        assert refused(shop.api.ExportInteractionFeatures, Export(export_id="../..")).reason == "EXPORT_NOT_FOUND"

    def test_others_cannot_read_it(self, shop):
        shop.record(event())
        (piece,), _ = exported(shop.api)
        other = shop.api.by(tenant=fresh("other"))
        assert refused(other.ExportInteractionFeatures, Export(export_id=piece.export_id)).reason == "EXPORT_NOT_FOUND"


def sent(api, import_id, data, *, kind="", size=700, finish=True, start=0):
    """Imports bytes; gives the answers."""

    def requests():
        yield Import(open=pb.ShopImportOpen(import_id=import_id, kind=f"SHOP_IMPORT_KIND_{kind or 'UNSPECIFIED'}"))
        for at in range(start, len(data), size):
            yield Import(piece=pb.ShopImportPiece(offset=at, data=data[at : at + size]))
        if finish:
            yield Import(finish=pb.ShopImportFinish())

    return list(api.ImportShopify(requests()))


def line(*documents):
    return b"".join(json.dumps(one).encode() + b"\n" for one in documents)


def raw_order(number, *, customer=7, products=(1, 2), shop="acme.myshopify.com"):
    return {
        "id": number,
        "shop_domain": shop,
        "created_at": "2025-01-20T10:00:00Z",
        "currency": "EUR",
        "total_price": "30.00",
        "financial_status": "paid",
        "customer": {"id": customer},
        "line_items": [
            {"id": number * 10 + at, "product_id": product, "quantity": 1, "price": "10.00"}
            for at, product in enumerate(products)
        ],
    }


class TestImports:
    def configured(self, shop, name="acme.myshopify.com"):
        shop.api.UpdateFeatureConfig(pb.UpdateFeatureConfigRequest(config=shop_pb.FeatureConfig(shop_id=name)))
        return shop

    def test_orders_with_all_their_lines(self, shop):
        self.configured(shop)
        data = line(raw_order(1), raw_order(2, products=(2,)), raw_order(3, shop="other.myshopify.com")) + b"{broken\n"
        opened, *acks, last = sent(shop.api, "i", data, kind="ORDERS")
        assert opened.opened.offset == 0 and not opened.opened.finished
        assert acks[-1].ack.offset == len(data)
        report = last.report
        assert dict(report.stored) == {"Order": 2}
        assert dict(report.skipped) == {"other_shop": 1, "broken": 1}
        assert {one.reason for one in report.problems} == {"other_shop", "broken"}
        assert shop.get("7", "1").features.purchases == 1
        assert shop.get("7", "2").features.purchases == 2
        again = sent(shop.api, "i", b"", kind="ORDERS")
        assert again[0].opened.finished and again[1].report == report
        assert refused(sent, shop.api, "i", b"", kind="PRODUCTS").fields == ["open.kind"]

    def test_a_broken_import_goes_on_where_it_was_safe(self, server):
        shop = self.configured(Shop(Api(server.target)))
        data = line(*[raw_order(number) for number in range(1, 30)])
        half = len(data) // 2
        *_, ack = sent(shop.api, "i", data[:half], kind="ORDERS", finish=False)
        assert 0 < ack.ack.safe_offset <= half == ack.ack.offset
        server.restart()
        shop = Shop(Api(server.target))
        opened = sent(shop.api, "i", b"", kind="ORDERS", finish=False)[0].opened
        assert opened.offset == ack.ack.safe_offset
        refusal = refused(sent, shop.api, "i", data, kind="ORDERS", start=half + 1)
        assert (refusal.code, refusal.metadata["nextOffset"]) == ("OUT_OF_RANGE", str(opened.offset))
        *_, last = sent(shop.api, "i", data, kind="ORDERS", start=opened.offset)
        assert dict(last.report.stored) == {"Order": 29}
        assert shop.get("7", "1").features.purchases == 29

    def test_tables_of_the_seed_as_csv(self, shop):
        tenant = dict(shop.api.metadata)["interplay-tenant"]
        rows = [
            "id,shop_id,customer_id,product_id,event_type,page_type,device_type,referrer_type,view_duration,created_at"
        ]
        rows += [f"{n},{tenant},c,p,product_viewed,search,mobile,direct,12.5,2025-01-2{n}T10:00:00Z" for n in range(5)]
        rows += [
            "9,somebody,c,p,product_viewed,,,,,2025-01-20T10:00:00Z",
            "10,,c,p,product_viewed,,,,NaN,2025-01-20T10:00:00Z",
        ]
        *_, last = sent(shop.api, "t", "\n".join(rows).encode(), kind="USER_INTERACTIONS")
        assert last.report.stored["FeatureEvent"] >= 5 and last.report.skipped["other_shop"] == 1
        found = shop.get()
        assert found.features.search_views == 5 and found.features.mobile_views == 5
        assert found.features.view_duration_avg == 12.5
        head = f"id,shop_id,customer_id,created_at,currency\no,{tenant},c,2025-01-26T10:00:00Z,EUR\n"
        sent(shop.api, "o", head.encode(), kind="ORDER_DATA")
        lines = "id,order_id,product_id,quantity,price\nl,o,p,2,5\nm,missing,p,1,5\n"
        *_, last = sent(shop.api, "l", lines.encode(), kind="LINE_ITEM_DATA")
        assert dict(last.report.skipped) == {"parent_missing": 1}
        extras = shop.get().extras
        assert (extras.purchased_quantity, extras.order_value) == (2, 10)

    def test_redacted_customers_are_gone(self, shop):
        self.configured(shop)
        shop.record(event(customer="7"), event(customer="8"), event(customer="", client_id="k"))
        shop.orders(order("o", customer="7"), order("x", customer="8"))
        shop.links(("k", "7", DAY))
        shop.api.UpsertCustomers(
            pb.UpsertCustomersRequest(customers=[shop_pb.Customer(customer_id="7", email="a@b.c")])
        )
        computed(shop.api)
        demand = {
            "shop_domain": "acme.myshopify.com",
            "customer": {"id": 7, "email": "a@b.c"},
            "orders_to_redact": ["x"],
        }
        *_, last = sent(shop.api, "r", line(demand), kind="REDACTIONS")
        assert last.report.redacted_rows == 6
        assert [one.customer_id for one in shop.events()] == ["8"]
        for customer in ("7", "8"):
            rows = shop.api.ListInteractionFeatures(pb.ListInteractionFeaturesRequest(customer_id=customer)).rows
            assert len(rows) == (customer == "8")
        assert shop.get("8").features.purchases == 0

    def test_out_of_order_messages_end_it(self, shop):
        piece = Import(piece=pb.ShopImportPiece(data=b"x"))
        assert refused(lambda: list(shop.api.ImportShopify(iter([piece])))).reason == "STREAM_PROTOCOL"
        opened = Import(open=pb.ShopImportOpen(import_id="i"))
        assert refused(lambda: list(shop.api.ImportShopify(iter([opened, opened])))).reason == "STREAM_PROTOCOL"


class TestReport:
    def report(self, shop):
        return shop.api.GetFeatureReport(pb.GetFeatureReportRequest())

    def test_what_is_kept_and_how_it_moved(self, shop):
        assert self.report(shop).pair_count == 0
        shop.record(
            *[event(product=p, customer=c, view_duration=20, device_type="mobile") for c in "abcd" for p in "pq"]
        )
        shop.record(
            event(product="q", customer="a"), event("dances"), event("page_viewed", page_type="product", customer="d")
        )
        computed(shop.api)
        found = self.report(shop)
        assert (found.pair_count, found.customer_count, found.product_count) == (8, 4, 2)
        assert (found.event_count, found.unknown_event_count, found.failed_customer_count) == (11, 1, 0)
        assert found.views_without_duration == pytest.approx(2 / 10)
        assert found.last_run_seconds > 0 and found.last_run_peak_memory_bytes > 0
        shown = {one.feature: one for one in found.distributions}
        assert len(shown) == 29
        views = shown["total_views"]
        assert (views.count, views.min, views.max, sum(views.bin_counts)) == (8, 1, 2 + 0, 8)
        assert dict(shown["preferred_device"].words) == {"mobile": 8}
        assert shown["cart_conversion_rate"].absent_count == 8 and not views.HasField("drift")
        computed(shop.api)
        drift = {one.feature: one.drift for one in self.report(shop).distributions if one.HasField("drift")}
        assert drift["total_views"] == pytest.approx(0)
        shop.record(*[event(product=p, customer=c, at=n) for c in "abcd" for p in "pq" for n in range(1, 40)])
        computed(shop.api)
        moved = {one.feature: one.drift for one in self.report(shop).distributions}
        assert moved["total_views"] > 0.25
