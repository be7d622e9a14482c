"""Methods of a client that read and compute the features of customers and products."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import contextlib
import os
import uuid
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, BinaryIO

from interplay import _words as words
from interplay import feature_export, types
from interplay._transport import Transport
from interplay.feature_run import FeatureRun
from interplay.features import FeatureChange, FeatureExport, FeatureRow, Recommendation
from interplay.types import Time, Word
from interplay.v1 import feature_pb2
from interplay.v1 import feature_service_pb2 as service
from interplay.v1.feature_service_pb2_grpc import FeatureServiceStub

Bounds = Mapping[str, tuple[float | None, float | None]]
"""Least and greatest value of features by name, None for no bound."""
_HEARTBEAT_SECONDS = 15


class Features:
    """The part of AsyncInterplay that asks FeatureService for features."""

    _transport: Transport

    async def interaction_features(
        self, customer_id: str, product_id: str, *, as_of: Time = None, timeout: float | None = None
    ) -> FeatureRow:
        """The 29 features of a pair, computed on the spot; `as_of` at any instant instead of now.

        Raises NotFoundError where nothing was done up to then.
        """
        request = service.GetInteractionFeaturesRequest(
            customer_id=customer_id, product_id=product_id, as_of=types.timestamp(as_of, "as_of")
        )
        answer = await self._transport.unary(self._transport.features.GetInteractionFeatures, request, timeout)
        return FeatureRow.of(answer.row)

    async def batch_interaction_features(
        self, pairs: Iterable[tuple[str, str]], *, as_of: Time = None, timeout: float | None = None
    ) -> list[FeatureRow]:
        """Features of 1 to 500 pairs (customer_id, product_id), in this order; those that do not exist are left out."""
        request = service.BatchGetInteractionFeaturesRequest(
            pairs=[service.FeaturePair(customer_id=customer, product_id=product) for customer, product in pairs],
            as_of=types.timestamp(as_of, "as_of"),
        )
        answer = await self._transport.unary(self._transport.features.BatchGetInteractionFeatures, request, timeout)
        return [FeatureRow.of(row) for row in answer.rows]

    async def list_interaction_features(
        self,
        *,
        customer_id: str = "",
        product_id: str = "",
        bounds: Bounds | None = None,
        order_by: str = "",
        ascending: bool = False,
        as_of: Time = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncGenerator[FeatureRow, None]:
        """Iterates over rows that meet all filters, the greatest `order_by` first; without it by customer and product.

        `bounds` as {"intent_score": (0.5, None)}: rows whose feature is absent meet none, and in an order come last.
        """
        request = service.ListInteractionFeaturesRequest(
            customer_id=customer_id,
            product_id=product_id,
            bounds=[
                service.FeatureBound(feature=name, min=low, max=high) for name, (low, high) in (bounds or {}).items()
            ],
            order_by=order_by,
            ascending=ascending,
            as_of=types.timestamp(as_of, "as_of"),
            page_size=page_size,
        )
        pages = self._transport.pages(self._transport.features.ListInteractionFeatures, request, "rows", timeout)
        async with contextlib.aclosing(pages) as rows:
            async for row in rows:
                yield FeatureRow.of(row)

    async def recommendations(
        self,
        customer_id: str,
        *,
        top_k: int = 0,
        as_of: Time = None,
        include_zero: bool = False,
        timeout: float | None = None,
    ) -> list[Recommendation]:
        """Products to recommend to a customer, the best first, with what their scores are made of.

        `top_k` 1 to 100, 0 means 10; `include_zero` also those with a score of 0.
        """
        request = service.ListRecommendationsRequest(
            customer_id=customer_id, top_k=top_k, as_of=types.timestamp(as_of, "as_of"), include_zero=include_zero
        )
        answer = await self._transport.unary(self._transport.features.ListRecommendations, request, timeout)
        return [Recommendation.of(one) for one in answer.recommendations]

    def compute_features(
        self,
        *,
        full: bool = False,
        customer_ids: Iterable[str] = (),
        as_of: Time = None,
        request_id: str | None = None,
        resume_after: str = "",
        patience: float = 60.0,
    ) -> FeatureRun:
        """Computes the kept rows of all customers (`full`), of some, or of those that changed since the last run.

        Iterate over its progress or its `rows()`, then read `.totals`; or `wait()` for those. With a `request_id` of
        before it follows that run, and sends rows beyond `resume_after`. It gives up after `patience` seconds without
        a connection. Raises AbortedError where the run failed or was cancelled.
        """
        request = service.ComputeInteractionFeaturesRequest(
            full=full,
            customer_ids=words.texts(customer_ids, "customer_ids"),
            as_of=types.timestamp(as_of, "as_of"),
            request_id=request_id or uuid.uuid4().hex,
            resume_after=resume_after,
        )
        return FeatureRun(self._transport, request, patience)

    async def export_features(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        format: Word = None,  # noqa: A002 - the field's name
        *,
        customer_id: str = "",
        product_id: str = "",
        as_of: Time = None,
        patience: float = 60.0,
    ) -> FeatureExport:
        """Writes all rows as parquet, arrow (an IPC stream) or csv; a path's suffix tells where `format` is not said.

        The file appears when it is whole and its SHA-256 is right; an open binary file is written to as pieces come.
        Goes on when the connection breaks and gives up after `patience` seconds without one. Raises InternalError
        where the digest is wrong, OSError.
        """
        request = service.ExportInteractionFeaturesRequest(
            format=feature_export.format_of(target, format),
            customer_id=customer_id,
            product_id=product_id,
            as_of=types.timestamp(as_of, "as_of"),
        )
        return await feature_export.export(self._transport, request, target, patience)

    async def watch_features(
        self,
        *,
        customer_id: str = "",
        product_id: str = "",
        resume_token: str = "",
        heartbeat_seconds: int = 0,
        heartbeats: bool = False,
    ) -> AsyncGenerator[FeatureChange, None]:
        """Follows the kept rows as they are computed anew, from now or a `resume_token`, across lost connections.

        `heartbeats` yields those too: their tokens are worth keeping.
        """
        request = service.WatchInteractionFeaturesRequest(
            customer_id=customer_id,
            product_id=product_id,
            resume_token=resume_token,
            heartbeat_seconds=heartbeat_seconds,
        )
        silence = 3.0 * (heartbeat_seconds or _HEARTBEAT_SECONDS)
        feed = self._transport.follow(FeatureServiceStub, "WatchInteractionFeatures", request, silence)
        async with contextlib.aclosing(feed) as answers:
            async for answer in answers:
                request.resume_token = answer.resume_token
                if heartbeats or answer.rows or answer.removed:
                    yield FeatureChange.of(answer)

    async def feature_report(self, *, timeout: float | None = 600.0) -> service.GetFeatureReportResponse:
        """What the kept rows look like: counts, `.distributions` of the features and their drift, the last run."""
        request = service.GetFeatureReportRequest()
        return await self._transport.unary(self._transport.features.GetFeatureReport, request, timeout)

    async def feature_config(self, *, timeout: float | None = None) -> feature_pb2.FeatureConfig:
        """Weights and windows of the features, with every default filled in."""
        request = service.GetFeatureConfigRequest()
        answer = await self._transport.unary(self._transport.features.GetFeatureConfig, request, timeout)
        return answer.config

    async def update_feature_config(
        self,
        config: feature_pb2.FeatureConfig | Mapping[str, Any],
        *,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> feature_pb2.FeatureConfig:
        """Replaces the whole configuration by a message or a mapping of its fields; every feature is computed anew.

        What is not said takes its default. With the `etag` of what feature_config() gave this raises AbortedError
        where somebody else was faster. Never retried by itself.
        """
        request = service.UpdateFeatureConfigRequest(
            config=words.message(feature_pb2.FeatureConfig, config, "feature config"), validate_only=validate_only
        )
        answer = await self._transport.unary(self._transport.features.UpdateFeatureConfig, request, timeout)
        return answer.config
