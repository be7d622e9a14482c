"""Outcomes, comparisons, audits and experiments with the clients, against a real server that judges by its rules."""

import math
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from interplay import (
    AbortedError,
    AlreadyExistsError,
    AsyncInterplay,
    FailedPreconditionError,
    Interplay,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
)
from interplay.v1 import evaluation_pb2, operation_pb2

ASKS = "Happy to help you with that. What is your email or phone number?"
KNOWS = "Happy to help. I can see your phone number is 555-0100. I have sent the refund there."
LABELS = [
    {"question": "I would like a refund.", "production": ASKS, "challenger": KNOWS, "label": "challenger"},
    {"question": "When do you open?", "production": "We open at 9.", "challenger": "Hello.", "label": "production"},
]


@pytest.fixture
async def client(shared_server, request):
    """A client of a tenant of its own for each test."""
    async with AsyncInterplay(shared_server.target, tenant=f"t-{uuid.uuid4().hex[:12]}") as client:
        yield client


def turns(*, better="shadow", end="Thanks, that solved it!"):
    content, shadow = (ASKS, KNOWS) if better == "shadow" else (KNOWS, ASKS)
    return [
        {"role": "User", "content": "My phone number is 555-0100. I would like to get a refund."},
        {"role": "Agent", "content": content, "shadow_content": shadow},
        {"role": "User", "content": end},
    ]


async def publish(client, sessions, **more):
    for number in range(sessions):
        await client.publish_interaction(
            f"u{number}", turns(), session_id=f"s{number}", agent_id="shop", agent_version="1.4", source="web", **more
        )


async def test_a_reported_outcome_wins_and_is_checked(client):
    await client.publish_interaction("ada", turns(end="No, that is wrong."), session_id="s")
    made = await client.report_session_outcome("ada", "s", action="purchase", value=12.5, reporter="till")
    assert made.outcome == evaluation_pb2.SESSION_OUTCOME_SUCCESS
    assert (made.reported.value, made.reported.action, made.reported.reporter) == (12.5, "purchase", "till")
    again = await client.report_session_outcome("ada", "s", action="purchase", value=12.5)
    assert again.reported == made.reported
    with pytest.raises(AlreadyExistsError):
        await client.report_session_outcome("ada", "s", outcome="failure")
    replaced = await client.report_session_outcome("ada", "s", outcome="failure", replace=True)
    assert replaced.outcome == evaluation_pb2.SESSION_OUTCOME_FAILURE
    listed = [one async for one in client.list_session_evaluations("ada", "s", methods="reported")]
    assert [one.outcome for one in listed] == [evaluation_pb2.SESSION_OUTCOME_FAILURE]
    with pytest.raises(NotFoundError):
        await client.report_session_outcome("ada", "absent", outcome="success")
    now = datetime.now(UTC)
    for refused in ({"occur_time": now + timedelta(days=1)}, {"occur_time": now - timedelta(days=900)}):
        with pytest.raises(InvalidArgumentError):
            await client.report_session_outcome("ada", "s", outcome="success", replace=True, **refused)
    with pytest.raises(InvalidArgumentError):
        await client.report_session_outcome("ada", "s", value=math.nan, replace=True)


async def test_sessions_are_judged_and_listed_over_pages(client):
    await publish(client, 5)
    operation = await client.evaluate_sessions(agent_id="shop", request_id="r")
    assert (await operation.wait(60)).state == operation_pb2.OPERATION_STATE_SUCCEEDED
    assert operation.result["sessions"] == "5"
    again = await client.evaluate_sessions(agent_id="shop", request_id="r")
    assert again.operation_id == operation.operation_id
    rows = [one async for one in client.list_session_evaluations(agent_version="1.4", page_size=2)]
    assert sorted(one.session_id for one in rows) == [f"s{number}" for number in range(5)]
    assert {one.method for one in rows} == {evaluation_pb2.EVALUATION_METHOD_RULES}
    outcomes = {one.outcome for one in rows}
    (word,) = [evaluation_pb2.SessionOutcome.Name(one).removeprefix("SESSION_OUTCOME_").lower() for one in outcomes]
    assert len([one async for one in client.list_session_evaluations(outcomes=word)]) == 5
    others = ["success", "partial", "failure", "abandoned", "unknown"]
    others.remove(word)
    assert [one async for one in client.list_session_evaluations(outcomes=others)] == []
    assert [one async for one in client.list_session_evaluations(source="mail")] == []
    with pytest.raises(FailedPreconditionError):
        await client.evaluate_sessions(judge="anthropic")


