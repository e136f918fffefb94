-- Called after the package's rows were written, and whenever a correction is recorded:
-- the newest correction of a code replaces what the package says. A row that does not
-- change is not written. A code that only a correction knows needs all that an airport
-- or a city has; override_airport and override_city see to that.
create or replace function engine.apply_airport_overrides() returns void
  language plpgsql volatile
as $$
begin
  insert into engine.airports as a (
    iata, name, city, country, time_zone, latitude, longitude
  )
  select
    n.iata,
    coalesce(n.name, k.name),
    coalesce(n.city, k.city),
    coalesce(n.country, k.country),
    coalesce(n.time_zone, k.time_zone),
    coalesce(n.latitude, k.latitude),
    coalesce(n.longitude, k.longitude)
  from (
    select distinct on (o.iata) o.*
    from engine.airport_overrides as o
    where o.airports is null
    order by o.iata, o.id desc
  ) as n
  left join engine.airports as k on n.iata = k.iata
  on conflict (iata) do update
  set
    name = excluded.name,
    city = excluded.city,
    country = excluded.country,
    time_zone = excluded.time_zone,
    latitude = excluded.latitude,
    longitude = excluded.longitude
  where a is distinct from excluded;

  insert into engine.metropolitan_areas as m (iata, name, time_zone, airports)
  select
    n.iata,
    coalesce(n.name, k.name),
    coalesce(n.time_zone, k.time_zone),
    n.airports
  from (
    select distinct on (o.iata) o.*
    from engine.airport_overrides as o
    where o.airports is not null
    order by o.iata, o.id desc
  ) as n
  left join engine.metropolitan_areas as k on n.iata = k.iata
  on conflict (iata) do update
  set
    name = excluded.name,
    time_zone = excluded.time_zone,
    airports = excluded.airports
  where m is distinct from excluded;
end;
$$;
comment on function engine.apply_airport_overrides() is
  'Puts the recorded corrections of airports and cities over the packages'' rows.';
