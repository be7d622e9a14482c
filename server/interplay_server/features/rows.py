"""Rows as they are kept: the kernel's columns with key, bucket, revision and the time of the computation."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.shop import DERIVED_BUCKET, DERIVED_KEY, REVISION, SEPARATOR, bucket_of
from interplay_server.features.names import COLUMNS

COMPUTED_AT, GONE = "computed_at", "gone"


def kept(rows: pa.Table, gone: Iterable[str], *, revision: int, computed_at: int) -> pa.Table:
    """Rows of the kernel to be stored, and one for each key of a pair that is no more."""
    rows = rows.select(COLUMNS)
    made = _with_keys(rows, pa.repeat(pa.scalar(False), rows.num_rows), revision, computed_at)
    keys = list(gone)
    if not keys:
        return made
    pairs = [key.split(SEPARATOR) for key in keys]
    names = {"customer_id": [pair[0] for pair in pairs], "product_id": [pair[1] for pair in pairs]}
    empty = pa.table(
        [
            pa.array(names[field.name], field.type) if field.name in names else pa.nulls(len(keys), field.type)
            for field in rows.schema
        ],
        schema=rows.schema,
    )
    void = _with_keys(empty, pa.repeat(pa.scalar(True), len(keys)), revision, computed_at)
    return pa.concat_tables([made, void])


def _with_keys(rows: pa.Table, gone: pa.Array, revision: int, computed_at: int) -> pa.Table:
    count = rows.num_rows
    keys = pc.binary_join_element_wise(rows["customer_id"], rows["product_id"], SEPARATOR)
    customers = rows["customer_id"].combine_chunks().dictionary_encode()
    if isinstance(customers, pa.ChunkedArray):
        customers = customers.combine_chunks()
    numbers = pa.array([bucket_of(one) for one in customers.dictionary.to_pylist()], pa.int64())
    columns = {
        DERIVED_KEY: keys,
        DERIVED_BUCKET: numbers.take(customers.indices),
        REVISION: pa.repeat(pa.scalar(revision, pa.int64()), count),
        GONE: gone,
        COMPUTED_AT: pa.repeat(pa.scalar(computed_at, pa.int64()), count),
    }
    for name, column in columns.items():
        rows = rows.append_column(name, column)
    return rows


def key_of(customer_id: str, product_id: str) -> str:
    return f"{customer_id}{SEPARATOR}{product_id}"
