"""Tables on evaluation, made of messages with everything in them and with nothing."""

import pytest
from interplay.v1 import evaluation_pb2
from interplay.v1 import evaluation_service_pb2 as service
from interplay_server.cli import evaluation_tables as tables
from interplay_server.cli.compare import report_lines

from tests.support import evaluation_reports as samples
from tests.support.evaluation_reports import estimate


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def words(lines):
    """Lines with single blanks, without styles."""
    return [" ".join(line.replace("\x1b[1m", "").replace("\x1b[0m", "").split()) for line in lines]


def test_a_comparison_in_full():
    lines = words(report_lines(samples.comparison()))
    assert lines[0].startswith("PROMOTE: the shadow is better; it won 62.0 %")
    assert "decision PROMOTE (SHADOW_BETTER)" in lines
    assert "pairs 260: won 136, lost 84, tied 40 (flips 22), 2 not judged" in lines
    assert "votes 210, one a session" in lines
    assert "win rate of pairs 61.8 % [55.3, 68.0] n=220" in lines
    assert "evidence, at any look e-value 270 of 200 decisive votes; 62.1 % [54.4, 69.9]" in lines
    assert "sign test, p for one look 0.0006" in lines
    assert "sample-ratio check, p 0.4100" in lines
    assert "turns with a pair 21.0 %" in lines
    assert "source phone 110 55/36/19 36.0 % [24.0, 48.0] n=110 0.0100 0.0400" in lines
    assert "topic (none) 1 0/0/1 - (NO_DATA) - -" in lines
    assert "uses_known_facts 80.0 % [70.0, 87.0] n=90" in lines
    assert lines[-1] == "judge rules/1 (7f3a): passed its audit, 200 labelled pairs"


def test_a_comparison_of_nothing():
    report = evaluation_pb2.ComparisonReport(
        decision=evaluation_pb2.COMPARISON_DECISION_INCONCLUSIVE, reasons=["NO_PAIRS"], sentence="no\npairs\x1b[31m"
    )
    report.win_rate.method = "NO_DATA"
    report.evidence.high = report.evidence.e_value = 1
    lines = words(report_lines(report))
    assert lines[0] == "no pairs [31m"
    assert "decision INCONCLUSIVE (NO_PAIRS)" in lines
    assert "win rate of pairs - (NO_DATA)" in lines
    assert "sign test, p for one look -" in lines
    assert not [line for line in lines if line.startswith(("evidence", "spent", "turns with", "part", "criterion"))]
    report.audit.CopyFrom(samples.audit(passed=False))
    report.calls, report.tokens, report.budget_exhausted = 1, 500, True
    lines = words(report_lines(report))
    assert "spent 1 call, 500 tokens; the budget ended it" in lines
    assert lines[-1].endswith("did not pass its audit (LOW_AGREEMENT, SOMETHING_NEW), 200 labelled pairs")


def row(**more):
    return evaluation_pb2.AgentReportRow(
        sessions=20,
        success_rate=estimate(0.75, 0.53, 0.89, 20),
        success_rate_by_user=estimate(0.75, 0.5, 0.9, 12),
        behaviour_success_rate=estimate(0.8, 0.58, 0.92, 20),
        corrective_turns=estimate(0.4, 0.2, 0.6, 20, "t"),
        user_turns_to_resolution=evaluation_pb2.Estimate(method="NO_DATA"),
        escalation_rate=estimate(0.1, 0.03, 0.3, 20),
        repeat_contact_rate=estimate(0.05, 0.01, 0.24, 20),
        final_satisfaction=estimate(0.3, 0.1, 0.5, 20, "t"),
        outcomes={"SUCCESS": 15, "FAILURE": 5},
        **more,
    )


