-- Sessions of a customer, over the events of all products.

CREATE OR REPLACE TEMP TABLE labels AS
SELECT c, session_id, row_number() OVER ()::INTEGER AS label FROM told_events
WHERE session_id <> '' AND kind NOT IN ('UNKNOWN', 'LINKED') GROUP BY c, session_id;

-- Time orders the events of a customer, event_id those of one instant; parts of one event share a place.
CREATE OR REPLACE TEMP TABLE placed AS
SELECT
  told.* EXCLUDE (event_id, session_id), label,
  rank() OVER in_order AS place,
  coalesce(t - lag(t) OVER in_order > $windows_session_gap, TRUE) AS splits
FROM told_events AS told
LEFT JOIN labels ON labels.c = told.c AND labels.session_id = told.session_id
WHERE kind NOT IN ('UNKNOWN', 'LINKED')
WINDOW in_order AS (PARTITION BY told.c ORDER BY t, event_id);

-- A given session is one whatever its gaps (s > 0); the others are runs between gaps (s < 0).
CREATE OR REPLACE TEMP TABLE sessioned AS
SELECT * EXCLUDE (label, splits), coalesce(label, -sum(splits::INTEGER) OVER (PARTITION BY c ORDER BY place))::INTEGER AS s
FROM placed;

-- A page_viewed beside another view of its product is the same view, told twice.
CREATE OR REPLACE TEMP TABLE told_twice AS
WITH pages AS (
  SELECT c, p, s, t, seq FROM sessioned WHERE kind = 'VIEW' AND is_page AND p IS NOT NULL
), others AS (
  SELECT c, p, s, t FROM sessioned SEMI JOIN pages USING (c, p, s) WHERE kind = 'VIEW' AND NOT is_page
)
SELECT seq FROM pages ASOF JOIN others
  ON pages.c = others.c AND pages.p = others.p AND pages.s = others.s AND pages.t >= others.t
WHERE pages.t - others.t <= $windows_page_view
UNION
SELECT seq FROM pages ASOF JOIN others
  ON pages.c = others.c AND pages.p = others.p AND pages.s = others.s AND pages.t <= others.t
WHERE others.t - pages.t <= $windows_page_view;
