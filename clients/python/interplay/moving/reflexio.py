"""Reads what Reflexio keeps: its SQLite file, and JSON of its API, its command line or its models, older names too."""

import base64
import binascii
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from google.protobuf import json_format, struct_pb2

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
)
from interplay.v1 import interaction_pb2, learning_pb2, playbook_pb2, profile_pb2

# Kinds of rows, and under which keys or table names they are found. The first name is that of today.
_KINDS = {
    "requests": ("requests",),
    "interactions": ("interactions", "user_interactions"),
    "profiles": ("user_profiles", "profiles"),
    "user_playbooks": ("user_playbooks", "raw_feedbacks"),
    "agent_playbooks": ("agent_playbooks", "feedbacks"),
}
_OLDER = {
    "request_group": "session_id", "when_condition": "trigger", "raw_feedback_id": "user_playbook_id",
    "feedback_id": "agent_playbook_id", "feedback_name": "playbook_name", "feedback_content": "content",
    "feedback_status": "playbook_status", "profile_content": "content",
}  # fmt: skip
_ACTIONS: dict[str, Any] = {"click": 2, "scroll": 3, "type": 4, "view": 5, "submit": 6}
_COLUMNS_OF_JSON = (
    "custom_features", "tags", "source_interaction_ids", "extractor_names", "tools_used", "citations",
    "retrieved_learnings", "blocking_issue",
)  # fmt: skip

Rows = dict[str, dict[str, dict[str, Any]]]


def read_reflexio(sources: Sequence[str | Path], settings: Settings | None = None) -> Iterator[Record]:
    """Everything in files of Reflexio, or in folders of them; each row once.

    Raises SourceError where a source holds nothing of Reflexio.
    """
    settings = settings or Settings()
    rows: Rows = {kind: {} for kind in _KINDS}
    for source in map(Path, sources):
        if not source.exists():
            raise SourceError(f"{source}: no such file or folder")
        found = sum(_read(path, rows) for path in (sorted(source.rglob("*")) if source.is_dir() else [source]))
        if not found:
            raise SourceError(f"{source}: nothing of Reflexio in it")
    ordered = sorted(rows["interactions"].values(), key=_when)
    for row in ordered:
        yield from _turn(row, rows["requests"].get(str(row.get("request_id")), {}), settings)
    for row in rows["profiles"].values():
        yield from _fact(row, settings)
    for row in rows["user_playbooks"].values():
        yield from _user_lesson(row, rows["requests"].get(str(row.get("request_id")), {}), settings)
    for row in rows["agent_playbooks"].values():
        yield from _agent_lesson(row)


def _read(path: Path, rows: Rows) -> int:
    if not path.is_file():
        return 0
    if path.suffix in {".db", ".sqlite", ".sqlite3"}:
        return _read_database(path, rows)
    if path.suffix == ".jsonl":
        text = path.read_text(encoding="utf-8")
        return sum(_take(_json_of(line, path), rows) for line in text.splitlines() if line.strip())
    if path.suffix == ".json":
        return _take(_json_of(path.read_text(encoding="utf-8"), path), rows)
    return 0


def _json_of(text: str, path: Path) -> Any:
    try:
        return loads(text)
    except ValueError as error:
        raise SourceError(f"{path}: not JSON: {error}") from error


def _read_database(path: Path, rows: Rows) -> int:
    found = 0
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for kind, names in _KINDS.items():
            for name in tables.intersection(names):
                for row in db.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - names are those of _KINDS
                    found += _keep(kind, _decoded(dict(row)), rows)
    return found


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    for name in _COLUMNS_OF_JSON:
        if isinstance(text := row.get(name), str):
            try:
                row[name] = loads(text)
            except ValueError:
                row[name] = None
    return row


def _take(held: Any, rows: Rows) -> int:
    """Rows of an answer, wherever they stand: `{"interactions": [...]}`, `{"ok": true, "data": [...]}`, a list."""
    found = 0
    if isinstance(held, list):
        return sum(_take(one, rows) for one in held)
    if not isinstance(held, Mapping):
        return 0
    row = {_OLDER.get(str(key), str(key)): value for key, value in held.items()}
    if kind := _kind_of(row):
        found += _keep(kind, row, rows)
    for key, value in held.items():
        if isinstance(value, list | Mapping) and key not in _COLUMNS_OF_JSON:
            # Feedback of old shape says only by the list that holds it which kind it is.
            if key in {"raw_feedbacks", "feedbacks"} and isinstance(value, list):
                kind = "user_playbooks" if key == "raw_feedbacks" else "agent_playbooks"
                found += sum(_keep(kind, one, rows) for one in value if isinstance(one, Mapping))
            else:
                found += _take(value, rows)
    return found


def _kind_of(row: Mapping[str, Any]) -> str | None:
    marks = {
        "profiles": "profile_id", "agent_playbooks": "agent_playbook_id", "user_playbooks": "user_playbook_id",
        "interactions": "interaction_id",
    }  # fmt: skip
    for kind, mark in marks.items():
        if mark in row:
            return kind
    return "requests" if {"request_id", "session_id", "user_id"} <= row.keys() else None


