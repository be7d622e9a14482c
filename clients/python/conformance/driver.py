"""The driver of the conformance suite for Python: one JSON object a line in, one a line out."""

# ruff: noqa: A002, ARG001, ASYNC109, ASYNC240, INP001, SLF001 - the protocol names fields; stubs are below the surface

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from importlib import metadata
from pathlib import Path
from typing import Any

import bench
from google.protobuf import json_format, message_factory, symbol_database
from interplay import AsyncInterplay, InterplayError, Tls
from interplay.v1 import (
    admin_service_pb2,
    context_service_pb2,
    dialogue_pb2,
    dialogue_service_pb2,
    evaluation_service_pb2,
    feature_pb2,
    feature_service_pb2,
    interaction_pb2,
    interaction_service_pb2,
    learning_service_pb2,
    monitor_pb2,
    monitor_service_pb2,
    operation_service_pb2,
    playbook_service_pb2,
    profile_service_pb2,
)

Fields = dict[str, Any]

_SERVICES = {
    "AdminService": ("admin", admin_service_pb2),
    "ContextService": ("contexts", context_service_pb2),
    "DialogueService": ("dialogues", dialogue_service_pb2),
    "EvaluationService": ("evaluations", evaluation_service_pb2),
    "FeatureService": ("features", feature_service_pb2),
    "InteractionService": ("interactions", interaction_service_pb2),
    "LearningService": ("learning", learning_service_pb2),
    "MonitorService": ("monitor", monitor_service_pb2),
    "OperationService": ("operations", operation_service_pb2),
    "PlaybookService": ("playbooks", playbook_service_pb2),
    "ProfileService": ("profiles", profile_service_pb2),
}
_POOL = symbol_database.Default().pool


