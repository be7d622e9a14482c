"""How far the ledgers of a server are shipped to its bucket."""

from collections.abc import Mapping

import msgspec


class ShippingStanding(msgspec.Struct, frozen=True):
    """Of all open tenants; counts since the start."""

    segments: int
    segment_bytes: int
    copies: int
    faults: int
    lag_seconds: float
    """Since everything that was acked in the tenant that is furthest behind was in the bucket."""
    failing_tenants: int
    taken_tenants: int
    """That another server took over."""
    shipped_seq: Mapping[str, int]
    """By open tenant."""
