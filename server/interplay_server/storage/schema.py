"""Columns of the LanceDB tables, and rows to and from Arrow.

Every column is plain, so that DuckDB, Polars or Spark can read a tenant's folder; only what few interactions carry
stands in one JSON column. Times are timestamps in microseconds, UTC.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.content_policy import MARK, Cells, Unsealed
from interplay_server.domain.images import ImageRef
from interplay_server.domain.interaction import (
    Annotation,
    BatchHeader,
    Details,
    Interaction,
    InteractionData,
    StoredAnnotation,
)
from interplay_server.domain.ports import Vectors

INTERACTIONS, ANNOTATIONS, IMAGES = "interactions", "annotations", "images"
TABLE_VERSION: Final = 1
_TIME = pa.timestamp("us", "UTC")
NO_CELLS: Mapping[int, Cells] = MappingProxyType({})
NO_UNSEALED: Mapping[int, Unsealed] = MappingProxyType({})


class _Details(msgspec.Struct, frozen=True, omit_defaults=True):
    data: Details | None = None
    request_metadata: dict[str, Any] | None = None


_encode_details = msgspec.json.Encoder().encode
_decode_details = msgspec.json.Decoder(_Details).decode


def interaction_schema(dimension: int) -> pa.Schema:
    text = [
        "interaction_id", "user_id", "session_id", "request_id", "source", "agent_id", "agent_version", "learn_from",
        "role", "role_class", "speaker", "external_id", "content", "shadow_content", "expert_content", "user_action",
        "user_action_description", "image_url", "search_text",
    ]  # fmt: skip
    optional = [
        pa.field("occur_time", _TIME),
        pa.field("image_sha256", pa.string()),
        pa.field("image_type", pa.string()),
        pa.field("image_size", pa.int64()),
        pa.field("details", pa.string()),
        pa.field("vector", pa.list_(pa.float32(), dimension)),
    ]
    return pa.schema(
        [
            pa.field("seq", pa.int64(), nullable=False),
            pa.field("publish_time", _TIME, nullable=False),
            pa.field("event_time", _TIME, nullable=False),
            *(pa.field(name, pa.string(), nullable=False) for name in text),
            pa.field("evaluation_only", pa.bool_(), nullable=False),
            pa.field("session_finished", pa.bool_(), nullable=False),
            *optional,
        ]
    )


ANNOTATION_SCHEMA = pa.schema(
    [
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("annotation_id", pa.string(), nullable=False),
        pa.field("interaction_id", pa.string(), nullable=False),
        pa.field("create_time", _TIME, nullable=False),
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("expert_content", pa.string(), nullable=False),
        pa.field("thumb", pa.string(), nullable=False),
        pa.field("rating", pa.float64()),
        pa.field("comment", pa.string(), nullable=False),
        pa.field("corrected_content", pa.string(), nullable=False),
    ]
)

IMAGE_SCHEMA = pa.schema(
    [
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("media_type", pa.string(), nullable=False),
        pa.field("data", pa.large_binary(), nullable=False),
    ]
)

_HEADER = (
    "user_id", "session_id", "request_id", "source", "agent_id", "agent_version", "evaluation_only", "learn_from",
    "session_finished",
)  # fmt: skip
_DATA = (
    "role", "role_class", "content", "speaker", "external_id", "shadow_content", "expert_content", "user_action",
    "user_action_description", "image_url",
)  # fmt: skip
ROW_COLUMNS: Final = [
    "seq", "interaction_id", "publish_time", "occur_time", *_HEADER, *_DATA, "image_sha256", "image_type", "image_size",
    "details",
]  # fmt: skip


def interactions_to_arrow(
    rows: Sequence[Interaction], vectors: Vectors, cells: Mapping[int, Cells] = NO_CELLS
) -> pa.RecordBatch:
    """`vectors` is (len(rows), dimension) float32, `cells` what stands in place of texts of sealed rows, by seq: of
    those `rows` have the rest.
    """
    schema = interaction_schema(vectors.shape[1])
    datas, headers = [row.data for row in rows], [row.header for row in rows]
    columns: dict[str, Any] = {
        "seq": pa.array([row.seq for row in rows], pa.int64()),
        "interaction_id": [row.interaction_id for row in rows],
        "publish_time": pa.array([row.publish_time for row in rows], pa.int64()).cast(_TIME),
        "event_time": pa.array([row.event_time for row in rows], pa.int64()).cast(_TIME),
        "occur_time": pa.array([data.occur_time for data in datas], pa.int64()).cast(_TIME),
        "search_text": [
            cells[row.seq].words if row.seq in cells else data.search_text
            for row, data in zip(rows, datas, strict=True)
        ],
        "details": [cells[row.seq].place if row.seq in cells else _details(row) for row in rows],
        "image_sha256": [data.image and data.image.name for data in datas],
        "image_type": [data.image and data.image.media_type for data in datas],
        "image_size": [data.image and data.image.size for data in datas],
        "vector": pa.FixedSizeListArray.from_arrays(
            pa.array(np.ascontiguousarray(vectors).reshape(-1)), vectors.shape[1]
        ),
    }
    columns |= {name: [getattr(header, name) for header in headers] for name in _HEADER}
    columns |= {name: [getattr(data, name) for data in datas] for name in _DATA}
    return pa.RecordBatch.from_arrays(
        [
            column if isinstance(column := columns[field.name], pa.Array) else pa.array(column, field.type)
            for field in schema
        ],
        schema=schema,
    )


def sealed_in(table: pa.Table) -> list[tuple[int, str, str, InteractionData]]:
    """Of rows of a table that has ROW_COLUMNS those that are sealed: sequence number, id, envelope and the rest."""
    sealed = table.filter(pc.starts_with(table["details"], MARK)) if table.num_rows else table
    if not sealed.num_rows:
        return []
    cells = dict(zip(sealed["seq"].to_pylist(), sealed["details"].to_pylist(), strict=True))
    plain = sealed.set_column(
        sealed.schema.get_field_index("details"), "details", pa.nulls(sealed.num_rows, pa.string())
    )
    return [(row.seq, row.interaction_id, cells[row.seq], row.data) for row in interactions_from_arrow(plain)]


def interactions_from_arrow(table: pa.Table, unsealed: Mapping[int, Unsealed] = NO_UNSEALED) -> list[Interaction]:
    """Rows of a table that has ROW_COLUMNS; `unsealed` holds all that are sealed, by seq."""
    if not table.num_rows:
        return []
    columns = [
        (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()
        for column in (table[name] for name in ROW_COLUMNS)
    ]
    first_data = 4 + len(_HEADER)
    first_image = first_data + len(_DATA)
    rows = []
    headers: dict[tuple[object, ...], BatchHeader] = {}
    for seq, interaction_id, publish_time, occur_time, *rest in zip(*columns, strict=True):
        head = tuple(rest[: len(_HEADER)])
        sha256, media_type, size, details = rest[first_image - 4 :]
        if seq in unsealed:
            one = unsealed[seq]
            own = BatchHeader(**dict(zip(_HEADER, head, strict=True)), metadata=one.metadata, sealing=one.sealing)
            rows.append(Interaction(seq, interaction_id, publish_time, own, one.data))
            continue
        nested = _decode_details(details) if details else _NO_DETAILS
        header = headers.get(head) if nested.request_metadata is None else None
        if header is None:
            header = BatchHeader(**dict(zip(_HEADER, head, strict=True)), metadata=nested.request_metadata)
            if nested.request_metadata is None:
                headers[head] = header
        image = ImageRef(sha256, media_type, size) if sha256 else None
        data = InteractionData(*rest[len(_HEADER) : first_image - 4], image, occur_time, nested.data)  # type: ignore[call-arg]
        rows.append(Interaction(seq, interaction_id, publish_time, header, data))
    return rows


_NO_DETAILS = _Details()


def _details(row: Interaction) -> str | None:
    if row.data.details is None and row.header.metadata is None:
        return None
    return _encode_details(_Details(row.data.details, row.header.metadata)).decode()


def vectors_from_arrow(table: pa.Table, dimension: int) -> Vectors:
    """(rows, dimension) float32; a row without vector is zeros."""
    out = np.zeros((table.num_rows, dimension), np.float32)
    at = 0
    for chunk in table["vector"].chunks:
        values = chunk.fill_null([0.0] * dimension) if chunk.null_count else chunk
        flat = values.flatten().to_numpy(zero_copy_only=False)
        out[at : at + len(chunk)] = flat.reshape(len(chunk), dimension)
        at += len(chunk)
    return out


def annotations_to_arrow(rows: Sequence[StoredAnnotation]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {
                "seq": row.seq,
                "annotation_id": row.annotation_id,
                "interaction_id": row.interaction_id,
                "create_time": row.create_time,
                **msgspec.structs.asdict(row.annotation),
            }
            for row in rows
        ],
        schema=ANNOTATION_SCHEMA,
    )


def annotations_from_arrow(table: pa.Table) -> list[StoredAnnotation]:
    table = table.set_column(
        table.schema.get_field_index("create_time"), "create_time", table["create_time"].cast(pa.int64())
    )
    return [
        StoredAnnotation(
            row.pop("seq"),
            row.pop("annotation_id"),
            row.pop("interaction_id"),
            row.pop("create_time"),
            Annotation(**row),
        )
        for row in table.to_pylist()
    ]
