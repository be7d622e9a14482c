"""Messages of evaluation from and to domain types."""

from collections.abc import Iterable, Sequence
from typing import Any

from interplay.v1 import evaluation_pb2 as pb
from interplay.v1 import evaluation_service_pb2 as service_pb
from interplay.v1 import monitor_pb2

from interplay_server.domain import evaluation as domain
from interplay_server.domain.evaluation_config import EvaluationConfig
from interplay_server.domain.query import InteractionFilter
from interplay_server.domain.records import Condition, Op, among, equal
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.evaluation.anomalies import Anomaly
from interplay_server.evaluation.auditing import AuditFound
from interplay_server.evaluation.report import Report
from interplay_server.evaluation.statistics.anytime import Look
from interplay_server.evaluation.statistics.audit import AuditState
from interplay_server.evaluation.statistics.slices import Slice
from interplay_server.services.convert.estimates import estimate_to_pb
from interplay_server.services.convert.filters import times_from_pb
from interplay_server.services.convert.times import from_micros

CONTESTS = {0: domain.SHADOW_CONTEST, 1: domain.SHADOW_CONTEST, 2: domain.EXPERT_CONTEST}
UNITS = {0: domain.BY_SESSION, 1: domain.BY_SESSION, 2: domain.BY_USER}
WINNERS = {1: domain.PRODUCTION, 2: domain.CHALLENGER, 3: domain.TIE}
_AUDITED = {AuditState.PASSED, AuditState.FAILED}
_TEXT = ("user_id", "session_id", "agent_id", "agent_version", "source")


def outcome_name(value: int) -> str:
    """Empty for UNSPECIFIED."""
    return pb.SessionOutcome.Name(value).removeprefix("SESSION_OUTCOME_") if value else ""


def outcomes_from_pb(values: Iterable[int]) -> list[str]:
    return [outcome_name(one) for one in values if one]


def methods_from_pb(values: Iterable[int]) -> list[str]:
    return [pb.EvaluationMethod.Name(one).removeprefix("EVALUATION_METHOD_") for one in values if one]


def session_filter(given: service_pb.SessionFilter, path: str) -> InteractionFilter:
    """Raises InvalidRequest."""
    try:
        start, end = times_from_pb(given)
    except InvalidRequest as error:
        raise InvalidRequest([Violation(f"{path}.{one.field}", one.description) for one in error.violations]) from error
    return InteractionFilter(**{name: getattr(given, name) for name in _TEXT}, start_time=start, end_time=end)


def evaluation_conditions(where: InteractionFilter) -> list[Condition]:
    """The filter over evaluated sessions: times are those of the last interaction."""
    made = [*equal(**{name: getattr(where, name) for name in _TEXT})]
    if where.user_ids:
        made.append(among("user_id", sorted(where.user_ids)))
    if where.start_time is not None:
        made.append(Condition("last_time", Op.GE, where.start_time))
    if where.end_time is not None:
        made.append(Condition("last_time", Op.LT, where.end_time))
    return made


def chosen(field: str, values: Sequence[str]) -> list[Condition]:
    return [among(field, values)] if values else []


def config_to_pb(config: EvaluationConfig) -> pb.EvaluationConfig:
    return pb.EvaluationConfig(
        etag=config.etag,
        revision=config.revision,
        disabled=config.disabled,
        sample_rate=config.sample_rate,
        idle_seconds=config.idle_seconds,
        repeat_contact_hours=config.repeat_contact_hours,
        judge=config.judge,
        max_concurrent=config.max_concurrent,
        min_kappa=config.min_kappa,
        max_flip_rate=config.max_flip_rate,
        least_votes=config.least_votes,
        confidence=config.confidence,
    )


_RANGES: Sequence[tuple[str, float, float]] = (
    ("sample_rate", 0, 1),
    ("idle_seconds", 1, 604_800),
    ("repeat_contact_hours", 1, 720),
    ("max_concurrent", 1, 64),
    ("min_kappa", -1, 1),
    ("max_flip_rate", 0, 1),
    ("least_votes", 2, 100_000),
    ("confidence", 0.5, 0.999),
)
_MOST_NAME = 64


