"""Experiments: clustered errors against statsmodels, and their error rates."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from interplay_server.evaluation.statistics.estimates import Gap
from interplay_server.evaluation.statistics.lift import by_user, clustered_mean, lift
from scipy import stats

from tests.bench.statistics import error, lift_coverage


def sessions(users, rate, seed):
    chance = np.random.default_rng(seed)
    n = chance.integers(1, 7, users)
    user = np.repeat(np.arange(users), n)
    return user, (chance.random(len(user)) < np.repeat(chance.beta(4 * rate, 4 * (1 - rate), users), n)).astype(float)


def test_errors_are_those_of_a_clustered_regression():
    """CR0 of statsmodels, arm by arm, times users / (users - 1)."""
    (user_t, y_t), (user_c, y_c) = sessions(40, 0.6, 1), sessions(25, 0.5, 2)
    made = lift(by_user(user_t, y_t), by_user(user_c, y_c))
    errors = []
    for user, y in ((user_t, y_t), (user_c, y_c)):
        fit = sm.OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": user, "use_correction": False})
        users = len(np.unique(user))
        errors.append(fit.bse[0] * math.sqrt(users / (users - 1)))
    total = math.hypot(*errors)
    freedom = total**4 / (errors[0] ** 4 / 39 + errors[1] ** 4 / 24)
    difference = y_t.mean() - y_c.mean()
    assert made.difference == pytest.approx(difference)
    assert made.relative == pytest.approx(difference / y_c.mean())
    assert made.p_value == pytest.approx(2 * stats.t.sf(abs(difference) / total, freedom))
    reach = stats.t.ppf(0.975, freedom) * total
    assert (made.interval.low, made.interval.high) == pytest.approx((difference - reach, difference + reach))


def test_a_row_a_user_is_welch():
    chance = np.random.default_rng(3)
    one, two = chance.normal(5, 2, 30), chance.normal(4, 1, 20)
    made = lift((one, np.ones(30)), (two, np.ones(20)))
    theirs = stats.ttest_ind(one, two, equal_var=False)
    assert made.p_value == pytest.approx(theirs.pvalue)
    assert (made.interval.low, made.interval.high) == pytest.approx(tuple(theirs.confidence_interval()))
    alone = clustered_mean(one, np.ones(30))
    assert (alone.interval.low, alone.interval.high) == pytest.approx(
        stats.t.interval(0.95, 29, one.mean(), stats.sem(one))
    )


def test_ratios_of_two_metrics():
    totals, sizes = by_user(["b", "a", "b"], [30, 10, 20], [2, 1, 3])
    assert (totals.tolist(), sizes.tolist()) == ([10, 50], [1, 5])
    assert clustered_mean(totals, sizes).value == 10
    assert clustered_mean([10, 50], [1, 6]).value == 60 / 7


def test_where_there_is_no_interval():
    assert clustered_mean([], []).gap is Gap.NO_DATA
    assert clustered_mean([3], [4]).gap is Gap.ONE_CLUSTER
    assert clustered_mean([2, 4], [4, 8]).gap is Gap.NO_SPREAD
    some = ([1, 3, 0], [2, 3, 1])
    assert lift(([], []), some).gap is Gap.NO_DATA
    assert lift(([3], [4]), some).gap is Gap.ONE_CLUSTER
    both = lift(([2, 4], [4, 8]), ([1, 1], [1, 1]))
    assert (both.difference, both.interval, both.p_value, both.gap) == (-0.5, None, None, Gap.NO_SPREAD)
    one = lift(([2, 4], [4, 8]), some)
    assert one.interval is not None
    assert one.gap is None
    assert lift(some, ([0, 0], [3, 4])).relative is None


@pytest.mark.parametrize("bad", [([math.nan], [1]), ([1], [math.inf]), ([1, 2], [1]), ([1], [-1])])
def test_bad_rows_are_refused(bad):
    with pytest.raises(ValueError, match=r"finite|needs"):
        clustered_mean(*bad)


def test_users_without_sessions_do_not_count():
    assert clustered_mean([1, 0, 2], [2, 0, 2]).n == 2


@pytest.mark.parametrize("users", [20, 100])
def test_error_rates(users):
    runs = 1500
    covered, positives = lift_coverage(runs, users)
    allowed = 3 * error(0.05, runs)
    assert covered == pytest.approx(0.95, abs=0.01 + allowed)
    assert positives <= 0.05 + 0.01 + allowed
    _, found = lift_coverage(300, 200, effect=0.1)
    assert found > 0.6
