-- The live read of the offer that is being booked replaces what the search said of it,
-- whatever the read says. From then on this version is judged, shown and ordered. A
-- read is not stored when it cannot be read, or when it names other passengers, who
-- belong to another search: then read_live_at stays what it was. The caller holds the
-- locks of the trip and the attempt.
create or replace function engine.store_live_offer(
  p_attempt public.booking_attempts, p_offer jsonb, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update public.flight_offers as o
  set
    passengers = r.passengers,
    price_amount = r.price_amount,
    price_currency = r.price_currency,
    base_amount = r.base_amount,
    base_currency = r.base_currency,
    tax_amount = r.tax_amount,
    tax_currency = r.tax_currency,
    expires_at = r.expires_at,
    airline = r.airline,
    carriers = r.carriers,
    lowest_cabin = r.lowest_cabin,
    duration = r.duration,
    duration_gap = r.duration_gap,
    longest_slice = r.longest_slice,
    connections = r.connections,
    most_connections = r.most_connections,
    technical_stops = r.technical_stops,
    departs_at = r.departs_at,
    arrives_at = r.arrives_at,
    departs_local = r.departs_local,
    arrives_local = r.arrives_local,
    shortest_layover = r.shortest_layover,
    longest_layover = r.longest_layover,
    airport_changes = r.airport_changes,
    overnight_layovers = r.overnight_layovers,
    red_eyes = r.red_eyes,
    carry_on_bags = r.carry_on_bags,
    checked_bags = r.checked_bags,
    refundable = r.refundable,
    refund_penalty = r.refund_penalty,
    refund_penalty_currency = r.refund_penalty_currency,
    changeable = r.changeable,
    change_penalty = r.change_penalty,
    change_penalty_currency = r.change_penalty_currency,
    emissions_kg = r.emissions_kg,
    documents_required = r.documents_required,
    document_types = r.document_types,
    requires_instant_payment = r.requires_instant_payment,
    price_guaranteed_until = r.price_guaranteed_until,
    payment_required_by = r.payment_required_by,
    itinerary_key = r.itinerary_key,
    itinerary = r.itinerary,
    read_live_at = p_now,
    updated_at = p_now
  from engine.read_offers(jsonb_build_array(p_offer)) as r
  where o.user_id = p_attempt.user_id
    and o.id = p_attempt.flight_offer_id
    and o.day = '9999-12-31'
    and o.offer_id = r.offer_id
    and r.problem is null
    and engine.same_passengers(o.passengers, r.passengers);
end;
$$;
comment on function engine.store_live_offer(
  public.booking_attempts, jsonb, timestamptz
) is 'Stores what the provider now says of the offer that is being booked.';
