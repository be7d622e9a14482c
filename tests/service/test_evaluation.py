"""Sessions judged, outcomes reported, pairs compared and judges audited, over a real server."""

import contextlib

import grpc
import pytest

from tests.conftest import eventually
from tests.service.kit import Refusal, eval_pb, fresh, ipb, judged_pb, now, pb, stamp
from tests.service.learning_kit import LearningApi, agent, turns, user

SUCCESS, PARTIAL, FAILURE, ABANDONED, UNKNOWN = range(1, 6)
RULES, MODEL, ACTION, REPORTED = range(1, 5)
PRODUCTION, CHALLENGER, TIE = 1, 2, 3
PROMOTE, KEEP, INCONCLUSIVE = 1, 2, 3
GENERIC = "Happy to help you with that. What is your email or phone number?"
PERSONAL = (
    "Happy to assist you with that. I can see your phone number is 123-456-7890. Is that the right number to send the "
    "refund confirmation to?"
)


@contextlib.contextmanager
def refused(reason, code=grpc.StatusCode.INVALID_ARGUMENT):
    """The call inside is refused; yields a list that holds the Refusal afterwards."""
    found = []
    with pytest.raises(grpc.RpcError) as caught:
        yield found
    found.append(Refusal.of(caught.value))
    assert (found[0].reason, found[0].code) == (reason, code.name)


class EvaluationApi(LearningApi):
    def session(self, *contents, user_id="u", session=None, finished=True, **fields):
        session = session or fresh("s")
        self.PublishInteractions(turns(*contents, user=user_id, session=session, session_finished=finished, **fields))
        return session

    def judged(self, **filters):
        request = eval_pb.ListSessionEvaluationsRequest(filter=eval_pb.SessionFilter(**filters), page_size=1000)
        return list(self.ListSessionEvaluations(request).evaluations)

    def evaluate(self, again=False, **filters):
        request = eval_pb.EvaluateSessionsRequest(filter=eval_pb.SessionFilter(**filters), again=again)
        return self.ended(self.EvaluateSessions(request).operation.operation_id)[0]

    def evaluation(self, user_id, session):
        [found] = self.judged(user_id=user_id, session_id=session)
        return found

    def compare(self, **fields):
        """Verdicts and failures, and the report."""
        messages = list(self.CompareArms(eval_pb.CompareArmsRequest(**fields)))
        kinds = [one.WhichOneof("message") for one in messages]
        assert kinds[0] == "operation"
        assert kinds[-1] == "report"
        return [getattr(one, one.WhichOneof("message")) for one in messages[1:-1]], messages[-1].report

    def agent_report(self, **fields):
        return self.GetAgentReport(eval_pb.GetAgentReportRequest(**fields))

    def report(self, user_id, session, outcome=0, **fields):
        return self.ReportSessionOutcome(
            eval_pb.ReportSessionOutcomeRequest(user_id=user_id, session_id=session, outcome=outcome, **fields)
        )


@pytest.fixture
def api(shared_server):
    api = EvaluationApi(shared_server.target, tenant=fresh("tenant"))
    yield api
    api.close()


def shadowed(question, content, shadow):
    return [user(question), agent(content, shadow_content=shadow)]


# --- sessions


def test_a_finished_session_is_judged_by_itself_and_names_its_evidence(api):
    session = api.session(
        user("My parcel 4711 has not arrived."),
        agent("It is at the depot in Ghent and comes tomorrow."),
        user("That's not what I asked, I want to know why it is late."),
        agent("Sorry. The lorry broke down; it comes tomorrow before noon."),
        user("Perfect, that answers it. Thank you!"),
        agent_version="v2",
        source="chat",
    )
    [found] = eventually(lambda: api.judged(user_id="u"))
    assert (found.outcome, found.method) == (SUCCESS, RULES)
    assert (found.session_id, found.agent_version, found.source) == (session, "v2", "chat")
    assert found.corrective_turns == 1
    assert found.user_turns_to_resolution == 2
    assert found.interaction_count == 5
    ids = {one.interaction_id for one in api.listed(user_id="u")}
    assert found.evidence
    assert {one.interaction_id for one in found.evidence} <= ids
    assert set(found.corrective_interaction_ids) <= ids
    assert [point.interaction_id for point in found.satisfaction] == [
        one.interaction_id for one in api.listed(user_id="u") if one.data.role == "User"
    ]


