"""Public shop data as events; no part of the project, None where the folder is absent."""

import csv
import gzip
import io
import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from interplay_server.domain.commerce import FeatureEvent

ROOT = Path(__file__).resolve().parents[2]
SNOWPLOW_TYPES = {
    "product_view": "product_viewed",
    # Its expected table counts what a list showed as viewed.
    "list_view": "product_viewed",
    "add_to_cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "transaction": "checkout_completed",
}
CLICKSTREAM_TYPES = {
    "product_view": "product_viewed",
    "add_to_cart": "add_to_cart",
    "cart": "cart_viewed",
    "shipping_details": "checkout_started",
    "purchase": "purchase",
    "search": "search_submitted",
}


def folder(name: str) -> Path | None:
    """The folder below $INTERPLAY_DATA or ../shared/data."""
    base = Path(os.environ.get("INTERPLAY_DATA") or ROOT.parent / "shared" / "data")
    found = (base if base.is_absolute() else ROOT / base) / name
    return found if (found / "README.md").is_file() else None


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode())))


def _micros(text: str) -> int:
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def snowplow_events(data: Path) -> list[FeatureEvent]:
    """A tracker event for each of its products; mobile rows tell the user in a context of its own."""
    made = []
    for line in gzip.decompress((data / "events.jsonl.gz").read_bytes()).splitlines():
        row = json.loads(line)
        action = row.get("ecommerce_action_1_0_0") or {}
        action = (action[0] if isinstance(action, list) else action).get("type") or ""
        users, bought = row.get("user_1_0_0") or [{}], row.get("transaction_1_0_0") or [{}]
        made += [
            FeatureEvent(
                event_id=row["event_id"],
                created_at=_micros(row["derived_tstamp"]),
                event_type=SNOWPLOW_TYPES.get(action, action),
                customer_id=row.get("domain_userid") or users[0].get("id") or "",
                product_id=product["id"] or "",
                session_id=row.get("domain_sessionid") or "",
                user_agent=row.get("useragent") or "",
                order_id=bought[0].get("transaction_id") or "",
            )
            for product in row.get("product_1_0_0") or []
        ]
    return made


def snowplow_expected(data: Path) -> dict[tuple[str, str], Counter[str]]:
    """Sums of the expected table for each user, named as in the events, and product."""
    user_of = {event.event_id: event.customer_id for event in snowplow_events(data)}
    made: dict[tuple[str, str], Counter[str]] = {}
    columns = {"total_views": "is_product_view", "cart_adds": "is_add_to_cart", "cart_removes": "is_remove_from_cart",
               "purchases": "is_product_transaction"}  # fmt: skip
    for row in _rows(data / "expected_product_interactions.csv.gz"):
        of_pair = made.setdefault((user_of[row["event_id"]], row["product_id"]), Counter())
        of_pair.update({name: row[column] == "TRUE" for name, column in columns.items()})
    return made


def clickstream_events(data: Path) -> list[FeatureEvent]:
    """The whole store is one product."""
    return [
        FeatureEvent(
            event_id=f"{n:06}",
            created_at=_micros(row["timestamp"]),
            event_type=CLICKSTREAM_TYPES.get(row["event"], row["event"]),
            customer_id=row["user_id"],
            product_id="store",
            session_id=row["session_id"],
            device_type=row["platform"],
            referrer_type=row["acquisition_channel"],
        )
        for n, row in enumerate(_rows(data / "events.csv.gz"))
    ]


def shopper_sessions(data: Path) -> list[dict[str, str]]:
    return _rows(data / "sessions.csv.gz")


def shopper_events(sessions: list[dict[str, str]], start: int) -> list[FeatureEvent]:
    """Each session is a customer; its product pages are views that share their time evenly."""
    made = []
    for n, row in enumerate(sessions):
        pages, seconds = int(row["ProductRelated"]), float(row["ProductRelated_Duration"])
        each = seconds / pages if pages else 0.0
        made += [
            FeatureEvent(
                event_id=f"{n}-{page:04}",
                created_at=start + round(page * each * 1e6),
                event_type="product_viewed",
                customer_id=f"shopper{n}",
                product_id="shop",
                session_id="only",
                view_duration=each,
            )
            for page in range(pages)
        ]
    return made
