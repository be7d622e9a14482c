"""gRPC-Web: unary calls and streams from the server, as bytes, as base64 of them, and as JSON."""

import base64
from typing import Final

import grpc
from google.rpc import status_pb2

from interplay_server.web.bridge import Bridge, forwarded
from interplay_server.web.codecs import Binary, Json
from interplay_server.web.connect import NO_STORE, codec
from interplay_server.web.exchange import Exchange
from interplay_server.web.failures import Refused, of_call, trailers, unimplemented
from interplay_server.web.framing import WEB_TRAILERS, frame, from_text, grpc_timeout, only_message

TYPES: Final = {
    "application/grpc-web": Binary,
    "application/grpc-web+proto": Binary,
    "application/grpc-web+json": Json,
    "application/grpc-web-text": Binary,
    "application/grpc-web-text+proto": Binary,
}


async def serve(exchange: Exchange, bridge: Bridge, path: str, content_type: str) -> None:
    """Whatever happens is said in the frame of trailers, with HTTP 200."""
    as_text = "-text" in content_type
    ended: status_pb2.Status | None = None

    async def write(part: bytes, *, more: bool) -> None:
        await exchange.write(base64.b64encode(part) if as_text else part, more=more)

    headers = [("content-type", content_type), NO_STORE]
    try:
        method = bridge.method(path)
        if exchange.headers.get("grpc-encoding", "identity") != "identity":
            raise unimplemented("grpc-encoding must be identity: messages are taken uncompressed only")
        timeout = grpc_timeout(exchange.headers.get("grpc-timeout"))
        metadata = forwarded(exchange.headers, exchange.request_id)
        codec_ = codec(TYPES[content_type], method)
        body = await exchange.body()
        request = await codec_.request(only_message(from_text(body) if as_text else body))
    except Refused as error:
        await exchange.start(200, headers)
        await write(frame(trailers(error.status), WEB_TRAILERS), more=False)
        return
    async with exchange.watched():
        await exchange.start(200, headers)
        begin = bridge.stream if method.server_streams else bridge.unary
        call = begin(method, request, metadata, timeout)
        try:
            if method.server_streams:
                while (answer := await call.read()) is not grpc.aio.EOF:
                    await write(frame(await codec_.response(answer)), more=True)
            else:
                await write(frame(await codec_.response(await call)), more=True)
        except grpc.aio.AioRpcError as error:
            ended = of_call(error, method.name)
        finally:
            call.cancel()
        await write(frame(trailers(ended), WEB_TRAILERS), more=False)
