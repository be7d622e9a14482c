"""Evaluation through a running server by the rules: pairs and sessions a second, beside the judge alone."""

import time

from interplay.v1 import (
    evaluation_service_pb2,
    interaction_pb2,
    operation_pb2,
    operation_service_pb2,
)
from interplay.v1 import interaction_service_pb2 as pb
from interplay_server.domain.roles import role_class
from interplay_server.domain.window import Turn
from interplay_server.evaluation.judges import PairCase, SessionCase, pair_by_rules, session_by_rules

from tests.bench.common import PUBLISH, Plan, Process, channel, run
from tests.bench.learning import dialogue
from tests.bench.table import Row, at_least

COMPARE = "/interplay.v1.EvaluationService/CompareArms"
EVALUATE = "/interplay.v1.EvaluationService/EvaluateSessions"
WATCH = "/interplay.v1.OperationService/WatchOperation"
TURNS = 8
SHADOW = "Here are three small ones: the first costs 90 euros and ships tomorrow. Would you like to order it?"


def measure(plan: Plan) -> list[Row]:
    people = plan.pick(2000, 200)
    with plan.server("evaluation") as server:
        pairs, sessions = run(lambda: _through_the_server(server, people))
    bare_pairs, bare_sessions = _alone(people)
    return [
        at_least(
            f"pairs compared, {people} sessions", people / pairs, people / bare_pairs, "pairs/s", None, "judge alone"
        ),
        at_least(
            f"sessions of {TURNS} turns judged",
            people / sessions,
            people / bare_sessions,
            "sessions/s",
            None,
            "judge alone",
        ),
    ]


async def _through_the_server(server: Process, people: int) -> tuple[float, float]:
    """Seconds for a comparison with a pair of each session, and for judging every session anew."""
    async with channel(server.target) as open_channel:
        publish = open_channel.unary_unary(PUBLISH)
        for person in range(people):
            request = pb.PublishInteractionsRequest(
                user_id=f"person-{person}", session_id="one", session_finished=True, evaluation_only=True
            )
            for place, (role, text) in enumerate(dialogue(person, TURNS)):
                shadow = SHADOW if place == 1 else ""
                request.interactions.append(
                    interaction_pb2.InteractionData(role=role, content=text, shadow_content=shadow)
                )
            await publish(request.SerializeToString())
        start = time.perf_counter()
        call = open_channel.unary_stream(COMPARE)
        request = evaluation_service_pb2.CompareArmsRequest(max_pairs=people, report_only=True)
        async for raw in call(request.SerializeToString()):
            last = evaluation_service_pb2.CompareArmsResponse.FromString(raw)
        if last.report.pairs != people:
            raise RuntimeError(f"{last.report.pairs} of {people} pairs were compared")
        pairs, start = time.perf_counter() - start, time.perf_counter()
        request = evaluation_service_pb2.EvaluateSessionsRequest(again=True)
        raw = await open_channel.unary_unary(EVALUATE)(request.SerializeToString())
        operation = evaluation_service_pb2.EvaluateSessionsResponse.FromString(raw).operation
        watch = operation_service_pb2.WatchOperationRequest(operation_id=operation.operation_id)
        async for raw in open_channel.unary_stream(WATCH)(watch.SerializeToString()):
            ended = operation_service_pb2.WatchOperationResponse.FromString(raw).operation
        if ended.state != operation_pb2.OPERATION_STATE_SUCCEEDED:
            raise RuntimeError(f"judging the sessions ended as {ended.state}")
        return pairs, time.perf_counter() - start


def _alone(people: int) -> tuple[float, float]:
    """Seconds that the judge takes in this process for the same, both orders of each pair."""
    sessions = [
        tuple(
            Turn(f"i{at}", at, at * 1_000_000, "one", role_class(role), text)
            for at, (role, text) in enumerate(dialogue(person, TURNS), 1)
        )
        for person in range(people)
    ]
    start = time.perf_counter()
    for turns in sessions:
        case = PairCase(turns[1].interaction_id, turns[1].text, SHADOW, turns=turns[:1], question=turns[0].text)
        pair_by_rules(case, production_first=True)
        pair_by_rules(case, production_first=False)
    pairs, start = time.perf_counter() - start, time.perf_counter()
    for turns in sessions:
        session_by_rules(SessionCase(turns, finished=True))
    return pairs, time.perf_counter() - start
