-- Tells what became of fares like this one. A comparable is a search that was quoted as
-- many days before its departure (give or take p_lead / 10 + 3), whose fare stood
-- against its own two weeks before as this fare does (low, typical or high; null: any),
-- and that was watched until p_days later, all of it before p_today. So no comparable
-- looks into the future, and no watch counts that ended because its fare fell. Each
-- route and departure gives one comparable, the nearest in lead time, because the
-- searches of one departure move together. Only ratios to the fare of that time are
-- used, so that parties and cabins can be compared.
-- What waiting would have brought: the first fare that is a twentieth lower is booked,
-- at its day's opening quote or, if the fare fell within the day, at no less than the
-- twentieth. Without such a fare, the fare at the end is booked; where that is over the
-- cap the trip is lost, which costs the cap.
-- The query reads at most 200 rows for each day of lead time, and follows 300
-- comparables. Fares of all travellers are used, and only aggregates are returned.
create or replace function engine.fare_outlook(
  -- Null: any route.
  p_origin text,
  p_destination text,
  p_currency text,
  p_lead integer,
  p_days integer,
  p_standing text,
  -- The most that may be paid, as a multiple of the fare.
  p_cap numeric,
  p_today date
) returns table (
  samples integer,
  falls integer,
  losses integer,
  mean_fall numeric,
  saving numeric,
  saving_error numeric
)
  language plpgsql stable
  -- Without the dates a planner expects a handful of rows and sorts thousands.
  set plan_cache_mode = force_custom_plan
as $$
begin
  return query
  with comparable as (
    select distinct on (l.origin, l.destination, l.departure_date) l.*
    from generate_series(
      greatest(p_lead - 3 - p_lead / 10, p_days), p_lead + 3 + p_lead / 10
    ) as g (lead)
    cross join lateral (
      (
        select f.*
        from engine.daily_fares as f
        where f.origin = p_origin
          and f.destination = p_destination
          and f.lead_days = g.lead
          and f.day between p_today - 365 and p_today - p_days - 1
        order by f.day desc
        limit 200
      )
      union all
      (
        select f.*
        from engine.daily_fares as f
        where p_origin is null
          and f.lead_days = g.lead
          and f.day between p_today - 365 and p_today - p_days - 1
        order by f.day desc
        limit 200
      )
    ) as l
    where l.currency = p_currency
      and (
        p_standing is null or engine.fare_standing(l.opening, l.typical) = p_standing
      )
    order by
      l.origin, l.destination, l.departure_date, abs(l.lead_days - p_lead), l.day,
      l.user_id, l.trip_request_id, l.return_date
  ),

  followed as (
    select c.*
    from comparable as c
    order by c.day desc, c.user_id, c.trip_request_id, c.origin, c.destination,
      c.departure_date
    limit 300
  ),

  path as (
    select
      min(d.lowest) / c.opening as lowest,
      (array_agg(d.opening order by d.day desc))[1] / c.opening as closing,
      (array_agg(least(d.opening, 0.95 * c.opening) order by d.day) filter (
        where d.lowest <= 0.95 * c.opening
      ))[1] / c.opening as fallen
    from followed as c
    inner join engine.daily_fares as d
      on c.user_id = d.user_id
      and c.trip_request_id = d.trip_request_id
      and c.origin = d.origin
      and c.destination = d.destination
      and c.departure_date = d.departure_date
      and c.return_date = d.return_date
      and c.currency = d.currency
    where d.day between c.day + 1 and c.day + p_days
    group by
      c.user_id, c.trip_request_id, c.origin, c.destination, c.departure_date,
      c.return_date, c.day, c.opening
    having count(*) * 2 >= p_days and max(d.day) >= c.day + p_days - 3
  )

  select
    count(*)::integer,
    (count(*) filter (where p.lowest <= 0.97))::integer,
    (count(*) filter (where p.fallen is null and p.closing > p_cap))::integer,
    avg(1 - p.lowest) filter (where p.lowest <= 0.97),
    avg(1 - coalesce(p.fallen, least(p.closing, p_cap))),
    stddev_samp(1 - coalesce(p.fallen, least(p.closing, p_cap)))
    / sqrt(count(*)::numeric)
  from path as p;
end;
$$;
comment on function engine.fare_outlook(
  text, text, text, integer, integer, text, numeric, date
) is
  'Says what comparable fares of the past did in so many days, and what waiting would '
  'have brought.';
