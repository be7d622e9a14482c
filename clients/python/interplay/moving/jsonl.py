"""Interplay's own file of memories: JSON lines, each `{"kind": …, KIND: proto JSON}`, the first of them a header."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from interplay.moving.records import Fact, Lesson, Record, Settings, SourceError, Turn, Unmapped, loads
from interplay.v1 import interaction_pb2, learning_pb2, playbook_pb2, profile_pb2

FORMAT, VERSION = "interplay-memories", 1
KINDS: dict[str, type[Message]] = {
    "interaction": interaction_pb2.Interaction,
    "profile": profile_pb2.Profile,
    "user_playbook": playbook_pb2.UserPlaybook,
    "agent_playbook": playbook_pb2.AgentPlaybook,
}


def read_interplay(sources: Sequence[str | Path], settings: Settings | None = None) -> Iterator[Record]:
    """Everything in files of `interplay export-memories`: interactions first, as the files have them.

    Raises SourceError where a file is not such a file, or of a version that is not known.
    """
    del settings  # these files say everything themselves
    for source in map(Path, sources):
        if not source.is_file():
            raise SourceError(f"{source}: no such file")
        with source.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    held = loads(line)
                    record = _record(held, first=number == 1)
                except (ValueError, KeyError, TypeError, json_format.ParseError) as error:
                    raise SourceError(f"{source}:{number}: {error}") from error
                if record is not None:
                    yield record


def _record(held: dict[str, Any], *, first: bool) -> Record | None:
    kind = held["kind"]
    if first:
        if kind != "header" or held.get("format") != FORMAT:
            raise ValueError(f"the first line is no header of {FORMAT}")
        if held.get("version") != VERSION:
            raise ValueError(f"version {held.get('version')} of {FORMAT}; this client reads {VERSION}")
        return None
    message = json_format.ParseDict(held[kind], KINDS[kind](), ignore_unknown_fields=True)
    if isinstance(message, interaction_pb2.Interaction):
        asked = message.request_id
        return Turn(
            origin=f"interplay:{message.interaction_id}",
            request=asked if asked.startswith("import/") else f"import/interplay:{asked}",
            interaction=message, old_id=message.interaction_id,
        )  # fmt: skip
    return _learnt(message)


def restored(own: Mapping[str, Any]) -> Record | None:
    """The row that `for_mem0` or `for_langgraph` put beside a text under `interplay`; None where there is none."""
    kind = next((kind for kind in KINDS if isinstance(own.get(kind), Mapping)), None)
    return _record({"kind": kind, kind: dict(own[kind])}, first=False) if kind else None


def _learnt(message: Any) -> Record:
    name = message.profile_id if isinstance(message, profile_pb2.Profile) else message.playbook_id
    origin = f"interplay:{name}"
    if message.lifecycle not in {learning_pb2.LIFECYCLE_UNSPECIFIED, learning_pb2.LIFECYCLE_CURRENT}:
        word = learning_pb2.Lifecycle.Name(message.lifecycle).removeprefix("LIFECYCLE_").lower()
        return Unmapped(origin=origin, why=f"{word} where it was exported")
    if isinstance(message, profile_pb2.Profile):
        return Fact(origin=origin, profile=message, evidence=list(message.source_interaction_ids))
    if isinstance(message, playbook_pb2.UserPlaybook):
        return Lesson(origin=origin, playbook=message, evidence=list(message.source_interaction_ids))
    decided = {playbook_pb2.APPROVAL_STATUS_APPROVED: "approve", playbook_pb2.APPROVAL_STATUS_REJECTED: "reject"}
    return Lesson(origin=origin, playbook=message, approval=decided.get(message.approval_status, ""))