def _keep(kind: str, row: Mapping[str, Any], rows: Rows) -> int:
    row = {_OLDER.get(key, key): value for key, value in row.items()}
    names = {
        "requests": "request_id", "interactions": "interaction_id", "profiles": "profile_id",
        "user_playbooks": "user_playbook_id", "agent_playbooks": "agent_playbook_id",
    }  # fmt: skip
    name = row.get(names[kind])
    # The models give 0 where the storage has not yet given an id; the text is all that tells two of these apart.
    key = str(name) if name not in (None, 0, "") else f"{row.get('request_id', '')}:{row.get('content')}"
    rows[kind].setdefault(key, row | {"_key": key})
    return 1


def _when(row: Mapping[str, Any]) -> tuple[int, int]:
    time = moment(row.get("created_at"))
    number = str(row.get("interaction_id") or 0)
    return (time.ToNanoseconds() if time else 0, int(number) if number.isdigit() else 0)


def _turn(row: Mapping[str, Any], request: Mapping[str, Any], settings: Settings) -> Iterator[Record]:
    origin = f"reflexio:interaction:{row['_key']}"
    user = str(row.get("user_id") or request.get("user_id") or settings.user_id)
    if not user:
        yield Unmapped(origin=origin, why="an interaction of no user")
        return
    data = interaction_pb2.InteractionData(
        role=row.get("role") or "User", content=row.get("content") or "", external_id=str(row["_key"]),
        user_action=_ACTIONS.get(str(row.get("user_action") or "").lower(), 0),
        user_action_description=row.get("user_action_description") or "",
        interacted_image_url=row.get("interacted_image_url") or "", shadow_content=row.get("shadow_content") or "",
        expert_content=row.get("expert_content") or "", occur_time=moment(row.get("created_at")),
    )  # fmt: skip
    left = [*_image(data, row), *_tools(data, row.get("tools_used") or ())]
    left += _references(data, row.get("citations") or (), row.get("retrieved_learnings") or ())
    for why in left:
        yield Unmapped(origin=origin, why=why, whole=False)
    if not data.ByteSize() or not any((data.content, data.user_action, data.image, data.interacted_image_url,
                                       data.shadow_content, data.expert_content, data.tools_used)):  # fmt: skip
        yield Unmapped(origin=origin, why="an interaction with nothing in it")
        return
    asked = str(row.get("request_id") or row["_key"])
    session = str(row.get("session_id") or request.get("session_id") or f"reflexio:{asked}")
    whole = interaction_pb2.Interaction(
        user_id=user, session_id=session, source=_source(request.get("source")), data=data,
        agent_version=request.get("agent_version") or "", evaluation_only=bool(request.get("evaluation_only")),
    )  # fmt: skip
    yield Turn(
        origin=origin, request=f"import/reflexio:{asked}", interaction=whole, old_id=str(row.get("interaction_id"))
    )


def _source(value: Any) -> str:
    return f"reflexio:{value}" if value else "reflexio"


