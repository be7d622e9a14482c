"""Rows of an agent's report, recomputed with other code, and what injected learnings did."""

import datetime as dt
import math
from collections import defaultdict

import numpy as np
import pytest
from interplay_server.evaluation.agent_report import MOST_RESAMPLED, AgentTally
from interplay_server.evaluation.statistics.estimates import Gap
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from tests.unit.evaluation_reports.made import DAY, START, known_outcomes, session, verdict

OUTCOMES = ("SUCCESS", "PARTIAL", "FAILURE", "ABANDONED", "UNKNOWN")


def reported(sessions, verdicts=(), *, pages=1, **wanted):
    tally = AgentTally()
    for page in range(pages):
        tally.add(sessions[page::pages])
    tally.add_verdicts(verdicts)
    return tally.report(**wanted)


def many(count=300, seed=1):
    chance = np.random.default_rng(seed)

    def maybe(value, share=0.7):
        return value if chance.random() < share else None

    def one(place):
        points = tuple((f"i{n}", float(chance.uniform(-1, 1))) for n in range(int(chance.integers(0, 4))))
        return session(
            f"u{chance.integers(40)}",
            f"s{place}",
            str(chance.choice(OUTCOMES)),
            value=maybe(float(chance.normal(10, 5)), 0.3),
            at=START + int(chance.integers(0, 4 * DAY)),
            corrective=int(chance.integers(0, 3)),
            agent_version=str(chance.choice(["1", "2", ""])),
            user_turns_to_resolution=maybe(int(chance.integers(1, 7))),
            escalated=bool(chance.random() < 0.2),
            repeat_contact=bool(chance.random() < 0.1),
            satisfaction=points,
            behaviour_success=maybe(bool(chance.random() < 0.6)),
        )

    return [one(place) for place in range(count)]


def check_share(made, values):
    """Wilson by statsmodels."""
    assert made.n == len(values)
    if not values:
        assert made.value is None
        return
    assert made.value == pytest.approx(sum(values) / len(values))
    expected = proportion_confint(sum(values), len(values), method="wilson")
    assert (made.interval.low, made.interval.high) == pytest.approx(expected, abs=1e-9)


def check_mean(made, values, low=-math.inf, high=math.inf):
    """Student's t by scipy."""
    assert made.n == len(values)
    if not values:
        assert made.value is None
        return
    assert made.value == pytest.approx(sum(values) / len(values))
    if len(set(values)) > 1:
        ends = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        assert (made.interval.low, made.interval.high) == pytest.approx(np.clip(ends, low, high))
    else:
        assert made.interval is None


def check_row(row, sessions):
    known = [one for one in sessions if one.outcome != "UNKNOWN"]
    assert row.sessions == len(sessions)
    check_share(row.success_rate, [one.outcome == "SUCCESS" for one in known])
    behaved = [one.behaviour_success for one in sessions if one.behaviour_success is not None]
    check_share(row.behaviour_success_rate, behaved)
    check_share(row.escalation_rate, [one.escalated for one in sessions])
    check_share(row.repeat_contact_rate, [one.repeat_contact for one in sessions])
    check_mean(row.corrective_turns, [len(one.corrective_ids) for one in sessions], 0)
    steps = [one.user_turns_to_resolution for one in sessions if one.user_turns_to_resolution is not None]
    check_mean(row.user_turns_to_resolution, steps, 0)
    check_mean(row.final_satisfaction, [one.satisfaction[-1][1] for one in sessions if one.satisfaction], -1, 1)
    values = [one.reported.value for one in sessions if one.reported]
    assert row.value == (pytest.approx(sum(values)) if values else None)
    counts = defaultdict(int)
    for one in sessions:
        counts[one.outcome] += 1
    assert row.outcomes == counts
    by_user = row.success_rate_by_user
    assert by_user.n == len({one.user_id for one in known})
    assert by_user.value == row.success_rate.value or by_user.value == pytest.approx(row.success_rate.value)
    assert by_user.method.endswith(", by users")
    if by_user.interval is not None:
        assert by_user.value in by_user.interval
        assert 0 <= by_user.interval.low <= by_user.interval.high <= 1


def day_of(one):
    return dt.datetime.fromtimestamp(one.last_time / 1e6, dt.UTC).date().isoformat()


@pytest.mark.parametrize("pages", [1, 7])
def test_every_row_is_that_of_other_code(pages):
    sessions = many()
    report = reported(sessions, pages=pages, by_day=True)
    check_row(report.total, sessions)
    assert (report.total.agent_version, report.total.day) == ("", "")
    groups = defaultdict(list)
    for one in sessions:
        groups[one.agent_version, ""].append(one)
        groups[one.agent_version, day_of(one)].append(one)
    by_version = sorted(key for key in groups if not key[1])
    by_day = sorted(key for key in groups if key[1])
    assert [(row.agent_version, row.day) for row in report.rows] == [*by_version, *by_day]
    for row in report.rows:
        check_row(row, groups[row.agent_version, row.day])