def test_a_session_that_goes_on_waits_and_is_judged_when_asked(api):
    session = api.session(user("How do I reset my router?"), finished=False)
    done = api.evaluate(user_id="u", session_id=session)
    assert done.result["evaluated"] == "1"
    assert api.evaluation("u", session).outcome == UNKNOWN
    api.session(agent("Hold the button for ten seconds."), user("It works now, thanks!"), session=session)
    found = eventually(lambda: (one := api.evaluation("u", session)).interaction_count == 3 and one)
    assert found.outcome == SUCCESS


def test_a_reported_outcome_wins_and_is_checked(api):
    session = api.session(user("Where is my order?"), agent("On its way."), user("Great, thanks, that solved it."))
    eventually(lambda: api.judged(user_id="u"))
    answer = api.report("u", session, FAILURE, value=-3.5, reporter="crm", comment="came back")
    assert (answer.evaluation.outcome, answer.evaluation.method) == (FAILURE, REPORTED)
    assert not answer.duplicate
    assert answer.evaluation.reported.value == -3.5
    assert api.report("u", session, FAILURE, value=-3.5).duplicate
    assert api.evaluation("u", session).method == REPORTED
    with refused("OUTCOME_CONFLICT", grpc.StatusCode.ALREADY_EXISTS):
        api.report("u", session, SUCCESS)
    assert api.report("u", session, SUCCESS, replace=True).evaluation.outcome == SUCCESS
    with refused("SESSION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
        api.report("u", "no such session", SUCCESS)
    with refused("INVALID_REQUEST") as refusal:
        api.report("u", session, SUCCESS, occur_time=stamp(1000), replace=True)
    assert refusal[0].fields == ["occur_time"]
    with refused("INVALID_REQUEST"):
        api.report("u", session, SUCCESS, occur_time=now(3600), replace=True)
    with refused("INVALID_REQUEST"):
        api.report("u", session, value=float("nan"))
    with refused("INVALID_REQUEST"):
        api.report("u", session)
    # A judge comes later and does not overrule it.
    api.evaluate(again=True)
    assert api.evaluation("u", session).method == REPORTED


def test_an_action_is_a_success_and_a_value_alone_says_nothing_of_the_outcome(api):
    session = api.session(user("Do you have it in blue?"), agent("No."))
    assert api.report("u", session, action="purchase", value=20).evaluation.outcome == SUCCESS
    other = api.session(user("Do you have it in red?"), agent("No."))
    answer = api.report("u", other, value=1.0)
    assert answer.evaluation.reported.outcome == UNKNOWN
    assert answer.evaluation.method == RULES


def test_a_purchase_in_the_session_is_a_success(api):
    bought = ipb.InteractionData(
        role="User",
        user_action=ipb.USER_ACTION_SUBMIT,
        user_action_description="checks out",
        product_ref=ipb.ProductRef(product_id="p1", event_type="purchase"),
    )
    session = api.session(user("Is it in stock?"), agent("I cannot tell."), bought)
    found = eventually(lambda: api.judged(user_id="u", session_id=session))[0]
    assert (found.outcome, found.method) == (SUCCESS, ACTION)


def test_coming_back_about_the_same_counts_against_the_earlier_session(api):
    question = "My invoice 90210 shows the wrong amount for the red bicycle."
    first = api.session(user(question), agent("I have corrected it, the new amount is 20 euros."), user("Thanks, bye."))
    eventually(lambda: api.judged(user_id="u", session_id=first))
    api.session(user("Again: invoice 90210 still shows the wrong amount for the bicycle."), agent("Let me look."))
    found = eventually(lambda: (one := api.evaluation("u", first)).repeat_contact and one)
    assert found.outcome != SUCCESS


def test_what_is_deleted_is_judged_no_more(api):
    kept = api.session(user("How do I pay?"), agent("By card."), user("That worked, thank you!"))
    gone = api.session(user("How do I leave?"), agent("Through the door."), user("That worked, thank you!"))
    eventually(lambda: len(api.judged(user_id="u")) == 2)
    api.DeleteInteractions(pb.DeleteInteractionsRequest(user_id="u", session_id=gone))
    eventually(lambda: [one.session_id for one in api.judged(user_id="u")] == [kept])
    last = [one.interaction_id for one in api.listed(user_id="u", session_id=kept)][-1]
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[last]))
    found = eventually(lambda: (one := api.evaluation("u", kept)).interaction_count == 2 and one)
    assert last not in {one.interaction_id for one in found.evidence}


