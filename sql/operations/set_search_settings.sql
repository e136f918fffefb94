-- What is not named stays as it is; the table's own checks say what is allowed.
-- Definer: operators have no table.
create or replace function engine.set_search_settings(
  p_searches_per_minute integer default null,
  p_fresh_for interval default null,
  p_keep_offers_for interval default null,
  p_rate_max_age interval default null
) returns void
  language sql volatile
  security definer
begin atomic
  update engine.search_settings as s
  set
    searches_per_minute = coalesce(p_searches_per_minute, s.searches_per_minute),
    fresh_for = coalesce(p_fresh_for, s.fresh_for),
    keep_offers_for = coalesce(p_keep_offers_for, s.keep_offers_for),
    rate_max_age = coalesce(p_rate_max_age, s.rate_max_age);
end;
comment on function engine.set_search_settings(
  integer, interval, interval, interval
) is
  'Sets the search budget, how fresh shared answers and exchange rates must be, and '
  'how long expired offers are kept.';
grant execute on function engine.set_search_settings(
  integer, interval, interval, interval
) to skylatch_operator, service_role;
