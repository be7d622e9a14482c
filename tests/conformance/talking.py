"""What happens to dialogues, watches and recorded events."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from interplay.v1 import dialogue_pb2, feature_pb2, monitor_pb2
from interplay.v1 import dialogue_service_pb2 as dialogues

from tests.conformance.stage import Stage

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def harmed(stage: Stage, proxy: Any) -> Any:
    """The proxy, with the harm of the case for its first connections."""
    proxy.budgets = [(harm, count) for harm, count in stage.case.get("budgets", [])]
    return proxy


async def converse(stage: Stage) -> None:
    """The caller's function is the agent; the server keeps every turn once, and asks the function once for each."""
    server = await stage.server()
    proxy = harmed(stage, await stage.proxy(server.target))
    driver = await stage.driver(proxy.target)
    turns, identity = stage.case["turns"], f"dialogue-{stage.name[-30:]}"
    start = dialogues.ConverseStart(
        dialogue_id=identity,
        user=dialogues.DIALOGUE_SIDE_MODEL,
        assistant=dialogues.DIALOGUE_SIDE_CLIENT,
        query=dialogue_pb2.DialogueQuery(original_query="How do I fix my bike?"),
        config=dialogue_pb2.DialogueConfig(limits=dialogue_pb2.DialogueLimits(min_turns=turns, max_turns=turns)),
        agent_version="conformance",
    )
    replies = stage.case.get("replies", "echo")
    answer = await driver.ask("converse", start=start.SerializeToString().hex(), replies=replies)
    said = [(one["role"].lower(), one["content"]) for one in answer["turns"]]
    stage.require([role for role, _ in said] == ["user", "assistant"] * turns, f"turns are {said}")
    asked = [content for role, content in said if role == "user"]
    wanted = [f"You said: {one}" for one in asked] if replies == "echo" else replies
    stage.require([content for role, content in said if role == "assistant"] == wanted, f"turns are {said}")
    stage.require(answer.get("asked", turns) == turns, f"the function was asked {answer.get('asked')} times")
    least = len(stage.case.get("budgets", [])) + 1
    stage.require(proxy.connections >= least, f"only {proxy.connections} connections were made")
    async with stage.client(server.target) as client:
        kept = await client.dialogue(identity)
    stage.require([(turn.user.content, turn.assistant.content) for turn in kept.turns]
                  == list(zip(asked, wanted, strict=True)), f"the server keeps {kept}")  # fmt: skip
    reason = dialogue_pb2.StopReason.Name(kept.stop_reason).removeprefix("STOP_REASON_")
    stage.require(answer["stop_reason"].removeprefix("STOP_REASON_") == reason, f"stop_reason: {answer}, not {reason}")


async def watch(stage: Stage) -> None:
    """Every publication is heard of once, in order, whatever happens to the connection; a token goes on later."""
    server = await stage.server()
    proxy = await stage.proxy(server.target)
    tenant = stage.name[-40:]
    driver = await stage.driver(proxy.target, tenant=tenant)
    harms = {fault_at: fault["do"] for fault in stage.case.get("faults", []) for fault_at in fault["at"]}
    async with stage.client(server.target, tenant=tenant) as client:
        async with aclosing(client.watch_interactions(heartbeats=True)) as changes:
            token = (await anext(changes)).resume_token.encode().hex()
        hearing = asyncio.create_task(driver.ask("watch", count=60, token=token))
        made = []
        for number in range(60):
            if number in harms:
                getattr(proxy, harms[number])()
            answer = await client.publish_interaction("u", {"content": f"turn {number}"}, session_id="s")
            made += answer.interaction_ids
            await asyncio.sleep(0.01)
        heard = await hearing
        stage.require(heard["interaction_ids"] == made, f"heard {len(heard['interaction_ids'])} of 60: {heard}")
        later = []
        for number in range(60, 65):
            answer = await client.publish_interaction("u", {"content": f"turn {number}"}, session_id="s")
            later += answer.interaction_ids
    heard = await driver.ask("watch", count=5, token=heard["token"])
    stage.require(heard["interaction_ids"] == later, f"after the token it heard {heard}, not {later}")
    if harms:
        stage.require(proxy.connections >= 2, "the watch was not cut")


def _moment(number: int) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(NOON + timedelta(seconds=number))
    return moment


async def record(stage: Stage) -> None:
    """Events over StreamEvents or StreamMonitorEvents with the same publisher: each is counted once."""
    server = await stage.server()
    proxy = harmed(stage, await stage.proxy(server.target))
    tenant, count = stage.name[-40:], stage.case["events"]
    driver = await stage.driver(proxy.target, tenant=tenant)
    shop = stage.case["stream"] == "shop"
    events: list[Any] = [
        feature_pb2.FeatureEvent(
            event_id=f"e{number}", customer_id="c", product_id=f"p{number % 7}", event_type="product_viewed",
            created_at=_moment(number),
        )
        if shop
        else monitor_pb2.MonitorEvent(
            event_id=f"e{number}", timestamp=_moment(number), command=f"step {number % 7}",
            interaction_type=monitor_pb2.MONITOR_EVENT_TYPE_CLI_COMMAND, status=monitor_pb2.MONITOR_STATUS_SUCCESS,
            duration_ms=number, session_id="s",
        )
        for number in range(count)
    ]  # fmt: skip
    answer = await driver.ask(
        "record",
        stream=stage.case["stream"],
        stream_id=stage.name,
        events=[one.SerializeToString().hex() for one in events],
    )
    stage.require(answer["committed_offset"] == count, f"{answer} after {count} appends of an event")
    least = len(stage.case.get("budgets", [])) + 1
    stage.require(proxy.connections >= least, f"only {proxy.connections} connections were made")
    async with stage.client(server.target, tenant=tenant) as client:
        if shop:
            found = [one.event_id async for one in client.list_events(page_size=1000)]
            stage.require(found == [one.event_id for one in events], f"the server holds {len(found)} of {count}")
        else:
            total = (await client.monitor_statistics()).total_interactions
            stage.require(total == count, f"the server counts {total} of {count}")
