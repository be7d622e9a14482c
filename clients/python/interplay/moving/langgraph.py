"""Reads what a LangGraph store keeps: a SqliteStore file, a dump of a PostgresStore as JSON lines, or any BaseStore.

A store says of an item only its namespace, its key and a value of any shape. Whose item it is stands in the namespace:
where `Settings.namespace` does not say at which place, it is the only part that is not an ordinary word of stores.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from interplay.moving.jsonl import restored
from interplay.moving.records import (
    MAX_TEXT,
    Fact,
    Lesson,
    Record,
    Settings,
    SourceError,
    Turn,
    Unmapped,
    digest,
    features,
    loads,
    moment,
    origin_tags,
    time_to_live,
)
from interplay.v1 import interaction_pb2, playbook_pb2, profile_pb2

Item = tuple[tuple[str, ...], str, Mapping[str, Any], Any, Any, Any]
"""Namespace, key, value, created, updated, expires."""

_LESSONS = {
    "instructions",
    "instruction",
    "playbooks",
    "playbook",
    "procedures",
    "procedural",
    "lessons",
    "prompts",
    "rules",
}
_AGENTS = {"agent", "agents", "assistant"}
_ORDINARY = _LESSONS | _AGENTS | {
    "memories", "memory", "users", "user", "profile", "profiles", "facts", "fact", "semantic", "episodic", "episodes",
    "history", "messages", "conversations", "preferences", "store", "default",
    "interactions", "collection", "triples",
}  # fmt: skip
_TEXTS = ("content", "memory", "text", "data", "fact", "value", "summary", "instruction", "instructions")
_PAGE = 100


def read_langgraph(source: str | Path | Any, settings: Settings | None = None) -> Iterator[Record]:
    """Everything in a store: the path of a file, or a BaseStore with `list_namespaces` and `search`.

    Raises SourceError where a file is neither a SqliteStore's nor JSON lines of the table `store`.
    """
    settings = settings or Settings()
    items = _of_file(Path(source)) if isinstance(source, str | Path) else _of_store(source)
    template = [part for part in settings.namespace.split("/") if part]
    if template and "{user}" not in template:
        raise SourceError(f"the namespace {settings.namespace!r} has no part {{user}}")
    for item in items:
        yield from _mapped(item, template, settings)


def _of_store(store: Any) -> Iterator[Item]:
    places: list[tuple[str, ...]] = []
    while page := store.list_namespaces(limit=_PAGE, offset=len(places)):
        places.extend(page)
    for place in places:
        offset = 0
        while page := store.search(place, limit=_PAGE, offset=offset):
            offset += len(page)
            for item in page:
                if tuple(item.namespace) == tuple(place):  # a search finds what is below, too
                    yield tuple(place), item.key, item.value, item.created_at, item.updated_at, None


def _of_file(path: Path) -> Iterator[Item]:
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    with path.open("rb") as file:
        database = file.read(16) == b"SQLite format 3\0"
    if database:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            try:
                rows = db.execute("SELECT * FROM store ORDER BY created_at, prefix, key").fetchall()
            except sqlite3.DatabaseError as error:
                raise SourceError(f"{path}: no table of a SqliteStore: {error}") from error
        yield from (_row(dict(row)) for row in rows)
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield _row(loads(line))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise SourceError(f"{path}:{number}: no row of the table store: {error}") from error


def _row(row: Mapping[str, Any]) -> Item:
    value = row["value"]
    value = loads(value) if isinstance(value, str | bytes) else value
    where = tuple(row["prefix"].split("."))
    return where, row["key"], value, row.get("created_at"), row.get("updated_at"), row.get("expires_at")


def _user_of(namespace: Sequence[str], template: Sequence[str], settings: Settings) -> tuple[str, str]:
    """Whose an item is, or why that cannot be said."""
    if template:
        fits = len(namespace) == len(template) and all(
            want in {"{user}", "*", have} for want, have in zip(template, namespace, strict=True)
        )
        if fits:
            return namespace[template.index("{user}")], ""
        return (
            settings.user_id,
            "" if settings.user_id else f"namespace {'/'.join(namespace)} is not {'/'.join(template)}",
        )
    names = [part for part in namespace if part.lower() not in _ORDINARY]
    if len(names) == 1:
        return names[0], ""
    if settings.user_id:
        return settings.user_id, ""
    what = "names nobody" if not names else "may name any of " + ", ".join(names)
    return "", f"namespace {'/'.join(namespace)} {what}: say --namespace or --user"


def _mapped(item: Item, template: Sequence[str], settings: Settings) -> Iterator[Record]:
    namespace, key, value = item[:3]
    where = "/".join(namespace)
    origin = f"langgraph:{where}/{key}"
    if not isinstance(value, Mapping):
        yield Unmapped(origin=origin, why="its value is no object")
        return
    if isinstance(own := value.get("interplay"), Mapping) and (record := restored(own)):
        yield record
        return
    user, why = _user_of(namespace, template, settings)
    lesson = bool(_LESSONS & {part.lower() for part in namespace})
    if not user and not lesson:
        yield Unmapped(origin=origin, why=why)
        return
    inner = value.get("content") if isinstance(value.get("content"), Mapping) else value
    if user and (said := _messages(value)):
        for place, one in enumerate(said):
            yield _turn(f"{origin}#{place}", one, user, item)
        return
    yield from _learnt(item, inner if isinstance(inner, Mapping) else value, user, settings)


def _learnt(item: Item, inner: Mapping[str, Any], user: str, settings: Settings) -> Iterator[Record]:
    """What an item says as a fact, or as a lesson where its namespace is one of lessons."""
    namespace, key, value, created, updated, expires = item
    names = {part.lower() for part in namespace}
    lesson = bool(_LESSONS & names)
    origin = f"langgraph:{'/'.join(namespace)}/{key}"
    text, rest = _text_of(inner)
    expiry = moment(expires)
    if expiry is not None and expiry.ToSeconds() < settings.now.timestamp():
        yield Unmapped(origin=origin, why="expired in the store")
        return
    if not text or len(text) > MAX_TEXT:
        yield Unmapped(origin=origin, why=f"{len(text)} characters; 1 to {MAX_TEXT} fit" if text else "no text")
        return
    tags = origin_tags("langgraph", origin, moment(created) if lesson else None)
    if lesson:
        if rest:
            yield Unmapped(origin=origin, why=f"no place in a lesson: {', '.join(sorted(rest))}", whole=False)
        # Of `agents/planner/instructions` the planner is the agent, not a person.
        agent = user if _AGENTS & names else ""
        yield Lesson(origin=origin, playbook=_lesson(text, "" if agent else user, agent, tags))
        return
    known, dropped = features(
        {"namespace": list(namespace), "key": key, "created_at": str(created or ""), "updated_at": str(updated or ""),
         "value": value}, "langgraph",
    )  # fmt: skip
    if dropped:
        yield Unmapped(origin=origin, why=f"too large to keep: {dropped}", whole=False)
    left = None if expiry is None else expiry.ToSeconds() - settings.now.timestamp()
    profile = profile_pb2.Profile(
        user_id=user, content=text, source="langgraph", tags=tags, time_to_live=time_to_live(left)
    )
    profile.custom_features.update(known)
    yield Fact(origin=origin, profile=profile)


def _lesson(
    text: str, user: str, agent: str, tags: Sequence[str]
) -> playbook_pb2.UserPlaybook | playbook_pb2.AgentPlaybook:
    if user:
        return playbook_pb2.UserPlaybook(user_id=user, instruction=text, source="langgraph", tags=tags)
    return playbook_pb2.AgentPlaybook(instruction=text, agent_id=agent, tags=tags)


def _text_of(value: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The text of a value and the fields beside it; a value without a field of text is told as JSON."""
    for name in _TEXTS:
        if isinstance(text := value.get(name), str) and text:
            return text, {key: one for key, one in value.items() if key != name}
    told = any(isinstance(one, str | int | float | bool) and one != "" for one in value.values())
    return (json.dumps(value, ensure_ascii=False, sort_keys=True) if told else ""), {}


