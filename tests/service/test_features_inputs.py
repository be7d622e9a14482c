"""What a shop tells: events once and durable, streams that go on, upserts that say what is new, interactions as events."""

import grpc
import pytest
from interplay.v1 import interaction_pb2

from tests.service.kit import Api, Refusal, batch, data, fresh, ipb, refused, spb, stamp
from tests.service.kit import pb as interactions
from tests.service.shop_kit import T0, EventStream, Shop, event, order, pb, shop_pb, when


@pytest.fixture
def shop(shared_server):
    api = Api(shared_server.target, tenant=fresh("shop"))
    yield Shop(api)
    api.close()


def test_events_are_durable_and_listed_in_order(server):
    api = Api(server.target)
    shop = Shop(api)
    sent = [event(at=n, event_id=f"e-{n}", view_duration=n - 1.0, result_product_ids=["a", "b"]) for n in range(5)]
    assert shop.record(*sent) == [f"e-{n}" for n in range(5)]
    server.restart()
    found = Shop(Api(server.target)).events()
    assert [one.event_id for one in found] == [f"e-{n}" for n in range(5)]
    assert [one.view_duration for one in found] == [-1.0, 0.0, 1.0, 2.0, 3.0]
    assert list(found[0].result_product_ids) == ["a", "b"]
    assert [one.seq for one in found] == sorted({one.seq for one in found})


def test_the_first_copy_of_an_event_wins_for_each_product(shop):
    shop.record(event(event_id="x", product="p", page_type="first"))
    shop.record(event(event_id="x", product="p", page_type="second"), event(event_id="x", product="q"))
    shop.record(event(event_id="x", product="p", customer="somebody else"))
    found = shop.events()
    assert [(one.product_id, one.customer_id, one.page_type) for one in found] == [("p", "c", "first"), ("q", "c", "")]
    assert shop.events(customer_id="somebody else") == []


def test_events_without_an_id_are_named_by_their_request(shop):
    assert shop.record(event(), event(), request_id="r-1") == ["r-1/0", "r-1/1"]
    assert shop.record(event(), event(), request_id="r-1") == ["r-1/0", "r-1/1"]
    assert len(shop.events()) == 2
    error = refused(shop.api.RecordEvents, pb.RecordEventsRequest(events=[event(at=1)], request_id="r-1"))
    assert (error.code, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")


def test_pages_and_filters(shop):
    shop.record(*[event(at=n, event_id=f"e-{n}", product=f"p-{n % 2}", session_id=f"s-{n % 3}") for n in range(10)])
    shop.record(event("add_to_cart", customer="", client_id="k", at=100, event_id="guest"))
    assert shop.ids(page_size=3) == [*(f"e-{n}" for n in range(10)), "guest"]
    assert shop.ids(product_id="p-1", page_size=2) == ["e-1", "e-3", "e-5", "e-7", "e-9"]
    assert shop.ids(session_id="s-0") == ["e-0", "e-3", "e-6", "e-9"]
    assert shop.ids(event_type="add_to_cart") == shop.ids(client_id="k") == ["guest"]
    assert shop.ids(start_time=when(3), end_time=when(5)) == ["e-3", "e-4"]
    page = shop.api.ListEvents(pb.ListEventsRequest(page_size=2))
    other = pb.ListEventsRequest(page_size=2, page_token=page.next_page_token, customer_id="c")
    assert refused(shop.api.ListEvents, other).reason == "INVALID_PAGE_TOKEN"


def test_deleted_events_are_gone_whole(shop):
    shop.record(
        event(event_id="a", product="p"), event(event_id="a", product="q"), event(event_id="b"), event(event_id="c")
    )
    delete = shop.api.DeleteEvents
    assert delete(pb.DeleteEventsRequest(event_ids=["a", "nothing"], validate_only=True)).deleted_count == 2
    assert delete(pb.DeleteEventsRequest(event_ids=["a", "nothing"])).deleted_count == 2
    assert shop.ids() == ["b", "c"]
    assert delete(pb.DeleteEventsRequest(customer_id="c")).deleted_count == 2
    assert shop.ids() == []
    assert refused(delete, pb.DeleteEventsRequest()).fields == ["event_ids"]
    assert refused(delete, pb.DeleteEventsRequest(event_ids=["a"], customer_id="c")).fields == ["event_ids"]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"view_duration": float("nan")}, "view_duration"),
        ({"view_duration": float("-inf")}, "view_duration"),
        ({"created_at": stamp(-1)}, "created_at"),
        ({"created_at": None}, "created_at"),
        ({"event_type": ""}, "event_type"),
        ({"event_type": "  "}, "event_type"),
        ({"customer_id": ""}, "customer_id"),
        ({"product_id": "a\x1fb"}, "product_id"),
        ({"shop_id": "another"}, "shop_id"),
    ],
)
def test_bad_events_are_refused_with_all_their_violations(shop, bad, field):
    made = event(event_id="bad")
    for name, value in bad.items():
        made.ClearField(name)
        if value is not None and name != "created_at":
            setattr(made, name, value)
        elif value is not None:
            made.created_at.CopyFrom(value)
    error = refused(shop.api.RecordEvents, pb.RecordEventsRequest(events=[event(), made, made]))
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert error.fields == [f"events[{place}].{field}" for place in (1, 2)]
    assert shop.ids() == []


