"""A model provider on loopback that speaks /v1/messages and /v1/chat/completions and misbehaves to order.

In the test's own loop:

    async with FakeModels(answers=lambda seen: {"facts": []}) as fake:
        fake.base_url("anthropic"), fake.seen

Beside a server in a process of its own (the thread has a loop of its own): `with FakeModels(...).in_thread() as fake:`.
As a process: `python -m tests.support.fake_models --text hello --latency 0.2`; prints `listening on 127.0.0.1:PORT`.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import inspect
import itertools
import json
import random
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Self


@dataclasses.dataclass(frozen=True)
class Seen:
    """One request."""

    number: int
    """From 0, in the order of arrival."""
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: dict[str, Any]
    raw: bytes

    @property
    def protocol(self) -> str:
        return "anthropic" if self.path.endswith("/messages") else "openai"

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def messages(self) -> list[tuple[str, str]]:
        """(role, text) of all messages, the system ones too."""
        turns = [(turn["role"], _text_of(turn["content"])) for turn in self.body.get("messages", [])]
        system = self.body.get("system")
        return [("system", _text_of(system)), *turns] if system else turns

    @property
    def prompt(self) -> str:
        return "\n".join(text for _, text in self.messages)

    @property
    def schema(self) -> dict[str, Any] | None:
        """The JSON schema that the answer is asked to fulfil."""
        if self.protocol == "anthropic":
            return self.body.get("output_config", {}).get("format", {}).get("schema")
        return self.body.get("response_format", {}).get("json_schema", {}).get("schema")


@dataclasses.dataclass(frozen=True)
class Reply:
    """How a request is answered. Times are in seconds."""

    text: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    stop: str = "stop"
    """stop, truncated, context (the window is full), refusal, unknown, or none: the end is left out."""
    latency: float = 0.0
    pieces: int = 3
    """Deltas of a streamed answer."""
    drip: float = 0.0
    """Time between two deltas."""
    hold: asyncio.Event | None = None
    """Waited for after the first delta."""
    reset_after: int | None = None
    """The connection is reset after so many deltas; with 0, before the status."""
    stream_error: str = ""
    """Type of an error event after the deltas, such as overloaded_error."""
    code: str = ""
    """Code in the body of an error."""
    raw: bytes | None = None
    """Sent as the whole body instead."""


Answer = Reply | str | dict[str, Any]
Answers = Callable[[Seen], Answer | Awaitable[Answer]] | Iterable[Answer]


def throttled(status: int = 429, retry_after: float | None = None) -> Reply:
    headers = () if retry_after is None else (("retry-after", f"{retry_after:g}"),)
    return Reply(status=status, headers=headers)


class FakeModels:
    """Answers by a function of the request, or from a list whose last answer repeats. A dict is sent as JSON."""

    def __init__(
        self,
        answers: Answers = ("hello",),
        *,
        latency: float = 0.0,
        drip: float = 0.0,
        failures: dict[int, float] | None = None,
        retry_after: float | None = None,
        refuse_schema: bool = False,
        seed: int = 0,
    ) -> None:
        """`failures` is the rate of each status, such as {429: 0.2, 529: 0.1}; `refuse_schema` answers 400 to what
        asks for a `response_format`.
        """
        self.seen: list[Seen] = []
        self.running = 0
        self.most_running = 0
        self.connections = 0
        self.latency, self.drip, self.failures, self.retry_after = latency, drip, failures or {}, retry_after
        self.refuse_schema = refuse_schema
        self._answers = answers if callable(answers) else _repeating_last(answers)
        self._random = random.Random(seed)
        self._numbers = itertools.count()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def base_url(self, protocol: str) -> str:
        """As the settings want it: the library of each protocol adds its own path."""
        return f"http://127.0.0.1:{self.port}" + ("" if protocol == "anthropic" else "/v1")

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**26)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @contextlib.contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Serves from a thread; `answers` is called there."""
        ready, loop = threading.Event(), asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            async with self:
                ready.set()
                await stop.wait()

        def run() -> None:
            with contextlib.closing(loop):
                loop.run_until_complete(serve())

        thread = threading.Thread(target=run, name="fake-models", daemon=True)
        thread.start()
        assert ready.wait(30), "the fake provider did not start"
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(30)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while (seen := await self._read(reader)) is not None:
                self.seen.append(seen)
                self.running += 1
                self.most_running = max(self.most_running, self.running)
                try:
                    await self._answer(seen, writer)
                finally:
                    self.running -= 1
        except (ConnectionError, asyncio.IncompleteReadError, _Reset, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Seen | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.IncompleteReadError:
            return None
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        return Seen(next(self._numbers), head[0].split(" ")[1], headers, json.loads(raw or b"{}"), raw)

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        reply = await self._reply(seen)
        if reply.latency or self.latency:
            await asyncio.sleep(reply.latency or self.latency)
        if reply.reset_after == 0:
            _reset(writer)
        if reply.raw is not None or reply.status != 200 or not seen.stream:
            body = reply.raw if reply.raw is not None else json.dumps(_whole(seen, reply)).encode()
            _head(writer, reply, "application/json", f"content-length: {len(body)}")
            writer.write(body)
            await writer.drain()
            return
        _head(writer, reply, "text/event-stream", "transfer-encoding: chunked")
        deltas = 0
        for event, is_delta in _events(seen, reply):
            if is_delta and deltas == reply.reset_after:
                await writer.drain()
                _reset(writer)
            if is_delta and deltas == 1 and reply.hold is not None:
                await reply.hold.wait()
            if is_delta and deltas and (reply.drip or self.drip):
                await asyncio.sleep(reply.drip or self.drip)
            deltas += is_delta
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _reply(self, seen: Seen) -> Reply:
        if not seen.path.endswith(("/v1/messages", "/v1/chat/completions")):
            return Reply(status=404)
        if self.refuse_schema and "response_format" in seen.body:
            return Reply(status=400)
        draw = self._random.random()
        for status, rate in self.failures.items():
            if (draw := draw - rate) < 0:
                return throttled(status, self.retry_after)
        answer = self._answers(seen)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, dict):
            answer = json.dumps(answer, ensure_ascii=False)
        return Reply(answer) if isinstance(answer, str) else answer


