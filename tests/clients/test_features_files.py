"""Streams of events, runs, exports and imports over connections that break and servers that die."""

import asyncio
import contextlib
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta

import grpc
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest
from interplay import (
    AbortedError,
    AsyncInterplay,
    InternalError,
    InvalidArgumentError,
    UnavailableError,
)
from interplay import file_import as importing
from interplay.v1 import feature_pb2, feature_service_pb2_grpc
from interplay.v1 import feature_service_pb2 as service

from tests.support.fault_proxy import FaultProxy

NOON = datetime(2025, 1, 26, 12, tzinfo=UTC)
READERS = {
    "parquet": lambda data: pyarrow.parquet.read_table(io.BytesIO(data)),
    "arrow": lambda data: pyarrow.ipc.open_stream(data).read_all(),
    "csv": lambda data: pyarrow.csv.read_csv(io.BytesIO(data)),
}


def event(number, **fields):
    return {
        "event_type": "view", "product_id": "p", "customer_id": "c", "id": f"e{number}",
        "created_at": NOON + timedelta(minutes=number), **fields,
    }  # fmt: skip


@pytest.fixture
def tenant(request):
    return re.sub("[^a-z0-9]", "-", request.node.name.lower())[:60].strip("-")


async def ids(target, tenant=None):
    async with AsyncInterplay(target, tenant=tenant) as client:
        return [one.event_id async for one in client.list_events(page_size=1000)]


async def test_events_are_acked_in_order_with_ids(shared_server, tenant):
    async with (
        AsyncInterplay(shared_server.target, tenant=tenant) as client,
        client.event_publisher("stream", return_ids=True) as publisher,
    ):
        receipts = [await publisher.append([event(2 * n), event(2 * n + 1)]) for n in range(30)]
        acks = await asyncio.gather(*receipts)
        bad = await publisher.append(event(90, view_duration=float("inf")))
        with pytest.raises(InvalidArgumentError) as caught:
            await bad
        some = await (await publisher.append([event(91) | {"event_type": ""}, event(92)], partial_success=True))
        assert publisher.pending == 0
    assert [ack.offset for ack in acks] == list(range(30))
    assert acks[3].event_ids == acks[3].interaction_ids == ("e6", "e7")
    assert caught.value.violations
    assert [place for place, _ in some.rejected] == [0] and some.interaction_ids == ("", "e92")
    assert await ids(shared_server.target, tenant) == [f"e{n}" for n in range(60)] + ["e92"]


async def test_a_stream_of_events_survives_cuts_and_the_death_of_the_server(server):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        async with client.event_publisher("stream") as publisher:
            receipts = []
            for n in range(300):
                receipts.append(await publisher.append(event(n)))
                if n in {60, 120}:
                    await receipts[n // 2]
                    proxy.reset() if n == 60 else proxy.half_open()
                    proxy.cut()
                if n == 200:
                    await receipts[100]
                    await asyncio.to_thread(server.restart)
            acks = await asyncio.gather(*receipts)
        assert [ack.offset for ack in acks] == list(range(300))
        assert proxy.connections > 2
    assert await ids(server.target) == [f"e{n}" for n in range(300)]


async def test_the_newer_publisher_of_a_stream_takes_it_over(shared_server, tenant):
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        errors = []
        old = client.event_publisher("stream", on_error=lambda error, receipt: errors.append((error.reason, receipt)))
        await (await old.append(event(1)))
        async with client.event_publisher("stream") as new:
            assert (await (await new.append(event(2)))).offset == 1
        with pytest.raises(AbortedError):
            await old.close()
        assert errors == [("STREAM_SUPERSEDED", None)]


async def test_a_run_goes_on_when_the_connection_breaks(server):
    async with AsyncInterplay(server.target) as client:
        await client.record_events([event(n, customer_id=f"c{n}") for n in range(1000)])
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        run = client.compute_features(full=True)
        rows, cut = [], False
        async for row in run.rows():
            rows.append((row.customer_id, row.product_id))
            if not cut:
                cut = True
                proxy.cut()
        assert run.totals.pairs == 1000
    assert set(rows) == {(f"c{n}", "p") for n in range(1000)}


@pytest.mark.parametrize("kind", READERS)
async def test_an_export_is_a_file_of_the_rows(shared_server, tenant, tmp_path, kind):
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        await client.record_events([event(n, customer_id=f"c{n}") for n in range(9)])
        done = await client.export_features(tmp_path / f"rows.{kind}", as_of=NOON + timedelta(days=1))
        data = (tmp_path / f"rows.{kind}").read_bytes()
        assert (done.size, done.sha256, done.row_count) == (len(data), hashlib.sha256(data).hexdigest(), 9)
        assert sorted(READERS[kind](data)["customer_id"].to_pylist()) == [f"c{n}" for n in range(9)]
        held = io.BytesIO()
        one = await client.export_features(held, kind, customer_id="c3", as_of=NOON + timedelta(days=1))
        assert READERS[kind](held.getvalue())["customer_id"].to_pylist() == ["c3"]
        assert (one.row_count, one.name.endswith(kind)) == (1, True)
        with pytest.raises(ValueError, match="format must be one of parquet, arrow, csv"):
            await client.export_features(held, "xml")
    assert [path.name for path in tmp_path.iterdir()] == [f"rows.{kind}"]


class Script(feature_service_pb2_grpc.FeatureServiceServicer):
    """Exports `data` in pieces, and breaks off each call but the last after one."""

    def __init__(self, data, sha256, breaks):
        self.data, self.sha256, self.breaks, self.requests = data, sha256, breaks, []

    async def ExportInteractionFeatures(self, request, context):  # noqa: N802 - the name is that of the service
        self.requests.append((request.export_id, request.offset))
        for offset in range(request.offset, len(self.data), 10):
            end = offset + 10
            last = end >= len(self.data)
            piece = self.data[offset:end]
            yield service.ExportInteractionFeaturesResponse(
                export_id="x", path="rows.csv", offset=offset, data=piece, last=last, sha256=self.sha256 if last else ""
            )
            if len(self.requests) <= self.breaks:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "broken")


