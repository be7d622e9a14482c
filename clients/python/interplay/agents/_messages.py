"""Chat messages of any library in one form, and how they become interactions."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from interplay import types
from interplay.v1 import interaction_pb2

MAX_CONTENT = 1_000_000
MAX_URL = 2_048
MAX_IMAGE_BYTES = 8 * 2**20
_MAX_STRUCT_BYTES = 60_000
_MAX_LEVELS = 24
"""Of lists and mappings in each other; protobuf reads a hundred messages in each other, up to three to a level."""
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")


@dataclass
class Call:
    """A tool that the model asked for, and what came of it. `status` is empty as long as nothing did."""

    name: str
    arguments: Any = None
    call_id: str = ""
    result: Any = None
    status: str = ""


@dataclass
class Outcome:
    """What a tool gave back to the model."""

    call_id: str
    result: Any
    failed: bool = False
    name: str = ""
    """Only where the format knows calls by the tool's name."""


@dataclass
class Message:
    """One message. `role` is system, user or assistant; what tools gave back stands in `outcomes` of any role."""

    role: str
    text: str = ""
    images: list[str | bytes] = field(default_factory=list)
    """Addresses or bytes."""
    calls: list[Call] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    speaker: str = ""
    external_id: str = ""
    occur_time: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """Parts that an interaction cannot hold, each with its reason."""

    @property
    def speaks(self) -> bool:
        return bool(self.text or self.images)

    @property
    def digest(self) -> str:
        """Of what was said and called; the same for the same message in another library's words."""
        # A model is shown its own calls again with other spacing of the arguments.
        calls = [[call.name, jsonable(parsed(call.arguments))] for call in self.calls]
        outcomes = [[one.call_id, text_of(one.result)] for one in self.outcomes]
        images = [image if isinstance(image, str) else hashlib.sha256(image).hexdigest() for image in self.images]
        given = json.dumps([self.role, self.text, images, calls, outcomes], sort_keys=True)
        return hashlib.sha256(given.encode()).hexdigest()


def history_digest(messages: Iterable[Message]) -> str:
    """Of a conversation up to some point."""
    digest = hashlib.sha256()
    for message in messages:
        digest.update(message.digest.encode())
    return digest.hexdigest()


def interactions(
    messages: Iterable[Message], *, with_system: bool = False
) -> tuple[list[interaction_pb2.InteractionData], list[str]]:
    """The turns of a conversation, and what was left out and why.

    Tools called by a message that says nothing belong to the agent's next words; where none come they are a turn of
    their own. Each further image of a message is a row of its own.
    """
    turns = _Turns(with_system=with_system)
    for message in messages:
        turns.take(message)
    turns.end()
    rows: list[interaction_pb2.InteractionData] = []
    left_out = turns.left_out
    for message, calls in turns.found:
        made, reasons = _rows(message, calls)
        rows.extend(made)
        left_out.extend(reasons)
    return rows, left_out


class _Turns:
    """Finds whose words the calls of tools belong to."""

    def __init__(self, *, with_system: bool) -> None:
        self._with_system = with_system
        self.found: list[tuple[Message, list[Call]]] = []
        self.left_out: list[str] = []
        self._waiting: list[Call] = []
        self._silent: Message | None = None
        """The first message whose calls wait for words."""
        self._open: list[Call] = []

    def take(self, message: Message) -> None:
        self.left_out.extend(message.left_out)
        lost = sum(not _settle(self._open, outcome) for outcome in message.outcomes)
        self.left_out.extend(["a tool's result without its call"] * lost)
        if message.role == "assistant":
            self._agent(message)
        elif message.speaks and message.role == "system" and not self._with_system:
            self.left_out.append("a system message")
        elif message.speaks:
            self.end()
            self.found.append((message, []))

    def end(self) -> None:
        """Calls that no words followed are a turn of their own."""
        if self._silent is not None:
            self.found.append((self._silent, self._waiting))
        self._waiting, self._silent = [], None

    def _agent(self, message: Message) -> None:
        self._open.extend(message.calls)
        if message.speaks:
            self.found.append((message, [*self._waiting, *message.calls]))
            self._waiting, self._silent = [], None
        elif message.calls:
            self._waiting.extend(message.calls)
            self._silent = self._silent or message


def _settle(open_calls: list[Call], outcome: Outcome) -> bool:
    for call in open_calls:
        if (call.call_id == outcome.call_id) if outcome.call_id else (call.name == outcome.name and not call.status):
            call.result, call.status = outcome.result, "error" if outcome.failed else "ok"
            open_calls.remove(call)
            return True
    return False


