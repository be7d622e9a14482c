"""Where a visitor came from: channel words and page types, from the addresses that a pixel event tells."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qs, urlsplit

DIRECT, INTERNAL, REFERRAL, OTHER = "direct", "internal", "referral", "other"
ORGANIC, PAID, SOCIAL, EMAIL = "organic_search", "paid_search", "social", "email"
DISPLAY, RECOMMENDATION = "display", "recommendation"

_MEDIUMS: dict[str, str] = {
    **dict.fromkeys(("cpc", "ppc", "paid", "paidsearch", "paid_search", "paid-search", "sem"), PAID),
    **dict.fromkeys(("display", "banner", "cpm", "programmatic", "retargeting"), DISPLAY),
    **dict.fromkeys(("email", "e-mail", "e_mail", "newsletter"), EMAIL),
    **dict.fromkeys(("social", "social-media", "social_media", "paidsocial", "paid_social", "paid-social"), SOCIAL),
    **dict.fromkeys(("affiliate", "affiliates", "referral", "partner"), REFERRAL),
    **dict.fromkeys(("organic", "organic_search"), ORGANIC),
}
_CLICK_IDS: dict[str, str] = {
    **dict.fromkeys(("gclid", "gbraid", "wbraid", "msclkid", "dclid"), PAID),
    **dict.fromkeys(("fbclid", "ttclid", "igshid", "twclid", "li_fat_id", "epik"), SOCIAL),
}
# Shopify appends these to links of its product recommendations.
_RECOMMENDED = ("pr_rec_id", "pr_prod_strat")
# Mail before search: mail.google.com is no search engine.
_HOSTS = (
    (EMAIL, re.compile(r"(^|\.)(mail\.google|mail\.yahoo|mail\.proton|outlook\.(live|office))\.|\.android\.gm$")),
    (
        ORGANIC,
        re.compile(
            r"(^|\.)(google|bing|duckduckgo|yahoo|baidu|yandex|ecosia|startpage|qwant|naver|seznam)\.[a-z]{2,3}(\.[a-z]{2})?$"
            r"|^search\.brave\.com$|googlequicksearchbox$"
        ),
    ),
    (
        SOCIAL,
        re.compile(
            r"(^|\.)(facebook|instagram|twitter|x|tiktok|reddit|linkedin|youtube|snapchat|whatsapp|messenger)\.com$"
            r"|(^|\.)pinterest\.[a-z.]{2,6}$|(^|\.)threads\.(net|com)$|(^|\.)(vk\.com|bsky\.app)$"
            r"|^(t\.co|lnkd\.in|fb\.me|youtu\.be|t\.me)$|^com\.(facebook\.katana|instagram\.android|pinterest)$"
        ),
    ),
)
_LOCALE = re.compile(r"[a-z]{2}(-[a-z]{2,4})?")
_PAGES = {
    "products": "product",
    "collections": "collection",
    "search": "search",
    "cart": "cart",
    "checkout": "checkout",
    "checkouts": "checkout",
    "orders": "order",
    "account": "account",
    "blogs": "blog",
    "pages": "page",
}
OTHER_PAGE = "other"
_IN_COLLECTION = re.compile(r"(^|/)collections/[^/]+/products/")


class Visit:
    """A page and the page before it, None where they have no address.

    It is `internal` where the page before was of the same shop, under its own host, a sub-host or one of `shop_hosts`.
    """

    __slots__ = ("before", "internal", "location", "referrer")

    def __init__(
        self, location: SplitResult | None, referrer: SplitResult | None, shop_hosts: Iterable[str] = ()
    ) -> None:
        self.location, self.referrer = location, referrer
        self.before = before = host_of(referrer)
        here = host_of(location)
        self.internal = bool(before) and any(
            before == one or before.endswith(f".{one}") or one.endswith(f".{before}")
            for one in ([here, *shop_hosts] if here else shop_hosts)
        )


def address(value: object) -> SplitResult | None:
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        parts = urlsplit(value.strip())
        parts.hostname  # noqa: B018 - what it raises for a broken host is what is asked
    except ValueError:
        return None
    return parts


def channel(visit: Visit) -> str:
    """One of the ten words above; what a campaign says of itself wins over the host that the visitor came from."""
    query = _query(visit.location)
    if any(name in query for name in _RECOMMENDED):
        return RECOMMENDATION
    if visit.internal:
        return INTERNAL
    medium = query.get("utm_medium", "").strip().lower()
    source = query.get("utm_source", "").strip().lower()
    if medium:
        known = _MEDIUMS.get(medium)
        if known == PAID and _of_host(f"{source}.com") == SOCIAL:
            return SOCIAL
        return known or OTHER
    for name, word in _CLICK_IDS.items():
        if name in query:
            return word
    if visit.before:
        return _of_host(visit.before) or REFERRAL
    if source:
        return _of_host(f"{source}.com") or _MEDIUMS.get(source) or OTHER
    return DIRECT


def page_type(parts: SplitResult | None) -> str:
    """What a page of a shop is, by its path: product, collection, search, home, cart …; empty without an address."""
    if parts is None:
        return ""
    path = [step for step in parts.path.lower().split("/") if step]
    if path and _LOCALE.fullmatch(path[0]):
        path = path[1:]
    if not path:
        return "home"
    if "products" in path[2:3]:
        return "product"
    return _PAGES.get(path[0], OTHER_PAGE)


def came_from(visit: Visit) -> str:
    """The page type that says where a product's view came from: search, collection, else product.

    It is the page before, where that was of the shop; from one product to the next of a collection the address keeps
    the collection (`/collections/x/products/y`). A visitor from outside came from none of them.
    """
    if not visit.internal:
        return "product"
    before = page_type(visit.referrer)
    if before in {"search", "collection"}:
        return before
    path = visit.location.path.lower() if visit.location else ""
    return "collection" if before == "product" and _IN_COLLECTION.search(path) else "product"


def _query(parts: SplitResult | None) -> Mapping[str, str]:
    if parts is None or not parts.query:
        return {}
    try:
        return {name.lower(): values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    except ValueError:
        return {}


def host_of(parts: SplitResult | None) -> str:
    """In lower case, without `www.`; empty without an address."""
    return (parts.hostname or "").removeprefix("www.") if parts else ""


def _of_host(host: str) -> str:
    return next((word for word, pattern in _HOSTS if pattern.search(host)), "")
