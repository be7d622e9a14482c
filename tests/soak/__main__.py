"""Every service at once for as long as wanted, with kills and faults of the network: does anything grow or get lost?

The server is killed in the first two fifths of the run, the network harms throughout. In the calm rest memory, handles,
files, versions, sizes and latencies are compared, last third with first.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from pathlib import Path

from tests.bench.common import say
from tests.bench.table import lines
from tests.conftest import ServerProcess
from tests.soak import plot
from tests.soak.course import Course
from tests.soak.load import TENANT, Load
from tests.support.fault_proxy import FaultProxy

KILLING, SAMPLES = 0.4, 90
KILL_SECONDS, FAULT_SECONDS = 45.0, 12.0


async def soak(server: ServerProcess, minutes: float, seed: int) -> Course:
    dice, start = random.Random(seed), time.monotonic()
    end, calm = start + minutes * 60, minutes * 60 * KILLING
    course = Course(calm=calm)
    async with FaultProxy(server.target) as proxy:
        load = Load(proxy.target, course, seed)

        async def kill() -> None:
            while (now := time.monotonic() - start) + KILL_SECONDS < calm:
                await asyncio.sleep(min(KILL_SECONDS, calm - now) * dice.uniform(0.5, 1.0))
                course.kills.append(time.monotonic() - start)
                await asyncio.to_thread(server.restart)

        async def harm() -> None:
            while time.monotonic() < end - FAULT_SECONDS:
                await asyncio.sleep(FAULT_SECONDS * dice.uniform(0.5, 1.5))
                fault = dice.choice(("cut", "reset", "delay"))
                course.faults[fault] += 1
                if fault == "delay":
                    proxy.delay = 0.05
                    await asyncio.sleep(2)
                    proxy.delay = 0.0
                else:
                    getattr(proxy, fault)()

        async def watch() -> None:
            every = max(2.0, minutes * 60 / SAMPLES)
            while time.monotonic() < end - every:
                await asyncio.sleep(every)
                second = time.monotonic() - start
                try:
                    course.take(second, server.pid, server.data, load.rows)
                except (AssertionError, FileNotFoundError):
                    continue  # just killed
                last = course.samples[-1]
                say(
                    f"{second / 60:5.1f} min: {last.resident_mb:,.0f} MB, {last.handles} handles, {last.files:,} files, "
                    f"{last.versions} versions, {last.megabytes:,.0f} MB on disk, {sum(course.calls.values()):,} calls, "
                    f"{sum(course.failures.values())} errors, {len(course.wrong)} wrong"
                )

        async with asyncio.TaskGroup() as group:
            for part in (kill(), harm(), watch(), load.run(end)):
                group.create_task(part)
        await load.check()
        await load.close()
    return course


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0, help="0: another one each time")
    parser.add_argument("--plot", type=Path, default=Path("soak.svg"), help="where the picture goes")
    parser.add_argument("--json", type=Path, help="file for the table")
    given = parser.parse_args()
    seed = given.seed or int.from_bytes(os.urandom(4), "big")
    say(f"{given.minutes:g} minutes, seed {seed}, tenant {TENANT}")
    with tempfile.TemporaryDirectory(prefix="interplay-soak-") as folder:
        server = ServerProcess(Path(folder) / "data").start()
        try:
            course = asyncio.run(soak(server, given.minutes, seed))
            clean = server.terminate(timeout=120) == 0
        finally:
            server.stop()
        log = server.log.read_text()
    plot.draw(course, f"Every service at once for {given.minutes:g} minutes", given.plot)
    table = course.rows()
    for line in lines(table):
        print(line)
    if course.failures:
        print("errors:", ", ".join(f"{count} {what}" for what, count in course.failures.most_common()))
    for one in course.wrong[:20]:
        print("wrong:", one)
    stumbles = log.count("Traceback")
    print(f"clean end: {'yes' if clean else 'NO'}; tracebacks in the log: {stumbles}; picture: {given.plot}")
    if stumbles:
        print(log[log.index("Traceback") - 300 :][:3000])
    if given.json:
        given.json.write_text(json.dumps([row.plain() for row in table], indent=1, ensure_ascii=False) + "\n")
    raise SystemExit(0 if clean and not stumbles and all(row.met is not False for row in table) else 1)


if __name__ == "__main__":
    main()
