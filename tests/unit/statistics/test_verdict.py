"""Verdicts: what decides, what refuses, and the sentence."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.evaluation.statistics.anytime import look
from interplay_server.evaluation.statistics.audit import Audit, AuditState, Fault
from interplay_server.evaluation.statistics.signs import sample_ratio
from interplay_server.evaluation.statistics.verdict import Decision, Policy, Reason, decide
from interplay_server.evaluation.statistics.votes import LOSS, TIE, WIN, votes

PASSED, FAILED = Audit(AuditState.PASSED), Audit(AuditState.FAILED, (Fault.LOW_AGREEMENT,))


def cast(wins, losses, ties=0):
    verdicts = [WIN] * wins + [LOSS] * losses + [TIE] * ties
    return votes((f"s{i}", one) for i, one in enumerate(verdicts))


def test_promote():
    made = decide(cast(132, 68, 20), audit=PASSED)
    assert (made.decision, made.reasons) == (Decision.PROMOTE, (Reason.SHADOW_BETTER,))
    interval = look(132, 68).interval
    assert f"{100 * interval.low:.1f} to {100 * interval.high:.1f} %" in made.sentence
    assert "132 of 200 decisive session votes, 66 %" in made.sentence
    assert "95 % confidence sequence" in made.sentence
    assert "unaudited" not in made.sentence
    assert made.sentence.count(". ") == 0
    assert made.sentence.endswith(".")
    assert (made.clusters, made.pairs, made.flip_rate) == (220, 220, 0)


def test_without_an_audit_it_is_said():
    made = decide(cast(132, 68))
    assert made.decision is Decision.PROMOTE
    assert made.reasons == (Reason.SHADOW_BETTER, Reason.UNAUDITED)
    assert "unaudited" in made.sentence


def test_a_failed_audit_refuses_to_promote_and_keeps_all_the_same():
    made = decide(cast(132, 68), audit=FAILED)
    assert made.decision is Decision.INCONCLUSIVE
    assert made.reasons[0] is Reason.JUDGE_AUDIT_FAILED
    assert "failed its audit (LOW_AGREEMENT)" in made.sentence
    made = decide(cast(68, 132), audit=FAILED)
    assert made.decision is Decision.KEEP
    assert made.reasons == (Reason.PRODUCTION_BETTER, Reason.JUDGE_AUDIT_FAILED)
    assert "failed its audit (LOW_AGREEMENT)" in made.sentence


def test_keep():
    made = decide(cast(68, 132), audit=PASSED, unit="user")
    assert (made.decision, made.reasons) == (Decision.KEEP, (Reason.PRODUCTION_BETTER,))
    assert "68 of 200 decisive user votes" in made.sentence


def test_not_enough_evidence_says_how_many_are_needed():
    made = decide(cast(33, 22, 55), audit=PASSED)
    assert (made.decision, made.reasons) == (Decision.INCONCLUSIVE, (Reason.NOT_ENOUGH_EVIDENCE,))
    assert (made.needed.decisive, made.needed.pairs) == (194, 388)
    assert "about 388 pairs in all" in made.sentence
    assert "(278 more)" in made.sentence
    even = decide(cast(30, 30), audit=PASSED)
    assert even.needed.pairs is None
    assert "no number of pairs" in even.sentence


def test_pairs_count_for_the_plan_and_not_for_the_evidence():
    once = decide(cast(33, 22), audit=PASSED)
    tenfold = decide(votes((f"s{i}", WIN if i < 33 else LOSS) for i in range(55) for _ in range(10)), audit=PASSED)
    assert tenfold.look == once.look
    assert tenfold.decision is Decision.INCONCLUSIVE
    assert (tenfold.pairs, tenfold.needed.pairs) == (550, pytest.approx(10 * once.needed.pairs, abs=10))


def test_one_user_with_all_the_pairs():
    made = decide(votes(("u", WIN) for _ in range(5000)), unit="user", audit=PASSED)
    assert (made.decision, made.reasons) == (Decision.INCONCLUSIVE, (Reason.ONE_CLUSTER,))
    assert "all 5,000 pairs come from one user" in made.sentence


def test_too_few_clusters():
    made = decide(cast(19, 0), audit=PASSED)
    assert made.look.e_value > 20
    assert made.reasons == (Reason.TOO_FEW_CLUSTERS,)
    assert decide(cast(20, 0), audit=PASSED).decision is Decision.PROMOTE
    assert decide(cast(19, 0), audit=PASSED, policy=Policy(least_clusters=10)).decision is Decision.PROMOTE


def test_a_judge_that_always_says_first():
    made = decide(cast(0, 0, 300), flips=300)
    assert (made.decision, made.reasons[0]) == (Decision.INCONCLUSIVE, Reason.JUDGE_FOLLOWS_POSITION)
    assert "300 of 300 pairs" in made.sentence
    # Also where some pairs were decided by chance.
    assert decide(cast(40, 5, 300), flips=300, audit=PASSED).reasons == (Reason.JUDGE_FOLLOWS_POSITION,)
    assert decide(cast(160, 60, 180), flips=180, audit=PASSED).decision is Decision.PROMOTE


def test_nothing_decisive_or_nothing_at_all():
    identical = decide(cast(0, 0, 300), audit=PASSED)
    assert identical.reasons == (Reason.NOTHING_DECISIVE,)
    assert identical.look.rate is None
    empty = decide([], audit=PASSED)
    assert (empty.decision, empty.reasons, empty.flip_rate) == (Decision.INCONCLUSIVE, (Reason.NO_PAIRS,), None)
    for made in (identical, empty):
        assert "no vote was decisive" in made.sentence


def test_a_sample_ratio_mismatch_comes_first():
    made = decide(cast(132, 68), audit=PASSED, ratio=sample_ratio((5300, 4700)))
    assert (made.decision, made.reasons) == (Decision.INCONCLUSIVE, (Reason.SAMPLE_RATIO_MISMATCH,))
    assert "5,300, 4,700" in made.sentence
    assert decide(cast(132, 68), audit=PASSED, ratio=sample_ratio((5010, 4990))).decision is Decision.PROMOTE


@given(st.integers(0, 120), st.integers(0, 120), st.integers(0, 40), st.sampled_from([0.8, 0.95, 0.99]))
def test_a_verdict_leaves_one_half_out_of_its_interval_and_mirrors(wins, losses, ties, confidence):
    policy = Policy(confidence=confidence)
    made, mirrored = (
        decide(cast(a, b, ties), audit=PASSED, policy=policy) for a, b in ((wins, losses), (losses, wins))
    )
    swap = {Decision.PROMOTE: Decision.KEEP, Decision.KEEP: Decision.PROMOTE}
    assert mirrored.decision is swap.get(made.decision, made.decision)
    if made.decision is not Decision.INCONCLUSIVE:
        assert 0.5 not in made.look.interval
        assert made.look.e_value >= policy.threshold
        assert (made.look.interval.low > 0.5) == (made.decision is Decision.PROMOTE)
    assert made.sentence.startswith(made.decision)
    assert "nan" not in made.sentence
    assert "None" not in made.sentence


def test_verdicts_looked_at_after_every_session_are_rarely_false():
    chance = np.random.default_rng(8)
    false = 0
    for _ in range(150):
        pairs = [(f"s{i}", int(one)) for i, one in enumerate(chance.choice([WIN, LOSS, TIE], 160))]
        looks = (decide(votes(pairs[:n]), audit=PASSED).decision for n in range(20, 160, 5))
        false += any(one is not Decision.INCONCLUSIVE for one in looks)
    assert false <= 150 * 0.05


def test_bad_numbers_are_refused():
    for flips in (-1, 3):
        with pytest.raises(ValueError, match="flips"):
            decide(cast(5, 5, 2), flips=flips)
    for bad in ({"confidence": 1.0}, {"confidence": math.nan}, {"least_clusters": 1}, {"most_flips": math.nan}):
        with pytest.raises(ValueError, match=r"confidence|verdict"):
            Policy(**bad)
