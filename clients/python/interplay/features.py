"""Features of customers and products, as a program reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from google.protobuf import timestamp_pb2

from interplay.v1 import feature_pb2
from interplay.v1 import feature_service_pb2 as service

FEATURE_NAMES = tuple(field.name for field in feature_pb2.InteractionFeatures.DESCRIPTOR.fields)
"""The 29 features, in order."""
EXTRA_NAMES = tuple(field.name for field in feature_pb2.InteractionFeatureExtras.DESCRIPTOR.fields)
"""What stands beside them."""


@dataclass(frozen=True)
class FeatureRow:
    """The features of a customer and a product at an instant."""

    customer_id: str
    product_id: str
    features: Mapping[str, Any]
    """All of FEATURE_NAMES; None where a feature is undefined, which is not 0. Instants are datetimes in UTC."""
    extras: Mapping[str, Any]
    """All of EXTRA_NAMES; None where undefined."""
    as_of: datetime
    """Instant that they describe."""
    computed_at: datetime
    definition_version: str
    """Digest of the definitions and of the configuration."""
    orders_source: str
    """Where the purchases come from: `orders`, `events` or `none`."""

    @classmethod
    def of(cls, row: feature_pb2.InteractionFeatureRow) -> Self:
        return cls(
            row.customer_id,
            row.product_id,
            _values(row.features, FEATURE_NAMES),
            _values(row.extras, EXTRA_NAMES),
            row.as_of.ToDatetime(UTC),
            row.computed_at.ToDatetime(UTC),
            row.definition_version,
            feature_pb2.OrdersSource.Name(row.orders_source).removeprefix("ORDERS_SOURCE_").lower(),
        )


@dataclass(frozen=True)
class Recommendation:
    """A product to recommend to a customer."""

    product_id: str
    score: float
    """The product of `factors` times the sum of `parts`, 0 to 1."""
    title: str
    """Empty where the product is not known."""
    parts: Mapping[str, float]
    """Weight times value of intent, engagement, loyalty and recency, as far as they are known."""
    factors: Mapping[str, float]
    """kept, rest and available."""
    row: FeatureRow

    @classmethod
    def of(cls, one: service.Recommendation) -> Self:
        return cls(one.product_id, one.score, one.title, dict(one.parts), dict(one.factors), FeatureRow.of(one.row))


@dataclass(frozen=True)
class FeatureChange:
    """Rows that were computed anew and pairs that are gone; neither in a heart-beat."""

    rows: tuple[FeatureRow, ...]
    removed: tuple[tuple[str, str], ...]
    """(customer_id, product_id)."""
    resume_token: str
    """Goes on after this change."""

    @classmethod
    def of(cls, answer: service.WatchInteractionFeaturesResponse) -> Self:
        return cls(
            tuple(map(FeatureRow.of, answer.rows)),
            tuple((pair.customer_id, pair.product_id) for pair in answer.removed),
            answer.resume_token,
        )


@dataclass(frozen=True)
class FeatureExport:
    """A file that was exported whole; its digest is that of the server."""

    name: str
    """What the server calls it."""
    export_id: str
    size: int
    """Bytes."""
    row_count: int
    sha256: str


def _values(message: Any, names: tuple[str, ...]) -> dict[str, Any]:
    fields = message.DESCRIPTOR.fields_by_name
    values = {}
    for name in names:
        absent = fields[name].has_presence and not message.HasField(name)
        value = None if absent else getattr(message, name)
        values[name] = value.ToDatetime(UTC) if isinstance(value, timestamp_pb2.Timestamp) else value
    return values
