"""What a shop tells, written so that runs see what it changes."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from interplay_server.domain import journal, shop
from interplay_server.domain import records as domain
from interplay_server.domain.commerce import Customer, IdentityLink, Order, Product
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import SEQ, Condition, Put, Removal, Values, among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, LINKS, MARKS, ORDERS, PRODUCTS
from interplay_server.domain.writing import commit

CHUNK = 5000
_CATALOGUE = ("vendor", "product_type", "tags")
"""Fields of products that the affinities of every pair hang on."""
_OWN = ("price", "currency", "available")
"""Fields of products that only their own pairs hang on."""
_LINKED = "customer_linked"


@dataclass(frozen=True, slots=True)
class Upserted:
    upserted: int
    changed: int
    duplicate: bool = False


class Shop:
    """One for each open tenant. What reads rows in order to replace them holds `lock`."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self.lock = asyncio.Lock()

    async def upsert_products(
        self, products: Iterable[Product], request_id: str = "", signature: bytes = b""
    ) -> Upserted:
        return await self._upsert(PRODUCTS, map(shop.product_row, products), _product_marks, request_id, signature)

    async def upsert_customers(
        self, customers: Iterable[Customer], request_id: str = "", signature: bytes = b""
    ) -> Upserted:
        return await self._upsert(CUSTOMERS, map(shop.customer_row, customers), _no_marks, request_id, signature)

    async def upsert_orders(self, orders: Iterable[Order], request_id: str = "", signature: bytes = b"") -> Upserted:
        return await self._upsert(ORDERS, map(shop.order_row, orders), _order_marks, request_id, signature)

    async def upsert_links(
        self, links: Iterable[IdentityLink], request_id: str = "", signature: bytes = b""
    ) -> Upserted:
        return await self._upsert(LINKS, map(shop.link_row, links), _no_marks, request_id, signature)

    async def _upsert(
        self,
        collection: domain.Collection,
        rows: Iterable[Values],
        marks: Callable[[Mapping[str, dict[str, Any]], Sequence[dict[str, Any]]], list[Values]],
        request_id: str,
        signature: bytes,
    ) -> Upserted:
        """The last of several rows with a key counts; one that says nothing new is not written again."""
        given = {row[0]: row for row in rows}
        async with self.lock:
            found = await self._store.records.table(collection, [among(collection.key, list(given))])
            old = {row[collection.key]: row for row in found.to_pylist()}
            changed = [row for key, row in given.items() if key not in old or _values(collection, old[key]) != row]
            if not changed and not request_id:
                return Upserted(len(given), 0)
            named = [dict(zip(collection.names, row, strict=True)) for row in changed]
            puts = [Put(collection.name, tuple(changed))] if changed else []
            if made := marks(old, named):
                puts.append(Put(MARKS.name, tuple(made)))
            receipt = await commit(self._store, journal.Recorded(tuple(puts)), request_id, signature)
        return Upserted(len(given), 0 if receipt.duplicate else len(changed), receipt.duplicate)

    async def events(
        self, where: Sequence[Condition], *, after_seq: int = 0, limit: int | None = None
    ) -> tuple[pa.Table, int | None]:
        """A page of events in the order of the journal, of several copies the first, and the sequence number after
        which the next page begins; None on the last.
        """
        records = self._store.records
        found = await records.table(
            EVENTS, where, order=(SEQ,), after=(after_seq,), limit=None if limit is None else limit + 1
        )
        more = limit is not None and found.num_rows > limit
        page = found.slice(0, limit)
        last = page[SEQ][-1].as_py() if more else None
        first: dict[tuple[str, str], int] = {}
        ids = list(dict.fromkeys(page[EVENTS.key].to_pylist()))
        for at in range(0, len(ids), CHUNK):
            columns = (EVENTS.key, "product_id", SEQ)
            copies = await records.table(EVENTS, [among(EVENTS.key, ids[at : at + CHUNK])], columns=columns)
            for event_id, product_id, seq in zip(*(copies[name].to_pylist() for name in columns), strict=True):
                first[event_id, product_id] = min(seq, first.get((event_id, product_id), seq))
        keep = [
            first.get((event_id, product_id), seq) == seq
            for event_id, product_id, seq in zip(
                page[EVENTS.key].to_pylist(), page["product_id"].to_pylist(), page[SEQ].to_pylist(), strict=True
            )
        ]
        return page.filter(pa.array(keep, pa.bool_())), last

    async def delete_events(
        self, event_ids: Collection[str], where: Sequence[Condition], *, validate_only: bool = False
    ) -> int:
        """Deletes events whole, all their products and copies; gives how many there were."""
        async with self.lock:
            if where:
                found = await self._store.records.table(EVENTS, where, columns=(EVENTS.key,))
                event_ids = found[EVENTS.key].to_pylist()
            ids, count = list(dict.fromkeys(event_ids)), 0
            for at in range(0, len(ids), CHUNK):
                count += await self._delete(ids[at : at + CHUNK], validate_only=validate_only)
        return count

    async def _delete(self, event_ids: Sequence[str], *, validate_only: bool) -> int:
        columns = (EVENTS.key, "product_id", "customer_id", "client_id", "event_type", "created_at")
        found = await self._store.records.table(EVENTS, [among(EVENTS.key, event_ids)], columns=columns)
        rows = found.to_pylist()
        count = len({(row[EVENTS.key], row["product_id"]) for row in rows})
        if validate_only or not rows:
            return count
        links = {
            shop.link_id(IdentityLink(row["client_id"], row["customer_id"], row["created_at"]))
            for row in rows
            if row["event_type"].strip().lower() == _LINKED and row["client_id"] and row["customer_id"]
        }
        removed = [Removal(EVENTS.name, EVENTS.key, tuple(sorted({row[EVENTS.key] for row in rows})))]
        if links:
            removed.append(Removal(LINKS.name, LINKS.key, tuple(sorted(links))))
        marks = [
            shop.mark(shop.MARK_CUSTOMER, sorted({row["customer_id"] for row in rows if row["customer_id"]})),
            shop.mark(shop.MARK_CLIENT, sorted({row["client_id"] for row in rows if row["client_id"]})),
        ]
        await commit(self._store, journal.Recorded((Put(MARKS.name, tuple(marks)),), tuple(removed)))
        return count

    async def customers_of_events(self, event_ids: Sequence[str]) -> list[str]:
        """Customers that must be computed anew when these events go."""
        found = await self._store.records.table(EVENTS, [among(EVENTS.key, event_ids)], columns=("customer_id",))
        return sorted(set(found["customer_id"].to_pylist()) - {""})

    async def delete_orders(self, order_ids: Iterable[str]) -> int:
        """How many there were."""
        async with self.lock:
            where = [among(ORDERS.key, list(dict.fromkeys(order_ids)))]
            found = await self._store.records.table(ORDERS, where, columns=(ORDERS.key, "customer_id"))
            if not found.num_rows:
                return 0
            removal = Removal(ORDERS.name, ORDERS.key, tuple(found[ORDERS.key].to_pylist()))
            mark = shop.mark(shop.MARK_CUSTOMER, sorted(set(found["customer_id"].to_pylist())))
            await commit(self._store, journal.Recorded((Put(MARKS.name, (mark,)),), (removal,)))
        return int(found.num_rows)

    async def redact_customers(self, customer_ids: Sequence[str]) -> int:
        """Deletes events, orders, links and records of customers, with what guests did on clients of theirs alone.

        Gives how many rows there were.
        """
        async with self.lock:
            count = 0
            removed = []
            for collection in (EVENTS, ORDERS, LINKS, CUSTOMERS):
                count += await self._store.records.count(collection, [among("customer_id", customer_ids)])
                removed.append(Removal(collection.name, "customer_id", tuple(customer_ids)))
            records, guest = self._store.records, Condition("customer_id", domain.Op.EQ, "")
            linked = await records.table(LINKS, [among("customer_id", customer_ids)], columns=("client_id",))
            clients = sorted(set(linked["client_id"].to_pylist()))
            links = await records.table(LINKS, [among("client_id", clients)], columns=("client_id", "customer_id"))
            others = await records.table(EVENTS, [among("client_id", clients)], columns=("client_id", "customer_id"))
            gone = {*customer_ids, ""}
            shared = {
                row["client_id"]
                for rows in (links, others)
                for row in rows.to_pylist()
                if row["customer_id"] not in gone
            }
            if alone := tuple(one for one in clients if one not in shared):
                count += await records.count(EVENTS, [among("client_id", alone), guest])
                removed.append(Removal(EVENTS.name, "client_id", alone))
            marks = (shop.mark(shop.MARK_CUSTOMER, customer_ids), shop.mark(shop.MARK_CLIENT, clients))
            await commit(self._store, journal.Recorded((Put(MARKS.name, marks),), tuple(removed)))
        return count


