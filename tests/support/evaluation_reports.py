"""Reports of an evaluation with everything in them, for what shows them."""

import math

from interplay.v1 import evaluation_pb2


def estimate(value, low, high, n=120, method="wilson"):
    return evaluation_pb2.Estimate(value=value, low=low, high=high, n=n, method=method)


def audit(*, passed=True):
    return evaluation_pb2.JudgeAudit(
        judge="rules/1",
        judge_hash="7f3a",
        pairs=200,
        agreement=estimate(0.78, 0.72, 0.83, 200),
        kappa=estimate(0.61, 0.51, 0.7, 200, "asymptotic"),
        flip_rate=estimate(0.08, 0.05, 0.13, 200),
        first_preference=estimate(0.53, 0.48, 0.58, 380),
        longer_preference=estimate(0.61, 0.53, 0.69, 150),
        human_longer_preference=estimate(0.58, 0.5, 0.66, 150),
        self_preference=estimate(0.02, -0.03, 0.07, 150),
        confusion=[70, 11, 4, 8, 68, 6, 9, 6, 18],
        passed=passed,
        failures=[] if passed else ["LOW_AGREEMENT", "SOMETHING_NEW"],
        failed=3,
        brier=0.17,
        reliability=[
            evaluation_pb2.ReliabilityBin(predicted=at / 10 + 0.05, observed=min(1.0, at / 11 + 0.1), count=5 + 3 * at)
            for at in range(10)
        ],
    )


def path(points):
    """A rate that settles at .62, its band narrowing, and evidence that grows."""
    made = []
    for n in range(1, points + 1):
        rate, half = 0.62 + 0.3 / n, min(0.5, 1.1 / math.sqrt(n))
        made.append(
            evaluation_pb2.EvidencePoint(
                n=n, rate=rate, low=max(0.0, rate - half), high=min(1.0, rate + half), e_value=math.exp(0.03 * n - 0.4)
            )
        )
    return made


def comparison(points=200):
    """A comparison that promotes, audited, with slices and criteria."""
    report = evaluation_pb2.ComparisonReport(
        pairs=260,
        wins=136,
        losses=84,
        ties=40,
        flips=22,
        failed=2,
        win_rate=estimate(0.618, 0.553, 0.68, 220),
        win_rate_ties_split=estimate(0.6, 0.54, 0.66, 210),
        win_rate_bootstrap=estimate(0.618, 0.54, 0.69, 210, "bootstrap by session"),
        win_rate_ties_split_bootstrap=estimate(0.6, 0.53, 0.67, 210, "bootstrap by session"),
        sign_test_p_value=0.0006,
        vote_unit=evaluation_pb2.VOTE_UNIT_SESSION,
        votes=210,
        length_controlled_win_rate=estimate(0.57, 0.49, 0.65, 220, "logistic"),
        longer_wins=estimate(0.64, 0.57, 0.7, 220),
        sample_ratio_p_value=0.41,
        pair_share=0.21,
        slices=[
            evaluation_pb2.ComparisonSlice(
                dimension=dimension,
                value=value,
                pairs=pairs,
                wins=pairs // 2,
                losses=pairs // 3,
                ties=pairs - pairs // 2 - pairs // 3,
                win_rate=estimate(rate, rate - 0.12, min(1.0, rate + 0.12), pairs),
                p_value=0.01,
                adjusted_p_value=0.04,
            )
            for dimension, value, pairs, rate in (
                ("source", "web", 150, 0.66),
                ("source", "phone", 110, 0.36),
                ("agent_version", "1.4", 260, 0.61),
                ("topic", "refund", 90, 0.55),
            )
        ],
        pairs_needed=240,
        decision=evaluation_pb2.COMPARISON_DECISION_PROMOTE,
        reasons=["SHADOW_BETTER"],
        sentence="PROMOTE: the shadow is better; it won 62.0 % of 200 decisive session votes (54.1 % to 69.8 %).",
        judge="rules/1",
        judge_hash="7f3a",
        audit=audit(),
        contest=evaluation_pb2.CONTEST_SHADOW,
        path=path(points),
    )
    report.evidence.CopyFrom(report.path[-1])
    report.slices.add(dimension="topic", value="", pairs=1, ties=1, win_rate=evaluation_pb2.Estimate(method="NO_DATA"))
    report.criteria["uses_known_facts"].CopyFrom(estimate(0.8, 0.7, 0.87, 90))
    report.criteria["answers_the_question"].CopyFrom(estimate(0.45, 0.36, 0.54, 110))
    report.criteria["contradicts_numbers"].CopyFrom(estimate(0.3, 0.2, 0.42, 60))
    return report


def verdicts(number, reason="It names the phone number that is known instead of asking for it."):
    made = []
    for index in range(number):
        winner = (2, 1, 3)[index % 3]
        made.append(
            evaluation_pb2.PairVerdict(
                index=index,
                interaction_id=f"{index:026d}",
                user_id=f"user-{index % 40}",
                session_id=f"s-{index}",
                source="web",
                agent_version="1.4",
                topic="refund",
                contest=evaluation_pb2.CONTEST_SHADOW,
                winner=winner,
                flip=winner == evaluation_pb2.PAIR_WINNER_TIE and index % 2 == 0,
                magnitude=0.4,
                reason=reason,
                production_length=80,
                challenger_length=95,
                judge="rules/1",
            )
        )
    return made
