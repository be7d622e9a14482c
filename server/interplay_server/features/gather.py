"""What the kernel reads of some customers, gathered from the collections of a shop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import SEQ, Collection, Condition, Op, among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, LINKS, ORDERS, PRODUCTS, order_of
from interplay_server.features import inputs
from interplay_server.features.inputs import Inputs
from interplay_server.features.kernel import DEFAULT_RESOURCES, Resources, catalogue_shares

MOST_VALUES = 1000
"""Values in one filter."""
_EVENT_COLUMNS = tuple(name for name in inputs.EVENTS.names if name != "user_id")
MOST_LOOKED_UP = 2000
"""Events whose copies are looked up by id, in few filters; for more, all events are looked at."""
SCANNED_FOR_EACH = 1000
"""Events that are looked at in the time in which one is looked up by its id."""
_LATER = """
SELECT seq FROM events
WHERE hash(event_id, product_id) IN (SELECT hash(event_id, product_id) FROM events GROUP BY ALL HAVING count(*) > 1)
QUALIFY row_number() OVER (PARTITION BY event_id, product_id ORDER BY seq) > 1
"""


class Reader(Protocol):
    """What gathering needs of `domain.ports.RecordStore`."""

    async def table(
        self, collection: Collection, where: Sequence[Condition] = (), *, columns: Sequence[str] = ()
    ) -> pa.Table: ...


class Shares(Protocol):
    async def shares(self) -> pa.Table: ...


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


class Copies(Protocol):
    async def first(self, records: Reader, events: pa.Table) -> pa.Table:
        """Without what was received under the same identity before, whoever's that was."""


class KnownCopies:
    """`later` are the sequence numbers of all events that were received before."""

    def __init__(self, later: pa.Array) -> None:
        self._later = later

    async def first(self, records: Reader, events: pa.Table) -> pa.Table:  # noqa: ARG002 - all is known
        return events.filter(pc.invert(pc.is_in(events[SEQ], self._later))) if len(self._later) else events


class StoredCopies:
    """Remembers which events of a tenant are later copies: a new event can be one, an old one cannot become one."""

    def __init__(
        self,
        store: TenantStore,
        compute: Callable[[Callable[[], pa.Array]], Awaitable[pa.Array]],
        use: Resources = DEFAULT_RESOURCES,
    ) -> None:
        self._store, self._compute, self._use = store, compute, use
        self._looking = asyncio.Lock()
        self._resets = 0
        self.reset()

    def reset(self) -> None:
        """A first copy may have gone without the later ones."""
        self._later, self._checked = pa.array([], pa.int64()), 0
        self._events = 0
        """Looked at when all were."""
        self._resets += 1

    async def all_later(self, records: Reader | None = None) -> pa.Array:
        """Looks at every event, as `records` reads them anew."""
        async with self._looking:
            return await self._look(self._store.records if records is None else records)

    async def _look(self, records: Reader) -> pa.Array:
        while True:
            checked, resets = self._store.last_seq, self._resets
            events = await records.table(EVENTS, columns=(EVENTS.key, "product_id", SEQ))
            later = await self._compute(partial(_later_of, events, self._use))
            if resets == self._resets:
                self._later, self._checked, self._events = later, checked, events.num_rows
                return later

    async def first(self, records: Reader, events: pa.Table) -> pa.Table:
        if self._many(events):
            async with self._looking:
                # Who looked meanwhile has looked for everybody who waited.
                if self._many(events):
                    await self._look(self._store.records)
        later, checked = self._later, self._checked
        known = await KnownCopies(later).first(records, events)
        fresh = known.filter(pc.greater(known[SEQ], checked)) if _newer(known, checked) else None
        return known if fresh is None else await self._looked_up(records, known, fresh)

    def _many(self, events: pa.Table) -> bool:
        """Whether looking at every event takes less than looking the new ones up."""
        return _newer(events, self._checked) > max(MOST_LOOKED_UP, self._events // SCANNED_FOR_EACH)

    @staticmethod
    async def _looked_up(records: Reader, events: pa.Table, fresh: pa.Table) -> pa.Table:
        ids = pc.unique(fresh[EVENTS.key]).to_pylist()
        copies = await _among(records, EVENTS, EVENTS.key, ids, (EVENTS.key, "product_id", SEQ))
        if copies.num_rows == fresh.num_rows:
            return events
        first = copies.group_by([EVENTS.key, "product_id"]).aggregate([(SEQ, "min")])
        later = fresh[SEQ].filter(pc.invert(pc.is_in(fresh[SEQ], first[f"{SEQ}_min"].combine_chunks())))
        return await KnownCopies(later.combine_chunks()).first(records, events)


def _newer(events: pa.Table, checked: int) -> int:
    return pc.sum(pc.greater(events[SEQ], checked)).as_py() or 0


def _later_of(events: pa.Table, use: Resources) -> pa.Array:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": use.threads,
        "memory_limit": f"{use.memory_mb}MiB",
        "temp_directory": str(use.spill) if use.spill else "",
    }
    with duckdb.connect(":memory:", config=config) as connection:
        connection.register("events", events)
        rows: pa.Table = connection.sql(_LATER).to_arrow_table()
        return rows[SEQ].combine_chunks()


async def gather(records: Reader, catalogue: Shares, copies: Copies, customers: Sequence[str]) -> Inputs:
    """Everything of these customers, and parts of others whose clients they share: tell the kernel whom to take."""
    return await _gather(records, catalogue, copies, "customer_id", list(dict.fromkeys(customers)))


async def gather_buckets(records: Reader, catalogue: Shares, copies: Copies, buckets: range) -> Inputs:
    """Everything of the customers of these buckets."""
    return await _gather(records, catalogue, copies, "bucket", list(buckets))


async def _gather(records: Reader, catalogue: Shares, copies: Copies, field: str, values: Sequence[object]) -> Inputs:
    own, orders, customers, (guests, links) = await asyncio.gather(
        _among(records, EVENTS, field, values, _EVENT_COLUMNS),
        _among(records, ORDERS, field, values),
        _among(records, CUSTOMERS, field, values, inputs.CUSTOMERS.names),
        _linked(records, field, values),
    )
    events = pa.concat_tables([own, guests]) if guests is not None and guests.num_rows else own
    events = await copies.first(records, events)
    # Columns that no feature reads are not fetched.
    events = events.append_column("user_id", pa.nulls(events.num_rows, pa.string())).select(inputs.EVENTS.names)
    told = inputs.order_table([order_of(row) for row in orders.to_pylist()])
    products, shares = await asyncio.gather(_products(records, events, told), catalogue.shares())
    return Inputs(
        events.cast(inputs.EVENTS), products, customers.cast(inputs.CUSTOMERS), told, links.cast(inputs.LINKS), shares
    )


async def _linked(records: Reader, field: str, values: Sequence[object]) -> tuple[pa.Table | None, pa.Table]:
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


async def _products(records: Reader, events: pa.Table, orders: pa.Table) -> pa.Table:
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
    records: Reader,
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
