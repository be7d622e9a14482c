"""Who may ask at all: names of this host, origins of pages, and what every answer says to browsers."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALLOWED_HEADERS: Final = (
    "authorization", "connect-protocol-version", "connect-timeout-ms", "content-type", "grpc-timeout",
    "interplay-request-id", "interplay-tenant", "traceparent", "tracestate", "x-grpc-web", "x-user-agent",
)  # fmt: skip
EXPOSED_HEADERS: Final = ("grpc-status", "grpc-message", "grpc-status-details-bin")
ANY = "*"
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d+)?")
# A page of ours runs its own scripts and talks to its own host; nothing becomes markup from text.
CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_ALWAYS: Final[Mapping[str, str]] = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Guard:
    """Refuses foreign hosts and origins; all else goes on to `app` with CORS for the `origins`.

    `hosts` are names by which this server may be called, None for any. A page from elsewhere that found the address by
    a name of its own (DNS rebinding) is refused by its Host, one that posts here by its Origin.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] | None, origins: Collection[str]) -> None:
        self._hosts, self._origins = hosts, frozenset(origins)
        self._app: ASGIApp = CORSMiddleware(
            app,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=ALLOWED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
            allow_credentials=False,
            max_age=7200,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._hosts is not None and host_name(host) not in self._hosts:
            await _refuse(secured, f"this server is not called {host[:200]!r}; web.hosts names what it is called")
        elif not self._may(headers.get("origin"), host):
            await _refuse(secured, "pages of this origin may not ask; web.origins names those that may")
        else:
            await self._app(scope, receive, secured)

    def _may(self, origin: str | None, host: str) -> bool:
        if origin is None or ANY in self._origins or origin in self._origins:
            return True
        return origin.partition("://")[2].lower() == host.lower() != ""


def host_name(host: str) -> str:
    """The name of a Host header without its port, in lower case; empty where it makes no sense."""
    found = _HOST.fullmatch(host.lower())
    return (found[1] or found[2]).rstrip(".") if found else ""


async def _refuse(send: Send, sentence: str) -> None:
    body = json.dumps({"code": "permission_denied", "message": sentence}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