def _check_config(request: service_pb.UpdateEvaluationConfigRequest) -> None:
    """Raises InvalidRequest with all violations."""
    given = request.config
    found = []
    for name, least, most in _RANGES:
        value = getattr(given, name)
        said = given.HasField(name) if given.DESCRIPTOR.fields_by_name[name].has_presence else value != 0
        # NaN is outside of every range.
        if said and not least <= value <= most:
            found.append(Violation(f"config.{name}", f"must be between {least:,} and {most:,}"))
    found += [
        Violation(f"config.{name}", f"must have at most {_MOST_NAME} characters")
        for name in ("judge", "etag")
        if len(getattr(given, name)) > _MOST_NAME
    ]
    if found:
        raise InvalidRequest(found, request)


def config_from_pb(request: service_pb.UpdateEvaluationConfigRequest, revision: int) -> EvaluationConfig:
    """What is not said takes its default. Raises InvalidRequest."""
    _check_config(request)
    given = request.config
    names = ("idle_seconds", "repeat_contact_hours", "judge", "max_concurrent", "least_votes", "confidence")
    values: dict[str, Any] = {name: value for name in names if (value := getattr(given, name))}
    present = ("sample_rate", "min_kappa", "max_flip_rate")
    values |= {name: getattr(given, name) for name in present if given.HasField(name)}
    return EvaluationConfig(disabled=given.disabled, revision=revision, **values)


def reported_to_pb(one: domain.Outcome) -> pb.ReportedOutcome:
    return pb.ReportedOutcome(
        outcome=f"SESSION_OUTCOME_{one.outcome}",
        value=one.value,
        action=one.action,
        reporter=one.reporter,
        comment=one.comment,
        occur_time=from_micros(one.occur_time),
        report_time=from_micros(one.report_time),
    )


def evaluation_to_pb(one: domain.SessionEvaluation) -> pb.SessionEvaluation:
    return pb.SessionEvaluation(
        user_id=one.user_id,
        session_id=one.session_id,
        agent_id=one.agent_id,
        agent_version=one.agent_version,
        source=one.source,
        outcome=f"SESSION_OUTCOME_{one.outcome}",
        method=f"EVALUATION_METHOD_{one.method}",
        success_score=one.success_score,
        confidence=one.confidence,
        evidence=[
            pb.EvaluationEvidence(interaction_id=part.interaction_id, what=part.what, weight=part.weight)
            for part in one.evidence
        ],
        corrective_turns=len(one.corrective_ids),
        corrective_interaction_ids=one.corrective_ids,
        user_turns_to_resolution=one.user_turns_to_resolution,
        user_turns=one.user_turns,
        agent_turns=one.agent_turns,
        escalated=one.escalated,
        repeat_contact=one.repeat_contact,
        satisfaction=[pb.SatisfactionPoint(interaction_id=at, satisfaction=value) for at, value in one.satisfaction],
        final_satisfaction=one.satisfaction[-1][1] if one.satisfaction else None,
        system_errors=one.system_errors,
        behaviour_success=one.behaviour_success,
        reported=reported_to_pb(one.reported) if one.reported is not None else None,
        judge=one.judge,
        judge_hash=one.judge_hash,
        first_time=from_micros(one.first_time),
        last_time=from_micros(one.last_time),
        evaluate_time=from_micros(one.evaluate_time),
        interaction_count=len(one.interaction_ids),
    )


def winner_to_pb(name: str) -> str:
    return f"PAIR_WINNER_{name}"


def verdict_to_pb(one: domain.PairVerdict, index: int, *, reused: bool) -> pb.PairVerdict:
    return pb.PairVerdict(
        index=index,
        interaction_id=one.interaction_id,
        user_id=one.user_id,
        session_id=one.session_id,
        source=one.source,
        agent_version=one.agent_version,
        topic=one.topic,
        contest=f"CONTEST_{one.contest}",
        winner=winner_to_pb(one.winner),
        flip=one.flip,
        magnitude=one.magnitude,
        criteria=[pb.CriterionVerdict(criterion=name, winner=winner_to_pb(won)) for name, won in one.criteria],
        reason=one.reason,
        orders=[
            pb.OrderedVerdict(
                production_first=order.production_first,
                winner=winner_to_pb(order.winner),
                magnitude=order.magnitude,
                reason=order.reason,
            )
            for order in one.orders
        ],
        judge=one.judge,
        judge_hash=one.judge_hash,
        production_length=one.production_length,
        challenger_length=one.challenger_length,
        judge_time=from_micros(one.judge_time),
        reused=reused,
        occur_time=from_micros(one.occur_time),
    )


