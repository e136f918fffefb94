-- What a letter about a booking says of it. Names are read here, when the letter is
-- made, and stored nowhere else.
create or replace function engine.booking_letter(p_user_id uuid, p_booking_id uuid)
  returns jsonb
  language plpgsql stable
as $$
begin
  return (
    select jsonb_build_object(
      'reference', b.booking_reference,
      'status', b.status,
      'booked_at', b.booked_at,
      'price', b.price::text,
      'currency', b.currency,
      'fare', o.base_amount::text,
      'fare_currency', o.base_currency,
      'taxes', o.tax_amount::text,
      'taxes_currency', o.tax_currency,
      'airline', o.airline,
      'order_id', b.order_id,
      'slices', coalesce(a.itinerary, o.itinerary),
      'zones', (
        select jsonb_object_agg(p.iata, p.time_zone)
        from engine.airports as p
        where p.iata in (
          select e.value
          from jsonb_array_elements(coalesce(a.itinerary, o.itinerary)) as s
          cross join jsonb_array_elements(s.value -> 'segments') as g
          cross join jsonb_array_elements_text(
            jsonb_build_array(g.value -> 'origin', g.value -> 'destination')
          ) as e
        )
      ),
      'carry_on_bags', o.carry_on_bags,
      'checked_bags', o.checked_bags,
      'refundable', o.refundable,
      'refund_penalty', o.refund_penalty::text,
      'refund_penalty_currency', o.refund_penalty_currency,
      'changeable', o.changeable,
      'change_penalty', o.change_penalty::text,
      'change_penalty_currency', o.change_penalty_currency,
      'passengers', (
        select jsonb_agg(
          concat_ws(' ', p.given_name, p.family_name) order by p.passenger_id
        )
        from engine.booking_attempt_passengers as p
        where p.user_id = b.user_id and p.booking_attempt_id = b.booking_attempt_id
      )
    )
    from public.flight_bookings as b
    inner join public.booking_attempts as a
      on b.user_id = a.user_id and b.booking_attempt_id = a.id
    left join public.flight_offers as o
      on b.user_id = o.user_id and b.flight_offer_id = o.id and o.day = '9999-12-31'
    where b.user_id = p_user_id and b.id = p_booking_id
  );
end;
$$;
comment on function engine.booking_letter(uuid, uuid) is
  'Returns itinerary, price, passengers, bags and conditions of a booking.';
