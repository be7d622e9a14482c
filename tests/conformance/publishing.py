"""What happens to a publisher."""

import asyncio
from typing import Any

from tests.conformance.driver import Driver, Refused
from tests.conformance.stage import Stage, bad_row, row
from tests.conftest import ServerProcess
from tests.support.fault_proxy import FaultProxy


async def open_publisher(stage: Stage, driver: Driver, **settings: Any) -> None:
    fields = {"stream_id": stage.name, "user_id": stage.name, "session_id": stage.name}
    await driver.ask("publisher", **(fields | stage.case.get("publisher", {}) | settings))


class Harm:
    """The faults of a case, each done once, just before the append that it names."""

    def __init__(self, stage: Stage, server: ServerProcess, proxy: FaultProxy) -> None:
        self._server, self._proxy = server, proxy
        self._faults: dict[int, list[dict[str, Any]]] = {}
        for fault in stage.case.get("faults", []):
            for at in fault["at"]:
                self._faults.setdefault(at, []).append(fault)
        self._restarts: list[asyncio.Task[None]] = []

    async def before(self, number: int) -> None:
        for fault in self._faults.pop(number, []):
            await self._do(fault["do"], fault.get("value", 0))

    async def over(self) -> None:
        """The server is back, and what is slow is fast again."""
        assert not self._faults, f"the case ended before the appends {sorted(self._faults)}"
        await asyncio.gather(*self._restarts)
        self._proxy.delay = self._proxy.rate = 0

    async def _do(self, what: str, value: float) -> None:
        if what in {"cut", "reset", "half_open"}:
            getattr(self._proxy, what)()
        elif what in {"delay", "rate"}:
            setattr(self._proxy, what, value)
        elif what == "duplicate":
            await self._proxy.duplicate()
        elif what in {"kill", "drain"}:
            await asyncio.gather(*self._restarts)
            if what == "kill":
                self._server.kill()
            self._restarts.append(asyncio.create_task(self._restart(drain=what == "drain")))
        else:
            raise ValueError(f"no fault is called {what}")

    async def _restart(self, *, drain: bool) -> None:
        if drain:
            assert await asyncio.to_thread(self._server.terminate, 60) == 0, "the server did not stop cleanly"
        await asyncio.to_thread(self._server.start)


