-- Preferred channel, where a pair has several: most views; a tie goes to the one seen last.

CREATE OR REPLACE TEMP TABLE preferred_channels AS
WITH through AS (
  SELECT c, p, channel, count(*) AS views, max(place) AS last_place
  FROM pair_events SEMI JOIN (
    SELECT c, p FROM pair_counts WHERE one_channel <> other_channel
  ) AS mixed USING (c, p)
  WHERE kind = 'VIEW' GROUP BY ALL
)
SELECT c, p, arg_max(channel, views * $place_span + last_place) AS channel FROM through GROUP BY c, p;
