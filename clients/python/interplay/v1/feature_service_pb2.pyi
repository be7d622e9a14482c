import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import feature_pb2 as _feature_pb2
from interplay.v1 import operation_pb2 as _operation_pb2
from interplay.v1 import publish_stream_pb2 as _publish_stream_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FeatureExportFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FEATURE_EXPORT_FORMAT_UNSPECIFIED: _ClassVar[FeatureExportFormat]
    FEATURE_EXPORT_FORMAT_PARQUET: _ClassVar[FeatureExportFormat]
    FEATURE_EXPORT_FORMAT_ARROW: _ClassVar[FeatureExportFormat]
    FEATURE_EXPORT_FORMAT_CSV: _ClassVar[FeatureExportFormat]

class ShopImportKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHOP_IMPORT_KIND_UNSPECIFIED: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_PRODUCTS: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_CUSTOMERS: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_ORDERS: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_EVENTS: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_REDACTIONS: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_USER_INTERACTIONS: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_PRODUCT_DATA: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_CUSTOMER_DATA: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_ORDER_DATA: _ClassVar[ShopImportKind]
    SHOP_IMPORT_KIND_LINE_ITEM_DATA: _ClassVar[ShopImportKind]
FEATURE_EXPORT_FORMAT_UNSPECIFIED: FeatureExportFormat
FEATURE_EXPORT_FORMAT_PARQUET: FeatureExportFormat
FEATURE_EXPORT_FORMAT_ARROW: FeatureExportFormat
FEATURE_EXPORT_FORMAT_CSV: FeatureExportFormat
SHOP_IMPORT_KIND_UNSPECIFIED: ShopImportKind
SHOP_IMPORT_KIND_PRODUCTS: ShopImportKind
SHOP_IMPORT_KIND_CUSTOMERS: ShopImportKind
SHOP_IMPORT_KIND_ORDERS: ShopImportKind
SHOP_IMPORT_KIND_EVENTS: ShopImportKind
SHOP_IMPORT_KIND_REDACTIONS: ShopImportKind
SHOP_IMPORT_KIND_USER_INTERACTIONS: ShopImportKind
SHOP_IMPORT_KIND_PRODUCT_DATA: ShopImportKind
SHOP_IMPORT_KIND_CUSTOMER_DATA: ShopImportKind
SHOP_IMPORT_KIND_ORDER_DATA: ShopImportKind
SHOP_IMPORT_KIND_LINE_ITEM_DATA: ShopImportKind

