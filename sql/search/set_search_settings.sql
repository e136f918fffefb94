-- From the next tick on. What is not named stays; what is out of range is refused by
-- the table's CHECK. Every change stays on record. Definer: operators have no table.
-- Its former signature would make a call that names fewer settings ambiguous.
drop function if exists engine.set_search_settings(
  text, integer, interval, interval, interval
);
create or replace function engine.set_search_settings(
  p_reason text,
  p_searches_per_minute integer default null,
  p_fresh_for interval default null,
  p_keep_offers_for interval default null,
  p_rate_max_age interval default null,
  p_least_lead_time interval default null
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_settings jsonb;
begin
  perform engine.require_size('p_reason', array[p_reason], 1, 2000);
  update engine.search_settings as s
  set
    searches_per_minute = coalesce(p_searches_per_minute, s.searches_per_minute),
    fresh_for = coalesce(p_fresh_for, s.fresh_for),
    keep_offers_for = coalesce(p_keep_offers_for, s.keep_offers_for),
    rate_max_age = coalesce(p_rate_max_age, s.rate_max_age),
    least_lead_time = coalesce(p_least_lead_time, s.least_lead_time)
  returning to_jsonb(s) - 'only_row' into v_settings;
  insert into engine.search_settings_changes (at, set_by, reason, settings)
  values (clock_timestamp(), engine.caller(), v_reason, v_settings);
  return v_settings;
end;
$$;
comment on function engine.set_search_settings(
  text, integer, interval, interval, interval, interval
) is
  'Changes the search settings that are named, for a reason; returns them all. Raises '
  'SK016.';
grant execute on function engine.set_search_settings(
  text, integer, interval, interval, interval, interval
) to skylatch_operator;
