"""Events in and features out, as both clients do it, against a real server."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from interplay import (
    AbortedError,
    AlreadyExistsError,
    AsyncInterplay,
    FeatureRow,
    Interplay,
    InvalidArgumentError,
    NotFoundError,
)
from interplay.features import FEATURE_NAMES
from interplay.v1 import feature_pb2

NOON = datetime(2025, 1, 26, 12, tzinfo=UTC)
BOUGHT = NOON + timedelta(days=2)


def event(kind="product_viewed", product="p", customer="c", days=0.0, **fields):
    moment = NOON + timedelta(days=days)
    return {"event_type": kind, "product_id": product, "customer_id": customer, "created_at": moment, **fields}


def order(order_id="o", product="p", customer="c", **fields):
    line = {"product_id": product, "quantity": 2, "price": 10.0}
    return {"order_id": order_id, "customer_id": customer, "created_at": BOUGHT, "lines": [line], **fields}


@pytest.fixture
def tenant(request):
    return request.node.name.replace("_", "-")[:60].lower()


@pytest.fixture
async def client(shared_server, tenant):
    """A client of a tenant of its own for each test."""
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        yield client


async def everything(rows):
    return [row async for row in rows]


async def test_what_a_shop_tells_becomes_features(client):
    done = await client.record_events(
        [event(id="e1", view_duration=30.0, device_type="mobile"), event("add_to_cart", days=1)], request_id="r"
    )
    assert (done.event_ids[0], len(done.event_ids), done.duplicate) == ("e1", 2, False)
    message = feature_pb2.FeatureEvent(event_id="e1", event_type="product_viewed", product_id="p", customer_id="c")
    message.created_at.FromDatetime(NOON)
    await client.record_events(message)
    with pytest.raises(AlreadyExistsError):
        await client.record_events(event(days=7), request_id="r")
    row = await client.interaction_features("c", "p", as_of=NOON + timedelta(days=1, hours=1))
    assert isinstance(row, FeatureRow)
    assert tuple(row.features) == FEATURE_NAMES and len(row.features) == 29
    assert (row.features["total_views"], row.features["mobile_views"], row.features["cart_adds"]) == (1, 1, 1)
    assert (row.features["purchases"], row.features["cart_conversion_rate"], row.orders_source) == (0, 0.0, "none")
    assert (row.features["first_view_date"], row.features["seasonal_view_pattern"]) == (NOON, None)
    assert (row.extras["refund_rate"], row.extras["order_completed"]) == (None, False)
    assert row.as_of == NOON + timedelta(days=1, hours=1)
    product = {"product_id": "p", "title": "Kettle", "price": 10, "vendor": "Brewer", "tags": ["steel"]}
    stored = await client.upsert_products([product, {"id": "q", "title": "Cup", "shop_id": "x", "updated_at": NOON}])
    assert (stored.upserted_count, stored.changed_count) == (2, 2)
    assert (await client.upsert_products(product)).changed_count == 0
    assert (await client.upsert_customers({"id": "c", "created_at": NOON - timedelta(days=10)})).upserted_count == 1
    refund = {"refund_id": "r", "line_id": "1", "quantity": 1, "created_at": BOUGHT}
    assert (await client.upsert_orders(order(refunds=[refund]))).changed_count == 1
    row = await client.interaction_features("c", "p", as_of=BOUGHT)
    assert (row.features["purchases"], row.orders_source, row.extras["order_value"]) == (1, "orders", 20.0)
    assert (row.extras["purchased_quantity"], row.extras["account_age_days"]) == (2, 12.0)
    assert row.extras["relationship_stage"] in {"new", "engaged", "returning", "loyal"}
    assert await client.delete_orders(["o", "unknown"]) == 1
    assert (await client.interaction_features("c", "p", as_of=BOUGHT)).features["purchases"] == 0
    with pytest.raises(NotFoundError):
        await client.interaction_features("c", "p", as_of=NOON - timedelta(days=1))


async def test_events_are_listed_and_deleted(client):
    await client.record_events([event(id=f"e{n}", days=n, product=f"p{n % 2}") for n in range(7)])
    ids = [one.event_id async for one in client.list_events(page_size=2)]
    assert ids == [f"e{n}" for n in range(7)]
    found = client.list_events(product_id="p1", start_time=NOON + timedelta(days=2), end_time=NOON + timedelta(days=5))
    assert [one.event_id async for one in found] == ["e3"]
    assert await client.delete_events(product_id="p1", validate_only=True) == 3
    assert await client.delete_events(product_id="p1") == 3
    assert await client.delete_events(["e0", "unknown"]) == 1
    assert [one.event_id async for one in client.list_events()] == ["e2", "e4", "e6"]
    with pytest.raises(InvalidArgumentError):
        await client.delete_events()
    with pytest.raises(TypeError, match="event_ids must be a list of texts"):
        await client.delete_events("e2")


async def test_what_a_guest_did_becomes_the_customers(client):
    await client.record_events(event(customer=None, client_id="browser"))
    with pytest.raises(NotFoundError):
        await client.interaction_features("c", "p")
    await client.link_identities({"client_id": "browser", "customer_id": "c", "linked_at": NOON})
    assert (await client.interaction_features("c", "p")).features["total_views"] == 1


async def test_rows_are_got_listed_and_recommended(client):
    await client.record_events([event(product=f"p{n}", days=day) for n in range(5) for day in range(n + 1)])
    await client.record_events([event("add_to_cart", "p4", days=4.1), event(product="p0", customer="d")])
    await client.upsert_products([{"product_id": "p4", "title": "Kettle"}, {"product_id": "p3", "available": False}])
    then = NOON + timedelta(days=5)
    rows = await client.batch_interaction_features([("c", "p3"), ("c", "nothing"), ("d", "p0")], as_of=then)
    assert [(row.customer_id, row.product_id) for row in rows] == [("c", "p3"), ("d", "p0")]
    rows = await everything(client.list_interaction_features(customer_id="c", as_of=then, page_size=2))
    assert [row.product_id for row in rows] == [f"p{n}" for n in range(5)]
    rows = await everything(
        client.list_interaction_features(
            bounds={"total_views": (2, 4), "cart_adds": (None, 0)}, order_by="total_views", as_of=then
        )
    )
    assert [row.features["total_views"] for row in rows] == [4, 3, 2]
    rows = await everything(client.list_interaction_features(order_by="total_views", ascending=True, product_id="p0"))
    assert [row.customer_id for row in rows] == ["c", "d"]
    best, *others = await client.recommendations("c", as_of=then, top_k=3)
    assert (best.product_id, best.title, len(others)) == ("p4", "Kettle", 2)
    factors = best.factors["kept"] * best.factors["rest"] * best.factors["available"]
    assert best.score == pytest.approx(sum(best.parts.values()) * factors)
    assert best.score == best.row.features["recommendation_score"]
    assert "p3" not in {one.product_id for one in others}
    assert "p3" in {one.product_id for one in await client.recommendations("c", as_of=then, include_zero=True)}
    with pytest.raises(InvalidArgumentError):
        await everything(client.list_interaction_features(order_by="preferred_device"))


async def test_a_run_tells_its_progress_and_totals(client):
    await client.record_events([event(product=p, customer=f"c{n}") for n in range(20) for p in "pq"])
    run = client.compute_features(full=True)
    with pytest.raises(RuntimeError, match="the totals come last"):
        _ = run.totals
    steps = [(progress.done_customers, progress.total_customers) async for progress in run]
    # A run may end before its progress is looked at.
    assert steps == sorted(steps) and {total for _, total in steps} <= {20}
    assert (run.totals.customers, run.totals.pairs, run.totals.full) == (20, 40, True)
    assert run.operation.operation_id
    assert (await client.compute_features(request_id=run.request_id, full=True).wait()) == run.totals
    with pytest.raises(AlreadyExistsError):
        await client.compute_features(request_id=run.request_id).wait()
    await client.record_events(event(customer="c3", days=1))
    assert (await client.compute_features(customer_ids=["c3"]).wait()).customers == 1
    with pytest.raises(TypeError, match="customer_ids must be a list"):
        client.compute_features(customer_ids="c3")


async def test_a_run_sends_its_rows_and_goes_on_after_those_that_were_taken(client):
    await client.record_events([event(product=f"p{n % 3}", customer=f"c{n:03}") for n in range(700)])
    run = client.compute_features(full=True, request_id="run")
    first = []
    async for row in run.rows():
        first.append(row)
        if len(first) == 500:
            break
    # The cursor is that of what was taken before: these rows may come again, none is left out.
    await run.aclose()
    again = client.compute_features(full=True, request_id="run", resume_after=run.resume_after)
    later = await everything(again.rows())
    assert {row.customer_id for row in (*first, *later)} == {f"c{n:03}" for n in range(700)}
    assert again.totals.pairs == 700
    rest = client.compute_features(full=True, request_id="run", resume_after=again.resume_after)
    assert await everything(rest.rows()) == []
    followed = client.compute_features(full=True, request_id="run")
    assert (await followed.wait()).pairs == 700
    with pytest.raises(RuntimeError, match="without its rows"):
        await everything(followed.rows())


async def test_a_run_can_be_cancelled(client):
    await client.record_events([event(customer=f"c{n}") for n in range(900)])
    run = client.compute_features(full=True)
    with contextlib.suppress(AbortedError):
        async for _ in run:
            await run.cancel()
        assert run.totals.customers == 900
    again = await client.compute_features(full=True).wait()
    assert again.pairs == 900


async def test_the_kept_rows_are_watched(client):
    await client.record_events(event(product="before"))
    await client.compute_features().wait()
    seen, started = [], asyncio.Event()

    async def watch():
        async for change in client.watch_features(heartbeat_seconds=1, heartbeats=True):
            started.set()
            seen.extend((row.product_id, row.features["total_views"]) for row in change.rows)
            seen.extend(("gone", product) for _, product in change.removed)
            if len(seen) >= 2:
                return change.resume_token
        raise AssertionError("a watch does not end")

    async with asyncio.timeout(60):
        task = asyncio.create_task(watch())
        await started.wait()
        await client.record_events(event(product="after"))
        while not any(product == "after" for product, _ in seen):
            await client.compute_features().wait()
            await asyncio.sleep(0.05)
        await client.delete_events(product_id="before")
        await client.compute_features().wait()
        token = await task
    assert ("after", 1) in seen
    assert token


async def test_the_configuration_is_changed_and_reported_on(client):
    config = await client.feature_config()
    assert (config.windows.session_gap, config.intent.half_life_days) == (1800, 14)
    changed = await client.update_feature_config({"intent": {"half_life_days": 7}, "etag": config.etag})
    assert (changed.intent.half_life_days, changed.windows.session_gap) == (7, 1800)
    assert changed.definition_version != config.definition_version
    with pytest.raises(AbortedError):
        await client.update_feature_config({"etag": "stale"})
    with pytest.raises(TypeError, match="did you mean 'windows'"):
        await client.update_feature_config({"window": {}})
    checked = await client.update_feature_config({"intent": {"half_life_days": 9}}, validate_only=True)
    assert checked.intent.half_life_days == 9
    assert (await client.feature_config()).intent.half_life_days == 7
    await client.record_events([event(view_duration=5.0), event("odd_kind"), event(product="q", device_type="tablet")])
    await client.compute_features(full=True).wait()
    report = await client.feature_report()
    assert (report.pair_count, report.event_count, report.unknown_event_count, report.view_count) == (2, 3, 1, 2)
    assert (report.views_without_duration, report.views_without_device) == (0.5, 0.5)
    assert [one.feature for one in report.distributions] == list(FEATURE_NAMES)


async def test_wrong_values_are_refused_before_anything_is_sent(client):
    with pytest.raises(TypeError, match="did you mean 'event_type'"):
        await client.record_events({"event_typ": "view"})
    with pytest.raises(ValueError, match="created_at needs a time zone"):
        await client.record_events(event() | {"created_at": datetime(2025, 1, 1)})  # noqa: DTZ001 - that is the point
    with pytest.raises(TypeError, match="event: "):
        await client.record_events(event(product=7))
    with pytest.raises(TypeError, match="an event is a message or a mapping, not str"):
        await client.record_events(["view"])
    with pytest.raises(TypeError, match="an event is FeatureEvent, not Product"):
        await client.record_events(feature_pb2.Product())
    with pytest.raises(ValueError, match="lines and line_items are the same thing"):
        await client.upsert_orders(order(line_items=[]))
    with pytest.raises(TypeError, match="did you mean 'quantity'"):
        await client.upsert_orders(order() | {"lines": [{"product_id": "p", "quantiy": 1}]})
    with pytest.raises(ValueError, match="kind must be one of products, customers"):
        client.import_shopify(b"", "shops")
    with pytest.raises(InvalidArgumentError):
        await client.record_events(event(view_duration=float("nan")))
    assert await everything(client.list_events()) == []


def test_the_client_without_asyncio(shared_server, tenant, tmp_path):
    with Interplay(shared_server.target, tenant=tenant) as client:
        client.record_events([event(), event(product="q")])
        with client.event_publisher("stream", return_ids=True) as publisher:
            ack = publisher.append([event(id="mine"), event(product="r", days=1)]).result(60)
            assert publisher.append_nowait(event(days=2)).result(60).offset == 1
        assert (ack.interaction_ids[0], len(ack.interaction_ids)) == ("mine", 2)
        assert client.interaction_features("c", "p").features["total_views"] == 3
        assert [row.product_id for row in client.list_interaction_features()] == ["p", "q", "r"]
        assert len(client.recommendations("c")) == 3
        run = client.compute_features(full=True)
        assert all(progress.total_customers == 1 for progress in run)
        assert run.totals.pairs == 3
        assert len(list(client.compute_features(full=True).rows())) == 3
        assert client.export_features(tmp_path / "rows.csv").row_count == 3
        job = client.import_shopify(b'{"id": 1, "title": "Cup"}\n', "products")
        assert [step.offset for step in job][-1] == 26
        assert dict(job.report.stored) == {"Product": 1}
        assert client.feature_report().pair_count == 3
