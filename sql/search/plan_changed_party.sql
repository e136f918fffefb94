-- Who flies is part of what is searched, and a trip gets its first plan with its first
-- passengers. The trigger runs once per statement, so that a party of nine is planned
-- once. Definer: the plan is not for travellers.
create or replace function engine.plan_changed_party() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_trips uuid[] := array(select distinct c.trip_request_id from changed as c);
begin
  if v_trips <> '{}' then
    perform engine.plan_trips(v_trips, v_now);
    perform engine.schedule_trips(v_trips, v_now);
    perform engine.search_at_once(v_trips, v_now);
  end if;
  return null;
end;
$$;
comment on function engine.plan_changed_party() is
  'Trigger that makes the plans of trips anew when their passengers change.';

create or replace trigger trip_passengers_plan_more
after insert on public.trip_passengers
referencing new table as changed
for each statement execute function engine.plan_changed_party();

create or replace trigger trip_passengers_plan_fewer
after delete on public.trip_passengers
referencing old table as changed
for each statement execute function engine.plan_changed_party();
