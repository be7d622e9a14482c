-- Share of the products that have each vendor, category and tag.
WITH listed AS (
  SELECT 'vendor' AS attribute, word(vendor) AS value, product_id FROM products
  UNION ALL SELECT 'category', word(product_type), product_id FROM products
  UNION SELECT 'tag', word(tag), product_id FROM (SELECT product_id, unnest(tags) AS tag FROM products) AS tagged
)
SELECT attribute, value, count(*) / (SELECT count(*) FROM products) AS share FROM listed WHERE value <> '' GROUP BY ALL
