"""Shares and means with their intervals."""

import math

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.estimates import (
    CONFIDENCE,
    Estimate,
    Gap,
    Interval,
    counts,
    finite,
)
from interplay_server.evaluation.statistics.special import normal_two_sided, two_sided_t, two_sided_z


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`difference` is the first minus the second."""

    difference: float | None
    interval: Interval | None
    p_value: float | None
    """Two-sided; None where either side is empty."""


def wilson(successes: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """Wilson (1927): all p with |successes/n - p| ≤ z √(p(1-p)/n); [0, 1] at n = 0.

    Fractions are allowed: a tie split is half a success.

    Raises:
        ValueError: NaN, a negative count, or more successes than n.
    """
    counts(successes=successes, n=n)
    if successes > n:
        raise ValueError(f"{successes} successes among {n}")
    z = two_sided_z(confidence)
    if n == 0:
        return Interval(0.0, 1.0, confidence)
    share, room = successes / n, z * z / n
    centre = (share + room / 2) / (1 + room)
    half = z * math.sqrt(share * (1 - share) / n + room / (4 * n)) / (1 + room)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high, confidence)


def proportion(successes: float, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """The share with its Wilson interval."""
    interval = wilson(successes, n, confidence)
    if n == 0:
        return Estimate(value=None, n=0, interval=interval, method="wilson", gap=Gap.NO_DATA)
    return Estimate(value=successes / n, n=n, interval=interval, method="wilson")


def compare_proportions(
    first: float, first_n: int, second: float, second_n: int, confidence: float = CONFIDENCE
) -> Comparison:
    """Difference of two independent shares.

    Interval: Newcombe (1998), method 10, the two Wilson intervals squared and added. p-value: the pooled z test, 1
    where both shares are 0 or both 1.
    """
    one, two = wilson(first, first_n, confidence), wilson(second, second_n, confidence)
    if not first_n or not second_n:
        return Comparison(difference=None, interval=None, p_value=None)
    p, q = first / first_n, second / second_n
    interval = Interval(
        max(-1.0, p - q - math.hypot(p - one.low, two.high - q)),
        min(1.0, p - q + math.hypot(one.high - p, q - two.low)),
        confidence,
    )
    pooled = (first + second) / (first_n + second_n)
    variance = pooled * (1 - pooled) * (1 / first_n + 1 / second_n)
    p_value = normal_two_sided((p - q) / math.sqrt(variance)) if variance > 0 else 1.0
    return Comparison(difference=p - q, interval=interval, p_value=p_value)


def mean(values: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Mean with Student's t interval; no interval for one value, nor where all are equal.

    Raises:
        ValueError: NaN or infinity.
    """
    array = finite(values)
    n = array.size
    if n == 0:
        return Estimate(value=None, n=0, method="t", gap=Gap.NO_DATA)
    middle = float(array.mean())
    if n == 1:
        return Estimate(value=middle, n=1, method="t", gap=Gap.ONE_VALUE)
    if float(np.ptp(array)) == 0:
        return Estimate(value=middle, n=n, method="t", gap=Gap.NO_SPREAD)
    half = two_sided_t(confidence, n - 1) * float(array.std(ddof=1)) / math.sqrt(n)
    return Estimate(value=middle, n=n, interval=Interval(middle - half, middle + half, confidence), method="t")