async def test_the_shadow_that_knows_the_user_is_promoted(client):
    await publish(client, 30)
    comparison = client.compare_arms(agent_id="shop")
    verdicts = [one async for one in comparison]
    assert [one.index for one in verdicts] == list(range(30))
    assert {one.winner for one in verdicts} == {evaluation_pb2.PAIR_WINNER_CHALLENGER}
    assert {len(one.orders) for one in verdicts} == {2}
    report = comparison.report
    assert (report.pairs, report.wins, report.losses, report.votes) == (30, 30, 0, 30)
    assert report.decision == evaluation_pb2.COMPARISON_DECISION_PROMOTE
    assert "UNAUDITED" in report.reasons
    assert report.evidence.low > 0.5
    assert comparison.operation.total_count in {0, 30}
    again = client.compare_arms(agent_id="shop")
    assert [one.reused async for one in again] == [True] * 30
    assert again.report == report
    short = client.compare_arms(agent_id="shop", report_only=True)
    assert [one async for one in short] == []
    assert short.report.wins == 30


async def test_a_shadow_that_uses_a_known_fact_wins_over_asking_for_it(client):
    """The example of the third description: what is known of the user decides, whichever side knows it."""
    asks = "Happy to help you with that. What is your email or phone number?"
    knows = (
        "Happy to assist you with that. I can see your phone number is 123-456-7890. Is that the right number to send "
        "the refund confirmation to?"
    )
    for user_id, content, shadow in (("knows", asks, knows), ("asks", knows, asks)):
        await client.publish_interaction(
            user_id,
            {"role": "User", "content": "My phone number is 123-456-7890."},
            session_id="before",
            wait="learned",
        )
        talk = [
            {"role": "User", "content": "I would like to get a refund"},
            {"role": "Agent", "content": content, "shadow_content": shadow},
        ]
        await client.publish_interaction(user_id, talk, session_id="support_session_001", agent_version="v1.0")
    found = {one.user_id: one async for one in client.compare_arms(agent_version="v1.0")}
    assert found["knows"].winner == evaluation_pb2.PAIR_WINNER_CHALLENGER
    assert found["asks"].winner == evaluation_pb2.PAIR_WINNER_PRODUCTION
    for one in found.values():
        assert not one.flip
        assert one.reason
        won = {criterion.criterion for criterion in one.criteria if criterion.winner == one.winner}
        assert "uses_known_facts" in won


async def test_one_user_with_all_the_pairs_decides_nothing(client):
    for number in range(12):
        await client.publish_interaction("ada", turns(), session_id=f"s{number}")
    report = await client.compare_arms(vote_unit="user").wait()
    assert report.decision == evaluation_pb2.COMPARISON_DECISION_INCONCLUSIVE
    assert "ONE_CLUSTER" in report.reasons
    assert (report.pairs, report.votes) == (12, 1)


async def test_nothing_to_compare_is_said(client):
    await client.publish_interaction("ada", {"role": "User", "content": "Hello"}, session_id="s")
    report = await client.compare_arms("expert").wait()
    assert (report.pairs, report.reasons[0]) == (0, "NO_PAIRS")
    assert report.contest == evaluation_pb2.CONTEST_EXPERT
    with pytest.raises(FailedPreconditionError):
        await client.compare_arms(judge="anthropic").wait()
    with pytest.raises(InvalidArgumentError):
        await client.compare_arms(expected_pair_share=1.5).wait()


async def test_a_comparison_goes_on_after_a_restart_of_the_server(server):
    async with AsyncInterplay(server.target) as client:
        await publish(client, 24)
        comparison = client.compare_arms()
        taken = [await anext(comparison) for _ in range(3)]
        server.restart()
        taken += [one async for one in comparison]
        assert [one.index for one in taken] == list(range(24))
        assert comparison.report.wins == 24
        resumed = client.compare_arms(request_id=comparison.request_id, resume_after=20)
        assert [one.index async for one in resumed] == [20, 21, 22, 23]
        assert resumed.report == comparison.report
        with pytest.raises(AlreadyExistsError):
            await client.compare_arms("expert", request_id=comparison.request_id).wait()


async def test_a_judge_is_audited(client):
    audit = await client.audit_judge(LABELS * 3)
    assert audit.pairs + audit.failed == 6
    assert len(audit.confusion) == 9
    assert sum(audit.confusion) == audit.pairs
    assert not audit.passed
    with pytest.raises(InvalidArgumentError):
        await client.audit_judge([])
    with pytest.raises(InvalidArgumentError):
        await client.audit_judge([{"production": "a", "label": "tie"}])
    with pytest.raises(NotFoundError):
        await client.audit_judge([{"interaction_id": "0" * 26, "label": "tie"}])


