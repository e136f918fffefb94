-- An attempt that waits for a person freezes its trip: the traveller is told, and that
-- nothing is booked twice meanwhile.
create or replace function engine.tell_attempt() returns trigger
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests;
begin
  select t.* into v_trip
  from public.trip_requests as t
  where t.user_id = new.user_id and t.id = new.trip_request_id;
  perform engine.notify_traveller(
    new.user_id, 'trip.frozen', new.id::text, new.trip_request_id, null,
    engine.trip_facts(v_trip) || jsonb_build_object(
      'reason', s.meaning, 'price', new.agreed_amount::text, 'currency', new.currency
    ),
    new.state_changed_at
  )
  from engine.saga_states as s
  where s.state = new.state;
  return null;
end;
$$;
comment on function engine.tell_attempt() is
  'Trigger that tells the traveller that a booking waits for a person.';

create or replace trigger booking_attempts_tell
after update of state on public.booking_attempts
for each row
when (
  new.state = 'NEEDS_REVIEW' and old.state <> 'NEEDS_REVIEW' and new.status = 'PENDING'
)
execute function engine.tell_attempt();
