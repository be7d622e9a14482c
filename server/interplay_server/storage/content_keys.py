"""Keys that seal texts of people, in a tenant's vault: one live key a person, and the ids of those that are gone."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from interplay_server.domain.vault import StoredContentKey

SCHEMA = """
CREATE TABLE content_keys (
    key_id BLOB PRIMARY KEY, person BLOB NOT NULL, wrapped BLOB NOT NULL, create_time INTEGER NOT NULL,
    destroy_time INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX content_keys_live ON content_keys (person) WHERE destroy_time IS NULL;
"""
_AT_ONCE = 500
_COLUMNS = "key_id, person, wrapped, create_time"
Statement = tuple[str, tuple[object, ...]]


class LocalContentKeys:
    """See `domain.ports.ContentKeys`. `read` and `write` are those of the vault."""

    def __init__(
        self,
        read: Callable[..., Coroutine[Any, Any, list[Any]]],
        write: Callable[..., Coroutine[Any, Any, list[Any]]],
    ) -> None:
        self._read, self._write = read, write

    async def of_person(self, person: bytes) -> StoredContentKey | None:
        query = f"SELECT {_COLUMNS} FROM content_keys WHERE person = ? AND destroy_time IS NULL"  # noqa: S608 - ours
        rows = await self._read(query, person)
        return StoredContentKey(*rows[0]) if rows else None

    async def named(self, key_ids: Sequence[bytes]) -> list[StoredContentKey]:
        found: list[StoredContentKey] = []
        for at in range(0, len(key_ids), _AT_ONCE):
            some = key_ids[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT {_COLUMNS} FROM content_keys WHERE key_id IN ({marks})"  # noqa: S608 - columns of ours
            found += [StoredContentKey(*row) for row in await self._read(query, *some)]
        return found

    async def add(self, key: StoredContentKey) -> None:
        row = (key.key_id, key.person, key.wrapped, key.create_time)
        await self._write([("INSERT INTO content_keys VALUES (?, ?, ?, ?, NULL)", row)])

    async def destroy(self, people: Sequence[bytes], now: int) -> list[bytes]:
        marks = ", ".join("?" * len(people))
        live = f"SELECT key_id FROM content_keys WHERE person IN ({marks}) AND destroy_time IS NULL"  # noqa: S608 - marks
        gone = (
            f"UPDATE content_keys SET person = x'', wrapped = x'', destroy_time = ? "  # noqa: S608 - marks
            f"WHERE person IN ({marks}) AND destroy_time IS NULL"
        )
        rows = await self._write([(gone, (now, *people))], truncate=True, before=(live, tuple(people)))
        return [key_id for (key_id,) in rows]
