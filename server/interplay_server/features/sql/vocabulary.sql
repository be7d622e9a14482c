-- Words of the inputs and what they mean; made once for a connection. A word that is not listed means nothing.
CREATE TYPE kind AS ENUM (
  'VIEW', 'CART_ADD', 'CART_REMOVE', 'CART_VIEW', 'CHECKOUT', 'PURCHASE', 'SEARCH', 'COLLECTION',
  'REC_VIEW', 'REC_CLICK', 'REC_DECLINE', 'PAGE', 'LINKED', 'UNKNOWN'
);
CREATE TYPE page AS ENUM ('product', 'search', 'category', 'collection');
CREATE TYPE device AS ENUM ('mobile', 'desktop', 'tablet', 'unknown');
CREATE TYPE channel AS ENUM (
  'direct', 'organic_search', 'paid_search', 'social', 'email', 'referral', 'display', 'internal', 'recommendation', 'other'
);
CREATE TYPE source AS ENUM ('SEARCH', 'CATEGORY', 'COLLECTION', 'REFERRAL', 'DIRECT');
CREATE TYPE season AS ENUM ('winter', 'spring', 'summer', 'autumn');
CREATE TYPE attribute AS ENUM ('vendor', 'category', 'tag');

-- PAGE is a page_viewed; it becomes a VIEW where the page is a product's.
CREATE TABLE event_words AS
SELECT word, meaning::kind AS meaning FROM (VALUES
  ('product_viewed', 'VIEW'), ('product_view', 'VIEW'), ('view', 'VIEW'), ('view_item', 'VIEW'),
  ('page_viewed', 'PAGE'),
  ('product_added_to_cart', 'CART_ADD'), ('add_to_cart', 'CART_ADD'), ('cart_add', 'CART_ADD'),
  ('recommendation_add_to_cart', 'CART_ADD'),
  ('product_removed_from_cart', 'CART_REMOVE'), ('remove_from_cart', 'CART_REMOVE'), ('cart_remove', 'CART_REMOVE'),
  ('cart_viewed', 'CART_VIEW'),
  ('checkout_started', 'CHECKOUT'), ('begin_checkout', 'CHECKOUT'),
  ('checkout_completed', 'PURCHASE'), ('purchase', 'PURCHASE'), ('order_completed', 'PURCHASE'),
  ('search_submitted', 'SEARCH'),
  ('collection_viewed', 'COLLECTION'),
  ('recommendation_viewed', 'REC_VIEW'), ('recommendation_clicked', 'REC_CLICK'), ('recommendation_declined', 'REC_DECLINE'),
  ('customer_linked', 'LINKED')
) AS listed (word, meaning);

CREATE TABLE page_words AS
SELECT word, meaning::page AS meaning FROM (VALUES
  ('product', 'product'), ('search', 'search'), ('search_results', 'search'), ('searchresult', 'search'),
  ('category', 'category'), ('collection', 'collection')
) AS listed (word, meaning);

CREATE TABLE device_words AS
SELECT word, meaning::device AS meaning FROM (VALUES
  ('mobile', 'mobile'), ('phone', 'mobile'), ('smartphone', 'mobile'), ('ios', 'mobile'), ('android', 'mobile'),
  ('tablet', 'tablet'), ('ipad', 'tablet'),
  ('desktop', 'desktop'), ('pc', 'desktop'), ('mac', 'desktop'), ('web', 'desktop')
) AS listed (word, meaning);

CREATE TABLE channel_words AS
SELECT word, meaning::channel AS meaning FROM (VALUES
  ('', 'direct'), ('direct', 'direct'), ('organic_search', 'organic_search'), ('organic', 'organic_search'),
  ('paid_search', 'paid_search'), ('social', 'social'), ('email', 'email'), ('referral', 'referral'),
  ('affiliate', 'referral'), ('display', 'display'), ('internal', 'internal'), ('recommendation', 'recommendation')
) AS listed (word, meaning);

-- Spelling counts in nothing but capitals and white space around (of any alphabet).
CREATE MACRO word(text) AS lower(trim(coalesce(text, ''), $white));

CREATE MACRO agent_device(agent) AS CASE
  WHEN contains(agent, 'ipad') OR contains(agent, 'tablet')
    OR (contains(agent, 'android') AND NOT contains(agent, 'mobile')) THEN 'tablet'
  WHEN contains(agent, 'mobile') OR contains(agent, 'iphone') OR contains(agent, 'ipod') THEN 'mobile'
  WHEN contains(agent, 'windows') OR contains(agent, 'macintosh') OR contains(agent, 'mac os') OR contains(agent, 'x11')
    OR contains(agent, 'linux') OR contains(agent, 'cros') THEN 'desktop'
  ELSE 'unknown' END::device;

CREATE MACRO month_number(micros) AS year(make_timestamp(micros)) * 12 + month(make_timestamp(micros));
-- Start of the earliest of the twelve calendar months that end with this instant's.
CREATE MACRO first_active(micros) AS epoch_us(date_trunc('month', make_timestamp(micros)) - INTERVAL 11 MONTH);
CREATE MACRO season_of(micros) AS CASE month(make_timestamp(micros)) % 12 // 3
  WHEN 0 THEN 'winter' WHEN 1 THEN 'spring' WHEN 2 THEN 'summer' ELSE 'autumn' END::season;
CREATE MACRO days(micros) AS micros / 86400000000e0;
CREATE MACRO decay(days, half_life) AS pow(2e0, -(days) / half_life);
CREATE MACRO saturating(x, half) AS (x) / ((x) + half);
-- A bit for each of the twelve calendar months that end with this instant's, the lowest for its own.
CREATE MACRO month_bit(micros, until) AS CASE WHEN micros >= first_active(until)
  THEN 1::INTEGER << (month_number(until) - month_number(micros))::INTEGER ELSE 0 END;
