"""Web-pixel events of a shop: one event for each product that it is about.

Carts, checkouts and collections fan out over all their products under one event_id; the products that a search showed
stand in one event. `page_type` of a product's view says where the view came from (`referrers.came_from`), that of any
other event says on which page it happened.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from interplay_server.domain.commerce import FeatureEvent, IdentityLink
from interplay_server.features.shapes.values import (
    MAX_AGENT,
    MAX_RESULTS,
    MAX_WORD,
    Invalid,
    first,
    identifier,
    instant,
    number,
    text,
)
from interplay_server.features.shopify.fields import at, listed, section
from interplay_server.features.shopify.referrers import Visit, address, came_from, channel, host_of, page_type

STANDARD = frozenset(
    {
        "alert_displayed",
        "cart_viewed",
        "checkout_address_info_submitted",
        "checkout_completed",
        "checkout_contact_info_submitted",
        "checkout_shipping_info_submitted",
        "checkout_started",
        "collection_viewed",
        "page_viewed",
        "payment_info_submitted",
        "product_added_to_cart",
        "product_removed_from_cart",
        "product_viewed",
        "search_submitted",
        "ui_extension_errored",
    }
)
"""Shopify's standard events; `all_standard_events` subscribes to these."""

LINKED = "customer_linked"
OWN = frozenset(
    {
        LINKED,
        "recommendation_viewed",
        "recommendation_clicked",
        "recommendation_declined",
        "recommendation_add_to_cart",
    }
)
"""Events that recommendation pixels add to the standard ones."""

MAX_PRODUCTS = 10_000
"""Products of one event."""

_VIEWED = "product_viewed"
_SEARCH = "search_submitted"
_TYPE = ("name", "interactionType", "interaction_type", "eventType", "event_type")
_TIME = ("timestamp", "createdAt", "created_at", "occurredAt")
_CLIENT = ("clientId", "client_id")
_CUSTOMER = ("customerId", "customer_id")
_IDS = ("productIds", "product_ids", "recommended_product_ids")