def test_lists_are_filtered_and_paged(api):
    for place in range(7):
        api.session(
            user(f"Question {place}?"), agent("Here."), user("That worked, thanks!" if place % 2 else "No, wrong."),
            user_id=f"u{place % 3}", agent_version=f"v{place % 2}",
        )  # fmt: skip
    eventually(lambda: len(api.judged()) == 7)
    request = eval_pb.ListSessionEvaluationsRequest(page_size=3)
    seen = []
    while True:
        page = api.ListSessionEvaluations(request)
        seen += page.evaluations
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert len({one.session_id for one in seen}) == 7
    times = [one.last_time.ToMicroseconds() for one in seen]
    assert times == sorted(times, reverse=True)
    with refused("INVALID_PAGE_TOKEN"):
        api.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest(page_size=4, page_token=request.page_token,
                                                                         outcomes=[SUCCESS]))  # fmt: skip
    assert {one.agent_version for one in api.judged(agent_version="v1")} == {"v1"}
    won = api.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest(outcomes=[SUCCESS])).evaluations
    assert {one.outcome for one in won} == {SUCCESS}
    with refused("INVALID_REQUEST"):
        api.judged(session_id="s")


def test_sampling_is_stable_and_raising_the_rate_only_adds(api):
    def configure(**fields):
        return api.UpdateEvaluationConfig(
            eval_pb.UpdateEvaluationConfigRequest(config=judged_pb.EvaluationConfig(**fields))
        ).config

    def publish(count, name):
        for place in range(count):
            api.session(user(f"Where is {place}?"), agent("There."), session=f"{name}-{place}")
        eventually(lambda: not api.agent_report().pending_sessions)
        return {one.session_id for one in api.judged() if one.session_id.startswith(name)}

    assert api.GetEvaluationConfig(eval_pb.GetEvaluationConfigRequest()).config.sample_rate == 1.0
    configure(sample_rate=0.0)
    assert publish(5, "none") == set()
    configure(sample_rate=0.3)
    some = publish(40, "s")
    assert 0 < len(some) < 40
    configure(sample_rate=0.6)
    more = publish(40, "s")
    assert some < more
    configure(disabled=True)
    assert publish(3, "off") == set()
    with refused("PROVIDER_NOT_CONFIGURED", grpc.StatusCode.FAILED_PRECONDITION):
        configure(judge="anthropic")
    with refused("CONCURRENT_CHANGE", grpc.StatusCode.ABORTED):
        configure(etag="evaluation-0")


# --- pairs


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


def many(api, pairs, *, sessions=None, better="shadow", users=None):
    for place in range(pairs):
        good, bad = "The train to Ghent leaves at nine from platform four.", "I cannot help with that."
        content, shadow = (bad, good) if better == "shadow" else (good, bad)
        if better == "same":
            shadow = content
        session = f"s{place % (sessions or pairs)}"
        asked = f"When does train {place} to Ghent leave and from which platform?"
        api.PublishInteractions(
            turns(*shadowed(asked, content, shadow), user=f"u{place % users}" if users else session, session=session,
                  source="chat" if place % 2 else "mail", agent_version="v1", session_finished=True)
        )  # fmt: skip


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


# --- agents and experiments


