-- Search and discovery: where each view came from, then all pair events with it.

-- What a search showed: its results, and the product that it names.
CREATE OR REPLACE TEMP TABLE shown_products AS
WITH searches AS (SELECT c, s, t, p, seq FROM sessioned WHERE kind = 'SEARCH'), results AS (
  SELECT c, s, t, unnest(event.result_product_ids) AS product_id
  FROM searches JOIN events AS event ON event.seq = searches.seq
)
SELECT c, s, t, p FROM results JOIN product_numbers USING (product_id)
UNION SELECT c, s, t, p FROM searches WHERE p IS NOT NULL;

CREATE OR REPLACE TEMP TABLE from_search AS
WITH views AS (
  SELECT c, p, s, t, seq FROM sessioned SEMI JOIN shown_products USING (c, p, s) WHERE kind = 'VIEW' AND page IS DISTINCT FROM 'search'
)
SELECT seq FROM views ASOF JOIN shown_products AS shown
  ON views.c = shown.c AND views.p = shown.p AND views.s = shown.s AND views.t >= shown.t
WHERE views.t - shown.t <= $windows_search;

-- `gap` is the time since the event of the pair before it.
CREATE OR REPLACE TEMP TABLE pair_events AS
WITH firsts AS (
  SELECT c, s, min(place) AS place FROM sessioned WHERE seq NOT IN (SELECT seq FROM told_twice) GROUP BY c, s
)
SELECT
  step.c, step.p, step.s, step.t, step.place, step.seq, step.kind,
  t - lag(t) OVER (PARTITION BY step.c, step.p ORDER BY step.place) AS gap,
  CASE WHEN kind = 'VIEW' THEN duration END AS duration,
  CASE WHEN kind = 'VIEW' THEN device END AS device,
  CASE WHEN kind = 'VIEW' THEN channel END AS channel,
  CASE
    WHEN kind <> 'VIEW' THEN NULL
    WHEN page = 'search' OR found.seq IS NOT NULL THEN 'SEARCH'
    WHEN page = 'category' THEN 'CATEGORY'
    WHEN page = 'collection' THEN 'COLLECTION'
    WHEN channel NOT IN ('direct', 'internal') AND firsts.place = step.place THEN 'REFERRAL'
    ELSE 'DIRECT' END::source AS source
FROM sessioned AS step
JOIN firsts ON firsts.c = step.c AND firsts.s = step.s
LEFT JOIN from_search AS found ON found.seq = step.seq
WHERE step.p IS NOT NULL AND kind <> 'PAGE' AND step.seq NOT IN (SELECT seq FROM told_twice);
