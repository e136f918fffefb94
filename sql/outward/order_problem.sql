-- Compares what an order buys with the offer that was agreed to. Its hours may differ,
-- because airlines move flights; then the traveller is told. Other places, another day
-- of departure, more or fewer slices or people make it another purchase: the order is
-- kept, nothing is captured, and a person decides. What the order does not say, or says
-- unreadably, is no evidence against it.
create or replace function engine.order_problem(
  p_attempt public.booking_attempts, p_order jsonb
) returns text
  language plpgsql stable
as $$
begin
  return case
    when engine.journey_ends(engine.order_itinerary(p_order)) <> (
      select engine.journey_ends(o.itinerary)
      from public.flight_offers as o
      where o.user_id = p_attempt.user_id
        and o.id = p_attempt.flight_offer_id
        and o.day = '9999-12-31'
    ) then 'other_journey'
    when nullif(p_order -> 'people', 'null') <> (
        select to_jsonb(count(*))
        from engine.booking_attempt_passengers as p
        where p.user_id = p_attempt.user_id and p.booking_attempt_id = p_attempt.id
      ) then 'other_party'
  end;
end;
$$;
comment on function engine.order_problem(public.booking_attempts, jsonb) is
  'Says in what an order is not the purchase that was agreed to; null when it is.';
