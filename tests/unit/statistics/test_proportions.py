"""Shares and means, against statsmodels and scipy, and their coverage."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.estimates import Gap, Interval
from interplay_server.evaluation.statistics.proportions import compare_proportions, mean, proportion, wilson
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from tests.bench.statistics import difference_coverage, error, mean_coverage, wald_coverage, wilson_coverage


@given(n=st.integers(1, 5000), share=st.floats(0, 1), confidence=st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_wilson(n, share, confidence):
    successes = round(n * share)
    made = wilson(successes, n, confidence)
    low, high = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    assert (made.low, made.high) == pytest.approx((low, high), abs=1e-9)
    assert 0 <= made.low <= successes / n <= made.high <= 1


def test_without_rows_nothing_is_known():
    assert wilson(0, 0) == Interval(0.0, 1.0)
    made = proportion(0, 0)
    assert (made.value, made.gap, made.interval) == (None, Gap.NO_DATA, Interval(0.0, 1.0))


@pytest.mark.parametrize("given_", [(math.nan, 3), (1, math.nan), (-1, 3), (4, 3), (1, math.inf)])
def test_what_is_no_count_is_refused(given_):
    with pytest.raises(ValueError, match=r"count|among"):
        wilson(*given_)


@given(st.data())
def test_difference_of_shares(data):
    n, m = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 300))
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    made = compare_proportions(x, n, y, m)
    low, high = confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff")
    assert (made.interval.low, made.interval.high) == pytest.approx((low, high), abs=1e-9)
    assert made.difference in made.interval
    if 0 < x + y < n + m:
        assert made.p_value == pytest.approx(proportions_ztest([x, y], [n, m])[1], rel=1e-9, abs=1e-15)
    else:
        assert made.p_value == 1


def test_an_empty_side_has_no_difference():
    made = compare_proportions(0, 0, 3, 5)
    assert made.difference is made.interval is made.p_value is None


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=40).filter(lambda rows: max(rows) - min(rows) > 1e-3))
def test_mean(rows):
    made = mean(rows)
    low, high = stats.t.interval(0.95, len(rows) - 1, stats.tmean(rows), stats.sem(rows))
    assert (made.interval.low, made.interval.high) == pytest.approx((low, high), rel=1e-6, abs=1e-6)


def test_means_that_have_no_interval():
    assert (mean([]).value, mean([]).gap) == (None, Gap.NO_DATA)
    assert (mean([3]).value, mean([3]).interval, mean([3]).gap) == (3, None, Gap.ONE_VALUE)
    assert (mean([2, 2, 2]).interval, mean([2, 2, 2]).gap) == (None, Gap.NO_SPREAD)
    with pytest.raises(ValueError, match="finite"):
        mean([1, math.nan])


def test_wilson_covers_where_wald_does_not():
    assert wilson_coverage(20, 0.9) == pytest.approx(0.957, abs=0.001)
    assert wald_coverage(20, 0.9) == pytest.approx(0.876, abs=0.001)
    covered = [wilson_coverage(n, p) for n in (10, 30, 100) for p in (0.1, 0.3, 0.5, 0.8, 0.95)]
    assert min(covered) > 0.9
    assert 0.94 < sum(covered) / len(covered) < 0.965


def test_difference_and_mean_cover():
    runs = 2000
    allowed = 3 * error(0.95, runs)
    assert difference_coverage(runs, 30, 0.7, 0.5) == pytest.approx(0.95, abs=0.01 + allowed)
    assert mean_coverage(runs, 20) == pytest.approx(0.95, abs=0.01 + allowed)
