"""Lines of a bulk operation: children that name their parent by `__parentId`, below it or anywhere after it.

Grouped output (`groupObjects: true`) places children right below their parent, and the family is one record. In the
other, since 2026-01 the usual one, they come later: lines and refunds as OrderPart, variants as ProductPart, for the
caller to add to what is stored.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from interplay_server.domain.commerce import OrderPart, ProductPart
from interplay_server.features.shapes.values import Invalid, gid_type, identifier
from interplay_server.features.shopify.fields import listed, money
from interplay_server.features.shopify.orders import order_line, refund_line, refunded_at, refunds_of

PARENT = "__parentId"
PRODUCT, ORDER = "Product", "Order"
VARIANT, LINE_ITEM, REFUND, REFUND_LINE = "ProductVariant", "LineItem", "Refund", "RefundLineItem"

MAX_CHILDREN = 10_000
"""Children held with their parent; those beyond come as parts."""
MAX_REMEMBERED = 50_000
"""Parents remembered after they were returned."""

_PLACES = {VARIANT: (PRODUCT, "variants"), LINE_ITEM: (ORDER, "lineItems"), REFUND: (ORDER, "refunds")}


class ParentMissing(Exception):
    """No parent of this id came before, or it was left out itself."""


class Family:
    """A parent and the children below it."""

    def __init__(self, document: dict[str, Any], offset: int, line: int) -> None:
        self.document, self.offset, self.line = document, offset, line
        self.gid = str(document["id"])
        self._children = 0
        self._refunds: dict[str, dict[str, Any]] = {}

    @property
    def full(self) -> bool:
        return self._children >= MAX_CHILDREN

    def owns(self, child: Mapping[str, Any], kind: str) -> bool:
        """Whether it is a child of this parent or of one of its refunds."""
        parent = str(child[PARENT])
        if kind == REFUND_LINE:
            return parent in self._refunds
        return parent == self.gid and _PLACES[kind][0] == gid_type(self.gid)

    def adopt(self, child: dict[str, Any], kind: str) -> None:
        """Takes a child that it owns. Raises Invalid where the parent holds no list."""
        if kind == REFUND_LINE:
            _append(self._refunds[str(child[PARENT])], "refundLineItems", child)
        else:
            _append(self.document, _PLACES[kind][1], child)
        if kind == REFUND:
            self._refunds[str(child.get("id"))] = child
        self._children += 1


class Ancestors:
    """Parents that were returned, and the refunds that came apart from their order. Forgets the oldest."""

    def __init__(self, *, complete: bool) -> None:
        """`complete` says that the file was read from its head, so that what is not known did not come before."""
        self._complete = complete
        self._parents: dict[str, None] = {}
        self._refunds: dict[str, tuple[str, int]] = {}

    def remember(self, family: Family) -> None:
        self._parents[family.gid] = None
        for refund in listed(family.document.get("refunds"), "refunds"):
            self._keep_refund(str(refund.get("id")), family.gid, refund)
        if len(self._parents) > MAX_REMEMBERED:
            self._complete = False
            del self._parents[next(iter(self._parents))]

    def part(
        self, child: Mapping[str, Any], kind: str, place: str, noted: Counter[str]
    ) -> OrderPart | ProductPart | None:
        """What a child adds to its parent, None for a refund of money alone. Raises Invalid and ParentMissing."""
        parent = str(child[PARENT])
        if kind == REFUND_LINE:
            if parent not in self._refunds:
                raise ParentMissing
            order, created_at = self._refunds[parent]
            # By its own id: a refund may tell a line twice, and parts replace each other.
            own = identifier(child.get("id"), "id")
            refund_id = f"{_id(parent)}/{own}" if own else _id(parent)
            return OrderPart(_id(order), refunds=(refund_line(child, refund_id, created_at),))
        if gid_type(parent) != _PLACES[kind][0] or (self._complete and parent not in self._parents):
            raise ParentMissing
        if kind == VARIANT:
            return ProductPart(_id(parent), money(child, "price"))
        if kind == LINE_ITEM:
            return OrderPart(_id(parent), lines=(order_line(child, place, noted),))
        self._keep_refund(str(child.get("id")), parent, child)
        refunds = refunds_of(child, noted)
        return OrderPart(_id(parent), refunds=tuple(refunds)) if refunds else None

    def _keep_refund(self, gid: str, order: str, refund: Mapping[str, Any]) -> None:
        try:
            self._refunds[gid] = order, refunded_at(refund)
        except Invalid:
            return
        if len(self._refunds) > MAX_REMEMBERED:
            del self._refunds[next(iter(self._refunds))]


def child_kind(document: Mapping[str, Any]) -> str:
    """Which of the children that make records this is, empty for any other (images, metafields, addresses)."""
    told = gid_type(document.get("id")) or document.get("__typename")
    if isinstance(told, str) and told:
        return told if told in _PLACES or told == REFUND_LINE else ""
    return REFUND_LINE if gid_type(document[PARENT]) == REFUND else ""


def _append(owner: dict[str, Any], name: str, child: Mapping[str, Any]) -> None:
    """Adds to a list; a connection becomes one."""
    held = owner.get(name)
    if not isinstance(held, list):
        held = owner[name] = list(listed(held, name))
    held.append(child)


def _id(gid: str) -> str:
    return identifier(gid, PARENT, required=True)
