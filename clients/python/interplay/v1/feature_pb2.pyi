import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrdersSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDERS_SOURCE_UNSPECIFIED: _ClassVar[OrdersSource]
    ORDERS_SOURCE_NONE: _ClassVar[OrdersSource]
    ORDERS_SOURCE_EVENTS: _ClassVar[OrdersSource]
    ORDERS_SOURCE_ORDERS: _ClassVar[OrdersSource]
ORDERS_SOURCE_UNSPECIFIED: OrdersSource
ORDERS_SOURCE_NONE: OrdersSource
ORDERS_SOURCE_EVENTS: OrdersSource
ORDERS_SOURCE_ORDERS: OrdersSource

class FeatureEvent(_message.Message):
    __slots__ = ("event_id", "shop_id", "customer_id", "product_id", "event_type", "page_type", "device_type", "referrer_type", "view_duration", "created_at", "user_id", "client_id", "session_id", "order_id", "user_agent", "result_product_ids", "seq")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SHOP_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_TYPE_FIELD_NUMBER: _ClassVar[int]
    REFERRER_TYPE_FIELD_NUMBER: _ClassVar[int]
    VIEW_DURATION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_AGENT_FIELD_NUMBER: _ClassVar[int]
    RESULT_PRODUCT_IDS_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    shop_id: str
    customer_id: str
    product_id: str
    event_type: str
    page_type: str
    device_type: str
    referrer_type: str
    view_duration: float
    created_at: _timestamp_pb2.Timestamp
    user_id: str
    client_id: str
    session_id: str
    order_id: str
    user_agent: str
    result_product_ids: _containers.RepeatedScalarFieldContainer[str]
    seq: int
    def __init__(self, event_id: _Optional[str] = ..., shop_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., event_type: _Optional[str] = ..., page_type: _Optional[str] = ..., device_type: _Optional[str] = ..., referrer_type: _Optional[str] = ..., view_duration: _Optional[float] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., user_id: _Optional[str] = ..., client_id: _Optional[str] = ..., session_id: _Optional[str] = ..., order_id: _Optional[str] = ..., user_agent: _Optional[str] = ..., result_product_ids: _Optional[_Iterable[str]] = ..., seq: _Optional[int] = ...) -> None: ...

class Product(_message.Message):
    __slots__ = ("product_id", "title", "price", "currency", "vendor", "product_type", "tags", "available", "created_at")
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_TYPE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    product_id: str
    title: str
    price: float
    currency: str
    vendor: str
    product_type: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    available: bool
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, product_id: _Optional[str] = ..., title: _Optional[str] = ..., price: _Optional[float] = ..., currency: _Optional[str] = ..., vendor: _Optional[str] = ..., product_type: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., available: _Optional[bool] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Customer(_message.Message):
    __slots__ = ("customer_id", "email", "first_name", "last_name", "tags", "created_at")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    FIRST_NAME_FIELD_NUMBER: _ClassVar[int]
    LAST_NAME_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    email: str
    first_name: str
    last_name: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, customer_id: _Optional[str] = ..., email: _Optional[str] = ..., first_name: _Optional[str] = ..., last_name: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OrderLine(_message.Message):
    __slots__ = ("line_id", "product_id", "quantity", "price")
    LINE_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    line_id: str
    product_id: str
    quantity: int
    price: float
    def __init__(self, line_id: _Optional[str] = ..., product_id: _Optional[str] = ..., quantity: _Optional[int] = ..., price: _Optional[float] = ...) -> None: ...

