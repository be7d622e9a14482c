"""Reads of features: from kept rows where these are what a computation would give, else from events."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain.records import Condition, among
from interplay_server.domain.shop import BUCKETS, EVENTS, bucket_of
from interplay_server.domain.shop import FEATURES as KEPT
from interplay_server.features import kernel
from interplay_server.features.gather import gather, gather_buckets
from interplay_server.features.inputs import Inputs
from interplay_server.features.names import EXTRAS, FEATURES
from interplay_server.features.rows import COMPUTED_AT, key_of
from interplay_server.features.tenant import FeatureTenant, now_micros, off_loop

AHEAD = 60_000_000
"""Microseconds that a clock of the shop may be ahead of ours."""
MOST_ON_THE_SPOT = 500
"""Customers whose rows are computed in a read where kept ones are out of date."""
ROWS_AT_ONCE = 100_000
"""Kept rows or events of a piece, about."""
BUCKETS_AT_ONCE = 16
_TEXTS = frozenset({"preferred_device", "channel_preference", "relationship_stage", "peak_season"})
ORDERABLE = tuple(name for name in (*FEATURES, *EXTRAS) if name not in _TEXTS)
"""Values that are numbers or instants."""


@dataclass(frozen=True, slots=True)
class Bound:
    feature: str
    least: float | None
    greatest: float | None


@dataclass(frozen=True, slots=True)
class Listing:
    """`as_of` in microseconds; without `order_by` rows come by customer and product."""

    as_of: int
    customer_id: str = ""
    product_id: str = ""
    bounds: tuple[Bound, ...] = ()
    order_by: str = ""
    ascending: bool = True

    @property
    def where(self) -> list[Condition]:
        named = {"customer_id": self.customer_id, "product_id": self.product_id}
        return [among(name, (value,)) for name, value in named.items() if value]


Position = tuple[float | None, str, str]
"""Where a page ended: value of the order (None for absent), customer, product."""


async def pair(tenant: FeatureTenant, customer_id: str, product_id: str, as_of: int | None) -> pa.Table:
    """One row or none, from the events."""
    customer_id = tenant.store.links.account(customer_id)
    found = await gather(tenant.records, tenant.catalogue, tenant.copies, [customer_id])
    return await _computed(tenant, found, _instant(found, as_of), pairs=[(customer_id, product_id)])


async def of_customer(tenant: FeatureTenant, customer_id: str, as_of: int | None) -> pa.Table:
    """Every pair of a customer with the parts of its scores, from the events."""
    customer_id = tenant.store.links.account(customer_id)
    found = await gather(tenant.records, tenant.catalogue, tenant.copies, [customer_id])
    return await _computed(tenant, found, _instant(found, as_of), customers=[customer_id], parts=True)


def _instant(found: Inputs, as_of: int | None) -> int:
    if as_of is not None:
        return as_of
    now = now_micros()
    near = found.events.filter(pc.less_equal(found.events["created_at"], now + AHEAD))
    newest = pc.max(near["created_at"]).as_py()
    return max(now, newest) if newest is not None else now


async def _computed(
    tenant: FeatureTenant,
    found: Inputs,
    as_of: int,
    *,
    customers: Collection[str] | None = None,
    pairs: Collection[tuple[str, str]] | None = None,
    parts: bool = False,
) -> pa.Table:
    job = off_loop(
        kernel.compute,
        found,
        as_of,
        tenant.config.values,
        customers=customers,
        pairs=pairs,
        parts=parts,
        use=tenant.engine.background,
    )
    return _stamped(await tenant.compute(job))


def _stamped(rows: pa.Table) -> pa.Table:
    return rows.append_column(COMPUTED_AT, pa.repeat(pa.scalar(now_micros(), pa.int64()), rows.num_rows))


async def batch(tenant: FeatureTenant, pairs: Sequence[tuple[str, str]], as_of: int | None) -> pa.Table:
    """Rows of the pairs that exist, in no order."""
    instant = now_micros() if as_of is None else as_of
    customers = sorted({customer for customer, _ in pairs})
    keys = [key_of(*one) for one in pairs]
    kept = await tenant.rows([among("key", keys)])
    anew = await tenant.stale(customers)
    usable, due = _usable(tenant, kept, instant)
    anew |= set(customers) if _elsewhere(tenant, instant) else due
    tables = []
    if usable is not None:
        fine = _without(usable, "customer_id", anew)
        if fine.num_rows:
            tables.append(await _projected(tenant, fine, instant))
    if anew:
        found = await gather(tenant.records, tenant.catalogue, tenant.copies, sorted(anew))
        wanted = [one for one in pairs if one[0] in anew]
        tables.append(await _computed(tenant, found, instant, pairs=wanted))
    return pa.concat_tables(tables) if tables else _nothing()


def _elsewhere(tenant: FeatureTenant, as_of: int) -> bool:
    """Pairs that exist at `as_of` may have no kept row."""
    return as_of < tenant.state.as_of or as_of > now_micros() or not tenant.state.version


def _usable(tenant: FeatureTenant, kept: pa.Table | None, as_of: int) -> tuple[pa.Table | None, set[str]]:
    """Kept rows that can be projected to `as_of`, and customers with others."""
    if kept is None:
        return None, set()
    fresh = pc.and_(
        pc.and_(pc.equal(kept["definition_version"], tenant.version), pc.less_equal(kept["state_as_of"], as_of)),
        pc.or_kleene(pc.is_null(kept["state_next_instant"]), pc.greater(kept["state_next_instant"], as_of)),
    )
    due = set(pc.unique(kept["customer_id"].filter(pc.invert(fresh))).to_pylist())
    return (kept.filter(fresh) if due else kept), due


async def _projected(tenant: FeatureTenant, rows: pa.Table, as_of: int) -> pa.Table:
    """As they are at `as_of`; with the time at which they were computed."""
    job = off_loop(kernel.project, rows, as_of, tenant.config.values, use=tenant.engine.background)
    made = await tenant.compute(job)
    places = pc.index_in(_keys(made), value_set=_keys(rows))
    return made.append_column(COMPUTED_AT, rows[COMPUTED_AT].take(places))


def _without(rows: pa.Table, column: str, values: Collection[str]) -> pa.Table:
    """Rows with none of the values; a filter copies every column, so that there is none where nothing goes."""
    if not values:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows[column], pa.array(sorted(values), pa.string()))))


def _keys(rows: pa.Table) -> pa.Array:
    joined = pc.binary_join_element_wise(rows["customer_id"], rows["product_id"], "\x1f")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _nothing() -> pa.Table:
    return pa.table({"customer_id": pa.array([], pa.string()), "product_id": pa.array([], pa.string())})


async def listing(tenant: FeatureTenant, query: Listing, *, limit: int, after: Position | None = None) -> pa.Table:
    """The first `limit` rows beyond a position, in order. Reads buckets one after the other."""
    best: pa.Table | None = None
    async for rows in pieces(tenant, query):
        best = await tenant.compute(off_loop(_first, best, rows, query, limit, after))
    return best if best is not None else _nothing()


async def pieces(tenant: FeatureTenant, query: Listing) -> AsyncIterator[pa.Table]:
    """Rows that meet the query's filters on ids, as tables."""
    if not tenant.store.exists:
        return
    elsewhere = _elsewhere(tenant, query.as_of)
    parts: list[list[Condition]] = [query.where]
    if not query.where:
        size = await (tenant.store.records.count(EVENTS) if elsewhere else tenant.store.derived.count(KEPT))
        step = max(1, int(BUCKETS / max(1.0, size / ROWS_AT_ONCE)))
        parts = [[among("bucket", list(range(at, min(at + step, BUCKETS))))] for at in range(0, BUCKETS, step)]
    for where in parts:
        if elsewhere:
            rows = await _anew(tenant, query, where)
        else:
            rows = await _kept_at(tenant, where, query.as_of)
        if rows is not None and rows.num_rows:
            yield rows


