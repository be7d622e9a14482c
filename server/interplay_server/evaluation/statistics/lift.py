"""The difference that an experiment makes, when users are assigned and rows of one user belong together."""

import math

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap, Interval, finite
from interplay_server.evaluation.statistics.special import Floats, student_two_sided, two_sided_t


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """Treatment minus control; the p-value is two-sided, for no difference."""

    treatment: Estimate
    control: Estimate
    difference: float | None
    interval: Interval | None = None
    relative: float | None = None
    """Difference over control; None where control is 0."""
    p_value: float | None = None
    gap: Gap | None = None


def by_user(users: ArrayLike, values: ArrayLike, sizes: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Sums of values, and of rows or `sizes`, for each user; all three have one entry a row."""
    y = finite(values)
    d = np.ones_like(y) if sizes is None else finite(sizes, "size")
    names, at = np.unique(np.asarray(users), return_inverse=True)
    return finite(np.bincount(at, y, len(names))), finite(np.bincount(at, d, len(names)))


def clustered_mean(totals: ArrayLike, sizes: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Sum of totals over sum of sizes, one entry a user: a mean of rows, a share, or a ratio of two metrics.

    Interval: t with G-1 degrees of freedom over the linearised error √(G/(G-1) Σ(y - r d)²) / Σd (CR1,
    Liang & Zeger, 1986).
    No interval for one user, nor where users do not differ.

    Raises:
        ValueError: NaN, lengths that differ, or negative sizes.
    """
    y, d = _checked(totals, sizes)
    if not len(d):
        return Estimate(value=None, n=0, method="clustered t", gap=Gap.NO_DATA)
    value, error, users = _moments(y, d)
    if error is None:
        gap = Gap.ONE_CLUSTER if users == 1 else Gap.NO_SPREAD
        return Estimate(value=value, n=users, method="clustered t", gap=gap)
    half = two_sided_t(confidence, users - 1) * error
    return Estimate(
        value=value, n=users, method="clustered t", interval=Interval(value - half, value + half, confidence)
    )


def lift(
    treatment: tuple[ArrayLike, ArrayLike], control: tuple[ArrayLike, ArrayLike], confidence: float = CONFIDENCE
) -> Lift:
    """Difference of two clustered means, each (totals, sizes) by user (`by_user`).

    The errors of the arms add up; degrees of freedom by Welch and Satterthwaite over users. An arm without spread
    counts as known; where both are without, or an arm has one user, there is no interval.
    """
    arms = [_checked(*arm) for arm in (treatment, control)]
    sides = [clustered_mean(y, d, confidence) for y, d in arms]
    one, two = sides
    if one.value is None or two.value is None:
        return Lift(treatment=one, control=two, difference=None, gap=Gap.NO_DATA)
    difference = one.value - two.value
    relative = difference / two.value if two.value else None
    moments = [_moments(y, d) for y, d in arms]
    gap = Gap.ONE_CLUSTER if min(users for _, _, users in moments) == 1 else Gap.NO_SPREAD
    variances = [(error or 0.0) ** 2 for _, error, _ in moments]
    total = sum(variances)
    if gap is Gap.ONE_CLUSTER or total == 0:
        return Lift(treatment=one, control=two, difference=difference, relative=relative, gap=gap)
    freedom = total**2 / sum(v * v / (users - 1) for v, (_, _, users) in zip(variances, moments, strict=True))
    error = math.sqrt(total)
    half = two_sided_t(confidence, freedom) * error
    return Lift(
        treatment=one,
        control=two,
        difference=difference,
        interval=Interval(difference - half, difference + half, confidence),
        relative=relative,
        p_value=student_two_sided(difference / error, freedom),
    )


def _checked(totals: ArrayLike, sizes: ArrayLike) -> tuple[Floats, Floats]:
    y, d = finite(totals, "total"), finite(sizes, "size")
    if y.shape != d.shape or y.ndim != 1 or bool((d < 0).any()):
        raise ValueError("each user needs a total and a size of at least 0")
    return y[d > 0], d[d > 0]


def _moments(y: Floats, d: Floats) -> tuple[float, float | None, int]:
    """Ratio, its error (None for one user or no spread), users."""
    users, size = len(d), float(d.sum())
    value = float(y.sum()) / size
    if users == 1:
        return value, None, 1
    residual = y - value * d
    error = math.sqrt(users / (users - 1) * float(residual @ residual)) / size
    return value, error if error > 1e-12 * max(1.0, abs(value)) else None, users
