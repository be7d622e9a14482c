"""Retention: raw events that are too old go, their counts stay, and their aggregates where they are to.

What is too old is said once: by the tenant's retention policy where it has a rule on monitored events, by the monitor's
own configuration where it has none.
"""

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import structlog

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.monitoring import EVENTS, HOURS, TALLIES, EventType
from interplay_server.domain.records import SEQ, Condition, Op, Put, Removal, Values, among, equal
from interplay_server.domain.retention import META_KEY as POLICY
from interplay_server.domain.retention import MONITOR_EVENTS, Rule, load
from interplay_server.monitoring.actions import PURGE, SERVER
from interplay_server.monitoring.hours import HourRow, aggregate_hours, merge_hours
from interplay_server.monitoring.intake import DAY_US, part_of
from interplay_server.monitoring.statistics import added, count_events
from interplay_server.monitoring.tenant import REMOVED, MonitorTenant

HOUR_US = 3_600_000_000
ROWS_AT_ONCE, IDS_AT_ONCE = 200_000, 20_000
_UNFINISHED = "monitor_purge"
"""Meta key: what a purge removed that did not end yet."""
_RECENT = 9 * DAY_US
_MOST_TALLIES, _HOURS_AT_ONCE, _ACTIONS = 1000, 5000, 1000
_COLUMNS = (EVENTS.key, "timestamp", "interaction_type", "command", "status", "duration_ms", "user", "redactions", SEQ)
_log = structlog.get_logger(__name__)


class Purged(msgspec.Struct):
    """`deleted` by type. `oldest` is the newest instant before which nothing is left, None without events."""

    as_of: int
    actor: str
    deleted: dict[str, int] = {}
    aggregates: int = 0
    hours: int = 0
    """Aggregates that went."""
    action_id: str = ""
    oldest: int | None = None

    @property
    def total(self) -> int:
        return sum(self.deleted.values())

    def count(self, kind: EventType, number: int) -> None:
        if number:
            self.deleted[kind.value] = self.deleted.get(kind.value, 0) + number


