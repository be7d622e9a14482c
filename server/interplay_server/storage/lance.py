"""What every LanceDB table of ours needs: reads that survive a prune, optimising, and a check of the columns."""

import warnings
from datetime import timedelta

import lancedb
import pyarrow as pa

from interplay_server.errors import StorageIncompatible


async def arrow(query: lancedb.query.AsyncQueryBase) -> pa.Table:
    """Once more where a prune took the files of the version away under the read: the newest version has the rows."""
    try:
        return await query.to_arrow()
    except RuntimeError as error:
        if "Not found" not in str(error):
            raise
        return await query.to_arrow()


async def optimize(table: lancedb.AsyncTable, grace: timedelta) -> None:
    """Compacts, folds new rows into the indexes, prunes versions older than `grace`."""
    with warnings.catch_warnings():
        # One process owns the folder and running reads are waited for: pruning everything is what is meant.
        warnings.filterwarnings("ignore", message=".*cleanup_older_than=0.*", category=UserWarning)
        await table.optimize(cleanup_older_than=grace)


async def check_schema(table: lancedb.AsyncTable, wanted: pa.Schema, tenant: str) -> None:
    """Raises StorageIncompatible."""
    have = await table.schema()
    missing = [field.name for field in wanted if field.name not in have.names]
    if missing:
        raise StorageIncompatible(tenant, f"table {table.name} lacks {', '.join(missing)}")
    for field in wanted:
        if have.field(field.name).type != field.type:
            raise StorageIncompatible(
                tenant, f"{table.name}.{field.name} is {have.field(field.name).type}, this server's is {field.type}"
            )
