"""Takes everything out of a server: as JSON lines, for mem0, or into a LangGraph store."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from google.protobuf.message import Message

from interplay.client import AsyncInterplay
from interplay.moving.jsonl import FORMAT, VERSION
from interplay.moving.loading import ALL_LIFECYCLES
from interplay.moving.records import as_dict
from interplay.v1 import interaction_pb2, learning_pb2, playbook_pb2, profile_pb2

_KINDS = {
    interaction_pb2.Interaction: "interaction",
    profile_pb2.Profile: "profile",
    playbook_pb2.UserPlaybook: "user_playbook",
    playbook_pb2.AgentPlaybook: "agent_playbook",
}


async def exported(client: AsyncInterplay, user_id: str = "") -> AsyncIterator[Message]:
    """Interactions with their images and annotations, then profiles, user playbooks and agent playbooks.

    Of one user, or of the whole tenant. Each kind comes oldest first, so that an import keeps the order. Agent
    playbooks are nobody's, so they come with the tenant alone.
    """
    async for interaction in client.list_interactions(user_id=user_id, view="full", page_size=50):
        yield interaction
    profiles = client.list_profiles(user_id, lifecycles=ALL_LIFECYCLES, page_size=1000)
    for profile in reversed([row async for row in profiles]):
        yield profile
    lessons = client.list_user_playbooks(user_id, lifecycles=ALL_LIFECYCLES, page_size=1000)
    for lesson in reversed([row async for row in lessons]):
        yield lesson
    if not user_id:
        shared = client.list_agent_playbooks(lifecycles=ALL_LIFECYCLES, page_size=1000)
        for agent_lesson in reversed([row async for row in shared]):
            yield agent_lesson


def kind_of(message: Message) -> str:
    """interaction, profile, user_playbook or agent_playbook."""
    return _KINDS[type(message)]


def header(user_id: str = "") -> dict[str, Any]:
    """The first line of a file of JSON lines."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"kind": "header", "format": FORMAT, "version": VERSION, "user_id": user_id, "export_time": now}


def line(message: Message) -> dict[str, Any]:
    """A line of a file of JSON lines."""
    kind = kind_of(message)
    return {"kind": kind, kind: as_dict(message)}


def holds(message: Message) -> bool:
    """Whether it holds now: what was superseded, left or has expired is for JSON lines alone."""
    return getattr(message, "lifecycle", learning_pb2.LIFECYCLE_CURRENT) == learning_pb2.LIFECYCLE_CURRENT


def for_mem0(message: Message) -> dict[str, Any] | None:
    """Arguments of mem0's `Memory.add`: `for one in json.load(file): memory.add(**one)`. None for what has no place.

    `infer` is false, so mem0 stores the text as it is and asks no model.
    """
    if not holds(message):
        return None
    said: dict[str, Any]
    if isinstance(message, interaction_pb2.Interaction):
        if not message.data.content:
            return None
        role = "user" if message.role_class == interaction_pb2.ROLE_CLASS_USER else "assistant"
        one = {"role": role, "content": message.data.content}
        if message.data.speaker:
            one["name"] = message.data.speaker
        said = {"messages": [one], "user_id": message.user_id, "run_id": message.session_id}
    elif isinstance(message, profile_pb2.Profile):
        said = {"messages": [{"role": "user", "content": message.content}], "user_id": message.user_id}
        if message.HasField("expire_time"):
            said["expiration_date"] = message.expire_time.ToDatetime(UTC).date().isoformat()
    elif isinstance(message, playbook_pb2.UserPlaybook | playbook_pb2.AgentPlaybook):
        said = {
            "messages": [{"role": "assistant", "content": message.content}],
            "agent_id": message.agent_id or "default",
        }
        if isinstance(message, playbook_pb2.UserPlaybook):
            said["user_id"] = message.user_id
    else:
        return None
    return said | {"metadata": {"interplay": _own(message)}, "infer": False}


def for_langgraph(message: Message) -> tuple[tuple[str, ...], str, dict[str, Any]] | None:
    """Namespace, key and value of an item of a LangGraph store. A dot in a name is written %2E: labels have none."""
    if not holds(message):
        return None
    namespace: tuple[str, ...]
    if isinstance(message, interaction_pb2.Interaction):
        role = "user" if message.role_class == interaction_pb2.ROLE_CLASS_USER else "assistant"
        namespace = ("interactions", _label(message.user_id), _label(message.session_id))
        value: dict[str, Any] = {"role": role, "content": message.data.content}
        key = message.interaction_id
    elif isinstance(message, profile_pb2.Profile):
        namespace, key, value = ("memories", _label(message.user_id)), message.profile_id, {"content": message.content}
    elif isinstance(message, playbook_pb2.UserPlaybook):
        namespace, key = ("playbooks", _label(message.user_id)), message.playbook_id
        value = {"content": message.content}
    elif isinstance(message, playbook_pb2.AgentPlaybook):
        namespace, key = ("agents", _label(message.agent_id or "default"), "playbooks"), message.playbook_id
        value = {"content": message.content}
    else:
        return None
    return namespace, key, value | {"interplay": _own(message)}


def put_all(store: Any, messages: Iterator[Message]) -> int:
    """Puts what holds into a LangGraph BaseStore and says how many items that were. Run again, it overwrites them."""
    count = 0
    for message in messages:
        if item := for_langgraph(message):
            namespace, key, value = item
            store.put(namespace, key, value)
            count += 1
    return count


def _label(name: str) -> str:
    return quote(name, safe=" @+:/!~'()*,;=&$#[]|{}").replace(".", "%2E") if name else "nobody"


def _own(message: Any) -> dict[str, Any]:
    """The whole row, for the way back; without images and what the server makes anew."""
    name = getattr(message, "interaction_id", "") or getattr(message, "profile_id", "") or message.playbook_id
    whole = type(message)()
    whole.CopyFrom(message)
    if isinstance(whole, interaction_pb2.Interaction):
        whole.data.ClearField("image")
    else:
        for field in ("evidence", "origin", "etag"):
            if field in whole.DESCRIPTOR.fields_by_name:
                whole.ClearField(field)
    return {"id": name, kind_of(message): json.loads(json.dumps(as_dict(whole)))}
