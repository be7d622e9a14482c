"""Joins what a file tells apart, lines with their orders and variants with their products."""

from collections.abc import Iterable, Mapping

import msgspec

from interplay_server.domain.commerce import Order, OrderPart, Product, ProductPart


def with_part(order: Order, part: OrderPart) -> Order:
    """The order with the lines and refunds of the part; what it knew by the same ids is replaced, so twice is once."""
    lines = {line.line_id: line for line in (*order.lines, *part.lines)}
    refunds = {(one.refund_id, one.line_id): one for one in (*order.refunds, *part.refunds)}
    return msgspec.structs.replace(order, lines=tuple(lines.values()), refunds=tuple(refunds.values()))


def with_kept_parts(order: Order, stored: Order | None) -> Order:
    """An order of a table that tells no lines, with the lines and refunds that are stored of it."""
    if stored is None:
        return order
    return with_part(order, OrderPart(order.order_id, stored.lines, stored.refunds))


def with_variant(product: Product, part: ProductPart) -> Product:
    """The product with the lower of the two prices."""
    prices = [price for price in (product.price, part.price) if price is not None]
    return msgspec.structs.replace(product, price=min(prices, default=None))


def merge_orders(stored: Mapping[str, Order], parts: Iterable[OrderPart]) -> tuple[list[Order], list[OrderPart]]:
    """The orders that change, and the parts whose order is not stored."""
    of_order: dict[str, list[OrderPart]] = {}
    for part in parts:
        of_order.setdefault(part.order_id, []).append(part)
    changed, missing = [], []
    for order_id, together in of_order.items():
        if order_id in stored:
            lines = tuple(line for part in together for line in part.lines)
            refunds = tuple(refund for part in together for refund in part.refunds)
            changed.append(with_part(stored[order_id], OrderPart(order_id, lines, refunds)))
        else:
            missing.extend(together)
    return changed, missing


def merge_products(
    stored: Mapping[str, Product], parts: Iterable[ProductPart]
) -> tuple[list[Product], list[ProductPart]]:
    """The products that change, and the parts whose product is not stored."""
    changed: dict[str, Product] = {}
    missing = []
    for part in parts:
        product = changed.get(part.product_id) or stored.get(part.product_id)
        if product is None:
            missing.append(part)
        else:
            changed[part.product_id] = with_variant(product, part)
    return list(changed.values()), missing
