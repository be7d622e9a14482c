"""Probabilities and rankings, by independent code."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.calibration import auc, calibration
from interplay_server.evaluation.statistics.estimates import Gap
from scipy import stats

from tests.bench.statistics import auc_coverage, error

ROWS = st.lists(
    st.tuples(st.sampled_from([0, 0.05, 0.1, 0.3, 0.35, 0.5, 0.72, 1.0]), st.integers(0, 1)), min_size=1, max_size=60
)


@given(ROWS)
def test_auc_is_the_mann_whitney_statistic(rows):
    scores, outcomes = map(np.array, zip(*rows, strict=True))
    made = auc(scores, outcomes)
    positive, negative = scores[outcomes == 1], scores[outcomes == 0]
    if not len(positive) or not len(negative):
        assert (made.value, made.gap) == (None, Gap.ONE_CLASS)
        return
    u = stats.mannwhitneyu(positive, negative).statistic
    assert made.value == pytest.approx(u / len(positive) / len(negative))
    assert 0 <= made.interval.low <= made.value + 1e-9
    assert made.value - 1e-9 <= made.interval.high <= 1
    assert made.interval.low < made.interval.high


def test_delong_by_its_definition():
    chance = np.random.default_rng(3)
    y = np.repeat([0, 1], [30, 20])
    score = np.round(chance.normal(y, 1), 1)
    above = (score[30:, None] > score[:30]) + 0.5 * (score[30:, None] == score[:30])
    variance = above.mean(1).var(ddof=1) / 20 + above.mean(0).var(ddof=1) / 30
    value = above.mean()
    half = 1.959964 * math.sqrt(variance) / (value * (1 - value))
    ends = [1 / (1 + math.exp(-(math.log(value / (1 - value)) + side * half))) for side in (-1, 1)]
    made = auc(score, y)
    assert (made.interval.low, made.interval.high) == pytest.approx(ends, rel=1e-5)


def test_classes_that_lie_apart_are_not_certain():
    made = auc([0.1, 0.2, 0.3, 0.8, 0.9], [0, 0, 0, 1, 1])
    assert (made.value, made.method, made.interval.high) == (1, "newcombe", 1)
    assert made.interval.low < 0.8
    assert auc(np.arange(400), np.arange(400) >= 200).interval.low > 0.97
    assert auc([], []).gap is Gap.NO_DATA


def test_auc_covers():
    runs = 1500
    for n in (40, 200):
        assert auc_coverage(runs, n) == pytest.approx(0.95, abs=0.02 + 2 * error(0.95, runs))


@given(ROWS, st.integers(1, 15))
def test_calibration(rows, bins):
    p, y = (np.array(part, float) for part in zip(*rows, strict=True))
    made = calibration(p, y, bins=bins)
    assert made.brier == pytest.approx(np.mean((p - y) ** 2))
    assert sum(one.n for one in made.bins) == made.n == len(rows)
    gap = 0.0
    for i, one in enumerate(made.bins):
        inside = (np.floor(p * bins) == i) | ((i == bins - 1) & (p == 1))
        assert one.n == inside.sum()
        if one.n:
            assert one.observed == pytest.approx(y[inside].mean())
            assert one.forecast == pytest.approx(p[inside].mean())
            assert one.observed in one.interval
            gap += one.n * abs(y[inside].mean() - p[inside].mean())
        else:
            assert (one.observed, one.forecast) == (None, None)
    assert made.error == pytest.approx(gap / len(rows))


def test_known_forecasts():
    assert calibration([1, 0, 1], [1, 0, 1]).brier == calibration([1, 0], [1, 0]).error == 0
    assert calibration([0.5] * 4, [0, 1, 1, 0]).brier == 0.25
    made = calibration([], [])
    assert (made.n, made.brier, made.error) == (0, None, None)


@pytest.mark.parametrize("bad", [([0.5], [2]), ([1.2], [1]), ([math.nan], [1]), ([0.5], [math.nan]), ([0.5, 0.5], [1])])
def test_bad_rows_are_refused(bad):
    with pytest.raises(ValueError, match=r"finite|outcome"):
        calibration(*bad)
    if bad != ([1.2], [1]):
        with pytest.raises(ValueError, match=r"finite|outcome"):
            auc(*bad)


def test_no_bins():
    with pytest.raises(ValueError, match="bins"):
        calibration([0.5], [1], bins=0)
