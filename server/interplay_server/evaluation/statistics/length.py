"""The win rate if both answers were equally long, and how often the longer one wins."""

import math
from collections.abc import Hashable, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap, Interval, finite
from interplay_server.evaluation.statistics.proportions import proportion
from interplay_server.evaluation.statistics.special import Floats, two_sided_t

LEAST_ROWS = 10
_MOST_STEPS = 200
_ENOUGH = 1e-10


class LengthControlled(msgspec.Struct, frozen=True, kw_only=True):
    win_rate: Estimate
    """Ties split; `n` is the number of clusters."""
    slope: float | None = None
    """Log odds that a win gains where the answer is longer by the root mean square difference; > 0 favours length."""
    slope_interval: Interval | None = None


def longer_wins(verdicts: ArrayLike, differences: ArrayLike, confidence: float = CONFIDENCE) -> Estimate:
    """Share of decisive pairs of unequal length that the longer answer wins, with its Wilson interval over pairs.

    Args:
        verdicts: (n,) positive for a win, negative for a loss, 0 for a tie.
        differences: (n,) length of the one that wins at a positive verdict, minus the length of the other.
        confidence: of the interval.

    Raises:
        ValueError: NaN, or different lengths.
    """
    y, d = _checked(verdicts, differences)
    both = np.sign(y) * np.sign(d)
    return proportion(int((both > 0).sum()), int((both != 0).sum()), confidence)


def length_controlled(
    verdicts: ArrayLike,
    differences: ArrayLike,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
) -> LengthControlled:
    """Logistic regression of the verdict on tanh(difference / root mean square), read at a difference of 0.

    The idea and the tanh are those of AlpacaEval 2 (Dubois et al., 2024). Firth's (1993) penalty keeps the weights
    finite where length separates wins from losses. Interval: delta method on the logit scale, sandwich variance by
    cluster (CR1), t with clusters - 1 degrees of freedom. Without any difference in length it is the win rate itself.

    Args:
        verdicts: (n,) positive for a win, negative for a loss, 0 for a tie, which counts as half of either.
        differences: (n,) of length, in any unit, of the one that wins at a positive verdict minus the other.
        clusters: session or user of each row; each row its own by default.
        confidence: of the intervals.

    Returns:
        No value below `LEAST_ROWS` rows (TOO_FEW), with one cluster (ONE_CLUSTER), or where all rows have the same
        difference, which tells nothing about 0 (NO_SPREAD).

    Raises:
        ValueError: NaN, or different lengths.
    """
    y, d = _checked(verdicts, differences)
    y = (np.sign(y) + 1) / 2
    number: dict[Hashable, int] = {}
    member = np.array(
        [number.setdefault(one, len(number)) for one in (range(y.size) if clusters is None else clusters)]
    )
    if member.size != y.size:
        raise ValueError("each row needs its cluster")
    scale = math.sqrt(float((d**2).mean())) if d.size else 0.0
    gap = None
    if y.size < LEAST_ROWS:
        gap = Gap.TOO_FEW if y.size else Gap.NO_DATA
    elif len(number) == 1:
        gap = Gap.ONE_CLUSTER
    elif scale and float(np.ptp(d)) < 1e-12 * scale:
        gap = Gap.NO_SPREAD
    if gap is not None:
        return LengthControlled(win_rate=Estimate(value=None, n=len(number), method="firth", gap=gap))
    rows = np.ones((y.size, 1)) if not scale else np.column_stack([np.ones(y.size), np.tanh(d / scale)])
    weights = firth(rows, y)
    errors = _clustered_errors(rows, y, weights, member)
    reach = two_sided_t(confidence, len(number) - 1)
    at, half = float(weights[0]), reach * float(errors[0])
    interval = Interval(_logistic(at - half), _logistic(at + half), confidence)
    win_rate = Estimate(value=_logistic(at), n=len(number), interval=interval, method="firth")
    if not scale:
        return LengthControlled(win_rate=win_rate)
    unit = math.tanh(1)
    slope, half = unit * float(weights[1]), unit * reach * float(errors[1])
    return LengthControlled(
        win_rate=win_rate, slope=slope, slope_interval=Interval(slope - half, slope + half, confidence)
    )


def firth(rows: Floats, outcomes: Floats) -> Floats:
    """Weights (k,) that maximise the log likelihood plus ½ log det of the information (Firth, 1993).

    Args:
        rows: (n, k) of full rank.
        outcomes: (n,) in [0, 1]; a half is half a success and half a failure.
    """
    weights = np.zeros(rows.shape[1])
    reached = _penalised(rows, outcomes, weights)
    for _ in range(_MOST_STEPS):
        p = _share(rows @ weights)
        information = (rows.T * (p * (1 - p))) @ rows
        inverse = np.linalg.inv(information)
        leverage = p * (1 - p) * ((rows @ inverse) * rows).sum(1)
        step = inverse @ (rows.T @ (outcomes - p + leverage * (0.5 - p)))
        while True:
            there = _penalised(rows, outcomes, weights + step)
            if there >= reached - 1e-12 or float(np.abs(step).max()) < _ENOUGH:
                break
            step = step / 2
        weights, reached = weights + step, there
        if float(np.abs(step).max()) < _ENOUGH:
            break
    return weights


def _penalised(rows: Floats, outcomes: Floats, weights: Floats) -> float:
    at = rows @ weights
    p = _share(at)
    sign, log_det = np.linalg.slogdet((rows.T * (p * (1 - p))) @ rows)
    likelihood = float((outcomes * at - np.logaddexp(0, at)).sum())
    return likelihood + 0.5 * float(log_det) if sign > 0 else -math.inf


def _clustered_errors(
    rows: Floats, outcomes: Floats, weights: Floats, member: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Floats:
    p = _share(rows @ weights)
    inverse = np.linalg.inv((rows.T * (p * (1 - p))) @ rows)
    clusters = int(member.max()) + 1
    scores = np.zeros((clusters, rows.shape[1]))
    np.add.at(scores, member, rows * (outcomes - p)[:, None])
    spread = inverse @ (scores.T @ scores) @ inverse * (clusters / (clusters - 1))
    made: Floats = np.sqrt(np.diag(spread))
    return made


def _checked(verdicts: ArrayLike, differences: ArrayLike) -> tuple[Floats, Floats]:
    y, d = finite(verdicts, "verdict"), finite(differences, "difference")
    if y.shape != d.shape or y.ndim != 1:
        raise ValueError("each verdict needs a difference in length")
    return y, d


def _share(at: Floats) -> Floats:
    made: Floats = 1 / (1 + np.exp(-np.clip(at, -500, 500)))
    return made


def _logistic(at: float) -> float:
    return float(_share(np.array([at]))[0])
