"""People: from an identity to a random alias and a data key, through an HMAC that only the vault's keys can make."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interplay_server.domain.ports import Vault
from interplay_server.domain.vault import StoredPerson
from interplay_server.monitoring.keys import EventKey, Ring, pseudonym

HELD = 20_000
"""People, and data keys, kept in memory, each."""
BY_ID = "id:"
K = TypeVar("K")
V = TypeVar("V")


def identity(user_id: str, user_hash: str) -> str:
    """Empty for nobody."""
    if user_id:
        return BY_ID + user_id
    return f"hash:{user_hash}" if user_hash else ""


def subject_of(ring: Ring, named: str) -> bytes:
    """Pseudonym of an identity that consents and actions name, whatever becomes of event keys."""
    return pseudonym(ring.subject, named)


@dataclass(frozen=True, slots=True)
class Person:
    """As the event key `key_id` knows them."""

    alias: str
    key_id: str
    cipher: AESGCM


class People:
    """Of one tenant."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: OrderedDict[str, Person] = OrderedDict()
        self._ciphers: OrderedDict[tuple[str, str], AESGCM | None] = OrderedDict()
        self._lock = asyncio.Lock()
        self.gone: set[str] = set()
        """Aliases and keys that were destroyed since the tenant opened: what was sealed for them must not be kept."""

    async def resolve(self, ring: Ring, identities: Iterable[str]) -> dict[str, Person]:
        """Everybody's alias and data key under the current key; new people are written down before this returns."""
        wanted = dict.fromkeys(identities)
        found = {one: person for one in wanted if (person := self._cached(ring, one)) is not None}
        missing = [one for one in wanted if one not in found]
        if missing:
            async with self._lock:
                found |= await self._looked_up(ring, missing)
        return found

    def _cached(self, ring: Ring, named: str) -> Person | None:
        person = self._known.get(named)
        if person is None or person.key_id != ring.current.key_id or person.alias in self.gone:
            return None
        self._known.move_to_end(named)
        return person

    async def _looked_up(self, ring: Ring, identities: Sequence[str]) -> dict[str, Person]:
        key = ring.current
        found: dict[str, Person] = {}
        lookups = {pseudonym(key.lookup, one): one for one in identities}
        for row in await self._vault.people(list(lookups)):
            data_key = key.unwrap(row.wrapped, row.alias)
            if data_key is not None:
                found[lookups[row.lookup]] = Person(row.alias, key.key_id, AESGCM(data_key))
        new = [one for one in identities if one not in found]
        if new:
            aliases = await self._older_aliases(ring, new)
            rows = []
            for one in new:
                alias, data_key = aliases.get(one) or secrets.token_hex(16), secrets.token_bytes(32)
                wrapped, lookup = key.wrap(data_key, alias), pseudonym(key.lookup, one)
                rows.append(StoredPerson(lookup, key.key_id, alias, subject_of(ring, one), wrapped))
                found[one] = Person(alias, key.key_id, AESGCM(data_key))
            await self._vault.add_people(rows)
        for one, person in found.items():
            _hold(self._known, one, person)
        return found

    async def _older_aliases(self, ring: Ring, identities: Sequence[str]) -> dict[str, str]:
        """Of those that an earlier key knows, by the newest of them."""
        found: dict[str, str] = {}
        for key in list(ring.events.values())[1:]:
            lookups = {pseudonym(key.lookup, one): one for one in identities if one not in found}
            found |= {lookups[row.lookup]: row.alias for row in await self._vault.people(list(lookups))}
        return found

    async def find(self, ring: Ring, named: str) -> str | None:
        """The alias of an identity; nobody is made."""
        if (person := self._cached(ring, named)) is not None:
            return person.alias
        for key in ring.events.values():
            if rows := await self._vault.people([pseudonym(key.lookup, named)]):
                return rows[0].alias
        return None

    async def subject(self, alias: str) -> bytes | None:
        """Pseudonym for consents of somebody known by alias."""
        rows = await self._vault.people_of([alias])
        return rows[0].subject if rows else None

    async def ciphers(self, ring: Ring, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], AESGCM | None]:
        """By (alias, key): what opens their envelopes; None where that is destroyed."""
        found: dict[tuple[str, str], AESGCM | None] = {}
        missing: list[tuple[str, str]] = []
        for alias, key_id in dict.fromkeys(wanted):
            key = ring.events.get(key_id)
            if key is None or alias in self.gone:
                found[alias, key_id] = None
            elif not alias:
                found[alias, key_id] = key.nobody
            elif (alias, key_id) in self._ciphers:
                found[alias, key_id] = self._ciphers[alias, key_id]
            else:
                missing.append((alias, key_id))
        if missing:
            rows = await self._vault.people_of(list({alias for alias, _ in missing}))
            opened = {(row.alias, row.key_id): _cipher(ring.events.get(row.key_id), row) for row in rows}
            for pair in missing:
                found[pair] = opened.get(pair)
                if found[pair] is not None:
                    _hold(self._ciphers, pair, found[pair])
        return found

    async def forget(self, alias: str) -> None:
        """Their data keys and whatever leads to them are gone when this returns."""
        self.gone.add(alias)
        async with self._lock:
            await self._vault.forget_person(alias)
            self._drop()

    async def key_destroyed(self, key_id: str) -> None:
        self.gone.add(key_id)
        async with self._lock:
            self._drop()

    def _drop(self) -> None:
        self._known.clear()
        self._ciphers.clear()


def _cipher(key: EventKey | None, row: StoredPerson) -> AESGCM | None:
    data_key = None if key is None else key.unwrap(row.wrapped, row.alias)
    return None if data_key is None else AESGCM(data_key)


def _hold(cache: "OrderedDict[K, V]", key: K, value: V) -> None:
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > HELD:
        cache.popitem(last=False)
