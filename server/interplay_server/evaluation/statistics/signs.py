"""Exact tests of counts: the sign test, a binomial share, and whether arms got the share of traffic they should."""

import math

import msgspec
import numpy as np

from interplay_server.evaluation.statistics.estimates import counts, finite
from interplay_server.evaluation.statistics.special import (
    Floats,
    chi_square_survival,
    log_binomial_pmf,
    log_sum,
)

_MOST_EXACT = 1_000_000
"""Rows up to which a share is tested exactly."""
_TIED = 1e-7
"""Relative difference up to which two outcomes count as equally likely."""
MISMATCH_ALPHA = 0.001
"""The level that is usual for sample ratios: they are looked at again and again (Fabijan et al., 2019)."""


class SignTest(msgspec.Struct, frozen=True, kw_only=True):
    wins: int
    losses: int
    p_value: float
    """Two-sided, exact; 0 where it is below the smallest double."""
    log_p_value: float
    """Natural logarithm, which does not underflow."""


class SampleRatio(msgspec.Struct, frozen=True, kw_only=True):
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    """Counts that the ratio foresees; they add up to the observed ones."""
    p_value: float
    mismatch: bool


def sign_test(wins: int, losses: int) -> SignTest:
    """Exact two-sided binomial test that wins and losses are equally likely; ties are left out (Dixon & Mood, 1946).

    p = min(1, 2 P(X ≤ min(wins, losses))) for X ~ Binomial(wins + losses, ½), summed as logarithms; 1 without any.

    Raises:
        ValueError: a negative count.
    """
    counts(wins=wins, losses=losses)
    n, fewer = wins + losses, min(wins, losses)
    log_p = 0.0
    if n and wins != losses:
        # P(k) / P(k+1) = (k+1) / (n-k): from the largest term down, until nothing more adds up.
        k = np.arange(fewer, max(0, fewer - _reach(n)), -1, dtype=np.float64)
        steps = np.concatenate([[0.0], np.cumsum(np.log(k) - np.log(n - k + 1))])
        log_p = min(0.0, math.log(2) + log_binomial_pmf(fewer, n, 0.5) + log_sum(steps))
    return SignTest(wins=wins, losses=losses, p_value=math.exp(log_p), log_p_value=log_p)


def _reach(n: int) -> int:
    """Standard deviations of the binomial are √n / 2: terms beyond 40 of them are below the last digit."""
    return 20 * math.isqrt(n) + 100


def binomial_test(successes: int, n: int, p: float) -> float:
    """Exact two-sided p-value: the sum of all outcomes that are no more likely than the observed one.

    Raises:
        ValueError: p outside (0, 1), or counts that are none.
    """
    counts(successes=successes, rest=n - successes)
    if not 0 < p < 1:
        raise ValueError(f"p {p} is not between 0 and 1")
    if n == 0:
        return 1.0
    log_pmf = _log_pmf(n, p)
    as_rare = log_pmf <= log_pmf[successes] + _TIED
    return min(1.0, math.exp(log_sum(log_pmf[as_rare])))


def _log_pmf(n: int, p: float) -> Floats:
    """(n + 1,), summed up from the mode outwards so that its errors are smallest where the mass is."""
    mode = min(n, int((n + 1) * p))
    k = np.arange(1, n + 1, dtype=np.float64)
    steps = np.log(n - k + 1) - np.log(k) + math.log(p) - math.log1p(-p)
    out = np.empty(n + 1)
    out[mode] = log_binomial_pmf(mode, n, p)
    out[mode + 1 :] = out[mode] + np.cumsum(steps[mode:])
    out[:mode] = out[mode] - np.cumsum(steps[:mode][::-1])[::-1]
    return out


def sample_ratio(
    observed: tuple[int, ...], ratio: tuple[float, ...] | None = None, *, alpha: float = MISMATCH_ALPHA
) -> SampleRatio:
    """Whether the arms got the share of rows that `ratio` (equal shares by default) foresees.

    Exact for two arms up to a million rows, else Pearson's chi-square. Without rows there is no mismatch.

    Raises:
        ValueError: fewer than two arms, a ratio of another length, or one that is not finite and positive.
    """
    counts(**{f"arm {i}": one for i, one in enumerate(observed)})
    shares = finite(ratio if ratio is not None else [1.0] * len(observed), "ratio")
    if len(observed) < 2 or len(shares) != len(observed) or bool((shares <= 0).any()):
        raise ValueError("a ratio needs a positive share for each of at least two arms")
    n = sum(observed)
    shares = shares / shares.sum()
    expected = shares * n
    if n == 0:
        p_value = 1.0
    elif len(observed) == 2 and n <= _MOST_EXACT:
        p_value = binomial_test(observed[0], n, float(shares[0]))
    else:
        distance = float(((np.asarray(observed) - expected) ** 2 / expected).sum())
        p_value = chi_square_survival(distance, len(observed) - 1)
    return SampleRatio(observed=observed, expected=tuple(expected.tolist()), p_value=p_value, mismatch=p_value < alpha)
