"""WatchProfiles and WatchPlaybooks: changes of learnt rows from a token, then live, in the order of the journal."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from interplay.v1 import playbook_service_pb2, profile_service_pb2

from interplay_server.domain.learnt import PROFILE, ChangeFilter, RowChange
from interplay_server.domain.ports import Change, TenantStore
from interplay_server.errors import InvalidRequest, ResumeTokenStale, ServerDraining, SlowConsumer, Violation
from interplay_server.interceptors.call import Call
from interplay_server.learning.learning import Learning
from interplay_server.learning.tenant import now_micros
from interplay_server.services.convert.learnt import Shown

PAGE = 500
MAX_BUFFERED = 20_000
DEFAULT_HEARTBEAT_SECONDS = 15
_TENANT_POLL_SECONDS = 0.5


class LearntWatches:
    """All of these watches of the server, so that a drain can end them."""

    def __init__(self, learning: Learning) -> None:
        self._learning = learning
        self._open: set[LearntWatch] = set()
        self._draining = False

    async def run(self, call: Call, kinds: tuple[str, ...]) -> None:
        if self._draining:
            raise ServerDraining
        watch = LearntWatch(call, kinds, self._learning)
        self._open.add(watch)
        try:
            await watch.run()
        finally:
            self._open.discard(watch)

    def drain(self) -> None:
        self._draining = True
        for watch in self._open:
            watch.stop()


class LearntWatch:
    """Buffers at most MAX_BUFFERED changes for a slow reader; one that falls behind further gets SlowConsumer."""

    def __init__(self, call: Call, kinds: tuple[str, ...], learning: Learning) -> None:
        self._call, self._learning = call, learning
        self._where = ChangeFilter(kinds, call.request.user_id)  # type: ignore[union-attr]
        self._links = call.store.links
        self._profiles = kinds == (PROFILE,)
        self._live: deque[RowChange] = deque()
        self._newest = 0
        self._wake = asyncio.Event()
        self._overflow = self._stopped = False

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    def _on_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._newest = change.seq
            if change.learnt is not None:
                if len(self._live) >= MAX_BUFFERED:
                    self._overflow = True
                else:
                    # In the order in which a page of the history tells them.
                    told = sorted(change.learnt.changes, key=lambda one: one.change_id)
                    where = self._links.of_person(self._where)
                    self._live.extend(one for one in told if where.matches(one))
        self._wake.set()

    async def run(self) -> None:
        request: Any = self._call.request
        if request.from_beginning and request.resume_token:
            raise InvalidRequest([Violation("from_beginning", "must not be given together with resume_token")])
        heartbeat = request.heartbeat_seconds or DEFAULT_HEARTBEAT_SECONDS
        store = self._call.store
        after = store.tokens.read_resume_token(request.resume_token) if request.resume_token else None
        if not store.exists:
            store = await self._wait_for_tenant(store, heartbeat)
            after = 0
        self._links = store.links
        unsubscribe: Callable[[], None] = store.subscribe(self._on_changes)
        try:
            now = self._newest = store.last_seq
            if after is None:
                after = 0 if request.from_beginning else now
            if after > now:
                raise ResumeTokenStale
            await self._beat(store, after)
            await self._catch_up(store, after, now)
            await self._follow(store, now, heartbeat)
        finally:
            unsubscribe()

    async def _wait_for_tenant(self, store: TenantStore, heartbeat: float) -> TenantStore:
        """A read makes no tenant: beats until somebody else has."""
        waited = heartbeat
        while True:
            if self._stopped:
                raise ServerDraining
            if waited >= heartbeat:
                await self._beat(store, 0)
                waited = 0.0
            if (found := await self._call.existing()) is not None:
                return found
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_TENANT_POLL_SECONDS):
                    await self._wake.wait()
            waited += _TENANT_POLL_SECONDS

    async def _catch_up(self, store: TenantStore, after: int, now: int) -> None:
        while after < now:
            changes = await store.learnt.changes_after(after, now, limit=PAGE)
            where = store.links.of_person(self._where)
            await self._send(store, [one for one in changes if where.matches(one)])
            after = changes[-1].seq if changes else now

    async def _follow(self, store: TenantStore, sent: int, heartbeat: float) -> None:
        while True:
            self._wake.clear()
            if self._overflow:
                raise SlowConsumer
            if self._live:
                changes = [one for one in self._live if one.seq > sent]
                self._live.clear()
                await self._send(store, changes)
                continue
            if self._stopped:
                raise ServerDraining
            try:
                async with asyncio.timeout(heartbeat):
                    await self._wake.wait()
            except TimeoutError:
                await self._beat(store, self._newest)

    async def _send(self, store: TenantStore, changes: Sequence[RowChange]) -> None:
        """The token of a change is that of the one before its entry until the last of the entry: none can be lost."""
        shown = Shown((await self._learning.tenant(store)).generations, now_micros())
        for place, change in enumerate(changes):
            last = place + 1 == len(changes) or changes[place + 1].seq != change.seq
            token = store.tokens.resume_token(change.seq if last else change.seq - 1)
            if self._profiles:
                await self._call.write(
                    profile_service_pb2.WatchProfilesResponse(resume_token=token, change=shown.profile_change(change))
                )
            else:
                await self._call.write(
                    playbook_service_pb2.WatchPlaybooksResponse(
                        resume_token=token, change=shown.playbook_change(change)
                    )
                )

    async def _beat(self, store: TenantStore, seq: int) -> None:
        token = store.tokens.resume_token(seq)
        if self._profiles:
            await self._call.write(profile_service_pb2.WatchProfilesResponse(resume_token=token))
        else:
            await self._call.write(playbook_service_pb2.WatchPlaybooksResponse(resume_token=token))
