-- A trigger, so that no statement that writes fare_history can leave it out. Each row
-- is a trip's own and is written under the trip's row lock, so the searches of two
-- trips never wait for each other here. Definer: the table is the engine's.
create or replace function engine.keep_daily_fare() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_day date := (new.searched_at at time zone 'UTC')::date;
begin
  insert into engine.daily_fares as d (
    user_id, trip_request_id, origin, destination, departure_date, return_date, day,
    currency, opening, lowest, typical
  )
  select
    new.user_id, new.trip_request_id, new.origin, new.destination, new.departure_date,
    coalesce(new.return_date, 'infinity'), v_day, new.currency, new.cheapest,
    new.cheapest,
    case when count(*) >= 3 then round(avg(b.opening::numeric), 3) end
  from engine.daily_fares as b
  where b.user_id = new.user_id
    and b.trip_request_id = new.trip_request_id
    and b.origin = new.origin
    and b.destination = new.destination
    and b.departure_date = new.departure_date
    and b.return_date = coalesce(new.return_date, 'infinity')
    and b.day between v_day - 14 and v_day - 1
    and b.currency = new.currency
  on conflict (
    user_id, trip_request_id, origin, destination, departure_date, return_date, day
  ) do update
  set lowest = excluded.lowest
  where excluded.lowest < d.lowest and excluded.currency = d.currency;
  return null;
end;
$$;
comment on function engine.keep_daily_fare() is
  'Trigger that keeps the first and the lowest fare of the day for each search.';

create or replace trigger fare_history_keep_daily
after insert on public.fare_history
for each row
when (new.cheapest > 0)
execute function engine.keep_daily_fare();