def _image(data: interaction_pb2.InteractionData, row: Mapping[str, Any]) -> list[str]:
    if not (encoded := row.get("image_encoding")):
        return []
    if data.interacted_image_url:
        return ["the image: it has an address too, and one of the two is kept"]
    try:
        data.image = base64.b64decode(str(encoded).rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return ["the image, which is not base64"]
    return []


def _tools(data: interaction_pb2.InteractionData, tools: Iterable[Any]) -> list[str]:
    left = []
    for tool in tools:
        if not isinstance(tool, Mapping) or not tool.get("tool_name"):
            left.append("a tool without a name")
            continue
        used = data.tools_used.add(tool_name=str(tool["tool_name"])[:256], status=str(tool.get("status") or "")[:100])
        if tool.get("tool_data"):
            used.tool_data.CopyFrom(json_format.ParseDict(plain(tool["tool_data"]), struct_pb2.Struct()))
    return left


def _references(data: interaction_pb2.InteractionData, citations: Iterable[Any], retrieved: Iterable[Any]) -> list[str]:
    """Memories are named by the ids that they had; a kind that is not told is that of a user playbook."""
    kinds: dict[str, Any] = {"profile": 1, "user_playbook": 2, "playbook": 2, "agent_playbook": 3}
    left = []
    for one in citations:
        if isinstance(one, Mapping) and one.get("kind") in kinds and one.get("real_id"):
            data.citations.add(
                kind=kinds[one["kind"]], real_id=f"reflexio:{one['real_id']}", tag=str(one.get("tag") or ""),
                title=str(one.get("title") or ""),
            )  # fmt: skip
        else:
            left.append("a citation without kind and id")
    for one in retrieved:
        if isinstance(one, Mapping) and one.get("kind") in kinds and one.get("learning_id"):
            data.retrieved_learnings.add(kind=kinds[one["kind"]], learning_id=f"reflexio:{one['learning_id']}")
        else:
            left.append("a retrieved learning without kind and id")
    return left


def _gone(row: Mapping[str, Any]) -> str:
    """Why a row is not moved as something that holds; empty where it does."""
    status = str(row.get("status") or "").lower()
    if status in {"", "none", "current"}:
        return ""
    return f"{status.replace('_', ' ')} in Reflexio"


def _fact(row: Mapping[str, Any], settings: Settings) -> Iterator[Record]:
    origin = f"reflexio:{row['_key']}"
    user, text = str(row.get("user_id") or settings.user_id), row.get("content") or ""
    expires = moment(row.get("expiration_timestamp"))
    why = _gone(row) or _unfit(text)
    if not why and not user:
        why = "a profile of no user"
    if not why and expires is not None and expires.ToSeconds() < settings.now.timestamp():
        why = "expired in Reflexio"
    if why:
        yield Unmapped(origin=origin, why=why)
        return
    word = f"TIME_TO_LIVE_{str(row.get('profile_time_to_live') or 'infinity').upper()}"
    lives: Any = dict(learning_pb2.TimeToLive.items()).get(word, learning_pb2.TIME_TO_LIVE_INFINITY)
    profile = profile_pb2.Profile(
        user_id=user, content=text, source=_source(row.get("source")), notes=str(row.get("notes") or "")[:MAX_TEXT],
        time_to_live=lives,
        tags=[*tags_of(row.get("tags")), *origin_tags("reflexio", origin)],
    )  # fmt: skip
    kept = ("last_modified_timestamp", "generated_from_request_id", "custom_features", "extractor_names", "source_span",
            "reader_angle", "expanded_terms", "created_at")  # fmt: skip
    known, dropped = features({"id": row.get("profile_id")} | {name: row.get(name) for name in kept}, "reflexio")
    profile.custom_features.update(known)
    if dropped:
        yield Unmapped(origin=origin, why=f"too large to keep: {dropped}", whole=False)
    yield Fact(origin=origin, profile=profile, evidence=[str(one) for one in row.get("source_interaction_ids") or ()])


def _unfit(text: str) -> str:
    if not text:
        return "no text"
    return f"{len(text)} characters; at most {MAX_TEXT} fit" if len(text) > MAX_TEXT else ""


def _said_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that both kinds of lessons have. Old feedback names what to do and what not to do apart."""
    blocking = row.get("blocking_issue")
    fields: dict[str, Any] = {
        "trigger": row.get("trigger") or "", "instruction": row.get("do_action") or row.get("content") or "",
        "pitfall": row.get("do_not_action") or "", "rationale": row.get("rationale") or "",
    }  # fmt: skip
    if isinstance(blocking, Mapping) and blocking.get("kind"):
        kind: Any = dict(playbook_pb2.BlockingKind.items()).get(f"BLOCKING_KIND_{str(blocking['kind']).upper()}", 0)
        fields["blocking_issue"] = playbook_pb2.BlockingIssue(kind=kind, details=str(blocking.get("details") or ""))
    return fields


def _user_lesson(row: Mapping[str, Any], request: Mapping[str, Any], settings: Settings) -> Iterator[Record]:
    origin = f"reflexio:user_playbook:{row['_key']}"
    fields, user = _said_of(row), str(row.get("user_id") or request.get("user_id") or settings.user_id)
    if why := _gone(row) or _unfit(fields["instruction"]) or ("" if user else "a playbook of no user"):
        yield Unmapped(origin=origin, why=why)
        return
    playbook = playbook_pb2.UserPlaybook(
        user_id=user, agent_version=row.get("agent_version") or "", source=_source(row.get("source")),
        session_id=request.get("session_id") or "", tags=_lesson_tags(row, origin), **fields,
    )  # fmt: skip
    if row.get("notes"):
        yield Unmapped(origin=origin, why="notes of a playbook have no place", whole=False)
    yield Lesson(
        origin=origin, playbook=playbook, evidence=[str(one) for one in row.get("source_interaction_ids") or ()]
    )


def _agent_lesson(row: Mapping[str, Any]) -> Iterator[Record]:
    origin = f"reflexio:agent_playbook:{row['_key']}"
    fields = _said_of(row)
    if why := _gone(row) or _unfit(fields["instruction"]):
        yield Unmapped(origin=origin, why=why)
        return
    status = str(row.get("playbook_status") or "").lower()
    tags = _lesson_tags(row, origin)
    if row.get("agent_version"):
        tags.append(f"agent-version:{row['agent_version']}"[:256])
    approval = {"approved": "approve", "rejected": "reject"}.get(status, "")
    yield Lesson(origin=origin, playbook=playbook_pb2.AgentPlaybook(tags=tags, **fields), approval=approval)


def _lesson_tags(row: Mapping[str, Any], origin: str) -> list[str]:
    named = [f"playbook:{row['playbook_name']}"[:256]] if row.get("playbook_name") else []
    return [*tags_of(row.get("tags")), *named, *origin_tags("reflexio", origin, moment(row.get("created_at")))]
