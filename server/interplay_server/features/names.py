"""Names of the values of a row, in order."""

FEATURES = (
    "total_views",
    "unique_views",
    "view_duration_avg",
    "view_frequency",
    "engagement_score",
    "cart_adds",
    "cart_removes",
    "purchases",
    "cart_conversion_rate",
    "view_to_purchase_rate",
    "search_views",
    "category_views",
    "collection_views",
    "direct_views",
    "referral_views",
    "first_view_date",
    "last_view_date",
    "view_recency",
    "view_consistency",
    "seasonal_view_pattern",
    "mobile_views",
    "desktop_views",
    "tablet_views",
    "preferred_device",
    "channel_preference",
    "interaction_quality_score",
    "intent_score",
    "loyalty_indicator",
    "recommendation_score",
)
"""The 29 features; dates are microseconds since 1970."""

NULLABLE = frozenset(
    {
        "view_duration_avg",
        "view_frequency",
        "cart_conversion_rate",
        "view_to_purchase_rate",
        "first_view_date",
        "last_view_date",
        "view_recency",
        "view_consistency",
        "seasonal_view_pattern",
        "preferred_device",
        "channel_preference",
        "interaction_quality_score",
        "recommendation_score",
    }
)
"""The 13 features that may be absent; the other 16 always have a value."""

EXTRAS = (
    "order_value",
    "mixed_currencies",
    "order_completed",
    "purchased_quantity",
    "refunded_purchases",
    "refund_rate",
    "checkout_starts",
    "days_to_first_purchase",
    "price_affinity",
    "vendor_affinity",
    "category_affinity",
    "tag_affinity",
    "account_age_days",
    "relationship_stage",
    "peak_season",
    "unknown_device_views",
    "unknown_events",
)

KEYS = ("customer_id", "product_id")
BOOKKEEPING = ("orders_source", "as_of", "definition_version")
STATE = (
    "state_events",
    "state_dwell",
    "state_depth",
    "state_human",
    "state_kinds",
    "state_intent_sum",
    "state_active_months",
    "state_first_activity",
    "state_last_activity",
    "state_last_purchase",
    "state_repurchase_days",
    "state_season_share",
    "state_season",
    "state_available",
    "state_customer_since",
    "state_next_instant",
    "state_as_of",
)
"""What the projection finishes a stored row from."""

COLUMNS = (*KEYS, *FEATURES, *EXTRAS, *BOOKKEEPING, *STATE)

SCORE_PARTS = ("engagement_parts", "quality_parts", "intent_parts", "loyalty_parts", "recommendation_parts")
"""Structs of named numbers, only where they are asked for."""
