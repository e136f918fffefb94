-- A correction of one airport takes effect at once and at every deploy. What the
-- correction does not name stays as the package says. The newest correction of an
-- airport replaces the one before. Definer: operators have no rights on tables.
create or replace function engine.override_airport(
  p_reason text,
  p_iata text,
  p_time_zone text default null,
  p_name text default null,
  p_city text default null,
  p_country text default null,
  p_latitude double precision default null,
  p_longitude double precision default null
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
  select w.field, w.value into v_field, v_value
  from (
    values
    (1, 'iata', p_iata, p_iata ~ '^[A-Z]{3}$'),
    (2, 'time_zone', p_time_zone, p_time_zone is null or exists (
      select from pg_timezone_names as z where z.name = p_time_zone
    )),
    (3, 'name', p_name, length(p_name) <= 200 or p_name is null),
    (4, 'city', p_city, length(p_city) <= 200 or p_city is null),
    (5, 'country', p_country, p_country ~ '^[A-Z]{2}$' or p_country is null),
    (6, 'latitude', p_latitude::text,
      p_latitude between -90 and 90 or p_latitude is null),
    (7, 'longitude', p_longitude::text,
      p_longitude between -180 and 180 or p_longitude is null),
    (8, 'iata', p_iata, exists (
      select from engine.airports as a where a.iata = p_iata
    ) or (
      p_time_zone, p_name, p_city, p_country, p_latitude, p_longitude
    ) is not null)
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
      hint = 'Give a reason, the IATA code and what is right instead; an airport that is '
        'not known yet needs everything, and a time zone its name in the tz database.';
  end if;
  insert into engine.airport_overrides (
    at, set_by, reason, iata, time_zone, name, city, country, latitude, longitude
  )
  values (
    clock_timestamp(), engine.caller(), v_reason, p_iata, p_time_zone, p_name, p_city,
    p_country, p_latitude, p_longitude
  );
  perform engine.apply_airport_overrides();
end;
$$;
comment on function engine.override_airport(
  text, text, text, text, text, text, double precision, double precision
) is
  'Corrects what the package says of an airport, for a reason; raises SK016 or SK019.';
grant execute on function engine.override_airport(
  text, text, text, text, text, text, double precision, double precision
) to skylatch_operator;
