"""What is moved between systems: turns, facts and lessons as messages of Interplay, and what could not become one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.protobuf import json_format, timestamp_pb2
from google.protobuf.message import Message

from interplay.v1 import interaction_pb2, learning_pb2, playbook_pb2, profile_pb2

MAX_TEXT = 10_000
"""Characters of a fact or of one field of a lesson."""
MAX_FEATURES = 60_000
"""Bytes of JSON that custom_features is given at most; the server's limit is 64 KiB."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message, click or image. `interaction` holds user, session, source, agent and what was said."""

    origin: str
    """`system:id`, unique among the turns of a source."""
    request: str
    """Turns of one request are published together and in order, once."""
    interaction: interaction_pb2.Interaction
    old_id: str = ""
    """Under which facts and lessons of the source name it as evidence."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something known of a user. Evidence is named by `old_id` of turns."""

    origin: str
    profile: profile_pb2.Profile
    evidence: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Something that an agent is to do or to avoid."""

    origin: str
    playbook: playbook_pb2.UserPlaybook | playbook_pb2.AgentPlaybook
    approval: str = ""
    """approve or reject, for an agent playbook that was reviewed; empty for none."""
    evidence: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Unmapped:
    """A row of the source that becomes nothing, or a part of it that is left behind."""

    origin: str
    why: str
    whole: bool = True
    """False where the rest of the row is moved."""


Record = Turn | Fact | Lesson | Unmapped


class SourceError(ValueError):
    """The source is not what it is said to be."""


@dataclass
class Settings:
    """What a source does not say of itself."""

    user_id: str = ""
    """Person of rows that name none."""
    namespace: str = ""
    """Of a LangGraph store: where the user stands, for example `memories/{user}`."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Against which the expiry of rows is held."""


def origin_tags(system: str, origin: str, time: timestamp_pb2.Timestamp | None = None) -> list[str]:
    """Tags that say where a row came from; the second finds it again when the import is repeated."""
    tags = [f"from:{system}", origin_tag(origin)]
    return [*tags, f"origin-time:{time.ToJsonString()}"] if time is not None else tags


def origin_tag(origin: str) -> str:
    """At most 256 characters: a longer origin is known by its digest."""
    tag = f"origin:{origin}"
    return tag if len(tag) <= 256 else f"origin:{digest(origin)}"


def tags_of(values: Any) -> list[str]:
    """Tags of a source that fit: at most 90 of 1 to 256 characters, which leaves room for those of the origin."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return []
    return [str(one) for one in values if 1 <= len(str(one)) <= 256][:90]


def digest(*texts: str) -> str:
    """32 hexadecimal digits."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


def moment(value: Any) -> timestamp_pb2.Timestamp | None:
    """A time as ISO 8601 text, seconds since 1970 or a datetime; one without a zone is UTC. None where it is none."""
    if value in (None, ""):
        return None
    try:
        if isinstance(value, int | float):
            found = datetime.fromtimestamp(value, UTC)
        else:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(found.astimezone(UTC))
    return message


def time_to_live(left_seconds: float | None) -> Any:
    """Number of the shortest one that reaches as far as a row has left; None is without end."""
    days = {1: "ONE_DAY", 7: "ONE_WEEK", 30: "ONE_MONTH", 90: "ONE_QUARTER", 365: "ONE_YEAR"}
    left = float("inf") if left_seconds is None else left_seconds
    name = next((word for limit, word in days.items() if left <= limit * 86_400), "INFINITY")
    return learning_pb2.TimeToLive.Value(f"TIME_TO_LIVE_{name}")


def loads(text: str | bytes) -> Any:
    """JSON as messages can hold it: half a surrogate pair, which JSON lets through, becomes U+FFFD."""
    text = text.decode() if isinstance(text, bytes) else text
    value = json.loads(text)
    if "\\ud" not in text.lower():
        return value
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return json.loads(whole.decode("utf-16", "replace"))


def plain(value: Any) -> Any:
    """A value as JSON has it: what JSON lacks becomes text."""
    return json.loads(json.dumps(value, ensure_ascii=False, default=str, allow_nan=False))


def features(origin: Mapping[str, Any], system: str) -> tuple[dict[str, Any], str]:
    """`{system: origin}` for custom_features, empty values left out; and what was dropped because it is too large."""
    kept = {key: plain(value) for key, value in origin.items() if value not in (None, "", [], {})}
    dropped = []
    while kept and len(json.dumps(kept).encode()) > MAX_FEATURES:
        largest = max(kept, key=lambda key: len(json.dumps(kept[key])))
        del kept[largest]
        dropped.append(largest)
    return ({system: kept} if kept else {}), ", ".join(dropped)


def as_dict(message: Message) -> dict[str, Any]:
    """Proto JSON with the field names of the proto files."""
    fields: dict[str, Any] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return fields
