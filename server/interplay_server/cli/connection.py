"""Where the server is and who asks."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from interplay import AsyncInterplay, Tls

_HEARTBEAT_SECONDS = 5


class Client(AsyncInterplay):
    """The Python client, which can also be handed messages: `call(PlaybookServiceStub, "GetUserPlaybook", request)`.

    Options of commands become fields of requests by name, so the requests are made by the commands. All of these raise
    InterplayError.
    """

    async def call(self, service: Any, method: str, request: Any) -> Any:
        """The answer of a unary method."""
        return await self._transport.unary(getattr(service(self._transport.channel), method), request)

    def listed(self, service: Any, method: str, request: Any, field: str) -> AsyncIterator[Any]:
        """The items of all pages."""
        return self._transport.pages(getattr(service(self._transport.channel), method), request, field)

    async def changes(self, service: Any, method: str, request: Any) -> AsyncGenerator[Any, None]:
        """The answers of a feed, heart-beats included, without end and across lost connections."""
        request.heartbeat_seconds = _HEARTBEAT_SECONDS
        async for answer in self._transport.follow(service, method, request, 3.0 * _HEARTBEAT_SECONDS):
            request.resume_token, request.from_beginning = answer.resume_token, False
            yield answer


@dataclass(frozen=True)
class Connection:
    """Options of a connection; paths are PEM files."""

    target: str
    api_key: str | None = None
    tenant: str | None = None
    tls: bool = False
    tls_ca: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    allow_insecure: bool = False

    def open(self) -> Client:
        """Raises OSError for a file that cannot be read, UsageError for options that contradict each other."""
        tls = None
        if self.tls or self.tls_ca or self.tls_certificate:
            tls = Tls(_bytes(self.tls_ca), _bytes(self.tls_certificate), _bytes(self.tls_key))
        try:
            return Client(
                self.target,
                api_key=self.api_key,
                tenant=self.tenant,
                tls=tls,
                allow_insecure=self.allow_insecure,
            )
        except ValueError as error:
            message = f"refusing to send the API key in plaintext to {self.target}: give --tls, or --allow-insecure"
            raise click.UsageError(message if self.api_key and tls is None else str(error)) from error


def _bytes(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None
