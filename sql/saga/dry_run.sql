-- Goes the whole way of a booking, through the function that begins one, and takes
-- everything back: the attempt, its call, its spans. Only the reason is left. A check
-- that refuses raises what it always raises.
create or replace function engine.dry_run(
  p_trip public.trip_requests,
  p_flight_offer_id uuid,
  p_actor text,
  p_now timestamptz,
  p_answers jsonb
) returns text
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests := p_trip;
  v_offer public.flight_offers;
begin
  select o.* into v_offer
  from public.flight_offers as o
  where o.user_id = p_trip.user_id
    and o.id = p_flight_offer_id
    and o.day >= coalesce(p_trip.offers_from, '0001-01-01');
  v_trip.booking_mode := 'AUTOMATIC';
  if engine.trip_mode(v_trip) = 'APPROVAL' then
    return format(
      'Dry run: would have asked you to approve %s.', engine.describe_offer(v_offer)
    );
  end if;
  begin
    perform engine.begin_attempt(
      v_trip, p_flight_offer_id, p_actor, p_now, p_answers
    );
    raise exception using
      errcode = 'SK313',
      message = 'a dry run takes back what it did',
      detail = jsonb_build_object('trip', p_trip.id),
      hint = 'Nobody sees this: the dry run ends here.';
  exception
  when sqlstate 'SK313' then
    return format(
      'Dry run: would have booked %s for %s.', v_offer.airline,
      engine.format_money(v_offer.price_amount, v_offer.price_currency)
    );
  end;
end;
$$;
comment on function engine.dry_run(
  public.trip_requests, uuid, text, timestamptz, jsonb
) is
  'Says what would have been booked, after all checks of a booking; raises what '
  'begin_attempt raises.';
