"""Where the server is, who asks, and how the connection behaves."""

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import grpc

DEFAULT_TARGET = "localhost:50051"
MAX_MESSAGE_BYTES = 16 * 2**20
"""Bytes of a message that a server takes unless it says otherwise."""
_TRANSPORT_BYTES = 2 * MAX_MESSAGE_BYTES


@dataclass(frozen=True)
class Tls:
    """Certificates and keys as PEM bytes."""

    root_certificates: bytes | None = None
    """Authorities to trust; None means those of the system."""
    certificate_chain: bytes | None = None
    """The client's own certificate, for mutual TLS."""
    private_key: bytes | None = None
    """Key of the client's certificate."""

    def credentials(self) -> grpc.ChannelCredentials:
        """What grpc wants. Raises ValueError if only one of certificate and key is given."""
        if (self.certificate_chain is None) != (self.private_key is None):
            raise ValueError("certificate_chain and private_key belong together")
        return grpc.ssl_channel_credentials(self.root_certificates, self.private_key, self.certificate_chain)


@dataclass(frozen=True)
class Keepalive:
    """Pings while calls are open; they find dead connections that TCP keeps for hours."""

    time: float = 30.0
    """Seconds between pings."""
    timeout: float = 15.0
    """Seconds to wait for the answer to a ping."""


@dataclass(frozen=True)
class ClientConfig:
    """All settings of a client."""

    target: str = DEFAULT_TARGET
    """HOST:PORT, or any name that grpc resolves, for example `dns:///host:port` or `unix:/path`."""
    api_key: str | None = field(default=None, repr=False)
    """Sent as `authorization: Bearer KEY`."""
    tenant: str | None = None
    """Sent as `interplay-tenant`; only needed without authentication."""
    tls: Tls | None = None
    """Encrypts the connection; None means plaintext."""
    credentials: grpc.ChannelCredentials | None = field(default=None, repr=False)
    """Ready-made credentials instead of `tls`."""
    keepalive: Keepalive = field(default_factory=Keepalive)
    """Pings."""
    timeout: float = 30.0
    """Seconds that a call may take unless it says otherwise; streams have no limit."""
    allow_insecure: bool = False
    """Send the API key over plaintext to a host that is not this machine."""

    def __post_init__(self) -> None:
        if self.tls is not None and self.credentials is not None:
            raise ValueError("give either tls or credentials")
        if self.timeout <= 0:
            raise ValueError("timeout must be above 0 seconds")
        if self.api_key and not (self.encrypted or self.allow_insecure or is_loopback(self.target)):
            raise ValueError(
                f"refusing to send the API key in plaintext to {self.target}: "
                "give tls=Tls(), or allow_insecure=True if the network itself is trusted"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, **given: Any) -> "ClientConfig":
        """INTERPLAY_TARGET, INTERPLAY_API_KEY and INTERPLAY_TENANT where `given` is absent, None or empty.

        Raises ValueError for settings that contradict each other.
        """
        for name in ("target", "api_key", "tenant"):
            if not given.get(name):
                given[name] = environment.get(f"INTERPLAY_{name.upper()}") or None
        return cls(**{name: value for name, value in given.items() if value is not None})

    @property
    def encrypted(self) -> bool:
        return self.tls is not None or self.credentials is not None

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with every call."""
        found = []
        if self.api_key:
            found.append(("authorization", f"Bearer {self.api_key}"))
        if self.tenant:
            found.append(("interplay-tenant", self.tenant))
        return tuple(found)

    def channel_options(self) -> list[tuple[str, int | str]]:
        options: list[tuple[str, int | str]] = [
            ("grpc.max_receive_message_length", _TRANSPORT_BYTES),
            ("grpc.max_send_message_length", _TRANSPORT_BYTES),
            ("grpc.keepalive_time_ms", round(self.keepalive.time * 1000)),
            ("grpc.keepalive_timeout_ms", round(self.keepalive.timeout * 1000)),
            # A watch sends nothing after its request; grpc would soon ping it once a minute only.
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.enable_retries", 1),
            ("grpc.service_config", json.dumps(service_config())),
            # grpc's own ceiling is two minutes, far too long to notice that a server came back.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 5_000),
            ("grpc.max_reconnect_backoff_ms", 5_000),
            # Clients of the same target would share one TCP connection, and with it its death.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        if is_loopback(self.target):
            options.append(("grpc.enable_http_proxy", 0))
        return options


def service_config() -> Any:
    """Retries of unary methods, the same file that ships to clients in other languages."""
    return json.loads(files("interplay").joinpath("service_config.json").read_text())


def is_loopback(target: str) -> bool:
    """Whether a target can only be this machine."""
    scheme, separator, rest = target.partition(":")
    if separator and scheme in {"unix", "unix-abstract"}:
        return True
    if separator and scheme in {"dns", "ipv4", "ipv6"}:
        target = rest.rpartition("/")[2]
    if target.startswith("["):
        host = target[1:].partition("]")[0]
    else:
        host = target if target.count(":") > 1 else target.partition(":")[0]
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
