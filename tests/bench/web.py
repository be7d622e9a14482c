"""GetInteraction by gRPC, and through the gateway for browsers: Connect as bytes and as JSON, taking turns in one run."""

import json
import time
from collections.abc import Callable
from http.client import HTTPConnection

import grpc
from interplay.v1 import interaction_pb2
from interplay.v1 import interaction_service_pb2 as pb

from tests.bench.common import PUBLISH, Plan
from tests.bench.table import Row, at_most, interleaved, median

GET = "/interplay.v1.InteractionService/GetInteraction"


def measure(plan: Plan) -> list[Row]:
    with plan.server("web", "--web", "127.0.0.1:0") as server:
        line = server._process.stdout.readline()
        address = line.removeprefix("browsers at http://").strip().rstrip("/")
        connection = HTTPConnection(address, timeout=60)
        with grpc.insecure_channel(server.target) as channel:
            turn = interaction_pb2.InteractionData(role="User", content="Where is my order? " * 10)
            publish = pb.PublishInteractionsRequest(user_id="ann", session_id="s", interactions=[turn])
            raw = channel.unary_unary(PUBLISH)(publish.SerializeToString())
            (made,) = pb.PublishInteractionsResponse.FromString(raw).interaction_ids
            request = pb.GetInteractionRequest(interaction_id=made).SerializeToString()
            get = channel.unary_unary(GET)
            as_json = json.dumps({"interactionId": made}).encode()
            ways = [
                _timed(lambda: get(request, timeout=60)),
                _timed(lambda: _posted(connection, request, "application/proto")),
                _timed(lambda: _posted(connection, as_json, "application/json")),
            ]
            for way in ways * 20:
                way(0)
            server.quiet()
            bare, as_bytes, as_text = map(median, interleaved(plan.pick(300, 60), *ways))
        connection.close()
    return [
        at_most("GetInteraction p50 through the gateway, Connect as bytes", as_bytes, bare, None, "gRPC"),
        at_most("GetInteraction p50 through the gateway, Connect as JSON", as_text, bare, None, "gRPC"),
    ]


def _timed(work: Callable[[], object]) -> Callable[[int], float]:
    """Milliseconds of a call."""

    def timed(_: int) -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1000

    return timed


def _posted(connection: HTTPConnection, body: bytes, kind: str) -> bytes:
    connection.request("POST", GET, body, {"content-type": kind})
    answer = connection.getresponse()
    read = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{kind}: HTTP {answer.status}: {read[:200]!r}")
    return read
