"""Runs: named, followed, attached to, cancelled, resumed after a kill; configuration and watches."""

import time

import grpc
import pytest

from tests.conftest import eventually
from tests.service.kit import Api, Refusal, fresh, operation_pb, refused
from tests.service.shop_kit import DAY, Shop, event, pb, shop_pb, when

Compute, Watch = pb.ComputeInteractionFeaturesRequest, pb.WatchInteractionFeaturesRequest


@pytest.fixture
def shop(shared_server):
    api = Api(shared_server.target, tenant=fresh("shop"), timeout=60)
    yield Shop(api)
    api.close()


@pytest.fixture
def quiet(start_server):
    """A shop that computes when it is asked to only, in small parts."""
    server = start_server("--features-refresh-seconds", "0", "--features-part-events", "1000")
    shop = Shop(Api(server.target, timeout=60))
    shop.server = server
    return shop


def fill(shop, customers=40, products=5, events=3):
    for customer in range(customers):
        shop.record(
            *[
                event(product=f"p{p}", customer=f"c{customer}", at=n * 60 + p)
                for p in range(products)
                for n in range(events)
            ]
        )


def messages(api, **fields):
    return list(api.ComputeInteractionFeatures(Compute(**fields)))


def test_a_run_names_its_operation_tells_progress_and_totals(quiet):
    fill(quiet)
    first, *middle, last = messages(quiet.api, full=True, return_rows=True)
    operation = first.operation
    assert operation.kind == "compute_features" and operation.operation_id
    totals = last.totals
    assert (totals.customers, totals.pairs, totals.events, totals.full) == (40, 200, 600, True)
    assert totals.seconds > 0 and totals.peak_memory_bytes > 0 and totals.definition_version
    rows = [row for message in middle for row in message.rows.rows]
    assert len({(row.customer_id, row.product_id) for row in rows}) == len(rows) == 200
    assert all(len(message.rows.rows) <= 500 for message in middle)
    progress = [message.progress for message in middle if message.HasField("progress")]
    assert progress and all(one.total_customers == 40 for one in progress)
    stored = quiet.api.GetOperation(operation_pb.GetOperationRequest(operation_id=operation.operation_id)).operation
    assert stored.result["pairs"] == "200" and stored.progress_percent == 100


def test_incremental_runs_take_who_changed(quiet):
    fill(quiet)
    messages(quiet.api, full=True)
    nothing = messages(quiet.api)[-1].totals
    assert (nothing.customers, nothing.pairs, nothing.full) == (0, 0, False)
    quiet.record(event(product="p1", customer="c7", at=DAY), event("dances", product="p1", customer="c9"))
    _, *middle, last = messages(quiet.api, return_rows=True)
    assert (last.totals.customers, last.totals.pairs, last.totals.unknown_events) == (2, 10, 1)
    assert {row.customer_id for message in middle for row in message.rows.rows} == {"c7", "c9"}
    named = messages(quiet.api, customer_ids=["c1", "nobody"])[-1].totals
    assert named.pairs == 5