async def _kept_at(tenant: FeatureTenant, where: Sequence[Condition], as_of: int) -> pa.Table | None:
    kept = await tenant.rows(where)
    usable, due = _usable(tenant, kept, as_of)
    tables = []
    if usable is not None:
        fine = _without(usable, "customer_id", due)
        if fine.num_rows:
            tables.append(await _projected(tenant, fine, as_of))
    names = sorted(due)
    for at in range(0, len(names), MOST_ON_THE_SPOT):
        some = names[at : at + MOST_ON_THE_SPOT]
        found = await gather(tenant.records, tenant.catalogue, tenant.copies, some)
        tables.append(_matching(await _computed(tenant, found, as_of, customers=some), where))
    return pa.concat_tables(tables) if tables else None


async def _anew(tenant: FeatureTenant, query: Listing, where: Sequence[Condition]) -> pa.Table:
    """From events, for a time before the kept rows."""
    if query.customer_id:
        found = await gather(tenant.records, tenant.catalogue, tenant.copies, [query.customer_id])
        rows = await _computed(tenant, found, query.as_of, customers=[query.customer_id])
    elif query.product_id:
        return await _of_product(tenant, query)
    else:
        buckets = range(where[0].value[0], where[0].value[-1] + 1)
        found = await gather_buckets(tenant.records, tenant.catalogue, tenant.copies, buckets)
        rows = await _computed(tenant, found, query.as_of)
        inside = [bucket_of(one) in buckets for one in rows["customer_id"].to_pylist()]
        rows = rows.filter(pa.array(inside, pa.bool_()))
    return _matching(rows, where)


