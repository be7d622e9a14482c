"""Estimates in words."""

import math

from interplay.v1 import evaluation_pb2


def percent(value: float) -> str:
    return f"{100 * value:.1f} %" if math.isfinite(value) else "-"


def share(estimate: evaluation_pb2.Estimate) -> str:
    """A share, `-` where nothing tells."""
    return percent(estimate.value) if estimate.HasField("value") else "-"


def interval(estimate: evaluation_pb2.Estimate) -> str:
    """Of a share; why there is none stands in the estimate's method."""
    if not (estimate.HasField("low") and estimate.HasField("high")):
        return "-"
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def p_value(value: float) -> str:
    if math.isnan(value):
        return "-"
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def evidence(value: float) -> str:
    """An e-value; those beyond a million as a power."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞"
    return f"{value:,.3g}" if 0.001 <= value < 1000 else f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:.1e}"


def count(value: int) -> str:
    return f"{value:,}"


def ends(estimate: evaluation_pb2.Estimate) -> tuple[float | None, float | None, float | None]:
    """Value, low and high, None where absent."""
    return (
        estimate.value if estimate.HasField("value") else None,
        estimate.low if estimate.HasField("low") else None,
        estimate.high if estimate.HasField("high") else None,
    )
