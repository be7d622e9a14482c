-- Extras: how a product resembles what else the customer looked at and paid for.

CREATE OR REPLACE TEMP TABLE product_values AS
WITH listed AS (
  SELECT p, 'vendor'::attribute AS attribute, word(vendor) AS value FROM products JOIN product_numbers USING (product_id)
  UNION ALL
  SELECT p, 'category'::attribute, word(product_type) FROM products JOIN product_numbers USING (product_id)
  UNION
  SELECT p, 'tag'::attribute, word(tag)
  FROM (SELECT product_id, unnest(tags) AS tag FROM products) AS tagged JOIN product_numbers USING (product_id)
)
SELECT p, listed.attribute, dense_rank() OVER (ORDER BY listed.attribute, listed.value)::INTEGER AS value_number, share
FROM listed JOIN catalogue ON catalogue.attribute = listed.attribute AND catalogue.value = listed.value
WHERE listed.value <> '';

-- Of the customer's pair events on other products, the share with the same value; one event more follows the catalogue.
CREATE OR REPLACE TEMP TABLE affinities AS
WITH of_customer AS (
  SELECT c, sum(events)::BIGINT AS events FROM pair_counts GROUP BY c
), of_value AS (
  SELECT c, value_number, sum(events)::BIGINT AS events FROM pair_counts JOIN product_values USING (p) GROUP BY c, value_number
), named AS (
  SELECT c, p, events FROM pair_counts
  UNION ALL SELECT c, p, 0 FROM pair_purchases ANTI JOIN pair_counts USING (c, p) WHERE purchases > 0
), alike AS (
  SELECT
    named.c, named.p, attribute,
    (coalesce(of_value.events, 0) - named.events + share) / (coalesce(of_customer.events, 0) - named.events + 1) AS affinity
  FROM named
  JOIN product_values ON product_values.p = named.p
  LEFT JOIN of_customer ON of_customer.c = named.c
  LEFT JOIN of_value ON of_value.c = named.c AND of_value.value_number = product_values.value_number
)
SELECT
  c, p, avg(affinity) FILTER (attribute = 'vendor') AS vendor_affinity,
  avg(affinity) FILTER (attribute = 'category') AS category_affinity, avg(affinity) FILTER (attribute = 'tag') AS tag_affinity
FROM alike GROUP BY c, p;

-- Unit prices that a customer paid, for each currency and, where there is but one, for products without currency ('').
CREATE OR REPLACE TEMP TABLE paid_prices AS
SELECT c, currency, median(price) AS middle, mad(price) AS spread FROM order_lines
WHERE NOT void AND price IS NOT NULL AND currency <> '' GROUP BY c, currency
UNION ALL
SELECT c, '', median(price), mad(price) FROM order_lines
WHERE NOT void AND price IS NOT NULL GROUP BY c HAVING count(DISTINCT currency) = 1;
