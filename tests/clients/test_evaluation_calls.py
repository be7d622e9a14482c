"""What the client makes of arguments, and of a server that breaks off, against a server of the test's own."""

import contextlib
from datetime import UTC, datetime

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from interplay import (
    AsyncInterplay,
    FailedPreconditionError,
    Interplay,
    InvalidArgumentError,
    UnavailableError,
)
from interplay.comparison import labelled_pair
from interplay.v1 import evaluation_pb2, evaluation_service_pb2_grpc, operation_pb2
from interplay.v1 import evaluation_service_pb2 as service


class Script(evaluation_service_pb2_grpc.EvaluationServiceServicer):
    """Answers each CompareArms with the next part of a script; an exception in it aborts the call."""

    def __init__(self, *parts):
        self.parts = list(parts)
        self.requests = []

    async def CompareArms(self, request, context):  # noqa: N802 - the name is that of the service
        self.requests.append(request)
        part = self.parts.pop(0) if len(self.parts) > 1 else self.parts[0]
        yield service.CompareArmsResponse(operation=operation_pb2.Operation(operation_id="op", total_count=6))
        for step in part:
            if isinstance(step, grpc.StatusCode):
                await context.abort(step, "broken")
            elif isinstance(step, tuple):
                await refuse(context, *step)
            else:
                yield step

    async def AuditJudge(self, request, context):  # noqa: N802 - as above
        self.requests.append(request)
        return service.AuditJudgeResponse(audit=evaluation_pb2.JudgeAudit(pairs=len(request.pairs)))


async def refuse(context, code, reason):
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="interplay"))
    status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=reason, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    await context.abort(code, reason)


@contextlib.asynccontextmanager
async def serving(*parts):
    script, server = Script(*parts), grpc.aio.server()
    evaluation_service_pb2_grpc.add_EvaluationServiceServicer_to_server(script, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with AsyncInterplay(f"127.0.0.1:{port}") as client:
            yield script, client
    finally:
        await server.stop(None)


def verdict(index):
    return service.CompareArmsResponse(verdict=evaluation_pb2.PairVerdict(index=index))


def failure(index):
    return service.CompareArmsResponse(failure=service.PairFailure(index=index, reason="MALFORMED"))


REPORT = service.CompareArmsResponse(report=evaluation_pb2.ComparisonReport(pairs=5, failed=1))
BROKEN = grpc.StatusCode.UNAVAILABLE


async def test_verdicts_failures_and_the_report_come_in_their_order():
    async with serving([verdict(0), failure(1), verdict(2), REPORT]) as (_, client):
        comparison = client.compare_arms()
        with pytest.raises(RuntimeError, match="after the last verdict"):
            _ = comparison.report
        assert [one.index async for one in comparison] == [0, 2]
        assert [(one.index, one.reason) for one in comparison.failures] == [(1, "MALFORMED")]
        assert comparison.report == REPORT.report
        assert (comparison.operation.operation_id, comparison.operation.total_count) == ("op", 6)
        assert comparison.resume_after == 3


async def test_a_broken_stream_goes_on_behind_the_last_pair_under_the_same_request():
    parts = (
        [verdict(0), verdict(1), BROKEN],
        [BROKEN],
        [verdict(2), failure(3), BROKEN],
        [failure(3), verdict(4), verdict(5), REPORT],
    )
    async with serving(*parts) as (script, client):
        comparison = client.compare_arms("expert", max_pairs=6)
        assert [one.index async for one in comparison] == [0, 1, 2, 4, 5]
        assert [one.index for one in comparison.failures] == [3]
        assert comparison.report.pairs == 5
        assert [one.resume_after for one in script.requests] == [0, 2, 2, 4]
        assert {one.request_id for one in script.requests} == {comparison.request_id}
        assert len(comparison.request_id) == 32
        for one in script.requests:
            one.resume_after = 0
        assert all(one == script.requests[0] for one in script.requests)


async def test_a_stream_that_ends_without_a_report_is_called_again():
    async with serving([verdict(0)], [verdict(1), REPORT]) as (script, client):
        assert [one.index async for one in client.compare_arms()] == [0, 1]
        assert len(script.requests) == 2


async def test_it_is_given_up_after_a_while():
    async with serving([BROKEN]) as (script, client):
        with pytest.raises(UnavailableError):
            await client.compare_arms(patience=0).wait()
        assert len(script.requests) == 1
    async with AsyncInterplay("127.0.0.1:1") as client:
        with pytest.raises(UnavailableError):
            await client.compare_arms(patience=0.2).wait()


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (grpc.StatusCode.FAILED_PRECONDITION, "PROVIDER_NOT_CONFIGURED", FailedPreconditionError),
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", InvalidArgumentError),
        (grpc.StatusCode.UNAVAILABLE, "PROVIDER_UNAVAILABLE", UnavailableError),
    ],
)
async def test_what_calling_again_cannot_mend_is_raised(code, reason, error):
    async with serving([verdict(0), (code, reason)], [REPORT]) as (script, client):
        comparison = client.compare_arms()
        with pytest.raises(error) as caught:
            await comparison.wait()
        assert caught.value.reason == reason
        assert comparison.resume_after == 1
        assert len(script.requests) == 1


