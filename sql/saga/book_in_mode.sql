-- What becomes of the best offer of a round, by the mode of its trip: an attempt begins
-- (call_id), or it is said why none does (reason). What the trip lacks for a booking is
-- said before a traveller is asked, not when they answer. The caller holds the trip's
-- row lock.
create or replace function engine.book_in_mode(
  p_trip public.trip_requests,
  p_flight_offer_id uuid,
  p_mode text,
  p_actor text,
  p_now timestamptz,
  p_answers jsonb,
  p_trace engine.trace_context,
  p_hand_to text,
  out call_id bigint,
  out reason text
)
  language plpgsql volatile
as $$
begin
  if p_answers #> '{price_optimization,value}' = 'true'
    and (
      p_mode in ('AUTOMATIC', 'DRY_RUN') or not exists (
        select from public.offer_proposals as p
        where p.user_id = p_trip.user_id
          and p.trip_request_id = p_trip.id
          and p.state = 'OPEN'
      )
    )
  then
    reason := engine.reason_to_wait(p_trip, p_flight_offer_id, p_now);
  end if;
  if reason is not null then
    return;
  elsif p_mode = 'AUTOMATIC' then
    call_id := engine.begin_attempt(
      p_trip, p_flight_offer_id, p_actor, p_now, p_answers, p_trace, p_hand_to
    );
    return;
  elsif p_mode = 'DRY_RUN' then
    reason := engine.dry_run(p_trip, p_flight_offer_id, p_actor, p_now, p_answers);
    return;
  elsif p_mode = 'VETO_WINDOW' then
    call_id := engine.book_unless_vetoed(
      p_trip, p_actor, p_now, p_answers, p_trace, p_hand_to
    );
  end if;
  if call_id is null then
    perform engine.check_card(p_trip.user_id, p_trip.payment_method_id, p_now);
    perform engine.check_party(p_trip.user_id, p_trip.id);
    perform engine.check_consent(p_trip);
    reason := engine.propose_offer(p_trip, p_flight_offer_id, p_mode, p_now);
  end if;
end;
$$;
comment on function engine.book_in_mode(
  public.trip_requests, uuid, text, text, timestamptz, jsonb, engine.trace_context, text
) is
  'Books the best offer of a round, or proposes it, or only says so, by the trip''s '
  'mode; raises what begin_attempt raises.';
