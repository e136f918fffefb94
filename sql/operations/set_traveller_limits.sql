-- The limits hold for everybody from this commit on; a traveller who has more already
-- keeps it. A limit that is not named keeps its value. Every change stays on record.
-- Definer: operators have no rights on tables.
-- Without the last argument before version 0.2.
drop function if exists engine.set_traveller_limits(
  text, integer, integer, interval, integer, integer
);
create or replace function engine.set_traveller_limits(
  p_reason text,
  p_open_trips integer default null,
  p_profiles integer default null,
  p_search_pause interval default null,
  p_searches_per_hour integer default null,
  p_failed_bookings_per_hour integer default null,
  p_first_booking_needs_approval boolean default null
) returns jsonb
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text := engine.require_text('p_reason', p_reason);
  v_limits jsonb;
  v_field text;
  v_value text;
  v_range text;
begin
  -- The table's CHECKs say the same, in their own words.
  select w.field, w.value, w.bounds into v_field, v_value, v_range
  from (
    values
    (1, 'open_trips', p_open_trips::text, '1 to 1000000',
      p_open_trips between 1 and 1000000),
    (2, 'profiles', p_profiles::text, '1 to 1000000', p_profiles between 1 and 1000000),
    (3, 'search_pause', p_search_pause::text, '0 to 1 day',
      p_search_pause between interval '0' and interval '1 day'),
    (4, 'searches_per_hour', p_searches_per_hour::text, '1 to 1000000',
      p_searches_per_hour between 1 and 1000000),
    (5, 'failed_bookings_per_hour', p_failed_bookings_per_hour::text, '1 to 1000000',
      p_failed_bookings_per_hour between 1 and 1000000)
  ) as w (place, field, value, bounds, fits)
  where not w.fits
  order by w.place
  limit 1;
  if found then
    perform engine.refuse_setting(v_field, v_value, format('Give %s.', v_range));
  end if;
  update engine.traveller_limits as l
  set
    open_trips = coalesce(p_open_trips, l.open_trips),
    profiles = coalesce(p_profiles, l.profiles),
    search_pause = coalesce(p_search_pause, l.search_pause),
    searches_per_hour = coalesce(p_searches_per_hour, l.searches_per_hour),
    failed_bookings_per_hour = coalesce(
      p_failed_bookings_per_hour, l.failed_bookings_per_hour
    ),
    first_booking_needs_approval = coalesce(
      p_first_booking_needs_approval, l.first_booking_needs_approval
    )
  returning to_jsonb(l) - 'only_row' into v_limits;
  insert into engine.traveller_limit_changes (at, set_by, reason, limits)
  values (clock_timestamp(), engine.caller(), v_reason, v_limits);
  return v_limits;
end;
$$;
comment on function engine.set_traveller_limits(
  text, integer, integer, interval, integer, integer, boolean
) is
  'Changes the limits for each traveller that are named, for a reason; returns all of '
  'them.';
grant execute on function engine.set_traveller_limits(
  text, integer, integer, interval, integer, integer, boolean
) to skylatch_operator;

create or replace trigger traveller_limit_changes_append_only
before update or delete or truncate on engine.traveller_limit_changes
for each statement execute function engine.refuse_change();