def _values(collection: domain.Collection, row: Mapping[str, Any]) -> Values:
    values = (row[name] for name in collection.names)
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _no_marks(_: Mapping[str, dict[str, Any]], __: Sequence[dict[str, Any]]) -> list[Values]:
    return []


def _product_marks(old: Mapping[str, dict[str, Any]], changed: Sequence[dict[str, Any]]) -> list[Values]:
    """Shares of the catalogue enter the affinities of every pair, the price and being available those of their own."""

    def differs(row: dict[str, Any], names: Iterable[str]) -> bool:
        before = old[row[PRODUCTS.key]]
        return any(_plain(before[name]) != _plain(row[name]) for name in names)

    if any(row[PRODUCTS.key] not in old or differs(row, _CATALOGUE) for row in changed):
        return [shop.mark(shop.MARK_ALL)]
    subjects = [row[PRODUCTS.key] for row in changed if differs(row, _OWN)]
    return [shop.mark(shop.MARK_PRODUCT, subjects)] if subjects else []


def _order_marks(old: Mapping[str, dict[str, Any]], changed: Sequence[dict[str, Any]]) -> list[Values]:
    """Customers that an order is not of any more."""
    moved = {
        before["customer_id"]
        for row in changed
        if (before := old.get(row[ORDERS.key])) is not None and before["customer_id"] != row["customer_id"]
    }
    return [shop.mark(shop.MARK_CUSTOMER, sorted(moved))] if moved else []


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else value
