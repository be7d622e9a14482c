"""Features of public shop data against what others, or plain SQL over the files, make of them."""

import duckdb
import pytest
from interplay_server.features import kernel
from interplay_server.features.inputs import inputs

from tests.support import shop_data

DAY = 86_400_000_000


def needed(name):
    found = shop_data.folder(name)
    if found is None:
        pytest.skip(f"the {name} data are not there (INTERPLAY_DATA)")
    return found


def test_snowplow_equals_the_expected_table():
    data = needed("snowplow_ecommerce")
    events = shop_data.snowplow_events(data)
    made = kernel.compute(inputs(events), max(event.created_at for event in events)).to_pylist()
    rows = {(row["customer_id"], row["product_id"]): row for row in made}
    expected = shop_data.snowplow_expected(data)
    told = {key: sums for key, sums in expected.items() if any(sums.values())}
    assert len(told) >= 10
    assert rows.keys() == told.keys()
    for key, sums in told.items():
        assert {name: rows[key][name] for name in sums} == dict(sums), key


CLICKS = """
WITH clicks AS (
  SELECT *, row_number() OVER () AS n FROM read_csv($path, header = true, types = {'timestamp': 'TIMESTAMP'})
), views AS (SELECT * FROM clicks WHERE event = 'product_view'), starts AS (
  SELECT user_id, session_id, min(timestamp) AS start FROM views GROUP BY ALL
), gaps AS (
  SELECT user_id, date_diff('microsecond', lag(start) OVER (PARTITION BY user_id ORDER BY start), start) AS gap FROM starts
), regular AS (
  SELECT user_id, 1 / (1 + stddev_pop(gap) / avg(gap)) AS view_consistency FROM gaps GROUP BY user_id HAVING count(gap) >= 2
), channels AS (
  SELECT user_id, first(if(acquisition_channel = 'organic', 'organic_search', acquisition_channel) ORDER BY k DESC, late DESC, m DESC)
    AS channel_preference
  FROM (SELECT user_id, acquisition_channel, count(*) AS k, max(timestamp) AS late, max_by(n, (timestamp, n)) AS m FROM views GROUP BY ALL)
  GROUP BY user_id
)
SELECT
  user_id AS customer_id, count(*) FILTER (event = 'product_view') AS total_views,
  count(DISTINCT session_id) FILTER (event = 'product_view') AS unique_views,
  count(*) FILTER (event = 'add_to_cart') AS cart_adds, count(*) FILTER (event = 'purchase') AS purchases,
  count(*) FILTER (event = 'product_view' AND platform = 'mobile') AS mobile_views,
  count(*) FILTER (event = 'product_view' AND platform = 'desktop') AS desktop_views,
  count(*) FILTER (event = 'product_view' AND platform = 'tablet') AS tablet_views,
  epoch_us(min(timestamp) FILTER (event = 'product_view')) AS first_view_date,
  epoch_us(max(timestamp) FILTER (event = 'product_view')) AS last_view_date,
  ($as_of - epoch_us(max(timestamp) FILTER (event = 'product_view'))) // 86400000000 AS view_recency,
  any_value(channel_preference) AS channel_preference, any_value(view_consistency) AS view_consistency
FROM clicks LEFT JOIN regular USING (user_id) LEFT JOIN channels USING (user_id)
GROUP BY user_id
HAVING count(*) FILTER (event IN ('product_view', 'add_to_cart', 'cart', 'shipping_details', 'purchase', 'search')) > 0
"""


def test_clickstream_equals_plain_sql_over_the_file():
    data = needed("ecom_clickstream")
    events = shop_data.clickstream_events(data)
    as_of = max(event.created_at for event in events) // DAY * DAY + 3 * DAY
    made = {row["customer_id"]: row for row in kernel.compute(inputs(events), as_of).to_pylist()}
    with duckdb.connect() as connection:
        result = connection.execute(CLICKS, {"path": str(data / "events.csv.gz"), "as_of": as_of})
        names = [column[0] for column in result.description]
        wanted = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    assert len(wanted) == len(made) > 100
    for row in wanted:
        got = made[row["customer_id"]]
        consistency = row.pop("view_consistency")
        assert {name: got[name] for name in row} == row
        assert got["view_consistency"] == (None if consistency is None else pytest.approx(consistency, rel=1e-9))


def test_shoppers_are_scored_as_their_pages_say():
    data = needed("online_shoppers")
    sessions = shop_data.shopper_sessions(data)[:300]
    events = shop_data.shopper_events(sessions, 1_740_000_000_000_000)
    made = {row["customer_id"]: row for row in kernel.compute(inputs(events), 1_740_086_400_000_000).to_pylist()}
    for n, session in enumerate(sessions):
        pages = int(session["ProductRelated"])
        assert made.get(f"shopper{n}", {"total_views": 0})["total_views"] == pages
