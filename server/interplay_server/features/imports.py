"""Imports of files of a shop: pieces in, records stored, a checkpoint from which a broken import goes on."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

import msgspec

from interplay_server.domain import journal, shop
from interplay_server.domain.commerce import (
    Customer,
    FeatureEvent,
    IdentityLink,
    Order,
    OrderPart,
    Product,
    ProductPart,
    Redaction,
)
from interplay_server.domain.records import Condition, Op, Put, Removal, among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, IMPORTS, ORDERS, PRODUCTS
from interplay_server.domain.writing import commit
from interplay_server.features.runs import Runs
from interplay_server.features.shapes.importer import TableImporter
from interplay_server.features.shapes.importing import Importer
from interplay_server.features.shapes.merging import merge_orders, merge_products, with_kept_parts
from interplay_server.features.shapes.reports import PARENT_MISSING, Checkpoint, Parsed, Report
from interplay_server.features.shapes.tables import COLUMNS, ORDER_DATA
from interplay_server.features.shopify.importer import ShopifyImporter
from interplay_server.features.tenant import FeatureTenant, now_micros, off_loop

KEPT_US = 7 * 86_400_000_000
_EVENTS_AT_ONCE, _ROWS_AT_ONCE = 2000, 1000


class Progress(msgspec.Struct):
    """How far an import is; kept for seven days."""

    kind: str = ""
    checkpoint: Checkpoint = msgspec.field(default_factory=Checkpoint)
    finished: bool = False
    redacted_rows: int = 0


class FileImport:
    """One file. `feed` stores what a piece completes before it returns."""

    def __init__(self, tenant: FeatureTenant, runs: Runs, import_id: str, kind: str) -> None:
        """`kind` is one of `shopify.importer.KINDS`, of the seed's tables, or empty."""
        self._tenant, self._runs, self._import_id, self._kind = tenant, runs, import_id, kind
        self._progress = Progress(kind)
        self._importer: Importer | None = None
        self.offset = 0

    async def open(self) -> None:
        """Finds how far an earlier call came. Raises ValueError where that was of another kind."""
        records = self._tenant.store.records
        found = await records.table(IMPORTS, [among(IMPORTS.key, [self._import_id])], columns=("progress",))
        if found.num_rows:
            self._progress = msgspec.json.decode(found["progress"][0].as_py(), type=Progress)
            if self._progress.kind != self._kind:
                raise ValueError(self._progress.kind)
        self._importer = self._made(self._progress.checkpoint)
        self.offset = self._progress.checkpoint.offset
        old = await records.table(
            IMPORTS, [Condition("update_time", Op.LT, now_micros() - KEPT_US)], columns=(IMPORTS.key,)
        )
        if old.num_rows:
            gone = Removal(IMPORTS.name, IMPORTS.key, tuple(old[IMPORTS.key].to_pylist()))
            await commit(self._tenant.store, journal.Recorded(removed=(gone,)))

    def _made(self, resume: Checkpoint) -> Importer:
        names = self._tenant.shop_id
        if self._kind in COLUMNS:
            return TableImporter(self._kind, names, resume)
        return ShopifyImporter(self._kind, names, resume)

    @property
    def importer(self) -> Importer:
        assert self._importer is not None  # noqa: S101 - opened before
        return self._importer

    @property
    def finished(self) -> bool:
        return self._progress.finished

    @property
    def safe_offset(self) -> int:
        return self._progress.checkpoint.offset

    @property
    def report(self) -> Report:
        return self._progress.checkpoint.report

    @property
    def redacted_rows(self) -> int:
        return self._progress.redacted_rows

    async def feed(self, piece: bytes) -> None:
        await self._store(await self._tenant.compute(off_loop(self.importer.feed, piece)))
        self.offset += len(piece)
        await self._save()

    async def finish(self) -> None:
        await self._store(await self._tenant.compute(self.importer.finish))
        self._progress.finished = True
        await self._save()

    async def _save(self) -> None:
        checkpoint = self.importer.checkpoint
        if self._progress.finished:
            checkpoint = msgspec.structs.replace(checkpoint, report=self.importer.report.snapshot())
        self._progress.checkpoint = checkpoint
        row = (self._import_id, msgspec.json.encode(self._progress), now_micros())
        await commit(self._tenant.store, journal.Recorded((Put(IMPORTS.name, (row,)),)))

    # --- records

    async def _store(self, parsed: Sequence[Parsed]) -> None:
        writers: dict[type, Callable[[list[Parsed]], Awaitable[None]]] = {
            FeatureEvent: self._events,
            Product: self._products,
            Customer: self._customers,
            Order: self._orders,
            OrderPart: self._order_parts,
            ProductPart: self._product_parts,
            IdentityLink: self._links,
            Redaction: self._redactions,
        }
        for kind, group in groupby(parsed, key=lambda one: type(one.record)):
            together = list(group)
            for at in range(0, len(together), _EVENTS_AT_ONCE):
                await self._tenant.store.admit()
                await self._tenant.store.wait_room()
                await writers[kind](together[at : at + _EVENTS_AT_ONCE])

    async def _events(self, parsed: list[Parsed]) -> None:
        rows = []
        for place, one in enumerate(parsed):
            event: FeatureEvent = one.record
            if not event.event_id:
                event = msgspec.structs.replace(event, event_id=f"{self._import_id}/{one.offset}/{place}")
            rows.append(shop.event_row(event))
        await commit(self._tenant.store, journal.Recorded((Put(EVENTS.name, tuple(rows)),)))

    async def _products(self, parsed: list[Parsed]) -> None:
        await self._tenant.shop.upsert_products([one.record for one in parsed])

    async def _customers(self, parsed: list[Parsed]) -> None:
        await self._tenant.shop.upsert_customers([one.record for one in parsed])

    async def _links(self, parsed: list[Parsed]) -> None:
        await self._tenant.shop.upsert_links([one.record for one in parsed])

    async def _orders(self, parsed: list[Parsed]) -> None:
        orders: list[Order] = [one.record for one in parsed]
        if self._kind == ORDER_DATA:
            stored = await self._stored_orders([one.order_id for one in orders])
            orders = [with_kept_parts(one, stored.get(one.order_id)) for one in orders]
        await self._tenant.shop.upsert_orders(orders)

    async def _stored_orders(self, order_ids: Sequence[str]) -> dict[str, Order]:
        found = await self._tenant.store.records.table(ORDERS, [among(ORDERS.key, list(dict.fromkeys(order_ids)))])
        return {row[ORDERS.key]: shop.order_of(row) for row in found.to_pylist()}

    async def _order_parts(self, parsed: list[Parsed]) -> None:
        stored = await self._stored_orders([one.record.order_id for one in parsed])
        changed, missing = merge_orders(stored, [one.record for one in parsed])
        if changed:
            await self._tenant.shop.upsert_orders(changed)
        self._missing(parsed, {part.order_id for part in missing}, "order_id")

    async def _product_parts(self, parsed: list[Parsed]) -> None:
        ids = list(dict.fromkeys(one.record.product_id for one in parsed))
        found = await self._tenant.store.records.table(PRODUCTS, [among(PRODUCTS.key, ids)], columns=PRODUCTS.names)
        stored = {row[PRODUCTS.key]: Product(**{**row, "tags": tuple(row["tags"])}) for row in found.to_pylist()}
        changed, missing = merge_products(stored, [one.record for one in parsed])
        if changed:
            await self._tenant.shop.upsert_products(changed)
        self._missing(parsed, {part.product_id for part in missing}, "product_id")

    def _missing(self, parsed: list[Parsed], parents: set[str], field: str) -> None:
        """Takes back parts whose order or product is not stored."""
        report = self.importer.report
        for one in parsed:
            if getattr(one.record, field) in parents:
                report.count(report.made, type(one.record).__name__, -1)
                report.skip(one.line, one.offset, PARENT_MISSING, type(one.record).__name__)

    async def _redactions(self, parsed: list[Parsed]) -> None:
        """Erases customers from what a shop told and from the kept rows."""
        tenant = self._tenant
        records = tenant.store.records
        redactions: list[Redaction] = [one.record for one in parsed]
        emails = {one.email for one in redactions if one.email}
        customers = {one.customer_id for one in redactions if one.customer_id}
        if emails:
            found = await records.table(CUSTOMERS, [among("email", sorted(emails))], columns=(CUSTOMERS.key,))
            customers |= set(found[CUSTOMERS.key].to_pylist())
        orders = sorted({order_id for one in redactions for order_id in one.order_ids})
        for at in range(0, len(orders), _ROWS_AT_ONCE):
            self._progress.redacted_rows += await tenant.shop.delete_orders(orders[at : at + _ROWS_AT_ONCE])
        if customers:
            named = sorted(customers)
            self._progress.redacted_rows += await tenant.shop.redact_customers(named)
            await self._runs.erase(named)
