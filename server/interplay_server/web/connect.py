"""The Connect protocol: unary calls and streams from the server, as JSON and as bytes."""

import json
from typing import Any, Final

import grpc
from google.rpc import status_pb2

from interplay_server.errors import InvalidMessage
from interplay_server.web.bridge import Bridge, Method, forwarded
from interplay_server.web.codecs import Binary, Codec, Json
from interplay_server.web.exchange import Exchange
from interplay_server.web.failures import Refused, connect_json, of_call, refused, unimplemented
from interplay_server.web.framing import CONNECT_END, connect_timeout, frame, only_message

UNARY: Final = {"application/json": Json, "application/proto": Binary}
STREAMS: Final = {"application/connect+json": Json, "application/connect+proto": Binary}
NO_STORE = ("cache-control", "no-store")


def codec(kind: Any, method: Method) -> Codec:
    made: Codec = Json(method.descriptor) if kind is Json else Binary()
    return made


async def unary(exchange: Exchange, bridge: Bridge, path: str, content_type: str) -> None:
    try:
        method = bridge.method(path)
        if method.server_streams:
            raise unimplemented(
                f"{method.name} answers with a stream: send application/connect+json or application/connect+proto",
                method.name,
            )
        timeout, metadata = _asked(exchange, "content-encoding")
        codec_ = codec(UNARY[content_type], method)
        request = await codec_.request(await exchange.body())
        async with exchange.watched():
            call = bridge.unary(method, request, metadata, timeout)
            try:
                answer = await call
            except grpc.aio.AioRpcError as error:
                raise Refused(of_call(error, method.name)) from None
            finally:
                call.cancel()
            body = await codec_.response(answer)
            await exchange.answer(200, body, [("content-type", content_type), NO_STORE])
    except Refused as error:
        await refuse(exchange, error)


async def refuse(exchange: Exchange, error: Refused) -> None:
    """An error of a unary call, or of what is no call at all."""
    body = json.dumps(connect_json(error.status), ensure_ascii=False).encode()
    await exchange.answer(error.http_status, body, [("content-type", "application/json"), NO_STORE])


async def stream(exchange: Exchange, bridge: Bridge, path: str, content_type: str) -> None:
    ended: status_pb2.Status | None = None
    headers = [("content-type", content_type), NO_STORE]
    try:
        method = bridge.method(path)
        if not method.server_streams:
            raise unimplemented(
                f"{method.name} has one answer: send application/json or application/proto", method.name
            )
        timeout, metadata = _asked(exchange, "connect-content-encoding")
        codec_ = codec(STREAMS[content_type], method)
        request = await codec_.request(only_message(await exchange.body()))
    except Refused as error:
        await exchange.start(200, headers)
        await exchange.write(_end(error.status), more=False)
        return
    async with exchange.watched():
        await exchange.start(200, headers)
        call = bridge.stream(method, request, metadata, timeout)
        try:
            while (answer := await call.read()) is not grpc.aio.EOF:
                await exchange.write(frame(await codec_.response(answer)), more=True)
        except grpc.aio.AioRpcError as error:
            ended = of_call(error, method.name)
        finally:
            call.cancel()
        await exchange.write(_end(ended), more=False)


def _end(status: status_pb2.Status | None) -> bytes:
    said = {} if status is None else {"error": connect_json(status)}
    return frame(json.dumps(said, ensure_ascii=False).encode(), CONNECT_END)


def _asked(exchange: Exchange, encoding: str) -> tuple[float | None, Any]:
    """Time limit and metadata. Raises Refused."""
    headers = exchange.headers
    if headers.get("connect-protocol-version", "1") != "1":
        raise refused(InvalidMessage("connect-protocol-version must be 1"))
    if headers.get(encoding, "identity") != "identity":
        raise unimplemented(f"{encoding} must be identity: bodies are taken uncompressed only")
    return connect_timeout(headers.get("connect-timeout-ms")), forwarded(headers, exchange.request_id)
