"""Whose shop a row is of."""

from collections.abc import Collection, Iterable
from typing import Any

from interplay_server.features.shapes.values import Invalid, identifier

_SUFFIX = ".myshopify.com"


def shop_name(value: object) -> str:
    """One spelling for `gid://shopify/Shop/1`, `1`, `https://Acme.myshopify.com/` and `acme`."""
    name = identifier(value, "shop_id").lower()
    return name.removeprefix("https://").removeprefix("http://").rstrip("/").removesuffix(_SUFFIX)


class Shop:
    """The names of one shop. Without any, every row is of it."""

    def __init__(self, names: str | Collection[str] = ()) -> None:
        self._names = frozenset(shop_name(name) for name in ([names] if isinstance(names, str) else names) if name)

    def owns(self, told: Iterable[Any]) -> bool:
        """Whether a row that tells these names is of this shop: it tells none, or one of the shop's own."""
        found = set()
        for value in told:
            try:
                found.add(shop_name(value))
            except Invalid:
                return False
        found.discard("")
        return not self._names or not found or not self._names.isdisjoint(found)
