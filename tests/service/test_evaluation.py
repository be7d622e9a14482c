"""Sessions judged, outcomes reported, agents reported on and experiments run, over a real server."""

import grpc
import pytest

from tests.conftest import eventually
from tests.service.evaluation_kit import (
    ACTION,
    FAILURE,
    REPORTED,
    RULES,
    SUCCESS,
    UNKNOWN,
    EvaluationApi,
    many,
    refused,
)
from tests.service.kit import eval_pb, fresh, ipb, judged_pb, now, pb, stamp
from tests.service.learning_kit import agent, user


@pytest.fixture
def api(shared_server):
    api = EvaluationApi(shared_server.target, tenant=fresh("tenant"))
    yield api
    api.close()


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
    eventually(lambda: [one.session_id for one in api.judged(user_id="u")] == [kept], 60)
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


# --- agents and experiments


def test_an_agent_is_reported_by_version_and_day_with_what_was_injected(api):
    for place in range(12):
        good = place % 2
        answer = agent(
            "Platform four.",
            shadow_content="I cannot help with that.",
            retrieved_learnings=[ipb.RetrievedLearning(kind=ipb.LEARNING_KIND_PROFILE, learning_id="p1")]
            if good
            else [],
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
