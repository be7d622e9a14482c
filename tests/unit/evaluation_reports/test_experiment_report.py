"""What an experiment found, recomputed with other code, and when it refuses to conclude."""

import math
from collections import Counter

import numpy as np
import pytest
import statsmodels.api as sm
from interplay_server.domain.evaluation import Arm, Exposure
from interplay_server.evaluation.experiment_report import experiment_report
from interplay_server.evaluation.statistics.estimates import Gap
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from tests.unit.evaluation_reports.made import BOTH, DAY, START, experiment, known_outcomes, session

NAMES = [arm.name for arm in BOTH]


def exposed(users, arm, at=START):
    return [Exposure("trial", user, arm, at) for user in users]


def trial(seed=1, users=60, rates=(0.7, 0.5)):
    """Users of each arm with sessions of their own leaning."""
    chance = np.random.default_rng(seed)
    found, exposures = [], []
    for arm, rate in zip(NAMES, rates, strict=True):
        for place in range(users):
            user = f"{arm}-{place}"
            exposures += exposed([user], arm)
            leaning = chance.beta(4 * rate, 4 * (1 - rate))
            for n, outcome in enumerate(known_outcomes(chance, int(chance.integers(1, 6)), leaning)):
                found.append(session(user, f"s{n}", outcome, corrective=int(chance.integers(0, 3)), at=START + n * DAY))
    return found, exposures


