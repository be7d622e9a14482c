"""One call on its way through the interceptors."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import grpc
from google.protobuf.message import Message

from interplay_server.domain.credentials import ANONYMOUS, Credential
from interplay_server.domain.ports import TenantStore

_FIRST_MESSAGE_SECONDS, _UPLOAD_SECONDS = 1.0, 10.0


class Call:
    """What interceptors and services know of a call. Interceptors fill it in as it passes.

    `read` gives the next message of a stream, parsed and validated, or None at its end; it raises InvalidMessage,
    InvalidRequest or MessageTooLarge for that message only.
    """

    def __init__(self, method: "MethodInfo", context: grpc.aio.ServicerContext[Any, Any]) -> None:
        self.method = method
        self.context = context
        self.metadata: Mapping[str, str] = {
            key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)
        }
        self.request_id = ""
        self.code = "OK"
        self.reason = ""
        self.credential: Credential = ANONYMOUS
        self.tenant_name = ""
        self.tenant: TenantStore | None = None
        self.writable: Callable[[], Awaitable[TenantStore]] = _no_tenant
        """The tenant, made if it does not exist; open until the call ends."""
        self.existing: Callable[[], Awaitable[TenantStore | None]] = _no_tenant
        """The tenant if somebody has made it meanwhile; open until the call ends."""
        self.request: Message | None = None
        self.receive: Callable[[bytes], Message] = lambda _: Message()
        self.was_read = False
        """A message of a stream was asked for."""

    @property
    def store(self) -> TenantStore:
        assert self.tenant is not None  # noqa: S101 - set by the tenant interceptor
        return self.tenant

    async def read(self) -> Any | None:
        self.was_read = True
        raw = await self.context.read()
        return None if raw is grpc.aio.EOF else self.receive(raw)

    async def hear_out(self) -> None:
        """Before an error ends a call, reads what its caller is writing: the first message, or a whole upload.

        A client of grpc.aio that writes while its call ends is told INTERNAL by grpc itself, not why it ended.
        """
        with contextlib.suppress(TimeoutError, grpc.aio.UsageError, grpc.aio.InternalError):
            if self.method.uploads:
                async with asyncio.timeout(_UPLOAD_SECONDS):
                    while await self.context.read() is not grpc.aio.EOF:
                        pass
            elif self.method.request_streaming and not self.was_read:
                async with asyncio.timeout(_FIRST_MESSAGE_SECONDS):
                    await self.context.read()

    async def write(self, message: Message) -> None:
        """Raises CancelledError where the caller has gone."""
        try:
            await self.context.write(message.SerializeToString())
        except grpc.aio.InternalError as error:
            # grpcio hears of a broken connection from the failed write first, from the call later.
            raise asyncio.CancelledError from error


async def _no_tenant() -> TenantStore:
    raise LookupError("the tenant interceptor has not run")


class MethodInfo:
    """A method of the contract, from its descriptor."""

    def __init__(
        self, service: str, descriptor: Any, request_type: type[Message], right: str, *, uploads: bool = False
    ) -> None:
        self.service = service
        self.name: str = descriptor.name
        self.path = f"/{service}/{descriptor.name}"
        self.request_streaming: bool = descriptor.client_streaming
        self.response_streaming: bool = descriptor.server_streaming
        self.request_type = request_type
        self.right = right
        """READ, WRITE or ADMIN; empty where any credential will do."""
        self.uploads = uploads
        """Callers send all they have before they look at what comes back."""

    @property
    def streaming(self) -> bool:
        return self.request_streaming or self.response_streaming


Proceed = Callable[[], Awaitable[Message | None]]


class Interceptor(Protocol):
    """A layer around a call: `intercept` awaits `proceed` or raises an InterplayError."""

    name: str

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None: ...
