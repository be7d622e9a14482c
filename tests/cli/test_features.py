"""`interplay features` against a real server, each test in a tenant of its own."""

import hashlib
import io
import json
import re
import shlex
from datetime import UTC, datetime, timedelta

import pyarrow.csv
import pyarrow.parquet
import pytest
from interplay import Interplay

NOW = datetime.now(UTC).replace(microsecond=0)


def event(kind="product_viewed", product="p", customer="ada", days=0, **fields):
    moment = NOW - timedelta(days=days)
    return {"event_type": kind, "product_id": product, "customer_id": customer, "created_at": moment, **fields}


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


@pytest.fixture
def shop(shared_server, user):
    with Interplay(shared_server.target, tenant=user) as client:
        yield client


@pytest.fixture
def told(shop):
    """A shop with two products and customers."""
    shop.record_events(
        [event(days=n, view_duration=20.0 + n, device_type="mobile", id=f"v{n}") for n in (5, 3, 1)]
        + [event("add_to_cart", days=1, id="cart"), event(product="q", days=2), event("odd_kind", days=2)]
        + [event(customer="bob", days=4)]
    )
    shop.upsert_products([{"id": "p", "title": "Kettle"}, {"id": "q", "title": "Cup"}])
    return shop


def test_get(cli, told):
    text = cli("features", "get", "ada", "p").ok().out
    assert re.search(r"^total_views +3$", text, re.MULTILINE)
    assert re.search(r"^preferred_device +mobile$", text, re.MULTILINE)
    assert re.search(r"^seasonal_view_pattern +-$", text, re.MULTILINE)
    assert re.search(r"^unknown_events +1$", text, re.MULTILINE)
    assert len(re.findall(r"^[a-z_]+ +\S", text, re.MULTILINE)) >= 29 + 17
    (row,) = cli("features", "get", "ada", "p", "--json").ok().json
    assert (row["features"]["total_views"], row["features"]["cart_adds"]) == ("3", "1")
    assert "seasonal_view_pattern" not in row["features"]
    (row,) = cli("features", "get", "ada", "p", "--as-of", "-2d12h", "--json").ok().json
    assert row["features"]["total_views"] == "2"
    assert "NOT_FOUND" in cli("features", "get", "ada", "nothing").failed().err


def test_list(cli, told):
    heading, *rows = cli("features", "list", "--order-by", "view_frequency").ok().out.splitlines()
    assert heading.split()[-1] == "frequency"
    assert len(rows) == 3
    order = ("features", "list", "--where", "total_views>=1", "--order-by", "total_views", "--json")
    found = cli(*order).ok().json
    assert (found[0]["customer_id"], found[0]["product_id"]) == ("ada", "p")
    assert [row["customer_id"] for row in cli(*order, "--where", "cart_adds=0", "--product", "p").ok().json] == ["bob"]
    assert len(cli(*order, "--limit", "2").ok().json) == 2
    last = cli(*order, "--ascending").ok().json[-1]
    assert (last["customer_id"], last["product_id"]) == ("ada", "p")
    columns = cli(
        "features", "list", "--column", "unknown_events", "--column", "mobile_views", "--customer", "ada"
    ).ok()
    assert [line.split() for line in columns.out.splitlines()[1:]] == [["ada", "p", "1", "3"], ["ada", "q", "0", "0"]]
    assert "nothing found" in cli("features", "list", "--where", "purchases>=9").ok().err
    assert "is not like" in cli("features", "list", "--where", "purchases").failed(2).err
    assert "is not a number" in cli("features", "list", "--where", "purchases=x").failed(2).err
    assert "bounds[0].feature" in cli("features", "list", "--where", "purchase=1").failed().err


def test_top(cli, told):
    heading, first, why, *_ = cli("features", "top", "ada", "--explain").ok().out.splitlines()
    assert heading.split()[:3] == ["#", "score", "product"]
    assert first.split()[2] == "p" and first.endswith("Kettle")
    score, parts = re.fullmatch(r" +(0\.\d+) = \((.+)\)", why).groups()
    assert float(score) == pytest.approx(sum(map(float, re.findall(r"0\.\d+", parts))), abs=0.003)
    one, two = cli("features", "top", "ada", "--json").ok().json
    assert one["score"] >= two["score"]
    assert "nothing to recommend" in cli("features", "top", "nobody").ok().err