class RecordEventsRequest(_message.Message):
    __slots__ = ("events", "request_id")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_feature_pb2.FeatureEvent]
    request_id: str
    def __init__(self, events: _Optional[_Iterable[_Union[_feature_pb2.FeatureEvent, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class RecordEventsResponse(_message.Message):
    __slots__ = ("event_ids", "request_id", "duplicate")
    EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    event_ids: _containers.RepeatedScalarFieldContainer[str]
    request_id: str
    duplicate: bool
    def __init__(self, event_ids: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class StreamEventsAppend(_message.Message):
    __slots__ = ("offset", "events", "partial_success")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_SUCCESS_FIELD_NUMBER: _ClassVar[int]
    offset: int
    events: _containers.RepeatedCompositeFieldContainer[_feature_pb2.FeatureEvent]
    partial_success: bool
    def __init__(self, offset: _Optional[int] = ..., events: _Optional[_Iterable[_Union[_feature_pb2.FeatureEvent, _Mapping]]] = ..., partial_success: _Optional[bool] = ...) -> None: ...

class StreamEventsRequest(_message.Message):
    __slots__ = ("open", "append", "flush", "heartbeat", "finish")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    FLUSH_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    FINISH_FIELD_NUMBER: _ClassVar[int]
    open: _publish_stream_pb2.StreamOpen
    append: StreamEventsAppend
    flush: _publish_stream_pb2.StreamFlush
    heartbeat: _publish_stream_pb2.StreamHeartbeat
    finish: _publish_stream_pb2.StreamFinish
    def __init__(self, open: _Optional[_Union[_publish_stream_pb2.StreamOpen, _Mapping]] = ..., append: _Optional[_Union[StreamEventsAppend, _Mapping]] = ..., flush: _Optional[_Union[_publish_stream_pb2.StreamFlush, _Mapping]] = ..., heartbeat: _Optional[_Union[_publish_stream_pb2.StreamHeartbeat, _Mapping]] = ..., finish: _Optional[_Union[_publish_stream_pb2.StreamFinish, _Mapping]] = ...) -> None: ...

class StreamEventsResponse(_message.Message):
    __slots__ = ("opened", "ack", "append_error", "heartbeat", "go_away", "finished")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    APPEND_ERROR_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    GO_AWAY_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    opened: _publish_stream_pb2.StreamOpened
    ack: _publish_stream_pb2.StreamAck
    append_error: _publish_stream_pb2.StreamAppendError
    heartbeat: _publish_stream_pb2.StreamHeartbeat
    go_away: _publish_stream_pb2.StreamGoAway
    finished: _publish_stream_pb2.StreamFinished
    def __init__(self, opened: _Optional[_Union[_publish_stream_pb2.StreamOpened, _Mapping]] = ..., ack: _Optional[_Union[_publish_stream_pb2.StreamAck, _Mapping]] = ..., append_error: _Optional[_Union[_publish_stream_pb2.StreamAppendError, _Mapping]] = ..., heartbeat: _Optional[_Union[_publish_stream_pb2.StreamHeartbeat, _Mapping]] = ..., go_away: _Optional[_Union[_publish_stream_pb2.StreamGoAway, _Mapping]] = ..., finished: _Optional[_Union[_publish_stream_pb2.StreamFinished, _Mapping]] = ...) -> None: ...

class ListEventsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "customer_id", "product_id", "client_id", "event_type", "session_id", "start_time", "end_time")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    customer_id: str
    product_id: str
    client_id: str
    event_type: str
    session_id: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., client_id: _Optional[str] = ..., event_type: _Optional[str] = ..., session_id: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_feature_pb2.FeatureEvent]
    next_page_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[_feature_pb2.FeatureEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteEventsRequest(_message.Message):
    __slots__ = ("event_ids", "customer_id", "product_id", "client_id", "start_time", "end_time", "validate_only")
    EVENT_IDS_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    event_ids: _containers.RepeatedScalarFieldContainer[str]
    customer_id: str
    product_id: str
    client_id: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    validate_only: bool
    def __init__(self, event_ids: _Optional[_Iterable[str]] = ..., customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., client_id: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class DeleteEventsResponse(_message.Message):
    __slots__ = ("deleted_count",)
    DELETED_COUNT_FIELD_NUMBER: _ClassVar[int]
    deleted_count: int
    def __init__(self, deleted_count: _Optional[int] = ...) -> None: ...

class UpsertProductsRequest(_message.Message):
    __slots__ = ("products", "request_id")
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    products: _containers.RepeatedCompositeFieldContainer[_feature_pb2.Product]
    request_id: str
    def __init__(self, products: _Optional[_Iterable[_Union[_feature_pb2.Product, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpsertProductsResponse(_message.Message):
    __slots__ = ("upserted_count", "changed_count", "duplicate")
    UPSERTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    upserted_count: int
    changed_count: int
    duplicate: bool
    def __init__(self, upserted_count: _Optional[int] = ..., changed_count: _Optional[int] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class UpsertCustomersRequest(_message.Message):
    __slots__ = ("customers", "request_id")
    CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    customers: _containers.RepeatedCompositeFieldContainer[_feature_pb2.Customer]
    request_id: str
    def __init__(self, customers: _Optional[_Iterable[_Union[_feature_pb2.Customer, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpsertCustomersResponse(_message.Message):
    __slots__ = ("upserted_count", "changed_count", "duplicate")
    UPSERTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    upserted_count: int
    changed_count: int
    duplicate: bool
    def __init__(self, upserted_count: _Optional[int] = ..., changed_count: _Optional[int] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class UpsertOrdersRequest(_message.Message):
    __slots__ = ("orders", "request_id")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_feature_pb2.Order]
    request_id: str
    def __init__(self, orders: _Optional[_Iterable[_Union[_feature_pb2.Order, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpsertOrdersResponse(_message.Message):
    __slots__ = ("upserted_count", "changed_count", "duplicate")
    UPSERTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    upserted_count: int
    changed_count: int
    duplicate: bool
    def __init__(self, upserted_count: _Optional[int] = ..., changed_count: _Optional[int] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class DeleteOrdersRequest(_message.Message):
    __slots__ = ("order_ids",)
    ORDER_IDS_FIELD_NUMBER: _ClassVar[int]
    order_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, order_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteOrdersResponse(_message.Message):
    __slots__ = ("deleted_count",)
    DELETED_COUNT_FIELD_NUMBER: _ClassVar[int]
    deleted_count: int
    def __init__(self, deleted_count: _Optional[int] = ...) -> None: ...

class UpsertIdentityLinksRequest(_message.Message):
    __slots__ = ("links", "request_id")
    LINKS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    links: _containers.RepeatedCompositeFieldContainer[_feature_pb2.IdentityLink]
    request_id: str
    def __init__(self, links: _Optional[_Iterable[_Union[_feature_pb2.IdentityLink, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpsertIdentityLinksResponse(_message.Message):
    __slots__ = ("upserted_count", "changed_count", "duplicate")
    UPSERTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    upserted_count: int
    changed_count: int
    duplicate: bool
    def __init__(self, upserted_count: _Optional[int] = ..., changed_count: _Optional[int] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class GetInteractionFeaturesRequest(_message.Message):
    __slots__ = ("customer_id", "product_id", "as_of")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    product_id: str
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetInteractionFeaturesResponse(_message.Message):
    __slots__ = ("row",)
    ROW_FIELD_NUMBER: _ClassVar[int]
    row: _feature_pb2.InteractionFeatureRow
    def __init__(self, row: _Optional[_Union[_feature_pb2.InteractionFeatureRow, _Mapping]] = ...) -> None: ...

class FeaturePair(_message.Message):
    __slots__ = ("customer_id", "product_id")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    product_id: str
    def __init__(self, customer_id: _Optional[str] = ..., product_id: _Optional[str] = ...) -> None: ...

class BatchGetInteractionFeaturesRequest(_message.Message):
    __slots__ = ("pairs", "as_of")
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    pairs: _containers.RepeatedCompositeFieldContainer[FeaturePair]
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, pairs: _Optional[_Iterable[_Union[FeaturePair, _Mapping]]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BatchGetInteractionFeaturesResponse(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[_feature_pb2.InteractionFeatureRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[_feature_pb2.InteractionFeatureRow, _Mapping]]] = ...) -> None: ...

class FeatureBound(_message.Message):
    __slots__ = ("feature", "min", "max")
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    feature: str
    min: float
    max: float
    def __init__(self, feature: _Optional[str] = ..., min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class ListInteractionFeaturesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "customer_id", "product_id", "bounds", "order_by", "ascending", "as_of")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    ASCENDING_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    customer_id: str
    product_id: str
    bounds: _containers.RepeatedCompositeFieldContainer[FeatureBound]
    order_by: str
    ascending: bool
    as_of: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., bounds: _Optional[_Iterable[_Union[FeatureBound, _Mapping]]] = ..., order_by: _Optional[str] = ..., ascending: _Optional[bool] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListInteractionFeaturesResponse(_message.Message):
    __slots__ = ("rows", "next_page_token")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[_feature_pb2.InteractionFeatureRow]
    next_page_token: str
    def __init__(self, rows: _Optional[_Iterable[_Union[_feature_pb2.InteractionFeatureRow, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Recommendation(_message.Message):
    __slots__ = ("product_id", "score", "title", "parts", "factors", "row")
    class PartsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class FactorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    product_id: str
    score: float
    title: str
    parts: _containers.ScalarMap[str, float]
    factors: _containers.ScalarMap[str, float]
    row: _feature_pb2.InteractionFeatureRow
    def __init__(self, product_id: _Optional[str] = ..., score: _Optional[float] = ..., title: _Optional[str] = ..., parts: _Optional[_Mapping[str, float]] = ..., factors: _Optional[_Mapping[str, float]] = ..., row: _Optional[_Union[_feature_pb2.InteractionFeatureRow, _Mapping]] = ...) -> None: ...

class ListRecommendationsRequest(_message.Message):
    __slots__ = ("customer_id", "top_k", "as_of", "include_zero")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_ZERO_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    top_k: int
    as_of: _timestamp_pb2.Timestamp
    include_zero: bool
    def __init__(self, customer_id: _Optional[str] = ..., top_k: _Optional[int] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., include_zero: _Optional[bool] = ...) -> None: ...

class ListRecommendationsResponse(_message.Message):
    __slots__ = ("recommendations",)
    RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    recommendations: _containers.RepeatedCompositeFieldContainer[Recommendation]
    def __init__(self, recommendations: _Optional[_Iterable[_Union[Recommendation, _Mapping]]] = ...) -> None: ...

class ComputeProgress(_message.Message):
    __slots__ = ("done_customers", "total_customers", "computed_pairs", "failed_customers")
    DONE_CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_PAIRS_FIELD_NUMBER: _ClassVar[int]
    FAILED_CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    done_customers: int
    total_customers: int
    computed_pairs: int
    failed_customers: int
    def __init__(self, done_customers: _Optional[int] = ..., total_customers: _Optional[int] = ..., computed_pairs: _Optional[int] = ..., failed_customers: _Optional[int] = ...) -> None: ...

class ComputeFailure(_message.Message):
    __slots__ = ("customer_id", "reason")
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    customer_id: str
    reason: str
    def __init__(self, customer_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ComputeTotals(_message.Message):
    __slots__ = ("customers", "pairs", "removed_pairs", "events", "unknown_events", "future_events", "failed_customers", "failures", "seconds", "peak_memory_bytes", "as_of", "definition_version", "full")
    CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_PAIRS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_EVENTS_FIELD_NUMBER: _ClassVar[int]
    FUTURE_EVENTS_FIELD_NUMBER: _ClassVar[int]
    FAILED_CUSTOMERS_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_VERSION_FIELD_NUMBER: _ClassVar[int]
    FULL_FIELD_NUMBER: _ClassVar[int]
    customers: int
    pairs: int
    removed_pairs: int
    events: int
    unknown_events: int
    future_events: int
    failed_customers: int
    failures: _containers.RepeatedCompositeFieldContainer[ComputeFailure]
    seconds: float
    peak_memory_bytes: int
    as_of: _timestamp_pb2.Timestamp
    definition_version: str
    full: bool
    def __init__(self, customers: _Optional[int] = ..., pairs: _Optional[int] = ..., removed_pairs: _Optional[int] = ..., events: _Optional[int] = ..., unknown_events: _Optional[int] = ..., future_events: _Optional[int] = ..., failed_customers: _Optional[int] = ..., failures: _Optional[_Iterable[_Union[ComputeFailure, _Mapping]]] = ..., seconds: _Optional[float] = ..., peak_memory_bytes: _Optional[int] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., definition_version: _Optional[str] = ..., full: _Optional[bool] = ...) -> None: ...

class ComputedRows(_message.Message):
    __slots__ = ("rows", "cursor")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[_feature_pb2.InteractionFeatureRow]
    cursor: str
    def __init__(self, rows: _Optional[_Iterable[_Union[_feature_pb2.InteractionFeatureRow, _Mapping]]] = ..., cursor: _Optional[str] = ...) -> None: ...

class ComputeInteractionFeaturesRequest(_message.Message):
    __slots__ = ("full", "customer_ids", "as_of", "request_id", "resume_after", "return_rows")
    FULL_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_IDS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_AFTER_FIELD_NUMBER: _ClassVar[int]
    RETURN_ROWS_FIELD_NUMBER: _ClassVar[int]
    full: bool
    customer_ids: _containers.RepeatedScalarFieldContainer[str]
    as_of: _timestamp_pb2.Timestamp
    request_id: str
    resume_after: str
    return_rows: bool
    def __init__(self, full: _Optional[bool] = ..., customer_ids: _Optional[_Iterable[str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ..., resume_after: _Optional[str] = ..., return_rows: _Optional[bool] = ...) -> None: ...

class ComputeInteractionFeaturesResponse(_message.Message):
    __slots__ = ("operation", "progress", "rows", "totals")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    progress: ComputeProgress
    rows: ComputedRows
    totals: ComputeTotals
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ..., progress: _Optional[_Union[ComputeProgress, _Mapping]] = ..., rows: _Optional[_Union[ComputedRows, _Mapping]] = ..., totals: _Optional[_Union[ComputeTotals, _Mapping]] = ...) -> None: ...

class WatchInteractionFeaturesRequest(_message.Message):
    __slots__ = ("resume_token", "customer_id", "product_id", "heartbeat_seconds")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    customer_id: str
    product_id: str
    heartbeat_seconds: int
    def __init__(self, resume_token: _Optional[str] = ..., customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., heartbeat_seconds: _Optional[int] = ...) -> None: ...

class WatchInteractionFeaturesResponse(_message.Message):
    __slots__ = ("resume_token", "rows", "removed")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    rows: _containers.RepeatedCompositeFieldContainer[_feature_pb2.InteractionFeatureRow]
    removed: _containers.RepeatedCompositeFieldContainer[FeaturePair]
    def __init__(self, resume_token: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[_feature_pb2.InteractionFeatureRow, _Mapping]]] = ..., removed: _Optional[_Iterable[_Union[FeaturePair, _Mapping]]] = ...) -> None: ...

class ExportInteractionFeaturesRequest(_message.Message):
    __slots__ = ("format", "as_of", "customer_id", "product_id", "export_id", "offset")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_ID_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_ID_FIELD_NUMBER: _ClassVar[int]
    EXPORT_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    format: FeatureExportFormat
    as_of: _timestamp_pb2.Timestamp
    customer_id: str
    product_id: str
    export_id: str
    offset: int
    def __init__(self, format: _Optional[_Union[FeatureExportFormat, str]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., customer_id: _Optional[str] = ..., product_id: _Optional[str] = ..., export_id: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class ExportInteractionFeaturesResponse(_message.Message):
    __slots__ = ("export_id", "path", "offset", "data", "last", "sha256", "row_count")
    EXPORT_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    ROW_COUNT_FIELD_NUMBER: _ClassVar[int]
    export_id: str
    path: str
    offset: int
    data: bytes
    last: bool
    sha256: str
    row_count: int
    def __init__(self, export_id: _Optional[str] = ..., path: _Optional[str] = ..., offset: _Optional[int] = ..., data: _Optional[bytes] = ..., last: _Optional[bool] = ..., sha256: _Optional[str] = ..., row_count: _Optional[int] = ...) -> None: ...

class GetFeatureConfigRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetFeatureConfigResponse(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: _feature_pb2.FeatureConfig
    def __init__(self, config: _Optional[_Union[_feature_pb2.FeatureConfig, _Mapping]] = ...) -> None: ...

class UpdateFeatureConfigRequest(_message.Message):
    __slots__ = ("config", "validate_only")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    config: _feature_pb2.FeatureConfig
    validate_only: bool
    def __init__(self, config: _Optional[_Union[_feature_pb2.FeatureConfig, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class UpdateFeatureConfigResponse(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: _feature_pb2.FeatureConfig
    def __init__(self, config: _Optional[_Union[_feature_pb2.FeatureConfig, _Mapping]] = ...) -> None: ...

class GetFeatureReportRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FeatureDistribution(_message.Message):
    __slots__ = ("feature", "count", "absent_count", "zero_count", "min", "max", "mean", "standard_deviation", "quantiles", "bin_edges", "bin_counts", "words", "drift")
    class WordsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    ABSENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    ZERO_COUNT_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    STANDARD_DEVIATION_FIELD_NUMBER: _ClassVar[int]
    QUANTILES_FIELD_NUMBER: _ClassVar[int]
    BIN_EDGES_FIELD_NUMBER: _ClassVar[int]
    BIN_COUNTS_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    feature: str
    count: int
    absent_count: int
    zero_count: int
    min: float
    max: float
    mean: float
    standard_deviation: float
    quantiles: _containers.RepeatedScalarFieldContainer[float]
    bin_edges: _containers.RepeatedScalarFieldContainer[float]
    bin_counts: _containers.RepeatedScalarFieldContainer[int]
    words: _containers.ScalarMap[str, int]
    drift: float
    def __init__(self, feature: _Optional[str] = ..., count: _Optional[int] = ..., absent_count: _Optional[int] = ..., zero_count: _Optional[int] = ..., min: _Optional[float] = ..., max: _Optional[float] = ..., mean: _Optional[float] = ..., standard_deviation: _Optional[float] = ..., quantiles: _Optional[_Iterable[float]] = ..., bin_edges: _Optional[_Iterable[float]] = ..., bin_counts: _Optional[_Iterable[int]] = ..., words: _Optional[_Mapping[str, int]] = ..., drift: _Optional[float] = ...) -> None: ...

class GetFeatureReportResponse(_message.Message):
    __slots__ = ("pair_count", "customer_count", "product_count", "dirty_customer_count", "failed_customer_count", "event_count", "unknown_event_count", "view_count", "views_without_duration", "views_without_device", "distributions", "as_of", "last_run_time", "last_run_seconds", "last_run_peak_memory_bytes", "definition_version")
    PAIR_COUNT_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_COUNT_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIRTY_CUSTOMER_COUNT_FIELD_NUMBER: _ClassVar[int]
    FAILED_CUSTOMER_COUNT_FIELD_NUMBER: _ClassVar[int]
    EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_EVENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    VIEW_COUNT_FIELD_NUMBER: _ClassVar[int]
    VIEWS_WITHOUT_DURATION_FIELD_NUMBER: _ClassVar[int]
    VIEWS_WITHOUT_DEVICE_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    LAST_RUN_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_RUN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    LAST_RUN_PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    DEFINITION_VERSION_FIELD_NUMBER: _ClassVar[int]
    pair_count: int
    customer_count: int
    product_count: int
    dirty_customer_count: int
    failed_customer_count: int
    event_count: int
    unknown_event_count: int
    view_count: int
    views_without_duration: float
    views_without_device: float
    distributions: _containers.RepeatedCompositeFieldContainer[FeatureDistribution]
    as_of: _timestamp_pb2.Timestamp
    last_run_time: _timestamp_pb2.Timestamp
    last_run_seconds: float
    last_run_peak_memory_bytes: int
    definition_version: str
    def __init__(self, pair_count: _Optional[int] = ..., customer_count: _Optional[int] = ..., product_count: _Optional[int] = ..., dirty_customer_count: _Optional[int] = ..., failed_customer_count: _Optional[int] = ..., event_count: _Optional[int] = ..., unknown_event_count: _Optional[int] = ..., view_count: _Optional[int] = ..., views_without_duration: _Optional[float] = ..., views_without_device: _Optional[float] = ..., distributions: _Optional[_Iterable[_Union[FeatureDistribution, _Mapping]]] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_run_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_run_seconds: _Optional[float] = ..., last_run_peak_memory_bytes: _Optional[int] = ..., definition_version: _Optional[str] = ...) -> None: ...

class ShopImportOpen(_message.Message):
    __slots__ = ("import_id", "kind")
    IMPORT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    import_id: str
    kind: ShopImportKind
    def __init__(self, import_id: _Optional[str] = ..., kind: _Optional[_Union[ShopImportKind, str]] = ...) -> None: ...

class ShopImportPiece(_message.Message):
    __slots__ = ("offset", "data")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    offset: int
    data: bytes
    def __init__(self, offset: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class ShopImportFinish(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ImportShopifyRequest(_message.Message):
    __slots__ = ("open", "piece", "finish")
    OPEN_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    FINISH_FIELD_NUMBER: _ClassVar[int]
    open: ShopImportOpen
    piece: ShopImportPiece
    finish: ShopImportFinish
    def __init__(self, open: _Optional[_Union[ShopImportOpen, _Mapping]] = ..., piece: _Optional[_Union[ShopImportPiece, _Mapping]] = ..., finish: _Optional[_Union[ShopImportFinish, _Mapping]] = ...) -> None: ...

class ShopImportOpened(_message.Message):
    __slots__ = ("offset", "finished")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    FINISHED_FIELD_NUMBER: _ClassVar[int]
    offset: int
    finished: bool
    def __init__(self, offset: _Optional[int] = ..., finished: _Optional[bool] = ...) -> None: ...

class ShopImportAck(_message.Message):
    __slots__ = ("offset", "safe_offset")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SAFE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    offset: int
    safe_offset: int
    def __init__(self, offset: _Optional[int] = ..., safe_offset: _Optional[int] = ...) -> None: ...

class ShopImportProblem(_message.Message):
    __slots__ = ("line", "offset", "reason", "detail")
    LINE_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    line: int
    offset: int
    reason: str
    detail: str
    def __init__(self, line: _Optional[int] = ..., offset: _Optional[int] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class ShopImportReport(_message.Message):
    __slots__ = ("read", "stored", "skipped", "noted", "problems", "unknown_columns", "redacted_rows")
    class ReadEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class StoredEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class SkippedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class NotedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    READ_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    NOTED_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    REDACTED_ROWS_FIELD_NUMBER: _ClassVar[int]
    read: _containers.ScalarMap[str, int]
    stored: _containers.ScalarMap[str, int]
    skipped: _containers.ScalarMap[str, int]
    noted: _containers.ScalarMap[str, int]
    problems: _containers.RepeatedCompositeFieldContainer[ShopImportProblem]
    unknown_columns: _containers.RepeatedScalarFieldContainer[str]
    redacted_rows: int
    def __init__(self, read: _Optional[_Mapping[str, int]] = ..., stored: _Optional[_Mapping[str, int]] = ..., skipped: _Optional[_Mapping[str, int]] = ..., noted: _Optional[_Mapping[str, int]] = ..., problems: _Optional[_Iterable[_Union[ShopImportProblem, _Mapping]]] = ..., unknown_columns: _Optional[_Iterable[str]] = ..., redacted_rows: _Optional[int] = ...) -> None: ...

class ImportShopifyResponse(_message.Message):
    __slots__ = ("opened", "ack", "report")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    opened: ShopImportOpened
    ack: ShopImportAck
    report: ShopImportReport
    def __init__(self, opened: _Optional[_Union[ShopImportOpened, _Mapping]] = ..., ack: _Optional[_Union[ShopImportAck, _Mapping]] = ..., report: _Optional[_Union[ShopImportReport, _Mapping]] = ...) -> None: ...
