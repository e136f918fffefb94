-- The settings hold from the next tick on. A setting that is not named keeps its value.
-- Every change stays on record. Only operators change them, because rates, lead time
-- and budget concern all travellers. Definer: operators have no rights on tables.
create or replace function engine.set_search_settings(
  p_reason text,
  p_searches_per_minute integer default null,
  p_fresh_for interval default null,
  p_keep_offers_for interval default null,
  p_rate_max_age interval default null,
  p_least_lead_time interval default null,
  p_keep_offers text default null,
  p_useful_offers integer default null,
  p_search_at_once boolean default null
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_settings jsonb;
  v_field text;
  v_value text;
  v_range text;
begin
  perform engine.require_size('p_reason', array[p_reason], 1, 2000);
  -- The table's CHECKs say the same, in their own words.
  select w.field, w.value, w.bounds into v_field, v_value, v_range
  from (
    values
    (1, 'searches_per_minute', p_searches_per_minute::text, '1 to 100000',
      p_searches_per_minute between 1 and 100000),
    (2, 'fresh_for', p_fresh_for::text, '0 to 1 hour',
      p_fresh_for between interval '0' and interval '1 hour'),
    (3, 'keep_offers_for', p_keep_offers_for::text, '1 day to 10 years',
      p_keep_offers_for between interval '1 day' and interval '10 years'),
    (4, 'rate_max_age', p_rate_max_age::text, '1 minute to 30 days',
      p_rate_max_age between interval '1 minute' and interval '30 days'),
    (5, 'least_lead_time', p_least_lead_time::text, '0 to 7 days',
      p_least_lead_time between interval '0' and interval '7 days'),
    (6, 'keep_offers', left(p_keep_offers, 100), 'all or useful',
      p_keep_offers in ('all', 'useful')),
    (7, 'useful_offers', p_useful_offers::text, '1 to 1000',
      p_useful_offers between 1 and 1000)
  ) as w (place, field, value, bounds, fits)
  where not w.fits
  order by w.place
  limit 1;
  if found then
    perform engine.refuse_setting(v_field, v_value, format('Give %s.', v_range));
  end if;
  update engine.search_settings as s
  set
    searches_per_minute = coalesce(p_searches_per_minute, s.searches_per_minute),
    fresh_for = coalesce(p_fresh_for, s.fresh_for),
    keep_offers_for = coalesce(p_keep_offers_for, s.keep_offers_for),
    rate_max_age = coalesce(p_rate_max_age, s.rate_max_age),
    least_lead_time = coalesce(p_least_lead_time, s.least_lead_time),
    keep_offers = coalesce(p_keep_offers, s.keep_offers),
    useful_offers = coalesce(p_useful_offers, s.useful_offers),
    search_at_once = coalesce(p_search_at_once, s.search_at_once)
  returning to_jsonb(s) - 'only_row' into v_settings;
  insert into engine.search_settings_changes (at, set_by, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;
comment on function engine.set_search_settings(
  text, integer, interval, interval, interval, interval, text,
  integer, boolean
) is
  'Changes the search settings that are named, for a reason; returns all settings. '
  'Raises SK016 or SK023.';
grant execute on function engine.set_search_settings(
  text, integer, interval, interval, interval, interval, text,
  integer, boolean
) to skylatch_operator;
