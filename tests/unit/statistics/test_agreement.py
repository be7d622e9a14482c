"""Agreement of judges with people, what biases them, and whether they pass."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.agreement import LABELS, TIE, A, B, agreement, cohen_kappa
from interplay_server.evaluation.statistics.audit import AuditState, Fault, audit
from interplay_server.evaluation.statistics.estimates import Gap
from interplay_server.evaluation.statistics.judge_bias import (
    FIRST,
    SECOND,
    favour,
    first_share,
    positions,
    verbosity,
)
from interplay_server.evaluation.statistics.proportions import wilson
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa

from tests.bench.statistics import clustered_kappa_coverage, error, kappa_coverage, planted_position

LABEL_ROWS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60)


@given(st.lists(st.integers(0, 40), min_size=9, max_size=9))
def test_kappa(cells):
    table = np.array(cells).reshape(3, 3)
    made = cohen_kappa(table)
    if made.value is None:
        assert table.sum() == 0 or ((table.sum(0) > 0).sum() == (table.sum(1) > 0).sum() == 1)
        return
    with np.errstate(all="ignore"):
        theirs = cohens_kappa(table)
    assert made.value == pytest.approx(theirs.kappa, abs=1e-12)
    if made.gap is Gap.ONE_VALUE:
        assert table.sum() == 1
    elif made.interval is None:
        assert theirs.var_kappa == pytest.approx(0, abs=1e-12)
    elif theirs.var_kappa / (1 - made.value**2) ** 2 < 1:
        ends = np.arctanh([made.interval.low, made.interval.high])
        reach = stats.t.ppf(0.975, table.sum() - 1)
        assert np.ptp(ends) / 2 / reach * (1 - made.value**2) == pytest.approx(theirs.std_kappa, rel=1e-6)
        assert ends.mean() == pytest.approx(np.arctanh(made.value), abs=1e-6)
    else:
        assert -1 <= made.interval.low < made.value < made.interval.high <= 1


@given(LABEL_ROWS)
def test_agreement_counts_rows(rows):
    human, judge = zip(*rows, strict=True)
    made = agreement(human, judge)
    assert sum(map(sum, made.confusion)) == made.n == len(rows)
    same = sum(h == j for h, j in rows)
    assert made.accuracy.value == same / len(rows)
    assert made.accuracy.interval == wilson(same, len(rows))
    for i, h in enumerate(LABELS):
        for k, j in enumerate(LABELS):
            assert made.confusion[i][k] == rows.count((h, j))


@given(LABEL_ROWS, st.integers(1, 5))
def test_clusters_of_any_kind(rows, groups):
    human, judge = zip(*rows, strict=True)
    made = agreement(human, judge, clusters=[i % groups for i in range(len(rows))])
    assert made.kappa.n == min(groups, len(rows)) or made.kappa.value is None
    for estimate in (made.accuracy, made.kappa):
        assert (estimate.interval is None) == (estimate.gap is not None)
        if estimate.interval is not None:
            assert estimate.interval.low < estimate.interval.high


def test_agreement_that_says_nothing():
    made = agreement([], [])
    assert (made.kappa.gap, made.accuracy.gap) == (Gap.NO_DATA, Gap.NO_DATA)
    made = agreement([A] * 9, [A] * 9)
    assert (made.kappa.value, made.kappa.gap) == (None, Gap.ONE_CLASS)
    made = agreement([A, B] * 9, [A, B] * 9)
    assert (made.kappa.value, made.kappa.interval, made.kappa.gap) == (1, None, Gap.NO_SPREAD)
    assert agreement([A, B] * 9, [A, A] * 9, clusters=["u"] * 18).kappa.gap is Gap.ONE_CLUSTER
    for bad in (([A], [A, B]), (["x"], [A]), ([math.nan], [A])):
        with pytest.raises(ValueError, match=r"unknown|rows"):
            agreement(*bad)
    with pytest.raises(ValueError, match="cluster"):
        agreement([A, B], [A, B], clusters=[1])


def test_kappa_covers():
    runs = 2000
    for n in (15, 50, 200):
        assert kappa_coverage(runs, n) == pytest.approx(0.955, abs=0.015 + 2 * error(0.95, runs))


def test_repeated_rows_need_the_bootstrap_over_sessions():
    runs = 150
    covered, naive = clustered_kappa_coverage(runs, 100)
    assert covered >= 0.93 - 2 * error(0.93, runs)
    assert naive < 0.88


def test_positions():
    orders = [(FIRST, SECOND)] * 5 + [(SECOND, FIRST)] * 3 + [(TIE, TIE)] * 2
    made = positions(orders)
    assert (made.flips.value, made.excess.value, made.p_value) == (0, 0, 1)
    made = positions([*orders, *[(FIRST, FIRST)] * 6, (FIRST, TIE), (TIE, FIRST), (SECOND, SECOND), (TIE, SECOND)])
    assert (made.first, made.second) == (8, 2)
    assert made.flips.value == 10 / 20
    assert made.flips.interval == wilson(10, 20)
    assert made.preference.value == 0.8
    assert made.excess.value == pytest.approx((6 + 0.5 + 0.5 - 1 - 0.5) / 20)


def test_a_judge_that_always_says_first():
    made = positions([(FIRST, FIRST)] * 100)
    assert (made.flips.value, made.preference.value, made.excess.value) == (1, 1, 1)
    assert made.p_value < 1e-20
    assert positions([]).flips.gap is Gap.NO_DATA
    with pytest.raises(ValueError, match="unknown"):
        positions([(FIRST, "A")])


def test_places_of_single_orders():
    assert first_share([FIRST, FIRST, SECOND, TIE]).value == 2 / 3
    assert first_share([TIE]).gap is Gap.NO_DATA


@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_a_planted_position_bias_is_found_and_both_orders_neutralise_it(bias):
    found, covered, win = planted_position(100, 300, bias)
    assert found == pytest.approx(bias, abs=0.015)
    assert covered > 0.85
    assert win == pytest.approx(0.5, abs=0.02)


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B]), st.sampled_from([A, B]), st.sampled_from([A, B])), min_size=1, max_size=50
    )
)
def test_favour_without_ties_is_mcnemar(rows):
    judge, human, sides = zip(*rows, strict=True)
    made = favour(judge, human, sides)
    more = sum(j == s != h for j, h, s in rows)
    less = sum(h == s != j for j, h, s in rows)
    assert made.difference.value == pytest.approx((more - less) / len(rows))
    assert made.p_value == pytest.approx(mcnemar([[0, more], [less, 0]], exact=True).pvalue if more + less else 1)
    assert made.flagged == (more > less and made.p_value < 0.05)


def test_a_judge_that_likes_length():
    chance = np.random.default_rng(4)
    a, b = chance.integers(50, 500, 200), chance.integers(50, 500, 200)
    human = chance.choice([A, B], 200).tolist()
    longer = np.where(a > b, A, B)
    judge = np.where(chance.random(200) < 0.4, longer, human).tolist()
    made = verbosity(judge, human, a, b)
    assert made.flagged
    assert made.difference.value == pytest.approx(0.2, abs=0.08)
    assert not verbosity(human, human, a, b).flagged
    assert verbosity(human, human, a, a).n == 0
    shorter = np.where(np.array(human) == longer, np.where(a > b, B, A), human).tolist()
    assert not verbosity(shorter, human, a, b).flagged


def test_sides_that_do_not_fit_are_refused():
    for bad in (([A], [A], [TIE]), ([A], [A, B], [A]), (["x"], [A], [A])):
        with pytest.raises(ValueError, match="each pair"):
            favour(*bad)
    with pytest.raises(ValueError, match="finite"):
        verbosity([A], [A], [math.nan], [1])
    with pytest.raises(ValueError, match="two lengths"):
        verbosity([A], [A], [1, 2], [1])


def test_who_passes_the_audit():
    human = [A, B] * 30
    good = agreement(human, [A, B] * 27 + [B, A] * 3)
    assert audit(good).state is AuditState.PASSED
    coin = agreement(human, np.random.default_rng(2).choice([A, B], 60).tolist())
    assert audit(coin).faults == (Fault.LOW_AGREEMENT,)
    few = audit(agreement(human[:20], human[:20]))
    assert (few.state, few.faults) == (AuditState.UNAUDITED, (Fault.TOO_FEW_LABELS,))
    assert audit(agreement([A] * 60, [A] * 60)).state is AuditState.UNAUDITED
    first = positions([(FIRST, FIRST)] * 50 + [(FIRST, SECOND)] * 10)
    longer = favour([A] * 60, human, [A] * 60)
    made = audit(good, places=first, length=longer, own=longer)
    assert made.state is AuditState.FAILED
    assert made.faults == (Fault.POSITION_BIAS, Fault.VERBOSITY_BIAS, Fault.SELF_PREFERENCE)
    mild = positions([(FIRST, FIRST)] * 15 + [(FIRST, SECOND)] * 45)
    assert audit(good, places=mild).state is AuditState.PASSED
