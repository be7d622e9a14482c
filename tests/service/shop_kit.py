"""What the tests of features share: short events, orders and products, streams of events."""

import queue

from interplay.v1 import feature_pb2, feature_service_pb2, publish_stream_pb2

from tests.service.kit import stamp

pb, shop_pb, spb = feature_service_pb2, feature_pb2, publish_stream_pb2
DAY = 86_400
T0 = 1_737_892_800
"""2025-01-26 12:00:00 UTC."""


def event(kind="product_viewed", product="p", customer="c", at=0.0, **fields):
    """`at` in seconds after T0."""
    whole = int(at // 1)
    made = stamp(T0 + whole, round((at - whole) * 1e6) * 1000)
    return shop_pb.FeatureEvent(event_type=kind, product_id=product, customer_id=customer, created_at=made, **fields)


def order(order_id, product="p", customer="c", at=0, quantity=1, price=10.0, **fields):
    line = shop_pb.OrderLine(product_id=product, quantity=quantity, price=price)
    fields.setdefault("lines", [line])
    return shop_pb.Order(order_id=order_id, customer_id=customer, created_at=stamp(T0 + at), currency="EUR", **fields)


def when(at):
    return stamp(T0 + at)


class Shop:
    """A tenant of an Api with short calls."""

    def __init__(self, api):
        self.api = api

    def record(self, *events, **fields):
        return list(self.api.RecordEvents(pb.RecordEventsRequest(events=events, **fields)).event_ids)

    def events(self, **filters):
        found, token = [], ""
        while True:
            page = self.api.ListEvents(pb.ListEventsRequest(page_token=token, **filters))
            found += page.events
            if not (token := page.next_page_token):
                return found

    def ids(self, **filters):
        return [one.event_id for one in self.events(**filters)]

    def products(self, *products, **fields):
        return self.api.UpsertProducts(pb.UpsertProductsRequest(products=products, **fields))

    def orders(self, *orders, **fields):
        return self.api.UpsertOrders(pb.UpsertOrdersRequest(orders=orders, **fields))

    def links(self, *links):
        return self.api.UpsertIdentityLinks(
            pb.UpsertIdentityLinksRequest(
                links=[
                    shop_pb.IdentityLink(client_id=client, customer_id=customer, linked_at=when(at))
                    for client, customer, at in links
                ]
            )
        )

    def get(self, customer="c", product="p", at=None):
        as_of = None if at is None else when(at)
        request = pb.GetInteractionFeaturesRequest(customer_id=customer, product_id=product, as_of=as_of)
        return self.api.GetInteractionFeatures(request).row


class EventStream:
    """A stream of events by hand."""

    def __init__(self, api, stream_id, **opening):
        self._sent = queue.Queue()
        self.call = api.StreamEvents(iter(self._sent.get, None))
        self.send(open=spb.StreamOpen(stream_id=stream_id, **opening))
        self.opened = self.take("opened")

    def send(self, **message):
        self._sent.put(pb.StreamEventsRequest(**message))

    def append(self, *events, **fields):
        self.send(append=pb.StreamEventsAppend(events=events, **fields))

    def take(self, kind):
        for answer in self.call:
            got = answer.WhichOneof("message")
            if got != "heartbeat" or kind == "heartbeat":
                assert got == kind, answer
                return getattr(answer, got)
        raise AssertionError(f"the stream ended instead of {kind}")

    def acked(self, offset):
        results = []
        while True:
            ack = self.take("ack")
            results += ack.results
            if ack.committed_offset >= offset:
                return results

    def finish(self):
        self.send(finish=spb.StreamFinish())
        for answer in self.call:
            if answer.WhichOneof("message") == "finished":
                return answer.finished
        raise AssertionError("not finished")

    def close(self):
        self._sent.put(None)
        self.call.cancel()