@contextlib.asynccontextmanager
async def serving(script):
    server = grpc.aio.server()
    feature_service_pb2_grpc.add_FeatureServiceServicer_to_server(script, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with AsyncInterplay(f"127.0.0.1:{port}") as client:
            yield client
    finally:
        await server.stop(None)


async def test_an_export_goes_on_with_its_snapshot_and_is_verified(tmp_path):
    data = bytes(range(65))
    right = hashlib.sha256(data).hexdigest()
    async with serving(script := Script(data, right, breaks=2)) as client:
        await client.export_features(tmp_path / "rows.csv")
    assert (tmp_path / "rows.csv").read_bytes() == data
    assert script.requests == [("", 0), ("x", 10), ("x", 20)]
    async with serving(Script(data, "0" * 64, breaks=0)) as client:
        with pytest.raises(InternalError, match="another SHA-256"):
            await client.export_features(tmp_path / "wrong.csv")
    async with serving(Script(data, right, breaks=99)) as client:
        with pytest.raises(UnavailableError):
            await client.export_features(tmp_path / "lost.csv", patience=0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def raw_order(number):
    return {
        "id": number, "created_at": "2025-01-20T10:00:00Z", "currency": "EUR", "financial_status": "paid",
        "customer": {"id": 7},
        "line_items": [{"id": 10 * number + n, "product_id": n, "quantity": 1, "price": "5.00"} for n in (1, 2)],
    }  # fmt: skip


def lines(*documents):
    return b"".join(json.dumps(one).encode() + b"\n" for one in documents)


async def test_a_file_is_imported_once_with_a_report(shared_server, tenant, tmp_path):
    (tmp_path / "orders.jsonl").write_bytes(lines(raw_order(1), raw_order(2)) + b"{broken\n")
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        job = client.import_shopify(tmp_path / "orders.jsonl", "orders")
        with pytest.raises(RuntimeError, match="the report comes last"):
            _ = job.report
        steps = [step async for step in job]
        size = (tmp_path / "orders.jsonl").stat().st_size
        assert (steps[0].offset, steps[-1].offset, steps[-1].size) == (0, size, size)
        assert (dict(job.report.stored), dict(job.report.skipped)) == ({"Order": 2}, {"broken": 1})
        assert [(one.line, one.reason) for one in job.report.problems] == [(3, "broken")]
        again = client.import_shopify(str(tmp_path / "orders.jsonl"), "orders")
        assert await again.wait() == job.report
        assert again.finished_before and again.import_id == job.import_id
        fresh = client.import_shopify(lines(raw_order(3)), import_id="third")
        assert dict((await fresh.wait()).stored) == {"Order": 1}
        assert not fresh.finished_before
        row = await client.interaction_features("7", "2")
        assert row.features["purchases"] == 3
        with pytest.raises(InvalidArgumentError):
            await client.import_shopify(b"", "products", import_id="third").wait()
        with pytest.raises(FileNotFoundError):
            await client.import_shopify(tmp_path / "absent").wait()
        empty = client.import_shopify(b"", "customer_data")
        assert dict((await empty.wait()).stored) == {}


async def test_an_import_goes_on_when_the_connection_or_the_client_breaks(server, monkeypatch):
    monkeypatch.setattr(importing, "PIECE_BYTES", 2000)
    data = lines(*map(raw_order, range(1, 101)))
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        job = client.import_shopify(data, "orders", import_id="big")
        async for step in job:
            if step.offset > len(data) // 3:
                break
        await job.aclose()
        later = client.import_shopify(data, "orders", import_id="big")
        cut = False
        async for step in later:
            if not cut and step.offset > len(data) // 2:
                cut = True
                proxy.cut()
        assert cut and 0 < later.resumed_at <= step.offset == len(data)
        assert (dict(later.report.stored), dict(later.report.skipped)) == ({"Order": 100}, {})
        assert (await client.interaction_features("7", "1")).features["purchases"] == 100


async def test_tables_of_a_shop_are_imported(shared_server, tenant):
    rows = "id,shop_id,customer_id,product_id,event_type,view_duration,created_at,colour\n" + "".join(
        f"u{n},{tenant},c,p,product_viewed,{n},2025-01-20 10:0{n}:00,red\n" for n in range(5)
    )
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        report = await client.import_shopify(rows.encode(), "user_interactions").wait()
        assert (dict(report.stored), list(report.unknown_columns)) == ({"FeatureEvent": 5}, ["colour"])
        orders = b'{"order_id": "o", "customer_id": "c", "created_at": "2025-01-21"}\n'
        await client.import_shopify(orders, "order_data").wait()
        items = b"order_id,product_id,quantity,price\no,p,2,3.5\nnone,p,1,1\n"
        report = await client.import_shopify(items, service.SHOP_IMPORT_KIND_LINE_ITEM_DATA).wait()
        assert dict(report.skipped) == {"parent_missing": 1}
        row = await client.interaction_features("c", "p", as_of=NOON)
        assert (row.features["total_views"], row.extras["order_value"]) == (5, 7.0)
        assert row.orders_source == feature_pb2.OrdersSource.Name(3).removeprefix("ORDERS_SOURCE_").lower()