def report_to_pb(found: Report, *, contest: str, unit: str, anomalies: Sequence[Anomaly] = ()) -> pb.ComparisonReport:
    """Judge, audit, calls and failures are the caller's."""
    verdict = found.verdict
    return pb.ComparisonReport(
        pairs=found.pairs,
        wins=found.wins,
        losses=found.losses,
        ties=found.ties,
        flips=found.flips,
        win_rate=estimate_to_pb(found.win_rate),
        win_rate_ties_split=estimate_to_pb(found.win_rate_ties_split),
        win_rate_bootstrap=estimate_to_pb(found.bootstrap),
        win_rate_ties_split_bootstrap=estimate_to_pb(found.bootstrap_ties_split),
        sign_test_p_value=found.sign_test_p_value,
        vote_unit=pb.VOTE_UNIT_USER if unit == domain.BY_USER else pb.VOTE_UNIT_SESSION,
        votes=found.votes,
        evidence=_point(verdict.look),
        path=[_point(one) for one in found.path],
        length_controlled_win_rate=estimate_to_pb(found.length_controlled),
        longer_wins=estimate_to_pb(found.longer_wins),
        sample_ratio_p_value=found.ratio.p_value if found.ratio is not None else None,
        pair_share=found.pair_share,
        slices=[_slice(one) for one in found.slices],
        criteria={name: estimate_to_pb(one) for name, one in found.criteria.items()},
        pairs_needed=verdict.needed.pairs,
        pairs_needed_note=_needed(found),
        decision=f"COMPARISON_DECISION_{verdict.decision}",
        reasons=[str(one) for one in verdict.reasons],
        sentence=verdict.sentence,
        contest=f"CONTEST_{contest}",
        anomalies=[_anomaly(one) for one in anomalies],
    )


def _anomaly(one: Anomaly) -> pb.ComparisonAnomaly:
    return pb.ComparisonAnomaly(
        alert_id=one.alert_id,
        metric=one.metric,
        severity=monitor_pb2.AlertSeverity.Name(one.severity),
        agent_version=one.agent_version,
        playbook_id=one.playbook_id,
        event_count=one.events,
        user_count=one.users,
        open_time=from_micros(one.opened_at),
        close_time=None if one.closed_at is None else from_micros(one.closed_at),
        description=one.description,
    )


def audit_to_pb(found: AuditFound, judge: str, judge_hash: str, now: int) -> pb.JudgeAudit:
    made = pb.JudgeAudit(
        judge=judge,
        judge_hash=judge_hash,
        pairs=found.pairs,
        agreement=estimate_to_pb(found.agreement.accuracy),
        kappa=estimate_to_pb(found.agreement.kappa),
        flip_rate=estimate_to_pb(found.places.flips),
        first_preference=estimate_to_pb(found.first),
        longer_preference=estimate_to_pb(found.longer),
        human_longer_preference=estimate_to_pb(found.human_longer),
        self_preference=estimate_to_pb(found.own.difference) if found.own is not None else None,
        confusion=[count for row in found.agreement.confusion for count in row],
        passed=found.audit.state is AuditState.PASSED,
        failures=[str(one) for one in found.audit.faults],
        audit_time=from_micros(now),
        failed=found.failed,
        brier=found.calibration.brier,
    )
    for part in found.calibration.bins:
        if part.n and part.forecast is not None and part.observed is not None:
            made.reliability.add(predicted=part.forecast, observed=part.observed, count=part.n)
    return made


def audited(state: AuditState) -> bool:
    return state in _AUDITED


def _point(one: Look) -> pb.EvidencePoint:
    return pb.EvidencePoint(
        n=one.n, rate=one.rate or 0.0, low=one.interval.low, high=one.interval.high, e_value=one.e_value
    )


def _slice(one: Slice) -> pb.ComparisonSlice:
    return pb.ComparisonSlice(
        dimension=one.dimension,
        value=one.value,
        pairs=one.pairs,
        wins=one.wins,
        losses=one.losses,
        ties=one.ties,
        win_rate=estimate_to_pb(one.win_rate),
        p_value=one.p_value,
        adjusted_p_value=one.adjusted,
    )


def _needed(found: Report) -> str:
    needed = found.verdict.needed
    if needed.gap is not None:
        return f"no number: {needed.gap.value.lower().replace('_', ' ')}"
    return "in all, for 80 % power in one look at the observed rates; looking at any time takes about 1.7 times as many"
