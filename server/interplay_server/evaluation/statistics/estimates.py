"""What an estimate looks like: a value, how many it rests on, its interval, or why there is none."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.special import Floats

CONFIDENCE = 0.95


class Gap(StrEnum):
    """Why an estimate or its interval is missing."""

    NO_DATA = "NO_DATA"
    ONE_VALUE = "ONE_VALUE"
    ONE_CLUSTER = "ONE_CLUSTER"
    ONE_CLASS = "ONE_CLASS"
    """Only one category or outcome occurs, so there is nothing to tell apart."""
    TOO_FEW = "TOO_FEW"
    NO_SPREAD = "NO_SPREAD"
    """All clusters are equal: resampling them shows no spread, which is not the same as certainty."""
    NO_CONTROL = "NO_CONTROL"


class Interval(msgspec.Struct, frozen=True):
    """Both ends belong to it."""

    low: float
    high: float
    confidence: float = CONFIDENCE

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is None where `n` is 0; `interval` is None, with the gap, where nothing honest can be said."""

    value: float | None
    n: int
    """Rows, or clusters where the interval is taken over clusters."""
    interval: Interval | None = None
    method: str = ""
    gap: Gap | None = None

    def within(self, low: float, high: float) -> "Estimate":
        """The same with the interval cut to what is possible."""
        if self.interval is None:
            return self
        cut = Interval(max(low, self.interval.low), min(high, self.interval.high), self.interval.confidence)
        return msgspec.structs.replace(self, interval=cut)


def finite(values: ArrayLike | Sequence[float], name: str = "value") -> Floats:
    """As float64.

    Raises:
        ValueError: a NaN or an infinite value.
    """
    array = np.asarray(values, np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} is not finite")
    return array


def counts(**named: float) -> None:
    """Raises ValueError unless all are finite and ≥ 0."""
    for name, value in named.items():
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name} is {value}, not a count")