async def _of_product(tenant: FeatureTenant, query: Listing) -> pa.Table:
    tables = []
    for at in range(0, BUCKETS, BUCKETS_AT_ONCE):
        buckets = range(at, at + BUCKETS_AT_ONCE)
        found = await gather_buckets(tenant.records, tenant.catalogue, tenant.copies, buckets)
        rows = _matching(await _computed(tenant, found, query.as_of), query.where)
        inside = [bucket_of(one) in buckets for one in rows["customer_id"].to_pylist()]
        tables.append(rows.filter(pa.array(inside, pa.bool_())))
    return pa.concat_tables(tables)


def _matching(rows: pa.Table, where: Sequence[Condition]) -> pa.Table:
    for one in where:
        if one.field in rows.column_names:
            rows = rows.filter(pc.is_in(rows[one.field], pa.array(list(one.value), pa.string())))
    return rows


def _first(best: pa.Table | None, rows: pa.Table, query: Listing, limit: int, after: Position | None) -> pa.Table:
    for bound in query.bounds:
        column = rows[bound.feature]
        if bound.least is not None:
            rows = rows.filter(pc.greater_equal(column, bound.least))
            column = rows[bound.feature]
        if bound.greatest is not None:
            rows = rows.filter(pc.less_equal(column, bound.greatest))
    if after is not None:
        rows = rows.filter(_beyond(rows, query, after))
    if best is not None:
        rows = pa.concat_tables([best, rows])
    return rows.take(pc.sort_indices(rows, sort_keys=_sort_keys(query))[:limit])


def _sort_keys(query: Listing) -> list[tuple[str, str]]:
    names = [("customer_id", "ascending"), ("product_id", "ascending")]
    return [(query.order_by, "ascending" if query.ascending else "descending"), *names] if query.order_by else names


def _beyond(rows: pa.Table, query: Listing, after: Position) -> pa.ChunkedArray:
    value, customer, product = after
    later = pc.or_(
        pc.greater(rows["customer_id"], customer),
        pc.and_(pc.equal(rows["customer_id"], customer), pc.greater(rows["product_id"], product)),
    )
    if not query.order_by:
        return later
    column = rows[query.order_by]
    if value is None:
        return pc.and_(pc.is_null(column), later)
    compare: Callable[..., pa.ChunkedArray] = pc.greater if query.ascending else pc.less
    known = pc.or_(compare(column, value), pc.and_(pc.equal(column, value), later))
    return pc.or_(pc.is_null(column), pc.fill_null(known, fill_value=False))
