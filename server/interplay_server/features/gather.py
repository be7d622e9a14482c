"""What the kernel reads of some customers, gathered from the collections of a shop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.ports import RecordStore, TenantStore
from interplay_server.domain.records import SEQ, Collection, Condition, Op, among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, LINKS, ORDERS, PRODUCTS, order_of
from interplay_server.features import inputs
from interplay_server.features.inputs import Inputs
from interplay_server.features.kernel import catalogue_shares

MOST_VALUES = 1000
"""Values in one filter."""
_EVENT_COLUMNS = tuple(name for name in inputs.EVENTS.names if name != "user_id")
FEW_EVENTS = 200_000
"""Up to so many events, copies under other owners are looked up by id."""
_LATER = """
SELECT seq FROM events
WHERE hash(event_id, product_id) IN (SELECT hash(event_id, product_id) FROM events GROUP BY ALL HAVING count(*) > 1)
QUALIFY row_number() OVER (PARTITION BY event_id, product_id ORDER BY seq) > 1
"""


class Catalogue:
    """Shares of the catalogue, kept until a product changes."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._shares: pa.Table | None = None
        self._changes = 0

    def changed(self) -> None:
        self._shares = None
        self._changes += 1

    async def shares(self) -> pa.Table:
        while self._shares is None:
            before = self._changes
            products = (await self._store.records.table(PRODUCTS)).select(inputs.PRODUCTS.names)
            shares = await asyncio.to_thread(catalogue_shares, products.cast(inputs.PRODUCTS))
            if before == self._changes:
                self._shares = shares
        return self._shares


async def gather(store: TenantStore, catalogue: Catalogue, customers: Sequence[str]) -> Inputs:
    """Everything of these customers, and parts of others whose clients they share: tell the kernel whom to take."""
    return await _gather(store, catalogue, "customer_id", list(dict.fromkeys(customers)))


async def gather_buckets(
    store: TenantStore, catalogue: Catalogue, buckets: range, later: pa.Array | None = None
) -> Inputs:
    """Everything of the customers of these buckets; `later` are the `later_copies`, where they are known."""
    return await _gather(store, catalogue, "bucket", list(buckets), later)


async def later_copies(
    store: TenantStore, compute: Callable[[Callable[[], pa.Array]], Awaitable[pa.Array]]
) -> pa.Array:
    """Sequence numbers of events whose identity was received before, whoever's they are; `compute` runs a thread."""
    events = await store.records.table(EVENTS, columns=(EVENTS.key, "product_id", SEQ))

    def found() -> pa.Array:
        with duckdb.connect(":memory:") as connection:
            connection.register("events", events)
            rows: pa.Table = connection.execute(_LATER).to_arrow_table()
            return rows[SEQ].combine_chunks()

    return await compute(found)


async def _gather(
    store: TenantStore, catalogue: Catalogue, field: str, values: Sequence[object], later: pa.Array | None = None
) -> Inputs:
    records = store.records
    own, orders, customers, (guests, links) = await asyncio.gather(
        _among(records, EVENTS, field, values, _EVENT_COLUMNS),
        _among(records, ORDERS, field, values),
        _among(records, CUSTOMERS, field, values, inputs.CUSTOMERS.names),
        _linked(records, field, values),
    )
    events = pa.concat_tables([own, guests]) if guests is not None and guests.num_rows else own
    if later is None:
        events = await _first_copies(records, events)
    elif len(later):
        events = events.filter(pc.invert(pc.is_in(events[SEQ], later)))
    # Columns that no feature reads are not fetched.
    events = events.append_column("user_id", pa.nulls(events.num_rows, pa.string())).select(inputs.EVENTS.names)
    told = inputs.order_table([order_of(row) for row in orders.to_pylist()])
    products, shares = await asyncio.gather(_products(records, events, told), catalogue.shares())
    return Inputs(
        events.cast(inputs.EVENTS), products, customers.cast(inputs.CUSTOMERS), told, links.cast(inputs.LINKS), shares
    )


async def _linked(records: RecordStore, field: str, values: Sequence[object]) -> tuple[pa.Table | None, pa.Table]:
    """Events of guests whose clients are linked to the customers, and all links of these clients."""
    columns = inputs.LINKS.names
    mine = await _among(records, LINKS, field, values, ("client_id",))
    clients = pc.unique(mine["client_id"]).to_pylist()
    if not clients:
        return None, inputs.LINKS.empty_table()
    guest = Condition("customer_id", Op.EQ, "")
    guests, links = await asyncio.gather(
        _among(records, EVENTS, "client_id", clients, _EVENT_COLUMNS, guest),
        _among(records, LINKS, "client_id", clients, columns),
    )
    return guests, links


async def _products(records: RecordStore, events: pa.Table, orders: pa.Table) -> pa.Table:
    """Of the events and lines; all of them where that is simpler."""
    lines = pc.list_flatten(orders["lines"])
    bought = pc.struct_field(lines, "product_id") if len(lines) else pa.chunked_array([], pa.string())
    named = pc.unique(pa.chunked_array([*events["product_id"].chunks, *_chunks(bought)], pa.string())).to_pylist()
    if len(named) > MOST_VALUES:
        found = await records.table(PRODUCTS, columns=inputs.PRODUCTS.names)
    else:
        found = await records.table(PRODUCTS, [among(PRODUCTS.key, named)], columns=inputs.PRODUCTS.names)
    return found.cast(inputs.PRODUCTS)


def _chunks(column: pa.ChunkedArray | pa.Array) -> list[pa.Array]:
    return list(column.chunks) if isinstance(column, pa.ChunkedArray) else [column]


async def _among(
    records: RecordStore,
    collection: Collection,
    field: str,
    values: Sequence[object],
    columns: Sequence[str] = (),
    *also: Condition,
) -> pa.Table:
    """Rows with one of the values, however many these are."""
    parts = [
        records.table(collection, [among(field, values[at : at + MOST_VALUES]), *also], columns=columns)
        for at in range(0, len(values), MOST_VALUES)
    ]
    if not parts:
        return await records.table(collection, [among(field, ())], columns=columns)
    return pa.concat_tables([await part for part in parts])


async def _first_copies(records: RecordStore, events: pa.Table) -> pa.Table:
    """Without what was received under the same identity before, for somebody else."""
    if not events.num_rows:
        return events
    ids = pc.unique(events[EVENTS.key]).to_pylist()
    copies = await _among(records, EVENTS, EVENTS.key, ids, (EVENTS.key, "product_id", SEQ))
    if copies.num_rows == events.num_rows:
        return events
    first = copies.group_by([EVENTS.key, "product_id"]).aggregate([(SEQ, "min")])
    return events.filter(pc.is_in(events[SEQ], first[f"{SEQ}_min"].combine_chunks()))
