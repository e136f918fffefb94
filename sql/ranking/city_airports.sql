-- Each city among the codes followed by one of its airports, LONLHR, so that judging an
-- offer needs no query. A code that is an airport's too, BRU, means that airport: who
-- would fly from Charleroi as well names it.
create or replace function engine.city_airports(p_codes text[]) returns text[]
  language plpgsql stable
as $$
begin
  return array(
    select m.iata || a.airport
    from engine.metropolitan_areas as m
    cross join unnest(m.airports) as a (airport)
    where m.iata = any (p_codes)
      and not exists (select from engine.airports as a where a.iata = m.iata)
  );
end;
$$;
comment on function engine.city_airports(text[]) is
  'Lists the airports of the cities among some codes, each behind its city.';
