"""Reads what mem0 keeps: its local vector stores, its history database, and JSON of `get_all()` or of the platform."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from interplay.moving import _local_points
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
    features,
    loads,
    moment,
    origin_tags,
    plain,
    tags_of,
    time_to_live,
)
from interplay.v1 import interaction_pb2, playbook_pb2, profile_pb2

_OWN = {
    "id", "memory", "data", "text", "hash", "created_at", "updated_at", "user_id", "agent_id", "app_id", "run_id",
    "actor_id", "role", "text_lemmatized", "expiration_date", "metadata", "score", "event", "categories",
}  # fmt: skip
_ENTITIES = "_entities"


def read_mem0(sources: Sequence[str | Path], settings: Settings | None = None) -> Iterator[Record]:
    """Everything in files and folders of mem0, each memory once.

    A source is a folder of its local qdrant, chroma or faiss store, its history.db, or a JSON file. Raises SourceError
    where one is none of these.
    """
    settings = settings or Settings()
    rows: dict[str, dict[str, Any]] = {}
    histories: dict[str, list[dict[str, Any]]] = {}
    messages: list[dict[str, Any]] = []
    for source in map(Path, sources):
        found = 0
        for path in _files(source):
            for row in _memories(path):
                rows.setdefault(str(row.get("id") or ""), row)
                found += 1
            if path.suffix in {".db", ".sqlite", ".sqlite3"} and {"history", "messages"} & _tables(path):
                _read_history(path, histories, messages)
                found += 1
        if not found:
            raise SourceError(f"{source}: no memories and no history of mem0 in it")
    for message in messages:
        yield _turn(message, settings)
    for name in sorted(rows, key=lambda name: (str(rows[name].get("created_at") or ""), name)):
        yield from _mapped(rows[name], histories.pop(name, []), settings)
    for name, history in sorted(histories.items()):
        if history[-1]["event"] == "DELETE":
            yield Unmapped(origin=f"mem0:{name}", why="deleted in mem0")
        else:
            yield Unmapped(origin=f"mem0:{name}", why="only its history is there, which names no user: add the store")


def _files(source: Path) -> Iterator[Path]:
    if not source.exists():
        raise SourceError(f"{source}: no such file or folder")
    if source.is_file():
        yield source
        return
    for path in sorted(source.rglob("*")):
        known = path.suffix in {".db", ".sqlite", ".sqlite3", ".json"} and path.name != "meta.json"
        # mem0 keeps entities that it links memories by in a collection of their own; they are no memories.
        if path.is_file() and known and not path.stem.endswith(_ENTITIES) and not path.parent.name.endswith(_ENTITIES):
            yield path


def _memories(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a file as mem0's own `get_all()` has them, whatever the store."""
    if path.suffix == ".json":
        yield from _from_json(path)
        return
    tables = _tables(path)
    if "points" in tables:
        for name, payload in _local_points.read(path):
            yield {**payload, "id": name}
    elif {"embeddings", "embedding_metadata"} <= tables:
        yield from _from_chroma(path)


def _tables(path: Path) -> set[str]:
    try:
        with closing(_opened(path)) as db:
            return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        return set()


