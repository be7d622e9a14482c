"""A LangGraph store whose items are profiles of an Interplay server."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

try:
    from langgraph.store.base import (
        BaseStore,
        GetOp,
        Item,
        ListNamespacesOp,
        MatchCondition,
        Op,
        PutOp,
        Result,
        SearchItem,
        SearchOp,
        TTLConfig,
        get_text_at_path,
        tokenize_path,
    )
except ImportError as missing:
    raise ImportError("install the library with `pip install langgraph`") from missing

from interplay._loop import shared
from interplay.agents._filters import fits, matches
from interplay.client import AsyncInterplay
from interplay.errors import NotFoundError
from interplay.sync import Interplay
from interplay.v1 import profile_pb2

MAX_ITEM_BYTES = 65_000
"""Of an item's namespace, key and value as JSON."""
_MAX_TEXT = 10_000
_MAX_HITS = 100
_UNINDEXED = "unindexed"
_AT_ONCE = 16

Namespace = tuple[str, ...]


class InterplayStore(BaseStore):
    """Keeps items for LangGraph: any value that JSON can hold, by namespace and key, with search by meaning.

    An item is a profile: its JSON stands in custom_features, the text to search in content, where it belongs in tags.
    By default each namespace is a user of its own, `langgraph/NAME/…`, so that items do not mix with facts learnt of
    people; `user_of` says whose fact an item is, and then briefings of that person hold it. `fields` are the paths
    whose texts are searched, the whole value when not said. Expired items are not shown, and deleted when they are
    come across or by sweep_ttl(); `ttl` as in other stores (minutes, refreshed by reading).

    Two writers that create the same new key at once leave two rows, of which the later counts; the next write mends
    it. Raises ValueError for values over MAX_ITEM_BYTES or that are no JSON, InterplayError where the server fails.
    """

    supports_ttl = True

    def __init__(
        self,
        client: Interplay | AsyncInterplay | None = None,
        *,
        name: str = "default",
        fields: Iterable[str] = ("$",),
        user_of: Callable[[Namespace], str] | None = None,
        ttl: TTLConfig | None = None,
    ) -> None:
        self._own = Interplay() if client is None else None
        given = client or self._own
        self._blocking = isinstance(given, Interplay)
        self._client: AsyncInterplay = given._client if isinstance(given, Interplay) else given  # type: ignore[assignment]  # noqa: SLF001 - the same package
        self._source = f"langgraph/{name}"
        self._fields = [fields] if isinstance(fields, str) else list(fields)
        self._user_of = user_of or self._namespace_user
        self.ttl_config = ttl

    def close(self) -> None:
        """Closes the connection that the store made itself."""
        if self._own is not None:
            self._own.close()

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Raises TypeError for a client that belongs to an event loop."""
        if not self._blocking:
            raise TypeError("AsyncInterplay belongs to its event loop: use the asynchronous methods, or give Interplay")
        return shared.run(self._batch(list(ops)))

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        work = self._batch(list(ops))
        if not self._blocking:
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, shared._running()))  # noqa: SLF001 - the same package

    def sweep_ttl(self) -> int:
        """Deletes what has expired and returns how many items that were."""
        return shared.run(self._sweep())

    async def asweep_ttl(self) -> int:
        """sweep_ttl() of a store on AsyncInterplay."""
        return await self._sweep()

    async def _batch(self, ops: list[Op]) -> list[Result]:
        """Reads see what was there before the writes of the same batch; of writes to a key the last one counts."""
        puts = {(op.namespace, op.key): op for op in ops if isinstance(op, PutOp)}
        for op in puts.values():
            if op.value is not None:
                self._row(op)  # refuses before anything of the batch is written
        gate = asyncio.Semaphore(_AT_ONCE)

        async def gated(work: Callable[[Any], Awaitable[Any]], op: Op) -> Any:
            async with gate:
                return await work(op)

        results = await asyncio.gather(*(gated(self._read, op) for op in ops))
        await asyncio.gather(*(gated(self._put, op) for op in puts.values()))
        return list(results)

    async def _read(self, op: Op) -> Result:
        if isinstance(op, GetOp):
            return await self._get(op)
        if isinstance(op, SearchOp):
            return await self._search(op)
        if isinstance(op, ListNamespacesOp):
            return await self._namespaces(op)
        if isinstance(op, PutOp):
            return None
        raise ValueError(f"unknown operation: {type(op).__name__}")

    async def _get(self, op: GetOp) -> Item | None:
        found = [_Stored(row) async for row in self._item(op.namespace, op.key)]
        live = [one for one in found if not await self._gone(one)]
        if not live:
            return None
        newest = max(live, key=lambda one: (one.updated_at, one.row.profile_id))
        await self._refresh([newest], op.refresh_ttl)
        return newest.item()

    async def _put(self, op: PutOp) -> None:
        before = sorted(
            [_Stored(row) async for row in self._item(op.namespace, op.key)],
            key=lambda one: (one.updated_at, one.row.profile_id),
        )
        values = None if op.value is None else self._row(op)
        kept = before.pop() if before and values is not None and not before[-1].expired else None
        for one in before:
            await self._delete(one.row.profile_id)
        if values is None:
            return
        if kept is not None:
            await self._client.update_profile(kept.row.profile_id, **values)
            return
        await self._client.create_profile(
            self._user_of(op.namespace), source=self._source, time_to_live="infinity", **values
        )

    def _row(self, op: PutOp) -> dict[str, Any]:
        """Fields of the profile for an item. Raises ValueError for what cannot be kept."""
        features: dict[str, Any] = {"namespace": list(op.namespace), "key": op.key, "value": _json(op.value)}
        text, indexed = self._text(op)
        if op.ttl is not None:
            features["ttl_minutes"] = float(op.ttl)
            features["expires"] = (datetime.now(UTC) + timedelta(minutes=op.ttl)).isoformat()
        if (size := len(json.dumps(features, ensure_ascii=False).encode())) > MAX_ITEM_BYTES:
            raise ValueError(f"the item {op.key!r} of {size} bytes is over the limit of {MAX_ITEM_BYTES}")
        tags = [
            _item_tag(op.namespace, op.key),
            *(_prefix_tag(op.namespace[: end + 1]) for end in range(len(op.namespace))),
        ]
        return {"content": text, "tags": tags if indexed else [*tags, _UNINDEXED], "custom_features": features}

    def _text(self, op: PutOp) -> tuple[str, bool]:
        """What is searched, and whether anything is."""
        texts: list[str] = []
        for path in () if op.index is False else (op.index or self._fields):
            found = get_text_at_path(dict(op.value or {}), path if path == "$" else tokenize_path(path))
            texts.extend(found)
        text = "\n".join(filter(None, texts))[:_MAX_TEXT]
        return (text, True) if text.strip() else (f"item {op.key}"[:_MAX_TEXT], False)

    async def _search(self, op: SearchOp) -> list[SearchItem]:
        scores: dict[str, float] = {}
        found: list[_Stored] = []
        if op.query:
            answer = await self._client.search_profiles(
                op.query[:_MAX_TEXT], source=self._source, tags=self._tags(op.namespace_prefix), top_k=_MAX_HITS
            )
            for hit in answer.hits:
                if _UNINDEXED not in hit.profile.tags:
                    scores[hit.profile.profile_id] = hit.score
                    found.append(_Stored(hit.profile))
        wanted = op.offset + op.limit
        chosen = await self._chosen(found, op.filter)
        if len(chosen) < wanted:
            # Behind the hits come, without a score, items that the search does not rank.
            rest = [_Stored(row) async for row in self._rows(self._tags(op.namespace_prefix))]
            rest.sort(key=lambda one: (one.updated_at, one.row.profile_id), reverse=True)
            chosen += await self._chosen([one for one in rest if one.row.profile_id not in scores], op.filter)
        page = _newest_of_each(chosen)[op.offset : wanted]
        await self._refresh(page, op.refresh_ttl)
        return [one.found(scores.get(one.row.profile_id)) for one in page]

    async def _chosen(self, rows: list["_Stored"], wanted: Mapping[str, Any] | None) -> list["_Stored"]:
        return [one for one in rows if not await self._gone(one) and fits(one.value, wanted)]

    async def _namespaces(self, op: ListNamespacesOp) -> list[Namespace]:
        conditions: tuple[MatchCondition, ...] = op.match_conditions or ()
        prefixes = [one.path for one in conditions if one.match_type == "prefix" and "*" not in one.path]
        found = set()
        async for row in self._rows(self._tags(max(prefixes, key=len, default=()))):
            stored = _Stored(row)
            if not await self._gone(stored) and all(
                matches(stored.namespace, one.match_type, one.path) for one in conditions
            ):
                found.add(stored.namespace[: op.max_depth])
        return sorted(found)[op.offset : op.offset + op.limit]

    async def _refresh(self, items: Iterable["_Stored"], wanted: bool) -> None:
        """Reading an item with a time to live begins it anew."""
        for one in items:
            minutes = one.features.get("ttl_minutes")
            if wanted and minutes is not None:
                expires = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
                features = {**one.features, "expires": expires}
                try:
                    await self._client.update_profile(one.row.profile_id, custom_features=features, etag=one.row.etag)
                except Exception:  # noqa: BLE001, S112 - a writer was faster, and the item is as it left it
                    continue

    async def _sweep(self) -> int:
        expired = [one async for row in self._rows([]) if (one := _Stored(row)).expired]
        for one in expired:
            await self._delete(one.row.profile_id)
        return len(expired)

    async def _gone(self, one: "_Stored") -> bool:
        if one.expired:
            await self._delete(one.row.profile_id)
        return one.expired

    async def _delete(self, profile_id: str) -> None:
        try:
            await self._client.delete_profile(profile_id)
        except NotFoundError:
            return

    def _item(self, namespace: Namespace, key: str) -> AsyncIterator[profile_pb2.Profile]:
        return self._rows([_item_tag(namespace, key)], self._user_of(namespace))

    def _rows(self, tags: list[str], user_id: str = "") -> AsyncIterator[profile_pb2.Profile]:
        # A fact learnt of a person may supersede an item that `user_of` gave them; the item is there all the same.
        return self._client.list_profiles(
            user_id, source=self._source, tags=tags, lifecycles=["current", "superseded"], page_size=1000
        )

    def _tags(self, prefix: Namespace) -> list[str]:
        return [_prefix_tag(prefix)] if prefix else []

    def _namespace_user(self, namespace: Namespace) -> str:
        return _short(f"{self._source}/{json.dumps(list(namespace), ensure_ascii=False)}")


class _Stored:
    """A profile as the item that it is."""

    def __init__(self, row: profile_pb2.Profile) -> None:
        self.row = row
        self.features = {name: _native(row.custom_features[name]) for name in row.custom_features}
        self.namespace: Namespace = tuple(self.features["namespace"])
        self.updated_at: datetime = row.update_time.ToDatetime(UTC)

    @property
    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.features["value"])
        return value

    @property
    def expired(self) -> bool:
        expires = self.features.get("expires")
        return expires is not None and datetime.fromisoformat(expires) <= datetime.now(UTC)

    def item(self) -> Item:
        return Item(**self._fields())

    def found(self, score: float | None) -> SearchItem:
        return SearchItem(**self._fields(), score=score)

    def _fields(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "key": self.features["key"],
            "namespace": self.namespace,
            "created_at": self.row.create_time.ToDatetime(UTC),
            "updated_at": self.updated_at,
        }


def _newest_of_each(items: list[_Stored]) -> list[_Stored]:
    """One row an item, where two writers left two; their order stays."""
    newest: dict[tuple[Namespace, str], _Stored] = {}
    for one in items:
        place = one.namespace, one.features["key"]
        if place not in newest or one.updated_at > newest[place].updated_at:
            newest[place] = one
    return list(newest.values())


def _native(value: Any) -> Any:
    """Lists of a Struct as lists."""
    return list(value) if hasattr(value, "values") and not isinstance(value, str | Mapping) else value


def _json(value: Mapping[str, Any] | None) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a value must be what JSON can hold: {error}") from error


def _item_tag(namespace: Namespace, key: str) -> str:
    named = json.dumps([list(namespace), key], ensure_ascii=False)
    return f"item:{hashlib.sha256(named.encode()).hexdigest()}"


def _prefix_tag(prefix: Namespace) -> str:
    return _short(f"in:{json.dumps(list(prefix), ensure_ascii=False)}")


def _short(name: str) -> str:
    """At most 256 characters, the digest in place of what would be more."""
    return name if len(name) <= 256 else f"{name[:190]}…{hashlib.sha256(name.encode()).hexdigest()}"
