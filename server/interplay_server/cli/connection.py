"""Where the server is and who asks."""

from dataclasses import dataclass
from pathlib import Path

import click
from interplay import AsyncInterplay, Tls


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

    def open(self) -> AsyncInterplay:
        """Raises OSError for a file that cannot be read, UsageError for options that contradict each other."""
        tls = None
        if self.tls or self.tls_ca or self.tls_certificate:
            tls = Tls(_bytes(self.tls_ca), _bytes(self.tls_certificate), _bytes(self.tls_key))
        try:
            return AsyncInterplay(
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
