"""Votes of clusters, and the bootstrap over clusters."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.bootstrap import (
    cluster_share,
    percentile_interval,
    resampled_sums,
    win_rates,
)
from interplay_server.evaluation.statistics.estimates import Gap
from interplay_server.evaluation.statistics.proportions import wilson
from interplay_server.evaluation.statistics.votes import LOSS, TIE, WIN, totals, votes
from scipy import stats

from tests.bench.statistics import bootstrap_coverage, error

PAIRS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from([WIN, LOSS, TIE])), max_size=40)


@given(PAIRS)
def test_every_cluster_has_one_vote_and_no_pair_is_lost(pairs):
    for rule in ("majority", "first"):
        made = votes(pairs, rule)
        assert sorted(one.cluster for one in made) == sorted({cluster for cluster, _ in pairs})
        assert totals(made).sum() == len(pairs)
        for one in made:
            own = [verdict for cluster, verdict in pairs if cluster == one.cluster]
            assert (one.wins, one.losses, one.ties) == (own.count(WIN), own.count(LOSS), own.count(TIE))
            decisive = [verdict for verdict in own if verdict != TIE]
            expected = np.sign(sum(own)) if rule == "majority" else next(iter(decisive), TIE)
            assert one.vote == expected


def test_a_majority_is_cast_with_the_last_pair_and_a_first_verdict_stays():
    pairs = [("a", WIN), ("b", TIE), ("c", LOSS), ("b", WIN), ("a", LOSS), ("a", LOSS)]
    assert [(one.cluster, one.vote) for one in votes(pairs)] == [("c", LOSS), ("b", WIN), ("a", LOSS)]
    assert [(one.cluster, one.vote) for one in votes(pairs, "first")] == [("a", WIN), ("c", LOSS), ("b", WIN)]
    assert [one.cluster for one in votes([*pairs, ("d", TIE)], "first")] == ["a", "c", "b", "d"]


@pytest.mark.parametrize("verdict", [2, math.nan, 0.5])
def test_what_is_no_verdict_is_refused(verdict):
    with pytest.raises(ValueError, match="verdict"):
        votes([("a", verdict)])


def test_no_pairs():
    assert votes([]) == []
    assert totals([]).shape == (0, 3)
    assert [one.gap for one in win_rates(totals([]))] == [Gap.NO_DATA, Gap.NO_DATA]


def test_resampling_by_kinds_is_resampling_of_clusters():
    """Against drawing indices of clusters one by one: same mean and covariance."""
    chance = np.random.default_rng(3)
    sums = chance.integers(0, 4, (30, 3)).astype(float)
    drawn = resampled_sums(sums, 40_000, chance)
    plain = sums[chance.integers(0, 30, (40_000, 30))].sum(1)
    assert drawn.mean(0) == pytest.approx(plain.mean(0), rel=0.01)
    assert np.cov(drawn.T) == pytest.approx(np.cov(plain.T), rel=0.08, abs=1)
    assert set(np.unique(drawn)) <= set(range(91))


def test_memory_is_bounded_and_the_seed_fixed():
    sums = np.random.default_rng(1).normal(size=(5000, 2))
    one, two = resampled_sums(sums, 900), resampled_sums(sums, 900)
    assert (one == two).all()
    assert one.mean(0) == pytest.approx(sums.sum(0), abs=15)


def test_percentiles_agree_with_scipy():
    chance = np.random.default_rng(5)
    wins, n = chance.binomial(5, 0.6, 80).astype(float), np.full(80, 5.0)
    made = cluster_share(wins, n, method="percentile", resamples=9000)
    theirs = stats.bootstrap(
        (wins, n), lambda w, d, axis: w.sum(axis) / d.sum(axis), paired=True, n_resamples=9000,
        method="percentile", rng=np.random.default_rng(6), vectorized=True,
    ).confidence_interval  # fmt: skip
    assert (made.interval.low, made.interval.high) == pytest.approx(tuple(theirs), abs=0.006)


def test_clusters_widen_the_interval():
    wins, n = np.repeat([0.0, 10.0], 15), np.full(30, 10.0)
    made = cluster_share(wins, n)
    alone = wilson(150, 300)
    assert made.value == 0.5
    assert made.interval.high - made.interval.low > 2.5 * (alone.high - alone.low)


def test_one_cluster_has_no_interval():
    made = cluster_share([40], [50])
    assert (made.value, made.n, made.interval, made.gap) == (0.8, 1, None, Gap.ONE_CLUSTER)


@pytest.mark.parametrize(("wins", "n"), [([3, 4, 2], [3, 4, 2]), ([1, 2, 5], [2, 4, 10]), ([0, 0, 0], [9, 1, 1])])
def test_equal_clusters_are_not_certainty(wins, n):
    made = cluster_share(wins, n)
    assert made.gap is Gap.NO_SPREAD
    assert made.interval == wilson(3 * made.value, 3)
    assert made.value in made.interval
    assert made.interval.high - made.interval.low > 0.4


def test_clusters_without_decisive_pairs_do_not_count():
    with_, without = win_rates(np.array([[3.0, 1, 0], [0, 0, 4], [1, 4, 1], [2, 2, 0]]))
    assert (with_.n, with_.value) == (3, 6 / 13)
    assert (without.n, without.value) == (4, (6 + 2.5) / 18)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)), min_size=2, max_size=20))
def test_intervals_are_ordered_and_hold_the_rate(rows):
    for method in ("studentised", "percentile"):
        for made in win_rates(np.array(rows, float), method=method, resamples=200):
            if made.interval is not None:
                assert 0 <= made.interval.low <= made.interval.high <= 1
            if made.interval is not None and method == "studentised":
                assert made.interval.low - 1e-9 <= made.value <= made.interval.high + 1e-9


@pytest.mark.parametrize("bad", [([math.nan], [1]), ([2], [1]), ([-1], [1]), ([1, 1], [1]), ([1], [math.inf])])
def test_what_is_no_share_is_refused(bad):
    with pytest.raises(ValueError, match=r"finite|successes"):
        cluster_share(*bad)


def test_a_figure_that_is_mostly_undefined_has_no_interval():
    assert percentile_interval(np.ones((5, 1)), lambda sums: np.full(len(sums), np.nan)) is None
    made = percentile_interval(np.arange(20.0)[:, None], lambda sums: sums[:, 0] / 20)
    assert 9.5 in made


@pytest.mark.parametrize(
    ("clusters", "heavy", "least"), [(20, False, 0.93), (50, False, 0.93), (200, False, 0.93), (50, True, 0.89)]
)
def test_the_bootstrap_covers(clusters, heavy, least):
    """The floors lie below what is measured with more runs, by two standard errors of these."""
    runs = 600
    covered, _ = bootstrap_coverage(runs, clusters, 0.6, heavy=heavy)
    assert least - 2 * error(least, runs) <= covered <= 0.99
