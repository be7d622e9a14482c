"""When interactions happened: a few columns of all of them, for whoever decides how long they stay."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.interaction import Interaction
from interplay_server.domain.retention import AGES


def with_tail(stored: pa.Table, fresh: Sequence[Interaction]) -> pa.Table:
    """`stored` has interaction_id, event_time, source and seq; a row may be in both."""
    rows = pa.table(
        {
            "key": stored["interaction_id"],
            "time": stored["event_time"].cast(pa.int64()),
            "source": stored["source"],
            "seq": stored["seq"],
        },
        schema=AGES,
    )
    if not fresh:
        return rows
    mine = pa.array([row.seq for row in fresh], pa.int64())
    added = [
        {"key": row.interaction_id, "time": row.event_time, "source": row.header.source, "seq": row.seq}
        for row in fresh
    ]
    return pa.concat_tables(
        [rows.filter(pc.invert(pc.is_in(rows["seq"], value_set=mine))), pa.Table.from_pylist(added, schema=AGES)]
    )
