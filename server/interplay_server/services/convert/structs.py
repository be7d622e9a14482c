"""google.protobuf.Struct to plain values and back, with the checks that the proto cannot state."""

import math
from typing import Any

import msgspec
from google.protobuf.struct_pb2 import Struct, Value

from interplay_server.domain.interaction import MAX_METADATA_BYTES
from interplay_server.errors import Violation

_MAX_DEPTH = 32


class _Bad(Exception):
    """Why a value cannot be taken."""


def to_plain(message: Struct, path: str, violations: list[Violation]) -> dict[str, Any] | None:
    """A plain dictionary; None for an empty one. Appends to `violations` what is wrong."""
    if not message.fields:
        return None
    try:
        plain = _fields(message, 0)
    except _Bad as bad:
        violations.append(Violation(path, str(bad)))
        return None
    if len(msgspec.json.encode(plain)) > MAX_METADATA_BYTES:
        violations.append(Violation(path, "must be at most 65536 bytes as JSON"))
        return None
    return plain


def _fields(message: Struct, depth: int) -> dict[str, Any]:
    if depth > _MAX_DEPTH:
        raise _Bad(f"must be nested at most {_MAX_DEPTH} deep")
    return {name: _value(value, depth + 1) for name, value in message.fields.items()}


def _value(value: Value, depth: int) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            if not math.isfinite(number):
                raise _Bad("every number must be finite")
            return int(number) if number.is_integer() and abs(number) < 2**53 else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return _fields(value.struct_value, depth)
        case "list_value":
            if depth > _MAX_DEPTH:
                raise _Bad(f"must be nested at most {_MAX_DEPTH} deep")
            return [_value(one, depth + 1) for one in value.list_value.values]
        case _:
            return None


def to_struct(plain: dict[str, Any] | None) -> Struct | None:
    if plain is None:
        return None
    message = Struct()
    message.update(plain)
    return message
