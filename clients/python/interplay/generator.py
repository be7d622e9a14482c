"""The features of a pair from the records of a shop, handed over in one call."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from google.protobuf.message import Message

from interplay import shop
from interplay.client import AsyncInterplay
from interplay.config import ClientConfig
from interplay.types import Time
from interplay.v1 import feature_pb2

_AT_ONCE = 1000


class InteractionFeatureGenerator:
    """Computes the features of a customer and a product from a context of records.

    The records go into `tenant`, or else into one of its own for each context, named by its content, so that the same
    context is recorded once; with an API key they go into the key's tenant. Of customers only the id and the age of the
    account are recorded. `settings` are those of ClientConfig.
    """

    def __init__(self, target: str | None = None, *, tenant: str | None = None, **settings: Any) -> None:
        self._config = ClientConfig.from_environment(target=target, tenant=tenant, **settings)
        self._recorded: set[tuple[str, str]] = set()

    async def generate_features(
        self, customer_product_data: Mapping[str, Any], context: Mapping[str, Any], *, as_of: Time = None
    ) -> dict[str, Any]:
        """The 29 features by name, None where one is undefined.

        Args:
            customer_product_data: {"customer_id": …, "product_id": …}.
            context: {"shop", "orders", "behavioral_events", "products", "customers"} with rows of the shop's tables as
                mappings, orders with their lines as `line_items`. Orders may be absent. Columns that mean nothing here
                are passed over, times without a zone are UTC, and events and orders of nobody are left out.
            as_of: instant that the features describe; None means now.

        Raises ValueError for rows of another shop than context["shop"], NotFoundError where the customer did nothing
        with the product, InterplayError.
        """
        records = _Records(context)
        config = self._config
        if not config.tenant and not config.api_key:
            config = replace(config, tenant=f"context-{records.digest[:32]}")
        place = (config.tenant or "", records.digest)
        async with AsyncInterplay(config=config) as client:
            if place not in self._recorded:
                await records.record(client)
                self._recorded.add(place)
            row = await client.interaction_features(
                str(customer_product_data["customer_id"]), str(customer_product_data["product_id"]), as_of=as_of
            )
        return dict(row.features)


class _Records:
    """The messages of a context."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self._shop_id = _shop_id(context.get("shop"))
        self.products = self._each(shop.product, feature_pb2.Product, context.get("products"))
        customers = self._each(shop.customer, feature_pb2.Customer, context.get("customers"))
        self.customers = [_anonymous(one) for one in customers]
        orders = self._each(shop.order, feature_pb2.Order, context.get("orders"))
        self.orders = [one for one in orders if one.customer_id]
        events = self._each(shop.event, feature_pb2.FeatureEvent, context.get("behavioral_events"))
        self.events = _identified([one for one in events if one.customer_id or one.client_id])
        digest = hashlib.sha256()
        for group in (self.products, self.customers, self.orders, self.events):
            for one in group:
                digest.update(hashlib.sha256(one.SerializeToString(deterministic=True)).digest())
            digest.update(b"|")
        self.digest = digest.hexdigest()

    async def record(self, client: AsyncInterplay) -> None:
        for write, rows in (
            (client.upsert_products, self.products),
            (client.upsert_customers, self.customers),
            (client.upsert_orders, self.orders),
            (client.record_events, self.events),
        ):
            rows_of_any: Sequence[Any] = rows
            for at in range(0, len(rows_of_any), _AT_ONCE):
                await write(rows_of_any[at : at + _AT_ONCE])

    def _each(self, make: Any, kind: Any, rows: Iterable[Any] | None) -> list[Any]:
        made = []
        for row in rows or ():
            if not isinstance(row, Message):
                told = row.get("shop_id")
                if told and self._shop_id and str(told) != self._shop_id:
                    raise ValueError(f"a row of the shop {told!r} in the context of the shop {self._shop_id!r}")
                row = _plain(row, kind)  # noqa: PLW2901 - the same row, as the messages take it
            made.append(make(row))
        return made


def _shop_id(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("shop_id") or value.get("id")
    return str(value) if value else ""


def _plain(row: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """A row without unknown columns and shop_id, its values as messages take them."""
    fields = kind.DESCRIPTOR.fields_by_name
    known = {*fields, "id"} | ({"line_items", "line_item_data"} if kind is feature_pb2.Order else set())
    plain = {}
    for name, value in row.items():
        if name not in known or name == "shop_id":
            continue
        if name in {"lines", "line_items", "line_item_data"}:
            plain[name] = [
                one if isinstance(one, Message) else _plain(one, feature_pb2.OrderLine) for one in value or ()
            ]
        elif name == "refunds":
            plain[name] = [one if isinstance(one, Message) else _plain(one, feature_pb2.Refund) for one in value or ()]
        else:
            plain[name] = _value(name, value)
    return plain


def _value(name: str, value: Any) -> Any:
    # NaN and NaT are how tables in memory say that nothing is known.
    if value is None or (isinstance(value, float | datetime) and value != value):  # noqa: PLR0124
        return None
    if name == "id" or name.endswith("_id"):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, str) and name.endswith("_at"):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _anonymous(customer: feature_pb2.Customer) -> feature_pb2.Customer:
    kept = feature_pb2.Customer(customer_id=customer.customer_id)
    if customer.HasField("created_at"):
        kept.created_at.CopyFrom(customer.created_at)
    return kept


def _identified(events: Iterable[feature_pb2.FeatureEvent]) -> list[feature_pb2.FeatureEvent]:
    """Events that have no id get one that is the same in every call."""
    seen: Counter[bytes] = Counter()
    made = []
    for one in events:
        event = feature_pb2.FeatureEvent()
        event.CopyFrom(one)
        if not event.event_id:
            said = event.SerializeToString(deterministic=True)
            event.event_id = hashlib.sha256(said + b"#%d" % seen[said]).hexdigest()
            seen[said] += 1
        made.append(event)
    return made
