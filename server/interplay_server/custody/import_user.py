"""A person who is taken in: checked as a whole, then written in one transaction of the journal."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog

from interplay_server.custody.export_person import held
from interplay_server.custody.export_tables import TABLES
from interplay_server.custody.export_user import UserExports
from interplay_server.custody.import_checks import check, taken_elsewhere
from interplay_server.custody.import_entries import Group, Ids, Note, annotations, groups, learnt, records
from interplay_server.custody.import_files import Staged, Staging
from interplay_server.domain import journal
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES
from interplay_server.domain.monitoring import RawEvent
from interplay_server.domain.ports import Change, Made, Outcome, Receipt, TenantStore, Write
from interplay_server.errors import UserExists
from interplay_server.learning.learning import Learning
from interplay_server.monitoring import actions
from interplay_server.monitoring.monitoring import Monitoring
from interplay_server.monitoring.tenant import MonitorTenant

SKIPPED = ".skipped"
"""Ends names of counts of rows that are not taken in: they are made anew or cannot come back."""
_SEAL_SECONDS = 120.0
"""For the judgements of one import; sealing takes some microseconds each."""
_log = structlog.get_logger(__name__)


class UserImports:
    """Of the whole server; files on their way lie below `folder`, which a start empties."""

    def __init__(self, exports: UserExports, learning: Learning, monitoring: Monitoring, folder: Path) -> None:
        self._exports, self._learning, self._monitoring, self._folder = exports, learning, monitoring, folder
        self._writing: dict[str, asyncio.Lock] = {}
        shutil.rmtree(folder, ignore_errors=True)

    @asynccontextmanager
    async def staging(self) -> AsyncIterator[Staging]:
        staging = Staging(self._folder / new_ulid())
        try:
            yield staging
        finally:
            staging.remove()

    async def take(self, store: TenantStore, staged: Staged, actor: str) -> tuple[str, dict[str, int]]:
        """The person's id and rows by table. Raises UserExists, UserErased, InvalidRequest, what the storage says."""
        await asyncio.to_thread(check, staged)
        # Carried through: a caller who goes away must not let another import of the person in before this one ends.
        counts = await self._monitoring.carried(store, partial(self._taken, store, staged, actor))
        _log.info("imported a user", tenant=store.name, rows=sum(counts.values()))
        return staged.user_ids[0], counts

    async def _taken(self, store: TenantStore, staged: Staged, actor: str) -> dict[str, int]:
        arrived: set[str] = set()
        ids = frozenset(staged.user_ids)

        def look(changes: Sequence[Change]) -> None:
            users = {row.header.user_id for change in changes for row in change.interactions}
            arrived.update(users & ids)

        async with self._writing.setdefault(store.name, asyncio.Lock()):
            unsubscribe = store.subscribe(look)
            try:
                for user_id in staged.user_ids:
                    store.erasures.check(user_id)
                    if await held(await self._exports.person(store, user_id)):
                        raise UserExists(user_id)
                await taken_elsewhere(store, staged)
                await store.admit()
                await store.wait_room()
                return await self._write(store, staged, actor, arrived)
            finally:
                unsubscribe()

    async def _write(self, store: TenantStore, staged: Staged, actor: str, arrived: set[str]) -> dict[str, int]:
        """`arrived` are those for whom somebody has published meanwhile."""
        learning = await self._learning.of(store)
        generation = {
            kind: learning.tenant.active_generation(kind, staged.user_ids[0]) for kind in (PROFILES, PLAYBOOKS)
        }
        ids = Ids(staged)
        published = await asyncio.to_thread(groups, staged, ids)
        prepared = [await _prepared(store, one, staged) for one in published]
        monitor = await self._monitoring.of(store)
        said = await _say_consents(monitor, staged)
        try:
            events = await _monitored(monitor, staged)
            entry = _Entry(
                store, staged, ids, published=published, prepared=prepared, generation=generation, events=events
            )
            # Nothing is awaited between this and what takes the entry: nobody is erased or opts out in between.
            _check_still(store, staged.user_ids, arrived)
            await _committed(store, entry)
        except BaseException:
            for one in said:
                await monitor.consents.forget(one)
            raise
        if events or said:
            details = {"scope": "user", "events": sum(len(put.rows) for one in events for put in one.puts)}
            subject = await monitor.known_subject(staged.user_ids[0])
            await monitor.actions.record(actions.IMPORT, details, actor=actor, subject=subject or b"")
        for agent_id in sorted({one.agent_id for one in staged.rows.get("user_playbooks", ())}):
            learning.touch(agent_id, new=True)
        return _counts(staged, events)


def _check_still(store: TenantStore, user_ids: Sequence[str], arrived: set[str]) -> None:
    """Raises UserErased, UserExists for what happened meanwhile."""
    for user_id in user_ids:
        store.erasures.check(user_id)
        if user_id in arrived:
            raise UserExists(user_id)


