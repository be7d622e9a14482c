"""What is found out when a tenant opens: whose vectors these are, and which rows of the journal the tables hold."""

from collections.abc import Mapping, Sequence

from interplay_server.domain import journal, shop
from interplay_server.domain.embedding import Embedders, identity
from interplay_server.domain.ports import Embedder
from interplay_server.domain.records import Rows
from interplay_server.domain.reembedding import EMBEDDER_META
from interplay_server.errors import StorageIncompatible
from interplay_server.storage.ledger import JournalRow, Ledger
from interplay_server.storage.tables import Tables


def find_embedder(ledger: Ledger, embedders: Embedders, tenant: str) -> Embedder:
    """The one that made the tenant's vectors; a new ledger notes the default. Raises StorageIncompatible."""
    recorded = ledger.meta(EMBEDDER_META)
    if recorded is None:
        ledger.set_meta(EMBEDDER_META, identity(embedders.default))
        return embedders.default
    found = embedders.get(recorded.rpartition("/")[0])
    if found is None or identity(found) != recorded:
        mine = ", ".join(f"{one.name}/{one.dimension}" for one in embedders.offered())
        raise StorageIncompatible(tenant, f"its vectors are of {recorded}, this server has {mine}")
    return found


async def appended_seqs(tables: Tables, entries: Sequence[JournalRow], trimmed_seq: int) -> dict[str, int]:
    """Newest sequence number in the table of each append-only collection that the entries write to."""
    collections = tables.records.collections
    puts = [put for row in entries if isinstance(row.entry, journal.Recorded) for put in row.entry.puts]
    names = {put.collection for put in puts if collections[put.collection].append_only}
    if any(isinstance(row.entry, journal.Published | journal.Deleted) for row in entries):
        names |= {shop.EVENTS.name, shop.MARKS.name}
    return {name: await tables.records.newest_seq(collections[name], trimmed_seq) for name in names}


def unwritten(rows: Rows, appended: Mapping[str, int]) -> Rows:
    return Rows(rows.first_seq, tuple(one for one in rows.put if one[1] > appended.get(one[0], 0)), rows.removed)
