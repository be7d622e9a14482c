"""Collections as Arrow: a column for each field, and `seq`."""

from collections.abc import Sequence

import pyarrow as pa

from interplay_server.domain.records import SEQ, Collection, Type, Values

_TYPES = {
    Type.TEXT: pa.utf8(),
    Type.INT: pa.int64(),
    Type.FLOAT: pa.float64(),
    Type.BOOL: pa.bool_(),
    Type.BYTES: pa.large_binary(),
    Type.TEXTS: pa.list_(pa.utf8()),
}


def arrow_schema(collection: Collection) -> pa.Schema:
    fields = [pa.field(one.name, _TYPES[one.type]) for one in collection.fields]
    return pa.schema([*fields, pa.field(SEQ, pa.int64())])


def to_arrow(collection: Collection, rows: Sequence[tuple[int, Values]]) -> pa.Table:
    """From (sequence number, values)."""
    columns = [
        pa.array([values[place] for _, values in rows], _TYPES[field.type])
        for place, field in enumerate(collection.fields)
    ]
    return pa.Table.from_arrays(
        [*columns, pa.array([seq for seq, _ in rows], pa.int64())], schema=arrow_schema(collection)
    )
