"""Interactions as a program writes them, and how they become messages."""

import base64
import binascii
import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import json_format, struct_pb2, timestamp_pb2
from google.protobuf.message import Message

from interplay.v1 import interaction_pb2

_M = TypeVar("_M", bound=Message)

Time = datetime | str | timestamp_pb2.Timestamp | None
"""A moment with a time zone, ISO 8601 text, or a message; None is absent."""
Word = str | int | None
"""An enum value as a bare word (`user`), full name or number; None is unspecified."""
USER_ROLES = frozenset({"", "user", "customer", "client", "human", "end_user", "visitor"})
"""Lower-case roles of the user's side."""
SYSTEM_ROLES = frozenset({"system", "tool", "admin", "developer"})
"""Lower-case roles of neither side; every other role is the agent's."""


class UserActionType(StrEnum):
    """What the user did in the interface."""

    NONE = "none"
    CLICK = "click"
    SCROLL = "scroll"
    TYPE = "type"
    VIEW = "view"
    SUBMIT = "submit"


@dataclass(kw_only=True)
class InteractionData:
    """One turn, click, image or tool use. Limits are those of `interplay.v1.InteractionData`.

    Raises TypeError or ValueError where a value cannot become a message; other rules are the server's.
    """

    role: str = "User"
    """Free text; user, customer, client, human, end_user and visitor are the user's side."""
    content: str = ""
    """What was said and shown."""
    shadow_content: str = ""
    """Alternative agent answer that was not shown."""
    expert_content: str = ""
    """A human expert's ideal answer."""
    user_action: UserActionType | str | int = UserActionType.NONE
    """What the user did; any value but NONE needs user_action_description."""
    user_action_description: str = ""
    """What the action was about."""
    interacted_image_url: str = ""
    """Address of an image; excludes the image itself."""
    image_encoding: str = ""
    """The image as base64, with or without a `data:` prefix; excludes `image`."""
    image: bytes | str | os.PathLike[str] | None = None
    """The image as bytes, or the path of a file that is read at once."""
    speaker: str = ""
    """Name of who speaks."""
    external_id: str = ""
    """The publisher's own id."""
    occur_time: Time = None
    """When it happened, with a time zone, or as ISO 8601; None means the time of publication."""
    tools_used: Sequence[Any] = ()
    """ToolUse messages, mappings {tool_name, tool_data, status} or names."""
    citations: Sequence[Any] = ()
    """Citation messages or mappings {kind, real_id, tag, title}; a kind may be a bare word (`profile`)."""
    retrieved_learnings: Sequence[Any] = ()
    """RetrievedLearning messages or mappings {kind, learning_id, exposure_receipt}."""
    product_ref: Any = None
    """A ProductRef message, a mapping {product_id, event_type} or a product's id."""
    metadata: Mapping[str, Any] | None = None
    """Anything else that JSON can hold."""

    def __post_init__(self) -> None:
        if isinstance(self.image, str | os.PathLike):
            self.image = Path(self.image).read_bytes()

    def to_proto(self) -> interaction_pb2.InteractionData:
        """The message to send."""
        message = interaction_pb2.InteractionData(user_action=user_action(self.user_action))
        for name in _TEXTS:
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{name} must be text, not {type(value).__name__}")
            setattr(message, name, value or "")
        if (image := self._image()) is not None:
            message.image = image
        if (moment := timestamp(self.occur_time, "occur_time")) is not None:
            message.occur_time.CopyFrom(moment)
        for name, kind, key in _LISTS:
            getattr(message, name).extend(_sub(kind, value, name, key) for value in getattr(self, name) or ())
        if self.product_ref is not None:
            message.product_ref.CopyFrom(
                _sub(interaction_pb2.ProductRef, self.product_ref, "product_ref", "product_id")
            )
        if (metadata := struct(self.metadata)) is not None:
            message.metadata.CopyFrom(metadata)
        return message

    def _image(self) -> bytes | None:
        if not self.image_encoding:
            if self.image is not None and not isinstance(self.image, bytes):
                raise TypeError(f"image must be bytes or a path, not {type(self.image).__name__}")
            return self.image
        if self.image is not None:
            raise ValueError("give either image or image_encoding")
        encoded = self.image_encoding
        if encoded.startswith("data:"):
            encoded = encoded.partition(",")[2]
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("image_encoding is not base64") from error


