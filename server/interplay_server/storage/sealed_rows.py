"""Rows of interactions whose texts are sealed, on their way into the table."""

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from interplay_server.domain.content_policy import Sealer
from interplay_server.domain.interaction import Interaction
from interplay_server.domain.ports import Embedder
from interplay_server.storage import schema


def sealed_batch(rows: Sequence[Interaction], embedder: Embedder, sealer: Sealer) -> pa.RecordBatch:
    """In a thread. A row without index gets a vector of zeros."""
    cells = {row.seq: sealer.interaction(row) for row in rows if row.header.sealing is not None}
    texts = [row.data.search_text if row.seq not in cells or cells[row.seq].indexed else "" for row in rows]
    plain = [_plain(row, sealer) if row.seq in cells else row for row in rows]
    return schema.interactions_to_arrow(plain, embedder.embed(texts), cells)


def _plain(row: Interaction, sealer: Sealer) -> Interaction:
    header = msgspec.structs.replace(row.header, metadata=None)
    return msgspec.structs.replace(row, header=header, data=sealer.plain(row.data))
