-- What one pass over the pair events counts: views, shopping, sources, devices, intent.

CREATE OR REPLACE TEMP TABLE pair_counts AS
SELECT
  event.c, event.p,
  count(*) AS events,
  min(t) AS first_event, max(t) AS last_event,
  count(source) AS total_views,
  min(t) FILTER (kind = 'VIEW') AS first_view, max(t) FILTER (kind = 'VIEW') AS last_view,
  count(duration) AS timed_views, avg(duration) AS view_duration_avg,
  count(*) FILTER (duration >= $quality_dwell_seconds) AS long_views,
  count(*) FILTER (kind = 'CART_ADD') AS cart_adds,
  count(*) FILTER (kind = 'CART_REMOVE') AS cart_removes,
  count(*) FILTER (kind = 'CHECKOUT') AS checkout_starts,
  bit_count(bit_or(1::INTEGER << enum_code(kind)::INTEGER)) AS kinds,
  count(*) FILTER (source = 'SEARCH') AS search_views,
  count(*) FILTER (source = 'CATEGORY') AS category_views,
  count(*) FILTER (source = 'COLLECTION') AS collection_views,
  count(*) FILTER (source = 'DIRECT') AS direct_views,
  count(*) FILTER (source = 'REFERRAL') AS referral_views,
  count(*) FILTER (device = 'mobile') AS mobile_views, max(place) FILTER (device = 'mobile') AS last_mobile,
  count(*) FILTER (device = 'desktop') AS desktop_views, max(place) FILTER (device = 'desktop') AS last_desktop,
  count(*) FILTER (device = 'tablet') AS tablet_views, max(place) FILTER (device = 'tablet') AS last_tablet,
  min(channel) AS one_channel, max(channel) AS other_channel,
  count(*) FILTER (gap < $quality_human_gap) AS quick,
  bit_or(month_bit(t, $as_of)) AS months,
  sum(
    CASE kind
      WHEN 'VIEW' THEN $intent_view + CASE WHEN source = 'SEARCH' THEN $intent_search_bonus ELSE 0e0 END
      WHEN 'REC_CLICK' THEN $intent_rec_click
      WHEN 'CART_VIEW' THEN $intent_cart_view
      WHEN 'CART_ADD' THEN $intent_cart_add
      WHEN 'CHECKOUT' THEN $intent_checkout
      WHEN 'CART_REMOVE' THEN $intent_cart_remove
      WHEN 'REC_DECLINE' THEN $intent_rec_decline
      ELSE 0e0 END
    * CASE WHEN t <= bought.last_t THEN $intent_after_purchase ELSE 1e0 END
    * decay(days($as_of - t), $intent_half_life_days)
  ) AS intent_sum
FROM pair_events AS event
LEFT JOIN (SELECT c, p, last_t FROM pair_purchases) AS bought ON bought.c = event.c AND bought.p = event.p
GROUP BY event.c, event.p;

CREATE OR REPLACE TEMP TABLE pair_unknown AS
SELECT c, p, count(*) AS unknown_events FROM told_events WHERE kind = 'UNKNOWN' AND p IS NOT NULL GROUP BY c, p;
