-- Sessions of a pair, how regular they are, and in which season its views fall.

CREATE OR REPLACE TEMP TABLE pair_sessions AS
SELECT c, p, s, min(t) FILTER (kind = 'VIEW') AS first_view, bool_or(kind <> 'VIEW') AS deep
FROM pair_events GROUP BY c, p, s;

CREATE OR REPLACE TEMP TABLE session_counts AS
SELECT c, p, count(*) AS sessions, count(first_view) AS unique_views, count(*) FILTER (deep) AS deep_sessions
FROM pair_sessions GROUP BY c, p;

CREATE OR REPLACE TEMP TABLE regularity AS
WITH apart AS (
  SELECT c, p, first_view - lag(first_view) OVER (PARTITION BY c, p ORDER BY first_view) AS gap
  FROM pair_sessions SEMI JOIN (
    SELECT c, p FROM session_counts WHERE unique_views >= $temporal_consistency_min_sessions
  ) AS regular USING (c, p)
  WHERE first_view IS NOT NULL
)
SELECT c, p, 1 / (1 + stddev_pop(gap) / nullif(avg(gap), 0)) AS view_consistency FROM apart GROUP BY c, p;

CREATE OR REPLACE TEMP TABLE seasons AS
WITH in_season AS (
  SELECT c, p, season_of(t) AS season, count(*) AS views, max(place) AS last_place
  FROM pair_events SEMI JOIN (
    SELECT c, p FROM pair_counts WHERE total_views >= $temporal_seasonal_min_views
  ) AS seen USING (c, p)
  WHERE kind = 'VIEW' GROUP BY ALL
)
SELECT
  c, p, max(views) / sum(views) AS largest_share, arg_max(season, views * $place_span + last_place) AS peak_season
FROM in_season GROUP BY c, p;