def test_the_same_request_attaches_and_plays_back(quiet):
    fill(quiet)
    call = quiet.api.ComputeInteractionFeatures(Compute(full=True, return_rows=True, request_id="r"))
    first = next(call).operation
    call.cancel()  # only detaches
    again = messages(quiet.api, full=True, return_rows=True, request_id="r")
    assert again[0].operation.operation_id == first.operation_id
    rows = [row.customer_id + row.product_id for message in again for row in message.rows.rows]
    assert len(rows) == 200
    pieces = [message.rows for message in again if message.HasField("rows")]
    resumed = messages(quiet.api, full=True, return_rows=True, request_id="r", resume_after=pieces[0].cursor)
    rest = [row.customer_id + row.product_id for message in resumed for row in message.rows.rows]
    assert rest == rows[len(pieces[0].rows) :]
    error = refused(messages, quiet.api, full=False, request_id="r")
    assert (error.code, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    assert refused(messages, quiet.api, full=True, request_id="r", resume_after="x").reason == "INVALID_PAGE_TOKEN"


def test_a_kill_in_the_middle_is_gone_on_from(quiet):
    for _ in range(8):
        fill(quiet, customers=60, products=4, events=4)
    call = quiet.api.ComputeInteractionFeatures(Compute(full=True, request_id="r"))
    operation = next(call).operation
    for message in call:
        if message.HasField("progress") and message.progress.done_customers > 0:
            break
    quiet.server.restart()
    shop = Shop(Api(quiet.server.target, timeout=60))
    first, *_, last = messages(shop.api, full=True, request_id="r")
    assert first.operation.operation_id == operation.operation_id
    assert (last.totals.pairs, last.totals.customers) == (240, 60)
    rows = shop.api.ListInteractionFeatures(pb.ListInteractionFeaturesRequest(page_size=1000)).rows
    assert len({(row.customer_id, row.product_id) for row in rows}) == len(rows) == 240
    # Exactly once: the events were told eight times, under ids of their own.
    assert {row.features.total_views for row in rows} == {32}


def test_a_cancelled_run_says_so(quiet):
    for _ in range(6):
        fill(quiet, customers=60, products=4, events=4)
    call = quiet.api.ComputeInteractionFeatures(Compute(full=True, request_id="r"))
    operation_id = next(call).operation.operation_id
    quiet.api.CancelOperation(operation_pb.CancelOperationRequest(operation_id=operation_id))
    try:
        last = list(call)[-1]
    except grpc.RpcError as error:
        refusal = Refusal.of(error)
        assert (refusal.code, refusal.reason) == ("ABORTED", "OPERATION_ENDED")
        assert refusal.metadata == {"operationId": operation_id, "state": "CANCELLED"}
    else:
        assert last.totals.pairs == 240  # it was done before it could be cancelled
    assert messages(quiet.api, full=True)[-1].totals.pairs == 240


def test_bad_requests_are_refused(shop):
    future = when(0)
    future.FromSeconds(int(time.time()) + 3600)
    assert refused(messages, shop.api, as_of=future).fields == ["as_of"]
    assert refused(messages, shop.api, full=True, customer_ids=["c"]).fields == ["customer_ids"]


class TestConfig:
    def get(self, shop):
        return shop.api.GetFeatureConfig(pb.GetFeatureConfigRequest()).config

    def update(self, shop, config, **fields):
        return shop.api.UpdateFeatureConfig(pb.UpdateFeatureConfigRequest(config=config, **fields)).config

    def test_defaults_etags_and_revisions(self, shop):
        config = self.get(shop)
        assert config.intent.cart_add == 0.5 and config.windows.session_gap == 1800 and config.revision == 0
        config.intent.cart_add = 1.5
        made = self.update(shop, config)
        assert made.revision == 1 and made.intent.cart_add == 1.5 and made.intent.view == 0.05
        assert made.definition_version != config.definition_version
        error = refused(self.update, shop, config)
        assert (error.code, error.reason) == ("ABORTED", "CONCURRENT_CHANGE")
        assert self.get(shop) == made
        back = self.update(shop, shop_pb.FeatureConfig())
        assert back.definition_version == config.definition_version and back.revision == 2

    def test_every_problem_is_told_at_once(self, shop):
        bad = shop_pb.FeatureConfig()
        bad.intent.half_life_days = 0
        bad.engagement.views = 2
        bad.loyalty.recency = float("nan")
        error = refused(self.update, shop, bad)
        assert {"config.intent.half_life_days", "config.engagement.views", "config.loyalty.recency"} <= set(
            error.fields
        )
        assert self.get(shop).revision == 0

    def test_a_change_computes_everything_anew(self, shop):
        shop.record(event("add_to_cart"))

        def kept():
            rows = shop.api.ListInteractionFeatures(pb.ListInteractionFeaturesRequest(as_of=when(60))).rows
            return [(row.features.intent_score, row.definition_version) for row in rows]

        before = eventually(kept, 30)
        config = self.get(shop)
        config.intent.cart_add = 3
        version = self.update(shop, config).definition_version
        ((intent, shown),) = kept()
        assert shown == version and intent > before[0][0]
        assert shop.get(at=60).features.intent_score == pytest.approx(intent)

    def test_the_shop_of_events_can_be_named(self, shop):
        self.update(shop, shop_pb.FeatureConfig(shop_id="chairs.example"))
        shop.record(event(shop_id="chairs.example"))
        request = pb.RecordEventsRequest(events=[event(shop_id=dict(shop.api.metadata)["interplay-tenant"])])
        assert refused(shop.api.RecordEvents, request).fields == ["events[0].shop_id"]


class TestWatch:
    def test_rows_removals_and_tokens(self, shop):
        shop.record(event(product="before"))
        shop.api.GetFeatureConfig(pb.GetFeatureConfigRequest())
        eventually(lambda: shop.api.ListInteractionFeatures(pb.ListInteractionFeaturesRequest()).rows, 30)
        watch = shop.api.WatchInteractionFeatures(Watch(heartbeat_seconds=1))
        start = next(watch)
        assert start.resume_token and not start.rows
        shop.record(event(product="p"), event(product="q", customer="d"))
        seen, token = set(), ""
        for answer in watch:
            seen |= {(row.customer_id, row.product_id) for row in answer.rows}
            token = answer.resume_token
            if seen >= {("c", "p"), ("d", "q")}:
                break
        watch.cancel()
        shop.api.DeleteEvents(pb.DeleteEventsRequest(product_id="q"))
        resumed = shop.api.WatchInteractionFeatures(Watch(resume_token=token, customer_id="d"))
        removed = next(answer.removed for answer in resumed if answer.removed)
        assert [(one.customer_id, one.product_id) for one in removed] == [("d", "q")]
        resumed.cancel()
        again = shop.api.WatchInteractionFeatures(Watch(resume_token=start.resume_token, customer_id="c"))
        rows = next(answer.rows for answer in again if answer.rows)
        assert {row.product_id for row in rows} == {"before", "p"}
        again.cancel()
        request = Watch(resume_token="nonsense")
        assert refused(lambda: list(shop.api.WatchInteractionFeatures(request))).reason == "INVALID_RESUME_TOKEN"

    def test_a_shop_that_does_not_exist_yet_can_be_watched(self, shop):
        watch = shop.api.WatchInteractionFeatures(Watch(heartbeat_seconds=1))
        assert not next(watch).rows
        shop.record(event())
        assert next(answer for answer in watch if answer.rows).rows[0].product_id == "p"
        watch.cancel()
