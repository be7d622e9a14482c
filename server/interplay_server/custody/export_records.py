"""What shops, the monitor, evaluation and dialogues hold on a person, in pages of bounded size."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import msgspec
import pyarrow.compute as pc

from interplay_server.custody.export_person import MOST_ROWS, Page, Person
from interplay_server.custody.export_shapes import row
from interplay_server.custody.export_tables import (
    TABLES,
    LinkedIds,
    MonitoredEvent,
    MonitoringConsent,
    PairFeatures,
)
from interplay_server.dialogue.stored import record_of, turns_of
from interplay_server.domain.commerce import FeatureEvent
from interplay_server.domain.dialogue import DIALOGUES, TURNS
from interplay_server.domain.monitoring import ALERTS, EventType, Status
from interplay_server.domain.monitoring import EVENTS as MONITORED
from interplay_server.domain.records import SEQ, Collection, Condition, Op, among
from interplay_server.domain.shop import EVENTS, LINKS
from interplay_server.errors import UsageNotFound
from interplay_server.features import reading as feature_reading
from interplay_server.monitoring import reading as usage_reading
from interplay_server.monitoring.alert_rows import alerts_of

_DAY_US = 86_400_000_000
_MONITORED = ("timestamp", "interaction_type", "command", "status", "duration_ms", "session", "agent_version",
              "playbook_id", "client", MONITORED.key, "user", "key_id", "error_message", "metadata")  # fmt: skip


# --- collections


async def _pages(
    person: Person, collection: Collection, where: Sequence[Condition], order: str, limit: int = 500
) -> AsyncIterator[list[dict[str, Any]]]:
    after: tuple[Any, ...] = ()
    while True:
        found = await person.store.records.table(collection, where, order=(order,), after=after, limit=limit)
        if not found.num_rows:
            return
        after = (found[order][-1].as_py(),)
        yield found.to_pylist()


def recorded(
    collection: Collection, owner: str, table: str, made: Callable[[dict[str, Any]], Any]
) -> Callable[[Person], AsyncIterator[Page]]:
    """Rows of a collection whose field `owner` is one of the person's ids."""

    async def pages(person: Person) -> AsyncIterator[Page]:
        where = [among(owner, person.user_ids)]
        async for found in _pages(person, collection, where, collection.key):
            yield [row(made(one), TABLES[table].row) for one in found]

    return pages


def decoded(kind: type[msgspec.Struct]) -> Callable[[dict[str, Any]], Any]:
    decode = msgspec.msgpack.Decoder(kind).decode
    return lambda one: decode(one["record"])


def named(kind: type[msgspec.Struct]) -> Callable[[dict[str, Any]], Any]:
    """A struct whose fields are columns."""
    return lambda one: kind(
        **{name: tuple(one[name]) if isinstance(one[name], list) else one[name] for name in kind.__struct_fields__}
    )


async def shop_events(person: Person) -> AsyncIterator[Page]:
    kind, of = TABLES["shop_events"].row, named(FeatureEvent)
    until = Condition(SEQ, Op.LE, person.sequence)
    owners = await _clients(person)
    arms: tuple[tuple[list[Condition], Callable[[dict[str, Any]], bool]], ...] = (
        ([among("customer_id", person.user_ids)], lambda _: True),
        ([among("user_id", person.user_ids)], lambda one: one["customer_id"] not in person.user_ids),
        (
            [among("client_id", tuple(owners))],
            lambda one: (
                not one["customer_id"]
                and one["user_id"] not in person.user_ids
                and _owner(owners[one["client_id"]], one["created_at"]) in person.user_ids
            ),
        ),
    )
    for where, mine in arms:
        async for found in _pages(person, EVENTS, [*where, until], SEQ):
            rows = [one for one in found if mine(one)]
            there = set(await person.store.existing_ids([one["event_id"] for one in rows])) if rows else set()
            yield [
                msgspec.structs.replace(row(of(one), kind), from_interaction=one["event_id"] in there) for one in rows
            ]


async def _clients(person: Person) -> dict[str, list[tuple[int, str]]]:
    """Links of all clients that were ever this person, as (instant, customer) in their order."""
    records, owners = person.store.records, dict[str, list[tuple[int, str]]]()
    mine = await records.table(LINKS, [among("customer_id", person.user_ids)], columns=("client_id",))
    clients = sorted(set(mine["client_id"].to_pylist()))
    for at in range(0, len(clients), MOST_ROWS):
        found = await records.table(LINKS, [among("client_id", clients[at : at + MOST_ROWS])])
        for one in found.sort_by("linked_at").to_pylist():
            owners.setdefault(one["client_id"], []).append((one["linked_at"], one["customer_id"]))
    return owners


def _owner(links: Sequence[tuple[int, str]], instant: int) -> str:
    """Whose a client was: of the last link before, or of the first."""
    before = [customer for linked_at, customer in links if linked_at <= instant]
    return before[-1] if before else links[0][1]


