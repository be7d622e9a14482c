"""The features of a pair from the records of a shop, as their description calls for them, against a real server."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from interplay import AsyncInterplay, InteractionFeatureGenerator, NotFoundError
from interplay.features import FEATURE_NAMES

SEED = Path(__file__).parents[3] / "shared/seeds/001-interaction-features.md"
HOME = "from app.domains.ml.generators.interaction_feature_generator import"
FIRST = datetime(2025, 1, 1, 12, tzinfo=UTC)
AS_OF = datetime(2025, 1, 26, 18, tzinfo=UTC)
PAIR = {"customer_id": "cust_123", "product_id": "prod_456"}
SAMPLE = {
    "total_views": 25, "unique_views": 15, "view_duration_avg": 45.5, "cart_adds": 3, "cart_removes": 1, "purchases": 1,
    "search_views": 10, "category_views": 8, "direct_views": 7, "view_recency": 1, "mobile_views": 15,
    "desktop_views": 10, "preferred_device": "mobile",
}  # fmt: skip


def fragments():
    return re.findall(r"^```python\n(.*?)^```", SEED.read_text(), re.MULTILINE | re.DOTALL)


def row(number, kind, moment, **columns):
    """A row of the table user_interactions."""
    return {
        "id": f"ui_{number}", "shop_id": "shop_1", **PAIR, "event_type": kind, "page_type": None, "device_type": None,
        "referrer_type": None, "view_duration": None, "created_at": moment, **columns,
    }  # fmt: skip


def visits():
    views = [
        row(
            n, "product_viewed", FIRST + timedelta(days=n), session_id=f"s{n % 15}", view_duration=45.5,
            page_type="search" if n < 10 else "category" if n < 18 else "product",
            device_type="mobile" if n < 15 else "desktop",
        )
        for n in range(25)
    ]  # fmt: skip
    carts = ("add_to_cart", "add_to_cart", "remove_from_cart", "add_to_cart")
    return views + [
        row(f"cart{n}", kind, FIRST + timedelta(minutes=n + 1), session_id="s0") for n, kind in enumerate(carts)
    ]


def records():
    return {
        "shop_data": {"id": "shop_1", "shop_domain": "acme.example"},
        "interaction_records": visits(),
        "product_records": [
            {
                "id": "row_1", "shop_id": "shop_1", "product_id": "prod_456", "title": "Kettle", "price": 30.0,
                "vendor": "Brewer", "product_type": "Kitchen", "tags": ["steel"], "created_at": FIRST,
            }
        ],
        "customer_records": [
            {
                "id": "row_2", "shop_id": "shop_1", "customer_id": "cust_123", "email": "ada@example.com",
                "first_name": "Ada", "last_name": "L", "created_at": datetime(2024, 12, 1),  # noqa: DTZ001 - as SQL has it
            }
        ],
        "order_records": [
            {
                "id": "row_3", "shop_id": "shop_1", "order_id": "o_1", "customer_id": "cust_123", "total_price": 30.0,
                "created_at": (FIRST + timedelta(days=20)).isoformat(),
                "line_items": [{"id": "l_1", "order_id": "o_1", "product_id": "prod_456", "quantity": 1, "price": 30.0}],
            }
        ],
    }  # fmt: skip


def context(**changes):
    given = records()
    return {
        "shop": given["shop_data"],
        "orders": given["order_records"],
        "behavioral_events": given["interaction_records"],
        "products": given["product_records"],
        "customers": given["customer_records"],
        **changes,
    }


@pytest.fixture
def generator(shared_server):
    return InteractionFeatureGenerator(shared_server.target)


@pytest.mark.skipif(not SEED.is_file(), reason=f"the description is not at {SEED}")
async def test_its_fragments_run_as_written_but_for_the_import(server, monkeypatch, capsys):
    monkeypatch.setenv("INTERPLAY_TARGET", server.target)
    shape, sample, usage = fragments()
    names = {**records(), "AS_OF": AS_OF}
    assert usage.count(HOME) == 1
    usage = usage.replace(HOME, "from interplay import")
    code = compile(usage, "seed 001", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(code, names)
    made = names["features"]
    assert capsys.readouterr().out == "Generated 29 features for customer-product interaction\n"
    assert tuple(made) == FEATURE_NAMES and len(made) == 29
    # Its own description of the context is what the call takes, and the names of its sample are ours.
    assert re.findall(r'^    "(\w+)":', shape, re.MULTILINE) == list(names["context"])
    told = {}
    exec(compile(sample, "seed 001", "exec"), told)
    assert set(told["features"]) <= set(made)
    exact = {name for name in SAMPLE if isinstance(told["features"].get(name), int | str)} | {"view_duration_avg"}
    assert {name: told["features"][name] for name in exact} == {name: SAMPLE[name] for name in exact}


async def test_the_worked_sample(generator):
    made = await generator.generate_features(customer_product_data=PAIR, context=context(), as_of=AS_OF)
    assert {name: made[name] for name in SAMPLE} == SAMPLE
    assert made["cart_conversion_rate"] == pytest.approx(1 / 3)
    assert made["view_to_purchase_rate"] == pytest.approx(1 / 25)
    assert made["engagement_score"] == pytest.approx(75, abs=1)
    assert (made["first_view_date"], made["last_view_date"]) == (FIRST, FIRST + timedelta(days=24))
    sources = ("search_views", "category_views", "collection_views", "direct_views", "referral_views")
    assert sum(made[name] for name in sources) == made["total_views"]
    assert sum(made[name] for name in ("mobile_views", "desktop_views", "tablet_views")) == made["total_views"]
    assert tuple(made) == FEATURE_NAMES and len(made) == 29


async def test_orders_are_optional_and_absent_is_not_zero(generator):
    without = context()
    del without["orders"]
    made = await generator.generate_features(PAIR, without, as_of=AS_OF)
    assert (made["purchases"], made["cart_conversion_rate"], made["view_to_purchase_rate"]) == (0, 0.0, 0.0)
    glance = [row("1", "cart_viewed", FIRST)]
    made = await generator.generate_features(PAIR, context(behavioral_events=glance, orders=()), as_of=AS_OF)
    absent = ("view_duration_avg", "view_recency", "first_view_date", "cart_conversion_rate", "preferred_device")
    assert [made[name] for name in absent] == [None] * 5
    assert made["total_views"] == 0
    seen = [row("1", "product_viewed", AS_OF)]
    made = await generator.generate_features(PAIR, context(behavioral_events=seen, orders=()), as_of=AS_OF)
    assert made["view_recency"] == 0


async def test_records_as_tables_in_memory_hold_them(generator):
    """Ids that are numbers, NaN for what is not known, times as SQL text, columns of the shop's own, rows of nobody."""
    events = [
        {
            "id": 7, "shop_id": 1, "customer_id": 5, "product_id": 9, "event_type": "product_viewed",
            "view_duration": float("nan"), "created_at": "2025-01-20 10:00:00", "campaign": "winter",
        },
        {"id": 8, "customer_id": None, "product_id": 9, "event_type": "product_viewed", "created_at": "2025-01-20"},
        {"customer_id": 5, "product_id": 9, "event_type": "product_viewed", "created_at": "2025-01-20 10:00:09"},
        {"customer_id": 5, "product_id": 9, "event_type": "product_viewed", "created_at": "2025-01-20 10:00:09"},
    ]  # fmt: skip
    given = {"shop": {"id": 1}, "behavioral_events": events, "products": [], "customers": []}
    made = await generator.generate_features({"customer_id": 5, "product_id": 9}, given, as_of=AS_OF)
    assert (made["total_views"], made["view_duration_avg"]) == (3, None)
    assert made["first_view_date"] == datetime(2025, 1, 20, 10, tzinfo=UTC)


