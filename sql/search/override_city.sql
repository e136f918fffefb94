-- A correction says which airports a city's code stands for, at once and at every
-- deploy: an offer to any of these airports is what was asked for, an offer to another
-- is not. The newest correction of a city replaces the one before. Definer: operators
-- have no rights on tables.
create or replace function engine.override_city(
  p_reason text,
  p_iata text,
  p_airports text[],
  p_name text default null,
  p_time_zone text default null
) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_field text;
  v_value text;
  v_reason text := engine.require_text('p_reason', p_reason);
begin
  perform engine.require_size('p_airports', p_airports, 50, 3);
  select w.field, w.value into v_field, v_value
  from (
    values
    (1, 'iata', p_iata, p_iata ~ '^[A-Z]{3}$'),
    (2, 'airports', p_airports::text, cardinality(p_airports) between 1 and 50 and p_airports <@ array(
      select a.iata from engine.airports as a where a.iata = any (p_airports)
    )),
    (3, 'name', p_name, length(p_name) <= 200 or p_name is null),
    (4, 'time_zone', p_time_zone, p_time_zone is null or exists (
      select from pg_timezone_names as z where z.name = p_time_zone
    )),
    (5, 'iata', p_iata, exists (
      select from engine.metropolitan_areas as m where m.iata = p_iata
    ) or (p_name, p_time_zone) is not null)
  ) as w (place, field, value, fits)
  where w.fits is not true
  order by w.place
  limit 1;
  if found then
    raise exception using
      errcode = 'SK019',
      message = 'this is not a correction of an airport or city',
      detail = jsonb_build_object(
        'field', v_field, 'value', left(v_value, 40), 'iata', left(p_iata, 3)
      ),
      column = v_field,
      hint = 'Give a reason, the city''s IATA code and all of its airports; a city that '
        'is not known yet needs a name and a time zone.';
  end if;
  insert into engine.airport_overrides (
    at, set_by, reason, iata, airports, name, time_zone
  )
  values (
    clock_timestamp(), engine.caller(), v_reason, p_iata, p_airports, p_name, p_time_zone
  );
  perform engine.apply_airport_overrides();
end;
$$;
comment on function engine.override_city(text, text, text[], text, text) is
  'Corrects which airports a city''s code stands for, for a reason; raises SK016, '
  'SK019 or SK025.';
grant execute on function engine.override_city(text, text, text[], text, text)
  to skylatch_operator;
