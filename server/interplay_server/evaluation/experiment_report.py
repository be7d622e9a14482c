"""What an experiment found: success and corrections by arm, and the difference, clustered by user."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from interplay_server.domain.evaluation import Experiment, Exposure, SessionEvaluation
from interplay_server.domain.ports import TenantStore
from interplay_server.evaluation import experiments
from interplay_server.evaluation.reading import evaluations_in
from interplay_server.evaluation.statistics.bootstrap import cluster_share
from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap, Interval
from interplay_server.evaluation.statistics.lift import Lift, by_user, clustered_mean, lift
from interplay_server.evaluation.statistics.multiplicity import holm
from interplay_server.evaluation.statistics.proportions import compare_proportions
from interplay_server.evaluation.statistics.signs import sample_ratio
from interplay_server.evaluation.statistics.special import Floats

LEAST_USERS = 20
_WELCH = "clustered t, Welch"


class ArmReport(msgspec.Struct, frozen=True, kw_only=True):
    """The lifts, arm less first arm, are None for the first arm. `n` of estimates are users."""

    arm: str
    users: int
    sessions: int
    success_rate: Estimate
    corrective_turns: Estimate
    success_lift: Estimate | None = None
    p_value: float | None = None
    corrective_turns_lift: Estimate | None = None


class ExperimentReport(msgspec.Struct, frozen=True, kw_only=True):
    arms: tuple[ArmReport, ...]
    sample_ratio_p_value: float
    sample_ratio_mismatch: bool
    """Nothing may be concluded."""
    sentence: str


class _Arm(msgspec.Struct, frozen=True):
    """Users exposed, their sessions, and (totals, sizes) by user: of successes among sessions with a known outcome, and
    of corrective turns among all.
    """

    name: str
    users: int
    sessions: int
    success: tuple[Floats, Floats]
    corrective: tuple[Floats, Floats]


def experiment_report(
    evaluations: Iterable[SessionEvaluation],
    exposures: Iterable[Exposure],
    experiment: Experiment,
    *,
    confidence: float = CONFIDENCE,
    least_users: int = LEAST_USERS,
) -> ExperimentReport:
    """Sessions count that went on after their user's first exposure and began before the experiment's stop, of the
    experiment's agent where it has one. Exposures to arms that the experiment does not have are left out.

    Nothing is claimed of arms with fewer than `least_users` users whose outcome is known.
    """
    sessions: dict[str, list[SessionEvaluation]] = {arm.name: [] for arm in experiment.arms}
    exposed = {one.user_id: one for one in exposures if one.arm in sessions}
    for one in evaluations:
        exposure = exposed.get(one.user_id)
        if exposure is not None and _counts(one, exposure, experiment):
            sessions[exposure.arm].append(one)
    users = Counter(one.arm for one in exposed.values())
    arms = [_arm(name, users[name], found) for name, found in sessions.items()]
    ratio = sample_ratio(tuple(one.users for one in arms), tuple(experiments.shares(experiment)))
    made = [_reported(one, arms[0], confidence, least_users) for one in arms]
    sentence = _mismatch(ratio.p_value, made) if ratio.mismatch else _sentence(made, max(2, least_users))
    return ExperimentReport(
        arms=tuple(made),
        sample_ratio_p_value=ratio.p_value,
        sample_ratio_mismatch=ratio.mismatch,
        sentence=sentence,
    )


async def report(
    store: TenantStore, experiment: Experiment, *, confidence: float = CONFIDENCE, least_users: int = LEAST_USERS
) -> ExperimentReport:
    """Of what is stored."""
    exposed = await experiments.exposures(store, experiment.experiment_id)
    found: list[SessionEvaluation] = []
    if exposed:
        users = {one.user_id for one in exposed}
        since = min(one.first_time for one in exposed)
        async for page in evaluations_in(store, agent_id=experiment.agent_id, start_time=since):
            found += [one for one in page if one.user_id in users]

    def made() -> ExperimentReport:
        return experiment_report(found, exposed, experiment, confidence=confidence, least_users=least_users)

    return await asyncio.to_thread(made)


def _counts(one: SessionEvaluation, exposure: Exposure, experiment: Experiment) -> bool:
    return (
        one.last_time >= exposure.first_time
        and (experiment.stop_time is None or one.first_time < experiment.stop_time)
        and experiment.agent_id in ("", one.agent_id)
    )


def _arm(name: str, users: int, sessions: Sequence[SessionEvaluation]) -> _Arm:
    known = [one for one in sessions if one.known]
    return _Arm(
        name,
        users,
        len(sessions),
        by_user([one.user_id for one in known], [float(one.success) for one in known]),
        by_user([one.user_id for one in sessions], [float(len(one.corrective_ids)) for one in sessions]),
    )


def _reported(arm: _Arm, first: _Arm, confidence: float, least_users: int) -> ArmReport:
    made = ArmReport(
        arm=arm.name,
        users=arm.users,
        sessions=arm.sessions,
        success_rate=cluster_share(*arm.success, confidence=confidence),
        corrective_turns=clustered_mean(*arm.corrective, confidence).within(0.0, math.inf),
    )
    if arm is first:
        return made
    success, p_value = _success_lift(arm, first, confidence, least_users)
    turns = lift(arm.corrective, first.corrective, confidence)
    even = Gap.NO_SPREAD in (turns.treatment.gap, turns.control.gap)
    corrective = Estimate(
        value=turns.difference,
        n=_counted(turns),
        interval=None if even else turns.interval,
        method=_WELCH,
        gap=turns.gap or (Gap.NO_SPREAD if even else None),
    )
    return msgspec.structs.replace(made, success_lift=success, p_value=p_value, corrective_turns_lift=corrective)


def _success_lift(arm: _Arm, first: _Arm, confidence: float, least_users: int) -> tuple[Estimate, float | None]:
    """With its p-value. Users of an arm who are all alike have no error to add, yet are no certainty: then each user
    stands for one observation, and few users for none.
    """
    made = lift(arm.success, first.success, confidence)
    sides = made.treatment, made.control
    estimate = Estimate(value=made.difference, n=_counted(made), interval=made.interval, method=_WELCH, gap=made.gap)
    if made.gap not in (None, Gap.NO_SPREAD) or not any(one.gap is Gap.NO_SPREAD for one in sides):
        return estimate.within(-1.0, 1.0), made.p_value
    if min(one.n for one in sides) < max(2, least_users):
        return msgspec.structs.replace(estimate, interval=None, gap=Gap.TOO_FEW), None
    (one, n), (other, m) = ((side.value or 0.0, side.n) for side in sides)
    users = compare_proportions(min(1.0, one) * n, n, min(1.0, other) * m, m, confidence)
    found = msgspec.structs.replace(estimate, interval=users.interval, method="newcombe of users", gap=None)
    return found, users.p_value


def _counted(made: Lift) -> int:
    return 0 if made.difference is None else made.treatment.n + made.control.n


def _mismatch(p_value: float, arms: Sequence[ArmReport]) -> str:
    counted = ", ".join(f"{one.users} in {one.arm}" for one in arms)
    return f"Nothing may be concluded: the shares of users are off ({counted}; p {_p(p_value)})."


def _sentence(arms: Sequence[ArmReport], least_users: int) -> str:
    """On the arm whose difference from the first one is surest; with several, its p-value is Holm's."""
    first = arms[0]
    few = [one for one in arms if one.success_rate.n < least_users]
    tested = [(one, _tested(one)) for one in arms[1:] if first not in few and one not in few]
    if not tested:
        counted = ", ".join(f"{one.arm} has {_users(one.success_rate.n)}" for one in few)
        return f"Nothing can be said yet: {counted} with a known outcome; {least_users} are needed in each arm."
    values = [p_value for _, (_, _, p_value) in tested]
    at = values.index(min(values))
    best, (value, interval, _) = tested[at]
    p_value = float(holm(values)[at])
    if p_value < 1 - interval.confidence:
        claim = f"{best.arm} succeeds {'more' if value > 0 else 'less'} often than {first.arm}"
    else:
        claim = f"it cannot be said whether {best.arm} succeeds more or less often than {first.arm}"
    level = f"{interval.confidence * 100:g} % interval {_points(interval.low)} to {_points(interval.high)}"
    among = f"the surest of {len(tested)} arms, p by Holm" if len(tested) > 1 else "p"
    counted = f"{_users(best.success_rate.n)} against {first.success_rate.n}"
    found = f"{_points(value)} points ({level}, {among} {_p(p_value)}, {counted})"
    return f"At one look, {claim}: {found}."


def _tested(arm: ArmReport) -> tuple[float, Interval, float]:
    """Difference, interval and p-value of an arm with enough users, which has them."""
    lifted = arm.success_lift
    assert lifted is not None and lifted.value is not None  # noqa: S101, PT018 - by the caller
    assert lifted.interval is not None and arm.p_value is not None  # noqa: S101, PT018 - by the caller
    return lifted.value, lifted.interval, arm.p_value


def _users(n: int) -> str:
    return "1 user" if n == 1 else f"{n} users"


def _points(share: float) -> str:
    return f"{share * 100:+.1f}"


def _p(p_value: float) -> str:
    return "< 0.0001" if p_value < 0.0001 else f"= {p_value:.4f}"