class Refund(_message.Message):
    __slots__ = ("refund_id", "line_id", "quantity", "created_at")
    REFUND_ID_FIELD_NUMBER: _ClassVar[int]
    LINE_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    refund_id: str
    line_id: str
    quantity: int
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, refund_id: _Optional[str] = ..., line_id: _Optional[str] = ..., quantity: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("order_id", "customer_id", "created_at", "currency", "total_price", "financial_status", "test", "cancelled_at", "lines", "refunds")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    TOTAL_PRICE_FIELD_NUMBER: _ClassVar[int]
    FINANCIAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    TEST_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_AT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    REFUNDS_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    customer_id: str
    created_at: _timestamp_pb2.Timestamp
    currency: str
    total_price: float
    financial_status: str
    test: bool
    cancelled_at: _timestamp_pb2.Timestamp
    lines: _containers.RepeatedCompositeFieldContainer[OrderLine]
    refunds: _containers.RepeatedCompositeFieldContainer[Refund]
    def __init__(self, order_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., currency: _Optional[str] = ..., total_price: _Optional[float] = ..., financial_status: _Optional[str] = ..., test: _Optional[bool] = ..., cancelled_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[OrderLine, _Mapping]]] = ..., refunds: _Optional[_Iterable[_Union[Refund, _Mapping]]] = ...) -> None: ...

