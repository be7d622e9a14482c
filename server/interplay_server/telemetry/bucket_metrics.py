"""What an operator watches where the tables are in a bucket."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from interplay_server.domain.shipping import ShippingStanding


class BucketMetrics(Collector):
    """Asked by each scrape."""

    def __init__(self, standing: Callable[[], ShippingStanding]) -> None:
        self._standing = standing

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        now = self._standing()
        for name, what, count in (
            ("interplay_shipped_segments", "Segments of ledgers put into the bucket", now.segments),
            ("interplay_shipped_bytes", "Bytes of them", now.segment_bytes),
            ("interplay_shipped_copies", "Copies of ledgers put into the bucket", now.copies),
            ("interplay_shipping_faults", "Times that shipping failed", now.faults),
        ):
            yield CounterMetricFamily(name, what, value=count)
        for name, what, value in (
            ("interplay_shipping_lag_seconds", "Age of the oldest ack that is not in the bucket", now.lag_seconds),
            ("interplay_shipping_failing_tenants", "Tenants that cannot be shipped just now", now.failing_tenants),
            ("interplay_taken_tenants", "Open tenants that another server took over", now.taken_tenants),
        ):
            yield GaugeMetricFamily(name, what, value=value)
        shipped = GaugeMetricFamily(
            "interplay_shipped_seq", "Newest sequence number in the bucket of a tenant that is open", labels=["tenant"]
        )
        for tenant, seq in now.shipped_seq.items():
            shipped.add_metric([tenant], seq)
        yield shipped
