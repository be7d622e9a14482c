"""Columns of the tables of what is learnt. What others filter or read is plain; the whole row stands as JSON."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from interplay_server.domain.learnt import AGENT_PLAYBOOK, PROFILE, USER_PLAYBOOK, Profile, Row, RowChange
from interplay_server.domain.ports import Vectors

TABLES: Final = {PROFILE: "profiles", USER_PLAYBOOK: "user_playbooks", AGENT_PLAYBOOK: "agent_playbooks"}
CHANGES: Final = "learning_changes"
_TIME = pa.timestamp("us", "UTC")
_TEXTS = (
    "user_id", "agent_id", "content", "search_text", "source", "category", "method", "arm", "ttl", "lesson", "approval",
    "superseded_by",
)  # fmt: skip
_encode = msgspec.json.Encoder().encode
_decode_row = msgspec.json.Decoder(Row).decode
_decode_change = msgspec.json.Decoder(RowChange).decode


def row_schema(dimension: int) -> pa.Schema:
    return pa.schema(
        [
            pa.field("row_id", pa.string(), nullable=False),
            *(pa.field(name, pa.string(), nullable=False) for name in _TEXTS),
            pa.field("generation", pa.int64(), nullable=False),
            pa.field("confidence", pa.float64(), nullable=False),
            pa.field("create_time", _TIME, nullable=False),
            pa.field("update_time", _TIME, nullable=False),
            pa.field("expire_time", _TIME),
            pa.field("end_time", _TIME),
            pa.field("record", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), dimension)),
        ]
    )


CHANGE_SCHEMA = pa.schema(
    [
        pa.field("change_id", pa.string(), nullable=False),
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("user_id", pa.string(), nullable=False),
        pa.field("change", pa.string(), nullable=False),
        pa.field("time", _TIME, nullable=False),
        pa.field("record", pa.string(), nullable=False),
    ]
)


def rows_to_arrow(rows: Sequence[Row], vectors: Vectors) -> pa.Table:
    """`vectors` is (len(rows), dimension) float32."""
    schema = row_schema(vectors.shape[1])
    columns: dict[str, Any] = {
        "row_id": [row.row_id for row in rows],
        **{name: [getattr(row, name, "") for row in rows] for name in _TEXTS if name not in {"method", "arm"}},
        "method": [row.origin.method for row in rows],
        "arm": [row.origin.arm for row in rows],
        "generation": [row.origin.generation for row in rows],
        "confidence": [row.confidence for row in rows],
        "create_time": [row.create_time for row in rows],
        "update_time": [row.update_time for row in rows],
        "expire_time": [row.expire_time() if isinstance(row, Profile) else None for row in rows],
        "end_time": [row.end_time for row in rows],
        "record": [_encode(row).decode() for row in rows],
    }
    flat = pa.array(vectors.reshape(-1))
    arrays = [
        pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        if field.name == "vector"
        else pa.array(columns[field.name], field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def rows_from_arrow(table: pa.Table) -> list[Row]:
    return [_decode_row(record) for record in table["record"].to_pylist()]


def changes_to_arrow(changes: Sequence[RowChange]) -> pa.Table:
    columns: dict[str, Any] = {
        name: [getattr(one, name) for one in changes] for name in CHANGE_SCHEMA.names if name != "record"
    }
    columns["record"] = [_encode(one).decode() for one in changes]
    return pa.Table.from_arrays(
        [pa.array(columns[field.name], field.type) for field in CHANGE_SCHEMA], schema=CHANGE_SCHEMA
    )


def changes_from_arrow(table: pa.Table) -> list[RowChange]:
    return [_decode_change(record) for record in table["record"].to_pylist()]