async def publish(stage: Stage) -> None:
    """Appends under faults: each receipt is right, and the server holds what was acked, once and in order."""
    case = stage.case
    server = await stage.server()
    proxy = await stage.proxy(server.target)
    proxy.budgets = [(harm, count) for harm, count in case.get("budgets", [])]
    harm = Harm(stage, server, proxy)
    driver = await stage.driver(proxy.target)
    await open_publisher(stage, driver)
    rows, bad = case.get("rows", 1), set(case.get("bad", []))
    sent = []
    for number in range(case["appends"]):
        await harm.before(number)
        numbers = [number * rows + place for place in range(rows)]
        content = case.get("content", 0) * "x"
        given = [row(one, content) for one in numbers]
        if number in bad:
            given[len(given) // 2] = bad_row(numbers[len(given) // 2])
        answer = await driver.ask("append", interactions=given)
        stage.require(answer["number"] == number, f"append {number} is numbered {answer['number']}")
        sent.append(numbers)
    await harm.over()
    receipts = (await driver.ask("receipts"))["receipts"]
    good = [number for number in range(len(sent)) if number not in bad]
    check_receipts(stage, receipts, good)
    stats = await driver.ask("stats")
    stage.require(stats["pending"] == 0, f"{stats['pending']} are pending when every receipt is there")
    stage.require(not stats["stopped"], "the publisher says that it stopped")
    least, most = case.get("connections", [1, None])
    stage.require(
        stats["connections"] >= least and (most is None or stats["connections"] <= most),
        f"{stats['connections']} connections were opened, not {least} to {most or 'any number'}",
    )
    closed = await driver.ask("close", timeout=60)
    stage.require(closed["committed_offset"] == len(good), f"{closed} after {len(good)} good appends")
    await expect_stored(stage, server.target, [one for number in good for one in sent[number]])


def check_receipts(stage: Stage, receipts: list[dict[str, Any]], good: list[int], first: int = 0) -> None:
    """Those of `good` have offsets without a gap, from `first`; the others were refused as bad rows are."""
    offset, wanted = first, set(good)
    for number, receipt in enumerate(receipts):
        if number in wanted:
            stage.require(receipt.get("offset") == offset, f"append {number} should be at {offset}: {receipt}")
            offset += 1
        else:
            error = receipt.get("error", {})
            stage.require(error.get("code") == "INVALID_ARGUMENT", f"append {number} should be refused: {receipt}")
            fields = error.get("fields", [])
            stage.require(
                any("user_action_description" in field for field in fields), f"append {number} names no field: {error}"
            )
    stage.require(len(receipts) >= max(good, default=-1) + 1, f"{len(receipts)} receipts are too few")


async def expect_stored(stage: Stage, target: str, wanted: list[int]) -> None:
    found = await stage.stored(target)
    if found != wanted:
        doubled = sorted({one for one in found if found.count(one) > 1})
        lost, strange = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
        stage.require(
            False,
            f"the server holds {len(found)} of {len(wanted)}: lost {lost[:20]}, doubled {doubled[:20]}, "
            f"strange {strange[:20]}" + ("" if lost or doubled or strange else ", in another order"),
        )


async def idle(stage: Stage) -> None:
    """A connection that dies in silence, while nothing is sent, is noticed by its missing heart-beats."""
    server = await stage.server()
    proxy = await stage.proxy(server.target)
    driver = await stage.driver(proxy.target)
    await open_publisher(stage, driver)
    await driver.ask("append", interactions=[row(0)])
    await driver.ask("receipts")
    proxy.half_open()
    async with asyncio.timeout(60):
        while (await driver.ask("stats"))["connections"] < 2:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    await driver.ask("append", interactions=[row(1)])
    check_receipts(stage, (await driver.ask("receipts"))["receipts"], [0, 1])
    await driver.ask("close", timeout=30)
    await expect_stored(stage, server.target, [0, 1])


async def full_buffer(stage: Stage) -> None:
    """Append waits while the buffer is full, and goes on when it is not."""
    server = await stage.server()
    proxy = await stage.proxy(server.target)
    proxy.freeze()
    driver = await stage.driver(proxy.target)
    await open_publisher(stage, driver, capacity=5)
    for number in range(5):
        await driver.ask("append", interactions=[row(number)])
    waiting = asyncio.create_task(driver.ask("append", interactions=[row(5)]))
    await asyncio.wait({waiting}, timeout=1.0)
    stage.require(not waiting.done(), "append went into a buffer that was full")
    proxy.thaw()
    await waiting
    for number in range(6, 40):
        await driver.ask("append", interactions=[row(number)])
    check_receipts(stage, (await driver.ask("receipts"))["receipts"], list(range(40)))
    await driver.ask("close", timeout=60)
    await expect_stored(stage, server.target, list(range(40)))


async def too_large(stage: Stage) -> None:
    """An append over the server's limit is refused by itself; its neighbours are not."""
    server = await stage.server()
    driver = await stage.driver(server.target)
    await open_publisher(stage, driver)
    await driver.ask("append", interactions=[row(0)])
    taken = 1
    try:
        await driver.ask("append", interactions=[row(number, "x" * 1_000_000) for number in range(100, 117)])
        taken += 1
    except Refused as refused:
        stage.require(
            (refused.code, refused.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"), f"refused as {refused}"
        )
    await driver.ask("append", interactions=[row(1)])
    receipts = (await driver.ask("receipts"))["receipts"]
    if taken == 2:
        error = receipts.pop(1).get("error", {})
        stage.require(
            (error.get("code"), error.get("reason")) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"), f"refused: {error}"
        )
    check_receipts(stage, receipts, [0, 1])
    await driver.ask("close", timeout=60)
    await expect_stored(stage, server.target, [0, 1])


async def close_gives_up(stage: Stage) -> None:
    """Close with a time limit ends although the server is dead, and says so."""
    server = await stage.server()
    driver = await stage.driver(server.target)
    await open_publisher(stage, driver)
    await driver.ask("append", interactions=[row(0)])
    await driver.ask("receipts")
    await asyncio.to_thread(server.kill)
    await driver.ask("append", interactions=[row(1)])
    try:
        answer = await driver.ask("close", timeout=0.5, patience=30)
    except Refused as refused:
        stage.require(refused.code == "DEADLINE_EXCEEDED", f"close failed as {refused}")
    else:
        stage.require(False, f"close says that all is well: {answer}")
    receipts = (await driver.ask("receipts"))["receipts"]
    stage.require("error" not in receipts[0] and "error" in receipts[1], f"receipts are {receipts}")
    await asyncio.to_thread(server.start)
    await expect_stored(stage, server.target, [0])


async def abort(stage: Stage) -> None:
    """Abort ends at once and gives up what is pending."""
    server = await stage.server()
    proxy = await stage.proxy(server.target)
    driver = await stage.driver(proxy.target)
    await open_publisher(stage, driver)
    await driver.ask("append", interactions=[row(0)])
    await driver.ask("receipts")
    proxy.freeze()
    for number in range(1, 4):
        await driver.ask("append", interactions=[row(number)])
    await driver.ask("abort", patience=30)
    receipts = (await driver.ask("receipts", patience=30))["receipts"]
    stage.require(["error" in one for one in receipts] == [False, True, True, True], f"receipts are {receipts}")
    stats = await driver.ask("stats")
    stage.require(stats["stopped"] and stats["pending"] == 0, f"after abort: {stats}")


async def resume(stage: Stage) -> None:
    """A publisher that died is followed by another of the same stream_id, which goes on at next_offset."""
    server = await stage.server()
    first = await stage.driver(server.target)
    await open_publisher(stage, first, capacity=1000)
    for number in range(30):
        await first.ask("append", interactions=[row(number)])
    check_receipts(stage, (await first.ask("receipts"))["receipts"], list(range(30)))
    for number in range(30, 60):
        await first.ask("append", interactions=[row(number)])
    await stage.lose(first)
    second = await stage.driver(server.target)
    await open_publisher(stage, second)
    for number in range(100, 130):
        await second.ask("append", interactions=[row(number)])
    receipts = (await second.ask("receipts"))["receipts"]
    kept = receipts[0].get("offset", -1)
    stage.require(30 <= kept <= 60, f"the second publisher began at {receipts[0]}")
    check_receipts(stage, receipts, list(range(30)), first=kept)
    await second.ask("close", timeout=60)
    await expect_stored(stage, server.target, [*range(kept), *range(100, 130)])


async def superseded(stage: Stage) -> None:
    """Of two publishers of one stream the older stops for good, with the reason."""
    server = await stage.server()
    older, newer = await stage.driver(server.target), await stage.driver(server.target)
    await open_publisher(stage, older)
    await older.ask("append", interactions=[row(0)])
    await older.ask("receipts")
    await open_publisher(stage, newer)
    await newer.ask("append", interactions=[row(1)])
    receipts = (await newer.ask("receipts"))["receipts"]
    told = [(one.get("offset"), one.get("duplicate")) for one in receipts]
    stage.require(told == [(1, False)], f"the newer one got {receipts}")
    await expect_superseded(stage, older, 900)
    for number in range(2, 12):
        await newer.ask("append", interactions=[row(number)])
    check_receipts(stage, (await newer.ask("receipts"))["receipts"], list(range(11)), first=1)
    await newer.ask("close", timeout=60)
    await expect_stored(stage, server.target, list(range(12)))


async def expect_superseded(stage: Stage, driver: Driver, number: int) -> list[dict[str, Any]]:
    """Appends, from `number` on, until the publisher says why it takes no more. Returns all receipts."""
    wanted = ("ABORTED", "STREAM_SUPERSEDED")
    async with asyncio.timeout(60):
        while True:
            try:
                await driver.ask("append", interactions=[row(number)])
                number += 1
            except Refused as refused:
                stage.require((refused.code, refused.reason) == wanted, f"the older one stopped with {refused}")
                break
            if (await driver.ask("stats"))["stopped"]:
                break
            await asyncio.sleep(0.05)
    receipts = (await driver.ask("receipts", patience=30))["receipts"]
    for receipt in receipts:
        error = receipt.get("error")
        stage.require(not error or (error["code"], error.get("reason")) == wanted, f"receipt {receipt}")
    stats = await driver.ask("stats")
    stage.require(stats["stopped"] and stats["pending"] == 0, f"the older one says {stats}")
    return receipts


async def duplicated(stage: Stage) -> None:
    """Every byte that the publisher said comes a second time, over a second connection: nothing is doubled.

    To the server that is a newer publisher of the stream, so the real one stops.
    """
    server = await stage.server()
    proxy = await stage.proxy(server.target)
    proxy.recording = True
    driver = await stage.driver(proxy.target)
    await open_publisher(stage, driver)
    for number in range(50):
        await driver.ask("append", interactions=[row(number)])
    check_receipts(stage, (await driver.ask("receipts"))["receipts"], list(range(50)))
    await proxy.duplicate()
    receipts = await expect_superseded(stage, driver, 50)
    stored = await stage.stored(server.target)
    acked = [number for number, receipt in enumerate(receipts) if "offset" in receipt]
    stage.require(acked == list(range(len(acked))) and len(acked) >= 50, f"acked are {acked}")
    # What was under way when the other took over may have been committed without an ack.
    stage.require(stored == list(range(len(stored))) and len(acked) <= len(stored) <= len(receipts), f"stored {stored}")


async def flush(stage: Stage) -> None:
    """What was appended before a flush is found by reads that do not wait for writes."""
    server = await stage.server()
    driver = await stage.driver(server.target)
    await open_publisher(stage, driver)
    for number in range(20):
        await driver.ask("append", interactions=[row(number)])
    await driver.ask("flush")
    async with stage.client(server.target) as client:
        found = [one async for one in client.list_interactions(session_id=stage.name, consistency="eventual")]
        hits = (await client.search_interactions("turn", stage.name, consistency="eventual")).hits
    stage.require(len(found) == 20, f"{len(found)} of 20 are in the tables")
    stage.require(len(hits) == 10, f"{len(hits)} of 10 are found")
    await driver.ask("close", timeout=60)


async def contexts(stage: Stage) -> None:
    """A turn of a user is answered by a briefing of what is known of it."""
    server = await stage.server()
    async with stage.client(server.target) as client:
        await client.publish_interaction(stage.name, {"content": "I love sailing"}, session_id=f"{stage.name}-old")
    driver = await stage.driver(server.target)
    await open_publisher(stage, driver, context=True)
    await driver.ask("append", interactions=[row(0, "Tell me about sailing")])
    await driver.ask("append", interactions=[row(1, "Gladly", role="Agent")])
    rendered = (await driver.ask("contexts", count=1))["rendered"]
    stage.require(len(rendered) == 1 and "I love sailing" in rendered[0], f"the briefing is {rendered}")
    await driver.ask("close", timeout=60)
    await expect_stored(stage, server.target, [0, 1])


async def partial_success(stage: Stage) -> None:
    """The good rows of an append are taken, and the bad one is named."""
    server = await stage.server()
    driver = await stage.driver(server.target)
    await open_publisher(stage, driver)
    await driver.ask("append", interactions=[row(0), bad_row(1), row(2)], partial_success=True)
    await driver.ask("append", interactions=[row(3)])
    receipts = (await driver.ask("receipts"))["receipts"]
    check_receipts(stage, receipts, [0, 1])
    rejected = receipts[0].get("rejected")
    stage.require(
        rejected is not None
        and [(one["index"], one["error"]["code"]) for one in rejected] == [(1, "INVALID_ARGUMENT")],
        f"rejected should name the row 1 as INVALID_ARGUMENT: {receipts[0]}",
    )
    await driver.ask("close", timeout=60)
    await expect_stored(stage, server.target, [0, 2, 3])


async def overrides(stage: Stage) -> None:
    """Defaults of the publisher and what an append says for itself reach the server."""
    server = await stage.server()
    driver = await stage.driver(server.target)
    await open_publisher(stage, driver, source="till", agent_version="v7")
    await driver.ask("append", interactions=[row(0)])
    async with stage.client(server.target) as client:
        await driver.ask("receipts")
        stage.require(not (await client.get_session(stage.name)).session.finished, "the session is over too early")
        await driver.ask("append", interactions=[row(1)], session_finished=True)
        await driver.ask("close", timeout=60)
        found = [one async for one in client.list_interactions(session_id=stage.name)]
        stage.require((await client.get_session(stage.name)).session.finished, "the session is not over")
    told = {(one.user_id, one.source, one.agent_version) for one in found}
    stage.require(told == {(stage.name, "till", "v7")}, f"the server was told {told}")


async def refused_stream(stage: Stage) -> None:
    """A credential that the server refuses stops the publisher, with the reason, and is not tried for ever."""
    server = await stage.server("--auth-required")
    driver = await stage.driver(server.target, api_key="ipk_wrong_key")
    await open_publisher(stage, driver)
    try:
        await driver.ask("append", interactions=[row(0)])
    except Refused as refused:
        error = {"code": refused.code, "reason": refused.reason}
    else:
        error = (await driver.ask("receipts", patience=60))["receipts"][0].get("error", {})
    stage.require(
        (error.get("code"), error.get("reason")) == ("UNAUTHENTICATED", "CREDENTIAL_INVALID"), f"the error is {error}"
    )
    stage.require((await driver.ask("stats"))["stopped"], "the publisher goes on trying")
    await driver.ask("abort")
