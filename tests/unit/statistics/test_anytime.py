"""The e-process and its confidence sequence: exactness, and error rates under peeking by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.anytime import Mixture, log_e_values, look, path
from scipy import integrate, optimize, special, stats

from tests.bench.statistics import (
    DECIDES,
    clustered_peeking,
    error,
    fixed_peeking,
    peeking,
    sequence_coverage,
)

COUNTS = st.integers(0, 3000)


@given(wins=COUNTS, losses=COUNTS, null=st.sampled_from([0.5, 0.2, 0.61]))
def test_e_value(wins, losses, null):
    expected = special.betaln(10 + wins, 10 + losses) - special.betaln(10, 10)
    expected -= wins * math.log(null) + losses * math.log1p(-null)
    assert look(wins, losses, null=null).log_e_value == pytest.approx(expected, abs=1e-7)


def test_the_e_value_is_the_mean_likelihood_ratio():
    """By its definition, integrated numerically."""

    def ratio(p):
        return stats.beta.pdf(p, 3, 4) * (p / 0.5) ** 12 * ((1 - p) / 0.5) ** 5

    found, _ = integrate.quad(ratio, 0, 1)
    assert look(12, 5, mixture=Mixture(3, 4)).e_value == pytest.approx(found)


@pytest.mark.parametrize("mixture", [Mixture(), Mixture(0.5, 0.5), Mixture(2, 7)])
def test_e_values_have_mean_1_under_the_null(mixture):
    """A martingale that starts at 1: exact, over all counts of 60 votes."""
    for null in (0.5, 0.3):
        weights = stats.binom.pmf(np.arange(61), 60, null)
        e = [look(k, 60 - k, null=null, mixture=mixture).e_value for k in range(61)]
        assert float(weights @ e) == pytest.approx(1)


@given(wins=st.integers(0, 400), losses=st.integers(0, 400), confidence=st.sampled_from([0.8, 0.95, 0.999]))
def test_the_ends_of_the_sequence_are_where_the_martingale_reaches_the_limit(wins, losses, confidence):
    made = look(wins, losses, confidence=confidence).interval
    if wins:
        at = look(wins, losses, null=made.low).log_e_value
        assert at == pytest.approx(-math.log(1 - confidence), abs=1e-6)
    else:
        assert made.low == 0
    assert made.high == 1 - look(losses, wins, confidence=confidence).interval.low
    if wins + losses:
        assert wins / (wins + losses) in made


def test_the_ends_by_another_solver():
    def away(p):
        return look(130, 70, null=p).log_e_value - DECIDES

    made = look(130, 70).interval
    assert made.low == pytest.approx(optimize.brentq(away, 0.3, 0.65))
    assert made.high == pytest.approx(optimize.brentq(away, 0.65, 0.9))


@given(wins=st.integers(0, 500), losses=st.integers(0, 500))
def test_the_sequence_leaves_out_one_half_when_the_e_value_decides(wins, losses):
    made = look(wins, losses)
    assert (made.log_e_value >= DECIDES) == (0.5 not in made.interval)


def test_before_the_first_vote_nothing_is_known():
    made = look(0, 0)
    assert (made.rate, made.e_value, made.interval.low, made.interval.high) == (None, 1, 0, 1)
    assert path([]) == path([0, 0]) == []


@given(st.lists(st.sampled_from([1, -1, 0]), max_size=60))
def test_the_path_is_a_look_after_each_vote(votes):
    made = path(votes)
    decisive = [vote for vote in votes if vote]
    assert [one.n for one in made] == list(range(1, len(decisive) + 1))
    for one in made:
        wins = decisive[: one.n].count(1)
        alone = look(wins, one.n - wins)
        assert (one.wins, one.rate) == (wins, wins / one.n)
        assert one.log_e_value == pytest.approx(alone.log_e_value, abs=1e-9)
        assert (one.interval.low, one.interval.high) == pytest.approx((alone.interval.low, alone.interval.high))


def test_the_running_intersection_never_widens():
    votes = np.where(np.random.default_rng(1).random(400) < 0.6, 1, -1)
    free, running = path(votes), path(votes, running=True)
    widths = [one.interval.high - one.interval.low for one in running]
    assert widths == sorted(widths, reverse=True)
    assert all(two.interval.low >= one.interval.low for one, two in zip(free, running, strict=True))
    # A rate that turns leaves nothing that fits all.
    turned = path([1] * 60 + [-1] * 300, running=True)[-1].interval
    assert turned.low > turned.high


def test_many_votes_neither_overflow_nor_take_long():
    made = look(10**6, 0)
    assert math.isfinite(made.e_value)
    assert made.p_value == 0
    assert 0.999 < made.interval.low < made.interval.high == 1
    assert len(path(np.ones(20_000))) == 20_000


def test_what_is_no_vote_is_refused():
    with pytest.raises(ValueError, match="finite"):
        path([1, math.nan])
    with pytest.raises(ValueError, match="count"):
        look(-1, 0)
    for null in (0, 1, math.nan):
        with pytest.raises(ValueError, match="null"):
            look(1, 1, null=null)
    with pytest.raises(ValueError, match="distribution"):
        Mixture(0, math.inf)


@pytest.mark.parametrize("ties", [0.0, 0.4])
def test_false_positives_under_peeking_after_every_vote(ties):
    runs = 10_000
    found = float((peeking(runs, 1000, ties=ties) > 0).mean())
    assert found <= 0.05
    # It is no test that never decides.
    assert found > 0.02


def test_a_fixed_test_that_is_looked_at_again_and_again_fails():
    assert fixed_peeking(4000, 1000, 20) == pytest.approx(0.314, abs=0.03)


def test_one_vote_a_session_keeps_the_error_rate_and_pairs_do_not():
    runs = 1000
    found = clustered_peeking(runs, 150)
    assert found["pairs"] > 0.2
    for rule in ("majority", "first"):
        assert found[rule] <= 0.05 + 2 * error(0.05, runs)


def test_a_majority_that_still_changes_must_not_be_looked_at():
    """Why there are votes by first verdict: of users who go on talking."""
    runs = 150
    found = clustered_peeking(runs, 300, pairs=(20, 30), even=50, growing=True)
    assert found["first"] <= 0.05 + 2 * error(0.05, runs)
    assert found["majority"] > found["first"]


@pytest.mark.parametrize("win", [0.5, 0.6, 0.95])
def test_the_sequence_covers_at_all_times_at_once(win):
    runs = 4000
    assert sequence_coverage(runs, 1000, win) >= 0.95 - 2 * error(0.95, runs)


@pytest.mark.parametrize(("win", "published", "fixed"), [(0.6, 186, 194), (0.55, 746, 783)])
def test_votes_until_a_verdict(win, published, fixed):
    stop = peeking(2000, 4000, win=win)
    assert (stop > 0).mean() > 0.99
    middle = float(np.median(np.where(stop > 0, stop, 10**6)))
    assert middle == pytest.approx(published, rel=0.06)
    assert middle < fixed * 1.05


def test_log_e_values_of_many_runs_at_once():
    won = np.random.default_rng(2).random((3, 5, 20)) < 0.5
    made = log_e_values(won)
    assert made.shape == won.shape
    assert made[1, 2, -1] == pytest.approx(look(int(won[1, 2].sum()), int((~won[1, 2]).sum())).log_e_value)
