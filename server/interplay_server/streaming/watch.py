"""WatchInteractions: history from a token, then live, in the order of the journal."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from interplay.v1 import interaction_service_pb2 as pb

from interplay_server.domain.ports import Change, TenantStore
from interplay_server.domain.query import InteractionFilter
from interplay_server.errors import InvalidRequest, ResumeTokenStale, ServerDraining, SlowConsumer, Violation
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import filter_from_pb
from interplay_server.services.convert.interactions import annotation_to_pb, interaction_to_pb

PAGE = 500
MAX_BATCH_BYTES = 4 * 2**20
MAX_BUFFERED = 20_000
DEFAULT_HEARTBEAT_SECONDS = 15


class Watches:
    """All watches of the server, so that a drain can end them."""

    def __init__(self) -> None:
        self._open: set[InteractionWatch] = set()
        self._draining = False

    async def run(self, call: Call) -> None:
        if self._draining:
            raise ServerDraining
        watch = InteractionWatch(call)
        self._open.add(watch)
        try:
            await watch.run()
        finally:
            self._open.discard(watch)

    def on_open(self, store: TenantStore) -> None:
        """Called with each tenant that opens, before anything is written to it."""
        for watch in tuple(self._open):
            if watch.waiting_for == store.name:
                watch.attach(store)

    def drain(self) -> None:
        self._draining = True
        for watch in self._open:
            watch.stop()


class InteractionWatch:
    """Buffers at most MAX_BUFFERED changes for a slow reader; one that falls behind further gets SlowConsumer."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._live: deque[Change] = deque()
        self._wake = asyncio.Event()
        self._overflow = False
        self._stopped = False
        self._unsubscribe: Callable[[], None] | None = None
        self.waiting_for = ""

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    def _on_changes(self, changes: Sequence[Change]) -> None:
        if len(self._live) >= MAX_BUFFERED:
            self._overflow = True
        else:
            self._live.extend(changes)
        self._wake.set()

    async def run(self) -> None:
        request = self._call.request
        assert isinstance(request, pb.WatchInteractionsRequest)  # noqa: S101 - parsed by the chain
        if request.from_beginning and request.resume_token:
            raise InvalidRequest([Violation("from_beginning", "must not be given together with resume_token")])
        where = filter_from_pb(request)
        heartbeat = request.heartbeat_seconds or DEFAULT_HEARTBEAT_SECONDS
        token, store = request.resume_token, self._call.store
        after = store.tokens.read_resume_token(token) if token else None
        try:
            if not store.exists:
                await self._wait_for_tenant(store, heartbeat)
                await self._follow(await self._call.writable(), where, 0, heartbeat)
            self._unsubscribe = store.subscribe(self._on_changes)
            now = store.last_seq
            if after is None:
                after = 0 if request.from_beginning else now
            if after > now:
                raise ResumeTokenStale
            await self._beat(store, after)
            sent = await self._catch_up(store, where, after, now)
            await self._follow(store, where, sent, heartbeat)
        finally:
            if self._unsubscribe is not None:
                self._unsubscribe()

    async def _wait_for_tenant(self, store: TenantStore, heartbeat: float) -> None:
        """A read makes no tenant: beats until somebody writes; `attach` comes before the first change."""
        self.waiting_for = store.name
        while self._unsubscribe is None:
            if self._stopped:
                raise ServerDraining
            self._wake.clear()
            await self._beat(store, 0)
            with suppress(TimeoutError):
                async with asyncio.timeout(heartbeat):
                    await self._wake.wait()

    def attach(self, store: TenantStore) -> None:
        """The tenant waited for has been made."""
        self.waiting_for = ""
        self._unsubscribe = store.subscribe(self._on_changes)
        self._wake.set()

    async def _catch_up(self, store: TenantStore, where: InteractionFilter, after: int, now: int) -> int:
        while after < now:
            changes = await store.history(after, now, limit=PAGE)
            after = changes[-1].seq if changes else now
            await self._send(store, where, changes)
        return now

    async def _follow(self, store: TenantStore, where: InteractionFilter, sent: int, heartbeat: float) -> None:
        while True:
            self._wake.clear()
            if self._overflow:
                raise SlowConsumer
            if self._live:
                changes = [change for change in self._live if change.seq > sent]
                self._live.clear()
                if changes:
                    sent = changes[-1].seq
                    await self._send(store, where, changes)
                continue
            if self._stopped:
                raise ServerDraining
            try:
                async with asyncio.timeout(heartbeat):
                    await self._wake.wait()
            except TimeoutError:
                sent = max(sent, store.last_seq) if not self._live else sent
                await self._beat(store, sent)

    async def _send(self, store: TenantStore, where: InteractionFilter, changes: Sequence[Change]) -> None:
        """Published rows together where nothing stands between them; the token of each answer is that of its last
        change, so that no answer can be lost between two tokens.
        """
        rows: list[pb.WatchInteractionsResponse] = []
        batch = pb.InteractionsPublished()
        batch_seq = batch_bytes = 0

        def close_batch() -> None:
            nonlocal batch, batch_bytes
            if batch.interactions:
                rows.append(_response(store, batch_seq, published=batch))
                batch, batch_bytes = pb.InteractionsPublished(), 0

        # A link holds for a watch that is open, too.
        where = store.links.of_person(where)
        for change in changes:
            for row in change.interactions:
                if where.matches(row):
                    message = interaction_to_pb(row)
                    batch.interactions.append(message)
                    batch_seq, batch_bytes = row.seq, batch_bytes + message.ByteSize()
                if len(batch.interactions) >= PAGE or batch_bytes >= MAX_BATCH_BYTES:
                    close_batch()
            if change.deleted_ids:
                close_batch()
                deleted = pb.InteractionsDeleted(interaction_ids=change.deleted_ids)
                rows.append(_response(store, change.seq, deleted=deleted))
            elif change.annotation is not None:
                close_batch()
                note = pb.InteractionAnnotated(
                    interaction_id=change.annotation.interaction_id, annotation=annotation_to_pb(change.annotation)
                )
                rows.append(_response(store, change.seq, annotated=note))
        close_batch()
        for response in rows:
            await self._call.write(response)

    async def _beat(self, store: TenantStore, seq: int) -> None:
        await self._call.write(_response(store, seq, heartbeat=pb.WatchHeartbeat()))


def _response(store: TenantStore, seq: int, **event: object) -> pb.WatchInteractionsResponse:
    return pb.WatchInteractionsResponse(resume_token=store.tokens.resume_token(seq), **event)  # type: ignore[arg-type]
