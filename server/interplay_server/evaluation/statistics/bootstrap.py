"""Resampling of clusters, for figures that are functions of sums over clusters."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap, Interval, finite
from interplay_server.evaluation.statistics.proportions import wilson
from interplay_server.evaluation.statistics.special import Floats, checked_confidence

Method = Literal["studentised", "percentile"]
RESAMPLES = 2000
SEED = 20_240_611
_MOST_AT_ONCE = 2_000_000
"""Counts held at once: 16 MB."""


def resampled_sums(sums: Floats, resamples: int = RESAMPLES, rng: np.random.Generator | None = None) -> Floats:
    """(resamples, m): the sums of as many clusters as there are, drawn with replacement.

    Clusters with equal sums are one kind, so the cost is resamples x kinds and the memory is bounded.

    Args:
        sums: (clusters, m), finite.
        resamples: how many.
        rng: a generator of a fixed seed by default, so that a report repeats.
    """
    rng = np.random.default_rng(SEED) if rng is None else rng
    kinds, count = np.unique(finite(sums, "sum"), axis=0, return_counts=True)
    clusters = int(count.sum())
    step = max(1, _MOST_AT_ONCE // len(kinds))
    out = np.empty((resamples, kinds.shape[1]))
    for at in range(0, resamples, step):
        drawn = rng.multinomial(clusters, count / clusters, size=min(step, resamples - at))
        out[at : at + step] = drawn @ kinds
    return out


def percentile_interval(
    sums: Floats,
    figure: Callable[[Floats], Floats],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    rng: np.random.Generator | None = None,
) -> Interval | None:
    """Percentiles of `figure`, which takes (resamples, m) sums and gives NaN where it is undefined (Efron, 1979).

    None where more than one resample in twenty is undefined.
    """
    made = figure(resampled_sums(sums, resamples, rng))
    made = made[np.isfinite(made)]
    if made.size < 0.95 * resamples:
        return None
    outside = (1 - checked_confidence(confidence)) / 2
    low, high = np.quantile(made, [outside, 1 - outside])
    return Interval(float(low), float(high), confidence)


def cluster_share(
    successes: ArrayLike,
    n: ArrayLike,
    *,
    method: Method = "studentised",
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    rng: np.random.Generator | None = None,
) -> Estimate:
    """Sum of successes over sum of n, a share in [0, 1], with an interval that knows of clusters.

    Studentised (Efron & Tibshirani, 1993, 12.5, with the linearised standard error of a ratio) covers 92 to 99 % at
    a nominal 95 % from 5 clusters of similar size on, and 88 to 98 % where a tenth of the clusters holds half of the
    rows; percentiles are narrower and cover 79 to 98 % (tests/bench/statistics.py). Clusters without rows do not count.

    Args:
        successes: (clusters,), ties split count one half.
        n: (clusters,) rows, at least the successes.
        method: of the bootstrap.
        confidence: nominal coverage.
        resamples: how many.
        rng: a generator of a fixed seed by default.

    Returns:
        No interval with one cluster. Where all clusters have the same share, the gap NO_SPREAD and the Wilson
        interval of as many independent rows as there are clusters.

    Raises:
        ValueError: NaN, negative, or more successes than n.
    """
    y, d = finite(successes, "successes"), finite(n, "n")
    if y.shape != d.shape or bool((y < 0).any()) or bool((y > d).any()):
        raise ValueError("each cluster needs 0 ≤ successes ≤ n")
    y, d = y[d > 0], d[d > 0]
    clusters = len(d)
    if clusters == 0:
        return Estimate(value=None, n=0, method=method, gap=Gap.NO_DATA)
    share = min(1.0, float(y.sum() / d.sum()))
    if clusters == 1:
        return Estimate(value=share, n=1, method=method, gap=Gap.ONE_CLUSTER)
    error = float(ratio_errors(_squares(y, d).sum(0)[None], clusters)[0])
    if error < 1e-12:
        interval = wilson(share * clusters, clusters, confidence)
        return Estimate(value=share, n=clusters, interval=interval, method="wilson of clusters", gap=Gap.NO_SPREAD)
    sums = resampled_sums(_squares(y, d), resamples, rng)
    shares = sums[:, 0] / sums[:, 1]
    outside = (1 - checked_confidence(confidence)) / 2
    if method == "percentile":
        low, high = np.quantile(shares, [outside, 1 - outside])
    else:
        errors = ratio_errors(sums, clusters)
        away = shares - share
        # A resample of equal clusters has no error of its own: it is as far out as can be, on its side.
        t = np.divide(away, errors, out=np.sign(away) * 1e9, where=errors > 1e-12)
        lower, upper = np.quantile(t, [outside, 1 - outside])
        low, high = share - upper * error, share - lower * error
    interval = Interval(max(0.0, float(low)), min(1.0, float(high)), confidence)
    return Estimate(value=share, n=clusters, interval=interval, method=method)


def win_rates(
    totals: Floats,
    *,
    confidence: float = CONFIDENCE,
    method: Method = "studentised",
    resamples: int = RESAMPLES,
    rng: np.random.Generator | None = None,
) -> tuple[Estimate, Estimate]:
    """Win rate of pairs without ties, and with each tie split, both with the interval over clusters.

    Args:
        totals: (clusters, 3) wins, losses, ties (`votes.totals`).
        confidence: nominal coverage of each.
        method: of the bootstrap.
        resamples: how many.
        rng: draws them; None takes the same ones every time.
    """
    wins, losses, ties = totals.T
    return (
        cluster_share(wins, wins + losses, method=method, confidence=confidence, resamples=resamples, rng=rng),
        cluster_share(
            wins + ties / 2, wins + losses + ties, method=method, confidence=confidence, resamples=resamples, rng=rng
        ),
    )


def _squares(y: Floats, d: Floats) -> Floats:
    return np.column_stack([y, d, y * y, y * d, d * d])


def ratio_errors(sums: Floats, clusters: int) -> Floats:
    """Linearised standard errors of y/d: √(G/(G-1) Σ(y - r d)²) / Σd, from sums (k, 5) of y, d, y², yd and d²."""
    y, d, yy, yd, dd = sums.T
    ratio = y / d
    squares = np.maximum(yy - 2 * ratio * yd + ratio * ratio * dd, 0.0)
    made: Floats = np.sqrt(squares * (clusters / (clusters - 1))) / d
    return made
