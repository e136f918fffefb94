-- The caller holds the traveller's row (locks/hold_traveller.sql).
create or replace function engine.take_search_credit(
  p_user_id uuid, p_searches integer, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update engine.travellers as t
  set
    search_credit = engine.search_credit(t, l.searches_per_hour, p_now) - p_searches,
    credited_at = p_now
  from engine.traveller_limits as l
  where t.user_id = p_user_id;
end;
$$;
comment on function engine.take_search_credit(uuid, integer, timestamptz) is
  'Takes searches from a traveller''s hourly allowance.';
