-- Expands the windows of a trip into single searches, nearest departure first. What is
-- today, and what is over, is decided where each flight leaves. Days on which nobody of
-- the party is of age are left out: nothing could be booked on them.
-- In version 0.1 a date was handed in, of no place.
create or replace function engine.plan_searches(
  p_trip public.trip_requests, p_now timestamptz
) returns table (
  ordinal integer,
  origin text,
  destination text,
  departure_date date,
  return_date date,
  -- When the day of departure is over.
  over_at timestamptz
)
  language plpgsql stable parallel safe
as $$
#variable_conflict use_column
begin
  return query
  select
    row_number() over (
      order by d.departs::date, r.returns::date nulls first, o.code, t.code
    )::integer,
    o.code,
    t.code,
    d.departs::date,
    r.returns::date,
    (d.departs + interval '1 day') at time zone z.zone
  from unnest(p_trip.origins) as o (code)
  cross join lateral (select engine.place_zone(o.code) as zone) as z
  cross join unnest(p_trip.destinations) as t (code)
  cross join generate_series(
    greatest(
      p_trip.departure_from,
      (p_now at time zone z.zone)::date,
      (
        -- Never past the window: that nobody may fly at all is said elsewhere.
        select min(least((f.born_on + interval '18 years')::date, p_trip.departure_to))
        from public.trip_passengers as p
        inner join public.traveler_profiles as f
          on p.user_id = f.user_id and p.traveler_profile_id = f.id
        where p.user_id = p_trip.user_id
          and p.trip_request_id = p_trip.id
          and f.born_on is not null
      )
    )::timestamp,
    p_trip.departure_to::timestamp,
    interval '1 day'
  ) as d (departs)
  cross join lateral (
    select null::timestamp
    where p_trip.return_from is null and p_trip.nights_min is null
    union all
    select g.returns
    from generate_series(
      greatest(
        d.departs + make_interval(days => coalesce(p_trip.nights_min, 0)),
        coalesce(p_trip.return_from::timestamp, d.departs)
      ),
      least(
        d.departs + make_interval(days => coalesce(p_trip.nights_max, 365)),
        coalesce(p_trip.return_to::timestamp, 'infinity')
      ),
      interval '1 day'
    ) as g (returns)
    where p_trip.return_from is not null or p_trip.nights_min is not null
  ) as r (returns);
end;
$$;
comment on function engine.plan_searches(public.trip_requests, timestamptz) is
  'Expands a trip''s windows into single searches; returns no rows when the windows '
  'are over.';