def _opened(path: Path) -> sqlite3.Connection:
    """Read only: what is moved stays as it was."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _from_json(path: Path) -> Iterator[dict[str, Any]]:
    try:
        held = loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SourceError(f"{path}: not JSON: {error}") from error
    if isinstance(held, Mapping) and isinstance(docstore := held.get("docstore"), Mapping):  # faiss
        for name, payload in docstore.items():
            yield {**payload, "id": name}
        return
    if isinstance(held, Mapping):  # get_all(), pages of the platform, its exports
        held = next((held[key] for key in ("results", "memories", "data") if isinstance(held.get(key), list)), [])
    for place, row in enumerate(held if isinstance(held, list) else []):
        if isinstance(row, Mapping) and isinstance(row.get("messages"), list):  # what add() takes
            text = "\n".join(str(one.get("content", "")) for one in row["messages"])
            own = row.get("metadata", {}).get("interplay", {}) if isinstance(row.get("metadata"), Mapping) else {}
            yield {"id": own.get("id") or f"{path.name}-{place}", "memory": text, **row}
        elif isinstance(row, Mapping):
            yield dict(row)


def _from_chroma(path: Path) -> Iterator[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    query = (
        "SELECT c.name, e.embedding_id, m.key, m.string_value, m.int_value, m.float_value, m.bool_value "
        "FROM embeddings e JOIN embedding_metadata m ON m.id = e.id "
        "JOIN segments s ON s.id = e.segment_id JOIN collections c ON c.id = s.collection ORDER BY e.id"
    )
    with closing(_opened(path)) as db:
        for collection, name, key, text, whole, real, flag in db.execute(query):
            if not collection.endswith(_ENTITIES):
                value = next((one for one in (text, whole, real) if one is not None), None)
                rows.setdefault(name, {"id": name})[key] = bool(flag) if flag is not None else value
    yield from rows.values()


def _read_history(path: Path, histories: dict[str, list[dict[str, Any]]], messages: list[dict[str, Any]]) -> None:
    with closing(_opened(path)) as db:
        db.row_factory = sqlite3.Row
        tables = _tables(path)
        if "history" in tables:
            for row in db.execute("SELECT * FROM history ORDER BY rowid"):
                histories.setdefault(row["memory_id"], []).append(dict(row))
        if "messages" in tables:
            messages.extend(dict(row) for row in db.execute("SELECT * FROM messages ORDER BY rowid"))


def _turn(row: Mapping[str, Any], settings: Settings) -> Record:
    """One of the last messages that mem0 keeps for each scope; the scope says whose they are."""
    scope = {key: values[0] for key, values in parse_qs(row["session_scope"] or "").items()}
    origin = f"mem0:{row['id']}"
    user = scope.get("user_id") or settings.user_id
    if not user:
        return Unmapped(origin=origin, why="a message of no user")
    if not row["content"]:
        return Unmapped(origin=origin, why="an empty message")
    return _said(
        origin, user, scope.get("run_id") or f"mem0:{row['session_scope']}", scope.get("agent_id", ""),
        interaction_pb2.InteractionData(
            role=row["role"] or "", speaker=row["name"] or "", content=row["content"], external_id=row["id"],
            occur_time=moment(row["created_at"]),
        ),
    )  # fmt: skip


def _said(origin: str, user: str, session: str, agent: str, data: interaction_pb2.InteractionData) -> Turn:
    whole = interaction_pb2.Interaction(
        user_id=user, session_id=session[:256], source="mem0", agent_id=agent, data=data
    )
    return Turn(origin=origin, request=f"import/{origin}", interaction=whole, old_id=origin)


def _mapped(row: Mapping[str, Any], history: Sequence[Mapping[str, Any]], settings: Settings) -> Iterator[Record]:
    text = str(row.get("memory") or row.get("data") or row.get("text") or "")
    origin = f"mem0:{row.get('id')}"
    metadata = {key: value for key, value in row.items() if key not in _OWN and value is not None}
    if isinstance(row.get("metadata"), Mapping):
        metadata |= row["metadata"]
    if isinstance(own := metadata.get("interplay"), Mapping) and (record := restored(own)):
        yield record
        return
    user, agent = str(row.get("user_id") or settings.user_id), str(row.get("agent_id") or "")
    created, expires = moment(row.get("created_at")), moment(row.get("expiration_date"))
    if not text:
        yield Unmapped(origin=origin, why="a memory without text")
    elif len(text) > MAX_TEXT:
        yield Unmapped(origin=origin, why=f"{len(text)} characters; a fact has at most {MAX_TEXT}")
    elif expires is not None and expires.ToSeconds() < settings.now.timestamp():
        yield Unmapped(origin=origin, why="expired in mem0")
    elif row.get("role") and user:
        data = interaction_pb2.InteractionData(
            role=str(row["role"]), speaker=str(row.get("actor_id") or ""), content=text,
            external_id=str(row.get("id")), occur_time=created, metadata=plain(metadata),
        )  # fmt: skip
        yield _said(origin, user, str(row.get("run_id") or f"mem0:user_id={user}"), agent, data)
    elif metadata.get("memory_type") == "procedural_memory" or (agent and not user):
        yield from _lesson(origin, text, user, agent, row)
    elif not user:
        yield Unmapped(origin=origin, why="a memory of no user and no agent; --user gives it one")
    else:
        known, dropped = features(
            {
                "id": row.get("id"), "created_at": row.get("created_at"), "updated_at": row.get("updated_at"),
                "agent_id": agent, "run_id": row.get("run_id"), "app_id": row.get("app_id"),
                "expiration_date": row.get("expiration_date"), "metadata": metadata, "history": _changes(history),
            },
            "mem0",
        )  # fmt: skip
        categories = tags_of(row.get("categories"))
        left = None if expires is None else expires.ToSeconds() - settings.now.timestamp()
        profile = profile_pb2.Profile(
            user_id=user, content=text, source="mem0", time_to_live=time_to_live(left),
            tags=[*categories, *origin_tags("mem0", origin)],
        )  # fmt: skip
        profile.custom_features.update(known)
        if dropped:
            yield Unmapped(origin=origin, why=f"too large to keep: {dropped}", whole=False)
        yield Fact(origin=origin, profile=profile)


def _lesson(origin: str, text: str, user: str, agent: str, row: Mapping[str, Any]) -> Iterator[Record]:
    tags = [*tags_of(row.get("categories")), *origin_tags("mem0", origin, moment(row.get("created_at")))]
    if user:
        mine = playbook_pb2.UserPlaybook(
            user_id=user,
            instruction=text,
            agent_id=agent,
            source="mem0",
            tags=tags,
            session_id=str(row.get("run_id") or ""),
        )
        yield Lesson(origin=origin, playbook=mine)
    else:
        yield Lesson(origin=origin, playbook=playbook_pb2.AgentPlaybook(instruction=text, agent_id=agent, tags=tags))
    if row.get("metadata"):
        yield Unmapped(origin=origin, why="metadata of a lesson has no place", whole=False)


def _changes(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a memory was before, the oldest first."""
    return [
        {"text": row["old_memory"], "until": row["updated_at"] or row["created_at"]}
        for row in history
        if row["event"] == "UPDATE" and row["old_memory"]
    ]
