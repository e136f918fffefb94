-- A traveller says no. These flights are not proposed again for the trip, and not
-- booked by it, unless they cost less (ranking/best_offer.sql). Decided under the
-- trip's row lock, as the booking is: a booking that has begun is not taken back here,
-- and the answer says how it can be.
create or replace function engine.veto_booking(p_trip_id uuid, p_reason text)
  returns text
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_reason text;
  v_now timestamptz;
  v_trip public.trip_requests;
  v_proposal public.offer_proposals;
begin
  if p_reason is not null then
    v_reason := engine.require_text('p_reason', p_reason);
  end if;
  v_trip := engine.lock_trip(p_trip_id);
  v_now := clock_timestamp();
  select p.* into v_proposal
  from public.offer_proposals as p
  where p.user_id = v_trip.user_id and p.trip_request_id = v_trip.id
  order by p.state = 'OPEN' desc, p.proposed_at desc
  limit 1;
  if v_proposal.state = 'VETOED' then
    return v_proposal.state;
  elsif v_proposal.state <> 'OPEN'
    or v_proposal.id is null
    or v_trip.auto_book_status in ('BOOKING', 'BOOKED')
  then
    raise exception using
      errcode = 'SK121',
      message = 'there is nothing to say no to',
      detail = jsonb_build_object(
        'trip', p_trip_id, 'status', v_trip.auto_book_status,
        'attempt', v_proposal.booking_attempt_id
      ),
      hint = case v_trip.auto_book_status
        when 'BOOKING' then 'The booking had begun. cancel_trip stops it if the order '
          'has not left; if it has, cancel_booking cancels what was booked.'
        when 'BOOKED' then 'It is booked: cancel it with cancel_booking.'
        else 'No offer of this trip is proposed now: pause_trip or cancel_trip stops it.'
      end;
  end if;
  update public.offer_proposals as p
  set
    state = 'VETOED',
    state_changed_at = v_now,
    reason = coalesce(v_reason, engine.asked_by(v_trip.user_id) || ' vetoed it')
  where p.user_id = v_proposal.user_id and p.id = v_proposal.id;
  -- Due by hand: all its searches are (monitor/renew_plans.sql).
  update public.trip_requests as t
  set
    status_reason = format(
      'You said no to %s for %s. The trip is searched again.', v_proposal.airline,
      engine.format_money(v_proposal.price_amount, v_proposal.price_currency)
    ),
    next_search_at = v_now
  where t.user_id = v_trip.user_id
    and t.id = v_trip.id
    and t.auto_book_status = 'PENDING';
  perform engine.log_event(
    v_trip.user_id, v_trip.id, null, engine.caller(), 'offer:' || v_proposal.offer_id,
    null, null, engine.asked_by(v_trip.user_id) || ' said no to the offer',
    jsonb_build_object(
      'offer', v_proposal.offer_id, 'amount', v_proposal.price_amount::text,
      'currency', v_proposal.price_currency
    )
  );
  return 'VETOED';
end;
$$;
comment on function engine.veto_booking(uuid, text) is 'See public.veto_booking.';
grant execute on function engine.veto_booking(uuid, text)
  to authenticated, service_role;

create or replace function public.veto_booking(
  p_trip_id uuid, p_reason text default null
) returns text
  language plpgsql volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  return engine.veto_booking(p_trip_id, p_reason);
exception
  when deadlock_detected or lock_not_available or serialization_failure then
    perform engine.refuse_busy(sqlstate);
    raise;
end;
$$;
comment on function public.veto_booking(uuid, text) is
  'Says no to the offer that is proposed; raises SK104 or SK121. A repeated no changes '
  'nothing.';
grant execute on function public.veto_booking(uuid, text)
  to authenticated, service_role;
