"""Appends whose outcome is not known, since the answer of an object store was lost: what they wrote is looked up before
they are tried again, so that nothing is there twice.
"""

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.expr import col, lit

from interplay_server.storage.lance import arrow

_SEQ = "seq"


class Appends:
    """Under the lock of the tables' writers."""

    def __init__(self) -> None:
        self._doubtful: set[str] = set()

    async def add(self, table: lancedb.AsyncTable, rows: pa.Table) -> None:
        """Rows in the order of `seq`, beyond what is there but for what an append that failed may have written. Raises
        what LanceDB raises.
        """
        if table.name in self._doubtful:
            await table.checkout_latest()  # type: ignore[no-untyped-call]
            first = pc.min(rows[_SEQ]).as_py()
            found = await arrow(table.query().select([_SEQ]).where(col(_SEQ) >= lit(first)))
            if found.num_rows:
                rows = rows.filter(pc.greater(rows[_SEQ], pc.max(found[_SEQ])))
        self._doubtful.add(table.name)
        if rows.num_rows:
            await table.add(rows)
        self._doubtful.discard(table.name)
