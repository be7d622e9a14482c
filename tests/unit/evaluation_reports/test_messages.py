"""Reports as messages: what is not known is absent."""

import math

from interplay.v1 import evaluation_pb2 as pb
from interplay_server.domain.evaluation import Exposure
from interplay_server.evaluation.agent_report import AgentTally
from interplay_server.evaluation.experiment_report import experiment_report
from interplay_server.evaluation.experiments import violations
from interplay_server.services.convert import evaluation_reports as convert

from tests.unit.evaluation_reports.made import BOTH, START, experiment, session, verdict


def test_an_agent_report():
    tally = AgentTally()
    fact = (("profile", "p"),)
    tally.add([session("a", "1", value=2.0, injected=fact, cited=fact), session("b", "2", "FAILURE", corrective=2)])
    tally.add_verdicts([verdict("i", "a", "1", "CHALLENGER")])
    made = convert.agent_report_to_pb(tally.report(by_day=True), pending_sessions=3)
    assert made.pending_sessions == 3
    assert [(row.agent_version, row.day) for row in (made.total, *made.rows)] == [
        ("", ""),
        ("1", ""),
        ("1", "2025-10-09"),
    ]
    for row in (made.total, *made.rows):
        assert (row.sessions, row.success_rate.value, row.success_rate.n) == (2, 0.5, 2)
        assert row.success_rate.low < 0.5 < row.success_rate.high
        assert (row.corrective_turns.value, row.value, row.shadow_pairs) == (1.0, 2.0, 1)
        assert dict(row.outcomes) == {"SUCCESS": 1, "FAILURE": 1}
        assert row.shadow_win_rate.value == 1.0
        assert not row.shadow_win_rate.HasField("low")
        assert not row.final_satisfaction.HasField("value") and row.final_satisfaction.n == 0
    (effect,) = made.learnings
    assert (effect.kind, effect.id, effect.injected, effect.cited) == ("profile", "p", 1, 1)
    assert (effect.with_success_rate.value, effect.without_success_rate.value) == (1.0, 0.0)
    assert effect.difference.value == 1.0
    assert effect.HasField("adjusted_p_value")


def test_an_empty_agent_report():
    made = convert.agent_report_to_pb(AgentTally().report())
    assert not made.total.HasField("value") and not made.total.success_rate.HasField("value")
    assert made.total.success_rate.method


def test_an_experiment_with_its_report():
    one = experiment(description="why", agent_id="bot", stop_time=START + 1)
    exposures = [Exposure("trial", f"u{n}", BOTH[n % 2].name, START) for n in range(50)]
    sessions = [session(f"u{n}", "s", "SUCCESS" if n % 3 else "FAILURE") for n in range(50)]
    made = convert.experiment_to_pb(one, experiment_report(sessions, exposures, one))
    assert convert.experiment_from_pb(made).arms == one.arms
    assert made.stop_time.ToMicroseconds() == START + 1 == made.start_time.ToMicroseconds() + 1
    first, second = made.report.arms
    assert (first.arm, first.users, first.sessions) == ("learned", 25, 25)
    for name in ("success_lift", "p_value", "corrective_turns_lift"):
        assert not first.HasField(name) and second.HasField(name)
    assert second.success_lift.low < second.success_lift.value < second.success_lift.high
    assert made.report.sample_ratio_p_value == 1.0 and not made.report.sample_ratio_mismatch
    assert made.report.sentence


def test_an_experiment_as_it_is_asked_for():
    asked = pb.Experiment(
        experiment_id="trial",
        agent_id="bot",
        arms=[{"name": "a", "share": 1}, {"name": "b", "share": math.nan, "holdout": True}],
    )
    made = convert.experiment_from_pb(asked)
    assert [(arm.name, arm.holdout) for arm in made.arms] == [("a", False), ("b", True)]
    assert [one.field for one in violations(made)] == ["experiment.arms[1].share"]
    assert not convert.experiment_to_pb(made).HasField("stop_time")
    assert not convert.experiment_to_pb(made).HasField("report")
