-- The time to say no is over, and the trip was searched again. What fits and costs no
-- more than what was proposed is booked: the best of it, which need not be the best of
-- the round. Null: nothing was due, or everything that fits is dearer now. The caller
-- holds the trip's row lock, as who vetoes does.
create or replace function engine.book_unless_vetoed(
  p_trip public.trip_requests,
  p_actor text,
  p_now timestamptz,
  p_answers jsonb,
  p_trace engine.trace_context,
  p_hand_to text
) returns bigint
  language plpgsql volatile
as $$
declare
  v_proposal public.offer_proposals;
  v_best uuid;
begin
  select p.* into v_proposal
  from public.offer_proposals as p
  where p.user_id = p_trip.user_id
    and p.trip_request_id = p_trip.id
    and p.state = 'OPEN'
    and p.mode = 'VETO_WINDOW'
    and p.trip_version = p_trip.version
    and p.books_at <= p_now;
  if not found then
    return null;
  end if;
  v_best := engine.best_offer(
    p_trip, v_proposal.price_amount, v_proposal.price_currency
  );
  if v_best is null then
    return null;
  end if;
  update public.offer_proposals as p
  set
    state = 'APPROVED', state_changed_at = p_now, reason = 'nobody vetoed it in time'
  where p.user_id = v_proposal.user_id and p.id = v_proposal.id;
  return engine.begin_attempt(
    p_trip, v_best, p_actor, p_now, p_answers, p_trace, p_hand_to
  );
end;
$$;
comment on function engine.book_unless_vetoed(
  public.trip_requests, text, timestamptz, jsonb, engine.trace_context, text
) is
  'Begins the booking that a veto window was about, when the window is over; returns '
  'its first call, or null.';