def test_the_report_on_an_agent():
    answer = service.GetAgentReportResponse(
        total=row(value=42.5, shadow_pairs=9, shadow_win_rate=estimate(0.6, 0.3, 0.85, 7)),
        rows=[row(agent_version="1.4", day="2026-01-31"), row()],
        pending_sessions=3,
    )
    lines = words(tables.report_lines(answer))
    assert lines[0] == "sessions 20: failure 5, success 15"
    assert lines[1] == "not evaluated yet: 3"
    assert "success 75.0 % [53.0, 89.0] n=20" in lines
    assert "corrections a session 0.40 [0.20, 0.60] n=20" in lines
    assert "turns to resolution - (NO_DATA)" in lines
    assert "value reported 42.5" in lines
    assert "shadow wins, 9 pairs 60.0 % [30.0, 85.0] n=7" in lines
    assert lines[-2] == "1.4 2026-01-31 20 75.0 % [53.0, 89.0] n=20 0.40 [0.20, 0.60] n=20 - (NO_DATA) -"
    assert lines[-1].startswith("(none) 20 75.0 %")


def test_what_was_learnt():
    effect = evaluation_pb2.LearningEffect(
        kind="user_playbook",
        id="x",
        text="Ask for the receipt",
        injected=8,
        cited=3,
        with_success_rate=estimate(0.9, 0.5, 0.99, 8),
        without_success_rate=estimate(0.7, 0.5, 0.8, 40),
        difference=estimate(0.2, -0.1, 0.4, 48),
        adjusted_p_value=0.00001,
    )
    assert words(tables.learning_lines([effect]))[1] == (
        "user playbook x 8 3 90.0 % [50.0, 99.0] n=8 70.0 % [50.0, 80.0] n=40 20.0 % [-10.0, 40.0] n=48 <.0001 "
        "Ask for the receipt"
    )


def test_an_audit():
    lines = words(tables.audit_lines(samples.audit()))
    assert "kappa 0.61 [0.51, 0.70] n=200" in lines
    assert "own family 2.0 % [-3.0, 7.0] n=150" in lines
    assert "Brier score 0.170" in lines
    assert lines[-3:] == ["70 11 4 production", "8 68 6 challenger", "9 6 18 tie"]
    assert words(tables.audit_lines(evaluation_pb2.JudgeAudit()))[-1] == "Brier score -"


def test_arms_of_an_experiment():
    report = evaluation_pb2.ExperimentReport(
        arms=[
            evaluation_pb2.ExperimentArmReport(
                arm="without", users=50, sessions=80, success_rate=estimate(0.6, 0.5, 0.7)
            ),
            evaluation_pb2.ExperimentArmReport(
                arm="with",
                users=51,
                sessions=90,
                success_rate=estimate(0.7, 0.6, 0.8),
                success_lift=estimate(0.1, -0.02, 0.22),
                p_value=0.1,
                corrective_turns=estimate(0.3, 0.2, 0.4),
                corrective_turns_lift=estimate(-0.2, -0.4, 0.0),
            ),
        ],
        sample_ratio_p_value=0.00001,
        sample_ratio_mismatch=True,
    )
    lines = words(tables.arm_lines(report))
    assert lines[1] == "without 50 80 60.0 % [50.0, 70.0] n=120 - - - -"
    assert lines[2] == (
        "with 51 90 70.0 % [60.0, 80.0] n=120 10.0 % [-2.0, 22.0] n=120 0.1000 0.30 [0.20, 0.40] n=120 "
        "-0.20 [-0.40, 0.00] n=120"
    )
    assert lines[3] == "sample-ratio check, p <.0001: the shares of the arms are off, nothing may be concluded"


def test_evaluated_sessions_tell_what_stands_out():
    one = evaluation_pb2.SessionEvaluation(
        user_id="ada",
        session_id="s",
        agent_version="1.4",
        outcome=evaluation_pb2.SESSION_OUTCOME_PARTIAL,
        method=evaluation_pb2.EVALUATION_METHOD_REPORTED,
        success_score=0.4,
        corrective_turns=2,
        user_turns=5,
        user_turns_to_resolution=4,
        escalated=True,
        repeat_contact=True,
        system_errors=1,
        reported=evaluation_pb2.ReportedOutcome(value=3, action="refund"),
    )
    assert words(tables.evaluation_lines([one]))[1] == (
        "ada s 1.4 partial reported 0.40 2 of 5 4 escalated, came back, 1 system error, value 3, refund"
    )
