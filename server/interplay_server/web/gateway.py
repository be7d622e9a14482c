"""The gateway: routes, the HTTP server that runs in the server's own loop, and its end."""

import asyncio
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h11
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from interplay_server.errors import InternalError
from interplay_server.interceptors.parsing import MAX_MESSAGE_BYTES
from interplay_server.settings import Settings, SettingsError, is_loopback, names_of, split_address, web_address
from interplay_server.web import connect, grpc_web
from interplay_server.web.bridge import Bridge
from interplay_server.web.console_files import console_routes
from interplay_server.web.exchange import Bounds, Exchange, Gone, Room
from interplay_server.web.failures import Refused, refused, unimplemented
from interplay_server.web.guard import LOOPBACK_NAMES, Guard

_BODIES_AT_ONCE = 16
_CONNECTIONS = 2048
_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 30
_LAST_SECONDS = 2
"""Streams were ended before; what is still under way then gets this long."""
_log = structlog.get_logger(__name__)


class Gateway:
    """Serves browsers at `web.listen`, which it takes at once, from `start` to `stop`; `url` is the page's address.

    `socket_target` is where the gRPC server must listen too: a socket in a folder that only this user can enter. So TLS
    and client certificates of the gRPC port do not stand between the two.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = tempfile.TemporaryDirectory(prefix="interplay-")
        self.socket_target = f"unix:{Path(self._folder.name) / 'grpc'}"
        self._connections: dict[Any, Connection] = {}
        self._host, port = split_address(web_address(settings))
        self._listening = _listen(self._host, port)
        shown = f"[{self._host}]" if ":" in self._host else self._host
        scheme = "https" if settings.tls.certificate else "http"
        self.url = f"{scheme}://{shown}:{self._listening.getsockname()[1]}/"

    async def start(self) -> None:
        """Raises SettingsError."""
        settings = self._settings
        self._bridge = Bridge(self.socket_target)
        self._room = Room(Bounds(MAX_MESSAGE_BYTES, _BODIES_AT_ONCE * MAX_MESSAGE_BYTES, settings.web.stalled_seconds))
        routes = [Route("/{service}/{method}", _Endpoint(self._call), methods=["POST"])]
        if settings.web.console:
            routes += console_routes()
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        guarded = Guard(app, hosts=_hosts(settings, self._host), origins=names_of(settings.web.origins))
        tls = settings.tls
        config = uvicorn.Config(
            guarded,
            http=self._protocol(),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_LAST_SECONDS,
            ssl_certfile=tls.certificate or None,
            ssl_keyfile=tls.key or None,
        )
        try:
            config.load()
        except OSError as error:
            raise SettingsError(
                f"cannot read {tls.certificate} and {tls.key} for browsers: {error.strerror}"
            ) from error
        self._server = _Server(config)
        self._running = asyncio.create_task(self._server.serve([self._listening]), name="gateway for browsers")

    async def stop(self) -> None:
        """Returns when every request has been answered or cut off."""
        self._server.should_exit = True
        await asyncio.gather(self._running, return_exceptions=True)
        for connection in list(self._connections.values()):
            connection.transport.abort()
        await self._bridge.close()
        self._folder.cleanup()

    def _protocol(self) -> type[asyncio.Protocol]:
        """Uvicorn's, whose connections are known here, and closed where nothing is asked for in time."""
        known, seconds = self._connections, self._settings.web.stalled_seconds

        class Known(Connection):
            connections_known, silent_seconds = known, seconds

        return Known

    def _abort(self, scope: Scope) -> None:
        connection = self._connections.get(scope.get("client"))
        if connection is not None:
            connection.transport.abort()

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send, self._room, self._abort)
        path = scope["path"]
        content_type = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if content_type in connect.UNARY:
                await connect.unary(exchange, self._bridge, path, content_type)
            elif content_type in connect.STREAMS:
                await connect.stream(exchange, self._bridge, path, content_type)
            elif content_type in grpc_web.TYPES:
                await grpc_web.serve(exchange, self._bridge, path, content_type)
            else:
                known = ", ".join((*connect.UNARY, *connect.STREAMS, *grpc_web.TYPES))
                told = unimplemented(f"content-type must be one of {known}")
                await connect.refuse(exchange, Refused(told.status, http_status=415))
        except Gone:
            pass
        except Exception:  # noqa: BLE001 - whatever it is, the browser gets INTERNAL and the log the rest
            _log.exception("unexpected error in the gateway", path=path, request_id=exchange.request_id)
            if not exchange.started:
                await connect.refuse(exchange, refused(InternalError(), exchange.request_id))
            else:
                self._abort(scope)
        finally:
            exchange.release()


class _Endpoint:
    """Starlette takes functions of a request, and objects as ASGI applications."""

    def __init__(self, serve: Callable[[Scope, Receive, Send], Any]) -> None:
        self._serve = serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._serve(scope, receive, send)


class _Server(uvicorn.Server):
    """Leaves signals to the process."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)


class Connection(H11Protocol):
    """Cut off where nothing is asked for in time, slowly asked, or more sent than was waited for."""

    connections_known: dict[Any, "Connection"]
    silent_seconds: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._known_as = self.client
        self.connections_known[self._known_as] = self
        self._silence: asyncio.TimerHandle | None = None
        self._unasked = 0
        self._mind()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self.connections_known.pop(self._known_as, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._answered and self.conn.their_state is h11.SEND_BODY:
            self._unasked += len(data)
            if self._unasked > MAX_MESSAGE_BYTES:
                self.transport.abort()
        self._mind()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._mind()

    @property
    def _answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def _mind(self) -> None:
        """The time runs from the opening or the last answer to the next request; bytes do not prolong it."""
        if self.cycle is not None and not self.cycle.response_complete:
            if self._silence is not None:
                self._silence.cancel()
                self._silence = None
            self._unasked = 0
        elif self._silence is None and not self.transport.is_closing():
            self._silence = self.loop.call_later(self.silent_seconds, self.transport.abort)


def _hosts(settings: Settings, host: str) -> frozenset[str] | None:
    named = frozenset(one.lower() for one in names_of(settings.web.hosts))
    if not is_loopback(host) and not named:
        return None
    return named | LOOPBACK_NAMES | {host.lower()}


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host}:{port}: the address is in use or not this machine's") from error
    made.setblocking(False)
    return made