class _Reset(Exception):
    pass


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise _Reset


def _repeating_last(answers: Iterable[Answer]) -> Callable[[Seen], Answer]:
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def _head(writer: asyncio.StreamWriter, reply: Reply, kind: str, length: str) -> None:
    lines = [f"HTTP/1.1 {reply.status} Status", f"content-type: {kind}", length]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))


_STOPS = {
    "anthropic": {
        "stop": "end_turn", "truncated": "max_tokens", "context": "model_context_window_exceeded", "refusal": "refusal",
        "unknown": "new_reason", "none": None,
    },
    "openai": {
        "stop": "stop", "truncated": "length", "context": "length", "refusal": "content_filter",
        "unknown": "new_reason", "none": None,
    },
}  # fmt: skip


def _tokens(seen: Seen, reply: Reply) -> tuple[int, int]:
    return len(seen.prompt.split()), len(reply.text.split())


def _whole(seen: Seen, reply: Reply) -> dict[str, Any]:
    """The body of an answer that is not streamed, or of an error."""
    given, made = _tokens(seen, reply)
    model = seen.body.get("model", "")
    stop = _STOPS[seen.protocol][reply.stop]
    if reply.status != 200:
        kind = {429: "rate_limit_error", 529: "overloaded_error"}.get(reply.status, "api_error")
        error = {"type": kind, "message": f"library text {reply.status}"}
        if seen.protocol == "anthropic":
            return {"type": "error", "error": error | ({"details": {"error_code": reply.code}} if reply.code else {})}
        return {"error": error | {"code": reply.code or None, "param": None}}
    if seen.protocol == "anthropic":
        return {
            "id": f"msg_{seen.number}", "type": "message", "role": "assistant", "model": model,
            "content": [{"type": "text", "text": reply.text}], "stop_reason": stop, "stop_sequence": None,
            "usage": {"input_tokens": given, "output_tokens": made},
        }  # fmt: skip
    choice = {"index": 0, "finish_reason": stop, "message": {"role": "assistant", "content": reply.text}}
    usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    return {
        "id": f"c{seen.number}",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }


