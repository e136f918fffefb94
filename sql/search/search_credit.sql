-- What was left of the hourly allowance at the last request, and what has come back
-- since, up to the whole allowance. A traveller who never asked has the whole
-- allowance.
create or replace function engine.search_credit(
  p_traveller engine.travellers, p_searches_per_hour integer, p_now timestamptz
) returns double precision
  language plpgsql immutable
as $$
begin
  return least(
    p_searches_per_hour,
    coalesce(
      p_traveller.search_credit
      + greatest(extract(epoch from p_now - p_traveller.credited_at), 0)
      * p_searches_per_hour / 3600.0,
      p_searches_per_hour
    )
  );
end;
$$;
comment on function engine.search_credit(engine.travellers, integer, timestamptz) is
  'Returns how many searches a traveller may ask for now.';
