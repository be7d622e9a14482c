"""Distribution functions against scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics import special
from scipy import stats


@pytest.mark.parametrize("freedom", [1, 2, 3, 7, 30, 200, 5000])
@pytest.mark.parametrize("x", [1e-8, 0.1, 1, 3.84, 20, 150, 900, 5200])
def test_chi_square_survival(x, freedom):
    assert special.chi_square_survival(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-9, abs=1e-13)


@given(a=st.floats(0.05, 500), b=st.floats(0.05, 500), x=st.floats(0, 1))
def test_beta_cdf(a, b, x):
    assert special.beta_cdf(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("freedom", [1, 1.5, 2, 4.7, 9, 30, 1000, 1e6, 1e8])
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.999])
def test_student(freedom, confidence):
    t = special.two_sided_t(confidence, freedom)
    assert t == pytest.approx(stats.t.ppf((1 + confidence) / 2, freedom), rel=1e-6)
    assert special.student_two_sided(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-6)


@given(st.floats(-40, 40))
def test_normal_two_sided(z):
    assert special.normal_two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-10, abs=1e-300)


@given(k=st.integers(0, 2000), rest=st.integers(0, 2000), p=st.floats(0.001, 0.999))
def test_log_binomial_pmf(k, rest, p):
    expected = stats.binom.logpmf(k, k + rest, p)
    assert special.log_binomial_pmf(k, k + rest, p) == pytest.approx(expected, rel=1e-9, abs=1e-8)


@given(st.lists(st.floats(-800, 800), min_size=1, max_size=30))
def test_log_sum(terms):
    assert special.log_sum(np.array(terms)) == pytest.approx(np.logaddexp.reduce(terms), abs=1e-9)


def test_the_ends_of_the_ranges():
    assert special.gamma_survival(2, 0) == 1
    assert (special.beta_cdf(0, 2, 3), special.beta_cdf(1, 2, 3)) == (0, 1)


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 2, math.nan])
def test_a_confidence_lies_between_0_and_1(confidence):
    with pytest.raises(ValueError, match="confidence"):
        special.two_sided_z(confidence)
