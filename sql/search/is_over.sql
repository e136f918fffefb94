create or replace function engine.is_over(
  p_places text[], p_day date, p_now timestamptz
) returns boolean
  language plpgsql stable
as $$
begin
  return not exists (
    select from unnest(p_places) as o (code)
    where (p_now at time zone engine.place_zone(o.code))::date <= p_day
  );
end;
$$;
comment on function engine.is_over(text[], date, timestamptz) is
  'Tells whether a day is over at every one of these places.';