def test_rows_are_by_day_only_where_asked_for():
    report = reported(many(50))
    assert [(row.agent_version, row.day) for row in report.rows] == [("", ""), ("1", ""), ("2", "")]


def test_a_day_begins_at_midnight_in_utc():
    midnight = 20_000 * DAY
    sessions = [session("u", f"s{n}", at=midnight + shift, length=0) for n, shift in enumerate((-1, 0, DAY - 1, DAY))]
    days = [(row.day, row.sessions) for row in reported(sessions, by_day=True).rows if row.day]
    assert days == [("2024-10-03", 1), ("2024-10-04", 2), ("2024-10-05", 1)]


def test_nothing_at_all():
    report = reported([], by_day=True)
    assert report.rows == report.learnings == ()
    assert report.total.sessions == report.total.shadow_pairs == 0
    assert report.total.outcomes == {}
    for name in ("success_rate", "success_rate_by_user", "corrective_turns", "final_satisfaction", "shadow_win_rate"):
        estimate = getattr(report.total, name)
        assert (estimate.value, estimate.n, estimate.gap) == (None, 0, Gap.NO_DATA)


def test_no_outcome_is_known():
    total = reported([session(f"u{n}", "s", "UNKNOWN", corrective=n) for n in range(5)]).total
    assert total.success_rate.value is None and total.success_rate_by_user.value is None
    assert total.corrective_turns.value == 2
    assert total.escalation_rate.n == 5


def test_values_that_are_no_numbers_count_as_none():
    nan, endless = float("nan"), float("inf")
    sessions = [
        session("a", "1", satisfaction=(("i", 0.2), ("j", nan)), value=nan),
        session("a", "2", satisfaction=(("i", endless),), value=endless),
        session("b", "3", satisfaction=(("i", 0.5),), value=2.5),
        session("c", "4", satisfaction=(("i", nan), ("j", -0.5)), value=1.0),
    ]
    total = reported(sessions).total
    assert (total.final_satisfaction.n, total.final_satisfaction.value) == (2, 0.0)
    assert total.value == 3.5
    assert reported([session("a", str(n), value=1.7e308) for n in range(2)]).total.value is None


def test_one_user_with_all_the_sessions():
    total = reported([session("ada", f"s{n}", "SUCCESS" if n % 3 else "FAILURE") for n in range(300)]).total
    assert (total.success_rate.n, total.success_rate.interval is not None) == (300, True)
    assert (total.success_rate_by_user.n, total.success_rate_by_user.interval) == (1, None)
    assert total.success_rate_by_user.gap is Gap.ONE_CLUSTER


def test_users_with_many_sessions_widen_the_interval():
    chance = np.random.default_rng(4)
    sessions = []
    for user in range(60):
        fate = "SUCCESS" if chance.random() < 0.5 else "FAILURE"
        sessions += [session(f"u{user}", f"s{n}", fate) for n in range(20)]
    total = reported(sessions).total
    naive, honest = total.success_rate.interval, total.success_rate_by_user.interval
    assert honest.high - honest.low > 3 * (naive.high - naive.low)


def test_beyond_the_resampled_rows_the_method_is_named():
    versions = MOST_RESAMPLED + 5
    sessions = [
        session(f"u{user}", f"s{version}-{n}", outcome, agent_version=f"{version:04d}")
        for version in range(versions)
        for user in range(4)
        for n, outcome in enumerate(("SUCCESS", "FAILURE", "SUCCESS") if user else ("FAILURE",))
    ]
    rows = reported(sessions).rows
    methods = [row.success_rate_by_user.method for row in rows]
    assert methods == ["studentised, by users"] * (MOST_RESAMPLED - 1) + ["clustered t, by users"] * 6
    assert all(row.success_rate_by_user.interval is not None for row in rows)
    assert len({row.success_rate_by_user.value for row in rows}) == 1


def test_a_session_that_comes_twice_counts_once():
    tally = AgentTally()
    tally.add([session("a", "s", injected=(("profile", "p"),))])
    tally.add([session("a", "s", "FAILURE"), session("a", "t")])
    total = tally.report().total
    assert (total.sessions, total.success_rate.value) == (2, 1.0)