_TEXTS = (
    "role", "content", "shadow_content", "expert_content", "user_action_description", "interacted_image_url",
    "speaker", "external_id",
)  # fmt: skip
_LISTS = (
    ("tools_used", interaction_pb2.ToolUse, "tool_name"),
    ("citations", interaction_pb2.Citation, ""),
    ("retrieved_learnings", interaction_pb2.RetrievedLearning, ""),
)
FIELDS = frozenset(field.name for field in fields(InteractionData))

InteractionLike = InteractionData | interaction_pb2.InteractionData | Mapping[str, Any]
"""Whatever can be published: the dataclass, its message, or a mapping with the fields of the dataclass."""


def interaction(value: InteractionLike) -> interaction_pb2.InteractionData:
    """The message of anything that can be published. Raises TypeError for anything else, naming unknown keys."""
    if isinstance(value, interaction_pb2.InteractionData):
        return value
    if isinstance(value, InteractionData):
        return value.to_proto()
    if not isinstance(value, Mapping):
        raise TypeError(f"an interaction is an InteractionData or a mapping, not {type(value).__name__}")
    refuse_unknown(value, FIELDS, "interaction")
    return InteractionData(**{name: given for name, given in value.items() if given is not None}).to_proto()


def interactions(values: InteractionLike | Iterable[InteractionLike]) -> list[interaction_pb2.InteractionData]:
    """The messages of one or several interactions."""
    if isinstance(values, InteractionData | interaction_pb2.InteractionData | Mapping):
        return [interaction(values)]
    return [interaction(value) for value in values]


def refuse_unknown(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raises TypeError that names every key of `given` that is not in `known`, and what may have been meant."""
    known = sorted(known)
    hints = []
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            hints.append(f"{name!r} (did you mean {near[0]!r}?)" if near else repr(name))
    if hints:
        raise TypeError(f"unknown field of an {what}: {', '.join(hints)}")


def enum_value(enum: Any, prefix: str, value: Word, what: str) -> Any:
    """Number of an enum value given as number, bare word (`click`) or full name; None is 0. Raises ValueError.

    Any, since the stubs of messages ask for classes of enums that do not exist at run time.
    """
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    name = value.upper()
    name = name if name.startswith(prefix) else prefix + name
    numbers = dict(enum.items())
    if name not in numbers:
        words = ", ".join(known.removeprefix(prefix).lower() for known, number in numbers.items() if number)
        raise ValueError(f"{what} must be one of {words}, not {value!r}")
    return numbers[name]


def user_action(value: Word) -> Any:
    return enum_value(interaction_pb2.UserAction, "USER_ACTION_", value, "user_action")


def role_class(value: Word) -> Any:
    return enum_value(interaction_pb2.RoleClass, "ROLE_CLASS_", value, "role_class")


def learn_from(value: Word) -> Any:
    return enum_value(interaction_pb2.LearnFrom, "LEARN_FROM_", value, "learn_from")


def thumb(value: Word) -> Any:
    return enum_value(interaction_pb2.Thumb, "THUMB_", value, "thumb")


def timestamp(value: Time, what: str = "time") -> timestamp_pb2.Timestamp | None:
    """A moment as a message; None stays None. Raises ValueError for one without a time zone: it could be any."""
    if value is None or isinstance(value, timestamp_pb2.Timestamp):
        return value
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise TypeError(f"{what} must be a datetime, not {type(value).__name__}")
    if value.tzinfo is None:
        raise ValueError(f"{what} needs a time zone, for example datetime.now(timezone.utc)")
    message = timestamp_pb2.Timestamp()
    message.FromDatetime(value.astimezone(UTC))
    return message


def struct(value: Mapping[str, Any] | struct_pb2.Struct | None) -> struct_pb2.Struct | None:
    """A mapping as a message; None stays None. Raises ValueError for what JSON cannot hold."""
    if value is None or isinstance(value, struct_pb2.Struct):
        return value
    message = struct_pb2.Struct()
    message.update(dict(value))
    return message


def _sub(kind: type[_M], value: Any, what: str, key: str) -> _M:
    if isinstance(value, kind):
        return value
    if isinstance(value, str) and key:
        value = {key: value}
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} takes {kind.__name__} or a mapping, not {type(value).__name__}")
    given = {name: item for name, item in value.items() if item is not None}
    refuse_unknown(given, (field.name for field in kind.DESCRIPTOR.fields), f"entry of {what}")
    if "kind" in given:
        given["kind"] = enum_value(interaction_pb2.LearningKind, "LEARNING_KIND_", given["kind"], f"{what}.kind")
    try:
        return json_format.ParseDict(given, kind())
    except json_format.ParseError as error:
        raise ValueError(f"{what}: {error}") from error
