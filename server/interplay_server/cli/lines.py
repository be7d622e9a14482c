"""Reads interactions from JSON lines: one object a line, an InteractionData in proto JSON beside where it belongs."""

import base64
import binascii
import json
import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.json_format import ParseDict, ParseError
from interplay.v1.interaction_pb2 import InteractionData, UserAction

from interplay_server.cli.times import parse_time, timestamp

MAX_NAME = 256
_OWN_FIELDS = {field.name for field in InteractionData.DESCRIPTOR.fields}


class Place(NamedTuple):
    """Where an interaction belongs. Lines of one place, one after the other, can share an append."""

    user_id: str = ""
    session_id: str = ""
    source: str = ""
    agent_version: str = ""
    agent_id: str = ""


class Line(NamedTuple):
    number: int
    place: Place
    data: InteractionData


class LineError(Exception):
    """A line that cannot be published. `field` is empty where the line as a whole is wrong."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}" if field else description)
        self.field = field
        self.description = description


def read_line(text: str, number: int, defaults: Place, now: datetime, folder: Path | None = None) -> Line:
    """The interaction of one line.

    Beside the fields of InteractionData: `occur_time` may be a distance from `now` (`-3d2h`), `user_action` a bare word
    (`click`), and `image_path` names a file, relative to `folder`, whose bytes become `image`. Raises LineError.
    """
    fields = _object(text)
    place = _place(fields, defaults)
    if unknown := sorted(fields.keys() - _OWN_FIELDS - {"image_path", *Place._fields}):
        raise LineError(unknown[0], "no such field")
    data = {name: value for name, value in fields.items() if name in _OWN_FIELDS and value is not None}
    moment, image = data.pop("occur_time", None), data.pop("image", None)
    if "user_action" in data:
        data["user_action"] = _action(data["user_action"])
    try:
        message = ParseDict(data, InteractionData())
    except ParseError as error:
        raise LineError("", _first_line(error)) from error
    if moment is not None:
        message.occur_time.CopyFrom(_occur_time(moment, now))
    if (content := _image(image, fields.get("image_path"), folder)) is not None:
        message.image = content
    return Line(number, place, message)


def _object(text: str) -> dict[str, Any]:
    def refuse(constant: str) -> float:
        raise LineError("", f"{constant} is not a JSON number")

    def number(digits: str) -> float:
        if not math.isfinite(value := float(digits)):
            raise LineError("", f"{digits} is too large a number")
        return value

    try:
        fields = json.loads(text, parse_constant=refuse, parse_float=number)
    except json.JSONDecodeError as error:
        raise LineError("", f"not JSON: {error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise LineError("", "not JSON: a number or a nesting beyond bounds") from error
    if not isinstance(fields, dict):
        raise LineError("", "not a JSON object")
    return fields


def _place(fields: Mapping[str, Any], defaults: Place) -> Place:
    """The server would refuse the whole append for a bad name; found here, it costs its own line alone."""
    values: list[str] = []
    for name in Place._fields:
        value = fields.get(name)
        if value is None or value == "":
            value = getattr(defaults, name)
        if not isinstance(value, str):
            raise LineError(name, "must be text")
        if len(value) > MAX_NAME:
            raise LineError(name, f"must be at most {MAX_NAME} characters")
        if not value.strip() and name in {"user_id", "session_id"}:
            raise LineError(name, "must not be empty")
        values.append(value)
    return Place(*values)


def _action(value: object) -> object:
    if isinstance(value, str) and not value.startswith("USER_ACTION_"):
        value = f"USER_ACTION_{value.upper()}"
    if isinstance(value, str) and value not in UserAction.keys():  # noqa: SIM118 - an enum wrapper, not a mapping
        words = ", ".join(name.removeprefix("USER_ACTION_").lower() for name in UserAction.keys()[1:])
        raise LineError("user_action", f"must be one of {words}")
    return value


def _occur_time(value: object, now: datetime) -> Any:
    if not isinstance(value, str):
        raise LineError("occur_time", "must be text")
    try:
        return timestamp(parse_time(value, now))
    except (ValueError, OverflowError) as error:
        raise LineError("occur_time", str(error)) from error


def _image(encoded: object, path: object, folder: Path | None) -> bytes | None:
    if path is not None:
        if encoded is not None:
            raise LineError("image_path", "excludes image")
        if not isinstance(path, str):
            raise LineError("image_path", "must be text")
        try:
            return ((folder or Path()) / path).read_bytes()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise LineError("image_path", f"{path}: {why}") from error
    if encoded is None:
        return None
    if not isinstance(encoded, str):
        raise LineError("image", "must be base64 text")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LineError("image", "is not base64") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("Failed to parse ").strip()