async def test_a_comparison_is_resumed_by_another_program():
    async with serving([verdict(0), verdict(1), verdict(2), REPORT], [verdict(2), REPORT]) as (script, client):
        first = client.compare_arms(request_id="mine")
        taken = [(await anext(first)).index, (await anext(first)).index]
        await first.aclose()
        assert taken == [0, 1]
        again = client.compare_arms(request_id=first.request_id, resume_after=first.resume_after)
        assert [one.index async for one in again] == [2]
        assert [(one.request_id, one.resume_after) for one in script.requests] == [("mine", 0), ("mine", 2)]


async def test_arguments_become_fields():
    since = datetime(2026, 1, 31, tzinfo=UTC)
    async with serving([REPORT]) as (script, client):
        await client.compare_arms(
            "expert",
            user_id="ada",
            session_id="s",
            agent_id="shop",
            agent_version="1.4",
            source="web",
            start_time=since,
            end_time="2026-02-01T00:00:00Z",
            judge="anthropic",
            vote_unit="user",
            max_pairs=10,
            max_calls=20,
            max_tokens=30,
            expected_pair_share=0.5,
            report_only=True,
            seed=7,
        ).wait()
        (sent,) = script.requests
    assert sent.contest == evaluation_pb2.CONTEST_EXPERT
    assert sent.vote_unit == evaluation_pb2.VOTE_UNIT_USER
    where = sent.filter
    assert (where.user_id, where.session_id, where.agent_id, where.agent_version, where.source) == (
        "ada", "s", "shop", "1.4", "web",
    )  # fmt: skip
    assert where.start_time.ToDatetime(UTC) == since
    assert where.end_time.ToDatetime(UTC) == datetime(2026, 2, 1, tzinfo=UTC)
    assert (sent.judge, sent.max_pairs, sent.max_calls, sent.max_tokens) == ("anthropic", 10, 20, 30)
    assert (sent.expected_pair_share, sent.report_only, sent.seed) == (0.5, True, 7)


async def test_labels_are_mappings_or_messages():
    pairs = [
        {"interaction_id": "x", "label": "tie", "contest": "expert"},
        {"question": "q", "production": "a", "challenger": "b", "label": "CHALLENGER", "production_family": "m"},
        service.LabelledPair(interaction_id="y", label=evaluation_pb2.PAIR_WINNER_PRODUCTION),
    ]
    async with serving([REPORT]) as (script, client):
        assert (await client.audit_judge(iter(pairs), judge="rules", judge_family="m", seed=3)).pairs == 3
        (sent,) = script.requests
    assert (sent.judge, sent.judge_family, sent.seed) == ("rules", "m", 3)
    assert [one.label for one in sent.pairs] == [3, 2, 1]
    assert [one.contest for one in sent.pairs] == [2, 0, 0]
    assert sent.pairs[1].production_family == "m"


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ({"label": "shadow"}, ValueError, r"pair\.label must be one of production, challenger, tie, not 'shadow'"),
        ({"interaction_id": "x"}, ValueError, r"pair\.label must be one of production, challenger, tie"),
        ({"label": "tie", "contest": "user"}, ValueError, r"pair\.contest must be one of shadow, expert"),
        ({"label": "tie", "chalenger": "x"}, TypeError, "did you mean 'challenger'"),
        ({"label": "tie", "question": 3}, ValueError, "pair: "),
        ("tie", TypeError, "pair must be a mapping, not str"),
    ],
)
def test_a_wrong_label_says_what_is_wrong(value, error, words):
    with pytest.raises(error, match=words):
        labelled_pair(value)


async def test_wrong_arguments_are_refused_before_anything_is_sent():
    async with AsyncInterplay("127.0.0.1:1") as client:
        with pytest.raises(ValueError, match="contest must be one of shadow, expert"):
            client.compare_arms("production")
        with pytest.raises(ValueError, match="vote_unit must be one of session, user"):
            client.compare_arms(vote_unit="pair")
        with pytest.raises(ValueError, match="session_id needs user_id"):
            client.compare_arms(session_id="s")
        with pytest.raises(ValueError, match="start_time needs a time zone"):
            client.compare_arms(start_time=datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused
        with pytest.raises(ValueError, match="give outcome, value or action"):
            await client.report_session_outcome("ada", "s")
        with pytest.raises(ValueError, match="outcome must be one of success, partial, failure"):
            await client.report_session_outcome("ada", "s", outcome="good")
        with pytest.raises(ValueError, match="methods must be one of rules, model, action, reported"):
            client.list_session_evaluations(methods="people")
        with pytest.raises(TypeError, match="arms must be a list"):
            await client.create_experiment("e", "with")
        with pytest.raises(TypeError, match="did you mean 'holdout'"):
            await client.create_experiment("e", [{"name": "a", "hold_out": True}])
        with pytest.raises(TypeError, match="did you mean 'sample_rate'"):
            await client.update_evaluation_config({"sample_rat": 0.5})


def test_the_synchronous_comparison_does_the_same():
    with Interplay("127.0.0.1:1") as client:
        comparison = client.compare_arms(patience=0, request_id="mine")
        assert (comparison.request_id, comparison.resume_after, comparison.failures) == ("mine", 0, ())
        with pytest.raises(RuntimeError):
            _ = comparison.report
        with pytest.raises(UnavailableError):
            next(comparison)
        comparison.close()