class IdentityLink(_message.Message):
    __slots__ = ("client_id", "customer_id", "linked_at")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    LINKED_AT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    customer_id: str
    linked_at: _timestamp_pb2.Timestamp
    def __init__(self, client_id: _Optional[str] = ..., customer_id: _Optional[str] = ..., linked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class InteractionFeatures(_message.Message):
    __slots__ = ("total_views", "unique_views", "view_duration_avg", "view_frequency", "engagement_score", "cart_adds", "cart_removes", "purchases", "cart_conversion_rate", "view_to_purchase_rate", "search_views", "category_views", "collection_views", "direct_views", "referral_views", "first_view_date", "last_view_date", "view_recency", "view_consistency", "seasonal_view_pattern", "mobile_views", "desktop_views", "tablet_views", "preferred_device", "channel_preference", "interaction_quality_score", "intent_score", "loyalty_indicator", "recommendation_score")
    TOTAL_VIEWS_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_VIEWS_FIELD_NUMBER: _ClassVar[int]
    VIEW_DURATION_AVG_FIELD_NUMBER: _ClassVar[int]
    VIEW_FREQUENCY_FIELD_NUMBER: _ClassVar[int]
    ENGAGEMENT_SCORE_FIELD_NUMBER: _ClassVar[int]
    CART_ADDS_FIELD_NUMBER: _ClassVar[int]
    CART_REMOVES_FIELD_NUMBER: _ClassVar[int]
    PURCHASES_FIELD_NUMBER: _ClassVar[int]
    CART_CONVERSION_RATE_FIELD_NUMBER: _ClassVar[int]
    VIEW_TO_PURCHASE_RATE_FIELD_NUMBER: _ClassVar[int]
    SEARCH_VIEWS_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_VIEWS_FIELD_NUMBER: _ClassVar[int]
    COLLECTION_VIEWS_FIELD_NUMBER: _ClassVar[int]
    DIRECT_VIEWS_FIELD_NUMBER: _ClassVar[int]
    REFERRAL_VIEWS_FIELD_NUMBER: _ClassVar[int]
    FIRST_VIEW_DATE_FIELD_NUMBER: _ClassVar[int]
    LAST_VIEW_DATE_FIELD_NUMBER: _ClassVar[int]
    VIEW_RECENCY_FIELD_NUMBER: _ClassVar[int]
    VIEW_CONSISTENCY_FIELD_NUMBER: _ClassVar[int]
    SEASONAL_VIEW_PATTERN_FIELD_NUMBER: _ClassVar[int]
    MOBILE_VIEWS_FIELD_NUMBER: _ClassVar[int]
    DESKTOP_VIEWS_FIELD_NUMBER: _ClassVar[int]
    TABLET_VIEWS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_DEVICE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_PREFERENCE_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_QUALITY_SCORE_FIELD_NUMBER: _ClassVar[int]
    INTENT_SCORE_FIELD_NUMBER: _ClassVar[int]
    LOYALTY_INDICATOR_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATION_SCORE_FIELD_NUMBER: _ClassVar[int]
    total_views: int
    unique_views: int
    view_duration_avg: float
    view_frequency: float
    engagement_score: float
    cart_adds: int
    cart_removes: int
    purchases: int
    cart_conversion_rate: float
    view_to_purchase_rate: float
    search_views: int
    category_views: int
    collection_views: int
    direct_views: int
    referral_views: int
    first_view_date: _timestamp_pb2.Timestamp
    last_view_date: _timestamp_pb2.Timestamp
    view_recency: int
    view_consistency: float
    seasonal_view_pattern: float
    mobile_views: int
    desktop_views: int
    tablet_views: int
    preferred_device: str
    channel_preference: str
    interaction_quality_score: float
    intent_score: float
    loyalty_indicator: float
    recommendation_score: float
    def __init__(self, total_views: _Optional[int] = ..., unique_views: _Optional[int] = ..., view_duration_avg: _Optional[float] = ..., view_frequency: _Optional[float] = ..., engagement_score: _Optional[float] = ..., cart_adds: _Optional[int] = ..., cart_removes: _Optional[int] = ..., purchases: _Optional[int] = ..., cart_conversion_rate: _Optional[float] = ..., view_to_purchase_rate: _Optional[float] = ..., search_views: _Optional[int] = ..., category_views: _Optional[int] = ..., collection_views: _Optional[int] = ..., direct_views: _Optional[int] = ..., referral_views: _Optional[int] = ..., first_view_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_view_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., view_recency: _Optional[int] = ..., view_consistency: _Optional[float] = ..., seasonal_view_pattern: _Optional[float] = ..., mobile_views: _Optional[int] = ..., desktop_views: _Optional[int] = ..., tablet_views: _Optional[int] = ..., preferred_device: _Optional[str] = ..., channel_preference: _Optional[str] = ..., interaction_quality_score: _Optional[float] = ..., intent_score: _Optional[float] = ..., loyalty_indicator: _Optional[float] = ..., recommendation_score: _Optional[float] = ...) -> None: ...

class InteractionFeatureExtras(_message.Message):
    __slots__ = ("order_value", "mixed_currencies", "order_completed", "purchased_quantity", "refunded_purchases", "refund_rate", "checkout_starts", "days_to_first_purchase", "price_affinity", "vendor_affinity", "category_affinity", "tag_affinity", "account_age_days", "relationship_stage", "peak_season", "unknown_device_views", "unknown_events")
    ORDER_VALUE_FIELD_NUMBER: _ClassVar[int]
    MIXED_CURRENCIES_FIELD_NUMBER: _ClassVar[int]
    ORDER_COMPLETED_FIELD_NUMBER: _ClassVar[int]
    PURCHASED_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    REFUNDED_PURCHASES_FIELD_NUMBER: _ClassVar[int]
    REFUND_RATE_FIELD_NUMBER: _ClassVar[int]
    CHECKOUT_STARTS_FIELD_NUMBER: _ClassVar[int]
    DAYS_TO_FIRST_PURCHASE_FIELD_NUMBER: _ClassVar[int]
    PRICE_AFFINITY_FIELD_NUMBER: _ClassVar[int]
    VENDOR_AFFINITY_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_AFFINITY_FIELD_NUMBER: _ClassVar[int]
    TAG_AFFINITY_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_AGE_DAYS_FIELD_NUMBER: _ClassVar[int]
    RELATIONSHIP_STAGE_FIELD_NUMBER: _ClassVar[int]
    PEAK_SEASON_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_DEVICE_VIEWS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_EVENTS_FIELD_NUMBER: _ClassVar[int]
    order_value: float
    mixed_currencies: bool
    order_completed: bool
    purchased_quantity: int
    refunded_purchases: int
    refund_rate: float
    checkout_starts: int
    days_to_first_purchase: float
    price_affinity: float
    vendor_affinity: float
    category_affinity: float
    tag_affinity: float
    account_age_days: float
    relationship_stage: str
    peak_season: str
    unknown_device_views: int
    unknown_events: int
    def __init__(self, order_value: _Optional[float] = ..., mixed_currencies: _Optional[bool] = ..., order_completed: _Optional[bool] = ..., purchased_quantity: _Optional[int] = ..., refunded_purchases: _Optional[int] = ..., refund_rate: _Optional[float] = ..., checkout_starts: _Optional[int] = ..., days_to_first_purchase: _Optional[float] = ..., price_affinity: _Optional[float] = ..., vendor_affinity: _Optional[float] = ..., category_affinity: _Optional[float] = ..., tag_affinity: _Optional[float] = ..., account_age_days: _Optional[float] = ..., relationship_stage: _Optional[str] = ..., peak_season: _Optional[str] = ..., unknown_device_views: _Optional[int] = ..., unknown_events: _Optional[int] = ...) -> None: ...

class InteractionFeatureRow(_message.Message):
    __slots__ = ("customer_id", "product_id", "features", "extras", "as_of", "computed_at", "definition_version", "orders_source")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    EXTRAS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_AT_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_VERSION_FIELD_NUMBER: _ClassVar[int]
    ORDERS_SOURCE_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    product_id: str
    features: InteractionFeatures
    extras: InteractionFeatureExtras
    as_of: _timestamp_pb2.Timestamp
    computed_at: _timestamp_pb2.Timestamp
    definition_version: str
    orders_source: OrdersSource
    def __init__(self, customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., features: _Optional[_Union[InteractionFeatures, _Mapping]] = ..., extras: _Optional[_Union[InteractionFeatureExtras, _Mapping]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., computed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., definition_version: _Optional[str] = ..., orders_source: _Optional[_Union[OrdersSource, str]] = ...) -> None: ...

class FeatureWindows(_message.Message):
    __slots__ = ("session_gap", "max_view", "page_view", "search")
    SESSION_GAP_FIELD_NUMBER: _ClassVar[int]
    MAX_VIEW_FIELD_NUMBER: _ClassVar[int]
    PAGE_VIEW_FIELD_NUMBER: _ClassVar[int]
    SEARCH_FIELD_NUMBER: _ClassVar[int]
    session_gap: float
    max_view: float
    page_view: float
    search: float
    def __init__(self, session_gap: _Optional[float] = ..., max_view: _Optional[float] = ..., page_view: _Optional[float] = ..., search: _Optional[float] = ...) -> None: ...

class FeatureTemporal(_message.Message):
    __slots__ = ("consistency_min_sessions", "seasonal_min_views", "seasonal_min_days")
    CONSISTENCY_MIN_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    SEASONAL_MIN_VIEWS_FIELD_NUMBER: _ClassVar[int]
    SEASONAL_MIN_DAYS_FIELD_NUMBER: _ClassVar[int]
    consistency_min_sessions: int
    seasonal_min_views: int
    seasonal_min_days: float
    def __init__(self, consistency_min_sessions: _Optional[int] = ..., seasonal_min_views: _Optional[int] = ..., seasonal_min_days: _Optional[float] = ...) -> None: ...

class FeatureEngagement(_message.Message):
    __slots__ = ("views", "sessions", "duration", "stage", "views_half", "sessions_half", "duration_half", "stage_view", "stage_cart", "stage_checkout")
    VIEWS_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    VIEWS_HALF_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_HALF_FIELD_NUMBER: _ClassVar[int]
    DURATION_HALF_FIELD_NUMBER: _ClassVar[int]
    STAGE_VIEW_FIELD_NUMBER: _ClassVar[int]
    STAGE_CART_FIELD_NUMBER: _ClassVar[int]
    STAGE_CHECKOUT_FIELD_NUMBER: _ClassVar[int]
    views: float
    sessions: float
    duration: float
    stage: float
    views_half: float
    sessions_half: float
    duration_half: float
    stage_view: float
    stage_cart: float
    stage_checkout: float
    def __init__(self, views: _Optional[float] = ..., sessions: _Optional[float] = ..., duration: _Optional[float] = ..., stage: _Optional[float] = ..., views_half: _Optional[float] = ..., sessions_half: _Optional[float] = ..., duration_half: _Optional[float] = ..., stage_view: _Optional[float] = ..., stage_cart: _Optional[float] = ..., stage_checkout: _Optional[float] = ...) -> None: ...

class FeatureQuality(_message.Message):
    __slots__ = ("dwell", "depth", "human", "keep", "variety", "dwell_seconds", "human_gap", "kinds")
    DWELL_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    HUMAN_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    VARIETY_FIELD_NUMBER: _ClassVar[int]
    DWELL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HUMAN_GAP_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    dwell: float
    depth: float
    human: float
    keep: float
    variety: float
    dwell_seconds: float
    human_gap: float
    kinds: int
    def __init__(self, dwell: _Optional[float] = ..., depth: _Optional[float] = ..., human: _Optional[float] = ..., keep: _Optional[float] = ..., variety: _Optional[float] = ..., dwell_seconds: _Optional[float] = ..., human_gap: _Optional[float] = ..., kinds: _Optional[int] = ...) -> None: ...

class FeatureIntent(_message.Message):
    __slots__ = ("view", "search_bonus", "rec_click", "cart_view", "cart_add", "checkout", "cart_remove", "rec_decline", "after_purchase", "half_life_days")
    VIEW_FIELD_NUMBER: _ClassVar[int]
    SEARCH_BONUS_FIELD_NUMBER: _ClassVar[int]
    REC_CLICK_FIELD_NUMBER: _ClassVar[int]
    CART_VIEW_FIELD_NUMBER: _ClassVar[int]
    CART_ADD_FIELD_NUMBER: _ClassVar[int]
    CHECKOUT_FIELD_NUMBER: _ClassVar[int]
    CART_REMOVE_FIELD_NUMBER: _ClassVar[int]
    REC_DECLINE_FIELD_NUMBER: _ClassVar[int]
    AFTER_PURCHASE_FIELD_NUMBER: _ClassVar[int]
    HALF_LIFE_DAYS_FIELD_NUMBER: _ClassVar[int]
    view: float
    search_bonus: float
    rec_click: float
    cart_view: float
    cart_add: float
    checkout: float
    cart_remove: float
    rec_decline: float
    after_purchase: float
    half_life_days: float
    def __init__(self, view: _Optional[float] = ..., search_bonus: _Optional[float] = ..., rec_click: _Optional[float] = ..., cart_view: _Optional[float] = ..., cart_add: _Optional[float] = ..., checkout: _Optional[float] = ..., cart_remove: _Optional[float] = ..., rec_decline: _Optional[float] = ..., after_purchase: _Optional[float] = ..., half_life_days: _Optional[float] = ...) -> None: ...

class FeatureLoyalty(_message.Message):
    __slots__ = ("purchases", "months", "recency", "active_months", "half_life_days", "unbought_share")
    PURCHASES_FIELD_NUMBER: _ClassVar[int]
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    RECENCY_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_MONTHS_FIELD_NUMBER: _ClassVar[int]
    HALF_LIFE_DAYS_FIELD_NUMBER: _ClassVar[int]
    UNBOUGHT_SHARE_FIELD_NUMBER: _ClassVar[int]
    purchases: float
    months: float
    recency: float
    active_months: float
    half_life_days: float
    unbought_share: float
    def __init__(self, purchases: _Optional[float] = ..., months: _Optional[float] = ..., recency: _Optional[float] = ..., active_months: _Optional[float] = ..., half_life_days: _Optional[float] = ..., unbought_share: _Optional[float] = ...) -> None: ...

class FeatureRecommendation(_message.Message):
    __slots__ = ("intent", "engagement", "loyalty", "recency", "half_life_days", "repurchase_days", "rest")
    INTENT_FIELD_NUMBER: _ClassVar[int]
    ENGAGEMENT_FIELD_NUMBER: _ClassVar[int]
    LOYALTY_FIELD_NUMBER: _ClassVar[int]
    RECENCY_FIELD_NUMBER: _ClassVar[int]
    HALF_LIFE_DAYS_FIELD_NUMBER: _ClassVar[int]
    REPURCHASE_DAYS_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    intent: float
    engagement: float
    loyalty: float
    recency: float
    half_life_days: float
    repurchase_days: float
    rest: float
    def __init__(self, intent: _Optional[float] = ..., engagement: _Optional[float] = ..., loyalty: _Optional[float] = ..., recency: _Optional[float] = ..., half_life_days: _Optional[float] = ..., repurchase_days: _Optional[float] = ..., rest: _Optional[float] = ...) -> None: ...

class FeatureStage(_message.Message):
    __slots__ = ("loyal_purchases", "loyal_days", "returning_purchases", "returning_days", "engaged_events", "engaged_days")
    LOYAL_PURCHASES_FIELD_NUMBER: _ClassVar[int]
    LOYAL_DAYS_FIELD_NUMBER: _ClassVar[int]
    RETURNING_PURCHASES_FIELD_NUMBER: _ClassVar[int]
    RETURNING_DAYS_FIELD_NUMBER: _ClassVar[int]
    ENGAGED_EVENTS_FIELD_NUMBER: _ClassVar[int]
    ENGAGED_DAYS_FIELD_NUMBER: _ClassVar[int]
    loyal_purchases: int
    loyal_days: float
    returning_purchases: int
    returning_days: float
    engaged_events: int
    engaged_days: float
    def __init__(self, loyal_purchases: _Optional[int] = ..., loyal_days: _Optional[float] = ..., returning_purchases: _Optional[int] = ..., returning_days: _Optional[float] = ..., engaged_events: _Optional[int] = ..., engaged_days: _Optional[float] = ...) -> None: ...

class FeatureConfig(_message.Message):
    __slots__ = ("windows", "temporal", "engagement", "quality", "intent", "loyalty", "recommendation", "stage", "shop_id", "revision", "etag", "update_time", "definition_version")
    WINDOWS_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_FIELD_NUMBER: _ClassVar[int]
    ENGAGEMENT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    INTENT_FIELD_NUMBER: _ClassVar[int]
    LOYALTY_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATION_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SHOP_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_VERSION_FIELD_NUMBER: _ClassVar[int]
    windows: FeatureWindows
    temporal: FeatureTemporal
    engagement: FeatureEngagement
    quality: FeatureQuality
    intent: FeatureIntent
    loyalty: FeatureLoyalty
    recommendation: FeatureRecommendation
    stage: FeatureStage
    shop_id: str
    revision: int
    etag: str
    update_time: _timestamp_pb2.Timestamp
    definition_version: str
    def __init__(self, windows: _Optional[_Union[FeatureWindows, _Mapping]] = ..., temporal: _Optional[_Union[FeatureTemporal, _Mapping]] = ..., engagement: _Optional[_Union[FeatureEngagement, _Mapping]] = ..., quality: _Optional[_Union[FeatureQuality, _Mapping]] = ..., intent: _Optional[_Union[FeatureIntent, _Mapping]] = ..., loyalty: _Optional[_Union[FeatureLoyalty, _Mapping]] = ..., recommendation: _Optional[_Union[FeatureRecommendation, _Mapping]] = ..., stage: _Optional[_Union[FeatureStage, _Mapping]] = ..., shop_id: _Optional[str] = ..., revision: _Optional[int] = ..., etag: _Optional[str] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., definition_version: _Optional[str] = ...) -> None: ...
