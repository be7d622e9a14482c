"""What the benchmark computes by itself: areas, intervals, the sign test, and that absent data are named."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from tests.bench.evaluation_quality import auc, auc_interval, corrections, measure, sign_test, wilson


def test_auc_is_the_share_of_ordered_pairs():
    random = np.random.default_rng(5)
    scores, labels = random.integers(0, 6, 60).astype(float), random.random(60) < 0.3
    pairs = itertools.product(scores[labels], scores[~labels])
    brute = np.mean([1.0 if one > other else 0.5 if one == other else 0.0 for one, other in pairs])
    assert auc(scores, labels) == pytest.approx(brute)
    assert math.isnan(auc(scores, np.zeros(60, bool)))


def test_intervals_hold_the_figure_and_widen_with_clusters():
    random = np.random.default_rng(6)
    groups = np.repeat(np.arange(20), 10)
    labels = np.repeat(random.random(20) < 0.5, 10)
    scores = labels + np.repeat(random.normal(size=20), 10) + 0.1 * random.normal(size=200)
    low, high = auc_interval(list(scores), list(labels), list(groups))
    alone_low, alone_high = auc_interval(list(scores), list(labels), range(200))
    assert low <= auc(scores, labels) <= high
    assert high - low > alone_high - alone_low


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (1, 0), (18, 10), (22, 11), (50, 50), (3, 40)])
def test_against_libraries(wins, losses):
    n = wins + losses
    if n:
        assert sign_test(wins, losses) == pytest.approx(stats.binomtest(wins, n).pvalue)
        assert wilson(wins, n) == pytest.approx(proportion_confint(wins, n, method="wilson"), abs=1e-6)
    else:
        assert (sign_test(0, 0), wilson(0, 0)) == (1.0, (0.0, 1.0))


def test_absent_data_are_named(tmp_path):
    rows = measure(tmp_path)
    assert [row.what for row in rows[:-1]] == ["tau_bench", "taskmaster4", "polite_pairs", "star", "arena_hard"]
    assert all(row.figure.startswith("skipped: no data") for row in rows[:-1])


def test_corrective_sessions_of_the_developer_half():
    precision, recall = map(float, corrections("dev").figure.split(" / "))
    assert precision >= 0.95
    assert recall >= 0.9
