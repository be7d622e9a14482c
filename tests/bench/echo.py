"""The bare limit of a stream: a grpc.aio server that answers each message with a small reply.

Run as a process of its own; prints its address. No parsing, no storage; the same transport, options and event loop.
"""

import grpc
import uvloop

REPLY = b"\x12\x02\x08\x01"


async def _stream(_: object, context: grpc.aio.ServicerContext) -> None:
    while await context.read() is not grpc.aio.EOF:
        await context.write(REPLY)


async def _unary(_: bytes, __: grpc.aio.ServicerContext) -> bytes:
    return REPLY


async def _serve() -> None:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 32 * 2**20)])
    handlers = {
        "Stream": grpc.stream_stream_rpc_method_handler(_stream),
        "Unary": grpc.unary_unary_rpc_method_handler(_unary),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(_serve())
