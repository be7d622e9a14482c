"""Estimates of the statistics as messages."""

from interplay.v1 import evaluation_pb2 as pb

from interplay_server.evaluation.statistics.estimates import Estimate


def estimate_to_pb(one: Estimate) -> pb.Estimate:
    """`method` says how the interval was made, or why there is none."""
    interval = one.interval
    gap = one.gap.value.lower().replace("_", " ") if one.gap is not None else ""
    return pb.Estimate(
        value=one.value,
        low=interval.low if interval is not None else None,
        high=interval.high if interval is not None else None,
        n=one.n,
        method=": ".join(part for part in (one.method, gap) if part),
    )