def test_compute(cli, told):
    text = cli("features", "compute", "--full").ok().out
    assert re.search(r"^customers +2, a whole run$", text, re.MULTILINE)
    assert re.search(r"^pairs +3 computed, 0 gone$", text, re.MULTILINE)
    *rows, last = cli("features", "compute", "--full", "--rows", "--request-id", "r").ok().json
    assert {(row["customer_id"], row["product_id"]) for row in rows} == {("ada", "p"), ("ada", "q"), ("bob", "p")}
    assert last["totals"]["pairs"] == "3"
    assert cli("features", "compute", "--full", "--request-id", "r", "--json").ok().json == [last]
    one = cli("features", "compute", "--customer", "bob", "--json").ok().json[0]
    assert one["totals"]["customers"] == "1"
    assert "exclude each other" in cli("features", "compute", "--full", "--customer", "bob").failed(2).err
    assert "needs --rows" in cli("features", "compute", "--resume-after", "x").failed(2).err
    assert "INVALID_ARGUMENT" in cli("features", "compute", "--as-of", "+1d").failed().err


def test_report(cli, told, tmp_path):
    cli("features", "compute", "--full").ok()
    done = cli("features", "report", "--html", "page.html").ok()
    assert re.search(r"^events +7, 1 of unknown types$", done.out, re.MULTILINE)
    assert re.search(r"^without device +40\.0 % of the views$", done.out, re.MULTILINE)
    assert re.search(r"^total_views +3 +0 +0 ", done.out, re.MULTILINE)
    assert "mobile 1" in done.out
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and "<script" not in page
    assert "LOOK AT THIS" in page and "which count for nothing: 1." in page
    (answer,) = cli("features", "report", "--json").ok().json
    assert (answer["pair_count"], len(answer["distributions"])) == ("3", 29)


def test_export(cli, told, tmp_path):
    done = cli("features", "export", "rows.parquet", "--json").ok().json[0]
    data = (tmp_path / "rows.parquet").read_bytes()
    assert (done["rows"], done["bytes"], done["sha256"]) == (3, len(data), hashlib.sha256(data).hexdigest())
    assert pyarrow.parquet.read_table(io.BytesIO(data)).num_rows == 3
    text = cli("features", "export", "-", "--format", "csv", "--customer", "bob").ok().out
    assert pyarrow.csv.read_csv(io.BytesIO(text.encode()))["product_id"].to_pylist() == ["p"]
    assert re.search(r"^rows +1$", cli("features", "export", "bob.csv", "--customer", "bob").ok().out, re.MULTILINE)
    assert "error" in cli("features", "export", "nowhere/rows.csv").failed().err


def test_import_of_what_shopify_gives(cli, tmp_path, user):
    products = {"products": [{"id": 1, "title": "Kettle", "vendor": "V", "variants": [{"id": 3, "price": "20.00"}]}]}
    (tmp_path / "products.json").write_text(json.dumps(products))
    orders = [
        {
            "id": number, "created_at": "2025-01-20T10:00:00Z", "financial_status": "paid", "customer": {"id": 7},
            "line_items": [{"id": number, "product_id": 1, "quantity": 2, "price": "20.00"}],
        }
        for number in (1, 2)
    ]  # fmt: skip
    (tmp_path / "orders.jsonl").write_text("\n".join(map(json.dumps, orders)) + "\n{broken\n")
    done = cli("features", "import", "products.json", "orders.jsonl").ok()
    assert re.search(r"^stored +1 +Product$", done.out, re.MULTILINE)
    assert re.search(r"^stored +2 +Order$", done.out, re.MULTILINE)
    assert re.search(r"^skipped +1 +broken$", done.out, re.MULTILINE)
    assert re.search(r"^ +3 +\d+ +broken", done.out, re.MULTILINE)
    assert cli("features", "get", "7", "1", "--json").ok().json[0]["features"]["purchases"] == "2"
    assert "imported before; --again" in cli("features", "import", "orders.jsonl").ok().out
    (fresh,) = cli("features", "import", "orders.jsonl", "--again", "--json").ok().json
    assert (fresh["finished_before"], fresh["report"]["stored"]) == (False, {"Order": "2"})
    (named,) = cli("features", "import", "-", "--import-id", "mine", "--json", stdin=json.dumps(products)).ok().json
    assert named["import_id"] == "mine"
    assert "--import-id is for a single FILE" in cli(
        "features", "import", "a", "b", "--import-id", "x"
    ).failed(2).err  # fmt: skip
    assert "error: absent.json: No such file" in cli("features", "import", "absent.json").failed().err