async def _committed(store: TenantStore, entry: "_Entry") -> None:
    """Submits before it awaits. Raises what the storage says."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def done(result: Outcome) -> None:
        if not outcome.done():
            outcome.set_result(result)

    store.submit(Write(None, b"", done, make=entry.made))
    result = await outcome
    if isinstance(failure := entry.failure or result, Exception):
        raise failure


async def _prepared(store: TenantStore, group: Group, staged: Staged) -> tuple[journal.Entry, bytes]:
    """An entry and its payload as the content policy has them, images spooled."""
    entry = group.entry
    if not isinstance(entry, journal.Published):
        return entry, journal.encode(entry)
    names = dict.fromkeys(one.image.sha256 for one in entry.interactions if one.image is not None)
    images = [
        (name, await asyncio.to_thread(staged.images[name].read_bytes)) for name in names if name in staged.images
    ]
    made = await store.content.prepare(entry, images=images)
    for name, data in made.images:
        await store.spool_image(name, data)
    return made.entry, made.payload


async def _say_consents(monitor: MonitorTenant, staged: Staged) -> list[bytes]:
    """What was said about monitoring holds before anything is written, unless something was said here; gives whose
    that is.
    """
    said = []
    for one in staged.rows.get("monitor_consents", ()):
        subject = await monitor.subject(one.user_id)
        if subject is not None and monitor.consents.said(subject) is None:
            await monitor.consents.say(subject, opted_in=one.opted_in)
            said.append(subject)
    return said


async def _monitored(monitor: MonitorTenant, staged: Staged) -> list[journal.Recorded]:
    """Events of whom nobody opted out, sealed under keys of this tenant. Raises KeyUnavailable."""
    raw = [
        RawEvent(
            event_id=one.event_id,
            timestamp=one.timestamp,
            interaction_type=one.interaction_type,
            command=one.command,
            status=one.status,
            duration_ms=one.duration_ms,
            error_message=one.error_message or "",
            metadata=one.metadata or {},
            session_id=one.session_id,
            user_id=one.user_id,
            agent_version=one.agent_version,
            playbook_id=one.playbook_id,
            client=one.client,
        )
        for one in staged.rows.get("monitor_events", ())
    ]
    return [(await monitor.intake.take(raw)).entry] if raw else []


class _Entry:
    """What is written, once the first sequence number and the time are known; `made` is called by the thread that
    commits.
    """

    def __init__(
        self,
        store: TenantStore,
        staged: Staged,
        ids: Ids,
        *,
        published: Sequence[Group],
        prepared: Sequence[tuple[journal.Entry, bytes]],
        generation: Mapping[str, int],
        events: Sequence[journal.Recorded],
    ) -> None:
        self._store, self._staged, self._ids = store, staged, ids
        self._published, self._prepared, self._generation, self._events = published, prepared, generation, events
        self._loop = asyncio.get_running_loop()
        self._seq = 0
        self.failure: Exception | None = None
        self._headers = {one.interaction_id: one.header for one in staged.rows.get("interactions", ())}

    def made(self, first_seq: int, now: int) -> list[Made]:
        found: list[Made] = []
        self._seq = first_seq
        try:
            for one in self._all(now):
                made = Made(self._seq, *one)
                found.append(made)
                self._seq += journal.sequence_numbers(made.entry)
        except Exception as error:  # noqa: BLE001 - told to whoever imports
            self.failure = error
            return []
        return found

    def _all(self, now: int) -> Iterator[tuple[int, journal.Entry, bytes]]:
        """(publish time, entry, payload) of what comes at the place that `_seq` says."""
        newest: dict[tuple[str, str], int] = {}
        for group, (published, payload) in zip(self._published, self._prepared, strict=True):
            if isinstance(published, journal.Published):
                first = self._seq
                new = self._store.interaction_ids(Receipt(first, group.publish_time, len(group.old)))
                for at, ((old_id, old_seq), new_id) in enumerate(zip(group.old, new, strict=True)):
                    self._ids.placed(old_id, old_seq, new_id, first + at)
                newest[published.header.user_id, published.header.session_id] = first + len(group.old) - 1
            yield group.publish_time, published, payload
        notes, learnt_from = annotations(self._staged, self._ids), list[int]()
        sealed = asyncio.run_coroutine_threadsafe(self._sealed(notes), self._loop).result(_SEAL_SECONDS)
        for note, (judged, payload) in zip(notes, sealed, strict=True):
            if not note.queued:
                learnt_from.append(self._seq)
            yield note.time, judged, payload
        rows: tuple[journal.Entry, ...] = (
            *records(self._staged, self._ids, lambda user, session: newest.get((user, session), 0)),
            *self._events,
            *learnt(self._staged, self._ids, self._generation),
            journal.Learnt(annotations_done=tuple(learnt_from)),
        )
        for entry in rows:
            yield now, entry, journal.encode(entry)

    async def _sealed(self, notes: Sequence[Note]) -> list[tuple[journal.Entry, bytes]]:
        """Judgements as the content policy has them; they are bound to the new ids."""
        made: list[tuple[journal.Entry, bytes]] = []
        for note in notes:
            of = self._headers[note.old_id]
            found = await self._store.content.prepare(note.entry, source=of.source, user_id=of.user_id)
            made.append((found.entry, found.payload))
        return made


def _counts(staged: Staged, events: Sequence[journal.Recorded]) -> dict[str, int]:
    counts = {}
    for name, rows in staged.rows.items():
        taken = [one for one in rows if getattr(one, "active", True)] if TABLES[name].taken else []
        if name == "monitor_events":
            taken = [row for one in events for put in one.puts for row in put.rows if put.collection == name]
        counts[name] = len(taken)
        if len(rows) > len(taken):
            counts[name + SKIPPED] = len(rows) - len(taken)
    if staged.images:
        counts["images"] = len(staged.images)
    return counts
