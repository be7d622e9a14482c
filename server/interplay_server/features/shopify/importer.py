"""Imports raw documents of a Shopify shop: JSON pages, bulk JSON lines, pixel events, webhooks."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from interplay_server.features.shapes.documents import PAGE, Document, DocumentFinder
from interplay_server.features.shapes.importing import Importer
from interplay_server.features.shapes.lines import MAX_LINE, Line
from interplay_server.features.shapes.reports import (
    INVALID,
    OTHER_SHOP,
    PARENT_MISSING,
    UNKNOWN_KIND,
    WRONG_KIND,
    Checkpoint,
    Parsed,
    guests,
)
from interplay_server.features.shapes.shops import Shop
from interplay_server.features.shapes.values import Invalid, gid_type
from interplay_server.features.shopify import pixels
from interplay_server.features.shopify.families import PARENT, Ancestors, Family, ParentMissing, child_kind
from interplay_server.features.shopify.orders import order_of
from interplay_server.features.shopify.people import customer_of, redaction_of
from interplay_server.features.shopify.products import product_of

PRODUCTS, CUSTOMERS, ORDERS, EVENTS, REDACTIONS = "products", "customers", "orders", "events", "redactions"
AUTO = ""
KINDS = (PRODUCTS, CUSTOMERS, ORDERS, EVENTS, REDACTIONS)
CHILDREN = "children"

_GIDS = {"Product": PRODUCTS, "Customer": CUSTOMERS, "Order": ORDERS}
_ENVELOPES = {
    "data": "",
    "edges": "",
    "node": "",
    "nodes": "",
    "products": PRODUCTS,
    "product": PRODUCTS,
    "customers": CUSTOMERS,
    "customer": CUSTOMERS,
    "orders": ORDERS,
    "order": ORDERS,
    "events": EVENTS,
}
# An object with one of these is no page but tells of itself.
_OWN = frozenset(
    {
        "id",
        "name",
        "admin_graphql_api_id",
        "orders_to_redact",
        "orders_requested",
        "clientId",
        "timestamp",
        "event",
        "payload",
        "context",
        "shop_id",
        "shop_domain",
        "shopId",
        "shopDomain",
        "interactionType",
        "interaction_type",
        "event_type",
        PARENT,
    }
)
_SIGNS: tuple[tuple[str, frozenset[str]], ...] = (
    (REDACTIONS, frozenset({"orders_to_redact"})),
    (
        EVENTS,
        frozenset({"clientId", "timestamp", "context", "event", "payload", "interactionType", "interaction_type"}),
    ),
    (EVENTS, frozenset({"event_type", "eventType"})),
    (ORDERS, frozenset({"line_items", "lineItems", "financial_status", "displayFinancialStatus", "total_price"})),
    (ORDERS, frozenset({"totalPriceSet", "cancelled_at", "cancelledAt", "order_number"})),
    (PRODUCTS, frozenset({"variants", "vendor", "product_type", "productType", "body_html", "handle"})),
    (
        CUSTOMERS,
        frozenset({"first_name", "firstName", "orders_count", "numberOfOrders", "defaultEmailAddress"}),
    ),
)


class ShopifyImporter(Importer):
    """Reads a file of one kind, or of any where the kind is AUTO; ids are bare numbers as text."""

    def __init__(
        self,
        kind: str = AUTO,
        shop: str | Collection[str] = (),
        resume: Checkpoint | None = None,
        limit: int = MAX_LINE,
    ) -> None:
        """`shop` are the names of the shop (id, `acme.myshopify.com`); a row that tells only other names is refused."""
        super().__init__(resume, limit)
        start = resume or Checkpoint()
        self._kind = kind
        self._shop = Shop(shop)
        self._documents = DocumentFinder(start.layout, limit, _ENVELOPES, _OWN)
        self._family: Family | None = None
        self._mark = start
        """What a checkpoint says while a family is open."""
        self._ancestors = Ancestors(complete=start.offset == 0)

    @property
    def checkpoint(self) -> Checkpoint:
        if self._documents.layout == PAGE and not self._finished:
            return Checkpoint()
        return self._mark if self._family else self._here(*self._done)

    def missing(self, parsed: Parsed) -> None:
        """Takes back a part whose order or product turned out not to be stored."""
        name = type(parsed.record).__name__
        self.report.count(self.report.made, name, -1)
        self.report.skip(parsed.line, parsed.offset, PARENT_MISSING, name)

    def _here(self, offset: int, line: int) -> Checkpoint:
        return Checkpoint(offset, line, layout=self._documents.layout, report=self.report.snapshot())

    def _take(self, line: Line) -> None:
        self._each(self._documents.take(line))
        if self._documents.holds is None:
            self._done = (line.end, line.number + 1)

    def _end(self) -> None:
        self._each(self._documents.rest())
        self._close()

    def _each(self, documents: Iterator[Document]) -> None:
        for one in documents:
            if one.value is None:
                self.report.skip(one.line, one.offset, one.reason, one.detail)
            elif one.value.get(PARENT) is not None:
                self.report.count(self.report.read, CHILDREN)
                self._child(one, one.value)
            else:
                self._parent(one, one.value)

    def _parent(self, one: Document, document: dict[str, Any]) -> None:
        self._close()
        kind = _kind_of(document, one.kind or self._kind)
        if kind in {PRODUCTS, ORDERS} and one.alone and gid_type(document.get("id")):
            self._mark = self._here(one.offset, one.line)
        self.report.count(self.report.read, kind or "unknown")
        if not kind:
            self.report.skip(one.line, one.offset, UNKNOWN_KIND)
        elif self._kind and kind != self._kind:
            self.report.skip(one.line, one.offset, WRONG_KIND, f"{kind} among {self._kind}")
        elif not self._shop.owns(_shops(document, kind)):
            self.report.skip(one.line, one.offset, OTHER_SHOP)
        elif kind in {PRODUCTS, ORDERS} and one.alone and gid_type(document.get("id")):
            self._family = Family(document, one.offset, one.line)
        else:
            self._made(document, kind, one.offset, one.line)

    def _made(self, document: Mapping[str, Any], kind: str, offset: int, line: int) -> bool:
        noted: Counter[str] = Counter()
        try:
            records = _records(document, kind, noted)
        except Invalid as error:
            self.report.skip(line, offset, INVALID, f"{kind}: {error}")
            return False
        self.report.note(noted + guests(records))
        for record in records:
            self._emit(record, offset, line)
        return True

    def _close(self) -> None:
        family, self._family = self._family, None
        if family is None:
            return
        kind = _GIDS[gid_type(family.gid)]
        if self._made(family.document, kind, family.offset, family.line):
            self._ancestors.remember(family)

    def _child(self, one: Document, document: dict[str, Any]) -> None:
        kind = child_kind(document)
        if not kind:
            self.report.count(self.report.noted, "child_ignored")
            return
        noted: Counter[str] = Counter()
        try:
            if self._family and self._family.owns(document, kind):
                if not self._family.full:
                    self._family.adopt(document, kind)
                    return
                self._close()
            part = self._ancestors.part(document, kind, f"@{one.offset}", noted)
        except ParentMissing:
            self.report.skip(one.line, one.offset, PARENT_MISSING, kind)
            return
        except Invalid as error:
            self.report.skip(one.line, one.offset, INVALID, f"{kind}: {error}")
            return
        self.report.note(noted)
        if part is not None:
            self._emit(part, one.offset, one.line)


def _records(document: Mapping[str, Any], kind: str, noted: Counter[str]) -> list[Any]:
    """Raises Invalid."""
    if kind == EVENTS:
        return list(pixels.records_of(document, noted))
    if kind == ORDERS:
        return [order_of(document, noted)]
    if kind == PRODUCTS:
        return [product_of(document)]
    return [customer_of(document) if kind == CUSTOMERS else redaction_of(document)]


def _kind_of(document: Mapping[str, Any], told: str) -> str:
    """By the type of its id, else by its fields, else as the page or the caller says; empty where nothing tells.

    An erasure is told by `orders_to_redact` alone: `customers/data_request` looks the same and erases nothing.
    """
    typed = gid_type(document.get("id")) or gid_type(document.get("admin_graphql_api_id"))
    if typed:
        return _GIDS.get(typed, "")
    found = next((kind for kind, signs in _SIGNS if not signs.isdisjoint(document)), "")
    if found or told == REDACTIONS:
        return found
    return told or (CUSTOMERS if "email" in document else "")


def _shops(document: Mapping[str, Any], kind: str) -> list[Any]:
    told = [document.get(name) for name in ("shop_id", "shopId", "shop_domain", "shopDomain")]
    if kind == EVENTS:
        told += pixels.shops_of(document)
        event = pixels.unwrapped(document)
        told += pixels.shops_of(event) if event is not document else []
    return [name for name in told if name is not None]
