"""Pairs compared and judges audited, over a real server."""

import grpc
import pytest

from tests.service.evaluation_kit import (
    CHALLENGER,
    INCONCLUSIVE,
    KEEP,
    PRODUCTION,
    PROMOTE,
    TIE,
    EvaluationApi,
    many,
    refused,
    shadowed,
)
from tests.service.kit import eval_pb, fresh, ipb, pb
from tests.service.learning_kit import agent, turns, user

GENERIC = "Happy to help you with that. What is your email or phone number?"
PERSONAL = (
    "Happy to assist you with that. I can see your phone number is 123-456-7890. Is that the right number to send the "
    "refund confirmation to?"
)


@pytest.fixture
def api(shared_server):
    api = EvaluationApi(shared_server.target, tenant=fresh("tenant"))
    yield api
    api.close()


def test_the_seeds_refund_example_is_decided_for_the_personalised_reply(api):
    api.say("My phone number is 123-456-7890.", user="user_123", session="before")
    api.PublishInteractions(
        turns(*shadowed("I would like to get a refund", GENERIC, PERSONAL), user="user_123", session="refund",
              agent_version="v1.0")
    )  # fmt: skip
    [verdict], report = api.compare()
    assert verdict.winner == CHALLENGER
    assert not verdict.flip
    assert len(verdict.orders) == 2
    assert {one.winner for one in verdict.orders} == {CHALLENGER}
    assert "known" in verdict.reason
    assert (report.wins, report.losses, report.pairs) == (1, 0, 1)
    assert report.decision == INCONCLUSIVE
    assert "ONE_CLUSTER" in report.reasons
    assert "%" in report.sentence


def test_enough_sessions_promote_and_say_that_nobody_audited_the_judge(api):
    many(api, 30)
    verdicts, report = api.compare()
    assert [one.index for one in verdicts] == list(range(30))
    assert report.decision == PROMOTE
    assert "UNAUDITED" in report.reasons
    assert "unaudited" in report.sentence
    assert report.wins == report.votes == 30
    assert report.evidence.e_value >= 20
    assert report.evidence.low > 0.5
    assert (report.path[-1].n, report.path[-1].low) == (report.evidence.n, pytest.approx(report.evidence.low))
    assert report.path[-1].e_value == pytest.approx(report.evidence.e_value)
    assert {(one.dimension, one.value) for one in report.slices} >= {("source", "chat"), ("source", "mail")}
    assert report.pair_share == 1.0


def test_production_that_is_better_is_kept(api):
    many(api, 30, better="production")
    _, report = api.compare()
    assert report.decision == KEEP


def test_pairs_of_one_session_are_one_vote(api):
    many(api, 30, sessions=2)
    _, report = api.compare()
    assert (report.pairs, report.votes, report.decision) == (30, 2, INCONCLUSIVE)
    many(api, 30, users=1)
    _, report = api.compare(vote_unit=2, filter=eval_pb.SessionFilter(user_id="u0"))
    assert (report.votes, report.decision) == (1, INCONCLUSIVE)
    assert "ONE_CLUSTER" in report.reasons


def test_no_pairs_and_identical_texts_are_inconclusive(api):
    _, report = api.compare()
    assert (report.pairs, report.decision, list(report.reasons)) == (0, INCONCLUSIVE, ["NO_PAIRS", "UNAUDITED"])
    many(api, 25, better="same")
    verdicts, report = api.compare()
    assert {one.winner for one in verdicts} == {TIE}
    assert report.decision == INCONCLUSIVE
    assert "NOTHING_DECISIVE" in report.reasons


def test_a_pair_is_judged_once_and_an_interrupted_call_goes_on(api):
    many(api, 12)
    request = eval_pb.CompareArmsRequest(request_id="r", max_pairs=50)
    call = api.CompareArms(request)
    first = next(call).operation
    assert next(call).verdict.index == 0
    call.cancel()
    request.resume_after = 1
    messages = list(api.CompareArms(request))
    assert messages[0].operation.operation_id == first.operation_id
    assert [one.verdict.index for one in messages[1:-1]] == list(range(1, 12))
    assert not any(one.verdict.reused for one in messages[1:-1])
    with refused("REQUEST_ID_REUSED", grpc.StatusCode.ALREADY_EXISTS):
        api.compare(request_id="r", contest=2)
    verdicts, report = api.compare()
    assert all(one.reused for one in verdicts)
    assert report.pairs == 12


