"""FeatureService, its inputs: events, products, customers, orders and identity links."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from interplay.v1 import feature_service_pb2 as pb

from interplay_server.domain.erasure import people_of
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.records import Condition, Op, equal
from interplay_server.domain.writing import commit
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.features.features import Features
from interplay_server.features.shop import Shop, Upserted
from interplay_server.interceptors.call import Call
from interplay_server.services.batches import digest
from interplay_server.services.convert.filters import page_size, query_key, times_from_pb
from interplay_server.services.convert.recording import make_events
from interplay_server.services.convert.shop import (
    customers_from_pb,
    event_to_pb,
    links_from_pb,
    orders_from_pb,
    products_from_pb,
)
from interplay_server.settings import Stream
from interplay_server.streaming.events import EventStream
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.telemetry import Metrics

_FILTERS = ("customer_id", "product_id", "client_id", "event_type", "session_id")
T = TypeVar("T")


class ShopMethods:
    """Methods that take in and show what a shop tells."""

    def __init__(self, features: Features, registry: StreamRegistry, settings: Stream, metrics: Metrics) -> None:
        self._features, self._registry, self._stream_settings, self._metrics = features, registry, settings, metrics

    async def record_events(self, call: Call) -> pb.RecordEventsResponse:
        request: pb.RecordEventsRequest = call.request  # type: ignore[assignment]
        given = request.request_id
        request_id = given or new_ulid()
        request.ClearField("request_id")
        signature = digest(request, "RecordEvents") if given else b""
        tenant = await self._features.known(call.store)
        batch = make_events(request.events, path="", name=f"{request_id}/", shop_id=tenant.shop_id)
        store = await call.writable()
        await store.admit()
        await store.wait_room()
        store.erasures.check(*people_of(batch.entry))
        receipt = await commit(store, batch.entry, given, signature)
        return pb.RecordEventsResponse(event_ids=batch.event_ids, request_id=request_id, duplicate=receipt.duplicate)

    async def stream_events(self, call: Call) -> None:
        await EventStream(call, self._registry, self._stream_settings, self._metrics, self._features.shop_id).run()

    async def list_events(self, call: Call) -> pb.ListEventsResponse:
        request: pb.ListEventsRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        where = _event_filter(request)
        after = store.tokens.read_page_token(request.page_token, query, int) if request.page_token else 0
        shop = (await self._features.known(store)).shop
        response = pb.ListEventsResponse()
        more: int | None = after
        while more is not None and len(response.events) < size:
            found, more = await shop.events(where, after_seq=more, limit=size - len(response.events))
            response.events.extend(event_to_pb(row) for row in found.to_pylist())
        if more is not None:
            response.next_page_token = store.tokens.page_token(query, more)
        return response

    async def delete_events(self, call: Call) -> pb.DeleteEventsResponse:
        request: pb.DeleteEventsRequest = call.request  # type: ignore[assignment]
        where, named = _event_filter(request), list(request.event_ids)
        if named and where:
            raise InvalidRequest([Violation("event_ids", "must not be given together with filters")])
        if not named and not where:
            raise InvalidRequest([Violation("event_ids", "must be given, or at least one filter")])
        shop = (await self._features.known(call.store)).shop
        count = await shop.delete_events(named, where, validate_only=request.validate_only)
        return pb.DeleteEventsResponse(deleted_count=count)

    async def upsert_products(self, call: Call) -> pb.UpsertProductsResponse:
        request: pb.UpsertProductsRequest = call.request  # type: ignore[assignment]
        done = await self._upsert(call, request.products, products_from_pb, lambda shop: shop.upsert_products)
        return pb.UpsertProductsResponse(**_counts(done))

    async def upsert_customers(self, call: Call) -> pb.UpsertCustomersResponse:
        request: pb.UpsertCustomersRequest = call.request  # type: ignore[assignment]
        done = await self._upsert(call, request.customers, customers_from_pb, lambda shop: shop.upsert_customers)
        return pb.UpsertCustomersResponse(**_counts(done))

    async def upsert_orders(self, call: Call) -> pb.UpsertOrdersResponse:
        request: pb.UpsertOrdersRequest = call.request  # type: ignore[assignment]
        done = await self._upsert(call, request.orders, orders_from_pb, lambda shop: shop.upsert_orders)
        return pb.UpsertOrdersResponse(**_counts(done))

    async def upsert_identity_links(self, call: Call) -> pb.UpsertIdentityLinksResponse:
        request: pb.UpsertIdentityLinksRequest = call.request  # type: ignore[assignment]
        done = await self._upsert(call, request.links, links_from_pb, lambda shop: shop.upsert_links)
        return pb.UpsertIdentityLinksResponse(**_counts(done))

    async def _upsert(
        self,
        call: Call,
        messages: Iterable[Any],
        read: Callable[[Iterable[Any], list[Violation]], list[T]],
        write: Callable[[Shop], Callable[[list[T], str, bytes], Awaitable[Upserted]]],
    ) -> Upserted:
        request: Any = call.request
        request_id = request.request_id
        violations: list[Violation] = []
        rows = read(messages, violations)
        if violations:
            raise InvalidRequest(violations, request)
        request.ClearField("request_id")
        signature = digest(request, type(request).__name__)
        store = await call.writable()
        await store.admit()
        await store.wait_room()
        store.erasures.check(*(getattr(one, "customer_id", "") for one in rows))
        shop = (await self._features.known(store)).shop
        return await write(shop)(rows, request_id, signature)

    async def delete_orders(self, call: Call) -> pb.DeleteOrdersResponse:
        request: pb.DeleteOrdersRequest = call.request  # type: ignore[assignment]
        shop = (await self._features.known(call.store)).shop
        return pb.DeleteOrdersResponse(deleted_count=await shop.delete_orders(request.order_ids))


def _event_filter(request: Any) -> tuple[Condition, ...]:
    """Raises InvalidRequest."""
    start, end = times_from_pb(request)
    fields = request.DESCRIPTOR.fields_by_name
    made = list(equal(**{name: getattr(request, name) for name in _FILTERS if name in fields}))
    if start is not None:
        made.append(Condition("created_at", Op.GE, start))
    if end is not None:
        made.append(Condition("created_at", Op.LT, end))
    return tuple(made)


def _counts(done: Upserted) -> dict[str, Any]:
    return {"upserted_count": done.upserted, "changed_count": done.changed, "duplicate": done.duplicate}
