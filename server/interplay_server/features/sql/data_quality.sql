-- Of events: how many are views, views that nobody timed, and of unknown types.
WITH told AS (
  SELECT event.view_duration, said.meaning::VARCHAR AS meaning, shown.meaning::VARCHAR AS page
  FROM events AS event
  LEFT JOIN event_words AS said ON said.word = word(event.event_type)
  LEFT JOIN page_words AS shown ON shown.word = word(event.page_type)
), named AS (
  SELECT
    coalesce(meaning = 'VIEW' OR (meaning = 'PAGE' AND page = 'product'), FALSE) AS is_view,
    meaning IS NULL AS is_unknown,
    coalesce(isfinite(view_duration) AND view_duration >= 0, FALSE) AS is_timed
  FROM told
)
SELECT
  count(*) AS events, count(*) FILTER (is_view) AS views, count(*) FILTER (is_view AND NOT is_timed) AS untimed_views,
  count(*) FILTER (is_unknown) AS unknown
FROM named
