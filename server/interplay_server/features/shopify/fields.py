"""Fields that REST and GraphQL documents of Shopify spell in their own ways."""

from collections.abc import Mapping
from typing import Any

from interplay_server.features.shapes.values import MAX_CURRENCY, Invalid, first, number, text


def section(value: object) -> Mapping[str, Any]:
    """An object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def at(document: Mapping[str, Any], *path: str) -> Any:
    """What stands at the end of a path of objects, else None."""
    found: Any = document
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def listed(value: object, field: str) -> list[Mapping[str, Any]]:
    """The objects of a REST list or of a GraphQL connection (`edges` or `nodes`). Raises Invalid."""
    if isinstance(value, dict):
        if isinstance(value.get("edges"), list):
            value = [section(edge).get("node") for edge in value["edges"]]
        else:
            value = value.get("nodes")
    if value is None:
        return []
    if not isinstance(value, list):
        raise Invalid(field, "not a list")
    for one in value:
        if not isinstance(one, dict):
            raise Invalid(field, "holds something that is no object")
    return value


def money(document: Mapping[str, Any], *names: str) -> float | None:
    """The first amount told by these names: `"9.90"`, `{amount}`, or the shop's part of a `{shopMoney, …}`."""
    for name in names:
        value = document.get(name)
        if isinstance(value, dict):
            value = section(first(value, ("shopMoney", "shop_money")) or value).get("amount")
        if value is not None and value != "":
            return number(value, name)
    return None


def currency(document: Mapping[str, Any], *names: str) -> str:
    """The first currency told by these names, as a word or beside an amount. Raises Invalid."""
    for name in names:
        value = document.get(name)
        if isinstance(value, dict):
            told = section(first(value, ("shopMoney", "shop_money")) or value)
            value = first(told, ("currencyCode", "currency_code"))
        if isinstance(value, str) and value:
            return text(value, name, MAX_CURRENCY).upper()
    return ""
