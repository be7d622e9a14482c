-- Purchases P of each pair, from orders where there is any record of them, else from events.

CREATE OR REPLACE TEMP TABLE order_lines AS
WITH told AS (
  SELECT
    c, order_id, orders.created_at AS t, upper(trim(coalesce(currency, ''), $white)) AS currency, total_price, lines,
    coalesce(test, FALSE) OR word(financial_status) = 'voided' OR coalesce(cancelled_at <= $as_of, FALSE) AS void,
    list_bool_and(list_transform(lines, lambda line: line.price IS NULL)) AND len(list_distinct(list_transform(lines, lambda line: coalesce(line.product_id, '')))) = 1 AS takes_total
  FROM orders JOIN customer_numbers USING (customer_id)
  WHERE orders.created_at <= $as_of
), line AS (
  SELECT * EXCLUDE (lines), unnest(lines) AS line FROM told
), returned AS (
  SELECT order_id, refund.line_id, sum(refund.quantity) AS quantity
  FROM (SELECT order_id, unnest(refunds) AS refund FROM orders) AS given
  WHERE refund.created_at <= $as_of GROUP BY ALL
)
SELECT
  c, p, line.order_id, t, void, line.currency, CASE WHEN takes_total THEN total_price END AS total,
  line.line.quantity AS quantity, line.line.price AS price, least(line.line.quantity, coalesce(returned.quantity, 0)) AS returned
FROM line
JOIN product_numbers ON product_numbers.product_id = line.line.product_id
LEFT JOIN returned ON returned.order_id = line.order_id AND returned.line_id = line.line.line_id;

CREATE OR REPLACE TEMP TABLE purchases AS
SELECT
  c, p, t, 'ORDERS' AS source, void, 0 < sum(quantity) AND sum(quantity) <= sum(returned) AS refunded,
  sum(quantity)::BIGINT AS quantity, coalesce(any_value(total), sum(price * quantity)) AS value, currency
FROM order_lines GROUP BY c, p, order_id, t, void, currency
UNION ALL
SELECT c, p, min(t), 'EVENTS', FALSE, FALSE, NULL, NULL, NULL
FROM pair_events JOIN events AS event ON event.seq = pair_events.seq
WHERE kind = 'PURCHASE' AND (c, p) NOT IN (SELECT (c, p) FROM order_lines)
GROUP BY c, p, coalesce(event.order_id, '') <> '', CASE WHEN event.order_id <> '' THEN event.order_id ELSE event.event_id END;

-- Void orders say only that orders are the source: such a pair has no purchases.
CREATE OR REPLACE TEMP TABLE pair_purchases AS
WITH apart AS (
  SELECT *, t - lag(t) OVER (PARTITION BY c, p, void ORDER BY t) AS gap FROM purchases
)
SELECT
  c, p, any_value(source) AS source, count(*) FILTER (NOT void) AS purchases, count(*) FILTER (NOT void AND refunded) AS refunded,
  min(t) FILTER (NOT void) AS first_t, max(t) FILTER (NOT void) AS last_t,
  sum(quantity) FILTER (NOT void)::BIGINT AS quantity, sum(value) FILTER (NOT void) AS value,
  count(DISTINCT currency) FILTER (NOT void AND value IS NOT NULL) AS currencies,
  days(median(gap) FILTER (NOT void)) / 2 AS half_gap,
  bit_or(month_bit(t, $as_of)) FILTER (NOT void) AS months
FROM apart GROUP BY c, p;