def test_an_agent_is_reported_by_version_and_day_with_what_was_injected(api):
    for place in range(12):
        good = place % 2
        answer = agent(
            "Platform four.",
            shadow_content="I cannot help with that.",
            retrieved_learnings=[ipb.RetrievedLearning(kind=ipb.LEARNING_KIND_PROFILE, learning_id="p1")] if good else [],
            citations=[ipb.Citation(kind=ipb.LEARNING_KIND_PROFILE, real_id="p1")] if place == 1 else [],
        )
        api.session(
            user("From which platform does the train leave?"), answer,
            user("That worked, thank you!" if good else "That is wrong, I want to complain. Useless!"),
            user_id=f"u{place}", agent_version=f"v{good}",
        )  # fmt: skip
    eventually(lambda: len(api.judged()) == 12)
    api.compare()
    found = api.agent_report(by_day=True)
    assert found.total.sessions == 12
    assert found.total.success_rate.n == 12
    assert found.total.success_rate.value == 0.5
    assert found.total.success_rate.low < 0.5 < found.total.success_rate.high
    by_version = {row.agent_version: row for row in found.rows if not row.day}
    assert by_version["v1"].success_rate.value == 1.0
    assert by_version["v0"].success_rate.value == 0.0
    assert by_version["v1"].shadow_pairs == 6
    assert by_version["v1"].shadow_win_rate.value == 0.0
    assert {row.day for row in found.rows if row.day}
    [learning] = found.learnings
    assert (learning.id, learning.injected, learning.cited) == ("p1", 6, 1)
    assert (learning.with_success_rate.value, learning.without_success_rate.value) == (1.0, 0.0)
    assert not api.agent_report(agent_id="nobody").rows


def test_an_experiment_runs_from_its_start_to_its_report(api):
    def experiment(**fields):
        arms = [
            judged_pb.ExperimentArm(name="all", share=1),
            judged_pb.ExperimentArm(name="none", share=1, holdout=True),
        ]
        made = judged_pb.Experiment(experiment_id="memory", description="does it help?", arms=arms)
        return api.CreateExperiment(eval_pb.CreateExperimentRequest(experiment=made, **fields)).experiment

    made = experiment(request_id="r")
    assert made.HasField("start_time")
    assert experiment(request_id="r") == made
    with refused("EXPERIMENT_EXISTS", grpc.StatusCode.ALREADY_EXISTS):
        experiment()
    with refused("INVALID_REQUEST") as refusal:
        api.CreateExperiment(eval_pb.CreateExperimentRequest(experiment=judged_pb.Experiment(experiment_id="A b")))
    assert {"experiment.experiment_id", "experiment.arms"} <= set(refusal[0].fields)
    arms = {}
    for place in range(40):
        name = f"u{place}"
        arms[name] = api.context(name, "hello", experiment_id="memory").arm
        helped = arms[name] == "all"
        api.session(user("?"), agent("!"), user("That worked, thank you!" if helped else "Wrong! Useless."),
                    user_id=name)  # fmt: skip
    assert set(arms.values()) == {"all", "none"}
    eventually(lambda: not api.agent_report().pending_sessions)
    [shown] = api.ListExperiments(eval_pb.ListExperimentsRequest(with_reports=True)).experiments
    by_arm = {one.arm: one for one in shown.report.arms}
    assert {name: one.users for name, one in by_arm.items()} == {
        name: list(arms.values()).count(name) for name in ("all", "none")
    }
    assert by_arm["none"].success_lift.value == pytest.approx(-1.0)
    stopped = api.StopExperiment(eval_pb.StopExperimentRequest(experiment_id="memory")).experiment
    assert stopped.HasField("stop_time")
    assert api.StopExperiment(eval_pb.StopExperimentRequest(experiment_id="memory")).experiment.stop_time == (
        stopped.stop_time
    )
    assert not api.ListExperiments(eval_pb.ListExperimentsRequest(running_only=True)).experiments
    with refused("EXPERIMENT_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
        api.StopExperiment(eval_pb.StopExperimentRequest(experiment_id="other"))


def test_timers_and_verdicts_survive_a_kill(server):
    api = EvaluationApi(server.target, tenant="t")
    api.UpdateEvaluationConfig(eval_pb.UpdateEvaluationConfigRequest(config=judged_pb.EvaluationConfig(idle_seconds=2)))
    many(api, 5)
    api.compare()
    session = api.session(user("How do I pay?"), agent("By card."), finished=False)
    server.kill()
    server.start()
    api.close()
    api = EvaluationApi(server.target, tenant="t")
    # Nobody asks for the session: it is its timer that judges it.
    eventually(lambda: api.judged(user_id="u", session_id=session), 60)
    verdicts, _ = api.compare()
    assert all(one.reused for one in verdicts)
    api.close()