def _events(seen: Seen, reply: Reply) -> Iterator[tuple[bytes, bool]]:
    """(event, whether it is a delta of text)."""
    size = max(1, -(-len(reply.text) // max(1, reply.pieces)))
    pieces = [reply.text[at : at + size] for at in range(0, len(reply.text), size)]
    yield from (_anthropic if seen.protocol == "anthropic" else _openai)(seen, reply, pieces)


def _anthropic(seen: Seen, reply: Reply, pieces: list[str]) -> Iterator[tuple[bytes, bool]]:
    def event(kind: str, **fields: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()

    given, made = _tokens(seen, reply)
    marks = seen.raw.count(b'"cache_control"')
    usage = {
        "input_tokens": given,
        "output_tokens": 1,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": marks,
    }
    start = _whole(seen, dataclasses.replace(reply, text="", stop="none")) | {"content": [], "usage": usage}
    yield event("message_start", message=start), False
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""}), False
    yield event("ping"), False
    for piece in pieces:
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece}), True
    if reply.stream_error:
        yield event("error", error={"type": reply.stream_error, "message": "library text"}), False
        return
    yield event("content_block_stop", index=0), False
    stop = _STOPS["anthropic"][reply.stop]
    if stop is not None:
        yield (
            event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": made}),
            False,
        )
        yield event("message_stop"), False


def _openai(seen: Seen, reply: Reply, pieces: list[str]) -> Iterator[tuple[bytes, bool]]:
    def event(choices: list[Any], **fields: Any) -> bytes:
        chunk = {
            "id": f"c{seen.number}", "object": "chat.completion.chunk", "created": 0,
            "model": seen.body.get("model", ""), "choices": choices, **fields,
        }  # fmt: skip
        return f"data: {json.dumps(chunk)}\n\n".encode()

    def choice(delta: dict[str, Any], stop: str | None = None) -> list[Any]:
        return [{"index": 0, "delta": delta, "finish_reason": stop}]

    given, made = _tokens(seen, reply)
    yield event(choice({"role": "assistant", "content": ""})), False
    for piece in pieces:
        yield event(choice({"content": piece})), True
    if reply.stream_error:
        yield b'data: {"error": {"type": "%b", "message": "library text"}}\n\n' % reply.stream_error.encode(), False
        return
    stop = _STOPS["openai"][reply.stop]
    if stop is not None:
        yield event(choice({}, stop)), False
        if seen.body.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
            yield event([], usage=usage), False
        yield b"data: [DONE]\n\n", False


async def _run(options: argparse.Namespace) -> None:
    answer = Reply(options.text, status=options.status, stop=options.stop)
    fake = FakeModels(
        [answer], latency=options.latency, drip=options.drip, failures={429: options.rate_429, 529: options.rate_529},
        retry_after=options.retry_after, refuse_schema=options.refuse_schema,
    )  # fmt: skip
    fake.port = options.port
    async with fake:
        print(f"listening on 127.0.0.1:{fake.port}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("port", 0), ("status", 200)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name in ("latency", "drip", "rate-429", "rate-529"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    parser.add_argument("--retry-after", type=float)
    parser.add_argument("--text", default="hello")
    parser.add_argument("--stop", default="stop", choices=_STOPS["anthropic"])
    parser.add_argument("--refuse-schema", action="store_true")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
