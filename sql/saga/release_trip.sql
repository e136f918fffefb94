-- An attempt ended without a booking and without a charge. Its trip does what the rule
-- says, unless the traveller has changed the trip's state meanwhile. If the offer had
-- vanished, the trip is searched for again at once, but not for ever: after five
-- attempts within an hour it waits an hour.
create or replace function engine.release_trip(
  p_attempt public.booking_attempts, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_again_at timestamptz := p_now + p_attempt.search_again_after;
  v_tries integer;
begin
  -- No order will name them any more; whose they are is kept, in case one is found.
  update engine.booking_attempt_passengers as p
  set
    given_name = null, family_name = null, title = null, gender = null, born_on = null,
    email = null, phone_number = null
  where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id;
  -- Not back to ACTIVE: an offer that was refused once is not tried again.
  update public.flight_offers as o
  set status = 'EXPIRED', updated_at = p_now
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.day = '9999-12-31';
  if p_attempt.search_again_after = '0' then
    select count(*) into v_tries
    from public.booking_attempts as a
    where a.user_id = p_attempt.user_id
      and a.trip_request_id = p_attempt.trip_request_id
      and a.started_at > p_now - interval '1 hour';
    v_again_at := p_now + case when v_tries < 5 then interval '0' else '1 hour' end;
  end if;
  update public.trip_requests as t
  set
    auto_book_status = p_attempt.trip_status_after,
    status_reason = p_attempt.error_message,
    status_changed_at = p_now,
    next_search_at = v_again_at
  where t.user_id = p_attempt.user_id
    and t.id = p_attempt.trip_request_id
    and t.auto_book_status = 'BOOKING';
  if found
    and p_attempt.trip_status_after = 'PENDING'
    and v_again_at = p_now
    and engine.flag_problem(p_attempt.user_id, p_now) is null
  then
    perform engine.plan_trips(array[p_attempt.trip_request_id], p_now);
    perform engine.start_searches(array[p_attempt.trip_request_id], p_now);
    perform engine.wake_sidecar();
  end if;
end;
$$;
comment on function engine.release_trip(public.booking_attempts, timestamptz) is
  'Frees the trip of a failed attempt, and has the trip searched again where that '
  'helps.';
