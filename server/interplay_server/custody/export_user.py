"""Exports of people: whose, and that nobody who is erased is exported."""

import time
from collections.abc import AsyncGenerator
from functools import partial

import structlog

from interplay_server.custody.export_files import Begun, Summary, UserExport
from interplay_server.custody.export_person import Person, held
from interplay_server.domain.ports import TenantStore
from interplay_server.errors import UserNotFound
from interplay_server.features.features import Features
from interplay_server.learning.learning import Learning
from interplay_server.learning.tenant import now_micros
from interplay_server.monitoring import actions
from interplay_server.monitoring.monitoring import Monitoring

_log = structlog.get_logger(__name__)


class UserExports:
    """Of the whole server."""

    def __init__(self, learning: Learning, features: Features, monitoring: Monitoring, server_version: str) -> None:
        self._learning, self._features, self._monitoring = learning, features, monitoring
        self._version = server_version

    async def person(self, store: TenantStore, user_id: str) -> Person:
        """Raises KeyUnavailable."""
        made = Person(
            store,
            await self._learning.tenant(store),
            await self._features.known(store),
            await self._monitoring.of(store),
            store.linked(user_id),
            store.last_seq,
            now_micros(),
        )
        await made.look_up()
        return made

    async def export(
        self, store: TenantStore, user_id: str, form: str, actor: str
    ) -> AsyncGenerator[Begun | bytes | Summary, None]:
        """Raises UserNotFound, UserErased as soon as they are being erased, KeyUnavailable."""
        if not store.exists:
            raise UserNotFound(user_id)
        person = await self.person(store, user_id)
        if not await held(person):
            raise UserNotFound(user_id)
        if person.aliases:
            subject = await person.monitor.known_subject(user_id)
            details = {"format": form, "scope": "user"}
            await person.monitor.actions.record(actions.EXPORT, details, actor=actor, subject=subject or b"")
        check = partial(store.erasures.check, *person.user_ids)
        started = time.monotonic()
        async for piece in UserExport(person, form, self._version, check).pieces():
            check()
            yield piece
            if isinstance(piece, Summary):
                _log.info(
                    "exported a user",
                    tenant=store.name,
                    rows=sum(piece.counts.values()),
                    bytes=piece.bytes,
                    seconds=round(time.monotonic() - started, 3),
                )
