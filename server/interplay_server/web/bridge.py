"""Calls to the server's own gRPC port, so that a browser's call passes every interceptor like any other."""

import re
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2
from starlette.datastructures import Headers

from interplay_server.errors import InvalidRequest, Violation
from interplay_server.interceptors.parsing import MAX_MESSAGE_BYTES
from interplay_server.services.methods import SERVICES
from interplay_server.web.failures import refused, unimplemented

_FORWARDED: Final = ("authorization", "traceparent", "tracestate")
_FORWARDED_PREFIX = "interplay-"
_NAME = re.compile(r"[0-9a-z_.-]+")
_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.enable_retries", 0),
    ("grpc.max_receive_message_length", 2 * MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", 2 * MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", 64 * 1024),
]
# What serves instead where a browser cannot stream upwards.
_INSTEAD: Final = {
    "StreamPublish": "PublishInteractions takes up to 1,000 interactions a call",
    "StreamEvents": "RecordEvents takes a batch of events a call",
    "StreamMonitorEvents": "RecordEvent takes one event a call",
}


class Method:
    """A method of the contract and its descriptor."""

    def __init__(self, service: str, descriptor: Any) -> None:
        self.name: str = descriptor.name
        self.path = f"/{service}/{descriptor.name}"
        self.descriptor = descriptor
        self.client_streams: bool = descriptor.client_streaming
        self.server_streams: bool = descriptor.server_streaming


class Bridge:
    """A channel to `target` over which messages go as bytes."""

    def __init__(self, target: str) -> None:
        self._channel = grpc.aio.insecure_channel(target, _OPTIONS)
        services = [*SERVICES.values(), health_pb2.DESCRIPTOR.services_by_name["Health"]]
        found = [Method(service.full_name, one) for service in services for one in service.methods]
        self._methods = {one.path: one for one in found}
        self._calls: dict[str, Any] = {}

    def method(self, path: str) -> Method:
        """Raises Refused for what is not served, or cannot be over HTTP/1.1."""
        found = self._methods.get(path)
        if found is None:
            raise unimplemented("this server does not offer the method", path)
        if found.client_streams:
            instead = _INSTEAD.get(found.name)
            more = f"; {instead}" if instead else ""
            raise unimplemented(f"{found.name} streams from the client, which needs a gRPC client{more}", found.name)
        return found

    def unary(self, method: Method, request: bytes, metadata: Any, timeout: float | None) -> Any:
        call = self._calls.get(method.path)
        if call is None:
            call = self._calls[method.path] = self._channel.unary_unary(method.path)
        return call(request, metadata=metadata, timeout=timeout)

    def stream(self, method: Method, request: bytes, metadata: Any, timeout: float | None) -> Any:
        call = self._calls.get(method.path)
        if call is None:
            call = self._calls[method.path] = self._channel.unary_stream(method.path)
        return call(request, metadata=metadata, timeout=timeout)

    async def close(self) -> None:
        await self._channel.close()


def forwarded(headers: Headers, request_id: str) -> list[tuple[str, str]]:
    """Metadata for the server: who calls, which tenant, which trace. Raises Refused for what metadata cannot hold."""
    kept = [one for one in headers.items() if one[0] in _FORWARDED or one[0].startswith(_FORWARDED_PREFIX)]
    violations = [Violation(name, told) for name, value in kept if (told := _unfit(name, value))]
    names = [name for name, _ in kept]
    violations += [Violation(name, "must be given once") for name in sorted(set(names)) if names.count(name) > 1]
    if violations:
        raise refused(InvalidRequest(violations))
    return list((dict(kept) | {"interplay-request-id": request_id}).items())


def _unfit(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        return "must be named by a-z, 0-9, '-', '_' and '.' alone"
    plain = value.isascii() and value.isprintable() and not name.endswith("-bin")
    return "" if plain else "must be a header of printable ASCII"