def unwrapped(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event itself, of what a pixel's collector stored around it: `{event, init, shop}`, or a row with metadata."""
    inner = first(document, ("event", "payload"))
    stored = first(document, ("metadata", "interaction_metadata", "interactionMetadata"))
    if not isinstance(inner, dict) and not isinstance(stored, dict):
        return document
    found = {**document, **section(inner)}
    if isinstance(stored, dict):
        for name in ("data", "context", "customData", "clientId"):
            if name in stored:
                found.setdefault(name, stored[name])
        found.setdefault("data", stored)
    return found


def shops_of(event: Mapping[str, Any]) -> list[Any]:
    """The names by which an event tells its shop."""
    names = [at(event, "init", "data", "shop", "myshopifyDomain"), at(event, "data", "shop", "myshopifyDomain")]
    shop = event.get("shop")
    names += [shop.get("id"), first(shop, ("myshopifyDomain", "domain"))] if isinstance(shop, dict) else [shop]
    return [name for name in names if name is not None]


def records_of(document: Mapping[str, Any], noted: Counter[str]) -> list[FeatureEvent] | list[IdentityLink]:
    """The events of one pixel event, or the link that a `customer_linked` tells. Raises Invalid."""
    event = unwrapped(document)
    kind = text(first(event, _TYPE), "name", MAX_WORD)
    if not kind:
        raise Invalid("name", "missing")
    word = kind.lower()
    if word == LINKED:
        return [_link(event)]
    if word not in STANDARD and word not in OWN:
        noted["custom_event_type"] += 1
    data = {**section(event.get("customData")), **section(event.get("data"))}
    products = _distinct(_products(data), MAX_RESULTS if word == _SEARCH else MAX_PRODUCTS)
    about, results = ([""], tuple(products)) if word == _SEARCH else (products or [""], ())
    page, referrer = _places(event, word)
    made = FeatureEvent(
        event_id=identifier(first(event, ("id", "eventId", "event_id")), "id", required=True),
        created_at=instant(first(event, _TIME), "timestamp", required=True) or 0,
        event_type=kind,
        customer_id=_customer(event, data),
        product_id=about[0],
        client_id=identifier(first(event, _CLIENT), "clientId"),
        session_id=identifier(first(event, ("sessionId", "session_id")), "sessionId"),
        user_id=identifier(first(event, ("userId", "user_id")), "userId"),
        page_type=page,
        device_type=text(first(event, ("deviceType", "device_type")), "deviceType", MAX_WORD),
        referrer_type=referrer,
        user_agent=_user_agent(event),
        view_duration=number(first(event, ("viewDuration", "view_duration")), "viewDuration", low=float("-inf")),
        order_id=_order(event, data),
        result_product_ids=results,
    )
    return [made, *(msgspec.structs.replace(made, product_id=product) for product in about[1:])]


def _link(event: Mapping[str, Any]) -> IdentityLink:
    data = {**section(event.get("customData")), **section(event.get("data"))}
    moment = first(data, ("linkedAt", "linked_at"))
    moment = first(event, _TIME) if moment is None else moment
    client = first(data, _CLIENT)
    return IdentityLink(
        client_id=identifier(first(event, _CLIENT) if client is None else client, "clientId", required=True),
        customer_id=identifier(_customer(event, data), "customerId", required=True),
        linked_at=instant(moment, "linkedAt", required=True) or 0,
    )


def _customer(event: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    for told in (
        first(event, _CUSTOMER),
        first(data, _CUSTOMER),
        at(event, "init", "data", "customer", "id"),
        at(event, "customer", "id"),
        at(data, "customer", "id"),
        at(data, "checkout", "order", "customer", "id"),
    ):
        if found := identifier(told, "customer.id"):
            return found
    return ""


def _order(event: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    for told in (at(data, "checkout", "order", "id"), first(event, ("orderId", "order_id"))):
        if found := identifier(told, "checkout.order.id"):
            return found
    return ""


def _user_agent(event: Mapping[str, Any]) -> str:
    """Its first 2,000 characters: browsers may say what they like, and the device stands at the head."""
    told = at(event, "context", "navigator", "userAgent")
    told = first(event, ("userAgent", "user_agent")) if told is None else told
    return text(told[:MAX_AGENT] if isinstance(told, str) else told, "userAgent", MAX_AGENT)


def _places(event: Mapping[str, Any], word: str) -> tuple[str, str]:
    """Page type and channel: as told in so many words, else from the addresses of page and referrer."""
    page = text(first(event, ("pageType", "page_type")), "pageType", MAX_WORD)
    referrer = text(first(event, ("referrerType", "referrer_type")), "referrerType", MAX_WORD)
    document = section(at(event, "context", "document"))
    if document:
        location = at(document, "location", "href") or at(event, "context", "window", "location", "href")
        hosts = [_shop_host(name) for name in shops_of(event) if isinstance(name, str) and "." in name]
        visit = Visit(address(location), address(document.get("referrer")), filter(None, hosts))
        page = page or (came_from(visit) if word == _VIEWED else page_type(visit.location))
        referrer = referrer or channel(visit)
    return page, referrer


@lru_cache(maxsize=64)
def _shop_host(name: str) -> str:
    return host_of(address(name if "://" in name else f"https://{name}"))


def _products(data: Mapping[str, Any]) -> Iterable[Any]:
    """The ids of all products of an event, in the order in which it tells them."""
    yield first(data, ("productId", "product_id"))
    yield at(data, "product", "id")
    yield at(data, "productVariant", "product", "id")
    yield at(data, "cartLine", "merchandise", "product", "id")
    for line in listed(at(data, "cart", "lines"), "cart.lines"):
        yield at(line, "merchandise", "product", "id")
    for line in listed(at(data, "checkout", "lineItems"), "checkout.lineItems"):
        yield at(line, "variant", "product", "id")
    for owner in ("collection", "searchResult"):
        for variant in listed(at(data, owner, "productVariants"), f"{owner}.productVariants"):
            yield at(variant, "product", "id")
    for one in data["products"] if isinstance(data.get("products"), list) else ():
        yield first(one, ("id", "productId", "product_id")) if isinstance(one, dict) else one
    told = first(data, _IDS)
    yield from told if isinstance(told, list) else ()


def _distinct(told: Iterable[Any], most: int) -> list[str]:
    found = list(
        dict.fromkeys(product for one in told if one is not None and (product := identifier(one, "product.id")))
    )
    if len(found) > most:
        raise Invalid("product.id", f"more than {most} products")
    return found