def test_strange_events_are_kept(shop):
    shop.record(
        event("dances", event_id="unknown"),
        event(event_id="1970", at=-T0),
        shop_pb.FeatureEvent(
            event_id="9999", event_type="view", customer_id="c", product_id="p", created_at=stamp(253_402_300_799)
        ),
        event(event_id="negative", view_duration=-5),
        event(event_id="shop", shop_id=dict(shop.api.metadata)["interplay-tenant"]),
    )
    assert shop.ids() == ["unknown", "1970", "9999", "negative", "shop"]


class TestStream:
    def test_offsets_acks_ids_and_resuming(self, shop):
        stream = EventStream(shop.api, "till", return_interaction_ids=True)
        assert stream.opened.next_offset == 0
        stream.append(event(), event(event_id="own"))
        stream.append(event(at=1), offset=1)
        results = stream.acked(2)
        assert [list(one.interaction_ids) for one in results] == [["till/0/0", "own"], ["till/1/0"]]
        finished = stream.finish()
        assert (finished.committed_offset, finished.interaction_count) == (2, 3)
        again = EventStream(shop.api, "till")
        assert again.opened.next_offset == 2
        again.append(event(at=1), offset=1)
        (known,) = again.acked(2)
        assert known.duplicate
        again.append(event(at=2), offset=1)
        assert again.take("append_error").status.code == grpc.StatusCode.ALREADY_EXISTS.value[0]
        again.append(event(at=2), offset=7)
        refusal = again.take("append_error")
        assert (refusal.status.code, refusal.next_offset) == (grpc.StatusCode.OUT_OF_RANGE.value[0], 2)
        again.finish()
        assert shop.ids() == ["till/0/0", "own", "till/1/0"]

    def test_its_ids_are_its_own(self, shop):
        """A publish stream of the same name is another stream."""
        EventStream(shop.api, "same").finish()
        stream = EventStream(shop.api, "same")
        stream.append(event())
        stream.finish()
        position = interactions.GetPublishStreamRequest(stream_id="same")
        assert shop.api.GetPublishStream(position).next_offset == 0
        position.method = spb.STREAM_METHOD_EVENTS
        assert shop.api.GetPublishStream(position).next_offset == 1

    def test_a_bad_event_refuses_its_append_or_only_itself(self, shop):
        stream = EventStream(shop.api, "mixed", return_interaction_ids=True)
        bad = event(view_duration=float("nan"))
        blank = event(" ")
        stream.append(event(), bad, blank)
        refusal = Refusal(stream.take("append_error").status).check()
        assert refusal.fields == ["append.events[1].view_duration"]
        stream.append(event(), bad, blank, event(event_id="last"), partial_success=True)
        (result,) = stream.acked(1)
        assert list(result.interaction_ids) == ["mixed/0/0", "", "", "last"]
        assert [one.index for one in result.rejected] == [1, 2]
        stream.finish()
        assert shop.ids() == ["mixed/0/0", "last"]

    def test_what_is_for_publishing_only_is_refused(self, shop):
        with pytest.raises(grpc.RpcError) as caught:
            EventStream(shop.api, "s", user_id="u", source="web")
        assert Refusal.of(caught.value).fields == ["open.user_id", "open.source"]

    def test_a_newer_connection_takes_over(self, shop):
        older = EventStream(shop.api, "taken")
        older.append(event())
        newer = EventStream(shop.api, "taken")
        assert newer.opened.next_offset == 1
        with pytest.raises(grpc.RpcError) as caught:
            list(older.call)
        assert Refusal.of(caught.value).reason == "STREAM_SUPERSEDED"
        newer.finish()

    def test_flush_means_in_the_tables(self, shop):
        stream = EventStream(shop.api, "flushed")
        stream.append(event(event_id="a"))
        stream.send(flush=spb.StreamFlush())
        while not stream.take("ack").flushed:
            pass
        stream.finish()