def _messages(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Messages of a conversation, where an item is one or holds them."""
    held = value.get("messages")
    many = held if isinstance(held, list) else [value]
    names = ("role", "type")
    fitting = [
        one for one in many
        if isinstance(one, Mapping) and isinstance(one.get("content"), str) and one["content"]
        and any(str(one.get(name)) in {"user", "human", "assistant", "ai", "system", "tool"} for name in names)
    ]  # fmt: skip
    return fitting if len(fitting) == len(many) else []


def _turn(origin: str, one: Mapping[str, Any], user: str, item: Item) -> Turn:
    namespace, key, _, created, _, _ = item
    where = "/".join(namespace)
    role = str(one.get("role") or one.get("type"))
    data = interaction_pb2.InteractionData(
        role={"human": "user", "ai": "assistant"}.get(role, role), speaker=str(one.get("name") or ""),
        content=one["content"], external_id=str(one.get("id") or key)[:256], occur_time=moment(created),
    )  # fmt: skip
    session = f"{where}/{key}" if len(f"{where}/{key}") <= 256 else digest(where, key)
    whole = interaction_pb2.Interaction(user_id=user, session_id=session, source="langgraph", data=data)
    return Turn(origin=origin, request=f"import/{digest(origin)}", interaction=whole, old_id=origin)
