"""Reports of evaluation to messages: rows of agents, effects of learnings, experiments."""

from interplay.v1 import evaluation_pb2 as pb
from interplay.v1 import evaluation_service_pb2

from interplay_server.domain.evaluation import Arm, Experiment
from interplay_server.evaluation.agent_report import AgentReport, ReportRow
from interplay_server.evaluation.experiment_report import ArmReport, ExperimentReport
from interplay_server.evaluation.learning_effects import LearningEffect
from interplay_server.services.convert.estimates import estimate_to_pb
from interplay_server.services.convert.times import from_micros


def agent_report_to_pb(report: AgentReport, pending_sessions: int = 0) -> evaluation_service_pb2.GetAgentReportResponse:
    return evaluation_service_pb2.GetAgentReportResponse(
        total=report_row_to_pb(report.total),
        rows=[report_row_to_pb(one) for one in report.rows],
        learnings=[learning_effect_to_pb(one) for one in report.learnings],
        pending_sessions=pending_sessions,
    )


def report_row_to_pb(row: ReportRow) -> pb.AgentReportRow:
    return pb.AgentReportRow(
        agent_version=row.agent_version,
        day=row.day,
        sessions=row.sessions,
        success_rate=estimate_to_pb(row.success_rate),
        success_rate_by_user=estimate_to_pb(row.success_rate_by_user),
        behaviour_success_rate=estimate_to_pb(row.behaviour_success_rate),
        corrective_turns=estimate_to_pb(row.corrective_turns),
        user_turns_to_resolution=estimate_to_pb(row.user_turns_to_resolution),
        escalation_rate=estimate_to_pb(row.escalation_rate),
        repeat_contact_rate=estimate_to_pb(row.repeat_contact_rate),
        final_satisfaction=estimate_to_pb(row.final_satisfaction),
        value=row.value,
        outcomes=row.outcomes,
        shadow_pairs=row.shadow_pairs,
        shadow_win_rate=estimate_to_pb(row.shadow_win_rate),
    )


def learning_effect_to_pb(one: LearningEffect) -> pb.LearningEffect:
    return pb.LearningEffect(
        kind=one.kind,
        id=one.id,
        text=one.text,
        injected=one.injected,
        cited=one.cited,
        with_success_rate=estimate_to_pb(one.with_success_rate),
        without_success_rate=estimate_to_pb(one.without_success_rate),
        difference=estimate_to_pb(one.difference),
        adjusted_p_value=one.adjusted_p_value,
    )


def experiment_from_pb(message: pb.Experiment) -> Experiment:
    """Without times and report. Not checked: see `experiments.violations`."""
    return Experiment(
        experiment_id=message.experiment_id,
        description=message.description,
        arms=tuple(Arm(one.name, one.share, one.holdout) for one in message.arms),
        agent_id=message.agent_id,
        start_time=0,
    )


def experiment_to_pb(experiment: Experiment, report: ExperimentReport | None = None) -> pb.Experiment:
    return pb.Experiment(
        experiment_id=experiment.experiment_id,
        description=experiment.description,
        arms=[pb.ExperimentArm(name=one.name, share=one.share, holdout=one.holdout) for one in experiment.arms],
        agent_id=experiment.agent_id,
        start_time=from_micros(experiment.start_time),
        stop_time=None if experiment.stop_time is None else from_micros(experiment.stop_time),
        report=None if report is None else experiment_report_to_pb(report),
    )


def experiment_report_to_pb(report: ExperimentReport) -> pb.ExperimentReport:
    return pb.ExperimentReport(
        arms=[_arm_to_pb(one) for one in report.arms],
        sample_ratio_p_value=report.sample_ratio_p_value,
        sample_ratio_mismatch=report.sample_ratio_mismatch,
        sentence=report.sentence,
    )


def _arm_to_pb(one: ArmReport) -> pb.ExperimentArmReport:
    return pb.ExperimentArmReport(
        arm=one.arm,
        users=one.users,
        sessions=one.sessions,
        success_rate=estimate_to_pb(one.success_rate),
        corrective_turns=estimate_to_pb(one.corrective_turns),
        success_lift=None if one.success_lift is None else estimate_to_pb(one.success_lift),
        p_value=one.p_value,
        corrective_turns_lift=None if one.corrective_turns_lift is None else estimate_to_pb(one.corrective_turns_lift),
    )
