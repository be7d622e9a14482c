"""Distribution functions that neither the standard library nor numpy has.

Incomplete gamma and beta functions by series and by continued fractions (modified Lentz), as in Press et al., Numerical
Recipes, 6.2 and 6.4; relative error below 1e-10 for the ranges that the tests walk through.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NORMAL = NormalDist()
_TINY = 1e-300
_ENOUGH = 1e-15
_MOST_STEPS = 1_000_000
_NEARLY_NORMAL = 1e7
"""Degrees of freedom from which on a t distribution is taken for a normal one."""


def normal_quantile(share: float) -> float:
    """The value below which `share` in (0, 1) of a standard normal distribution lies."""
    return NORMAL.inv_cdf(share)


def two_sided_z(confidence: float) -> float:
    """1.96 for .95.

    Raises:
        ValueError: unless 0 < confidence < 1.
    """
    return NORMAL.inv_cdf((1 + checked_confidence(confidence)) / 2)


def normal_two_sided(z: float) -> float:
    """Share of a standard normal distribution at least as far from 0 as z."""
    return math.erfc(abs(z) / math.sqrt(2))


def log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def log_binomial_pmf(k: int, n: int, p: float) -> float:
    """Natural logarithm of the probability of k successes among n; 0 < p < 1."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)


def log_sum(terms: Floats) -> float:
    """log(sum(exp(terms))) of finite terms, at least one."""
    most = float(terms.max())
    return most + math.log(float(np.exp(terms - most).sum()))


def gamma_survival(shape: float, x: float) -> float:
    """Q(shape, x), the upper regularised incomplete gamma function; shape > 0, x ≥ 0."""
    if x <= 0:
        return 1.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        at = shape
        for _ in range(_MOST_STEPS):
            at += 1
            term *= x / at
            total += term
            if term < total * _ENOUGH:
                break
        return max(0.0, 1 - total * scale)
    b = x + 1 - shape
    c, d = 1 / _TINY, 1 / b
    fraction = d
    for i in range(1, _MOST_STEPS):
        step = -i * (i - shape)
        b += 2
        d = 1 / _away_from_zero(step * d + b)
        c = _away_from_zero(b + step / c)
        fraction *= d * c
        if abs(d * c - 1) < _ENOUGH:
            break
    return min(1.0, scale * fraction)


def chi_square_survival(x: float, freedom: float) -> float:
    """Probability of at least x with `freedom` > 0 degrees of freedom."""
    return gamma_survival(freedom / 2, x / 2)


def beta_cdf(x: float, a: float, b: float) -> float:
    """I_x(a, b), the regularised incomplete beta function; 0 ≤ x ≤ 1, a, b > 0."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    scale = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return scale * _beta_fraction(x, a, b) / a
    return 1 - scale * _beta_fraction(1 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    c = 1.0
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, _MOST_STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + step * d)
            c = _away_from_zero(1 + step / c)
            fraction *= d * c
        if abs(d * c - 1) < _ENOUGH:
            break
    return fraction


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def student_two_sided(t: float, freedom: float) -> float:
    """Share of a t distribution with `freedom` > 0 degrees of freedom at least as far from 0 as t."""
    if freedom >= _NEARLY_NORMAL:
        return normal_two_sided(t)
    return beta_cdf(freedom / (freedom + t * t), freedom / 2, 0.5)


def two_sided_t(confidence: float, freedom: float) -> float:
    """The t beyond which, on both sides together, 1 - confidence of the distribution lies: 2.262 for .95 and 9."""
    outside = 1 - checked_confidence(confidence)
    if freedom >= _NEARLY_NORMAL:
        return two_sided_z(confidence)
    # The share outside is convex in t, so Newton's steps from the normal quantile only go up, and not too far.
    t = two_sided_z(confidence)
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    for _ in range(_MOST_STEPS):
        density = 2 * math.exp(scale - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        step = (student_two_sided(t, freedom) - outside) / density
        t += step
        if step < 1e-12 * t:
            break
    return t


def checked_confidence(confidence: float) -> float:
    """Raises ValueError unless 0 < confidence < 1; NaN is not."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")
    return confidence