def _rows(message: Message, calls: Sequence[Call]) -> tuple[list[interaction_pb2.InteractionData], list[str]]:
    roles = {"user": "User", "assistant": "Agent", "system": "System"}
    left_out: list[str] = []
    text = wellformed(message.text)
    if len(text) > MAX_CONTENT:
        left_out.append(f"what goes beyond {MAX_CONTENT} characters of a message")
        text = text[:MAX_CONTENT]
    row = interaction_pb2.InteractionData(
        role=roles.get(message.role, message.role)[:1000],
        content=text,
        speaker=wellformed(message.speaker)[:256],
        external_id=wellformed(message.external_id)[:256],
        tools_used=[_tool_use(call) for call in calls if call.name][:1000],
    )
    if message.metadata:
        row.metadata.update(bounded(message.metadata))
    if (moment := types.timestamp(message.occur_time)) is not None:
        row.occur_time.CopyFrom(moment)
    rows = [row]
    for place, image in enumerate(message.images):
        if reason := _unfit(image):
            left_out.append(reason)
            continue
        holder = row
        if row.image or row.interacted_image_url:
            holder = interaction_pb2.InteractionData(role=row.role, speaker=row.speaker)
            if row.external_id:
                holder.external_id = f"{row.external_id[:240]}/{place}"
            if row.HasField("occur_time"):
                holder.occur_time.CopyFrom(row.occur_time)
            rows.append(holder)
        if isinstance(image, bytes):
            holder.image = image
        else:
            holder.interacted_image_url = wellformed(image)
    return [made for made in rows if _holds(made)], left_out


def _holds(row: interaction_pb2.InteractionData) -> bool:
    return bool(row.content.strip() or row.image or row.interacted_image_url or row.tools_used)


def _unfit(image: str | bytes) -> str:
    if isinstance(image, str):
        return f"an image whose address is over {MAX_URL} characters" if len(image) > MAX_URL else ""
    if len(image) > MAX_IMAGE_BYTES:
        return f"an image of {len(image)} bytes, over {MAX_IMAGE_BYTES}"
    known = image.startswith(_IMAGES) or (image[:4] == b"RIFF" and image[8:12] == b"WEBP")
    return "" if known else "an image that is no JPEG, PNG, GIF or WebP"


def _tool_use(call: Call) -> interaction_pb2.ToolUse:
    use = interaction_pb2.ToolUse(tool_name=wellformed(call.name)[:256], status=wellformed(call.status)[:100])
    data: dict[str, Any] = {}
    if call.arguments not in (None, ""):
        data["arguments"] = jsonable(parsed(call.arguments))
    if call.status or call.result is not None:
        data["result"] = jsonable(parsed(call.result))
    if data:
        use.tool_data.update(bounded(data))
    return use


def bounded(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a Struct may hold: the longest values become the beginning of their text where all would be too long."""
    kept = {wellformed(str(name)): jsonable(value) for name, value in data.items()}
    while _size(kept) > _MAX_STRUCT_BYTES:
        name = max(kept, key=lambda one: _size(kept[one]))
        text = text_of(kept[name])
        allowed = max(0, _size(kept[name]) - (_size(kept) - _MAX_STRUCT_BYTES) - 100)
        if allowed == 0:
            del kept[name]
            continue
        cut = text.encode()[: allowed // 2].decode(errors="ignore")
        kept[name] = f"{cut}… (cut)"
    return kept


def _size(value: Any) -> int:
    return len(json.dumps(value).encode())


def parsed(value: Any) -> Any:
    """JSON that came as text, as providers give arguments of tools; other text as it is."""
    if not isinstance(value, str) or value[:1] not in "{[":
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(jsonable(value), ensure_ascii=False)


def jsonable(value: Any, levels: int = _MAX_LEVELS) -> Any:
    """What JSON can hold of a value, models of pydantic as their fields, everything else as its text.

    So is what lies deeper than `levels` lists or mappings.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return wellformed(value)
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if hasattr(value, "model_dump"):
        return jsonable(plain(value), levels)
    if levels and isinstance(value, Mapping):
        return {wellformed(str(name)): jsonable(one, levels - 1) for name, one in value.items()}
    if levels and isinstance(value, list | tuple | set | frozenset):
        return [jsonable(one, levels - 1) for one in value]
    return wellformed(str(value))


def wellformed(text: str) -> str:
    """A text that UTF-8 can hold: half a surrogate pair, which JSON lets through, becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def plain(value: Any) -> Any:
    """Messages as mappings and lists, whichever objects of a library they were."""
    if hasattr(value, "model_dump"):
        # Answers of models may hold kinds of parts that the library does not know yet.
        return value.model_dump(exclude_none=True, warnings=False)
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return value
    return [plain(one) for one in value]
