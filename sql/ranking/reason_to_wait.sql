-- Decides to buy or to wait, and records the decision. What the trip lacks for a
-- booking (a valid card, a complete profile) is said now and not on the last day; for
-- that the checks of begin_attempt are made here.
create or replace function engine.reason_to_wait(
  p_trip public.trip_requests, p_flight_offer_id uuid, p_now timestamptz
) returns text
  language plpgsql volatile
as $$
declare
  v_decision record;
begin
  select d.* into v_decision
  from engine.buy_or_wait(p_trip, p_flight_offer_id, p_now) as d;
  if v_decision.decision = 'WAIT' then
    perform engine.check_card(p_trip.user_id, p_trip.payment_method_id, p_now);
    perform engine.check_party(p_trip.user_id, p_trip.id);
    perform engine.check_consent(p_trip);
  end if;
  insert into engine.wait_decisions (
    user_id, trip_request_id, search_round, decided_at, decision, reason, price,
    currency, fall_chance, lost_chance, expected_saving, samples, decide_by
  )
  select
    p_trip.user_id,
    p_trip.id,
    p_trip.search_round,
    p_now,
    v_decision.decision,
    v_decision.reason,
    v_decision.price,
    o.price_currency,
    v_decision.fall_chance,
    v_decision.lost_chance,
    v_decision.expected_saving,
    v_decision.samples,
    v_decision.decide_by
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.day >= coalesce(p_trip.offers_from, '0001-01-01');
  return case when v_decision.decision = 'WAIT' then v_decision.reason end;
end;
$$;
comment on function engine.reason_to_wait(
  public.trip_requests, uuid, timestamptz
) is
  'Records whether a fitting offer is booked now; returns why not, or null to book it. '
  'Raises SK007, SK008, SK010 or SK114 like begin_attempt.';
