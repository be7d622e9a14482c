"""Rows of features: Arrow to messages."""

from collections.abc import Mapping, Sequence
from typing import Any

from interplay.v1 import feature_pb2 as pb
from interplay.v1 import feature_service_pb2

from interplay_server.features.names import EXTRAS, FEATURES
from interplay_server.features.reading import ORDERABLE, Bound
from interplay_server.services.convert.times import from_micros

_DATES = ("first_view_date", "last_view_date")
_SOURCES: dict[str, Any] = {
    "NONE": pb.ORDERS_SOURCE_NONE,
    "EVENTS": pb.ORDERS_SOURCE_EVENTS,
    "ORDERS": pb.ORDERS_SOURCE_ORDERS,
}


def rows_to_pb(rows: Any) -> list[pb.InteractionFeatureRow]:
    """From a table of `names.COLUMNS` and the time of computation."""
    return [row_to_pb(row) for row in rows.to_pylist()]


def row_to_pb(row: Mapping[str, Any]) -> pb.InteractionFeatureRow:
    features = {name: row[name] for name in FEATURES if row[name] is not None}
    for name in _DATES:
        if name in features:
            features[name] = from_micros(features[name])
    return pb.InteractionFeatureRow(
        customer_id=row["customer_id"],
        product_id=row["product_id"],
        features=pb.InteractionFeatures(**features),
        extras=pb.InteractionFeatureExtras(**{name: row[name] for name in EXTRAS if row[name] is not None}),
        as_of=from_micros(row["as_of"]),
        computed_at=from_micros(row["computed_at"]),
        definition_version=row["definition_version"],
        orders_source=_SOURCES[row["orders_source"]],
    )


def pair_to_pb(key: Sequence[str]) -> feature_service_pb2.FeaturePair:
    return feature_service_pb2.FeaturePair(customer_id=key[0], product_id=key[1])


def bound_of(message: feature_service_pb2.FeatureBound) -> Bound:
    return Bound(
        message.feature,
        message.min if message.HasField("min") else None,
        message.max if message.HasField("max") else None,
    )


def orderable(name: str) -> bool:
    return name in ORDERABLE