def clustered(rows):
    """Mean, its error with users / (users - 1) and users, by a regression on a constant. Rows are (user, number)."""
    users, values = zip(*rows, strict=True)
    groups = np.unique(users, return_inverse=True)[1]
    fit = sm.OLS(np.array(values, float), np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    count = groups.max() + 1
    return fit.params[0], fit.bse[0] * math.sqrt(count / (count - 1)), count


def test_the_report_is_that_of_other_code():
    found, exposures = trial()
    report = experiment_report(found, exposures, experiment())
    sides = {}
    for arm in report.arms:
        mine = [one for one in found if one.user_id.startswith(arm.arm)]
        known = [(one.user_id, one.outcome == "SUCCESS") for one in mine if one.outcome != "UNKNOWN"]
        turns = [(one.user_id, len(one.corrective_ids)) for one in mine]
        assert (arm.users, arm.sessions) == (60, len(mine))
        sides[arm.arm] = (clustered(known), clustered(turns))
        assert arm.success_rate.value == pytest.approx(sides[arm.arm][0][0])
        assert arm.success_rate.n == sides[arm.arm][0][2]
        assert arm.success_rate.value in arm.success_rate.interval
        assert arm.corrective_turns.value == pytest.approx(sides[arm.arm][1][0])
    first, second = report.arms
    assert (first.success_lift, first.p_value, first.corrective_turns_lift) == (None, None, None)
    for place, made in ((0, second.success_lift), (1, second.corrective_turns_lift)):
        (p, se_p, n), (q, se_q, m) = sides["holdout"][place], sides["learned"][place]
        freedom = (se_p**2 + se_q**2) ** 2 / (se_p**4 / (n - 1) + se_q**4 / (m - 1))
        error = math.hypot(se_p, se_q)
        reach = stats.t.ppf(0.975, freedom) * error
        assert made.value == pytest.approx(p - q)
        assert (made.interval.low, made.interval.high) == pytest.approx((p - q - reach, p - q + reach))
        assert made.n == n + m
        if place == 0:
            assert second.p_value == pytest.approx(2 * stats.t.sf(abs(p - q) / error, freedom))
    assert report.sample_ratio_p_value == pytest.approx(1.0)
    assert not report.sample_ratio_mismatch


def test_the_sentence_states_the_interval():
    found, exposures = trial(rates=(0.8, 0.3))
    report = experiment_report(found, exposures, experiment())
    lifted = report.arms[1].success_lift
    assert report.sentence.startswith("At one look, holdout succeeds less often than learned: ")
    for end in (lifted.value, lifted.interval.low, lifted.interval.high):
        assert f"{end * 100:+.1f}" in report.sentence
    assert "95 % interval" in report.sentence
    alike = experiment_report(*trial(seed=3, rates=(0.5, 0.5)), experiment())
    assert alike.arms[1].p_value > 0.05
    assert "it cannot be said whether holdout succeeds more or less often than learned" in alike.sentence
    wide = experiment_report(found, exposures, experiment(), confidence=0.99)
    assert "99 % interval" in wide.sentence
    assert wide.arms[1].success_lift.interval.low < lifted.interval.low


def test_several_arms_are_judged_by_holm():
    arms = (Arm("a", 1.0), Arm("b", 1.0), Arm("c", 1.0))
    chance = np.random.default_rng(5)
    found, exposures = [], []
    for arm, rate in (("a", 0.5), ("b", 0.5), ("c", 0.75)):
        for place in range(80):
            user = f"{arm}{place}"
            exposures += exposed([user], arm)
            outcomes = known_outcomes(chance, 2, rate)
            found += [session(user, f"s{n}", outcome) for n, outcome in enumerate(outcomes)]
    report = experiment_report(found, exposures, experiment(arms=arms))
    p_values = [one.p_value for one in report.arms[1:]]
    assert p_values[1] < p_values[0]
    holm = min(1.0, 2 * p_values[1])
    shown = "< 0.0001" if holm < 0.0001 else f"= {holm:.4f}"
    assert f"the surest of 2 arms, p by Holm {shown}" in report.sentence
    assert "c succeeds more often than a" in report.sentence


def test_only_sessions_since_the_first_exposure_count():
    arm = "holdout"
    exposures = [*exposed(["ada"], arm, START + DAY), *exposed(["bob"], arm, START)]
    stopped = experiment(agent_id="bot", stop_time=START + 3 * DAY)
    found = [
        session("ada", "before", at=START),
        session("ada", "meanwhile", at=START + DAY - 1_000_000),
        session("ada", "after", at=START + DAY),
        session("ada", "stopped", at=START + 3 * DAY),
        session("bob", "other agent", agent_id="other", at=START + DAY),
        session("bob", "own", at=START + DAY),
        session("nobody", "not exposed", at=START + DAY),
    ]
    report = experiment_report(found, exposures, stopped)
    assert [(one.users, one.sessions) for one in report.arms] == [(0, 0), (2, 3)]
    everywhere = experiment_report(found, exposures, experiment())
    assert [one.sessions for one in everywhere.arms] == [0, 5]


def test_an_arm_that_is_no_more_is_left_out():
    exposures = [*exposed(["ada"], "holdout"), *exposed(["bob"], "renamed")]
    report = experiment_report([session("bob", "s")], exposures, experiment())
    assert sum(one.users for one in report.arms) == 1


def test_shares_that_are_off_forbid_a_conclusion():
    found, exposures = trial(rates=(0.9, 0.2))
    kept = [one for one in exposures if one.arm == "learned" or int(one.user_id.split("-")[1]) < 15]
    report = experiment_report(found, kept, experiment())
    counts = Counter(one.arm for one in kept)
    assert report.sample_ratio_p_value == pytest.approx(stats.binomtest(counts["learned"], len(kept), 0.5).pvalue)
    assert report.sample_ratio_mismatch
    assert report.sentence.startswith("Nothing may be concluded: the shares of users are off (60 in learned, 15 in")
    uneven = experiment(arms=(Arm("learned", 4.0), Arm("holdout", 1.0, holdout=True)))
    assert not experiment_report(found, kept, uneven).sample_ratio_mismatch


@pytest.mark.parametrize("found", [[], [session("learned-1", "s", "UNKNOWN"), session("holdout-1", "s", "UNKNOWN")]])
def test_without_known_outcomes_nothing_is_said(found):
    exposures = [*exposed(["learned-1"], "learned"), *exposed(["holdout-1"], "holdout")]
    report = experiment_report(found, exposures, experiment())
    assert "Nothing can be said yet: learned has 0 users, holdout has 0 users" in report.sentence
    for one in report.arms:
        assert one.success_rate.value is None and one.success_rate.n == 0
    assert report.arms[1].success_lift.value is None
    assert report.arms[1].p_value is None


def test_nobody_exposed():
    report = experiment_report([session("ada", "s")], [], experiment())
    assert [(one.users, one.sessions) for one in report.arms] == [(0, 0), (0, 0)]
    assert not report.sample_ratio_mismatch
    assert report.sentence.startswith("Nothing can be said yet")


def test_one_user_with_all_the_sessions_proves_nothing():
    found, exposures = trial(users=40)
    learned = [one for one in found if one.user_id.startswith("learned")]
    alone = [session("holdout-0", f"s{n}", "FAILURE") for n in range(1000)]
    report = experiment_report([*learned, *alone], exposures, experiment())
    second = report.arms[1]
    assert (second.sessions, second.success_rate.n) == (1000, 1)
    assert second.success_rate.interval is None and second.success_rate.gap is Gap.ONE_CLUSTER
    assert second.success_lift.interval is None and second.p_value is None
    assert report.sentence.startswith("Nothing can be said yet: holdout has 1 user with")


def test_a_few_users_who_are_all_alike_are_no_certainty():
    """Without a difference between its users an arm has no error; two users of such an arm must not decide."""
    found, exposures = trial(users=40)
    learned = [one for one in found if one.user_id.startswith("learned")]
    few = [session(f"holdout-{n}", "s", "FAILURE") for n in range(2)]
    second = experiment_report([*learned, *few], exposures, experiment()).arms[1]
    assert second.success_lift.interval is None and second.success_lift.gap is Gap.TOO_FEW
    assert second.p_value is None
    assert second.corrective_turns_lift.interval is None


def test_many_users_who_are_all_alike_count_as_one_observation_each():
    exposures = [Exposure("trial", f"{arm}-{n}", arm, START) for arm in NAMES for n in range(100)]
    found = [session(one.user_id, f"s{k}", "SUCCESS") for one in exposures[:100] for k in range(3)]
    found += [session(one.user_id, "s", "SUCCESS" if n < 80 else "FAILURE") for n, one in enumerate(exposures[100:])]
    report = experiment_report(found, exposures, experiment())
    lifted = report.arms[1].success_lift
    low, high = confint_proportions_2indep(80, 100, 100, 100, method="newcomb", compare="diff")
    assert lifted.value == pytest.approx(-0.2)
    assert (lifted.interval.low, lifted.interval.high) == pytest.approx((low, high))
    assert "holdout succeeds less often than learned" in report.sentence


def test_how_often_a_difference_is_claimed_where_there_is_none():
    """At a level of 5 %, with users who differ and unequal numbers of sessions; 10 % is four standard errors above."""
    claimed = 0
    for seed in range(400):
        report = experiment_report(*trial(seed=1000 + seed, users=30, rates=(0.6, 0.6)), experiment())
        claimed += "it cannot be said" not in report.sentence
    assert claimed <= 40