async def test_the_report_on_an_agent(client):
    await publish(client, 6)
    await client.publish_interaction("u0", turns(), session_id="late", agent_id="shop", agent_version="2.0")
    await (await client.evaluate_sessions()).wait(60)
    for number in range(6):
        await client.report_session_outcome(f"u{number}", f"s{number}", outcome="success" if number else "failure")
    await client.report_session_outcome("u0", "late", outcome="success", value=3.5)
    answer = await client.agent_report("shop", by_day=True)
    assert answer.total.sessions == 7
    assert answer.total.success_rate.value == pytest.approx(6 / 7)
    assert answer.total.success_rate.low < 6 / 7 < answer.total.success_rate.high
    assert answer.total.value == 3.5
    assert {row.agent_version for row in answer.rows} - {""} == {"1.4", "2.0"}
    days = {row.day for row in answer.rows} - {""}
    assert days
    # Midnight may lie between the sessions.
    assert days <= {(datetime.now(UTC) - timedelta(days=back)).date().isoformat() for back in (0, 1)}
    only = await client.agent_report("shop", agent_versions=["2.0"])
    assert only.total.sessions == 1
    with pytest.raises(TypeError, match="agent_versions must be a list"):
        await client.agent_report("shop", agent_versions="2.0")


async def test_experiments_assign_users_and_are_stopped(client):
    await client.create_profile("u1", "Is allergic to peanuts")
    made = await client.create_experiment(
        "memory", [{"name": "without", "holdout": True}, "with"], description="Does memory help?", request_id="r"
    )
    assert [(arm.name, arm.share, arm.holdout) for arm in made.arms] == [("without", 1.0, True), ("with", 1.0, False)]
    with pytest.raises(AlreadyExistsError):
        await client.create_experiment("memory", ["a", "b"])
    with pytest.raises(InvalidArgumentError):
        await client.create_experiment("memory2", ["alone"])
    arms = {}
    for number in range(30):
        context = await client.context(f"u{number}", "peanuts", experiment_id="memory")
        arms[f"u{number}"] = context.arm
        assert context.withheld is (context.arm == "without")
        assert not (context.withheld and context.profiles)
    assert set(arms.values()) == {"without", "with"}
    assert (await client.context("u1", "peanuts", experiment_id="memory")).arm == arms["u1"]
    assert not (await client.context("u1", "peanuts")).arm
    with pytest.raises(NotFoundError):
        await client.context("u1", "peanuts", experiment_id="absent")
    (listed,) = [one async for one in client.list_experiments(running_only=True, with_reports=True)]
    assert sum(arm.users for arm in listed.report.arms) == 30
    stopped = await client.stop_experiment("memory")
    assert stopped.HasField("stop_time")
    assert [one async for one in client.list_experiments(running_only=True)] == []
    assert [one.experiment_id async for one in client.list_experiments("memory")] == ["memory"]
    with pytest.raises(NotFoundError):
        await client.stop_experiment("absent")


async def test_the_configuration_is_replaced_and_guarded(client):
    before = await client.evaluation_config()
    assert (before.judge, before.least_votes, before.confidence, before.sample_rate) == ("rules", 20, 0.95, 1.0)
    changed = await client.update_evaluation_config({"least_votes": 30, "sample_rate": 0.0, "etag": before.etag})
    assert (changed.least_votes, changed.sample_rate, changed.confidence) == (30, 0.0, 0.95)
    assert (await client.evaluation_config()).least_votes == 30
    with pytest.raises(AbortedError):
        await client.update_evaluation_config({"least_votes": 40, "etag": before.etag})
    with pytest.raises(InvalidArgumentError):
        await client.update_evaluation_config({"confidence": 2.0})
    with pytest.raises(FailedPreconditionError):
        await client.update_evaluation_config(evaluation_pb2.EvaluationConfig(judge="anthropic"))


def test_without_asyncio(shared_server):
    with Interplay(shared_server.target, tenant=f"t-{uuid.uuid4().hex[:12]}") as client:
        client.publish_interaction("ada", turns(), session_id="s")
        client.evaluate_sessions("ada").wait(60)
        assert [one.session_id for one in client.list_session_evaluations("ada")] == ["s"]
        comparison = client.compare_arms()
        assert [one.index for one in comparison] == [0]
        assert comparison.report.wins == 1
        assert client.compare_arms().wait().wins == 1
        assert client.audit_judge(LABELS).pairs == 2
        assert client.evaluation_config().judge == "rules"


async def test_a_server_that_is_gone_is_told(server):
    async with AsyncInterplay(server.target) as client:
        await publish(client, 2)
        server.kill()
        with pytest.raises(UnavailableError):
            await client.compare_arms(patience=0.2).wait()
