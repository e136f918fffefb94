-- The result lists each city among the codes together with one of its airports, as in
-- LONLHR, so that judging an offer needs no query. A code that is both an airport's and
-- a city's, such as BRU, means the airport: a traveller who would also fly from
-- Charleroi names that airport.
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
  'Lists the airports of the cities among some codes, each behind its city''s code.';
