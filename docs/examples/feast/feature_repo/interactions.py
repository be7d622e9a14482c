"""What Feast is told of the exported features: a view of customer and product over Parquet files, and rows pushed."""

from datetime import timedelta

from feast import Entity, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Float64, Int64, String, UnixTimestamp

customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
product = Entity(name="product", join_keys=["product_id"], value_type=ValueType.STRING)

exported = FileSource(
    name="exported_interactions",
    path="data/interactions",  # a folder: a file for each instant that was exported
    timestamp_field="as_of",
    created_timestamp_column="computed_at",
)
pushed = PushSource(name="pushed_interactions", batch_source=exported)

interactions = FeatureView(
    name="interactions",
    entities=[customer, product],
    ttl=timedelta(days=7),  # older than the time between two exports, a row says nothing
    source=pushed,
    schema=[
        Field(name="total_views", dtype=Int64),
        Field(name="unique_views", dtype=Int64),
        Field(name="view_duration_avg", dtype=Float64),
        Field(name="view_frequency", dtype=Float64),
        Field(name="engagement_score", dtype=Float64),
        Field(name="cart_adds", dtype=Int64),
        Field(name="cart_removes", dtype=Int64),
        Field(name="purchases", dtype=Int64),
        Field(name="cart_conversion_rate", dtype=Float64),
        Field(name="view_to_purchase_rate", dtype=Float64),
        Field(name="search_views", dtype=Int64),
        Field(name="category_views", dtype=Int64),
        Field(name="collection_views", dtype=Int64),
        Field(name="direct_views", dtype=Int64),
        Field(name="referral_views", dtype=Int64),
        Field(name="first_view_date", dtype=UnixTimestamp),
        Field(name="last_view_date", dtype=UnixTimestamp),
        Field(name="view_recency", dtype=Int64),
        Field(name="view_consistency", dtype=Float64),
        Field(name="seasonal_view_pattern", dtype=Float64),
        Field(name="mobile_views", dtype=Int64),
        Field(name="desktop_views", dtype=Int64),
        Field(name="tablet_views", dtype=Int64),
        Field(name="preferred_device", dtype=String),
        Field(name="channel_preference", dtype=String),
        Field(name="interaction_quality_score", dtype=Float64),
        Field(name="intent_score", dtype=Float64),
        Field(name="loyalty_indicator", dtype=Float64),
        Field(name="recommendation_score", dtype=Float64),
    ],
)
