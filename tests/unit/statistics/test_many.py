"""Adjusted p-values, numbers of pairs, and repeated trials."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.estimates import Gap
from interplay_server.evaluation.statistics.multiplicity import benjamini_hochberg, holm
from interplay_server.evaluation.statistics.planning import pairs_needed
from interplay_server.evaluation.statistics.signs import sign_test
from interplay_server.evaluation.statistics.trials import pass_at, pass_hat, pass_hat_over_tasks
from scipy import stats
from statsmodels.stats.multitest import multipletests

P_VALUES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.01, 0.5])), min_size=1, max_size=30)


@given(P_VALUES)
def test_adjusted_p_values(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


@pytest.mark.parametrize("seed", range(10))
def test_holm(seed):
    p_values = np.random.default_rng(seed).random(3 * seed + 1) ** 3
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_no_p_values():
    assert benjamini_hochberg([]).size == holm([]).size == 0


@pytest.mark.parametrize("bad", [[math.nan], [-0.1], [0.2, 1.01]])
def test_what_is_no_p_value_is_refused(bad):
    for adjust in (benjamini_hochberg, holm):
        with pytest.raises(ValueError, match="p-value"):
            adjust(bad)


@pytest.mark.parametrize(("win", "votes"), [(0.52, 4904), (0.55, 783), (0.6, 194), (0.65, 85)])
def test_pairs_needed(win, votes):
    made = pairs_needed(win)
    assert made.decisive == made.pairs == votes
    assert pairs_needed(1 - win) == made
    assert pairs_needed(win, tie_rate=0.45, pairs_per_vote=3).pairs == pytest.approx(votes * 3 / 0.55, abs=6)


@pytest.mark.parametrize("win", [0.55, 0.6, 0.65, 0.8])
def test_that_many_votes_have_about_the_power(win):
    """Exact, of the exact test, which is a little weaker than the z test that the formula is for."""
    n = pairs_needed(win).decisive
    power = sum(stats.binom.pmf(k, n, win) for k in range(n + 1) if sign_test(k, n - k).p_value < 0.05)
    assert 0.7 < power < 0.83


def test_no_number_would_do():
    assert pairs_needed(0.5).gap is Gap.NO_SPREAD
    assert pairs_needed(None).gap is Gap.NO_DATA
    assert pairs_needed(0.6, tie_rate=1).gap is Gap.NO_DATA
    assert pairs_needed(0.5).pairs is pairs_needed(None).pairs is None


def test_even_certainty_needs_as_many_as_an_exact_test():
    n = pairs_needed(1.0).decisive
    assert sign_test(n, 0).p_value <= 0.05 < sign_test(n - 1, 0).p_value


@pytest.mark.parametrize(
    "bad", [{"win_rate": 1.1}, {"win_rate": math.nan}, {"tie_rate": math.nan}, {"tie_rate": 1.2}, {"pairs_per_vote": 0.5},
            {"alpha": 0}, {"power": math.nan}]
)  # fmt: skip
def test_plans_out_of_range_are_refused(bad):
    with pytest.raises(ValueError, match=r"range|between"):
        pairs_needed(**({"win_rate": 0.6} | bad))


@pytest.mark.parametrize("n", [1, 3, 5])
def test_repeated_trials_by_listing_all_choices(n):
    for successes in range(n + 1):
        rows = [1] * successes + [0] * (n - successes)
        for k in range(1, n + 1):
            chosen = list(itertools.combinations(rows, k))
            assert pass_hat(n, successes, k) == pytest.approx(np.mean([all(one) for one in chosen]))
            assert pass_at(n, successes, k) == pytest.approx(np.mean([any(one) for one in chosen]))


def test_repeated_trials_are_unbiased():
    share = 0.7
    weights = stats.binom.pmf(np.arange(9), 8, share)
    for k in (1, 2, 4):
        assert weights @ [pass_hat(8, c, k) for c in range(9)] == pytest.approx(share**k)


def test_trials_over_tasks():
    made = pass_hat_over_tasks([(4, 4), (4, 3), (4, 0), (5, 5)], 2)
    assert made.value == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert 0 <= made.interval.low < made.value < made.interval.high <= 1
    assert pass_hat_over_tasks([], 1).gap is Gap.NO_DATA
    for bad in ((4, 5, 1), (4, 2, 0), (4, 2, 5), (4, -1, 1)):
        with pytest.raises(ValueError, match="trials"):
            pass_hat(*bad)