def test_a_deleted_turn_takes_its_verdict_with_it(api):
    many(api, 3)
    verdicts, _ = api.compare()
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[verdicts[0].interaction_id]))
    _, report = api.compare()
    assert report.pairs == 2


def test_experts_are_compared_with_the_agent_from_turns_and_annotations(api):
    api.PublishInteractions(
        turns(user("What is your return policy?"), agent("30 days.", expert_content="30 days with the receipt, unused."),
              user("And for gifts?"), agent("I do not know."), session="s")
    )  # fmt: skip
    last = api.listed(user_id="u")[-1].interaction_id
    api.AnnotateInteraction(
        pb.AnnotateInteractionRequest(
            interaction_id=last, annotation=ipb.Annotation(expert_content="Gifts may be returned for a voucher.")
        )
    )
    verdicts, report = api.compare(contest=2)
    assert (report.pairs, report.contest) == (2, 2)
    assert verdicts[-1].interaction_id == last
    assert verdicts[-1].winner == CHALLENGER


def test_a_sample_ratio_that_is_off_concludes_nothing(api):
    many(api, 30)
    for place in range(200):
        api.session(user("Hello?"), agent("Hello."), session=f"plain {place}")
    _, report = api.compare(expected_pair_share=0.9)
    assert report.sample_ratio_p_value < 0.001
    assert (report.decision, report.reasons[0]) == (INCONCLUSIVE, "SAMPLE_RATIO_MISMATCH")


# --- audits


def labelled(place, label, good_first=True):
    good, bad = f"Train {place} leaves at nine from platform four.", "I cannot help with that."
    production, challenger = (good, bad) if good_first else (bad, good)
    return eval_pb.LabelledPair(
        question=f"When does train {place} leave?", production=production, challenger=challenger, label=label
    )


def test_a_judge_that_agrees_with_people_passes_and_one_that_does_not_may_not_promote(api):
    right = [labelled(place, PRODUCTION if place % 2 else CHALLENGER, bool(place % 2)) for place in range(60)]
    audit = api.AuditJudge(eval_pb.AuditJudgeRequest(pairs=right)).audit
    assert audit.passed, audit
    assert audit.pairs == 60
    assert audit.kappa.value > 0.8
    assert audit.kappa.low < audit.kappa.value
    assert sum(audit.confusion) == 60
    many(api, 30)
    _, report = api.compare()
    assert report.decision == PROMOTE
    assert "unaudited" not in report.sentence
    assert report.audit.kappa.value == audit.kappa.value
    wrong = [labelled(place, CHALLENGER if place % 2 else PRODUCTION, bool(place % 2)) for place in range(60)]
    audit = api.AuditJudge(eval_pb.AuditJudgeRequest(pairs=wrong)).audit
    assert not audit.passed
    assert "LOW_AGREEMENT" in audit.failures
    _, report = api.compare()
    assert report.decision == INCONCLUSIVE
    assert "JUDGE_AUDIT_FAILED" in report.reasons


def test_labels_that_cannot_be_used_are_refused(api):
    with refused("INVALID_REQUEST"):
        api.AuditJudge(eval_pb.AuditJudgeRequest())
    with refused("INVALID_REQUEST"):
        api.AuditJudge(eval_pb.AuditJudgeRequest(pairs=[eval_pb.LabelledPair(label=PRODUCTION, production="a")]))
    with refused("INTERACTION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
        api.AuditJudge(
            eval_pb.AuditJudgeRequest(pairs=[eval_pb.LabelledPair(label=PRODUCTION, interaction_id="nothing")])
        )
    [_, answer] = api.PublishInteractions(turns(user("Hi"), agent("Hello."))).interaction_ids
    with refused("INVALID_REQUEST"):
        api.AuditJudge(eval_pb.AuditJudgeRequest(pairs=[eval_pb.LabelledPair(label=PRODUCTION, interaction_id=answer)]))
