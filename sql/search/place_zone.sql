-- Which day it is, and when a day is over, is decided by the time zone of the place
-- where a flight leaves, an airport or a city; never by the server's or the session's.
-- Written in PL/pgSQL because its plans are kept.
create or replace function engine.place_zone(p_code text) returns text
  language plpgsql stable parallel safe
as $$
begin
  return coalesce(
    (select a.time_zone from engine.airports as a where a.iata = p_code),
    (select m.time_zone from engine.metropolitan_areas as m where m.iata = p_code),
    'UTC'
  );
end;
$$;
comment on function engine.place_zone(text) is
  'Returns the time zone of an airport or a city; UTC for an unknown one.';
