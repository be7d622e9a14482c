"""Opaque tokens: signed with a secret of the tenant, bound to the query that they continue."""

import base64
import binascii
import hashlib
import hmac
from typing import TypeVar

import msgspec

from interplay_server.errors import InvalidPageToken, InvalidResumeToken, ResumeTokenStale

_MAC = 12
START_TOKEN = "start"  # noqa: S105 - not a secret
T = TypeVar("T")


class TokenSigner:
    def __init__(self, secret: bytes, epoch: str) -> None:
        self._secret = secret
        self._epoch = epoch
        """Drawn when the journal was made, and anew by a restore."""

    def page_token(self, query: bytes, position: object) -> str:
        """`query` is what the token is bound to: the request without page_size and page_token."""
        return self._seal(b"page" + query, msgspec.msgpack.encode(position))

    def read_page_token(self, token: str, query: bytes, kind: type[T]) -> T:
        """Raises InvalidPageToken."""
        body = self._open(b"page" + query, token)
        if body is None:
            raise InvalidPageToken
        return msgspec.msgpack.decode(body, type=kind)

    def resume_token(self, seq: int) -> str:
        """Of 0 it is START_TOKEN, which every tenant reads: it is given before a tenant exists."""
        if seq == 0:
            return START_TOKEN
        return self._seal(b"resume", msgspec.msgpack.encode((self._epoch, seq)))

    def read_resume_token(self, token: str) -> int:
        """Journal sequence. Raises InvalidResumeToken, ResumeTokenStale."""
        if token == START_TOKEN:
            return 0
        body = self._open(b"resume", token)
        if body is None:
            raise InvalidResumeToken
        epoch, seq = msgspec.msgpack.decode(body, type=tuple[str, int])
        if epoch != self._epoch:
            raise ResumeTokenStale
        return seq

    def derived_key(self, purpose: bytes) -> bytes:
        """32 bytes from the tenant's secret, others for each purpose, the same after every restart."""
        signed = b"derived key" + len(purpose).to_bytes(4, "big") + purpose
        return hmac.new(self._secret, signed, hashlib.sha256).digest()

    def _seal(self, purpose: bytes, body: bytes) -> str:
        return base64.urlsafe_b64encode(self._mac(purpose, body) + body).rstrip(b"=").decode()

    def _open(self, purpose: bytes, token: str) -> bytes | None:
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        mac, body = raw[:_MAC], raw[_MAC:]
        return body if hmac.compare_digest(mac, self._mac(purpose, body)) else None

    def _mac(self, purpose: bytes, body: bytes) -> bytes:
        signed = len(purpose).to_bytes(4, "big") + purpose + body
        return hmac.new(self._secret, signed, hashlib.sha256).digest()[:_MAC]