class Driver:
    """Operations by name; each takes its fields and returns those of its answer."""

    def __init__(self) -> None:
        self.client: AsyncInterplay | None = None
        self.publisher: Any = None
        self.receipts: list[Any] = []
        self.operations: dict[str, Callable[..., Awaitable[Fields]]] = {
            "hello": self.hello,
            "wire": self.wire,
            "json": self.json,
            "connect": self.connect,
            "call": self.call,
            "publisher": self.open_publisher,
            "append": self.append,
            "receipts": self.outcomes,
            "flush": self.flush,
            "contexts": self.contexts,
            "close": self.close,
            "abort": self.abort,
            "stats": self.stats,
            "converse": self.converse,
            "watch": self.watch,
            "record": self.record,
            "bench": self.bench,
        }

    async def hello(self) -> Fields:
        return {"language": "python", "version": metadata.version("interplay")}

    async def wire(self, message: str, hex: str) -> Fields:
        return {"hex": _message(message).FromString(bytes.fromhex(hex)).SerializeToString(deterministic=True).hex()}

    async def json(self, message: str, json: Fields) -> Fields:
        made = json_format.ParseDict(json, _message(message)())
        return {"hex": made.SerializeToString(deterministic=True).hex()}

    async def connect(self, target: str, ca: str = "", certificate: str = "", key: str = "", **settings: Any) -> Fields:
        tls = Tls(*(Path(one).read_bytes() if one else None for one in (ca, certificate, key))) if ca else None
        self.client = AsyncInterplay(target, tls=tls, **settings)
        return {}

    async def call(self, service: str, method: str, request: str, timeout: float | None = None) -> Fields:
        stub, module = _SERVICES[service]
        found = module.DESCRIPTOR.services_by_name[service].methods_by_name[method]
        message = message_factory.GetMessageClass(found.input_type).FromString(bytes.fromhex(request))
        transport = self.connected._transport
        answer = await transport.unary(getattr(getattr(transport, stub), method), message, timeout)
        return {"response": answer.SerializeToString(deterministic=True).hex()}

    @property
    def connected(self) -> AsyncInterplay:
        if self.client is None:
            raise ValueError("connect first")
        return self.client

    async def open_publisher(self, stream_id: str, capacity: int = 10_000, **settings: Any) -> Fields:
        self.publisher = self.connected.publisher(stream_id, buffer=capacity, on_error=lambda *_: None, **settings)
        self.receipts = []
        return {}

    async def append(self, interactions: list[str], **overrides: Any) -> Fields:
        given = [interaction_pb2.InteractionData.FromString(bytes.fromhex(one)) for one in interactions]
        self.receipts.append(await self.publisher.append(given, **overrides))
        return {"number": len(self.receipts) - 1}

    async def outcomes(self) -> Fields:
        found: list[Fields] = []
        for receipt in self.receipts:
            try:
                ack = await receipt
            except InterplayError as error:
                found.append({"error": _error(error)})
            else:
                told: Fields = {"offset": ack.offset, "duplicate": ack.duplicate}
                if ack.rejected:
                    told["rejected"] = [{"index": index, "error": _error(error)} for index, error in ack.rejected]
                found.append(told)
        return {"receipts": found}

    async def flush(self) -> Fields:
        await self.publisher.flush()
        return {}

    async def contexts(self, count: int) -> Fields:
        rendered: list[str] = []
        async with aclosing(self.publisher.contexts()) as briefings:
            while len(rendered) < count:
                rendered.append((await anext(briefings)).rendered)
        return {"rendered": rendered}

    async def close(self, timeout: float | None = None) -> Fields:
        await self.publisher.close(timeout)
        return {"committed_offset": self.publisher.committed_offset}

    async def abort(self) -> Fields:
        await self.publisher.abort()
        return {}

    async def stats(self) -> Fields:
        return dict(self.publisher.stats()._asdict())

    async def converse(self, start: str, replies: str | list[str], fail_at: int = 0) -> Fields:
        given = dialogue_service_pb2.ConverseStart.FromString(bytes.fromhex(start))
        asked = 0

        async def agent(message: str, history: Any) -> str:
            nonlocal asked
            asked += 1
            if asked == fail_at:
                raise InterplayError("the agent was told to fail", code="ABORTED")
            return f"You said: {message}" if replies == "echo" else replies[asked - 1]

        async with self.connected.converse(
            agent,
            persona=given.persona if given.HasField("persona") else None,
            query=given.query if given.HasField("query") else None,
            config=given.config if given.HasField("config") else None,
            agent_version=given.agent_version,
            dialogue_id=given.dialogue_id,
            resume=given.resume,
            last_sequence=given.last_sequence,
        ) as talk:
            done = await talk.result()
        said = [(role, getattr(turn, role).content) for turn in done.turns for role in ("user", "assistant")]
        return {
            "turns": [{"role": role, "content": content} for role, content in said],
            "stop_reason": dialogue_pb2.StopReason.Name(done.stop_reason).removeprefix("STOP_REASON_"),
            "asked": asked,
        }

    async def watch(self, count: int, token: str = "", **settings: Any) -> Fields:
        found: list[str] = []
        changes = self.connected.watch_interactions(
            resume_token=bytes.fromhex(token).decode(), heartbeats=True, **settings
        )
        async with aclosing(changes):
            async for change in changes:
                found += [one.interaction_id for one in change.published.interactions]
                token = change.resume_token.encode().hex()
                if len(found) >= count:
                    break
        return {"interaction_ids": found, "token": token}

    async def record(self, stream: str, stream_id: str, events: list[str]) -> Fields:
        kinds = {
            "monitor": (self.connected.monitor_publisher, monitor_pb2.MonitorEvent),
            "shop": (self.connected.event_publisher, feature_pb2.FeatureEvent),
        }
        make, kind = kinds[stream]
        publisher: Any = make(stream_id, max_outstanding=8, on_error=lambda *_: None)
        for event in events:
            await publisher.append(kind.FromString(bytes.fromhex(event)))
        await publisher.close()
        return {"committed_offset": publisher.committed_offset}

    async def bench(self, kind: str, **fields: Any) -> Fields:
        return await (bench.bare if kind == "bare" else bench.published)(self.connected, **fields)


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


def _error(error: InterplayError) -> Fields:
    found = {
        "code": error.code,
        "reason": error.reason,
        "message": error.message,
        "fields": [violation.field for violation in error.violations],
        "metadata": error.metadata,
        "retry_after": error.retry_after,
    }
    return {name: value for name, value in found.items() if value or name == "code"}


async def _answer(driver: Driver, line: str) -> Fields:
    given = json.loads(line)
    operation = driver.operations.get(given.pop("do"))
    if operation is None:
        return {"ok": False, "unsupported": True}
    try:
        return {"ok": True, **await operation(**given)}
    except InterplayError as error:
        return {"ok": False, "error": _error(error)}
    except ValueError as error:
        return {"ok": False, "error": {"code": "INVALID_ARGUMENT", "message": str(error)}}


async def main() -> None:
    driver = Driver()
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await _answer(driver, line)), flush=True)  # noqa: T201 - the protocol
    if driver.client is not None:
        await driver.client.close()


if __name__ == "__main__":
    asyncio.run(main())
