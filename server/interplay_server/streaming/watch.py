"""WatchInteractions: history from a token, then live, in the order of the journal."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from interplay.v1 import interaction_service_pb2 as pb

from interplay_server.domain.ports import Change, TenantStore
from interplay_server.domain.query import InteractionFilter
from interplay_server.domain.tokens import START_TOKEN
from interplay_server.errors import InvalidRequest, ResumeTokenStale, ServerDraining, SlowConsumer, Violation
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import filter_from_pb
from interplay_server.services.convert.interactions import annotation_to_pb, interaction_to_pb

PAGE = 500
MAX_BATCH_BYTES = 4 * 2**20
MAX_BUFFERED = 20_000
DEFAULT_HEARTBEAT_SECONDS = 15
POLL_SECONDS = 0.25


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
        token = request.resume_token
        waited = not self._call.tenant_exists()
        if waited:
            if token:
                self._call.store.tokens.read_resume_token(token)
            await self._wait_for_tenant(heartbeat)
            token = START_TOKEN
        store = await self._call.writable()
        after = store.tokens.read_resume_token(token) if token else None
        unsubscribe = store.subscribe(self._on_changes)
        try:
            now = store.last_seq
            if after is None:
                after = 0 if request.from_beginning else now
            if after > now:
                raise ResumeTokenStale
            if not waited:
                await self._beat(store, after)
            sent = await self._catch_up(store, where, after, now)
            await self._follow(store, where, sent, heartbeat)
        finally:
            unsubscribe()

    async def _wait_for_tenant(self, heartbeat: float) -> None:
        """A read makes no tenant: beats until somebody has published."""
        beat = 0.0
        while not self._call.tenant_exists():
            if self._stopped:
                raise ServerDraining
            if time.monotonic() >= beat:
                await self._beat(self._call.store, 0)
                beat = time.monotonic() + heartbeat
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

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
