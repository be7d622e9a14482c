"""The interaction features in plain Python: loops over events, slow, written from the definition and not from the SQL.

It gives a dictionary of values for each (customer_id, product_id): the 29 features and the extras. Weights and windows are
written out here, so that a change of the defaults shows as a difference.
"""

import itertools
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence

from interplay_server.domain.commerce import Customer, FeatureEvent, IdentityLink, Order, Product

from tests.unit.features.reference_events import (
    DAY,
    INTENT,
    SEASONS,
    SECOND,
    Purchase,
    Step,
    channel_of,
    device_of,
    duration_of,
    first_copies,
    kind_of,
    moment,
    owner_of,
    purchases_of,
    sessions,
    sources,
    without_page_doubles,
    word,
)
from tests.unit.features.reference_extras import affinities, extras, price_affinity

__all__ = ["compute", "first_copies"]


def weighted(parts: Sequence[tuple[float, float | None]]) -> float | None:
    known = [(weight, value) for weight, value in parts if value is not None]
    if not known:
        return None
    return sum(weight * value for weight, value in known) / sum(weight for weight, _ in known)


def saturating(x: float, k: float) -> float:
    return x / (x + k)


def decay(days: float, half_life: float) -> float:
    return 2.0 ** (-days / half_life)


def most(values: Sequence[tuple[str, tuple[int, str]]]) -> str | None:
    """The most frequent value; a tie goes to the one seen last."""
    count, last = Counter(value for value, _ in values), {}
    for value, order in values:
        last[value] = max(last.get(value, order), order)
    return max(count, key=lambda value: (count[value], last[value])) if count else None


def consistency(starts: Sequence[int]) -> float | None:
    if len(starts) < 3:
        return None
    ordered = sorted(starts)
    gaps = [(b - a) / DAY for a, b in itertools.pairwise(ordered)]
    mean = statistics.fmean(gaps)
    return 1 / (1 + statistics.pstdev(gaps) / mean) if mean else None


def features(
    steps: list[Step], source: str, bought: list[Purchase], product: Product | None, as_of: int
) -> dict[str, object]:
    """The 29 features and `peak_season` of one pair; `steps` are its events in order."""
    views = [step for step in steps if step.kind == "VIEW"]
    count = Counter(step.kind for step in steps)
    n, adds, removes = len(views), count["CART_ADD"], count["CART_REMOVE"]
    known = [value for step in views if (value := duration_of(step.event)) is not None]
    average = statistics.fmean(known) if known else None
    starts: dict[object, int] = {}
    for step in views:
        starts.setdefault(step.session, step.at)
    first, last = (views[0].at, views[-1].at) if views else (None, None)
    recency = (as_of - last) // DAY if last is not None else None

    stage = 1.0 if bought else 0.8 if count["CHECKOUT"] else 0.6 if adds else 0.25 if n else 0.0
    engagement = 100 * weighted([
        (0.30, saturating(n, 10)), (0.25, saturating(len(starts), 5)),
        (0.25, None if average is None else saturating(average, 30)), (0.20, stage),
    ])  # fmt: skip

    season, peak = None, None
    if n >= 4 and as_of - first >= 180 * DAY:
        peak = most([(SEASONS[moment(step.at).month], step.order) for step in views])
        largest = max(Counter(SEASONS[moment(step.at).month] for step in views).values()) / n
        season = (largest - 0.25) / 0.75

    devices = [(device_of(step.event), step.order) for step in views]
    device_count = Counter(device for device, _ in devices)
    source_count = Counter(step.source for step in views)

    last_purchase = max((one.at for one in bought), default=None)
    total = 0.0
    for step in steps:
        weight = INTENT.get(step.kind, 0.0) + (0.03 if step.source == "SEARCH" else 0.0)
        spent = 0.25 if last_purchase is not None and step.at <= last_purchase else 1.0
        total += weight * spent * decay((as_of - step.at) / DAY, 14)
    intent = 1 - math.exp(-max(0.0, total))

    loyalty = loyalty_of(steps, bought, as_of)
    refund_rate = sum(one.refunded for one in bought) / len(bought) if bought else None
    recommendation = None
    if steps:
        base = weighted([
            (0.40, intent), (0.25, engagement / 100), (0.20, loyalty),
            (0.15, None if recency is None else decay(recency, 30)),
        ])  # fmt: skip
        recommendation = base * (1 - (refund_rate or 0.0)) * rest_of(bought, as_of)
        if product is not None and not product.available:
            recommendation = 0.0
    return {
        "total_views": n,
        "unique_views": len(starts),
        "view_duration_avg": average,
        "view_frequency": n / max(1.0, (as_of - first) / DAY) if n else None,
        "engagement_score": engagement,
        "cart_adds": adds,
        "cart_removes": removes,
        "purchases": len(bought),
        "cart_conversion_rate": min(1.0, len(bought) / adds) if adds else None,
        "view_to_purchase_rate": min(1.0, len(bought) / n) if n else None,
        "search_views": source_count["SEARCH"],
        "category_views": source_count["CATEGORY"],
        "collection_views": source_count["COLLECTION"],
        "direct_views": source_count["DIRECT"],
        "referral_views": source_count["REFERRAL"],
        "first_view_date": first,
        "last_view_date": last,
        "view_recency": recency,
        "view_consistency": consistency(list(starts.values())),
        "seasonal_view_pattern": season,
        "mobile_views": device_count["mobile"],
        "desktop_views": device_count["desktop"],
        "tablet_views": device_count["tablet"],
        "preferred_device": most([one for one in devices if one[0] != "unknown"]),
        "channel_preference": most([(channel_of(step.event), step.order) for step in views]),
        "interaction_quality_score": quality_of(steps, known, adds, removes),
        "intent_score": intent,
        "loyalty_indicator": loyalty,
        "recommendation_score": recommendation,
        "orders_source": source,
        "peak_season": peak,
        "unknown_device_views": device_count["unknown"],
    }


