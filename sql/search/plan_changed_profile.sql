-- A corrected birth date may make a child an adult, which is another search. Definer:
-- the plan is not for travellers.
create or replace function engine.plan_changed_profile() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_trips uuid[];
begin
  v_trips := array(
    select t.id
    from public.trip_passengers as p
    inner join public.trip_requests as t
      on t.user_id = p.user_id and t.id = p.trip_request_id
    where p.user_id = new.user_id
      and p.traveler_profile_id = new.id
      and t.auto_book_status not in ('BOOKED', 'CANCELLED', 'EXPIRED')
    order by t.id
    for no key update of t
  );
  if v_trips <> '{}' then
    perform engine.plan_trips(v_trips, v_now);
    perform engine.schedule_trips(v_trips, v_now);
  end if;
  return null;
end;
$$;
comment on function engine.plan_changed_profile() is
  'Trigger that makes the plans of trips anew on which somebody''s age changed.';

create or replace trigger traveler_profiles_plan
after update of born_on on public.traveler_profiles
for each row
when (old.born_on is distinct from new.born_on)
execute function engine.plan_changed_profile();
