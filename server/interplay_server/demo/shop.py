"""What the demo shows of a shop: events in, features of every customer and product out, and what they are made of."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import click
from interplay import AsyncInterplay, FeatureRow, Recommendation

from interplay_server.cli.features_tables import FAMILIES
from interplay_server.demo.customers import ShopStory, tell_shop
from interplay_server.demo.stage import Narrator, bar

TENANT = "shop"
_COUNTED = ("total_views", "cart_adds", "cart_removes", "purchases")
_SOURCES = FAMILIES["discovery"]
_DEVICES = ("mobile_views", "desktop_views", "tablet_views")
_TOLD = (
    "total_views", "unique_views", "view_duration_avg", "cart_adds", "purchases", "view_recency", "preferred_device",
    "engagement_score", "intent_score", "loyalty_indicator", "recommendation_score",
)  # fmt: skip


class Wanted(NamedTuple):
    """A customer and a product that somebody put into the cart and did not buy."""

    customer_id: str
    product_id: str


async def show_shop(narrator: Narrator, client: AsyncInterplay) -> None:
    """Prints the shop, with a proof, or a failure, for each promise."""
    story = tell_shop()
    await _record(narrator, client, story)
    rows = await _compute(narrator, client, story)
    wanted = _wanted(rows)
    await _explain(narrator, client, wanted)
    await _then_and_now(narrator, client, story)
    await _at_once(narrator, client, wanted)


async def _record(narrator: Narrator, client: AsyncInterplay, story: ShopStory) -> None:
    events, orders = story.events, story.orders
    narrator.heading(f"A shop: {len(story.customers)} customers, {len(events)} events over one stream")
    await client.upsert_products(story.products)
    await client.upsert_customers(story.customers)
    async with client.event_publisher("shop-floor") as publisher:
        receipts = [await publisher.append(visit.events) for visit in story.visits]
        await asyncio.gather(*receipts)
        # A shop that is not sure whether it has told something tells it again.
        for visit in story.visits[::3]:
            await publisher.append(visit.events)
    await client.upsert_orders(orders)
    await client.link_identities(story.link)
    refunded = sum(bool(order["refunds"]) for order in orders)
    steps = {name: sum(event["event_type"] == kind for event in events) for name, kind in (
        ("views", "product_viewed"), ("into the cart", "add_to_cart"), ("checkouts", "checkout_started"),
    )}  # fmt: skip
    most = max(steps.values())
    for name, count in {**steps, "orders": len(orders)}.items():
        narrator.say(f"{bar(count, most, 40)} {count:>4} {name}")
    narrator.say(f"{story.abandoned} visits left a cart behind, {refunded} orders came back in part or whole,")
    narrator.say("and every third visit was told twice")
    await narrator.pause(1.5)


async def _compute(narrator: Narrator, client: AsyncInterplay, story: ShopStory) -> list[FeatureRow]:
    narrator.heading("29 features of every customer and product")
    totals = await client.compute_features(full=True).wait()
    narrator.say(f"{totals.pairs} pairs of {totals.customers} customers computed in {totals.seconds:.2f} s")
    rows = [row async for row in client.list_interaction_features(page_size=1000)]
    counted = story.counts()
    found = {(row.customer_id, row.product_id): row for row in rows}
    same = [
        pair
        for pair, counts in counted.items()
        if pair in found and all(found[pair].features[name] == counts[name] for name in _COUNTED)
    ]
    narrator.proof(
        "views, carts and purchases are those counted one by one, what was told twice once",
        f"{len(same)} of {len(counted)} pairs",
        holds=len(same) == len(counted) == len(found),
    )
    whole = [row for row in rows if _adds_up(row)]
    narrator.proof(
        "each view came from one source and was seen on one device",
        f"{len(whole)} of {len(rows)} pairs add up",
        holds=len(whole) == len(rows) > 0,
    )
    await narrator.pause(1.0)
    return rows


def _adds_up(row: FeatureRow) -> bool:
    views = row.features["total_views"]
    devices = sum(row.features[name] for name in _DEVICES) + row.extras["unknown_device_views"]
    return bool(sum(row.features[name] for name in _SOURCES) == views == devices)


def _wanted(rows: list[FeatureRow]) -> Wanted:
    """The pair with the strongest intent that has not bought."""
    best = max((row for row in rows if not row.features["purchases"]), key=lambda row: row.features["intent_score"])
    return Wanted(best.customer_id, best.product_id)


async def _explain(narrator: Narrator, client: AsyncInterplay, wanted: Wanted) -> None:
    narrator.heading(f"What {wanted.customer_id} may buy next, and why")
    best = await client.recommendations(wanted.customer_id, top_k=5)
    for place, one in enumerate(best, 1):
        narrator.say(f"{place}  {one.score:.3f}  {click.style(one.title, bold=True)}")
        narrator.say(f"          {click.style(_reason(one), dim=True)}")
    true = [one for one in best if math.isclose(one.score, _sum(one), rel_tol=1e-9, abs_tol=1e-12)]
    ordered = best == sorted(best, key=lambda one: -one.score)
    narrator.proof(
        "a score is the sum of its parts times its factors, and the best come first",
        f"{len(true)} of {len(best)} products",
        holds=len(true) == len(best) > 0 and ordered,
    )
    row = await client.interaction_features(*wanted)
    narrator.say(f"{wanted.customer_id} and {wanted.product_id}, {len(row.features)} features, of them:")
    for name in _TOLD:
        value = row.features[name]
        shown = "undefined, which is not 0" if value is None else f"{value:.3g}" if isinstance(value, float) else value
        narrator.say(f"  {name:<22} {shown}")
    await narrator.pause(2.0)


def _sum(one: Recommendation) -> float:
    return sum(one.parts.values()) * math.prod(one.factors.values())


def _reason(one: Recommendation) -> str:
    parts = " + ".join(f"{name} {part:.3f}" for name, part in sorted(one.parts.items(), key=lambda pair: -pair[1]))
    factors = "".join(f" times {name} {factor:g}" for name, factor in sorted(one.factors.items()) if factor != 1)
    return f"({parts}){factors}"


async def _then_and_now(narrator: Narrator, client: AsyncInterplay, story: ShopStory) -> None:
    narrator.heading("The same pair before and after a purchase")
    order = story.orders[0]
    pair = (order["customer_id"], order["lines"][0]["product_id"])
    moment: datetime = order["created_at"]
    before = await client.interaction_features(*pair, as_of=moment - timedelta(seconds=1))
    after = await client.interaction_features(*pair, as_of=moment)
    for name, row in (("a second before", before), ("at the purchase", after)):
        told = (f"{key} {row.features[key]:.3g}" for key in ("purchases", "intent_score", "recommendation_score"))
        narrator.say(f"{name:<16} {', '.join(told)}")
    narrator.proof(
        "a purchase counts from its moment on, and quenches the intent",
        f"{pair[0]} and {pair[1]}",
        holds=before.features["purchases"] == 0
        and after.features["purchases"] == 1
        and after.features["intent_score"] < before.features["intent_score"],
    )
    await narrator.pause(1.0)


async def _at_once(narrator: Narrator, client: AsyncInterplay, wanted: Wanted) -> None:
    narrator.heading("What happens now is in the features now")
    before = await client.interaction_features(*wanted)
    await client.record_events(
        {
            "event_type": "add_to_cart",
            "customer_id": wanted.customer_id,
            "product_id": wanted.product_id,
            "created_at": datetime.now(UTC),
        }
    )
    after = await client.interaction_features(*wanted)
    adds, intents = ([row.features[name] for row in (before, after)] for name in ("cart_adds", "intent_score"))
    narrator.proof(
        "an event counts in the next answer",
        f"cart_adds {adds[0]} to {adds[1]}, intent {intents[0]:.3f} to {intents[1]:.3f}",
        holds=adds[1] == adds[0] + 1 and intents[1] > intents[0],
    )
    await narrator.pause(1.0)
