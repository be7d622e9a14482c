"""The console's files, as they are in this package: read once, sent with a policy that lets nothing else run."""

import hashlib
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from interplay_server.web.guard import CONSOLE_POLICY

FOLDER = Path(__file__).with_name("console")
INDEX = "index.html"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class ConsoleFile:
    """One file; asked for again, it is sent only if it changed."""

    def __init__(self, path: Path) -> None:
        self._body = path.read_bytes()
        self._headers = {
            "content-type": _TYPES[path.suffix],
            "content-security-policy": CONSOLE_POLICY,
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "no-cache",
            "etag": f'"{hashlib.sha256(self._body).hexdigest()[:32]}"',
        }

    async def send(self, request: Request) -> Response:
        if request.headers.get("if-none-match") == self._headers["etag"]:
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, headers=self._headers)


def console_routes() -> list[Route]:
    made = []
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in _TYPES:
            name = "" if path.name == INDEX else path.name
            made.append(Route(f"/{name}", ConsoleFile(path).send, methods=["GET"]))
    return made
