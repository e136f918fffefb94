-- The offer that is being booked is judged as it is stored now, by the rule for an
-- offer that a search has just found, against the trip as it is now. This happens after
-- the live read, and again at the final check before the order leaves.
create or replace function engine.selected_offer_problem(
  p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamptz
) returns text
  language plpgsql stable
as $$
declare
  v_offer public.flight_offers;
  v_ineligible text[];
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.trip_request_id = p_trip.id
    and o.day = '9999-12-31';
  if not found then
    return 'no_longer_offered';
  end if;
  select j.ineligible into v_ineligible
  from engine.judge_offer(
    p_trip, v_offer,
    engine.offer_terms(
      p_trip, v_offer.price_currency, v_offer.passengers, v_offer.asked_on[1],
      v_offer.asked_on[cardinality(v_offer.asked_on)], 'SELECTED', p_now
    ),
    p_now
  ) as j;
  return v_ineligible[1];
end;
$$;
comment on function engine.selected_offer_problem(
  public.trip_requests, uuid, timestamptz
) is
  'Names the reason why the offer that is being booked no longer fits its trip; null '
  'when it fits.';
