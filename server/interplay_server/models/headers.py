"""What may leave in the headers of a call: nothing but what the protocol needs and the configured key."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

_NEEDED = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-version",
        "connection",
        "content-length",
        "content-type",
        "host",
        "idempotency-key",
        "user-agent",
    }
)


class _Request(Protocol):
    @property
    def headers(self) -> MutableMapping[str, str]: ...


def only_needed(key: str) -> Callable[[_Request], Awaitable[None]]:
    """A hook of the HTTP client. The libraries add headers from variables of the environment that are not configured
    here (other credentials, organisations, anything) and tell about the machine; none of that is sent.
    """

    async def keep(request: _Request) -> None:
        for name in {name.lower() for name in request.headers} - _NEEDED:
            del request.headers[name]
        if key:
            request.headers["authorization"] = f"Bearer {key}"

    return keep


def client_options(key: str) -> dict[str, Any]:
    """Options of the HTTP client: no redirects, which would carry the key and the text to whom a reply names."""
    return {"event_hooks": {"request": [only_needed(key)]}, "follow_redirects": False}


def silence(*loggers: str) -> None:
    """The libraries log headers and whole requests at lower levels; neither may reach a log."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.WARNING)