def quality_of(steps: list[Step], known: list[float], adds: int, removes: int) -> float | None:
    if not steps:
        return None
    in_session: dict[object, set[str]] = defaultdict(set)
    for step in steps:
        in_session[step.session].add(step.kind)
    deep = sum(kinds != {"VIEW"} for kinds in in_session.values()) / len(in_session)
    gaps = [b.at - a.at for a, b in itertools.pairwise(steps)]
    return 100 * weighted([
        (0.35, sum(value >= 10 for value in known) / len(known) if known else None),
        (0.25, deep),
        (0.20, 1 - sum(gap < SECOND for gap in gaps) / len(gaps) if gaps else None),
        (0.10, 1 - min(1.0, removes / adds) if adds else None),
        (0.10, min(1.0, len({step.kind for step in steps}) / 4)),
    ])  # fmt: skip


def loyalty_of(steps: list[Step], bought: list[Purchase], as_of: int) -> float:
    activity = [step.at for step in steps] + [one.at for one in bought]
    if not activity:
        return 0.0
    now = moment(as_of).year * 12 + moment(as_of).month
    months = {moment(at).year * 12 + moment(at).month for at in activity}
    active = len([month for month in months if now - 11 <= month <= now])
    habit = 0.25 * min(1.0, active / 6) + 0.15 * decay((as_of - max(activity)) / DAY, 90)
    kept = sum(not one.refunded for one in bought)
    return 0.60 * (1 - 2.0**-kept) + habit if kept else habit / 2


def rest_of(bought: list[Purchase], as_of: int) -> float:
    if not bought:
        return 1.0
    gaps = [(b.at - a.at) / DAY for a, b in itertools.pairwise(bought)]
    half = statistics.median(gaps) / 2 if gaps else 0.0
    window = half if half > 0 else 30.0
    since = (as_of - bought[-1].at) / DAY
    return 0.5 if since < window else min(1.0, 0.5 + 0.5 * (since - window) / window)


def compute(
    events: Sequence[FeatureEvent],
    products: Sequence[Product],
    customers: Sequence[Customer],
    orders: Sequence[Order],
    links: Sequence[IdentityLink],
    as_of: int,
) -> dict[tuple[str, str], dict[str, object]]:
    """Values of every pair that exists at `as_of`; `events` in order of arrival."""
    told = [link for link in links if link.linked_at <= as_of]
    by_customer: dict[str, list[Step]] = defaultdict(list)
    unknown: Counter[tuple[str, str]] = Counter()
    for event in first_copies(events):
        owner = owner_of(event, told)
        if event.created_at > as_of or not owner:
            continue
        kind = kind_of(event)
        if kind is not None:
            by_customer[owner].append(Step(event, owner, kind))
        elif word(event.event_type) != "customer_linked":
            unknown[owner, event.product_id] += 1
    product_of = {one.product_id: one for one in products}
    customer_of = {one.customer_id: one for one in customers}
    made = {}
    for owner in {*by_customer, *(order.customer_id for order in orders)} - {""}:
        steps = sorted(by_customer[owner], key=lambda step: (*step.order, step.event.product_id))
        sessions(steps)
        steps = without_page_doubles(steps)
        sources(steps)
        of_pairs = [step for step in steps if step.kind != "PAGE" and step.event.product_id]
        named = {step.event.product_id for step in of_pairs}
        named |= {line.product_id for order in orders if order.customer_id == owner for line in order.lines} - {""}
        for name in named:
            mine = [step for step in of_pairs if step.event.product_id == name]
            source, bought = purchases_of(mine, orders, owner, name, as_of)
            if not mine and not bought:
                continue
            product = product_of.get(name)
            others = [product_of.get(step.event.product_id) for step in of_pairs if step.event.product_id != name]
            made[owner, name] = {
                **features(mine, source, bought, product, as_of),
                **extras(mine, source, bought, customer_of.get(owner), as_of),
                **affinities(product, others, products),
                "price_affinity": price_affinity(product, orders, owner, as_of),
                "unknown_events": unknown[owner, name],
            }
    return made