def test_the_shadow_of_the_same_sessions_stands_beside():
    sessions = [session(f"u{n}", f"s{n}", agent_version=str(n % 2)) for n in range(4)]
    verdicts = [
        verdict("i0", "u0", "s0", "CHALLENGER"),
        verdict("i1", "u0", "s0", "CHALLENGER"),
        verdict("i2", "u0", "s0", "TIE"),
        verdict("i3", "u2", "s2", "PRODUCTION"),
        verdict("i4", "u1", "s1", "PRODUCTION"),
        verdict("i5", "u1", "s1", "CHALLENGER", contest="EXPERT"),
        verdict("i6", "u9", "s9", "CHALLENGER"),
        # Another judge said so earlier, a third one later.
        verdict("i4", "u1", "s1", "CHALLENGER", judge_hash="g", judge_time=0),
        verdict("i0", "u0", "s0", "TIE", judge_hash="j", judge_time=2),
    ]
    for order in (verdicts, verdicts[::-1]):
        report = reported(sessions, order)
        rates = [(row.shadow_pairs, row.shadow_win_rate.value) for row in (report.total, *report.rows)]
        assert rates == [(5, pytest.approx(1 / 3)), (4, 0.5), (1, 0.0)]
        assert report.total.shadow_win_rate.n == 3
        assert report.total.shadow_win_rate.method.endswith(", by sessions")


def with_learnings(count=400, seed=2):
    """Sessions of two agents in which five facts are injected now and then; the first of them helps."""
    chance = np.random.default_rng(seed)
    sessions = []
    for place in range(count):
        agent = "bot" if chance.random() < 0.7 else "other"
        keys = [("profile", f"p{n}") for n in range(5) if chance.random() < 0.2 and not (n == 4 and agent == "other")]
        rate = 0.75 if ("profile", "p0") in keys else 0.45
        cited = tuple(key for key in keys if chance.random() < 0.5)
        outcome = known_outcomes(chance, 1, rate)[0]
        sessions.append(session(f"u{place}", f"s{place}", outcome, agent_id=agent, injected=tuple(keys), cited=cited))
    return sessions


def test_effects_are_those_of_other_code():
    sessions = with_learnings()
    effects = reported(sessions).learnings
    assert len(effects) == 5
    p_values = []
    for one in effects:
        key = (one.kind, one.id)
        mine = [each for each in sessions if key in each.injected]
        agents = {each.agent_id for each in mine}
        others = [each for each in sessions if key not in each.injected and each.agent_id in agents]
        assert (one.injected, one.cited) == (len(mine), sum(key in each.cited for each in sessions))
        (a, n), (b, m) = (
            (sum(each.outcome == "SUCCESS" for each in side), sum(each.outcome != "UNKNOWN" for each in side))
            for side in (mine, others)
        )
        assert (one.with_success_rate.value, one.with_success_rate.n) == (pytest.approx(a / n), n)
        assert (one.without_success_rate.value, one.without_success_rate.n) == (pytest.approx(b / m), m)
        assert one.difference.value == pytest.approx(a / n - b / m)
        expected = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff")
        assert (one.difference.interval.low, one.difference.interval.high) == pytest.approx(expected)
        p_values.append(proportions_ztest([a, b], [n, m])[1])
    adjusted = multipletests(p_values, method="fdr_bh")[1]
    assert [one.adjusted_p_value for one in effects] == pytest.approx(adjusted)
    assert [one.injected for one in effects] == sorted((one.injected for one in effects), reverse=True)
    assert min(effects, key=lambda one: one.adjusted_p_value).id == "p0"
    other = next(one for one in effects if one.id == "p4")
    assert other.without_success_rate.n < sum(each.outcome != "UNKNOWN" for each in sessions) - other.injected


def test_only_the_effects_that_are_shown_are_adjusted():
    sessions = with_learnings()
    shown = reported(sessions, max_learnings=1).learnings
    everything = reported(sessions).learnings
    assert [one.id for one in shown] == [everything[0].id]
    assert shown[0].adjusted_p_value <= everything[0].adjusted_p_value


def test_a_learning_in_every_session_has_nothing_to_compare_with():
    key = ("user_playbook", "x")
    sessions = [session(f"u{n}", "s", outcome, injected=(key, key)) for n, outcome in enumerate(OUTCOMES)]
    (effect,) = reported(sessions).learnings
    assert (effect.injected, effect.cited, effect.with_success_rate.n) == (5, 0, 4)
    assert (effect.difference.value, effect.difference.gap) == (None, Gap.NO_CONTROL)
    assert effect.adjusted_p_value is None


def test_a_learning_in_sessions_of_unknown_end():
    sessions = [session("a", "1", "UNKNOWN", injected=(("profile", "p"),)), session("b", "2")]
    (effect,) = reported(sessions).learnings
    assert (effect.with_success_rate.value, effect.without_success_rate.value) == (None, 1.0)
    assert (effect.difference.value, effect.difference.gap, effect.adjusted_p_value) == (None, Gap.NO_DATA, None)
