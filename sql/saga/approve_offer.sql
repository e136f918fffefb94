-- A traveller says yes. This is as safe as a booking by the monitor: begin_attempt
-- checks everything again, and the price that was approved is the attempt's limit. The
-- trip may have been searched again since the offer was proposed; what was proposed may
-- still be booked, so begin_attempt sees the trip as of the offer's round. Who approves
-- twice gets the same attempt. Whoever comes second of a yes, a no and the offer's end
-- waits for the trip's row lock, and sees what the first has made of the proposal.
-- Lock order: trip_requests, then the traveller, then booking_attempts.
create or replace function engine.approve_offer(p_trip_id uuid, p_offer_id text)
  returns uuid
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz;
  v_trip public.trip_requests;
  v_proposal public.offer_proposals;
  v_problem text;
  v_attempt_id uuid;
begin
  perform engine.require_size('p_offer_id', array[p_offer_id], 1, 100);
  v_trip := engine.lock_trip(p_trip_id);
  v_now := clock_timestamp();
  select p.* into v_proposal
  from public.offer_proposals as p
  where p.user_id = v_trip.user_id
    and p.trip_request_id = v_trip.id
    and p.offer_id = p_offer_id
  order by p.proposed_at desc
  limit 1;
  if v_proposal.booking_attempt_id is not null then
    return v_proposal.booking_attempt_id;
  end if;
  v_problem := case
    when v_proposal.id is null then 'never proposed'
    when v_proposal.state <> 'OPEN' then lower(v_proposal.state collate "C")
    when v_proposal.trip_version <> v_trip.version then 'the trip was changed'
    when v_proposal.answer_by <= v_now then 'too late'
  end;
  if v_problem is not null then
    raise exception using
      errcode = 'SK120',
      message = 'this offer can no longer be approved',
      detail = jsonb_build_object(
        'trip', p_trip_id, 'field', 'p_offer_id', 'value', p_offer_id,
        'problem', v_problem, 'answer_by', v_proposal.answer_by
      ),
      column = 'p_offer_id',
      hint = 'offer_proposals says what is open. The trip goes on, and what fits next '
        'is proposed: duffel_search searches now.';
  end if;
  perform engine.require_pipeline(v_trip.user_id, v_now);
  update public.offer_proposals as p
  set
    state = 'APPROVED',
    state_changed_at = v_now,
    reason = engine.asked_by(v_trip.user_id) || ' approved it'
  where p.user_id = v_proposal.user_id and p.id = v_proposal.id;
  v_trip.search_round := v_proposal.search_round;
  v_trip.offers_from := v_proposal.offer_day;
  perform engine.begin_attempt(
    v_trip, v_proposal.flight_offer_id, engine.caller(), v_now
  );
  perform engine.record_flag_usage();
  perform engine.wake_sidecar();
  select p.booking_attempt_id into v_attempt_id
  from public.offer_proposals as p
  where p.user_id = v_proposal.user_id and p.id = v_proposal.id;
  return v_attempt_id;
end;
$$;
comment on function engine.approve_offer(uuid, text) is
  'Begins the booking of a proposed offer; see public.approve_offer.';
grant execute on function engine.approve_offer(uuid, text)
  to authenticated, service_role;

create or replace function public.approve_offer(p_trip_id uuid, p_offer_id text)
  returns uuid
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.approve_offer(p_trip_id, p_offer_id);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.approve_offer(uuid, text) is
  'Books an offer that was proposed, while it lives; returns the attempt, a second '
  'time the same. Raises SK104 or SK120, or why it cannot be booked.';
grant execute on function public.approve_offer(uuid, text)
  to authenticated, service_role;
