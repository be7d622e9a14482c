"""A win rate that may be looked at after every vote: the beta-binomial mixture e-process and its confidence sequence.

For votes with win probability p, M_n(p) = B(a + wins, b + losses) / B(a, b) / (p^wins (1-p)^losses) is a martingale
that starts at 1, whatever the rule of stopping; by Ville's inequality it ever reaches 1/alpha with probability ≤ alpha
(Robbins, 1970; Ramdas et al., Game-theoretic statistics and safe anytime-valid inference, 2023). The e-value is M_n(½),
the confidence sequence at n is {p: M_n(p) < 1/alpha}. Both stand for the votes until n, without the running
intersection unless it is asked for, so that a rate that drifted away is not held up by what was seen long ago.

Ties are no votes. Votes have to be independent: one a session or a user (`votes.py`).
"""

import math
import sys

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Interval, counts, finite
from interplay_server.evaluation.statistics.special import Floats, checked_confidence, log_beta

_LARGEST = math.log(sys.float_info.max)
_MOST_STEPS = 200
_ENOUGH = 1e-13


class Mixture(msgspec.Struct, frozen=True):
    """Beta(a, b) over the win rate; the default is most sensitive to rates of 40 to 60 %.

    Raises:
        ValueError: unless both are finite and positive.
    """

    a: float = 10.0
    b: float = 10.0

    def __post_init__(self) -> None:
        if not (0 < self.a < math.inf and 0 < self.b < math.inf):
            raise ValueError(f"Beta({self.a}, {self.b}) is no distribution")


DEFAULT_MIXTURE = Mixture()


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is known after `n` votes; with none the rate is None, the e-value 1 and the interval [0, 1]."""

    n: int
    wins: int
    rate: float | None
    interval: Interval
    e_value: float
    """Evidence against equal chances, at most the largest double."""
    log_e_value: float
    """Natural logarithm."""

    @property
    def p_value(self) -> float:
        """Valid at whatever vote one stops."""
        return min(1.0, math.exp(-self.log_e_value))


def look(
    wins: int, losses: int, *, confidence: float = CONFIDENCE, null: float = 0.5, mixture: Mixture = DEFAULT_MIXTURE
) -> Look:
    """E-value against the win rate `null`, and the confidence sequence at this number of votes.

    Raises:
        ValueError: a negative count, `null` or `confidence` outside (0, 1).
    """
    counts(wins=wins, losses=losses)
    _checked_null(null)
    n = wins + losses
    log_e = _log_mixture(wins, losses, mixture) - wins * math.log(null) - losses * math.log1p(-null)
    low, high = _sequence(
        np.array([wins], np.float64), np.array([losses], np.float64), confidence=confidence, mixture=mixture
    )
    return Look(
        n=n,
        wins=wins,
        rate=wins / n if n else None,
        interval=Interval(float(low[0]), float(high[0]), confidence),
        e_value=math.exp(min(log_e, _LARGEST)),
        log_e_value=log_e,
    )


def path(
    votes: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
    running: bool = False,
    mixture: Mixture = DEFAULT_MIXTURE,
) -> list[Look]:
    """A look after each decisive vote, in the order of time.

    Args:
        votes: (n,) positive for a win, negative for a loss; zeros are ties and left out.
        confidence: of the sequence, for all looks together.
        running: intersect each interval with those before. It is narrower and as valid for one constant rate; low >
            high then says that the rate was not constant.
        mixture: over the win rate.

    Raises:
        ValueError: a vote that is NaN.
    """
    signs = finite(votes, "vote")
    won = signs[signs != 0] > 0
    wins = np.cumsum(won).astype(np.float64)
    losses = np.arange(1, won.size + 1) - wins
    low, high = _sequence(wins, losses, confidence=confidence, mixture=mixture)
    if running:
        low, high = np.maximum.accumulate(low), np.minimum.accumulate(high)
    logs = log_e_values(won, mixture=mixture)
    return [
        Look(
            n=i + 1,
            wins=int(wins[i]),
            rate=float(wins[i]) / (i + 1),
            interval=Interval(float(low[i]), float(high[i]), confidence),
            e_value=math.exp(min(float(logs[i]), _LARGEST)),
            log_e_value=float(logs[i]),
        )
        for i in range(won.size)
    ]


def log_e_values(won: NDArray[np.bool_], *, null: float = 0.5, mixture: Mixture = DEFAULT_MIXTURE) -> Floats:
    """Logarithms of M_n(null) after each decisive vote: votes run along the last axis, the shape is kept.

    Each vote multiplies M by its predictive probability over its probability under the null.
    """
    _checked_null(null)
    before = np.arange(won.shape[-1], dtype=np.float64)
    wins: Floats = (np.cumsum(won, axis=-1) - won).astype(np.float64)
    predicted = np.where(won, mixture.a + wins, mixture.b + before - wins) / (mixture.a + mixture.b + before)
    total: Floats = np.cumsum(np.log(predicted / np.where(won, null, 1 - null)), axis=-1)
    return total


def _log_mixture(wins: float, losses: float, mixture: Mixture) -> float:
    return log_beta(mixture.a + wins, mixture.b + losses) - log_beta(mixture.a, mixture.b)


def _sequence(wins: Floats, losses: Floats, *, confidence: float, mixture: Mixture) -> tuple[Floats, Floats]:
    """Lower and upper ends for each pair of counts."""
    limit = -math.log(1 - checked_confidence(confidence))
    marginal = np.array([_log_mixture(s, f, mixture) for s, f in zip(wins, losses, strict=True)])
    return _low(wins, losses, marginal - limit), 1 - _low(losses, wins, marginal - limit)


def _low(wins: Floats, losses: Floats, level: Floats) -> Floats:
    """The lower p with wins log p + losses log(1-p) = level; 0 without wins.

    In the logit the left side is concave and the level below its maximum: Newton's steps from where even wins log p
    alone is below the level only go up, and never past the solution.
    """
    n, some = wins + losses, np.maximum(wins, 1)
    at = level / some
    for _ in range(_MOST_STEPS):
        short = level - wins * at + n * np.logaddexp(0, at)
        slope = wins - n / (1 + np.exp(-at))
        step = np.divide(short, slope, out=np.zeros_like(at), where=(short > 0) & (slope > 0))
        at = at + step
        if not (step > _ENOUGH * (1 + np.abs(at))).any():
            break
    made: Floats = np.where(wins > 0, 1 / (1 + np.exp(-at)), 0.0)
    return made


def _checked_null(null: float) -> None:
    if not 0 < null < 1:
        raise ValueError(f"null {null} is not between 0 and 1")
