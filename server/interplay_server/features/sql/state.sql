-- One row for each pair that exists: what does not hang on the time of the read, and what the rest is finished from.

-- The first instant after as_of at which something of the customer that is already stored begins to count.
CREATE OR REPLACE TEMP TABLE next_instants AS
WITH owners AS (
  SELECT client_id, customer_id FROM links
), coming AS (
  SELECT customer_id, created_at AS t FROM events WHERE created_at > $as_of AND customer_id <> ''
  UNION ALL
  SELECT owners.customer_id, created_at FROM events JOIN owners USING (client_id)
  WHERE created_at > $as_of AND coalesce(events.customer_id, '') = ''
  UNION ALL SELECT owners.customer_id, linked_at FROM links JOIN owners USING (client_id) WHERE linked_at > $as_of
  UNION ALL SELECT customer_id, created_at FROM orders WHERE created_at > $as_of
  UNION ALL SELECT customer_id, cancelled_at FROM orders WHERE cancelled_at > $as_of
  UNION ALL
  SELECT customer_id, refund.created_at FROM (SELECT customer_id, unnest(refunds) AS refund FROM orders) AS given
  WHERE refund.created_at > $as_of
)
SELECT c, min(t) AS t FROM coming JOIN customer_numbers USING (customer_id) GROUP BY c;

CREATE OR REPLACE TEMP TABLE state AS
SELECT
  customer.customer_id, product.product_id,
  coalesce(total_views, 0) AS total_views,
  coalesce(unique_views, 0) AS unique_views,
  view_duration_avg,
  coalesce(cart_adds, 0) AS cart_adds,
  coalesce(cart_removes, 0) AS cart_removes,
  coalesce(bought.purchases, 0) AS purchases,
  coalesce(search_views, 0) AS search_views,
  coalesce(category_views, 0) AS category_views,
  coalesce(collection_views, 0) AS collection_views,
  coalesce(direct_views, 0) AS direct_views,
  coalesce(referral_views, 0) AS referral_views,
  first_view AS first_view_date,
  last_view AS last_view_date,
  view_consistency,
  coalesce(mobile_views, 0) AS mobile_views,
  coalesce(desktop_views, 0) AS desktop_views,
  coalesce(tablet_views, 0) AS tablet_views,
  CASE greatest(mobile_views * $place_span + last_mobile, desktop_views * $place_span + last_desktop,
      tablet_views * $place_span + last_tablet)
    WHEN mobile_views * $place_span + last_mobile THEN 'mobile'
    WHEN desktop_views * $place_span + last_desktop THEN 'desktop'
    WHEN tablet_views * $place_span + last_tablet THEN 'tablet' END AS preferred_device,
  coalesce(preferred_channels.channel, one_channel)::VARCHAR AS channel_preference,
  coalesce(bought.source, 'NONE') AS orders_source,
  CASE WHEN currencies = 1 THEN bought.value END AS order_value,
  coalesce(currencies > 1, FALSE) AS mixed_currencies,
  CASE WHEN bought.source IS DISTINCT FROM 'EVENTS' THEN coalesce(bought.quantity, 0) END AS purchased_quantity,
  coalesce(bought.refunded, 0) AS refunded_purchases,
  coalesce(checkout_starts, 0) AS checkout_starts,
  CASE WHEN bought.first_t >= first_view THEN days(bought.first_t - first_view) END AS days_to_first_purchase,
  CASE WHEN spread > 0 THEN 1 / (1 + abs(product.price - middle) / (1.4826e0 * spread)) ELSE (product.price = middle)::INTEGER::DOUBLE
    END AS price_affinity,
  vendor_affinity, category_affinity, tag_affinity,
  coalesce(total_views, 0) - coalesce(mobile_views, 0) - coalesce(desktop_views, 0) - coalesce(tablet_views, 0)
    AS unknown_device_views,
  coalesce(unknown_events, 0) AS unknown_events,
  coalesce(events, 0) AS state_events,
  long_views / nullif(timed_views, 0) AS state_dwell,
  deep_sessions / sessions AS state_depth,
  CASE WHEN events > 1 THEN 1 - quick / (events - 1) END AS state_human,
  coalesce(kinds, 0)::INTEGER AS state_kinds,
  coalesce(intent_sum, 0e0) AS state_intent_sum,
  (coalesce(counts.months, 0) | coalesce(bought.months, 0))::INTEGER AS state_active_months,
  least(first_event, bought.first_t) AS state_first_activity,
  greatest(last_event, bought.last_t) AS state_last_activity,
  bought.last_t AS state_last_purchase,
  CASE WHEN half_gap > 0 THEN half_gap ELSE $recommendation_repurchase_days END AS state_repurchase_days,
  largest_share AS state_season_share,
  peak_season::VARCHAR AS state_season,
  coalesce(product.available, TRUE) AS state_available,
  customer.since AS state_customer_since,
  next_instants.t AS state_next_instant,
  $as_of::BIGINT AS state_as_of
FROM pair_counts AS counts
FULL JOIN pair_purchases AS bought ON bought.c = counts.c AND bought.p = counts.p
JOIN customer_numbers AS customer ON customer.c = coalesce(counts.c, bought.c)
JOIN product_numbers AS product ON product.p = coalesce(counts.p, bought.p)
LEFT JOIN session_counts AS visits ON visits.c = counts.c AND visits.p = counts.p
LEFT JOIN regularity ON regularity.c = counts.c AND regularity.p = counts.p
LEFT JOIN seasons ON seasons.c = counts.c AND seasons.p = counts.p
LEFT JOIN preferred_channels ON preferred_channels.c = counts.c AND preferred_channels.p = counts.p
LEFT JOIN pair_unknown AS strange ON strange.c = customer.c AND strange.p = product.p
LEFT JOIN affinities ON affinities.c = customer.c AND affinities.p = product.p
LEFT JOIN next_instants ON next_instants.c = customer.c
LEFT JOIN paid_prices ON paid_prices.c = customer.c AND paid_prices.currency = product.currency
WHERE (events > 0 OR bought.purchases > 0)
  AND ($every_pair OR (customer.customer_id, product.product_id) IN (SELECT (customer_id, product_id) FROM wanted_pairs));
