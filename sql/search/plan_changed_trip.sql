-- Runs after the checks of the trip. When a traveller changes what is wanted, or the
-- most it may cost, a few searches are made now and the whole plan at the next tick.
-- Definer: the plan is not for travellers.
create or replace function engine.plan_changed_trip() returns trigger
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform engine.plan_trips(array[new.id], v_now);
  update engine.trip_searches as s
  set next_look_at = v_now
  where s.user_id = new.user_id and s.trip_request_id = new.id;
  if new.auto_book_status = 'ACTION_REQUIRED' then
    update public.trip_requests as t
    set status_reason = 'The trip was changed: resume it to go on.'
    where t.user_id = new.user_id and t.id = new.id;
  end if;
  perform engine.search_at_once(array[new.id], v_now);
  return null;
end;
$$;
comment on function engine.plan_changed_trip() is
  'Trigger that makes the plan of a changed trip anew and its searches due.';

create or replace trigger trip_requests_plan
after update of
  origins, destinations, departure_from, departure_to, return_from, return_to,
  nights_min, nights_max, cabin_class, max_connections, max_price, currency,
  max_duration, carry_on_bags, checked_bags, airlines_only, airlines_never, alliances,
  layover_min, layover_max, depart_after, depart_before, arrive_after, arrive_before,
  return_depart_after, return_depart_before, return_arrive_after,
  return_arrive_before, no_red_eye, no_airport_change, refundable, changeable,
  max_emissions_kg, accept_unknown, payment_method_id, auto_book_enabled,
  consent_text_version, booking_mode
on public.trip_requests
for each row execute function engine.plan_changed_trip();
