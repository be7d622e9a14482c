-- Scores and what hangs on the time of the read, from state rows; $read is the read's as_of, not before theirs.
WITH timed AS (
  SELECT
    *,
    CASE WHEN total_views > 0 THEN ($read - last_view_date) // 86400000000 END AS recency,
    state_intent_sum * decay(days($read - state_as_of), $intent_half_life_days) AS intent_now,
    bit_count((state_active_months::BIGINT << least(month_number($read) - month_number(state_as_of), 12)::BIGINT) & 4095) AS active_months,
    days($read - state_first_activity) AS known_days,
    days($read - state_last_purchase) AS bought_days,
    CASE WHEN purchases > 0 THEN refunded_purchases / purchases END AS refunds
  FROM state
), parted AS (
  SELECT
    *,
    saturating(total_views, $engagement_views_half) AS engagement_views,
    saturating(unique_views, $engagement_sessions_half) AS engagement_sessions,
    saturating(view_duration_avg, $engagement_duration_half) AS engagement_duration,
    CASE WHEN purchases > 0 THEN 1e0 WHEN checkout_starts > 0 THEN $engagement_stage_checkout
      WHEN cart_adds > 0 THEN $engagement_stage_cart WHEN total_views > 0 THEN $engagement_stage_view ELSE 0e0 END
      AS engagement_stage,
    CASE WHEN cart_adds > 0 THEN 1 - least(1, cart_removes / cart_adds) END AS quality_keep,
    CASE WHEN state_events > 0 THEN least(1, state_kinds / $quality_kinds) END AS quality_variety,
    1 - exp(-greatest(0, intent_now)) AS intent,
    CASE WHEN purchases > refunded_purchases
      THEN $loyalty_purchases * (1 - pow(2e0, refunded_purchases - purchases)) ELSE 0e0 END AS loyal_purchases,
    CASE WHEN purchases > refunded_purchases THEN 1e0 ELSE $loyalty_unbought_share END
      * $loyalty_months * least(1, active_months / $loyalty_active_months) AS loyal_months,
    CASE WHEN purchases > refunded_purchases THEN 1e0 ELSE $loyalty_unbought_share END
      * $loyalty_recency * decay(days($read - state_last_activity), $loyalty_half_life_days) AS loyal_recency,
    CASE
      WHEN state_last_purchase IS NULL THEN 1e0
      WHEN bought_days < state_repurchase_days THEN $recommendation_rest
      ELSE least(1, $recommendation_rest
        + (1 - $recommendation_rest) * (bought_days - state_repurchase_days) / state_repurchase_days) END AS rest
  FROM timed
), scored AS (
  SELECT
    *,
    $engagement_views + $engagement_sessions + $engagement_stage
      + CASE WHEN view_duration_avg IS NULL THEN 0e0 ELSE $engagement_duration END AS engagement_weight,
    $quality_depth + $quality_variety
      + CASE WHEN state_dwell IS NULL THEN 0e0 ELSE $quality_dwell END
      + CASE WHEN state_human IS NULL THEN 0e0 ELSE $quality_human END
      + CASE WHEN quality_keep IS NULL THEN 0e0 ELSE $quality_keep END AS quality_weight,
    $recommendation_intent + $recommendation_engagement + $recommendation_loyalty
      + CASE WHEN recency IS NULL THEN 0e0 ELSE $recommendation_recency END AS recommendation_weight
  FROM parted
), parts AS (
  SELECT
    *,
    {
      'views': 100 * $engagement_views * engagement_views / engagement_weight,
      'sessions': 100 * $engagement_sessions * engagement_sessions / engagement_weight,
      'duration': 100 * $engagement_duration * engagement_duration / engagement_weight,
      'stage': 100 * $engagement_stage * engagement_stage / engagement_weight
    } AS engagement_parts,
    CASE WHEN state_events > 0 THEN {
      'dwell': 100 * $quality_dwell * state_dwell / quality_weight,
      'depth': 100 * $quality_depth * state_depth / quality_weight,
      'human': 100 * $quality_human * state_human / quality_weight,
      'keep': 100 * $quality_keep * quality_keep / quality_weight,
      'variety': 100 * $quality_variety * quality_variety / quality_weight
    } END AS quality_parts,
    {'weight': greatest(0, intent_now)} AS intent_parts,
    {'purchases': loyal_purchases, 'months': loyal_months, 'recency': loyal_recency} AS loyalty_parts
  FROM scored
), finished AS (
  SELECT
    *,
    engagement_parts.views + engagement_parts.sessions + coalesce(engagement_parts.duration, 0) + engagement_parts.stage
      AS engagement,
    loyal_purchases + loyal_months + loyal_recency AS loyalty
  FROM parts
), composed AS (
  SELECT
    *,
    CASE WHEN state_events > 0 THEN {
      'intent': $recommendation_intent * intent / recommendation_weight,
      'engagement': $recommendation_engagement * engagement / 100 / recommendation_weight,
      'loyalty': $recommendation_loyalty * loyalty / recommendation_weight,
      'recency': $recommendation_recency * decay(recency, $recommendation_half_life_days) / recommendation_weight,
      'kept': 1 - coalesce(refunds, 0),
      'rest': rest,
      'available': CASE WHEN state_available THEN 1e0 ELSE 0e0 END
    } END AS recommendation_parts
  FROM finished
)
SELECT
  customer_id, product_id,
  total_views, unique_views, view_duration_avg,
  total_views / nullif(greatest(1, days($read - first_view_date)), 0) * CASE WHEN total_views > 0 THEN 1 END AS view_frequency,
  engagement AS engagement_score,
  cart_adds, cart_removes, purchases,
  CASE WHEN cart_adds > 0 THEN least(1e0, purchases / cart_adds) END AS cart_conversion_rate,
  CASE WHEN total_views > 0 THEN least(1e0, purchases / total_views) END AS view_to_purchase_rate,
  search_views, category_views, collection_views, direct_views, referral_views,
  first_view_date, last_view_date, recency AS view_recency, view_consistency,
  CASE WHEN state_season_share IS NOT NULL AND days($read - first_view_date) >= $temporal_seasonal_min_days
    THEN (state_season_share - 0.25e0) / 0.75e0 END AS seasonal_view_pattern,
  mobile_views, desktop_views, tablet_views, preferred_device, channel_preference,
  quality_parts.depth + quality_parts.variety + coalesce(quality_parts.dwell, 0) + coalesce(quality_parts.human, 0)
    + coalesce(quality_parts.keep, 0) AS interaction_quality_score,
  intent AS intent_score,
  loyalty AS loyalty_indicator,
  (recommendation_parts.intent + recommendation_parts.engagement + recommendation_parts.loyalty
    + coalesce(recommendation_parts.recency, 0))
    * recommendation_parts.kept * recommendation_parts.rest * recommendation_parts.available AS recommendation_score,
  order_value, mixed_currencies, purchases > 0 AS order_completed, purchased_quantity, refunded_purchases,
  refunds AS refund_rate, checkout_starts, days_to_first_purchase, price_affinity, vendor_affinity, category_affinity,
  tag_affinity,
  CASE WHEN state_customer_since <= $read THEN days($read - state_customer_since) END AS account_age_days,
  CASE
    WHEN purchases >= $stage_loyal_purchases AND known_days >= $stage_loyal_days THEN 'loyal'
    WHEN purchases >= $stage_returning_purchases AND known_days >= $stage_returning_days THEN 'returning'
    WHEN state_events >= $stage_engaged_events AND known_days >= $stage_engaged_days THEN 'engaged'
    ELSE 'new' END AS relationship_stage,
  CASE WHEN days($read - first_view_date) >= $temporal_seasonal_min_days THEN state_season END AS peak_season,
  unknown_device_views, unknown_events,
  orders_source, $read::BIGINT AS as_of, $version AS definition_version,
  COLUMNS('^state_')
  $parts
FROM composed
