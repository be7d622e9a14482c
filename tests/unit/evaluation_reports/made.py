"""Sessions, verdicts and experiments made short."""

from interplay_server.domain.evaluation import (
    RULES,
    SHADOW_CONTEST,
    Arm,
    Experiment,
    Outcome,
    PairVerdict,
    SessionEvaluation,
)

DAY = 86_400_000_000
START = 1_760_000_000_000_000
"""Some instant, in microseconds."""
BOTH = (Arm("learned", 1.0), Arm("holdout", 1.0, holdout=True))


def session(user, name, outcome="SUCCESS", *, value=None, at=START, length=60_000_000, corrective=0, **fields):
    if value is not None:
        fields["reported"] = Outcome(user, name, outcome, at, at, value=value)
    fields = {"agent_id": "bot", "agent_version": "1", "source": "", **fields}
    return SessionEvaluation(
        user_id=user,
        session_id=name,
        outcome=outcome,
        method=RULES,
        success_score=0.5,
        confidence=0.5,
        first_time=at,
        last_time=at + length,
        evaluate_time=at + length,
        first_seq=1,
        last_seq=2,
        interaction_ids=("i",),
        judge="rules/1",
        judge_hash="h",
        corrective_ids=tuple(f"c{place}" for place in range(corrective)),
        **fields,
    )


def verdict(interaction, user, name, winner, *, contest=SHADOW_CONTEST, judge_hash="h", judge_time=1, at=START):
    return PairVerdict(
        interaction_id=interaction,
        contest=contest,
        user_id=user,
        session_id=name,
        source="",
        agent_id="bot",
        agent_version="1",
        topic="",
        occur_time=at,
        judge="rules/1",
        judge_hash=judge_hash,
        judge_time=judge_time,
        winner=winner,
        flip=False,
        magnitude=0.5,
        criteria=(),
        reason="",
        orders=(),
        question="",
        production_length=1,
        challenger_length=1,
        text_hash="t",
    )


def experiment(name="trial", arms=BOTH, *, agent_id="", start_time=START, stop_time=None, description=""):
    return Experiment(name, description, arms, agent_id, start_time, stop_time)


def known_outcomes(chance, count, rate, *, unknown=0.1):
    """Outcomes of sessions, SUCCESS with probability `rate` where they are known."""
    drawn = ["SUCCESS" if one < rate else "FAILURE" for one in chance.random(count)]
    return ["UNKNOWN" if hidden < unknown else one for one, hidden in zip(drawn, chance.random(count), strict=True)]
