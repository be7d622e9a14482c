"""What content policies cost: publishing, bytes on the disk, reading and searching, every mode beside plain in one run.

`python -m tests.bench.content [ROWS]` prints the table of docs/content-policy.md. Each mode is a tenant of one server;
rounds go through the modes in turn, so that other work on the machine falls on all of them; reading and searching are
timed by the server's processor.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import grpc
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import custody_pb2, learning_service_pb2, operation_service_pb2
from interplay.v1 import interaction_service_pb2 as pb
from interplay_server.monitoring.redaction import redact

from tests.bench import traffic
from tests.bench.common import ROOT, STREAM, Plan, Process, say
from tests.bench.redaction import load, survives

ROWS, EACH, ROUNDS = 6_000, 20, 5
MODES = {
    "plain": {},
    "detect": {"redaction": custody_pb2.REDACTION_MODE_DETECT},
    "mask": {"redaction": custody_pb2.REDACTION_MODE_MASK},
    "encrypted + indexed": {"encryption": custody_pb2.ENCRYPTION_MODE_INDEXED},
    "sealed": {"encryption": custody_pb2.ENCRYPTION_MODE_SEALED},
    "mask, sealed": {
        "redaction": custody_pb2.REDACTION_MODE_MASK,
        "encryption": custody_pb2.ENCRYPTION_MODE_SEALED,
    },
}
LEFT = {"user", "quoted"}
"""Kinds that are not looked for in what was said."""


class Tenant:
    def __init__(self, channel: grpc.Channel, folder: Path, name: str) -> None:
        self.folder = folder / name
        self._channel, self._metadata = channel, [("interplay-tenant", name)]

    def call(self, service: str, method: str, request: object, answer: type) -> object:
        path = f"/interplay.v1.{service}/{method}"
        made = self._channel.unary_unary(
            path, request_serializer=type(request).SerializeToString, response_deserializer=answer.FromString
        )
        return made(request, metadata=self._metadata)

    def set(self, fields: dict[str, int]) -> None:
        config = learning_service_pb2.LearningConfig(disabled=True)
        update = learning_service_pb2.UpdateLearningConfigRequest(config=config)
        self.call("LearningService", "UpdateLearningConfig", update, learning_service_pb2.UpdateLearningConfigResponse)
        policy = custody_pb2.ContentPolicy(rules=[custody_pb2.ContentRule(**fields)])
        request = admin.SetContentPolicyRequest(policy=policy)
        self.call("AdminService", "SetContentPolicy", request, admin.SetContentPolicyResponse)

    def publish(self, number: int, messages: Sequence[bytes], users: int = 10) -> float:
        """Seconds until the last append is acked; the stream's user is one of `users`."""
        opening = traffic.opening(f"s-{number}", f"user-{number % users}")
        started = time.perf_counter()
        for _ in self._channel.stream_stream(STREAM)(
            iter([opening, *messages, traffic.FINISH]), metadata=self._metadata
        ):
            pass
        return time.perf_counter() - started

    def page(self) -> None:
        request = pb.ListInteractionsRequest(page_size=1000)
        self.call("InteractionService", "ListInteractions", request, pb.ListInteractionsResponse)

    def search(self, query: str) -> None:
        request = pb.SearchInteractionsRequest(query=query)
        self.call("InteractionService", "SearchInteractions", request, pb.SearchInteractionsResponse)

    def bytes_a_row(self, rows: int) -> float:
        self.call(
            "AdminService",
            "OptimizeTables",
            admin.OptimizeTablesRequest(prune_all_versions=True),
            admin.OptimizeTablesResponse,
        )
        while True:
            found = self.call(
                "OperationService",
                "ListOperations",
                operation_service_pb2.ListOperationsRequest(),
                operation_service_pb2.ListOperationsResponse,
            )
            if all(one.HasField("end_time") for one in found.operations):
                break
            time.sleep(0.2)
        files = (self.folder / "lance" / "interactions.lance").rglob("*")
        return sum(one.stat().st_size for one in files if one.is_file()) / rows


def of_processor(server: Process, times: int, *jobs: Callable[[], None]) -> float:
    """Milliseconds of the server's processor a call, of some calls that go through the jobs in turn."""
    server.quiet(20)
    before = server.cpu_seconds()
    for number in range(times):
        jobs[number % len(jobs)]()
    return (server.cpu_seconds() - before) / times * 1000