async def test_a_context_of_two_shops_is_refused(generator):
    other = [row("1", "product_viewed", FIRST, shop_id="shop_2")]
    with pytest.raises(ValueError, match="a row of the shop 'shop_2' in the context of the shop 'shop_1'"):
        await generator.generate_features(PAIR, context(behavioral_events=other))


async def test_each_context_is_by_itself_unless_a_tenant_is_given(shared_server, generator):
    one = context(behavioral_events=[row("a", "product_viewed", FIRST)], orders=())
    two = context(behavioral_events=[row("b", "product_viewed", FIRST)], orders=())
    for given in (one, two, one):
        assert (await generator.generate_features(PAIR, given, as_of=AS_OF))["total_views"] == 1
    with pytest.raises(NotFoundError):
        await generator.generate_features({**PAIR, "product_id": "prod_7"}, one, as_of=AS_OF)
    keeping = InteractionFeatureGenerator(shared_server.target, tenant="seed-001")
    counts = [(await keeping.generate_features(PAIR, given, as_of=AS_OF))["total_views"] for given in (one, two, two)]
    assert counts == [1, 2, 2]
    async with AsyncInterplay(shared_server.target, tenant="seed-001") as client:
        assert [event.event_id async for event in client.list_events()] == ["ui_a", "ui_b"]
