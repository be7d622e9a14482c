"""Shapes of the rows of an export: from a struct of the domain to one that refuses what it does not know, its JSON
Schema and its Arrow columns.
"""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pyarrow as pa

from interplay_server.domain.ids import new_ulid

INSTANTS = frozenset(
    {
        "publish_time", "occur_time", "create_time", "update_time", "end_time", "valid_from", "confirm_time", "time",
        "report_time", "first_time", "last_time", "evaluate_time", "judge_time", "timestamp", "created_at", "linked_at",
        "cancelled_at", "as_of", "newest_time", "last_updated", "link_time", "began_at", "opened_at", "updated_at",
        "closed_at", "acknowledged_at", "export_time",
    }
)  # fmt: skip
"""Integers of these names are microseconds since 1970, UTC; in Parquet they are timestamps."""
_INSTANT = pa.timestamp("us", "UTC")
_PLAIN: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.large_binary(),
}
_UNTOLD = frozenset({"sealing", "sealed_name", "envelope"})
"""Fields that say how something lies on the disk."""
_TIME, _ULID = 10, 26
"""Characters of an id that are its time, and of all of it."""
_json = msgspec.json.Encoder()
Convert = Callable[[Any], Any]


@cache
def shape(kind: Any, *more: tuple[str, Any, Any]) -> Any:
    """A struct like `kind`, a struct of the domain, that is an object in JSON, writes every field and refuses others;
    so are all structs in it. `more` are further fields as (name, type, default).
    """
    hints = typing.get_type_hints(kind, include_extras=True)
    fields: list[Any] = []
    for one in msgspec.structs.fields(kind):
        if one.name in _UNTOLD:
            continue
        inner = _inner(hints[one.name])
        if one.default is not msgspec.NODEFAULT:
            fields.append((one.name, inner, _default(one.default)))
        elif one.default_factory is not msgspec.NODEFAULT:
            fields.append((one.name, inner, msgspec.field(default_factory=one.default_factory)))
        else:
            fields.append((one.name, inner))
    fields += more
    return msgspec.defstruct(
        kind.__name__,
        fields,
        module=f"{kind.__module__}.{'row' if more else 'part'}",
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        tag=kind.__struct_config__.tag,
    )


def _default(value: Any) -> Any:
    """Defaults that are structs are made anew where one is missing."""
    if isinstance(value, msgspec.Struct):
        made = msgspec.convert(value, shape(type(value)), from_attributes=True)
        return msgspec.field(default_factory=lambda: made)
    if isinstance(value, Mapping):
        return msgspec.field(default_factory=dict)
    return value


def _inner(kind: Any) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return shape(kind)
    if origin in {Union, types.UnionType}:
        return Union[tuple(_inner(one) for one in inside)]  # noqa: UP007 - made of values
    if origin is tuple:
        return tuple[tuple(one if one is ... else _inner(one) for one in inside)]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict[str, _inner(inside[1])]  # type: ignore[misc]
    return kind


def row(value: Any, kind: Any) -> Any:
    """The row of a value of the domain."""
    return msgspec.convert(value, kind, from_attributes=True)


def domain(value: Any, kind: Any) -> Any:
    """The value of the domain that a row stands for. Raises msgspec.ValidationError."""
    return msgspec.convert(value, kind, from_attributes=True)


def json_line(value: Any) -> bytes:
    return _json.encode(value) + b"\n"


# --- schemas


def json_schema(name: str, about: str, kind: Any) -> dict[str, Any]:
    """Of one line of the table."""
    made = msgspec.json.schema(kind)
    told = f"{about} Instants are microseconds since 1970, UTC."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:interplay:user-export:{name}",
        "title": name,
        "description": told,
        **made,
    }


def arrow_schema(kind: Any) -> pa.Schema:
    return pa.schema([pa.field(name, made) for name, made, _ in _columns(kind)])


def arrow_table(kind: Any, rows: Sequence[Any]) -> pa.Table:
    made = [
        pa.array([None if (value := getattr(one, name)) is None else convert(value) for one in rows], arrow)
        for name, arrow, convert in _columns(kind)
    ]
    return pa.Table.from_arrays(made, schema=arrow_schema(kind))


@cache
def _columns(kind: Any) -> list[tuple[str, pa.DataType, Convert]]:
    hints = typing.get_type_hints(kind)
    return [(name, *_column(hints[name], name)) for name in kind.__struct_fields__]


def _column(kind: Any, name: str) -> tuple[pa.DataType, Convert]:
    """Arrow type and what makes its value; what has no type of its own is JSON in a string."""
    origin, inside = get_origin(kind), [one for one in get_args(kind) if one is not type(None)]
    if kind is int and name in INSTANTS:
        return _INSTANT, _same
    if kind in _PLAIN:
        return _PLAIN[kind], _same
    if origin is Literal:
        return pa.string(), _same
    if isinstance(kind, type) and issubclass(kind, Enum):
        return pa.int64() if issubclass(kind, int) else pa.string(), lambda value: value.value
    if origin in {Union, types.UnionType} and len(inside) == 1:
        return _column(inside[0], name)
    if origin is tuple and len(inside) == 2 and inside[1] is ...:
        item, convert = _column(inside[0], name)
        return pa.list_(item), lambda value: [convert(one) for one in value]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        parts = _columns(kind)
        return pa.struct([pa.field(part, made) for part, made, _ in parts]), lambda value: {
            part: None if (one := getattr(value, part)) is None else convert(one) for part, _, convert in parts
        }
    return pa.string(), lambda value: _json.encode(value).decode()


def _same(value: Any) -> Any:
    return value


# --- ids


def renewed(ids: Sequence[str]) -> dict[str, str]:
    """New ids for old ones, in the same order: an id begins with its time and says nothing else."""
    ends = sorted(new_ulid()[_TIME:] for _ in ids)
    return {
        old: (old[:_TIME] if len(old) == _ULID else new_ulid()[:_TIME]) + end
        for old, end in zip(sorted(ids), ends, strict=True)
    }
