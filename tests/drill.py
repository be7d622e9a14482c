"""A disaster, rehearsed: publish under load, back up, kill, corrupt, restore, compare. `make drill`.

Every step is real: a server of its own, publishers that never stop, bytes flipped in its folder. It ends with an error
where anything that was acked before the backup is missing, doubled or another text.
"""

import argparse
import asyncio
import itertools
import logging
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import grpc
from interplay import AsyncInterplay
from interplay.errors import FailedPreconditionError, InterplayError
from interplay.publisher import Publisher

from tests.bench.table import Row, lines
from tests.conftest import ServerProcess

TENANT, PUBLISHERS, PAUSE = "drill", 4, 0.02
REST = 0.2
PATIENCE = 120.0


class Books:
    """What was acked: external id to (text, time of the ack)."""

    def __init__(self) -> None:
        self.acked: dict[str, tuple[str, float]] = {}
        self.refusals = 0
        self.stop = asyncio.Event()

    async def publish(self, client: AsyncInterplay, name: str) -> None:
        """Turn after turn. While the tenant is refused it is tried again, on another stream and with the next turn."""
        numbers = itertools.count()
        for attempt in itertools.count():
            try:
                async with client.publisher(f"drill-{name}-{attempt}", user_id=name, session_id=f"{name}-1") as one:
                    await self._turns(one, name, numbers)
            except InterplayError:
                self.refusals += 1
            if self.stop.is_set():
                return
            await asyncio.sleep(REST)

    async def _turns(self, publisher: Publisher, name: str, numbers: Iterator[int]) -> None:
        while not self.stop.is_set():
            number = next(numbers)
            external_id, text = f"{name}-{number}", f"Turn {number} of {name} says {number * 7919}."
            receipt = await publisher.append([{"role": "User", "content": text, "external_id": external_id}])
            await receipt
            self.acked[external_id] = (text, time.monotonic())
            await asyncio.sleep(PAUSE)

    def before(self, instant: float) -> dict[str, str]:
        return {one: text for one, (text, when) in self.acked.items() if when <= instant}


async def held(client: AsyncInterplay) -> dict[str, list[str]]:
    """Texts by external id, as the server lists them."""
    found: dict[str, list[str]] = {}
    async for one in client.list_interactions(page_size=1000):
        found.setdefault(one.data.external_id, []).append(one.data.content)
    return found


def compare(expected: dict[str, str], found: dict[str, list[str]]) -> str:
    """Empty where every expected text is there once, as it was."""
    missing = [one for one in expected if one not in found]
    doubled = [one for one, texts in found.items() if len(texts) > 1]
    other = [one for one, text in expected.items() if one in found and found[one][0] != text]
    parts = [
        f"{len(which)} {what}"
        for what, which in (("missing", missing), ("doubled", doubled), ("changed", other))
        if which
    ]
    return ", ".join(parts)