async def sweep(tenant: MonitorTenant) -> None:
    """By whole hours, so that an hour is aggregated once. A rule of the retention policy is applied elsewhere."""
    await tenant.ready()
    if await rule_of(tenant) is None:
        done = await purge(tenant, time.time_ns() // 1000 // HOUR_US * HOUR_US, actor=SERVER)
        if done.deleted:
            _log.info("expired events", tenant=tenant.store.name, events=done.total)
    await _fold_tallies(tenant)


async def rule_of(tenant: MonitorTenant) -> Rule | None:
    """What the tenant's retention policy says of monitored events."""
    return next(iter(load(await tenant.store.records.meta(POLICY)).of(MONITOR_EVENTS)), None)


async def purged(tenant: MonitorTenant, as_of: int) -> int:
    """Events that purges of exactly this instant removed so far, one that a stop interrupted too."""
    total = 0
    if text := await tenant.store.records.meta(_UNFINISHED):
        left = msgspec.json.decode(text, type=Purged)
        total = left.total if left.as_of == as_of else 0
    for _, action in await tenant.actions.page(equal(kind=PURGE), _ACTIONS):
        total += int(action.details["total"]) if action.details.get("as_of") == str(as_of) else 0
    return total


async def purge(tenant: MonitorTenant, as_of: int, *, actor: str, validate_only: bool = False) -> Purged:
    """Deletes events with timestamp < as_of - days (M03), or those that a rule of the retention policy no longer keeps;
    they are gone from every file when this returns. A purge that the server itself makes and that finds nothing leaves
    no action.
    """
    done = Purged(as_of, actor)
    async with tenant.removing:
        await _end_interrupted(tenant)
        rule = await rule_of(tenant)
        common = None if rule is None else await _cutoff(tenant, rule, as_of)
        keep = not tenant.config.drop_aggregates if rule is None else rule.keep_aggregates
        for kind in EventType:
            cutoff = as_of - tenant.config.days(kind) * DAY_US if rule is None else common
            if cutoff is not None:
                await _purge_type(tenant, kind, cutoff, done, keep=keep, validate_only=validate_only)
        if rule is not None and common is not None and not keep and not validate_only:
            await _drop_hours(tenant, common, done)
        if not validate_only and (done.deleted or done.hours or actor != SERVER):
            await _end(tenant, done)
        left = await tenant.store.records.table(EVENTS, columns=("timestamp",))
        done.oldest = pc.min(left["timestamp"]).as_py()
    return done


async def _cutoff(tenant: MonitorTenant, rule: Rule, as_of: int) -> int | None:
    """Instant before which events go; those of the instant of the last one that is kept stay with it."""
    cutoff = rule.cutoff(as_of)
    if not rule.max_count:
        return cutoff
    found = await tenant.store.records.table(EVENTS, columns=(EVENTS.key, "timestamp"))
    times = found.group_by(EVENTS.key).aggregate([("timestamp", "min")])["timestamp_min"].to_numpy()
    if len(times) > rule.max_count:
        oldest_kept = int(np.partition(times, len(times) - rule.max_count)[len(times) - rule.max_count])
        cutoff = oldest_kept if cutoff is None else max(cutoff, oldest_kept)
    return cutoff


async def _drop_hours(tenant: MonitorTenant, cutoff: int, done: Purged) -> None:
    """Aggregates of hours that began before the cut-off."""
    found = await tenant.store.records.table(HOURS, [Condition("hour", Op.LT, cutoff)], columns=(HOURS.key,))
    ids = found[HOURS.key].to_pylist()
    for at in range(0, len(ids), _HOURS_AT_ONCE):
        some = tuple(ids[at : at + _HOURS_AT_ONCE])
        done.hours += len(some)
        meta = {_UNFINISHED: msgspec.json.encode(done).decode()}
        await tenant.commit([], [Removal(HOURS.name, HOURS.key, some)], meta)


async def _end(tenant: MonitorTenant, done: Purged) -> None:
    """What was removed goes from every file, then the action is written."""
    await tenant.store.shred([EVENTS, HOURS] if done.hours else [EVENTS])
    details = {**done.deleted, "total": done.total, "aggregates": done.aggregates, "as_of": done.as_of}
    action = await tenant.actions.record(PURGE, details, actor=done.actor, meta={_UNFINISHED: ""})
    done.action_id = action.action_id


async def _end_interrupted(tenant: MonitorTenant) -> None:
    """A purge that a stop interrupted after it had removed something."""
    if text := await tenant.store.records.meta(_UNFINISHED):
        await _end(tenant, msgspec.json.decode(text, type=Purged))


async def _purge_type(
    tenant: MonitorTenant, kind: EventType, cutoff: int, done: Purged, *, keep: bool, validate_only: bool
) -> None:
    """Whole days by their part, the day of the cut-off by ids."""
    records = tenant.store.records
    expired = [Condition("interaction_type", Op.EQ, kind.value), Condition("timestamp", Op.LT, cutoff)]
    found = await records.table(EVENTS, expired, columns=(EVENTS.key, "part", SEQ))
    if validate_only:
        counted, _ = await tenant.statistics.first_copies(found)
        done.count(kind, counted.num_rows)
        return
    boundary = part_of(kind.value, cutoff // DAY_US)
    sizes = Counter(found["part"].to_pylist())
    for parts in _groups({part: size for part, size in sorted(sizes.items()) if part != boundary}):
        await _purge_parts(tenant, kind, parts, done, keep=keep)
    if boundary in sizes:
        where = [among("part", [boundary]), Condition("timestamp", Op.LT, cutoff)]
        async with tenant.statistics.lock:
            rows = await records.table(EVENTS, where, columns=_COLUMNS)
            for at in range(0, rows.num_rows, IDS_AT_ONCE):
                some = rows.slice(at, IDS_AT_ONCE)
                ids = tuple(dict.fromkeys(some[EVENTS.key].to_pylist()))
                await _remove(tenant, kind, some, [Removal(EVENTS.name, EVENTS.key, ids)], done, keep=keep)


async def _purge_parts(
    tenant: MonitorTenant, kind: EventType, parts: Sequence[str], done: Purged, *, keep: bool
) -> None:
    """Nothing is recorded into them between their being counted and removed."""
    tenant.parts_opened.clear()
    tenant.closing_parts = frozenset(parts)
    try:
        await tenant.settled()
        async with tenant.statistics.lock:
            rows = await tenant.store.records.table(EVENTS, [among("part", parts)], columns=_COLUMNS)
            await _remove(tenant, kind, rows, [Removal(EVENTS.name, "part", tuple(parts))], done, keep=keep)
    finally:
        tenant.closing_parts = frozenset()
        tenant.parts_opened.set()


async def _remove(
    tenant: MonitorTenant, kind: EventType, rows: pa.Table, removals: Sequence[Removal], done: Purged, *, keep: bool
) -> None:
    counted, copies = await tenant.statistics.first_copies(rows)
    puts = [await tenant.statistics.moved(count_events(counted))]
    if keep and counted.num_rows:
        hours = await _aggregated(tenant, counted)
        done.aggregates += len(hours)
        puts.append(Put(HOURS.name, tuple(hours)))
    if copies:
        removals = [*removals, Removal(EVENTS.name, EVENTS.key, copies)]
    recent = rows.num_rows and pc.max(rows["timestamp"]).as_py() >= time.time_ns() // 1000 - _RECENT
    done.count(kind, counted.num_rows)
    meta = {_UNFINISHED: msgspec.json.encode(done).decode(), **({REMOVED: new_ulid()} if recent else {})}
    await tenant.commit(puts, removals, meta)


async def _aggregated(tenant: MonitorTenant, rows: pa.Table) -> list[Values]:
    """Rows of HOURS, with what is there of the same hours."""
    made = await tenant.in_thread(partial(aggregate_hours, rows))
    ids = [one.hour_id for one in made]
    merged = list(made)
    for at in range(0, len(ids), _HOURS_AT_ONCE):
        found = await tenant.store.records.table(HOURS, [among(HOURS.key, ids[at : at + _HOURS_AT_ONCE])])
        merged += [HourRow(**row) for row in found.select(list(HOURS.names)).to_pylist()]
    return [msgspec.structs.astuple(one) for one in await tenant.in_thread(partial(merge_hours, merged))]


async def _fold_tallies(tenant: MonitorTenant) -> None:
    """Many tallies become totals."""
    records = tenant.store.records
    async with tenant.removing, tenant.statistics.lock:
        found = await records.table(TALLIES)
        if found.num_rows < _MOST_TALLIES:
            return
        counts = added(*found.select(["opted_out", "dropped", "rejected"]).to_pylist())
        ids = tuple(found[TALLIES.key].to_pylist())
        await tenant.commit([await tenant.statistics.moved(counts)], [Removal(TALLIES.name, TALLIES.key, ids)])


def _groups(sizes: dict[str, int]) -> list[list[str]]:
    """Parts that are removed by one entry each: as many as hold about ROWS_AT_ONCE."""
    groups: list[list[str]] = []
    room = 0
    for part, size in sizes.items():
        if not groups or room < size:
            groups.append([])
            room = ROWS_AT_ONCE
        groups[-1].append(part)
        room -= size
    return groups
