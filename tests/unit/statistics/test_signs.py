"""Exact tests against scipy."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.signs import binomial_test, sample_ratio, sign_test
from scipy import stats


@given(wins=st.integers(0, 3000), losses=st.integers(0, 3000))
def test_sign_test(wins, losses):
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses).p_value == pytest.approx(expected, rel=1e-8, abs=1e-250)


@pytest.mark.parametrize("wins", [0, 1, 250_000, 498_000, 499_000, 499_900, 500_000])
def test_sign_test_of_a_million(wins):
    made = sign_test(wins, 10**6 - wins)
    expected = min(0.0, math.log(2) + stats.binom.logcdf(wins, 10**6, 0.5))
    if math.isfinite(expected):
        assert made.log_p_value == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert made.p_value == pytest.approx(math.exp(made.log_p_value))


def test_the_logarithm_does_not_underflow():
    made = sign_test(0, 5000)
    assert made.p_value == 0
    assert made.log_p_value == pytest.approx(math.log(2) * (1 - 5000))


@settings(max_examples=60)
@given(n=st.integers(0, 2000), share=st.floats(0, 1), p=st.floats(0.01, 0.99))
def test_binomial_test(n, share, p):
    k = round(n * share)
    expected = stats.binomtest(k, n, p).pvalue if n else 1.0
    assert binomial_test(k, n, p) == pytest.approx(expected, rel=1e-6, abs=1e-250)


@pytest.mark.parametrize(("observed", "ratio"), [((510, 490, 450), (1, 1, 1)), ((9, 2, 14, 5), (4, 1, 4, 1))])
def test_sample_ratio_of_several_arms(observed, ratio):
    expected = [sum(observed) * one / sum(ratio) for one in ratio]
    assert sample_ratio(observed, ratio).p_value == pytest.approx(stats.chisquare(observed, expected).pvalue)


def test_sample_ratio_of_two_arms():
    assert not sample_ratio((5050, 4950)).mismatch
    made = sample_ratio((5300, 4700))
    assert made.mismatch
    assert made.p_value == pytest.approx(stats.binomtest(5300, 10_000).pvalue, rel=1e-6)
    assert sample_ratio((8000, 2000), (4, 1)).p_value > 0.9
    assert sample_ratio((8200, 1800), (4, 1)).mismatch
    assert sample_ratio((700_100, 699_900)).p_value == pytest.approx(stats.chisquare([700_100, 699_900]).pvalue)


def test_sample_ratio_without_rows_is_no_mismatch():
    made = sample_ratio((0, 0))
    assert (made.p_value, made.mismatch) == (1, False)


@pytest.mark.parametrize(
    ("observed", "ratio"),
    [((5,), None), ((5, 5), (1, 1, 1)), ((5, 5), (1, 0)), ((5, 5), (1, math.nan)), ((-1, 5), None)],
)
def test_no_ratio(observed, ratio):
    with pytest.raises(ValueError, match=r"ratio|count"):
        sample_ratio(observed, ratio)


def test_a_share_to_test_lies_between_0_and_1():
    for p in (0, 1, math.nan):
        with pytest.raises(ValueError, match="between"):
            binomial_test(1, 2, p)
    with pytest.raises(ValueError, match="count"):
        sign_test(-1, 3)