async def features(person: Person) -> AsyncIterator[Page]:
    for customer_id in person.user_ids:
        query = feature_reading.Listing(person.as_of, customer_id=customer_id)
        async for rows in feature_reading.pieces(person.features, query):
            yield [
                PairFeatures(
                    customer_id=one.pop("customer_id"), product_id=one.pop("product_id"), as_of=person.as_of, values=one
                )
                for one in rows.to_pylist()
            ]


# --- the monitor


async def monitor_events(person: Person) -> AsyncIterator[Page]:
    """Raises KeyUnavailable."""
    tenant = person.monitor
    for alias, user_id in person.aliases.items():
        where = [Condition("user", Op.EQ, alias), Condition(SEQ, Op.LE, person.sequence)]
        times = (await person.store.records.table(MONITORED, where, columns=("timestamp",)))["timestamp"]
        for day in sorted(pc.unique(pc.divide(times, _DAY_US)).to_pylist()):
            rows = await tenant.events(day * _DAY_US, (day + 1) * _DAY_US - 1, where, _MONITORED)
            for at in range(0, rows.num_rows, MOST_ROWS):
                piece = rows.slice(at, MOST_ROWS)
                messages, metadata = await tenant.unseal(piece, "error_message"), await tenant.unseal(piece, "metadata")
                yield [
                    _monitored(one, user_id, message, known)
                    for one, message, known in zip(piece.to_pylist(), messages, metadata, strict=True)
                ]


def _monitored(one: dict[str, Any], user_id: str, message: str | None, known: dict[str, Any] | None) -> MonitoredEvent:
    sealed = (one["error_message"] is not None and message is None) or (one["metadata"] is not None and known is None)
    return MonitoredEvent(
        event_id=one[MONITORED.key],
        user_id=user_id,
        timestamp=one["timestamp"],
        interaction_type=EventType(one["interaction_type"]),
        command=one["command"],
        status=Status(one["status"]),
        duration_ms=one["duration_ms"],
        session_id=one["session"],
        agent_version=one["agent_version"],
        playbook_id=one["playbook_id"],
        client=one["client"],
        error_message=message,
        metadata=known,
        readable=not sealed,
    )


async def alerts(person: Person) -> AsyncIterator[Page]:
    if person.aliases:
        where = [among("user", tuple(person.aliases))]
        found = await person.store.records.table(ALERTS, where, columns=("alert",))
        yield [row(one, TABLES["monitor_alerts"].row) for one in alerts_of(found)]


async def consents(person: Person) -> AsyncIterator[Page]:
    for user_id in person.user_ids:
        subject = await person.monitor.known_subject(user_id)
        if subject is not None and (said := person.monitor.consents.said(subject)) is not None:
            yield [MonitoringConsent(user_id=user_id, opted_in=said.opted_in, time=said.time)]


async def usage_profiles(person: Person) -> AsyncIterator[Page]:
    for alias, user_id in person.aliases.items():
        try:
            found = await usage_reading.profile(person.monitor, alias, person.as_of, time_zone="")
        except UsageNotFound:
            continue
        yield [msgspec.structs.replace(row(found, TABLES["usage_profiles"].row), user_id=user_id)]


async def privacy_actions(person: Person) -> AsyncIterator[Page]:
    subjects = [subject.hex() for one in person.user_ids if (subject := await person.monitor.known_subject(one))]
    if subjects:
        found = await person.monitor.actions.page([among("subject", subjects)], 10_000, ())
        yield [row(one, TABLES["privacy_actions"].row) for _, one in found]


# --- dialogues, links


async def dialogues(person: Person) -> AsyncIterator[Page]:
    async for found in _pages(person, DIALOGUES, [among("persona_id", person.user_ids)], DIALOGUES.key, 50):
        yield [row(record_of(one["record"]), TABLES["dialogues"].row) for one in found]


async def turns(person: Person) -> AsyncIterator[Page]:
    kind = TABLES["dialogue_turns"].row
    async for found in _pages(person, DIALOGUES, [among("persona_id", person.user_ids)], DIALOGUES.key, 50):
        for one in found:
            dialogue_id = one["dialogue_id"]
            stored = await person.store.records.table(TURNS, [among("dialogue_id", [dialogue_id])], columns=("record",))
            yield [
                msgspec.structs.replace(row(turn, kind), dialogue_id=dialogue_id)
                for turn in turns_of(stored["record"].to_pylist())
            ]


async def links(person: Person) -> AsyncIterator[Page]:
    found = [link for one in person.user_ids if (link := person.store.links.get(one)) is not None]
    yield [
        LinkedIds(guest_id=one.guest_id, account_id=one.account_id, link_time=one.link_time, link_seq=one.link_seq)
        for one in found
    ]
