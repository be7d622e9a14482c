"""What the verdicts of a comparison come to. Every figure follows from the verdicts alone, and can be made again."""

from collections.abc import Sequence

import msgspec
import numpy as np

from interplay_server.domain.evaluation import BY_USER, CHALLENGER, PRODUCTION, PairVerdict, session_key
from interplay_server.domain.evaluation_config import EvaluationConfig
from interplay_server.domain.ports import Embedder
from interplay_server.evaluation.statistics.anytime import Look, path
from interplay_server.evaluation.statistics.audit import UNAUDITED, Audit
from interplay_server.evaluation.statistics.bootstrap import win_rates
from interplay_server.evaluation.statistics.estimates import Estimate
from interplay_server.evaluation.statistics.length import length_controlled, longer_wins
from interplay_server.evaluation.statistics.proportions import proportion
from interplay_server.evaluation.statistics.signs import SampleRatio, sample_ratio, sign_test
from interplay_server.evaluation.statistics.slices import Slice, slices
from interplay_server.evaluation.statistics.verdict import Policy, Verdict, decide
from interplay_server.evaluation.statistics.votes import LOSS, TIE, WIN, Rule, totals, votes
from interplay_server.evaluation.topics import find_topics

MOST_POINTS = 200
_VALUE = {CHALLENGER: WIN, PRODUCTION: LOSS}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Rates are those of the challenger. `votes` are one a session, or one a user."""

    pairs: int
    wins: int
    losses: int
    flips: int
    win_rate: Estimate
    win_rate_ties_split: Estimate
    bootstrap: Estimate
    bootstrap_ties_split: Estimate
    sign_test_p_value: float | None
    votes: int
    path: tuple[Look, ...]
    length_controlled: Estimate
    longer_wins: Estimate
    ratio: SampleRatio | None
    pair_share: float | None
    slices: tuple[Slice, ...]
    criteria: dict[str, Estimate]
    verdict: Verdict

    @property
    def ties(self) -> int:
        return self.pairs - self.wins - self.losses


def make_report(
    verdicts: Sequence[PairVerdict],
    *,
    unit: str,
    config: EvaluationConfig,
    embedder: Embedder,
    audit: Audit = UNAUDITED,
    paired: int = 0,
    eligible: int = 0,
    expected_share: float | None = None,
    seed: int = 0,
) -> Report:
    """`verdicts` in the order of time. Of `eligible` turns `paired` have a second answer; `expected_share` should."""
    confidence = config.confidence
    values = [_VALUE.get(one.winner, TIE) for one in verdicts]
    clusters = [_cluster(one, unit) for one in verdicts]
    # A user goes on talking while one looks, and a majority that may still turn over is no vote.
    rule: Rule = "first" if unit == BY_USER else "majority"
    cast = votes(zip(clusters, values, strict=True), rule)
    wins, losses, flips = values.count(WIN), values.count(LOSS), sum(one.flip for one in verdicts)
    by_cluster = totals(votes(zip(clusters, values, strict=True)))
    without_ties, ties_split = win_rates(by_cluster, confidence=confidence, rng=np.random.default_rng(seed))
    differences = [float(one.challenger_length - one.production_length) for one in verdicts]
    ratio = _ratio(paired, eligible, expected_share)
    topics = [one.topic for one in verdicts]
    found = find_topics(["" if one.topic else one.question for one in verdicts], embedder)
    decisive = [one.vote for one in cast if one.vote != TIE]
    return Report(
        pairs=len(verdicts),
        wins=wins,
        losses=losses,
        flips=flips,
        win_rate=proportion(wins, wins + losses, confidence),
        win_rate_ties_split=proportion(wins + (len(values) - wins - losses) / 2, len(values), confidence),
        bootstrap=without_ties,
        bootstrap_ties_split=ties_split,
        sign_test_p_value=sign_test(decisive.count(WIN), decisive.count(LOSS)).p_value if decisive else None,
        votes=len(cast),
        path=_thinned(path(decisive, confidence=confidence)),
        length_controlled=length_controlled(values, differences, clusters, confidence).win_rate,
        longer_wins=longer_wins(values, differences, confidence),
        ratio=ratio,
        pair_share=paired / eligible if eligible else None,
        slices=tuple(
            slices(
                (
                    (cluster, value, _dimensions(one, topic or other))
                    for cluster, value, one, topic, other in zip(clusters, values, verdicts, topics, found, strict=True)
                ),
                rule=rule,
                confidence=confidence,
            )
        ),
        criteria=_criteria(verdicts, confidence),
        verdict=decide(
            cast,
            flips=flips,
            audit=audit,
            ratio=ratio,
            policy=Policy(confidence=confidence, least_clusters=config.least_votes),
            unit=unit,
        ),
    )


def _cluster(one: PairVerdict, unit: str) -> str:
    return one.user_id if unit == BY_USER else session_key(one.user_id, one.session_id)


def _dimensions(one: PairVerdict, topic: str) -> dict[str, str]:
    given = {"source": one.source, "agent_version": one.agent_version, "topic": topic}
    return {name: value for name, value in given.items() if value}


def _criteria(verdicts: Sequence[PairVerdict], confidence: float) -> dict[str, Estimate]:
    counts: dict[str, list[int]] = {}
    for one in verdicts:
        for name, winner in one.criteria:
            count = counts.setdefault(name, [0, 0])
            if winner in _VALUE:
                count[0] += winner == CHALLENGER
                count[1] += 1
    return {name: proportion(won, n, confidence) for name, (won, n) in sorted(counts.items()) if n}


def _ratio(pairs: int, eligible: int, expected: float | None) -> SampleRatio | None:
    if expected is None or eligible < pairs or not eligible:
        return None
    if expected >= 1:
        rest = eligible - pairs
        expectation = (float(eligible), 0.0)
        return SampleRatio(observed=(pairs, rest), expected=expectation, p_value=float(not rest), mismatch=bool(rest))
    return sample_ratio((pairs, eligible - pairs), (expected, 1 - expected))


def _thinned(points: Sequence[Look]) -> tuple[Look, ...]:
    """The last one and at most MOST_POINTS in all."""
    step = max(1, -(-len(points) // MOST_POINTS))
    return tuple(points[::-step][::-1])
