-- Whose an event is, and which copies of it do not count.

-- Of the copies of (event_id, product_id) the first received one counts, before anything else is asked of it.
CREATE OR REPLACE TEMP TABLE later_copies AS
SELECT seq FROM events
WHERE hash(event_id, coalesce(product_id, '')) IN (
  SELECT hash(event_id, coalesce(product_id, '')) FROM events GROUP BY ALL HAVING count(*) > 1
)
QUALIFY row_number() OVER (PARTITION BY event_id, coalesce(product_id, '') ORDER BY seq) > 1;

-- A guest's event belongs to the first link of the client at or after it, else to the last one before it.
CREATE OR REPLACE TEMP TABLE guests AS
WITH told AS (
  SELECT client_id, linked_at, min(customer_id) AS first_customer, max(customer_id) AS last_customer
  FROM links WHERE linked_at <= $as_of GROUP BY ALL
), unowned AS (
  SELECT seq, client_id, created_at FROM events
  WHERE coalesce(customer_id, '') = '' AND client_id IN (SELECT client_id FROM told) AND client_id <> ''
)
SELECT unowned.seq, coalesce(following.first_customer, preceding.last_customer) AS customer_id
FROM unowned
ASOF LEFT JOIN told AS following
  ON unowned.client_id = following.client_id AND unowned.created_at <= following.linked_at
ASOF LEFT JOIN told AS preceding
  ON unowned.client_id = preceding.client_id AND unowned.created_at > preceding.linked_at;

-- Numbers stand for ids in what follows.
CREATE OR REPLACE TEMP TABLE customer_numbers AS
WITH named AS (
  SELECT customer_id FROM events UNION SELECT customer_id FROM guests UNION SELECT customer_id FROM orders
)
SELECT named.customer_id, row_number() OVER ()::INTEGER AS c, customers.created_at AS since
FROM named LEFT JOIN customers ON customers.customer_id = named.customer_id
WHERE named.customer_id <> '' AND ($every_customer OR named.customer_id IN (SELECT customer_id FROM wanted));

CREATE OR REPLACE TEMP TABLE product_numbers AS
WITH named AS (
  SELECT product_id FROM events
  UNION SELECT line.product_id FROM (SELECT unnest(lines) AS line FROM orders) AS bought
)
SELECT
  named.product_id, row_number() OVER ()::INTEGER AS p, price, available,
  upper(trim(coalesce(currency, ''), $white)) AS currency
FROM named LEFT JOIN products ON products.product_id = named.product_id
WHERE named.product_id <> '';

-- What an event means; p is null where it names no product. Words are read once for each spelling.
CREATE OR REPLACE TEMP TABLE told_events AS
WITH said AS (
  SELECT event_type, meaning FROM (SELECT DISTINCT event_type FROM events) AS spelt JOIN event_words ON word = word(event_type)
), shown AS (
  SELECT page_type, meaning FROM (SELECT DISTINCT page_type FROM events) AS spelt JOIN page_words ON word = word(page_type)
), came AS (
  SELECT referrer_type, meaning
  FROM (SELECT DISTINCT coalesce(referrer_type, '') AS referrer_type FROM events) AS spelt
  JOIN channel_words ON word = word(referrer_type)
), held AS (
  SELECT device_type, user_agent, coalesce(meaning, agent_device(agent)) AS device
  FROM (
    SELECT DISTINCT coalesce(device_type, '') AS device_type, coalesce(user_agent, '') AS user_agent, lower(user_agent) AS agent
    FROM events
  ) AS spelt LEFT JOIN device_words ON word = word(device_type)
)
SELECT
  numbered.c, product.p, event.created_at AS t, event.event_id, event.seq, coalesce(event.session_id, '') AS session_id,
  CASE WHEN said.meaning = 'PAGE' AND shown.meaning = 'product' THEN 'VIEW'::kind
    ELSE coalesce(said.meaning, 'UNKNOWN'::kind) END AS kind,
  coalesce(said.meaning = 'PAGE', FALSE) AS is_page,
  shown.meaning AS page, held.device, coalesce(came.meaning, 'other'::channel) AS channel,
  CASE WHEN isfinite(event.view_duration) AND event.view_duration >= 0
    THEN least(event.view_duration, $windows_max_view) END AS duration
FROM events AS event
LEFT JOIN guests AS guest ON guest.seq = event.seq
JOIN customer_numbers AS numbered ON numbered.customer_id = coalesce(nullif(event.customer_id, ''), guest.customer_id)
LEFT JOIN product_numbers AS product ON product.product_id = event.product_id
LEFT JOIN said ON said.event_type = event.event_type
LEFT JOIN shown ON shown.page_type = event.page_type
LEFT JOIN came ON came.referrer_type = coalesce(event.referrer_type, '')
JOIN held ON held.device_type = coalesce(event.device_type, '') AND held.user_agent = coalesce(event.user_agent, '')
WHERE event.created_at <= $as_of AND event.seq NOT IN (SELECT seq FROM later_copies);
