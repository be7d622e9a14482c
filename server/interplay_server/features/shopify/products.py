"""Products of the Admin API, REST and GraphQL."""

from collections.abc import Mapping
from typing import Any

from interplay_server.domain.commerce import Product
from interplay_server.features.shapes.values import (
    MAX_TITLE,
    first,
    flag,
    identifier,
    instant,
    number,
    text,
    words,
)
from interplay_server.features.shopify.fields import at, currency, listed, money, section

_RANGES = ("priceRangeV2", "priceRange", "price_range")


def product_of(document: Mapping[str, Any]) -> Product:
    """The price is that of the cheapest variant, as a shop's collection pages show it (`priceRangeV2.minVariantPrice`).

    Raises Invalid.
    """
    variants = listed(document.get("variants"), "variants")
    prices = [price for variant in variants if (price := money(variant, "price")) is not None]
    cheapest = section(first(section(first(document, _RANGES)), ("minVariantPrice", "min_variant_price")))
    if not prices and (told := money(document, "price")) is not None:
        prices = [told]
    if not prices and (least := money(cheapest, "amount")) is not None:
        prices = [least]
    return Product(
        product_id=identifier(document.get("id"), "id", required=True),
        title=text(document.get("title"), "title", MAX_TITLE),
        price=min(prices, default=None),
        currency=currency({"range": cheapest}, "range") or currency(document, "currency", "currencyCode", "price"),
        vendor=text(document.get("vendor"), "vendor"),
        product_type=text(first(document, ("product_type", "productType", "type")), "product_type"),
        tags=words(document.get("tags"), "tags"),
        available=_available(document, variants),
        created_at=instant(first(document, ("created_at", "createdAt")), "created_at"),
    )


def _available(document: Mapping[str, Any], variants: list[Mapping[str, Any]]) -> bool:
    """Active, published (where that is told), and at least one variant can be sold.

    A publication in the future counts as published: the answer must not hang on the hour of the import.
    """
    if document.get("available") is not None:
        return flag(document["available"], "available", absent=True)
    if text(document.get("status"), "status").lower() not in {"", "active"}:
        return False
    published = [name for name in ("published_at", "publishedAt") if name in document]
    if published and not first(document, published):
        return False
    if variants:
        return any(_sold(variant) for variant in variants)
    stock = number(document.get("totalInventory"), "totalInventory", low=float("-inf"))
    return not (document.get("tracksInventory") is True and stock is not None and stock <= 0)


def _sold(variant: Mapping[str, Any]) -> bool:
    """Untracked, sold beyond its stock, or in stock; a variant that tells nothing of it is sold."""
    told = first(variant, ("availableForSale", "available"))
    if told is not None:
        return flag(told, "availableForSale", absent=True)
    if "inventory_management" in variant and not variant["inventory_management"]:
        return True
    if at(variant, "inventoryItem", "tracked") is False:
        return True
    policy = first(variant, ("inventory_policy", "inventoryPolicy"))
    if isinstance(policy, str) and policy.lower() == "continue":
        return True
    stock = number(first(variant, ("inventory_quantity", "inventoryQuantity")), "inventory_quantity", low=float("-inf"))
    return stock is None or stock > 0