def flip(file: Path, dice: random.Random, count: int = 64) -> None:
    """Changes bytes of a file, but not of what is linked to it: backups share files."""
    data = bytearray(file.read_bytes())
    # The last part of a table's file says how much memory to take: LanceDB may end the process over what it says then.
    last = len(data) // 2 if file.suffix == ".lance" else len(data)
    for _ in range(count):
        data[dice.randrange(last // 8, last)] ^= 0xFF
    file.unlink()
    file.write_bytes(data)


class Drill:
    def __init__(self, folder: Path, seconds: float, seed: int) -> None:
        self.seconds, self.dice = seconds, random.Random(seed)
        self.server = ServerProcess(folder / "data").start()
        self.books, self.other_books = Books(), Books()
        self.covered: dict[str, str] = {}
        """Acked before the first backup was asked for."""
        self.rows: list[Row] = []

    async def step(self, what: str, work: Callable[[], Awaitable[tuple[str, bool]]]) -> None:
        start = time.monotonic()
        figure, good = await work()
        self.rows.append(Row(what, figure, f"{time.monotonic() - start:.1f} s", met=good))
        print(f"  {what}: {figure}", flush=True)

    async def run(self) -> None:
        async with (
            AsyncInterplay(self.server.target, tenant=TENANT, timeout=60) as client,
            AsyncInterplay(self.server.target, tenant="neighbour", timeout=60) as neighbour,
            asyncio.TaskGroup() as group,
        ):
            self.client, self.neighbour = client, neighbour
            for number in range(PUBLISHERS):
                group.create_task(self.books.publish(client, f"p{number}"))
            group.create_task(self.other_books.publish(neighbour, "n0"))
            try:
                await self.step("back up under load, twice, and verify", self.back_up)
                await self.step("kill the server", self.kill)
                await self.step("flip bytes of a backup", self.corrupt_backup)
                await self.step("flip bytes of the ledger and of every table", self.corrupt)
                await self.step("restore in place from the sound backup", self.restore)
                await self.step("go on", self.go_on)
                await self.step("the neighbours", self.neighbours)
            finally:
                self.books.stop.set()
                self.other_books.stop.set()

    async def back_up(self) -> tuple[str, bool]:
        await asyncio.sleep(self.seconds)
        while len(self.books.acked) < PUBLISHERS:  # noqa: ASYNC110 - a count that has no event
            await asyncio.sleep(REST)
        self.covered = self.books.before(time.monotonic())
        await (await self.client.backup_tenant("one")).wait()
        await asyncio.sleep(self.seconds)
        await (await self.client.backup_tenant("two")).wait()
        await self.client.verify_backup("one")
        return f"{len(self.covered):,} acks before it, publishing went on", bool(self.covered)

    async def kill(self) -> tuple[str, bool]:
        await asyncio.sleep(self.seconds)
        acked = self.books.before(time.monotonic())
        await asyncio.to_thread(self.server.restart)
        return told(compare(acked, await patiently(lambda: held(self.client))), f"all {len(acked):,} acks")

    async def corrupt_backup(self) -> tuple[str, bool]:
        folder = self.server.data / ".backups" / TENANT / "two"
        file = max((one for one in folder.rglob("*.lance") if one.is_file()), key=lambda one: one.stat().st_size)
        flip(file, self.dice)
        try:
            await self.client.verify_backup("two")
        except FailedPreconditionError as error:
            return f"verify: {error.reason}", error.reason == "BACKUP_DAMAGED"
        return "verify did not see it", False

    async def corrupt(self) -> tuple[str, bool]:
        self.server.kill()
        folder = self.server.data / TENANT
        flip(folder / "ledger.sqlite3", self.dice)
        for file in (folder / "lance").rglob("data/*.lance"):
            flip(file, self.dice)
        await asyncio.to_thread(self.server.start)
        try:
            await patiently(lambda: held(self.client), lambda error: not isinstance(error, FailedPreconditionError))
        except InterplayError as error:
            return f"reads are refused: {error.reason}", isinstance(error, FailedPreconditionError)
        return "a damaged folder was served", False

    async def restore(self) -> tuple[str, bool]:
        await patiently(lambda: self.client.restore_tenant(TENANT, "one", TENANT, replace=True))
        found = await patiently(lambda: held(self.client))
        return told(compare(self.covered, found), f"all {len(self.covered):,} acks of before the backup")

    async def go_on(self) -> tuple[str, bool]:
        sent = f"after-{self.dice.randrange(10**9)}"
        turn = {"content": "And on it goes.", "external_id": sent}
        await patiently(lambda: self.client.publish_interaction("p0", [turn]))
        return ("a new turn is found", True) if sent in await held(self.client) else ("a new turn is lost", False)

    async def neighbours(self) -> tuple[str, bool]:
        acked = self.other_books.before(time.monotonic())
        return told(compare(acked, await patiently(lambda: held(self.neighbour))), f"all {len(acked):,} of their acks")


def told(wrong: str, right: str) -> tuple[str, bool]:
    return wrong or f"{right} are there, once", not wrong


async def patiently(work: Callable[[], Awaitable], again: Callable[[Exception], bool] = lambda _: True):
    """Tries again while the server is on its way; `again` says which errors are worth it."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return await work()
        except (InterplayError, grpc.RpcError) as error:
            if time.monotonic() > end or not again(error):
                raise
            await asyncio.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of publishing before each step")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # Publishers are refused on purpose.
    logging.getLogger("interplay").setLevel(logging.CRITICAL)
    print("A disaster, rehearsed:", flush=True)
    with tempfile.TemporaryDirectory(prefix="interplay-drill-") as folder:
        drill = Drill(Path(folder), given.seconds, given.seed)
        try:
            asyncio.run(drill.run())
        finally:
            drill.server.stop()
    for line in lines(drill.rows):
        print(line)
    raise SystemExit(0 if all(row.met for row in drill.rows) else 1)


if __name__ == "__main__":
    main()
