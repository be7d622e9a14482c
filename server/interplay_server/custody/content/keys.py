"""Keys of people, which seal their texts, and the key of a tenant that digests words. The master key wraps them."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interplay_server.domain.ports import ContentKeys
from interplay_server.domain.vault import StoredContentKey
from interplay_server.errors import KeyUnavailable
from interplay_server.monitoring.key_file import MISSING, KeyFile, Master

KEY_BYTES = 16
"""Of a key's id."""
CACHED_KEYS = 20_000
_NOBODY = b"words"
"""In place of a person: whose key digests words."""


@dataclass(frozen=True, slots=True)
class PersonKey:
    key_id: bytes
    texts: AESGCM
    images: AESGCM
    names: bytes
    """Makes names of images."""


class Keys:
    """Of one tenant, which is known by `scope`: a restore under another name keeps it. Lives on one event loop.

    Unwrapped keys are kept as long as the key file is the same. Everything raises KeyUnavailable.
    """

    def __init__(self, vault: ContentKeys, file: KeyFile, tenant: str, scope: bytes) -> None:
        self._vault, self._file, self._tenant, self._scope = vault, file, tenant, scope
        self._master: Master | None = None
        self._by_id: dict[bytes, PersonKey] = {}
        self._by_person: dict[bytes, PersonKey] = {}
        self._words: bytes | None = None
        self._wordless = False
        """No row has digests of words."""
        self._making = asyncio.Lock()

    async def ready(self) -> None:
        await self._made()

    async def _made(self) -> Master:
        try:
            return await self._file.made(self._tenant)
        except OSError as error:
            raise KeyUnavailable(self._tenant, MISSING) from error

    async def of(self, user_id: str) -> PersonKey:
        """The key that seals what comes from now on, made at first need."""
        person = self._person(user_id)
        if self._by_person and self._fresh() and (found := self._by_person.get(person)):
            return found
        async with self._making:
            stored = await self._vault.of_person(person) or await self._make(person)
            key = self._opened(stored)
            self._by_person[person] = key
            return key

    async def named(self, key_ids: Iterable[bytes]) -> dict[bytes, PersonKey | None]:
        """By id; None for those that are destroyed."""
        wanted = set(key_ids)
        self._fresh()
        found: dict[bytes, PersonKey | None] = {one: self._by_id[one] for one in wanted if one in self._by_id}
        if missing := wanted - found.keys():
            stored = {one.key_id: one for one in await self._vault.named(sorted(missing))}
            if unknown := missing - stored.keys():
                raise KeyUnavailable(self._tenant, MISSING) from LookupError(f"{len(unknown)} keys of people")
            for key_id, one in stored.items():
                found[key_id] = self._opened(one) if one.wrapped else None
        return found

    async def words(self) -> bytes:
        """The key that digests words, made at first need."""
        if (found := await self.known_words()) is not None:
            return found
        async with self._making:
            stored = await self._vault.of_person(_NOBODY) or await self._make(_NOBODY)
            self._wordless = False
            self._words = hmac.digest(self._unwrapped(stored), b"words", "sha256")
            return self._words

    async def known_words(self) -> bytes | None:
        """None where it was never needed."""
        if self._wordless:
            return None
        if self._words is not None and self._fresh():
            return self._words
        stored = await self._vault.of_person(_NOBODY)
        if stored is None:
            self._wordless = True
            return None
        self._words = hmac.digest(self._unwrapped(stored), b"words", "sha256")
        return self._words

    async def destroy(self, user_ids: Sequence[str]) -> int:
        """Needs no master key."""
        people = [self._person(one) for one in user_ids]
        async with self._making:
            gone = await self._vault.destroy(people, time.time_ns() // 1000)
            for key_id in gone:
                self._by_id.pop(key_id, None)
            for person in people:
                self._by_person.pop(person, None)
        return len(gone)

    def _fresh(self) -> bool:
        """Forgets what another key file wrapped; whether anything is left."""
        master = self._file.read(self._tenant)
        if master is not self._master or len(self._by_id) > CACHED_KEYS:
            self._by_id.clear()
            self._by_person.clear()
            self._words, self._master = None, master
            return False
        return True

    async def _make(self, person: bytes) -> StoredContentKey:
        master = await self._made()
        key = StoredContentKey(secrets.token_bytes(KEY_BYTES), person, b"", time.time_ns() // 1000)
        wrapped = master.wrap(secrets.token_bytes(32), self._bound(key))
        made = StoredContentKey(key.key_id, person, wrapped, key.create_time)
        await self._vault.add(made)
        return made

    def _opened(self, stored: StoredContentKey) -> PersonKey:
        material = self._unwrapped(stored)
        made = self._by_id[stored.key_id] = PersonKey(
            stored.key_id,
            AESGCM(hmac.digest(material, b"texts", "sha256")),
            AESGCM(hmac.digest(material, b"images", "sha256")),
            hmac.digest(material, b"names", "sha256"),
        )
        return made

    def _unwrapped(self, stored: StoredContentKey) -> bytes:
        self._fresh()
        assert self._master is not None  # noqa: S101 - read above
        return self._master.unwrap(stored.wrapped, self._bound(stored), self._tenant)

    def _bound(self, key: StoredContentKey) -> bytes:
        return b"|".join((self._scope, b"content", key.key_id.hex().encode(), key.person.hex().encode()))

    def _person(self, user_id: str) -> bytes:
        return hashlib.blake2b(user_id.encode("utf-8", "surrogatepass"), key=self._scope, digest_size=16).digest()
