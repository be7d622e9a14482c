"""FeatureService, its reads: one pair, many, lists in an order, recommendations."""

from typing import Any

from interplay.v1 import feature_service_pb2 as pb

from interplay_server.domain.records import among
from interplay_server.domain.shop import PRODUCTS
from interplay_server.errors import FeaturesNotFound, InvalidRequest, Violation
from interplay_server.features import reading
from interplay_server.features.features import Features
from interplay_server.features.reading import Listing, Position
from interplay_server.features.tenant import now_micros
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.features import bound_of, orderable, row_to_pb, rows_to_pb
from interplay_server.services.convert.filters import instant_from_pb, page_size, query_key

DEFAULT_TOP_K = 10
_FACTORS = ("kept", "rest", "available")


class ReadMethods:
    """Methods that read features."""

    _features: Features

    async def get_interaction_features(self, call: Call) -> pb.GetInteractionFeaturesResponse:
        request: pb.GetInteractionFeaturesRequest = call.request  # type: ignore[assignment]
        tenant = await self._features.known(call.store)
        as_of = instant_from_pb(request, "as_of")
        found = rows_to_pb(await reading.pair(tenant, request.customer_id, request.product_id, as_of))
        if not found:
            raise FeaturesNotFound(f"{request.customer_id}/{request.product_id}")
        return pb.GetInteractionFeaturesResponse(row=found[0])

    async def batch_get_interaction_features(self, call: Call) -> pb.BatchGetInteractionFeaturesResponse:
        request: pb.BatchGetInteractionFeaturesRequest = call.request  # type: ignore[assignment]
        tenant = await self._features.known(call.store)
        account = call.store.links.account
        pairs = list(dict.fromkeys((account(one.customer_id), one.product_id) for one in request.pairs))
        found = rows_to_pb(await reading.batch(tenant, pairs, instant_from_pb(request, "as_of")))
        rows = {(row.customer_id, row.product_id): row for row in found}
        return pb.BatchGetInteractionFeaturesResponse(rows=[rows[one] for one in pairs if one in rows])

    async def list_interaction_features(self, call: Call) -> pb.ListInteractionFeaturesResponse:
        request: pb.ListInteractionFeaturesRequest = call.request  # type: ignore[assignment]
        violations = [
            Violation(f"bounds[{at}].feature", "must be the name of a feature that is a number")
            for at, bound in enumerate(request.bounds)
            if not orderable(bound.feature)
        ]
        if request.order_by and not orderable(request.order_by):
            violations.append(Violation("order_by", "must be the name of a feature that is a number or an instant"))
        if violations:
            raise InvalidRequest(violations, request)
        query, size, store = query_key(request), page_size(request.page_size), call.store
        after: Position | None = None
        as_of = instant_from_pb(request, "as_of")
        if request.page_token:
            as_of, after = store.tokens.read_page_token(request.page_token, query, tuple[int, Position])
        listing = Listing(
            now_micros() if as_of is None else as_of,
            store.links.account(request.customer_id),
            request.product_id,
            tuple(bound_of(one) for one in request.bounds),
            request.order_by,
            request.ascending,
        )
        tenant = await self._features.known(store)
        found = (await reading.listing(tenant, listing, limit=size + 1, after=after)).to_pylist()
        response = pb.ListInteractionFeaturesResponse(rows=[row_to_pb(row) for row in found[:size]])
        if len(found) > size:
            last: dict[str, Any] = found[size - 1]
            value = last[request.order_by] if request.order_by else None
            position = (value, last["customer_id"], last["product_id"])
            response.next_page_token = store.tokens.page_token(query, (listing.as_of, position))
        return response

    async def list_recommendations(self, call: Call) -> pb.ListRecommendationsResponse:
        request: pb.ListRecommendationsRequest = call.request  # type: ignore[assignment]
        tenant = await self._features.known(call.store)
        rows = await reading.of_customer(tenant, request.customer_id, instant_from_pb(request, "as_of"))
        scored = [row for row in rows.to_pylist() if row["recommendation_score"] is not None]
        if not request.include_zero:
            scored = [row for row in scored if row["recommendation_score"] > 0]
        scored.sort(key=lambda row: (-row["recommendation_score"], row["product_id"]))
        best = scored[: request.top_k or DEFAULT_TOP_K]
        ids = [row["product_id"] for row in best]
        products = await call.store.records.table(PRODUCTS, [among(PRODUCTS.key, ids)], columns=(PRODUCTS.key, "title"))
        titles = dict(zip(products[PRODUCTS.key].to_pylist(), products["title"].to_pylist(), strict=True))
        response = pb.ListRecommendationsResponse()
        for row in best:
            parts = {name: value for name, value in row["recommendation_parts"].items() if value is not None}
            response.recommendations.add(
                product_id=row["product_id"],
                score=row["recommendation_score"],
                title=titles.get(row["product_id"], ""),
                parts={name: value for name, value in parts.items() if name not in _FACTORS},
                factors={name: parts[name] for name in _FACTORS},
                row=row_to_pb(row),
            )
        return response