def test_import_of_tables_of_a_shop(cli, tmp_path, user):
    (tmp_path / "user_interactions.csv").write_text(
        "id,shop_id,customer_id,product_id,event_type,device_type,view_duration,created_at,colour\n"
        f"1,{user},ada,p,product_viewed,mobile,12.5,2025-01-20 10:00:00,red\n"
        f"2,{user},ada,p,product_viewed,mobile,NaN,2025-01-20 10:00:00,red\n"
        f"3,elsewhere,ada,p,product_viewed,mobile,1,2025-01-20 10:00:00,red\n"
        f"4,{user},ada,p,add_to_cart,mobile,,2025-01-20 10:05:00,red\n"
    )
    done = cli("features", "import", "--kind", "user-interactions", "user_interactions.csv").ok().out
    assert re.search(r"^stored +2 +FeatureEvent$", done, re.MULTILINE)
    assert re.search(r"^skipped +1 +other_shop$", done, re.MULTILINE)
    assert re.search(r"^ +3 +\d+ +invalid +view_duration: not finite$", done, re.MULTILINE)
    assert "columns that mean nothing here: colour" in done
    for kind, line in (
        ("product-data", {"product_id": "p", "title": "Kettle", "price": 3.5}),
        ("customer-data", {"customer_id": "ada", "created_at": "2025-01-01"}),
        ("order-data", {"order_id": "o", "customer_id": "ada", "created_at": "2025-01-21"}),
        ("line-item-data", {"order_id": "o", "product_id": "p", "quantity": 2, "price": 3.5}),
    ):
        (answer,) = cli("features", "import", "-", "--kind", kind, "--json", stdin=json.dumps(line)).ok().json
        assert sum(map(int, answer["report"]["stored"].values())) == 1
    (row,) = cli("features", "get", "ada", "p", "--as-of", "2025-01-22", "--json").ok().json
    assert (row["features"]["purchases"], row["extras"]["order_value"]) == ("1", 7.0)


def test_events(cli, told):
    heading, *lines = cli("features", "events", "--customer", "ada").ok().out.splitlines()
    assert heading.split() == ["when", "event", "customer", "product", "device", "from", "seconds", "id"]
    assert [line.split()[-1] for line in lines[:4]] == ["v5", "v3", "v1", "cart"]
    wanted = ("features", "events", "list", "--type", "product_viewed", "--since", "-3d12h", "--json")
    assert len(cli(*wanted).ok().json) == 3
    assert len(cli(*wanted, "--limit", "1").ok().json) == 1
    assert cli("features", "events", "delete", "--product", "q", "--validate-only", "--yes").ok().out == (
        "1 would be deleted\n"
    )
    assert cli("features", "events", "delete", "v1", "v3", "--yes").ok().out == "2 deleted\n"
    assert cli("features", "get", "ada", "p", "--json").ok().json[0]["features"]["total_views"] == "1"
    assert "no terminal to ask on" in cli("features", "events", "delete", "v5").failed(2).err
    assert "no events" in cli("features", "events", "--client", "nobody").ok().err


def test_config(cli):
    text = cli("features", "config", "get").ok().out
    assert text.startswith("# revision 0, definition ")
    assert "\n[intent]\n" in text and "\nhalf_life_days = 14.0\n" in text
    done = cli("features", "config", "set", "intent.half_life_days=7", "shop_id=acme", "--json").ok().json[0]
    assert (done["intent"]["half_life_days"], done["shop_id"], done["revision"]) == (7.0, "acme", "1")
    tried = cli("features", "config", "set", "intent.half_life_days=8", "--validate-only").ok()
    assert "half_life_days = 8.0" in tried.out and "nothing was changed" in tried.err
    assert cli("features", "config", "get", "--json").ok().json[0]["intent"]["half_life_days"] == 7.0
    assert "INVALID_ARGUMENT" in cli("features", "config", "set", "engagement.views=0.9").failed().err
    assert "ABORTED" in cli("features", "config", "set", "shop_id=x", "--etag", "stale").failed().err
    assert "is not KEY=VALUE" in cli("features", "config", "set", "half_life=1").failed(2).err


def test_completion_knows_the_commands(cli):
    words = shlex.split("interplay features ")
    done = cli(_INTERPLAY_COMPLETE="bash_complete", COMP_WORDS=" ".join(words) + " ", COMP_CWORD="2")
    found = {line.partition(",")[2] for line in done.out.splitlines()}
    assert {"get", "list", "top", "compute", "report", "export", "import", "events", "config"} <= found
