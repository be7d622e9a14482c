"""From raw events, in memory, to rows that may be written: consent, aliases, redaction, envelopes."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.monitoring import EVENTS, TALLIES, RawEvent
from interplay_server.domain.records import Put, Values
from interplay_server.monitoring.keys import Ring, pseudonym
from interplay_server.monitoring.people import BY_ID, Person, identity, subject_of
from interplay_server.monitoring.scrubbing import Scrubbed, Scrubber
from interplay_server.monitoring.sealing import seal

if TYPE_CHECKING:
    from interplay_server.monitoring.tenant import MonitorTenant

DAY_US = 86_400_000_000
_AT_ONCE = 8
"""Events that are redacted and sealed on the event loop; more go to a thread."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is to be written of a batch; `kept` are the places of the recorded events in it, `refused` of those whose
    person opted out or is erased.
    """

    entry: journal.Recorded
    kept: tuple[int, ...]
    refused: tuple[int, ...]


class Intake:
    """Of one tenant."""

    def __init__(self, tenant: "MonitorTenant", executor: Executor) -> None:
        self._tenant, self._executor = tenant, executor

    async def take(self, events: Sequence[RawEvent], *, dropped: int = 0, rejected: int = 0) -> Taken:
        """Whoever submits the entry does so before it awaits anything: what happens to consents, people and keys while
        events are sealed is looked at last, and what was sealed in vain is sealed again.

        Raises KeyUnavailable.
        """
        tenant = self._tenant
        while True:
            ring = await tenant.keys.ring()
            named = [identity(one.user_id, one.user_hash) for one in events]
            subjects = {one: subject_of(ring, one) for one in dict.fromkeys(named) if one}
            out = self._opted_out(subjects)
            kept = [place for place, one in enumerate(named) if one not in out]
            people = await tenant.people.resolve(ring, {named[place] for place in kept if named[place]})
            rows = await self._rows(ring, [events[place] for place in kept], [people.get(named[at]) for at in kept])
            while (closing := tenant.closing_parts) and any(row[-1] in closing for row in rows):
                await tenant.parts_opened.wait()
            gone = tenant.people.gone
            spoiled = ring.current.key_id in gone or any(one.alias in gone for one in people.values())
            if not spoiled and self._opted_out(subjects) == out:
                break
        refused = tuple(place for place, one in enumerate(named) if one in out)
        puts = [Put(EVENTS.name, tuple(rows))] if rows else []
        if refused or dropped or rejected:
            tally = (new_ulid(), _now(), len(refused), dropped, rejected)
            puts.append(Put(TALLIES.name, (tally,)))
        return Taken(journal.Recorded(tuple(puts)), tuple(kept), refused)

    def _opted_out(self, subjects: dict[str, bytes]) -> set[str]:
        by_default = self._tenant.config.opted_out_by_default
        said = self._tenant.consents
        out = {one for one, subject in subjects.items() if said.opted_out(subject, by_default=by_default)}
        if self._tenant.store.erasures.any:
            refused = self._tenant.store.erasures.refusal
            out |= {one for one in subjects if one.startswith(BY_ID) and refused(one.removeprefix(BY_ID))}
        return out

    async def _rows(self, ring: Ring, events: Sequence[RawEvent], people: Sequence[Person | None]) -> list[Values]:
        job = partial(_sealed, ring, self._tenant.scrubber, events, people)
        if len(events) <= _AT_ONCE:
            return job()
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


def event_key(ring: Ring, event_id: str) -> str:
    """What is kept of an event's id."""
    return pseudonym(ring.names, "event", event_id).hex()


def _sealed(ring: Ring, scrub: Scrubber, events: Sequence[RawEvent], people: Sequence[Person | None]) -> list[Values]:
    return [_row(ring, event, scrub(event), person) for event, person in zip(events, people, strict=True)]


def _row(ring: Ring, event: RawEvent, clean: Scrubbed, person: Person | None) -> Values:
    """In the order of the fields of EVENTS."""
    key = ring.current
    alias, cipher = (person.alias, person.cipher) if person else ("", key.nobody)
    row_id = event_key(ring, event.event_id)
    message = metadata = None
    if clean.message:
        message = seal(cipher, clean.message.encode(), EVENTS.name, "error_message", row_id, key.key_id, alias)
    if clean.metadata:
        plain = msgspec.json.encode(clean.metadata)
        metadata = seal(cipher, plain, EVENTS.name, "metadata", row_id, key.key_id, alias)
    session = ""
    if event.session_id:
        # Of somebody, by a key that outlives event keys: a session goes on when they are rotated.
        keyed = (ring.names, "session", alias) if alias else (key.session, identity("", ""))
        session = pseudonym(*keyed, event.session_id).hex()
    return (
        row_id,
        event.timestamp,
        event.interaction_type.value,
        clean.command,
        event.status.value,
        event.duration_ms,
        alias,
        session,
        pseudonym(key.error, clean.signature).hex() if clean.signature else "",
        message,
        metadata,
        event.agent_version,
        event.playbook_id,
        event.client,
        clean.redactions,
        key.key_id,
        part_of(event.interaction_type.value, event.timestamp // DAY_US),
    )


@lru_cache(1024)
def part_of(kind: str, day: int) -> str:
    """`day` since 1970 in UTC."""
    return f"{kind}/{datetime.fromtimestamp(day * 86400, UTC):%Y-%m-%d}"


def _now() -> int:
    return time.time_ns() // 1000
