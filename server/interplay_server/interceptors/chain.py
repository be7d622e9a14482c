"""The chain: interceptors in their named order around each method of the contract.

    request_id -> tracing -> logging -> metrics -> errors -> deadline -> auth -> replica -> tenant
    -> own_calls -> rate_limit -> parsing -> validation

grpcio is given methods that take and give bytes, so that no message is parsed, and no error answered, by it.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from interplay_server.errors import MethodUnimplemented
from interplay_server.interceptors.call import Call, Interceptor, MethodInfo

ORDER = (
    "request_id", "tracing", "logging", "metrics", "errors", "deadline", "auth", "replica", "tenant", "own_calls",
    "rate_limit",
    "parsing", "validation",
)  # fmt: skip

Handler = Callable[[Call], Awaitable[Message | None]]


class Chain(grpc.GenericRpcHandler):
    """Routes every path that belongs to the contract; unknown ones are answered with a full error too.

    Raises ValueError where the interceptors are not those of ORDER, in that order.
    """

    def __init__(self, interceptors: Sequence[Interceptor], methods: Mapping[str, tuple[MethodInfo, Handler]]) -> None:
        names = tuple(interceptor.name for interceptor in interceptors)
        if names != ORDER:
            raise ValueError(f"interceptors must be {ORDER}, not {names}")
        self._interceptors = tuple(interceptors)
        self._handlers = {path: self._rpc_handler(info, handler) for path, (info, handler) in methods.items()}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any] | None":
        path = handler_call_details.method
        known = self._handlers.get(path)
        if known is None and path.startswith("/interplay."):
            return grpc.stream_stream_rpc_method_handler(partial(self._run_unknown, path))
        return known

    def _rpc_handler(self, info: MethodInfo, handler: Handler) -> "grpc.RpcMethodHandler[Any, Any]":
        async def unary(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
            response = await self._run(Call(info, context), handler, request)
            return b"" if response is None else response.SerializeToString()

        async def stream_out(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            await self._run(Call(info, context), handler, request)

        async def stream_both(_: object, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            await self._run(Call(info, context), handler, None)

        if info.request_streaming:
            return grpc.stream_stream_rpc_method_handler(stream_both)
        if info.response_streaming:
            return grpc.unary_stream_rpc_method_handler(stream_out)
        return grpc.unary_unary_rpc_method_handler(unary)

    async def _run(self, call: Call, handler: Handler, raw: bytes | None) -> Message | None:
        async def serve() -> Message | None:
            if raw is not None:
                call.request = call.receive(raw)
            return await handler(call)

        proceed = serve
        for interceptor in reversed(self._interceptors):
            proceed = partial(interceptor.intercept, call, proceed)
        return await proceed()

    async def _run_unknown(self, path: str, _: object, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        service, _slash, name = path[1:].rpartition("/")
        info = MethodInfo(service, _Descriptor(name), Empty, "")
        await self._run(Call(info, context), _unknown_method, None)


class _Descriptor:
    client_streaming = server_streaming = True

    def __init__(self, name: str) -> None:
        self.name = re.sub(r"[^\w.]", "", name)[:100]


async def _unknown_method(call: Call) -> None:
    raise MethodUnimplemented(call.method.path)