class TestUpserts:
    def test_they_say_what_is_new(self, shop):
        product = shop_pb.Product(product_id="p", title="Chair", price=20, tags=["wood"])
        answer = shop.products(product, product)
        assert (answer.upserted_count, answer.changed_count) == (1, 1)
        assert shop.products(product).changed_count == 0
        product.price = 21
        assert shop.products(product).changed_count == 1
        assert shop.orders(order("o-1"), order("o-2")).changed_count == 2
        assert shop.orders(order("o-1"), order("o-2", quantity=3)).changed_count == 1

    def test_once_by_request_id(self, shop):
        assert not shop.orders(order("o"), request_id="r").duplicate
        assert shop.orders(order("o"), request_id="r").duplicate
        request = pb.UpsertOrdersRequest(orders=[order("o", quantity=2)], request_id="r")
        assert refused(shop.api.UpsertOrders, request).reason == "REQUEST_ID_REUSED"

    def test_orders_are_checked_whole(self, shop):
        line = shop_pb.OrderLine(line_id="1", product_id="p")
        refund = shop_pb.Refund(line_id="2", quantity=1, created_at=when(0))
        bad = order("o", lines=[line, line], refunds=[refund])
        error = refused(shop.api.UpsertOrders, pb.UpsertOrdersRequest(orders=[bad]))
        assert error.fields == ["orders[0].lines", "orders[0].refunds[0].line_id"]

    def test_deleting_orders(self, shop):
        shop.orders(order("o-1"), order("o-2"))
        assert shop.api.DeleteOrders(pb.DeleteOrdersRequest(order_ids=["o-1", "o-1", "no"])).deleted_count == 1
        assert shop.api.DeleteOrders(pb.DeleteOrdersRequest(order_ids=["o-1"])).deleted_count == 0


class TestInteractions:
    """One publish feeds memory and features."""

    @staticmethod
    def turn(action, product, kind="", **fields):
        reference = interaction_pb2.ProductRef(product_id=product, event_type=kind)
        described = {"user_action": action, "user_action_description": "it"} if action else {"content": "words"}
        return ipb.InteractionData(product_ref=reference, **described, **fields)

    def test_a_product_ref_makes_an_event(self, shop):
        rows = [
            self.turn("USER_ACTION_VIEW", "p", occur_time=when(5)),
            self.turn("USER_ACTION_CLICK", "p", "CART_ADD"),
            self.turn("USER_ACTION_SUBMIT", "q", "CHECKOUT"),
            self.turn("USER_ACTION_CLICK", "q"),
            data("no product"),
        ]
        ids = shop.api.publish(*rows, user="ada", session="visit")
        found = shop.events(customer_id="ada")
        assert [one.event_id for one in found] == ids[:3]
        assert [one.event_type for one in found] == ["product_viewed", "product_added_to_cart", "checkout_started"]
        assert {one.session_id for one in found} == {"visit"}
        assert found[0].created_at == when(5)
        assert [one.product_id for one in found] == ["p", "p", "q"]

    def test_evaluation_and_synthetic_make_none(self, shop):
        view = self.turn("USER_ACTION_VIEW", "p")
        shop.api.publish(view, evaluation_only=True)
        shop.api.publish(view, source="synthetic")
        assert shop.ids() == []

    def test_they_go_with_their_interaction_and_survive_kills(self, server):
        shop = Shop(Api(server.target))
        views = [self.turn("USER_ACTION_VIEW", f"p-{n}") for n in range(4)]
        ids = shop.api.publish(*views)
        shop.api.PublishInteractions(batch(self.turn("USER_ACTION_VIEW", "z"), wait="WAIT_LEVEL_VISIBLE"))
        shop.api.DeleteInteractions(interactions.DeleteInteractionsRequest(interaction_ids=[ids[1]]))
        kept = [ids[0], *ids[2:]]
        assert shop.ids()[:3] == kept
        server.restart()
        shop = Shop(Api(server.target))
        assert shop.ids()[:3] == kept
        assert len(shop.ids()) == 4
