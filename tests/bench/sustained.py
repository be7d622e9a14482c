"""Minutes of publishing at a steady rate: does anything grow that should not?

32 publishers send one interaction each every 64 ms, 500 a second in all, whatever the acks do; a publisher that is
behind sends at once. The first fifth warms up.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import traffic
from tests.bench.common import STREAM, Plan, Process, channel, run, say
from tests.bench.table import Row, median, quantile

PUBLISHERS, EVERY_SECONDS = 32, 0.064
FLAT, STEADY = 1.15, 1.5


@dataclass
class Sample:
    """One slice of the run."""

    resident_mb: float
    versions: int
    files: int
    megabytes: float
    acks: list[float]


@dataclass
class Course:
    samples: list[Sample] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)
    sent: int = 0

    def take(self, server: Process, tables: Path) -> None:
        table = tables / "interactions.lance"
        files = [path for path in table.rglob("*") if path.is_file()]
        versions = sum(path.parent.name == "_versions" for path in files)
        size = 0
        for path in files:
            try:
                size += path.stat().st_size
            except FileNotFoundError:
                continue
        acks, self.acks = self.acks, []
        self.samples.append(Sample(server.resident_mb(), versions, len(files), size / 2**20, acks))


def measure(plan: Plan) -> list[Row]:
    course = Course()
    with plan.server("sustained") as server:
        warm = traffic.appends(traffic.Traffic(9).interactions(100), 1)
        run(lambda: _publisher(server.target, 999, warm, time.perf_counter() + 2, Course()))
        run(lambda: _run(plan, server, course))
        late = course.samples[len(course.samples) // 5 :]
        third = max(1, len(late) // 3)
        first, last = late[:third], late[-third:]
    say(f"sustained: {[(round(one.resident_mb), one.versions, one.files) for one in course.samples]}")
    return [
        Row(f"sustained publishing, {plan.minutes:g} minutes", f"{course.sent / plan.minutes / 60:,.0f} messages/s"),
        _grown("resident memory", [one.resident_mb for one in first], [one.resident_mb for one in last], "MB", FLAT),
        _grown("table versions", [one.versions for one in first], [one.versions for one in last], "", STEADY),
        _grown("files of the table", [one.files for one in first], [one.files for one in last], "", STEADY),
        _grown("ack p50", [_p(one, 0.5) for one in first], [_p(one, 0.5) for one in last], "ms", STEADY),
        _grown("ack p99", [_p(one, 0.99) for one in first], [_p(one, 0.99) for one in last], "ms", STEADY),
        Row(
            "most table versions, most files", f"{max(one.versions for one in late)}, {max(one.files for one in late)}"
        ),
        Row("size of the table at the end", f"{last[-1].megabytes:,.0f} MB for {course.sent:,} interactions"),
    ]


def _p(sample: Sample, share: float) -> float:
    return quantile(sample.acks, share) if sample.acks else 0.0


def _grown(what: str, first: list[float], last: list[float], unit: str, goal: float) -> Row:
    before, after = median(first), median(last)
    ratio = after / before if before else 1.0
    return Row(
        f"{what}, sustained, last third of the run",
        f"{after:,.1f} {unit}".strip(),
        f"{before:,.1f} {unit}".strip() + " in the first third",
        ratio,
        f"≤ {goal:g} of the first third",
        ratio <= goal,
    )


async def _run(plan: Plan, server: Process, course: Course) -> None:
    end = time.perf_counter() + plan.minutes * 60
    sent = traffic.appends(traffic.Traffic(10).interactions(4000), 1)
    tables = plan.tables("sustained")
    every = max(1.0, plan.minutes * 60 / 60)

    async def watch() -> None:
        while time.perf_counter() < end:
            await asyncio.sleep(every)
            course.take(server, tables)

    await asyncio.gather(watch(), *(_publisher(server.target, n, sent, end, course) for n in range(PUBLISHERS)))


async def _publisher(target: str, number: int, messages: list[bytes], end: float, course: Course) -> None:
    """Acks are cumulative: one takes all appends below it."""
    async with channel(target) as open_channel:
        call = open_channel.stream_stream(STREAM)()
        await call.write(traffic.opening(f"sustained-{number}", f"user-{number}"))
        await call.read()
        waiting: list[float] = []

        async def receive() -> None:
            answered = 0
            while raw := await call.read():
                answer = traffic.publish_stream_pb2.StreamPublishResponse.FromString(raw)
                now = time.perf_counter()
                while answered < answer.ack.committed_offset:
                    course.acks.append((now - waiting[answered]) * 1000)
                    answered += 1

        receiver = asyncio.create_task(receive())
        due = time.perf_counter() + number * EVERY_SECONDS / PUBLISHERS
        while due < end:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            waiting.append(time.perf_counter())
            await call.write(messages[(number * 101 + len(waiting)) % len(messages)])
            course.sent += 1
            due += EVERY_SECONDS
        await call.write(traffic.FINISH)
        await call.done_writing()
        await receiver
