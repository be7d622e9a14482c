"""The length-controlled win rate: against statsmodels, by simulation, and where there is nothing to say."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from interplay_server.evaluation.statistics.estimates import Gap
from interplay_server.evaluation.statistics.length import firth, length_controlled, longer_wins
from interplay_server.evaluation.statistics.proportions import wilson
from scipy import optimize

from tests.bench.statistics import error, length_coverage


def drawn(n, seed=1):
    chance = np.random.default_rng(seed)
    d = chance.normal(40, 100, n)
    won = chance.random(n) < 1 / (1 + np.exp(0.4 - 0.01 * d))
    return np.where(won, 1, -1), d


def test_many_rows_are_the_logistic_regression_with_clustered_errors():
    verdicts, d = drawn(20_000)
    member = np.repeat(np.arange(5000), 4)
    made = length_controlled(verdicts, d, member.tolist())
    rows = sm.add_constant(np.tanh(d / math.sqrt((d**2).mean())))
    theirs = sm.Logit((verdicts + 1) / 2, rows).fit(disp=0, cov_type="cluster", cov_kwds={"groups": member})
    low, high = theirs.conf_int()[0]
    assert math.log(made.win_rate.value / (1 - made.win_rate.value)) == pytest.approx(theirs.params[0], abs=0.002)
    assert made.win_rate.interval.low == pytest.approx(1 / (1 + math.exp(-low)), abs=0.001)
    assert made.win_rate.interval.high == pytest.approx(1 / (1 + math.exp(-high)), abs=0.001)
    assert made.slope == pytest.approx(theirs.params[1] * math.tanh(1), abs=0.01)
    assert made.slope in made.slope_interval


def test_firth_maximises_the_penalised_likelihood():
    verdicts, d = drawn(25, 3)
    rows, y = np.column_stack([np.ones(25), d / 100]), (verdicts + 1) / 2

    def negative(weights):
        p = 1 / (1 + np.exp(-rows @ weights))
        information = (rows.T * (p * (1 - p))) @ rows
        return -(y @ np.log(p) + (1 - y) @ np.log(1 - p) + 0.5 * np.linalg.slogdet(information)[1])

    theirs = optimize.minimize(negative, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert firth(rows, y) == pytest.approx(theirs.x, abs=1e-5)


def test_separation_stays_finite():
    d = np.array([-30, -20, -10, -5, -1, 1, 5, 10, 20, 30, 40, 50.0])
    made = length_controlled(np.sign(d), d)
    assert 0.2 < made.win_rate.value < 0.8
    assert math.isfinite(made.slope)
    assert made.slope > 1
    assert made.win_rate.interval.high - made.win_rate.interval.low < 1


def test_the_better_of_two_equally_long_ones():
    """Without any difference in length nothing is corrected."""
    made = length_controlled([1] * 15 + [-1] * 5, [0] * 20)
    assert made.win_rate.value == pytest.approx(15.5 / 21)
    assert made.slope is None


def test_ties_are_half_of_either():
    d = np.linspace(-100, 120, 20)
    made = length_controlled([0] * 20, d)
    assert made.win_rate.value == pytest.approx(0.5)
    assert made.slope == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "clusters", "gap"),
    [(0, None, Gap.NO_DATA), (9, None, Gap.TOO_FEW), (12, ["u"] * 12, Gap.ONE_CLUSTER), (12, None, Gap.NO_SPREAD)],
)
def test_where_there_is_nothing_to_say(rows, clusters, gap):
    made = length_controlled([1, -1, 1, 1, -1, 1, 1, -1, 1, 1, 1, 1][:rows], [30.0] * rows, clusters)
    assert (made.win_rate.value, made.win_rate.gap) == (None, gap)


def test_longer_wins():
    made = longer_wins([1, 1, -1, -1, 0, 1], [5, -5, -7, 3, 9, 0])
    assert (made.value, made.n, made.interval) == (0.5, 4, wilson(2, 4))
    assert longer_wins([], []).gap is Gap.NO_DATA


def test_each_row_needs_its_cluster():
    with pytest.raises(ValueError, match="cluster"):
        length_controlled([1] * 12, range(12), ["a"])


@pytest.mark.parametrize("bad", [([1, math.nan], [1, 1]), ([1, 1], [1, math.inf]), ([1], [1, 2])])
def test_bad_rows_are_refused(bad):
    for call in (length_controlled, longer_wins):
        with pytest.raises(ValueError, match=r"finite|needs"):
            call(*bad)


def test_a_planted_liking_of_length_is_taken_out():
    runs = 300
    covered, controlled, raw = length_coverage(runs, 60)
    assert raw > 0.58
    assert controlled == pytest.approx(0.5, abs=0.02)
    assert covered >= 0.94 - 2 * error(0.94, runs)