def measured(rows: int) -> list[list[str]]:
    plan = Plan(quick=True, minutes=0, largest=0)
    names = {mode: f"mode-{place}" for place, mode in enumerate(MODES)}
    rates: dict[str, list[float]] = {mode: [] for mode in MODES}
    taken: dict[str, list[float]] = {mode: [] for mode in MODES}
    """Microseconds of the server's processor a row, applying included."""
    # No tenant is held in memory for searches: each asks the tables.
    with (
        plan.server("content", "--search-cached-turns", "0") as server,
        grpc.insecure_channel(server.target, options=[("grpc.max_receive_message_length", 64 * 2**20)]) as channel,
    ):
        tenants = {mode: Tenant(channel, plan.folder / "content", name) for mode, name in names.items()}
        for mode, tenant in tenants.items():
            tenant.set(MODES[mode])
            tenant.publish(1_000, traffic.appends(traffic.Traffic(99).interactions(200), EACH))
        share = rows // ROUNDS
        for number in range(ROUNDS):
            messages = traffic.appends(traffic.Traffic(number).interactions(share), EACH)
            for mode, tenant in tenants.items():
                before = server.cpu_seconds()
                rates[mode].append(share / tenant.publish(number, messages))
                server.quiet(20)
                taken[mode].append((server.cpu_seconds() - before) / share * 1e6)
            say(f"round {number + 1} of {ROUNDS}")
        queries = [" ".join(text.split()[:5]) for text in traffic.Traffic(7).texts(20)]
        made = []
        for mode, tenant in tenants.items():
            size = tenant.bytes_a_row(share * ROUNDS + 200)
            server.quiet(20)
            page = of_processor(server, 10, tenant.page)
            search = of_processor(server, len(queries), *(partial(tenant.search, query) for query in queries))
            costs = [statistics.median(one[mode]) for one in (rates, taken)]
            ratio = costs[1] / statistics.median(taken["plain"])
            pace = statistics.median(one / plain for one, plain in zip(rates[mode], rates["plain"], strict=True))
            figures = [f"{costs[0]:,.0f}", f"{pace:.2f}", f"{costs[1]:.0f}", f"{ratio:.2f}", f"{size:,.0f}"]
            made.append([mode, *figures, f"{page:.0f}", f"{search:.0f}"])
    plan.clean()
    return made


def quality() -> list[list[str]]:
    """Of the held-out sentences, as what was said in a conversation."""
    lines = load("heldout")
    spans = gone = made = right = 0
    for item in lines:
        done = redact(item["text"], said=True)
        labelled = [(kind, value) for kind, value in item["spans"] if kind not in LEFT]
        spans += len(labelled)
        gone += sum(not survives(value, item["text"], done.text) for _, value in labelled)
        kinds = [kind for kind, _ in item["spans"]]
        made += sum(done.counts.values())
        right += sum(min(number, kinds.count(kind)) for kind, number in done.counts.items())
    return [
        [f"held-out spans found, of {spans}", f"{gone / spans:.3f}"],
        [f"right among {made} replacements", f"{right / made:.3f}"],
    ]


def turns() -> list[str]:
    """Of the conversations from which extraction was made; nothing private is in them."""
    source = ROOT / "tests" / "quality" / "extraction_dev.jsonl"
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.extend(text for name in ("content", "text") if isinstance(text := value.get(name), str))
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    for line in source.read_text(encoding="utf-8").splitlines():
        walk(json.loads(line))
    return found


def microseconds(texts: Sequence[str], job: Callable[[str], object]) -> float:
    """Of processor a text, the best of three."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        for text in texts:
            job(text)
        best = min(best, (time.process_time() - started) / len(texts) * 1e6)
    return best


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    said = turns()
    table = [
        *quality(),
        [
            f"turns of conversations without anything private in which something is found, of {len(said)}",
            str(sum(bool(redact(text, said=True).counts) for text in said)),
        ],
        ["a turn of conversation read", f"{microseconds(said, lambda text: redact(text, said=True)):.0f} µs"],
        [
            "a turn of 22 words read",
            f"{microseconds(traffic.Traffic(3).texts(2000), lambda text: redact(text, said=True)):.0f} µs",
        ],
    ]
    _print(["redaction", "figure"], table)
    heads = ["mode", "rows/s of one stream", "of plain", "processor a row, µs", "of plain", "bytes a row"]
    heads += ["1,000 rows read, ms", "search, ms"]
    _print(heads, measured(rows))


def _print(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in (heads, ["---"] * len(heads), *rows):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
