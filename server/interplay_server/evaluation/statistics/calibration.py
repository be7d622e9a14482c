"""How good probabilities are: Brier score, reliability, and the area under the ROC curve."""

import math

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap, Interval, finite
from interplay_server.evaluation.statistics.proportions import wilson
from interplay_server.evaluation.statistics.special import Floats, two_sided_z


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Forecasts in [low, high), the last one with its end."""

    low: float
    high: float
    n: int
    forecast: float | None
    """Mean probability."""
    observed: float | None
    """Share of true outcomes, with its Wilson interval."""
    interval: Interval


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    n: int
    brier: float | None
    """Mean squared error, 0 best; a constant forecast of the base rate p has p (1 - p)."""
    error: float | None
    """Expected calibration error: |forecast - observed| weighted by the rows of the bins, in [0, 1];
    biased upwards for few rows."""
    bins: tuple[Bin, ...]


def calibration(
    probabilities: ArrayLike, outcomes: ArrayLike, *, bins: int = 10, confidence: float = CONFIDENCE
) -> Calibration:
    """Brier (1950) score and reliability over bins of equal width.

    Raises:
        ValueError: NaN, a probability outside [0, 1], an outcome that is not 0 or 1, different lengths, no bins.
    """
    p, y = finite(probabilities, "probability"), _outcomes(outcomes)
    if p.shape != y.shape or bool(((p < 0) | (p > 1)).any()) or bins < 1:
        raise ValueError("each outcome needs a probability between 0 and 1, and there must be bins")
    at = np.minimum((p * bins).astype(np.int64), bins - 1)
    n = np.bincount(at, minlength=bins)
    forecast, observed = np.bincount(at, p, bins), np.bincount(at, y, bins)
    made = tuple(
        Bin(
            low=i / bins,
            high=(i + 1) / bins,
            n=int(n[i]),
            forecast=float(forecast[i] / n[i]) if n[i] else None,
            observed=float(observed[i] / n[i]) if n[i] else None,
            interval=wilson(float(observed[i]), int(n[i]), confidence),
        )
        for i in range(bins)
    )
    if not p.size:
        return Calibration(n=0, brier=None, error=None, bins=made)
    return Calibration(
        n=p.size,
        brier=float(((p - y) ** 2).mean()),
        error=float(np.abs(forecast - observed).sum() / p.size),
        bins=made,
    )


def auc(scores: ArrayLike, outcomes: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Probability that a true row scores above a false one, ties counting half; `n` is the number of rows.

    Interval by DeLong, DeLong & Clarke-Pearson (1988) on the logit scale; where the variance is 0, as
    with classes that lie apart, by Newcombe (2006), method 5. No value with one class only.

    Raises:
        ValueError: NaN, an outcome that is not 0 or 1, different lengths.
    """
    score, y = finite(scores, "score"), _outcomes(outcomes)
    if score.shape != y.shape:
        raise ValueError("each outcome needs a score")
    positive, negative = score[y == 1], score[y == 0]
    m, k = positive.size, negative.size
    if not m or not k:
        return Estimate(value=None, n=score.size, method="delong", gap=Gap.ONE_CLASS if score.size else Gap.NO_DATA)
    ranks = _midranks(np.concatenate([positive, negative]))
    above = (ranks[:m] - _midranks(positive)) / k
    below = 1 - (ranks[m:] - _midranks(negative)) / m
    value = float(above.mean())
    variance = (float(above.var(ddof=1)) / m if m > 1 else 0.0) + (float(below.var(ddof=1)) / k if k > 1 else 0.0)
    if min(m, k) == 1 or variance < 1e-12 or not 0 < value < 1:
        return Estimate(value=value, n=score.size, method="newcombe", interval=_newcombe(value, m, k, confidence))
    at = math.log(value / (1 - value))
    half = two_sided_z(confidence) * math.sqrt(variance) / (value * (1 - value))
    interval = Interval(_logistic(at - half), _logistic(at + half), confidence)
    return Estimate(value=value, n=score.size, method="delong", interval=interval)


def _newcombe(value: float, m: int, k: int, confidence: float) -> Interval:
    """All areas a with |a - value| ≤ z √V(a), V the variance of exponential scores."""
    z, extra = two_sided_z(confidence), (m + k) / 2 - 1

    def apart(a: float) -> bool:
        variance = a * (1 - a) * (1 + extra * ((1 - a) / (2 - a) + a / (1 + a))) / (m * k)
        return abs(a - value) > z * math.sqrt(max(0.0, variance))

    ends = []
    for outer in (0.0, 1.0):
        outside, inside = outer, value
        for _ in range(60):
            middle = (outside + inside) / 2
            outside, inside = (middle, inside) if apart(middle) else (outside, middle)
        ends.append(outside)
    return Interval(ends[0], ends[1], confidence)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def _outcomes(outcomes: ArrayLike) -> Floats:
    y = finite(outcomes, "outcome")
    if bool(((y != 0) & (y != 1)).any()):
        raise ValueError("an outcome is not 0 or 1")
    return y


def _midranks(values: Floats) -> Floats:
    """Ranks from 1; equals share their mean."""
    _, at, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    made: Floats = (last - (count - 1) / 2)[at]
    return made
