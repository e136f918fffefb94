-- While a traveller thinks, the trip is not searched: what is found could only be asked
-- about again. When the time to say no is over, the search that found the offer comes
-- first and the others a little later, so that the round that decides holds these
-- flights and is not spread over several ticks. The caller holds the trip's row lock.
create or replace function engine.put_off_searches(
  p_trip public.trip_requests,
  p_proposal public.offer_proposals,
  p_now timestamptz
) returns void
  language plpgsql volatile
as $$
declare
  v_until timestamptz := coalesce(p_proposal.books_at, p_proposal.answer_by);
begin
  update engine.trip_searches as s
  set next_look_at = case
    when p_proposal.books_at is null then greatest(s.next_look_at, v_until)
    when o.id is not null then v_until
    else greatest(s.next_look_at, v_until + interval '15 minutes')
  end
  from engine.trip_searches as e
  left join public.flight_offers as o
    on o.user_id = e.user_id
    and o.id = p_proposal.flight_offer_id
    and o.day >= p_proposal.offer_day
    and o.asked_from[1] = e.origin
    and o.asked_to[1] = e.destination
    and o.asked_on[1] = e.departure_date
    and o.asked_on[2] is not distinct from e.return_date
  where s.user_id = p_trip.user_id
    and s.trip_request_id = p_trip.id
    and e.user_id = p_trip.user_id
    and e.trip_request_id = p_trip.id
    and e.ordinal = s.ordinal;
  perform engine.schedule_trips(array[p_trip.id], p_now);
end;
$$;
comment on function engine.put_off_searches(
  public.trip_requests, public.offer_proposals, timestamptz
) is 'Puts a trip''s searches off until what was proposed is over.';
