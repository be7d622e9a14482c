"""Who calls: an API key in `authorization: Bearer …`, else a client certificate, else nobody."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from google.protobuf.message import Message

from interplay_server.domain.credentials import ANONYMOUS, Credential
from interplay_server.errors import CredentialInvalid, CredentialMissing, RightMissing
from interplay_server.interceptors.call import Call, Proceed


class Credentials(Protocol):
    def credential(self, key: str) -> Credential | None: ...

    def certificate_credential(self, common_name: str) -> Credential | None: ...


class Auth:
    """With `required` false, a call without credential is anonymous and may do everything; a wrong one is refused all
    the same.
    """

    name = "auth"

    def __init__(self, credentials: Credentials, *, required: bool) -> None:
        self._credentials = credentials
        self._required = required

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        call.credential = self._identify(call)
        right = call.method.right
        if right and right not in call.credential.rights:
            raise RightMissing(right)
        return await proceed()

    def _identify(self, call: Call) -> Credential:
        header = call.metadata.get("authorization")
        if header is not None:
            scheme, _, key = header.partition(" ")
            found = self._credentials.credential(key.strip()) if scheme.lower() == "bearer" else None
            if found is None:
                raise CredentialInvalid
            return found
        for name in _common_names(call.context.auth_context()):
            found = self._credentials.certificate_credential(name)
            if found is None and self._required:
                raise CredentialInvalid
            if found is not None:
                return found
        if self._required:
            raise CredentialMissing
        return ANONYMOUS


def _common_names(auth_context: Mapping[str, Iterable[bytes]] | None) -> list[str]:
    return [name.decode(errors="replace") for name in (auth_context or {}).get("x509_common_name", ())]
